/** Assignment to variables and into containers. */

import type { Expr, NodeOf } from "../syntax/ast.ts";
import { mentionsName } from "./analysis.ts";
import { compileMethodOnVariable } from "./calls.ts";
import { compileDiscard } from "./expressions.ts";
import type { FunctionScope } from "./function-scope.ts";
import { compileName, compileTo } from "./operands.ts";

const OPERATORS = { "+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "%": "Mod" } as const;

export function compileAssign(f: FunctionScope, stmt: NodeOf<"AssignStmt">): void {
  const { target } = stmt;
  if (target.kind === "Identifier") return assignName(f, target.name, stmt);
  if (target.kind === "Property" || target.kind === "Index") return assignPath(f, target, stmt);
  f.unit.error(
    "HARN-C002",
    "Cannot assign to this expression",
    target.span,
    "Assign to a variable, `value.name` or `value[index]`",
  );
}

function assignName(f: FunctionScope, name: string, stmt: NodeOf<"AssignStmt">): void {
  const { asm } = f;
  const binding = f.lookup(name);
  if (!binding) {
    compileDiscard(f, stmt.value);
    asm.emit("Raise", asm.string("undefined-variable"), asm.string(name));
    return;
  }
  if (!binding.mutable) {
    compileDiscard(f, stmt.value);
    f.at(stmt.span);
    asm.emit("Raise", asm.string("immutable"), asm.string(name));
    return;
  }
  if (binding.kind === "register" && !binding.cell) {
    if (stmt.op === "+" || growsItself(stmt, name)) {
      const added = stmt.op === "+" ? stmt.value : (stmt.value as NodeOf<"Binary">).right;
      const value = f.temp();
      compileTo(f, added, value);
      f.at(stmt.span);
      asm.emit("AddTo", binding.register, value);
      return;
    }
    if (stmt.op) {
      const value = f.temp();
      compileTo(f, stmt.value, value);
      f.at(stmt.span);
      asm.emit(OPERATORS[stmt.op], binding.register, binding.register, value);
      return;
    }
    if (compileMethodOnVariable(f, name, stmt.value)) return;
    if (writesLast(stmt.value)) compileTo(f, stmt.value, binding.register);
    else {
      const value = f.temp();
      compileTo(f, stmt.value, value);
      asm.emit("Move", binding.register, value);
    }
    return;
  }
  const value = f.temp();
  if (stmt.op) {
    const right = f.temp();
    compileName(f, name, value);
    compileTo(f, stmt.value, right);
    asm.emit(OPERATORS[stmt.op], value, value, right);
  } else compileTo(f, stmt.value, value);
  if (binding.kind === "slot") asm.emit("StoreGlobal", binding.slot, value);
  else asm.emit("StoreCell", binding.register, value);
}

/** `x = x + value` where the value does not look at x: a list may grow in place. */
function growsItself(stmt: NodeOf<"AssignStmt">, name: string): boolean {
  const { value } = stmt;
  if (stmt.op || value.kind !== "Binary" || value.op !== "+") return false;
  if (value.left.kind !== "Identifier" || value.left.name !== name) return false;
  if (value.right.kind === "IntLiteral") return false;
  return !mentionsName([value.right], name);
}

/** Expressions whose only write to their target is the last thing they do: an error leaves the variable as it was. */
function writesLast(expr: Expr): boolean {
  switch (expr.kind) {
    case "IntLiteral":
    case "FloatLiteral":
    case "StringLiteral":
    case "BoolLiteral":
    case "NilLiteral":
    case "Identifier":
    case "InterpolatedString":
    case "Call":
    case "Property":
    case "Index":
    case "MethodCall":
    case "Unary":
      return true;
    case "Binary":
      return expr.op !== "??" && expr.op !== "|>";
    default:
      return false;
  }
}

/** `a.b[0].c = value`: the containers on the way are made the variable's own, from the root down. */
function assignPath(f: FunctionScope, target: NodeOf<"Property"> | NodeOf<"Index">, stmt: NodeOf<"AssignStmt">): void {
  const { asm } = f;
  const steps: (NodeOf<"Property"> | NodeOf<"Index">)[] = [];
  let root: Expr = target;
  while (root.kind === "Property" || root.kind === "Index") {
    steps.unshift(root);
    root = root.object;
  }
  if (root.kind !== "Identifier") {
    f.unit.error("HARN-C002", "Cannot assign into a temporary value", target.span, "Bind the value to a `var` first");
    return;
  }
  const binding = f.lookup(root.name);
  if (!binding) {
    asm.emit("Raise", asm.string("undefined-variable"), asm.string(root.name));
    return;
  }
  // Indexes and the value are evaluated before anything is written.
  const keys = steps.map((step) => {
    if (step.kind === "Property") return -1;
    const register = f.temp();
    compileTo(f, step.index, register);
    return register;
  });
  const value = f.temp();
  if (stmt.op) {
    compileTo(f, target, value);
    const right = f.temp();
    compileTo(f, stmt.value, right);
    f.at(stmt.span);
    asm.emit(OPERATORS[stmt.op], value, value, right);
  } else compileTo(f, stmt.value, value);
  f.at(stmt.span);
  if (!binding.mutable) {
    asm.emit("Raise", asm.string("immutable"), asm.string(root.name));
    return;
  }
  let container = f.temp();
  const rootRegister = container;
  if (binding.kind === "slot") asm.emit("BorrowGlobal", container, binding.slot, asm.string(root.name));
  else if (binding.cell) asm.emit("LoadCell", container, binding.register, asm.string(root.name));
  else container = binding.register;
  const written = container;
  steps.forEach((step, index) => {
    const last = index === steps.length - 1;
    const key = keys[index] as number;
    if (step.kind === "Property") {
      const name = asm.string(step.property.name);
      if (last) asm.emit("SetProp", container, name, value);
      else {
        const child = f.temp();
        asm.emit("BorrowProp", child, container, name);
        container = child;
      }
    } else if (last) asm.emit("SetIndex", container, key, value);
    else {
      const child = f.temp();
      asm.emit("BorrowIndex", child, container, key);
      container = child;
    }
  });
  if (written === rootRegister) {
    if (binding.kind === "slot") asm.emit("StoreGlobal", binding.slot, written);
    else asm.emit("StoreCell", binding.register, written);
  }
}
