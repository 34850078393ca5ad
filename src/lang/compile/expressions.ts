/** Expressions. `compileTo` puts a value into a given register, `compileOperand` into whichever register has it already. */

import type { Constant } from "../../bytecode/index.ts";
import { closestName } from "../diagnostics/suggest.ts";
import type { BinaryOperator, DictEntry, Element, Expr, Item, NodeOf } from "../syntax/ast.ts";
import { mayAssign, mentionsName } from "./analysis.ts";
import { compileClosure, compileStructLiteral } from "./closures.ts";
import { compileParallel, compileSelect, compileSpawn } from "./concurrency.ts";
import { compileDeadline, compileIf, compileMutex, compileRetry, compileTry, compileTryStar } from "./control.ts";
import type { Binding, FunctionScope } from "./function-scope.ts";
import { compileMatch } from "./match.ts";
import { typeToSchema } from "./schema.ts";
import { compileBlock, DISCARD } from "./statements.ts";

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

/** Evaluates for effect only. */
export function compileDiscard(f: FunctionScope, expr: Expr): void {
  const mark = f.mark;
  if (expr.kind === "If" || expr.kind === "BlockExpr") {
    f.asm.line(f.unit.lineOf(expr.span));
    emitExpr(f, expr, DISCARD);
    f.release(mark);
    return;
  }
  compileTo(f, expr, f.temp());
  f.release(mark);
}

/**
 * Puts the value of an expression into a register. Temporaries it needs are free again afterwards. `target` is not
 * written before the operands have been read, except by constructs with blocks.
 */
export function compileTo(f: FunctionScope, expr: Expr, target: number): void {
  const mark = f.mark;
  f.asm.line(f.unit.lineOf(expr.span));
  emitExpr(f, expr, target);
  f.release(mark);
}

function emitExpr(f: FunctionScope, expr: Expr, target: number): void {
  const { asm } = f;
  switch (expr.kind) {
    case "IntLiteral": {
      const small = immediate(expr);
      if (small !== undefined) asm.emit("LoadInt", target, small);
      else asm.emit("LoadConst", target, f.constant({ kind: "int", value: expr.value }));
      return;
    }
    case "FloatLiteral":
      asm.emit("LoadConst", target, f.constant({ kind: "float", value: expr.value }));
      return;
    case "DurationLiteral":
      asm.emit("LoadConst", target, f.constant({ kind: "duration", ms: expr.ms }));
      return;
    case "StringLiteral":
      asm.emit("LoadConst", target, asm.string(expr.value));
      return;
    case "BoolLiteral":
      asm.emit(expr.value ? "LoadTrue" : "LoadFalse", target);
      return;
    case "NilLiteral":
    case "ErrorNode":
      asm.emit("LoadNil", target);
      return;
    case "InterpolatedString":
      return compileInterpolation(f, expr, target);
    case "Identifier":
      return compileName(f, expr.name, target);
    case "ListLiteral":
      return compileList(f, expr.elements, target);
    case "DictLiteral":
      return compileDict(f, expr.entries, target);
    case "Closure":
      return compileClosure(f, expr, target);
    case "Binary":
      return compileBinary(f, expr, target);
    case "Unary":
      asm.emit(expr.op === "!" ? "Not" : "Neg", target, compileOperand(f, expr.operand));
      return;
    case "Ternary": {
      const otherwise = asm.label();
      const end = asm.label();
      compileJumpIfNot(f, expr.condition, otherwise);
      compileTo(f, expr.thenExpr, target);
      asm.emit("Jump", end);
      asm.place(otherwise);
      compileTo(f, expr.elseExpr, target);
      asm.place(end);
      return;
    }
    case "Range": {
      const [from, to] = compileOperands(f, expr.from, expr.to);
      asm.emit("Range", target, from, to, expr.exclusive ? 1 : 0);
      return;
    }
    case "Call":
      return compileCall(f, expr, target);
    case "MethodCall":
      return compileMethodCall(f, expr, target);
    case "Property":
      return compileProperty(f, expr, target);
    case "Index": {
      const [object, index] = compileOperands(f, expr.object, expr.index);
      asm.emit(expr.optional ? "GetIndexOpt" : "GetIndex", target, object, index);
      return;
    }
    case "Slice": {
      const object = compileOperand(f, expr.object);
      const from = f.temp();
      const to = f.temp();
      if (expr.from) compileTo(f, expr.from, from);
      else asm.emit("LoadNil", from);
      if (expr.to) compileTo(f, expr.to, to);
      else asm.emit("LoadNil", to);
      asm.emit("Slice", target, object, from, to);
      return;
    }
    case "StructLiteral":
      return compileStructLiteral(f, expr, target);
    case "TryOperator": {
      const value = compileOperand(f, expr.operand);
      const ok = asm.label();
      asm.emit("Unwrap", target, value, ok);
      f.emitReturn(value);
      asm.place(ok);
      return;
    }
    case "TryStar":
      return compileTryStar(f, expr, target);
    case "If":
      return compileIf(f, expr, target);
    case "Match":
      return compileMatch(f, expr, target);
    case "OrPattern":
      asm.emit("LoadNil", target);
      return;
    case "Try":
      return compileTry(f, expr, target);
    case "Retry":
      return compileRetry(f, expr, target);
    case "Deadline":
      return compileDeadline(f, expr, target);
    case "Mutex":
      return compileMutex(f, expr, target);
    case "Spawn":
      return compileSpawn(f, expr, target);
    case "Parallel":
      return compileParallel(f, expr, target);
    case "Select":
      return compileSelect(f, expr, target);
    case "Yield": {
      const value = f.temp();
      if (expr.value) compileTo(f, expr.value, value);
      else asm.emit("LoadNil", value);
      asm.emit("Yield", target, value);
      return;
    }
    case "Emit":
      asm.emit("Yield", target, compileOperand(f, expr.value));
      return;
    case "BlockExpr":
      return compileBlock(f, expr.body, target);
  }
}

// ---- names -----------------------------------------------------------------------------------------------------------

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

function readBinding(f: FunctionScope, binding: Binding, name: string, target: number): void {
  const { asm } = f;
  if (binding.kind === "slot") asm.emit("LoadGlobal", target, binding.slot, asm.string(name));
  else if (binding.cell) asm.emit("LoadCell", target, binding.register, asm.string(name));
  else if (binding.register !== target) asm.emit("Copy", target, binding.register);
}

// ---- literals --------------------------------------------------------------------------------------------------------

function compileInterpolation(f: FunctionScope, expr: NodeOf<"InterpolatedString">, target: number): void {
  const { asm } = f;
  const first = f.block(expr.parts.length);
  expr.parts.forEach((part, index) => {
    if (part.kind === "Text") asm.emit("LoadConst", first + index, asm.string(part.value));
    else compileBorrowed(f, part.expr, first + index);
  });
  asm.emit("Concat", target, first, expr.parts.length);
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

/** Registers in a row for the elements; undefined when something is spread among them. */
function compileRow(f: FunctionScope, elements: readonly Element[], compile: typeof compileTo): number | undefined {
  if (elements.some((element) => element.kind === "Spread")) return undefined;
  const first = f.block(elements.length);
  for (const [index, element] of elements.entries()) compile(f, element as Expr, first + index);
  return first;
}

function compileList(f: FunctionScope, elements: readonly Element[], target: number): void {
  const { asm } = f;
  const first = compileRow(f, elements, compileTo);
  if (first !== undefined) {
    asm.emit("List", target, first, elements.length);
    return;
  }
  const list = f.temp();
  compileSpreadList(f, elements, list);
  asm.emit("Move", target, list);
}

/** A list built element by element. */
function compileSpreadList(f: FunctionScope, elements: readonly Element[], list: number): void {
  const { asm } = f;
  asm.emit("List", list, list, 0);
  for (const element of elements) {
    const mark = f.mark;
    const value = f.temp();
    compileTo(f, element.kind === "Spread" ? element.value : element, value);
    asm.emit(element.kind === "Spread" ? "ListSpread" : "ListPush", list, value);
    f.release(mark);
  }
}

export function compileDict(f: FunctionScope, entries: readonly DictEntry[], target: number): void {
  const { asm } = f;
  const keys = entries.map((entry) => (entry.kind === "Entry" && !entry.computed ? literalKey(entry.key) : undefined));
  if (keys.every((key) => key !== undefined)) {
    const first = f.block(entries.length);
    for (const [index, entry] of entries.entries()) compileEntryValue(f, entry, keys[index] ?? "", first + index);
    asm.emit("Dict", target, keyList(f, keys), first, entries.length);
    return;
  }
  const dict = f.temp();
  asm.emit("Dict", dict, keyList(f, []), dict, 0);
  entries.forEach((entry, index) => {
    const mark = f.mark;
    if (entry.kind === "SpreadEntry") asm.emit("DictSpread", dict, compileOperand(f, entry.value));
    else {
      const key = f.temp();
      const value = f.temp();
      const name = keys[index];
      if (name !== undefined) asm.emit("LoadConst", key, asm.string(name));
      else compileTo(f, entry.key, key);
      compileEntryValue(f, entry, name ?? "", value);
      asm.emit("DictSet", dict, key, value);
    }
    f.release(mark);
  });
  asm.emit("Move", target, dict);
}

/** `output_schema: Alias` is the alias's schema. */
function compileEntryValue(f: FunctionScope, entry: DictEntry, key: string, target: number): void {
  const schema = key === "output_schema" ? aliasSchema(f, entry.value) : undefined;
  if (schema) f.asm.emit("LoadConst", target, f.constant(schema));
  else compileTo(f, entry.value, target);
}

function literalKey(key: Expr): string | undefined {
  if (key.kind === "StringLiteral") return key.value;
  return key.kind === "Identifier" ? key.name : undefined;
}

export function keyList(f: FunctionScope, keys: readonly (string | undefined)[]): number {
  return f.constant({ kind: "list", items: keys.map((key) => ({ kind: "string", value: key ?? "" })) });
}

/** The schema of a type alias that stands where a value is expected. */
function aliasSchema(f: FunctionScope, expr: Expr | Item | undefined): Constant | undefined {
  if (expr?.kind !== "Identifier" || f.lookup(expr.name)) return undefined;
  const type = f.unit.facts.aliases.get(expr.name);
  return type && typeToSchema(type, f.unit.facts);
}

// ---- operators -------------------------------------------------------------------------------------------------------

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

const COMPARISON: Partial<Record<BinaryOperator, string>> = {
  "==": "Eq",
  "!=": "Ne",
  "<": "Lt",
  "<=": "Le",
  ">": "Gt",
  ">=": "Ge",
};

function compileBinary(f: FunctionScope, expr: NodeOf<"Binary">, target: number): void {
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
      asm.emit("In", target, needle, haystack);
      if (expr.op === "not_in") asm.emit("Not", target, target);
      return;
    }
    default: {
      const small = immediate(expr.right);
      if (small !== undefined && (expr.op === "+" || expr.op === "-") && small > -(2 ** 31)) {
        asm.emit("AddInt", target, compileOperand(f, expr.left), expr.op === "+" ? small : -small);
        return;
      }
      const [left, right] = compileOperands(f, expr.left, expr.right);
      asm.line(f.unit.lineOf(expr.opSpan));
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

/** Goes to `label` unless the condition holds; comparisons jump without making a boolean. */
export function compileJumpIfNot(
  f: FunctionScope,
  condition: Expr,
  label: ReturnType<FunctionScope["asm"]["label"]>,
): void {
  const { asm } = f;
  const mark = f.mark;
  asm.line(f.unit.lineOf(condition.span));
  if (condition.kind === "Binary") {
    const compare = COMPARISON[condition.op];
    if (compare) {
      const small = immediate(condition.right);
      if (small !== undefined) {
        asm.emit(`JumpIfNot${compare}Int`, compileOperand(f, condition.left), small, label);
      } else {
        const [left, right] = compileOperands(f, condition.left, condition.right);
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

// ---- pipes -----------------------------------------------------------------------------------------------------------

function compilePipe(f: FunctionScope, left: Expr, right: Expr, target: number): void {
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
  asm.emit("Pipe", target, value, callee);
}

/** `_` as an operand of calls, methods, operators, lists, properties, subscripts; not inside closures. */
function hasPlaceholder(expr: Element): boolean {
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

// ---- calls -----------------------------------------------------------------------------------------------------------

/** Builtins whose second argument may be a type alias. */
const SCHEMA_GUARDS = new Set([
  "schema_is",
  "schema_expect",
  "schema_parse",
  "schema_check",
  "is_type",
  "json_validate",
]);

function compileCall(f: FunctionScope, expr: NodeOf<"Call">, target: number): void {
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
    asm.line(f.unit.lineOf(expr.callee.span));
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
    asm.line(f.unit.lineOf(expr.callee.span));
    asm.emit("CallNative", target, asm.native(name), first, count);
    return;
  }
  if (binding.kind === "slot") {
    const first = compileRow(f, expr.args, compileTo) as number;
    asm.line(f.unit.lineOf(expr.callee.span));
    asm.emit("CallGlobal", target, binding.slot, first, count);
    return;
  }
  const callee = compileCallee(f, binding, name);
  const first = compileRow(f, expr.args, compileTo) as number;
  asm.line(f.unit.lineOf(expr.callee.span));
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
  asm.line(f.unit.lineOf(expr.callee.span));
  if (binding.kind === "slot") asm.emit("TailCallGlobal", binding.slot, first, expr.args.length);
  else asm.emit("TailCall", callee, first, expr.args.length);
  asm.emit("Return", first);
  f.release(mark);
  return true;
}

function compileMethodCall(f: FunctionScope, expr: NodeOf<"MethodCall">, target: number): void {
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
    asm.emit("CallMethodSpread", target, object, name, list);
    asm.place(end);
    return;
  }
  const first = f.block(expr.args.length + 1) + 1;
  for (const [index, arg] of expr.args.entries()) compileBorrowed(f, arg as Expr, first + index);
  asm.line(f.unit.lineOf(expr.method.span));
  asm.emit(expr.optional ? "CallMethodOpt" : "CallMethod", target, object, name, first, expr.args.length);
}

function compileReceiver(f: FunctionScope, object: Expr, args: readonly Element[]): number {
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
  f.asm.line(f.unit.lineOf(value.method.span));
  f.asm.emit("CallMethodOn", binding.register, f.asm.string(value.method.name), first, value.args.length);
  f.release(mark);
  return true;
}

function compileProperty(f: FunctionScope, expr: NodeOf<"Property">, target: number): void {
  const { asm } = f;
  if (expr.object.kind === "Identifier" && !f.lookup(expr.object.name) && f.unit.facts.enums.has(expr.object.name)) {
    asm.emit("Enum", target, asm.string(expr.object.name), asm.string(expr.property.name), 0, 0);
    return;
  }
  const object = compileReceiver(f, expr.object, []);
  asm.line(f.unit.lineOf(expr.property.span));
  asm.emit(expr.optional ? "GetPropOpt" : "GetProp", target, object, asm.string(expr.property.name));
}
