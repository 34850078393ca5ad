/**
 * Comments of one file, each handed out once.
 *
 * Comments stand beside the tree. Whoever prints a list (items, elements, arms) takes the comments of the gaps between
 * its members; what nobody inside a member took is taken by the list after the member is printed and set before it. So
 * every comment is printed exactly once, however odd its place.
 */

import type { Comment } from "../syntax/ast.ts";
import { breaksBetween } from "./text-layout.ts";

export interface CommentStore {
  /** Whether an untaken comment starts in `[from, to)`. */
  has(from: number, to: number): boolean;
  /** The untaken comments that start in `[from, to)`, in source order. */
  peek(from: number, to: number): Comment[];
  /** Takes the comments that start in `[from, to)`, in source order. */
  take(from: number, to: number): Comment[];
  /**
   * Takes the comments that follow code ending at `from` on its line and that end the line, up to `to`, where the next
   * code stands.
   */
  takeTrailing(from: number, to: number): Comment[];
  /** As `takeTrailing`, and leaves them. */
  peekTrailing(from: number, to: number): Comment[];
  /** Whether `offset` lies inside a comment, taken or not. */
  covers(offset: number): boolean;
}

export function createCommentStore(source: string, all: readonly Comment[]): CommentStore {
  const comments = [...all].sort((a, b) => a.span.start - b.span.start);
  const taken = new Set<Comment>();

  const firstFrom = (offset: number): number => {
    let low = 0;
    let high = comments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (comments[middle]!.span.start < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const between = function* (from: number, to: number): Generator<Comment> {
    for (let index = firstFrom(from); index < comments.length; index++) {
      const comment = comments[index]!;
      if (comment.span.start >= to) return;
      if (!taken.has(comment)) yield comment;
    }
  };

  const take = (from: number, to: number): Comment[] => {
    const found = [...between(from, to)];
    for (const comment of found) taken.add(comment);
    return found;
  };

  const peekTrailing = (from: number, to: number): Comment[] => {
    let end = from;
    for (const comment of between(from, to)) {
      const sameLine = !breaksBetween(source, end, comment.span.start);
      const oneLine = !breaksBetween(source, comment.span.start, comment.span.end);
      if (!sameLine || !oneLine) break;
      end = comment.span.end;
    }
    return end > from && endsLine(source, end) ? [...between(from, end)] : [];
  };

  return {
    has: (from, to) => !between(from, to).next().done,
    peek: (from, to) => [...between(from, to)],
    take,
    takeTrailing: (from, to) => {
      const found = peekTrailing(from, to);
      for (const comment of found) taken.add(comment);
      return found;
    },
    peekTrailing,
    covers: (offset) => {
      const before = comments[firstFrom(offset + 1) - 1];
      return before !== undefined && offset < before.span.end;
    },
  };
}

/** Nothing follows on the line but perhaps a closing delimiter: the comment still belongs to the code before it. */
function endsLine(source: string, offset: number): boolean {
  let at = offset;
  while (source[at] === " " || source[at] === "\t" || source[at] === "\r") at++;
  return at >= source.length || "\n)]}".includes(source[at]!);
}
