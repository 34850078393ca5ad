// The builtin table
export type { Builtin, BuiltinDoc, Effect } from "./builtin.ts";
export { standardModules } from "./modules/index.ts";
export { internalNatives, standardBuiltins, standardGlobals, standardMethods } from "./standard.ts";
