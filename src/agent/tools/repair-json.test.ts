import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { repairTruncatedJson } from "./repair-json.ts";

describe("repair of truncated JSON", () => {
  const cases: [name: string, text: string, value: unknown, note: string | undefined][] = [
    ["REPAIR-04 blank text gives {}", "   ", {}, "empty input -> {}"],
    ["REPAIR-04 valid JSON is returned untouched", '{"a": 1}', { a: 1 }, undefined],
    [
      "REPAIR-05 REPAIR-11 closes an object cut after a number",
      '{"file_path":"README.md","offset":0',
      { file_path: "README.md", offset: 0 },
      "truncation repaired",
    ],
    [
      "REPAIR-06 REPAIR-11 a pair whose value is missing is dropped, not null",
      '{"file_path":"a","limit":',
      { file_path: "a" },
      "salvaged prefix object",
    ],
    ["REPAIR-07 REPAIR-11 loses a trailing comma", '{"a":1,}', { a: 1 }, "truncation repaired"],
    ["REPAIR-07 trailing comma at the cut", '{"a":[1,2,', { a: [1, 2] }, "truncation repaired"],
    ["REPAIR-11 closes an unterminated string", '{"cmd":"ls -la', { cmd: "ls -la" }, "truncation repaired"],
    [
      "REPAIR-08 REPAIR-11 a wrong closer keeps both pairs",
      '{"cmd":"ls","count":3]',
      { cmd: "ls", count: 3 },
      "salvaged prefix object",
    ],
    ["REPAIR-10 REPAIR-11 nothing to recover", "not json at all", {}, "fallback -> {}"],
    [
      "REPAIR-09 pairs from text without a brace",
      '"path": "a.txt", "n": 3',
      { path: "a.txt", n: 3 },
      "salvaged top-level pairs",
    ],
    ["REPAIR-09 a later duplicate wins", '"a": 1 "a": 2', { a: 2 }, "salvaged top-level pairs"],
    ["REPAIR-11 a cut literal is dropped", '{"a":tru', {}, "salvaged prefix object"],
    ["REPAIR-11 a truncated array stays an array", "[1,[2,3", [1, [2, 3]], "truncation repaired"],
    ["REPAIR-11 an array cut inside a literal stays an array", "[1,fal", [1], "truncation repaired"],
    ["a comma inside a string is kept (defect of step 3)", '{"a":"x,}', { a: "x,}" }, "truncation repaired"],
    [
      "a string cut in an escape loses the half escape (defect of step 4)",
      '{"a":"x\\',
      { a: "x" },
      "truncation repaired",
    ],
    ["a string cut in a unicode escape", '{"a":"x\\u00', { a: "x" }, "truncation repaired"],
    ["a cut key is dropped", '{"a":1,"b', { a: 1 }, "salvaged prefix object"],
    ["prose before the object", 'Sure: {"a":1}', { a: 1 }, "salvaged prefix object"],
    ["prose after the object", '{"a":1} thanks', { a: 1 }, "salvaged prefix object"],
    [
      "raw control character in a string is dropped with its pair",
      '{"a":1,"b":"x\ny"}',
      { a: 1 },
      "salvaged prefix object",
    ],
    ["lone minus", '{"a":-', {}, "salvaged prefix object"],
    ["cut exponent", '{"a":1,"b":1e', { a: 1 }, "salvaged prefix object"],
  ];
  it.each(cases)("%s", (_name, text, value, note) => {
    const repair = repairTruncatedJson(text);
    expect(JSON.parse(repair.repaired)).toEqual(value);
    expect(repair.notes).toEqual(note === undefined ? [] : [note]);
    expect(repair.changed).toBe(note !== undefined);
  });

  it("REPAIR-09 keeps at most 12 pairs", () => {
    const text = Array.from({ length: 20 }, (_, n) => `"k${n}": ${n}`).join(" ");
    expect(Object.keys(JSON.parse(repairTruncatedJson(text).repaired))).toHaveLength(12);
  });

  it("every prefix of any JSON object gives valid JSON whose complete values are the object's own", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (object, part) => {
          const text = JSON.stringify(object);
          const cut = text.slice(0, 1 + Math.floor(part * (text.length - 1)));
          const value = JSON.parse(repairTruncatedJson(cut).repaired) as Record<string, unknown>;
          const original = JSON.parse(text) as Record<string, unknown>;
          const keys = Object.keys(value);
          for (const key of keys.slice(0, -1)) expect(value[key]).toEqual(original[key]);
          for (const key of keys) expect(Object.hasOwn(original, key)).toBe(true);
        },
      ),
    );
  });

  it("any text at all gives valid JSON, and repairing twice changes nothing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'{}[]",:\\1ae- tfn') })), (text) => {
        const once = repairTruncatedJson(text);
        JSON.parse(once.repaired);
        expect(repairTruncatedJson(once.repaired).changed).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("a megabyte of open brackets or of broken text takes linear time", () => {
    const started = performance.now();
    repairTruncatedJson("[".repeat(1_000_000));
    repairTruncatedJson(`{"a":"${"x".repeat(1_000_000)}" oops`);
    repairTruncatedJson(`{${'"a":1,'.repeat(150_000)}`);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
