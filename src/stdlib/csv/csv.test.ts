import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { caught, printed, shown } from "../../../test/support/run-harn.ts";
import { parseRows } from "./index.ts";

describe("reading (RFC 4180)", () => {
  it.each<[string, string[][]]>([
    ["", []],
    [
      "a,b\n1,2",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "a,b\r\n1,2\r\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    ["a\rb", [["a"], ["b"]]],
    ["a\n\n\nb", [["a"], ["b"]]],
    ['""\nb', [[""], ["b"]]],
    [
      "a,\n,b",
      [
        ["a", ""],
        ["", "b"],
      ],
    ],
    ['"a,b","c""d","e\nf"', [["a,b", 'c"d', "e\nf"]]],
    ['a"b,"c"d', [['a"b', "cd"]]],
    ['"never closed, x\ny', [["never closed, x\ny"]]],
    ["1,2,3\n4", [["1", "2", "3"], ["4"]]],
  ])("%j", (text, rows) => {
    expect(parseRows(text, ",")).toEqual(rows);
  });
});

describe("the builtins", () => {
  it.each([
    ['csv_parse("b,a\\n1,2\\n3", {headers: true})', "[{a: 2, b: 1}, {a: , b: 3}]"],
    ['csv_parse("1;2", {delimiter: ";"})', "[[1, 2]]"],
    ['json_stringify(csv_stringify([[1, "a,b"], ["q\\"", nil]]))', '"1,\\"a,b\\"\\n\\"q\\"\\"\\",nil\\n"'],
    ["json_stringify(csv_stringify([{b: 1}, {a: 2}], {headers: true}))", '"a,b\\n,1\\n2,\\n"'],
    ['json_stringify(csv_stringify([[""]]))', '"\\"\\"\\n"'],
    ["csv_stringify([])", ""],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each([
    ["csv_stringify(1)", "csv_stringify: expected a list of rows"],
    ["csv_stringify([1])", "csv_stringify: each row must be a list of cells (or use dict rows)"],
    ["csv_stringify([{a: 1}, [1]])", "csv_stringify: mixed list/dict rows are not supported"],
    ["csv_stringify([[1], [1, 2]])", "csv_stringify: row 2 has 2 cells, the first row has 1"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });

  it("what is written reads the same", async () => {
    const cell = fc.string({ unit: fc.constantFrom(...'ab,"\n\r '), maxLength: 5 });
    const rows = fc.sample(fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { maxLength: 5 }), {
      numRuns: 30,
      seed: 7,
    });
    const program = `let all = json_parse(read_file("rows.json"))
println(all.filter({ rows -> csv_parse(csv_stringify(rows)) != rows }))`;
    expect(await printed(program, { files: { "rows.json": JSON.stringify(rows) } })).toEqual(["[]"]);
  });
});
