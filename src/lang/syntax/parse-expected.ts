/** What has to stand at a place: tokens, brackets and names. */

import type { Ident } from "./ast.ts";
import {
  endOfLine,
  fail,
  failUnclosed,
  failWith,
  foreignFormAt,
  here,
  isAtEndOfText,
  isHeard,
} from "./parse-failures.ts";
import {
  advance,
  at,
  currentKind,
  currentToken,
  ident,
  kindAhead,
  missingIdent,
  type Parser,
  skipNewlines,
  take,
} from "./parser-state.ts";
import type { ReportExtras } from "./reporter.ts";
import { isKeyword, type TokenKind } from "./tokens.ts";

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
