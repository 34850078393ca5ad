/** Methods of sets. They compare with `==` (1 equals 1.0), unlike the `set_*` builtins. */

import { equal, listOf, type Native, SetValue, share, type Value } from "../../vm/index.ts";
import { allWalk, anyWalk, filterWalk, itemsOf, mapWalk } from "./list-methods.ts";
import { type Walk, walkMethod } from "./walk.ts";

export function setOf(items: readonly Value[]): SetValue {
  return new SetValue(items.map(share));
}

/** Equal to another such value only if it is the same one: most items of most sets. */
const isSimple = (value: Value): boolean => typeof value === "string" || typeof value === "number";

function has(items: readonly Value[], value: Value): boolean {
  const simple = isSimple(value);
  for (const item of items) if (simple && isSimple(item) ? item === value : equal(item, value)) return true;
  return false;
}

/** Whether a value equals one of the items, for many values. */
function membership(items: readonly Value[]): (value: Value) => boolean {
  if (!items.every(isSimple)) return (value) => has(items, value);
  const known = new Set(items);
  return (value) => known.has(value) || (!isSimple(value) && has(items, value));
}

/** Without items that equal an earlier one. */
function distinct(items: readonly Value[]): Value[] {
  if (items.every(isSimple)) return [...new Set(items)];
  const out: Value[] = [];
  for (const item of items) if (!has(out, item)) out.push(item);
  return out;
}

const method = (name: string, impl: (items: readonly Value[], args: readonly Value[]) => Value): Native => ({
  kind: "pure",
  name,
  impl: (args) => impl(itemsOf(args[0]), args.slice(1)),
});

/** A method with another set; without one it answers `otherwise` of the receiver's items. */
const binary = (
  name: string,
  impl: (items: readonly Value[], other: readonly Value[]) => Value,
  otherwise: (items: readonly Value[]) => Value,
): Native =>
  method(name, (items, [other]) => (other instanceof SetValue ? impl(items, other.items) : otherwise(items)));

function minus(items: readonly Value[], other: readonly Value[]): Value[] {
  const isOther = membership(other);
  return items.filter((item) => !isOther(item));
}

const toSet = (walk: Walk<Value[]>): Walk<Value[]> => ({ ...walk, finish: (out) => setOf(distinct(out)) });

export const setMethods: readonly Native[] = [
  method("count", (items) => items.length),
  method("len", (items) => items.length),
  method("empty", (items) => items.length === 0),
  method("contains", (items, [value]) => has(items, value)),
  method("add", (items, [value]) => setOf(has(items, value) ? items : [...items, value])),
  ...["remove", "delete"].map((name) =>
    method(name, (items, [value]) => setOf(items.filter((item) => !equal(item, value)))),
  ),
  binary("union", (a, b) => setOf(distinct([...a, ...b])), setOf),
  ...["intersect", "intersection"].map((name) =>
    binary(
      name,
      (a, b) => setOf(a.filter(membership(b))),
      () => setOf([]),
    ),
  ),
  binary("difference", (a, b) => setOf(minus(a, b)), setOf),
  binary("symmetric_difference", (a, b) => setOf([...minus(a, b), ...minus(b, a)]), setOf),
  binary(
    "is_subset",
    (a, b) => a.every(membership(b)),
    () => false,
  ),
  binary(
    "is_superset",
    (a, b) => b.every(membership(a)),
    () => false,
  ),
  binary(
    "is_disjoint",
    (a, b) => !a.some(membership(b)),
    () => true,
  ),
  method("to_list", (items) => listOf(items.slice())),
  walkMethod("map", itemsOf, toSet(mapWalk)),
  walkMethod("filter", itemsOf, toSet(filterWalk)),
  walkMethod("any", itemsOf, anyWalk, () => false),
  ...["all", "every"].map((name) => walkMethod(name, itemsOf, allWalk, () => true)),
];
