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

/** Looks at the log without emptying it. */
export function makeReceipt(runtime: StepRuntime<unknown>): StepReceipt {
  const { total, unattributed } = runtime.usage;
  return { steps: runtime.log.peek(), total: { ...total }, unattributed: { ...unattributed } };
}

export function receiptToJson(receipt: StepReceipt): JsonObject {
  return {
    version: 1,
    steps: receipt.steps.map(completedStepToJson),
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
  };
}

const HEADINGS = ["step", "status", "model", "calls", "in", "out", "cost", "error"] as const;
/** Columns that hold numbers stand to the right. */
const RIGHT = new Set([3, 4, 5, 6]);
const LONGEST_CELL = 60;

/** A table for a terminal, without colours; one line per step, a line for the rest if there is one, and the sum. */
export function renderReceipt(receipt: StepReceipt): string {
  const rows: string[][] = receipt.steps.map((step) => [
    step.name,
    step.status,
    step.model ?? "-",
    ...numbers(step),
    step.error ?? "",
  ]);
  if (receipt.unattributed.llmCalls > 0) rows.push(["(outside steps)", "", "", ...numbers(receipt.unattributed), ""]);
  rows.push(["total", "", "", ...numbers(receipt.total), ""]);
  const cells = [[...HEADINGS], ...rows].map((row) => row.map(printable));
  const widths = HEADINGS.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (RIGHT.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return `${[lines[0]!, rule, ...lines.slice(1)].join("\n")}\n`;
}

function numbers(usage: Pick<CompletedStep, "llmCalls" | "inputTokens" | "outputTokens" | "costUsd">): string[] {
  return [
    String(usage.llmCalls),
    String(usage.inputTokens),
    String(usage.outputTokens),
    `$${usage.costUsd.toFixed(4)}`,
  ];
}

/** One line, and nothing that a terminal would obey: names and errors come from programs and models. */
function printable(text: string): string {
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  const characters = [...clean];
  return characters.length > LONGEST_CELL ? `${characters.slice(0, LONGEST_CELL - 1).join("")}…` : clean;
}
