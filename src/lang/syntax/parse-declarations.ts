/** Declarations: imports, pipelines, functions, tools, skills, eval packs, and types of all kinds. */

import type {
  Block,
  Decl,
  EnumVariantDecl,
  FnDecl,
  Ident,
  InterfaceDecl,
  InterfaceMethod,
  Item,
  NamedField,
  StructFieldDecl,
  TypeExpr,
} from "./ast.ts";
import { parseAttributed } from "./parse-attributes.ts";
import { expect, expectClose, expectFieldName, expectIdentifier, expectOpen } from "./parse-expected.ts";
import { complain, fail, levelInside, recover } from "./parse-failures.ts";
import { readForeignWords } from "./parse-foreign-words.ts";
import { enter, grow, leave } from "./parse-limits.ts";
import { parseElements, parseMembers, parseSeparator } from "./parse-lists.ts";
import { parseNameParams, parseParams } from "./parse-patterns.ts";
import { parseType, parseTypeParams, parseWhere, tryParseAnnotation, tryParseReturnType } from "./parse-types.ts";
import {
  advance,
  at,
  atEnd,
  atWord,
  currentKind,
  currentToken,
  emptySpan,
  kindAhead,
  missingIdent,
  type Parser,
  skipNewlines,
  spanFrom,
  startOffset,
  take,
} from "./parser-state.ts";
import { isKeyword, stringValue } from "./tokens.ts";

/** A declaration at the current token; undefined, with nothing consumed, when none stands here. */
export function tryParseDeclaration(p: Parser): Item | undefined {
  if (at(p, "@")) return parseAttributed(p);
  const start = startOffset(p);
  if (at(p, "pub")) return parsePublic(p, start);
  return tryParsePlainDeclaration(p, start, false);
}

function parsePublic(p: Parser, start: number): Item {
  advance(p);
  skipNewlines(p);
  readForeignWords(p);
  const kind = currentKind(p);
  // These cannot be exported: `impl` belongs to its type, `override` to its pipeline.
  const decl = kind === "impl" || kind === "override" ? undefined : tryParsePlainDeclaration(p, start, true);
  if (decl !== undefined) return decl;
  fail(p, "fn, tool, skill, eval_pack, struct, enum, pipeline, or import after pub", {
    hint: "Remove `pub`; only declarations can be exported",
  });
  return { kind: "ErrorNode", span: spanFrom(p, start) };
}

function tryParsePlainDeclaration(p: Parser, start: number, isPub: boolean): Decl | undefined {
  switch (currentKind(p)) {
    case "import":
      return parseImport(p, start, isPub);
    case "pipeline":
      return parsePipeline(p, start, isPub);
    case "override":
      return parseOverride(p, start);
    case "fn":
      // `fn (x) { … }` is an expression.
      return kindAhead(p, 1) === "(" ? undefined : parseFn(p, start, isPub);
    case "tool":
      return parseTool(p, start, isPub);
    case "eval_pack":
      return parseEvalPack(p, start, isPub);
    case "enum":
      return parseEnum(p, start, isPub);
    case "struct":
      return parseStruct(p, start, isPub);
    case "interface":
      return parseInterface(p, start, isPub);
    case "impl":
      return parseImpl(p, start);
    case "type":
      return parseTypeAlias(p, start, isPub);
    case "identifier":
      if (atWord(p, "gen") && kindAhead(p, 1) === "fn") return parseFn(p, start, isPub);
      return opensSkill(p) ? parseSkill(p, start, isPub) : undefined;
    default:
      return undefined;
  }
}

// ---- Modules and pipelines -----------------------------------------------------------------------------------------

/** `import "path"`, `import { a, b } from "path"`. */
function parseImport(p: Parser, start: number, isPub: boolean): Decl {
  expect(p, "import");
  let names: Ident[] | undefined;
  if (at(p, "{")) {
    const open = expectOpen(p, "{");
    names = parseElements(p, "}", (inner) => expectIdentifier(inner, "import name"));
    expectClose(p, "}", open);
    expect(p, "from");
  }
  const token = currentToken(p);
  const isPath = take(p, "string");
  if (!isPath) fail(p, "import path string");
  return {
    kind: "ImportDecl",
    path: isPath ? stringValue(token.content!) : "",
    pathSpan: isPath ? { start: token.start, end: token.end } : emptySpan(p),
    ...(names === undefined ? {} : { names }),
    isPub,
    span: spanFrom(p, start),
  };
}

function parsePipeline(p: Parser, start: number, isPub: boolean): Decl {
  expect(p, "pipeline");
  const name = expectIdentifier(p, "pipeline name");
  const params = parseNameParams(p);
  const returnType = tryParseReturnType(p);
  const parent = take(p, "extends") ? expectIdentifier(p, "parent pipeline name") : undefined;
  const body = p.rules.block(p);
  grow(p);
  return {
    kind: "PipelineDecl",
    name,
    params,
    ...(returnType === undefined ? {} : { returnType }),
    ...(parent === undefined ? {} : { extends: parent }),
    body,
    isPub,
    span: spanFrom(p, start),
  };
}

function parseOverride(p: Parser, start: number): Decl {
  expect(p, "override");
  const name = expectIdentifier(p, "override name");
  const params = parseNameParams(p);
  const body = p.rules.block(p);
  grow(p);
  return { kind: "OverrideDecl", name, params, body, span: spanFrom(p, start) };
}

// ---- Functions and tools -------------------------------------------------------------------------------------------

/** `fn name<T>(…) -> R where T: B { … }`, also with `gen` before it. */
function parseFn(p: Parser, start: number, isPub: boolean): FnDecl {
  const isStream = atWord(p, "gen");
  if (isStream) advance(p);
  expect(p, "fn");
  const name = expectIdentifier(p, "function name");
  const typeParams = parseTypeParams(p);
  const params = parseParams(p);
  const returnType = tryParseReturnType(p);
  const where = parseWhere(p);
  const body = p.rules.block(p);
  grow(p);
  return {
    kind: "FnDecl",
    name,
    typeParams,
    params,
    ...(returnType === undefined ? {} : { returnType }),
    where,
    body,
    isPub,
    isStream,
    span: spanFrom(p, start),
  };
}

/** `tool name(…) -> R { description "…" … }`. */
function parseTool(p: Parser, start: number, isPub: boolean): Decl {
  expect(p, "tool");
  const name = expectIdentifier(p, "tool name");
  const params = parseParams(p);
  const returnType = tryParseReturnType(p);
  const bodyStart = startOffset(p);
  const open = expectOpen(p, "{");
  const description = tryParseDescription(p);
  const body = parseOpenedBlock(p, open, bodyStart);
  grow(p);
  return {
    kind: "ToolDecl",
    name,
    ...(description === undefined ? {} : { description }),
    params,
    ...(returnType === undefined ? {} : { returnType }),
    body,
    isPub,
    span: spanFrom(p, start),
  };
}

function parseOpenedBlock(p: Parser, open: number, start: number): Block {
  if (p.panic || !enter(p)) return { items: [], span: spanFrom(p, start) };
  const items = p.rules.blockItems(p, open);
  leave(p);
  expectClose(p, "}", open);
  return { items, span: spanFrom(p, start) };
}

function tryParseDescription(p: Parser): string | undefined {
  skipNewlines(p);
  const ahead = kindAhead(p, 1) === "newline" ? 2 : 1;
  if (!atWord(p, "description") || kindAhead(p, ahead) !== "string") return undefined;
  advance(p);
  skipNewlines(p);
  const token = advance(p);
  parseSeparator(p, "tool body item");
  return stringValue(token.content!);
}

// ---- Skills and eval packs -----------------------------------------------------------------------------------------

/** `skill` is a name like any other unless a name and a brace follow. */
function opensSkill(p: Parser): boolean {
  if (!atWord(p, "skill")) return false;
  const next = kindAhead(p, 1);
  const after = kindAhead(p, kindAhead(p, 2) === "newline" ? 3 : 2);
  return (next === "identifier" || isKeyword(next)) && next !== "in" && after === "{";
}

/** `skill name { field value … }`. */
function parseSkill(p: Parser, start: number, isPub: boolean): Decl {
  advance(p);
  const name = expectIdentifier(p, "skill name");
  const open = expectOpen(p, "{");
  const fields = parseFields(p, open, "skill field", (inner) => {
    const field = expectIdentifier(inner, "skill field name");
    const value = inner.rules.expression(inner);
    return { name: field, value };
  });
  expectClose(p, "}", open);
  grow(p);
  return { kind: "SkillDecl", name, fields, isPub, span: spanFrom(p, start) };
}

/** Members on lines of their own, each recovering for itself. */
function parseFields<T>(p: Parser, open: number, what: string, parseField: (p: Parser) => T): T[] {
  const fields: T[] = [];
  if (p.panic) return fields;
  const level = levelInside(p, open);
  while (true) {
    skipNewlines(p);
    if (atEnd(p) || at(p, "}")) return fields;
    const before = p.pos;
    fields.push(parseField(p));
    parseSeparator(p, what);
    if (!p.panic && p.pos === before) fail(p, what);
    if (!recover(p, level, before)) return fields;
  }
}

type EvalPackMember =
  | { readonly kind: "field"; readonly field: NamedField }
  | { readonly kind: "summarize"; readonly block: Block }
  | { readonly kind: "item"; readonly item: Item };

/** `eval_pack name "id" { field: value … statements … summarize { … } }`. */
function parseEvalPack(p: Parser, start: number, isPub: boolean): Decl {
  expect(p, "eval_pack");
  const { bindingName, packId, idIsString } = parseEvalPackName(p);
  const bodyStart = startOffset(p);
  const open = expectOpen(p, "{");
  let summarized = false;
  const members = parseFields(p, open, "eval_pack item", (inner): EvalPackMember => {
    if (atWord(inner, "summarize") && kindAhead(inner, 1) === "{") {
      if (summarized) complainAboutSummarize(inner);
      summarized = true;
      advance(inner);
      return { kind: "summarize", block: inner.rules.block(inner) };
    }
    if (at(inner, "identifier") && kindAhead(inner, 1) === ":") {
      const name = expectIdentifier(inner, "eval_pack field name");
      expect(inner, ":");
      return { kind: "field", field: { name, value: inner.rules.expression(inner) } };
    }
    return { kind: "item", item: inner.rules.item(inner) };
  });
  expectClose(p, "}", open);
  grow(p);
  const summarize = members.find((member) => member.kind === "summarize")?.block;
  return {
    kind: "EvalPackDecl",
    bindingName,
    packId,
    idIsString,
    fields: members.flatMap((member) => (member.kind === "field" ? [member.field] : [])),
    body: {
      items: members.flatMap((member) => (member.kind === "item" ? [member.item] : [])),
      span: spanFrom(p, bodyStart),
    },
    ...(summarize === undefined ? {} : { summarize }),
    isPub,
    span: spanFrom(p, start),
  };
}

function complainAboutSummarize(p: Parser): void {
  const { start, end } = currentToken(p);
  const { line, column } = p.file.position(start);
  const message = `Expected one summarize block, got duplicate summarize block at ${line}:${column}`;
  complain(p, "HARN-P018", message, { start, end }, { hint: "Merge the two blocks" });
}

function parseEvalPackName(p: Parser): { bindingName: Ident; packId: string; idIsString: boolean } {
  skipNewlines(p);
  const token = currentToken(p);
  const span = { start: token.start, end: token.end };
  if (take(p, "string")) {
    const packId = stringValue(token.content!);
    return { bindingName: { name: bindingNameOf(packId), span }, packId, idIsString: true };
  }
  if (!at(p, "identifier")) {
    fail(p, "eval_pack name or string id");
    return { bindingName: missingIdent(p), packId: "", idIsString: false };
  }
  const bindingName = expectIdentifier(p, "eval_pack name");
  const id = currentToken(p);
  const packId = take(p, "string") ? stringValue(id.content!) : bindingName.name;
  return { bindingName, packId, idIsString: false };
}

/** The name a pack gets that only has an id: lower case, everything but letters and digits as one underscore. */
function bindingNameOf(packId: string): string {
  const name = packId
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replace(/[^a-z0-9_]+/gu, "_")
    .replace(/^_+|_+$/g, "");
  return /^[a-z]/.test(name) && !isKeyword(name) ? name : `eval_pack_${name}`;
}

// ---- Types ---------------------------------------------------------------------------------------------------------

function parseTypeAlias(p: Parser, start: number, isPub: boolean): Decl {
  expect(p, "type");
  const name = expectIdentifier(p, "type name");
  const typeParams = parseTypeParams(p);
  expect(p, "=");
  const type = parseType(p);
  return { kind: "TypeDecl", name, typeParams, type, isPub, span: spanFrom(p, start) };
}

function parseEnum(p: Parser, start: number, isPub: boolean): Decl {
  expect(p, "enum");
  const name = expectIdentifier(p, "enum name");
  const typeParams = parseTypeParams(p);
  const open = expectOpen(p, "{");
  const variants = parseMembers(p, open, parseVariant);
  expectClose(p, "}", open);
  return { kind: "EnumDecl", name, typeParams, variants, isPub, span: spanFrom(p, start) };
}

function parseVariant(p: Parser): EnumVariantDecl {
  const start = startOffset(p);
  const name = expectIdentifier(p, "variant name");
  const fields = at(p, "(") ? parseParams(p) : [];
  return { name, fields, span: spanFrom(p, start) };
}

function parseStruct(p: Parser, start: number, isPub: boolean): Decl {
  expect(p, "struct");
  const name = expectIdentifier(p, "struct name");
  const typeParams = parseTypeParams(p);
  const open = expectOpen(p, "{");
  const fields = parseMembers(p, open, parseStructField);
  expectClose(p, "}", open);
  return { kind: "StructDecl", name, typeParams, fields, isPub, span: spanFrom(p, start) };
}

function parseStructField(p: Parser): StructFieldDecl {
  const start = startOffset(p);
  const name = expectFieldName(p, "field name");
  const optional = take(p, "?");
  const type = tryParseAnnotation(p);
  return { name, ...(type === undefined ? {} : { type }), optional, span: spanFrom(p, start) };
}

type InterfaceMember =
  | { readonly kind: "type"; readonly name: Ident; readonly defaultType?: TypeExpr }
  | { readonly kind: "method"; readonly method: InterfaceMethod };

function parseInterface(p: Parser, start: number, isPub: boolean): Decl {
  expect(p, "interface");
  const name = expectIdentifier(p, "interface name");
  const typeParams = parseTypeParams(p);
  const open = expectOpen(p, "{");
  const members = parseMembers(p, open, parseInterfaceMember);
  expectClose(p, "}", open);
  const associatedTypes: InterfaceDecl["associatedTypes"] = members.flatMap((member) =>
    member.kind === "type"
      ? [{ name: member.name, ...(member.defaultType === undefined ? {} : { defaultType: member.defaultType }) }]
      : [],
  );
  const methods = members.flatMap((member) => (member.kind === "method" ? [member.method] : []));
  return { kind: "InterfaceDecl", name, typeParams, associatedTypes, methods, isPub, span: spanFrom(p, start) };
}

function parseInterfaceMember(p: Parser): InterfaceMember {
  if (take(p, "type")) {
    const name = expectIdentifier(p, "associated type name");
    const defaultType = take(p, "=") ? parseType(p) : undefined;
    return { kind: "type", name, ...(defaultType === undefined ? {} : { defaultType }) };
  }
  const start = startOffset(p);
  expect(p, "fn");
  const name = expectIdentifier(p, "method name");
  const typeParams = parseTypeParams(p);
  const params = parseParams(p);
  const returnType = tryParseReturnType(p);
  return {
    kind: "method",
    method: {
      name,
      typeParams,
      params,
      ...(returnType === undefined ? {} : { returnType }),
      span: spanFrom(p, start),
    },
  };
}

function parseImpl(p: Parser, start: number): Decl {
  expect(p, "impl");
  const typeName = expectIdentifier(p, "type name");
  const open = expectOpen(p, "{");
  const methods = parseMembers(p, open, parseMethod);
  expectClose(p, "}", open);
  grow(p);
  return { kind: "ImplBlock", typeName, methods, span: spanFrom(p, start) };
}

function parseMethod(p: Parser): FnDecl {
  const start = startOffset(p);
  const isPub = take(p, "pub");
  return parseFn(p, start, isPub);
}
