// Programs
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
