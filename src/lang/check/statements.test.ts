/** §18 statements and expressions: bindings, assignment, operators, members, exits. */

import { describe, expect, it } from "vitest";
import { accepts, check, rejects } from "../../../test/lang/checked-source.ts";

describe("bindings", () => {
  it.each([
    ['let x: int = «"a"»', "T001 'x' declared as int, but assigned string"],
    ["var x: string = «1»", "T001 'x' declared as string, but assigned int"],
    ["let x: list<int> = «iter([1]).map({ n -> n })»", "T001 'x' declared as list<int>, but assigned iter"],
    ["let x: {a: int} = «{}»", undefined],
    [
      'let x: {a: int, b: int} = «{a: "s"}»',
      "T001 'x' declared as {a: int, b: int}, but assigned {a: string} (field 'a' has type string, expected int; missing field 'b' (int))",
    ],
    ['fn f(n: int = «"a"») {}', "T001 'n' declared as int, but assigned string"],
    ["let {a} = {a: 1}\nlet s: string = «a»", "T001 's' declared as string, but assigned int"],
    ["let {a: b} = {a: 1}\nlet s: string = «b»", "T001 's' declared as string, but assigned int"],
    [
      'for (i, v) in ["a"].iter().enumerate() {\n  let n: string = «i»\n}',
      "T001 'n' declared as string, but assigned int",
    ],
    ["for x in [1] {\n  let s: string = «x»\n}", "T001 's' declared as string, but assigned int"],
    ["for x in 1 to 3 {\n  let s: string = «x»\n}", "T001 's' declared as string, but assigned int"],
    [
      "fn f(d: dict<string, int>) {\n  for {key, value} in d {\n    let s: int = «key»\n  }\n}",
      "T001 's' declared as int, but assigned string",
    ],
    [
      "try {\n  println(1)\n} catch (e: string) {\n  let n: int = «e»\n}",
      "T001 'n' declared as int, but assigned string",
    ],
  ])("%s", (source, message) => {
    if (message === undefined) accepts(source.replace(/[«»]/g, ""));
    else rejects(source, [message]);
  });

  it.each([
    ["let x: float = 1"],
    ["let x: string | nil = nil"],
    ["let _ = 1\nlet _ = 2"],
    ["fn f(n: int = nil) {}"],
    ["let {a = 1, ...rest} = {}\nlet n: string = a"],
    ["let [a, ...b] = [1]\nlet s: string = a"],
    ["fn f(x) {\n  let n: int = x\n}"],
  ])("%s", (source) => accepts(source));

  it("shows where the expectation comes from", () => {
    const source = 'let count: int = "a"';
    const labels = check(source)[0]?.labels ?? [];
    expect(labels.map(({ span, message }) => [source.slice(span.start, span.end), message])).toEqual([
      ["int", "expected because of this annotation"],
    ]);
  });
});

describe("assignment", () => {
  it.each([
    ['var x = 1\nx = «"a"»', "T004 can't assign string to 'x' (declared as int)"],
    ["var x: int = 0\nx += «1.5»", "T004 can't assign float to 'x' (declared as int)"],
    ['var x: nil = nil\nx = «"a"»', "T004 can't assign string to 'x' (declared as nil)"],
    ['var x = 1\n«x += "a"»', "T007 can't add int and string"],
    ["let x = 1\n«x» = 2", "T110 Cannot assign to 'x': variable is immutable (declared with 'let')"],
    ["let xs = [1]\n«xs[0]» = 2", "T110 Cannot assign to 'xs': variable is immutable (declared with 'let')"],
    ["fn f(n) {\n  «n» = 2\n}", "T110 Cannot assign to 'n': variable is immutable (declared with 'let')"],
    ["for i in [1] {\n  «i» += 1\n}", "T110 Cannot assign to 'i': variable is immutable (declared with 'let')"],
    [
      'fn f(d: {n: int}) {\n  var e = d\n  «e.n -= "a"»\n}',
      "T007 can't use '-' on int and string (needs numeric operands)",
    ],
  ])("%s", (source, message) => rejects(source, [message]));

  it("var x = nil widens on the first assignments", () => {
    accepts('var x = nil\nx = {name: "a"}\nlet y: {name: string} | nil = x\nx = nil');
    accepts('var x = nil\nif x == nil { x = "a" }');
    accepts('fn f(c) {\n  var x = nil\n  if c { x = 1 } else { x = "a" }\n  let y: int | string | nil = x\n}');
    accepts(
      "fn f(xs) {\n  var best = nil\n  for x in xs {\n    if best == nil { best = x } else { best = best + 1 }\n  }\n  let n: int = best\n}",
    );
    accepts('fn f(c) {\n  var x = nil\n  while c { x = 1 }\n  x = "a"\n}');
    rejects('var x = nil\nx = 1\nx = «"a"»', ["T004 can't assign string to 'x' (declared as int | nil)"]);
    rejects("var x = nil\nx = 1\nlet s: string = «x»", ["T001 's' declared as string, but assigned int | nil"]);
  });

  it("a dict whose shape is assigned away is just a dict", () => {
    accepts('var d = {n: nil}\nd.n = 5\nlet m = d.n + 1\nd.other = "x"');
  });
});

describe("operators", () => {
  it.each([
    ['«1 + "a"»', "T007 can't add int and string"],
    ["«[1] + {a: 1}»", "T007 can't add list and dict"],
    ["«nil + 1»", "T007 can't add nil and int"],
    ['«"a" - 1»', "T007 can't use '-' on string and int (needs numeric operands)"],
    ["«true / 2»", "T007 can't use '/' on bool and int (needs numeric operands)"],
    ['«"a" ** 2»', "T007 can't use '**' on string and int (needs numeric operands)"],
    ["«[1] * 2»", "T007 can't multiply list and int (try string * int)"],
    ['«1.5 * "a"»', "T007 can't multiply float and string (try string * int)"],
    ['let s = "a"\nlet t = «s + 1»', "T007 can't add string and int"],
    ["type Id = string\nfn f(id: Id) {\n  return «id + 1»\n}", "T007 can't add string and int"],
    ["«true < false»", "T103 Comparison '<' may not be meaningful for types bool and bool"],
    ['«"a" >= 1»', "T103 Comparing string with int using '>=' may give unexpected results"],
    [
      "struct P { x: int }\nlet p = P {x: 1}\nlet q = «p < p»",
      "T103 Comparison '<' may not be meaningful for types P and P",
    ],
  ])("%s", (source, message) => rejects(source, [message]));

  it.each([
    ["let x: float = 1 + 2.5"],
    ["let x: int = 1 + 2 * 3 % 4"],
    ['let x: string = "a" + "b"'],
    ['let x: string = "a" * 3'],
    ['let x: list = [1] + ["a"]'],
    ["let x: dict = {a: 1} + {b: 2}"],
    ['let x: bool = 1 == "a"'],
    ["fn f(a, b: any) {\n  return a + 1 - b * a\n}"],
    ["fn f<T>(a: T, b: T) {\n  return a + b\n}"],
    ["fn f(a: string | int) {\n  return a + 1\n}"],
    ['fn f(a: "x" | "y") {\n  let s: string = "a" + "b"\n  return a == "x"\n}'],
  ])("%s", (source) => accepts(source));

  it("?? takes nil away", () => {
    accepts(
      'fn f(x: string | nil) {\n  let s: string = x ?? "none"\n  let t: string = nil ?? "a"\n  let n: int = 1 ?? "never"\n}',
    );
    rejects("fn f(x: string | nil) {\n  let s: string = «x ?? 1»\n}", [
      "T001 's' declared as string, but assigned string | int",
    ]);
  });

  it("suggests interpolation for text and a value", () => {
    expect(check('let n = 1\nlet s = "n: " + n')[0]?.hint).toBe('Write `"n: ${n}"`');
    expect(check('let n = 1\nlet s = n + " apples"')[0]?.hint).toBe('Write `"${n} apples"`');
    expect(check('let n = 1\nlet s = "a".trim() + n')[0]?.hint).toBe(
      "Use string interpolation, or convert with `to_string`",
    );
  });
});

describe("members", () => {
  const source =
    "struct Point { x: int, label?: string }\nstruct Cell<T> { value: T }\nimpl Point {\n  fn scaled(self, by: int) -> Point {\n    return self\n  }\n}\n";

  it.each([
    ["let s: string = «Point {x: 1}.x»", "T001 's' declared as string, but assigned int"],
    ['let n: int = «Cell {value: "a"}.value»', "T001 'n' declared as int, but assigned string"],
    ["fn f(d: {a: {b: int}}) {\n  let s: string = «d.a.b»\n}", "T001 's' declared as string, but assigned int"],
    ['fn f(d: {a: int}) {\n  let s: string = «d["a"]»\n}', "T001 's' declared as string, but assigned int"],
    ["fn f(d: {a: int} | nil) {\n  let n: int = «d?.a»\n}", "T001 'n' declared as int, but assigned int | nil"],
    ["let s: string = «[1][0]»", "T001 's' declared as string, but assigned int"],
    ['fn f(d: dict<string, int>) {\n  let s: string = «d["k"]»\n}', "T001 's' declared as string, but assigned int"],
    ['let n: int = «"abc"[0]»', "T001 'n' declared as int, but assigned string"],
    ["let n: int = «[1, 2][0:1]»", "T001 'n' declared as int, but assigned list<int>"],
    ['let n: string = «"abc".split("")»', "T001 'n' declared as string, but assigned list"],
    ["let n: string = «[1].reverse()»", "T001 'n' declared as string, but assigned list"],
    ["let n: string = «[1].window(2)»", "T001 'n' declared as string, but assigned list<list<int>>"],
    ["let n: string = «[1].iter().to_list()»", "T001 'n' declared as string, but assigned list<int>"],
    ["let n: string = «{a: 1}.keys()»", "T001 'n' declared as string, but assigned list"],
    ['let n: string = «pair(1, "a").first»', "T001 'n' declared as string, but assigned int"],
    ['Point {x: 1}.scaled(«"a"»)', "T003 Argument 1 ('by'): expected int, got string"],
    ["let n: int = «Point {x: 1}.scaled(2)»", "T001 'n' declared as int, but assigned Point"],
    [
      'fn f(m: {k: "a", n: int} | {k: "b", n: string}) {\n  let b: bool = «m.n»\n}',
      "T001 'b' declared as bool, but assigned int | string",
    ],
    ["fn f(r: Result<int, string>) {\n  let s: string = «r?»\n}", "T001 's' declared as string, but assigned int"],
    ["let s: string = «try { 1 }»", "T001 's' declared as string, but assigned Result<int, _>"],
    ["let s: string = «parallel each [1] { x -> x * 2 }»", "T001 's' declared as string, but assigned list<int>"],
    ["let s: string = «parallel 3 { i -> i }»", "T001 's' declared as string, but assigned list<int>"],
    ['let s: int = «if true { "a" } else { "b" }»', "T001 's' declared as int, but assigned string"],
  ])("%s", (use, message) => rejects(source + use, [message]));

  it.each([
    ["let x: int = Point {x: 1}.unknown"],
    ["let x: int = Point {x: 1}.missing()"],
    ["fn f(x) {\n  let n: int = x.a.b().c[0]\n}"],
    ["let p = Point {x: 1}\nlet n: int = p.scaled(2).scaled(3).x"],
    ['let n: int = [1, "a"].first'],
    ["fn f(c: fn(int) -> int) {\n  let d: bool = c.whatever()\n}"],
  ])("%s", (use) => accepts(source + use));
});

describe("returns and exits", () => {
  it.each([
    ['fn f() -> int {\n  return «"a"»\n}', "T002 return type doesn't match: expected int, got string"],
    [
      'fn f(c) -> int {\n  for x in c { return «"a"» }\n  return 1\n}',
      "T002 return type doesn't match: expected int, got string",
    ],
    [
      'fn f(c) -> int {\n  match c { 1 -> { return «"a"» } _ -> { return 1 } }\n}',
      "T002 return type doesn't match: expected int, got string",
    ],
    ['pipeline p(t) -> int {\n  return «"a"»\n}', "T002 return type doesn't match: expected int, got string"],
    ['let f = fn(x) -> int { return «"a"» }', "T002 return type doesn't match: expected int, got string"],
    [
      'tool t(q: string) -> int { description "d"\n return «"a"» }',
      "T002 return type doesn't match: expected int, got string",
    ],
    [
      "fn f(x: string | nil) -> string {\n  return «x»\n}",
      "T002 return type doesn't match: expected string, got string | nil",
    ],
  ])("%s", (source, message) => rejects(source, [message]));

  it.each([
    ['fn f(x: string | nil) -> string {\n  if x == nil { return "" }\n  return x\n}'],
    ["fn f() -> float {\n  return 1\n}"],
    ["fn f() -> Generator<int> {\n  yield 1\n  return 2\n}"],
    ['fn f() -> int {\n  let g = { -> return "inner" }\n  return 1\n}'],
    ["fn f() -> never {\n  throw 1\n}"],
  ])("%s", (source) => accepts(source));

  it.each([
    ["return 1"],
    ["throw 1"],
    ["if c { return 1 } else { throw 2 }"],
    ["if c { return 1 } else if d { return 2 } else { return 3 }"],
  ])("§18.12.11 code behind `%s` is unreachable, said once", (exit) => {
    rejects(`fn f(c, d) {\n  ${exit}\n  «println(1)»\n  println(2)\n}`, ["T102 unreachable code"]);
  });

  it.each([
    ["if c { return 1 }"],
    ["if c { return 1 } else { println(0) }"],
    ["while c { return 1 }"],
    ["match c { 1 -> { return 1 } _ -> { return 2 } }"],
    ["try { return 1 } catch (e) { return 2 }"],
    ["guard c else { return 1 }"],
  ])("code behind `%s` is not called unreachable", (statement) => {
    accepts(`fn f(c) {\n  ${statement}\n  println(1)\n}`);
  });

  it("break and continue", () => {
    rejects("while true {\n  break\n  «println(1)»\n}", ["T102 unreachable code"]);
    rejects("while true {\n  continue\n  «println(1)»\n}", ["T102 unreachable code"]);
  });

  it("try* needs a function around it", () => {
    const message = "T018 try* requires an enclosing function (fn, tool, or pipeline) so the rethrow has a target";
    rejects("let x = «try* f()»\nfn f() {}", [message]);
    accepts("fn g() {\n  return try* f()\n}\nfn f() {}\npipeline p() {\n  try* f()\n}\nlet h = { -> try* f() }");
  });
});
