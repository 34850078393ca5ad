/** Taking containers apart: patterns on the left of an assignment, and `...` in calls, lists and dicts. */

import { RuntimeError } from "../error.ts";
import { Dict, List, RangeValue, SetValue, StructValue, share, typeName, type Value } from "../value/value.ts";

/** Destructuring with `{ … }` takes a dict or a struct, with `[ … ]` a list. */
export function assertDict(value: Value): asserts value is Dict | StructValue {
  if (value instanceof Dict || value instanceof StructValue) return;
  throw new RuntimeError("type", `cannot destructure ${typeName(value)} with {...} pattern — expected dict`);
}

export function assertList(value: Value): void {
  if (value instanceof List) return;
  throw new RuntimeError("type", `cannot destructure ${typeName(value)} with [...] pattern — expected list`);
}

/** A dict of the fields whose names are not in the list `without`. */
export function dictRest(value: Value, without: Value): Value {
  if (!(value instanceof Dict || value instanceof StructValue) || !(without instanceof List))
    return new Dict(new Map());
  const rest = new Map<string, Value>();
  for (const [key, item] of value.map) if (!without.items.includes(key)) rest.set(key, share(item));
  return new Dict(rest);
}

/** A spread argument or element must be a list (a set or range is taken as one). */
export function spreadItems(value: Value): readonly Value[] {
  if (value instanceof List || value instanceof SetValue) return value.items;
  if (value instanceof RangeValue) return value.toItems();
  throw new RuntimeError("type", `cannot destructure ${typeName(value)} with [...] pattern — expected list`);
}

/** `{...value}`: fields of a dict or struct go into a dict under construction; nil has none. */
export function spreadDict(target: Dict, value: Value): void {
  if (value === undefined) return;
  assertDict(value);
  for (const [key, item] of value.map) target.set(key, share(item));
}
