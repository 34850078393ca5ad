/**
 * Where parentheses are needed. The tree has dropped them; these rules put back those that keep the meaning, and one kind
 * for the reader: `&&` is never left bare inside `||`.
 */

import type { BinaryOperator, Expr, NodeOf } from "../syntax/ast.ts";
import {
  BINARY_OPERATORS,
  POSTFIX_PRECEDENCE,
  RANGE_PRECEDENCE,
  TERNARY_PRECEDENCE,
  UNARY_PRECEDENCE,
} from "../syntax/precedence.ts";

const PRIMARY_PRECEDENCE = POSTFIX_PRECEDENCE + 1;

const kindPrecedence: Partial<Record<Expr["kind"], number>> = {
  Range: RANGE_PRECEDENCE,
  Ternary: TERNARY_PRECEDENCE,
  Unary: UNARY_PRECEDENCE,
  TryStar: UNARY_PRECEDENCE,
  MethodCall: POSTFIX_PRECEDENCE,
  Property: POSTFIX_PRECEDENCE,
  Index: POSTFIX_PRECEDENCE,
  Slice: POSTFIX_PRECEDENCE,
  TryOperator: POSTFIX_PRECEDENCE,
};

/** How tightly an expression holds together; higher is tighter. */
export function precedenceOf(node: Expr): number {
  if (node.kind === "Binary") return BINARY_OPERATORS[node.op].precedence;
  return kindPrecedence[node.kind] ?? PRIMARY_PRECEDENCE;
}

/** What hangs on a value. */
export type PostfixExpr =
  | NodeOf<"MethodCall">
  | NodeOf<"Property">
  | NodeOf<"Index">
  | NodeOf<"Slice">
  | NodeOf<"TryOperator">;

export function isPostfix(node: Expr): node is PostfixExpr {
  return precedenceOf(node) === POSTFIX_PRECEDENCE;
}

/** Whether an operand of `op` needs parentheses. */
export function operandNeedsParens(op: BinaryOperator, operand: Expr, side: "left" | "right"): boolean {
  if (side === "left" && isStatementLike(operand)) return true;
  const own = BINARY_OPERATORS[op];
  const inner = precedenceOf(operand);
  if (inner !== own.precedence) return inner < own.precedence || mixesLogic(op, operand);
  return side === (own.rightAssociative ? "left" : "right");
}

function mixesLogic(op: BinaryOperator, operand: Expr): boolean {
  return op === "||" && operand.kind === "Binary" && operand.op === "&&";
}

/** Whether the operand of `!`, `-` or `try*` needs parentheses. */
export function unaryOperandNeedsParens(operand: Expr): boolean {
  return precedenceOf(operand) < UNARY_PRECEDENCE;
}

/** Whether a part of `a ? b : c` needs parentheses. */
export function ternaryPartNeedsParens(part: Expr): boolean {
  return precedenceOf(part) <= TERNARY_PRECEDENCE;
}

/** Whether an end of `a to b` needs parentheses. */
export function rangeEndNeedsParens(end: Expr): boolean {
  return precedenceOf(end) <= RANGE_PRECEDENCE;
}

/** Whether the object of `.name`, `[…]`, `?` needs parentheses. */
export function objectNeedsParens(node: Expr): boolean {
  return precedenceOf(node) < POSTFIX_PRECEDENCE || isStatementLike(node);
}

const statementLike: ReadonlySet<Expr["kind"]> = new Set<Expr["kind"]>([
  "If",
  "Match",
  "Try",
  "Retry",
  "Deadline",
  "Mutex",
  "Spawn",
  "Parallel",
  "Select",
  "Yield",
  "Emit",
  "BlockExpr",
]);

/** Expressions that a statement may start with: an operator after their brace would not be read as theirs. */
export function isStatementLike(node: Expr): boolean {
  return statementLike.has(node.kind);
}
