/** What an expression is worth in a scope. */

import {
  charAt,
  compareText,
  Dict,
  equal,
  Float,
  isNumeric,
  List,
  StructValue,
  toDouble,
  type Value,
} from "../../vm/index.ts";
import type { ComparisonOperator, Expression } from "./expression.ts";
import { applyFilter } from "./filters.ts";
import { isTrue, lookUp, type Scope } from "./template-values.ts";

export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "float":
      return new Float(expression.value);
    case "path":
      return expression.steps.reduce(follow, lookUp(scope, expression.name)?.value);
    case "not":
      return !isTrue(evaluate(expression.operand, scope));
    case "and": {
      const left = evaluate(expression.left, scope);
      return isTrue(left) ? evaluate(expression.right, scope) : left;
    }
    case "or": {
      const left = evaluate(expression.left, scope);
      return isTrue(left) ? left : evaluate(expression.right, scope);
    }
    case "comparison":
      return compares(expression.operator, evaluate(expression.left, scope), evaluate(expression.right, scope));
    case "filter": {
      const args = expression.args.map((arg) => evaluate(arg, scope));
      return applyFilter(expression.name, evaluate(expression.operand, scope), args);
    }
  }
}

/** What is not there is nil, and so is what lies in it. */
function follow(value: Value, step: string | number): Value {
  if (typeof step === "string") {
    return value instanceof Dict || value instanceof StructValue ? value.map.get(step) : undefined;
  }
  if (value instanceof List) return value.items.at(step);
  return typeof value === "string" ? charAt(value, step) : undefined;
}

function compares(operator: ComparisonOperator, left: Value, right: Value): boolean {
  if (operator === "==") return equal(left, right);
  if (operator === "!=") return !equal(left, right);
  let order: number;
  if (isNumeric(left) && isNumeric(right)) {
    order = toDouble(left) - toDouble(right);
    // Ints beyond 2^53 are compared exactly.
    if (typeof left === "bigint" || typeof right === "bigint") order = exactOrder(left, right) ?? order;
  } else if (typeof left === "string" && typeof right === "string") order = compareText(left, right);
  else return false;
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

function exactOrder(left: Value, right: Value): number | undefined {
  if (left instanceof Float || right instanceof Float) return undefined;
  const a = left as number | bigint;
  const b = right as number | bigint;
  return a < b ? -1 : a > b ? 1 : 0;
}
