/** The child process of `harn test conformance`: runs one program after the other and answers with what happened. */

import type { CorpusProgram, ProgramOutcome } from "../../testing/index.ts";
import { serveJobs } from "../workers/serve-jobs.ts";
import { createEngine } from "./engine.ts";

/** Resolves when the parent is gone. */
export function serveConformance(): Promise<void> {
  const engine = createEngine();
  return serveJobs<CorpusProgram, ProgramOutcome>((program) => engine.run(program));
}
