/** Methods of ranges; whatever they lack, a range does as an iterator. */

import {
  display,
  type Int,
  int,
  isInt,
  type Native,
  type RangeValue,
  rangeContains,
  type Value,
} from "../../vm/index.ts";

const method = (name: string, impl: (range: RangeValue, args: readonly Value[]) => Value): Native => ({
  kind: "pure",
  name,
  impl: (args) => impl(args[0] as RangeValue, args.slice(1)),
});

function end({ length, start, end, exclusive }: RangeValue, last: boolean): Value {
  return length === 0 ? undefined : last ? (exclusive ? end - 1 : end) : start;
}

/** Exact: from below zero to above, a range may have more items than a double counts. */
function count({ length, start, end, exclusive }: RangeValue): Int {
  return length === 0 ? 0 : int(BigInt(end) - BigInt(start) + (exclusive ? 0n : 1n));
}

/** Of all items, wrapping like any sum: in no time, however many there are. */
function sum(range: RangeValue): Int {
  const first = BigInt(range.start);
  const last = BigInt(range.end) - (range.exclusive ? 1n : 0n);
  return last < first ? 0 : int(((first + last) * (last - first + 1n)) / 2n);
}

export const rangeMethods: readonly Native[] = [
  method("len", count),
  method("count", count),
  method("empty", (range) => range.length === 0),
  method("contains", (range, [value]) => isInt(value) && rangeContains(range, value)),
  method("first", (range) => end(range, false)),
  method("last", (range) => end(range, true)),
  method("sum", sum),
  method("to_string", (range) => display(range)),
];
