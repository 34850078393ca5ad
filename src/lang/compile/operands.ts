/**
 * Values in registers: the ground that every other part of the compiler stands on. `compileTo` puts a value into a given
 * register, `compileOperand` into whichever register has it already. What an expression is, is decided above
 * (`expressions.ts`) and reached through the unit's rules, so that the parts do not import each other in circles.
 */

import { closestName } from "../diagnostics/suggest.ts";
import type { BinaryOperator, Expr } from "../syntax/ast.ts";
import { mayAssign } from "./analysis.ts";
import type { Binding, FunctionScope } from "./function-scope.ts";

/** Ints that fit an instruction's immediate operand. */
const MIN_IMMEDIATE = -(2n ** 31n);

const MAX_IMMEDIATE = 2n ** 31n - 1n;

export function immediate(expr: Expr): number | undefined {
  if (expr.kind === "IntLiteral" && expr.value >= MIN_IMMEDIATE && expr.value <= MAX_IMMEDIATE)
    return Number(expr.value);
  if (expr.kind === "Unary" && expr.op === "-" && expr.operand.kind === "IntLiteral") {
    return -expr.operand.value >= MIN_IMMEDIATE && expr.operand.value <= MAX_IMMEDIATE
      ? -Number(expr.operand.value)
      : undefined;
  }
  return undefined;
}

/** A register that holds the value: a variable's own, or a temporary. Read only, and before anything can assign. */
export function compileOperand(f: FunctionScope, expr: Expr): number {
  if (expr.kind === "Identifier") {
    const binding = f.lookup(expr.name);
    if (binding?.kind === "register" && !binding.cell) return binding.register;
  }
  const register = f.temp();
  compileTo(f, expr, register);
  return register;
}

/** Two operands, the left one safe from what the right one does. */
export function compileOperands(f: FunctionScope, left: Expr, right: Expr): [number, number] {
  if (left.kind === "Identifier" && mayAssign(right)) {
    const a = f.temp();
    compileTo(f, left, a);
    return [a, compileOperand(f, right)];
  }
  const a = compileOperand(f, left);
  return [a, compileOperand(f, right)];
}

/**
 * Puts the value of an expression into a register. Temporaries it needs are free again afterwards. `target` is not
 * written before the operands have been read, except by constructs with blocks.
 */
export function compileTo(f: FunctionScope, expr: Expr, target: number): void {
  const mark = f.mark;
  f.at(expr.span);
  f.unit.rules.expression(f, expr, target);
  f.release(mark);
}

/** Like `compileTo`, for readers that keep nothing: a variable's container does not become shared. */
export function compileBorrowed(f: FunctionScope, expr: Expr, target: number): void {
  if (expr.kind === "Identifier") {
    const binding = f.lookup(expr.name);
    if (binding?.kind === "register" && !binding.cell) {
      if (binding.register !== target) f.asm.emit("Move", target, binding.register);
      return;
    }
    if (binding?.kind === "slot") {
      f.asm.emit("BorrowGlobal", target, binding.slot, f.asm.string(expr.name));
      return;
    }
  }
  compileTo(f, expr, target);
}

/** Reads a variable to store its value: a container becomes shared. */
export function compileName(f: FunctionScope, name: string, target: number): void {
  const { asm } = f;
  const binding = f.lookup(name);
  if (binding) return readBinding(f, binding, name, target);
  if (name === "_") {
    asm.emit("Raise", asm.string("undefined-variable"), asm.string("_"));
    return;
  }
  const closest = closestName(name, f.visibleNames());
  asm.emit(
    "LoadNative",
    target,
    asm.native(name),
    closest === undefined ? f.constant({ kind: "nil" }) : asm.string(closest),
  );
}

export function readBinding(f: FunctionScope, binding: Binding, name: string, target: number): void {
  const { asm } = f;
  if (binding.kind === "slot") asm.emit("LoadGlobal", target, binding.slot, asm.string(name));
  else if (binding.cell) asm.emit("LoadCell", target, binding.register, asm.string(name));
  else if (binding.register !== target) asm.emit("Copy", target, binding.register);
}

const COMPARISON: Partial<Record<BinaryOperator, string>> = {
  "==": "Eq",
  "!=": "Ne",
  "<": "Lt",
  "<=": "Le",
  ">": "Gt",
  ">=": "Ge",
};

/** Goes to `label` unless the condition holds; comparisons jump without making a boolean. */
export function compileJumpIfNot(
  f: FunctionScope,
  condition: Expr,
  label: ReturnType<FunctionScope["asm"]["label"]>,
): void {
  const { asm } = f;
  const mark = f.mark;
  f.at(condition.span);
  if (condition.kind === "Binary") {
    const compare = COMPARISON[condition.op];
    if (compare) {
      const small = immediate(condition.right);
      if (small !== undefined) {
        const operand = compileOperand(f, condition.left);
        f.at(condition.opSpan);
        asm.emit(`JumpIfNot${compare}Int`, operand, small, label);
      } else {
        const [left, right] = compileOperands(f, condition.left, condition.right);
        f.at(condition.opSpan);
        asm.emit(`JumpIfNot${compare}`, left, right, label);
      }
      f.release(mark);
      return;
    }
    if (condition.op === "&&") {
      compileJumpIfNot(f, condition.left, label);
      compileJumpIfNot(f, condition.right, label);
      f.release(mark);
      return;
    }
  }
  if (condition.kind === "Unary" && condition.op === "!") {
    asm.emit("JumpIf", compileOperand(f, condition.operand), label);
  } else asm.emit("JumpIfNot", compileOperand(f, condition), label);
  f.release(mark);
}
