/** A compiled pattern: finding, replacing, splitting. */

import { platformPattern } from "./platform-search.ts";
import { costOf, stepsFor } from "./search-cost.ts";
import { type SteadyPattern, steadyPattern } from "./steady-search.ts";
import { PatternError, parsePattern } from "./syntax.ts";

export interface Match {
  readonly start: number;
  readonly end: number;
  /** The whole match first; undefined for a group that took no part. */
  readonly groups: readonly (string | undefined)[];
}

export interface Regex {
  readonly names: ReadonlyMap<string, number>;
  /** Matches that do not overlap, from left to right. */
  findAll(text: string): Iterable<Match>;
  /** `$1`, `$name` and `${name}` in the replacement stand for groups, `$$` for a dollar sign. */
  replaceAll(text: string, replacement: string): string;
  split(text: string): string[];
}

/** Steps that a backtracking search may need at worst; beyond that the steady search is used. About a second. */
const MAX_STEPS = 200_000_000;

export type CompiledRegex = { readonly regex: Regex } | { readonly message: string };

/** @param flags any of `i` (ignore case), `m` (lines), `s` (dot matches line breaks), `x` (blanks and comments) */
export function compileRegex(pattern: string, flags: string): CompiledRegex {
  for (const flag of flags) {
    if (!"imsx".includes(flag)) return { message: `unsupported regex flag '${flag}', expected one of i/m/s/x` };
  }
  try {
    const parsed = parsePattern(pattern, {
      ignoreCase: flags.includes("i"),
      multiLine: flags.includes("m"),
      dotAll: flags.includes("s"),
      extended: flags.includes("x"),
    });
    const cost = costOf(parsed);
    const quick = cost.degree === Number.POSITIVE_INFINITY ? undefined : platformPattern(parsed);
    let steady: SteadyPattern | undefined;
    const find = (text: string, from: number): Match | undefined => {
      if (quick !== undefined && stepsFor(cost, text.length) <= MAX_STEPS) return quickMatch(quick, text, from);
      steady ??= steadyPattern(parsed);
      return steadyMatch(steady, text, from);
    };
    return { regex: createRegex(parsed.captureNames, find) };
  } catch (error) {
    if (error instanceof PatternError) return { message: error.message };
    throw error;
  }
}

function quickMatch(pattern: RegExp, text: string, from: number): Match | undefined {
  pattern.lastIndex = from;
  const found = pattern.exec(text);
  if (found === null) return undefined;
  return { start: found.index, end: found.index + found[0].length, groups: found };
}

function steadyMatch(pattern: SteadyPattern, text: string, from: number): Match | undefined {
  const slots = pattern.search(text, from);
  if (slots === undefined) return undefined;
  const groups: (string | undefined)[] = [];
  for (let at = 0; at < slots.length; at += 2) {
    const start = slots[at] ?? -1;
    const end = slots[at + 1] ?? -1;
    groups.push(start < 0 || end < 0 ? undefined : text.slice(start, end));
  }
  return { start: slots[0] ?? 0, end: slots[1] ?? 0, groups };
}

function createRegex(
  names: ReadonlyMap<string, number>,
  find: (text: string, from: number) => Match | undefined,
): Regex {
  function* findAll(text: string): Iterable<Match> {
    let at = 0;
    let lastEnd = -1;
    while (at <= text.length) {
      let match = find(text, at);
      // Nothing right after a match is no further match.
      if (match !== undefined && match.end === match.start && match.end === lastEnd) {
        at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
        match = at <= text.length ? find(text, at) : undefined;
      }
      if (match === undefined) return;
      yield match;
      at = match.end;
      lastEnd = match.end;
    }
  }

  return {
    names,
    findAll,
    replaceAll(text, replacement) {
      const expand = createExpansion(replacement, names);
      const parts: string[] = [];
      let at = 0;
      for (const match of findAll(text)) {
        parts.push(text.slice(at, match.start), expand(match));
        at = match.end;
      }
      parts.push(text.slice(at));
      return parts.join("");
    },
    split(text) {
      const parts: string[] = [];
      let at = 0;
      for (const match of findAll(text)) {
        parts.push(text.slice(at, match.start));
        at = match.end;
      }
      parts.push(text.slice(at));
      return parts;
    },
  };
}

/** A name is as long as it can be: `$1a` is the group `1a`; a group that is not there is nothing. */
function createExpansion(replacement: string, names: ReadonlyMap<string, number>): (match: Match) => string {
  if (!replacement.includes("$")) return () => replacement;
  const parts: (string | number)[] = [];
  let at = 0;
  for (const found of replacement.matchAll(/\$(?:\$|\{([^}]*)\}|([0-9A-Za-z_]+))/g)) {
    parts.push(replacement.slice(at, found.index));
    at = found.index + found[0].length;
    const name = found[1] ?? found[2];
    if (name === undefined) parts.push("$");
    else parts.push(/^\d+$/.test(name) ? Number(name) : (names.get(name) ?? Number.MAX_SAFE_INTEGER));
  }
  parts.push(replacement.slice(at));
  return ({ groups }) => parts.map((part) => (typeof part === "string" ? part : (groups[part] ?? ""))).join("");
}
