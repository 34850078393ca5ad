/**
 * The parser's state and its primitives.
 *
 * *Panic.* After an error the parser sees the end of the file wherever it looks, so every rule winds up at once without
 * consuming anything, and no second error is told about the same place. The innermost list of statements, arms or members
 * then calls `recover`, which skips to the next line of that list and goes on. What was parsed so far stays in the tree.
 *
 * *Depth and height.* `depth` counts the rules in progress, `height` the tallest finished subtree among the children of
 * the node in progress. The first keeps this parser off the end of the JavaScript stack, the second everyone who walks
 * the tree (a chain of ten thousand `+` is parsed by a loop, but leans ten thousand nodes to the left).
 *
 * *Speculation.* `a < b > (c)` is tried as a call with type arguments first: `speculate` runs a rule and takes it back
 * when it fails. Only types are parsed that way, so nothing is parsed more than twice.
 *
 * Verbs: `parseX` reports and recovers, `tryParseX` may decline and consumes nothing then, `expectX` insists.
 */

import type { Block, ErrorNode, Expr, Ident, Item, Span } from "./ast.ts";
import { type Brackets, matchBrackets } from "./brackets.ts";
import type { ParseCode } from "./codes.ts";
import { type ForeignWord, foreignForm, foreignWord } from "./foreign-syntax.ts";
import { place, type ReportExtras, type Reporter, report } from "./reporter.ts";
import type { SourceFile } from "./source-file.ts";
import { isKeyword, type Keyword, type Token, type TokenKind } from "./tokens.ts";

/** Expressions and blocks inside one another; a closure counts twice. */
export const MAX_NESTING = 256;
/** Types inside one another in the type arguments of a call. */
const MAX_SPECULATIVE_NESTING = 32;
/** Nodes on the longest way from the root of a statement to a leaf. */
export const MAX_TREE_HEIGHT = 1_000;
/** What a name that is not there is called in the tree. */
export const MISSING_NAME = "_";

/** How the area files call each other without importing each other. */
export interface Rules {
  readonly expression: (p: Parser) => Expr;
  /** An expression without infix operators. */
  readonly operand: (p: Parser) => Expr;
  /** The same before a body's `{`. */
  readonly headOperand: (p: Parser) => Expr;
  /** `{ statements }`. */
  readonly block: (p: Parser) => Block;
  /** Statements up to the closing brace, behind an opening one at token index `open`. */
  readonly blockItems: (p: Parser, open: number) => readonly Item[];
  /** One member of a statement list. */
  readonly item: (p: Parser) => Item;
  /** A declaration, attributed or not, or undefined when none stands here (nothing is consumed). */
  readonly tryDeclaration: (p: Parser) => Item | undefined;
}

export interface Parser extends Reporter {
  readonly file: SourceFile;
  readonly rules: Rules;
  tokens: readonly Token[];
  brackets: Brackets;
  pos: number;
  /** Where the last consumed token ends; after an error, where the offending one starts. */
  lastEnd: number;
  panic: boolean;
  speculating: boolean;
  depth: number;
  /** `MAX_NESTING`, less while speculating. */
  maxDepth: number;
  /** The top-level item in progress has been called too deep. */
  toldDeep: boolean;
  height: number;
  /** No errors are told up to this offset, one has been. */
  quietUntil: number;
  /** Bracket depth of the innermost list of statements, arms or members in progress. */
  level: number;
  /** The body of what failed may still be read, see `resumeAtBody`. */
  mayResume: boolean;
}

export function createParser(file: SourceFile, tokens: readonly Token[], rules: Rules, reporter: Reporter): Parser {
  return {
    file,
    rules,
    diagnostics: reporter.diagnostics,
    tokens,
    brackets: matchBrackets(tokens),
    pos: 0,
    lastEnd: 0,
    panic: false,
    speculating: false,
    depth: 0,
    maxDepth: MAX_NESTING,
    toldDeep: false,
    height: 0,
    quietUntil: -1,
    level: 0,
    mayResume: true,
  };
}

// ---- Looking -------------------------------------------------------------------------------------------------------

/** The token really at hand, panic or not. */
export function currentToken(p: Parser): Token {
  return p.tokens[p.pos]!;
}

export function currentKind(p: Parser): TokenKind {
  return p.panic ? "eof" : p.tokens[p.pos]!.kind;
}

export function kindAhead(p: Parser, distance: number): TokenKind {
  return p.panic ? "eof" : (p.tokens[p.pos + distance]?.kind ?? "eof");
}

export function at(p: Parser, kind: TokenKind): boolean {
  return !p.panic && p.tokens[p.pos]!.kind === kind;
}

/** Whether the current token is the name `word` (keywords have kinds of their own). */
export function atWord(p: Parser, word: string): boolean {
  return isWordAhead(p, 0, word);
}

export function isWordAhead(p: Parser, distance: number, word: string): boolean {
  const token = p.tokens[p.pos + distance];
  if (p.panic || token?.kind !== "identifier" || token.end - token.start !== word.length) return false;
  return p.file.text.startsWith(word, token.start);
}

/** Like `at`, but a line break may come first; it is consumed on success. */
export function atAcrossLines(p: Parser, kind: TokenKind): boolean {
  if (at(p, kind)) return true;
  if (!at(p, "newline") || kindAhead(p, 1) !== kind) return false;
  p.pos++;
  return true;
}

export function atEnd(p: Parser): boolean {
  return currentKind(p) === "eof";
}

export function tokenText(p: Parser, token: Token): string {
  return p.file.text.slice(token.start, token.end);
}

// ---- Consuming -----------------------------------------------------------------------------------------------------

/** Consumes the current token. The end of the file stays where it is. */
export function advance(p: Parser): Token {
  const token = p.tokens[p.pos]!;
  if (p.panic || token.kind === "eof") return token;
  p.pos++;
  p.lastEnd = token.end;
  return token;
}

export function skipNewlines(p: Parser): void {
  if (at(p, "newline")) p.pos++;
}

export function take(p: Parser, kind: TokenKind): boolean {
  if (!at(p, kind)) return false;
  advance(p);
  return true;
}

export function takeWord(p: Parser, word: string): boolean {
  if (!atWord(p, word)) return false;
  advance(p);
  return true;
}

/** Insists on a token, after any line break. */
export function expect(p: Parser, kind: TokenKind, expected: string = kind): void {
  skipNewlines(p);
  if (!take(p, kind)) fail(p, expected);
}

/** Insists on the bracket that closes the one at token index `open`. */
export function expectClose(p: Parser, kind: ")" | "]" | "}" | ">", open: number): void {
  skipNewlines(p);
  if (take(p, kind)) return;
  const { start, end } = p.tokens[open]!;
  if (!p.panic && !p.speculating && isAtEndOfText(p, currentToken(p))) failUnclosed(p, kind, open);
  else fail(p, kind, { labels: [{ span: { start, end }, message: "Opened here" }] });
}

/** Opens a bracket; its token index, for `expectClose`. */
export function expectOpen(p: Parser, kind: "(" | "[" | "{" | "<"): number {
  expect(p, kind);
  return p.panic ? p.pos : p.pos - 1;
}

export function expectIdentifier(p: Parser, expected: string): Ident {
  skipNewlines(p);
  const token = currentToken(p);
  if (at(p, "identifier")) {
    advance(p);
    return ident(p, token);
  }
  if (!p.panic && isKeyword(token.kind)) {
    const foreign = isHeard(p, token) ? foreignFormAt(p, token, expected) : undefined;
    const hint = foreign?.hint ?? "Choose another name; this one is part of the language";
    failWith(p, "HARN-P006", `Expected ${expected}, got '${token.kind}' (reserved keyword) at ${here(p)}`, { hint });
    if (foreign?.wholeLine === true) p.quietUntil = endOfLine(p, token.start);
  } else fail(p, expected);
  return missingIdent(p);
}

/** A member name or dict key, where every keyword is a name too. */
export function expectMemberName(p: Parser, expected: string, extras: ReportExtras = {}): Ident {
  skipNewlines(p);
  const token = currentToken(p);
  if (at(p, "identifier") || isKeyword(currentKind(p))) {
    advance(p);
    return ident(p, token);
  }
  fail(p, expected, extras);
  return missingIdent(p);
}

/** A keyword may name a field when the rest of the line shows that it does. */
export function expectFieldName(p: Parser, expected: string): Ident {
  skipNewlines(p);
  const next = kindAhead(p, 1);
  return next === ":" || next === "?" ? expectMemberName(p, expected) : expectIdentifier(p, expected);
}

function ident(p: Parser, token: Token): Ident {
  return { name: tokenText(p, token), span: { start: token.start, end: token.end } };
}

export function missingIdent(p: Parser): Ident {
  return { name: MISSING_NAME, span: emptySpan(p) };
}

export function errorNode(p: Parser): ErrorNode {
  return { kind: "ErrorNode", span: emptySpan(p) };
}

export function emptySpan(p: Parser): Span {
  return { start: p.lastEnd, end: p.lastEnd };
}

/** Where the next node will start. */
export function startOffset(p: Parser): number {
  skipNewlines(p);
  return p.panic ? p.lastEnd : currentToken(p).start;
}

/** From `start` to the last consumed token. */
export function spanFrom(p: Parser, start: number): Span {
  return { start, end: Math.max(start, p.lastEnd) };
}

// ---- Errors --------------------------------------------------------------------------------------------------------

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

function endOfLine(p: Parser, offset: number): number {
  const end = p.file.text.indexOf("\n", offset);
  return end < 0 ? p.file.text.length : end;
}

function isAtEndOfText(p: Parser, token: Token): boolean {
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
function foreignFormAt(p: Parser, token: Token, expected: string): FormFound | undefined {
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
function isHeard(p: Parser, token: Token): boolean {
  return !p.speculating && token.start > p.quietUntil && !isToldByLexer(p, token);
}

/** The file ends inside a bracket: the error is where it was opened. */
function failUnclosed(p: Parser, closer: string, open: number): void {
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

// ---- Limits --------------------------------------------------------------------------------------------------------

/** Goes one level deeper; false when that is too deep (reported), and then `leave` must not be called. */
export function enter(p: Parser): boolean {
  if (p.depth < p.maxDepth) {
    p.depth++;
    return true;
  }
  tooDeep(p);
  return false;
}

export function leave(p: Parser): void {
  p.depth--;
}

/** The node in progress is one taller than its children. */
export function grow(p: Parser): void {
  p.height++;
  if (p.height > MAX_TREE_HEIGHT && !p.panic) {
    const message = `Expected an expression of at most ${MAX_TREE_HEIGHT} parts in a row, got more at ${here(p)}`;
    failWith(p, "HARN-P008", message, { hint: "Bind an inner part to a name, or move it to a function" });
  }
}

/** One error for the whole heap of brackets: it is skipped as a piece where it is closed, or to the end of the file. */
function tooDeep(p: Parser): void {
  if (p.panic) return;
  if (p.speculating) return failWith(p, "HARN-P008", "");
  if (p.toldDeep) p.quietUntil = Math.max(p.quietUntil, currentToken(p).start);
  p.toldDeep = true;
  const message = `Expected at most ${MAX_NESTING} levels of nesting, got more at ${here(p)}`;
  failWith(p, "HARN-P008", message, { hint: "Bind an inner part to a name, or move it to a function" });
  const partner = p.brackets.partner[p.pos]!;
  if (partner > p.pos) {
    p.panic = false;
    p.pos = partner + 1;
    p.lastEnd = p.tokens[partner]!.end;
  } else if (!p.brackets.balanced) {
    p.quietUntil = p.file.text.length;
  }
}

/** Runs a rule that may fail; when it does, everything is as before and the answer is undefined. */
export function speculate<T>(p: Parser, rule: (p: Parser) => T, accept: (p: Parser) => boolean): T | undefined {
  const { pos, lastEnd, height, speculating, depth, maxDepth } = p;
  p.speculating = true;
  p.maxDepth = Math.min(maxDepth, depth + MAX_SPECULATIVE_NESTING);
  const result = rule(p);
  const accepted = !p.panic && accept(p);
  p.speculating = speculating;
  p.maxDepth = maxDepth;
  if (accepted) return result;
  p.panic = false;
  p.pos = pos;
  p.lastEnd = lastEnd;
  p.height = height;
  p.depth = depth;
  return undefined;
}

// ---- Lists ---------------------------------------------------------------------------------------------------------

/** Members up to a closing brace, one parser call each, a comma between them or not; each may fail for itself. */
export function parseMembers<T>(p: Parser, open: number, parseMember: (p: Parser) => T): T[] {
  const members: T[] = [];
  if (p.panic) return members;
  const level = levelInside(p, open);
  const outerLevel = p.level;
  p.level = level;
  let tallest = p.height;
  while (true) {
    p.height = tallest;
    skipNewlines(p);
    if (atEnd(p) || at(p, "}")) break;
    const before = p.pos;
    p.height = 0;
    members.push(parseMember(p));
    tallest = Math.max(tallest, p.height);
    if (!p.panic && p.pos === before) fail(p, "}");
    if (p.panic) {
      if (!recover(p, level, before)) break;
    } else {
      skipNewlines(p);
      take(p, ",");
    }
  }
  p.level = outerLevel;
  return members;
}

/** With these a list has been left unclosed. */
const NO_ELEMENT: ReadonlySet<TokenKind> = new Set<TokenKind>([")", "]", "}"]);
const NO_ELEMENT_ON_NEW_LINE: ReadonlySet<TokenKind> = new Set<TokenKind>([
  "enum",
  "for",
  "guard",
  "impl",
  "import",
  "interface",
  "let",
  "pipeline",
  "pub",
  "return",
  "struct",
  "throw",
  "var",
  "while",
]);

function startsNoElement(p: Parser): boolean {
  const kind = currentKind(p);
  if (NO_ELEMENT.has(kind)) return true;
  return currentToken(p).lineBreakBefore && NO_ELEMENT_ON_NEW_LINE.has(kind) && kindAhead(p, 1) !== ":";
}

/**
 * Elements up to a closing bracket, separated by commas, line breaks or nothing. An error ends the list, and so does what
 * cannot be an element; the caller then misses its bracket.
 */
export function parseElements<T>(p: Parser, closer: TokenKind, parseElement: (p: Parser) => T): T[] {
  const elements: T[] = [];
  skipNewlines(p);
  while (!atEnd(p) && !at(p, closer) && !startsNoElement(p)) {
    const siblings = p.height;
    p.height = 0;
    elements.push(parseElement(p));
    p.height = Math.max(siblings, p.height);
    skipNewlines(p);
    if (take(p, ",")) skipNewlines(p);
  }
  return elements;
}

/** A `;` or line breaks between two members of a list of statements. */
export function takeSeparator(p: Parser): boolean {
  const semicolon = take(p, ";");
  const newline = at(p, "newline");
  skipNewlines(p);
  return semicolon || newline;
}

/** After a member: insists that the next one starts on a line of its own or behind a `;`. */
export function parseSeparator(p: Parser, item: string): void {
  if (!p.panic && !takeEndOfMember(p)) failSeparator(p, item);
}

/** Nothing of the member follows on its line. */
export function takeEndOfMember(p: Parser): boolean {
  return takeSeparator(p) || atEnd(p) || at(p, "}") || currentToken(p).lineBreakBefore;
}

export function failSeparator(p: Parser, item: string): void {
  const token = currentToken(p);
  const told = p.diagnostics.length;
  fail(p, `${item} separator (\`;\` or newline)`, {}, "HARN-P007");
  // The next member stands right here, unless the line means something else.
  if (startsStatement(token.kind) && p.diagnostics[told]?.code !== "HARN-P022") p.panic = false;
}

/**
 * Where a statement that began at token index `before` does not end as one does: its first word, or the one behind its
 * last brace, may come from another language or be misspelt, as in `def f()` or `} elif x {`. Says so, having taken back
 * what was told since (`told` diagnostics were there). The answer is where the list goes on: "again" at the first word,
 * which has been corrected, "next" behind the statement.
 */
export function tryReadForeignWord(p: Parser, before: number, told: number): "again" | "next" | undefined {
  if (p.panic || p.speculating) return undefined;
  if (readForeignWord(p, before, told)) return "again";
  if (p.panic || p.tokens[p.pos - 1]!.kind !== "}") return undefined;
  return readForeignWord(p, p.pos, p.diagnostics.length) ? "next" : undefined;
}

/** True when the parser goes on at the word or behind it. In panic afterwards: said so, but there is nothing to go on with. */
function readForeignWord(p: Parser, index: number, told: number): boolean {
  const token = p.tokens[index]!;
  if (token.kind !== "identifier") return false;
  // `word(…)` is a call, unless a body follows.
  if (p.tokens[index + 1]!.kind === "(" && index !== p.pos && !at(p, "{")) return false;
  const word = foreignWord(tokenText(p, token));
  if (word === undefined) return false;
  p.pos = index;
  p.diagnostics.length = told;
  tellForeignWord(p, word);
  if (word.readAs === undefined && word.skip === undefined) return false;
  readOn(p, word);
  return true;
}

/** The same before a declaration, as behind an attribute: `@step def plan(goal)`. */
export function readForeignWords(p: Parser): void {
  while (at(p, "identifier") && (kindAhead(p, 1) === "identifier" || isKeyword(kindAhead(p, 1)))) {
    const word = foreignWord(tokenText(p, currentToken(p)));
    if (word === undefined || (word.readAs === undefined && word.skip === undefined)) return;
    tellForeignWord(p, word);
    readOn(p, word);
  }
}

function tellForeignWord(p: Parser, word: ForeignWord): void {
  const got = describeToken(p, currentToken(p));
  failWith(p, "HARN-P022", `Expected ${word.expected}, got ${got} at ${here(p)}`, { hint: word.hint });
}

function readOn(p: Parser, word: ForeignWord): void {
  p.panic = false;
  if (word.readAs === undefined) p.pos++;
  else respell(p, p.pos, word.readAs);
}

/** The tokens are the parser's own: nobody else sees them. */
function respell(p: Parser, index: number, kind: Keyword): void {
  (p.tokens as Token[])[index] = { ...p.tokens[index]!, kind };
}

/**
 * Before a body, when what stands before it was not understood: its `{` may still stand on the same line. What is inside
 * is then read as usual, so that an error in a head hides none in the body.
 */
export function resumeAtBody(p: Parser): void {
  if (!p.panic || !p.mayResume || p.speculating) return;
  const { depth, partner } = p.brackets;
  const end = Math.min(p.tokens.length, p.pos + MAX_RESUME_DISTANCE);
  for (let index = p.pos; index < end; index++) {
    const { kind } = p.tokens[index]!;
    if (depth[index]! > p.level) continue;
    if (depth[index]! < p.level || kind === "newline" || kind === ";" || kind === "}" || kind === "eof") return;
    if (kind !== "{" || partner[index]! < 0) continue;
    p.pos = index;
    p.panic = false;
    return;
  }
}

/** Tokens between an error and the body it may be followed by. */
const MAX_RESUME_DISTANCE = 100;
