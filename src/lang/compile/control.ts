/** if, try, retry, deadline, mutex: regions that control leaves in several ways. */

import type { Label } from "../../bytecode/index.ts";
import type { Block, NodeOf } from "../syntax/ast.ts";
import { compileBlock, DISCARD } from "./blocks.ts";
import type { Exit, FunctionScope } from "./function-scope.ts";
import { compileJumpIfNot, compileOperand, compileTo } from "./operands.ts";

export function compileIf(f: FunctionScope, expr: NodeOf<"If">, target: number): void {
  const { asm } = f;
  const end = asm.label();
  // `else if` chains are flat here: their length costs labels, not JavaScript stack.
  let current: NodeOf<"If"> = expr;
  for (;;) {
    const otherwise = asm.label();
    compileJumpIfNot(f, current.condition, otherwise);
    compileBlock(f, current.thenBody, target);
    asm.emit("Jump", end);
    asm.place(otherwise);
    const nested: unknown = current.elseBody?.items[0];
    if (current.elseIf && isIf(nested)) {
      current = nested;
      continue;
    }
    if (current.elseBody) compileBlock(f, current.elseBody, target);
    else if (target !== DISCARD) asm.emit("LoadNil", target);
    break;
  }
  asm.place(end);
}

function isIf(node: unknown): node is NodeOf<"If"> {
  return typeof node === "object" && node !== null && "kind" in node && node.kind === "If";
}

/**
 * Runs `body` and then, on every way out of it, `cleanup` once. A completion says which way it was: 0 normally,
 * 1 with an error, 2 and up for a `return`, `break` or `continue` that goes on afterwards.
 */
export function compileProtected(f: FunctionScope, body: () => void, cleanup: () => void): void {
  const { asm } = f;
  const completion = f.temp();
  const value = f.temp();
  const exit: Extract<Exit, { kind: "finally" }> = {
    kind: "finally",
    label: asm.label(),
    completion,
    value,
    continuations: [],
  };
  const scopeDepth = f.scopeDepth;
  const start = asm.position;
  f.exits.push(exit);
  body();
  f.exits.pop();
  const failed = asm.label();
  asm.handler(start, failed, value, "finally", scopeDepth);
  asm.emit("LoadInt", completion, 0);
  asm.emit("Jump", exit.label);
  asm.place(failed);
  asm.emit("LoadInt", completion, 1);
  asm.place(exit.label);
  cleanup();
  const end = asm.label();
  const rethrow = asm.label();
  asm.emit("JumpIfNotNeInt", completion, 1, rethrow);
  exit.continuations.forEach((emit, index) => {
    const skip = asm.label();
    asm.emit("JumpIfNotEqInt", completion, index + 2, skip);
    emit();
    asm.place(skip);
  });
  asm.emit("Jump", end);
  asm.place(rethrow);
  asm.emit("Rethrow", value);
  asm.place(end);
}

export function compileTry(f: FunctionScope, expr: NodeOf<"Try">, target: number): void {
  const { finallyBody } = expr;
  if (!expr.catchClause && !finallyBody) return compileTryResult(f, expr.body, target);
  const guarded = () => {
    if (expr.catchClause) compileTryCatch(f, expr, expr.catchClause, target);
    else compileBlock(f, expr.body, target);
  };
  if (!finallyBody) return guarded();
  compileProtected(f, guarded, () => {
    compileBlock(f, finallyBody, DISCARD);
  });
}

function compileTryCatch(
  f: FunctionScope,
  expr: NodeOf<"Try">,
  clause: NonNullable<NodeOf<"Try">["catchClause"]>,
  target: number,
): void {
  const { asm } = f;
  const end = asm.label();
  const caught = asm.label();
  const error = f.temp();
  compileCaught(f, expr.body, target, caught, error);
  asm.emit("Jump", end);
  asm.place(caught);
  if (clause.type?.kind === "NamedType") {
    const other = asm.label();
    const mine = asm.label();
    asm.emit("JumpIfNotError", error, asm.string(clause.type.name), other);
    asm.emit("Jump", mine);
    asm.place(other);
    asm.emit("Rethrow", error);
    asm.place(mine);
  }
  f.openScope(clause.span);
  if (clause.variable && clause.variable.name !== "_") {
    const register = f.temp();
    asm.emit("CatchValue", register, error);
    f.bind(clause.variable.name, register, false);
  }
  compileBlock(f, clause.body, target);
  f.closeScope();
  asm.place(end);
}

/** A block whose errors go to `caught`, in the register `error`. */
function compileCaught(f: FunctionScope, body: Block, target: number, caught: Label, error: number): void {
  const start = f.asm.position;
  f.exits.push({ kind: "handler" });
  compileBlock(f, body, target);
  f.exits.pop();
  f.asm.handler(start, caught, error, "catch", f.scopeDepth);
}

/** `try { }` as an expression: a Result. */
function compileTryResult(f: FunctionScope, body: Block, target: number): void {
  const { asm } = f;
  const end = asm.label();
  const caught = asm.label();
  const value = f.temp();
  const error = f.temp();
  compileCaught(f, body, value, caught, error);
  asm.emit("WrapOk", target, value);
  asm.emit("Jump", end);
  asm.place(caught);
  asm.emit("WrapErr", target, error);
  asm.place(end);
}

/** `try* expr` evaluates; an error goes on to the enclosing handlers, which is what it does anyway. */
export function compileTryStar(f: FunctionScope, expr: NodeOf<"TryStar">, target: number): void {
  if (f.isModuleLevel) {
    f.unit.error(
      "HARN-C003",
      "try* requires an enclosing function (fn, tool, or pipeline) so the rethrow has a target",
      expr.span,
      "Move it into a `fn` or `pipeline`, or use `try { }`",
    );
    return;
  }
  compileTo(f, expr.operand, target);
}

/** Runs the body up to n times (at least once) until it does not fail; the last error goes on. */
export function compileRetry(f: FunctionScope, expr: NodeOf<"Retry">, target: number): void {
  const { asm } = f;
  const left = f.temp();
  const error = f.temp();
  compileTo(f, expr.count, left);
  const again = asm.label();
  const caught = asm.label();
  const end = asm.label();
  asm.place(again);
  compileCaught(f, expr.body, target, caught, error);
  asm.emit("Jump", end);
  asm.place(caught);
  asm.emit("AddInt", left, left, -1);
  const exhausted = asm.label();
  asm.emit("JumpIfNotGtInt", left, 0, exhausted);
  asm.emit("Loop", again);
  asm.place(exhausted);
  asm.emit("Rethrow", error);
  asm.place(end);
}

export function compileDeadline(f: FunctionScope, expr: NodeOf<"Deadline">, target: number): void {
  f.asm.emit("DeadlineEnter", compileOperand(f, expr.duration));
  compileScoped(f, expr.body, target);
}

export function compileMutex(f: FunctionScope, expr: NodeOf<"Mutex">, target: number): void {
  f.asm.emit("MutexEnter", f.asm.string("__default__"));
  compileScoped(f, expr.body, target);
}

/** A body inside one open scope. Errors close it in the VM, jumps and returns by an instruction. */
function compileScoped(f: FunctionScope, body: Block, target: number): void {
  f.exits.push({ kind: "scopes", count: 1 });
  compileBlock(f, body, target);
  f.exits.pop();
  f.asm.emit("ScopeExit", 1);
}
