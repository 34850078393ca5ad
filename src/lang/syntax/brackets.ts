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
  /** 1 where nothing but words of a type stands between here and the next `>(`: what type arguments of a call look like. */
  readonly typeArgs: Uint8Array;
  /** Every bracket has its partner. */
  readonly balanced: boolean;
}

const OPENER: Partial<Record<TokenKind, TokenKind>> = { ")": "(", "]": "[", "}": "{" };

const BRACKETS: ReadonlySet<TokenKind> = new Set<TokenKind>(["(", ")", "[", "]", "{", "}"]);

/** Tokens that end every hope for type arguments (keywords may be field names of a shape). */
const NOT_IN_TYPES: ReadonlySet<TokenKind> = new Set<TokenKind>([
  "...",
  "==",
  "!=",
  "&&",
  "||",
  "|>",
  "??",
  "**",
  "?.",
  "<=",
  ">=",
  "+=",
  "-=",
  "*=",
  "/=",
  "%=",
  "=",
  "!",
  ".",
  "+",
  "*",
  "/",
  "%",
  ";",
  "@",
  "float",
  "duration",
  "interpolated",
  "invalid",
  "eof",
]);

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
  let balanced = true;
  for (let i = 0; i < tokens.length; i++) {
    if (partner[i]! >= 0 && partner[i]! < i) current--;
    depth[i] = current;
    if (partner[i]! > i) current++;
    else if (partner[i]! < 0 && BRACKETS.has(tokens[i]!.kind)) balanced = false;
  }

  const typeArgs = new Uint8Array(tokens.length + 1);
  for (let i = tokens.length - 2; i >= 0; i--) {
    const { kind } = tokens[i]!;
    if (kind === ">" && tokens[i + 1]!.kind === "(") typeArgs[i] = 1;
    else if (!NOT_IN_TYPES.has(kind)) typeArgs[i] = typeArgs[i + 1]!;
  }
  return { partner, depth, arrow, typeArgs, balanced };
}

/** Whether the arrow at `index` follows `fn (…)`. */
function endsFnSignature(tokens: readonly Token[], partner: Int32Array, index: number): boolean {
  const before = tokens[index - 1];
  if (before?.kind !== ")") return false;
  const open = partner[index - 1]!;
  return open > 0 && tokens[open - 1]!.kind === "fn";
}
