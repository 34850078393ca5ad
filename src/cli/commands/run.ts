/** `harn run FILE`, `harn run -e CODE`: checks, compiles and runs a program. */

import { join, resolve } from "node:path";
import type { FileDiagnostic } from "../../runtime/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { exitCodeOf } from "../engine/exit-value.ts";
import { createLibrary } from "../engine/library.ts";
import { loadProgram } from "../engine/load-program.ts";
import { renderFailure, renderFileDiagnostics } from "../engine/render.ts";
import { runProgram } from "../engine/run-program.ts";
import { createRunState } from "../engine/run-state.ts";
import { exitCodes } from "../exit-codes.ts";

export interface RunOptions {
  /** Code instead of a file. */
  readonly eval?: string;
  /** The pipeline to run. */
  readonly pipeline?: string;
  /** A file of scripted model answers. */
  readonly llmMock?: string;
  /** What the program sees as `argv`. */
  readonly args: readonly string[];
}

export async function runCommand(context: CliContext, file: string | undefined, options: RunOptions): Promise<number> {
  const settings = { color: context.colorErrors, cwd: context.cwd };
  const library = createLibrary();
  const path = file === undefined ? join(context.cwd, "<eval>") : resolve(context.cwd, file);
  if (options.eval === undefined && (await context.host.perform("fs.stat", { path })) === undefined) {
    throw new UsageError(`Cannot find ${file}`);
  }
  const loaded = await loadProgram({
    host: context.host,
    library,
    path,
    ...(options.eval !== undefined && { text: options.eval }),
    ...(options.pipeline !== undefined && { pipeline: options.pipeline }),
  });
  tell(context, loaded.diagnostics);
  if (loaded.program === undefined) return exitCodes.failed;

  const outcome = await runProgram(loaded.program, {
    host: context.host,
    cancel: context.cancel,
    state: await createRunState({
      host: context.host,
      args: options.args,
      ...(options.llmMock !== undefined && { llmMockFile: options.llmMock }),
    }),
  });
  switch (outcome.status) {
    case "ok":
      return exitCodeOf(context, outcome.value);
    case "cancelled":
      throw context.cancel.aborted ? context.cancel.reason : new UsageError(outcome.reason, exitCodes.failed);
    case "failed": {
      if (context.cancel.aborted) throw context.cancel.reason;
      const sources = new Map([...loaded.graph.modules.values()].map(({ file: source }) => [source.path, source]));
      await context.host.flush();
      context.err(`${renderFailure(outcome.failure, sources, settings)}\n`);
      return exitCodes.failed;
    }
  }
}

function tell(context: CliContext, diagnostics: readonly FileDiagnostic[]): void {
  if (diagnostics.length === 0) return;
  context.err(`${renderFileDiagnostics(diagnostics, { color: context.colorErrors, cwd: context.cwd })}\n`);
}
