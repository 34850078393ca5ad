import { describe, expect, it } from "vitest";
import { caught, printed, shown } from "../../../test/support/run-harn.ts";

describe("reading TOML (M3)", () => {
  it.each([
    ["a = 1\nb = 2.0\nc = [1, 2]\n[t]\nx = 'y'\n", "{a: 1, b: 2.0, c: [1, 2], t: {x: y}}"],
    ["n = 9223372036854775807", "{n: 9223372036854775807}"],
    ["d = 1979-05-27T07:32:00Z\nt = 07:32:00", "{d: 1979-05-27T07:32:00.000Z, t: 07:32:00.000}"],
    ["[[p]]\na = 1\n[[p]]\na = 2\n", "{p: [{a: 1}, {a: 2}]}"],
    ["", "{}"],
  ])("%j", async (text, expected) => {
    expect(await printed('println(toml_parse(read_file("a")))', { files: { a: text } })).toEqual([expected]);
  });

  it.each([
    ["a = ", "TOML parse error: "],
    ["a = 1\na = 2", "TOML parse error: trying to redefine an already defined table or value at line 2 column 1"],
    ["n = 99999999999999999999", "TOML parse error: integer 99999999999999999999 does not fit in 64 bits"],
  ])("%j is none", async (text, expected) => {
    expect(await caught('toml_parse(read_file("a"))', { files: { a: text } })).toContain(expected);
  });
});

describe("writing TOML", () => {
  it.each(['{a: 1, b: 2.0, c: [1, 2], t: {x: "y"}}', "{n: 9223372036854775807}", '{s: "a\\n\\"b\\"", e: {}}'])(
    "%s survives the way there and back",
    async (value) => {
      expect(await shown(`toml_parse(toml_stringify(${value})) == ${value}`)).toBe("true");
    },
  );

  it.each([
    ["[1]", "toml_stringify: expected a dict, got list"],
    ["{a: nil}", "toml_stringify: unsupported unit type"],
  ])("%s cannot be written", async (value, expected) => {
    expect(await caught(`toml_stringify(${value})`)).toBe(expected);
  });
});
