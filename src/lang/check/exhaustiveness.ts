/**
 * `match` must cover its subject: every variant of an enum, every tag of a tagged shape union, every literal of a
 * literal union, every type of a union of plain types. A wildcard, or a pattern this file cannot read, covers the rest;
 * an arm with a guard covers nothing, since the guard may say no.
 */

import type { Expr, NodeOf } from "../syntax/ast.ts";
import { resolveAlias } from "./aliases.ts";
import { type Checker, report } from "./checker.ts";
import { type EnumDeclaration, findTypeOfKind } from "./declarations.ts";
import { literalValue, taggedMembers } from "./narrowing.ts";
import { findField, printType, type Type } from "./types.ts";

/** The alternatives of a pattern: several for `a | b`. */
export function patternAlternatives(pattern: Expr): readonly Expr[] {
  return pattern.kind === "OrPattern" ? pattern.alternatives : [pattern];
}

export interface MatchSubject {
  readonly type: Type;
  /** For `match x.tag`: the type of `x`. */
  readonly ownerType?: Type;
}

export function checkExhaustive(checker: Checker, match: NodeOf<"Match">, subject: MatchSubject): void {
  const patterns = match.arms
    .filter((arm) => arm.guard === undefined)
    .flatMap((arm) => patternAlternatives(arm.pattern));
  const problem = findGap(checker, match.subject, subject, patterns);
  if (problem === undefined) return;
  report(checker, "nonExhaustiveMatch", match.span, problem, {
    hint: "Add the missing arms, or end with a `_` arm",
  });
}

function findGap(checker: Checker, expr: Expr, subject: MatchSubject, patterns: readonly Expr[]): string | undefined {
  const owner = subject.ownerType;
  const property = expr.kind === "Property" ? expr.property.name : undefined;
  const enumType = property === "variant" && owner !== undefined ? owner : subject.type;
  const declared = enumOf(checker, enumType);
  if (declared !== undefined) return enumGap(declared, patterns);
  if (owner !== undefined && property !== undefined) {
    const members = taggedMembers(checker.types, owner, property);
    if (members !== undefined) return tagGap(members, property, patterns);
  }
  return unionGap(resolveAlias(checker.types, subject.type), patterns);
}

function enumOf(checker: Checker, type: Type): EnumDeclaration | undefined {
  const resolved = resolveAlias(checker.types, type);
  return resolved.kind === "Named" ? findTypeOfKind(checker.types, resolved.name, "Enum") : undefined;
}

function enumGap(declared: EnumDeclaration, patterns: readonly Expr[]): string | undefined {
  const covered = new Set<string>();
  for (const pattern of patterns) {
    const variant = variantPattern(pattern, declared);
    if (variant === undefined) return undefined;
    covered.add(variant);
  }
  const missing = declared.variants.filter((variant) => !covered.has(variant.name));
  if (missing.length === 0) return undefined;
  const list = missing.map((variant) => `"${variant.name}"`).join(", ");
  return `Non-exhaustive match on enum ${declared.name}: missing variants ${list}`;
}

function variantPattern(pattern: Expr, declared: EnumDeclaration): string | undefined {
  switch (pattern.kind) {
    case "StringLiteral":
      return pattern.value;
    case "Identifier":
      return declared.variants.some((variant) => variant.name === pattern.name) ? pattern.name : undefined;
    case "Property":
      return pattern.property.name;
    case "MethodCall":
      return pattern.method.name;
    default:
      return undefined;
  }
}

function tagGap(members: readonly Type[], property: string, patterns: readonly Expr[]): string | undefined {
  const tags = members.flatMap((member) => (member.kind === "Shape" ? (findField(member, property)?.type ?? []) : []));
  const missing = uncoveredLiterals(tags, patterns);
  return missing.length === 0
    ? undefined
    : `Non-exhaustive match on tagged shape union: missing variants ${missing.join(", ")}`;
}

/** The literal types that no pattern equals, printed; none when some pattern is not a literal. */
function uncoveredLiterals(literals: readonly Type[], patterns: readonly Expr[]): readonly string[] {
  const covered = new Set<string | bigint>();
  for (const pattern of patterns) {
    const value = literalValue(pattern);
    if (value === undefined) return [];
    covered.add(value);
  }
  return literals.filter((type) => type.kind === "Literal" && !covered.has(type.value)).map(printType);
}

function unionGap(type: Type, patterns: readonly Expr[]): string | undefined {
  if (type.kind !== "Union") return undefined;
  if (type.members.every((member) => member.kind === "Literal")) {
    const missing = uncoveredLiterals(type.members, patterns);
    return missing.length === 0 ? undefined : `Non-exhaustive match on literal union: missing ${missing.join(", ")}`;
  }
  const names = type.members.map((member) =>
    member.kind === "Named" && member.args.length === 0 ? member.name : undefined,
  );
  if (names.includes(undefined)) return undefined;
  const covered = new Set<string>();
  for (const pattern of patterns) {
    const name = literalTypeName(pattern);
    if (name === undefined) return undefined;
    covered.add(name);
  }
  const missing = names.filter((name) => name !== undefined && !covered.has(name));
  return missing.length === 0 ? undefined : `Non-exhaustive match on union type: missing ${missing.join(", ")}`;
}

/** The plain type a literal pattern stands for. One literal is taken for its whole type. */
export function literalTypeName(pattern: Expr): "nil" | "bool" | "int" | "float" | "string" | undefined {
  switch (pattern.kind) {
    case "NilLiteral":
      return "nil";
    case "BoolLiteral":
      return "bool";
    case "IntLiteral":
      return "int";
    case "FloatLiteral":
      return "float";
    case "StringLiteral":
      return "string";
    case "Unary":
      return pattern.op === "-" ? literalTypeName(pattern.operand) : undefined;
    default:
      return undefined;
  }
}
