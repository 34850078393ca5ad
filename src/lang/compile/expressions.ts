/** What each kind of expression is compiled to. */

import type { Expr } from "../syntax/ast.ts";
import { compileBlock, DISCARD } from "./blocks.ts";
import { compileCall, compileMethodCall, compileProperty } from "./calls.ts";
import { compileClosure, compileStructLiteral } from "./closures.ts";
import { compileParallel, compileSelect, compileSpawn } from "./concurrency.ts";
import { compileDeadline, compileIf, compileMutex, compileRetry, compileTry, compileTryStar } from "./control.ts";
import type { FunctionScope } from "./function-scope.ts";
import { compileDict, compileInterpolation, compileList } from "./literals.ts";
import { compileMatch } from "./match.ts";
import { compileJumpIfNot, compileName, compileOperand, compileOperands, compileTo, immediate } from "./operands.ts";
import { compileBinary } from "./operators.ts";

/** Evaluates for effect only. */
export function compileDiscard(f: FunctionScope, expr: Expr): void {
  const mark = f.mark;
  if (expr.kind === "If" || expr.kind === "BlockExpr") {
    f.at(expr.span);
    emitExpr(f, expr, DISCARD);
    f.release(mark);
    return;
  }
  compileTo(f, expr, f.temp());
  f.release(mark);
}

export function emitExpr(f: FunctionScope, expr: Expr, target: number): void {
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
    case "Unary": {
      const operand = compileOperand(f, expr.operand);
      f.at(expr.span);
      asm.emit(expr.op === "!" ? "Not" : "Neg", target, operand);
      return;
    }
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
      f.at(expr.span);
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
      f.at(expr.index.span);
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
      f.at((expr.from ?? expr.to ?? expr).span);
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
