/** Everything a program finds without importing: builtins, methods of types, global values. */

import {
  channelNatives,
  display,
  isInt,
  iterOf,
  type Native,
  Pair,
  type RangeValue,
  rangeContains,
  share,
  taskNatives,
  type Value,
} from "../vm/index.ts";
import { type Builtin, pure } from "./builtin.ts";
import { dictMethods } from "./collections/dict-methods.ts";
import { listMethods } from "./collections/list-methods.ts";
import { setMethods } from "./collections/set-methods.ts";
import { consoleBuiltins } from "./console/index.ts";
import { iterMethods, lifted, nextMethod } from "./iterators/iter-methods.ts";
import { assertionBuiltins } from "./testing/index.ts";
import { stringMethods } from "./text/string-methods.ts";
import { typeBuiltins } from "./types/index.ts";

/** Every documented builtin. */
export const standardBuiltins: readonly Builtin[] = [
  ...consoleBuiltins,
  ...typeBuiltins,
  ...assertionBuiltins,
  pure(
    {
      signature: "iter(value: any) -> iter",
      summary: "Make a lazy iterator over a value",
      example: "println(iter([1, 2]).map({ x -> x * 2 }).to_list())",
    },
    ([value]) => iterOf(value),
  ),
  pure(
    { signature: "pair(first: any, second: any) -> pair", summary: "Make a pair", example: "println(pair(1, 2))" },
    ([first, second]) => new Pair(share(first), share(second)),
  ),
];

/** Builtins that the compiler emits and programs do not name. */
export const internalNatives: readonly Native[] = [...taskNatives, ...channelNatives];

/** `type_of` name → methods; the first argument is the receiver. */
const toIter: Native = { kind: "pure", name: "iter", impl: ([value]) => iterOf(value) };

const rangeMethods: readonly Native[] = [
  { kind: "pure", name: "len", impl: ([range]) => (range as RangeValue).length },
  { kind: "pure", name: "count", impl: ([range]) => (range as RangeValue).length },
  { kind: "pure", name: "empty", impl: ([range]) => (range as RangeValue).length === 0 },
  {
    kind: "pure",
    name: "contains",
    impl: ([range, value]) => isInt(value) && rangeContains(range as RangeValue, value),
  },
  { kind: "pure", name: "first", impl: ([range]) => rangeEnd(range as RangeValue, false) },
  { kind: "pure", name: "last", impl: ([range]) => rangeEnd(range as RangeValue, true) },
  { kind: "pure", name: "to_string", impl: ([range]) => display(range) },
];

function rangeEnd(range: RangeValue, last: boolean): Value {
  return range.length === 0 ? undefined : last ? range.start + range.length - 1 : range.start;
}

export const standardMethods: Readonly<Record<string, readonly Native[]>> = {
  string: [...stringMethods, toIter],
  list: [...listMethods, toIter],
  dict: [...dictMethods, toIter],
  set: [...setMethods, toIter],
  range: lifted(rangeMethods),
  iter: iterMethods,
  generator: [nextMethod, toIter],
  stream: lifted([nextMethod, toIter]),
  channel: [toIter],
};

/** Names with a value: made once per run, on first use. */
export const standardGlobals: Readonly<Record<string, () => Value>> = {};
