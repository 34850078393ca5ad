/**
 * The same program in another layout: what it prints must not change. `rough` is what no formatter would write, newlines
 * put in and taken out wherever the grammar lets them, and then formatted.
 */

import {
  createSourceFile,
  defaultFormatOptions,
  formatSource,
  lex,
  parse,
  type Token,
  treeMeaning,
} from "../../lang/index.ts";
import { createRandomSource, type RandomSource } from "../fuzz/random-source.ts";

export const layouts = ["formatted", "narrow", "rough"] as const;
export type Layout = (typeof layouts)[number];

/** Columns of a narrow layout. */
const NARROW = 40;

/**
 * A text that does not parse stays as it is.
 *
 * @throws Error when formatting the result once more would change it
 */
export function laidOut(layout: Layout, text: string, seed = 1): string {
  switch (layout) {
    case "formatted":
      return formattedOnce(text, defaultFormatOptions.lineWidth);
    case "narrow":
      return formattedOnce(text, NARROW);
    case "rough":
      return formattedOnce(roughened(formattedOnce(text, NARROW), seed), defaultFormatOptions.lineWidth);
  }
}

function formattedOnce(text: string, lineWidth: number): string {
  const options = { ...defaultFormatOptions, lineWidth };
  const first = formatSource(text, options);
  if (!("text" in first)) return text;
  const second = formatSource(first.text, options);
  if ("text" in second && second.text === first.text) return first.text;
  throw new Error(`Formatting for ${lineWidth} columns is not done after one pass`);
}

/** A gap between two tokens and what to put there instead. */
interface Change {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Moves newlines at random; every move is kept that leaves the program what it was. */
export function roughened(text: string, seed: number): string {
  const meaning = meaningOf(text);
  if (meaning === undefined) return text;
  const random = createRandomSource(seed);
  const changes = changesIn(text, random);
  let kept: readonly Change[] = [];
  // In lots that are halved where they go wrong: most moves are good.
  const pending: (readonly Change[])[] = [changes];
  for (let lot = pending.pop(); lot !== undefined; lot = pending.pop()) {
    if (lot.length === 0) continue;
    const attempt = [...kept, ...lot];
    if (meaningOf(changed(text, attempt)) === meaning) kept = attempt;
    else if (lot.length > 1) {
      const half = lot.length >> 1;
      pending.push(lot.slice(half), lot.slice(0, half));
    }
  }
  return changed(text, kept);
}

function meaningOf(text: string): string | undefined {
  const { module, diagnostics } = parse(createSourceFile("layout", text));
  return diagnostics.length > 0 ? undefined : treeMeaning(module);
}

function changed(text: string, changes: readonly Change[]): string {
  let result = text;
  for (const { from, to, text: gap } of [...changes].sort((a, b) => b.from - a.from)) {
    result = result.slice(0, from) + gap + result.slice(to);
  }
  return result;
}

/** After these a line may often end, before these it may often begin. */
const OPENING = new Set(["(", "[", "{", ",", "->", "+", "*", "/", "==", "&&", "||", "??", "|>", "="]);
const CLOSING = new Set([")", "]", "}", ".", "?.", "|>", "&&", "||", "+", "else", "catch", "finally"]);

function changesIn(text: string, random: RandomSource): Change[] {
  const { tokens } = lex(createSourceFile("layout", text));
  const solid = tokens.filter(({ kind }) => kind !== "newline" && kind !== "eof");
  const changes: Change[] = [];
  for (let i = 1; i < solid.length; i++) {
    const { end: from } = solid[i - 1] as Token;
    const { start: to } = solid[i] as Token;
    const gap = text.slice(from, to);
    // A comment is no white space.
    if (gap.trim() !== "" || !random.chance(40)) continue;
    const before = wordOf(text, solid[i - 1] as Token);
    const after = wordOf(text, solid[i] as Token);
    if (gap.includes("\n")) {
      if (random.chance(50)) changes.push({ from, to, text: " " });
      else changes.push({ from, to, text: "\n".repeat(random.int(1, 4)) });
    } else if (OPENING.has(before) || CLOSING.has(after))
      changes.push({ from, to, text: "\n\n  ".slice(random.int(0, 2)) });
  }
  return changes;
}

const wordOf = (text: string, { start, end }: Token): string => text.slice(start, end);
