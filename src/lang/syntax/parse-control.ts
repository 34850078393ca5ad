/** Control flow and concurrency forms that have a value: `if`, `match`, `try`, `retry`, `parallel`, `select` and their kin. */

import type { Block, CatchClause, Expr, Ident, MatchArm, NamedField, SelectCase, Span } from "./ast.ts";
import { expect, expectClose, expectIdentifier, expectOpen } from "./parse-expected.ts";
import { complain, describeToken, fail, here } from "./parse-failures.ts";
import { grow } from "./parse-limits.ts";
import { parseElements, parseMembers } from "./parse-lists.ts";
import { tryParseAnnotation } from "./parse-types.ts";
import {
  advance,
  at,
  atEnd,
  atWord,
  currentToken,
  kindAhead,
  type Parser,
  skipNewlines,
  spanFrom,
  startOffset,
  take,
  takeWord,
} from "./parser-state.ts";

// ---- Branches ------------------------------------------------------------------------------------------------------

/** `if c { } else if c { } else { }`; the chain is read in a loop, however long it is. */
export function parseIf(p: Parser): Expr {
  const links: { start: number; condition: Expr; thenBody: Block }[] = [];
  let elseBody: Block | undefined;
  let more = true;
  while (more) {
    more = false;
    const start = startOffset(p);
    expect(p, "if");
    const condition = p.rules.expression(p);
    links.push({ start, condition, thenBody: p.rules.block(p) });
    if (!takeAcrossLines(p, "else")) break;
    if (at(p, "if")) more = true;
    else elseBody = p.rules.block(p);
  }
  let result: Expr | undefined;
  for (const { start, condition, thenBody } of links.reverse()) {
    const nested: Block | undefined = result === undefined ? elseBody : { items: [result], span: result.span };
    const elseIf = result !== undefined;
    grow(p);
    result = {
      kind: "If",
      condition,
      thenBody,
      ...(nested === undefined ? {} : { elseBody: nested }),
      elseIf,
      span: spanFrom(p, start),
    };
  }
  return result!;
}

/** `else`, `catch` and `finally` may stand on the next line; without them the line break is left for the list. */
function takeAcrossLines(p: Parser, kind: "else" | "catch" | "finally"): boolean {
  if (at(p, "newline") && kindAhead(p, 1) === kind) skipNewlines(p);
  return take(p, kind);
}

export function parseMatch(p: Parser): Expr {
  const start = startOffset(p);
  expect(p, "match");
  const subject = p.rules.expression(p);
  const open = expectOpen(p, "{");
  const arms = parseMembers(p, open, parseMatchArm);
  expectClose(p, "}", open);
  grow(p);
  return { kind: "Match", subject, arms, span: spanFrom(p, start) };
}

/** `a | b if guard -> { … }`. */
function parseMatchArm(p: Parser): MatchArm {
  const start = startOffset(p);
  const pattern = parseMatchPattern(p);
  const guard = take(p, "if") ? p.rules.expression(p) : undefined;
  expect(p, "->");
  const body = p.rules.block(p);
  return { pattern, ...(guard === undefined ? {} : { guard }), body, span: spanFrom(p, start) };
}

function parseMatchPattern(p: Parser): Expr {
  const start = startOffset(p);
  const first = p.rules.expression(p);
  if (!at(p, "|")) return first;
  const alternatives = [first];
  while (take(p, "|")) alternatives.push(p.rules.expression(p));
  return { kind: "OrPattern", alternatives, span: spanFrom(p, start) };
}

// ---- Errors --------------------------------------------------------------------------------------------------------

/** `try { } catch (e: T) { } finally { }`, bare `try { }`, `try* operand`. */
export function parseTry(p: Parser): Expr {
  const start = startOffset(p);
  expect(p, "try");
  if (take(p, "*")) {
    const operand = p.rules.operand(p);
    grow(p);
    return { kind: "TryStar", operand, span: spanFrom(p, start) };
  }
  const body = p.rules.block(p);
  const catchClause = tryParseCatch(p);
  const finallyBody = takeAcrossLines(p, "finally") ? p.rules.block(p) : undefined;
  grow(p);
  return {
    kind: "Try",
    body,
    ...(catchClause === undefined ? {} : { catchClause }),
    ...(finallyBody === undefined ? {} : { finallyBody }),
    span: spanFrom(p, start),
  };
}

function tryParseCatch(p: Parser): CatchClause | undefined {
  if (!takeAcrossLines(p, "catch")) return undefined;
  // The clause begins at the keyword just taken.
  const start = p.lastEnd - "catch".length;
  let variable: Ident | undefined;
  let type: CatchClause["type"];
  if (at(p, "(")) {
    const open = expectOpen(p, "(");
    variable = expectIdentifier(p, "error variable");
    type = tryParseAnnotation(p);
    expectClose(p, ")", open);
  } else if (at(p, "identifier")) variable = expectIdentifier(p, "error variable");
  const body = p.rules.block(p);
  return {
    ...(variable === undefined ? {} : { variable }),
    ...(type === undefined ? {} : { type }),
    body,
    span: spanFrom(p, start),
  };
}

export function parseRetry(p: Parser): Expr {
  const start = startOffset(p);
  expect(p, "retry");
  const count = p.rules.headOperand(p);
  const body = p.rules.block(p);
  grow(p);
  return { kind: "Retry", count, body, span: spanFrom(p, start) };
}

export function parseDeadline(p: Parser): Expr {
  const start = startOffset(p);
  expect(p, "deadline");
  const duration = p.rules.headOperand(p);
  const body = p.rules.block(p);
  grow(p);
  return { kind: "Deadline", duration, body, span: spanFrom(p, start) };
}

// ---- Tasks ---------------------------------------------------------------------------------------------------------

export function parseMutex(p: Parser): Expr {
  const start = startOffset(p);
  expect(p, "mutex");
  const body = p.rules.block(p);
  grow(p);
  return { kind: "Mutex", body, span: spanFrom(p, start) };
}

export function parseSpawn(p: Parser): Expr {
  const start = startOffset(p);
  expect(p, "spawn");
  const body = p.rules.block(p);
  grow(p);
  return { kind: "Spawn", body, span: spanFrom(p, start) };
}

/** `parallel n { i -> … }`, `parallel each xs with { max_concurrent: 2 } { x -> … } as stream`, `parallel settle xs { … }`. */
export function parseParallel(p: Parser): Expr {
  const start = startOffset(p);
  expect(p, "parallel");
  const mode = takeWord(p, "each") ? "each" : takeWord(p, "settle") ? "settle" : "count";
  const subject = p.rules.expression(p);
  const options = takeWord(p, "with") ? parseParallelOptions(p) : [];
  const open = expectOpen(p, "{");
  skipNewlines(p);
  let variable: Ident | undefined;
  if (at(p, "identifier") && kindAhead(p, 1) === "->") {
    variable = expectIdentifier(p, "variable name");
    advance(p);
  }
  const body = parseOpenedBlock(p, open);
  const asStream = tryParseAsStream(p, mode);
  grow(p);
  return {
    kind: "Parallel",
    mode,
    asStream,
    subject,
    ...(variable === undefined ? {} : { variable }),
    options,
    body,
    span: spanFrom(p, start),
  };
}

/** A body whose `{` and header are behind us; its span starts after the header, like a closure's. */
function parseOpenedBlock(p: Parser, open: number): Block {
  const start = p.lastEnd;
  const items = p.rules.blockItems(p, open);
  expectClose(p, "}", open);
  return { items, span: spanFrom(p, start) };
}

function parseParallelOptions(p: Parser): NamedField[] {
  const open = expectOpen(p, "{");
  const options = parseElements(p, "}", parseParallelOption);
  expectClose(p, "}", open);
  return options;
}

function parseParallelOption(p: Parser): NamedField {
  const name = expectIdentifier(p, "option name in `parallel ... with { ... }` block");
  if (!p.panic && name.name !== "max_concurrent") {
    const { line, column } = p.file.position(name.span.start);
    const message =
      "Expected known option (only `max_concurrent` is supported in `parallel ... with { ... }`; " +
      `got \`${name.name}\`), got ${name.name} at ${line}:${column}`;
    complain(p, "HARN-P017", message, name.span, { hint: "Use `max_concurrent`, or remove the option" });
  }
  expect(p, ":");
  const value = p.rules.expression(p);
  return { name, value };
}

function tryParseAsStream(p: Parser, mode: "count" | "each" | "settle"): boolean {
  if (!atWord(p, "as")) return false;
  const as = advance(p);
  if (!takeWord(p, "stream")) {
    fail(p, "`stream` after `parallel each ... as`");
    return false;
  }
  if (mode === "each") return true;
  const { line, column } = p.file.position(as.start);
  const message = `Expected \`as stream\` is only valid after \`parallel each ... { ... }\`, got as stream at ${line}:${column}`;
  complain(p, "HARN-P017", message, spanFrom(p, as.start), { hint: "Remove `as stream`, or use `parallel each`" });
  return false;
}

// ---- Select --------------------------------------------------------------------------------------------------------

type SelectMember =
  | { readonly kind: "case"; readonly value: SelectCase }
  | { readonly kind: "timeout"; readonly duration: Expr; readonly body: Block }
  | { readonly kind: "default"; readonly body: Block };

/** `select { x from channel { } timeout 5s { } default { } }`. */
export function parseSelect(p: Parser): Expr {
  const start = startOffset(p);
  const keyword = currentToken(p);
  expect(p, "select");
  const open = expectOpen(p, "{");
  const members = parseMembers(p, open, parseSelectMember);
  expectClose(p, "}", open);
  grow(p);
  const cases = members.flatMap((member) => (member.kind === "case" ? [member.value] : []));
  const timeout = members.findLast((member) => member.kind === "timeout");
  const fallback = members.findLast((member) => member.kind === "default");
  const keywordSpan = { start: keyword.start, end: keyword.end };
  if (members.length === 0) complainAboutSelect(p, "at least one select case", keywordSpan);
  else if (timeout !== undefined && fallback !== undefined) {
    complainAboutSelect(p, "select cannot have both timeout and default", keywordSpan);
  }
  return {
    kind: "Select",
    cases,
    ...(timeout === undefined ? {} : { timeout: { duration: timeout.duration, body: timeout.body } }),
    ...(fallback === undefined ? {} : { defaultBody: fallback.body }),
    span: spanFrom(p, start),
  };
}

function complainAboutSelect(p: Parser, expected: string, span: Span): void {
  if (atEnd(p)) complain(p, "HARN-P016", `Unexpected end of file, expected ${expected}`, span);
  else complain(p, "HARN-P016", `Expected ${expected}, got ${describeToken(p, currentToken(p))} at ${here(p)}`, span);
}

function parseSelectMember(p: Parser): SelectMember {
  const start = startOffset(p);
  if (atWord(p, "timeout") && kindAhead(p, 1) !== "from") {
    advance(p);
    const duration = p.rules.expression(p);
    return { kind: "timeout", duration, body: p.rules.block(p) };
  }
  if (atWord(p, "default") && kindAhead(p, 1) !== "from") {
    advance(p);
    return { kind: "default", body: p.rules.block(p) };
  }
  const variable = expectIdentifier(p, "select case variable");
  expect(p, "from");
  const channel = p.rules.expression(p);
  const body = p.rules.block(p);
  return { kind: "case", value: { variable, channel, body, span: spanFrom(p, start) } };
}
