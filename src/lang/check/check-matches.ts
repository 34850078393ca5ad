/** `match`: patterns, what each arm knows, and what is left for the arms behind it. */

import type { Expr, Ident, NodeOf } from "../syntax/ast.ts";
import { resolveAlias } from "./aliases.ts";
import { bindValue, type Checker, report, within } from "./checker.ts";
import { reportUnknownVariant } from "./constructors.ts";
import { type EnumVariant, findTypeOfKind, type TypeTable } from "./declarations.ts";
import { checkExhaustive, literalTypeName, type MatchSubject, patternAlternatives } from "./exhaustiveness.ts";
import { bindAll, substitute } from "./generics.ts";
import { literalValue, narrow, taggedMembers } from "./narrowing.ts";
import { childScope, currentType, type Flow, joinBranches, lookup, narrowTo, type Variable } from "./scope.ts";
import { isAssignable } from "./subtype.ts";
import { FLOAT, findField, INT, isNamed, named, printType, type Type, UNTYPED } from "./types.ts";
import { membersOf, splitByTag, unionOf } from "./unions.ts";

type Match = NodeOf<"Match">;

export function inferMatch(checker: Checker, match: Match): Type {
  const type = checker.walk.expression(checker, match.subject);
  const tracked = trackSubject(checker, match.subject);
  const entry = checker.flow;
  const assignments = checker.assignments;
  const values: Type[] = [];
  const ends: Flow[] = [];
  let rest = entry;
  for (const arm of match.arms) {
    checker.flow = rest;
    within(checker, { scope: childScope(checker.scope) }, () => {
      checkPattern(checker, arm.pattern, type, tracked?.property === undefined ? tracked?.variable : undefined);
      if (tracked !== undefined) {
        const branches = narrowByPattern(checker.types, tracked, arm.pattern, rest);
        checker.flow = branches.matched;
        if (arm.guard === undefined) rest = branches.rest;
      }
      if (arm.guard !== undefined) {
        checker.walk.expression(checker, arm.guard);
        checker.flow = narrow(checker, arm.guard, checker.flow).whenTrue;
      }
      values.push(checker.walk.block(checker, arm.body));
    });
    ends.push(checker.flow);
  }
  // An unmatched `match` throws, so the arms are the only ways on.
  checker.flow = ends.length === 0 ? entry : joinBranches(entry, ends, checker.assignments !== assignments);
  checkExhaustive(checker, match, subjectOf(checker, match.subject, type, entry));
  return match.arms.length === 0 ? UNTYPED : unionOf(values);
}

function subjectOf(checker: Checker, expr: Expr, type: Type, flow: Flow): MatchSubject {
  if (expr.kind !== "Property" || expr.object.kind !== "Identifier") return { type };
  const owner = lookup(checker.scope, expr.object.name);
  return owner === undefined ? { type } : { type, ownerType: currentType(flow, owner) };
}

// ---- Narrowing by pattern ------------------------------------------------------------------------------------------

/** The variable that an arm narrows: `x` in `match x` and in `match x.tag`. */
interface Tracked {
  readonly variable: Variable;
  readonly property?: string;
}

function trackSubject(checker: Checker, expr: Expr): Tracked | undefined {
  if (expr.kind === "Identifier") {
    const variable = lookup(checker.scope, expr.name);
    return variable === undefined ? undefined : { variable };
  }
  if (expr.kind !== "Property" || expr.optional || expr.object.kind !== "Identifier") return undefined;
  const variable = lookup(checker.scope, expr.object.name);
  return variable === undefined ? undefined : { variable, property: expr.property.name };
}

function narrowByPattern(
  types: TypeTable,
  { variable, property }: Tracked,
  pattern: Expr,
  flow: Flow,
): { readonly matched: Flow; readonly rest: Flow } {
  const type = resolveAlias(types, currentType(flow, variable));
  const unchanged = { matched: flow, rest: flow };
  if (type.kind !== "Union") return unchanged;
  const tagged = property === undefined ? undefined : taggedMembers(types, type, property);
  if (property !== undefined && tagged === undefined) return unchanged;
  const matched: Type[] = [];
  let rest = membersOf(type);
  for (const leaf of patternAlternatives(pattern)) {
    const covered = property !== undefined ? tagCover(tagged ?? [], property, leaf) : literalCover(type.members, leaf);
    if (covered === undefined) return unchanged;
    for (const member of covered.matching) matched.push(member);
    rest = rest.filter((member) => !covered.removes.includes(member));
  }
  if (matched.length === 0) return unchanged;
  return {
    matched: narrowTo(flow, variable, unionOf(matched)),
    rest: rest.length === type.members.length ? flow : narrowTo(flow, variable, unionOf(rest)),
  };
}

interface Cover {
  readonly matching: readonly Type[];
  /** Members that cannot get past the pattern. */
  readonly removes: readonly Type[];
}

function tagCover(members: readonly Type[], property: string, leaf: Expr): Cover | undefined {
  const tag = literalValue(leaf);
  if (tag === undefined) return undefined;
  const { matching } = splitByTag(members, property, tag);
  return { matching, removes: matching };
}

function literalCover(members: readonly Type[], leaf: Expr): Cover | undefined {
  const value = literalValue(leaf);
  if (value !== undefined) {
    const exact = members.filter((member) => member.kind === "Literal" && member.value === value);
    if (exact.length > 0) return { matching: exact, removes: exact };
  }
  const name = literalTypeName(leaf);
  if (name === undefined) return undefined;
  const matching = members.filter((member) => isNamed(member, name));
  return matching.length === 0 ? undefined : { matching, removes: name === "nil" ? matching : [] };
}

// ---- Patterns --------------------------------------------------------------------------------------------------------

/** Checks a pattern against the subject's type and binds what it names; `variable` is the subject if it is one. */
function checkPattern(checker: Checker, pattern: Expr, subject: Type, variable: Variable | undefined): void {
  switch (pattern.kind) {
    case "OrPattern":
      for (const alternative of pattern.alternatives) checkAlternative(checker, alternative, subject);
      return;
    case "Identifier": {
      // What the arms before this one have left over.
      const type = variable === undefined ? subject : currentType(checker.flow, variable);
      if (pattern.name !== "_") bindValue(checker, pattern.name, type, pattern.span);
      return;
    }
    case "MethodCall":
      if (bindPayload(checker, pattern, subject)) return;
      break;
    case "Property":
      if (pattern.object.kind === "Identifier" && isEnumName(checker, pattern.object)) {
        findVariant(checker, pattern.object.name, pattern.property);
        return;
      }
      break;
    case "DictLiteral":
      bindDictPattern(checker, pattern, subject);
      return;
    case "ListLiteral":
      bindListPattern(checker, pattern, subject);
      return;
    default:
      checkLiteralFits(checker, pattern, subject);
  }
  checker.walk.expression(checker, pattern);
}

function checkAlternative(checker: Checker, alternative: Expr, subject: Type): void {
  const isWildcard = alternative.kind === "Identifier" && alternative.name === "_";
  if (literalTypeName(alternative) === undefined && !isWildcard) {
    report(
      checker,
      "orPattern",
      alternative.span,
      "Or-pattern alternatives must be literal patterns (string, int, float, bool, nil, or `_`). Identifier bindings and destructuring patterns are not allowed inside `|`.",
      { hint: "Write one arm for each such pattern" },
    );
    return;
  }
  checkLiteralFits(checker, alternative, subject);
}

function checkLiteralFits(checker: Checker, pattern: Expr, subject: Type): void {
  const name = literalTypeName(pattern);
  if (name === undefined || name === "nil") return;
  const candidates = name === "int" || name === "float" ? [INT, FLOAT] : [named(name)];
  const isDead = resolveAlias(checker.types, subject).kind === "Never";
  if (isDead || candidates.some((type) => isAssignable(checker.types, subject, type))) return;
  report(
    checker,
    "patternMismatch",
    pattern.span,
    `Match pattern type mismatch: matching ${printType(subject)} against ${name} literal`,
    { hint: `Use a pattern of type ${printType(subject)}` },
  );
}

function isEnumName(checker: Checker, expr: Expr): boolean {
  return (
    expr.kind === "Identifier" &&
    lookup(checker.scope, expr.name) === undefined &&
    findTypeOfKind(checker.types, expr.name, "Enum") !== undefined
  );
}

/** `Enum.Variant(a, b)` binds the payload; false when the pattern is not of that form. */
function bindPayload(checker: Checker, pattern: NodeOf<"MethodCall">, subject: Type): boolean {
  if (pattern.object.kind !== "Identifier" || !isEnumName(checker, pattern.object)) return false;
  const declared = findTypeOfKind(checker.types, pattern.object.name, "Enum");
  const variant = findVariant(checker, pattern.object.name, pattern.method);
  const names = declared?.params.map((param) => param.name) ?? [];
  const resolved = resolveAlias(checker.types, subject);
  const given = resolved.kind === "Named" && resolved.name === declared?.name ? resolved.args : [];
  const bindings = bindAll(names, given);
  for (const [index, arg] of pattern.args.entries()) {
    if (arg.kind === "Identifier") {
      const payload = variant?.fields[index]?.type ?? UNTYPED;
      bindValue(checker, arg.name, substitute(payload, bindings, new Set(names)), arg.span);
    } else if (arg.kind !== "Spread") {
      checker.walk.expression(checker, arg);
    }
  }
  return true;
}

function findVariant(checker: Checker, enumName: string, name: Ident): EnumVariant | undefined {
  const declared = findTypeOfKind(checker.types, enumName, "Enum");
  const variant = declared?.variants.find((candidate) => candidate.name === name.name);
  if (declared !== undefined && variant === undefined) reportUnknownVariant(checker, declared, name);
  return variant;
}

function bindDictPattern(checker: Checker, pattern: NodeOf<"DictLiteral">, subject: Type): void {
  const resolved = resolveAlias(checker.types, subject);
  for (const entry of pattern.entries) {
    const { value } = entry;
    if (value.kind === "Identifier") {
      const key = entry.kind === "Entry" && entry.key.kind === "StringLiteral" ? entry.key.value : "";
      const field = resolved.kind === "Shape" ? findField(resolved, key) : undefined;
      bindValue(checker, value.name, field === undefined || field.optional ? UNTYPED : field.type, value.span);
    } else {
      checker.walk.expression(checker, value);
    }
  }
}

function bindListPattern(checker: Checker, pattern: NodeOf<"ListLiteral">, subject: Type): void {
  const resolved = resolveAlias(checker.types, subject);
  const element = resolved.kind === "Named" && resolved.name === "list" ? (resolved.args[0] ?? UNTYPED) : UNTYPED;
  for (const item of pattern.elements) {
    const target = item.kind === "Spread" ? item.value : item;
    if (target.kind === "Identifier") {
      bindValue(checker, target.name, item.kind === "Spread" ? UNTYPED : element, target.span);
    } else {
      checker.walk.expression(checker, target);
    }
  }
}
