/** Lists, dicts, strings with holes. */

import type { Constant } from "../../bytecode/index.ts";
import type { DictEntry, Element, Expr, Item, NodeOf } from "../syntax/ast.ts";
import type { FunctionScope } from "./function-scope.ts";
import { compileBorrowed, compileOperand, compileTo } from "./operands.ts";
import { typeToSchema } from "./schema.ts";

export function compileInterpolation(f: FunctionScope, expr: NodeOf<"InterpolatedString">, target: number): void {
  const { asm } = f;
  const first = f.block(expr.parts.length);
  expr.parts.forEach((part, index) => {
    if (part.kind === "Text") asm.emit("LoadConst", first + index, asm.string(part.value));
    else compileBorrowed(f, part.expr, first + index);
  });
  asm.emit("Concat", target, first, expr.parts.length);
}

/** Registers in a row for the elements; undefined when something is spread among them. */
export function compileRow(
  f: FunctionScope,
  elements: readonly Element[],
  compile: typeof compileTo,
): number | undefined {
  if (elements.some((element) => element.kind === "Spread")) return undefined;
  const first = f.block(elements.length);
  for (const [index, element] of elements.entries()) compile(f, element as Expr, first + index);
  return first;
}

export function compileList(f: FunctionScope, elements: readonly Element[], target: number): void {
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
export function compileSpreadList(f: FunctionScope, elements: readonly Element[], list: number): void {
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
export function aliasSchema(f: FunctionScope, expr: Expr | Item | undefined): Constant | undefined {
  if (expr?.kind !== "Identifier" || f.lookup(expr.name)) return undefined;
  const type = f.unit.facts.aliases.get(expr.name);
  return type && typeToSchema(type, f.unit.facts);
}
