import { describe, expect, it } from "vitest";
import { showProgram } from "./__fixtures__/show-tree.ts";
import { parse } from "./parser.ts";
import { BINARY_OPERATORS } from "./precedence.ts";
import { createSourceFile } from "./source-file.ts";

describe("operators by precedence, loosest first (§3)", () => {
  it.each([
    ["pipe over range", "a |> b to c", "(|> a (to b c))"],
    ["range over ternary", "a to b ? c : d", "(to a (?: b c d))"],
    ["an exclusive range", "0 to n exclusive", "(to-exclusive 0 n)"],
    ["ternary over `||`", "a || b ? c : d || e", "(?: (|| a b) c (|| d e))"],
    ["`||` over `&&`", "a && b || c && d", "(|| (&& a b) (&& c d))"],
    ["`&&` over equality", "a == b && c != d", "(&& (== a b) (!= c d))"],
    ["equality over comparison", "a < b == c >= d", "(== (< a b) (>= c d))"],
    ["`in` and `not in` among comparisons", "a in b == c not in d", "(== (in a b) (not_in c d))"],
    ["comparison over sums", "a + b < c - d", "(< (+ a b) (- c d))"],
    ["sums over `??`", "a + b ?? c", "(+ a (?? b c))"],
    ["`??` over products", "a ?? b * c", "(?? a (* b c))"],
    ["products over powers", "a * b ** c", "(* a (** b c))"],
    ["powers from the right", "a ** b ** c", "(** a (** b c))"],
    ["everything else from the left", "a - b - c", "(- (- a b) c)"],
    ["unary minus before powers", "-2 ** 2", "(** (- 2) 2)"],
    ["unary on the right of a power", "2 ** -1", "(** 2 (- 1))"],
    ["unary over postfix", "!a.b(c)", "(! (.b a c))"],
    ["unary upon unary", "!!a - -b", "(- (! (! a)) (- b))"],
    ["parentheses", "(a + b) * c", "(* (+ a b) c)"],
    ["`not` as a name", "not + 1", "(+ not 1)"],
  ])("%s", (_, source, tree) => {
    expect(showProgram(source)).toBe(tree);
  });
});

describe("line breaks inside expressions (§3.1)", () => {
  const symbols = Object.entries(BINARY_OPERATORS).filter(([op]) => !op.includes("in"));

  it.each(symbols.filter(([, info]) => info.leadsLine))("`%s` may lead a line", (op) => {
    expect(showProgram(`let x = a\n  ${op} b`)).toBe(`(LetStmt pattern=x value=(${op} a b))`);
  });

  it.each(symbols)("`%s` may end a line", (op) => {
    expect(showProgram(`let x = a ${op}\n  b`)).toBe(`(LetStmt pattern=x value=(${op} a b))`);
  });

  it.each([
    ["a leading minus is a sign", "a\n-b", "a\n(- b)"],
    ["members may lead a line", "a\n  .b()\n  ?.c", "(.b a)?.c"],
    ["brackets may not", "a\n[b]", "a\n[b]"],
    ["a backslash joins even those", "a \\\n - b", "(- a b)"],
    ["a comment does not keep lines apart", "a // why\n  + b", "(+ a b)"],
  ])("%s", (_, source, tree) => {
    expect(showProgram(source)).toBe(tree);
  });
});

describe("postfix forms", () => {
  it.each([
    ["calls", "f(a, ...b, c,)", "(f a ...b c)"],
    ["arguments on lines of their own", "f(\n  a\n  b\n)", "(f a b)"],
    ["methods", "a.b(c).d", "(.b a c).d"],
    ["keywords as members", "a.match.type(b)", "(.type a.match b)"],
    ["optional chaining", "a?.b?.c(d)?[e]", "(?[] (?.c a?.b d) e)"],
    ["subscripts", "a[b][c]", "([] ([] a b) c)"],
    ["slices", "a[b:c] + a[:c] + a[b:] + a[:]", "(+ (+ (+ ([:] a b c) ([:] a _ c)) ([:] a b _)) ([:] a _ _))"],
    ["the try operator", "f(a)?", "(? (f a))"],
    ["the try operator before a member", "f(a)?.b", "(f a)?.b"],
    ["a ternary by its next token", "a ? b : c", "(?: a b c)"],
    ["a ternary of lists, by the blank", "a ? [b] : [c]", "(?: a [b] [c])"],
    ["a ternary of durations", "a ? 1s : 2s", "(?: a 1000ms 2000ms)"],
    ["type arguments", "f<int>(a)", "(f<int> a)"],
    [
      "several of them",
      "f<dict<string, [int]>, A | nil>(a)",
      "(f<(AppliedType name=dict args=[string (AppliedType name=list args=[int])]) (UnionType members=[A nil])> a)",
    ],
    ["comparisons that look like type arguments", "a < b > (c)", "(a<b> c)"],
    ["comparisons that do not", "f(a < b, c > d)", "(f (< a b) (> c d))"],
    ["no call of a value", "xs[0](y)", undefined],
    ["no call of a call", "f(x)(y)", undefined],
  ])("%s", (_, source, tree) => {
    if (tree === undefined) expect(() => showProgram(source)).toThrow("separator");
    else expect(showProgram(source)).toBe(tree);
  });
});

describe("literals", () => {
  it.each([
    ["the largest int", "9223372036854775807", "9223372036854775807"],
    ["a larger one is a float (vi-1)", "9223372036854775808", "9223372036854775808f"],
    ["leading zeros do not make it large", `${"0".repeat(30)}7`, "7"],
    ["durations", "[250ms, 2s, 3m, 1h, 1d, 1w]", "[250ms 2000ms 180000ms 3600000ms 86400000ms 604800000ms]"],
    ["interpolation", '"a ${b + 1} ${c}"', '(str "a " (+ b 1) " " c)'],
    ["strings inside interpolation inside strings", '"a ${f("b ${c}")}"', '(str "a " (f (str "b " c)))'],
    ["an empty list and an empty dict", "[[], {}]", "[[] (DictLiteral)]"],
    ["spread elements", "[a, ...b]", "[a ...b]"],
  ])("%s", (_, source, tree) => {
    expect(showProgram(source).replace("9223372036854776000f", "9223372036854775808f")).toBe(tree);
  });

  it("tells dicts from closures", () => {
    expect(showProgram('f({a: 1, "b c": 2, [k]: 3, match: 4, ...rest})')).toBe(
      '(f (DictLiteral entries=[(Entry key="a" value=1) (Entry key="b c" value=2) (Entry key=k computed=yes value=3) (Entry key="match" value=4) (SpreadEntry value=rest)]))',
    );
    expect(showProgram("f({ x -> x })")).toBe("(f (Closure params=[x] body=(items=[x])))");
    expect(showProgram("f({ -> 1 })")).toBe("(f (Closure body=(items=[1])))");
    expect(showProgram("f({ x: int, y = 1, ...z -> x })")).toBe(
      "(f (Closure params=[(name=x type=int) (name=y defaultValue=1) (name=z rest=yes)] body=(items=[x])))",
    );
    expect(showProgram("f({ g: fn(int) -> int -> g(1) })")).toBe(
      "(f (Closure params=[(name=g type=(FnType params=[int] returnType=int))] body=(items=[(g 1)])))",
    );
  });

  it("keeps a dict with an arrow further inside a dict", () => {
    expect(showProgram("f({a: { x -> x }, b: fn(y) -> int { y }})")).toBe(
      '(f (DictLiteral entries=[(Entry key="a" value=(Closure params=[x] body=(items=[x]))) (Entry key="b" value=(Closure params=[y] returnType=int body=(items=[y]) fnSyntax=yes))]))',
    );
  });

  it("takes `Name {` for a struct when a field follows, else for a body", () => {
    expect(showProgram("Point { x: 1, ...rest }")).toBe(
      '(StructLiteral name=Point entries=[(Entry key="x" value=1) (SpreadEntry value=rest)])',
    );
    expect(showProgram("Unit {}")).toBe("(StructLiteral name=Unit)");
    expect(showProgram("if LIMIT { f() }")).toBe("(If condition=LIMIT thenBody=(items=[(f)]))");
  });
});

describe("statements (§2.2)", () => {
  it.each([
    [
      "let and var",
      "let a: int = 1\nvar b = 2",
      "(LetStmt pattern=a type=int value=1)\n(LetStmt mutable=yes pattern=b value=2)",
    ],
    [
      "dict patterns (§5)",
      "let {a, b: c = 1, ...d} = e",
      "(LetStmt pattern=(DictPattern fields=[(key=a) (key=b alias=c defaultValue=1) (key=d rest=yes)]) value=e)",
    ],
    [
      "list patterns",
      "let [a, b = 2, ...c] = d",
      "(LetStmt pattern=(ListPattern elements=[a (name=b defaultValue=2) (name=c rest=yes)]) value=d)",
    ],
    [
      "assignments",
      "a = 1\na.b += 2\na[0] %= 3",
      "(AssignStmt target=a value=1)\n(AssignStmt target=a.b op=+ value=2)\n(AssignStmt target=([] a 0) op=% value=3)",
    ],
    [
      "if chains",
      "if a { 1 } else if b { 2 } else { 3 }",
      "(If condition=a thenBody=(items=[1]) elseBody=(items=[(If condition=b thenBody=(items=[2]) elseBody=(items=[3]))]) elseIf=yes)",
    ],
    ["else on the next line", "if a { 1 }\nelse { 2 }", "(If condition=a thenBody=(items=[1]) elseBody=(items=[2]))"],
    [
      "for with a pair",
      "for (k, v) in d { }",
      "(ForStmt pattern=(PairPattern first=k second=v) iterable=d body=(items=[]))",
    ],
    [
      "while with and without parentheses",
      "while (a) && b { break }",
      "(WhileStmt condition=(&& a b) body=(items=[(BreakStmt)]))",
    ],
    [
      "return with and without a value",
      "fn f() { return; return 1\n return }",
      "(FnDecl name=f body=(items=[(ReturnStmt) (ReturnStmt value=1) (ReturnStmt)]))",
    ],
    [
      "guard, require, defer, throw",
      'guard a else { throw "x" }\nrequire b, "y"\ndefer { c() }',
      '(GuardStmt condition=a elseBody=(items=[(ThrowStmt value="x")]))\n(RequireStmt condition=b message="y")\n(DeferStmt body=(items=[(c)]))',
    ],
    [
      "try with both clauses",
      "try { a } catch (e: E) { b } finally { c }",
      "(Try body=(items=[a]) catchClause=(variable=e type=E body=(items=[b])) finallyBody=(items=[c]))",
    ],
    [
      "catch with a bare name, on a new line",
      "try { a }\ncatch e { b }",
      "(Try body=(items=[a]) catchClause=(variable=e body=(items=[b])))",
    ],
    [
      "a try expression and try*",
      "let r = try { a }\nlet s = try* f(b)",
      "(LetStmt pattern=r value=(Try body=(items=[a])))\n(LetStmt pattern=s value=(try* (f b)))",
    ],
    [
      "match",
      'match a { 1 | 2 if b -> { c }\n "x" -> { d }\n E.V(y) -> { } _ -> { } }',
      '(Match subject=a arms=[(pattern=(OrPattern alternatives=[1 2]) guard=b body=(items=[c])) (pattern="x" body=(items=[d])) (pattern=(.V E y) body=(items=[])) (pattern=_ body=(items=[]))])',
    ],
    [
      "retry and deadline",
      "retry 3 { a }\nretry (n + 1) { b }\ndeadline cfg.limit { c }",
      "(Retry count=3 body=(items=[a]))\n(Retry count=(+ n 1) body=(items=[b]))\n(Deadline duration=cfg.limit body=(items=[c]))",
    ],
    ["retry with a constant before an empty body", "retry LIMIT { }", "(Retry count=LIMIT body=(items=[]))"],
    ["semicolons (§1.1)", "a; b;\nc", "a\nb\nc"],
    ["a `gen` that is a name", "gen(1)\nlet gen = 2", "(gen 1)\n(LetStmt pattern=gen value=2)"],
    ["a function literal as a statement", "fn(x) { x }", "(Closure params=[x] body=(items=[x]) fnSyntax=yes)"],
  ])("%s", (_, source, tree) => {
    expect(showProgram(source)).toBe(tree);
  });
});

describe("concurrency (§10)", () => {
  it.each([
    [
      "spawn and mutex",
      "let t = spawn { a }\nmutex { b }",
      "(LetStmt pattern=t value=(Spawn body=(items=[a])))\n(Mutex body=(items=[b]))",
    ],
    [
      "parallel by count",
      "parallel 3 { i -> f(i) }",
      "(Parallel mode=count subject=3 variable=i body=(items=[(f i)]))",
    ],
    [
      "parallel each with a cap, as stream",
      "let s = parallel each xs with { max_concurrent: 2 } { x -> x } as stream",
      "(LetStmt pattern=s value=(Parallel mode=each asStream=yes subject=xs variable=x options=[(name=max_concurrent value=2)] body=(items=[x])))",
    ],
    [
      "parallel settle",
      "parallel settle xs { x -> x }",
      "(Parallel mode=settle subject=xs variable=x body=(items=[x]))",
    ],
    [
      "select with a timeout",
      "select { a from c { f(a) } timeout 5s { g() } }",
      "(Select cases=[(variable=a channel=c body=(items=[(f a)]))] timeout=(duration=5000ms body=(items=[(g)])))",
    ],
    [
      "select with a default",
      "select {\n a from c { }\n default { }\n}",
      "(Select cases=[(variable=a channel=c body=(items=[]))] defaultBody=(items=[]))",
    ],
    [
      "a channel case called timeout",
      "select { timeout from c { } }",
      "(Select cases=[(variable=timeout channel=c body=(items=[]))])",
    ],
    [
      "emit and yield",
      "gen fn g() { emit 1\n yield\n yield 2 }",
      "(FnDecl name=g body=(items=[(Emit value=1) (Yield) (Yield value=2)]) isStream=yes)",
    ],
  ])("%s", (_, source, tree) => {
    expect(showProgram(source)).toBe(tree);
  });
});

describe("declarations", () => {
  it.each([
    [
      "imports (§6.6)",
      'import "a"\nimport { b, c } from "d"\npub import "e"',
      "(ImportDecl path=a)\n(ImportDecl path=d names=[b c])\n(ImportDecl path=e isPub=yes)",
    ],
    [
      "pipelines (§6.2)",
      "pub pipeline p(a, b) -> int extends q { 1 }",
      "(PipelineDecl name=p params=[a b] returnType=int extends=q body=(items=[1]) isPub=yes)",
    ],
    ["overrides (§6.4)", "override step(a) { }", "(OverrideDecl name=step params=[a] body=(items=[]))"],
    [
      "functions (§12)",
      "pub fn f<T, in U>(a: T, b = 1, ...c) -> list<T> where T: A, U: B { }",
      "(FnDecl name=f typeParams=[(name=T variance=invariant) (name=U variance=in)] params=[(name=a type=T) (name=b defaultValue=1) (name=c rest=yes)] returnType=(AppliedType name=list args=[T]) where=[(typeName=T bound=A) (typeName=U bound=B)] body=(items=[]) isPub=yes)",
    ],
    [
      "tools (§12.3)",
      'tool t(a: string) -> string {\n  description "does it"\n  a\n}',
      "(ToolDecl name=t description=does it params=[(name=a type=string)] returnType=string body=(items=[a]))",
    ],
    [
      "a tool that calls description",
      'tool t() { description("x") }',
      '(ToolDecl name=t body=(items=[(description "x")]))',
    ],
    [
      "skills (§12.4)",
      'skill s {\n  summary "x"\n  on_activate fn() { 1 }\n}',
      '(SkillDecl name=s fields=[(name=summary value="x") (name=on_activate value=(Closure body=(items=[1]) fnSyntax=yes))])',
    ],
    [
      "skill as a name",
      "for skill in skills { f(skill) }",
      "(ForStmt pattern=skill iterable=skills body=(items=[(f skill)]))",
    ],
    [
      "eval packs (§26.5)",
      'eval_pack "My Pack!" {\n  version: 1\n  let x = 2\n  summarize { x }\n}',
      "(EvalPackDecl bindingName=my_pack packId=My Pack! idIsString=yes fields=[(name=version value=1)] body=(items=[(LetStmt pattern=x value=2)]) summarize=(items=[x]))",
    ],
    ["an eval pack with name and id", 'eval_pack a "b" { }', "(EvalPackDecl bindingName=a packId=b body=(items=[]))"],
    [
      "an eval pack whose id is a keyword",
      'eval_pack "match" { }',
      "(EvalPackDecl bindingName=eval_pack_match packId=match idIsString=yes body=(items=[]))",
    ],
    [
      "enums (§13)",
      "pub enum E<T> { A, B(x: T, y: int)\n C }",
      "(EnumDecl name=E typeParams=[(name=T variance=invariant)] variants=[A (name=B fields=[(name=x type=T) (name=y type=int)]) C] isPub=yes)",
    ],
    [
      "structs (§14)",
      "struct S { a: int\n b?: string, c, type: int }",
      "(StructDecl name=S fields=[(name=a type=int) (name=b type=string optional=yes) c (name=type type=int)])",
    ],
    [
      "impl blocks (§15)",
      "impl S { fn a(self) { }\n pub fn b(self) { } }",
      "(ImplBlock typeName=S methods=[(FnDecl name=a params=[self] body=(items=[])) (FnDecl name=b params=[self] body=(items=[]) isPub=yes)])",
    ],
    [
      "interfaces (§16)",
      "interface I<out T> { type Item = int\n type Other\n fn get<U>(a: U) -> T }",
      "(InterfaceDecl name=I typeParams=[(name=T variance=out)] associatedTypes=[(name=Item defaultType=int) Other] methods=[(name=get typeParams=[(name=U variance=invariant)] params=[(name=a type=U)] returnType=T)])",
    ],
    [
      "`out` as a type parameter's name",
      "type A<out> = out",
      "(TypeDecl name=A typeParams=[(name=out variance=invariant)] type=out)",
    ],
    [
      "attributes (§17)",
      '@deprecated(since: "1", use: g) @test\npub fn f() { }',
      '(AttributedDecl attributes=[(name=deprecated args=[(name=since value="1") (name=use value=g)]) test] decl=(FnDecl name=f body=(items=[]) isPub=yes))',
    ],
    [
      "attribute values that stand for their text",
      "@step(b: c.d.e, f(1, [g])) fn h() {}",
      "(AttributedDecl attributes=[(name=step args=[(name=b value=c.d.e) (value=(f 1 [g]))])] decl=(FnDecl name=h body=(items=[])))",
    ],
    [
      "attribute arguments named like keywords",
      "@a(retry: {if: 1}, error_boundary: continue) fn h() {}",
      '(AttributedDecl attributes=[(name=a args=[(name=retry value=(DictLiteral entries=[(Entry key="if" value=1)])) (name=error_boundary value=continue)])] decl=(FnDecl name=h body=(items=[])))',
    ],
    [
      "attribute values",
      "@a(-1, -2.5, nil, [x, true], {k: 5s})\npipeline p() { }",
      '(AttributedDecl attributes=[(name=a args=[(value=-1) (value=-2.5f) (value=nil) (value=[x true]) (value=(DictLiteral entries=[(Entry key="k" value=5000ms)]))])] decl=(PipelineDecl name=p body=(items=[])))',
    ],
  ])("%s", (_, source, tree) => {
    expect(showProgram(source)).toBe(tree);
  });
});

describe("types", () => {
  it.each([
    ["names and nil, true and false", "int | nil | true", "(UnionType members=[int nil bool])"],
    [
      "lists and dicts",
      "[dict<string, int>]",
      "(AppliedType name=list args=[(AppliedType name=dict args=[string int])])",
    ],
    [
      "literals",
      '"a" | 1 | -1',
      "(UnionType members=[(LiteralType value=a) (LiteralType value=1) (LiteralType value=-1)])",
    ],
    [
      "shapes, with keywords as fields",
      "{type: string, age?: int}",
      "(ShapeType fields=[(name=type type=string) (name=age type=int optional=yes)])",
    ],
    ["functions", "fn(int, A) -> fn() -> nil", "(FnType params=[int A] returnType=(FnType returnType=nil))"],
    ["bars that lead lines", "\n  | A\n  | B", "(UnionType members=[A B])"],
  ])("%s", (_, source, tree) => {
    expect(showProgram(`type X = ${source}`)).toBe(`(TypeDecl name=X type=${tree})`);
  });
});

describe("spans", () => {
  it("covers parentheses that an operand stands in, but not in the operand's own span", () => {
    const source = "(a + b).c";
    const [item] = parse(createSourceFile("x", source)).module.items;
    const object = item?.kind === "Property" ? item.object : undefined;
    expect([item?.span, object?.span]).toEqual([
      { start: 0, end: 9 },
      { start: 1, end: 6 },
    ]);
  });

  it("places code inside strings where it stands in the file", () => {
    const source = 'let x = "a ${b.c}"';
    const [item] = parse(createSourceFile("x", source)).module.items;
    const value = item?.kind === "LetStmt" && item.value.kind === "InterpolatedString" ? item.value : undefined;
    const part = value?.parts[1];
    expect(part?.kind === "Interpolation" && source.slice(part.expr.span.start, part.expr.span.end)).toBe("b.c");
    expect(part?.kind === "Interpolation" && source.slice(part.span.start, part.span.end)).toBe("${b.c}");
  });
});
