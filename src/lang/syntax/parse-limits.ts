/**
 * How deep and how tall a tree may become, and rules that are tried and taken back.
 *
 * *Depth and height.* `depth` counts the rules in progress, `height` the tallest finished subtree among the children of
 * the node in progress. The first keeps this parser off the end of the JavaScript stack, the second everyone who walks
 * the tree (a chain of ten thousand `+` is parsed by a loop, but leans ten thousand nodes to the left).
 *
 * *Speculation.* `a < b > (c)` is tried as a call with type arguments first: `speculate` runs a rule and takes it back
 * when it fails. Only types are parsed that way, so nothing is parsed more than twice.
 */

import { failWith, here } from "./parse-failures.ts";
import { currentToken, MAX_NESTING, type Parser } from "./parser-state.ts";

/** Types inside one another in the type arguments of a call. */
const MAX_SPECULATIVE_NESTING = 32;
/** Nodes on the longest way from the root of a statement to a leaf. */
export const MAX_TREE_HEIGHT = 1_000;

/** Goes one level deeper; false when that is too deep (reported), and then `leave` must not be called. */
export function enter(p: Parser): boolean {
  if (p.depth < p.maxDepth) {
    p.depth++;
    return true;
  }
  tooDeep(p);
  return false;
}

export function leave(p: Parser): void {
  p.depth--;
}

/** The node in progress is one taller than its children. */
export function grow(p: Parser): void {
  p.height++;
  if (p.height > MAX_TREE_HEIGHT && !p.panic) {
    const message = `Expected an expression of at most ${MAX_TREE_HEIGHT} parts in a row, got more at ${here(p)}`;
    failWith(p, "HARN-P008", message, { hint: "Bind an inner part to a name, or move it to a function" });
  }
}

/** One error for the whole heap of brackets: it is skipped as a piece where it is closed, or to the end of the file. */
function tooDeep(p: Parser): void {
  if (p.panic) return;
  if (p.speculating) return failWith(p, "HARN-P008", "");
  if (p.toldDeep) p.quietUntil = Math.max(p.quietUntil, currentToken(p).start);
  p.toldDeep = true;
  const message = `Expected at most ${MAX_NESTING} levels of nesting, got more at ${here(p)}`;
  failWith(p, "HARN-P008", message, { hint: "Bind an inner part to a name, or move it to a function" });
  const partner = p.brackets.partner[p.pos]!;
  if (partner > p.pos) {
    p.panic = false;
    p.pos = partner + 1;
    p.lastEnd = p.tokens[partner]!.end;
  } else if (!p.brackets.balanced) {
    p.quietUntil = p.file.text.length;
  }
}

/** Runs a rule that may fail; when it does, everything is as before and the answer is undefined. */
export function speculate<T>(p: Parser, rule: (p: Parser) => T, accept: (p: Parser) => boolean): T | undefined {
  const { pos, lastEnd, height, speculating, depth, maxDepth } = p;
  p.speculating = true;
  p.maxDepth = Math.min(maxDepth, depth + MAX_SPECULATIVE_NESTING);
  const result = rule(p);
  const accepted = !p.panic && accept(p);
  p.speculating = speculating;
  p.maxDepth = maxDepth;
  if (accepted) return result;
  p.panic = false;
  p.pos = pos;
  p.lastEnd = lastEnd;
  p.height = height;
  p.depth = depth;
  return undefined;
}
