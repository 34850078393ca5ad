/** `harn run FILE`, `harn run -e CODE`: checks, compiles and runs a program; `--record` keeps what it did. */

import { join, resolve } from "node:path";
import { type CliContext, UsageError } from "../context.ts";
import { execute, type ProgramRequest } from "../engine/execute.ts";

export interface RunOptions {
  /** Code instead of a file. */
  readonly eval?: string;
  /** The pipeline to run. */
  readonly pipeline?: string;
  /** A file of scripted model answers. */
  readonly llmMock?: string;
  /** Folder to keep the run's journal in. */
  readonly record?: string;
  /** What the program sees as `argv`. */
  readonly args: readonly string[];
}

export async function runCommand(context: CliContext, file: string | undefined, options: RunOptions): Promise<number> {
  const path = file === undefined ? join(context.cwd, "<eval>") : resolve(context.cwd, file);
  if (options.eval === undefined && (await context.host.perform("fs.stat", { path })) === undefined) {
    throw new UsageError(`Cannot find ${file}`);
  }
  const request: ProgramRequest = {
    path,
    args: options.args,
    ...(options.eval !== undefined && { text: options.eval }),
    ...(options.pipeline !== undefined && { pipeline: options.pipeline }),
    ...(options.llmMock !== undefined && { llmMock: resolve(context.cwd, options.llmMock) }),
  };
  if (options.record === undefined) return (await execute(context, request)).exitCode;
  const { recordRun } = await import("../journal/journaled-run.ts");
  return recordRun(context, request, resolve(context.cwd, options.record));
}
