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
import { place, type ReportExtras, type Reporter, report } from "./reporter.ts";
import type { SourceFile } from "./source-file.ts";
import { isKeyword, type Token, type TokenKind } from "./tokens.ts";

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
  fail(p, kind, { labels: [{ span: { start, end }, message: "Opened here" }] });
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
    const hint = "Choose another name; this one is part of the language";
    failWith(p, "HARN-P006", `Expected ${expected}, got '${token.kind}' (reserved keyword) at ${here(p)}`, { hint });
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
export function fail(p: Parser, expected: string, extras: ReportExtras = {}): void {
  if (p.panic) return;
  const token = currentToken(p);
  if (p.speculating) failWith(p, "HARN-P001", "");
  else if (token.kind === "eof" && token.start >= p.file.text.length) {
    failWith(p, "HARN-P002", `Unexpected end of file, expected ${expected}`, extras);
  } else {
    failWith(p, "HARN-P001", `Expected ${expected}, got ${describeToken(p, token)} at ${here(p)}`, extras);
  }
}

/** Reports at the current token, and panics. */
export function failWith(p: Parser, code: ParseCode, message: string, extras: ReportExtras = {}): void {
  if (p.panic) return;
  p.panic = true;
  const token = currentToken(p);
  p.lastEnd = Math.max(p.lastEnd, token.start);
  if (p.speculating || token.start <= p.quietUntil || isToldByLexer(p, token)) return;
  p.quietUntil = token.start;
  report(p, code, message, { start: token.start, end: token.end }, extras);
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
  let tallest = p.height;
  while (true) {
    p.height = tallest;
    skipNewlines(p);
    if (atEnd(p) || at(p, "}")) return members;
    const before = p.pos;
    p.height = 0;
    members.push(parseMember(p));
    tallest = Math.max(tallest, p.height);
    if (!p.panic && p.pos === before) fail(p, "}");
    if (p.panic) {
      if (!recover(p, level, before)) return members;
    } else {
      skipNewlines(p);
      take(p, ",");
    }
  }
}

/** Elements up to a closing bracket, separated by commas, line breaks or nothing. An error ends the list. */
export function parseElements<T>(p: Parser, closer: TokenKind, parseElement: (p: Parser) => T): T[] {
  const elements: T[] = [];
  skipNewlines(p);
  while (!atEnd(p) && !at(p, closer)) {
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
  if (p.panic || takeSeparator(p) || atEnd(p) || at(p, "}") || currentToken(p).lineBreakBefore) return;
  const message = `Expected ${item} separator (\`;\` or newline), got ${describeToken(p, currentToken(p))} at ${here(p)}`;
  failWith(p, "HARN-P007", message);
  // The next member stands right here.
  if (startsStatement(currentToken(p).kind)) p.panic = false;
}
