import { describe, expect, it } from "vitest";
import { findCode } from "../diagnostics/codes.ts";
import { formatSource } from "../format/format-source.ts";
import { parse } from "../syntax/parser.ts";
import { createSourceFile } from "../syntax/source-file.ts";
import { LINT_CODES } from "./codes.ts";
import { applyFixes } from "./fix-edits.ts";
import { lintModule } from "./lint-module.ts";
import type { LintDiagnostic, LintOptions } from "./lint-rule.ts";
import { lintRules } from "./lint-rules.ts";

const strict: LintOptions = { strictPersonas: { allowedHelpers: ["allowed"], standardNames: new Set(["log"]) } };

function lint(text: string, options: LintOptions = strict): LintDiagnostic[] {
  const file = createSourceFile("test", text);
  const { module, diagnostics } = parse(file);
  expect(diagnostics.map((diagnostic) => diagnostic.message)).toEqual([]);
  return lintModule({ file, module, options });
}

function found(rule: string, text: string, options?: LintOptions): LintDiagnostic[] {
  return lint(text, options).filter((diagnostic) => diagnostic.rule === rule);
}

function format(text: string): string {
  const result = formatSource(text);
  return "text" in result ? result.text : `does not parse: ${text}`;
}

describe("the example of each rule", () => {
  it.each(lintRules.map((rule) => [rule.name, rule] as const))("%s", (name, rule) => {
    const bad = found(name, rule.bad);
    expect(bad.length).toBeGreaterThan(0);
    expect(bad.every((diagnostic) => diagnostic.code === rule.code)).toBe(true);
    expect(found(name, rule.fixed)).toEqual([]);
    expect(format(rule.fixed)).toBe(rule.fixed);
    if (bad.some((diagnostic) => diagnostic.fixes !== undefined)) {
      expect(format(applyFixes(rule.bad, bad).text)).toBe(rule.fixed);
    }
  });

  it("has a code and a name of its own, in order", () => {
    const codes = lintRules.map((rule) => rule.code);
    expect(codes).toEqual(lintRules.map((_, index) => `HARN-L${String(index + 1).padStart(3, "0")}`));
    expect(new Set(lintRules.map((rule) => rule.name)).size).toBe(lintRules.length);
  });

  it("speaks in one line without a full stop", () => {
    for (const rule of lintRules) {
      for (const { message, hint } of found(rule.name, rule.bad)) {
        for (const sentence of [message, hint ?? "Hint"]) expect(sentence).toMatch(/^[A-Z`].*[^.\s]$/);
      }
      expect(rule.docs).toMatch(/^Reports .*\.$/);
    }
  });

  it("can be explained", () => {
    expect(findCode("l001", LINT_CODES)).toMatchObject({
      code: "HARN-L001",
      title: "Unused variable",
      severity: "warning",
    });
  });
});

/** Source, and the messages of the rule in it. `fixed` where the fixes are of interest. */
interface Case {
  readonly rule: string;
  readonly name: string;
  readonly source: string;
  readonly messages: readonly string[];
  readonly fixed?: string;
  readonly options?: LintOptions;
}

const cases: readonly Case[] = [
  // ---- Names
  {
    rule: "unused-variable",
    name: "a read in a closure, an interpolation, a nested function or an attribute counts",
    source: 'let a = 1\nlet b = 2\nlet c = 3\nlet f = { -> a }\nfn g() {\n  return c\n}\nlog("${b}", f, g())\n',
    messages: [],
  },
  {
    rule: "unused-variable",
    name: "an assignment is not a read, and such a variable cannot just be renamed",
    source: "fn f() {\n  var n = 1\n  n = 2\n  return nil\n}\n",
    messages: ["Variable `n` is never used"],
    fixed: "fn f() {\n  var n = 1\n  n = 2\n  return nil\n}\n",
  },
  {
    rule: "unused-variable",
    name: "a name that only an inner variable of the same name is read by is unused",
    source: "fn f() {\n  let x = 1\n  let g = { x -> x }\n  return g\n}\n",
    messages: ["Variable `x` is never used"],
  },
  {
    rule: "unused-variable",
    name: "a name read where no scope knows it counts for all of that name",
    source: "if true {\n  let late = 1\n}\nlog(late)\n",
    messages: [],
  },
  {
    rule: "unused-variable",
    name: "an underscore says that it is meant",
    source: "let _ = 1\nlet _rest = 2\n",
    messages: [],
  },
  {
    rule: "unused-parameter",
    name: "methods may leave `self` alone, closures and tools may not leave theirs",
    source: "impl Point {\n  fn size(self, unit) {\n    return 1\n  }\n}\nlog({ x -> 1 }, { _y -> 2 })\n",
    messages: ["Parameter `unit` is never used", "Parameter `x` is never used"],
  },
  {
    rule: "unused-parameter",
    name: "a parameter may be read by the default of a later one",
    source: "fn f(a, b = a) {\n  return b\n}\n",
    messages: [],
  },
  {
    rule: "unused-import",
    name: "types, calls and patterns use imports; a re-export needs no use",
    source:
      'import { A, b, C } from "m"\npub import { d } from "n"\nimport "all"\nfn f(x: A) {\n  return b(x) == C.One\n}\nlog(f)\n',
    messages: [],
  },
  {
    rule: "unused-import",
    name: "an import of which nothing is used goes as a whole",
    source: 'import { a, b } from "m"\nlog(1)\n',
    messages: ["Imported name `a` is never used", "Imported name `b` is never used"],
    fixed: "log(1)\n",
  },
  {
    rule: "unused-import",
    name: "the last name goes with the comma before it",
    source: 'import { a, b } from "m"\nlog(a)\n',
    messages: ["Imported name `b` is never used"],
    fixed: 'import { a } from "m"\n\nlog(a)\n',
  },
  {
    rule: "unused-function",
    name: "a library without public functions exports all",
    source: "fn f() {\n  return 1\n}\n",
    messages: [],
  },
  {
    rule: "unused-function",
    name: "with public functions the others are private",
    source: "/** F. */\npub fn f() {\n  return 1\n}\n\nfn g() {\n  return 2\n}\n",
    messages: ["Function `g` is never used"],
  },
  {
    rule: "unused-function",
    name: "attributes that register a function use it, and so do other files",
    source:
      "@step\nfn a() {\n  return 1\n}\n\n@deprecated\nfn b() {\n  return 1\n}\n\nfn c() {\n  return 1\n}\n\nlog(1)\n",
    messages: ["Function `b` is never used"],
    options: { importedElsewhere: new Set(["c"]) },
  },
  {
    rule: "shadow-variable",
    name: "parameters hide variables, loop variables and functions are no variables",
    source:
      "fn f(a) {\n  let g = { a -> a }\n  for a in [1] {\n    log(a)\n  }\n  return g\n}\nlet h = { f -> f }\nlog(h)\n",
    messages: ["Variable `a` hides a variable of an enclosing scope"],
  },
  {
    rule: "shadow-variable",
    name: "a second declaration in one scope, unless it is a `var`",
    source: "let a = 1\nlet a = 2\nvar b = a\nvar b = 3\nlog(b)\n",
    messages: ["Variable `a` is declared twice in one scope"],
  },
  {
    rule: "mutable-never-reassigned",
    name: "compound, field and index assignments count; one of several names is enough",
    source:
      "var a = 1\na += 1\nvar d = {}\nd.x = 1\nvar l = [1]\nl[0] = 2\nvar {m, n} = d\nn = 1\nlog(a, d, l, m, n)\n",
    messages: [],
  },
  {
    rule: "naming-convention",
    name: "functions, methods, tools and types",
    source:
      "struct my_point {\n  x: int\n}\nimpl my_point {\n  fn lenSquared(self) {\n    return self.x\n  }\n}\ntool readFile() {\n  return 1\n}\ntype Ok2 = int\nfn _ok_1() {\n  return 1\n}\n",
    messages: [
      "Type `my_point` is not in PascalCase",
      "Function `lenSquared` is not in snake_case",
      "Tool `readFile` is not in snake_case",
    ],
  },
  // ---- Flow
  {
    rule: "dead-code-after-return",
    name: "after branches that all leave, but not functions declared below",
    source:
      "fn f(a) {\n  if a {\n    return g()\n  } else {\n    throw 1\n  }\n  fn g() {\n    return 1\n  }\n  log(2)\n}\n",
    messages: ["This statement is never reached"],
  },
  {
    rule: "empty-block",
    name: "a comment explains; functions and closures may be empty",
    source:
      "fn f(xs) {\n  for x in xs {\n    // drained\n  }\n  try {\n    log(1)\n  } catch {\n  }\n}\nlet g = fn() { }\nlog(f, g)\n",
    messages: [],
  },
  {
    rule: "empty-block",
    name: "what may do something is not removed",
    source: "fn f() {\n  if next() {\n  }\n  while next() {\n  }\n  log(1)\n}\n",
    messages: ["The `if` block is empty", "The body of the loop is empty"],
    fixed: "fn f() {\n  if next() {\n  }\n  while next() {\n  }\n  log(1)\n}\n",
  },
  {
    rule: "empty-block",
    name: "a loop whose name stands elsewhere, where no scope knows it, is not removed",
    source: "fn f() {\n  for x in [1] {\n  }\n  log(x)\n}\n",
    messages: ["The body of the loop is empty"],
    fixed: "fn f() {\n  for x in [1] {\n  }\n  log(x)\n}\n",
  },
  {
    rule: "empty-block",
    name: "a statement goes with its semicolon",
    source: "fn f(a) { if a { }; log(1); for x in [a] { }; log(2) }\n",
    messages: ["The `if` block is empty", "The body of the loop is empty"],
    fixed: "fn f(a) {\n  log(1)\n  log(2)\n}\n",
  },
  {
    rule: "pointless-comparison",
    name: "constant conditions, but not an endless loop; calls may differ each time",
    source:
      "fn f(a) {\n  while true {\n    break\n  }\n  while false {\n    log(1)\n  }\n  if nil {\n    log(2)\n  }\n  return next() == next() || a.b <= a.b || (true ? a : 1)\n}\n",
    messages: [
      "This condition is always `false`",
      "This condition is always `nil`",
      "This value is compared to itself with `<=`",
      "This condition is always `true`",
    ],
  },
  {
    rule: "comparison-to-bool",
    name: "the other side keeps its parentheses",
    source: "let a = true == (b && c)\nlet d = (b || c) != true\nlog(a, d, b == c)\n",
    messages: ["Comparison with `true` is redundant", "Comparison with `true` is redundant"],
    fixed: "let a = b && c\nlet d = !(b || c)\nlog(a, d, b == c)\n",
  },
  {
    rule: "needless-bool",
    name: "only where the condition is a bool for certain",
    source:
      "let a = b ? true : false\nlet c = !b ? false : true\nlet d = !!(b == c)\nlet e = if b in c { true } else { false }\nlog(a, d, e)\n",
    messages: [
      "The condition is the result already",
      "Double negation of a bool changes nothing",
      "The condition is the result already",
    ],
    fixed: "let a = b ? true : false\nlet c = !!b\nlet d = b == c\nlet e = b in c\nlog(a, d, e)\n",
  },
  {
    rule: "redundant-nil-ternary",
    name: "a fallback that binds looser gets parentheses; what is not a name is left",
    source: "let a = nil != x ? x : y || z\nlet b = f() == nil ? y : f()\nlet c = x == nil ? x : y\nlog(a, b, c)\n",
    messages: ["This test of `x` for nil is a `??`"],
    fixed: "let a = x ?? (y || z)\nlet b = f() == nil ? y : f()\nlet c = x == nil ? x : y\nlog(a, b, c)\n",
  },
  {
    rule: "unnecessary-else-return",
    name: "chains are unrolled from the outside; values and names of the else are left in place",
    source:
      "fn f(a) {\n  if a == 1 {\n    return 1\n  } else if a == 2 {\n    throw 2\n  } else {\n    // rest\n    log(3)\n  }\n}\nfn g(a) {\n  if a {\n    return 1\n  } else {\n    let b = 2\n    return b\n  }\n}\nlet v = if h {\n  return 1\n} else {\n  2\n}\nlog(f, g, v)\n",
    messages: ["This `else` follows a branch that always leaves", "This `else` follows a branch that always leaves"],
    fixed:
      "fn f(a) {\n  if a == 1 {\n    return 1\n  }\n  if a == 2 {\n    throw 2\n  } else {\n    // rest\n    log(3)\n  }\n}\n\nfn g(a) {\n  if a {\n    return 1\n  } else {\n    let b = 2\n    return b\n  }\n}\n\nlet v = if h {\n  return 1\n} else {\n  2\n}\nlog(f, g, v)\n",
  },
  {
    rule: "break-outside-loop",
    name: "a closure or task in a loop is not the loop",
    source: "for x in [1] {\n  if x {\n    continue\n  }\n  log({ y -> break })\n  spawn {\n    continue\n  }\n}\n",
    messages: ["`break` stands outside any loop", "`continue` stands outside any loop"],
  },
  // ---- Values
  {
    rule: "duplicate-dict-key",
    name: "a spread in between makes it an override",
    source: 'log({a: 1, ...b, a: 2}, {"a-b": 1, ["a-b"]: 2}, Point {x: 1, x: 2}, {[k]: 1, [k]: 2})\n',
    messages: ["Key `a-b` stands in this dict twice", "Key `x` stands in this dict twice"],
  },
  {
    rule: "duplicate-match-arm",
    name: "guards tell arms apart, and nothing comes after `_`",
    source:
      "fn f(x) {\n  match x {\n    1 if x > 0 -> { a() }\n    1 -> { b() }\n    1 if x > 1 -> { c() }\n    _ -> { d() }\n    2 -> { e() }\n  }\n}\n",
    messages: [
      "This arm has the pattern of an earlier one",
      "This arm is never reached, because an earlier one takes everything",
    ],
  },
  {
    rule: "unused-result",
    name: "values of blocks are used; calls of others may do anything",
    source: "fn f(a) {\n  a == 1\n  save(a)\n  len(a)\n  a\n}\nlet g = { x -> x + 1 }\nlog(f, g)\n",
    messages: ["The result of this expression is not used", "The result of this expression is not used"],
  },
  {
    rule: "mutable-never-reassigned",
    name: "of two variables of one name in one scope, one has to be a `var`; in a scope of its own it need not",
    source: "let a = 1\nvar a = 2\nvar b = 1\nlet b = 2\nvar c = 1\nif a < b {\n  var c = 2\n  log(c)\n}\nlog(c)\n",
    messages: [
      "Variable `c` is declared with `var` but never reassigned",
      "Variable `c` is declared with `var` but never reassigned",
    ],
  },
  {
    rule: "let-then-return",
    name: "a name that is used where no scope knows it is kept: it would be reported as unknown",
    source: "fn f() {\n  let a = g()\n  return a\n}\n\nlog(f, a())\n",
    messages: ["Variable `a` is returned at once"],
    fixed: "fn f() {\n  let a = g()\n  return a\n}\n\nlog(f, a())\n",
  },
  {
    rule: "let-then-return",
    name: "a type or a comment in between is a reason",
    source:
      "fn f() {\n  let a: int = g()\n  return a\n}\nfn h() {\n  let b = g() // the newest\n  return b\n}\nlog(f, h)\n",
    messages: ["Variable `b` is returned at once"],
    fixed:
      "fn f() {\n  let a: int = g()\n  return a\n}\n\nfn h() {\n  let b = g() // the newest\n  return b\n}\n\nlog(f, h)\n",
  },
  {
    rule: "unnecessary-cast",
    name: "twice the same conversion; other types are converted",
    source: 'log(to_int(to_int(x)), to_int("1"), to_list([1]), to_string(1, 2))\n',
    messages: ["`to_int` changes nothing here", "`to_list` changes nothing here"],
    fixed: 'log(to_int(x), to_int("1"), [1], to_string(1, 2))\n',
  },
  {
    rule: "invalid-binary-op-literal",
    name: "either side, interpolated only into plain strings",
    source: 'log(nil + "x", 1 * true, r"a" + nil)\n',
    messages: ["Operator `+` does not take nil", "Operator `*` does not take a bool", "Operator `+` does not take nil"],
    fixed: 'log("${nil}x", 1 * true, r"a" + nil)\n',
  },
  // ---- Declarations
  {
    rule: "pipeline-return-type",
    name: "private, entry and test pipelines need none",
    source: "pipeline a() {\n}\n\npub pipeline default() {\n}\n\npub pipeline test_b() {\n}\n",
    messages: [],
  },
  {
    rule: "cyclomatic-complexity",
    name: "operators count, named functions inside count for themselves",
    source:
      "fn f(a, b) {\n  fn g(x) {\n    return x ? 1 : 2\n  }\n  if a && b || a {\n    return g(a)\n  }\n  return { c -> c ? 1 : 2 }\n}\n",
    messages: ["Function `f` has cyclomatic complexity 5, above the limit of 2"],
    options: { complexityThreshold: 2 },
  },
  {
    rule: "missing-harndoc",
    name: "above the attributes or below them, but not apart",
    source:
      "/** A. */\n@test\npub fn a() {\n}\n\n@test\n/** B. */\npub fn b() {\n}\n\n/** C. */\n\npub fn c() {\n}\n\n/// D.\npub fn d() {\n}\n",
    messages: ["Public function `c` has no doc comment", "Public function `d` has no doc comment"],
  },
  {
    rule: "legacy-doc-comment",
    name: "section bars and comments apart do not document",
    source:
      "// ----------\n\nfn a() {\n}\n\n// apart\n\nfn b() {\n}\n\nimpl P {\n  // one */\n  pub fn c(self) {\n  }\n  // two\n  fn d(self) {\n  }\n}\n",
    messages: ["This comment documents a declaration but is not a `/** … */` comment"],
    fixed:
      "// -----------------------------------------------------------------------------\n\nfn a() {\n}\n\n// apart\n\nfn b() {\n}\n\nimpl P {\n  // one */\n  pub fn c(self) {\n  }\n  // two\n  fn d(self) {\n  }\n}\n",
  },
  {
    rule: "assert-outside-test",
    name: "test pipelines and functions marked as tests may assert",
    source:
      "pipeline test() {\n  assert(true)\n}\n\n@test\nfn checks() {\n  assert_eq(1, 1)\n}\n\npipeline main() {\n  assert_ne(1, 2)\n}\n",
    messages: ["`assert_ne` is meant for tests"],
  },
  {
    rule: "unhandled-approval-result",
    name: "the value of a `try` block is handed on",
    source: "let r = try {\n  request_approval(1)\n}\nlet _ = request_approval(2)\nlog(r)\n",
    messages: [],
  },
  // ---- Personas
  {
    rule: "persona-hook-target",
    name: "HOOK-04 HOOK-19 patterns, unknown personas, steps through helpers",
    source:
      '@step(name: "outline")\nfn plan() {\n  return 1\n}\n@step\nfn alone() {\n  return 1\n}\nfn helper() {\n  return [1].map(plan)\n}\n@persona(name: "writer_a")\nfn write() {\n  return helper()\n}\nlet h = { e -> e }\nregister_persona_hook("writer_*", "PreStep", h)\nregister_persona_hook("*_a", "PreStep", h)\nregister_persona_hook("reader", "PreStep", h)\nregister_persona_hook(name, "PreStep", h)\nregister_step_hook("writer_a", "outline", "PreStep", h)\nregister_step_hook("writer_a", "plan", "PreStep", h)\nregister_step_hook("*", "alone", "PreStep", h)\nregister_step_hook("writer_a", "alone", "PreStep", h)\n',
    messages: [
      "No persona matches `reader`",
      "No persona that matches `writer_a` has a step `plan`",
      "No persona that matches `writer_a` has a step `alone`",
    ],
  },
  {
    rule: "persona-hook-target",
    name: "personas may come with an import",
    source: 'import "personas"\nregister_persona_hook("reader", "PreStep", { e -> e })\n',
    messages: [],
  },
  {
    rule: "persona-step-only",
    name: "STEP-63 steps, standard names and allowed helpers",
    source: "@step\nfn s() {\n  return 1\n}\n@persona\nfn p() {\n  log(s(), allowed(), other())\n}\n",
    messages: ["Persona `p` calls `other`, which is not a step"],
  },
  {
    rule: "persona-step-only",
    name: "STEP-63 is only for projects that ask",
    source: "@persona\nfn p() {\n  other()\n}\n",
    messages: [],
    options: {},
  },
];

describe("rules in detail", () => {
  it.each(cases)("$rule: $name", ({ rule, source, messages, fixed, options }) => {
    const diagnostics = found(rule, source, options);
    expect(diagnostics.map((diagnostic) => diagnostic.message)).toEqual(messages);
    if (fixed !== undefined) expect(format(applyFixes(source, diagnostics).text)).toBe(fixed);
  });
});
