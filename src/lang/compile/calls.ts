/** Calls of functions, builtins and methods; property reads. */

import type { Element, Expr, NodeOf } from "../syntax/ast.ts";
import { mayAssign, mentionsName } from "./analysis.ts";
import type { Binding, FunctionScope } from "./function-scope.ts";
import { aliasSchema, compileRow, compileSpreadList } from "./literals.ts";
import { compileBorrowed, compileOperand, compileTo, readBinding } from "./operands.ts";
import { hasPlaceholder } from "./operators.ts";

/** Builtins whose second argument may be a type alias. */
const SCHEMA_GUARDS = new Set([
  "schema_is",
  "schema_expect",
  "schema_parse",
  "schema_check",
  "is_type",
  "json_validate",
]);

export function compileCall(f: FunctionScope, expr: NodeOf<"Call">, target: number): void {
  const { asm } = f;
  const name = expr.callee.name;
  const binding = f.lookup(name);
  if (!binding && name === "schema_of" && expr.args.length === 1) {
    const schema = aliasSchema(f, expr.args[0] as Expr);
    if (schema) {
      asm.emit("LoadConst", target, f.constant(schema));
      return;
    }
  }
  if (expr.args.some((arg) => arg.kind === "Spread")) {
    const list = f.temp();
    compileSpreadList(f, expr.args, list);
    f.at(expr.callee.span);
    if (!binding) asm.emit("CallNativeSpread", target, asm.native(name), list);
    else {
      const callee = f.temp();
      readBinding(f, binding, name, callee);
      asm.emit("CallSpread", target, callee, list);
    }
    return;
  }
  const count = expr.args.length;
  if (!binding) {
    const first = f.block(count);
    expr.args.forEach((arg, index) => {
      const schema = index === 1 && SCHEMA_GUARDS.has(name) ? aliasSchema(f, arg as Expr) : undefined;
      if (schema) asm.emit("LoadConst", first + index, f.constant(schema));
      else compileBorrowed(f, arg as Expr, first + index);
    });
    f.at(expr.callee.span);
    asm.emit("CallNative", target, asm.native(name), first, count);
    return;
  }
  if (binding.kind === "slot") {
    const first = compileRow(f, expr.args, compileTo) as number;
    f.at(expr.callee.span);
    asm.emit("CallGlobal", target, binding.slot, first, count);
    return;
  }
  const callee = compileCallee(f, binding, name);
  const first = compileRow(f, expr.args, compileTo) as number;
  f.at(expr.callee.span);
  asm.emit("Call", target, callee, first, count);
}

function compileCallee(f: FunctionScope, binding: Extract<Binding, { kind: "register" }>, name: string): number {
  if (!binding.cell) return binding.register;
  const callee = f.temp();
  readBinding(f, binding, name, callee);
  return callee;
}

/** `return f(x)` and `return x |> f`. True when the frame is handed over and nothing follows. */
export function compileTailCall(f: FunctionScope, expr: Expr): boolean {
  const { asm } = f;
  if (expr.kind === "Binary" && expr.op === "|>" && !hasPlaceholder(expr.right)) {
    const mark = f.mark;
    const value = f.temp();
    compileTo(f, expr.left, value);
    const callee = f.temp();
    compileTo(f, expr.right, callee);
    f.emitLeaveLoops();
    asm.emit("TailCall", callee, value, 1);
    asm.emit("Return", value);
    f.release(mark);
    return true;
  }
  if (expr.kind !== "Call" || expr.args.some((arg) => arg.kind === "Spread")) return false;
  const name = expr.callee.name;
  const binding = f.lookup(name);
  if (!binding) return false;
  const mark = f.mark;
  const callee = binding.kind === "register" ? compileCallee(f, binding, name) : -1;
  // One register more than arguments: a callee that is no plain function leaves its result in the first.
  const first = f.block(Math.max(1, expr.args.length));
  for (const [index, arg] of expr.args.entries()) compileTo(f, arg as Expr, first + index);
  f.emitLeaveLoops();
  f.at(expr.callee.span);
  if (binding.kind === "slot") asm.emit("TailCallGlobal", binding.slot, first, expr.args.length);
  else asm.emit("TailCall", callee, first, expr.args.length);
  asm.emit("Return", first);
  f.release(mark);
  return true;
}

export function compileMethodCall(f: FunctionScope, expr: NodeOf<"MethodCall">, target: number): void {
  const { asm } = f;
  const enumName = expr.object.kind === "Identifier" && !f.lookup(expr.object.name) ? expr.object.name : undefined;
  if (enumName !== undefined && f.unit.facts.enums.has(enumName)) {
    const first = compileRow(f, expr.args, compileTo) ?? f.block(0);
    asm.emit("Enum", target, asm.string(enumName), asm.string(expr.method.name), first, expr.args.length);
    return;
  }
  const object = compileReceiver(f, expr.object, expr.args);
  const name = asm.string(expr.method.name);
  if (expr.args.some((arg) => arg.kind === "Spread")) {
    const end = asm.label();
    if (expr.optional) {
      asm.emit("LoadNil", target);
      asm.emit("JumpIfNil", object, end);
    }
    const list = f.temp();
    compileSpreadList(f, expr.args, list);
    f.at(expr.method.span);
    asm.emit("CallMethodSpread", target, object, name, list);
    asm.place(end);
    return;
  }
  const first = f.block(expr.args.length + 1) + 1;
  for (const [index, arg] of expr.args.entries()) compileBorrowed(f, arg as Expr, first + index);
  f.at(expr.method.span);
  asm.emit(expr.optional ? "CallMethodOpt" : "CallMethod", target, object, name, first, expr.args.length);
}

export function compileReceiver(f: FunctionScope, object: Expr, args: readonly Element[]): number {
  if (object.kind === "Identifier" && args.some((arg) => mayAssign(arg.kind === "Spread" ? arg.value : arg))) {
    const register = f.temp();
    compileTo(f, object, register);
    return register;
  }
  if (object.kind === "Identifier" && f.lookup(object.name)?.kind === "slot") {
    const register = f.temp();
    compileBorrowed(f, object, register);
    return register;
  }
  return compileOperand(f, object);
}

/** `x = x.method(args)`: may work in place. True when emitted. */
export function compileMethodOnVariable(f: FunctionScope, name: string, value: Expr): boolean {
  if (value.kind !== "MethodCall" || value.optional) return false;
  if (value.object.kind !== "Identifier" || value.object.name !== name) return false;
  if (value.args.some((arg) => arg.kind === "Spread" || mentionsName([arg], name) || mayAssign(arg))) return false;
  const binding = f.lookup(name);
  if (binding?.kind !== "register" || binding.cell) return false;
  const mark = f.mark;
  const first = f.block(value.args.length + 1) + 1;
  for (const [index, arg] of value.args.entries()) compileBorrowed(f, arg as Expr, first + index);
  f.at(value.method.span);
  f.asm.emit("CallMethodOn", binding.register, f.asm.string(value.method.name), first, value.args.length);
  f.release(mark);
  return true;
}

export function compileProperty(f: FunctionScope, expr: NodeOf<"Property">, target: number): void {
  const { asm } = f;
  if (expr.object.kind === "Identifier" && !f.lookup(expr.object.name) && f.unit.facts.enums.has(expr.object.name)) {
    asm.emit("Enum", target, asm.string(expr.object.name), asm.string(expr.property.name), 0, 0);
    return;
  }
  const object = compileReceiver(f, expr.object, []);
  f.at(expr.property.span);
  asm.emit(expr.optional ? "GetPropOpt" : "GetProp", target, object, asm.string(expr.property.name));
}
