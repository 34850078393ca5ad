/** `set` and `set_*`. They compare by structure (1 is not 1.0), unlike the methods of sets. */

import { List, SetValue, structuralKey, Thrown, type Value } from "../../vm/index.ts";
import { type Builtin, type BuiltinDoc, pure } from "../builtin.ts";
import { setOf } from "./set-methods.ts";

function keys(items: readonly Value[]): Set<string> {
  return new Set(items.map(structuralKey));
}

/** Items whose key comes for the first time. */
function distinct(items: Iterable<Value>): Value[] {
  const seen = new Set<string>();
  const out: Value[] = [];
  for (const item of items) {
    const key = structuralKey(item);
    if (seen.has(key)) continue;
    seen.add(key);
    out.push(item);
  }
  return out;
}

const keep = (items: readonly Value[], others: readonly Value[], wanted: boolean): Value[] => {
  const known = keys(others);
  return items.filter((item) => known.has(structuralKey(item)) === wanted);
};

function withItem(doc: BuiltinDoc, name: string, impl: (items: readonly Value[], value: Value) => Value[]): Builtin {
  return pure(doc, ([set, value]) => {
    if (!(set instanceof SetValue)) throw new Thrown(`${name}: first argument must be a set`);
    return setOf(impl(set.items, value));
  });
}

function combined(name: string, summary: string, impl: (a: readonly Value[], b: readonly Value[]) => Value[]): Builtin {
  return pure(
    {
      signature: `${name}(a: set, b: set) -> set`,
      summary,
      errors: "Arguments that are no sets",
      example: `println(${name}(set(1, 2), set(2, 3)))`,
    },
    ([a, b]) => {
      if (!(a instanceof SetValue && b instanceof SetValue)) throw new Thrown(`${name}: arguments must be sets`);
      return setOf(impl(a.items, b.items));
    },
  );
}

function compared(
  name: string,
  summary: string,
  otherwise: boolean,
  impl: (a: readonly Value[], b: readonly Value[]) => boolean,
): Builtin {
  return pure(
    { signature: `${name}(a: set, b: set) -> bool`, summary, example: `println(${name}(set(1), set(1, 2)))` },
    ([a, b]) => (a instanceof SetValue && b instanceof SetValue ? impl(a.items, b.items) : otherwise),
  );
}

export const setBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "set(...items: any) -> set",
      summary: "Make a set of the arguments; lists and sets among them give their items",
      example: "println(set([1, 2], 2, 3))",
    },
    (args) =>
      setOf(distinct(args.flatMap((arg) => (arg instanceof List || arg instanceof SetValue ? arg.items : [arg])))),
  ),
  withItem(
    {
      signature: "set_add(items: set, value: any) -> set",
      summary: "Copy a set with a value more",
      errors: "A first argument that is no set",
      example: "println(set_add(set(1), 2))",
    },
    "set_add",
    (items, value) => distinct([...items, value]),
  ),
  withItem(
    {
      signature: "set_remove(items: set, value: any) -> set",
      summary: "Copy a set without a value",
      errors: "A first argument that is no set",
      example: "println(set_remove(set(1, 2), 2))",
    },
    "set_remove",
    (items, value) => keep(items, [value], false),
  ),
  pure(
    {
      signature: "set_contains(items: set, value: any) -> bool",
      summary: "Tell whether a set has a value",
      example: "println(set_contains(set(1), 1.0))",
    },
    ([set, value]) => {
      if (!(set instanceof SetValue)) return false;
      const key = structuralKey(value);
      return set.items.some((item) => structuralKey(item) === key);
    },
  ),
  combined("set_union", "Items of either set", (a, b) => distinct([...a, ...b])),
  combined("set_intersect", "Items of both sets", (a, b) => keep(a, b, true)),
  combined("set_difference", "Items of the first set alone", (a, b) => keep(a, b, false)),
  combined("set_symmetric_difference", "Items of exactly one of the sets", (a, b) => [
    ...keep(a, b, false),
    ...keep(b, a, false),
  ]),
  compared(
    "set_is_subset",
    "Tell whether the second set has every item of the first",
    false,
    (a, b) => keep(a, b, false).length === 0,
  ),
  compared(
    "set_is_superset",
    "Tell whether the first set has every item of the second",
    false,
    (a, b) => keep(b, a, false).length === 0,
  ),
  compared("set_is_disjoint", "Tell whether the sets share no item", true, (a, b) => keep(a, b, true).length === 0),
];
