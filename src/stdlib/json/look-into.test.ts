import { describe, expect, it } from "vitest";
import { caught, shown } from "../../../test/support/run-harn.ts";

const DATA = '{a: [1, {b: "x"}], ["m/n~"]: 7, nil_one: nil}';

describe("pointers (RFC 6901)", () => {
  it.each([
    [`json_pointer(${DATA}, "/a/1/b")`, "x"],
    [`json_pointer(${DATA}, "/m~1n~0")`, "7"],
    [`json_pointer(${DATA}, "/a/01")`, "nil"],
    [`json_pointer(${DATA}, "/a/9/b")`, "nil"],
    [`json_pointer({a: 1}, "")`, "{a: 1}"],
    ['json_pointer_set({a: [1]}, "/a/0", 9)', "{a: [9]}"],
    ['json_pointer_set({a: [1]}, "/a/1", 9)', "{a: [1, 9]}"],
    ['json_pointer_set({a: [1]}, "/a/-", 9)', "{a: [1, 9]}"],
    ['json_pointer_set({a: [1]}, "/a/2", 9)', "{a: [1]}"],
    ['json_pointer_set({a: 1}, "/b", 2)', "{a: 1, b: 2}"],
    ['json_pointer_set({a: 1}, "/b/c", 2)', "{a: 1}"],
    ['json_pointer_set({a: 1}, "", 2)', "2"],
    ['json_pointer_delete({a: [1, 2]}, "/a/0")', "{a: [2]}"],
    ['json_pointer_delete({a: 1, b: 2}, "/a")', "{b: 2}"],
    ['json_pointer_delete({a: 1}, "/x/y")', "{a: 1}"],
    ['json_pointer_delete({a: 1}, "")', "nil"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each([
    ['json_pointer({}, "a")', "json_pointer: pointer must be empty or start with '/'"],
    ['json_pointer({}, "/~2")', "json_pointer: invalid escape '~2' in pointer"],
    ['json_pointer({}, "/~")', "json_pointer: dangling '~' in pointer"],
    ['json_pointer_set({}, "/a")', "json_pointer_set requires 3 arguments"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });
});

const USERS = '{users: [{n: "a", age: 3}, {n: "b", age: 5}], k: {z: 1, y: 2}}';

describe("queries", () => {
  it.each([
    [".", "[{a: 1}]", "{a: 1}"],
    [".users[].n", "[a, b]"],
    [".users[-1].n", "[b]"],
    [".users[0:1] | .[].age", "[3]"],
    ['.[\\"k\\"].z', "[1]"],
    [".missing.deep", "[nil]"],
    [".users | length", "[2]"],
    [".k | keys", "[[y, z]]"],
    [".k | values", "[[2, 1]]"],
    [".users[0] | .n, .age", "[a, 3]"],
    ['.users[] | select(.age > 3 and .n == \\"b\\") | .n', "[b]"],
    [".users[] | select(not (.age == 3)) | .n", "[b]"],
    [".users | map(.age)", "[[3, 5]]"],
    [".users[0] | {name: .n, old: .age >= 3}", "[{name: a, old: true}]"],
    [".k | ..", "[{y: 2, z: 1}, 2, 1]"],
    ['(1, 2.5, \\"s\\", null, true) | type', "[number, number, string, null, boolean]"],
    [". and false or true", "[true]"],
  ])("%s", async (query, expected, input = USERS) => {
    expect(await shown(`jq(${input}, "${query}")`)).toBe(expected);
  });

  it.each([
    ["", "jq: expected expression near ''"],
    [".users[", "jq: expected ']' near ''"],
    [".[1.5]", "jq: expected array index or slice bound"],
    ["nope", "jq: unknown identifier 'nope'"],
    [". | )", "jq: expected expression near ')'"],
    ['\\"open', "jq: unterminated string literal"],
    [".a ]", "jq: unexpected input near ']'"],
    [". # x", "jq: unexpected input near '# x'"],
    [`${"(".repeat(300)}`, "jq: nested deeper than 200 levels"],
  ])("%s fails", async (query, expected) => {
    expect(await caught(`jq({}, "${query}")`)).toBe(expected);
  });
});
