/** Values as templates see them. */

import { Dict, display, isTruthy, List, RangeValue, SetValue, type Value } from "../../vm/index.ts";
import { trim } from "../text/string-methods.ts";

/** Names and their values; names that are not here are looked for further out. */
export interface Scope {
  readonly names: ReadonlyMap<string, Value>;
  readonly outer: Scope | undefined;
}

export function lookUp(scope: Scope | undefined, name: string): { readonly value: Value } | undefined {
  for (let each = scope; each !== undefined; each = each.outer) {
    if (each.names.has(name)) return { value: each.names.get(name) };
  }
  return undefined;
}

/** nil is nothing. */
export function shownValue(value: Value): string {
  return value === undefined ? "" : display(value);
}

/** As in the language, but blanks are no text, and sets count their items. */
export function isTrue(value: Value): boolean {
  if (typeof value === "string") return trim(value) !== "";
  return isTruthy(value);
}

/** What a loop goes over, one item at a time. */
export interface Items {
  readonly length: number;
  at(index: number): readonly [key: Value, value: Value];
}

/** Undefined for what cannot be gone over. */
export function itemsOf(value: Value): Items | undefined {
  if (value === undefined) return { length: 0, at: () => [undefined, undefined] };
  if (value instanceof List || value instanceof SetValue) {
    const { items } = value;
    return { length: items.length, at: (index) => [index, items[index]] };
  }
  if (value instanceof Dict) {
    const keys = value.keys();
    return { length: keys.length, at: (index) => [keys[index], value.map.get(keys[index] ?? "")] };
  }
  if (value instanceof RangeValue) return { length: value.length, at: (index) => [index, value.start + index] };
  return undefined;
}
