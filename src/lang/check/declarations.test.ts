/** §13–§17: structs, enums, interfaces, bounds, variance markers, streams, attributes. */

import { describe, it } from "vitest";
import { accepts, rejects } from "../../../test/lang/checked-source.ts";

describe("§14 structs", () => {
  const source = "struct Point { x: int, y?: int }\nstruct Pair2<A, B> { first: A, second: B }\n";
  it.each([
    ['let p = Point {x: «"a"»}', "T012 Field 'x' in struct 'Point' expects int, got string"],
    ["let p = Point({x: «true»})", "T012 Field 'x' in struct 'Point' expects int, got bool"],
    ["let p = «Point {y: 1}»", "T108 Missing field 'x' in struct 'Point' construction"],
    ["let p = Point {x: 1, «z»: 2}", "T107 Unknown field 'z' in struct 'Point'"],
    ["let p = «Pont» {x: 1}", "N002 unknown struct type `Pont` — did you mean `Point`?"],
    ["let p = «Whatever» {x: 1}", "N002 unknown struct type `Whatever`"],
    [
      'let p: Pair2<int, int> = «Pair2 {first: 1, second: "a"}»',
      "T001 'p' declared as Pair2<int, int>, but assigned Pair2<int, string>",
    ],
  ])("%s", (use, message) => rejects(source + use, [message]));

  it.each([
    ["let p = Point {x: 1}"],
    ["let p = Point {x: 1, y: 2}"],
    ["fn f(rest) {\n  let p = Point {...rest}\n}"],
    ["fn f(fields) {\n  let p: Point = Point(fields)\n}"],
    ['let p: Pair2<int, string> = Pair2 {first: 1, second: "a"}'],
    ["pipeline a() {\n  struct Inner { n: int }\n}\npipeline b() {\n  let i = Inner {n: 1}\n}"],
  ])("%s", (use) => accepts(source + use));
});

describe("§13 enums", () => {
  const source =
    "enum Shape { Circle(radius: float), Empty }\nenum Option<T> { Some(value: T), None }\nenum Both<T> { Two(a: T, b: T) }\n";
  it.each([
    ['let s = Shape.Circle(«"a"»)', "T013 Shape.Circle expects radius: float, got string"],
    ["let s = «Shape.Circle()»", "T106 Shape.Circle expects 1 argument(s), got 0"],
    ["let s = «Shape.Empty(1)»", "T106 Shape.Empty expects 0 argument(s), got 1"],
    ["let s = Shape.«Oval»", "T105 Unknown variant 'Oval' in enum 'Shape'"],
    ["let s = Shape.«Oval»(1)", "T105 Unknown variant 'Oval' in enum 'Shape'"],
    ['let o: Option<int> = «Option.Some("a")»', "T001 'o' declared as Option<int>, but assigned Option<string>"],
    ['let b = Both.Two(1, «"a"»)', "T005 type parameter 'T' was inferred as both int and string"],
    [
      "let r: Result<int, string> = «Result.Err(42)»",
      "T001 'r' declared as Result<int, string>, but assigned Result<_, int>",
    ],
    [
      'let r: Result<int, string> = «Ok("a")»',
      "T001 'r' declared as Result<int, string>, but assigned Result<string, _>",
    ],
    ["let n: int = «Shape.Empty.variant»", "T001 'n' declared as int, but assigned string"],
  ])("%s", (use, message) => rejects(source + use, [message]));

  it.each([
    ["let s: Shape = Shape.Circle(2)"],
    ["let s: Shape = Shape.Empty"],
    ["let o: Option<int> = Option.Some(1)\nlet p: Option<int> = Option.None"],
    ['let r: Result<int, string> = Ok(1)\nlet q: Result<int, string> = Result.Err("a")'],
    ["let make = Shape.Circle"],
    ["fn f(Shape) {\n  return Shape.Oval\n}"],
  ])("%s", (use) => accepts(source + use));
});

describe("§16 interfaces", () => {
  const bound = (impl: string, declared = "fn get(self, index: int) -> string"): string => `
interface Source { ${declared} }
struct Names {}
${impl}
fn first<C>(src: C) where C: Source {
  println(src.get(0))
}
`;
  it.each([
    ["", "missing method(s): get"],
    ["impl Names { fn other(self) {} }", "missing method 'get'"],
    ['impl Names { fn get(self) -> string { return "" } }', "method 'get' has 0 parameter(s), expected 1"],
    [
      'impl Names { fn get(self, index: string) -> string { return "" } }',
      "method 'get' parameter 1 has type 'string', expected 'int'",
    ],
    ["impl Names { fn get(self, index: int) -> int { return 1 } }", "method 'get' returns 'int', expected 'string'"],
  ])("%s is refused: %s", (impl, reason) => {
    rejects(`${bound(impl)}«first(Names {})»`, [
      `T010 Type 'Names' does not satisfy interface 'Source': ${reason} (required by constraint \`where C: Source\`)`,
    ]);
    rejects(`${bound(impl)}fn take(s: Source) {}\ntake(«Names {}»)`, [
      "T003 Argument 1 ('s'): expected Source, got Names",
    ]);
  });

  it.each([
    ['impl Names { fn get(self, index: int) -> string { return "" } }'],
    ["impl Names { fn get(self, index) { return 1 } }"],
    ['impl Names { fn get(self, index: float) -> string { return "" } }'],
    ['impl Names { fn other(self) {} }\nimpl Names { fn get(self, index: int) -> string { return "" } }'],
  ])("%s satisfies it", (impl) => {
    accepts(`${bound(impl)}first(Names {})\nfn take(s: Source) {\n  first(s)\n  take(s)\n}\ntake(Names {})`);
  });

  it("bounds are not demanded of values without a type", () => {
    accepts(`${bound("")}fn f(x) {\n  first(x)\n}\nfn g<T>(x: T) where T: Source {\n  first(x)\n}`);
  });

  it("only named types can satisfy one", () => {
    rejects(`${bound("")}«first({a: 1})»`, [
      "T010 Type '{a: int}' does not satisfy interface 'Source': only named types can satisfy interfaces (required by constraint `where C: Source`)",
    ]);
  });

  it("an unknown bound is told at the call", () => {
    rejects("fn f<T>(x: T) where T: Missing {}\n«f(1)»", [
      "T010 Type 'int' does not satisfy interface 'Missing': interface 'Missing' not found (required by constraint `where T: Missing`)",
    ]);
  });

  it("associated types are found from the methods and held against their default", () => {
    const open = bound(
      'impl Names { fn get(self, index: int) -> string { return "" } }',
      "type Item\nfn get(self, index: int) -> Item",
    );
    accepts(`${open}first(Names {})`);
    const fixed = open.replace("type Item", "type Item = int");
    rejects(`${fixed}«first(Names {})»`, [
      "T010 Type 'Names' does not satisfy interface 'Source': associated type 'Item' resolves to 'string', expected 'int' (required by constraint `where C: Source`)",
    ]);
  });

  it("one associated type cannot be two", () => {
    const source =
      "interface Box { type Item\nfn get(self) -> Item\nfn put(self, item: Item) }\nstruct B {}\nimpl B { fn get(self) -> int { return 1 }\nfn put(self, item: string) {} }\nfn use<T>(b: T) where T: Box {}\n«use(B {})»";
    rejects(source, [
      "T010 Type 'B' does not satisfy interface 'Box': type parameter 'Item' was inferred as both int and string (required by constraint `where T: Box`)",
    ]);
  });

  it("generic interfaces are instantiated", () => {
    const source =
      "interface Source<T> { fn get(self) -> T }\nstruct Ints {}\nimpl Ints { fn get(self) -> int { return 1 } }\nfn ints(s: Source<int>) {}\nfn texts(s: Source<string>) {}\n";
    accepts(`${source}ints(Ints {})`);
    rejects(`${source}texts(«Ints {}»)`, ["T003 Argument 1 ('s'): expected Source<string>, got Ints"]);
  });

  it("of a bounded parameter only the bound's methods are known", () => {
    rejects("interface Named { fn name(self) -> string }\nfn f<T>(x: T) where T: Named {\n  x.«title»()\n}", [
      "T109 Method 'title' not found in interface 'Named' (constraint on 'T')",
    ]);
    rejects(
      "interface Named { fn name(self) -> string }\nfn f<T>(x: T) where T: Named {\n  let n: int = «x.name()»\n}",
      ["T001 'n' declared as int, but assigned string"],
    );
    accepts("fn f<T>(x: T) {\n  x.anything()\n}");
  });

  it("recursive interfaces end", () => {
    accepts(
      "interface Node { fn next(self) -> Node }\nstruct A {}\nimpl A { fn next(self) -> A { return self } }\nfn f(n: Node) {}\nf(A {})",
    );
  });
});

describe("§16.5 variance markers", () => {
  it.each([
    [
      "type Box<out T> = «fn(T) -> int»",
      "'T' is declared 'out' (covariant) but appears in a contravariant position in type alias 'Box'",
    ],
    [
      "type Box<in T> = «fn() -> T»",
      "'T' is declared 'in' (contravariant) but appears in a covariant position in type alias 'Box'",
    ],
    [
      "type Box<out T> = «list<T>»",
      "'T' is declared 'out' (covariant) but appears in a invariant position in type alias 'Box'",
    ],
    [
      "interface Producer<in T> { fn next() -> «T» }",
      "'T' is declared 'in' (contravariant) but appears in a covariant position in interface 'Producer'",
    ],
    [
      "interface Sink<out T> { fn put(x: «T») }",
      "'T' is declared 'out' (covariant) but appears in a contravariant position in interface 'Sink'",
    ],
    [
      "struct Cell<out T> { value: «T» }",
      "'T' is declared 'out' (covariant) but appears in a invariant position in struct 'Cell'",
    ],
    [
      "enum Wrap<in T> { One(value: «T») }",
      "'T' is declared 'in' (contravariant) but appears in a covariant position in enum 'Wrap'",
    ],
    [
      "fn f<out T>(x: «T») {}",
      "'T' is declared 'out' (covariant) but appears in a contravariant position in function 'f'",
    ],
    [
      "pipeline p() {\n  type Box<out T> = «fn(T) -> int»\n}",
      "'T' is declared 'out' (covariant) but appears in a contravariant position in type alias 'Box'",
    ],
  ])("%s", (source, message) => rejects(source, [`T011 type parameter ${message}`]));

  it.each([
    ["type Reader<out T> = fn() -> T"],
    ["type Handler<in T> = fn(T) -> nil"],
    ["type Twice<out T> = fn(fn(T) -> nil) -> nil"],
    ["type Many<out T> = iter<T> | Result<T, T> | {value: T}"],
    ["interface Source<out T> { fn next() -> T }"],
    ["enum Wrap<out T> { One(value: T) }"],
    ["fn f<in A, out B>(x: A) -> B {}"],
    ["type Free<T> = fn(T) -> T"],
    ["struct Source<out T> { label: string }\ntype Deep<out T> = Source<Source<T>>"],
  ])("%s", (source) => accepts(source));
});

describe("§10.15 streams and generators", () => {
  it.each([
    ["fn f() {\n  «emit 1»\n}", "T014 `emit` can only be used inside a `gen fn`"],
    ["«emit 1»", "T014 `emit` can only be used inside a `gen fn`"],
    ["gen fn f() {\n  let g = { -> «emit 1» }\n}", "T014 `emit` can only be used inside a `gen fn`"],
    ["gen fn f() {\n  «yield 1»\n}", "T015 `yield` is not a stream emit; use `emit` inside `gen fn`"],
    ['gen fn f() -> Stream<int> {\n  emit «"a"»\n}', "T016 emit type doesn't match: expected int, got string"],
    ["gen fn f() -> «list<int>» {\n  emit 1\n}", "T017 `gen fn` must return Stream<T>, got list<int>"],
    [
      "gen fn f() -> Stream<int> {\n  emit 1\n}\nlet g: Generator<int> = «f()»",
      "T001 'g' declared as Generator<int>, but assigned Stream<int>",
    ],
    ["fn f() {\n  yield 1\n}\nlet n: int = «f()»", "T001 'n' declared as int, but assigned Generator<any>"],
    ["gen fn f() {\n  emit 1\n}\nlet n: int = «f()»", "T001 'n' declared as int, but assigned Stream<any>"],
    [
      "gen fn f() -> Stream<int> {\n  emit 1\n}\nfor x in f() {\n  let s: string = «x»\n}",
      "T001 's' declared as string, but assigned int",
    ],
  ])("%s", (source, message) => rejects(source, [message]));

  it.each([
    ["gen fn f() -> Stream<float> {\n  emit 1\n  parallel each [1] { x -> emit 2 }\n}"],
    ["fn f() -> Generator<int> {\n  yield 1\n}"],
    ["fn f() {\n  if true { for x in [1] { yield x } }\n}\nlet g: Generator = f()"],
    ["fn f() {\n  fn inner() { yield 1 }\n  return 1\n}\nlet n: int = f()"],
  ])("%s", (source) => accepts(source));
});

describe("§17 attributes", () => {
  it.each([
    ["«@depracated»\nfn f() {}", "T111 unknown attribute `@depracated`"],
    ["«@whatever(1)»\nfn f() {}", "T111 unknown attribute `@whatever`"],
    ["«@test»\nfn f() {}", "T112 `@test` only applies to pipeline declarations"],
    ["«@acp_tool»\npipeline p() {}", "T112 `@acp_tool` only applies to function declarations"],
    ['«@persona(name: "a")»\npipeline p() {}', "T112 `@persona` only applies to function declarations"],
    ["«@step»\ngen fn f() {\n  emit 1\n}", "T112 `@step` has no effect on a generator: iterating is not one call"],
    ["«@step»\nfn f() {\n  yield 1\n}", "T112 `@step` has no effect on a generator: iterating is not one call"],
    ["«@invariant»\nstruct S {}", "T112 `@invariant` only applies to function, tool, or pipeline declarations"],
  ])("%s", (source, message) => rejects(source, [message]));

  it.each([
    ['@deprecated(since: "1", use: "g")\nfn f() {}'],
    ["@test\npipeline p() {}"],
    ['@step(name: "plan", model: "m")\nfn f() {}'],
    ["@persona @step\nfn f() {}"],
    ["@complexity(allow)\nfn f() {}"],
  ])("%s", (source) => accepts(source));
});

describe("STEP-11, STEP-56, STEP-58, STEP-61 what steps and personas say", () => {
  it.each([
    ['@step(«nmae: "plan"»)\nfn f() {}', "T115 `@step` has no argument `nmae`"],
    ['@step(«"plan"»)\nfn f() {}', "T115 `@step` reads named arguments only"],
    ["@step(budget: {«max_token: 5»})\nfn f() {}", "T115 `@step` has no argument `budget.max_token`"],
    ["@step(«stages: []»)\nfn f() {}", "T115 `@step` has no argument `stages`"],
    ["@persona(«model: small»)\nfn f() {}", "T115 `@persona` has no argument `model`"],
    ["@step(name: «5»)\nfn f() {}", "T116 `name` of `@step` expects a string, found `5`"],
    ["@step(budget: «5»)\nfn f() {}", "T116 `budget` of `@step` expects a dict, found `5`"],
    [
      "@step(budget: {max_tokens: «-5»})\nfn f() {}",
      "T116 `budget.max_tokens` of `@step` expects a positive integer, found `-5`",
    ],
    [
      "@step(budget: {max_tokens: «1.5»})\nfn f() {}",
      "T116 `budget.max_tokens` of `@step` expects a positive integer, found `1.5`",
    ],
    [
      '@step(budget: {max_usd: «"1"»})\nfn f() {}',
      'T116 `budget.max_usd` of `@step` expects a number from 0, found `"1"`',
    ],
    [
      "@step(retry: {max_attempts: «0»})\nfn f() {}",
      "T116 `retry.max_attempts` of `@step` expects a positive integer, found `0`",
    ],
    ["@persona(tools: «[1]»)\nfn f() {}", "T116 `tools` of `@persona` expects a list of strings, found `[1]`"],
    ["@persona(stages: «[1]»)\nfn f() {}", "T116 `stages` of `@persona` expects a list of dicts, found `[1]`"],
  ])("%s", (source, message) => rejects(source, [message]));

  it.each([
    [
      '@step(name: "plan", model: small, approval: required, receipt: true, error_boundary: Boundary.escalate, retry: {max_attempts: 2}, budget: {max_tokens: 9, max_usd: 0})\nfn f() {}',
    ],
    ["@step(model: nil, budget: {max_usd: nil})\nfn f() {}"],
    [
      '@persona(name: "a", description: "b", tools: [read, "write"], capabilities: [], autonomy: suggest, receipts: required, triggers: [cron("0 9 * * *")], stages: [{name: plan, allowed_tools: []}], output_style: {name: "terse"})\nfn f() {}',
    ],
  ])("%s", (source) => accepts(source));
});

describe("scopes of declarations", () => {
  it("types are known in all of their block, outer ones can be hidden", () => {
    accepts("let x: Later = 1\ntype Later = int");
    accepts('type T = int\nfn f() {\n  type T = string\n  let x: T = "a"\n}\nlet y: T = 1');
  });

  it("functions are checked against the signature in sight", () => {
    accepts('fn f(n: int) {}\nfn g() {\n  fn f(s: string) {}\n  f("a")\n}\nf(1)');
    rejects("fn g() {\n  f(«1»)\n  fn f(s: string) {}\n}", ["T003 Argument 1 ('s'): expected string, got int"]);
  });

  it("tasks and packs see their own names", () => {
    accepts("eval_pack checks {\n  threshold: 0.5\n  let t: float = threshold\n  let s: string = id\n}");
    accepts('skill helper {\n  description "d"\n}\nprintln(helper)');
    accepts("fn f(ch) {\n  select {\n    msg from ch { println(msg) }\n    timeout 5s { println(0) }\n  }\n}");
  });

  it("every task's options are checked", () => {
    rejects('fn f(xs) {\n  parallel each xs with { max_concurrent: «"two"» } { x -> x }\n}', [
      "T020 `max_concurrent` on `parallel` must be int, got string",
    ]);
    accepts("fn f(xs, n) {\n  parallel each xs with { max_concurrent: n } { x -> x }\n}");
  });
});
