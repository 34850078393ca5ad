import { describe, expect, it } from "vitest";
import { readPackageExports } from "./package-exports.ts";

describe("the [exports] table of harn.toml (§6.7)", () => {
  it.each([
    [
      "a section",
      '[package]\nname = "x"\n\n[exports] # public\na = "lib/a.harn" # first\n"b/c" = \'b.harn\'\n\n[dependencies]\na = "other"',
      { a: "lib/a.harn", "b/c": "b.harn" },
    ],
    ["dotted keys at the top", 'exports.a = "a.harn"\nexports."b c" = "b.harn"', { a: "a.harn", "b c": "b.harn" }],
    ["an inline table", 'exports = { a = "a.harn", "b" = \'b.harn\' }', { a: "a.harn", b: "b.harn" }],
    ["escapes", '[exports]\na = "x\\\\y\\"z"', { a: 'x\\y"z' }],
    [
      "no such section inside a text of several lines",
      'doc = """\n[exports]\na = "no"\n"""\n[exports]\nb = "yes"',
      { b: "yes" },
    ],
    ["values that are not strings", '[exports]\na = 1\nb = ["x"]\nc = "c.harn"', { c: "c.harn" }],
    ["CRLF", '[exports]\r\na = "a.harn"\r\n', { a: "a.harn" }],
    ["an array of tables of that name", '[[exports]]\na = "x"', {}],
    ["nonsense", "= = =\n[exports\n[exports]]\na", {}],
    ["an empty file", "", {}],
  ])("reads %s", (_, manifest, expected) => {
    expect(Object.fromEntries(readPackageExports(manifest))).toEqual(expected);
  });
});
