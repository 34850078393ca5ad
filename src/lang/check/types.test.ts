import { describe, expect, it } from "vitest";
import { parse } from "../syntax/parser.ts";
import { createSourceFile } from "../syntax/source-file.ts";
import { lowerType } from "./lower-types.ts";
import { DICT, LIST, listOf, named, printType, STRING, sameType, settle, type Type, UNTYPED } from "./types.ts";
import { discriminantField, intersectTypes, splitByTag, unionOf } from "./unions.ts";

function type(text: string): Type {
  const [item] = parse(createSourceFile("t", `type T = ${text}`)).module.items;
  if (item?.kind !== "TypeDecl") throw new Error(`not a type: ${text}`);
  return lowerType(item.type);
}

describe("language viii: types are printed canonically", () => {
  it.each([
    ["int", "int"],
    ["[int]", "list<int>"],
    ["list< [string] >", "list<list<string>>"],
    ["dict<string, int>", "dict<string, int>"],
    ["{name: string, age?: int}", "{name: string, age?: int}"],
    ["string|nil", "string | nil"],
    ["fn(int, string) -> bool", "fn(int, string) -> bool"],
    ['"a" | "b\\"c" | -1', '"a" | "b\\"c" | -1'],
    ["generator<int>", "Generator<int>"],
    ["stream<int>", "Stream<int>"],
    ["Iter<int>", "iter<int>"],
    ["never | string", "string"],
    ["string | string", "string"],
    ["any | unknown", "any | unknown"],
    ["_", "_"],
  ])("%s", (written, printed) => {
    expect(printType(type(written))).toBe(printed);
  });

  it("cuts what no reader would read", () => {
    const wide = unionOf(
      Array.from({ length: 900 }, (_, index): Type => ({ kind: "Literal", value: BigInt(index) })),
      1_000,
    );
    const text = printType(wide);
    expect(text.length).toBeLessThan(1_000);
    expect(text).toMatch(/^0 \| 1 \| 2 .*…$/);
    let deep: Type = STRING;
    for (let level = 0; level < 100; level++) deep = listOf(deep);
    expect(printType(deep)).toContain("…");
  });
});

describe("comparing and keeping types", () => {
  it.each([
    ["{a: int, b: string}", "{b: string, a: int}", true],
    ["{a: int}", "{a?: int}", false],
    ["int | nil", "nil | int", true],
    ["list<int>", "list<float>", false],
    ["fn(int) -> int", "fn(int) -> int", true],
    ['"1"', "1", false],
  ])("%s is the same as %s: %s", (a, b, same) => {
    expect(sameType(type(a), type(b))).toBe(same);
  });

  it("keeps only the outline of a type that doubles with every variable", () => {
    let tree: Type = type("{leaf: int}");
    for (let level = 0; level < 40; level++) {
      tree = settle({
        kind: "Shape",
        fields: [
          { name: "left", type: tree, optional: false },
          { name: "right", type: tree, optional: false },
        ],
      });
    }
    expect(printType(tree).length).toBeLessThan(1_000);
    expect(settle(unionOf([tree, STRING]))).toBeDefined();
  });

  it("forgets freshness when a variable takes the value", () => {
    const fresh: Type = { kind: "Named", name: "list", args: [STRING], fresh: true };
    expect(settle(named("Result", fresh, UNTYPED))).toEqual(named("Result", listOf(STRING), UNTYPED));
  });
});

describe("unions", () => {
  it("collapses: no member is never, one is itself, too many say nothing", () => {
    expect(unionOf([]).kind).toBe("Never");
    expect(unionOf([STRING, STRING])).toBe(STRING);
    const many = Array.from({ length: 60 }, (_, index) => named(`T${index}`));
    expect(unionOf(many).kind).toBe("Untyped");
  });

  it.each([
    ["string | int", "string", "string"],
    ["string", '"a"', '"a"'],
    ["dict", "{a: int}", "{a: int}"],
    ["list", "list<int>", "list<int>"],
    ["list<int | string>", "list<int>", "list<int>"],
    ["unknown", "{a: int}", "{a: int}"],
    ['{k: "a"} | {k: "b"}', '{k: "b"}', '{k: "b"}'],
    ["int", "string", undefined],
    ["list<int>", "list<string>", undefined],
  ])("%s and %s have %s in common", (a, b, common) => {
    const found = intersectTypes(type(a), type(b));
    expect(found === undefined ? undefined : printType(found)).toBe(common);
  });

  it.each([
    ['{kind: "a", x: int} | {kind: "b"}', "kind"],
    ['{x: int, op: "a"} | {op: "b", x: int}', "op"],
    ["{n: 1} | {n: 2}", "n"],
    ['{kind: "a"} | {kind: "a", x: int}', undefined],
    ['{kind: "a"} | {kind?: "b"}', undefined],
    ['{kind: "a"} | string', undefined],
    ['{kind: "a"}', undefined],
  ])("§18.5 %s is told apart by %s", (union, field) => {
    const members = type(union);
    expect(discriminantField(members.kind === "Union" ? members.members : [members])).toBe(field);
  });

  it("splits a tagged union by one tag", () => {
    const union = type('{k: "a"} | {k: "b"} | {k: "c"}');
    const { matching, rest } = splitByTag(union.kind === "Union" ? union.members : [], "k", "b");
    expect(matching.map(printType)).toEqual(['{k: "b"}']);
    expect(rest.map(printType)).toEqual(['{k: "a"}', '{k: "c"}']);
  });

  it("bare types stand for any arguments", () => {
    expect(printType(LIST)).toBe("list");
    expect(printType(DICT)).toBe("dict");
  });
});
