/** Everything a program finds without importing: builtins, methods of types, global values. */

import { channelNatives, type Native, taskNatives, type Value } from "../vm/index.ts";
import type { Builtin } from "./builtin.ts";
import { consoleBuiltins } from "./console/index.ts";
import { assertionBuiltins } from "./testing/index.ts";
import { typeBuiltins } from "./types/index.ts";

/** Every documented builtin. */
export const standardBuiltins: readonly Builtin[] = [...consoleBuiltins, ...typeBuiltins, ...assertionBuiltins];

/** Builtins that the compiler emits and programs do not name. */
export const internalNatives: readonly Native[] = [...taskNatives, ...channelNatives];

/** `type_of` name → methods; the first argument is the receiver. */
export const standardMethods: Readonly<Record<string, readonly Native[]>> = {};

/** Names with a value: made once per run, on first use. */
export const standardGlobals: Readonly<Record<string, () => Value>> = {};
