/**
 * A recording as a test: `<name>.recording.jsonl`, replayed offline. A replay compares every request with the recorded
 * one, printed text included, so a replay that comes to its end has shown that the program does the same.
 */

import { resolve } from "node:path";
import { HarnError } from "../../base/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { replayRun } from "./journaled-run.ts";
import { findRunFile } from "./run-files.ts";

/** Of the run's id; the file has `.jsonl` behind it. */
export const RECORDING_SUFFIX = ".recording";

const FILE_SUFFIX = `${RECORDING_SUFFIX}.jsonl`;

export function isRecordingTest(path: string): boolean {
  return path.endsWith(FILE_SUFFIX);
}

/** Why the replay failed, as it would be told; undefined when it passed. */
export async function failureOfRecording(context: CliContext, path: string): Promise<string | undefined> {
  const told: string[] = [];
  const quiet: CliContext = { ...context, err: (text) => told.push(text) };
  try {
    const { isSame } = await replayRun(quiet, await findRunFile(context, resolve(context.cwd, path)), { show: false });
    if (isSame) return undefined;
  } catch (error) {
    if (!(error instanceof HarnError) && !(error instanceof UsageError)) throw error;
    told.push(error.message);
  }
  return told.join("").trimEnd() || "The program ends in another way than was recorded";
}
