/** Methods of lists. None changes its receiver. */

import {
  checkItemCount,
  compare,
  Dict,
  display,
  equal,
  Float,
  int,
  isInt,
  isTruthy,
  List,
  listOf,
  type Native,
  RangeValue,
  record,
  SetValue,
  share,
  structuralKey,
  toDouble,
  type Value,
} from "../../vm/index.ts";
import { type Walk, walkMethod } from "./walk.ts";

export function itemsOf(value: Value): readonly Value[] {
  if (value instanceof List || value instanceof SetValue) return value.items;
  if (value instanceof RangeValue) return value.toItems();
  return [];
}

const method = (name: string, impl: (items: readonly Value[], args: readonly Value[]) => Value): Native => ({
  kind: "pure",
  name,
  impl: (args) => impl(itemsOf(args[0]), args.slice(1)),
});

const aliased = (names: readonly string[], make: (name: string) => Native): Native[] => names.map(make);

export function intOr(value: Value, fallback: number): number {
  return isInt(value) ? Number(value) : fallback;
}

const copy = (items: readonly Value[]): List => listOf(items.slice());

// ---- walks, shared with sets and builtins ------------------------------------------------------------------------------

export const mapWalk: Walk<Value[]> = {
  begin: () => [],
  accept: (out, _item, answer) => void out.push(answer),
  finish: (out) => listOf(out),
};

export const filterWalk: Walk<Value[]> = {
  begin: () => [],
  accept: (out, item, answer) => (isTruthy(answer) ? void out.push(item) : undefined),
  finish: (out) => listOf(out),
};

const reduceWalk: Walk<{ acc: Value }> = {
  begin: (args) => ({ acc: share(args[1]) }),
  call: (state, item) => [state.acc, item],
  accept: (state, _item, answer) => {
    state.acc = answer;
    return undefined;
  },
  finish: (state) => state.acc,
};

const searchWalk = (found: (item: Value, index: number) => Value, missing: Value, wanted = true): Walk<null> => ({
  begin: () => null,
  accept: (_state, item, answer, index) => (isTruthy(answer) === wanted ? { stop: found(item, index) } : undefined),
  finish: () => missing,
});

export const anyWalk: Walk<null> = searchWalk(() => true, false);
export const allWalk: Walk<null> = searchWalk(() => false, true, false);
export const noneWalk: Walk<null> = searchWalk(() => false, true);
const findWalk = searchWalk((item) => share(item), undefined);
const findIndexWalk = searchWalk((_item, index) => index, -1);

export const flatMapWalk: Walk<Value[]> = {
  begin: () => [],
  accept: (out, _item, answer) => {
    if (answer instanceof List) {
      checkItemCount(out.length + answer.items.length);
      for (const inner of answer.items) out.push(inner);
    } else out.push(answer);
    return undefined;
  },
  finish: (out) => listOf(out),
};

/** Keys of all items, in order; what is done with them comes at the end. */
const keyedWalk = (finish: (keys: readonly Value[], items: readonly Value[]) => Value): Walk<Value[]> => ({
  begin: () => [],
  accept: (keys, _item, answer) => void keys.push(answer),
  finish: (keys, items) => finish(keys, items),
});

const sortByWalk = keyedWalk((keys, items) => {
  const order = items.map((_, index) => index).sort((a, b) => compare(keys[a], keys[b]) || a - b);
  return listOf(order.map((index) => items[index]));
});

const extremeWalk = (sign: 1 | -1): Walk<Value[]> =>
  keyedWalk((keys, items) => {
    let best = 0;
    for (let i = 1; i < items.length; i++) if (compare(keys[i], keys[best]) * sign > 0) best = i;
    return share(items[best]);
  });

export const groupByWalk: Walk<Value[]> = keyedWalk((keys, items) => {
  const groups = new Map<string, Value[]>();
  items.forEach((item, index) => {
    const key = display(keys[index]);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  });
  return new Dict(new Map([...groups].map(([key, group]) => [key, listOf(group)])));
});

export const dedupByWalk: Walk<Value[]> = keyedWalk((keys, items) => {
  const seen = new Set<string>();
  return listOf(
    items.filter((_, index) => {
      const key = structuralKey(keys[index]);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    }),
  );
});

export const partitionWalk = (finish: (yes: List, no: List) => Value): Walk<[Value[], Value[]]> => ({
  begin: () => [[], []],
  accept: (state, item, answer) => void state[isTruthy(answer) ? 0 : 1].push(item),
  finish: ([yes, no]) => finish(listOf(yes), listOf(no)),
});

const forEachWalk: Walk<null> = { begin: () => null, accept: () => undefined, finish: () => undefined };

// ---- plain functions of items ------------------------------------------------------------------------------------------

export function sum(items: readonly Value[]): Value {
  let ints = 0n;
  let doubles = 0;
  let hasFloat = false;
  for (const item of items) {
    if (isInt(item)) {
      ints += BigInt(item);
      doubles += Number(item);
    } else if (item instanceof Float) {
      hasFloat = true;
      doubles += toDouble(item);
    }
  }
  return hasFloat ? new Float(doubles) : int(ints);
}

/** The first of the smallest (sign -1) or largest (sign 1); nil for none. */
export function extreme(items: readonly Value[], sign: 1 | -1): Value {
  let best = items[0];
  for (const item of items) if (compare(item, best) * sign > 0) best = item;
  return share(best);
}

export function unique(items: readonly Value[]): Value[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = structuralKey(item);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

export function chunks(items: readonly Value[], size: number): List {
  const out: Value[] = [];
  for (let i = 0; i < items.length; i += size) out.push(listOf(items.slice(i, i + size)));
  return new List(out);
}

export function windows(items: readonly Value[], size: number, step: number): List {
  // Together: a window of half the items, moved by one, would hold the square of them.
  checkItemCount(size * Math.max(0, Math.ceil((items.length - size + 1) / step)));
  const out: Value[] = [];
  for (let i = 0; i + size <= items.length; i += step) out.push(listOf(items.slice(i, i + size)));
  return new List(out);
}

function sliceItems(items: readonly Value[], from: Value, to: Value): List {
  const clamp = (at: number) => (at < 0 ? Math.max(0, items.length + at) : Math.min(at, items.length));
  const start = clamp(intOr(from, 0));
  return listOf(items.slice(start, Math.max(start, clamp(intOr(to, items.length)))));
}

function tally(items: readonly Value[]): Dict {
  const counts = new Map<string, Value>();
  for (const item of items) {
    const key = display(item);
    counts.set(key, ((counts.get(key) as number | undefined) ?? 0) + 1);
  }
  return new Dict(counts);
}

function ends(items: readonly Value[], count: Value, fromEnd: boolean): Value {
  if (!isInt(count)) return share(items[fromEnd ? items.length - 1 : 0]);
  const n = Math.max(0, Number(count));
  return listOf(fromEnd ? items.slice(Math.max(0, items.length - n)) : items.slice(0, n));
}

export const listMethods: readonly Native[] = [
  method("count", (items) => items.length),
  method("len", (items) => items.length),
  method("empty", (items) => items.length === 0),
  walkMethod("map", itemsOf, mapWalk),
  walkMethod("filter", itemsOf, filterWalk),
  walkMethod("reduce", itemsOf, reduceWalk, () => undefined, 2),
  walkMethod("find", itemsOf, findWalk),
  walkMethod("find_index", itemsOf, findIndexWalk, () => -1),
  walkMethod("any", itemsOf, anyWalk, () => false),
  ...aliased(["all", "every", "all?"], (name) => walkMethod(name, itemsOf, allWalk, () => true)),
  ...aliased(["none", "none?"], (name) => walkMethod(name, itemsOf, noneWalk, (list) => itemsOf(list).length === 0)),
  walkMethod("flat_map", itemsOf, flatMapWalk),
  walkMethod("for_each", itemsOf, forEachWalk),
  walkMethod("sort_by", itemsOf, sortByWalk),
  walkMethod("min_by", itemsOf, extremeWalk(-1)),
  walkMethod("max_by", itemsOf, extremeWalk(1)),
  walkMethod("group_by", itemsOf, groupByWalk),
  walkMethod(
    "partition",
    itemsOf,
    partitionWalk((yes, no) => new List([yes, no])),
  ),
  method("sort", (items) => listOf(items.slice().sort(compare))),
  method("reverse", (items) => listOf(items.slice().reverse())),
  method("join", (items, [separator]) => items.map(display).join(separator === undefined ? "" : display(separator))),
  method("contains", (items, [needle]) => items.some((item) => equal(item, needle))),
  method("index_of", (items, [needle]) => items.findIndex((item) => equal(item, needle))),
  method("enumerate", (items) => new List(items.map((value, index) => record({ index, value: share(value) })))),
  method("zip", (items, [other]) => {
    const others = itemsOf(other);
    return new List(items.slice(0, others.length).map((item, index) => listOf([item, others[index]])));
  }),
  method("slice", (items, [from, to]) => sliceItems(items, from, to)),
  method("unique", (items) => listOf(unique(items))),
  method("take", (items, [n]) => listOf(items.slice(0, Math.max(0, intOr(n, 0))))),
  method("skip", (items, [n]) => listOf(items.slice(Math.max(0, intOr(n, 0))))),
  method("sum", (items) => sum(items)),
  method("min", (items) => extreme(items, -1)),
  method("max", (items) => extreme(items, 1)),
  method("flatten", (items) => {
    checkItemCount(items.reduce<number>((sum, item) => sum + (item instanceof List ? item.items.length : 1), 0));
    return listOf(items.flatMap((item) => (item instanceof List ? item.items : [item])));
  }),
  method("push", (items, args) => (args.length === 0 ? copy(items) : listOf([...items, args[0]]))),
  method("pop", (items) => listOf(items.slice(0, -1))),
  method("first", (items, [count]) => ends(items, count, false)),
  method("last", (items, [count]) => ends(items, count, true)),
  ...aliased(["chunk", "each_slice"], (name) =>
    method(name, (items, [size]) => chunks(items, Math.max(1, intOr(size, 1)))),
  ),
  method("compact", (items) => listOf(items.filter((item) => item !== undefined))),
  ...aliased(["window", "each_cons", "sliding_window"], (name) =>
    method(name, (items, [size, step]) => windows(items, Math.max(1, intOr(size, 2)), Math.max(1, intOr(step, 1)))),
  ),
  method("tally", (items) => tally(items)),
  method("to_list", (items) => copy(items)),
];
