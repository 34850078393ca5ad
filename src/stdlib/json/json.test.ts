import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { caught, shown } from "../../../test/support/run-harn.ts";
import { Bytes, Dict, display, EnumValue, equal, Float, List, SetValue, type Value } from "../../vm/index.ts";
import { jsonToValue, valueToJson } from "./convert.ts";
import { JsonSyntaxError, MAX_JSON_DEPTH, readJson } from "./read-json.ts";
import { writeJson } from "./write-json.ts";

/** A number with its type, so that 4 and 4.0 are told apart. */
const typed = (value: Value): string => (value instanceof Float ? `float ${display(value)}` : `int ${display(value)}`);

describe("numbers read from JSON (vi-1)", () => {
  it.each([
    ["4", "int 4"],
    ["-0", "int 0"],
    ["4.0", "float 4.0"],
    ["1e2", "float 100.0"],
    ["9007199254740993", "int 9007199254740993"],
    ["9223372036854775807", "int 9223372036854775807"],
    ["-9223372036854775808", "int -9223372036854775808"],
    ["9223372036854775808", "float 9223372036854776000"],
    ["1.5e-7", "float 0.00000015"],
  ])("%s is %s", (text, expected) => {
    expect(typed(readJson(text))).toBe(expected);
  });
});

describe("texts that are no JSON", () => {
  it.each([
    ["", "EOF while parsing a value at line 1 column 0"],
    ["nope", "expected value at line 1 column 1"],
    ["tru", "expected value at line 1 column 1"],
    ["[1,\n 2", "EOF while parsing a list at line 2 column 2"],
    ["[1 2]", "expected `,` or `]` at line 1 column 4"],
    ["[1,]", "trailing comma at line 1 column 4"],
    ['{"a" 1}', "expected `:` at line 1 column 6"],
    ['{"a":1,}', "trailing comma at line 1 column 8"],
    ["{a:1}", "key must be a string at line 1 column 2"],
    ['{"a":1', "EOF while parsing an object at line 1 column 6"],
    ["1 2", "trailing characters at line 1 column 3"],
    ["01", "invalid number at line 1 column 2"],
    ["1.", "invalid number at line 1 column 2"],
    ["-", "invalid number at line 1 column 1"],
    ["1e999", "number out of range at line 1 column 1"],
    ['"abc', "EOF while parsing a string at line 1 column 4"],
    ['"a\nb"', "control character (\\u0000-\\u001F) found while parsing a string at line 1 column 3"],
    ['"\\x"', "invalid escape at line 1 column 3"],
    ['"\\ud800"', "lone surrogate in hex escape at line 1 column 4"],
    ['"\\udc00\\ud800"', "lone surrogate in hex escape at line 1 column 4"],
    ['"\u{1f600}" x', "trailing characters at line 1 column 5"],
  ])("%j: %s", (text, message) => {
    expect(() => readJson(text)).toThrow(new JsonSyntaxError(message));
  });

  it("says how deep is too deep instead of overflowing", () => {
    expect(writeJson(readJson("[".repeat(MAX_JSON_DEPTH) + "]".repeat(MAX_JSON_DEPTH)))).toHaveLength(
      2 * MAX_JSON_DEPTH,
    );
    expect(() => readJson("[".repeat(1_000_000))).toThrow("recursion limit exceeded (512 levels) at line 1 column 513");
  });

  it("reads a large text in one pass", () => {
    const text = JSON.stringify(Array.from({ length: 200_000 }, (_, i) => ({ i, s: `text \\ ${i}` })));
    expect((readJson(text) as List).items).toHaveLength(200_000);
  });
});

describe("writing (vi-2)", () => {
  it.each<[string, Value, string]>([
    [
      "keys sorted by code point",
      new Dict(
        new Map<string, Value>([
          ["b", 1],
          ["\u{1f600}", 2],
          ["\uffff", 3],
          ["a", 4],
        ]),
      ),
      '{"a":4,"b":1,"\uffff":3,"\u{1f600}":2}',
    ],
    ["every control character as four digits", "\b\f\u007f\u009f\u00a0", '"\\u0008\\u000c\\u007f\\u009f\u00a0"'],
    ["the short escapes", 'a"\\\n\r\t', '"a\\"\\\\\\n\\r\\t"'],
    ["a whole float without decimals", new Float(4), "4"],
    ["a large float without exponent", new Float(1e21), "1000000000000000000000"],
    ["a small float without exponent", new Float(1e-7), "0.0000001"],
    [
      "what JSON cannot hold as null",
      new List([new Float(Number.NaN), new Float(Number.POSITIVE_INFINITY)]),
      "[null,null]",
    ],
    ["an exact int", 9223372036854775807n, "9223372036854775807"],
    ["bytes with a tag", new Bytes(new Uint8Array([1, 2])), '{"$bytes_b64":"AQI="}'],
    ["a set as a list", new SetValue([1, "x"]), '[1,"x"]'],
    ["an enum as null", new EnumValue({ name: "E", methods: new Map() }, "V", []), "null"],
  ])("%s", (_name, value, expected) => {
    expect(writeJson(value)).toBe(expected);
  });
});

describe("the builtins", () => {
  it.each([
    ['json_parse("[1, {\\"a\\": null}]")', "[1, {a: nil}]"],
    ['json_parse("{\\"a\\": 1, \\"a\\": 2}")', "{a: 2}"],
    ['json_stringify(json_parse("[1.0, 9223372036854775807]"))', "[1,9223372036854775807]"],
    ['json_extract("Sure!\\n```json\\n{\\"a\\": [1]}\\n```\\nDone")', "{a: [1]}"],
    ['json_extract("x {\\"a\\": {\\"b\\": 2}} y", "a")', "{b: 2}"],
  ])("%s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each([
    ['json_parse("{")', "JSON parse error: EOF while parsing an object at line 1 column 1"],
    ['json_extract("no json here")', "json_extract: failed to parse JSON: expected value at line 1 column 1"],
    ['json_extract("{}", "k")', "json_extract: key 'k' not found"],
    ['json_extract("[1]", "k")', "json_extract: parsed value is not a dict, cannot extract key"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });
});

describe("properties", () => {
  it("reads what JSON.stringify writes and writes what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const text = JSON.stringify(json);
        const value = readJson(text);
        expect(JSON.parse(writeJson(value))).toEqual(JSON.parse(text));
        expect(equal(readJson(writeJson(value)), value)).toBe(true);
      }),
    );
  });

  it("refuses what JSON.parse refuses", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]:,"\\ue1.0-+tnf \n') }), (text) => {
        const accepts = (read: (text: string) => unknown): boolean => {
          try {
            read(text);
            return true;
          } catch {
            return false;
          }
        };
        expect(accepts(readJson)).toBe(accepts(JSON.parse));
      }),
      { numRuns: 2000 },
    );
  });

  it("plain data survives the way to Json and back", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(valueToJson(jsonToValue(json as never))).toEqual(JSON.parse(JSON.stringify(json)));
      }),
    );
  });
});

it("keys of a dict never reach a prototype", () => {
  const json = valueToJson(new Dict(new Map<string, Value>([["__proto__", new Dict(new Map([["x", 1]]))]])));
  expect(Object.keys(json as object)).toEqual(["__proto__"]);
  expect(({} as { x?: number }).x).toBeUndefined();
});
