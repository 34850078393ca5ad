/**
 * Runs with a journal: recorded, played back without a model, tool or network, resumed after a crash, and *durable*,
 * which is recorded the first time and resumed ever after, by the same command.
 */

import { basename, dirname } from "node:path";
import { HarnError, type Host } from "../../base/index.ts";
import {
  beginJournal,
  checkRunId,
  createTextDigest,
  type Journal,
  type JournalOptions,
  type NewRun,
  openJournal,
  type RunInfo,
} from "../../journal/index.ts";
import { type JournalUse, programDigest } from "../../runtime/index.ts";
import { Halted } from "../../vm/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { type ExecuteSettings, execute, type ProgramRequest } from "../engine/execute.ts";
import type { InDoubtChoices } from "./choices.ts";
import { decideInDoubt } from "./in-doubt.ts";
import { movedRoots } from "./relocated-host.ts";
import { aboutRun, describeRequest, type RunFile, readRequest, readText, runFileIn, shownPath } from "./run-files.ts";
import { lockOf, lockRun } from "./run-lock.ts";

export async function recordRun(context: CliContext, request: ProgramRequest, folder: string): Promise<number> {
  const { host } = context;
  const name = basename(request.path, ".harn").replace(/[^A-Za-z0-9_-]/g, "") || "run";
  const stamp = new Date(host.sync("clock.now", {})).toISOString().replace(/[-:]|\.\d+Z$/g, "");
  const file = runFileIn(folder, `${name}-${stamp}-${host.sync("id.next", { prefix: "" }).slice(1, 7)}`);
  const { journal, text } = await begin(context, file, request);
  try {
    const { exitCode } = await execute(context, { ...request, text }, { journal: { mode: "record", journal } });
    return exitCode;
  } finally {
    await file.store.close();
    await host.flush();
    context.err(`Recorded as ${file.path}\n`);
  }
}

export interface Replay {
  readonly exitCode: number;
  /** The program asked for what was recorded, and ended as it ended then. */
  readonly isSame: boolean;
}

export interface ReplayChoices extends Pick<ProgramRequest, "steps"> {
  /** Prints what the program prints. Default true. */
  readonly show?: boolean;
}

/** Plays a run back; nothing outside is asked or changed. */
export async function replayRun(context: CliContext, file: RunFile, options: ReplayChoices = {}): Promise<Replay> {
  const { show = true, steps } = options;
  try {
    const journal = await openJournal(file.store, file.id);
    const { request, recordedPath } = await recordedProgram(context, file, journal);
    const moved = recordedPath === request.path ? undefined : movedRoots(recordedPath, request.path);
    const { exitCode, outcome } = await execute(
      context,
      { ...request, path: recordedPath, ...(steps && { steps }) },
      { journal: { mode: "replay", journal, show }, ...(moved && { moved }) },
    );
    const drifted = outcome?.status === "failed" && outcome.failure instanceof Halted;
    const status = outcome?.status === "ok" ? "completed" : outcome?.status;
    return { exitCode, isSame: !drifted && status === journal.info.status };
  } finally {
    await file.store.close();
  }
}

export interface ResumeChoices extends Pick<ProgramRequest, "steps"> {
  readonly inDoubt: InDoubtChoices;
}

/** Goes on with a run that was cut off; what it had done is not done again. */
export async function resumeRun(context: CliContext, file: RunFile, choices: ResumeChoices): Promise<number> {
  return whileLocked(context, file, async () =>
    resumeLocked(context, file, await openJournal(file.store, file.id, { snapshots: "use" }), choices),
  );
}

/** One process at a time: what is read of the run is true until it is written. */
async function whileLocked(context: CliContext, file: RunFile, work: () => Promise<number>): Promise<number> {
  checkRunId(file.id);
  const unlock = lockRun(lockOf(file.path), file.id, context.host.sync("clock.now", {}));
  try {
    return await work();
  } finally {
    await file.store.close();
    unlock();
  }
}

async function resumeLocked(
  context: CliContext,
  file: RunFile,
  journal: Journal,
  choices: ResumeChoices,
  asked?: ProgramRequest,
): Promise<number> {
  // A branch may go on with another program.
  const instead = asked !== undefined && journal.info.parent !== undefined ? asked : undefined;
  const { request } = await recordedProgram(context, file, journal, instead);
  const { steps } = choices;
  const whole = (why: string): Promise<Journal> => {
    context.err(`The snapshot of run ${file.id} ${why}; its log is played from the beginning\n`);
    return Promise.resolve(openJournal(file.store, file.id, { snapshots: "keep" }));
  };
  const kept = await file.store.snapshots?.look(file.id);
  let opened = journal.snapshot === undefined && kept?.type === "taken" ? await whole("cannot be read") : journal;
  const attempt = () =>
    goOn(context, { ...request, ...(steps && { steps }) }, file.id, async (program) => {
      const fits = opened.snapshot === undefined || opened.snapshot.program === programDigest(program);
      if (!fits) opened = await whole("is of another program");
      return resumption(context, opened, choices);
    });
  try {
    return await attempt();
  } catch (error) {
    // Found before anything of the program has run.
    if (!(error instanceof HarnError) || error.code !== "snapshot.malformed") throw error;
    opened = await whole("is of another version");
    return await attempt();
  }
}

/** Begins the run of that id, or goes on with it. A run that is over ends as it ended, without doing or saying anything. */
export async function durableRun(
  context: CliContext,
  request: ProgramRequest,
  id: string,
  folder: string,
  choices: ResumeChoices,
): Promise<number> {
  checkRunId(id);
  const file = runFileIn(folder, id);
  return aboutRun(context, file, () => durableRunIn(context, file, request, choices));
}

async function durableRunIn(
  context: CliContext,
  file: RunFile,
  request: ProgramRequest,
  choices: ResumeChoices,
): Promise<number> {
  const { id } = file;
  const known = await tryOpen(runFileIn(dirname(file.path), id));
  if (known !== undefined) checkSameProgram(known.info, file, request);
  if (known !== undefined && known.info.status !== "running") return endAgain(context, file, known.info);
  return whileLocked(context, file, async () => {
    // Another process may have begun or ended it before the lock was ours.
    const now = await tryOpen(file);
    if (now === undefined) {
      const { journal, text } = await begin(context, file, request, { snapshots: "keep" });
      return goOn(context, { ...request, text }, id, { mode: "record", journal, keepOutput: true });
    }
    checkSameProgram(now.info, file, request);
    if (now.info.status === "running") return resumeLocked(context, file, now, choices, request);
    return endAgain(context, file, now.info);
  });
}

/**
 * An id names one run of one program, with the arguments it was begun with; a fork is there to go on with another.
 *
 * @throws UsageError
 */
function checkSameProgram(info: RunInfo, file: RunFile, asked: ProgramRequest): void {
  if (info.parent !== undefined) return;
  const { request, digest } = readRequest(info, file.path);
  const id = JSON.stringify(info.id);
  const wayOut = "choose another id for another run, or fork this one";
  const named = ({ path, text }: ProgramRequest): string =>
    text === undefined ? path : `the code of ${basename(path)}`;
  if (request.path !== asked.path) {
    throw new UsageError(`Expected ${named(request)}, the program of run ${id}, found ${named(asked)}; ${wayOut}`);
  }
  if (asked.text !== undefined && digest !== createTextDigest()(asked.text)) {
    throw new UsageError(`Expected the code that run ${id} was begun with, found other code; ${wayOut}`);
  }
  if (request.pipeline !== asked.pipeline || JSON.stringify(request.args) !== JSON.stringify(asked.args)) {
    const shown = ({ pipeline, args }: ProgramRequest): string =>
      JSON.stringify([...(pipeline === undefined ? [] : [`pipeline ${pipeline}`]), ...args]);
    throw new UsageError(`Expected the arguments ${shown(request)} of run ${id}, found ${shown(asked)}; ${wayOut}`);
  }
}

async function endAgain(context: CliContext, file: RunFile, { id, status }: RunInfo): Promise<number> {
  context.err(`Run ${id} is over (${status}); harn replay shows it again\n`);
  return (await replayRun(context, file, { show: false })).exitCode;
}

/** Ctrl-C suspends: the same command goes on. */
async function goOn(
  context: CliContext,
  request: ProgramRequest,
  id: string,
  journal: NonNullable<ExecuteSettings["journal"]>,
): Promise<number> {
  try {
    const { exitCode } = await execute(context, request, {
      journal,
      host: unbufferedHost(context),
      whenAsked: "suspend",
    });
    return exitCode;
  } catch (error) {
    if (context.cancel.aborted && error === context.cancel.reason) {
      context.err(`Run ${id} is suspended; the same command goes on with it\n`);
    }
    throw error;
  }
}

async function tryOpen({ store, id }: RunFile): Promise<Journal | undefined> {
  try {
    return await openJournal(store, id, { snapshots: "use" });
  } catch (error) {
    if (error instanceof HarnError && error.code === "journal.not_found") return undefined;
    throw error;
  }
}

async function resumption(context: CliContext, journal: Journal, { inDoubt }: ResumeChoices): Promise<JournalUse> {
  return { mode: "resume", journal, keepOutput: true, decide: await decideInDoubt(context, inDoubt, journal) };
}

/** What is printed leaves the process at once, so that a text which the journal holds has been seen. */
function unbufferedHost({ host }: CliContext): Host {
  return {
    ...host,
    sync(kind, args) {
      const result = host.sync(kind, args);
      if (kind === "console.write") void host.flush();
      return result;
    },
  };
}

async function begin(
  context: CliContext,
  { store, id, path }: RunFile,
  request: ProgramRequest,
  options: JournalOptions = {},
) {
  const text = await readText(context, request);
  const run: NewRun = {
    id,
    createdMs: context.host.sync("clock.now", {}),
    program: request.path,
    meta: describeRequest(request, text, path),
  };
  const journal = await beginJournal(store, run, options);
  return { journal, text };
}

/** The program of a run, with a word when it is no longer what it was. */
async function recordedProgram(context: CliContext, { path }: RunFile, journal: Journal, instead?: ProgramRequest) {
  const recorded = readRequest(journal.info, path);
  const request = instead ?? recorded.request;
  if (request.text === undefined && (await context.host.perform("fs.stat", { path: request.path })) === undefined) {
    throw new UsageError(
      `Cannot find ${shownPath(request.path, context.cwd)}, the program of ${shownPath(path, context.cwd)}`,
    );
  }
  const text = await readText(context, request);
  if (recorded.digest !== createTextDigest()(text)) {
    const program = shownPath(request.path, context.cwd);
    const begun = shownPath(recorded.request.path, context.cwd);
    const what =
      program === begun
        ? `${program} has changed since it was recorded`
        : `Run ${journal.info.id} was begun by ${begun}, and goes on with ${program}`;
    context.err(`harn: ${what}; the run may part from the recording\n`);
  }
  return { request: { ...request, text }, recordedPath: recorded.recordedPath };
}
