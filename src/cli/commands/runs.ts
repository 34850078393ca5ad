/** `harn runs`: the runs that were kept; what one did and cost; a branch off it; a test made of it. */

import { dirname, join, resolve } from "node:path";
import { HarnError, isJsonObject, type Json } from "../../base/index.ts";
import {
  checkVersion,
  type EffectRecord,
  forkRun,
  type Journal,
  listRuns,
  openJournal,
  renderRun,
  type StoredRun,
  showRun,
} from "../../journal/index.ts";
import { catalogView, costOfUsage, createModelCatalog, type Usage } from "../../llm/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { DEFAULT_RUNS_FOLDER } from "../journal/choices.ts";
import { RECORDING_SUFFIX } from "../journal/recording-tests.ts";
import { shownArgs } from "../journal/render-drift.ts";
import {
  aboutRun,
  findRunFile,
  MACHINERY,
  movedHeader,
  type RunFile,
  readRequest,
  runFileIn,
  shownPath,
} from "../journal/run-files.ts";
import { lockOf, workerOn } from "../journal/run-lock.ts";

export interface RunsOptions {
  /** Folder of the runs. */
  readonly dir: string;
  readonly json?: boolean | undefined;
}

export async function listCommand(context: CliContext, options: RunsOptions): Promise<number> {
  const folder = resolve(context.cwd, options.dir);
  const kind = (await context.host.perform("fs.stat", { path: folder }))?.kind;
  if (kind === "file") return showCommand(context, options.dir, { ...options, dir: "." });
  if (kind === undefined && options.dir !== DEFAULT_RUNS_FOLDER) throw new UsageError(`Cannot find ${options.dir}`);
  const { store } = runFileIn(folder, "");
  const runs = await listRuns(store);
  if (options.json) context.outJson(runs as unknown as Json);
  else if (runs.length === 0) context.out(`There is no run in ${options.dir}\n`);
  for (const { createdMs, status, id, program } of options.json ? [] : runs) {
    const state = status === "running" && isLeft(runFileIn(folder, id)) ? LEFT : status;
    const name = program === undefined ? "" : `  ${shownPath(program, context.cwd)}`;
    context.out(`${new Date(createdMs).toISOString()}  ${state.padEnd(9)}  ${id}${name}\n`);
  }
  return exitCodes.ok;
}

/** A run that is not over, and that no process works on. */
const LEFT = "cut off";

function isLeft({ path }: RunFile): boolean {
  return workerOn(lockOf(path)) === undefined;
}

/** Effects that every program has plenty of and nobody asks about. */
const QUIET: ReadonlySet<string> = new Set([
  "clock.now",
  "clock.monotonic",
  "console.isTty",
  "system.info",
  "env.get",
  "secret.get",
  "random.float",
  "random.bytes",
  "id.next",
]);

/** Also a clock that was set and not needed: each model call has one. */
function isQuiet({ kind, outcome }: EffectRecord): boolean {
  return QUIET.has(kind) || (kind === "sleep" && outcome === "cancelled");
}

export async function showCommand(
  context: CliContext,
  run: string,
  options: RunsOptions & { readonly all?: boolean | undefined },
): Promise<number> {
  const file = await namedRun(context, run, options.dir);
  const snapshot = await file.store.snapshots?.look(file.id);
  const journal = await aboutRun(context, file, () => openRun(file));
  const worker = journal.info.status === "running" ? workerOn(lockOf(file.path)) : undefined;
  const prices = catalogView(createModelCatalog(context.host));
  const view = showRun(journal, {
    snapshot,
    costOf(args, usage) {
      const { provider = "", model = "" } = (args ?? {}) as { provider?: string; model?: string };
      const rates = prices.rates(provider, model);
      return rates && costOfUsage(rates, usageOf(usage));
    },
  });
  const tasks = options.all ? view.tasks : view.tasks.filter(({ task }) => !MACHINERY.has(task));
  if (options.json) context.outJson(plainJson({ ...view, ...(worker && { worker }), tasks }, journal));
  else {
    context.out(
      renderRun(
        { ...view, tasks },
        {
          ...(journal.info.status === "running" && { status: worker ? `running in process ${worker.pid}` : LEFT }),
          shows: (effect) => options.all === true || !isQuiet(effect),
          describe: (effect) => describeEffect(journal, effect),
        },
      ),
    );
  }
  return exitCodes.ok;
}

export async function forkCommand(
  context: CliContext,
  run: string,
  options: RunsOptions & { readonly at: number; readonly as?: string | undefined },
): Promise<number> {
  const source = await namedRun(context, run, options.dir);
  const { store, id, path } = source;
  const fork = options.as ?? `${id}-at-${options.at}`;
  const file = join(dirname(path), `${fork}.jsonl`);
  const createdMs = context.host.sync("clock.now", {});
  const journal = await aboutRun(context, source, () =>
    unlessTaken(`${shownPath(file, context.cwd)} is there already; choose another id with --as`, async () =>
      forkRun(store, id, options.at, { id: fork, createdMs }),
    ),
  );
  await store.close();
  if (options.json) context.outJson({ id: fork, file, entries: journal.entries.length });
  else {
    const named = options.dir === DEFAULT_RUNS_FOLDER ? "" : ` --runs-dir ${options.dir}`;
    // Work of a TypeScript program is gone on with by that program.
    const program = isJsonObject(journal.info.meta?.["request"])
      ? `harn run --durable ${fork}${named} ${shownPath(readRequest(journal.info, path).request.path, context.cwd)}`
      : `the program that began ${id}, under the id ${fork}`;
    context.out(`Forked as ${shownPath(file, context.cwd)}\nGo on with: ${program}\n`);
  }
  return exitCodes.ok;
}

/** A run that is over becomes a file that `harn test` replays: it passes as long as the program asks for the same. */
export async function toTestCommand(
  context: CliContext,
  run: string,
  options: RunsOptions & { readonly out: string },
): Promise<number> {
  const source = await namedRun(context, run, options.dir);
  const { id, path } = source;
  const stored = await aboutRun(context, source, () => loadRun(source));
  if (stored.info.status === "running") {
    const way = isLeft(source) ? "go on with it" : "wait for it";
    throw new UsageError(`Run ${id} is not over; ${way} first, or a test could not tell how it ends`, 1);
  }
  const folder = resolve(context.cwd, options.out);
  const name = `${id}${RECORDING_SUFFIX}`;
  const target = runFileIn(folder, name);
  const { status, finishedMs, ...info } = stored.info;
  const file = shownPath(target.path, context.cwd);
  const meta = movedHeader(stored.info, path, target.path);
  await unlessTaken(`${file} is there already; remove it, or choose another folder with --out`, async () =>
    target.store.begin({ ...info, id: name, status: "running", meta }),
  );
  const blobs = [...stored.blobs].map(([digest, body]) => ({ digest, body }));
  await target.store.append(name, { rows: stored.rows, blobs, durable: false });
  await target.store.finish(name, status, finishedMs ?? info.createdMs);
  await target.store.close();
  if (options.json) context.outJson({ file });
  else context.out(`Wrote ${file}\nRun it with: harn test ${file}\n`);
  return exitCodes.ok;
}

async function loadRun({ store, id }: RunFile): Promise<StoredRun> {
  const stored = await store.load(id);
  if (stored === undefined) throw new HarnError("journal.not_found", `Expected run \`${id}\`, found none`);
  checkVersion(stored.info.version);
  return stored;
}

/** @throws UsageError with the message when there is such a file already */
async function unlessTaken<T>(message: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HarnError && error.code === "journal.exists") throw new UsageError(message, 1);
    throw error;
  }
}

/** What a provider has not told counts as nothing. */
function usageOf(told: unknown): Usage {
  const none = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, exact: false };
  return { ...none, ...(told as Partial<Usage>) };
}

/** By id in the folder, or a path. */
async function namedRun(context: CliContext, run: string, dir: string): Promise<RunFile> {
  const inFolder = runFileIn(resolve(context.cwd, dir), run);
  const known = await context.host.perform("fs.stat", { path: inFolder.path });
  if (known?.kind === "file") return inFolder;
  if (!/[\\/.]/.test(run)) throw new UsageError(`There is no run ${run} in ${dir}`);
  return findRunFile(context, run);
}

async function openRun({ store, id }: RunFile): Promise<Journal> {
  return openJournal(store, id);
}

function describeEffect(journal: Journal, { args, kind }: EffectRecord): string {
  const decoded = journal.decode(args);
  if (kind === "model.stream") {
    const { provider, model } = (decoded ?? {}) as { provider?: string; model?: string };
    return ` ${[provider, model].filter((part) => part !== undefined).join("/")}`;
  }
  const text = shownArgs(decoded);
  return text === "{}" ? "" : ` ${text}`;
}

/** Stored values written out, bytes as text where they are text. */
function plainJson(value: unknown, journal: Journal): Json {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const plain = (part: unknown): Json => {
    if (part instanceof Uint8Array) {
      try {
        return decoder.decode(part);
      } catch {
        return { base64: Buffer.from(part).toString("base64") };
      }
    }
    if (typeof part === "bigint") return String(part);
    if (typeof part === "number") return Number.isFinite(part) ? part : String(part);
    if (typeof part === "string" || typeof part === "boolean") return part;
    if (Array.isArray(part)) return part.map(plain);
    if (typeof part !== "object" || part === null) return null;
    const stored = new Set(["args", "result", "error", "usage"]);
    const isEffect = "kind" in part && "digest" in part;
    return Object.fromEntries(
      Object.entries(part)
        .filter(([, field]) => field !== undefined)
        .map(([name, field]) => [name, plain(isEffect && stored.has(name) ? journal.decode(field as Json) : field)]),
    );
  };
  return plain(value);
}
