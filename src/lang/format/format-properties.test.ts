/**
 * Formatting keeps the meaning, keeps the comments, and has a fixed point: over generated programs whose operators are
 * parenthesised at random and whose tokens are set apart by random white space and comments.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generateProgram } from "../../testing/fuzz/program-generator.ts";
import type { Module } from "../syntax/ast.ts";
import { parse } from "../syntax/parser.ts";
import { createSourceFile } from "../syntax/source-file.ts";
import { formatModule } from "./format-module.ts";
import { treeMeaning } from "./tree-meaning.ts";

// ---- Programs ------------------------------------------------------------------------------------------------------

/** Tokens joined by spaces; `~` marks where white space or a comment may be put. */
type Source = fc.Arbitrary<string>;

const name: Source = fc.constantFrom("a", "b", "value", "xs", "Config", "MAX", "not_it", "日本");
const literal: Source = fc.constantFrom(
  "0",
  "1.50",
  "5s",
  "true",
  "nil",
  '"text"',
  '"a ${ b } c"',
  'r"raw\\d"',
  '"""\n  two\n  lines\n"""',
);
const binaryOperator: Source = fc.constantFrom(
  ..."|>,||,&&,==,!=,<,>,<=,>=,in,not in,+,-,??,*,/,%,**".split(",").map((op) => `~${op}~`),
);

function joined(part: Source, separator: string, maxLength = 3): Source {
  return fc.array(part, { maxLength }).map((parts) => parts.join(separator));
}

const { expression, statement } = fc.letrec<{ expression: string; grouped: string; block: string; statement: string }>(
  (tie) => ({
    /** With parentheses or without: where they say nothing, they go. */
    grouped: fc.oneof(
      { maxDepth: 4, depthIdentifier: "expression" },
      name,
      literal,
      tie("expression").map((inner) => `(~${inner}~)`),
      fc
        .tuple(tie("grouped"), fc.constantFrom(".field", "?.field", "[~0~]", "[~1~:~]", ".run(~)", "?[~1~]"))
        .map((p) => p.join("")),
      tie("expression").map((inner) => `(~(~${inner}~)?~)`),
    ),
    expression: fc.oneof(
      { maxDepth: 4, depthIdentifier: "expression" },
      tie("grouped"),
      fc.tuple(tie("grouped"), binaryOperator, tie("grouped")).map((parts) => parts.join("")),
      fc.tuple(tie("grouped"), binaryOperator, tie("grouped"), binaryOperator, tie("grouped")).map((p) => p.join("")),
      fc.tuple(fc.constantFrom("!", "-", "try* "), tie("grouped")).map((parts) => parts.join("")),
      fc.tuple(tie("grouped"), tie("grouped"), tie("grouped")).map(([a, b, c]) => `(${a}) ? (${b}) : (${c})`),
      fc.tuple(tie("grouped"), tie("grouped")).map(([a, b]) => `(${a}) to (${b}) exclusive`),
      joined(tie("expression"), ",~").map((args) => `call(~${args}~)`),
      joined(tie("expression"), ",~").map((args) => `xs~.map(~${args}~)~.count`),
      joined(tie("expression"), ",~").map((elements) => `[~${elements}~]`),
      joined(
        tie("expression").map((value) => `"key":~${value}`),
        ",~",
      ).map((entries) => `{~${entries}~}`),
      tie("block").map((body) => `fn(x, ...rest) ${body}`),
      tie("expression").map((body) => `{ x, y = 1 ->~${body} }`),
      fc.tuple(tie("expression"), tie("block"), tie("block")).map(([c, a, b]) => `(if (${c}) ${a} else ${b})`),
      fc.tuple(tie("block"), tie("block")).map(([a, b]) => `(try ${a} catch (e) ${b})`),
    ),
    block: fc.array(tie("statement"), { maxLength: 3 }).map((items) => `{${items.join("")}~}`),
    statement: fc.oneof(
      { maxDepth: 3, depthIdentifier: "statement" },
      tie("expression").map((value) => `~let v =~${value};`),
      tie("expression").map((value) => `~target.field +=~${value};`),
      tie("expression").map((value) => `~return ${value};`),
      tie("expression").map((value) => `~call(~${value}~);`),
      fc.tuple(tie("expression"), tie("block")).map(([c, body]) => `~if (${c}) ${body};`),
      fc.tuple(tie("expression"), tie("block")).map(([c, body]) => `~while (${c}) ${body};`),
      fc.tuple(tie("expression"), tie("block")).map(([c, body]) => `~for (k, v) in (${c}) ${body};`),
      fc.tuple(tie("expression"), tie("block")).map(([c, body]) => `~retry (${c}) ${body};`),
      fc
        .tuple(tie("expression"), tie("expression"), tie("block"))
        .map(([subject, guard, body]) => `~match (${subject}) {~1 | 2 if (${guard}) -> ${body}~_ -> ${body}~};`),
      fc.tuple(tie("expression"), tie("block")).map(([c, body]) => `~parallel each (${c}) ${body};`),
      tie("block").map((body) => `~fn named(a: int, b = 1) -> {x: int} ${body};`),
    ),
  }),
);

/** Fills the marks. A comment to the end of the line is only put where a newline may stand. */
function fill(source: string, seed: number): { text: string; comments: number } {
  let state = seed;
  let comments = 0;
  const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  const text = source.replaceAll("~", () => {
    const choice = next();
    if (choice < 0.6) return " ";
    if (choice < 0.8) return "\n\n\n  ".slice(0, 1 + Math.floor(next() * 5));
    return choice < 0.9 ? ` /* comment ${comments++} */ ` : ` // comment ${comments++}\n`;
  });
  return { text, comments };
}

// ---- What is compared ----------------------------------------------------------------------------------------------

function read(text: string): { module: Module; errors: readonly string[] } {
  const { module, diagnostics } = parse(createSourceFile("test", text));
  return { module, errors: diagnostics.map((diagnostic) => diagnostic.message) };
}

const program = fc
  .tuple(fc.array(statement, { minLength: 1, maxLength: 4 }), fc.nat())
  .map(([statements, seed]) => fill(statements.join(""), seed).text)
  .filter((text) => read(text).errors.length === 0);

describe("formatting any program", () => {
  it("keeps its meaning and is done after one pass", () => {
    fc.assert(
      fc.property(program, (text) => {
        const before = read(text);
        const formatted = formatModule({ text }, before.module);
        const after = read(formatted);
        expect(after.errors).toEqual([]);
        expect(treeMeaning(after.module)).toBe(treeMeaning(before.module));
        expect(formatModule({ text: formatted }, after.module)).toBe(formatted);
      }),
      { numRuns: 400 },
    );
  });

  it("holds for every construct in every place", () => {
    for (let seed = 0; seed < 150; seed++) {
      const text = generateProgram({ seed });
      const before = read(text);
      const formatted = formatModule({ text }, before.module);
      const after = read(formatted);
      expect({ seed, errors: after.errors }).toEqual({ seed, errors: [] });
      expect({ seed, meaning: treeMeaning(after.module) }).toEqual({ seed, meaning: treeMeaning(before.module) });
      expect(formatModule({ text: formatted }, after.module)).toBe(formatted);
    }
  });

  it("keeps every comment once", () => {
    fc.assert(
      fc.property(program, (text) => {
        const before = read(text);
        const after = read(formatModule({ text }, before.module));
        const texts = (module: Module): string[] => module.comments.map((comment) => comment.text.trim()).sort();
        expect(texts(after.module)).toEqual(texts(before.module));
      }),
      { numRuns: 200 },
    );
  });

  it("leaves no space at the end of a line outside strings", () => {
    fc.assert(
      fc.property(program, (text) => {
        const formatted = formatModule({ text }, read(text).module);
        expect(formatted.endsWith("\n")).toBe(true);
        expect(formatted.split("\n").filter((line) => /[ \t]$/.test(line))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it("never throws, whatever the parser made of the text", () => {
    const fragment = fc.oneof(
      expression,
      statement,
      fc.constantFrom("{", "}", "(", ")", "->", "@", "/*", '"', "\\", "enum", "tool", "description", "eval_pack"),
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 8 }), (fragments) => {
        const text = fragments.join(" ").replaceAll("~", " ");
        expect(typeof formatModule({ text }, read(text).module)).toBe("string");
      }),
      { numRuns: 300 },
    );
  });

  it("takes a chain as tall as the parser allows", () => {
    const text = `let x = ${Array.from({ length: 900 }, (_, index) => `v${index}`).join(" + ")}\n`;
    const formatted = formatModule({ text }, read(text).module);
    expect(formatted.split("\n").length).toBeGreaterThan(800);
    expect(treeMeaning(read(formatted).module)).toBe(treeMeaning(read(text).module));
  });
});
