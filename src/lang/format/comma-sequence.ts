/**
 * Comma-separated members between two delimiters: arguments, elements, entries, parameters, imported names.
 *
 * One line if every member is one line, no comment stands between them, and the construct (`prefixWidth` + members + one
 * delimiter) is not wider than the line; else a member per line, each followed by a comma.
 */

import type { Span } from "../syntax/ast.ts";
import { layoutComments, trailingComment } from "./comment-layout.ts";
import type { Printer } from "./printer.ts";
import { isMultiline, pad, textWidth } from "./text-layout.ts";

export interface SequenceMember {
  readonly span: Span;
  /** Called with the depth of a broken sequence's lines, whether or not it will break. */
  render(depth: number): string;
}

export interface SequenceOptions {
  readonly depth: number;
  readonly open: string;
  readonly close: string;
  /** From the opening to the closing delimiter. */
  readonly range: Span;
  /** Width of what the members hang on, opening delimiter included. */
  readonly prefixWidth: number;
  /** Width of what follows the members on the line (default 1, the closing delimiter). */
  readonly suffixWidth?: number;
  /** Set inside the delimiters of a one-line form. */
  readonly padding?: string;
  /** Whether a broken sequence ends in a comma (default true). */
  readonly trailingComma?: boolean;
  /** Orders the members by their text, each with its comments. */
  readonly sorted?: boolean;
}

interface Slot {
  readonly leading: readonly string[];
  readonly text: string;
  readonly trailing: string;
}

export function renderSequence(printer: Printer, members: readonly SequenceMember[], options: SequenceOptions): string {
  const { slots, closing } = collect(printer, members, options);
  if (options.sorted) slots.sort((a, b) => compareText(a.text, b.text));

  const { open, close, padding = "", suffixWidth = 1 } = options;
  const inline = slots.map((slot) => slot.text).join(", ");
  const commented = closing.length > 0 || slots.some((slot) => slot.leading.length > 0 || slot.trailing !== "");
  if (slots.length === 0 && !commented) return open + close;
  const tooWide = options.prefixWidth + textWidth(inline) + suffixWidth > printer.options.lineWidth;
  if (!commented && !tooWide && !isMultiline(inline)) return open + padding + inline + padding + close;

  const indent = pad(options.depth + 1);
  const lines = slots.flatMap((slot, index) => {
    const comma = index < slots.length - 1 || (options.trailingComma ?? true) ? "," : "";
    return [...slot.leading, `${indent}${slot.text}${comma}${slot.trailing}`];
  });
  return [open, ...lines, ...closing, pad(options.depth) + close].join("\n");
}

function collect(
  printer: Printer,
  members: readonly SequenceMember[],
  options: SequenceOptions,
): { slots: Slot[]; closing: string[] } {
  const { comments } = printer;
  const depth = options.depth + 1;
  const layout = { source: printer.source, options: printer.options, depth, sections: false };
  const ownLines = (from: number, to: number): string[] =>
    layoutComments(comments.take(from, to), layout).map((piece) => piece.text);

  let end = options.range.start;
  const slots = members.map((member, index): Slot => {
    const before = ownLines(end, member.span.start);
    const text = member.render(depth);
    const strays = ownLines(member.span.start, member.span.end);
    const next = members[index + 1]?.span.start ?? options.range.end;
    const trailing = comments.takeTrailing(member.span.end, next);
    end = trailing.at(-1)?.span.end ?? member.span.end;
    return { leading: [...before, ...strays], text, trailing: trailing.map((c) => ` ${trailingComment(c)}`).join("") };
  });
  return { slots, closing: ownLines(end, options.range.end) };
}

/** By code points, so that the order does not depend on a locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const left = [...a];
  const right = [...b];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const difference = left[index]!.codePointAt(0)! - right[index]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
