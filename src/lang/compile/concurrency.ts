/** spawn, parallel, select: bodies become closures, the rest is done by builtins of the VM. */

import type { NodeOf } from "../syntax/ast.ts";
import { compileBlock } from "./blocks.ts";
import { compileTaskBody } from "./closures.ts";
import type { FunctionScope } from "./function-scope.ts";
import { compileTo } from "./operands.ts";

export function compileSpawn(f: FunctionScope, expr: NodeOf<"Spawn">, target: number): void {
  const body = f.temp();
  compileTaskBody(f, "<spawn>", undefined, expr.body, body);
  f.at(expr.span);
  f.asm.emit("CallNative", target, f.asm.native("__spawn"), body, 1);
}

const PARALLEL_NAMES = { count: "<parallel>", each: "<parallel_each>", settle: "<parallel_settle>" } as const;

export function compileParallel(f: FunctionScope, expr: NodeOf<"Parallel">, target: number): void {
  const { asm } = f;
  // __parallel(mode, subject, body, max_concurrent)
  const first = f.block(4);
  asm.emit("LoadConst", first, asm.string(expr.asStream ? "stream" : expr.mode));
  compileTo(f, expr.subject, first + 1);
  compileTaskBody(f, PARALLEL_NAMES[expr.mode], expr.variable?.name ?? "_", expr.body, first + 2);
  const cap = expr.options.find((option) => option.name.name === "max_concurrent");
  if (cap) compileTo(f, cap.value, first + 3);
  else asm.emit("LoadInt", first + 3, 0);
  f.at(expr.span);
  asm.emit("CallNative", target, asm.native("__parallel"), first, 4);
}

export function compileSelect(f: FunctionScope, expr: NodeOf<"Select">, target: number): void {
  const { asm } = f;
  // __select(channels, timeout or nil, whether a default exists) → {index, value, channel}, index -1 when none was ready
  const first = f.block(3);
  const channels = f.block(expr.cases.length);
  for (const [index, each] of expr.cases.entries()) compileTo(f, each.channel, channels + index);
  asm.emit("List", first, channels, expr.cases.length);
  if (expr.timeout) compileTo(f, expr.timeout.duration, first + 1);
  else asm.emit("LoadNil", first + 1);
  asm.emit(expr.defaultBody ? "LoadTrue" : "LoadFalse", first + 2);
  const result = f.temp();
  f.at(expr.span);
  asm.emit("CallNative", result, asm.native("__select"), first, 3);
  const index = f.temp();
  asm.emit("GetProp", index, result, asm.string("index"));
  const end = asm.label();
  expr.cases.forEach((each, position) => {
    const next = asm.label();
    asm.emit("JumpIfNotEqInt", index, position, next);
    f.openScope(each.span);
    if (each.variable.name !== "_") {
      const value = f.temp();
      asm.emit("GetProp", value, result, asm.string("value"));
      f.bind(each.variable.name, value, false);
    }
    compileBlock(f, each.body, target);
    f.closeScope();
    asm.emit("Jump", end);
    asm.place(next);
  });
  if (expr.timeout) compileBlock(f, expr.timeout.body, target);
  else if (expr.defaultBody) compileBlock(f, expr.defaultBody, target);
  else asm.emit("LoadNil", target);
  asm.place(end);
}
