/** `harn run FILE`, `harn run -` (stdin), `harn run -e CODE`: checks, compiles and runs a program; `--record` keeps what it did, `--durable` goes on with it. */

import { resolve } from "node:path";
import { type CliContext, UsageError } from "../context.ts";
import { execute, type ProgramRequest } from "../engine/execute.ts";
import { openReceipt } from "../engine/receipt.ts";
import { exitCodes } from "../exit-codes.ts";
import { ASK_IN_DOUBT, DEFAULT_RUNS_FOLDER, type InDoubtChoices } from "../journal/choices.ts";
import { findProgram, readStdin, STDIN, STDIN_NAME } from "../source-files.ts";

export interface RunOptions {
  /** Code instead of a file. */
  readonly eval?: string;
  /** The pipeline to run. */
  readonly pipeline?: string;
  /** A file of scripted model answers. */
  readonly llmMock?: string;
  /** Folder to keep the run's journal in. */
  readonly record?: string;
  /** Id of a run to begin or go on with. */
  readonly durable?: string;
  /** Folder of durable runs. */
  readonly runsDir?: string;
  readonly inDoubt?: InDoubtChoices;
  /** File for what the steps took, or `-` for a table. */
  readonly receipt?: string;
  /** What the program sees as `argv`. */
  readonly args: readonly string[];
}

export async function runCommand(context: CliContext, file: string | undefined, options: RunOptions): Promise<number> {
  const text = file === STDIN ? await readStdin(context) : options.eval;
  const name = file === STDIN ? STDIN_NAME : (file ?? "<eval>");
  checkTogether(options);
  const path = text === undefined ? await findProgram(context, name) : resolve(context.cwd, name);
  const receipt = openReceipt(context, options.receipt, name);
  const request: ProgramRequest = {
    path,
    args: options.args,
    steps: receipt.steps,
    ...(text !== undefined && { text }),
    ...(options.pipeline !== undefined && { pipeline: options.pipeline }),
    ...(options.llmMock !== undefined && { llmMock: resolve(context.cwd, options.llmMock) }),
  };
  let exitCode: number;
  let told = true;
  try {
    exitCode = await runAsAsked(context, request, options);
  } finally {
    told = await receipt.close();
  }
  return told || exitCode !== exitCodes.ok ? exitCode : exitCodes.failed;
}

/** An option that would do nothing is a mistake somebody should hear of before a long run. */
function checkTogether({ record, durable, runsDir, inDoubt = ASK_IN_DOUBT }: RunOptions): void {
  if (record !== undefined && durable !== undefined) throw new UsageError("--record and --durable exclude each other");
  if (durable !== undefined) return;
  if (runsDir !== undefined) throw new UsageError("--runs-dir needs --durable; --record takes a folder itself");
  if (inDoubt !== ASK_IN_DOUBT) throw new UsageError("--in-doubt needs --durable, whose runs can be in doubt");
}

async function runAsAsked(context: CliContext, request: ProgramRequest, options: RunOptions): Promise<number> {
  const { record, durable } = options;
  if (record === undefined && durable === undefined) return (await execute(context, request)).exitCode;
  const { durableRun, recordRun } = await import("../journal/journaled-run.ts");
  if (record !== undefined) return recordRun(context, request, resolve(context.cwd, record));
  const folder = resolve(context.cwd, options.runsDir ?? DEFAULT_RUNS_FOLDER);
  return durableRun(context, request, durable ?? "", folder, {
    inDoubt: options.inDoubt ?? ASK_IN_DOUBT,
    ...(request.steps && { steps: request.steps }),
  });
}
