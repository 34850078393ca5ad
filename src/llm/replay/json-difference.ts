/** Where two JSON values part ways, told so that a person sees it at once. */

import { isJsonObject } from "../../base/index.ts";

/** One place of disagreement; `path` reads like code: `messages[2].content`. */
export interface Difference {
  readonly path: string;
  readonly expected: unknown;
  readonly found: unknown;
}

/**
 * The first difference in reading order (fields of `expected` in their order, then fields only `found` has).
 * Fields that are undefined count as absent.
 * @param subset true when `found` may have fields more than `expected`
 */
export function firstDifference(
  expected: unknown,
  found: unknown,
  options: { readonly subset?: boolean } = {},
  path = "",
): Difference | undefined {
  if (Object.is(expected, found)) return undefined;
  if (Array.isArray(expected) && Array.isArray(found)) {
    const shared = Math.min(expected.length, found.length);
    for (let at = 0; at < shared; at++) {
      const difference = firstDifference(expected[at], found[at], options, `${path}[${at}]`);
      if (difference) return difference;
    }
    if (expected.length === found.length) return undefined;
    return { path: `${path}[${shared}]`, expected: expected[shared], found: found[shared] };
  }
  if (isJsonObject(expected) && isJsonObject(found)) {
    for (const key of Object.keys(expected)) {
      if (expected[key] === undefined) continue;
      const difference = firstDifference(expected[key], found[key], options, join(path, key));
      if (difference) return difference;
    }
    if (options.subset) return undefined;
    for (const key of Object.keys(found)) {
      if (found[key] !== undefined && expected[key] === undefined) {
        return { path: join(path, key), expected: undefined, found: found[key] };
      }
    }
    return undefined;
  }
  return { path: path === "" ? "value" : path, expected, found };
}

/** `messages[0].content: expected "a", found "b"`; long strings are shown from where they part. */
export function describeDifference({ path, expected, found }: Difference): string {
  if (typeof expected === "string" && typeof found === "string") {
    let at = 0;
    while (at < expected.length && expected[at] === found[at]) at++;
    const from = at > 40 ? at - 20 : 0;
    return `${path}: expected ${excerpt(expected, from)}, found ${excerpt(found, from)}`;
  }
  return `${path}: expected ${show(expected)}, found ${show(found)}`;
}

function join(path: string, key: string): string {
  const plain = /^[A-Za-z_$][\w$]*$/.test(key);
  if (!plain) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

function excerpt(text: string, from: number): string {
  const piece = text.slice(from, from + 80);
  return `${from > 0 ? "…" : ""}${JSON.stringify(piece)}${from + 80 < text.length ? "…" : ""}`;
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
