/** The parts of calls and literals, each with the type it was found to have. */

import type { DictEntry, Element, Expr, Span } from "../syntax/ast.ts";
import type { Checker } from "./checker.ts";
import { literalKey } from "./schema-types.ts";
import { DICT, type ShapeTypeField, type Type } from "./types.ts";

/** One argument or list element; a spread one has the type of what it spreads. */
export interface Argument {
  readonly expr: Element;
  readonly type: Type;
}

export function inferArguments(checker: Checker, elements: readonly Element[]): readonly Argument[] {
  return elements.map((expr) => ({
    expr,
    type: checker.walk.expression(checker, expr.kind === "Spread" ? expr.value : expr),
  }));
}

/** One entry of a dict or struct literal. */
export interface EntryValue {
  /** Absent for a computed key and for a spread. */
  readonly name?: string;
  readonly keySpan: Span;
  readonly expr: Expr;
  readonly type: Type;
}

export function inferEntries(checker: Checker, entries: readonly DictEntry[]): readonly EntryValue[] {
  return entries.map((entry) => {
    if (entry.kind === "SpreadEntry") {
      return { keySpan: entry.span, expr: entry.value, type: checker.walk.expression(checker, entry.value) };
    }
    const name = literalKey(entry);
    if (name === undefined) checker.walk.expression(checker, entry.key);
    const type = checker.walk.expression(checker, entry.value);
    return { ...(name === undefined ? {} : { name }), keySpan: entry.key.span, expr: entry.value, type };
  });
}

/** A dict literal with all its keys written out has a shape; any other, and the empty one, is a `dict`. */
export function dictLiteralType(entries: readonly EntryValue[]): Type {
  const fields = new Map<string, ShapeTypeField>();
  for (const { name, type } of entries) {
    if (name === undefined) return DICT;
    fields.set(name, { name, type, optional: false });
  }
  return fields.size === 0 ? DICT : { kind: "Shape", fields: [...fields.values()] };
}
