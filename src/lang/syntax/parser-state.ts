/**
 * The parser's state and its primitives.
 *
 * *Panic.* After an error the parser sees the end of the file wherever it looks, so every rule winds up at once without
 * consuming anything, and no second error is told about the same place. The innermost list of statements, arms or members
 * then calls `recover`, which skips to the next line of that list and goes on. What was parsed so far stays in the tree.
 *
 * Verbs: `parseX` reports and recovers, `tryParseX` may decline and consumes nothing then, `expectX` insists.
 */

import type { Block, ErrorNode, Expr, Ident, Item, Span } from "./ast.ts";
import { type Brackets, matchBrackets } from "./brackets.ts";
import type { Reporter } from "./reporter.ts";
import type { SourceFile } from "./source-file.ts";
import type { Token, TokenKind } from "./tokens.ts";

/** Expressions and blocks inside one another; a closure counts twice. */
export const MAX_NESTING = 256;
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

export function ident(p: Parser, token: Token): Ident {
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
