import { describe, expect, it } from "vitest";
import { messagesOf } from "./__fixtures__/show-tree.ts";
import { MAX_TREE_HEIGHT } from "./parse-limits.ts";
import { parse } from "./parser.ts";
import { MAX_NESTING } from "./parser-state.ts";
import { MAX_SYNTAX_ERRORS } from "./reporter.ts";
import { createSourceFile } from "./source-file.ts";

describe("wording of syntax errors (viii)", () => {
  it.each([
    ["found and expected, as spelled in the source", "let x = )", ["Expected expression, got ) at 1:9"]],
    ["the end of the file", "let x =", ["Unexpected end of file, expected expression"]],
    ["an unclosed body", "pipeline p(x) {", ["Unexpected end of file, expected }"]],
    [
      "a reserved word as a name",
      "for tool in xs { }",
      ["Expected variable name or destructuring pattern, got 'tool' (reserved keyword) at 1:5"],
    ],
    ["a line break", "import {a} from\n1", ["Expected import path string, got \\n at 1:16"]],
    [
      "two statements on a line",
      "fn f() { let x = 1 let y = 2 }",
      ["Expected statement separator (`;` or newline), got let at 1:20"],
    ],
    [
      "two declarations on a line",
      "fn f() { } fn g() { }",
      ["Expected top-level item separator (`;` or newline), got fn at 1:12"],
    ],
    ["an empty statement", "fn f() { a();; b() }", ["Expected expression, got ; at 1:14"]],
    ["`; else`", "if a { }; else { }", ["Expected expression, got else at 1:11"]],
    ["`; catch`", "try { }; catch { }", ["Expected expression, got catch at 1:10"]],
    [
      "a required parameter after a default",
      "fn f(a = 1, b) { }",
      ["Required parameter cannot follow a parameter with a default value, got ) at 1:14"],
    ],
    [
      "a rest parameter in the middle",
      "fn f(...a, b) { }",
      ["Rest parameter must be the last parameter, got , at 1:10"],
    ],
    ["a rest pattern in the middle", "let [...a, b] = c", ["Rest pattern must be the last element at 1:10"]],
    [
      "`pub` before a statement",
      "pub let x = 1",
      ["Expected fn, tool, skill, eval_pack, struct, enum, pipeline, or import after pub, got let at 1:5"],
    ],
    [
      "an attribute before a statement",
      "@a\nlet x = 1",
      [
        "Expected fn/tool/skill/eval_pack/pipeline/struct/enum/type/interface/impl declaration after `@attr`, got non-declaration statement at 2:1",
      ],
    ],
    [
      "an attribute value that must run",
      "@a(f())\nfn g() { }",
      ["Expected attribute argument value (literal or identifier), got ( at 1:5"],
    ],
    ["an import in a body", 'fn f() { import "a" }', ["Expected statement, got import at 1:10"]],
    ["a left-over brace", "fn f() { } }\nlet y = 1", ["Expected top-level item, got } at 1:12"]],
    ["a left-over brace on its own line", "fn f() { }\n}\nlet y = 1", ["Expected top-level item, got } at 2:1"]],
    ["an impossible assignment", "f() = 1", ["Expected top-level item separator (`;` or newline), got = at 1:5"]],
    ["no type arguments", "f<>(1)", ["Expected expression, got > at 1:3"]],
    [
      "a heredoc",
      "let x = <<EOF",
      [
        "Expected an expression — heredocs are only valid inside LLM tool-call argument JSON, got `<<` heredoc-like syntax at 1:9",
      ],
    ],
    ["a select without cases", "select { }", ["Unexpected end of file, expected at least one select case"]],
    [
      "a select with too much",
      "select { timeout 1s { } default { } }\n",
      ["Expected select cannot have both timeout and default, got \\n at 1:38"],
    ],
    [
      "an unknown option of parallel",
      "parallel each xs with { cap: 1 } { x -> x }",
      [
        "Expected known option (only `max_concurrent` is supported in `parallel ... with { ... }`; got `cap`), got cap at 1:25",
      ],
    ],
    [
      "`as stream` in the wrong place",
      "parallel 3 { i -> i } as stream",
      ["Expected `as stream` is only valid after `parallel each ... { ... }`, got as stream at 1:23"],
    ],
    [
      "two summaries",
      "eval_pack a { summarize { }\n summarize { } }",
      ["Expected one summarize block, got duplicate summarize block at 2:2"],
    ],
    ["a duration beyond 64 bits", "sleep(99999999999999999999s)", ["Duration out of range at 1:7"]],
    ["code that does not end with its brace", 'let x = "${a b}"', ["Expected }, got b at 1:14"]],
    ["code that breaks off", 'let x = "${a + }" + 1', ["Expected expression, got } at 1:16"]],
    ["long tokens cut short", `let x 1${"0".repeat(80)}`, [`Expected =, got 1${"0".repeat(39)}… at 1:7`]],
    ["a lexical error once, not again as a syntax error", "let x = `\nlet y = 2", ["Unexpected character '`' at 1:9"]],
    ["an unterminated string once", 'fn f() {\n  let x = """abc\n}', ["Unterminated string at 2:11"]],
  ])("%s", (_, source, messages) => {
    expect(messagesOf(source)).toEqual(messages);
  });
});

describe("recovery", () => {
  it("reports each broken statement and keeps the others", () => {
    const source = "fn f() {\n  let x = )\n  let y = 42\n  let z = ]\n  g(y)\n}\nfn h( { }\nlet last = 1";
    const { module, diagnostics } = parse(createSourceFile("x", source));
    expect(diagnostics.map((diagnostic) => diagnostic.message)).toEqual([
      "Expected expression, got ) at 2:11",
      "Expected expression, got ] at 4:11",
      "Expected parameter name, got { at 7:7",
    ]);
    expect(module.items.map((item) => item.kind)).toEqual(["FnDecl", "FnDecl", "LetStmt"]);
    const [first] = module.items;
    expect(first?.kind === "FnDecl" && first.body.items.length).toBe(4);
  });

  it("reports broken members of lists one by one", () => {
    expect(
      messagesOf(
        "match x {\n  1 -> 2\n  3 -> { a }\n  -> { b }\n}\nenum E {\n  A(\n  B\n}\nstruct S {\n  a: 1 +\n  b: int\n}",
      ),
    ).toEqual([
      "Expected {, got 2 at 2:8",
      "Expected expression, got -> at 4:3",
      "Expected parameter name, got } at 9:1",
      "Expected field name, got + at 11:8",
    ]);
  });

  it("does not stop inside a bracket that spans lines", () => {
    expect(messagesOf("let x = f(\n  1,\n  ),\n)\nlet y = 2").length).toBe(1);
    expect(messagesOf("let x = ) [\n  1,\n  2\n]\n  .map(f)\nlet y = 2").length).toBe(1);
  });

  it("leaves a list whose closer is missing at the closer of the one around it", () => {
    expect(messagesOf("f({ -> (match 1 { ) })\nlet x = )")).toEqual([
      "Expected expression, got ) at 1:19",
      "Expected expression, got ) at 2:9",
    ]);
  });

  it("points to the opener of a closer that is missing at the end of the file", () => {
    const { diagnostics } = parse(createSourceFile("x", "let x = f(1, 2\n"));
    expect(diagnostics[0]).toMatchObject({
      code: "HARN-P002",
      span: { start: 9, end: 10 },
      labels: [{ span: { start: 15, end: 15 }, message: "The file ends without its `)`" }],
    });
  });

  it(`sums up after ${MAX_SYNTAX_ERRORS} errors`, () => {
    const messages = messagesOf("let = 1\n".repeat(1_000));
    expect(messages).toHaveLength(MAX_SYNTAX_ERRORS + 1);
    expect(messages.at(-1)).toBe(`More than ${MAX_SYNTAX_ERRORS} syntax errors, the rest is not shown`);
  });
});

describe("limits", () => {
  const deep = (open: string, inner: string, close: string, count: number): string =>
    open.repeat(count) + inner + close.repeat(count);

  it.each([
    ["lists", "[", "]"],
    ["parentheses", "(", ")"],
    ["calls", "f(", ")"],
    ["dicts", "{a: ", "}"],
    ["subscripts", "a[", "]"],
    ["negations", "!", ""],
    ["signs", "- ", ""],
    ["powers", "a ** ", ""],
    ["closures", "{ x -> ", "}"],
    ["ifs", "if a { ", "}"],
    ["conditions", "if ", " { }"],
    ["strings", '"${', '}"'],
    ["matches", "match a { b -> { ", "} }"],
    ["functions", "fn(a) { ", "}"],
    ["spawns", "spawn { ", "}"],
    ["retries", "retry ", " { }"],
    ["tries", "try { ", "} finally { }"],
  ])("ten thousand nested %s are one error", (_, open, close) => {
    for (const source of [deep(open, "1", close, 10_000), `fn f() {\n  let x = ${deep(open, "1", close, 10_000)}\n}`]) {
      const { diagnostics } = parse(createSourceFile("x", source));
      expect(diagnostics).toHaveLength(1);
      expect(diagnostics[0]).toMatchObject({ code: "HARN-P008" });
    }
  });

  it.each(["[", "(", "f(", "{ x -> ", "if a { ", "while a { ", "a[", "match a { b -> { "])(
    "ten thousand unclosed `%s` are one error",
    (open) => {
      expect(messagesOf(`let x = 1\n${open.repeat(10_000)}`)).toHaveLength(1);
    },
  );

  it("ten thousand nested types are one error", () => {
    expect(messagesOf(`type A = ${deep("list<", "int", ">", 10_000)}`)).toHaveLength(1);
    expect(messagesOf(`type A = ${deep("[", "int", "]", 10_000)}`)).toHaveLength(1);
  });

  it.each(["+", "&&", "|>", "??", ".a"])("a hundred thousand `%s` in a row are one error", (op) => {
    const link = op.startsWith(".") ? op : ` ${op} a`;
    expect(messagesOf(`let x = a${link.repeat(100_000)}\nlet y = 1`)).toEqual([
      expect.stringContaining(`at most ${MAX_TREE_HEIGHT} parts`),
    ]);
  });

  it("leaves room for what people write", () => {
    expect(messagesOf(`let x = ${deep("[", "1", "]", MAX_NESTING - 2)}`)).toEqual([]);
    expect(messagesOf(`let x = 0${" + 1".repeat(900)}`)).toEqual([]);
    expect(messagesOf(`let x = [${"1, ".repeat(50_000)}]`)).toEqual([]);
    expect(messagesOf(`if a { }${" else if a { }".repeat(300)}`)).toEqual([]);
  });

  it.each([
    ["comparisons that might be type arguments", `let x = [${"a<b, ".repeat(20_000)}]`],
    ["comparisons before a generic call", `let x = [${"a<b, ".repeat(5_000)} f<int>(1)]`],
    ["unclosed interpolations", '"${\n'.repeat(20_000)],
    ["one line of ten million characters", `let x = "${"x".repeat(10_000_000)}"`],
    ["unclosed comments", "/*".repeat(1_000_000)],
    ["closers of the wrong kind", `${"(".repeat(200_000)}${"]".repeat(200_000)}`],
    ["a number of a million digits", "9".repeat(1_000_000)],
  ])("takes linear time for %s", (_, source) => {
    // The quadratic way takes minutes; the limit of a test is seconds.
    parse(createSourceFile("x", source));
  });
});
