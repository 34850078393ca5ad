import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generateProgram } from "../../testing/fuzz/program-generator.ts";
import type { Span } from "./ast.ts";
import { parse } from "./parser.ts";
import { createSourceFile } from "./source-file.ts";

const SEED = fc.integer({ min: 0, max: 1_000_000 });
const SNIPPETS = [
  ...'{}()[]<>.,:;?|&!=+-*/%@"\\\n $`'.split(""),
  ...'fn let if else match -> ... ${ """ /* */ // try catch pub @a parallel select 1s r" é 😀 not in |> ?? ?. ?[ #!'.split(
    " ",
  ),
];

/** A valid program with a few pieces cut out, put in or moved. */
const MUTATED = fc
  .tuple(SEED, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 12 }), fc.constantFrom("", ...SNIPPETS)), { maxLength: 6 }))
  .map(([seed, edits]) => {
    let text = generateProgram({ seed, size: 4 });
    for (const [place, cut, snippet] of edits) {
      const at = place % (text.length + 1);
      text = text.slice(0, at) + snippet + text.slice(at + cut);
    }
    return text;
  });

const NOISE = fc
  .array(fc.oneof(fc.constantFrom(...SNIPPETS), fc.constantFrom(" ", "a", "1", "fn f", "x = "), fc.string()), {
    maxLength: 40,
  })
  .map((pieces) => pieces.join(""));

/** The first span that sticks out of the node around it. */
function strayNode(value: unknown, around: Span, path: string): string | undefined {
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) {
      const stray = strayNode(element, around, `${path}[${index}]`);
      if (stray !== undefined) return stray;
    }
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { span } = value as { span?: Span };
  if (span !== undefined && (span.start < around.start || span.end > around.end || span.start > span.end)) {
    return `${path}: ${span.start}-${span.end} outside of ${around.start}-${around.end}`;
  }
  for (const [key, field] of Object.entries(value)) {
    if (key === "span") continue;
    const stray = strayNode(field, span ?? around, `${path}.${key}`);
    if (stray !== undefined) return stray;
  }
  return undefined;
}

function check(text: string): void {
  const { module, diagnostics } = parse(createSourceFile("any.harn", text));
  expect(strayNode(module, { start: 0, end: text.length }, "module")).toBeUndefined();
  for (const { span, message, labels = [] } of diagnostics) {
    expect(message).not.toMatch(/[\r\n]/);
    for (const { start, end } of [span, ...labels.map((label) => label.span)]) {
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeGreaterThanOrEqual(start);
      expect(end).toBeLessThanOrEqual(text.length);
    }
  }
}

describe("the parser ends with a tree, whatever the text", () => {
  it("on noise", () => {
    fc.assert(fc.property(NOISE, check), { numRuns: 1500 });
  });

  it("on mutated programs", () => {
    fc.assert(fc.property(MUTATED, check), { numRuns: 1500 });
  });

  it("on valid programs, without a diagnostic", () => {
    fc.assert(
      fc.property(SEED, (seed) => {
        const text = generateProgram({ seed });
        check(text);
        expect(parse(createSourceFile("any.harn", text)).diagnostics).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("leaves no error node without a diagnostic", () => {
    const hasErrorNode = (value: unknown): boolean =>
      Array.isArray(value)
        ? value.some(hasErrorNode)
        : typeof value === "object" &&
          value !== null &&
          ((value as { kind?: unknown }).kind === "ErrorNode" || Object.values(value).some(hasErrorNode));
    fc.assert(
      fc.property(MUTATED, (text) => {
        const { module, diagnostics } = parse(createSourceFile("any.harn", text));
        if (hasErrorNode(module)) expect(diagnostics).not.toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("says something about every prefix of a program that breaks off inside a bracket", () => {
    const text = 'fn f(a, b) {\n  let x = [1, {k: g(a)[b]}]\n  return "n ${x}"\n}';
    for (let end = text.indexOf("(") + 1; end < text.length; end++) {
      expect(
        parse(createSourceFile("cut.harn", text.slice(0, end))).diagnostics.length,
        `cut at ${end}`,
      ).toBeGreaterThan(0);
    }
  });
});
