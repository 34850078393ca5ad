/**
 * Options of builtins: whoever reads a dict of options takes the keys it knows, so that a misspelt one does nothing, in
 * silence. Keys that nobody knows are allowed (a dict may be passed on, and providers have options of their own), so only
 * one that is nearly a known name is reported.
 */

import { closestName } from "../diagnostics/suggest.ts";
import type { NodeOf } from "../syntax/ast.ts";
import { type Checker, report } from "./checker.ts";
import { literalKey } from "./schema-types.ts";

/** A literal with more keys holds data. */
const MAX_KEYS = 500;
/** Single words from this length on may differ in two letters. */
const LONG_WORD = 8;
/** Below this length one letter makes another word, `step` of `stop`; then letters may be swapped at most. */
const SHORT_WORD = 5;
/** The same for a word among others, which say more of what is meant. */
const SHORT_PART = 4;

/** Warns of misspelt keys in the dict literal that a call gives to a builtin as its options. */
export function checkOptions(checker: Checker, call: NodeOf<"Call">): void {
  const { args, callee } = call;
  const options = checker.builtins.argumentsOf(callee.name)?.options;
  const given = args.at(-1);
  if (options === undefined || given?.kind !== "DictLiteral" || !options.positions.includes(args.length - 1)) return;
  if (given.entries.length > MAX_KEYS) return;
  // Behind a spread argument positions are not known.
  if (args.some((arg) => arg.kind === "Spread")) return;
  const known = new Set(options.names);
  const written = new Set(given.entries.map(literalKey));
  // Who gives an option under its name does not mean it by another key.
  const candidates = options.names.filter((name) => !written.has(name));
  for (const entry of given.entries) {
    const name = literalKey(entry);
    if (entry.kind !== "Entry" || name === undefined || known.has(name)) continue;
    const meant = meantOption(name, candidates);
    if (meant === undefined) continue;
    report(checker, "unknownOption", entry.key.span, `\`${callee.name}\` has no option \`${name}\``, {
      hint: `Did you mean \`${meant}\`?`,
    });
  }
}

/**
 * The option that a key is a slip of: the same letters written together or in camel case, or word for word the same with
 * slips inside of words. Compared as a whole, `min_tokens` would be a slip of `max_tokens`.
 */
export function meantOption(name: string, candidates: readonly string[]): string | undefined {
  // Who writes `_model` puts it out of use.
  if (name.startsWith("_")) return undefined;
  const letters = lettersOf(name);
  const sameLetters = candidates.find((candidate) => lettersOf(candidate) === letters);
  if (sameLetters !== undefined) return sameLetters;
  const words = name.split("_");
  return closestName(
    name,
    candidates.filter((candidate) => areAlike(words, candidate.split("_"))),
  );
}

function lettersOf(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

function areAlike(words: readonly string[], others: readonly string[]): boolean {
  const short = words.length === 1 ? SHORT_WORD : SHORT_PART;
  return words.length === others.length && words.every((word, index) => isSlip(word, others[index] ?? "", short));
}

function isSlip(word: string, meant: string, short: number): boolean {
  if (word === meant) return true;
  const shorter = Math.min(word.length, meant.length);
  if (shorter < short && sorted(word) !== sorted(meant)) return false;
  return closestName(word, [meant], shorter < LONG_WORD ? 1 : 2) !== undefined;
}

function sorted(word: string): string {
  return [...word].sort().join("");
}
