/** `harn fuzz`: attacks this implementation with generated and damaged programs, and keeps what breaks it. */

import { availableParallelism } from "node:os";
import { join, relative, resolve } from "node:path";
import { type FuzzFinding, type FuzzTargetName, fuzzTargetNames } from "../../testing/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { FuzzAnswer, FuzzJob } from "../fuzz/fuzz-jobs.ts";
import { type FuzzPool, type FuzzProgress, runFuzzSession } from "../fuzz/fuzz-session.ts";
import { workerCommands } from "../workers/worker-commands.ts";
import { createWorkerPool } from "../workers/worker-pool.ts";

export interface FuzzOptions {
  /** Of the first case. Default: from the clock. */
  readonly seed?: number;
  readonly seconds?: number;
  /** Cases of each target, instead of a time. */
  readonly cases?: number;
  /** Names, with commas between. Default: all. */
  readonly target?: string;
  /** Folder for findings; made when there is one. */
  readonly out: string;
  readonly jobs?: number;
  readonly json?: boolean;
}

const defaultSeconds = 10;

/** @param files inputs to judge as they are, instead of making some */
export async function fuzzCommand(
  context: CliContext,
  files: readonly string[],
  options: FuzzOptions,
): Promise<number> {
  const targets = chooseTargets(options.target);
  const jobs = options.jobs ?? Math.min(availableParallelism(), 4);
  const pool: FuzzPool = createWorkerPool<FuzzJob, FuzzAnswer>({
    worker: context.main,
    workerArgs: [workerCommands.fuzz],
    jobs,
    timeoutMs: 60_000,
    cwd: context.cwd,
  });
  context.cancel.addEventListener("abort", pool.close);
  try {
    return files.length > 0
      ? await judgeFiles(context, pool, files, targets, options)
      : await fuzz(context, pool, jobs, targets, options);
  } finally {
    context.cancel.removeEventListener("abort", pool.close);
    pool.close();
  }
}

async function fuzz(
  context: CliContext,
  pool: FuzzPool,
  jobs: number,
  targets: readonly FuzzTargetName[],
  options: FuzzOptions,
): Promise<number> {
  const { host } = context;
  const seed = options.seed ?? Math.floor(host.sync("random.float", {}) * 1_000_000_000);
  const startedMs = host.sync("clock.monotonic", {});
  const elapsedMs = (): number => host.sync("clock.monotonic", {}) - startedMs;
  const limitMs =
    options.seconds === undefined && options.cases !== undefined
      ? Number.POSITIVE_INFINITY
      : (options.seconds ?? defaultSeconds) * 1000;
  const line = createStatusLine(context);
  const kept: KeptFinding[] = [];
  if (!options.json) context.err(`Seed ${seed}, ${targets.join(", ")}\n`);

  const result = await runFuzzSession({
    pool,
    targets,
    seed,
    ...(options.cases !== undefined && { cases: options.cases }),
    jobs,
    goOn: () => !context.cancel.aborted && elapsedMs() < limitMs,
    async onFinding(finding) {
      const path = await keepFinding(context, finding, options.out);
      kept.push({ ...finding, path });
      line.clear();
      if (!options.json) context.out(describeFinding(finding, path));
    },
    onProgress: (progress) => line.show(statusText(progress, elapsedMs())),
  });
  line.clear();
  // Stopped by hand is no failure of fuzzing: what was found counts.
  if (options.json) {
    context.outJson({
      seed,
      seconds: Math.round(elapsedMs() / 100) / 10,
      cases: Object.fromEntries(result.ran),
      repeated: result.repeated,
      findings: kept.map((finding) => ({ ...finding })),
    });
  } else context.out(summary(result, elapsedMs()));
  return kept.length > 0 ? exitCodes.failed : exitCodes.ok;
}

interface KeptFinding extends FuzzFinding {
  readonly path: string;
}

/** The input as it is, and beside it what is known about it. */
async function keepFinding(context: CliContext, finding: FuzzFinding, out: string): Promise<string> {
  const { host } = context;
  const folder = resolve(context.cwd, out);
  const { target, seed, input, ...about } = finding;
  const path = join(folder, `${target}-${seed}.${target === "loader" ? "json" : "harn"}`);
  await host.perform("fs.mkdir", { path: folder });
  await host.perform("fs.write", { path, data: input });
  const reproduce = `harn fuzz --target ${target} --seed ${seed} --cases 1`;
  await host.perform("fs.write", {
    path: `${path}.about.json`,
    data: `${JSON.stringify({ target, seed, ...about, reproduce }, null, 2)}\n`,
  });
  return relative(context.cwd, path) || path;
}

function describeFinding({ target, seed, detail, input }: FuzzFinding, path: string): string {
  const lines = (text: string, count: number): string => {
    const all = text.trimEnd().split("\n");
    const shown = all.slice(0, count).map((each) => `    ${each}`);
    return [...shown, ...(all.length > count ? [`    … ${all.length - count} more lines`] : [])].join("\n");
  };
  return `FOUND ${target} seed ${seed}: ${path}\n${lines(detail, 8)}\n    --- input\n${lines(input, 12)}\n`;
}

async function judgeFiles(
  context: CliContext,
  pool: FuzzPool,
  files: readonly string[],
  targets: readonly FuzzTargetName[],
  options: FuzzOptions,
): Promise<number> {
  const complaints: { readonly file: string; readonly target: FuzzTargetName; readonly detail: string }[] = [];
  for (const file of files) {
    const bytes = await context.host.perform("fs.read", { path: resolve(context.cwd, file) }, context.cancel);
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    for (const target of targets) {
      if ((target === "loader") !== file.endsWith(".json")) continue;
      if (context.cancel.aborted) throw context.cancel.reason;
      const answer = await pool.run({ kind: "judge", target, input: { kind: "damaged", text } });
      const detail = answer.status === "judged" ? answer.complaint?.detail : describeFailure(answer);
      if (detail === undefined) continue;
      complaints.push({ file, target, detail });
      if (!options.json) context.out(`FOUND ${target} ${file}\n${detail.replace(/^/gm, "    ")}\n`);
    }
  }
  if (options.json) context.outJson(complaints.map((each) => ({ ...each })));
  else context.out(`${files.length} files, ${complaints.length} findings\n`);
  return complaints.length > 0 ? exitCodes.failed : exitCodes.ok;
}

function describeFailure(answer: Exclude<Awaited<ReturnType<FuzzPool["run"]>>, { status: "judged" }>): string {
  if (answer.status === "timeout") return `No end within ${answer.afterMs} ms`;
  return answer.status === "crash" ? `The process dies: ${answer.detail}` : "No verdict";
}

function chooseTargets(text: string | undefined): readonly FuzzTargetName[] {
  if (text === undefined) return fuzzTargetNames;
  return text.split(",").map((word) => {
    const found = fuzzTargetNames.find((name) => name === word.trim());
    if (found === undefined)
      throw new UsageError(`There is no target \`${word}\`; there is ${fuzzTargetNames.join(", ")}`);
    return found;
  });
}

function statusText({ ran, findings }: FuzzProgress, elapsedMs: number): string {
  const total = [...ran.values()].reduce((sum, count) => sum + count, 0);
  return `${(elapsedMs / 1000).toFixed(0)} s, ${total} cases, ${findings} findings`;
}

function summary({ ran, findings, repeated }: FuzzProgress, elapsedMs: number): string {
  const width = Math.max(...[...ran.keys()].map((name) => name.length));
  const rows = [...ran].map(([name, count]) => `${name.padEnd(width)}  ${String(count).padStart(8)} cases`);
  const again = repeated > 0 ? ` (met ${repeated} times more)` : "";
  return `${rows.join("\n")}\n${findings} findings${again} in ${(elapsedMs / 1000).toFixed(1)} s\n`;
}

/** One line on the terminal that is written over; nothing in a pipe. */
function createStatusLine(context: CliContext): { show(text: string): void; clear(): void } {
  const isTty = context.host.sync("console.isTty", { stream: "stderr" });
  let shown = false;
  return {
    show(text) {
      if (!isTty) return;
      shown = true;
      context.err(`\r\u001b[K${text}`);
    },
    clear() {
      if (shown) context.err("\r\u001b[K");
      shown = false;
    },
  };
}
