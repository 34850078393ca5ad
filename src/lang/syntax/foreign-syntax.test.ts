import { describe, expect, it } from "vitest";
import { foreignForm, foreignWord } from "./foreign-syntax.ts";
import { parse } from "./parser.ts";
import { createSourceFile } from "./source-file.ts";

/** `line:column message # hint`, one for each error. */
function told(source: string): string[] {
  const file = createSourceFile("x", source);
  return parse(file).diagnostics.map(({ span, message, hint }) => {
    const { line, column } = file.position(span.start);
    return `${line}:${column} ${message.replace(/ at \d+:\d+$/, "")}${hint === undefined ? "" : ` # ${hint}`}`;
  });
}

const CLOSURE = "Write a closure as `{ x -> x + 1 }` or `fn(x) { return x + 1 }`";
const BRACES = "Write the body in braces: `{ … }`";
const FOR = "Write `for x in xs { … }`, or `for i in 0 to 10 exclusive { … }` to count";
const NUMBER = "Write numbers with decimal digits only: `1000000`, `0.5`";
const BINDING = "Write `let name = …`, or `var` for a variable that changes";

describe("one who thinks in another language is told once, at the word, what Harn has (issue 3)", () => {
  it.each([
    // Words
    ["def f(a) {\n}", ["1:1 Expected fn, got def # Write `fn name(a, b) { … }`"]],
    ["function f(a) {\n}", ["1:1 Expected fn, got function # Write `fn name(a, b) { … }`"]],
    ["if a {\n} elif b {\n} else {\n}", ["2:3 Expected else if, got elif # Write `} else if condition {`"]],
    ["if a {\n}\nelsif (b) {\n}", ["3:1 Expected else if, got elsif # Write `} else if condition {`"]],
    ["const LIMIT = 1", [`1:1 Expected let, got const # ${BINDING}`]],
    ["fn f() {\n  raise 1\n}", ["2:3 Expected throw, got raise # Write `throw value`; any value can be thrown"]],
    ["export fn f() { }", ["1:1 Expected pub, got export # Write `pub` before a declaration to export it"]],
    ["async fn f() { }", ["1:1 Expected a statement, got async # Remove `async`; every function may wait"]],
    ["@step\ndef f(a) { }", ["2:1 Expected fn, got def # Write `fn name(a, b) { … }`"]],
    [
      "switch (x) {\n  case 1:\n    a()\n    break\n}\nb()",
      ["1:1 Expected match, got switch # Write `match value { 1 -> { … } _ -> { … } }`"],
    ],
    ["try { } except e { }", ["1:9 Expected catch, got except # Write `try { … } catch (e) { … }`"]],
    ['print "a"', ["1:1 Expected println(…), got print # Write `println(value)`, with parentheses"]],
    ["int x = 5", ["1:1 Expected let, got int # Write `let name: type = …`"]],
    // Misspelt keywords
    ["retrun 5", ["1:1 Expected return, got retrun # Did you mean `return`?"]],
    ["whlie (a) {\n}", ["1:1 Expected while, got whlie # Did you mean `while`?"]],
    ["If a {\n}", ["1:1 Expected if, got If # Did you mean `if`?"]],
    ["fucntion f() { }", ["1:1 Expected fn, got fucntion # Write `fn name(a, b) { … }`"]],
    // Operators
    ["if a and b { }", ["1:6 Expected &&, got and # Write `&&`"]],
    ["if not a { }", ["1:4 Expected !, got not # Write `!condition`"]],
    ["if a === b { }", ["1:6 Expected ==, got === # Write `==`; values are compared by content and type"]],
    ["if a is None { }", ["1:6 Expected ==, got is # Write `==`, as in `x == nil`"]],
    ["if a = b { }", ["1:6 Expected ==, got = # Write `==` to compare"]],
    ["i++", ["1:2 Expected +=, got ++ # Write `x += 1`"]],
    ["a ??= 1", ["1:3 Expected =, got ??= # Write the operator out: `x = x ?? value`"]],
    ["a := 1", ["1:3 Expected let, got := # Write `let name = value`, and `name = value` to assign to a `var`"]],
    ["let y = a if b else c", ["1:11 Expected a condition first, got if # Write `condition ? a : b`"]],
    ["let x = E::A", ["1:10 Expected ., got :: # Write `.` for variants and members: `Color.Red`"]],
    [
      "for i in 0..3 { }",
      [
        "1:11 Expected to, got .. # Write `1 to 3`, or `0 to 3 exclusive` to leave out the end; a list is spread with `...xs`",
      ],
    ],
    // Closures
    ["let f = x => x + 1", [`1:11 Expected a closure \`{ x -> … }\`, got => # ${CLOSURE}`]],
    ["let f = x -> x + 1", [`1:11 Expected a closure \`{ x -> … }\`, got -> # ${CLOSURE}`]],
    ["let f = (a, b) => a", [`1:11 Expected a closure \`{ a, b -> … }\`, got , # ${CLOSURE}`]],
    ["xs.map(|x| x + 1)", [`1:8 Expected expression, got | # ${CLOSURE}`]],
    ["let f = lambda x: x", [`1:9 Expected a closure \`{ x -> … }\`, got lambda # ${CLOSURE}`]],
    ["xs.map { x -> x }", ["1:8 Expected (, got { # Pass closures in parentheses: `xs.map({ x -> x + 1 })`"]],
    // Bodies and loops
    ["if a:\n  b()\nc()", [`1:5 Expected {, got : # ${BRACES}`]],
    ["if (a) b()", [`1:8 Expected {, got b # ${BRACES}`]],
    ["for x of xs { }", [`1:7 Expected in, got of # ${FOR}`]],
    ["for (let i = 0; i < 3; i++) { }", [`1:6 Expected pair pattern element, got 'let' (reserved keyword) # ${FOR}`]],
    ["for i := 0; i < 3; i++ { }", [`1:7 Expected in, got : # ${FOR}`]],
    ["match x {\n  1 => { a() }\n}", ["2:5 Expected ->, got => # Write `->` between pattern and body"]],
    ["match x {\n  1 -> a()\n}", ["2:8 Expected {, got a # Write the body of an arm in braces: `1 -> { … }`"]],
    ["guard a { }", ["1:9 Expected else, got { # Write `guard condition else { … }`"]],
    // Values
    ["let x = 0xFF", [`1:9 Expected a decimal number, got 0xFF # ${NUMBER}`]],
    ["let x = 1_000", [`1:9 Expected a number, got 1_000 # ${NUMBER}`]],
    ["let x = .5", [`1:9 Expected a number, got .5 # ${NUMBER}`]],
    ["let t = (1, 2)", ["1:11 Expected ), got , # Write a list, `[a, b]`, or `pair(a, b)`; there are no tuples"]],
    ["let d = {a = 1}", ["1:12 Expected :, got = # Write `:` between key and value"]],
    [
      "f(a: 1)",
      ["1:4 Expected expression, got : # Pass arguments by position; named ones go into a dict: `f({ a: 1 })`"],
    ],
    ["let x = new Dog(1)", ["1:9 Expected a value, got new # Write `Name { field: value }`; there is no `new`"]],
    // Declarations
    ["let mut x = 1", ["1:5 Expected a variable name, got mut # Write `var name = …` for a variable that changes"]],
    ["var x\nx = 1", ["2:1 Expected =, got x # Give it a first value, as in `var x = nil`"]],
    ["let x: int? = nil", ["1:11 Expected =, got ? # Write `type | nil` for a value that may be missing"]],
    ["fn f(a): int { }", ["1:8 Expected ->, got : # Write the return type as `-> type`"]],
    [
      "func f(a) int { }",
      [
        "1:1 Expected fn, got func # Write `fn name(a, b) { … }`",
        "1:11 Expected ->, got int # Write the return type as `-> type`",
      ],
    ],
    [
      "import math",
      ['1:8 Expected import path string, got math # Write `import "path"` or `import { name } from "path"`'],
    ],
    ["tool t { }", ["1:8 Expected (, got { # Write the parameters in parentheses, also when there are none: `name()`"]],
    [
      "impl A for B { }",
      ["1:8 Expected {, got for # Write `impl Type { … }`; a type satisfies an interface by having its methods"],
    ],
  ])("%j", (source, messages) => {
    expect(told(source)).toEqual(messages);
  });

  it.each([
    [
      "single quotes",
      "let a = 'Ada'\nlet b = ]",
      ["1:9 Unexpected character ''' # Write `\"Ada\"`", "2:9 Expected expression, got ]"],
    ],
    ["a template", "let a = `${b}`", ["1:9 Unexpected character '`' # Write `\"${b}\"`"]],
    [
      "typographic quotes",
      "f(“a”, ‘b’)",
      ["1:3 Unexpected character '“' # Write `\"a\"`", "1:8 Unexpected character '‘' # Write `\"b\"`"],
    ],
    [
      "comments",
      "f() # don't `look` 'here\ng(]",
      ["1:5 Unexpected character '#' # Start a comment with `//`", "2:3 Expected ), got ]"],
    ],
    [
      "a text of several lines",
      'let a = "one\ntwo"\nlet b = ]',
      ['1:9 Unterminated string # Write a text of several lines as `"""…"""`', "3:9 Expected expression, got ]"],
    ],
    [
      "an unclosed interpolation",
      'fn f(n) {\n  let a = "v ${n"\n  g(n)\n}',
      ["2:11 Unterminated string # Close the `${` with a `}`"],
    ],
    ["powers", "let x = 2 ^ 3", ["1:11 Unexpected character '^' # Write `**` for a power; there are no bit operators"]],
    [
      "Markdown",
      "```harn\nf()\n```",
      [
        "1:1 Unexpected character '`' # Remove the Markdown around the program",
        "3:1 Unexpected character '`' # Remove the Markdown around the program",
      ],
    ],
  ])("characters: %s", (_, source, messages) => {
    expect(told(source)).toEqual(messages);
  });
});

describe("parameters without commas", () => {
  it("never unsay what was wrong with a statement (found by fuzzing: formatting lost the text)", () => {
    expect(told("f(spawn{+}){\n")).toEqual(["1:9 Expected expression, got +"]);
    expect(told("prinn((spawn{+})){")).toEqual(["1:14 Expected expression, got +"]);
  });

  it("are told of all the same when a required one follows a default", () => {
    expect(told("fn f(a = 1 b ...c) { }")).toHaveLength(1);
    expect(told("fn f(a = 1, b?: int) { }")).toEqual([
      "1:14 Expected parameter name, got ? # Write `type | nil` for a value that may be missing",
    ]);
  });
});

describe("an error in a head", () => {
  it.each([
    ["a condition", "if a === 1 {\n  let x = ]\n} else {\n  let y = ]\n}"],
    ["a loop", "for x of xs {\n  let x = ]\n  let y = ]\n}"],
    ["a signature", "fn f(a: int?) -> int {\n  let x = ]\n  let y = ]\n}"],
    ["a word of another language", "function f(a) {\n  let x = ]\n  let y = ]\n}"],
  ])("hides none in the body: %s", (_, source) => {
    const messages = told(source);
    expect(messages).toHaveLength(3);
    expect(messages.slice(1)).toEqual([
      expect.stringMatching(/^2:11 Expected expression, got \]/),
      expect.stringMatching(/^[34]:11 Expected expression, got \]/),
    ]);
  });

  it("does not take a body from another statement", () => {
    expect(told("if a b\nfn f() {\n  let x = ]\n}")).toHaveLength(2);
    expect(told("let x = if ]; f({ a: 1 })")).toHaveLength(1);
  });
});

describe("an unclosed bracket", () => {
  it.each([
    ["is told where it was opened", "fn f() {\n  g(1)\n", "1:8 Unexpected end of file, expected }"],
    [
      "is told by the indentation where a later brace has closed it",
      "fn f() {\n  if a {\n    g()\n\n  h()\n}\nf()\n",
      "2:8 Unexpected end of file, expected }",
    ],
    ["ends at a closer of another kind", "let x = [1, 2)\nlet y = 3", "1:14 Expected ], got )"],
    ["ends before a statement", "let x = [1, 2\nlet y = 3", "2:1 Expected ], got let"],
  ])("%s", (_, source, message) => {
    expect(told(source)).toEqual([message]);
  });
});

describe("the tables", () => {
  it("say nothing about the names of Harn", () => {
    for (const word of ["plan", "names", "x", "agent_loop", "constructor", "toString", "__proto__", "Some"]) {
      expect(foreignWord(word)).toBeUndefined();
    }
  });

  it("look past a mark in the source, and take linear time for a long line", () => {
    expect(foreignForm("‸‸ ‸", 3, "expression")).toBeUndefined();
    for (const part of ["(", "a ", "1_", "x: ", "{a", "fn ", ", b"]) {
      const line = part.repeat(100).slice(0, 240);
      for (const expected of ["expression", "{", ")", "=", "in", "statement separator"]) {
        for (let offset = 0; offset < line.length; offset += 7) foreignForm(line, offset, expected);
      }
    }
  });

  it("change nothing where words of other languages are names", () => {
    expect(told("let def = 1\nlet elif = def\nprintln(elif)\nfunction(1)\nlet x = { const: 1, class: 2 }")).toEqual([]);
    expect(told("elif(1)\nnot(2)\nasync\nawait(x)\nlet y = x.new")).toEqual([]);
  });
});
