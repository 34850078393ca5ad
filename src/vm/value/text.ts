/** Strings count Unicode code points, not UTF-16 units. Text without surrogates takes the direct way. */

import { checkItemCount, MAX_ITEMS } from "./size-limits.ts";

const surrogate = /[\ud800-\udfff]/;

/** True when a UTF-16 unit is a code point throughout. */
export function isPlainText(text: string): boolean {
  return !surrogate.test(text);
}

export function textLength(text: string): number {
  if (isPlainText(text)) return text.length;
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Code points as strings. @throws TooLarge when there are more than a list holds */
export function codePoints(text: string): string[] {
  if (text.length > MAX_ITEMS) checkItemCount(textLength(text));
  return isPlainText(text) ? text.split("") : Array.from(text);
}

/** The i-th code point, negative from the end; undefined outside. */
export function charAt(text: string, index: number): string | undefined {
  if (isPlainText(text)) return text[index < 0 ? text.length + index : index];
  const all = Array.from(text);
  return all[index < 0 ? all.length + index : index];
}

/** Code points `[from, to)`, both already within bounds. */
export function textSlice(text: string, from: number, to: number): string {
  if (isPlainText(text)) return text.slice(from, to);
  return Array.from(text).slice(from, to).join("");
}

/** Order by code points, which is the order of the UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  if (isPlainText(a) && isPlainText(b)) return a < b ? -1 : 1;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      // A surrogate stands for a code point above every other unit.
      const xs = x >= 0xd800 && x <= 0xdfff;
      const ys = y >= 0xd800 && y <= 0xdfff;
      return xs === ys ? x - y : xs ? 1 : -1;
    }
  }
  return a.length - b.length;
}
