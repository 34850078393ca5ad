/** Telling of an error: once for each place, at the token or the line that is to blame, and going on behind it. */

import type { Span } from "./ast.ts";
import type { ParseCode } from "./codes.ts";
import { foreignForm } from "./foreign-syntax.ts";
import { currentToken, type Parser } from "./parser-state.ts";
import { place, type ReportExtras, report } from "./reporter.ts";
import type { Token, TokenKind } from "./tokens.ts";

/** Reports that `expected` is not what is there, and panics. */
export function fail(p: Parser, expected: string, extras: ReportExtras = {}, code: ParseCode = "HARN-P001"): void {
  if (p.panic) return;
  const token = currentToken(p);
  if (!isHeard(p, token)) return failWith(p, code, "");
  const foreign = foreignFormAt(p, token, expected);
  const hinted = {
    ...labelBefore(p, token, expected),
    ...extras,
    ...(foreign === undefined ? {} : { hint: foreign.hint }),
  };
  if (isAtEndOfText(p, token)) {
    return failWith(p, "HARN-P002", `Unexpected end of file, expected ${expected}`, hinted);
  }
  const span = foreign?.span ?? { start: token.start, end: token.end };
  const got = foreign?.span === undefined ? describeToken(p, token) : p.file.text.slice(span.start, span.end);
  const message = `Expected ${foreign?.expected ?? expected}, got ${got} at ${place(p, span.start)}`;
  failWith(p, foreign?.expected === undefined ? code : "HARN-P022", message, hinted, span);
  if (foreign?.wholeLine === true) p.quietUntil = endOfLine(p, token.start);
}

export function endOfLine(p: Parser, offset: number): number {
  const end = p.file.text.indexOf("\n", offset);
  return end < 0 ? p.file.text.length : end;
}

export function isAtEndOfText(p: Parser, token: Token): boolean {
  return token.kind === "eof" && token.start >= p.file.text.length;
}

/** These end what stands before them, so that nothing is missing there. */
const ENDS_EXPRESSION: ReadonlySet<TokenKind> = new Set<TokenKind>([
  "identifier",
  "int",
  "float",
  "duration",
  "string",
  "interpolated",
  "true",
  "false",
  "nil",
  "break",
  "continue",
  ")",
  "]",
  "}",
]);

/** What is missing at the end of a line is noticed on a later one. */
function labelBefore(p: Parser, token: Token, expected: string): ReportExtras {
  const last = tokenBefore(p, token);
  if (last === undefined || last.kind === "{" || last.kind === ",") return {};
  if (ENDS_EXPRESSION.has(last.kind) && expected === "expression") return {};
  return { labels: [{ span: { start: last.start, end: last.end }, message: "Expected behind this" }] };
}

/** The last token of an earlier line, when `token`, the current one, begins or ends a line. */
function tokenBefore(p: Parser, token: Token): Token | undefined {
  if (!token.lineBreakBefore) return undefined;
  const before = p.tokens[p.pos - 1];
  return before?.kind === "newline" ? p.tokens[p.pos - 2] : before;
}

/** Characters of a line looked at on either side of an error. */
const LINE_WINDOW = 120;

interface FormFound {
  readonly hint: string;
  readonly expected?: string;
  /** What the error is about, where that is not the token. */
  readonly span?: Span;
  readonly wholeLine?: true;
}

/** What to say if the line reads like another language: the one that breaks off, or the one of the token. */
export function foreignFormAt(p: Parser, token: Token, expected: string): FormFound | undefined {
  const before = tokenBefore(p, token);
  const broken = before === undefined ? undefined : foreignFormIn(p, before.end, expected);
  return broken ?? foreignFormIn(p, token.start, expected);
}

function foreignFormIn(p: Parser, offset: number, expected: string): FormFound | undefined {
  const { text } = p.file;
  const before = text.slice(Math.max(0, offset - LINE_WINDOW), offset);
  const rest = text.slice(offset, offset + LINE_WINDOW);
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const found = foreignForm(line + rest.split(/[\r\n]/, 1)[0], line.length, expected);
  if (found === undefined) return undefined;
  const { hint, start, end } = found;
  const from = offset - line.length;
  return {
    hint,
    ...(found.wholeLine === undefined ? {} : { wholeLine: found.wholeLine }),
    ...(found.expected === undefined ? {} : { expected: found.expected }),
    ...(start === undefined || end === undefined ? {} : { span: { start: from + start, end: from + end } }),
  };
}

/** Reports at the current token or at `span`, and panics. */
export function failWith(p: Parser, code: ParseCode, message: string, extras: ReportExtras = {}, span?: Span): void {
  if (p.panic) return;
  p.panic = true;
  p.mayResume = code !== "HARN-P008";
  const token = currentToken(p);
  p.lastEnd = Math.max(p.lastEnd, token.start);
  if (!isHeard(p, token)) return;
  p.quietUntil = token.start;
  report(p, code, message, span ?? { start: token.start, end: token.end }, extras);
}

/** Whether an error at `token` is told. */
export function isHeard(p: Parser, token: Token): boolean {
  return !p.speculating && token.start > p.quietUntil && !isToldByLexer(p, token);
}

/** The file ends inside a bracket: the error is where it was opened. */
export function failUnclosed(p: Parser, closer: string, open: number): void {
  const culprit = p.tokens[closer === "}" ? unclosedBrace(p, open) : open]!;
  const end = p.file.text.length;
  failWith(
    p,
    "HARN-P002",
    `Unexpected end of file, expected ${closer}`,
    { labels: [{ span: { start: end, end }, message: `The file ends without its \`${closer}\`` }] },
    { start: culprit.start, end: culprit.end },
  );
}

/**
 * Which brace lacks its partner: every later `}` has closed one further in. Where the first `}` stands further to the left
 * than the line of the brace that it closes, that brace is the one; else it is the one at token index `open`.
 */
function unclosedBrace(p: Parser, open: number): number {
  const { partner } = p.brackets;
  let column = 0;
  const columnOfLine = new Map<number, number>();
  for (let index = open; index < p.tokens.length; index++) {
    const token = p.tokens[index]!;
    if (token.lineBreakBefore) column = p.file.position(token.start).column;
    if (token.kind === "{") columnOfLine.set(index, column);
    if (token.kind !== "}" || !token.lineBreakBefore) continue;
    const opener = partner[index]!;
    if (opener > open && column < (columnOfLine.get(opener) ?? 0)) return opener;
  }
  return open;
}

/** Reports something that does not keep the parser from going on. */
export function complain(p: Parser, code: ParseCode, message: string, span: Span, extras: ReportExtras = {}): void {
  if (p.panic || p.speculating) return;
  report(p, code, message, span, extras);
}

/** The lexer has spoken about this token, or about the one that swallowed the rest of the file. */
function isToldByLexer(p: Parser, token: Token): boolean {
  if (token.kind === "invalid") return true;
  const before = p.tokens[p.pos - 1];
  return token.kind === "eof" && before?.kind === "invalid" && before.end === token.start;
}

export function here(p: Parser): string {
  return place(p, currentToken(p).start);
}

const MAX_SHOWN = 40;

export function describeToken(p: Parser, token: Token): string {
  if (token.kind === "eof") return p.file.text.charAt(token.start) || "end of file";
  const shown = p.file.text.slice(token.start, Math.min(token.end, token.start + MAX_SHOWN));
  const line = shown.replaceAll("\r", "").replaceAll("\n", "\\n");
  return token.end - token.start > MAX_SHOWN ? `${line}…` : line;
}

/** Words that begin a statement on a line of its own, so that recovery may stop before them. */
const STATEMENT_WORDS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  "@",
  "break",
  "continue",
  "deadline",
  "defer",
  "emit",
  "enum",
  "eval_pack",
  "fn",
  "for",
  "guard",
  "if",
  "impl",
  "import",
  "interface",
  "let",
  "match",
  "mutex",
  "override",
  "parallel",
  "pipeline",
  "pub",
  "require",
  "retry",
  "return",
  "select",
  "struct",
  "throw",
  "tool",
  "try",
  "type",
  "var",
  "while",
  "yield",
]);

export function startsStatement(kind: TokenKind): boolean {
  return STATEMENT_WORDS.has(kind);
}

/** Tokens that a new line of a list does not start with. */
const CONTINUES_LINE: ReadonlySet<TokenKind> = new Set<TokenKind>([
  ".",
  "?.",
  "|>",
  "||",
  "&&",
  "==",
  "!=",
  "<=",
  ">=",
  "<",
  ">",
  "+",
  "??",
  "*",
  "/",
  "%",
  "**",
  "?",
  ":",
  "=",
  "->",
  "|",
  ",",
  ")",
  "]",
  "{",
  "else",
  "catch",
  "finally",
  "exclusive",
  "extends",
  "from",
  "in",
  "to",
]);

/** Bracket depth of what stands directly inside the bracket at token index `open`. */
export function levelInside(p: Parser, open: number): number {
  return p.brackets.depth[open]! + (p.brackets.partner[open]! >= 0 ? 1 : 0);
}

/**
 * Ends a panic: skips to the next line of the list whose bracket depth is `level`, at least one token behind `before`,
 * where the member began. False when what follows is outside of the list, whose closer is then missing.
 */
export function recover(p: Parser, level: number, before: number): boolean {
  if (!p.panic) return true;
  p.panic = false;
  const { tokens, brackets } = p;
  for (; tokens[p.pos]!.kind !== "eof"; p.pos++) {
    const depth = brackets.depth[p.pos]!;
    if (depth > level) continue;
    const token = tokens[p.pos]!;
    // A brace with a partner closes something that is being skipped.
    if (depth < level || (token.kind === "}" && brackets.partner[p.pos]! < 0)) break;
    if (token.kind === ";") {
      p.pos++;
      break;
    }
    if (token.kind === "newline" && !CONTINUES_LINE.has(tokens[p.pos + 1]!.kind)) {
      p.pos++;
      break;
    }
    if (p.pos > before && token.lineBreakBefore && startsStatement(token.kind)) break;
  }
  const goesOn = brackets.depth[p.pos]! >= level && tokens[p.pos]!.kind !== "eof";
  if (goesOn && p.pos === before && tokens[p.pos]!.kind !== "}") p.pos++;
  // Skipped text belongs to whatever is being parsed.
  if (p.pos > 0) p.lastEnd = Math.max(p.lastEnd, tokens[p.pos - 1]!.end);
  return goesOn;
}
