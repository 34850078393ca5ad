/** Making iterators and pairs. */

import { iterOf, Pair, share } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";

export const iteratorBuiltins: readonly Builtin[] = [
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
