/**
 * Runs with a journal. A recorded run is one file, `<folder>/<id>.jsonl`; it can be played back without a model, tool or
 * network (`replay`), and gone on with after a crash (`resume`).
 */

import { basename, dirname } from "node:path";
import { isJsonObject, type JsonObject } from "../../base/index.ts";
import { beginJournal, createJsonlStore, createTextDigest, openJournal } from "../../journal/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { execute, type ProgramRequest } from "../engine/execute.ts";
import { createNodeFolder } from "./node-folder.ts";

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
  try {
    return (await execute(context, { ...request, text }, { mode: "record", journal })).exitCode;
  } finally {
    await store.close();
    context.err(`Recorded as ${folder}/${id}.jsonl\n`);
  }
}

/** Goes on with a run that was cut off; what it had done is not done again. */
export function resumeRun(context: CliContext, file: string): Promise<number> {
  return playRun(context, file, "resume");
}

/** Plays a run back; nothing outside is asked or changed. */
export function replayRun(context: CliContext, file: string): Promise<number> {
  return playRun(context, file, "replay");
}

async function playRun(context: CliContext, file: string, mode: "resume" | "replay"): Promise<number> {
  const { store, journal, request } = await openRun(context, file);
  try {
    return (await execute(context, request, { mode, journal })).exitCode;
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
