/** What operators give, and what they are not defined for. */

import type { BinaryOperator } from "../syntax/ast.ts";
import { resolveAlias } from "./aliases.ts";
import type { CheckRule } from "./codes.ts";
import { isForeignName, type TypeTable } from "./declarations.ts";
import { BOOL, DICT, FLOAT, INT, isNamed, LIST, STRING, sameType, type Type, UNTYPED } from "./types.ts";
import { includesNil, isOpenUnion, unionOf, widenLiteral, withoutNil } from "./unions.ts";

export interface OperatorProblem {
  readonly rule: CheckRule;
  readonly message: string;
}

export interface OperatorResult {
  readonly type: Type;
  readonly problem?: OperatorProblem;
}

/** The operators that have a type rule; `|>` is a call. */
export type ValueOperator = Exclude<BinaryOperator, "|>">;

export function applyOperator(types: TypeTable, op: ValueOperator, left: Type, right: Type): OperatorResult {
  switch (op) {
    case "==":
    case "!=":
    case "in":
    case "not_in":
    case "&&":
    case "||":
      return { type: BOOL };
    case "??":
      return { type: coalesce(types, left, right) };
    case "<":
    case ">":
    case "<=":
    case ">=":
      return compare(op, operandName(types, left), operandName(types, right));
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
    case "**":
      return compute(types, op, left, right);
  }
}

function coalesce(types: TypeTable, left: Type, right: Type): Type {
  const resolved = resolveAlias(types, left);
  if (isNamed(resolved, "nil")) return right;
  if (resolved.kind === "Untyped" || resolved.kind === "Any") return unionOf([resolved, right]);
  if (!includesNil(resolved) && !isOpenUnion(resolved)) return left;
  return unionOf([withoutNil(resolved), right]);
}

/**
 * How a rule speaks of an operand: its runtime type for builtins, its name for declared types; `undefined` when the
 * value may be of several types or the program does not say.
 */
function operandName(types: TypeTable, type: Type): string | undefined {
  const resolved = widenLiteral(resolveAlias(types, type));
  switch (resolved.kind) {
    case "Named":
      return isForeignName(types, resolved.name) ? undefined : resolved.name;
    case "Shape":
      return "dict";
    case "Fn":
      return "closure";
    case "Unknown":
      return "unknown";
    case "Untyped":
    case "Any":
    case "Never":
    case "Param":
    case "Union":
    case "Literal":
      return undefined;
  }
}

function compute(types: TypeTable, op: "+" | "-" | "*" | "/" | "%" | "**", left: Type, right: Type): OperatorResult {
  const a = operandName(types, left);
  const b = operandName(types, right);
  if (a === undefined || b === undefined) return { type: UNTYPED };
  if (isNumber(a) && isNumber(b)) return { type: a === "int" && b === "int" ? INT : FLOAT };
  if (op === "+") {
    if (a === "string" && b === "string") return { type: STRING };
    if (a === "list" && b === "list") return { type: sameType(left, right) ? left : LIST };
    if (a === "dict" && b === "dict") return { type: DICT };
    return failed(`can't add ${a} and ${b}`);
  }
  if (op === "*") {
    if ((a === "string" && b === "int") || (a === "int" && b === "string")) return { type: STRING };
    return failed(`can't multiply ${a} and ${b} (try string * int)`);
  }
  return failed(`can't use '${op}' on ${a} and ${b} (needs numeric operands)`);
}

function failed(message: string): OperatorResult {
  return { type: UNTYPED, problem: { rule: "operator", message } };
}

function isNumber(name: string): boolean {
  return name === "int" || name === "float";
}

const COMPARABLE: ReadonlySet<string> = new Set(["int", "float", "string", "duration"]);

function compare(op: string, a: string | undefined, b: string | undefined): OperatorResult {
  if (a === undefined || b === undefined) return { type: BOOL };
  if (!COMPARABLE.has(a) || !COMPARABLE.has(b)) {
    const message = `Comparison '${op}' may not be meaningful for types ${a} and ${b}`;
    return { type: BOOL, problem: { rule: "suspiciousComparison", message } };
  }
  if ((a === "string") !== (b === "string")) {
    const message = `Comparing ${a} with ${b} using '${op}' may give unexpected results`;
    return { type: BOOL, problem: { rule: "suspiciousComparison", message } };
  }
  return { type: BOOL };
}
