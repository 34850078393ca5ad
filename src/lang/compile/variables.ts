/** Declaring variables and taking values apart. */

import type { Expr, Pattern } from "../syntax/ast.ts";
import type { FunctionScope } from "./function-scope.ts";
import { keyList } from "./literals.ts";
import { compileTo } from "./operands.ts";

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
