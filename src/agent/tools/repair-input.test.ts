import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../base/index.ts";
import { exampleOf, invalidInputMessage } from "./describe-input.ts";
import { inputViolation, repairToolInput } from "./repair-input.ts";

const schema: JsonObject = {
  type: "object",
  properties: {
    path: { type: "string" },
    file_path: { type: "string" },
    text: { type: "string" },
    limit: { type: "integer" },
    ratio: { type: "number" },
    all: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
    numbers: { type: "array", items: { type: "integer" }, minItems: 1 },
    maybe: { type: ["string", "null"] },
    command: { type: "string" },
    edits: {
      type: "array",
      items: { type: "object", properties: { all: { type: "boolean" }, path: { type: "string" } } },
    },
  },
  required: ["path"],
};

function repaired(input: Json, using: JsonObject = schema): unknown {
  return repairToolInput(using, input)?.input;
}

describe("schema-guided repair", () => {
  const cases: [name: string, input: Json, result: unknown][] = [
    ["REPAIR-12 valid input gives nothing", { path: "a" }, undefined],
    ["REPAIR-12 only objects are repaired", "text", undefined],
    ["REPAIR-15 renames an alias", { filePath: "a" }, { path: "a" }],
    ["REPAIR-15 keeps an alias whose target is there", { path: "a", cmd: "x", command: "y" }, undefined],
    ["REPAIR-16 unlinks a path", { path: "[a.md](http://a.md)" }, { path: "a.md" }],
    ["REPAIR-16 unlinks behind a folder", { path: "docs/[a.md](https://docs/a.md)" }, { path: "docs/a.md" }],
    [
      "REPAIR-16 unlinks in file_path too",
      { path: "p", file_path: "C:\\[b](http://b)" },
      { path: "p", file_path: "C:\\b" },
    ],
    ["REPAIR-16 leaves a real link alone", { path: "[docs](http://example.com/docs)" }, undefined],
    ["REPAIR-16 leaves other fields alone", { path: "a", text: "[a](http://a)" }, undefined],
    ["REPAIR-16 wants a separator before the link", { path: "see[a](http://a)" }, undefined],
    ["REPAIR-17 omits null in an optional field", { path: "a", text: null }, { path: "a" }],
    ["REPAIR-17 keeps a null that is allowed", { path: "a", maybe: null }, undefined],
    ["REPAIR-17 null in a required field is not repaired", { path: null }, undefined],
    ["REPAIR-18 reads a boolean string", { path: "a", all: "true" }, { path: "a", all: true }],
    ["REPAIR-18 only exact words", { path: "a", all: "True" }, undefined],
    ["REPAIR-19 reads an integer string", { path: "a", limit: "-30" }, { path: "a", limit: -30 }],
    ["REPAIR-19 refuses integers that a double cannot hold", { path: "a", limit: "9007199254740993" }, undefined],
    ["REPAIR-19 does not read numbers", { path: "a", ratio: "0.5" }, undefined],
    ["REPAIR-20 reads a stringified array", { path: "a", tags: '["x","y"]' }, { path: "a", tags: ["x", "y"] }],
    ["REPAIR-21 wraps a bare string", { path: "a", tags: "x" }, { path: "a", tags: ["x"] }],
    ["REPAIR-21 wraps only where items are strings", { path: "a", numbers: "x" }, undefined],
    ["REPAIR-22 empty object to array", { path: "a", tags: {} }, { path: "a", tags: [] }],
    ["REPAIR-22 is reverted when minItems fails", { path: "a", numbers: {} }, undefined],
    [
      "REPAIR-14 repairs inside array items",
      { path: "a", edits: [{ all: "false" }] },
      { path: "a", edits: [{ all: false }] },
    ],
    ["REPAIR-13 one issue left cancels every repair", { path: "a", all: "true", ratio: "x" }, undefined],
    ["REPAIR-24 a missing required field cancels", { all: "true" }, undefined],
    ["REPAIR-24 a wrong array element cancels", { path: "a", all: "true", tags: [1] }, undefined],
  ];
  it.each(cases)("%s", (_name, input, result) => {
    const before = JSON.stringify(input);
    expect(repaired(input)).toEqual(result);
    expect(JSON.stringify(input)).toBe(before);
  });

  it("REPAIR-24 an unknown field under additionalProperties false cancels", () => {
    expect(repaired({ path: "a", all: "true", odd: 1 }, { ...schema, additionalProperties: false })).toBeUndefined();
  });

  it("REPAIR-15 a name that the schema declares is no alias (defect of the original)", () => {
    const both = { type: "object", properties: { filePath: { type: "string" }, path: { type: "string" } } };
    expect(repaired({ filePath: "a" }, both)).toBeUndefined();
  });

  it("REPAIR-14 reports kind, path and types", () => {
    expect(repairToolInput(schema, { path: "a", limit: "3", edits: [{ path: "[x](http://x)" }] })?.repairs).toEqual([
      { kind: "semantic_integer_string", path: "limit", typeBefore: "string", typeAfter: "number" },
      { kind: "markdown_autolink_path", path: "edits[0].path", typeBefore: "string", typeAfter: "string" },
    ]);
  });

  it("REPAIR-23 a type list means its first non-null entry; properties alone mean object; unknown types pass", () => {
    const odd: JsonObject = {
      properties: {
        a: { type: ["null", "boolean"] },
        b: { properties: { c: { type: "boolean" } } },
        d: { type: "widget" },
      },
    };
    expect(repaired({ a: "true", b: { c: "false" }, d: 1 }, odd)).toEqual({ a: true, b: { c: false }, d: 1 });
  });

  it("REPAIR-T01 repair is idempotent", () => {
    const once = repaired({ filePath: "[a](http://a)", all: "true", tags: "x" }) as Json;
    expect(repairToolInput(schema, once)).toBeUndefined();
  });
});

describe("input validation", () => {
  const cases: [name: string, input: Json, violation: string | undefined][] = [
    ["LOOP-94 missing required field", { all: 1 }, "missing required field `path`"],
    ["LOOP-94 null in a required field", { path: null }, "required field `path` must not be null"],
    ["LOOP-94 wrong type", { path: "a", limit: "many" }, "field `limit` should be integer, got string"],
    ["LOOP-94 not an object", [1], "input should be object, got array"],
    ["LOOP-94 valid", { path: "a", limit: 2, maybe: null }, undefined],
    ["LOOP-94 unknown fields are the tool's business", { path: "a", odd: 1 }, undefined],
    ["LOOP-94 null in an optional field passes", { path: "a", limit: null }, undefined],
  ];
  it.each(cases)("%s", (_name, input, violation) => {
    expect(inputViolation(schema, input)).toBe(violation);
  });

  it("LOOP-79 LOOP-80 LOOP-95 the message names fields, sizes and the expected shape, and stays short", () => {
    const message = invalidInputMessage(
      "write",
      "missing required field `path`",
      { text: "x".repeat(20_000), all: true, o: { a: 1 }, l: [1, 2] },
      schema,
    );
    expect(message).toBe(
      "The write tool was called with invalid arguments: missing required field `path`. Please rewrite the input so it satisfies the expected schema." +
        " Received fields: all, l, o, text." +
        ` Field summary: all: boolean; l: array(2 items); o: object(1 keys); text: string(20000 chars, preview="${"x".repeat(80)}"...).` +
        ' Expected shape: {"path":"<string>"}.',
    );
  });

  it("LOOP-80 at most 12 fields are summarised, and non-objects by type", () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${String(n).padStart(2, "0")}`, n]));
    const message = invalidInputMessage("t", "d", many);
    expect(message).toContain("f19");
    expect(message.split("Field summary: ")[1]!.split(";")).toHaveLength(12);
    expect(invalidInputMessage("t", "d", "hello")).toContain(
      'Received string, input: string(5 chars, preview="hello").',
    );
  });

  it("LOOP-95 example values by type, all fields when none is required", () => {
    const { required: _required, ...optional } = schema;
    expect(JSON.parse(exampleOf(optional))).toMatchObject({
      path: "<string>",
      limit: 0,
      all: false,
      tags: ["<string>"],
    });
    expect(exampleOf({ type: "object" })).toBe("{}");
    expect(exampleOf({ type: "object", properties: { a: {} } })).toBe('{"a":"<value>"}');
  });
});
