/** Methods of iterators: lazy stages, and sinks that pull until they know the answer. */

import {
  add,
  type ControlNative,
  checkItemCount,
  compare,
  Dict,
  DONE,
  END,
  equal,
  type Iter,
  isCallable,
  isInt,
  isNumeric,
  isTruthy,
  iterOf,
  List,
  listOf,
  type Native,
  Pair,
  PullSource,
  pull,
  type Routine,
  RuntimeError,
  record,
  SetValue,
  type Stage,
  share,
  typeName,
  type Value,
  withStage,
} from "../../vm/index.ts";
import { sink } from "./sink.ts";

function callable(name: string, value: Value): Value {
  if (isCallable(value)) return value;
  throw new RuntimeError("type", `iter.${name}: expected callable`);
}

function count(name: string, value: Value, least: number): number {
  if (isInt(value) && value >= least) return Number(value);
  throw new RuntimeError(
    "type",
    least === 0
      ? `iter.${name}: expected non-negative int`
      : `iter.${name}: ${name.slice(0, -1)} size must be positive`,
  );
}

const stage = (name: string, make: (argument: Value) => Stage): Native => ({
  kind: "pure",
  name,
  impl: ([iter, argument]) => withStage(iterOf(iter), make(argument)),
});

function other(name: string, value: Value): Iter {
  if (value === undefined) throw new RuntimeError("type", `iter.${name}: expected iterable argument`);
  return iterOf(value);
}

const collected = (name: string, finish: (items: Value[]) => Value): ControlNative =>
  sink<{ readonly items: Value[]; inner: number }>(name, {
    begin: () => ({ own: { items: [], inner: 0 } }),
    accept(own, item) {
      // Together with lists that were made on the way: windows of half the items hold the square of them.
      if (item instanceof List && !item.shared) own.inner += item.items.length;
      checkItemCount(own.items.push(item) + own.inner);
      return undefined;
    },
    finish: ({ items }) => finish(items),
  });

const searched = (name: string, wanted: boolean, found: (item: Value) => Value, missing: Value): ControlNative =>
  sink<null>(name, {
    begin: (args) => ({ own: null, fn: callable(name, args[1]) }),
    accept: (_own, item, answer) => (isTruthy(answer) === wanted ? { stop: found(item) } : undefined),
    finish: () => missing,
  });

function distinct(items: readonly Value[]): Value[] {
  const out: Value[] = [];
  for (const item of items) if (!out.some((each) => equal(each, item))) out.push(share(item));
  return out;
}

function toDict(items: readonly Value[]): Dict {
  const map = new Map<string, Value>();
  for (const item of items) {
    if (!(item instanceof Pair)) throw new RuntimeError("type", `iter.to_dict: expected pair, got ${typeName(item)}`);
    if (typeof item.first !== "string") {
      throw new RuntimeError("type", `iter.to_dict: expected string key, got ${typeName(item.first)}`);
    }
    map.set(item.first, share(item.second));
  }
  return new Dict(map);
}

const best = (name: string, sign: 1 | -1): ControlNative =>
  sink<{ best: Value; any: boolean }>(name, {
    begin: () => ({ own: { best: undefined, any: false } }),
    accept: (own, item) => {
      if (!own.any || compare(item, own.best) * sign > 0) own.best = item;
      own.any = true;
      return undefined;
    },
    finish: (own) => share(own.best),
  });

/** `{value, done}` of the next item. */
const nextRoutine: Routine = {
  name: "iter.next",
  resume: (_state, value, control) => control.done(nextResult(value)),
};

function nextResult(value: Value): Value {
  return value === END ? record({ value: undefined, done: true }) : record({ value, done: false });
}

export const nextMethod: ControlNative = {
  kind: "control",
  name: "next",
  routine: nextRoutine,
  start([source], control) {
    const signal = source instanceof PullSource ? source.next(control) : pull(iterOf(source), control);
    return signal === DONE ? control.done(nextResult(control.value)) : control.hold(undefined, signal);
  },
};

/** Takes one item and leaves the rest where it is. */
export function firstItem(name: string, frameName: string): ControlNative {
  const answer = (value: Value): Value => (value === END ? undefined : value);
  return {
    kind: "control",
    name,
    routine: { name: frameName, resume: (_state, value, control) => control.done(answer(value)) },
    start([iter], control) {
      const signal = pull(iterOf(iter), control);
      return signal === DONE ? control.done(answer(control.value)) : control.hold(undefined, signal);
    },
  };
}

export const iterMethods: readonly Native[] = [
  { kind: "pure", name: "iter", impl: ([iter]) => iterOf(iter) },
  nextMethod,
  stage("map", (fn) => ({ kind: "map", fn: callable("map", fn) })),
  stage("filter", (fn) => ({ kind: "filter", fn: callable("filter", fn) })),
  stage("flat_map", (fn) => ({ kind: "flat_map", fn: callable("flat_map", fn), inner: undefined })),
  stage("take", (n) => ({ kind: "take", left: count("take", n, 0) })),
  stage("skip", (n) => ({ kind: "skip", left: count("skip", n, 0) })),
  stage("take_while", (fn) => ({ kind: "take_while", fn: callable("take_while", fn) })),
  stage("skip_while", (fn) => ({ kind: "skip_while", fn: callable("skip_while", fn), skipping: true })),
  stage("enumerate", () => ({ kind: "enumerate", index: 0 })),
  stage("zip", (value) => ({ kind: "zip", other: other("zip", value) })),
  stage("chain", (value) => ({ kind: "chain", other: other("chain", value), started: false })),
  stage("chunks", (n) => ({ kind: "chunks", size: count("chunks", n, 1), buffer: [] })),
  stage("windows", (n) => ({ kind: "windows", size: count("windows", n, 1), buffer: [] })),
  collected("to_list", (items) => listOf(items)),
  collected("to_set", (items) => new SetValue(distinct(items))),
  collected("to_dict", toDict),
  sink<{ n: number }>("count", {
    begin: () => ({ own: { n: 0 } }),
    accept: (own) => {
      own.n += 1;
      return undefined;
    },
    finish: (own) => own.n,
  }),
  sink<{ total: Value }>("sum", {
    begin: () => ({ own: { total: 0 } }),
    accept: (own, item) => {
      if (!isNumeric(item)) throw new RuntimeError("type", `iter.sum: expected number, got ${typeName(item)}`);
      own.total = add(own.total, item);
      return undefined;
    },
    finish: (own) => own.total,
  }),
  best("min", -1),
  best("max", 1),
  sink<{ acc: Value }>("reduce", {
    begin: (args) => {
      if (args.length < 3) throw new RuntimeError("type", "iter.reduce: expected (init, fn)");
      if (!isCallable(args[2])) throw new RuntimeError("type", "iter.reduce: second arg must be callable");
      return { own: { acc: share(args[1]) }, fn: args[2] };
    },
    call: (own, item) => [own.acc, item],
    accept: (own, _item, answer) => {
      own.acc = answer;
      return undefined;
    },
    finish: (own) => own.acc,
  }),
  firstItem("first", "iter.first"),
  sink<{ last: Value }>("last", {
    begin: () => ({ own: { last: undefined } }),
    accept: (own, item) => {
      own.last = item;
      return undefined;
    },
    finish: (own) => share(own.last),
  }),
  searched("any", true, () => true, false),
  searched("all", false, () => false, true),
  searched("find", true, (item) => share(item), undefined),
  sink<null>("for_each", {
    begin: (args) => ({ own: null, fn: callable("for_each", args[1]) }),
    accept: () => undefined,
    finish: () => undefined,
  }),
];

/** Values that lift to an iterator for every method they do not have themselves. */
export function lifted(methods: readonly Native[]): readonly Native[] {
  const own = new Set(methods.map((native) => native.name));
  return [...methods, ...iterMethods.filter((native) => !own.has(native.name))];
}
