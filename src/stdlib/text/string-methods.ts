/** Methods of strings. Positions and lengths count code points. */

import {
  charAt,
  checkItemCount,
  codePoints,
  display,
  List,
  MAX_ITEMS,
  type Native,
  repeatText,
  textLength,
  textSlice,
  type Value,
} from "../../vm/index.ts";
import { textArgument } from "../arguments.ts";
import { intOr } from "../collections/list-methods.ts";

const method = (name: string, impl: (text: string, args: readonly Value[]) => Value): Native => ({
  kind: "pure",
  name,
  impl: (args) => impl(args[0] as string, args.slice(1)),
});

const aliased = (names: readonly string[], impl: (text: string, args: readonly Value[]) => Value): Native[] =>
  names.map((name) => method(name, impl));

export function textOr(value: Value, fallback: string): string {
  return value === undefined ? fallback : display(value);
}

/** Unicode White_Space: unlike JavaScript's set it has U+0085 and lacks U+FEFF. */
const SPACE = "[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const LEADING = new RegExp(`^${SPACE}+`);
const TRAILING = new RegExp(`${SPACE}+$`);

export function trimStart(text: string): string {
  return text.replace(LEADING, "");
}

/** By hand from the end: a trailing pattern would look at every run of spaces in the text. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && TRAILING.test(text[end - 1] as string)) end -= 1;
  return text.slice(0, end);
}

export function trim(text: string): string {
  return trimEnd(trimStart(text));
}

/** Every occurrence; an empty pattern matches around each code point. */
export function replaceAll(text: string, from: string, to: string): string {
  if (from === "")
    return `${to}${codePoints(text)
      .map((char) => char + to)
      .join("")}`;
  return splitAt(text, from).join(to);
}

/** An empty separator gives the code points with an empty string at both ends. */
export function splitText(text: string, separator: string): List {
  return new List(separator === "" ? ["", ...codePoints(text), ""] : splitAt(text, separator));
}

/** Counts first where the parts could be more than a list holds: the platform does not survive it. */
function splitAt(text: string, separator: string): string[] {
  if (text.length > MAX_ITEMS) {
    let count = 1;
    for (let at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, at + separator.length)) count += 1;
    checkItemCount(count);
  }
  return text.split(separator);
}

export function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = splitAt(text, "\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
}

/** A UTF-16 offset as a count of code points; -1 stays. */
function codePointIndex(text: string, offset: number): number {
  return offset < 0 ? -1 : textLength(text.slice(0, offset));
}

export function pad(text: string, width: number, filler: string, left: boolean): string {
  const missing = width - textLength(text);
  if (missing <= 0) return text;
  const padding = repeatText(codePoints(filler)[0] ?? " ", missing);
  return left ? padding + text : text + padding;
}

function substring(text: string, from: Value, to: Value): string {
  const length = textLength(text);
  const start = Math.min(Math.max(0, intOr(from, 0)), length);
  const end = Math.max(start, Math.min(intOr(to, length), length));
  return textSlice(text, start, end);
}

export const stringMethods: readonly Native[] = [
  ...aliased(["count", "len"], (text) => textLength(text)),
  method("empty", (text) => text === ""),
  method("contains", (text, args) => text.includes(textArgument(args, 0))),
  method("replace", (text, args) =>
    args.length < 2 ? undefined : replaceAll(text, display(args[0]), display(args[1])),
  ),
  method("split", (text, [separator]) => splitText(text, textOr(separator, ","))),
  method("trim", (text) => trim(text)),
  method("trim_start", (text) => trimStart(text)),
  method("trim_end", (text) => trimEnd(text)),
  method("starts_with", (text, args) => text.startsWith(textArgument(args, 0))),
  method("ends_with", (text, args) => text.endsWith(textArgument(args, 0))),
  ...aliased(["lowercase", "lower", "to_lower"], (text) => text.toLowerCase()),
  ...aliased(["uppercase", "upper", "to_upper"], (text) => text.toUpperCase()),
  method("substring", (text, [from, to]) => substring(text, from, to)),
  method("index_of", (text, args) => codePointIndex(text, text.indexOf(textArgument(args, 0)))),
  method("last_index_of", (text, args) => codePointIndex(text, text.lastIndexOf(textArgument(args, 0)))),
  method("chars", (text) => new List(codePoints(text))),
  method("repeat", (text, [count]) => repeatText(text, intOr(count, 1))),
  method("reverse", (text) => codePoints(text).reverse().join("")),
  method("pad_left", (text, [width, filler]) => pad(text, intOr(width, 0), textOr(filler, " "), true)),
  method("pad_right", (text, [width, filler]) => pad(text, intOr(width, 0), textOr(filler, " "), false)),
  method("lines", (text) => new List(linesOf(text))),
  method("char_at", (text, [index]) => {
    const at = intOr(index, 0);
    return at < 0 ? undefined : charAt(text, at);
  }),
];
