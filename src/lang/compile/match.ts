/** `match`: arms are tried in order; a pattern tests and binds, recursively. */

import type { Label } from "../../bytecode/index.ts";
import type { Element, Expr, NodeOf } from "../syntax/ast.ts";
import { compileBlock } from "./blocks.ts";
import type { FunctionScope } from "./function-scope.ts";
import { compileJumpIfNot, compileOperand, compileTo, immediate } from "./operands.ts";

export function compileMatch(f: FunctionScope, expr: NodeOf<"Match">, target: number): void {
  const { asm } = f;
  const subject = f.temp();
  compileTo(f, expr.subject, subject);
  const end = asm.label();
  for (const arm of expr.arms) {
    const next = asm.label();
    f.openScope(arm.span);
    f.at(arm.span);
    compilePattern(f, arm.pattern, subject, next);
    if (arm.guard) compileJumpIfNot(f, arm.guard, next);
    compileBlock(f, arm.body, target);
    f.closeScope();
    asm.emit("Jump", end);
    asm.place(next);
  }
  const message = f.temp();
  f.at(expr.span);
  asm.emit("LoadConst", message, asm.string("No match arm matched the value"));
  asm.emit("Throw", message);
  asm.place(end);
}

/** Goes to `fail` unless the value in `subject` fits; binds names in the innermost scope. */
function compilePattern(f: FunctionScope, pattern: Expr, subject: number, fail: Label): void {
  const { asm } = f;
  switch (pattern.kind) {
    case "Identifier":
      if (pattern.name !== "_") f.bind(pattern.name, subject, false);
      return;
    case "OrPattern": {
      const fits = asm.label();
      pattern.alternatives.forEach((alternative, index) => {
        const last = index === pattern.alternatives.length - 1;
        const next = last ? fail : asm.label();
        compilePattern(f, alternative, subject, next);
        if (!last) {
          asm.emit("Jump", fits);
          asm.place(next);
        }
      });
      asm.place(fits);
      return;
    }
    case "Property":
      if (isEnumName(f, pattern.object)) {
        return compileVariant(f, pattern.object.name, pattern.property.name, [], subject, fail);
      }
      break;
    case "MethodCall":
      if (isEnumName(f, pattern.object)) {
        return compileVariant(f, pattern.object.name, pattern.method.name, pattern.args, subject, fail);
      }
      break;
    case "Call":
      if (pattern.callee.name === "Ok" || pattern.callee.name === "Err") {
        return compileVariant(f, "Result", pattern.callee.name, pattern.args, subject, fail);
      }
      break;
    case "DictLiteral":
      if (pattern.entries.every((entry) => entry.kind === "Entry" && !entry.computed)) {
        asm.emit("JumpIfNotType", subject, asm.string("dict"), fail);
        for (const entry of pattern.entries) {
          if (entry.kind !== "Entry") continue;
          const key =
            entry.key.kind === "StringLiteral"
              ? entry.key.value
              : entry.key.kind === "Identifier"
                ? entry.key.name
                : "";
          const value = f.temp();
          asm.emit("GetProp", value, subject, asm.string(key));
          compilePattern(f, entry.value, value, fail);
        }
        return;
      }
      break;
    case "ListLiteral":
      return compileListPattern(f, pattern.elements, subject, fail);
    default:
      break;
  }
  const mark = f.mark;
  const small = immediate(pattern);
  if (small !== undefined) asm.emit("JumpIfNotEqInt", subject, small, fail);
  else asm.emit("JumpIfNotEq", subject, compileOperand(f, pattern), fail);
  f.release(mark);
}

function isEnumName(f: FunctionScope, expr: Expr): expr is NodeOf<"Identifier"> {
  return expr.kind === "Identifier" && f.unit.facts.enums.has(expr.name) && !f.lookup(expr.name);
}

function compileVariant(
  f: FunctionScope,
  enumName: string,
  variant: string,
  args: readonly Element[],
  subject: number,
  fail: Label,
): void {
  const { asm } = f;
  asm.emit("JumpIfNotVariant", subject, asm.string(enumName), asm.string(variant), fail);
  args.forEach((arg, index) => {
    if (arg.kind === "Spread" || (arg.kind === "Identifier" && arg.name === "_")) return;
    const field = f.temp();
    asm.emit("EnumField", field, subject, index);
    compilePattern(f, arg, field, fail);
  });
}

/** A list pattern fits lists of at least its length, `[]` the empty list; `...rest` takes what is left. */
function compileListPattern(f: FunctionScope, elements: readonly Element[], subject: number, fail: Label): void {
  const { asm } = f;
  const fixed = elements.filter((element) => element.kind !== "Spread");
  asm.emit("JumpIfShorter", subject, fixed.length, fail);
  if (elements.length === 0) {
    const empty = asm.label();
    asm.emit("JumpIfShorter", subject, 1, empty);
    asm.emit("Jump", fail);
    asm.place(empty);
  }
  fixed.forEach((element, index) => {
    if (element.kind === "Identifier" && element.name === "_") return;
    const value = f.temp();
    asm.emit("LoadInt", value, index);
    asm.emit("GetIndex", value, subject, value);
    compilePattern(f, element, value, fail);
  });
  const rest = elements.find((element) => element.kind === "Spread");
  if (rest?.kind === "Spread" && rest.value.kind === "Identifier" && rest.value.name !== "_") {
    const value = f.temp();
    const to = f.temp();
    asm.emit("LoadInt", value, fixed.length);
    asm.emit("LoadNil", to);
    asm.emit("Slice", value, subject, value, to);
    f.bind(rest.value.name, value, false);
  }
}
