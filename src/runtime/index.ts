// Journals
export type { EffectMoment, JournalUse } from "./journal-link.ts";
export { isError, type LoadedProgram, type LoadProgramOptions, loadProgram } from "./load-program.ts";
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
// Programs
export { programDigest } from "./program-digest.ts";
export type { SnapshotEvent, SnapshotSettings } from "./snapshots.ts";
