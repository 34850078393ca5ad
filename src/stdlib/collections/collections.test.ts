import { describe, expect, it } from "vitest";
import { caught, printed, shown } from "../../../test/support/run-harn.ts";

describe("lists and dicts", () => {
  it.each([
    ["keys({b: 1, a: 2})", "[a, b]"],
    ["values({b: 1, a: 2})", "[2, 1]"],
    ["entries({b: 1, a: 2})", "[{key: a, value: 2}, {key: b, value: 1}]"],
    ["keys([1])", "[]"],
    ["chunk([1, 2, 3], 2)", "[[1, 2], [3]]"],
    ["chunk([1, 2], 0)", "[[1], [2]]"],
    ["window([1, 2, 3])", "[[1, 2], [2, 3]]"],
    ["window([1, 2, 3, 4], 2, 2)", "[[1, 2], [3, 4]]"],
    ["window([1], 2)", "[]"],
    ["group_by([1, 2, 3], { x -> x % 2 })", "{0: [2], 1: [1, 3]}"],
    ["partition([1, 2, 3], { x -> x > 1 })", "{match: [2, 3], no_match: [1]}"],
    ["dedup_by([1, 2, 3], { x -> x % 2 })", "[1, 2]"],
    ["flat_map([1, 2], { x -> [x, [x]] })", "[1, [1], 2, [2]]"],
    ["flat_map([1, 2], { x -> x })", "[1, 2]"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each([
    ["chunk(5)", "Type error: chunk: first argument must be a list, got int"],
    ["window()", "Runtime error: window: first argument must be a list"],
    ["group_by([1])", "Runtime error: group_by: callback is required"],
    ["group_by([1], 2)", "Type error: group_by: callback must be callable, got int"],
    ['group_by([1], { x -> throw "mine" })', "mine"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });

  it("callbacks may wait", async () => {
    expect(await shown("dedup_by([3, 1, 3], { x -> sleep(1)\n x })")).toBe("[3, 1]");
  });

  it("what is grouped is not shared with the list", async () => {
    const program =
      'let inner = [1]\nlet g = group_by([inner], { _x -> "k" })\nvar copy = g.k[0]\ncopy[0] = 9\nprintln(inner)';
    expect(await printed(program)).toEqual(["[1]"]);
  });
});

describe("sets compare by structure", () => {
  it.each([
    ["set([1, 1.0, 1], 2, set(2, 3))", "set(1, 1.0, 2, 3)"],
    ["set()", "set()"],
    ["set_add(set(1), 1)", "set(1)"],
    ["set_add(set(1), [2])", "set(1, [2])"],
    ["set_remove(set(1, 2), 1)", "set(2)"],
    ["set_contains(set(1), 1.0)", "false"],
    ["set_contains([1], 1)", "false"],
    ["set_union(set(1, 2), set(2, 3))", "set(1, 2, 3)"],
    ["set_intersect(set(1, 2), set(2, 3))", "set(2)"],
    ["set_difference(set(1, 2), set(2, 3))", "set(1)"],
    ["set_symmetric_difference(set(1, 2), set(2, 3))", "set(1, 3)"],
    ["set_is_subset(set(1), set(1, 2))", "true"],
    ["set_is_superset(set(1), set(1, 2))", "false"],
    ["set_is_disjoint(set(1), set(2))", "true"],
    ["set_is_disjoint(1, 2)", "true"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each([
    ["set_add([1], 2)", "set_add: first argument must be a set"],
    ["set_union(set(1), [2])", "set_union: arguments must be sets"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });

  it("building a large set takes linear time", async () => {
    expect(await shown("set(range(100000).to_list()).count()")).toBe("100000");
  });
});
