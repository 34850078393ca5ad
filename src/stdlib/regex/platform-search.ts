/** A pattern as a regular expression of the platform: the quickest search, for patterns and texts that it cannot hang on. */

import { ANY, type Assertion, NOT_LINE_FEED, type Pattern, type PatternNode, wordClass } from "./syntax.ts";

/** Undefined when some parts ignore case and others do not: the platform has one flag for all. */
export function platformPattern({ root }: Pattern): RegExp | undefined {
  const cases = new Set<boolean>();
  collectCases(root, cases);
  if (cases.size > 1) return undefined;
  return new RegExp(sourceOf(root), cases.has(true) ? "gvi" : "gv");
}

/** Whether the parts that have case ignore it. */
function collectCases(node: PatternNode, found: Set<boolean>): void {
  switch (node.kind) {
    case "literal":
      if (hasCase(node.codePoint)) found.add(node.ignoreCase);
      return;
    case "class":
      if (node.source !== ANY && node.source !== NOT_LINE_FEED) found.add(node.ignoreCase);
      return;
    case "capture":
    case "repeat":
      collectCases(node.body, found);
      return;
    case "sequence":
    case "choice":
      for (const item of node.items) collectCases(item, found);
      return;
    case "empty":
    case "assertion":
      return;
  }
}

function hasCase(codePoint: number): boolean {
  const text = String.fromCodePoint(codePoint);
  return text.toLowerCase() !== text || text.toUpperCase() !== text;
}

function sourceOf(node: PatternNode): string {
  switch (node.kind) {
    case "empty":
      return "(?:)";
    case "literal":
      return literalSource(node.codePoint);
    case "class":
      return node.source;
    case "assertion":
      return assertionSource(node.assertion, wordClass(node.unicode));
    case "capture":
      return `(${sourceOf(node.body)})`;
    case "sequence":
      return node.items.map((item) => (item.kind === "choice" ? `(?:${sourceOf(item)})` : sourceOf(item))).join("");
    case "choice":
      return node.items.map(sourceOf).join("|");
    case "repeat": {
      const { body, min, max, greedy } = node;
      const isAtom = body.kind === "literal" || body.kind === "class" || body.kind === "capture";
      const repeated = isAtom ? sourceOf(body) : `(?:${sourceOf(body)})`;
      return `${repeated}${countSource(min, max)}${greedy ? "" : "?"}`;
    }
  }
}

function countSource(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (min === 0 && max === 1) return "?";
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function literalSource(codePoint: number): string {
  const text = String.fromCodePoint(codePoint);
  return /^[A-Za-z0-9 _]$/.test(text) ? text : `\\u{${codePoint.toString(16)}}`;
}

/**
 * Everything is asked for by what is there, nothing by what is not: between the halves of a surrogate pair a negative
 * look-around holds, and V8 does look there.
 */
function assertionSource(assertion: Assertion, word: string): string {
  const wordBefore = `(?<=${word})`;
  const wordAfter = `(?=${word})`;
  const otherBefore = `(?<=[^${word}]|^)`;
  const otherAfter = `(?=[^${word}]|$)`;
  switch (assertion) {
    case "text-start":
      return "^";
    case "text-end":
      return "$";
    case "line-start":
      return "(?<=\\n|^)";
    case "line-end":
      return "(?=\\n|$)";
    case "word-boundary":
      return `(?:${wordBefore}${otherAfter}|${otherBefore}${wordAfter})`;
    case "not-word-boundary":
      return `(?:${wordBefore}${wordAfter}|${otherBefore}${otherAfter})`;
    case "word-start":
      return `${otherBefore}${wordAfter}`;
    case "word-end":
      return `${wordBefore}${otherAfter}`;
    case "word-start-half":
      return otherBefore;
    case "word-end-half":
      return otherAfter;
  }
}
