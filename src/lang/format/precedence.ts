/**
 * Where parentheses are needed. The tree has dropped them; these rules put back those that keep the meaning, and one kind
 * for the reader: `&&` and `||` are never mixed bare.
 */

import type { BinaryOperator, Expr } from "../syntax/ast.ts";

/** How tightly an expression binds; higher is tighter. */
export const level = {
  pipe: 1,
  range: 2,
  ternary: 3,
  or: 4,
  and: 5,
  equality: 6,
  comparison: 7,
  additive: 8,
  nilCoalescing: 9,
  multiplicative: 10,
  power: 11,
  unary: 12,
  postfix: 13,
  primary: 14,
} as const;

export const operatorLevel: Record<BinaryOperator, number> = {
  "|>": level.pipe,
  "||": level.or,
  "&&": level.and,
  "==": level.equality,
  "!=": level.equality,
  "<": level.comparison,
  ">": level.comparison,
  "<=": level.comparison,
  ">=": level.comparison,
  in: level.comparison,
  not_in: level.comparison,
  "+": level.additive,
  "-": level.additive,
  "??": level.nilCoalescing,
  "*": level.multiplicative,
  "/": level.multiplicative,
  "%": level.multiplicative,
  "**": level.power,
};

/** Operators before which a plain newline continues the expression; the others need a backslash. */
const lineLeading: ReadonlySet<BinaryOperator> = new Set<BinaryOperator>([
  "|>",
  "||",
  "&&",
  "==",
  "!=",
  "<",
  ">",
  "<=",
  ">=",
  "??",
  "+",
  "*",
  "/",
  "%",
  "**",
]);

export function mayLeadLine(op: BinaryOperator): boolean {
  return lineLeading.has(op);
}

const kindLevel: Partial<Record<Expr["kind"], number>> = {
  Range: level.range,
  Ternary: level.ternary,
  Unary: level.unary,
  TryStar: level.unary,
  MethodCall: level.postfix,
  Property: level.postfix,
  Index: level.postfix,
  Slice: level.postfix,
  TryOperator: level.postfix,
};

export function levelOf(node: Expr): number {
  return node.kind === "Binary" ? operatorLevel[node.op] : (kindLevel[node.kind] ?? level.primary);
}

/** Whether an operand of `op` needs parentheses. */
export function operandNeedsParens(op: BinaryOperator, operand: Expr, side: "left" | "right"): boolean {
  if (side === "left" && isStatementLike(operand)) return true;
  const own = operatorLevel[op];
  const inner = levelOf(operand);
  if (inner !== own) return inner < own || mixesLogic(op, operand);
  // Only `**` groups to the right; grouping to the right is otherwise always the author's.
  return op === "**" ? side === "left" : side === "right";
}

function mixesLogic(op: BinaryOperator, operand: Expr): boolean {
  return op === "||" && operand.kind === "Binary" && operand.op === "&&";
}

/** Whether the object of `.name`, `[…]`, `?` needs parentheses. */
export function objectNeedsParens(node: Expr): boolean {
  return levelOf(node) < level.postfix || isStatementLike(node);
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
