/** From syntax to types: annotations, type declarations and function signatures. */

import { table } from "../../base/index.ts";
import type {
  Attribute,
  Decl,
  EnumDecl,
  Expr,
  FnDecl,
  ImplBlock,
  InterfaceDecl,
  Item,
  Param,
  StructDecl,
  ToolDecl,
  TypeDecl,
  TypeExpr,
} from "../syntax/ast.ts";
import { peelAttributes } from "../syntax/ast.ts";
import type {
  Deprecation,
  FunctionSignature,
  MethodSignature,
  ParameterSignature,
  TypeDeclaration,
  TypeTable,
} from "./declarations.ts";
import { ANY, NEVER, named, type ShapeTypeField, type Type, UNKNOWN, UNTYPED } from "./types.ts";
import { unionOf } from "./unions.ts";

export type TypeParamNames = ReadonlySet<string>;

const NO_PARAMS: TypeParamNames = new Set();

/** Two spellings each; the second is the one messages use. */
const CANONICAL_NAMES: Readonly<Record<string, string>> = table({
  Iter: "iter",
  generator: "Generator",
  stream: "Stream",
  pair: "Pair",
});

/** Annotations nest at most this deep; the parser's own limit is lower. */
const MAX_DEPTH = 200;

/** Alternatives in one written union; far beyond what anyone writes by hand. */
const MAX_WRITTEN_MEMBERS = 1_000;

export function lowerType(expr: TypeExpr, params: TypeParamNames = NO_PARAMS): Type {
  return lower(expr, params, 0);
}

/** A missing annotation says nothing. */
export function lowerAnnotation(expr: TypeExpr | undefined, params: TypeParamNames = NO_PARAMS): Type {
  return expr === undefined ? UNTYPED : lower(expr, params, 0);
}

function lower(expr: TypeExpr, params: TypeParamNames, depth: number): Type {
  if (depth > MAX_DEPTH) return UNTYPED;
  const inner = (part: TypeExpr): Type => lower(part, params, depth + 1);
  switch (expr.kind) {
    case "NamedType":
      return lowerName(expr.name, params);
    case "AppliedType":
      return named(canonicalName(expr.name), ...expr.args.map(inner));
    case "UnionType":
      return unionOf(expr.members.map(inner), MAX_WRITTEN_MEMBERS);
    case "ShapeType":
      return { kind: "Shape", fields: expr.fields.map((field) => lowerField(field, inner)) };
    case "FnType":
      return {
        kind: "Fn",
        params: expr.params.map(inner),
        required: expr.params.length,
        returns: inner(expr.returnType),
      };
    case "LiteralType":
      return { kind: "Literal", value: expr.value };
  }
}

function lowerField(
  field: { readonly name: string; readonly type: TypeExpr; readonly optional: boolean },
  inner: (part: TypeExpr) => Type,
): ShapeTypeField {
  return { name: field.name, type: inner(field.type), optional: field.optional };
}

function lowerName(name: string, params: TypeParamNames): Type {
  if (params.has(name)) return { kind: "Param", name };
  switch (name) {
    case "any":
      return ANY;
    case "unknown":
      return UNKNOWN;
    case "never":
      return NEVER;
    case "_":
      return UNTYPED;
    default:
      return named(canonicalName(name));
  }
}

function canonicalName(name: string): string {
  return Object.hasOwn(CANONICAL_NAMES, name) ? (CANONICAL_NAMES[name] ?? name) : name;
}

// ---- Declarations --------------------------------------------------------------------------------------------------

/** Whether a declaration is written in the file being checked; only then may messages point at it. */
export type Origin = "here" | "imported";

/** Lowers the type declarations and `impl` blocks of a statement list into one level of names over `parent`. */
export function declareTypes(
  items: readonly Item[],
  parent: TypeTable,
  outerParams: TypeParamNames = NO_PARAMS,
  origin: Origin = "here",
): TypeTable {
  const declarations = new Map<string, TypeDeclaration>();
  const methods = new Map<string, readonly MethodSignature[]>();
  for (const item of items) {
    const { item: decl } = peelAttributes(item);
    switch (decl.kind) {
      case "TypeDecl":
      case "EnumDecl":
      case "StructDecl":
      case "InterfaceDecl":
        declarations.set(decl.name.name, lowerDeclaration(decl, outerParams, origin));
        break;
      case "ImplBlock": {
        const known = methods.get(decl.typeName.name) ?? [];
        methods.set(decl.typeName.name, [...known, ...lowerMethods(decl, outerParams, origin)]);
        break;
      }
      default:
    }
  }
  return declarations.size === 0 && methods.size === 0 ? parent : { parent, declarations, methods };
}

function lowerDeclaration(
  decl: TypeDecl | EnumDecl | StructDecl | InterfaceDecl,
  outerParams: TypeParamNames,
  origin: Origin,
): TypeDeclaration {
  const names = decl.typeParams.map((param) => param.name);
  const params = extendParams(outerParams, names);
  const head = {
    name: decl.name.name,
    params: decl.typeParams.map((param) => ({ name: param.name, variance: param.variance })),
  };
  switch (decl.kind) {
    case "TypeDecl":
      return { kind: "Alias", ...head, body: lowerType(decl.type, params) };
    case "EnumDecl":
      return {
        kind: "Enum",
        ...head,
        variants: decl.variants.map((variant) => ({
          name: variant.name.name,
          fields: variant.fields.map((field) => ({ name: field.name, type: lowerAnnotation(field.type, params) })),
        })),
      };
    case "StructDecl":
      return {
        kind: "Struct",
        ...head,
        fields: decl.fields.map((field) => ({
          name: field.name.name,
          type: lowerAnnotation(field.type, params),
          optional: field.optional,
          ...(origin === "here" ? { span: field.span } : {}),
        })),
      };
    case "InterfaceDecl": {
      const associated = decl.associatedTypes.map((type) => type.name.name);
      const inside = extendParams(params, associated);
      return {
        kind: "Interface",
        ...head,
        associatedTypes: decl.associatedTypes.map((type) => ({
          name: type.name.name,
          ...(type.defaultType === undefined ? {} : { defaultType: lowerType(type.defaultType, inside) }),
        })),
        methods: decl.methods.map((method) =>
          lowerMethod(method.name.name, method.typeParams, method.params, method.returnType, inside, origin),
        ),
      };
    }
  }
}

function lowerMethods(decl: ImplBlock, outerParams: TypeParamNames, origin: Origin): readonly MethodSignature[] {
  return decl.methods.map((method) =>
    lowerMethod(method.name.name, method.typeParams, method.params, method.returnType, outerParams, origin),
  );
}

function lowerMethod(
  name: string,
  typeParams: readonly { readonly name: string }[],
  allParams: readonly Param[],
  returnType: TypeExpr | undefined,
  outer: TypeParamNames,
  origin: Origin,
): MethodSignature {
  const names = typeParams.map((param) => param.name);
  const inside = extendParams(outer, names);
  const params = allParams.filter((param) => param.name !== "self");
  return {
    name,
    params: params.map((param) => lowerParam(param, inside, origin)),
    required: requiredCount(params),
    hasRest: params.some((param) => param.rest),
    typeParams: names,
    returns: lowerAnnotation(returnType, inside),
  };
}

// ---- Signatures ----------------------------------------------------------------------------------------------------

/** The signature callers see. A `gen fn` gives a stream, a body with `yield` a generator. */
export function lowerFunction(
  decl: FnDecl | ToolDecl,
  outerParams: TypeParamNames,
  attributes: readonly Attribute[],
  containsYield: boolean,
): FunctionSignature {
  const typeParams = decl.kind === "FnDecl" ? decl.typeParams.map((param) => param.name) : [];
  const where = decl.kind === "FnDecl" ? decl.where : [];
  const inside = extendParams(outerParams, typeParams);
  const deprecated = readDeprecation(attributes);
  return {
    name: decl.name.name,
    params: decl.params.map((param) => lowerParam(param, inside, "here")),
    required: requiredCount(decl.params),
    hasRest: decl.params.some((param) => param.rest),
    typeParams,
    where: where.map((clause) => ({ param: clause.typeName, bound: clause.bound })),
    returns:
      decl.returnType !== undefined
        ? lowerType(decl.returnType, inside)
        : decl.kind === "FnDecl" && decl.isStream
          ? named("Stream", ANY)
          : containsYield
            ? named("Generator", ANY)
            : UNTYPED,
    ...(deprecated === undefined ? {} : { deprecated }),
  };
}

function lowerParam(param: Param, params: TypeParamNames, origin: Origin): ParameterSignature {
  return {
    name: param.name,
    type: param.rest ? UNTYPED : lowerAnnotation(param.type, params),
    ...(origin === "here" ? { span: param.span } : {}),
  };
}

function requiredCount(params: readonly Param[]): number {
  return params.filter((param) => param.defaultValue === undefined && !param.rest).length;
}

export function extendParams(outer: TypeParamNames, names: readonly string[]): TypeParamNames {
  return names.length === 0 ? outer : new Set([...outer, ...names]);
}

function readDeprecation(attributes: readonly Attribute[]): Deprecation | undefined {
  const attribute = attributes.find((candidate) => candidate.name === "deprecated");
  if (attribute === undefined) return undefined;
  const since = stringArgument(attribute, "since");
  const use = stringArgument(attribute, "use");
  return { ...(since === undefined ? {} : { since }), ...(use === undefined ? {} : { use }) };
}

function stringArgument(attribute: Attribute, name: string): string | undefined {
  const value: Expr | undefined = attribute.args.find((arg) => arg.name === name)?.value;
  return value?.kind === "StringLiteral" ? value.value : undefined;
}

// ---- Names mentioned ------------------------------------------------------------------------------------------------

/** Every type name that imported declarations mention; what is not declared in sight lives in their own module. */
export function mentionedTypeNames(decls: readonly Decl[]): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (expr: TypeExpr | undefined, depth: number): void => {
    if (expr === undefined || depth > MAX_DEPTH) return;
    switch (expr.kind) {
      case "NamedType":
        names.add(expr.name);
        break;
      case "AppliedType":
        names.add(expr.name);
        for (const arg of expr.args) visit(arg, depth + 1);
        break;
      case "UnionType":
        for (const member of expr.members) visit(member, depth + 1);
        break;
      case "ShapeType":
        for (const field of expr.fields) visit(field.type, depth + 1);
        break;
      case "FnType":
        for (const param of expr.params) visit(param, depth + 1);
        visit(expr.returnType, depth + 1);
        break;
      case "LiteralType":
        break;
    }
  };
  for (const decl of decls) {
    switch (decl.kind) {
      case "TypeDecl":
        visit(decl.type, 0);
        break;
      case "StructDecl":
        for (const field of decl.fields) visit(field.type, 0);
        break;
      case "EnumDecl":
        for (const variant of decl.variants) for (const field of variant.fields) visit(field.type, 0);
        break;
      case "InterfaceDecl":
        for (const method of decl.methods) {
          for (const param of method.params) visit(param.type, 0);
          visit(method.returnType, 0);
        }
        break;
      default:
    }
  }
  return names;
}
