/**
 * JSON text → values. Own parser, since `JSON.parse` can neither keep 64-bit ints exact nor tell `1` from `1.0`. One
 * pass; depth is limited, so that hostile text cannot exhaust the stack.
 */

import { Dict, Float, int, List, type Value } from "../../vm/index.ts";

/** Nested lists and dicts in one text. */
export const MAX_JSON_DEPTH = 512;

export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
}

/** Reads exactly one value. Throws {@link JsonSyntaxError} with line and column (in code points, from 1). */
export function readJson(text: string): Value {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.skipSpace();
  if (parser.at < text.length) parser.fail("trailing characters", parser.at);
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const MAX_INT = 9223372036854775807n;
const MIN_INT = -9223372036854775808n;

class Parser {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  fail(problem: string, at: number): never {
    const before = this.text.slice(0, at);
    const lineStart = before.lastIndexOf("\n") + 1;
    const line = before.split("\n").length;
    const column = Array.from(before.slice(lineStart)).length + (at < this.text.length ? 1 : 0);
    throw new JsonSyntaxError(`${problem} at line ${line} column ${column}`);
  }

  skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at += 1;
    }
  }

  value(depth: number): Value {
    this.skipSpace();
    switch (this.text[this.at]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", undefined);
      case undefined:
        return this.fail("EOF while parsing a value", this.at);
      default:
        return this.#number();
    }
  }

  #enter(depth: number): void {
    if (depth >= MAX_JSON_DEPTH) this.fail(`recursion limit exceeded (${MAX_JSON_DEPTH} levels)`, this.at);
    this.at += 1;
    this.skipSpace();
  }

  #object(depth: number): Value {
    this.#enter(depth);
    const map = new Map<string, Value>();
    if (this.text[this.at] === "}") {
      this.at += 1;
      return new Dict(map);
    }
    for (;;) {
      if (this.text.charCodeAt(this.at) !== QUOTE) {
        this.fail(this.at >= this.text.length ? "EOF while parsing an object" : "key must be a string", this.at);
      }
      const key = this.#string();
      this.skipSpace();
      if (this.text[this.at] !== ":") this.#expected("`:`", "an object");
      this.at += 1;
      map.set(key, this.value(depth + 1));
      this.skipSpace();
      const next = this.text[this.at];
      if (next === "}") {
        this.at += 1;
        return new Dict(map);
      }
      if (next !== ",") this.#expected("`,` or `}`", "an object");
      this.at += 1;
      this.skipSpace();
      if (this.text[this.at] === "}") this.fail("trailing comma", this.at);
    }
  }

  #array(depth: number): Value {
    this.#enter(depth);
    const items: Value[] = [];
    if (this.text[this.at] === "]") {
      this.at += 1;
      return new List(items);
    }
    for (;;) {
      items.push(this.value(depth + 1));
      this.skipSpace();
      const next = this.text[this.at];
      if (next === "]") {
        this.at += 1;
        return new List(items);
      }
      if (next !== ",") this.#expected("`,` or `]`", "a list");
      this.at += 1;
      this.skipSpace();
      if (this.text[this.at] === "]") this.fail("trailing comma", this.at);
    }
  }

  #expected(what: string, inside: string): never {
    return this.fail(this.at >= this.text.length ? `EOF while parsing ${inside}` : `expected ${what}`, this.at);
  }

  #word(word: string, value: Value): Value {
    if (!this.text.startsWith(word, this.at)) this.fail("expected value", this.at);
    this.at += word.length;
    return value;
  }

  #number(): Value {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    if (!match) return this.fail(this.text[this.at] === "-" ? "invalid number" : "expected value", this.at);
    const start = this.at;
    const [digits, fraction, exponent] = match;
    this.at += digits.length;
    if (fraction === undefined && exponent === undefined) {
      if (/[\d.eE]/.test(this.text[this.at] ?? "")) this.fail("invalid number", this.at);
      if (digits.length <= 15) return Number(digits) + 0;
      const exact = BigInt(digits);
      if (exact >= MIN_INT && exact <= MAX_INT) return int(exact);
    } else if (/[.eE\d]/.test(this.text[this.at] ?? "")) this.fail("invalid number", this.at);
    const double = Number(digits);
    if (!Number.isFinite(double)) this.fail("number out of range", start);
    return new Float(double);
  }

  #string(): string {
    const { text } = this;
    const start = this.at + 1;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.at = at + 1;
        return text.slice(start, at);
      }
      if (code === BACKSLASH) return this.#escapedString(start, at);
      if (code < 0x20) this.fail("control character (\\u0000-\\u001F) found while parsing a string", at);
    }
    return this.fail("EOF while parsing a string", text.length);
  }

  #escapedString(start: number, firstEscape: number): string {
    const { text } = this;
    const parts = [text.slice(start, firstEscape)];
    let at = firstEscape;
    for (;;) {
      // At a backslash.
      this.at = at;
      parts.push(this.#escape());
      at = this.at;
      const from = at;
      for (;;) {
        const code = text.charCodeAt(at);
        if (Number.isNaN(code)) return this.fail("EOF while parsing a string", text.length);
        if (code === QUOTE || code === BACKSLASH) break;
        if (code < 0x20) this.fail("control character (\\u0000-\\u001F) found while parsing a string", at);
        at += 1;
      }
      parts.push(text.slice(from, at));
      if (text.charCodeAt(at) === QUOTE) {
        this.at = at + 1;
        return parts.join("");
      }
    }
  }

  #escape(): string {
    const at = this.at;
    const letter = this.text[at + 1];
    this.at += 2;
    switch (letter) {
      case '"':
      case "\\":
      case "/":
        return letter;
      case "b":
        return "\b";
      case "f":
        return "\f";
      case "n":
        return "\n";
      case "r":
        return "\r";
      case "t":
        return "\t";
      case "u":
        return this.#unicodeEscape();
      case undefined:
        return this.fail("EOF while parsing a string", this.text.length);
      default:
        return this.fail("invalid escape", at + 1);
    }
  }

  #unicodeEscape(): string {
    const first = this.#hex();
    if (first < 0xd800 || first > 0xdfff) return String.fromCharCode(first);
    // Strings hold code points, so half of a surrogate pair has no meaning.
    if (first >= 0xdc00 || !this.text.startsWith("\\u", this.at))
      this.fail("lone surrogate in hex escape", this.at - 4);
    this.at += 2;
    const second = this.#hex();
    if (second < 0xdc00 || second > 0xdfff) this.fail("lone surrogate in hex escape", this.at - 4);
    return String.fromCharCode(first, second);
  }

  #hex(): number {
    const digits = this.text.slice(this.at, this.at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail("invalid escape", this.at);
    this.at += 4;
    return Number.parseInt(digits, 16);
  }
}
