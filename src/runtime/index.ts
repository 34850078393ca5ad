// Journals
export type { JournalUse } from "./journal-link.ts";
// Programs
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
