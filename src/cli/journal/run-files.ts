/**
 * Where runs are kept and what is known of them: a run is one file, `<folder>/<id>.jsonl`, whose header says what was
 * run. Programs are named relative to that file, so that a folder with programs and recordings may move as a whole.
 */

import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { HarnError, isJsonObject, type JsonObject } from "../../base/index.ts";
import { createJsonlStore, createTextDigest, type JournalStore, type RunInfo } from "../../journal/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import type { ProgramRequest } from "../engine/execute.ts";
import { DEFAULT_RUNS_FOLDER } from "./choices.ts";
import { openJournalFolder } from "./journal-folder.ts";

const SUFFIX = ".jsonl";

/** Tasks that are none of the program's. */
export const MACHINERY: ReadonlySet<string> = new Set(["vm", "stop", "breath"]);

export interface RunFile {
  readonly store: JournalStore;
  readonly id: string;
  /** Absolute. */
  readonly path: string;
}

export function runFileIn(folder: string, id: string): RunFile {
  return { store: createJsonlStore(openJournalFolder(folder)), id, path: join(folder, id + SUFFIX) };
}

/**
 * What a command line means by a run: a file; a folder, whose newest run it is; or the id of a durable run.
 *
 * @throws UsageError when there is none
 */
export async function findRunFile(context: CliContext, given: string): Promise<RunFile> {
  const path = resolve(context.cwd, given);
  const kind = (await context.host.perform("fs.stat", { path }))?.kind;
  if (kind === "file") {
    if (!path.endsWith(SUFFIX)) {
      throw new UsageError(`Expected a run, which is a folder or a file *${SUFFIX}, found ${given}`);
    }
    return runFileIn(dirname(path), basename(path, SUFFIX));
  }
  if (kind !== "directory") {
    const durable = runFileIn(resolve(context.cwd, DEFAULT_RUNS_FOLDER), given);
    const found = /[\\/]/.test(given) ? undefined : await context.host.perform("fs.stat", { path: durable.path });
    if (found?.kind === "file") return durable;
    throw new UsageError(
      `Cannot find ${given}: there is no such file or folder, and no such run in ${DEFAULT_RUNS_FOLDER}`,
    );
  }
  const store = createJsonlStore(openJournalFolder(path));
  const [newest] = await store.list();
  if (newest === undefined) throw new UsageError(`There is no run in ${given}`);
  return { store, id: newest.id, path: join(path, newest.id + SUFFIX) };
}

/** Does something with a run. What is wrong with its file is told with the file's name, and a way out. */
export async function aboutRun<T>(context: CliContext, { path }: RunFile, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HarnError)) throw error;
    const name = shownPath(path, context.cwd);
    switch (error.code) {
      case "journal.not_found":
        throw new UsageError(`${name} holds no run: it is empty, or its first line was never finished`, 1);
      case "journal.version":
        throw new UsageError(`${name}: ${error.message}`, 1);
      case "journal.corrupt": {
        const wayOut = / line 1 /.test(error.message)
          ? ""
          : "; what stands before it is sound, and can be gone on with when the file is cut there";
        throw new UsageError(`${name} is damaged: ${error.message}${wayOut}`, 1);
      }
    }
    throw error;
  }
}

/** Relative where that is shorter. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short !== "" && short.length < path.length ? short : path;
}

/** What a run's header keeps of the request, to do the same again. */
export function describeRequest(request: ProgramRequest, text: string, runPath: string): JsonObject {
  const { path, pipeline, args, llmMock } = request;
  const fromHere = (to: string): string => relative(dirname(runPath), to).replaceAll("\\", "/");
  return {
    request: {
      path,
      file: fromHere(path),
      args: [...args],
      ...(request.text !== undefined && { text: request.text }),
      ...(pipeline !== undefined && { pipeline }),
      ...(llmMock !== undefined && { llmMock: fromHere(llmMock) }),
    },
    digest: createTextDigest()(text),
  };
}

export interface RecordedRequest {
  readonly request: ProgramRequest;
  /** The entry file's path when it was recorded. */
  readonly recordedPath: string;
  /** Of the entry file's text. */
  readonly digest: string | undefined;
}

/** @throws UsageError for a run that no `harn run` has recorded */
export function readRequest(info: RunInfo, runPath: string): RecordedRequest {
  const raw = info.meta?.["request"];
  const { digest } = info.meta ?? {};
  if (!isJsonObject(raw) || typeof raw.path !== "string" || !Array.isArray(raw.args)) {
    throw new UsageError(`${runPath} was not recorded by harn run; the program that recorded it plays it back`);
  }
  const { path, file, text, pipeline, args, llmMock } = raw;
  const toHere = (name: string): string => (isAbsolute(name) ? name : resolve(dirname(runPath), name));
  return {
    recordedPath: path,
    digest: typeof digest === "string" ? digest : undefined,
    request: {
      path: typeof text === "string" || typeof file !== "string" ? path : toHere(file),
      args: args.filter((arg) => typeof arg === "string"),
      ...(typeof text === "string" && { text }),
      ...(typeof pipeline === "string" && { pipeline }),
      ...(typeof llmMock === "string" && { llmMock: toHere(llmMock) }),
    },
  };
}

/** A header that names the same program from another folder. */
export function movedHeader(info: RunInfo, from: string, to: string): JsonObject {
  const { request, recordedPath, digest } = readRequest(info, from);
  const moved = describeRequest(request, "", to);
  return {
    ...info.meta,
    ...(digest !== undefined && { digest }),
    request: { ...(moved["request"] as JsonObject), path: recordedPath },
  };
}

export async function readText(context: CliContext, request: ProgramRequest): Promise<string> {
  return request.text ?? new TextDecoder().decode(await context.host.perform("fs.read", { path: request.path }));
}
