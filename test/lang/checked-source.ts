/** Checking small programs in tests, with marks in the source for the spans that are expected. */

import { expect } from "vitest";
import { BUILTIN_SIGNATURES } from "../../src/lang/check/builtin-signatures.ts";
import { type BuiltinTable, createBuiltinTable } from "../../src/lang/check/builtin-table.ts";
import { declaredArguments } from "../../src/lang/check/builtin-text.ts";
import { checkModule, type ModuleImports, NO_IMPORTS } from "../../src/lang/check/check-module.ts";
import type { Diagnostic } from "../../src/lang/diagnostics/diagnostic.ts";
import type { Decl } from "../../src/lang/syntax/ast.ts";
import { parse } from "../../src/lang/syntax/parser.ts";
import { createSourceFile } from "../../src/lang/syntax/source-file.ts";

export const BUILTINS: BuiltinTable = createBuiltinTable(
  BUILTIN_SIGNATURES,
  {
    list: ["len", "map", "push", "contains", "reverse"],
    string: ["len", "upper", "trim"],
    dict: ["keys"],
  },
  declaredArguments([
    {
      signature: "agent_loop(prompt: any, system?: string, options?: dict) -> dict",
      options: ["max_iterations", "max_nudges", "max_tokens", "model", "seed", "top_k", "top_p"],
    },
    {
      signature: "http_post(url: string, body_or_options?: any, options?: dict) -> dict",
      options: ["headers", "timeout"],
    },
    { signature: "println(value?: any)" },
    { signature: "pair(first: any, second: any) -> pair" },
    { signature: "path_join(...parts: string) -> string" },
  ]),
);

export interface CheckOptions {
  readonly imports?: ModuleImports;
  readonly builtins?: BuiltinTable;
}

/** Diagnostics of `text`, which must have no syntax errors. */
export function check(
  text: string,
  { imports = NO_IMPORTS, builtins = BUILTINS }: CheckOptions = {},
): readonly Diagnostic[] {
  const file = createSourceFile("test.harn", text);
  const { module, diagnostics } = parse(file);
  expect(diagnostics, `syntax of:\n${text}`).toEqual([]);
  return checkModule({ file, module, imports, builtins }).diagnostics;
}

export interface Expected {
  readonly code: string;
  readonly message: string;
  /** The text of the span. */
  readonly at: string;
}

/** Code, message and text of each diagnostic; what a failing test shows. */
export function summary(text: string, diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(({ code, message, span }) => `${code} at \`${text.slice(span.start, span.end)}\`: ${message}`);
}

/** Expects no diagnostics at all. */
export function accepts(text: string, options?: CheckOptions): void {
  expect(summary(text, check(text, options))).toEqual([]);
}

/**
 * Expects exactly these diagnostics, in order; the n-th must cover the n-th `«…»` mark of the source.
 * `expected` rows read `CODE message`.
 */
export function rejects(marked: string, expected: readonly string[], options?: CheckOptions): void {
  const { text, spans } = readMarks(marked);
  expect(spans.length, "one mark for each expected diagnostic").toBe(expected.length);
  const found = check(text, options);
  expect(summary(text, found)).toEqual(
    expected.map((row, index) => {
      const [code, ...words] = row.split(" ");
      const span = spans[index] ?? { start: 0, end: 0 };
      return `HARN-${code} at \`${text.slice(span.start, span.end)}\`: ${words.join(" ")}`;
    }),
  );
  expect(found.map(({ span }) => span)).toEqual(spans);
}

/** Takes `«` and `»` out; marks do not nest and come in source order. */
export function readMarks(marked: string): { text: string; spans: { start: number; end: number }[] } {
  const spans: { start: number; end: number }[] = [];
  let text = "";
  let start = 0;
  for (const part of marked.split(/([«»])/)) {
    if (part === "«") start = text.length;
    else if (part === "»") spans.push({ start, end: text.length });
    else text += part;
  }
  return { text, spans };
}

/** Declarations of another module, as an import would hand them over. */
export function declarationsIn(text: string): readonly Decl[] {
  const { module, diagnostics } = parse(createSourceFile("other.harn", text));
  expect(diagnostics).toEqual([]);
  return module.items as readonly Decl[];
}
