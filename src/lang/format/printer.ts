/**
 * The printer's shared state, handed to every part of the formatter.
 *
 * Layout rules in short. Text is built bottom-up: each part returns its final text for a *depth* (nesting level, two
 * spaces each), first line without indentation and later lines with it. A comma sequence is broken, one element per line
 * with a trailing comma, when an element spans lines or when *the construct itself* is wider than the line width; the
 * construct's place in the line does not count, so moving code in or out of a block never reflows it. Chains of
 * operators and of method calls keep the line breaks their author gave them and gain one when they are too wide.
 *
 * Reading order: `item-list.ts` (lines with comments), `comma-sequence.ts`, then expressions, statements, declarations.
 */

import type { Block, Expr, Item, Span } from "../syntax/ast.ts";
import type { CommentStore } from "./comment-store.ts";
import type { FormatOptions } from "./format-options.ts";

export interface Printer {
  readonly source: string;
  readonly options: FormatOptions;
  readonly comments: CommentStore;
  /** An expression at `depth`. */
  expr(node: Expr, depth: number): string;
  /** A statement, declaration or expression at `depth`, on a line of its own. */
  item(node: Item, depth: number): string;
  /** `opener`, the items one level deeper, and `}` back at `depth`; `from` widens the search for comments to the left. */
  block(body: Block, depth: number, opener: string, from?: number): string;
  /** The source as written, for literals; comments inside it count as printed. */
  verbatim(span: Span): string;
}
