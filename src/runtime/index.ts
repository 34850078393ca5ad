// Programs: load, then start

export { isError, type LoadedProgram, type LoadProgramOptions, loadProgram } from "./load-program.ts";
export { type ManifestHooks, readManifestHooks } from "./manifest-hooks.ts";
export {
  type FileDiagnostic,
  failureMessage,
  type LoadResult,
  loadSource,
  type Program,
  type Run,
  type RunOptions,
  startProgram,
} from "./program.ts";

// Journals of runs

export type { EffectMoment, JournalUse } from "./journal-link.ts";
export { programDigest } from "./program-digest.ts";
export type { SnapshotEvent, SnapshotSettings } from "./snapshots.ts";
