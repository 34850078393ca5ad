/** Operators and postfix forms; what stands between them is in `parse-primaries.ts`. */

import type { BinaryOperator, Element, Expr, Ident, Span, TypeExpr } from "./ast.ts";
import { startsUppercase } from "./characters.ts";
import { expect, expectClose, expectMemberName, expectOpen } from "./parse-expected.ts";
import { enter, grow, leave, speculate } from "./parse-limits.ts";
import { parseElements } from "./parse-lists.ts";
import { parseDictEntries, parseElement, parsePrimary } from "./parse-primaries.ts";
import { parseTypeArgs } from "./parse-types.ts";
import {
  advance,
  at,
  atAcrossLines,
  currentKind,
  currentToken,
  errorNode,
  isWordAhead,
  kindAhead,
  type Parser,
  skipNewlines,
  spanFrom,
  startOffset,
  take,
} from "./parser-state.ts";
import { BINARY_OPERATORS, LOOSEST_BINARY } from "./precedence.ts";
import { isKeyword, type TokenKind } from "./tokens.ts";

/** Any expression. Its height is added to that of its siblings in `p.height`. */
export function parseExpression(p: Parser): Expr {
  skipNewlines(p);
  if (!enter(p)) return errorNode(p);
  const siblings = p.height;
  p.height = 0;
  const expr = parsePipe(p);
  p.height = Math.max(siblings, p.height);
  leave(p);
  return expr;
}

function parsePipe(p: Parser): Expr {
  const start = startOffset(p);
  let left = parseRange(p);
  while (atAcrossLines(p, "|>")) {
    const opSpan = takeSpan(p);
    skipNewlines(p);
    const right = parseRange(p);
    grow(p);
    left = { kind: "Binary", op: "|>", left, right, opSpan, span: spanFrom(p, start) };
  }
  return left;
}

/** `a to b`, `a to b exclusive`. */
function parseRange(p: Parser): Expr {
  const start = startOffset(p);
  const from = parseTernary(p);
  if (!take(p, "to")) return from;
  skipNewlines(p);
  const to = parseTernary(p);
  const exclusive = take(p, "exclusive");
  grow(p);
  return { kind: "Range", from, to, exclusive, span: spanFrom(p, start) };
}

function parseTernary(p: Parser): Expr {
  const start = startOffset(p);
  const condition = parseBinary(p, LOOSEST_BINARY);
  if (!take(p, "?")) return condition;
  const thenExpr = parseBinary(p, LOOSEST_BINARY);
  expect(p, ":");
  skipNewlines(p);
  const elseExpr = parseBinary(p, LOOSEST_BINARY);
  grow(p);
  return { kind: "Ternary", condition, thenExpr, elseExpr, span: spanFrom(p, start) };
}

/** Operators of at least this precedence (see `precedence.ts`). */
function parseBinary(p: Parser, minimum: number): Expr {
  const start = startOffset(p);
  const siblings = p.height;
  p.height = 0;
  let left = parseUnary(p);
  for (let op = peekOperator(p); op !== undefined; op = peekOperator(p)) {
    const { precedence, rightAssociative } = BINARY_OPERATORS[op];
    if (precedence < minimum) break;
    const opSpan = takeOperator(p, op);
    skipNewlines(p);
    let right: Expr;
    if (!rightAssociative) right = parseBinary(p, precedence + 1);
    else if (enter(p)) {
      right = parseBinary(p, precedence);
      leave(p);
    } else right = errorNode(p);
    grow(p);
    left = { kind: "Binary", op, left, right, opSpan, span: spanFrom(p, start) };
  }
  p.height = Math.max(siblings, p.height);
  return left;
}

/** The operator at hand, or on the next line if it may lead one; nothing is consumed. */
function peekOperator(p: Parser): BinaryOperator | undefined {
  const kind = currentKind(p);
  if (kind === "newline") {
    const next = asOperator(kindAhead(p, 1));
    return next !== undefined && BINARY_OPERATORS[next].leadsLine ? next : undefined;
  }
  if (kind === "identifier") return isWordAhead(p, 0, "not") && kindAhead(p, 1) === "in" ? "not_in" : undefined;
  return asOperator(kind);
}

/** The pipe is not among them: it binds looser than range and ternary. */
function asOperator(kind: TokenKind): Exclude<BinaryOperator, "|>" | "not_in"> | undefined {
  switch (kind) {
    case "||":
    case "&&":
    case "==":
    case "!=":
    case "<":
    case ">":
    case "<=":
    case ">=":
    case "in":
    case "+":
    case "-":
    case "??":
    case "*":
    case "/":
    case "%":
    case "**":
      return kind;
    default:
      return undefined;
  }
}

function takeOperator(p: Parser, op: BinaryOperator): Span {
  skipNewlines(p);
  const first = takeSpan(p);
  return op === "not_in" ? { start: first.start, end: takeSpan(p).end } : first;
}

function takeSpan(p: Parser): Span {
  const { start, end } = advance(p);
  return { start, end };
}

function parseUnary(p: Parser): Expr {
  if (!at(p, "!") && !at(p, "-")) return parsePostfix(p, true);
  const start = startOffset(p);
  if (!enter(p)) return errorNode(p);
  const op = advance(p).kind === "!" ? "!" : "-";
  const operand = parseUnary(p);
  leave(p);
  grow(p);
  return { kind: "Unary", op, operand, span: spanFrom(p, start) };
}

/** What `try*` takes. */
export function parseOperand(p: Parser): Expr {
  skipNewlines(p);
  return parseUnary(p);
}

/** What stands before a body without a keyword between them, as in `retry LIMIT { … }`: no operators, no struct literal. */
export function parseHeadOperand(p: Parser): Expr {
  skipNewlines(p);
  if (!enter(p)) return errorNode(p);
  const siblings = p.height;
  p.height = 0;
  const expr = parsePostfix(p, false);
  p.height = Math.max(siblings, p.height);
  leave(p);
  return expr;
}

/** `structs` is false where a `{` behind a name must open a body. */
function parsePostfix(p: Parser, structs: boolean): Expr {
  const start = startOffset(p);
  let expr = parsePrimary(p);
  while (!p.panic) {
    const next = parseSuffix(p, expr, start, structs);
    if (next === undefined) break;
    expr = next;
    grow(p);
  }
  return expr;
}

function parseSuffix(p: Parser, object: Expr, start: number, structs: boolean): Expr | undefined {
  if (atAcrossLines(p, ".") || atAcrossLines(p, "?.")) return parseMember(p, object, start);
  switch (currentKind(p)) {
    case "[":
      return parseSubscript(p, object, start);
    case "?":
      return parseQuestion(p, object, start);
    case "(":
      return object.kind === "Identifier" ? parseCall(p, asIdent(object), [], start) : undefined;
    case "<":
      return object.kind === "Identifier" ? tryParseGenericCall(p, asIdent(object), start) : undefined;
    case "{":
      return structs && object.kind === "Identifier" && opensStructLiteral(p, object.name)
        ? parseStructLiteral(p, asIdent(object), start)
        : undefined;
    default:
      return undefined;
  }
}

function asIdent(expr: Extract<Expr, { kind: "Identifier" }>): Ident {
  return { name: expr.name, span: expr.span };
}

function parseMember(p: Parser, object: Expr, start: number): Expr {
  const optional = advance(p).kind === "?.";
  const name = expectMemberName(p, "member name", at(p, ".") ? { hint: "A range is written `1 to 3`" } : {});
  if (!at(p, "(")) return { kind: "Property", object, property: name, optional, span: spanFrom(p, start) };
  const args = parseArguments(p);
  return { kind: "MethodCall", object, method: name, args, optional, span: spanFrom(p, start) };
}

/** `[index]`, `[from:to]`, `[from:]`, `[:to]`. */
function parseSubscript(p: Parser, object: Expr, start: number): Expr {
  const open = expectOpen(p, "[");
  skipNewlines(p);
  const from = at(p, ":") ? undefined : parseExpression(p);
  skipNewlines(p);
  if (from !== undefined && !at(p, ":")) {
    expectClose(p, "]", open);
    return { kind: "Index", object, index: from, optional: false, span: spanFrom(p, start) };
  }
  expect(p, ":");
  skipNewlines(p);
  const to = at(p, "]") ? undefined : parseExpression(p);
  expectClose(p, "]", open);
  return {
    kind: "Slice",
    object,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    span: spanFrom(p, start),
  };
}

/** A `?` behind an operand: `?[` subscripts, `? a : b` is left to the ternary, anything else unwraps a Result. */
function parseQuestion(p: Parser, object: Expr, start: number): Expr | undefined {
  const next = p.tokens[p.pos + 1]!;
  if (next.kind === "[" && next.start === currentToken(p).end) {
    advance(p);
    const open = expectOpen(p, "[");
    const index = parseExpression(p);
    expectClose(p, "]", open);
    return { kind: "Index", object, index, optional: true, span: spanFrom(p, start) };
  }
  if (STARTS_TERNARY_BRANCH.has(next.kind)) return undefined;
  advance(p);
  return { kind: "TryOperator", operand: object, span: spanFrom(p, start) };
}

const STARTS_TERNARY_BRANCH: ReadonlySet<TokenKind> = new Set<TokenKind>([
  "identifier",
  "int",
  "float",
  "duration",
  "string",
  "interpolated",
  "true",
  "false",
  "nil",
  "(",
  "[",
  "{",
  "!",
  "-",
  "fn",
]);

function parseCall(p: Parser, callee: Ident, typeArgs: readonly TypeExpr[], start: number): Expr {
  const args = parseArguments(p);
  return { kind: "Call", callee, typeArgs, args, span: spanFrom(p, start) };
}

function tryParseGenericCall(p: Parser, callee: Ident, start: number): Expr | undefined {
  if (p.brackets.typeArgs[p.pos + 1] === 0) return undefined;
  const typeArgs = speculate(p, parseTypeArgs, (inner) => at(inner, "("));
  return typeArgs === undefined ? undefined : parseCall(p, callee, typeArgs, start);
}

function parseArguments(p: Parser): Element[] {
  const open = expectOpen(p, "(");
  const args = parseElements(p, ")", parseElement);
  expectClose(p, ")", open);
  return args;
}

/** `Name {`: fields if what follows reads like one, else the brace opens a body. */
function opensStructLiteral(p: Parser, name: string): boolean {
  if (!startsUppercase(name)) return false;
  let ahead = 1;
  if (kindAhead(p, ahead) === "newline") ahead++;
  const first = kindAhead(p, ahead);
  if (first === "}" || first === "...") return true;
  if (first !== "identifier" && first !== "string" && !isKeyword(first)) return false;
  return kindAhead(p, kindAhead(p, ahead + 1) === "newline" ? ahead + 2 : ahead + 1) === ":";
}

function parseStructLiteral(p: Parser, name: Ident, start: number): Expr {
  const open = expectOpen(p, "{");
  const entries = parseDictEntries(p, open);
  return { kind: "StructLiteral", name, entries, span: spanFrom(p, start) };
}
