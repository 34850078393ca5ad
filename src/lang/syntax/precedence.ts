/**
 * The one precedence table (§3). Higher binds tighter. Between the pipe and `||` stand the range (`a to b`) and the
 * ternary, which do not chain; above `**` stand the prefix operators `!` and `-`, then the postfix forms.
 */

import type { BinaryOperator } from "./ast.ts";

export const PIPE_PRECEDENCE = 1;
export const RANGE_PRECEDENCE = 2;
export const TERNARY_PRECEDENCE = 3;
export const UNARY_PRECEDENCE = 12;
export const POSTFIX_PRECEDENCE = 13;

export interface OperatorInfo {
  readonly precedence: number;
  readonly rightAssociative: boolean;
  /** A line that starts with it continues the expression of the line before (§3.1). */
  readonly leadsLine: boolean;
}

const leading = (precedence: number): OperatorInfo => ({ precedence, rightAssociative: false, leadsLine: true });
const trailing = (precedence: number): OperatorInfo => ({ precedence, rightAssociative: false, leadsLine: false });

export const BINARY_OPERATORS: Readonly<Record<BinaryOperator, OperatorInfo>> = {
  "|>": leading(PIPE_PRECEDENCE),
  "||": leading(4),
  "&&": leading(5),
  "==": leading(6),
  "!=": leading(6),
  "<": leading(7),
  ">": leading(7),
  "<=": leading(7),
  ">=": leading(7),
  in: trailing(7),
  not_in: trailing(7),
  "+": leading(8),
  // Could as well be the sign of a new statement.
  "-": trailing(8),
  "??": leading(9),
  "*": leading(10),
  "/": leading(10),
  "%": leading(10),
  "**": { precedence: 11, rightAssociative: true, leadsLine: true },
};

/** The loosest operator below ternary and range. */
export const LOOSEST_BINARY = 4;
