/** Statement lists and statements. */

import { type Block, type Expr, type Item, peelAttributes, type Stmt } from "./ast.ts";
import {
  parseDeadline,
  parseIf,
  parseMatch,
  parseMutex,
  parseParallel,
  parseRetry,
  parseSelect,
  parseTry,
} from "./parse-control.ts";
import { expect, expectClose, expectOpen } from "./parse-expected.ts";
import { complain, fail, levelInside, recover } from "./parse-failures.ts";
import { resumeAtBody, tryReadForeignWord } from "./parse-foreign-words.ts";
import { enter, grow, leave } from "./parse-limits.ts";
import { failSeparator, takeEndOfMember } from "./parse-lists.ts";
import { parseForPattern, parsePattern } from "./parse-patterns.ts";
import { tryParseAnnotation } from "./parse-types.ts";
import {
  advance,
  at,
  atEnd,
  currentKind,
  kindAhead,
  type Parser,
  skipNewlines,
  spanFrom,
  startOffset,
  take,
} from "./parser-state.ts";
import type { TokenKind } from "./tokens.ts";

/** `{ statements }`. */
export function parseBlock(p: Parser): Block {
  const start = startOffset(p);
  if (!at(p, "{")) {
    fail(p, "{");
    resumeAtBody(p);
    if (!at(p, "{")) return { items: [], span: spanFrom(p, start) };
  }
  if (!enter(p)) return { items: [], span: spanFrom(p, start) };
  const open = expectOpen(p, "{");
  const items = parseBlockItems(p, open);
  leave(p);
  expectClose(p, "}", open);
  return { items, span: spanFrom(p, start) };
}

/** Statements up to the brace that closes the one at token index `open`. */
export function parseBlockItems(p: Parser, open: number): Item[] {
  if (p.panic) return [];
  const siblings = p.height;
  const items = parseItems(p, levelInside(p, open), "statement", parseStatement);
  grow(p);
  p.height = Math.max(siblings, p.height);
  return items;
}

/** A list whose members recover on their own; ends at a `}` or the end of the file. */
export function parseItems(p: Parser, level: number, what: string, parseItem: (p: Parser) => Item): Item[] {
  const items: Item[] = [];
  const outerLevel = p.level;
  p.level = level;
  let tallest = 0;
  while (true) {
    skipNewlines(p);
    if (atEnd(p) || at(p, "}")) break;
    const before = p.pos;
    const told = p.diagnostics.length;
    p.height = 0;
    if (p.depth === 0) p.toldDeep = false;
    const item = parseItem(p);
    const ended = p.panic || takeEndOfMember(p);
    const foreign = ended ? undefined : tryReadForeignWord(p, before, told);
    if (foreign === "again") continue;
    items.push(item);
    if (foreign === "next") continue;
    if (!ended && !p.panic) failSeparator(p, what);
    tallest = Math.max(tallest, p.height);
    if (!p.panic && p.pos === before) fail(p, what);
    if (!recover(p, level, before)) break;
  }
  p.level = outerLevel;
  p.height = tallest;
  return items;
}

/** A statement inside a body, where modules and pipelines have no place. */
function parseStatement(p: Parser): Item {
  const item = parseItem(p);
  const { kind, span } = peelAttributes(item).item;
  if (kind === "ImportDecl" || kind === "PipelineDecl") {
    const word = kind === "ImportDecl" ? "import" : "pipeline";
    const { line, column } = p.file.position(span.start);
    complain(p, "HARN-P014", `Expected statement, got ${word} at ${line}:${column}`, span, {
      hint: `Move the ${word} to the top level of the file`,
    });
  }
  return item;
}

/** Anything that may stand in a list of statements, or at the top level. */
export function parseItem(p: Parser): Item {
  const decl = p.rules.tryDeclaration(p);
  if (decl !== undefined) return decl;
  switch (currentKind(p)) {
    case "let":
    case "var":
      return parseLet(p);
    case "for":
      return parseFor(p);
    case "while":
      return parseWhile(p);
    case "return":
      return parseReturn(p);
    case "throw":
      return parseThrow(p);
    case "break":
      return { kind: "BreakStmt", span: takeSpan(p) };
    case "continue":
      return { kind: "ContinueStmt", span: takeSpan(p) };
    case "guard":
      return parseGuard(p);
    case "require":
      return parseRequire(p);
    case "defer":
      return parseDefer(p);
    case "yield":
      return parseYield(p);
    case "emit":
      return parseEmit(p);
    case "if":
      return parseIf(p);
    case "match":
      return parseMatch(p);
    case "retry":
      return parseRetry(p);
    case "parallel":
      return parseParallel(p);
    case "select":
      return parseSelect(p);
    case "deadline":
      return parseDeadline(p);
    case "mutex":
      return parseMutex(p);
    case "try":
      return kindAhead(p, 1) === "*" ? parseExpressionStatement(p) : parseTry(p);
    default:
      return parseExpressionStatement(p);
  }
}

function takeSpan(p: Parser): { start: number; end: number } {
  const { start, end } = advance(p);
  return { start, end };
}

function parseLet(p: Parser): Stmt {
  const start = startOffset(p);
  const mutable = advance(p).kind === "var";
  const pattern = parsePattern(p);
  const type = pattern.kind === "NamePattern" ? tryParseAnnotation(p) : undefined;
  expect(p, "=");
  const value = p.rules.expression(p);
  grow(p);
  return {
    kind: "LetStmt",
    mutable,
    pattern,
    ...(type === undefined ? {} : { type }),
    value,
    span: spanFrom(p, start),
  };
}

function parseFor(p: Parser): Stmt {
  const start = startOffset(p);
  advance(p);
  const pattern = parseForPattern(p);
  expect(p, "in");
  const iterable = p.rules.expression(p);
  const body = p.rules.block(p);
  grow(p);
  return { kind: "ForStmt", pattern, iterable, body, span: spanFrom(p, start) };
}

function parseWhile(p: Parser): Stmt {
  const start = startOffset(p);
  advance(p);
  const condition = p.rules.expression(p);
  const body = p.rules.block(p);
  grow(p);
  return { kind: "WhileStmt", condition, body, span: spanFrom(p, start) };
}

/** `return` and `yield` may stand alone. */
function tryParseValue(p: Parser): Expr | undefined {
  const ends: TokenKind = currentKind(p);
  return ends === "eof" || ends === ";" || ends === "newline" || ends === "}" ? undefined : p.rules.expression(p);
}

function parseReturn(p: Parser): Stmt {
  const start = startOffset(p);
  advance(p);
  const value = tryParseValue(p);
  grow(p);
  return { kind: "ReturnStmt", ...(value === undefined ? {} : { value }), span: spanFrom(p, start) };
}

function parseYield(p: Parser): Expr {
  const start = startOffset(p);
  advance(p);
  const value = tryParseValue(p);
  grow(p);
  return { kind: "Yield", ...(value === undefined ? {} : { value }), span: spanFrom(p, start) };
}

function parseEmit(p: Parser): Expr {
  const start = startOffset(p);
  advance(p);
  const value = p.rules.expression(p);
  grow(p);
  return { kind: "Emit", value, span: spanFrom(p, start) };
}

function parseThrow(p: Parser): Stmt {
  const start = startOffset(p);
  advance(p);
  const value = p.rules.expression(p);
  grow(p);
  return { kind: "ThrowStmt", value, span: spanFrom(p, start) };
}

function parseGuard(p: Parser): Stmt {
  const start = startOffset(p);
  advance(p);
  const condition = p.rules.expression(p);
  expect(p, "else");
  const elseBody = p.rules.block(p);
  grow(p);
  return { kind: "GuardStmt", condition, elseBody, span: spanFrom(p, start) };
}

function parseRequire(p: Parser): Stmt {
  const start = startOffset(p);
  advance(p);
  const condition = p.rules.expression(p);
  const message = take(p, ",") ? p.rules.expression(p) : undefined;
  grow(p);
  return { kind: "RequireStmt", condition, ...(message === undefined ? {} : { message }), span: spanFrom(p, start) };
}

function parseDefer(p: Parser): Stmt {
  const start = startOffset(p);
  advance(p);
  const body = p.rules.block(p);
  grow(p);
  return { kind: "DeferStmt", body, span: spanFrom(p, start) };
}

/** An expression, or an assignment to a name, a property or a subscript. */
function parseExpressionStatement(p: Parser): Item {
  const start = startOffset(p);
  const target = p.rules.expression(p);
  const op = isAssignable(target) ? ASSIGNMENT[currentKind(p)] : undefined;
  if (op === undefined) return target;
  advance(p);
  const value = p.rules.expression(p);
  grow(p);
  return { kind: "AssignStmt", target, ...(op === "=" ? {} : { op }), value, span: spanFrom(p, start) };
}

function isAssignable(expr: Expr): boolean {
  if (expr.kind === "Identifier") return true;
  return (expr.kind === "Property" || expr.kind === "Index") && !expr.optional;
}

const ASSIGNMENT: Partial<Record<TokenKind, "=" | "+" | "-" | "*" | "/" | "%">> = {
  "=": "=",
  "+=": "+",
  "-=": "-",
  "*=": "*",
  "/=": "/",
  "%=": "%",
};
