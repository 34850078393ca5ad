/** Building blocks of fixes, and their application. */

import { unaryOperandNeedsParens } from "../format/precedence.ts";
import type { Expr, Span } from "../syntax/ast.ts";
import { KEYWORDS } from "../syntax/tokens.ts";
import type { LintContext, TextEdit } from "./lint-rule.ts";

export function replace(span: Span, replacement: string): readonly TextEdit[] {
  return [{ span, replacement }];
}

const WORD = /[\p{L}\p{N}_]/u;

/** With spaces where the replacement would run together with a word beside it: `return(a)` must not become `returna`. */
export function apart(source: string, edit: TextEdit): TextEdit {
  const { span, replacement } = edit;
  if (replacement === "") return edit;
  const joins = (left: string | undefined, right: string | undefined): boolean =>
    left !== undefined && right !== undefined && WORD.test(left) && WORD.test(right);
  const before = joins(source[span.start - 1], replacement[0]) ? " " : "";
  const after = joins(replacement.at(-1), source[span.end]) ? " " : "";
  return before === "" && after === "" ? edit : { span, replacement: `${before}${replacement}${after}` };
}

/** What may be called or looked into when a bracket follows it: commas between elements may be left out. */
const OPERAND_END = /(?:[\p{L}\p{N}_)\]}"])[ \t]*$/u;
const LAST_WORD = /[\p{L}_][\p{L}\p{N}_]*[ \t]*$/u;
const keywords: ReadonlySet<string> = new Set(KEYWORDS);

/** True when a bracket that the edit begins with would belong to what stands before it: `[a false != (b)]`. */
export function wouldBeCalled(source: string, { span, replacement }: TextEdit): boolean {
  if (!/^[([]/.test(replacement) || /^[([]/.test(source.slice(span.start, span.start + 1))) return false;
  const before = source.slice(source.lastIndexOf("\n", span.start - 1) + 1, span.start);
  return OPERAND_END.test(before) && !keywords.has(LAST_WORD.exec(before)?.[0].trimEnd() ?? "");
}

/** Removes a statement with its indentation and its semicolon or line end. */
export function removeLines(source: string, span: Span): readonly TextEdit[] {
  const lineStart = source.lastIndexOf("\n", span.start - 1) + 1;
  const start = source.slice(lineStart, span.start).trim() === "" ? lineStart : span.start;
  const rest = /^[ \t]*(?:;[ \t]*)?(?:\r?\n|$)?/.exec(source.slice(span.end));
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
  /** By position, none touching another. */
  const accepted: TextEdit[] = [];
  let applied = 0;
  for (const { fixes } of diagnostics) {
    if (fixes === undefined || fixes.length === 0) continue;
    const places = fixes.map((edit) => placeFor(edit, accepted));
    if (places.includes(undefined)) continue;
    for (const edit of fixes) accepted.splice(placeFor(edit, accepted) ?? accepted.length, 0, edit);
    applied++;
  }
  const parts: string[] = [];
  let end = 0;
  for (const edit of accepted) {
    parts.push(text.slice(end, edit.span.start), edit.replacement);
    end = edit.span.end;
  }
  return { text: parts.join("") + text.slice(end), applied };
}

/**
 * Index at which the edit keeps the order; undefined where it would touch another. Touching counts as overlap: two
 * insertions at one place have no order.
 */
function placeFor(edit: TextEdit, sorted: readonly TextEdit[]): number | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.span.start < edit.span.start) low = middle + 1;
    else high = middle;
  }
  const before = sorted[low - 1];
  const after = sorted[low];
  const touches =
    (before !== undefined && before.span.end >= edit.span.start) ||
    (after !== undefined && after.span.start <= edit.span.end);
  return touches ? undefined : low;
}
