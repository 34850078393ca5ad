/** §13.3, §18.5: matches must be exhaustive; patterns against their subject. */

import { describe, it } from "vitest";
import { accepts, rejects } from "../../../test/lang/checked-source.ts";

const TYPES = `
enum Color { Red, Green, Blue }
enum Shape { Circle(radius: float), Square(side: float) }
type Verdict = "pass" | "fail" | "unclear"
type Msg = {kind: "ping", ttl: int} | {kind: "pong", ms: int}
`;

function matching(type: string, match: string): string {
  return `${TYPES}\nfn run(x: ${type}, flag: bool) {\n  ${match}\n}`;
}

describe("exhaustive matches", () => {
  it.each([
    ["Color", "match x { Color.Red -> { 1 } Color.Green -> { 2 } Color.Blue -> { 3 } }"],
    ["Color", 'match x.variant { "Red" | "Green" -> { 1 } "Blue" -> { 2 } }'],
    ["Color", 'match x.variant { "Red" -> { 1 } _ -> { 2 } }'],
    ["Color", "match x { Color.Red -> { 1 } other -> { 2 } }"],
    ["Shape", "match x { Shape.Circle(r) -> { r } Shape.Square(s) -> { s } }"],
    ["Result<int, string>", "match x { Result.Ok(v) -> { v } Result.Err(e) -> { 0 } }"],
    ["Verdict", 'match x { "pass" -> { 1 } "fail" | "unclear" -> { 2 } }'],
    ["Verdict", 'match x { "pass" -> { 1 } _ -> { 2 } }'],
    ["0 | 1 | -1", "match x { 0 -> { 1 } 1 -> { 2 } -1 -> { 3 } }"],
    ["Msg", 'match x.kind { "ping" -> { 1 } "pong" -> { 2 } }'],
    ["Msg", 'match x.kind { "ping" | "pong" -> { 1 } }'],
    ["string | int | nil", 'match x { "a" -> { 1 } 2 -> { 2 } nil -> { 3 } }'],
    ["string | list<int>", 'match x { "a" -> { 1 } }'],
    ["string", 'match x { "a" -> { 1 } }'],
    ["int", "match x { 1 -> { 1 } }"],
  ])("%s: %s", (type, match) => accepts(matching(type, match)));

  it.each([
    ["Color", "«match x { Color.Red -> { 1 } }»", 'enum Color: missing variants "Green", "Blue"'],
    ["Color", '«match x.variant { "Red" | "Green" -> { 1 } }»', 'enum Color: missing variants "Blue"'],
    [
      "Color",
      "«match x { Color.Red -> { 1 } Color.Green -> { 1 } Color.Blue if flag -> { 1 } }»",
      'enum Color: missing variants "Blue"',
    ],
    ["Color", "«match x { }»", 'enum Color: missing variants "Red", "Green", "Blue"'],
    ["Result<int, string>", "«match x { Result.Ok(v) -> { v } }»", 'enum Result: missing variants "Err"'],
    ["Verdict", '«match x { "pass" | "fail" -> { 1 } }»', 'literal union: missing "unclear"'],
    ["0 | 1 | -1", "«match x { 0 -> { 1 } 1 -> { 2 } }»", "literal union: missing -1"],
    ["Msg", '«match x.kind { "ping" -> { 1 } }»', 'tagged shape union: missing variants "pong"'],
    ["string | int | nil", '«match x { "a" -> { 1 } 2 -> { 2 } }»', "union type: missing nil"],
    ["Verdict", '«match x { "pass" -> { 1 } _ if flag -> { 2 } }»', 'literal union: missing "fail", "unclear"'],
  ])("%s: %s", (type, match, missing) => {
    rejects(matching(type, match), [`T008 Non-exhaustive match on ${missing}`]);
  });

  it("a case ruled out before need not be matched", () => {
    accepts(matching("Verdict", 'if x == "unclear" { return }\nmatch x { "pass" -> { 1 } "fail" -> { 2 } }'));
  });
});

describe("patterns", () => {
  it.each([
    ["int", "string", '"a"'],
    ["string", "int", "1"],
    ["string", "float", "1.5"],
    ["int", "bool", "true"],
    ["list<int>", "string", '"a"'],
  ])("%s against a %s literal never matches", (type, name, literal) => {
    rejects(matching(type, `match x { «${literal}» -> { 1 } _ -> { 2 } }`), [
      `T104 Match pattern type mismatch: matching ${type} against ${name} literal`,
    ]);
  });

  it.each([
    ["int", "1.5"],
    ["float", "1"],
    ["string | nil", "nil"],
    ["any", '"a"'],
    ["unknown", "1"],
    ["Verdict", '"other"'],
  ])("%s may match %s", (type, literal) => accepts(matching(type, `match x { ${literal} -> { 1 } _ -> { 2 } }`)));

  it("each alternative of an or-pattern is looked at", () => {
    rejects(matching("int", 'match x { 1 | «"a"» | «true» -> { 1 } _ -> { 2 } }'), [
      "T104 Match pattern type mismatch: matching int against string literal",
      "T104 Match pattern type mismatch: matching int against bool literal",
    ]);
  });

  it("binds payloads with their types", () => {
    rejects(matching("Shape", "match x { Shape.Circle(r) -> { let s: string = «r» } Shape.Square(_) -> { } }"), [
      "T001 's' declared as string, but assigned float",
    ]);
    rejects(matching("Result<int, string>", "match x { Result.Ok(v) -> { } Result.Err(e) -> { let n: int = «e» } }"), [
      "T001 'n' declared as int, but assigned string",
    ]);
  });

  it("binds the names of dict and list patterns", () => {
    rejects(matching("{n: int}", "match x { {n: k} -> { let s: string = «k» } }"), [
      "T001 's' declared as string, but assigned int",
    ]);
    rejects(matching("list<int>", "match x { [first, _] -> { let s: string = «first» } }"), [
      "T001 's' declared as string, but assigned int",
    ]);
  });

  it("a lone name binds what the arms before it left over (found by fuzzing)", () => {
    accepts(matching("int", 'let n = "outer"\n match x { n -> { let s: int = n } }'));
    accepts(matching("fn(int) -> int", "match x { g -> { g(1) } }"));
    accepts(matching("Verdict", 'match x { "pass" | "fail" -> { 1 } left -> { let s: "unclear" = left } }'));
    rejects(matching("int", 'let n = "outer"\n match x { n -> { let s: string = «n» } }'), [
      "T001 's' declared as string, but assigned int",
    ]);
  });

  it("names variants that do not exist", () => {
    rejects(matching("Color", "match x { Color.«Purple» -> { 1 } _ -> { 2 } }"), [
      "T105 Unknown variant 'Purple' in enum 'Color'",
    ]);
    rejects(matching("Shape", "match x { Shape.«Oval»(r) -> { 1 } _ -> { 2 } }"), [
      "T105 Unknown variant 'Oval' in enum 'Shape'",
    ]);
  });

  it("or-patterns take literals only", () => {
    rejects(matching("Color", "match x { «Color.Red» | «other» -> { 1 } _ -> { 2 } }"), [
      "T019 Or-pattern alternatives must be literal patterns (string, int, float, bool, nil, or `_`). Identifier bindings and destructuring patterns are not allowed inside `|`.",
      "T019 Or-pattern alternatives must be literal patterns (string, int, float, bool, nil, or `_`). Identifier bindings and destructuring patterns are not allowed inside `|`.",
    ]);
  });

  it("a match is worth the union of its arms", () => {
    rejects(matching("Color", 'let n: int = «match x { Color.Red -> { 1 } _ -> { "two" } }»'), [
      "T001 'n' declared as int, but assigned int | string",
    ]);
    accepts(matching("Color", 'let n: int = match x { Color.Red -> { 1 } _ -> { throw "no" } }'));
  });
});
