/** Binding patterns of `let`, `var` and `for` (§5), and parameter lists. */

import type { DictPatternField, Ident, ListPatternElement, Param, Pattern } from "./ast.ts";
import { expect, expectClose, expectFieldName, expectIdentifier, expectOpen } from "./parse-expected.ts";
import { complain, describeToken, here } from "./parse-failures.ts";
import { parseElements } from "./parse-lists.ts";
import { tryParseAnnotation } from "./parse-types.ts";
import { at, atEnd, currentToken, type Parser, skipNewlines, spanFrom, startOffset, take } from "./parser-state.ts";
import type { TokenKind } from "./tokens.ts";

/** A name, `{ a, b: c = 1, ...rest }` or `[a, b = 1, ...rest]`. */
export function parsePattern(p: Parser): Pattern {
  const start = startOffset(p);
  if (at(p, "{")) {
    const open = expectOpen(p, "{");
    const fields = parseElements(p, "}", parseDictPatternField);
    complainAboutRest(p, fields);
    expectClose(p, "}", open);
    return { kind: "DictPattern", fields, span: spanFrom(p, start) };
  }
  if (at(p, "[")) {
    const open = expectOpen(p, "[");
    const elements = parseElements(p, "]", parseListPatternElement);
    complainAboutRest(p, elements);
    expectClose(p, "]", open);
    return { kind: "ListPattern", elements, span: spanFrom(p, start) };
  }
  const { name, span } = expectIdentifier(p, "variable name or destructuring pattern");
  return { kind: "NamePattern", name, span };
}

/** The same, or `(a, b)` as `for` allows it. */
export function parseForPattern(p: Parser): Pattern {
  const start = startOffset(p);
  if (!at(p, "(")) return parsePattern(p);
  const open = expectOpen(p, "(");
  const first = expectIdentifier(p, "pair pattern element");
  expect(p, ",");
  const second = expectIdentifier(p, "pair pattern element");
  expectClose(p, ")", open);
  return { kind: "PairPattern", first, second, span: spanFrom(p, start) };
}

function parseDictPatternField(p: Parser): DictPatternField {
  const start = startOffset(p);
  if (take(p, "...")) {
    const { name } = expectIdentifier(p, "rest variable name");
    return { key: name, rest: true, span: spanFrom(p, start) };
  }
  const { name: key } = expectFieldName(p, "field name");
  const alias = take(p, ":") ? expectIdentifier(p, "alias name").name : undefined;
  const defaultValue = take(p, "=") ? p.rules.expression(p) : undefined;
  return {
    key,
    rest: false,
    ...(alias === undefined ? {} : { alias }),
    ...(defaultValue === undefined ? {} : { defaultValue }),
    span: spanFrom(p, start),
  };
}

function parseListPatternElement(p: Parser): ListPatternElement {
  const start = startOffset(p);
  const rest = take(p, "...");
  const { name } = expectIdentifier(p, rest ? "rest variable name" : "element name");
  const defaultValue = !rest && take(p, "=") ? p.rules.expression(p) : undefined;
  return { name, rest, ...(defaultValue === undefined ? {} : { defaultValue }), span: spanFrom(p, start) };
}

function complainAboutRest(
  p: Parser,
  members: readonly { rest: boolean; span: { start: number; end: number } }[],
): void {
  const misplaced = members.find((member, index) => member.rest && index < members.length - 1);
  if (misplaced === undefined) return;
  const { line, column } = p.file.position(misplaced.span.end);
  complain(p, "HARN-P010", `Rest pattern must be the last element at ${line}:${column}`, misplaced.span, {
    hint: "Move the `...` element to the end",
  });
}

/** `(a: int, b = 1, ...rest)` with its parentheses. */
export function parseParams(p: Parser): Param[] {
  const open = expectOpen(p, "(");
  const params = parseParamsUntil(p, ")");
  expectClose(p, ")", open);
  return params;
}

/** Up to, not including, the terminator. */
export function parseParamsUntil(p: Parser, terminator: TokenKind): Param[] {
  const params: Param[] = [];
  let defaulted = false;
  skipNewlines(p);
  while (!atEnd(p) && !at(p, terminator)) {
    const param = parseParam(p);
    params.push(param);
    skipNewlines(p);
    if (param.defaultValue !== undefined) defaulted = true;
    else if (defaulted && !param.rest && !at(p, "?")) {
      misplacedParam(p, "HARN-P009", "Required parameter cannot follow a parameter with a default value", param);
    }
    if (param.rest && !at(p, terminator) && !atEnd(p)) {
      misplacedParam(p, "HARN-P010", "Rest parameter must be the last parameter", param);
    }
    if (take(p, ",")) skipNewlines(p);
  }
  return params;
}

function parseParam(p: Parser): Param {
  const start = startOffset(p);
  const rest = take(p, "...");
  const { name } = expectIdentifier(p, "parameter name");
  const type = tryParseAnnotation(p);
  const defaultValue = take(p, "=") ? p.rules.expression(p) : undefined;
  return {
    name,
    ...(type === undefined ? {} : { type }),
    ...(defaultValue === undefined ? {} : { defaultValue }),
    rest,
    span: spanFrom(p, start),
  };
}

function misplacedParam(p: Parser, code: "HARN-P009" | "HARN-P010", message: string, param: Param): void {
  const got = describeToken(p, currentToken(p));
  complain(p, code, `${message}, got ${got} at ${here(p)}`, param.span, {
    hint:
      code === "HARN-P009" ? `Give \`${param.name}\` a default value, or move it to the front` : "Move it to the end",
  });
}

/** Names between parentheses, of pipelines and overrides. */
export function parseNameParams(p: Parser): Ident[] {
  const open = expectOpen(p, "(");
  const params = parseElements(p, ")", (inner) => expectIdentifier(inner, "parameter name"));
  expectClose(p, ")", open);
  return params;
}
