/** `harn replay` and `harn resume`: what `harn run --record` or `--durable` kept. */

import type { CliContext } from "../context.ts";
import type { InDoubtChoices } from "../journal/choices.ts";
import { replayRun, resumeRun } from "../journal/journaled-run.ts";
import { findRunFile } from "../journal/run-files.ts";

export async function replayCommand(context: CliContext, run: string): Promise<number> {
  return (await replayRun(context, await findRunFile(context, run))).exitCode;
}

export async function resumeCommand(
  context: CliContext,
  run: string,
  options: { readonly inDoubt: InDoubtChoices },
): Promise<number> {
  return resumeRun(context, await findRunFile(context, run), options);
}
