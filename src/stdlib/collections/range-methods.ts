/** Methods of ranges; whatever they lack, a range does as an iterator. */

import { display, isInt, type Native, type RangeValue, rangeContains, type Value } from "../../vm/index.ts";

const method = (name: string, impl: (range: RangeValue, args: readonly Value[]) => Value): Native => ({
  kind: "pure",
  name,
  impl: (args) => impl(args[0] as RangeValue, args.slice(1)),
});

function end(range: RangeValue, last: boolean): Value {
  return range.length === 0 ? undefined : last ? range.start + range.length - 1 : range.start;
}

export const rangeMethods: readonly Native[] = [
  method("len", (range) => range.length),
  method("count", (range) => range.length),
  method("empty", (range) => range.length === 0),
  method("contains", (range, [value]) => isInt(value) && rangeContains(range, value)),
  method("first", (range) => end(range, false)),
  method("last", (range) => end(range, true)),
  method("to_string", (range) => display(range)),
];
