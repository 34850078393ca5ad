/** The `stream` namespace: operators over anything `iter` accepts, channels and streams above all. All are lazy. */

import { table } from "../../base/index.ts";
import {
  Dict,
  Iter,
  isCallable,
  isInt,
  isNumeric,
  iterOf,
  listOf,
  NativeRef,
  RuntimeError,
  type Stage,
  share,
  toDouble,
  typeName,
  type Value,
  withStage,
} from "../../vm/index.ts";
import { type Builtin, documented, pure } from "../builtin.ts";
import { firstItem } from "../iterators/iter-methods.ts";
import { sink } from "../iterators/sink.ts";
import { broadcast } from "./broadcast.ts";
import { InterleaveSource, MergeSource } from "./combine.ts";
import { DebounceSource, ThrottleSource } from "./pacing.ts";

/** How many items `stream.collect` takes unless told otherwise. */
const DEFAULT_MAX = 10_000;

function required(args: readonly Value[], index: number, builtin: string): Value {
  if (index < args.length) return args[index];
  throw new RuntimeError("type", `${builtin}: missing argument ${index + 1}`);
}

function wrong(builtin: string, index: number, expected: string, found: Value): RuntimeError {
  return new RuntimeError("type", `${builtin}: argument ${index + 1} must be ${expected}, got ${typeName(found)}`);
}

function iterArgument(args: readonly Value[], builtin: string): Iter {
  return iterOf(required(args, 0, builtin));
}

function callable(args: readonly Value[], index: number, builtin: string): Value {
  const value = required(args, index, builtin);
  if (isCallable(value)) return value;
  throw wrong(builtin, index, "callable", value);
}

function count(args: readonly Value[], index: number, builtin: string, least: 0 | 1): number {
  const value = required(args, index, builtin);
  if (isInt(value) && value >= least) return Number(value);
  throw wrong(builtin, index, least === 0 ? "a non-negative int" : "a positive int", value);
}

function rate(args: readonly Value[], index: number, builtin: string): number {
  const value = required(args, index, builtin);
  if (!isNumeric(value)) throw wrong(builtin, index, "a positive number", value);
  const number = toDouble(value);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new RuntimeError("type", `${builtin}: argument ${index + 1} must be a positive finite number`);
}

function collectLimit(value: Value): number {
  const max = value instanceof Dict ? value.map.get("max") : value;
  if (max === undefined) return DEFAULT_MAX;
  if (isInt(max) && max >= 0) return Number(max);
  const what =
    value instanceof Dict ? "max must be a non-negative int" : "second argument must be max int or options dict";
  throw new RuntimeError("type", `stream.collect: ${what}, got ${typeName(max)}`);
}

function several(args: readonly Value[], builtin: string, least: 1 | 2): Iter[] {
  if (args.length >= least) return args.map(iterOf);
  const what = least === 1 ? "at least one stream" : "at least two streams";
  throw new RuntimeError("type", `${builtin}: expected ${what}`);
}

const stage = (
  name: string,
  parameters: string,
  summary: string,
  example: string,
  make: (args: readonly Value[], builtin: string) => Stage,
): Builtin => {
  const builtin = `stream.${name}`;
  return pure(
    {
      signature: `${builtin}(source: any, ${parameters}) -> iter`,
      summary,
      errors: "Type error for a source that is not iterable or a wrong argument",
      example: `println(stream.collect(${example}))`,
    },
    (args) => withStage(iterArgument(args, builtin), make(args, builtin)),
  );
};

const FROM_SEVERAL = "Type error for too few sources, or one that is not iterable";

export const streamBuiltins: readonly Builtin[] = [
  stage(
    "map",
    "fn: fn",
    "What the function answers for each item",
    "stream.map([1, 2], { x -> x * 2 })",
    (args, name) => ({
      kind: "map",
      fn: callable(args, 1, name),
    }),
  ),
  stage(
    "filter",
    "fn: fn",
    "Items for which the function is truthy",
    "stream.filter([1, 2], { x -> x > 1 })",
    (args, name) => ({
      kind: "filter",
      fn: callable(args, 1, name),
    }),
  ),
  stage(
    "tap",
    "fn: fn",
    "The same items, each shown to the function",
    "stream.tap([1, 2], { x -> println(x) })",
    (args, name) => ({
      kind: "tap",
      fn: callable(args, 1, name),
    }),
  ),
  stage(
    "scan",
    "init: any, fn: fn",
    "Every intermediate result of a fold",
    "stream.scan([1, 2], 0, { acc, x -> acc + x })",
    (args, name) => ({
      kind: "scan",
      acc: share(required(args, 1, name)),
      fn: callable(args, 2, name),
    }),
  ),
  stage("take", "count: int", "The first items", "stream.take(1 to 100, 2)", (args, name) => ({
    kind: "take",
    left: count(args, 1, name, 0),
  })),
  stage(
    "take_until",
    "fn: fn",
    "Items before the first for which the function is truthy",
    "stream.take_until(1 to 100, { x -> x > 2 })",
    (args, name) => ({
      kind: "take_until",
      fn: callable(args, 1, name),
    }),
  ),
  pure(
    {
      signature: "stream.zip(a: any, b: any) -> iter",
      summary: "Pairs of items of two streams, as long as both last",
      errors: FROM_SEVERAL,
      example: 'println(stream.collect(stream.zip([1, 2], ["a", "b"])))',
    },
    (args) => {
      if (args.length !== 2) throw new RuntimeError("type", `stream.zip: expected 2 streams, got ${args.length}`);
      return withStage(iterOf(args[0]), { kind: "zip", other: iterOf(args[1]) });
    },
  ),
  pure(
    {
      signature: "stream.merge(...sources: any) -> iter",
      summary: "Items of all streams as they come, by turns when several are ready",
      effects: ["tasks"],
      errors: FROM_SEVERAL,
      example: "println(stream.collect(stream.merge([1, 3], [2, 4])))",
    },
    (args, { vm }) => new Iter(new MergeSource(vm, several(args, "stream.merge", 1), false)),
  ),
  pure(
    {
      signature: "stream.race(...sources: any) -> iter",
      summary: "The stream that brings an item first; the others are dropped",
      effects: ["tasks"],
      errors: FROM_SEVERAL,
      example: "println(stream.collect(stream.race([], [9, 10])))",
    },
    (args, { vm }) => new Iter(new MergeSource(vm, several(args, "stream.race", 1), true)),
  ),
  pure(
    {
      signature: "stream.interleave(...sources: any) -> iter",
      summary: "One item of each stream in turn, waiting for the one whose turn it is",
      errors: FROM_SEVERAL,
      example: 'println(stream.collect(stream.interleave(["a", "c"], ["b"])))',
    },
    (args) => new Iter(new InterleaveSource(several(args, "stream.interleave", 2))),
  ),
  pure(
    {
      signature: "stream.broadcast(source: any, branches: int) -> list",
      summary: "Several iterators that each see every item, at their own pace",
      errors: "Type error for a count below 1",
      example: "for copy in stream.broadcast([1, 2], 2) { println(stream.collect(copy)) }",
    },
    (args) => listOf(broadcast(iterArgument(args, "stream.broadcast"), count(args, 1, "stream.broadcast", 1))),
  ),
  pure(
    {
      signature: "stream.throttle(source: any, per_second: int | float) -> iter",
      summary: "The same items, at most so many a second",
      effects: ["clock"],
      errors: "Type error for a rate that is not above 0",
      example: "println(stream.collect(stream.throttle([1], 1000)))",
    },
    (args) => {
      const iter = iterArgument(args, "stream.throttle");
      const intervalMs = Math.max(1, Math.ceil(1000 / rate(args, 1, "stream.throttle")));
      return new Iter(new ThrottleSource(iter, intervalMs));
    },
  ),
  pure(
    {
      signature: "stream.debounce(source: any, window_ms: int) -> iter",
      summary: "The last item of each burst: the one that none followed for so many milliseconds",
      effects: ["clock", "tasks"],
      errors: "Type error for a window that is no int from 0 on",
      example: "println(stream.collect(stream.debounce([1, 2, 3], 0)))",
    },
    (args, { vm }) => {
      const iter = iterArgument(args, "stream.debounce");
      return new Iter(new DebounceSource(vm, iter, count(args, 1, "stream.debounce", 0)));
    },
  ),
  documented(
    sink<{ acc: Value }>(
      "stream.fold",
      {
        begin: (args) => ({
          own: { acc: share(required(args, 1, "stream.fold")) },
          fn: callable(args, 2, "stream.fold"),
        }),
        call: (own, item) => [own.acc, item],
        accept: (own, _item, answer) => {
          own.acc = answer;
          return undefined;
        },
        finish: (own) => own.acc,
      },
      "stream.fold",
    ),
    {
      signature: "stream.fold(source: any, init: any, fn: fn) -> any",
      summary: "Combine all items with a function of the result so far and the item",
      errors: "Type error for a source that is not iterable or a wrong argument",
      example: "println(stream.fold(1 to 4, 0, { acc, x -> acc + x }))",
    },
  ),
  documented(
    sink<{ readonly items: Value[]; readonly max: number }>(
      "stream.collect",
      {
        begin: (args) => ({ own: { items: [], max: collectLimit(args[1]) } }),
        accept: ({ items, max }, item) => {
          if (items.length >= max) throw new RuntimeError("runtime", `stream.collect: max cap ${max} exceeded`);
          items.push(item);
          return undefined;
        },
        finish: ({ items }) => listOf(items),
      },
      "stream.collect",
    ),
    {
      signature: "stream.collect(source: any, max?: int | dict) -> list",
      summary: "All items as a list; `max` (default 10000) guards against endless streams",
      errors: "More items than max",
      example: "println(stream.collect(1 to 3))",
    },
  ),
  documented(firstItem("stream.first", "stream.first"), {
    signature: "stream.first(source: any) -> any",
    summary: "The first item, or nil; the others stay where they are",
    errors: "Type error for a source that is not iterable",
    example: "println(stream.first([7, 8]))",
  }),
];

/** `stream.map(…)`: a dict whose members are the builtins. */
export const streamGlobals: Readonly<Record<string, () => Value>> = table({
  stream: () => {
    const members = streamBuiltins.map(
      ({ native }) => [native.name.slice("stream.".length), new NativeRef(native)] as const,
    );
    return new Dict(new Map<string, Value>([["_namespace", "stream"], ...members]));
  },
});
