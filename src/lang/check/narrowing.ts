/**
 * Flow-sensitive narrowing: what a condition says about variables when it holds and when it does not.
 *
 * Recognised: `x == nil`, `type_of(x) == "T"`, `x` itself, `x == "literal"`, `x.tag == "literal"` on tagged shape
 * unions, `x.has("key")`, `schema_is(x, S)`, their negations, `!`, `&&` and `||`. Anything else narrows nothing.
 */

import type { Expr, NodeOf } from "../syntax/ast.ts";
import { resolveAlias } from "./aliases.ts";
import { findType, type TypeTable } from "./declarations.ts";
import { type Sight, schemaType } from "./schema-types.ts";
import { currentType, type Flow, joinFlows, lookup, narrowTo, ruleOut, type Variable } from "./scope.ts";
import { isAssignable } from "./subtype.ts";
import { isDynamic, isNamed, NEVER, NIL, named, type ShapeType, type Type, UNTYPED } from "./types.ts";
import {
  discriminantField,
  includesNil,
  intersectTypes,
  membersOf,
  splitByTag,
  subtractMembers,
  unionOf,
  withoutNil,
} from "./unions.ts";

export interface Branches {
  readonly whenTrue: Flow;
  readonly whenFalse: Flow;
}

/** What `type_of` answers for the values the checker tells apart, in the order messages list them. */
export const TYPE_OF_NAMES: readonly string[] = [
  "int",
  "string",
  "float",
  "bool",
  "nil",
  "list",
  "dict",
  "closure",
  "bytes",
];

export function narrow(sight: Sight, condition: Expr, flow: Flow): Branches {
  switch (condition.kind) {
    case "Unary":
      return condition.op === "!" ? inverted(narrow(sight, condition.operand, flow)) : both(flow);
    case "Identifier":
      return narrowTruthiness(sight, condition.name, flow);
    case "MethodCall":
      return narrowHas(sight, condition, flow);
    case "Call":
      return narrowSchema(sight, condition, flow);
    case "Binary":
      switch (condition.op) {
        case "==":
          return narrowEquality(sight, condition.left, condition.right, flow);
        case "!=":
          return inverted(narrowEquality(sight, condition.left, condition.right, flow));
        case "&&":
        case "||":
          return narrowFurther(sight, condition, narrow(sight, condition.left, flow));
        default:
          return both(flow);
      }
    default:
      return both(flow);
  }
}

/** `left && right` and `left || right`, when it is known what `left` says. */
export function narrowFurther(sight: Sight, { op, right }: NodeOf<"Binary">, left: Branches): Branches {
  if (op === "&&") {
    const further = narrow(sight, right, left.whenTrue);
    return { whenTrue: further.whenTrue, whenFalse: joinFlows(left.whenFalse, further.whenFalse) };
  }
  const further = narrow(sight, right, left.whenFalse);
  return { whenTrue: joinFlows(left.whenTrue, further.whenTrue), whenFalse: further.whenFalse };
}

function both(flow: Flow): Branches {
  return { whenTrue: flow, whenFalse: flow };
}

function inverted(branches: Branches): Branches {
  return { whenTrue: branches.whenFalse, whenFalse: branches.whenTrue };
}

function split(flow: Flow, variable: Variable, whenTrue: Type, whenFalse: Type): Branches {
  return { whenTrue: narrowTo(flow, variable, whenTrue), whenFalse: narrowTo(flow, variable, whenFalse) };
}

interface Subject {
  readonly variable: Variable;
  /** Resolved to its head. */
  readonly type: Type;
}

function subject(sight: Sight, expr: Expr | undefined, flow: Flow): Subject | undefined {
  if (expr?.kind !== "Identifier") return undefined;
  const variable = lookup(sight.scope, expr.name);
  return variable === undefined
    ? undefined
    : { variable, type: resolveAlias(sight.types, currentType(flow, variable)) };
}

// ---- Truth -----------------------------------------------------------------------------------------------------------

function narrowTruthiness(sight: Sight, name: string, flow: Flow): Branches {
  const variable = lookup(sight.scope, name);
  if (variable === undefined) return both(flow);
  const type = resolveAlias(sight.types, currentType(flow, variable));
  if (type.kind !== "Union" || !includesNil(type)) return both(flow);
  const rest = withoutNil(type);
  // A falsy value is nil, or an empty one of the rest; which, is left open.
  const falsy = membersOf(rest).every(isAlwaysTruthy) ? NIL : unionOf([NIL, UNTYPED]);
  return split(flow, variable, rest, falsy);
}

function isAlwaysTruthy(type: Type): boolean {
  return type.kind === "Fn" || isNamed(type, "closure") || isNamed(type, "range");
}

// ---- Equality --------------------------------------------------------------------------------------------------------

function narrowEquality(sight: Sight, left: Expr, right: Expr, flow: Flow): Branches {
  return narrowEqual(sight, left, right, flow) ?? narrowEqual(sight, right, left, flow) ?? both(flow);
}

function narrowEqual(sight: Sight, tested: Expr, constant: Expr, flow: Flow): Branches | undefined {
  if (constant.kind === "NilLiteral") return narrowNil(subject(sight, tested, flow), flow);
  const literal = literalValue(constant);
  if (literal === undefined) return undefined;
  if (tested.kind === "Call" && tested.callee.name === "type_of" && tested.args.length === 1) {
    const [argument] = tested.args;
    if (argument === undefined || argument.kind === "Spread" || typeof literal !== "string") return undefined;
    return narrowTypeOf(sight.types, subject(sight, argument, flow), literal, flow);
  }
  if (tested.kind === "Property" && !tested.optional) {
    return narrowTag(sight.types, subject(sight, tested.object, flow), tested.property.name, literal, flow);
  }
  return narrowLiteral(subject(sight, tested, flow), literal, flow);
}

/** The value of a string or int literal, `-1` included. */
export function literalValue(expr: Expr): string | bigint | undefined {
  if (expr.kind === "StringLiteral" || expr.kind === "IntLiteral") return expr.value;
  if (expr.kind === "Unary" && expr.op === "-" && expr.operand.kind === "IntLiteral") return -expr.operand.value;
  return undefined;
}

function narrowNil(tested: Subject | undefined, flow: Flow): Branches | undefined {
  if (tested === undefined) return undefined;
  const { variable, type } = tested;
  if (type.kind === "Union") return split(flow, variable, NIL, withoutNil(type));
  return isNamed(type, "nil") ? split(flow, variable, NIL, NEVER) : undefined;
}

function narrowLiteral(tested: Subject | undefined, literal: string | bigint, flow: Flow): Branches | undefined {
  if (tested?.type.kind !== "Union") return undefined;
  const equal = tested.type.members.filter((member) => mayEqual(member, literal));
  if (equal.length === 0) return undefined;
  const exact: readonly Type[] = equal.filter((member) => member.kind === "Literal");
  return split(
    flow,
    tested.variable,
    unionOf(equal),
    subtractMembers(tested.type, (member) => exact.includes(member)),
  );
}

function mayEqual(type: Type, literal: string | bigint): boolean {
  if (type.kind === "Literal") return type.value === literal;
  if (type.kind !== "Named") return isDynamic(type) || type.kind === "Unknown";
  return typeof literal === "string" ? type.name === "string" : type.name === "int" || type.name === "float";
}

function narrowTag(
  types: TypeTable,
  tested: Subject | undefined,
  field: string,
  literal: string | bigint,
  flow: Flow,
): Branches | undefined {
  const members = tested === undefined ? undefined : taggedMembers(types, tested.type, field);
  if (tested === undefined || members === undefined) return undefined;
  const { matching, rest } = splitByTag(members, field, literal);
  return matching.length === 0 ? undefined : split(flow, tested.variable, unionOf(matching), unionOf(rest));
}

/** The resolved members of a tagged shape union whose discriminant is `field`. */
export function taggedMembers(types: TypeTable, type: Type, field: string): readonly Type[] | undefined {
  const resolved = resolveAlias(types, type);
  if (resolved.kind !== "Union") return undefined;
  return discriminantField(resolved.members) === field ? resolved.members : undefined;
}

// ---- type_of ---------------------------------------------------------------------------------------------------------

function narrowTypeOf(types: TypeTable, tested: Subject | undefined, name: string, flow: Flow): Branches | undefined {
  if (tested === undefined || !TYPE_OF_NAMES.includes(name)) return undefined;
  const { variable, type } = tested;
  if (isDynamic(type)) return undefined;
  if (type.kind === "Unknown") {
    // An open top minus one type is still an open top; what was ruled out is remembered beside it.
    return { whenTrue: narrowTo(flow, variable, named(name)), whenFalse: ruleOut(flow, variable, name) };
  }
  const whenTrue: Type[] = [];
  const whenFalse: Type[] = [];
  for (const member of membersOf(type)) {
    const answer = answersTypeOf(types, member, name);
    if (answer !== "no") whenTrue.push(answer === "yes" || keepsItsType(member) ? member : named(name));
    if (answer !== "yes") whenFalse.push(member);
  }
  return split(flow, variable, unionOf(whenTrue), unionOf(whenFalse));
}

/** A nominal type that may answer `name` stays what it is; a number or an unknown value becomes the tested type. */
function keepsItsType(type: Type): boolean {
  return type.kind === "Named" && type.name !== "int" && type.name !== "float";
}

function answersTypeOf(types: TypeTable, type: Type, name: string): "yes" | "no" | "maybe" {
  switch (type.kind) {
    case "Literal": {
      const base = typeof type.value === "string" ? "string" : "int";
      return base === name ? "yes" : base === "int" && name === "float" ? "maybe" : "no";
    }
    case "Shape":
      return name === "dict" ? "yes" : "no";
    case "Fn":
      return name === "closure" ? "yes" : "no";
    case "Named":
      if (type.name === name) return "yes";
      // A parameter annotated `int` takes a float and the reverse.
      if ((type.name === "int" && name === "float") || (type.name === "float" && name === "int")) return "maybe";
      return TYPE_OF_NAMES.includes(type.name) && findType(types, type.name) === undefined ? "no" : "maybe";
    case "Never":
      return "no";
    case "Untyped":
    case "Any":
    case "Unknown":
    case "Param":
    case "Union":
      return "maybe";
  }
}

// ---- Calls -----------------------------------------------------------------------------------------------------------

function narrowHas(sight: Sight, call: Extract<Expr, { kind: "MethodCall" }>, flow: Flow): Branches {
  const [key] = call.args;
  const tested = subject(sight, call.object, flow);
  if (call.method.name !== "has" || call.args.length !== 1 || key?.kind !== "StringLiteral") return both(flow);
  if (tested?.type.kind !== "Shape") return both(flow);
  const shape: ShapeType = tested.type;
  if (!shape.fields.some((field) => field.name === key.value && field.optional)) return both(flow);
  const fields = shape.fields.map((field) => (field.name === key.value ? { ...field, optional: false } : field));
  return { whenTrue: narrowTo(flow, tested.variable, { kind: "Shape", fields }), whenFalse: flow };
}

function narrowSchema(sight: Sight, call: Extract<Expr, { kind: "Call" }>, flow: Flow): Branches {
  const { name } = call.callee;
  const [value, schema] = call.args;
  if ((name !== "schema_is" && name !== "is_type") || call.args.length !== 2) return both(flow);
  if (lookup(sight.scope, name) !== undefined) return both(flow);
  if (value?.kind !== "Identifier" || schema === undefined || schema.kind === "Spread") return both(flow);
  const tested = subject(sight, value, flow);
  const described = schemaType(sight, schema);
  if (tested === undefined || described === undefined || tested.type.kind === "Untyped") return both(flow);
  const resolved = resolveAlias(sight.types, described);
  const common = intersectTypes(tested.type, resolved);
  const rest = subtractMembers(tested.type, (member) => !isOpen(member) && isSurely(sight.types, resolved, member));
  return {
    whenTrue:
      common === undefined ? flow : narrowTo(flow, tested.variable, sameUnlessNarrower(common, resolved, described)),
    whenFalse: narrowTo(flow, tested.variable, rest),
  };
}

/** Keeps the name the user wrote when the schema narrows to all of what it describes. */
function sameUnlessNarrower(common: Type, resolved: Type, described: Type): Type {
  return common === resolved ? described : common;
}

function isOpen(type: Type): boolean {
  return isDynamic(type) || type.kind === "Unknown";
}

/** Assignable without the gradual concessions: `string` is not surely one of its literals, nor a dict a shape. */
function isSurely(types: TypeTable, schema: Type, member: Type): boolean {
  if (!isAssignable(types, schema, member)) return false;
  const wanted = membersOf(schema);
  if (member.kind === "Literal") return true;
  if (wanted.every((type) => type.kind === "Literal")) return false;
  return !(isNamed(member, "dict") && wanted.every((type) => type.kind === "Shape"));
}
