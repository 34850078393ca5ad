/**
 * Reads `name({ key: value })` as models write it: an object literal in JavaScript's looser cousin of JSON.
 *
 * Values are objects, lists, strings in single, double or back quotes, numbers, `true false null undefined`, and
 * *heredocs*, which need no escaping at all and end at a line that starts with the tag:
 *
 *     write({ path: "a.sh", content: <<EOF
 *     echo "$HOME"
 *     EOF
 *     })
 *
 * Nothing is evaluated: `${…}` in a template stays as it is written.
 */

import type { Json, JsonObject } from "../../base/index.ts";
import { table } from "../../base/index.ts";

export type CallLiteral =
  | { readonly ok: true; readonly arguments: JsonObject /** Just behind the closing bracket. */; readonly end: number }
  | { readonly ok: false; readonly error: string };

/** Length of the identifier at `at`; 0 when there is none. */
export function identifierLength(text: string, at: number): number {
  IDENTIFIER.lastIndex = at;
  return IDENTIFIER.exec(text)?.[0].length ?? 0;
}
const IDENTIFIER = /[A-Za-z_$][A-Za-z0-9_$]*/y;

/** @param at where the arguments' `(` stands */
export function readCallLiteral(text: string, name: string, at: number): CallLiteral {
  const reader: Reader = { text, at: at + 1 };
  try {
    skipSpace(reader);
    if (text[reader.at] === ")") return { ok: true, arguments: {}, end: reader.at + 1 };
    const value = readValue(reader, 0);
    skipSpace(reader);
    if (text[reader.at] !== ")") {
      return refuse(name, "missing closing `)`", "write every call as one complete expression");
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      const shown = JSON.stringify(value).slice(0, 80);
      return refuse(name, `expected an object literal, found ${shown}`, `write \`${name}({ key: ${shown} })\``);
    }
    return { ok: true, arguments: value as JsonObject, end: reader.at + 1 };
  } catch (error) {
    if (!(error instanceof LiteralError)) throw error;
    return refuse(name, error.message, "pass one object literal: `{ key: value, other: value }`");
  }
}

function refuse(name: string, problem: string, wayOut: string): CallLiteral {
  return { ok: false, error: `TOOL CALL PARSE ERROR: \`${name}(...)\`: ${problem}; ${wayOut}` };
}

/**
 * Where a heredoc that starts at `at` (`<<TAG`) ends: just behind its closing tag. Undefined when it is none.
 * @param unclosed tags known not to close in the rest of the text; kept up to date
 */
export function heredocEnd(text: string, at: number, unclosed: Set<string>): number | undefined {
  HEREDOC_OPEN.lastIndex = at;
  const opener = HEREDOC_OPEN.exec(text)?.[1];
  if (opener === undefined || unclosed.has(`<<${opener}`)) return undefined;
  const end = heredocAt(text, at)?.end;
  if (end === undefined) unclosed.add(`<<${opener}`);
  return end;
}

// ---- Values --------------------------------------------------------------------------------------------------------

interface Reader {
  readonly text: string;
  at: number;
}

class LiteralError extends Error {}

/** Deeper than any honest call; keeps a hostile answer off the JavaScript stack. */
const MAX_DEPTH = 200;

function readValue(reader: Reader, depth: number): Json {
  if (depth > MAX_DEPTH) throw new LiteralError(`nested deeper than ${MAX_DEPTH} levels`);
  skipSpace(reader);
  const char = reader.text[reader.at];
  switch (char) {
    case undefined:
      throw new LiteralError("unexpected end of input");
    case "{":
      return readObject(reader, depth);
    case "[":
      return readList(reader, depth);
    case '"':
    case "'":
      return readString(reader, char);
    case "`":
      return readTemplate(reader);
  }
  if (reader.text.startsWith("<<", reader.at)) return readHeredoc(reader);
  for (const [word, value] of WORDS) {
    if (reader.text.startsWith(word, reader.at) && identifierLength(reader.text, reader.at) === word.length) {
      reader.at += word.length;
      return value;
    }
  }
  return readNumber(reader, char);
}

const WORDS: readonly (readonly [string, Json])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
  ["undefined", null],
];

function readObject(reader: Reader, depth: number): JsonObject {
  const out: Record<string, Json> = {};
  reader.at++;
  for (;;) {
    skipSpace(reader);
    if (reader.text[reader.at] === "}") {
      reader.at++;
      return out;
    }
    const key = readKey(reader);
    skipSpace(reader);
    if (reader.text[reader.at] !== ":") throw new LiteralError(`expected \`:\` after key \`${key}\``);
    reader.at++;
    const value = readValue(reader, depth + 1);
    // A plain assignment would set the prototype for a key named so.
    Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true });
    skipSpace(reader);
    const next = reader.text[reader.at];
    if (next === ",") reader.at++;
    else if (next !== "}") throw new LiteralError(expectedAfter("`,` or `}`", next, "object"));
  }
}

function readKey(reader: Reader): string {
  const quote = reader.text[reader.at];
  if (quote === '"' || quote === "'") return readString(reader, quote);
  const length = identifierLength(reader.text, reader.at);
  if (length === 0) {
    if (quote === undefined) throw new LiteralError("unexpected end of input inside an object literal");
    throw new LiteralError(`expected an object key, found \`${quote}\``);
  }
  reader.at += length;
  return reader.text.slice(reader.at - length, reader.at);
}

function readList(reader: Reader, depth: number): readonly Json[] {
  const items: Json[] = [];
  reader.at++;
  for (;;) {
    skipSpace(reader);
    if (reader.text[reader.at] === "]") {
      reader.at++;
      return items;
    }
    items.push(readValue(reader, depth + 1));
    skipSpace(reader);
    const next = reader.text[reader.at];
    if (next === ",") reader.at++;
    else if (next !== "]") throw new LiteralError(expectedAfter("`,` or `]`", next, "list"));
  }
}

function expectedAfter(expected: string, found: string | undefined, where: string): string {
  if (found === undefined)
    return `unexpected end of input inside ${where === "object" ? "an object" : "a list"} literal`;
  return `expected ${expected} inside the ${where} literal, found \`${found}\``;
}

function readNumber(reader: Reader, char: string): number {
  NUMBER.lastIndex = reader.at;
  const digits = NUMBER.exec(reader.text)?.[0];
  if (digits === undefined) throw new LiteralError(`unexpected character \`${char}\` where a value should start`);
  const value = Number(digits);
  if (!Number.isFinite(value)) throw new LiteralError(`number out of range: ${digits}`);
  reader.at += digits.length;
  return value;
}
const NUMBER = /-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;

// ---- Strings -------------------------------------------------------------------------------------------------------

const ESCAPES: Readonly<Record<string, string>> = table({
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  "0": "\0",
  "\n": "",
});

/** A raw newline is accepted: models that forget to escape one should not lose the whole call. */
function readString(reader: Reader, quote: string): string {
  reader.at++;
  // `"<<EOF … EOF"`: the heredoc was meant, the quote is an accident, often never closed.
  if (reader.text.startsWith("<<", reader.at)) {
    const heredoc = heredocAt(reader.text, reader.at);
    if (heredoc !== undefined) {
      reader.at = heredoc.end;
      if (reader.text[reader.at] === quote) reader.at++;
      return heredoc.body;
    }
  }
  return readQuoted(reader, quote, "string literal");
}

function readTemplate(reader: Reader): string {
  reader.at++;
  return readQuoted(reader, "`", "template literal");
}

function readQuoted(reader: Reader, quote: string, what: string): string {
  const { text } = reader;
  let out = "";
  let from = reader.at;
  while (reader.at < text.length) {
    const char = text[reader.at];
    if (char === quote) {
      out += text.slice(from, reader.at);
      reader.at++;
      return out;
    }
    if (char === "\\") {
      out += text.slice(from, reader.at);
      out += readEscape(reader, quote);
      from = reader.at;
    } else reader.at++;
  }
  throw new LiteralError(`unterminated ${what}`);
}

function readEscape(reader: Reader, quote: string): string {
  const { text } = reader;
  const letter = text[reader.at + 1];
  if (letter === undefined) throw new LiteralError("unterminated escape sequence");
  if (letter === "u" || letter === "x") {
    UNICODE.lastIndex = reader.at;
    const found = UNICODE.exec(text);
    const code = found === null ? Number.NaN : Number.parseInt(found[1] ?? found[2] ?? found[3] ?? "", 16);
    if (found === null || !(code <= 0x10ffff)) throw new LiteralError(`invalid \\${letter} escape`);
    reader.at += found[0].length;
    return String.fromCodePoint(code);
  }
  reader.at += 2;
  const plain = ESCAPES[letter];
  if (plain !== undefined) return plain;
  // Templates often hold code, where a backslash before a letter is meant.
  return quote === "`" && /[A-Za-z0-9]/.test(letter) ? `\\${letter}` : letter;
}
const UNICODE = /\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))/y;

function readHeredoc(reader: Reader): string {
  const heredoc = heredocAt(reader.text, reader.at);
  if (heredoc === undefined) {
    const tag = /^<<['"]?(\w*)/.exec(reader.text.slice(reader.at, reader.at + 80))?.[1] ?? "";
    throw new LiteralError(
      tag === "" ? "a heredoc needs a tag and a newline after `<<`, as in <<EOF" : `unterminated heredoc <<${tag}`,
    );
  }
  reader.at = heredoc.end;
  return heredoc.body;
}

function heredocAt(text: string, at: number): { readonly body: string; readonly end: number } | undefined {
  HEREDOC_OPEN.lastIndex = at;
  const open = HEREDOC_OPEN.exec(text);
  const tag = open?.[1];
  if (open === null || tag === undefined) return undefined;
  const bodyStart = at + open[0].length;
  for (let lineStart = bodyStart; lineStart <= text.length; ) {
    const newline = text.indexOf("\n", lineStart);
    const lineEnd = newline < 0 ? text.length : newline;
    let first = lineStart;
    while (first < lineEnd && (text[first] === " " || text[first] === "\t")) first++;
    if (text.startsWith(tag, first) && !/\w/.test(text[first + tag.length] ?? "")) {
      return { body: text.slice(bodyStart, lineStart).replace(/\r?\n$/, ""), end: first + tag.length };
    }
    if (newline < 0) return undefined;
    lineStart = newline + 1;
  }
  return undefined;
}
const HEREDOC_OPEN = /<<['"]?(\w+)['"]?\r?\n/y;

function skipSpace(reader: Reader): void {
  SPACE.lastIndex = reader.at;
  reader.at += SPACE.exec(reader.text)?.[0].length ?? 0;
}
const SPACE = /(?:\s+|\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))*/y;
