import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generateProgram } from "../../testing/fuzz/program-generator.ts";
import { parse } from "../syntax/parser.ts";
import { createSourceFile } from "../syntax/source-file.ts";
import { applyFixes } from "./fix-edits.ts";
import { lintModule } from "./lint-module.ts";
import type { LintDiagnostic, LintOptions } from "./lint-rule.ts";
import { lintRules } from "./lint-rules.ts";

function lint(text: string, options: LintOptions = {}): LintDiagnostic[] {
  const file = createSourceFile("test", text);
  return lintModule({ file, module: parse(file).module, options });
}

function rules(text: string, options?: LintOptions): string[] {
  return lint(text, options).map((diagnostic) => diagnostic.rule);
}

describe("what is silenced", () => {
  it.each([
    ["beside", "fn f() {\n  let a = 1 // lint: allow unused-variable\n  return 1\n}\n", []],
    ["above", "fn f() {\n  // lint: allow unused-variable\n  let a = 1\n  return 1\n}\n", []],
    [
      "two rules, with a reason",
      "// lint: allow unused-variable, comparison-to-bool - see below\nlet a = b == true\n",
      [],
    ],
    ["only the next line", "// lint: allow unused-variable\nlet a = 1\nlet b = 2\n", ["unused-variable"]],
    ["only the named rule", "// lint: allow shadow-variable\nlet a = 1\n", ["unused-variable"]],
    ["in the whole file", "/* lint: allow-file unused-variable */\nlet a = 1\nlet b = 2\n", []],
    ["not by words in passing", "// to lint: allow unused-variable\nlet a = 1\n", ["unused-variable"]],
  ])("by a comment: %s", (_, text, expected) => {
    expect(rules(text)).toEqual(expected);
  });

  it("by configuration", () => {
    expect(rules("let a = b == true\n", { disabled: ["unused-variable"] })).toEqual(["comparison-to-bool"]);
  });

  it("complexity by its attribute, also of functions inside", () => {
    const body = "fn f(a) {\n  fn g(b) {\n    return b ? 1 : 2\n  }\n  return g(a) ? 1 : 2\n}\n";
    const limit = { complexityThreshold: 1, disabled: ["unused-function"] };
    expect(rules(body, limit)).toEqual(["cyclomatic-complexity", "cyclomatic-complexity"]);
    expect(rules(`@complexity(allow)\n${body}`, limit)).toEqual([]);
    expect(rules(`@complexity(deny)\n${body}`, limit)).toHaveLength(2);
  });
});

describe("the diagnostics", () => {
  it("are one line whatever they quote", () => {
    const [found] = lint('register_step_hook("a\\nb", "c", "PreStep", { e -> log(e) })\n');
    expect(found?.message).toBe("No persona matches `a␊b`");
  });

  it("come in source order", () => {
    const starts = lint("let b = 1\nlet a = x == true\nlet c = 1\n").map((diagnostic) => diagnostic.span.start);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
  });

  it("have the severity of their rule", () => {
    expect(lint("break\n").map((diagnostic) => diagnostic.severity)).toEqual(["error"]);
  });

  it("can be limited to some rules", () => {
    const file = createSourceFile("test", "let a = b == true\n");
    const some = lintRules.filter((rule) => rule.name === "unused-variable");
    const diagnostics = lintModule({ file, module: parse(file).module, rules: some });
    expect(diagnostics.map((diagnostic) => diagnostic.rule)).toEqual(["unused-variable"]);
  });
});

describe("fixes", () => {
  const fixed = (text: string): string => applyFixes(text, lint(text)).text;

  it.each([
    ["words stay apart", "fn f(n) {\n  match(false)==true {\n    _ -> { log(n) }\n  }\n}\n", "match false {"],
    ["words stay apart at a `??`", "fn f(n) {\n  return(n) == nil ? 1 : n\n}\n", "return n ?? 1"],
    [
      "elements without a comma are no call",
      "fn f(n, s) {\n  return [n false != (n in s)]\n}\n",
      "[n false != (n in s)]",
    ],
    ["a value that is returned", "fn f(n, s) {\n  return false != (n in s)\n}\n", "return (n in s)"],
    [
      "an `else if` keeps its form",
      "let a = if b {\n  1\n} else if c < 2 {\n  true\n} else {\n  false\n}\nlog(a)\n",
      "else if c < 2",
    ],
    ["only a bool is compared to true in vain", "fn f(n) {\n  return n == true\n}\n", "return n == true"],
    ["NaN is not equal to itself", "fn f(n) {\n  return n == n\n}\n", "return n == n"],
    ["a name that is taken", "fn f() {\n  let _a = 1\n  let a = 2\n  return _a\n}\n", "let a = 2"],
    ["parentheses around lines", "fn f(a) {\n  let b = (a\n    + 1)\n  return b\n}\n", "return (a\n    + 1)"],
    ["a comment before the value", "fn f(a) {\n  let b = // why\n    a\n  return b\n}\n", "let b = // why"],
    ["a loop over what may have effects", "fn f(a) {\n  for x in a {\n  }\n  return 1\n}\n", "for x in a {"],
    ["a condition that may fail", "fn f(a) {\n  if a.b.c < 1 {\n  }\n  return 1\n}\n", "if a.b.c < 1 {"],
    ["a function of the same name", 'fn f(to_string) {\n  return to_string("a")\n}\n', 'to_string("a")'],
    [
      "a `defer` of the `else`",
      "fn f(a) {\n  if a {\n    return 1\n  } else {\n    defer { log(2) }\n    log(1)\n  }\n  return 3\n}\n",
      "} else {\n    defer",
    ],
    [
      "a comment at the end of the `else`",
      "fn f(a) {\n  if a { return 1 } else { log(1) // why\n  }; log(2)\n}\n",
      "else { log(1) // why\n  }; log(2)",
    ],
  ])("leave the meaning alone: %s", (_, text, expected) => {
    expect(fixed(text)).toContain(expected);
  });

  it("that overlap wait for the next run", () => {
    const edit = (start: number, end: number, replacement: string) => ({
      fixes: [{ span: { start, end }, replacement }],
    });
    expect(applyFixes("abcdef", [edit(0, 2, "X"), edit(1, 3, "Y"), edit(4, 5, "")])).toEqual({
      text: "Xcdf",
      applied: 2,
    });
    expect(applyFixes("abc", [edit(1, 1, "x"), edit(1, 1, "y"), {}])).toEqual({ text: "axbc", applied: 1 });
  });

  it("are all or nothing", () => {
    const both = {
      fixes: [
        { span: { start: 0, end: 1 }, replacement: "X" },
        { span: { start: 3, end: 4 }, replacement: "Y" },
      ],
    };
    const first = { fixes: [{ span: { start: 3, end: 4 }, replacement: "Z" }] };
    expect(applyFixes("abcd", [first, both])).toEqual({ text: "abcZ", applied: 1 });
  });

  it("of any mixture of mistakes come to an end and leave a file that parses", () => {
    const program = fc.shuffledSubarray(
      lintRules.map((rule) => rule.bad),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(program, (parts) => {
        let text = [...new Set(parts)].join("\n");
        for (let round = 0; ; round++) {
          const file = createSourceFile("test", text);
          const { module, diagnostics } = parse(file);
          expect(diagnostics).toEqual([]);
          const result = applyFixes(text, lintModule({ file, module }));
          if (result.applied === 0) break;
          expect(round).toBeLessThan(20);
          text = result.text;
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("generated programs", () => {
  it("still parse when everything is fixed", () => {
    for (let seed = 0; seed < 100; seed++) {
      let text = generateProgram({ seed });
      for (let round = 0; round < 20; round++) {
        const file = createSourceFile("test", text);
        const { module, diagnostics } = parse(file);
        expect({ seed, diagnostics }).toEqual({ seed, diagnostics: [] });
        const result = applyFixes(text, lintModule({ file, module }));
        if (result.applied === 0) break;
        text = result.text;
      }
    }
  });
});

describe("bad days", () => {
  it("any text is linted without a throw", () => {
    const word = fc.constantFrom(
      ...'let var fn pipeline tool impl match if else for in try catch { } ( ) [ ] -> = == : , . ? x y _ 1 nil true @a import "s" // \n'.split(
        " ",
      ),
      "\n",
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        expect(Array.isArray(lint(words.join(" ")))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("tall trees and many names take no time to speak of", () => {
    const chain = `let x = ${Array.from({ length: 900 }, (_, index) => `v${index}`).join(" + ")}\n`;
    const names = Array.from({ length: 3_000 }, (_, index) => `let name_${index} = ${index}\n`).join("");
    expect(lint(chain).map((diagnostic) => diagnostic.rule)).toEqual(["unused-variable"]);
    expect(lint(names)).toHaveLength(3_000);
  });
});
