// The builtin table
export type { Builtin, BuiltinDoc, Effect } from "./builtin.ts";
export { standardModules } from "./modules/index.ts";
export { standardSnapshotParts } from "./snapshot-parts.ts";
export { internalNatives, standardBuiltins, standardGlobals, standardMethods } from "./standard.ts";
// What an embedder may prepare, in the state of the run
export { createProgramSteps, journalSteps, type ProgramSteps, STEPS_STATE } from "./steps/step-state.ts";
export { readToml } from "./toml/index.ts";
export { MANIFEST_HOOK_EVENTS } from "./tools/manifest-hooks.ts";
