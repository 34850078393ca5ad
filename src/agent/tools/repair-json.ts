/**
 * Reads tool arguments that a model cut off or garbled (REPAIR-04 … REPAIR-11).
 *
 * One forward scan follows the JSON grammar and remembers the last *safe point*: a position where everything before it
 * consists of complete values, so that closing the open containers gives valid JSON. At the end of the text an open
 * string value is closed; whatever else is unfinished is dropped back to the safe point. A grammar error does the same.
 * The scan is linear, so a megabyte of garbage costs a megabyte's time.
 */

import type { Json } from "../../base/index.ts";

export interface JsonRepair {
  /** Always valid JSON text. */
  readonly repaired: string;
  readonly changed: boolean;
  /** What was done, for the log: `truncation repaired`, `salvaged prefix object`, … */
  readonly notes: readonly string[];
}

/** The note of a repair that recovered nothing at all; a call with such arguments is not run. */
export const FALLBACK_NOTE = "fallback -> {}";

const MAX_SALVAGED_PAIRS = 12;
const MAX_DEPTH = 512;

export function repairTruncatedJson(text: string): JsonRepair {
  const trimmed = text.trim();
  if (trimmed === "") return { repaired: "{}", changed: true, notes: ["empty input -> {}"] };
  if (parses(trimmed)) return { repaired: text, changed: false, notes: [] };

  if (trimmed[0] === "{" || trimmed[0] === "[") {
    const scan = scanJson(trimmed);
    if (!scan.lossy) return { repaired: scan.text, changed: true, notes: ["truncation repaired"] };
    if (trimmed[0] === "[" && scan.ended) return { repaired: scan.text, changed: true, notes: ["truncation repaired"] };
  }
  const brace = trimmed.indexOf("{");
  if (brace >= 0) {
    return { repaired: scanJson(trimmed.slice(brace)).text, changed: true, notes: ["salvaged prefix object"] };
  }
  const pairs = salvagePairs(trimmed);
  if (pairs !== undefined) return { repaired: pairs, changed: true, notes: ["salvaged top-level pairs"] };
  return { repaired: "{}", changed: true, notes: [FALLBACK_NOTE] };
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

interface Scan {
  readonly text: string;
  /** True when something after the safe point had to be dropped. */
  readonly lossy: boolean;
  /** True when the text ended before the value did, rather than breaking the grammar. */
  readonly ended: boolean;
}

/** What the grammar allows next inside the innermost container. */
type Expect = "value" | "value-or-close" | "key" | "key-or-close" | "colon" | "comma-or-close";

const LITERAL = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;

/** `text` starts with `{` or `[`. Trailing commas before a closer are left out. */
function scanJson(text: string): Scan {
  const closers: string[] = [];
  let out = "";
  let expect = "value" as Expect;
  /** Containers open and close only at safe points, so a length is all there is to remember. */
  let safeLength = 0;
  let at = 0;

  const finish = (lossy: boolean, ended: boolean): Scan => {
    return { text: out.slice(0, safeLength) + closers.toReversed().join(""), lossy, ended };
  };
  const afterValue = () => {
    expect = "comma-or-close";
    safeLength = out.length;
  };

  while (at < text.length) {
    const char = text[at]!;
    if (char === " " || char === "\n" || char === "\t" || char === "\r") {
      out += char;
      at++;
      continue;
    }
    if (closers.length === 0 && out !== "") return finish(true, false);
    const canClose = expect === "value-or-close" || expect === "key-or-close" || expect === "comma-or-close";
    if (char === "}" || char === "]") {
      const afterComma = expect === "key" || (expect === "value" && closers.at(-1) === "]");
      if (closers.at(-1) !== char || (!canClose && !afterComma)) return finish(true, false);
      if (afterComma) out = out.slice(0, out.lastIndexOf(","));
      closers.pop();
      out += char;
      at++;
      afterValue();
      continue;
    }
    if (char === ",") {
      if (expect !== "comma-or-close") return finish(true, false);
      expect = closers.at(-1) === "}" ? "key" : "value";
      out += char;
      at++;
      continue;
    }
    if (char === ":") {
      if (expect !== "colon") return finish(true, false);
      expect = "value";
      out += char;
      at++;
      continue;
    }
    if (expect === "colon" || expect === "comma-or-close") return finish(true, false);
    const isKey = expect === "key" || expect === "key-or-close";
    if (char === '"') {
      const end = stringEnd(text, at);
      if (end.closed) {
        const token = text.slice(at, end.at);
        if (!parses(token)) return finish(true, false);
        out += token;
        at = end.at;
        if (isKey) expect = "colon";
        else afterValue();
        continue;
      }
      if (isKey) return finish(true, true);
      const token = `${text.slice(at, end.at)}"`;
      if (!parses(token)) return finish(true, true);
      out += token;
      afterValue();
      return finish(false, true);
    }
    if (isKey) return finish(true, false);
    if (char === "{" || char === "[") {
      if (closers.length >= MAX_DEPTH) return finish(true, false);
      closers.push(char === "{" ? "}" : "]");
      expect = char === "{" ? "key-or-close" : "value-or-close";
      out += char;
      at++;
      safeLength = out.length;
      continue;
    }
    LITERAL.lastIndex = at;
    const literal = LITERAL.exec(text)?.[0];
    if (literal === undefined) return finish(true, text.length - at <= 64 && /^[-+\w.]*$/.test(text.slice(at)));
    out += literal;
    at += literal.length;
    afterValue();
  }
  const dangling = expect !== "comma-or-close" && expect !== "value-or-close" && expect !== "key-or-close";
  const danglingComma = out.trimEnd().endsWith(",");
  return finish(dangling && !danglingComma, true);
}

/** Where the string that opens at `start` ends. Unclosed: the last position that cuts no escape in two. */
function stringEnd(text: string, start: number): { at: number; closed: boolean } {
  let at = start + 1;
  while (at < text.length) {
    const char = text[at]!;
    if (char === '"') return { at: at + 1, closed: true };
    if (char !== "\\") {
      at++;
      continue;
    }
    const length = text[at + 1] === "u" ? 6 : 2;
    if (at + length > text.length) return { at, closed: false };
    at += length;
  }
  return { at: text.length, closed: false };
}

/** REPAIR-09: `"key": literal` pairs from anywhere; a later duplicate wins. */
function salvagePairs(text: string): string | undefined {
  const pattern = /"([A-Za-z0-9_.-]+)"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null)/g;
  const pairs = new Map<string, Json>();
  for (const [, key, literal] of text.matchAll(pattern)) {
    if (pairs.size >= MAX_SALVAGED_PAIRS && !pairs.has(key!)) break;
    if (parses(literal!)) pairs.set(key!, JSON.parse(literal!) as Json);
  }
  return pairs.size === 0 ? undefined : JSON.stringify(Object.fromEntries(pairs));
}
