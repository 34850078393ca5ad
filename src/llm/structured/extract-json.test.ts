import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { extractJsonText, firstJson, parseJson, repairJson } from "./extract-json.ts";

const cases: readonly [name: string, text: string, expected: string][] = [
  ["plain JSON", ' {"a": 1} ', '{"a": 1}'],
  ["a fence with a language", 'Sure!\n```json\n{"k": "v"}\n```\nDone.', '{"k": "v"}'],
  ["a fence without a language", "```\n[1, 2]\n```", "[1, 2]"],
  ["the first of two fences", "```\n1\n```\n```\n2\n```", "1"],
  ["an object in prose", 'I say {"verdict": "PASS"} and mean it.', '{"verdict": "PASS"}'],
  ["an object is preferred to an earlier list", '[1] then {"a": 2}', '{"a": 2}'],
  ["a list in prose", "the list [1, [2]] ends", "[1, [2]]"],
  ["braces and quotes inside strings", 'x {"a": "}\\"{", "b": "]"} y', '{"a": "}\\"{", "b": "]"}'],
  ["an open fence is no fence", '```json\n{"a": 1}', '{"a": 1}'],
  ["nothing that looks like JSON", "  just prose  ", "just prose"],
  ["an object that never closes", 'say {"a": 1', 'say {"a": 1'],
];

describe("SCHEMA-21 extraction order", () => {
  test.each(cases)("%s", (_name, text, expected) => {
    expect(extractJsonText(text)).toBe(expected);
  });

  test("any JSON object survives fences and prose around it", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.constantFrom("", "So: ", "Answer\n"),
        (value, lead) => {
          const text = JSON.stringify(value);
          fc.pre(!text.includes("```"));
          expect(parseJson(extractJsonText(`${lead}${text} .`))).toEqual(JSON.parse(text));
          expect(parseJson(extractJsonText(`${lead}\n\`\`\`json\n${text}\n\`\`\``))).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  test("a megabyte of opening braces ends", () => {
    expect(extractJsonText("{".repeat(1_000_000))).toHaveLength(1_000_000);
  });
});

describe("repair is the last resort", () => {
  test.each([
    ["single quotes and bare keys", "{a: 'x', b: [1, 2,],}", { a: "x", b: [1, 2] }],
    ["inside a fence", "```json\n{'a': True}\n```", { a: true }],
    ["with chatter around it", "Here: {a: 1} ok?", { a: 1 }],
    ["a comment", '{"a": 1 /* one */}', { a: 1 }],
    ["a forgotten closer", '{"a": [1, 2', { a: [1, 2] }],
  ])("%s", (_name, text, expected) => {
    expect(repairJson(text)).toEqual(expected);
  });

  test("prose is never turned into a string", () => {
    expect(repairJson("Analyzing the task carefully")).toBeUndefined();
    expect(repairJson("")).toBeUndefined();
  });

  test("null is found as a value, prose is not", () => {
    expect(firstJson(["nothing", "null"])).toBeNull();
    expect(firstJson(["nothing here"])).toBeUndefined();
  });
});
