/** Expressions whose evaluation nobody can notice: a fix may drop them. What is not proven pure is not. */

import type { Expr } from "../syntax/ast.ts";
import { visitChildren } from "../syntax/visit-children.ts";

const pureKinds: ReadonlySet<string> = new Set([
  "IntLiteral",
  "FloatLiteral",
  "DurationLiteral",
  "BoolLiteral",
  "NilLiteral",
  "StringLiteral",
  "InterpolatedString",
  "Identifier",
  "ListLiteral",
  "DictLiteral",
  "StructLiteral",
  "Closure",
  "Unary",
  "Binary",
  "Ternary",
  "Range",
  "Property",
  "Index",
  "Slice",
]);

/** Builtins that only compute. */
const pureBuiltins: ReadonlySet<string> = new Set([
  "abs",
  "basename",
  "ceil",
  "contains",
  "dirname",
  "ends_with",
  "entries",
  "extname",
  "floor",
  "format",
  "has",
  "is_err",
  "is_ok",
  "join",
  "json_stringify",
  "keys",
  "len",
  "lowercase",
  "max",
  "min",
  "path_join",
  "pow",
  "range",
  "replace",
  "round",
  "split",
  "sqrt",
  "starts_with",
  "substring",
  "to_float",
  "to_int",
  "to_list",
  "to_string",
  "trim",
  "type_of",
  "uppercase",
  "values",
]);

/** Methods of lists, dicts and strings that give a new value and take no closure. */
const pureMethods: ReadonlySet<string> = new Set([
  "chars",
  "contains",
  "count",
  "ends_with",
  "entries",
  "enumerate",
  "flatten",
  "has",
  "index_of",
  "join",
  "keys",
  "lower",
  "lowercase",
  "merge",
  "pop",
  "push",
  "replace",
  "reverse",
  "slice",
  "sort",
  "split",
  "starts_with",
  "substring",
  "trim",
  "unique",
  "upper",
  "uppercase",
  "values",
]);

/** No effect and no error can come of it, as far as its form tells. */
export function isPure(node: Expr): boolean {
  if (!pureKinds.has(node.kind)) return false;
  if (node.kind === "Closure") return true;
  let pure = true;
  visitChildren(node, {
    item: (child) => {
      pure &&= isPure(child as Expr);
    },
  });
  return pure;
}

/** Kinds of literal whose value equals itself, which not every number does. */
const plainLiterals: ReadonlySet<string> = new Set([
  "IntLiteral",
  "DurationLiteral",
  "BoolLiteral",
  "NilLiteral",
  "StringLiteral",
]);

/** The same value each time it is evaluated, and equal to itself. */
export function isPlainLiteral(node: Expr): boolean {
  return plainLiterals.has(node.kind);
}

const totalOperators: ReadonlySet<string> = new Set(["==", "!=", "&&", "||", "??"]);

/** Pure, and cannot fail whatever the types are: it may go without a trace. */
export function isInert(node: Expr): boolean {
  switch (node.kind) {
    case "Identifier":
    case "Closure":
    case "FloatLiteral":
      return true;
    case "Unary":
      return node.op === "!" && isInert(node.operand);
    case "Binary":
      return totalOperators.has(node.op) && isInert(node.left) && isInert(node.right);
    case "Ternary":
      return isInert(node.condition) && isInert(node.thenExpr) && isInert(node.elseExpr);
    case "ListLiteral":
      return node.elements.every((element) => element.kind !== "Spread" && isInert(element));
    default:
      return isPlainLiteral(node);
  }
}

const boolOperators: ReadonlySet<string> = new Set(["==", "!=", "<", ">", "<=", ">=", "in", "not_in", "&&", "||"]);

/** Gives true or false or fails, by its form. */
export function isCertainlyBool(node: Expr): boolean {
  switch (node.kind) {
    case "BoolLiteral":
      return true;
    case "Unary":
      return node.op === "!";
    case "Binary":
      return boolOperators.has(node.op);
    default:
      return false;
  }
}

/** A call that has no effect and whose result is its only point. */
export function onlyComputes(node: Expr): boolean {
  if (node.kind === "Call") return pureBuiltins.has(node.callee.name);
  return node.kind === "MethodCall" && pureMethods.has(node.method.name);
}
