/** Building blocks of fixes, and their application. */

import { unaryOperandNeedsParens } from "../format/precedence.ts";
import type { Expr, Span } from "../syntax/ast.ts";
import type { LintContext, TextEdit } from "./lint-rule.ts";

export function replace(span: Span, replacement: string): readonly TextEdit[] {
  return [{ span, replacement }];
}

/** Removes a statement with its indentation and its line end. */
export function removeLines(source: string, span: Span): readonly TextEdit[] {
  const lineStart = source.lastIndexOf("\n", span.start - 1) + 1;
  const start = source.slice(lineStart, span.start).trim() === "" ? lineStart : span.start;
  const rest = /^[ \t;]*(?:\r?\n|$)/.exec(source.slice(span.end));
  return replace({ start, end: span.end + (rest?.[0].length ?? 0) }, "");
}

/** Source of an operand that keeps its meaning beside any operator. */
export function operandText(context: LintContext, node: Expr): string {
  const text = context.text(node.span);
  return unaryOperandNeedsParens(node) ? `(${text})` : text;
}

/**
 * The text after the fixes of all diagnostics. A fix that touches what an earlier one has changed is left out as a whole:
 * lint the result again for those.
 */
export function applyFixes(
  text: string,
  diagnostics: readonly { readonly fixes?: readonly TextEdit[] }[],
): { readonly text: string; readonly applied: number } {
  const accepted: TextEdit[] = [];
  let applied = 0;
  for (const { fixes } of diagnostics) {
    if (fixes === undefined || fixes.length === 0) continue;
    if (fixes.some((edit) => accepted.some((other) => overlaps(edit.span, other.span)))) continue;
    accepted.push(...fixes);
    applied++;
  }
  accepted.sort((a, b) => b.span.start - a.span.start);
  const parts: string[] = [];
  let end = text.length;
  for (const edit of accepted) {
    parts.push(text.slice(edit.span.end, end), edit.replacement);
    end = edit.span.start;
  }
  parts.push(text.slice(0, end));
  return { text: parts.reverse().join(""), applied };
}

/** Touching counts: two insertions at one place have no order. */
function overlaps(a: Span, b: Span): boolean {
  return a.start <= b.end && b.start <= a.end;
}
