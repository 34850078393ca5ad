import { describe, expect, it } from "vitest";
import { formatSource } from "./format-source.ts";

function format(source: string, options?: { lineWidth?: number; separatorWidth?: number }): string {
  const result = formatSource(source, { lineWidth: 100, separatorWidth: 80, ...options });
  if ("diagnostics" in result) throw new Error(result.diagnostics.map((d) => d.message).join("\n"));
  return result.text;
}

interface Case {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly lineWidth?: number;
}

function checkAll(cases: readonly Case[]): void {
  it.each(cases)("$name", ({ before, after, lineWidth }) => {
    const options = lineWidth === undefined ? {} : { lineWidth };
    expect(format(before, options)).toBe(after);
    expect(format(after, options)).toBe(after);
  });
}

describe("files", () => {
  checkAll([
    { name: "an empty file stays empty", before: "", after: "" },
    { name: "a file of blank lines becomes empty", before: "\n \n\n", after: "" },
    { name: "one newline ends the file", before: "let a = 1\n\n\n", after: "let a = 1\n" },
    {
      name: "the shebang stays the first line",
      before: "#!/usr/bin/env harn\nlog( 1 )",
      after: "#!/usr/bin/env harn\nlog(1)\n",
    },
    { name: "only a shebang", before: "#!/usr/bin/env harn", after: "#!/usr/bin/env harn\n" },
    { name: "only a comment", before: "  // nothing here yet", after: "// nothing here yet\n" },
    { name: "carriage returns go", before: "let a = 1\r\nlet b = 2\r\n", after: "let a = 1\nlet b = 2\n" },
  ]);

  it("reports what does not parse and formats nothing", () => {
    const result = formatSource("let = 1");
    expect("diagnostics" in result && result.diagnostics.length).toBe(1);
  });
});

describe("statements", () => {
  checkAll([
    {
      name: "semicolons become newlines",
      before: "fn f() { let x = 1; let y = 2; return; }",
      after: "fn f() {\n  let x = 1\n  let y = 2\n  return\n}\n",
    },
    {
      name: "blocks are indented by two",
      before: "while a {\nif b {\nbreak\n} else if c { continue } else { d() }\n}",
      after: "while a {\n  if b {\n    break\n  } else if c {\n    continue\n  } else {\n    d()\n  }\n}\n",
    },
    {
      name: "an else that only holds an if is not joined to it",
      before: "if a { 1 } else { if b { 2 } }",
      after: "if a {\n  1\n} else {\n  if b {\n    2\n  }\n}\n",
    },
    {
      name: "one blank line between statements is kept, more are not",
      before: "fn f() {\n\n  a()\n\n\n  b()\n  c()\n\n}",
      after: "fn f() {\n  a()\n\n  b()\n  c()\n}\n",
    },
    {
      name: "patterns",
      before: "let { a, b : c = 1, ...rest } = d\nlet [ x, y = 2, ... z ] = l\nfor ( i, v ) in p { }",
      after: "let {a, b: c = 1, ...rest} = d\nlet [x, y = 2, ...z] = l\nfor (i, v) in p {\n}\n",
    },
    {
      name: "assignments",
      before: "a=1\na.b+=2\na [ 0 ]  -=  3",
      after: "a = 1\na.b += 2\na[0] -= 3\n",
    },
    {
      name: "guard, require, defer, throw",
      before: 'guard a else { throw "x" }\nrequire b , "why"\ndefer { c() }',
      after: 'guard a else {\n  throw "x"\n}\nrequire b, "why"\ndefer {\n  c()\n}\n',
    },
    {
      name: "try in all its parts",
      before: "try { a() } catch (e: Oops) { b(e) } finally { c() }\nlet r = try { d() }\ntry* e()",
      after: "try {\n  a()\n} catch (e: Oops) {\n  b(e)\n} finally {\n  c()\n}\nlet r = try {\n  d()\n}\ntry* e()\n",
    },
    {
      name: "an empty catch clause stays",
      before: "try { a() } catch { }",
      after: "try {\n  a()\n} catch {\n}\n",
    },
    {
      name: "retry, deadline, mutex, spawn",
      before: "retry 3 { a() }\ndeadline 5s { b() }\nmutex { c() }\nlet t = spawn { d() }",
      after: "retry 3 {\n  a()\n}\ndeadline 5s {\n  b()\n}\nmutex {\n  c()\n}\nlet t = spawn {\n  d()\n}\n",
    },
    {
      name: "parallel in its modes",
      before:
        "parallel 3 { i -> a(i) }\nlet r = parallel each xs with { max_concurrent : 2 } { x -> b(x) } as stream\nparallel settle ys { y -> c(y) }",
      after:
        "parallel 3 { i ->\n  a(i)\n}\nlet r = parallel each xs with { max_concurrent: 2 } { x ->\n  b(x)\n} as stream\nparallel settle ys { y ->\n  c(y)\n}\n",
    },
    {
      name: "select keeps the order of its cases",
      before: "select { v from ch { a(v) } timeout 1s { b() } w from other { } }",
      after: "select {\n  v from ch {\n    a(v)\n  }\n  timeout 1s {\n    b()\n  }\n  w from other {\n  }\n}\n",
    },
    {
      name: "match arms, guards included",
      before: 'match x { "a" | "b" if ok -> { 1 } _ -> { log(2)\n3 } }',
      after: 'match x {\n  "a" | "b" if ok -> { 1 }\n  _ -> {\n    log(2)\n    3\n  }\n}\n',
    },
  ]);
});

describe("declarations", () => {
  checkAll([
    {
      name: "one blank line between declarations",
      before: "type A = int\nstruct B {\n x : int\n y? : string }\n\n\nfn f() { }\nlet a = 1\nlet b = 2",
      after: "type A = int\n\nstruct B {\n  x: int\n  y?: string\n}\n\nfn f() {\n}\n\nlet a = 1\nlet b = 2\n",
    },
    {
      name: "functions with everything",
      before: "pub gen fn f<in T,out U>( a:T , b : int=1,...rest: list<U> )->Stream<U> where T:Show,U:Eq { emit a }",
      after:
        "pub gen fn f<in T, out U>(a: T, b: int = 1, ...rest: list<U>) -> Stream<U> where T: Show, U: Eq {\n  emit a\n}\n",
    },
    {
      name: "types in one spelling",
      before: 'fn f(a: [int], b: {x?:int,y:fn(int)->nil}, c: -1|"x"|nil) { }',
      after: 'fn f(a: list<int>, b: {x?: int, y: fn(int) -> nil}, c: -1 | "x" | nil) {\n}\n',
    },
    {
      name: "pipelines and overrides",
      before: "pub pipeline p( task )->int extends base { return 1 }\noverride step(x) { }",
      after: "pub pipeline p(task) -> int extends base {\n  return 1\n}\n\noverride step(x) {\n}\n",
    },
    {
      name: "tools keep their description first",
      before: 'tool read(path: string) -> string { description "Say \\"hi\\" for \\${5}"; log(path) }',
      after: 'tool read(path: string) -> string {\n  description "Say \\"hi\\" for \\${5}"\n  log(path)\n}\n',
    },
    {
      name: "skills and evaluation packs",
      before:
        'skill deploy { description "Ship"; on_activate fn() { go() } }\neval_pack p "id-1" { cases: [1]; log(p); summarize { log(2) } }',
      after:
        'skill deploy {\n  description "Ship"\n  on_activate fn() { go() }\n}\n\neval_pack p "id-1" {\n  cases: [1]\n  log(p)\n  summarize {\n    log(2)\n  }\n}\n',
    },
    {
      name: "enums, interfaces, implementations",
      before:
        "enum Shape<T> { Circle(r: float), Dot }\ninterface Show { type Out = string\nfn show(self)->Out }\nimpl Point { pub fn a(self) { 1 }\nfn b(self) { 2 } }",
      after:
        "enum Shape<T> {\n  Circle(r: float)\n  Dot\n}\n\ninterface Show {\n  type Out = string\n  fn show(self) -> Out\n}\n\nimpl Point {\n  pub fn a(self) {\n    1\n  }\n  fn b(self) {\n    2\n  }\n}\n",
    },
    {
      name: "attributes stand on lines of their own",
      before: '@deprecated(since:"1.0",use :"g") @complexity(allow) fn f() { }',
      after: '@deprecated(since: "1.0", use: "g")\n@complexity(allow)\nfn f() {\n}\n',
    },
    {
      name: "a doc comment between attribute and function stays there",
      before: "@test\n/** What it does. */\nfn f() { }",
      after: "@test\n/** What it does. */\nfn f() {\n}\n",
    },
    {
      name: "a wide shape is broken, a field per line, with its comments",
      before: "type T = {alpha: string, /* unit: ms */ beta: int}\ntype U = {alpha: string, beta: int, gamma: bool}",
      after:
        "type T = {\n  alpha: string,\n  /* unit: ms */\n  beta: int,\n}\n\ntype U = {\n  alpha: string,\n  beta: int,\n  gamma: bool,\n}\n",
      lineWidth: 40,
    },
  ]);
});

describe("imports", () => {
  checkAll([
    {
      name: "standard library first, then by path, names sorted",
      before: 'import "zeta"\nimport { b, a } from "lib/x"\n\nimport "std/math"\nlog(1)',
      after: 'import "std/math"\nimport { a, b } from "lib/x"\nimport "zeta"\n\nlog(1)\n',
    },
    {
      name: "a comment moves with the import below it, trailing comments too",
      before: 'import "b" // needs a\n// first of all\nimport "a"\n',
      after: '// first of all\nimport "a"\nimport "b" // needs a\n',
    },
    {
      name: "a comment set off by a blank line belongs to the file",
      before: '// What this file is.\n\n// needed below\nimport "b"\nimport "a"\n',
      after: '// What this file is.\n\nimport "a"\n// needed below\nimport "b"\n',
    },
    {
      name: "a wide list of names is broken",
      before: 'import { gamma, beta, alpha } from "some/module"\n',
      after: 'import {\n  alpha,\n  beta,\n  gamma,\n} from "some/module"\n',
      lineWidth: 40,
    },
    {
      name: "names keep their comments when sorted",
      before: 'pub import {\n  b, // second\n  // the first\n  a,\n} from "m"\n',
      after: 'pub import {\n  // the first\n  a,\n  b, // second\n} from "m"\n',
    },
    {
      name: "later imports are left in place",
      before: 'import "b"\nlet x = 1\nimport "a"\n',
      after: 'import "b"\n\nlet x = 1\n\nimport "a"\n',
    },
  ]);
});

describe("expressions", () => {
  checkAll([
    {
      name: "literals keep their spelling",
      before: 'let a = [1.50, 90s, 1000ms, r"\\d", "\\$x \\r", "${ a  }"]',
      after: 'let a = [1.50, 90s, 1000ms, r"\\d", "\\$x \\r", "${ a  }"]\n',
    },
    {
      name: "the lines of a triple-quoted string are untouched",
      before: 'fn f() {\nlet t = """\n  a ${x}  \n b\n"""\n}',
      after: 'fn f() {\n  let t = """\n  a ${x}  \n b\n"""\n}\n',
    },
    {
      name: "dict keys lose needless quotes only",
      before: 'let d = {"a": 1, "x-y": 2, [k]: 3, ["b"]: 4, if: 5, ...e}',
      after: 'let d = {a: 1, "x-y": 2, [k]: 3, ["b"]: 4, if: 5, ...e}\n',
    },
    {
      name: "closures of one simple expression stay on the line",
      before: "let f = {x,y=1->x+y}\nlet g = { -> 1 }\nlet h = fn(x)->int{x}",
      after: "let f = { x, y = 1 -> x + y }\nlet g = { -> 1 }\nlet h = fn(x) -> int { x }\n",
    },
    {
      name: "closures of several statements become blocks",
      before: "let f = { x -> log(x); x }",
      after: "let f = { x ->\n  log(x)\n  x\n}\n",
    },
    {
      name: "calls with type arguments, spreads, slices, optional links",
      before: "f<int,list<string>>( ...xs , 1 )\na?.b?[0]?.c( )[ 1 : ][:2]",
      after: "f<int, list<string>>(...xs, 1)\na?.b?[0]?.c()[1:][:2]\n",
    },
    {
      name: "ranges and struct literals",
      before: "for i in 0 to n-1 exclusive { }\nlet p = Point{x:1,y:2}",
      after: "for i in 0 to n - 1 exclusive {\n}\nlet p = Point {x: 1, y: 2}\n",
    },
  ]);
});

describe("parentheses", () => {
  checkAll(
    [
      ["kept against precedence", "(a + b) * c", "(a + b) * c"],
      ["dropped where they say nothing", "(a * b) + (c)", "a * b + c"],
      ["kept for grouping to the right", "a - (b - c)", "a - (b - c)"],
      ["kept for right grouping of an associative operator", "a + (b + c)", "a + (b + c)"],
      ["power groups to the right", "(a ** b) ** (c ** d)", "(a ** b) ** c ** d"],
      ["added around && inside ||", "a && b || c", "(a && b) || c"],
      ["kept around || inside &&", "(a || b) && c", "(a || b) && c"],
      ["?? binds tighter than +", "(a ?? b) + (c ?? (d + e))", "a ?? b + c ?? (d + e)"],
      ["objects", "(a ?? b).c + (-d).e() + (!f)[0]", "(a ?? b).c + (-d).e() + (!f)[0]"],
      ["unary operands", "!(a in b) && -(c + d) == -(-e)", "!(a in b) && -(c + d) == -(-e)"],
      ["ternary parts", "(a ? b : c) ? (d ? e : f) : (g ? h : i)", "(a ? b : c) ? (d ? e : f) : (g ? h : i)"],
      ["a ternary as operand", "(a ? b : c) + 1", "(a ? b : c) + 1"],
      ["a keyword after the question mark", "a ? (if b { 1 }) : 2", "a ? (if b {\n  1\n}) : 2"],
      ["the pipe is loosest", "(a to b) |> f |> (x ? y : z)", "a to b |> f |> x ? y : z"],
      ["a range as operand", "(a to b) == c", "(a to b) == c"],
      ["an unwrapped result before another link", "((a?).b?)[0]", "((a?).b?)[0]"],
      ["an unwrapped result before a minus", "(a?) - b", "(a?) - b"],
      ["an unwrapped result before not in", "(a?) not in b", "(a?) not in b"],
      ["an unwrapped result as condition", "(a?) ? b : c", "a? ? b : c"],
      ["not read as type arguments", "(a < b) > (c == d)", "(a < b) > (c == d)"],
      ["a block as left operand", "(if a { 1 } else { 2 }) + 3", "(if a {\n  1\n} else {\n  2\n})\n  + 3"],
    ].map(([name, before, after]) => ({ name: name!, before: `let v = ${before}`, after: `let v = ${after}\n` })),
  );
  checkAll([
    { name: "an unwrapped result before a brace", before: "if (a?) { }", after: "if (a?) {\n}\n" },
    { name: "a capitalised name before an empty block", before: "if (a == B) { }", after: "if (a == B) {\n}\n" },
    { name: "a capitalised name before statements", before: "if (FLAG) { a() }", after: "if FLAG {\n  a()\n}\n" },
    {
      name: "an if before the else of a guard",
      before: "guard (if a { b }) else { return }",
      after: "guard (if a {\n  b\n}) else {\n  return\n}\n",
    },
    { name: "the count of a retry", before: "retry (n + 1) { a() }", after: "retry (n + 1) {\n  a()\n}\n" },
    { name: "a struct literal before a body", before: "retry (N {a: 1}.a) { }", after: "retry (N {a: 1}.a) {\n}\n" },
  ]);
});

describe("breaking lines", () => {
  checkAll([
    {
      name: "a wide call gets a line per argument and a trailing comma",
      before: "let x = combine(alpha_value, beta_value, gamma_value)",
      after: "let x = combine(\n  alpha_value,\n  beta_value,\n  gamma_value,\n)\n",
      lineWidth: 40,
    },
    {
      name: "the place of a construct does not count, only its own width",
      before: "let a_rather_long_variable_name = combine(alpha, beta)",
      after: "let a_rather_long_variable_name = combine(alpha, beta)\n",
      lineWidth: 30,
    },
    {
      name: "what is narrow enough is joined again",
      before: "let x = f(\n  a,\n  [\n 1,\n 2\n],\n)",
      after: "let x = f(a, [1, 2])\n",
    },
    {
      name: "a member of several lines breaks what holds it",
      before: "let x = f(a, { y -> log(y); y })",
      after: "let x = f(\n  a,\n  { y ->\n    log(y)\n    y\n  },\n)\n",
    },
    {
      name: "nested collections are broken from outside only where needed",
      before: "let x = {alpha: [1, 2, 3], beta: {gamma: 1, delta: 2}}",
      after: "let x = {\n  alpha: [1, 2, 3],\n  beta: {gamma: 1, delta: 2},\n}\n",
      lineWidth: 45,
    },
    {
      name: "parameters",
      before: "fn process(alpha: string, beta: int) -> bool { }\nfn rest(alpha: string, ...others: list) { }",
      after:
        "fn process(\n  alpha: string,\n  beta: int,\n) -> bool {\n}\n\nfn rest(\n  alpha: string,\n  ...others: list\n) {\n}\n",
      lineWidth: 35,
    },
    {
      name: "widths are in code points",
      before: 'let x = f("😀😀😀😀😀😀😀😀", "😀😀😀😀")',
      after: 'let x = f("😀😀😀😀😀😀😀😀", "😀😀😀😀")\n',
      lineWidth: 22,
    },
    {
      name: "a wide operator chain leads its lines with the operators",
      before: "let x = first_value ?? second_value ?? third_value",
      after: "let x = first_value\n  ?? second_value\n  ?? third_value\n",
      lineWidth: 20,
    },
    {
      name: "operators that cannot lead a line get a backslash",
      before: "let x = first_value - second_value\nlet y = some_value not in other_value",
      after: "let x = first_value \\\n  - second_value\nlet y = some_value \\\n  not in other_value\n",
      lineWidth: 20,
    },
    {
      name: "line breaks of an operator chain stay, at the operator's front",
      before: "let x = a &&\n  b\n  && c || d",
      after: "let x = (a\n  && b\n  && c)\n  || d\n",
    },
    {
      name: "a method on a line of its own stays there",
      before: "let x = xs\n  .map({ x -> x + 1 })\n     .filter(f).count",
      after: "let x = xs\n  .map({ x -> x + 1 })\n  .filter(f).count\n",
    },
    {
      name: "a method whose arguments are broken gets a line of its own",
      before: "let x = xs.map({ x -> log(x); x })",
      after: "let x = xs\n  .map(\n  { x ->\n    log(x)\n    x\n  },\n)\n",
    },
    {
      name: "a ternary stays on one line",
      before: "let x = a\n  == b ? 1 :\n 2",
      after: "let x = a\n  == b ? 1 : 2\n",
    },
  ]);
});

describe("comments", () => {
  checkAll([
    {
      name: "before, behind and after statements",
      before: "fn f() { // opening\n  // before\n  a() // behind\n  b()\n  // last\n} // after\n// end",
      after: "fn f() { // opening\n  // before\n  a() // behind\n  b()\n  // last\n} // after\n// end\n",
    },
    {
      name: "in an empty block",
      before: "fn f() {\n// nothing yet\n}\nif a { /* no */ }",
      after: "fn f() {\n  // nothing yet\n}\n\nif a { /* no */\n}\n",
    },
    {
      name: "behind the first of two statements on a line",
      before: "a(); /* x */ b() // y",
      after: "a()\n/* x */\nb() // y\n",
    },
    {
      name: "among arguments and elements",
      before: "f(\n  a, // first\n  // second\n  b\n  // none\n)\nlet l = [ /* one */ 1, 2 /* two */ ]",
      after: "f(\n  a, // first\n  // second\n  b,\n  // none\n)\nlet l = [\n  /* one */\n  1,\n  2, /* two */\n]\n",
    },
    {
      name: "among dict entries",
      before: "let d = {\n  // key\n  a: 1, // one\n  b: /* two */ 2\n}",
      after: "let d = {\n  // key\n  a: 1, // one\n  /* two */\n  b: 2,\n}\n",
    },
    {
      name: "in a closure that would fit on the line",
      before: "let f = { x ->\n  // why\n  x\n}",
      after: "let f = { x ->\n  // why\n  x\n}\n",
    },
    {
      name: "between links of a chain",
      before:
        "let x = a // first\n  // second\n  && b\nlet y = xs\n  // keep some\n  .filter(f)\n  // how many\n  .count",
      after:
        "let x = a // first\n  // second\n  && b\nlet y = xs\n  // keep some\n  .filter(f)\n  // how many\n  .count\n",
    },
    {
      name: "between branches go into the branch below",
      before: "if a { 1 }\n// otherwise\nelse if b { 2 }\n// at last\nelse { 3 }",
      after: "if a {\n  1\n} else if b {\n  // otherwise\n  2\n} else {\n  // at last\n  3\n}\n",
    },
    {
      name: "between try, catch and finally",
      before: "try { a() }\n// oops\ncatch (e) { b() } // always\nfinally { c() }",
      after: "try {\n  a()\n} catch (e) {\n  // oops\n  b()\n} finally { // always\n  c()\n}\n",
    },
    {
      name: "in odd places come before their statement",
      before: "let /* name */ x = /* value */ a ? /* yes */ b : c",
      after: "/* name */\n/* value */\n/* yes */\nlet x = a ? b : c\n",
    },
    {
      name: "among match arms, variants and fields",
      before:
        "match x {\n  // small\n  1 -> { a } // one\n\n  _ -> { b }\n}\nenum E {\n  // first\n  A, // a\n  B\n}\nstruct S {\n  x: int // across\n}",
      after:
        "match x {\n  // small\n  1 -> { a } // one\n\n  _ -> { b }\n}\n\nenum E {\n  // first\n  A // a\n  B\n}\n\nstruct S {\n  x: int // across\n}\n",
    },
    {
      name: "around a tool's description",
      before: 'tool t() {\n  // what\n  description "d" // why\n  // how\n  a()\n}',
      after: 'tool t() {\n  // what\n  description "d" // why\n  // how\n  a()\n}\n',
    },
    {
      name: "the gutter of a block comment follows the indentation",
      before: "fn f() {\n/* one\n   * two\n */\n  a()\n}",
      after: "fn f() {\n  /* one\n   * two\n   */\n  a()\n}\n",
    },
    {
      name: "a block comment without a gutter keeps its lines",
      before: "fn f() {\n/* one\n      two */\n  a()\n}",
      after: "fn f() {\n  /* one\n      two */\n  a()\n}\n",
    },
    {
      name: "comments inside an interpolation stay in the string",
      before: 'let s = "${a /* x */}"',
      after: 'let s = "${a /* x */}"\n',
    },
  ]);
});

describe("doc comments", () => {
  checkAll([
    {
      name: "slashes become a one-line block",
      before: "///  Adds.\nfn f() { }",
      after: "/** Adds. */\nfn f() {\n}\n",
    },
    {
      name: "several lines become a block with a gutter",
      before: "///\n/// Adds.\n///\n///   a + b\nfn f() { }",
      after: "/**\n * Adds.\n *\n *   a + b\n */\nfn f() {\n}\n",
    },
    {
      name: "blocks get a gutter",
      before: "/** Adds.\n      numbers\n        well */\nfn f() { }",
      after: "/**\n * Adds.\n * numbers\n *   well\n */\nfn f() {\n}\n",
    },
    {
      name: "a wide line is not forced onto one line",
      before: "/// A sentence of some length.\nfn f() { }",
      after: "/**\n * A sentence of some length.\n */\nfn f() {\n}\n",
      lineWidth: 30,
    },
    {
      name: "slashes stay where a block would end early",
      before: "/// a */ b\nfn f() { }",
      after: "/// a */ b\nfn f() {\n}\n",
    },
    {
      name: "runs are separated by blank lines",
      before: "/// one\n\n/// two\nfn f() { }",
      after: "/** one */\n\n/** two */\nfn f() {\n}\n",
    },
    {
      name: "a doc comment behind code stays as it is",
      before: "let a = 1 /// one\n",
      after: "let a = 1 /// one\n",
    },
  ]);
});

describe("section bars", () => {
  const bar = `// ${"-".repeat(77)}`;
  checkAll([
    {
      name: "get one width and blank lines around",
      before: "fn a() { }\n// -----\nfn b() { }",
      after: `fn a() {\n}\n\n${bar}\n\nfn b() {\n}\n`,
    },
    {
      name: "a title in the bar gets bars around",
      before: "// ---- Tools ----\nfn b() { }",
      after: `${bar}\n// Tools\n${bar}\n\nfn b() {\n}\n`,
    },
    {
      name: "a title between bars stays",
      before: "// -----\n// Tools\n// -----\n// about b\nfn b() { }",
      after: `${bar}\n// Tools\n${bar}\n\n// about b\nfn b() {\n}\n`,
    },
    {
      name: "bars inside a body are comments like others",
      before: "fn b() {\n  // ------ x\n  a()\n}",
      after: "fn b() {\n  // ------ x\n  a()\n}\n",
    },
  ]);

  it("follow the separator width", () => {
    expect(format("// ----\nfn b() { }", { separatorWidth: 20 })).toBe(`// ${"-".repeat(17)}\n\nfn b() {\n}\n`);
  });
});
