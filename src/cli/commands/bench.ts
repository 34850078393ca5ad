/** `harn bench FILE`: how long its pipelines named `bench_…` or marked `@bench` take, or all of it when it has none. */

import { availableParallelism, loadavg } from "node:os";
import { basename, resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Module, peelAttributes } from "../../lang/index.ts";
import { isError, loadProgram } from "../../runtime/index.ts";
import { compileFilter } from "../../testing/index.ts";
import {
  type BenchReport,
  type BenchResult,
  changeSince,
  readEarlier,
  renderBenchTable,
  reportToJson,
} from "../benchmarks/bench-report.ts";
import { type Measurement, measure } from "../benchmarks/measure.ts";
import { type CliContext, UsageError } from "../context.ts";
import { renderFailure, renderFileDiagnostics } from "../engine/render.ts";
import { runProgram } from "../engine/run-program.ts";
import { exitCodes } from "../exit-codes.ts";
import { createModelTraffic } from "../model-traffic.ts";
import { createNodeHost } from "../node-host/node-host.ts";
import { createProgress } from "../progress.ts";
import { findProgram, readSource } from "../source-files.ts";

export interface BenchOptions {
  /** Only benchmarks whose name contains this. */
  readonly filter?: string;
  /** For each benchmark, at most. */
  readonly seconds: number;
  /** So many runs of each, instead of as many as it takes. */
  readonly runs?: number;
  readonly json?: boolean;
  /** An earlier report. */
  readonly compare?: string;
  /** Percent by which a median may be worse than in that report; what is within the noise is not worse. */
  readonly failSlower?: number;
}

export async function benchCommand(context: CliContext, file: string, options: BenchOptions): Promise<number> {
  if (options.failSlower !== undefined && options.compare === undefined)
    throw new UsageError("`--fail-slower` needs `--compare FILE`, the report to be slower than");
  const earlier =
    options.compare === undefined
      ? undefined
      : readEarlier(await readSource(context, options.compare), options.compare);
  const names = await findBenchmarks(context, file, options.filter);
  if (names === undefined) return exitCodes.failed;

  const load = loadavg()[0] ?? 0;
  const cores = availableParallelism();
  if (load > cores / 2) context.err(`The machine is busy (load ${load.toFixed(1)}): expect noise\n`);
  const benchmarks: BenchResult[] = [];
  for (const name of names) {
    const measured = await measurePipeline(context, file, name, options);
    if (measured === undefined) return exitCodes.failed;
    benchmarks.push({ name: name ?? basename(file), ...measured });
  }
  const report: BenchReport = {
    version: 1,
    file,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    load,
    cores,
    benchmarks,
  };
  if (options.json) context.outJson(reportToJson(report));
  else context.out(renderBenchTable(benchmarks, earlier));
  const limit = 1 + (options.failSlower ?? Number.POSITIVE_INFINITY) / 100;
  const slower = benchmarks.filter((result) => {
    const before = earlier?.get(result.name);
    if (before === undefined) return false;
    const { ratio, isClear } = changeSince(before, result);
    return isClear && ratio > limit;
  });
  if (slower.length === 0) return exitCodes.ok;
  context.err(`Slower by more than ${options.failSlower} %: ${slower.map(({ name }) => name).join(", ")}\n`);
  return exitCodes.failed;
}

/** The pipelines to measure; one undefined name means the whole file. Undefined: it does not compile, which was told. */
async function findBenchmarks(
  context: CliContext,
  file: string,
  filter: string | undefined,
): Promise<readonly (string | undefined)[] | undefined> {
  const path = await findProgram(context, file);
  const { graph, program, diagnostics } = await loadProgram({ host: context.host, path });
  if (program === undefined) {
    const settings = { color: context.colorErrors, cwd: context.cwd };
    context.err(`${renderFileDiagnostics(diagnostics.filter(isError), settings)}\n`);
    return undefined;
  }
  const names = benchmarkNames(graph.modules.get(graph.entry)?.module);
  if (filter === undefined) return names.length === 0 ? [undefined] : names;
  let chosen: readonly string[];
  try {
    chosen = names.filter(compileFilter(filter));
  } catch (error) {
    throw new UsageError(`The filter is no regular expression: ${error instanceof Error ? error.message : "unknown"}`);
  }
  if (chosen.length === 0) {
    const there = names.length === 0 ? "it has none named `bench_…` or marked `@bench`" : `it has ${names.join(", ")}`;
    throw new UsageError(`No benchmark of ${file} matches \`${filter}\`; ${there}`);
  }
  return chosen;
}

function benchmarkNames(module: Module | undefined): string[] {
  return (module?.items ?? []).flatMap((outer) => {
    const { item, attributes } = peelAttributes(outer);
    if (item.kind !== "PipelineDecl") return [];
    const isMarked = attributes.some(({ name }) => name === "bench");
    return isMarked || item.name.name.startsWith("bench_") ? [item.name.name] : [];
  });
}

/** Undefined: a run failed, which was told. */
async function measurePipeline(
  context: CliContext,
  file: string,
  pipeline: string | undefined,
  { seconds, runs }: BenchOptions,
): Promise<Measurement | undefined> {
  const { graph, program } = await loadProgram({
    host: context.host,
    path: resolve(context.cwd, file),
    ...(pipeline !== undefined && { pipeline }),
  });
  if (program === undefined) return undefined;
  const environment = { HARN_LLM_PROVIDER: "mock", ...(context.hostOptions.environment ?? process.env) };
  const host = createNodeHost({ ...context.hostOptions, modelStream: createModelTraffic(), environment });
  const progress = createProgress(context, undefined);
  const settings = { color: context.colorErrors, cwd: context.cwd };
  try {
    return await measure(
      async () => {
        // What it prints is part of the work, and nobody wants to read it a thousand times.
        const outcome = await runProgram(program, { host, cancel: context.cancel, output: { write: () => {} } });
        if (context.cancel.aborted) throw context.cancel.reason;
        if (outcome.status === "ok") return;
        progress.clear();
        if (outcome.status === "cancelled") throw new RunFailed(outcome.reason);
        const sources = new Map([...graph.modules.values()].map(({ file: source }) => [source.path, source]));
        throw new RunFailed(renderFailure(outcome.failure, sources, settings));
      },
      {
        clock: () => context.host.sync("clock.monotonic", {}),
        heap: () => process.memoryUsage().heapUsed,
        collect: collector(),
        limitMs: seconds * 1000,
        ...(runs !== undefined && { runs }),
        onRun: (number) => progress.at(number, pipeline ?? file),
      },
    );
  } catch (error) {
    if (!(error instanceof RunFailed)) throw error;
    context.err(`${error.message}\n`);
    return undefined;
  } finally {
    progress.clear();
    host.close();
  }
}

class RunFailed extends Error {}

/** The engine's own garbage collection, which it lends on request. */
function collector(): () => void {
  try {
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    return typeof collect === "function" ? () => void collect() : () => {};
  } catch {
    return () => {};
  }
}
