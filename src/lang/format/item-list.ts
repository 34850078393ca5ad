/**
 * Members that stand on lines of their own (statements, match arms, enum variants, fields), with the comments between
 * them and at most one of the blank lines their author left.
 */

import type { Block, Comment, Span } from "../syntax/ast.ts";
import { layoutComments, trailingComment } from "./comment-layout.ts";
import type { Printer } from "./printer.ts";
import { hasBlankLineBetween, pad } from "./text-layout.ts";

export interface ListMember {
  readonly span: Span;
  render(): string;
}

export type Separation = "as-written" | "blank" | "tight";

export interface ListOptions {
  readonly depth: number;
  /** Where comments may stand: from after the opening to before the closing. */
  readonly range: Span;
  /** Between the members before and at `index`; default as written. */
  readonly separation?: (index: number) => Separation;
  /** Normalise section bars (top level only). */
  readonly sections?: boolean;
}

interface Line {
  readonly text: string;
  readonly blankBefore: boolean;
}

/** The lines of the list, indented, without a final newline; empty when there is neither member nor comment. */
export function renderList(printer: Printer, members: readonly ListMember[], options: ListOptions): string {
  const { source, comments } = printer;
  const lines: Line[] = [];
  const layout = {
    source,
    options: printer.options,
    depth: options.depth,
    sections: options.sections ?? false,
  };
  let end = options.range.start;
  let afterSection = false;
  let pending: Separation = "as-written";

  const separate = (start: number): boolean => {
    if (lines.length === 0) return false;
    if (afterSection || pending === "blank") return true;
    return pending === "as-written" && hasBlankLineBetween(source, end, start);
  };
  const addComments = (found: readonly Comment[]): void => {
    for (const piece of layoutComments(found, layout)) {
      lines.push({ text: piece.text, blankBefore: separate(piece.start) || (piece.isSection && lines.length > 0) });
      end = piece.end;
      afterSection = piece.isSection;
      pending = "as-written";
    }
  };

  members.forEach((member, index) => {
    const { start } = member.span;
    const leading = comments.take(end, start);
    const text = member.render();
    const strays = comments.take(start, member.span.end);
    pending = index === 0 ? "as-written" : (options.separation?.(index) ?? "as-written");
    addComments(leading);
    if (strays.length > 0) addStrays(strays, start);
    const blankBefore = separate(start);
    const next = members[index + 1]?.span.start ?? options.range.end;
    const trailing = comments.takeTrailing(member.span.end, next);
    lines.push({
      text: [pad(options.depth) + text, ...trailing.map(trailingComment)].join(" "),
      blankBefore,
    });
    end = trailing.at(-1)?.span.end ?? member.span.end;
    afterSection = false;
    pending = "as-written";
  });
  addComments(comments.take(end, options.range.end));

  /** Comments from inside a member come before it, without a blank line between. */
  function addStrays(strays: readonly Comment[], start: number): void {
    const blankBefore = separate(start);
    const pieces = layoutComments(strays, { ...layout, sections: false });
    pieces.forEach((piece, index) => {
      lines.push({ text: piece.text, blankBefore: index === 0 && blankBefore });
    });
    end = start;
    afterSection = false;
    pending = "as-written";
  }

  return lines.map((line) => (line.blankBefore ? `\n${line.text}` : line.text)).join("\n");
}

/** `opener`, indented lines, `}`. A comment right after the opening brace stays on its line. */
export function renderBraced(
  printer: Printer,
  members: readonly ListMember[],
  depth: number,
  opener: string,
  range: Span,
): string {
  const first = members[0]?.span.start ?? range.end;
  const beside = printer.comments.takeTrailing(range.start, first);
  const head = [opener, ...beside.map(trailingComment)].join(" ");
  const body = renderList(printer, members, { depth: depth + 1, range: { start: range.start, end: range.end } });
  return `${head}\n${body === "" ? "" : `${body}\n`}${pad(depth)}}`;
}

/** A statement block; `from` moves the search for comments to the left of its brace. */
export function renderBlock(printer: Printer, body: Block, depth: number, opener: string, from?: number): string {
  const members = body.items.map((item) => ({
    span: item.span,
    render: () => printer.item(item, depth + 1),
  }));
  const range = { start: from ?? blockStart(printer, body), end: body.span.end };
  return renderBraced(printer, members, depth, opener, range);
}

/** After the brace, where the block has one. */
function blockStart(printer: Printer, body: Block): number {
  return body.span.start + (printer.source.charCodeAt(body.span.start) === 0x7b ? 1 : 0);
}

/** Whether comments stand directly in the block, outside its items. */
export function hasLooseComments(printer: Printer, body: Block): boolean {
  let from = body.span.start;
  for (const item of body.items) {
    if (printer.comments.has(from, item.span.start)) return true;
    from = item.span.end;
  }
  return printer.comments.has(from, body.span.end);
}
