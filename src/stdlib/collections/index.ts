/** Builtins over lists and dicts; most exist as methods too. */

import { Dict, isCallable, isInt, List, RuntimeError, record, typeName, type Value } from "../../vm/index.ts";
import { type Builtin, type BuiltinDoc, control, pure } from "../builtin.ts";
import { entriesOf, keysOf, valuesOf } from "./dict-methods.ts";
import { chunks, dedupByWalk, flatMapWalk, groupByWalk, partitionWalk, windows } from "./list-methods.ts";
import { setBuiltins } from "./set-builtins.ts";
import { type Walk, walker } from "./walk.ts";

function listItems(builtin: string, args: readonly Value[]): readonly Value[] {
  const [list] = args;
  if (list instanceof List) return list.items;
  if (args.length === 0) throw new RuntimeError("runtime", `${builtin}: first argument must be a list`);
  throw new RuntimeError("type", `${builtin}: first argument must be a list, got ${typeName(list)}`);
}

const atLeastOne = (value: Value, fallback: number): number => (isInt(value) ? Math.max(1, Number(value)) : fallback);

/** A builtin `name(items, fn)` that calls the function for every item. */
function walking<S>(
  name: string,
  doc: Omit<BuiltinDoc, "signature" | "errors">,
  returns: string,
  walk: Walk<S>,
): Builtin {
  const { routine, start } = walker(name, walk);
  return control(
    {
      ...doc,
      signature: `${name}(items: list, fn: fn) -> ${returns}`,
      errors: "Type error when the first argument is no list or the second no function",
    },
    routine,
    (args, steps) => {
      const items = listItems(name, args);
      const [, fn] = args;
      if (args.length < 2) throw new RuntimeError("runtime", `${name}: callback is required`);
      if (!isCallable(fn)) throw new RuntimeError("type", `${name}: callback must be callable, got ${typeName(fn)}`);
      return start(items, fn, args, steps);
    },
  );
}

export const collectionBuiltins: readonly Builtin[] = [
  pure(
    { signature: "keys(dict: dict) -> list", summary: "Keys in order", example: "println(keys({b: 1, a: 2}))" },
    ([dict]) => new List(dict instanceof Dict ? [...keysOf(dict)] : []),
  ),
  pure(
    {
      signature: "values(dict: dict) -> list",
      summary: "Values in the order of their keys",
      example: "println(values({b: 1, a: 2}))",
    },
    ([dict]) => new List(dict instanceof Dict ? valuesOf(dict) : []),
  ),
  pure(
    {
      signature: "entries(dict: dict) -> list",
      summary: "`{key, value}` of every entry, in order",
      example: "println(entries({b: 1, a: 2}))",
    },
    ([dict]) => (dict instanceof Dict ? entriesOf(dict) : new List([])),
  ),
  pure(
    {
      signature: "chunk(items: list, size?: int) -> list",
      summary: "Cut a list into pieces of a size; the last may be shorter",
      errors: "Type error when the first argument is no list",
      example: "println(chunk([1, 2, 3], 2))",
    },
    (args) => chunks(listItems("chunk", args), atLeastOne(args[1], 1)),
  ),
  pure(
    {
      signature: "window(items: list, size?: int, step?: int) -> list",
      summary: "Every run of `size` neighbours (default 2), `step` apart (default 1)",
      errors: "Type error when the first argument is no list",
      example: "println(window([1, 2, 3], 2))",
    },
    (args) => windows(listItems("window", args), atLeastOne(args[1], 2), atLeastOne(args[2], 1)),
  ),
  walking(
    "group_by",
    {
      summary: "Lists of items under what the function answers for them",
      example: "println(group_by([1, 2, 3], { x -> x % 2 }))",
    },
    "dict",
    groupByWalk,
  ),
  walking(
    "partition",
    {
      summary: "`{match, no_match}`: items for which the function is truthy, and the rest",
      example: "println(partition([1, 2, 3], { x -> x > 1 }))",
    },
    "dict",
    partitionWalk((yes, no) => record({ match: yes, no_match: no })),
  ),
  walking(
    "dedup_by",
    {
      summary: "The first item of each answer of the function",
      example: "println(dedup_by([1, 2, 3], { x -> x % 2 }))",
    },
    "list",
    dedupByWalk,
  ),
  walking(
    "flat_map",
    {
      summary: "Answers of the function put together, lists opened",
      example: "println(flat_map([1, 2], { x -> [x, x] }))",
    },
    "list",
    flatMapWalk,
  ),
  ...setBuiltins,
];
