/**
 * Declaration-site variance: a parameter marked `out` may stand only where values come out, one marked `in` only where
 * they go in. Going into a function parameter turns the position round; an invariant slot takes neither.
 */

import type { Decl, Span, TypeParam } from "../syntax/ast.ts";
import { type Checker, labelAt, report } from "./checker.ts";
import { type Variance, varianceOf } from "./declarations.ts";
import { extendParams, lowerAnnotation, lowerType, type TypeParamNames } from "./lower-types.ts";
import type { Type } from "./types.ts";

type Position = "covariant" | "contravariant" | "invariant";

/** A type written in a declaration, with the position it stands in. */
interface Occurrence {
  readonly type: Type;
  readonly position: Position;
  readonly span: Span;
}

export function checkVariance(checker: Checker, decl: Decl): void {
  if (!("typeParams" in decl) || decl.typeParams.every((param) => param.variance === "invariant")) return;
  const names = extendParams(
    checker.typeParams,
    decl.typeParams.map((param) => param.name),
  );
  const what = `${describe(decl)} '${decl.name.name}'`;
  for (const occurrence of occurrencesIn(decl, names)) {
    walk(checker, decl.typeParams, what, occurrence, occurrence.type, occurrence.position, 0);
  }
}

type GenericDecl = Extract<Decl, { readonly typeParams: readonly TypeParam[] }>;

function describe(decl: GenericDecl): string {
  switch (decl.kind) {
    case "FnDecl":
      return "function";
    case "TypeDecl":
      return "type alias";
    case "EnumDecl":
      return "enum";
    case "StructDecl":
      return "struct";
    case "InterfaceDecl":
      return "interface";
  }
}

function occurrencesIn(decl: GenericDecl, names: TypeParamNames): readonly Occurrence[] {
  switch (decl.kind) {
    case "TypeDecl":
      return [{ type: lowerType(decl.type, names), position: "covariant", span: decl.type.span }];
    case "EnumDecl":
      return decl.variants.flatMap((variant) => variant.fields.map((field) => occurrence(field, names, "covariant")));
    case "StructDecl":
      // Fields can be assigned to.
      return decl.fields.map((field) => occurrence(field, names, "invariant"));
    case "FnDecl":
      return signatureOccurrences(decl, names);
    case "InterfaceDecl":
      return decl.methods.flatMap((method) => signatureOccurrences(method, names));
  }
}

function signatureOccurrences(
  signature: Pick<Extract<Decl, { kind: "FnDecl" }>, "params" | "returnType" | "name">,
  names: TypeParamNames,
): readonly Occurrence[] {
  const returns: Occurrence = {
    type: lowerAnnotation(signature.returnType, names),
    position: "covariant",
    span: signature.returnType?.span ?? signature.name.span,
  };
  return [...signature.params.map((param) => occurrence(param, names, "contravariant")), returns];
}

function occurrence(
  part: { readonly type?: Parameters<typeof lowerType>[0]; readonly span: Span },
  names: TypeParamNames,
  position: Position,
): Occurrence {
  return { type: lowerAnnotation(part.type, names), position, span: part.type?.span ?? part.span };
}

const MAX_DEPTH = 100;

function walk(
  checker: Checker,
  params: readonly TypeParam[],
  what: string,
  at: Occurrence,
  type: Type,
  position: Position,
  depth: number,
): void {
  if (depth > MAX_DEPTH) return;
  const inner = (part: Type, variance: Variance): void =>
    walk(checker, params, what, at, part, compose(position, variance), depth + 1);
  switch (type.kind) {
    case "Param": {
      const declared = params.find((param) => param.name === type.name);
      if (declared !== undefined) checkPosition(checker, declared, what, at, position);
      return;
    }
    case "Named":
      for (const [index, arg] of type.args.entries()) inner(arg, varianceOf(checker.types, type.name, index));
      return;
    case "Union":
      for (const member of type.members) inner(member, "out");
      return;
    case "Shape":
      for (const field of type.fields) inner(field.type, "out");
      return;
    case "Fn":
      for (const param of type.params) inner(param, "in");
      inner(type.returns, "out");
      return;
    case "Untyped":
    case "Any":
    case "Unknown":
    case "Never":
    case "Literal":
      return;
  }
}

function compose(position: Position, variance: Variance): Position {
  if (position === "invariant" || variance === "invariant") return "invariant";
  if (variance === "out") return position;
  return position === "covariant" ? "contravariant" : "covariant";
}

function checkPosition(checker: Checker, declared: TypeParam, what: string, at: Occurrence, position: Position): void {
  if (declared.variance === "invariant") return;
  const allowed = declared.variance === "out" ? "covariant" : "contravariant";
  if (position === allowed) return;
  report(
    checker,
    "varianceViolation",
    at.span,
    `type parameter '${declared.name}' is declared '${declared.variance}' (${allowed}) but appears in a ${position} position in ${what}`,
    {
      labels: labelAt(declared.span, `declared '${declared.variance}' here`),
      hint: `Remove the '${declared.variance}' marker, or use '${declared.name}' in ${allowed} positions only`,
    },
  );
}
