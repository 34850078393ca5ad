import { describe, expect, it } from "vitest";
import { createSourceFile, parse } from "../../lang/index.ts";
import { isUnfinished, itemsAfter, onlySpans, withInput } from "./transcript.ts";

describe("an input that goes on on the next line", () => {
  it.each([
    "fn f() {",
    "f(1,",
    "[1,\n2",
    "let x =",
    "1 +",
    'let text = """one',
    "/* a comment",
    "if x {\n} else",
    "match x {\n  1 -> {",
    "@test",
    "value.",
  ])("%j is unfinished", (input) => expect(isUnfinished(input)).toBe(true));

  it.each([
    "",
    "1 + 1",
    "fn f() { }",
    ")",
    'let text = "one',
    "let = {",
    "// only a comment",
    'let text = """one\ntwo"""',
  ])("%j is not", (input) => expect(isUnfinished(input)).toBe(false));
});

describe("what lasts", () => {
  function lasting(inputs: readonly string[], without: readonly string[] = []): string {
    let text = "";
    for (const input of inputs) {
      const file = createSourceFile("t", withInput({ text }, input));
      const { module } = parse(file);
      const start = text.length;
      text = onlySpans(
        file.text,
        itemsAfter(module, start, (name) => !without.includes(name)),
      );
    }
    return text;
  }
  const visible = (text: string): string => text.replace(/ +$/gm, "");

  it.each<[string, string[], string]>([
    ["declarations, not what is done", ["let x = 1; f(x)", "f(2)", "fn g() { }"], "let x = 1\n\nfn g() { }\n"],
    [
      "the later of two of a name",
      ["let x = 1", "fn f() { 1 }", "var x = 2", "fn f() { 2 }"],
      "\n\nvar x = 2\nfn f() { 2 }\n",
    ],
    ["a declaration of another kind", ["let x = 1", "fn x() { }"], "\nfn x() { }\n"],
    ["some names of a pattern", ["let {a, b} = d", "let a = 1"], "let {a, b} = d\nlet a = 1\n"],
    [
      "all impl blocks and imports",
      ['import "std/text"', "struct P { x: int }", "impl P { }", "impl P { }"],
      'import "std/text"\nstruct P { x: int }\nimpl P { }\nimpl P { }\n',
    ],
    ["attributes", ["@step\nfn f() { }", "@deprecated fn g() { }"], "@step\nfn f() { }\n@deprecated fn g() { }\n"],
  ])("%s", (_, inputs, text) => expect(visible(lasting(inputs))).toBe(text));

  it("is where it was typed, and what failed is gone", () => {
    const text = lasting(["let a = 1", "for x in [1] {\n  b\n}", "let c = 2", "let d = 3"], ["c"]);
    expect(visible(text)).toBe("let a = 1\n\n\n\n\nlet d = 3\n");
    expect(text.length).toBe(["let a = 1", "for x in [1] {\n  b\n}", "let c = 2", "let d = 3", ""].join("\n").length);
  });
});
