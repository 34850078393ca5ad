/** Blocks, variables, assignment, loops, leaving. */

import type { Block, Expr, Item, NodeOf, Pattern, Stmt } from "../syntax/ast.ts";
import { peelAttributes } from "../syntax/ast.ts";
import { mentionsName } from "./analysis.ts";
import { compileProtected } from "./control.ts";
import { compileDeclaration } from "./declarations.ts";
import {
  compileBorrowed,
  compileDiscard,
  compileJumpIfNot,
  compileMethodOnVariable,
  compileName,
  compileOperand,
  compileTailCall,
  compileTo,
  keyList,
} from "./expressions.ts";
import type { FunctionScope } from "./function-scope.ts";

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

/** As a target: nobody wants the value. */
export const DISCARD = -1;

/** A block in a scope of its own; `target` receives the value of its last item, nil when that has none. */
export function compileBlock(f: FunctionScope, block: Block, target: number): void {
  f.openScope(block.span);
  hoistNames(f, block.items);
  compileItems(f, block.items, 0, target);
  f.closeScope();
}

/** Cells for the names of a list of items that closures mention before they are declared. */
export function hoistNames(f: FunctionScope, items: readonly Item[]): void {
  const { mentions } = f.unit.facts;
  for (const outer of items) {
    const { item } = peelAttributes(outer);
    if (
      item.kind === "FnDecl" ||
      item.kind === "ToolDecl" ||
      item.kind === "OverrideDecl" ||
      item.kind === "StructDecl"
    ) {
      if (!f.isTopLevel && mentions.beforeDeclared(item.name.name, f.scopeSpan, item.span)) {
        f.hoist(item.name.name, false);
      }
    } else if (item.kind === "LetStmt" && item.pattern.kind === "NamePattern") {
      const { name } = item.pattern;
      if (name !== "_" && !f.lookup(name) && mentions.beforeDeclared(name, f.scopeSpan, item.span)) {
        f.hoist(name, item.mutable);
      }
    }
  }
}

/** Items from `from` on, in the scope that is open. A `defer` protects what follows it. */
export function compileItems(f: FunctionScope, items: readonly Item[], from: number, target: number): void {
  let hasValue = false;
  for (let i = from; i < items.length; i++) {
    const item = items[i] as Item;
    f.asm.line(f.unit.lineOf(item.span));
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
  }
  if (!hasValue && target !== DISCARD) f.asm.emit("LoadNil", target);
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
      asm.line(f.unit.lineOf(stmt.span));
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

// ---- variables -------------------------------------------------------------------------------------------------------

function compileLet(f: FunctionScope, stmt: NodeOf<"LetStmt">): void {
  if (stmt.pattern.kind === "NamePattern") {
    const { name } = stmt.pattern;
    if (name === "_") return compileDiscard(f, stmt.value);
    return declareWith(f, name, stmt.mutable, (register) => compileTo(f, stmt.value, register));
  }
  // The value lives in a register of the scope for as long as its parts are taken out.
  const value = f.temp();
  compileTo(f, stmt.value, value);
  f.asm.line(f.unit.lineOf(stmt.span));
  bindPattern(f, stmt.pattern, value, stmt.mutable);
}

/** Declares a variable and fills it. At the top level of a module with shared state it is a slot. */
export function declareWith(f: FunctionScope, name: string, mutable: boolean, fill: (register: number) => void): void {
  const { asm } = f;
  if (f.unit.topLevelSlots && f.isTopLevel) {
    const mark = f.mark;
    const slot = f.unit.slot(name, mutable);
    const value = f.temp();
    fill(value);
    asm.emit("StoreGlobal", slot, value);
    f.release(mark);
    return;
  }
  const previous = f.declaredHere(name);
  if (previous && !previous.mutable && !mutable) {
    asm.emit(
      "Raise",
      asm.string("runtime"),
      asm.string(`Cannot redeclare immutable variable '${name}' in the same scope`),
    );
  }
  // Filled before the name is declared: the initializer sees an outer variable of the same name.
  const value = f.temp();
  fill(value);
  const binding = f.declareAt(name, mutable, value);
  if (binding.cell) asm.emit("StoreCell", binding.register, value);
}

/** Takes a value apart into variables of the innermost scope. */
export function bindPattern(f: FunctionScope, pattern: Pattern, value: number, mutable: boolean): void {
  const { asm } = f;
  switch (pattern.kind) {
    case "NamePattern":
      if (pattern.name !== "_") declareWith(f, pattern.name, mutable, (register) => asm.emit("Copy", register, value));
      return;
    case "PairPattern":
      for (const [ident, field] of [
        [pattern.first, "first"],
        [pattern.second, "second"],
      ] as const) {
        if (ident.name === "_") continue;
        declareWith(f, ident.name, mutable, (register) => asm.emit("GetProp", register, value, asm.string(field)));
      }
      return;
    case "DictPattern": {
      asm.emit("AssertDict", value);
      for (const field of pattern.fields) {
        if (field.rest) continue;
        const name = field.alias ?? field.key;
        if (name === "_") continue;
        declareWith(f, name, mutable, (register) => {
          asm.emit("GetProp", register, value, asm.string(field.key));
          compilePatternDefault(f, field.defaultValue, register);
        });
      }
      const rest = pattern.fields.find((field) => field.rest);
      if (rest && rest.key !== "_") {
        const taken = keyList(
          f,
          pattern.fields.filter((field) => !field.rest).map((field) => field.key),
        );
        declareWith(f, rest.key, mutable, (register) => asm.emit("DictRest", register, value, taken));
      }
      return;
    }
    case "ListPattern": {
      asm.emit("AssertList", value);
      const fixed = pattern.elements.filter((element) => !element.rest);
      fixed.forEach((element, index) => {
        if (element.name === "_") return;
        declareWith(f, element.name, mutable, (register) => {
          const mark = f.mark;
          const at = f.temp();
          asm.emit("LoadInt", at, index);
          asm.emit("GetIndex", register, value, at);
          f.release(mark);
          compilePatternDefault(f, element.defaultValue, register);
        });
      });
      const rest = pattern.elements.find((element) => element.rest);
      if (rest && rest.name !== "_") {
        declareWith(f, rest.name, mutable, (register) => {
          const mark = f.mark;
          const from = f.temp();
          const to = f.temp();
          asm.emit("LoadInt", from, fixed.length);
          asm.emit("LoadNil", to);
          asm.emit("Slice", register, value, from, to);
          f.release(mark);
        });
      }
      return;
    }
  }
}

/** nil, unlike for a parameter, takes the default. */
function compilePatternDefault(f: FunctionScope, defaultValue: Expr | undefined, register: number): void {
  if (!defaultValue) return;
  const present = f.asm.label();
  f.asm.emit("JumpIfNotNil", register, present);
  compileTo(f, defaultValue, register);
  f.asm.place(present);
}

// ---- assignment ------------------------------------------------------------------------------------------------------

const OPERATORS = { "+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "%": "Mod" } as const;

function compileAssign(f: FunctionScope, stmt: NodeOf<"AssignStmt">): void {
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
    asm.line(f.unit.lineOf(stmt.span));
    asm.emit("Raise", asm.string("immutable"), asm.string(name));
    return;
  }
  if (binding.kind === "register" && !binding.cell) {
    if (stmt.op === "+" || growsItself(stmt, name)) {
      const added = stmt.op === "+" ? stmt.value : (stmt.value as NodeOf<"Binary">).right;
      const value = f.temp();
      compileTo(f, added, value);
      asm.line(f.unit.lineOf(stmt.span));
      asm.emit("AddTo", binding.register, value);
      return;
    }
    if (stmt.op) {
      const value = f.temp();
      compileTo(f, stmt.value, value);
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
    asm.emit(OPERATORS[stmt.op], value, value, right);
  } else compileTo(f, stmt.value, value);
  asm.line(f.unit.lineOf(stmt.span));
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

// ---- loops -----------------------------------------------------------------------------------------------------------

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
  asm.emit("ForInit", source, item);
  const next = asm.label();
  const end = asm.label();
  asm.place(next);
  asm.line(f.unit.lineOf(stmt.span));
  asm.emit("ForNext", source, item, end);
  asm.emit("ExitIfDone", item, end);
  f.exits.push({ kind: "loop", breakLabel: end, continueLabel: next });
  f.openScope(stmt.span);
  if (stmt.pattern.kind === "NamePattern") {
    if (stmt.pattern.name !== "_") f.bind(stmt.pattern.name, item, true);
  } else bindPattern(f, stmt.pattern, item, true);
  compileBlock(f, stmt.body, DISCARD);
  f.closeScope();
  f.exits.pop();
  asm.emit("Loop", next);
  asm.place(end);
  f.release(mark);
}
