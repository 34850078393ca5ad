/** Results of `harn bench`: as a table, as a file, and beside those of an earlier one. */

import { HarnError, type JsonObject } from "../../base/index.ts";
import type { Measurement } from "./measure.ts";

export interface BenchResult extends Measurement {
  /** The pipeline; the file's name when the whole file is meant. */
  readonly name: string;
}

export interface BenchReport {
  readonly version: 1;
  readonly file: string;
  readonly node: string;
  readonly platform: string;
  /** Processes that wanted a core when it began, one-minute average; 0 where the system does not tell. */
  readonly load: number;
  readonly cores: number;
  readonly benchmarks: readonly BenchResult[];
}

export function reportToJson(report: BenchReport): JsonObject {
  return { ...report, benchmarks: report.benchmarks.map((result): JsonObject => ({ ...result })) };
}

/** What an earlier report says of a benchmark. */
export interface EarlierResult {
  readonly medianMs: number;
  readonly spread: number;
}

/**
 * @param source how messages call the file
 * @throws HarnError when it is no report of this command
 */
export function readEarlier(text: string, source: string): ReadonlyMap<string, EarlierResult> {
  const refuse = (why: string): never => {
    throw new HarnError("bench.report", `${source} is no report of harn bench: ${why}`, {
      data: { hint: "write one with `harn bench --json FILE > before.json`" },
    });
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return refuse("it is not JSON");
  }
  if (!isObject(parsed) || parsed["version"] !== 1) return refuse("expected `version` 1");
  const { benchmarks } = parsed;
  if (!Array.isArray(benchmarks)) return refuse("expected a list of `benchmarks`");
  return new Map(
    benchmarks.map((each: unknown): [string, EarlierResult] => {
      const { name, medianMs, spread } = isObject(each) ? each : {};
      if (typeof name !== "string" || typeof medianMs !== "number" || typeof spread !== "number")
        return refuse("expected `name`, `medianMs` and `spread` of each benchmark");
      return [name, { medianMs, spread }];
    }),
  );
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** How a median compares with an earlier one. */
export interface Change {
  /** Now by then: 1.1 is 10 % slower. */
  readonly ratio: number;
  /** False: within what the runs differ among themselves. */
  readonly isClear: boolean;
}

export function changeSince(earlier: EarlierResult, { medianMs, spread }: EarlierResult): Change {
  const ratio = earlier.medianMs === 0 ? 1 : medianMs / earlier.medianMs;
  return { ratio, isClear: Math.abs(ratio - 1) > Math.max(0.02, earlier.spread + spread) };
}

/** @param earlier by name; adds a column that compares */
export function renderBenchTable(
  results: readonly BenchResult[],
  earlier?: ReadonlyMap<string, EarlierResult>,
): string {
  const header = ["", "median", "p95", "spread", "memory", "runs", ...(earlier ? ["before", "change"] : [])];
  const rows = results.map((result) => [
    result.name,
    formatMs(result.medianMs),
    formatMs(result.p95Ms),
    `±${(result.spread * 100).toFixed(1)} %`,
    formatBytes(result.heapPeakBytes),
    `${result.runs}${result.stable ? "" : " *"}`,
    ...(earlier ? changeCells(earlier.get(result.name), result) : []),
  ]);
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => [...(line[column] ?? "")].length)));
  const table = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  const notes = results.some(({ stable }) => !stable)
    ? ["", "* the median is not steady yet; give it more --seconds or --runs"]
    : [];
  return `${[...table, ...notes].join("\n")}\n`;
}

function changeCells(before: EarlierResult | undefined, now: EarlierResult): string[] {
  if (before === undefined) return ["-", "new"];
  const { ratio, isClear } = changeSince(before, now);
  const percent = `${ratio >= 1 ? "+" : "−"}${Math.abs((ratio - 1) * 100).toFixed(1)} %`;
  return [formatMs(before.medianMs), isClear ? percent : `${percent} (noise)`];
}

function formatMs(ms: number): string {
  if (ms < 1) return `${(ms * 1000).toFixed(0)} µs`;
  return ms < 1000 ? `${ms.toFixed(ms < 10 ? 2 : 1)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

function formatBytes(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
