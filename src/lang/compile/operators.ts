/** Binary operators, short-circuit logic, pipes. */

import type { BinaryOperator, Element, Expr, NodeOf } from "../syntax/ast.ts";
import type { FunctionScope } from "./function-scope.ts";
import { compileBorrowed, compileOperand, compileOperands, compileTo, immediate } from "./operands.ts";

const ARITHMETIC: Partial<Record<BinaryOperator, string>> = {
  "+": "Add",
  "-": "Sub",
  "*": "Mul",
  "/": "Div",
  "%": "Mod",
  "**": "Pow",
  "==": "Eq",
  "!=": "Ne",
  "<": "Lt",
  "<=": "Le",
  ">": "Gt",
  ">=": "Ge",
};

export function compileBinary(f: FunctionScope, expr: NodeOf<"Binary">, target: number): void {
  const { asm } = f;
  switch (expr.op) {
    case "&&":
    case "||":
      return compileLogical(f, expr, target);
    case "??": {
      const end = asm.label();
      compileTo(f, expr.left, target);
      asm.emit("JumpIfNotNil", target, end);
      compileTo(f, expr.right, target);
      asm.place(end);
      return;
    }
    case "|>":
      return compilePipe(f, expr.left, expr.right, target);
    case "in":
    case "not_in": {
      const [needle, haystack] = compileOperands(f, expr.left, expr.right);
      f.at(expr.opSpan);
      asm.emit("In", target, needle, haystack);
      if (expr.op === "not_in") asm.emit("Not", target, target);
      return;
    }
    default: {
      const small = immediate(expr.right);
      if (small !== undefined && (expr.op === "+" || expr.op === "-") && small > -(2 ** 31)) {
        const operand = compileOperand(f, expr.left);
        f.at(expr.opSpan);
        asm.emit("AddInt", target, operand, expr.op === "+" ? small : -small);
        return;
      }
      const [left, right] = compileOperands(f, expr.left, expr.right);
      f.at(expr.opSpan);
      asm.emit(ARITHMETIC[expr.op] as string, target, left, right);
    }
  }
}

/** `&&` and `||` give booleans. */
function compileLogical(f: FunctionScope, expr: NodeOf<"Binary">, target: number): void {
  const { asm } = f;
  const end = asm.label();
  // A chain is flattened: its length costs labels, not JavaScript stack.
  const operands: Expr[] = [];
  let left: Expr = expr;
  while (left.kind === "Binary" && left.op === expr.op) {
    operands.unshift(left.right);
    left = left.left;
  }
  operands.unshift(left);
  const scratch = f.temp();
  operands.forEach((operand, index) => {
    compileBorrowed(f, operand, scratch);
    if (index < operands.length - 1) asm.emit(expr.op === "&&" ? "JumpIfNot" : "JumpIf", scratch, end);
  });
  asm.place(end);
  asm.emit("Truthy", target, scratch);
}

export function compilePipe(f: FunctionScope, left: Expr, right: Expr, target: number): void {
  const { asm } = f;
  const value = f.temp();
  compileTo(f, left, value);
  if (hasPlaceholder(right)) {
    // `_` is the piped value: no closure is needed, it is evaluated here, once.
    f.openScope(right.span);
    f.bind("_", value, false);
    const result = f.temp();
    compileTo(f, right, result);
    f.closeScope();
    asm.emit("Move", target, result);
    return;
  }
  const callee = f.temp();
  compileTo(f, right, callee);
  f.at(right.span);
  asm.emit("Pipe", target, value, callee);
}

/** `_` as an operand of calls, methods, operators, lists, properties, subscripts; not inside closures. */
export function hasPlaceholder(expr: Element): boolean {
  switch (expr.kind) {
    case "Identifier":
      return expr.name === "_";
    case "Call":
      return expr.args.some(hasPlaceholder);
    case "MethodCall":
      return hasPlaceholder(expr.object) || expr.args.some(hasPlaceholder);
    case "Binary":
      return hasPlaceholder(expr.left) || hasPlaceholder(expr.right);
    case "Unary":
      return hasPlaceholder(expr.operand);
    case "ListLiteral":
      return expr.elements.some(hasPlaceholder);
    case "Property":
      return hasPlaceholder(expr.object);
    case "Index":
      return hasPlaceholder(expr.object) || hasPlaceholder(expr.index);
    case "Slice":
      return hasPlaceholder(expr.object);
    case "TryOperator":
      return hasPlaceholder(expr.operand);
    case "Spread":
      return hasPlaceholder(expr.value);
    case "InterpolatedString":
      return expr.parts.some((part) => part.kind === "Interpolation" && hasPlaceholder(part.expr));
    case "DictLiteral":
      return expr.entries.some((entry) => hasPlaceholder(entry.value));
    default:
      return false;
  }
}
