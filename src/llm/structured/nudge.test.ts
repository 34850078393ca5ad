import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../base/index.ts";
import { buildSchemaNudge, readSchemaNudge, shapeLines } from "./nudge.ts";

const review: JsonObject = {
  type: "object",
  required: ["verdict", "findings"],
  properties: {
    verdict: { type: "string" },
    findings: {
      type: "array",
      items: {
        type: "object",
        required: ["line", "file"],
        properties: { file: { type: "string" }, line: { type: "integer" } },
      },
    },
  },
};

describe("OPT-15 reading schema_retry_nudge", () => {
  test.each([
    [undefined, { kind: "auto" }],
    [null, { kind: "auto" }],
    [true, { kind: "auto" }],
    [false, { kind: "none" }],
    ["Try again", { kind: "verbatim", text: "Try again" }],
    [7, { kind: "verbatim", text: "7" }],
  ])("%j", (value, expected) => {
    expect(readSchemaNudge(value)).toEqual(expected);
  });
});

describe("composition", () => {
  test("SCHEMA-11 SCHEMA-12 SCHEMA-13 SCHEMA-14 the automatic text, word for word", () => {
    expect(buildSchemaNudge(["at root: missing required key 'verdict'", "second"], review, { kind: "auto" })).toBe(
      [
        "Your previous response did not match the required JSON schema.",
        "Validation errors: at root: missing required key 'verdict'; second.",
        "Required keys: verdict, findings.",
        "Allowed top-level keys: findings, verdict.",
        "Expected JSON schema shape:",
        "- root object allowed keys: findings, verdict; required keys: findings, verdict",
        "- findings[] object allowed keys: file, line; required keys: file, line",
        "Respond again with ONLY valid JSON conforming to the schema. No prose, no markdown fences.",
      ].join("\n"),
    );
  });

  test("SCHEMA-09 no errors, no schema", () => {
    expect(buildSchemaNudge([], undefined, { kind: "auto" })).toBe(
      "Your previous response did not match the required JSON schema.\n" +
        "Validation errors: (no detailed errors).\n" +
        "Respond again with ONLY valid JSON conforming to the schema. No prose, no markdown fences.",
    );
  });

  test("SCHEMA-10 the caller's words, a blank line, the errors", () => {
    expect(buildSchemaNudge(["a", "b"], review, { kind: "verbatim", text: "Only JSON!" })).toBe(
      "Only JSON!\n\nValidation errors: a; b",
    );
  });

  test("SCHEMA-08 nothing is said when switched off", () => {
    expect(buildSchemaNudge(["a"], review, { kind: "none" })).toBe("");
  });
});

describe("shape lines", () => {
  const leaf: JsonObject = { type: "object", properties: { z: { type: "string" } } };
  const nest = (depth: number): JsonObject =>
    depth === 0 ? leaf : { type: "object", properties: { d: nest(depth - 1) } };

  test("SCHEMA-15 objects without properties produce no line; keys are sorted", () => {
    expect(shapeLines({ type: "object" })).toEqual([]);
    expect(shapeLines({ properties: { b: {}, a: {} }, required: ["b"] })).toEqual([
      "root object allowed keys: a, b; required keys: b",
    ]);
  });

  test("SCHEMA-16 paths: root, bare child, dotted, []", () => {
    expect(shapeLines({ type: "array", items: leaf })).toEqual(["root[] object allowed keys: z"]);
    expect(shapeLines(nest(2))).toEqual([
      "root object allowed keys: d",
      "d object allowed keys: d",
      "d.d object allowed keys: z",
    ]);
  });

  test("SCHEMA-17 depth first in key order, the object part before the list part", () => {
    const both: JsonObject = { properties: { b: leaf, a: { properties: { q: leaf } } }, items: leaf };
    expect(shapeLines(both).map((line) => line.split(" ")[0])).toEqual(["root", "a", "a.q", "b", "root[]"]);
  });

  test("SCHEMA-18 depth 3, eight lines, sixteen keys", () => {
    expect(shapeLines(nest(6))).toHaveLength(4);
    const wide: JsonObject = {
      properties: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${String(i).padStart(2, "0")}`, leaf])),
    };
    const lines = shapeLines(wide);
    expect(lines).toHaveLength(8);
    expect(lines[0]).toBe(
      "root object allowed keys: k00, k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, ... (+4 more)",
    );
  });
});
