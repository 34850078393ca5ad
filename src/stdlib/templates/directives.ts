/**
 * Cutting a template into text and *directives*, which stand between `{{` and `}}`. A dash inside the braces takes away
 * the blanks next to the directive and one line break. Comments are dropped here, raw blocks become text.
 */

import { type Place, TemplateError } from "./template-error.ts";

export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "directive"; readonly body: string; readonly place: Place };

export function cutTemplate(source: string): Piece[] {
  const pieces: Piece[] = [];
  const placeOf = createPlaces(source);
  let at = 0;
  // The directive before ended in a dash.
  let trimStart = false;
  const pushText = (end: number, trimEnd: boolean): void => {
    let text = source.slice(at, end);
    if (trimStart) text = withoutLineStart(text);
    if (trimEnd) text = withoutLineEnd(text);
    if (text !== "") pieces.push({ kind: "text", text });
    trimStart = false;
  };

  for (;;) {
    const open = source.indexOf("{{", at);
    if (open < 0) {
      pushText(source.length, false);
      return pieces;
    }
    const hasDash = source[open + 2] === "-";
    pushText(open, hasDash);
    const start = open + (hasDash ? 3 : 2);

    if (source[start] === "#") {
      const end = source.indexOf("#}}", start + 1);
      if (end < 0) throw new TemplateError(placeOf(open), "unterminated comment");
      at = end + 3;
      continue;
    }
    const close = findClose(source, start);
    if (close === undefined) throw new TemplateError(placeOf(open), "unterminated directive");
    const body = source.slice(start, close.bodyEnd).trim();
    if (body === "raw") {
      const end = findRawEnd(source, close.end);
      if (end === undefined) throw new TemplateError(placeOf(open), "unterminated `{{ raw }}` block");
      if (end.open > close.end) pieces.push({ kind: "text", text: source.slice(close.end, end.open) });
      at = end.close;
      continue;
    }
    pieces.push({ kind: "directive", body, place: placeOf(open) });
    at = close.end;
    trimStart = close.hasDash;
  }
}

/** Places in ascending order cost one pass over the source together. */
function createPlaces(source: string): (offset: number) => Place {
  let seen = 0;
  let line = 1;
  let column = 1;
  return (offset) => {
    while (seen < offset) {
      const codePoint = source.codePointAt(seen) ?? 0;
      seen += codePoint > 0xffff ? 2 : 1;
      if (codePoint === 10) {
        line += 1;
        column = 1;
      } else column += 1;
    }
    return { line, column };
  };
}

interface Close {
  readonly bodyEnd: number;
  readonly end: number;
  readonly hasDash: boolean;
}

/** The `}}` that is not inside quotes. */
function findClose(source: string, start: number): Close | undefined {
  let quote = "";
  for (let at = start; at < source.length; at++) {
    const character = source[at];
    if (quote !== "") {
      if (character === "\\") at += 1;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if (character === "}" && source[at + 1] === "}") {
      const hasDash = at > start && source[at - 1] === "-";
      return { bodyEnd: hasDash ? at - 1 : at, end: at + 2, hasDash };
    }
  }
  return undefined;
}

function findRawEnd(source: string, from: number): { readonly open: number; readonly close: number } | undefined {
  const end = /\{\{-?\s*endraw\s*-?\}\}/g;
  end.lastIndex = from;
  const found = end.exec(source);
  return found === null ? undefined : { open: found.index, close: found.index + found[0].length };
}

const withoutLineStart = (text: string): string => text.replace(/^[ \t]*(?:\r\n|\n|\r)?/, "");

function withoutLineEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === " " || text[end - 1] === "\t")) end -= 1;
  if (text[end - 1] === "\n") end -= text[end - 2] === "\r" ? 2 : 1;
  return text.slice(0, end);
}
