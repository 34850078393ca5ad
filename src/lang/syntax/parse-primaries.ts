/** Literals, strings, lists, dicts, closures, parentheses. */

import type { Block, DictEntry, Element, Expr, StringPart } from "./ast.ts";
import { matchBrackets } from "./brackets.ts";
import { decodeDuration, decodeInt } from "./literals.ts";
import {
  parseDeadline,
  parseIf,
  parseMatch,
  parseParallel,
  parseRetry,
  parseSpawn,
  parseTry,
} from "./parse-control.ts";
import { expect, expectClose, expectMemberName, expectOpen } from "./parse-expected.ts";
import { complain, fail, failWith, here } from "./parse-failures.ts";
import { enter, grow, leave } from "./parse-limits.ts";
import { parseElements } from "./parse-lists.ts";
import { parseParams, parseParamsUntil } from "./parse-patterns.ts";
import { tryParseReturnType } from "./parse-types.ts";
import {
  advance,
  at,
  atEnd,
  currentKind,
  currentToken,
  errorNode,
  kindAhead,
  type Parser,
  skipNewlines,
  spanFrom,
  startOffset,
  take,
  tokenText,
} from "./parser-state.ts";
import { type StringTokenPart, stringValue } from "./tokens.ts";

export function parsePrimary(p: Parser): Expr {
  const token = currentToken(p);
  const span = { start: token.start, end: token.end };
  switch (currentKind(p)) {
    case "identifier":
      advance(p);
      return { kind: "Identifier", name: tokenText(p, token), span };
    case "string":
      advance(p);
      return { kind: "StringLiteral", value: stringValue(token.content!), style: token.content!.style, span };
    case "interpolated":
      return parseInterpolatedString(p);
    case "int": {
      advance(p);
      const digits = tokenText(p, token);
      const value = decodeInt(digits);
      return value === undefined
        ? { kind: "FloatLiteral", value: Number(digits), span }
        : { kind: "IntLiteral", value, span };
    }
    case "float":
      advance(p);
      return { kind: "FloatLiteral", value: Number(tokenText(p, token)), span };
    case "duration":
      return parseDuration(p);
    case "true":
    case "false":
      advance(p);
      return { kind: "BoolLiteral", value: token.kind === "true", span };
    case "nil":
      advance(p);
      return { kind: "NilLiteral", span };
    case "(":
      return parseParenthesized(p);
    case "[":
      return parseList(p);
    case "{":
      return parseDictOrClosure(p);
    case "fn":
      return parseFnExpression(p);
    case "if":
      return parseIf(p);
    case "match":
      return parseMatch(p);
    case "try":
      return parseTry(p);
    case "spawn":
      return parseSpawn(p);
    case "parallel":
      return parseParallel(p);
    case "retry":
      return parseRetry(p);
    case "deadline":
      return parseDeadline(p);
    case "<":
      if (kindAhead(p, 1) === "<" && kindAhead(p, 2) === "identifier") failAtHeredoc(p);
      else fail(p, "expression");
      return errorNode(p);
    default:
      fail(p, "expression");
      return errorNode(p);
  }
}

function failAtHeredoc(p: Parser): void {
  const expected = "an expression — heredocs are only valid inside LLM tool-call argument JSON";
  failWith(p, "HARN-P019", `Expected ${expected}, got \`<<\` heredoc-like syntax at ${here(p)}`, {
    hint: 'Use triple-quoted `"""..."""` for multiline strings in source code',
  });
}

function parseDuration(p: Parser): Expr {
  const token = advance(p);
  const span = { start: token.start, end: token.end };
  const ms = decodeDuration(tokenText(p, token));
  if (ms !== undefined) return { kind: "DurationLiteral", ms, span };
  const { line, column } = p.file.position(token.start);
  complain(p, "HARN-P013", `Duration out of range at ${line}:${column}`, span, {
    hint: "Keep it below 2^63 milliseconds",
  });
  return { kind: "DurationLiteral", ms: 0n, span };
}

/** The inner expression; its own span leaves the parentheses out, but spans of what follows include them. */
function parseParenthesized(p: Parser): Expr {
  const open = expectOpen(p, "(");
  const expr = p.rules.expression(p);
  expectClose(p, ")", open);
  return expr;
}

function parseList(p: Parser): Expr {
  const start = startOffset(p);
  const open = expectOpen(p, "[");
  const elements = parseElements(p, "]", parseElement);
  expectClose(p, "]", open);
  grow(p);
  return { kind: "ListLiteral", elements, span: spanFrom(p, start) };
}

/** An argument or list element. */
export function parseElement(p: Parser): Element {
  const start = startOffset(p);
  if (!take(p, "...")) return p.rules.expression(p);
  const value = p.rules.expression(p);
  return { kind: "Spread", value, span: spanFrom(p, start) };
}

// ---- Strings -------------------------------------------------------------------------------------------------------

function parseInterpolatedString(p: Parser): Expr {
  const token = advance(p);
  const content = token.content!;
  const parts = content.parts.map(
    (part): StringPart =>
      part.kind === "text"
        ? { kind: "Text", value: part.value }
        : { kind: "Interpolation", expr: parseInterpolation(p, part), span: { start: part.start, end: part.end } },
  );
  p.lastEnd = token.end;
  grow(p);
  const style = content.style === "triple" ? "triple" : "plain";
  return { kind: "InterpolatedString", parts, style, span: { start: token.start, end: token.end } };
}

/** Parses the tokens of `${…}` in place of the file's; an error in there stays in there. */
function parseInterpolation(p: Parser, part: Extract<StringTokenPart, { kind: "interpolation" }>): Expr {
  const { tokens, brackets, pos, panic, level } = p;
  p.tokens = part.tokens;
  p.brackets = matchBrackets(part.tokens);
  p.pos = 0;
  p.panic = false;
  p.level = 0;
  p.lastEnd = part.start + 2;
  const expr = p.rules.expression(p);
  skipNewlines(p);
  if (!atEnd(p)) fail(p, "}");
  p.tokens = tokens;
  p.brackets = brackets;
  p.pos = pos;
  p.panic = panic;
  p.level = level;
  return expr;
}

// ---- Braces --------------------------------------------------------------------------------------------------------

/** A `{` in place of an expression: with a `->` directly inside it is a closure, else a dict. */
function parseDictOrClosure(p: Parser): Expr {
  const start = startOffset(p);
  const isClosure = p.brackets.arrow[p.pos] === 1;
  const open = expectOpen(p, "{");
  if (isClosure) return parseClosure(p, open, start);
  const entries = parseDictEntries(p, open);
  grow(p);
  return { kind: "DictLiteral", entries, span: spanFrom(p, start) };
}

function parseClosure(p: Parser, open: number, start: number): Expr {
  const params = parseParamsUntil(p, "->");
  expect(p, "->");
  const bodyStart = p.lastEnd;
  const body = parseClosureBody(p, open, bodyStart);
  grow(p);
  return { kind: "Closure", params, body, fnSyntax: false, span: spanFrom(p, start) };
}

function parseClosureBody(p: Parser, open: number, start: number): Block {
  if (!enter(p)) return { items: [], span: spanFrom(p, start) };
  const items = p.rules.blockItems(p, open);
  leave(p);
  expectClose(p, "}", open);
  return { items, span: spanFrom(p, start) };
}

/** `fn(x, y) -> T { … }`. */
function parseFnExpression(p: Parser): Expr {
  const start = startOffset(p);
  expect(p, "fn");
  const params = parseParams(p);
  const returnType = tryParseReturnType(p);
  const body = p.rules.block(p);
  grow(p);
  return {
    kind: "Closure",
    params,
    ...(returnType === undefined ? {} : { returnType }),
    body,
    fnSyntax: true,
    span: spanFrom(p, start),
  };
}

/** Entries and the closing brace, behind the opening one at token index `open`. */
export function parseDictEntries(p: Parser, open: number): DictEntry[] {
  const entries = parseElements(p, "}", parseDictEntry);
  expectClose(p, "}", open);
  return entries;
}

function parseDictEntry(p: Parser): DictEntry {
  const start = startOffset(p);
  if (take(p, "...")) {
    const value = p.rules.expression(p);
    return { kind: "SpreadEntry", value, span: spanFrom(p, start) };
  }
  const computed = at(p, "[");
  const key = computed ? parseComputedKey(p) : parseDictKey(p);
  expect(p, ":");
  const value = p.rules.expression(p);
  return { kind: "Entry", key, computed, value, span: spanFrom(p, start) };
}

function parseComputedKey(p: Parser): Expr {
  const open = expectOpen(p, "[");
  const key = p.rules.expression(p);
  expectClose(p, "]", open);
  return key;
}

function parseDictKey(p: Parser): Expr {
  const token = currentToken(p);
  if (at(p, "string")) {
    advance(p);
    const { start, end } = token;
    return {
      kind: "StringLiteral",
      value: stringValue(token.content!),
      style: token.content!.style,
      span: { start, end },
    };
  }
  const { name, span } = expectMemberName(p, "dict key");
  return p.panic ? errorNode(p) : { kind: "StringLiteral", value: name, style: "plain", span };
}
