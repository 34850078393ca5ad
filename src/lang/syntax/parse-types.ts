/** Type expressions, type parameters, `where` clauses and annotations. */

import type { ShapeField, TypeExpr, TypeParam, WhereClause } from "./ast.ts";
import { decodeInt } from "./literals.ts";
import { expect, expectClose, expectIdentifier, expectMemberName, expectOpen } from "./parse-expected.ts";
import { fail } from "./parse-failures.ts";
import { enter, leave } from "./parse-limits.ts";
import { parseElements } from "./parse-lists.ts";
import {
  advance,
  at,
  atAcrossLines,
  atWord,
  currentToken,
  emptySpan,
  isWordAhead,
  kindAhead,
  type Parser,
  skipNewlines,
  spanFrom,
  startOffset,
  take,
  tokenText,
} from "./parser-state.ts";
import { stringValue } from "./tokens.ts";

/** `A | B`; a line may start with the bar. */
export function parseType(p: Parser): TypeExpr {
  if (!enter(p)) return missingType(p);
  const start = startOffset(p);
  take(p, "|");
  const first = parsePrimaryType(p);
  let type = first;
  if (atAcrossLines(p, "|")) {
    const members = [first];
    while (atAcrossLines(p, "|")) {
      advance(p);
      members.push(parsePrimaryType(p));
    }
    type = { kind: "UnionType", members, span: spanFrom(p, start) };
  }
  leave(p);
  return type;
}

/** `: T`, if there is a colon. */
export function tryParseAnnotation(p: Parser): TypeExpr | undefined {
  return take(p, ":") ? parseType(p) : undefined;
}

/** `-> T`, if there is an arrow. */
export function tryParseReturnType(p: Parser): TypeExpr | undefined {
  return take(p, "->") ? parseType(p) : undefined;
}

function parsePrimaryType(p: Parser): TypeExpr {
  const start = startOffset(p);
  const token = currentToken(p);
  if (at(p, "{")) return parseShapeType(p);
  if (at(p, "[")) {
    const open = expectOpen(p, "[");
    const element = parseType(p);
    expectClose(p, "]", open);
    return { kind: "AppliedType", name: "list", args: [element], span: spanFrom(p, start) };
  }
  if (at(p, "fn")) return parseFnType(p);
  if (take(p, "nil")) return { kind: "NamedType", name: "nil", span: spanFrom(p, start) };
  if (take(p, "true") || take(p, "false")) return { kind: "NamedType", name: "bool", span: spanFrom(p, start) };
  if (at(p, "string")) {
    advance(p);
    return { kind: "LiteralType", value: stringValue(token.content!), span: spanFrom(p, start) };
  }
  if (at(p, "int") || (at(p, "-") && kindAhead(p, 1) === "int")) return parseIntType(p);
  const { name } = expectIdentifier(p, "type name");
  if (p.panic) return missingType(p);
  if (!at(p, "<")) return { kind: "NamedType", name, span: spanFrom(p, start) };
  const args = parseTypeArgs(p);
  return { kind: "AppliedType", name, args, span: spanFrom(p, start) };
}

function missingType(p: Parser): TypeExpr {
  return { kind: "NamedType", name: "any", span: emptySpan(p) };
}

function parseIntType(p: Parser): TypeExpr {
  const start = startOffset(p);
  const negative = take(p, "-");
  const value = decodeInt(tokenText(p, currentToken(p)));
  if (value === undefined) {
    fail(p, "an integer type that fits into 64 bits");
    return missingType(p);
  }
  advance(p);
  return { kind: "LiteralType", value: negative ? -value : value, span: spanFrom(p, start) };
}

function parseFnType(p: Parser): TypeExpr {
  const start = startOffset(p);
  expect(p, "fn");
  const open = expectOpen(p, "(");
  const params = parseElements(p, ")", parseType);
  expectClose(p, ")", open);
  expect(p, "->");
  const returnType = parseType(p);
  return { kind: "FnType", params, returnType, span: spanFrom(p, start) };
}

function parseShapeType(p: Parser): TypeExpr {
  const start = startOffset(p);
  const open = expectOpen(p, "{");
  const fields = parseElements(p, "}", parseShapeField);
  expectClose(p, "}", open);
  return { kind: "ShapeType", fields, span: spanFrom(p, start) };
}

function parseShapeField(p: Parser): ShapeField {
  const start = startOffset(p);
  const { name } = expectMemberName(p, "field name");
  const optional = take(p, "?");
  expect(p, ":");
  const type = parseType(p);
  return { name, type, optional, span: spanFrom(p, start) };
}

/** `<A, B>` behind a name; at least one. The current token is the `<`. */
export function parseTypeArgs(p: Parser): TypeExpr[] {
  const open = expectOpen(p, "<");
  skipNewlines(p);
  if (at(p, ">")) fail(p, "type argument");
  const args: TypeExpr[] = [];
  while (!p.panic && !at(p, ">")) {
    args.push(parseType(p));
    skipNewlines(p);
    if (!take(p, ",")) break;
    skipNewlines(p);
  }
  expectClose(p, ">", open);
  return args;
}

/** `<T, in U, out V>` of a declaration; none without a `<`. */
export function parseTypeParams(p: Parser): TypeParam[] {
  if (!at(p, "<")) return [];
  const open = expectOpen(p, "<");
  const params = parseElements(p, ">", parseTypeParam);
  expectClose(p, ">", open);
  return params;
}

function parseTypeParam(p: Parser): TypeParam {
  const start = startOffset(p);
  let variance: TypeParam["variance"] = "invariant";
  if (take(p, "in")) variance = "in";
  // `out` is a marker before another name, else the parameter's own name.
  else if (atWord(p, "out") && kindAhead(p, 1) === "identifier") {
    advance(p);
    variance = "out";
  }
  const { name } = expectIdentifier(p, "type parameter name");
  return { name, variance, span: spanFrom(p, start) };
}

/** `where T: A, U: B` before a body. */
export function parseWhere(p: Parser): WhereClause[] {
  if (at(p, "newline") && isWordAhead(p, 1, "where")) skipNewlines(p);
  if (!atWord(p, "where")) return [];
  advance(p);
  const clauses: WhereClause[] = [];
  do {
    const start = startOffset(p);
    if (at(p, "{") || p.panic) break;
    const { name: typeName } = expectIdentifier(p, "type parameter name");
    expect(p, ":");
    const { name: bound } = expectIdentifier(p, "type bound");
    clauses.push({ typeName, bound, span: spanFrom(p, start) });
  } while (take(p, ","));
  return clauses;
}
