/** Comments that stand directly above something, without an empty line in between. */

import type { Comment } from "../syntax/ast.ts";
import type { LintContext } from "./lint-rule.ts";

/** In source order; empty when the line above `offset` is not a comment. */
export function precedingComments({ module, source }: LintContext, offset: number): readonly Comment[] {
  const found: Comment[] = [];
  let below = offset;
  for (let index = lastBefore(module.comments, offset); index >= 0; index--) {
    const comment = module.comments[index]!;
    const gap = source.slice(comment.span.end, below);
    const lineStart = source.lastIndexOf("\n", comment.span.start - 1) + 1;
    const ownLine = source.slice(lineStart, comment.span.start).trim() === "";
    if (gap.trim() !== "" || gap.split("\n").length > 2 || !ownLine) break;
    found.unshift(comment);
    below = comment.span.start;
  }
  return found;
}

function lastBefore(comments: readonly Comment[], offset: number): number {
  let low = 0;
  let high = comments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (comments[middle]!.span.start < offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
