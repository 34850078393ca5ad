/** `harn replay`, `harn resume` and `harn runs`: what `harn run --record` kept. */

import { basename, dirname, resolve } from "node:path";
import type { Json } from "../../base/index.ts";
import { createJsonlStore, listRuns, openJournal, renderRun, showRun } from "../../journal/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { replayRun, resumeRun } from "../journal/journaled-run.ts";
import { createNodeFolder } from "../journal/node-folder.ts";

export async function replayCommand(context: CliContext, file: string): Promise<number> {
  return replayRun(context, await runFile(context, file));
}

export async function resumeCommand(context: CliContext, file: string): Promise<number> {
  return resumeRun(context, await runFile(context, file));
}

export async function runsCommand(
  context: CliContext,
  path: string,
  options: { readonly json?: boolean },
): Promise<number> {
  const absolute = resolve(context.cwd, path);
  const info = await context.host.perform("fs.stat", { path: absolute });
  if (info === undefined) throw new UsageError(`Cannot find ${path}`);
  if (info.kind === "directory") {
    const runs = await listRuns(createJsonlStore(createNodeFolder(absolute)));
    if (options.json) context.outJson(runs as unknown as Json);
    else {
      for (const run of runs) {
        context.out(`${new Date(run.createdMs).toISOString()}  ${run.status.padEnd(9)}  ${run.id}\n`);
      }
    }
    return exitCodes.ok;
  }
  const store = createJsonlStore(createNodeFolder(dirname(absolute)));
  const view = showRun(await openJournal(store, basename(absolute, ".jsonl")));
  if (options.json) context.outJson(view as unknown as Json);
  else context.out(renderRun(view));
  return exitCodes.ok;
}

async function runFile(context: CliContext, file: string): Promise<string> {
  const path = resolve(context.cwd, file);
  if ((await context.host.perform("fs.stat", { path }))?.kind !== "file") throw new UsageError(`Cannot find ${file}`);
  return path;
}
