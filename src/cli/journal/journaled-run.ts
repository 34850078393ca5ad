/**
 * Runs with a journal. A recorded run is one file, `<folder>/<id>.jsonl`; it can be played back without a model, tool or
 * network (`replay`), and gone on with after a crash (`resume`).
 */

import { basename, dirname } from "node:path";
import { HarnError, isJsonObject, type JsonObject } from "../../base/index.ts";
import {
  beginJournal,
  createJsonlStore,
  createTextDigest,
  type Journal,
  type JournalStore,
  openJournal,
  recordingHost,
  replayHost,
  resumeHost,
} from "../../journal/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { type Execution, execute, type ProgramRequest } from "../engine/execute.ts";
import { createNodeFolder } from "./node-folder.ts";

/** Everything that can go on has gone on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function recordRun(context: CliContext, request: ProgramRequest, folder: string): Promise<number> {
  const { host } = context;
  const createdMs = host.sync("clock.now", {});
  const name = basename(request.path, ".harn").replace(/[^A-Za-z0-9_-]/g, "") || "run";
  const stamp = new Date(createdMs).toISOString().replace(/[-:]|\.\d+Z$/g, "");
  const id = `${name}-${stamp}-${host.sync("id.next", { prefix: "" }).slice(1, 7)}`;
  const store = createJsonlStore(createNodeFolder(folder));
  const text = await readText(context, request);
  const journal = await beginJournal(store, {
    id,
    createdMs,
    program: request.path,
    meta: { request: { ...request }, digest: createTextDigest()(text) },
  });
  const exitCode = await finish(context, journal, store, () =>
    execute(context, { ...request, text }, recordingHost(host, journal, { turn })),
  );
  context.err(`Recorded as ${folder}/${id}.jsonl\n`);
  return exitCode;
}

/** Goes on with a run that was cut off; what it had done is not done again. */
export async function resumeRun(context: CliContext, file: string): Promise<number> {
  const { store, journal, request } = await openRun(context, file);
  const host = resumeHost(journal, context.host, { turn });
  return finish(context, journal, store, () => execute(context, request, host));
}

/** Plays a run back; nothing outside is asked or changed. */
export async function replayRun(context: CliContext, file: string): Promise<number> {
  const { store, journal, request } = await openRun(context, file);
  const host = replayHost(journal, { turn });
  try {
    const { exitCode } = await execute(context, request, host);
    if (host.drift === undefined) host.finish();
    return exitCode;
  } catch (error) {
    if (!(error instanceof HarnError) || error.code !== "journal.drift") throw error;
    // Told below, with what the host knows.
  } finally {
    await store.close();
  }
  const { drift } = host;
  throw new UsageError(
    drift === undefined ? "The program did less than was recorded" : `${drift.message}; ${drift.hint}`,
    1,
  );
}

/** Runs and writes down how it ended, an end by Ctrl-C as well: a run that was stopped is not one to resume. */
async function finish(
  context: CliContext,
  journal: Journal,
  store: JournalStore,
  work: () => Promise<Execution>,
): Promise<number> {
  const now = (): number => context.host.sync("clock.now", {});
  try {
    const { exitCode, outcome } = await work();
    await journal.finish(outcome?.status === "ok" ? "completed" : "failed", now());
    return exitCode;
  } catch (error) {
    if (context.cancel.aborted) await journal.finish("cancelled", now());
    throw error;
  } finally {
    await store.close();
  }
}

async function openRun(context: CliContext, file: string) {
  const store = createJsonlStore(createNodeFolder(dirname(file)));
  const journal = await openJournal(store, basename(file, ".jsonl"));
  const request = readRequest(journal.info.meta);
  if (request === undefined) throw new UsageError(`${file} was not recorded by harn run --record`);
  const text = await readText(context, request);
  if (journal.info.meta?.["digest"] !== createTextDigest()(text)) {
    context.err(`harn: ${request.path} has changed since it was recorded; the run may part from the recording\n`);
  }
  return { store, journal, request: { ...request, text } };
}

async function readText(context: CliContext, request: ProgramRequest): Promise<string> {
  return request.text ?? new TextDecoder().decode(await context.host.perform("fs.read", { path: request.path }));
}

function readRequest(meta: JsonObject | undefined): ProgramRequest | undefined {
  const raw = meta?.["request"];
  if (!isJsonObject(raw)) return undefined;
  const { path, text, pipeline, args, llmMock } = raw;
  if (typeof path !== "string" || !Array.isArray(args)) return undefined;
  return {
    path,
    args: args.filter((arg) => typeof arg === "string"),
    ...(typeof text === "string" && { text }),
    ...(typeof pipeline === "string" && { pipeline }),
    ...(typeof llmMock === "string" && { llmMock }),
  };
}
