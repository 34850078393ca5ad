/** Items of a block: statements, loops, leaving. */

import type { Expr, Item, NodeOf, Stmt } from "../syntax/ast.ts";
import { compileAssign } from "./assignment.ts";
import { compileBlock, DISCARD } from "./blocks.ts";
import { compileTailCall } from "./calls.ts";
import { compileProtected } from "./control.ts";
import { compileDeclaration } from "./declarations.ts";
import { compileDiscard } from "./expressions.ts";
import type { FunctionScope } from "./function-scope.ts";
import { compileBorrowed, compileJumpIfNot, compileOperand, compileTo } from "./operands.ts";
import { heldPermit } from "./permits.ts";
import { bindPattern, declareWith } from "./variables.ts";

const STATEMENTS = new Set<Item["kind"]>([
  "LetStmt",
  "AssignStmt",
  "ForStmt",
  "WhileStmt",
  "ReturnStmt",
  "ThrowStmt",
  "BreakStmt",
  "ContinueStmt",
  "GuardStmt",
  "RequireStmt",
  "DeferStmt",
]);

const DECLARATIONS = new Set<Item["kind"]>([
  "ImportDecl",
  "PipelineDecl",
  "OverrideDecl",
  "FnDecl",
  "ToolDecl",
  "SkillDecl",
  "EvalPackDecl",
  "EnumDecl",
  "StructDecl",
  "InterfaceDecl",
  "ImplBlock",
  "TypeDecl",
  "AttributedDecl",
]);

export function isExpression(item: Item): item is Expr {
  return !STATEMENTS.has(item.kind) && !DECLARATIONS.has(item.kind);
}

/** Items from `from` on, in the scope that is open. A `defer` protects what follows it. */
export function compileItems(f: FunctionScope, items: readonly Item[], from: number, target: number): void {
  let hasValue = false;
  for (let i = from; i < items.length; i++) {
    const item = items[i] as Item;
    f.at(item.span);
    if (item.kind === "DeferStmt") {
      compileProtected(
        f,
        () => compileItems(f, items, i + 1, target),
        () => compileBlock(f, item.body, DISCARD),
      );
      return;
    }
    const last = i === items.length - 1;
    if (isExpression(item)) {
      if (last && target !== DISCARD) {
        compileTo(f, item, target);
        hasValue = true;
      } else compileDiscard(f, item);
    } else if (STATEMENTS.has(item.kind)) compileStatement(f, item as Stmt);
    else compileDeclaration(f, item);
    const permit = heldPermit(items, i);
    if (permit !== undefined) {
      const { span } = item;
      compileProtected(
        f,
        () => compileItems(f, items, i + 1, target),
        () => compileRelease(f, { kind: "Identifier", name: permit, span }),
      );
      return;
    }
  }
  if (!hasValue && target !== DISCARD) f.asm.emit("LoadNil", target);
}

function compileRelease(f: FunctionScope, permit: Expr): void {
  const mark = f.mark;
  const register = f.temp();
  compileTo(f, permit, register);
  f.asm.emit("CallNative", register, f.asm.native("__release"), register, 1);
  f.release(mark);
}

function compileStatement(f: FunctionScope, stmt: Stmt): void {
  const { asm } = f;
  switch (stmt.kind) {
    case "LetStmt":
      return compileLet(f, stmt);
    case "AssignStmt": {
      const mark = f.mark;
      compileAssign(f, stmt);
      f.release(mark);
      return;
    }
    case "ForStmt":
      return compileFor(f, stmt);
    case "WhileStmt":
      return compileWhile(f, stmt);
    case "ReturnStmt": {
      const mark = f.mark;
      if (stmt.value && f.canTailCall && compileTailCall(f, stmt.value)) return;
      const value = f.temp();
      if (stmt.value) compileTo(f, stmt.value, value);
      else asm.emit("LoadNil", value);
      f.emitReturn(value);
      f.release(mark);
      return;
    }
    case "ThrowStmt": {
      const mark = f.mark;
      const value = compileOperand(f, stmt.value);
      f.at(stmt.span);
      asm.emit("Throw", value);
      f.release(mark);
      return;
    }
    case "BreakStmt":
    case "ContinueStmt": {
      const loop = f.innermostLoop();
      const word = stmt.kind === "BreakStmt" ? "break" : "continue";
      if (!loop) {
        f.unit.error(
          "HARN-C001",
          `${word} outside of loop`,
          stmt.span,
          `Move \`${word}\` into a \`for\` or \`while\` body`,
        );
        return;
      }
      f.emitJumpOut(loop.level, stmt.kind === "BreakStmt" ? loop.exit.breakLabel : loop.exit.continueLabel);
      return;
    }
    case "GuardStmt": {
      const otherwise = asm.label();
      const end = asm.label();
      compileJumpIfNot(f, stmt.condition, otherwise);
      asm.emit("Jump", end);
      asm.place(otherwise);
      compileBlock(f, stmt.elseBody, DISCARD);
      asm.place(end);
      return;
    }
    case "RequireStmt": {
      const mark = f.mark;
      const fail = asm.label();
      const end = asm.label();
      compileJumpIfNot(f, stmt.condition, fail);
      asm.emit("Jump", end);
      asm.place(fail);
      const message = f.temp();
      if (stmt.message) compileTo(f, stmt.message, message);
      else asm.emit("LoadConst", message, asm.string("require condition failed"));
      f.at(stmt.span);
      asm.emit("Throw", message);
      asm.place(end);
      f.release(mark);
      return;
    }
    case "DeferStmt":
      // Handled by `compileItems`, which knows what follows.
      return;
  }
}

function compileLet(f: FunctionScope, stmt: NodeOf<"LetStmt">): void {
  if (stmt.pattern.kind === "NamePattern") {
    const { name } = stmt.pattern;
    if (name === "_") return compileDiscard(f, stmt.value);
    return declareWith(f, name, stmt.mutable, (register) => compileTo(f, stmt.value, register));
  }
  // The value lives in a register of the scope for as long as its parts are taken out.
  const value = f.temp();
  compileTo(f, stmt.value, value);
  f.at(stmt.span);
  bindPattern(f, stmt.pattern, value, stmt.mutable);
}

function compileWhile(f: FunctionScope, stmt: NodeOf<"WhileStmt">): void {
  const { asm } = f;
  const start = asm.label();
  const end = asm.label();
  asm.place(start);
  compileJumpIfNot(f, stmt.condition, end);
  f.exits.push({ kind: "loop", breakLabel: end, continueLabel: start });
  compileBlock(f, stmt.body, DISCARD);
  f.exits.pop();
  asm.emit("Loop", start);
  asm.place(end);
}

function compileFor(f: FunctionScope, stmt: NodeOf<"ForStmt">): void {
  const { asm } = f;
  const mark = f.mark;
  const source = f.temp();
  const item = f.temp();
  compileBorrowed(f, stmt.iterable, item);
  f.at(stmt.iterable.span);
  asm.emit("ForInit", source, item);
  const next = asm.label();
  const end = asm.label();
  asm.place(next);
  const isTemporary = givesTemporary(stmt.iterable);
  const start = asm.position;
  f.at(stmt.span);
  asm.emit("ForNext", source, item, end);
  asm.emit("ExitIfDone", item, end);
  if (isTemporary) f.exits.push({ kind: "temporary", source });
  f.exits.push({ kind: "loop", breakLabel: end, continueLabel: next });
  f.openScope(stmt.span);
  if (stmt.pattern.kind === "NamePattern") {
    if (stmt.pattern.name !== "_") f.bind(stmt.pattern.name, item, true);
  } else bindPattern(f, stmt.pattern, item, true);
  compileBlock(f, stmt.body, DISCARD);
  f.closeScope();
  f.exits.pop();
  asm.emit("Loop", next);
  if (isTemporary) {
    f.exits.pop();
    const failed = asm.label();
    asm.handler(start, failed, item, "finally", f.scopeDepth);
    asm.place(failed);
    asm.emit("ForEnd", source);
    asm.emit("Rethrow", item);
    asm.place(end);
    asm.emit("ForEnd", source);
  } else asm.place(end);
  f.release(mark);
}

/** What may be a stream that nobody but the loop holds. Anything read from a variable or a container is held there. */
function givesTemporary({ kind }: Expr): boolean {
  return kind === "Call" || kind === "MethodCall" || kind === "Parallel" || kind === "Binary";
}
