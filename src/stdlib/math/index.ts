/** Numbers. */

import { table } from "../../base/index.ts";
import { Float, type Value } from "../../vm/index.ts";
import type { Builtin } from "../builtin.ts";
import { numberBuiltins } from "./numbers.ts";
import { randomBuiltins } from "./random.ts";
import { statisticsBuiltins } from "./statistics.ts";

export const mathBuiltins: readonly Builtin[] = [...numberBuiltins, ...statisticsBuiltins, ...randomBuiltins];

export const mathGlobals: Readonly<Record<string, () => Value>> = table({
  pi: () => new Float(Math.PI),
  e: () => new Float(Math.E),
});
