import { describe, expect, it } from "vitest";
import { dictOf, listOf, type Value } from "../../vm/index.ts";
import { complete } from "./completion.ts";

const variables = new Map<string, Value>([
  ["items", listOf([])],
  [
    "person",
    dictOf(
      new Map<string, Value>([
        ["name", "Ada"],
        ["not a name", 1],
      ]),
    ),
  ],
]);
const context = { names: ["items", "person", "persist"], variables, commands: [":help", ":quit"] };

describe("completion", () => {
  it.each<[string, string[], string[]]>([
    ["per", ["person", "persist"], ["items"]],
    ["let x = printl", ["println"], ["print"]],
    ["whi", ["while"], []],
    ["items.fl", ["flat_map", "flatten"], ["name"]],
    ["person.", ["name", "keys"], ["not a name", "flat_map"]],
    ["person?.n", ["name"], []],
    ["f(1).sp", ["split"], []],
    ["unknown.sp", ["split"], []],
    ['import "std/te', ["std/text"], []],
    ['import { trim } from "std/te', ["std/text"], []],
    [":q", [":quit"], [":help"]],
    [":doc printl", ["println"], []],
    ["nothing_begins_like_this", [], ["items"]],
  ])("%s", (before, some, none) => {
    const { candidates } = complete(before, context);
    expect(candidates).toEqual(expect.arrayContaining(some));
    for (const name of none) expect(candidates).not.toContain(name);
  });

  it("says which text a candidate takes the place of", () => {
    expect(complete("f(person.na", context)).toEqual({ candidates: ["name"], replaced: "na" });
    expect(complete("1 + ite", context).replaced).toBe("ite");
  });
});
