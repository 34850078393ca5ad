/** A program from its file to an exit code, with everything the user is told on the way. */

import type { SourceFile } from "../../lang/index.ts";
import { type JournalUse, loadProgram } from "../../runtime/index.ts";
import { Halted, type RunOutcome } from "../../vm/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { exitCodeOf } from "./exit-value.ts";
import { renderFailure, renderFileDiagnostics } from "./render.ts";
import { runProgram } from "./run-program.ts";
import { createRunState } from "./run-state.ts";

export interface ProgramRequest {
  /** Absolute. */
  readonly path: string;
  /** Instead of what the file holds. */
  readonly text?: string;
  readonly pipeline?: string;
  /** What the program sees as `argv`. */
  readonly args: readonly string[];
  /** A file of scripted model answers. */
  readonly llmMock?: string;
}

export interface Execution {
  readonly exitCode: number;
  /** Absent when the program did not get to run. */
  readonly outcome?: RunOutcome;
}

/**
 * @throws the reason of `context.cancel` once it has fired
 * @throws HarnError when the journal ended the run: it cannot be written, or the program does something else than it says
 */
export async function execute(context: CliContext, request: ProgramRequest, journal?: JournalUse): Promise<Execution> {
  const settings = { color: context.colorErrors, cwd: context.cwd };
  const { path, text, pipeline, args, llmMock } = request;
  const loaded = await loadProgram({
    host: context.host,
    path,
    ...(text !== undefined && { text }),
    ...(pipeline !== undefined && { pipeline }),
  });
  if (loaded.diagnostics.length > 0) context.err(`${renderFileDiagnostics(loaded.diagnostics, settings)}\n`);
  if (loaded.program === undefined) return { exitCode: exitCodes.failed };

  const outcome = await runProgram(loaded.program, {
    host: context.host,
    cancel: context.cancel,
    output: { write: context.out },
    ...(journal !== undefined && { journal }),
    args,
    state: await createRunState({ host: context.host, ...(llmMock !== undefined && { llmMockFile: llmMock }) }),
  });
  if (outcome.status === "ok") return { exitCode: exitCodeOf(context, outcome.value), outcome };
  if (outcome.status === "failed" && outcome.failure instanceof Halted) throw outcome.failure.cause;
  if (context.cancel.aborted) throw context.cancel.reason;
  if (outcome.status === "cancelled") throw new UsageError(outcome.reason, exitCodes.failed);
  await context.host.flush();
  const sources = new Map(
    [...loaded.graph.modules.values()].map(({ file }): [string, SourceFile] => [file.path, file]),
  );
  context.err(`${renderFailure(outcome.failure, sources, settings)}\n`);
  return { exitCode: exitCodes.failed, outcome };
}
