/** A whole file: shebang, imports, top-level items. */

import { type Comment, type ImportDecl, type Item, type Module, peelAttributes } from "../syntax/ast.ts";
import { isDeclaration } from "../syntax/item-kinds.ts";
import { compareText } from "./comma-sequence.ts";
import { createCommentStore } from "./comment-store.ts";
import { defaultFormatOptions, type FormatOptions } from "./format-options.ts";
import { type ListMember, renderBlock, renderList, type Separation } from "./item-list.ts";
import { printExpression } from "./print-expressions.ts";
import { printItem } from "./print-statements.ts";
import type { Printer } from "./printer.ts";
import { hasBlankLineBetween } from "./text-layout.ts";

/** The text of a parsed file in its canonical layout, ending in one newline (an empty file stays empty). */
export function formatModule(
  file: { readonly text: string },
  module: Module,
  options: FormatOptions = defaultFormatOptions,
): string {
  const printer = createPrinter(file.text, module.comments, options);
  const body = printBody(printer, module);
  const lines = [module.shebang, body].filter((part) => part !== undefined && part !== "");
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function createPrinter(source: string, allComments: readonly Comment[], options: FormatOptions): Printer {
  const comments = createCommentStore(source, allComments);
  const printer: Printer = {
    source,
    options,
    comments,
    expr: (node, depth) => printExpression(printer, node, depth),
    item: (node, depth) => printItem(printer, node, depth),
    block: (body, depth, opener, from) => renderBlock(printer, body, depth, opener, from),
    verbatim: (span) => {
      comments.take(span.start, span.end);
      return source.slice(span.start, span.end);
    },
  };
  return printer;
}

function printBody(printer: Printer, module: Module): string {
  const { items } = module;
  const start = module.shebang === undefined ? 0 : module.shebang.length;
  const importCount = countLeading(items, (item) => item.kind === "ImportDecl");
  const imports = printImports(printer, items.slice(0, importCount) as readonly ImportDecl[], start);
  const rest = items.slice(importCount);
  const members = rest.map((item): ListMember => ({ span: item.span, render: () => printer.item(item, 0) }));
  const body = renderList(printer, members, {
    depth: 0,
    range: { start: items[importCount - 1]?.span.end ?? start, end: printer.source.length },
    separation: (index) => topLevelSeparation(rest[index - 1], rest[index]!),
    sections: true,
  });
  return [imports, body].filter((part) => part !== "").join("\n\n");
}

/** Declarations stand apart; plain statements of a script keep their grouping. */
function topLevelSeparation(before: Item | undefined, after: Item): Separation {
  return standsApart(before) || standsApart(after) ? "blank" : "as-written";
}

function standsApart(item: Item | undefined): boolean {
  return item !== undefined && isDeclaration(peelAttributes(item).item);
}

// ---- Leading imports -----------------------------------------------------------------------------------------------

/**
 * The imports a file starts with, without blank lines: `std/…` first, then by path. Each takes the comments directly
 * above it along; a comment set off by a blank line belongs to the file and stays on top.
 */
function printImports(printer: Printer, imports: readonly ImportDecl[], start: number): string {
  const [first] = imports;
  if (first === undefined) return "";
  const { source, comments } = printer;
  const header: string[] = [];
  const above = comments.peek(start, first.span.start);
  const split = above.findLastIndex((comment, index) =>
    hasBlankLineBetween(source, comment.span.end, above[index + 1]?.span.start ?? first.span.start),
  );
  let end = start;
  if (split >= 0) {
    const range = { start, end: above[split]!.span.end };
    header.push(`${renderList(printer, [], { depth: 0, range, sections: true })}\n`);
    end = range.end;
  }
  const blocks = imports.map((node, index) => {
    const next = imports[index + 1]?.span.start ?? source.length;
    const trailing = comments.peekTrailing(node.span.end, next);
    const range = { start: end, end: trailing.at(-1)?.span.end ?? node.span.end };
    end = range.end;
    const member = { span: node.span, render: () => printer.item(node, 0) };
    return { node, text: renderList(printer, [member], { depth: 0, range, separation: () => "tight" }) };
  });
  blocks.sort((a, b) => compareImports(a.node, b.node));
  return [...header, ...blocks.map((block) => block.text)].join("\n");
}

function compareImports(a: ImportDecl, b: ImportDecl): number {
  const rank = (node: ImportDecl): number => (node.path.startsWith("std/") ? 0 : 1);
  const names = (node: ImportDecl): string =>
    (node.names ?? [])
      .map((name) => name.name)
      .sort(compareText)
      .join(",");
  return (
    rank(a) - rank(b) ||
    compareText(a.path, b.path) ||
    Number(a.names !== undefined) - Number(b.names !== undefined) ||
    compareText(names(a), names(b))
  );
}

function countLeading<T>(items: readonly T[], test: (item: T) => boolean): number {
  const index = items.findIndex((item) => !test(item));
  return index < 0 ? items.length : index;
}
