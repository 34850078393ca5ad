/** `harn runs`: the runs that were kept; what one did and cost; a branch off it; a test made of it. */

import { dirname, join, relative, resolve } from "node:path";
import { HarnError, type Json } from "../../base/index.ts";
import {
  checkVersion,
  type EffectRecord,
  forkRun,
  type Journal,
  listRuns,
  openJournal,
  renderRun,
  showRun,
} from "../../journal/index.ts";
import { catalogView, costOfUsage, createModelCatalog, type Usage } from "../../llm/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { DEFAULT_RUNS_FOLDER } from "../journal/choices.ts";
import { RECORDING_SUFFIX } from "../journal/recording-tests.ts";
import { shownArgs } from "../journal/render-drift.ts";
import { findRunFile, movedHeader, type RunFile, readRequest, runFileIn } from "../journal/run-files.ts";

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
    const name = program === undefined ? "" : `  ${shortened(program, context.cwd)}`;
    context.out(`${new Date(createdMs).toISOString()}  ${status.padEnd(9)}  ${id}${name}\n`);
  }
  return exitCodes.ok;
}

/** Effects that every program has plenty of and nobody asks about. */
const QUIET: ReadonlySet<string> = new Set([
  "clock.now",
  "clock.monotonic",
  "console.isTty",
  "system.info",
  "env.get",
  "random.float",
]);
/** Tasks of the machinery. */
const MACHINERY: ReadonlySet<string> = new Set(["vm", "stop", "breath"]);

export async function showCommand(
  context: CliContext,
  run: string,
  options: RunsOptions & { readonly all?: boolean | undefined },
): Promise<number> {
  const file = await namedRun(context, run, options.dir);
  const snapshot = await file.store.snapshots?.look(file.id);
  const journal = await openRun(file);
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
  if (options.json) context.outJson(plainJson({ ...view, tasks }, journal));
  else {
    context.out(
      renderRun(
        { ...view, tasks },
        {
          shows: ({ kind }) => options.all === true || !QUIET.has(kind),
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
  const { store, id, path } = await namedRun(context, run, options.dir);
  const fork = options.as ?? `${id}-at-${options.at}`;
  const journal = await forkRun(store, id, options.at, { id: fork, createdMs: context.host.sync("clock.now", {}) });
  await store.close();
  const { request } = readRequest(journal.info, path);
  const file = join(dirname(path), `${fork}.jsonl`);
  if (options.json) context.outJson({ id: fork, file, entries: journal.entries.length });
  else {
    const named = options.dir === DEFAULT_RUNS_FOLDER ? "" : ` --runs-dir ${options.dir}`;
    context.out(
      `Forked as ${file}\nGo on with: harn run --durable ${fork}${named} ${shortened(request.path, context.cwd)}\n`,
    );
  }
  return exitCodes.ok;
}

/** A run that is over becomes a file that `harn test` replays: it passes as long as the program asks for the same. */
export async function toTestCommand(
  context: CliContext,
  run: string,
  options: RunsOptions & { readonly out: string },
): Promise<number> {
  const { store, id, path } = await namedRun(context, run, options.dir);
  const stored = await store.load(id);
  if (stored === undefined)
    throw new HarnError("journal.not_found", `Expected a run with id \`${id}\` in the store, found none`);
  if (stored.info.status === "running") {
    throw new UsageError(`Run ${id} is not over; resume it first, or a test could not tell how it ends`, 1);
  }
  checkVersion(stored.info.version);
  const folder = resolve(context.cwd, options.out);
  const name = `${id}${RECORDING_SUFFIX}`;
  const target = runFileIn(folder, name);
  const { status, finishedMs, ...info } = stored.info;
  await target.store.begin({ ...info, id: name, status: "running", meta: movedHeader(stored.info, path, target.path) });
  const blobs = [...stored.blobs].map(([digest, body]) => ({ digest, body }));
  await target.store.append(name, { rows: stored.rows, blobs, durable: false });
  await target.store.finish(name, status, finishedMs ?? info.createdMs);
  await target.store.close();
  const file = shortened(target.path, context.cwd);
  if (options.json) context.outJson({ file });
  else context.out(`Wrote ${file}\nRun it with: harn test ${file}\n`);
  return exitCodes.ok;
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

function shortened(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short !== "" && short.length < path.length ? short : path;
}
