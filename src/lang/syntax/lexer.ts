/**
 * The lexer. Total: every character of the file ends up in a token, a comment or white space, whatever the text is; what
 * does not belong is reported and covered by an `invalid` token.
 *
 * A *region* is the whole file or the inside of one `${…}`. The end of an interpolation is found by counting braces alone
 * (quotes inside do not hide a brace, §1.8), then its text is lexed as a region of its own with offsets into the file.
 * Regions nest at most `MAX_INTERPOLATION_DEPTH` deep, which also keeps the repeated brace counting linear.
 */

import { table } from "../../base/index.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Comment } from "./ast.ts";
import { identifierPartAt, identifierStartAt, isDigit } from "./characters.ts";
import { dedent } from "./dedent.ts";
import { DURATION_UNITS } from "./literals.ts";
import { place, type Reporter, report } from "./reporter.ts";
import type { SourceFile } from "./source-file.ts";
import {
  isKeyword,
  PUNCTUATION,
  type Punctuation,
  type StringContent,
  type StringTokenPart,
  type Token,
  type TokenKind,
} from "./tokens.ts";

/** `"${"${…}"}"` may nest this often. */
export const MAX_INTERPOLATION_DEPTH = 32;
/** About two hundred thousand lines of code; the rest of a longer file is not looked at. */
export const MAX_TOKENS = 2_000_000;

export interface LexResult {
  /** Ends with `eof`. */
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
  /** `#!…`, without its line break. */
  readonly shebang?: string;
  readonly diagnostics: readonly Diagnostic[];
}

interface Lexer extends Reporter {
  readonly text: string;
  readonly comments: Comment[];
  tokenCount: number;
  /** Closing brace of each `{` of the file; built when a search ran to the end in vain. */
  braces: ReadonlyMap<number, number> | undefined;
}

/** Longest first, by the code of the first character. */
const PUNCTUATION_BY_FIRST: readonly (readonly Punctuation[] | undefined)[] = groupByFirst(PUNCTUATION);

function groupByFirst(all: readonly Punctuation[]): Punctuation[][] {
  const groups: Punctuation[][] = [];
  for (const text of [...all].sort((a, b) => b.length - a.length)) (groups[text.charCodeAt(0)] ??= []).push(text);
  return groups;
}

const TAB = 9;
const LINE_FEED = 10;
const RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const DOLLAR = 36;
const STAR = 42;
const SLASH = 47;
const BACKSLASH = 92;
const LETTER_R = 114;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

export function lex(file: SourceFile): LexResult {
  const { text } = file;
  const lexer: Lexer = { file, text, diagnostics: [], comments: [], tokenCount: 0, braces: undefined };
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let shebang: string | undefined;
  if (text.startsWith("#!")) {
    start = lineEndFrom(text, 0, text.length);
    shebang = text.slice(0, start).replace(/\r$/, "");
  }
  const tokens = lexRegion(lexer, start, text.length, 0);
  return {
    tokens,
    comments: lexer.comments,
    diagnostics: lexer.diagnostics,
    ...(shebang === undefined ? {} : { shebang }),
  };
}

function lexRegion(lexer: Lexer, start: number, end: number, depth: number): Token[] {
  const { text } = lexer;
  const tokens: Token[] = [];
  let pos = start;
  let lineBreakBefore = false;

  const push = (kind: TokenKind, tokenEnd: number, content: StringContent | null = null): void => {
    tokens.push({ kind, start: pos, end: tokenEnd, lineBreakBefore, content });
    lexer.tokenCount++;
    lineBreakBefore = false;
    pos = tokenEnd;
  };

  while (pos < end) {
    if (lexer.tokenCount >= MAX_TOKENS) {
      const message = `Expected at most ${MAX_TOKENS} tokens in a file, stopped at ${place(lexer, pos)}`;
      report(lexer, "HARN-P020", message, { start: pos, end: pos }, { hint: "Split the file into modules" });
      push("invalid", end);
      break;
    }
    const code = text.charCodeAt(pos);
    if (code === SPACE || code === TAB || code === RETURN) {
      pos++;
    } else if (code === LINE_FEED) {
      if (tokens.length > 0 && tokens.at(-1)!.kind !== "newline") push("newline", pos + 1);
      else pos++;
      lineBreakBefore = true;
    } else if (code === BACKSLASH && continuationLength(text, pos) > 0) {
      pos += continuationLength(text, pos);
      lineBreakBefore = true;
    } else if (code === SLASH && text.charCodeAt(pos + 1) === SLASH) {
      pos = readLineComment(lexer, pos, end);
    } else if (code === SLASH && text.charCodeAt(pos + 1) === STAR) {
      const commentEnd = readBlockComment(lexer, pos, end);
      if (commentEnd < 0) push("invalid", end);
      else {
        lineBreakBefore ||= text.slice(pos, commentEnd).includes("\n");
        pos = commentEnd;
      }
    } else if (code === QUOTE || (code === LETTER_R && text.charCodeAt(pos + 1) === QUOTE)) {
      const read = readString(lexer, pos, end, depth);
      if (read.content === null) push("invalid", read.end);
      else push(isInterpolated(read.content) ? "interpolated" : "string", read.end, read.content);
    } else if (isDigit(code)) {
      const read = readNumber(text, pos);
      push(read.kind, read.end);
    } else if (identifierStartAt(text, pos) > 0) {
      const wordEnd = readWord(text, pos);
      const word = text.slice(pos, wordEnd);
      push(isKeyword(word) ? word : "identifier", wordEnd);
    } else {
      const punctuation = punctuationAt(text, pos);
      const foreign = punctuation === undefined ? tryReadForeignString(lexer, pos, end) : undefined;
      if (punctuation !== undefined) push(punctuation, pos + punctuation.length);
      else if (foreign !== undefined) push("string", foreign.end, foreign.content);
      else push("invalid", readInvalid(lexer, pos, end));
    }
  }
  push("eof", end);
  return tokens;
}

// ---- Small tokens --------------------------------------------------------------------------------------------------

function punctuationAt(text: string, pos: number): Punctuation | undefined {
  const candidates = PUNCTUATION_BY_FIRST[text.charCodeAt(pos)];
  return candidates?.find((candidate) => text.startsWith(candidate, pos));
}

function readWord(text: string, pos: number): number {
  let end = pos;
  for (let width = identifierStartAt(text, end); width > 0; width = identifierPartAt(text, end)) end += width;
  return end;
}

function readNumber(text: string, pos: number): { kind: "int" | "float" | "duration"; end: number } {
  let end = pos;
  while (isDigit(text.charCodeAt(end))) end++;
  // `42.method` is an int and a member; only a digit behind the dot makes a float.
  if (text[end] === "." && isDigit(text.charCodeAt(end + 1))) {
    end++;
    while (isDigit(text.charCodeAt(end))) end++;
    return { kind: "float", end };
  }
  for (const [suffix] of DURATION_UNITS) {
    if (text.startsWith(suffix, end) && identifierPartAt(text, end + suffix.length) === 0) {
      return { kind: "duration", end: end + suffix.length };
    }
  }
  return { kind: "int", end };
}

/** `\` at the end of a line joins it with the next; 0 when it does not. */
function continuationLength(text: string, pos: number): number {
  if (text.charCodeAt(pos + 1) === LINE_FEED) return 2;
  return text.startsWith("\r\n", pos + 1) ? 3 : 0;
}

/** A run of characters that start nothing is one error, told by the first of them. */
function readInvalid(lexer: Lexer, pos: number, end: number): number {
  const { text } = lexer;
  let invalidEnd = pos;
  // Comment signs and fences of other languages take their line with them.
  if (text.charAt(pos) === "#" || text.startsWith("```", pos)) invalidEnd = lineEndFrom(text, pos, end);
  else {
    while (invalidEnd < end && startsNothing(text, invalidEnd)) {
      invalidEnd += text.codePointAt(invalidEnd)! > 0xffff ? 2 : 1;
    }
  }
  const character = String.fromCodePoint(text.codePointAt(pos)!);
  reportCharacter(lexer, pos, invalidEnd, invalidHint(text, pos, character));
  return invalidEnd;
}

function reportCharacter(lexer: Lexer, pos: number, end: number, hint: string | undefined): void {
  const character = String.fromCodePoint(lexer.text.codePointAt(pos)!);
  const message = `Unexpected character '${printable(character)}' at ${place(lexer, pos)}`;
  report(lexer, "HARN-P003", message, { start: pos, end }, hint === undefined ? {} : { hint });
}

function invalidHint(text: string, pos: number, character: string): string | undefined {
  if (text.startsWith('\\"', pos)) return "Quotes inside `${…}` need no backslash";
  if (text.startsWith("```", pos)) return "Remove the Markdown around the program";
  return INVALID_HINTS[character];
}

function startsNothing(text: string, pos: number): boolean {
  const code = text.charCodeAt(pos);
  if (code === SPACE || code === TAB || code === RETURN || code === LINE_FEED || code === QUOTE) return false;
  if (code === BACKSLASH && continuationLength(text, pos) > 0) return false;
  return !isDigit(code) && identifierStartAt(text, pos) === 0 && punctuationAt(text, pos) === undefined;
}

const NO_BITS = "Write `**` for a power; there are no bit operators";
const INVISIBLE = "Remove the invisible character";

const INVALID_HINTS: Readonly<Record<string, string>> = table({
  "`": 'Write strings in double quotes, or in `"""` for several lines',
  "'": "Write strings in double quotes",
  "“": "Write strings in straight double quotes",
  "”": "Write strings in straight double quotes",
  "‘": "Write strings in straight double quotes",
  "’": "Write strings in straight double quotes",
  "#": "Start a comment with `//`",
  "&": "Did you mean `&&`?",
  "^": NO_BITS,
  "~": NO_BITS,
  $: "Write `${…}` inside a string only",
  "\u00a0": "Replace the no-break space by a plain one",
  "\u200b": INVISIBLE,
  "\u200d": INVISIBLE,
  "\u2060": INVISIBLE,
  "\ufeff": INVISIBLE,
  "\\": "Put the backslash at the very end of the line to continue it",
  "–": "Write `-`",
  "—": "Write `-`",
  "−": "Write `-`",
  "…": "Write `...`",
  "×": "Write `*`",
  "÷": "Write `/`",
  "≤": "Write `<=`",
  "≥": "Write `>=`",
  "≠": "Write `!=`",
  "→": "Write `->`",
  "⇒": "Write `->`",
  "，": "Write `,`",
  "；": "Write `;`",
  "：": "Write `:`",
  "（": "Write `(`",
  "）": "Write `)`",
});

// ---- Quotes of other languages -------------------------------------------------------------------------------------

/** Longer texts in foreign quotes are not looked for, so that many quotes without a partner take linear time. */
const MAX_FOREIGN_STRING = 10_000;

interface ForeignQuotes {
  readonly open: string;
  /** Any of these ends the text. */
  readonly close: readonly string[];
  readonly multiline: boolean;
}

/** Longest first. */
const FOREIGN_QUOTES: readonly ForeignQuotes[] = [
  { open: "'''", close: ["'''"], multiline: true },
  { open: "'", close: ["'"], multiline: false },
  { open: "`", close: ["`"], multiline: true },
  { open: "“", close: ["”", "“", '"'], multiline: false },
  { open: "”", close: ["”", "“", '"'], multiline: false },
  { open: "„", close: ["“", "”", '"'], multiline: false },
  { open: "‘", close: ["’", "‘", "'"], multiline: false },
  { open: "’", close: ["’", "‘", "'"], multiline: false },
  { open: "«", close: ["»"], multiline: false },
];

/** A text in quotes of another language is told once, and goes on as the string that it was meant to be. */
function tryReadForeignString(lexer: Lexer, pos: number, end: number): StringRead | undefined {
  const { text } = lexer;
  const quotes = FOREIGN_QUOTES.find(({ open }) => text.startsWith(open, pos));
  if (quotes === undefined || text.startsWith("```", pos)) return undefined;
  const limit = Math.min(end, pos + MAX_FOREIGN_STRING);
  for (let i = pos + quotes.open.length; i < limit; i++) {
    const code = text.charCodeAt(i);
    if (code === LINE_FEED && !quotes.multiline) return undefined;
    const close = quotes.close.find((mark) => text.startsWith(mark, i));
    if (code === BACKSLASH) i++;
    else if (close !== undefined && i + close.length <= end) {
      const value = text.slice(pos + quotes.open.length, i);
      const stringEnd = i + close.length;
      const triple = value.includes("\n");
      const hint = triple || value.length > 40 ? INVALID_HINTS[text.charAt(pos)] : `Write \`"${value}"\``;
      reportCharacter(lexer, pos, stringEnd, hint ?? "Write strings in straight double quotes");
      return { end: stringEnd, content: { style: "plain", parts: [{ kind: "text", value }] } };
    }
  }
  return undefined;
}

function printable(character: string): string {
  return /[\p{Cc}\p{Cf}\p{Cs}\p{Zs}\p{Zl}\p{Zp}]/u.test(character)
    ? `\\u{${character.codePointAt(0)!.toString(16)}}`
    : character;
}

// ---- Comments ------------------------------------------------------------------------------------------------------

function readLineComment(lexer: Lexer, pos: number, end: number): number {
  const { text } = lexer;
  const lineEnd = lineEndFrom(text, pos, end);
  const commentEnd = text.charCodeAt(lineEnd - 1) === RETURN ? lineEnd - 1 : lineEnd;
  // `///` documents, `////` is a ruler.
  const isDoc = text.charCodeAt(pos + 2) === SLASH && text.charCodeAt(pos + 3) !== SLASH;
  lexer.comments.push({
    kind: isDoc ? "doc-line" : "line",
    text: text.slice(pos, commentEnd),
    span: { start: pos, end: commentEnd },
  });
  return commentEnd;
}

/** The end of the comment, or -1 when it has none (reported). */
function readBlockComment(lexer: Lexer, pos: number, end: number): number {
  const { text } = lexer;
  // `/** */` documents; `/***` is a ruler and `/**/` is empty.
  const third = text.charCodeAt(pos + 3);
  const isDoc = text.charCodeAt(pos + 2) === STAR && third !== STAR && third !== SLASH;
  let depth = 1;
  let i = pos + 2;
  while (i < end && depth > 0) {
    const code = text.charCodeAt(i);
    if (code === SLASH && text.charCodeAt(i + 1) === STAR && i + 1 < end) {
      depth++;
      i += 2;
    } else if (code === STAR && text.charCodeAt(i + 1) === SLASH && i + 1 < end) {
      depth--;
      i += 2;
    } else i++;
  }
  if (depth > 0) {
    const span = { start: pos, end: Math.min(pos + 2, end) };
    report(lexer, "HARN-P005", `Unterminated block comment at ${place(lexer, pos)}`, span, {
      hint: "Close it with `*/`; comments nest, so each `/*` needs its own",
    });
    return -1;
  }
  lexer.comments.push({
    kind: isDoc ? "doc-block" : "block",
    text: text.slice(pos, i),
    span: { start: pos, end: i },
  });
  return i;
}

// ---- Strings -------------------------------------------------------------------------------------------------------

interface StringRead {
  readonly end: number;
  /** Null when the string has no end (reported). */
  readonly content: StringContent | null;
}

function readString(lexer: Lexer, pos: number, end: number, depth: number): StringRead {
  const { text } = lexer;
  if (text.charCodeAt(pos) === LETTER_R) return readRawString(lexer, pos, end);
  if (text.startsWith('"""', pos) && pos + 2 < end) return readTripleString(lexer, pos, end, depth);
  return readPlainString(lexer, pos, end, depth);
}

function readRawString(lexer: Lexer, pos: number, end: number): StringRead {
  const { text } = lexer;
  for (let i = pos + 2; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === LINE_FEED) break;
    if (code === QUOTE) {
      return { end: i + 1, content: { style: "raw", parts: [{ kind: "text", value: text.slice(pos + 2, i) }] } };
    }
  }
  return unterminatedLine(lexer, pos, end);
}

function readPlainString(lexer: Lexer, pos: number, end: number, depth: number): StringRead {
  const { text } = lexer;
  const parts: StringTokenPart[] = [];
  let value = "";
  let copied = pos + 1;
  let i = pos + 1;
  while (i < end) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      value += text.slice(copied, i);
      if (value !== "" || parts.length === 0) parts.push({ kind: "text", value });
      return { end: i + 1, content: { style: "plain", parts } };
    }
    if (code === LINE_FEED) return unterminatedPlain(lexer, pos, i, end);
    if (code === BACKSLASH) {
      if (i + 1 >= end) break;
      const escaped = ESCAPES[text.charAt(i + 1)];
      if (escaped !== undefined) {
        value += text.slice(copied, i) + escaped;
        copied = i + 2;
      }
      i += 2;
    } else if (code === DOLLAR && text.charCodeAt(i + 1) === OPEN_BRACE && i + 1 < end) {
      const part = readInterpolationOfLine(lexer, i, end, depth);
      if (part === undefined) return unterminatedLine(lexer, pos, end, "Close the `${` with a `}`");
      value += text.slice(copied, i);
      if (value !== "") parts.push({ kind: "text", value });
      parts.push(part);
      value = "";
      i = part.end;
      copied = i;
    } else i++;
  }
  return unterminatedLine(lexer, pos, end);
}

/** Any other backslash stays as it is, with its character. */
const ESCAPES: Readonly<Record<string, string>> = table({ n: "\n", t: "\t", "\\": "\\", '"': '"', $: "$" });

type InterpolationPart = Extract<StringTokenPart, { kind: "interpolation" }>;

function readTripleString(lexer: Lexer, pos: number, end: number, depth: number): StringRead {
  const { text } = lexer;
  const segments: (string | InterpolationPart)[] = [];
  let i = pos + 3;
  if (text.startsWith("\r\n", i) && i < end) i += 2;
  else if (text.charCodeAt(i) === LINE_FEED && i < end) i++;
  let copied = i;
  const copyUpTo = (offset: number): void => {
    if (offset > copied) segments.push(text.slice(copied, offset).replaceAll("\r\n", "\n"));
  };
  while (i < end) {
    const code = text.charCodeAt(i);
    if (code === QUOTE && text.startsWith('"""', i) && i + 2 < end) {
      copyUpTo(i);
      return { end: i + 3, content: { style: "triple", parts: toParts(dedent(segments)) } };
    }
    if (code === DOLLAR && text.charCodeAt(i + 1) === OPEN_BRACE && i + 1 < end) {
      const part = readInterpolation(lexer, i, end, depth);
      if (part === undefined) break;
      copyUpTo(i);
      segments.push(part);
      i = part.end;
      copied = i;
    } else i++;
  }
  reportUnterminated(lexer, pos, pos + 3, 'Close it with `"""`');
  return { end, content: null };
}

/**
 * The same in a string of one line. The brace found may be one of the code further down; then the text up to it is no
 * expression, and it is the interpolation that has no end.
 */
function readInterpolationOfLine(lexer: Lexer, pos: number, end: number, depth: number): InterpolationPart | undefined {
  const { diagnostics, comments } = lexer;
  const [told, commented] = [diagnostics.length, comments.length];
  const part = readInterpolation(lexer, pos, end, depth);
  // Only short ones and not inside of one another, so that nothing is read more than a few times.
  if (part === undefined || depth > 0 || diagnostics.length === told || part.end - pos > MAX_REREAD) return part;
  if (!lexer.text.slice(pos, part.end).includes("\n")) return part;
  diagnostics.length = told;
  comments.length = commented;
  return undefined;
}

const MAX_REREAD = 2_000;

function toParts(segments: readonly (string | InterpolationPart)[]): StringTokenPart[] {
  const parts = segments.map(
    (segment): StringTokenPart => (typeof segment === "string" ? { kind: "text", value: segment } : segment),
  );
  return parts.length === 0 ? [{ kind: "text", value: "" }] : parts;
}

function isInterpolated(content: StringContent): boolean {
  return content.parts.some((part) => part.kind === "interpolation");
}

/** `pos` is at the `$`. Undefined when no closing brace follows. */
function readInterpolation(lexer: Lexer, pos: number, end: number, depth: number): InterpolationPart | undefined {
  const close = closingBrace(lexer, pos + 1, end);
  if (close < 0) return undefined;
  const start = pos + 2;
  const span = { start: pos, end: close + 1 };
  if (lexer.text.slice(start, close).trim() === "") {
    report(lexer, "HARN-P012", `Unexpected character '}' at ${place(lexer, close)}`, span, {
      hint: "Write an expression between `${` and `}`, or `\\${` for the characters themselves",
    });
    return { kind: "interpolation", ...span, tokens: [invalidToken(start, close), endToken(close)] };
  }
  if (depth >= MAX_INTERPOLATION_DEPTH) {
    const message = `Expected at most ${MAX_INTERPOLATION_DEPTH} strings inside one another, got more at ${place(lexer, pos)}`;
    report(lexer, "HARN-P008", message, span, { hint: "Bind the inner string to a name first" });
    return { kind: "interpolation", ...span, tokens: [invalidToken(start, close), endToken(close)] };
  }
  return { kind: "interpolation", ...span, tokens: lexRegion(lexer, start, close, depth + 1) };
}

function invalidToken(start: number, end: number): Token {
  return { kind: "invalid", start, end, lineBreakBefore: false, content: null };
}

function endToken(offset: number): Token {
  return { kind: "eof", start: offset, end: offset, lineBreakBefore: false, content: null };
}

/** Offset of the brace that closes the one at `open`, or -1 when none does before `end`. */
function closingBrace(lexer: Lexer, open: number, end: number): number {
  const { text } = lexer;
  if (lexer.braces === undefined) {
    let depth = 0;
    for (let i = open; i < end; i++) {
      const code = text.charCodeAt(i);
      if (code === OPEN_BRACE) depth++;
      else if (code === CLOSE_BRACE && --depth === 0) return i;
    }
    // A file of many unclosed `${` must not search to its end for each of them.
    lexer.braces = matchBraces(text);
    return -1;
  }
  const close = lexer.braces.get(open);
  return close === undefined || close >= end ? -1 : close;
}

function matchBraces(text: string): Map<number, number> {
  const matches = new Map<number, number>();
  const open: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === OPEN_BRACE) open.push(i);
    else if (code === CLOSE_BRACE) {
      const start = open.pop();
      if (start !== undefined) matches.set(start, i);
    }
  }
  return matches;
}

const CLOSE_ON_LINE = 'Close it with `"` on the same line, or use `"""` for several lines';

function unterminatedLine(lexer: Lexer, pos: number, end: number, hint: string = CLOSE_ON_LINE): StringRead {
  const { text } = lexer;
  let lineEnd = lineEndFrom(text, pos, end);
  if (lineEnd > pos + 1 && text.charCodeAt(lineEnd - 1) === RETURN) lineEnd--;
  reportUnterminated(lexer, pos, lineEnd, hint);
  return { end: lineEnd, content: null };
}

/**
 * A line break at `lineEnd` before the closing quote. Where the next line with a quote has an odd number of them, the text
 * was meant to go on to the first of those.
 */
function unterminatedPlain(lexer: Lexer, pos: number, lineEnd: number, end: number): StringRead {
  const { text } = lexer;
  const limit = Math.min(end, lineEnd + MAX_FOREIGN_STRING);
  let first = -1;
  let quotes = 0;
  for (let i = lineEnd + 1; i < limit && (first < 0 || text.charCodeAt(i) !== LINE_FEED); i++) {
    if (text.charCodeAt(i) === BACKSLASH) i++;
    else if (text.charCodeAt(i) === QUOTE) {
      if (first < 0) first = i;
      quotes++;
    }
  }
  if (quotes % 2 === 0 || text.startsWith('"""', first)) return unterminatedLine(lexer, pos, end);
  reportUnterminated(lexer, pos, lineEnd, 'Write a text of several lines as `"""…"""`');
  return { end: first + 1, content: null };
}

function reportUnterminated(lexer: Lexer, start: number, end: number, hint: string): void {
  report(lexer, "HARN-P004", `Unterminated string at ${place(lexer, start)}`, { start, end }, { hint });
}

/** Not `indexOf`, which would look past `end` through the rest of a long file. */
function lineEndFrom(text: string, pos: number, end: number): number {
  let i = pos;
  while (i < end && text.charCodeAt(i) !== LINE_FEED) i++;
  return i;
}
