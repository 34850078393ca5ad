/** §18 calls: what a name stands for, arity, arguments, type arguments, bounds, results. */

import { describe, expect, it } from "vitest";
import { accepts, BUILTINS, check, declarationsIn, rejects } from "../../../test/lang/checked-source.ts";
import { createBuiltinTable } from "./builtin-table.ts";
import { readBuiltinSignature } from "./builtin-text.ts";

describe("language ii: undefined call targets", () => {
  it.each([
    [
      "a misspelt builtin",
      '«prntln»("x")',
      "N001 call target `prntln` is not defined or imported — did you mean `println`?",
    ],
    [
      "a misspelt function",
      "fn compute() {}\n«compue»()",
      "N001 call target `compue` is not defined or imported — did you mean `compute`?",
    ],
    ["nothing like it", "«frobnicate»()", "N001 call target `frobnicate` is not defined or imported"],
    ["inside a string", 'let s = "a ${«frobnicate»()}"', "N001 call target `frobnicate` is not defined or imported"],
    [
      "inside a closure",
      "let f = { x -> «frobnicate»(x) }",
      "N001 call target `frobnicate` is not defined or imported",
    ],
    ["as an argument", "println(«frobnicate»())", "N001 call target `frobnicate` is not defined or imported"],
    [
      "in a pattern default",
      "let {a = «frobnicate»()} = {}",
      "N001 call target `frobnicate` is not defined or imported",
    ],
    [
      "in a match arm",
      "fn f(x) {\n  match x { 1 -> { «frobnicate»() } }\n}",
      "N001 call target `frobnicate` is not defined or imported",
    ],
    ["in a pipe", "1 |> «frobnicate»(_)", "N001 call target `frobnicate` is not defined or imported"],
  ])("%s", (_, source, message) => rejects(source, [message]));

  it.each([
    ["declared later", "fn a() {\n  b()\n}\nfn b() {}"],
    ["itself", "fn a() {\n  a()\n}"],
    ["a parameter", "fn apply(f) {\n  f()\n}"],
    ["a closure in a variable", "let f = { -> 1 }\nf()"],
    [
      "a function of the caller, found at run time",
      "fn a() {\n  inner()\n}\npipeline default() {\n  fn inner() {}\n  a()\n}",
    ],
    [
      "a pipeline, tool or struct",
      'pipeline build(t) {}\ntool look(q: string) { description "d"\n q }\nstruct P { x: int }\nbuild(1)\nlook("a")\nP({x: 1})',
    ],
    ["constructors of Result and Option", "Ok(1)\nErr(2)\nSome(3)\nNone()"],
    ["internal and host names", "__range__(1)\nhostlib_open()"],
    ["a type parameter", "fn make<T>() {\n  return T()\n}"],
  ])("%s is defined", (_, source) => accepts(source));

  it("an imported name is defined", () => {
    accepts("helper()", { imports: { resolved: true, names: ["helper"], types: [] } });
    rejects("«helpr»()", ["N001 call target `helpr` is not defined or imported — did you mean `helper`?"], {
      imports: { resolved: true, names: ["helper"], types: [] },
    });
  });

  it("nothing is undefined while an import is unresolved", () => {
    const imports = { resolved: false, names: [], types: [] };
    accepts("anything()\nlet p = Point {x: 1}\nfn f(x: Unseen) {\n  let y: int = x\n  let z = x + 1\n}", { imports });
    rejects('let n: int = «"a"»', ["T001 'n' declared as int, but assigned string"], { imports });
  });

  it("an undefined variable is an error of the run; the check warns of it", () => {
    rejects("let x = «missing» + 1", ["N003 Undefined variable: missing"]);
    rejects("«count» = 1\nprintln(count)", ["N003 Undefined variable: count"]);
  });

  it.each([
    ["in sight", "let x = 1\nfn f(a) {\n  return a + x\n}"],
    ["bound somewhere else in the file", "fn f() {\n  return later\n}\nlet later = 1"],
    [
      "bound by a pattern",
      "fn g(v) {\n  match v {\n  [a, b] -> { a + b }\n  {k: v} -> { v }\n  n if n > 1 -> { n }\n  _ -> { 0 }\n  }\n}",
    ],
    ["bound by catch, select and parallel", "try { f() } catch (e) { e }\nparallel each [1] { x -> x }\nfn f() { }"],
    ["a type or a function as a value", "enum E { A }\nfn f() { }\nlet x = [E, f, println]"],
    ["brought along by the run time", "let x = [pi, e, argv, stream, skills]"],
    ["a placeholder", "let x = 1 |> _ + 1"],
    [
      "of the pipeline that is extended",
      'import { base } from "base"\npipeline p(task) extends base {\n  println(theirs)\n}',
    ],
  ])("a name is known: %s", (_, source) => {
    accepts(source, { imports: { resolved: true, names: ["base"], types: [] } });
  });

  it.each([
    ["a misspelt method", "[1].«mapp»({ x -> x })", "T117 list has no method 'mapp'"],
    ["a method of another language", '"a".«toUpperCase»()', "T117 string has no method 'toUpperCase'"],
    ["its property", "let n = [1].«length»", "T117 list has no property 'length'"],
    ["a method that is not called", "let xs = [1]\nlet n = xs.«len»", "T117 list has no property 'len'"],
  ])("a member that a builtin type does not have: %s", (_, source, expected) => rejects(source, [expected]));

  it.each([
    ["a method that is there", "[1].map({ x -> x }).push(1).len()"],
    ["a property", 'let n = [1].count + "a".count'],
    ["a key", "let d = {a: 1}\nlet x = d.length"],
    ["asked for with `?.`", '"a"?.length'],
    ["like nothing there is", "[1].no_such_method()"],
    ["a receiver that is not known", "fn f(x) {\n  return x.length\n}"],
  ])("nothing is said of %s", (_, source) => accepts(source));

  const loop = (options: string): string => `agent_loop("x", nil, ${options})`;
  const unknown = (key: string): string => `T118 \`agent_loop\` has no option \`${key}\``;

  it.each([
    ["a letter missing", loop("{«max_iteration»: 3}"), unknown("max_iteration")],
    ["two letters swapped", loop('{«modle»: "m", max_tokens: 1}'), unknown("modle")],
    ["swapped in a short name", loop("{«sede»: 1}"), unknown("sede")],
    ["camel case", loop("{«maxIterations»: 3}"), unknown("maxIterations")],
    ["written together", loop("{«topk»: 3}"), unknown("topk")],
    ["a slip in one of its words", loop("{«mxa_tokens»: 3}"), unknown("mxa_tokens")],
    ["in quotes", loop('{"«max_tokns»": 3}').replace('"«', '«"').replace('»"', '"»'), unknown("max_tokns")],
    [
      "beside what is spread and computed",
      loop('{...d, ["e"]: 1, «modle»: "m"}').replace(/^/, "let d = {}\n"),
      unknown("modle"),
    ],
    [
      "at the place of the body or the options",
      'http_post("u", {«header»: {}})',
      "T118 `http_post` has no option `header`",
    ],
  ])("an option that is nearly a known one: %s", (_, source, expected) => rejects(source, [expected]));

  it.each([
    ["options that are known", loop('{model: "m", top_k: 1, top_p: 0.5}')],
    ["like nothing there is", loop("{acme: {}, frequency: 1}")],
    ["another short name", loop('{mode: "m", need: 1, step: true}')],
    ["another word among the same ones", loop("{min_tokens: 3, top_a: 1}")],
    ["a key beside the option itself", loop('{models: ["m"], model: "m"}')],
    ["a key that is put out of use", loop('{_model: "m"}')],
    ["a literal of data", loop(`{modle: 1, ${Array.from({ length: 500 }, (_, n) => `k${n}: 1`).join(", ")}}`)],
    ["computed keys and what is spread", 'let d = {modle: "m"}\n' + loop('{["modle"]: 1, ...d}')],
    ["a variable", 'let d = {modle: "m"}\n' + loop("d")],
    ["dicts inside of it", loop("{acme: {modle: 1}}")],
    ["another argument", 'agent_loop({modle: "m"}, nil)\nhttp_post("u", {header: 1}, {headers: {}})'],
    ["behind a spread argument", 'let a = [nil]\nagent_loop("x", ...a, {modle: "m"})'],
    ["a function of the program", "fn agent_loop(a, b, c) {}\n" + loop('{modle: "m"}')],
    ["a builtin that does not say what it reads", 'println({modle: "m"})'],
  ])("of options nothing is said for %s", (_, source) => accepts(source));

  it("HARN-T118 names the option that is meant", () => {
    expect(check(loop("{max_iteration: 3}"))[0]?.hint).toBe("Did you mean `max_iterations`?");
  });

  it.each([
    ["let x = null", "Write `nil`"],
    ["let x = True", "Write `true`"],
    ["console.log(1)", 'Write `println(value)`; put several values into one string: `"${a} ${b}"`'],
    ["total = 1", "Declare it with `var total = …`"],
    ['let message = "a"\nprintln(mesage)', "Did you mean `message`?"],
    ["let x = str(1)", 'Write `to_string(x)`, or `"${x}"`'],
    ["let x = parseInt(1)", "Write `to_int(x)`"],
    ['fn f(a: str) { }\nf("a")', "Write `string`; there is no type `str`"],
    ['let x: strng = "a"', "Did you mean `string`? There is no type `strng`"],
    ["let x: list<boolean> = [true]", "Write `bool`; there is no type `boolean`"],
    ["fn f() -> Unseen { return 1 }", "Declare the type `Unseen`, or import it from its module"],
  ])("who means something else is led there: %s", (source, hint) => {
    expect(check(source).map((diagnostic) => diagnostic.hint)).toEqual([hint]);
  });
});

describe("arguments", () => {
  const half = 'fn half(n: int, label: string = "x") -> int {\n  return n\n}\n';

  it.each([
    ["a wrong type", 'half(«"ten"»)', "T003 Argument 1 ('n'): expected int, got string"],
    ["the second argument", "half(1, «2»)", "T003 Argument 2 ('label'): expected string, got int"],
    ["a known variable", 'let s = "a"\nhalf(«s»)', "T003 Argument 1 ('n'): expected int, got string"],
    [
      "the result of another call",
      'fn text() -> string {\n  return ""\n}\nhalf(«text()»)',
      "T003 Argument 1 ('n'): expected int, got string",
    ],
    ["before a spread", "fn g(xs) {\n  half(«true», ...xs)\n}", "T003 Argument 1 ('n'): expected int, got bool"],
  ])("%s", (_, source, message) => rejects(half + source, [message]));

  it.each([
    ["the right types", 'half(1)\nhalf(1, "a")'],
    ["no known type", "fn g(x) {\n  half(x)\n}"],
    ["behind a spread", "fn g(xs) {\n  half(...xs, true)\n}"],
    ["in a rest parameter", 'fn rest(a: int, ...more) {}\nrest(1, true, "x", nil)'],
  ])("%s", (_, source) => accepts(half + source));

  it("names the missing field and shows where the parameter is declared", () => {
    const source = "fn greet(who: {name: string}) {}\ngreet({age: 1})";
    const [first] = check(source);
    expect(first?.message).toBe(
      "Argument 1 ('who'): expected {name: string}, got {age: int} (missing field 'name' (string))",
    );
    expect(first?.labels?.map(({ span }) => source.slice(span.start, span.end))).toEqual(["who: {name: string}"]);
  });

  it.each([
    ["too few", "«half()»", "T101 Function 'half' expects 1-2 arguments, got 0"],
    ["too many", "fn one(a) {}\n«one(1, 2)»", "T101 Function 'one' expects 1 arguments, got 2"],
  ])("warns about %s", (_, source, message) => rejects(half + source, [message]));

  it("says nothing about the number of arguments behind a spread or of a rest parameter", () => {
    accepts(`${half}fn g(xs) {\n  half(...xs)\n}\nfn rest(a, ...more) {}\nrest(1, 2, 3)`);
  });

  it("arguments of function values", () => {
    rejects('let f = { n: int -> n + 1 }\nf(«"a"»)', ["T003 Argument 1: expected int, got string"]);
    rejects('fn g(d: {run: fn(int) -> int}) {\n  d.run(«"a"»)\n}', ["T003 Argument 1: expected int, got string"]);
    accepts("fn g(f: closure) {\n  f(1, 2, 3)\n}");
  });

  it.each([
    ['println("a", «1», 2)', "T101 Builtin function 'println' takes 1 argument, got 3"],
    ["pair(1, 2, «3»)", "T101 Builtin function 'pair' takes 2 arguments, got 3"],
  ])("a builtin does not see what is beyond its parameters: %s", (text, message) => rejects(text, [message]));

  it.each([
    'path_join("a", "b", "c")',
    "pair(...[1, 2], 3)",
    "fn println(a, b) { return a }\nprintln(1, 2)",
    "println()",
  ])("all of it may be seen: %s", (text) => accepts(text));

  it("what they do get builtins check when they run", () => accepts('len(1, 2, 3)\nsend("not a channel", 1)'));
});

describe("§18 generics", () => {
  const source = `
fn same<T>(x: T) -> T {
  return x
}
fn keep<T>(a: T, b: T) -> T {
  return a
}
fn first<T>(xs: list<T>) -> T {
  return xs[0]
}
fn apply<A, B>(x: A, f: fn(A) -> B) -> B {
  return f(x)
}
fn label(n: int) -> string {
  return "n"
}
`;
  it.each([
    ["let n: int = same(1)"],
    ['let s: string = first(["a"])'],
    ["let n: int = same<int>(1)"],
    ['let xs: [string] = same<[string]>(["a"])'],
    ["let s: string = apply(1, label)"],
    ["fn g(x) {\n  let s: string = same(x)\n}"],
    ["fn outer<T>(x: T) -> T {\n  return same(x)\n}"],
    ['let f = same\nlet s: string = f("a")'],
  ])("%s", (use) => accepts(source + use));

  it.each([
    ["let s: string = «same(1)»", "T001 's' declared as string, but assigned int"],
    ["let s: string = «first([1])»", "T001 's' declared as string, but assigned int"],
    ['keep(1, «"x"»)', "T005 type parameter 'T' was inferred as both int and string"],
    ['same<int>(«"x"»)', "T003 Argument 1 ('x'): expected int, got string"],
    ["«same<int, int>(1)»", "T006 Function 'same' expects 1 type arguments, got 2"],
    ["«label<int>(1)»", "T006 Function 'label' does not declare type parameters"],
    ["«len<int>([])»", "T006 Builtin function 'len' does not declare type parameters"],
    ["«schema_parse<int, int>(1, 2)»", "T006 Builtin function 'schema_parse' expects 1 type arguments, got 2"],
    ["let n: int = «apply(1, label)»", "T001 'n' declared as int, but assigned string"],
    ['apply("a", «label»)', "T005 type parameter 'A' was inferred as both string and int"],
  ])("%s", (use, message) => rejects(source + use, [message]));
});

describe("§18.8.1 Schema<T>", () => {
  const source = `
type Out = {verdict: "pass" | "fail", note: string}
fn grade<T>(prompt: string, schema: Schema<T>) -> T {
  return llm_call_structured(prompt, schema)
}
`;
  it.each([
    ['let out: Out = grade("p", schema_of(Out))'],
    ['let out: Out = grade("p", Out)'],
    ['let s = schema_of(Out)\nlet out: Out = grade("p", s)'],
    ['let s: string = grade("p", {type: "string"})'],
    ["let out: Out = schema_expect(1, Out)"],
    ["let out: Result<Out, string> = schema_parse(1, Out)"],
    ['let s: string = llm_call("p", nil, {output_schema: Out}).data.note'],
    ['let d: dict = llm_call("p", nil, {})'],
  ])("%s", (use) => accepts(source + use));

  it.each([
    ['let n: int = «grade("p", Out)»', "T001 'n' declared as int, but assigned Out"],
    ['let n: int = «grade("p", {type: "string"})»', "T001 'n' declared as int, but assigned string"],
    [
      'let n: int = «llm_call("p", nil, {output_schema: Out}).data.note»',
      "T001 'n' declared as int, but assigned string",
    ],
    ['let n: int = «llm_call("p", nil, {})»', "T001 'n' declared as int, but assigned dict"],
  ])("%s", (use, message) => rejects(source + use, [message]));
});

describe("deprecated functions", () => {
  it("warns at each call, with what the mark says", () => {
    rejects('@deprecated\nfn a() {}\n@deprecated(since: "1.2")\nfn b() {}\n«a»()\nlet x = «b»()', [
      "T113 `a` is deprecated",
      "T113 `b` is deprecated (since 1.2)",
    ]);
    expect(check('@deprecated(use: "b")\nfn a() {}\na()')[0]?.hint).toBe("Use `b` instead");
  });
});

describe("builtin tables", () => {
  it("types are written as text", () => {
    const builtins = createBuiltinTable([
      { name: "wrap", generics: ["T"], params: ["T"], returns: "list<{item: T}>" },
      { name: "maybe", returns: "string | nil" },
      { name: "anything" },
    ]);
    accepts("let xs: list<{item: int}> = wrap(1)\nlet s: string | nil = maybe()\nlet n: int = anything()", {
      builtins,
    });
    rejects("let n: int = «maybe()»", ["T001 'n' declared as int, but assigned string | nil"], { builtins });
  });

  it("a later entry replaces an earlier one", () => {
    const builtins = createBuiltinTable([
      { name: "f", returns: "int" },
      { name: "f", returns: "string" },
    ]);
    accepts("let s: string = f()", { builtins });
    expect(builtins.names).toEqual(["f"]);
  });

  it("a text that is not a type is an error of the table", () => {
    const table = createBuiltinTable([
      { name: "g", returns: "list<int>" },
      { name: "f", returns: "list<" },
    ]);
    expect(table.find("g")).toBeDefined();
    expect(() => table.find("f")).toThrow("Expected the types of builtins to be types, got `list<`");
  });

  it("the language's own table knows its builtins", () => {
    expect(BUILTINS.names.length).toBeGreaterThan(800);
    for (const name of ["println", "llm_call", "agent_loop", "unreachable", "schema_of", "pair"]) {
      expect(BUILTINS.find(name), name).toBeDefined();
    }
    for (const name of BUILTINS.names) expect(() => BUILTINS.find(name), name).not.toThrow();
    expect(BUILTINS.find("constructor")).toBeUndefined();
    rejects('let s: string = «to_int("1")»', ["T001 's' declared as string, but assigned int"]);
    accepts('let s: string = env("HOME") ?? "none"');
  });

  it("a variable of a builtin's name hides it", () => {
    accepts("fn f(len) {\n  let s: string = len(1)\n}");
  });
});

describe("signatures in one line", () => {
  it.each([
    ["now()", { name: "now", params: [] }],
    ["len(value: any) -> int", { name: "len", params: ["any"], returns: "int" }],
    [
      "join(items: list, separator?: string) -> string",
      { name: "join", params: ["list", "string"], returns: "string" },
    ],
    ["print(...values)", { name: "print", params: [] }],
    ["print(label, ...values: list<int>)", { name: "print", params: ["any"] }],
    [
      "stream.map(s: Stream, f: fn(int, int) -> int)",
      { name: "stream.map", params: ["Stream", "fn(int, int) -> int"] },
    ],
    [
      "parse<T>(text: string, schema: Schema<T>) -> Result<T, string>",
      { name: "parse", generics: ["T"], params: ["string", "Schema<T>"], returns: "Result<T, string>" },
    ],
    [
      "zip<A, B>(a: list<A>, options: {strict?: bool, fill: dict<string, A>}) -> list<{a: A, b: B}>",
      {
        name: "zip",
        generics: ["A", "B"],
        params: ["list<A>", "{strict?: bool, fill: dict<string, A>}"],
        returns: "list<{a: A, b: B}>",
      },
    ],
  ])("%s", (text, signature) => {
    expect(readBuiltinSignature(text)).toEqual(signature);
    expect(createBuiltinTable([readBuiltinSignature(text)]).find(signature.name)).toBeDefined();
  });

  it.each(["", "len", "len(a", "len(a) int", "(a) -> int", "len(a) -> "])("%s is refused", (text) => {
    expect(() => readBuiltinSignature(text)).toThrow(
      `Expected a signature like \`name(a: int) -> string\`, got \`${text}\``,
    );
  });
});

describe("imported types", () => {
  const types = declarationsIn(`
type Status = "open" | "closed"
struct Issue { title: string, status: Status, owner: Owner }
impl Issue { fn key(self) -> string { return "" } }
type Event = {kind: "opened", issue: Issue} | {kind: "closed"}
`);
  const imports = { resolved: true, names: ["Status", "Issue", "Event"], types };

  it("take part in checks like the module's own", () => {
    accepts('fn f(e: Event) -> string {\n  if e.kind == "opened" { return e.issue.title }\n  return ""\n}', {
      imports,
    });
    rejects(
      "fn f(i: Issue) -> int {\n  return «i.title»\n}",
      ["T002 return type doesn't match: expected int, got string"],
      { imports },
    );
    rejects(
      'fn f(e: Event) {\n  «match e.kind { "opened" -> { 1 } }»\n}',
      ['T008 Non-exhaustive match on tagged shape union: missing variants "closed"'],
      { imports },
    );
    rejects("fn f(i: Issue) {\n  let n: int = «i.key()»\n}", ["T001 'n' declared as int, but assigned string"], {
      imports,
    });
  });

  it("what they mention but did not bring along says nothing", () => {
    accepts('fn f(i: Issue) {\n  let n: int = i.owner\n  let j = Issue {title: "", status: "open", owner: 3}\n}', {
      imports,
    });
  });

  it("never point into the file that imports them", () => {
    const [first] = check('let i = Issue {title: 1, status: "open", owner: nil}', { imports });
    expect(first).toMatchObject({ code: "HARN-T012" });
    expect(first?.labels).toBeUndefined();
  });

  it("are hidden by the module's own", () => {
    accepts("type Status = int\nlet s: Status = 1", { imports });
  });
});
