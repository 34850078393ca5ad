/** `harn replay` and `harn resume`: what `harn run --record` or `--durable` kept. */

import type { CliContext } from "../context.ts";
import { openReceipt } from "../engine/receipt.ts";
import { exitCodes } from "../exit-codes.ts";
import type { InDoubtChoices } from "../journal/choices.ts";
import { replayRun, resumeRun } from "../journal/journaled-run.ts";
import { aboutRun, findRunFile } from "../journal/run-files.ts";

/** With `receipt` it tells what the steps of the run took, as `harn run --receipt` would have. */
export async function replayCommand(
  context: CliContext,
  run: string,
  options: { readonly receipt?: string } = {},
): Promise<number> {
  const file = await findRunFile(context, run);
  const receipt = openReceipt(context, options.receipt, file.id);
  const { steps } = receipt;
  let exitCode: number;
  let told = true;
  try {
    ({ exitCode } = await aboutRun(context, file, () => replayRun(context, file, { ...(steps && { steps }) })));
  } finally {
    told = await receipt.close();
  }
  return told || exitCode !== exitCodes.ok ? exitCode : exitCodes.failed;
}

export async function resumeCommand(
  context: CliContext,
  run: string,
  options: { readonly inDoubt: InDoubtChoices },
): Promise<number> {
  const file = await findRunFile(context, run);
  return aboutRun(context, file, () => resumeRun(context, file, options));
}
