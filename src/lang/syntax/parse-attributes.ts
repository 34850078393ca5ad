/** `@name(args)` before a declaration (§17). Arguments are data known before the program runs. */

import type { Attribute, AttributeArg, DictEntry, Expr, Item } from "./ast.ts";
import { decodeInt } from "./literals.ts";
import { expect, expectClose, expectIdentifier, expectMemberName, expectOpen } from "./parse-expected.ts";
import { complain, fail } from "./parse-failures.ts";
import { readForeignWords } from "./parse-foreign-words.ts";
import { enter, grow, leave } from "./parse-limits.ts";
import { parseElements } from "./parse-lists.ts";
import { parsePrimary } from "./parse-primaries.ts";
import {
  advance,
  at,
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
import { stringValue } from "./tokens.ts";

const ATTRIBUTABLE: ReadonlySet<Item["kind"]> = new Set<Item["kind"]>([
  "FnDecl",
  "ToolDecl",
  "SkillDecl",
  "EvalPackDecl",
  "PipelineDecl",
  "StructDecl",
  "EnumDecl",
  "TypeDecl",
  "InterfaceDecl",
  "ImplBlock",
]);

export function parseAttributed(p: Parser): Item {
  const start = startOffset(p);
  const attributes: Attribute[] = [];
  while (at(p, "@")) {
    attributes.push(parseAttribute(p));
    skipNewlines(p);
  }
  readForeignWords(p);
  const decl = p.rules.item(p);
  grow(p);
  if (isDecl(decl)) return { kind: "AttributedDecl", attributes, decl, span: spanFrom(p, start) };
  const { line, column } = p.file.position(decl.span.start);
  const expected = "fn/tool/skill/eval_pack/pipeline/struct/enum/type/interface/impl declaration after `@attr`";
  const message = `Expected ${expected}, got non-declaration statement at ${line}:${column}`;
  complain(p, "HARN-P011", message, decl.span, { hint: "Move the attribute in front of a declaration" });
  return decl;
}

type AttributableDecl = Extract<
  Item,
  {
    kind:
      | "FnDecl"
      | "ToolDecl"
      | "SkillDecl"
      | "EvalPackDecl"
      | "PipelineDecl"
      | "StructDecl"
      | "EnumDecl"
      | "TypeDecl"
      | "InterfaceDecl"
      | "ImplBlock";
  }
>;

function isDecl(item: Item): item is AttributableDecl {
  return ATTRIBUTABLE.has(item.kind);
}

function parseAttribute(p: Parser): Attribute {
  const start = startOffset(p);
  expect(p, "@");
  const { name } = expectIdentifier(p, "attribute name");
  let args: AttributeArg[] = [];
  if (at(p, "(")) {
    const open = expectOpen(p, "(");
    args = parseElements(p, ")", TAKES_CALLS.has(name) ? parseCallableArg : parseAttributeArg);
    expectClose(p, ")", open);
  }
  return { name, args, span: spanFrom(p, start) };
}

/** Values in which a call stands for its text: `triggers: [cron("0 9 * * *")]` (STEP-57). */
const TAKES_CALLS: ReadonlySet<string> = new Set(["step", "persona"]);

const parseAttributeArg = (p: Parser): AttributeArg => parseArg(p, parseAttributeValue);
const parseCallableArg = (p: Parser): AttributeArg => parseArg(p, parseValueOrCall);

type ParseValue = (p: Parser) => Expr;

function parseArg(p: Parser, parseValue: ParseValue): AttributeArg {
  const start = startOffset(p);
  let name: string | undefined;
  // Also a keyword: `retry: {max_attempts: 2}`.
  if (kindAhead(p, 1) === ":") {
    name = expectMemberName(p, "argument name").name;
    expect(p, ":");
  }
  const value = parseValue(p);
  return { ...(name === undefined ? {} : { name }), value, span: spanFrom(p, start) };
}

function parseAttributeValue(p: Parser): Expr {
  return parseData(p, parseAttributeValue);
}

function parseValueOrCall(p: Parser): Expr {
  skipNewlines(p);
  return at(p, "identifier") && kindAhead(p, 1) === "(" ? parseCall(p) : parseData(p, parseValueOrCall);
}

/** @param parsePart for the values inside lists and dicts */
function parseData(p: Parser, parsePart: ParseValue): Expr {
  skipNewlines(p);
  const start = startOffset(p);
  switch (currentKind(p)) {
    case "string":
    case "int":
    case "float":
    case "duration":
    case "true":
    case "false":
    case "nil":
      return parsePrimary(p);
    case "identifier":
    // One of the three error boundaries happens to be a keyword.
    case "continue":
      return parseName(p, start);
    case "-":
      return parseNegative(p, start);
    case "[":
    case "{": {
      if (!enter(p)) return errorNode(p);
      const value = at(p, "[") ? parseAttributeList(p, start, parsePart) : parseAttributeDict(p, start, parsePart);
      leave(p);
      grow(p);
      return value;
    }
    default:
      fail(p, "attribute argument value (literal or identifier)");
      return errorNode(p);
  }
}

/** `escalate`, `Boundary.escalate`, `continue`. */
function parseName(p: Parser, start: number): Expr {
  let value: Expr = { kind: "Identifier", ...expectMemberName(p, "name") };
  while (take(p, ".")) {
    const property = expectMemberName(p, "name after '.'");
    grow(p);
    value = { kind: "Property", object: value, property, optional: false, span: spanFrom(p, start) };
  }
  return value;
}

function parseCall(p: Parser): Expr {
  const start = startOffset(p);
  if (!enter(p)) return errorNode(p);
  const callee = expectIdentifier(p, "name");
  const open = expectOpen(p, "(");
  const args = parseElements(p, ")", parseValueOrCall);
  expectClose(p, ")", open);
  leave(p);
  grow(p);
  return { kind: "Call", callee, typeArgs: [], args, span: spanFrom(p, start) };
}

function parseNegative(p: Parser, start: number): Expr {
  advance(p);
  const token = currentToken(p);
  if (!at(p, "int") && !at(p, "float")) {
    fail(p, "number after '-' in attribute argument");
    return errorNode(p);
  }
  advance(p);
  const digits = tokenText(p, token);
  const value = token.kind === "int" ? decodeInt(digits) : undefined;
  const span = spanFrom(p, start);
  return value === undefined
    ? { kind: "FloatLiteral", value: -Number(digits), span }
    : { kind: "IntLiteral", value: -value, span };
}

function parseAttributeList(p: Parser, start: number, parsePart: ParseValue): Expr {
  const open = expectOpen(p, "[");
  const elements = parseElements(p, "]", parsePart);
  expectClose(p, "]", open);
  return { kind: "ListLiteral", elements, span: spanFrom(p, start) };
}

function parseAttributeDict(p: Parser, start: number, parsePart: ParseValue): Expr {
  const open = expectOpen(p, "{");
  const entries = parseElements(p, "}", (inner) => parseAttributeEntry(inner, parsePart));
  expectClose(p, "}", open);
  return { kind: "DictLiteral", entries, span: spanFrom(p, start) };
}

function parseAttributeEntry(p: Parser, parsePart: ParseValue): DictEntry {
  const start = startOffset(p);
  const token = currentToken(p);
  let key: Expr;
  if (take(p, "string")) {
    const { style } = token.content!;
    key = { kind: "StringLiteral", value: stringValue(token.content!), style, span: spanFrom(p, start) };
  } else {
    const { name, span } = expectMemberName(p, "dict key");
    key = { kind: "StringLiteral", value: name, style: "plain", span };
  }
  expect(p, ":");
  const value = parsePart(p);
  return { kind: "Entry", key, computed: false, value, span: spanFrom(p, start) };
}
