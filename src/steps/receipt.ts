/** What a run's steps took, for files (JSON) and for people (a table). */

import type { JsonObject } from "../base/index.ts";
import { type CompletedStep, completedStepToJson } from "./completed-log.ts";
import type { UsageCounters } from "./scope.ts";
import type { StepRuntime } from "./step-runtime.ts";

export interface StepReceipt {
  readonly steps: readonly CompletedStep[];
  /** Everything charged in the run. */
  readonly total: Readonly<UsageCounters>;
  /** The part outside of steps. */
  readonly unattributed: Readonly<UsageCounters>;
}

/** @param steps default: those in the log, which is left as it is */
export function makeReceipt(
  runtime: StepRuntime<unknown>,
  steps: readonly CompletedStep[] = runtime.log.peek(),
): StepReceipt {
  const { total, unattributed } = runtime.usage;
  return { steps, total: { ...total }, unattributed: { ...unattributed } };
}

export function receiptToJson(receipt: StepReceipt): JsonObject {
  return {
    version: 1,
    steps: receipt.steps.map((step) => ({
      ...completedStepToJson(step),
      ...(step.estimated ? { estimated: true } : {}),
      ...(step.durationMs === undefined ? {} : { duration_ms: Math.round(step.durationMs) }),
    })),
    total: countersToJson(receipt.total),
    unattributed: countersToJson(receipt.unattributed),
  };
}

function countersToJson(usage: Readonly<UsageCounters>): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cost_usd: usage.costUsd,
    llm_calls: usage.llmCalls,
    ...(usage.estimated ? { estimated: true } : {}),
  };
}

const HEADINGS = ["step", "status", "model", "calls", "in", "out", "cost", "time", "error"] as const;
type Row = Readonly<Record<(typeof HEADINGS)[number], string>>;
/** Columns that hold numbers stand to the right. */
const RIGHT: ReadonlySet<string> = new Set(["calls", "in", "out", "cost", "time"]);
const LONGEST_CELL = 60;

/**
 * A table for a terminal, without colours; one line per step, a line for the rest if there is one, and the sum. `~` stands
 * before numbers that are partly our own count.
 */
export function renderReceipt(receipt: StepReceipt): string {
  const rows: Row[] = receipt.steps.map((step) => ({
    ...numbers(step),
    step: step.name,
    status: step.status,
    model: step.model ?? "-",
    time: step.durationMs === undefined ? "" : duration(step.durationMs),
    error: step.error ?? "",
  }));
  if (receipt.unattributed.llmCalls > 0) rows.push({ ...numbers(receipt.unattributed), step: "(outside steps)" });
  rows.push({ ...numbers(receipt.total), step: "total" });
  const columns = HEADINGS.filter((heading) => heading !== "time" || rows.some((row) => row.time !== ""));
  const cells = [[...columns], ...rows.map((row) => columns.map((column) => printable(row[column])))];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column]!;
        return RIGHT.has(columns[column]!) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return `${[lines[0]!, rule, ...lines.slice(1)].join("\n")}\n`;
}

function numbers(usage: Pick<CompletedStep, keyof UsageCounters>): Row {
  const about = usage.estimated ? "~" : "";
  return {
    step: "",
    status: "",
    model: "",
    calls: String(usage.llmCalls),
    in: `${about}${usage.inputTokens}`,
    out: `${about}${usage.outputTokens}`,
    cost: `${about}$${usage.costUsd.toFixed(4)}`,
    time: "",
    error: "",
  };
}

/** `12ms`, `3.4s`, `5m 06s`. */
function duration(ms: number): string {
  const whole = Math.round(ms);
  if (whole < 1000) return `${whole}ms`;
  const seconds = whole / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  return `${Math.floor(seconds / 60)}m ${String(Math.floor(seconds % 60)).padStart(2, "0")}s`;
}

/** One line, and nothing that a terminal would obey: names and errors come from programs and models. */
function printable(text: string): string {
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  const characters = [...clean];
  return characters.length > LONGEST_CELL ? `${characters.slice(0, LONGEST_CELL - 1).join("")}…` : clean;
}
