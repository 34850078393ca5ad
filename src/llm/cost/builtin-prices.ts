/**
 * Prices of well-known model families, for when neither the catalogue nor a price list knows a model (COST-02). A row
 * fits when the model id contains all its words; the first row that fits counts, so the special stands before the general.
 */

import type { TokenRates } from "./pricing.ts";

interface FamilyPrice {
  readonly words: readonly string[];
  /** US dollars per million tokens. */
  readonly input: number;
  readonly output: number;
}

const row = (words: string, input: number, output: number): FamilyPrice => ({ words: words.split(" "), input, output });

const FAMILIES: readonly FamilyPrice[] = [
  row("claude-3-5-haiku", 0.8, 4),
  row("claude-haiku-4", 0.8, 4),
  row("claude-3-5-sonnet", 3, 15),
  row("claude-sonnet-4", 3, 15),
  row("claude-3-opus", 15, 75),
  row("claude-opus-4", 15, 75),
  row("gpt-4o-mini", 0.15, 0.6),
  row("gpt-4o", 2.5, 10),
  row("gpt-4-turbo", 10, 30),
  row("o1-mini", 3, 12),
  row("o1", 15, 60),
  row("o3", 15, 60),
  row("llama 70b", 0.59, 0.79),
  row("llama 8b", 0.05, 0.08),
  row("mistral-large", 2, 6),
  row("mistral-small", 0.2, 0.6),
  row("gemini-2 flash", 0.1, 0.4),
  row("gemini-2 pro", 1.25, 5),
];

export function builtinRates(model: string): TokenRates | undefined {
  const found = FAMILIES.find(({ words }) => words.every((word) => names(model, word)));
  return found && { input: found.input, output: found.output };
}

/** A word must begin where a part of the id begins, or `o1` would be found in any id that ends in it. */
function names(model: string, word: string): boolean {
  for (let at = model.indexOf(word); at >= 0; at = model.indexOf(word, at + 1)) {
    if (at === 0 || !/[A-Za-z0-9]/.test(model[at - 1] ?? "")) return true;
  }
  return false;
}
