// The builtin table
export type { Builtin, BuiltinDoc, Effect } from "./builtin.ts";
export { internalNatives, standardBuiltins, standardGlobals, standardMethods } from "./standard.ts";
