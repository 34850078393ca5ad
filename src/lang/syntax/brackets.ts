/**
 * Which brackets belong together, found once per token list before parsing. It tells the parser in constant time whether
 * a `{` opens a closure, and error recovery how far a broken construct reaches.
 */

import type { Token, TokenKind } from "./tokens.ts";

export interface Brackets {
  /** Index of the matching bracket, -1 for everything else. */
  readonly partner: Int32Array;
  /** How many matched pairs enclose the token; a bracket counts as outside of its own pair. */
  readonly depth: Int32Array;
  /** 1 for a `{` with a `->` directly inside that is not the arrow of a function type or `fn` expression. */
  readonly arrow: Uint8Array;
}

const OPENER: Partial<Record<TokenKind, TokenKind>> = { ")": "(", "]": "[", "}": "{" };

export function matchBrackets(tokens: readonly Token[]): Brackets {
  const partner = new Int32Array(tokens.length).fill(-1);
  const arrow = new Uint8Array(tokens.length);
  const stack: number[] = [];
  /** Openers on the stack, by kind: a stray closer must not empty the stack looking for its partner. */
  const open: Record<string, number> = { "(": 0, "[": 0, "{": 0 };

  for (let i = 0; i < tokens.length; i++) {
    const { kind } = tokens[i]!;
    if (kind === "(" || kind === "[" || kind === "{") {
      stack.push(i);
      open[kind]!++;
    } else if (kind === "->") {
      const top = stack.at(-1);
      if (top !== undefined && tokens[top]!.kind === "{" && !endsFnSignature(tokens, partner, i)) arrow[top] = 1;
    } else {
      const opener = OPENER[kind];
      if (opener === undefined || open[opener] === 0) continue;
      for (let top = stack.pop()!; ; top = stack.pop()!) {
        const topKind = tokens[top]!.kind;
        open[topKind]!--;
        if (topKind === opener) {
          partner[top] = i;
          partner[i] = top;
          break;
        }
      }
    }
  }

  const depth = new Int32Array(tokens.length);
  let current = 0;
  for (let i = 0; i < tokens.length; i++) {
    if (partner[i]! >= 0 && partner[i]! < i) current--;
    depth[i] = current;
    if (partner[i]! > i) current++;
  }
  return { partner, depth, arrow };
}

/** Whether the arrow at `index` follows `fn (…)`. */
function endsFnSignature(tokens: readonly Token[], partner: Int32Array, index: number): boolean {
  const before = tokens[index - 1];
  if (before?.kind !== ")") return false;
  const open = partner[index - 1]!;
  return open > 0 && tokens[open - 1]!.kind === "fn";
}
