/** `harn test conformance DIR`: judges an engine by a folder of programs with expected outcomes. */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import {
  type CorpusCase,
  type CorpusProgram,
  compileFilter,
  discoverCorpus,
  type Layout,
  type ProgramOutcome,
  renderJunit,
  renderReport,
  runCorpus,
  summarize,
} from "../../testing/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted } from "../source-files.ts";
import { workerCommands } from "../workers/worker-commands.ts";
import { createWorkerPool } from "../workers/worker-pool.ts";

export interface ConformanceOptions {
  readonly filter?: string;
  /** Only what is below this file or folder of the suite. */
  readonly select?: string;
  /** Milliseconds for each program. */
  readonly timeout: number;
  readonly jobs?: number;
  /** Folder that programs run in. */
  readonly cwd?: string;
  /** Errors must be the expected text, not contain it. */
  readonly exact?: boolean;
  /** Programs run in this layout, and their output must not change. Of exact errors only the headlines are compared. */
  readonly layout?: Layout;
  readonly update?: boolean;
  readonly verbose?: boolean;
  readonly timing?: boolean;
  readonly json?: string;
  readonly junit?: string;
}

export async function conformanceCommand(
  context: CliContext,
  folder: string,
  options: ConformanceOptions,
): Promise<number> {
  const { host } = context;
  const suite = resolve(context.cwd, folder);
  const isWanted = filterOf(options.filter);
  const { cases, complaints } = await discoverCorpus(host, suite, options.select);
  const chosen = cases.filter((corpusCase: CorpusCase) => isWanted(corpusCase.program.name));
  if (cases.length === 0) {
    throw new UsageError(`There is no program in ${folder} with an .expected or .error file beside it`);
  }
  if (chosen.length === 0) {
    throw new UsageError(`No program of ${folder} matches --filter; it holds ${counted(cases.length, "program")}`);
  }

  const jobs = options.jobs ?? Math.min(availableParallelism(), 8);
  const pool = createWorkerPool<CorpusProgram, ProgramOutcome>({
    worker: context.main,
    workerArgs: [workerCommands.conformance],
    jobs,
    timeoutMs: options.timeout,
    cwd: options.cwd === undefined ? context.cwd : resolve(context.cwd, options.cwd),
    environment: { ...process.env, HARN_LLM_CALLS_DISABLED: "1" },
  });
  const started = host.sync("clock.monotonic", {});
  try {
    context.cancel.addEventListener("abort", pool.close);
    const results = await runCorpus(chosen, {
      host,
      jobs,
      run: (program) =>
        context.cancel.aborted
          ? Promise.reject(context.cancel.reason)
          : pool.run(options.layout === undefined ? program : { ...program, layout: options.layout }),
      errors: !options.exact ? "contains" : options.layout === undefined ? "exact" : "headlines",
      ...(options.update && { update: true }),
    });
    const report = summarize(
      results,
      options.filter === undefined ? complaints : [],
      host.sync("clock.monotonic", {}) - started,
    );
    if (options.json !== undefined)
      await host.perform("fs.write", { path: options.json, data: JSON.stringify(report, null, 2) });
    if (options.junit !== undefined) await host.perform("fs.write", { path: options.junit, data: renderJunit(report) });
    context.out(renderReport(report, { verbose: options.verbose === true, timing: options.timing === true }));
    return report.failed === 0 ? exitCodes.ok : exitCodes.failed;
  } finally {
    context.cancel.removeEventListener("abort", pool.close);
    pool.close();
  }
}

function filterOf(filter: string | undefined): (name: string) => boolean {
  if (filter === undefined) return () => true;
  try {
    return compileFilter(filter);
  } catch (error) {
    throw new UsageError(`The filter is no regular expression: ${error instanceof Error ? error.message : "unknown"}`);
  }
}
