/** STEP-47 … STEP-49: one record per step that was entered, in finishing order. */

import type { JsonObject } from "../base/index.ts";
import type { ActiveStep } from "./scope.ts";

/**
 * `completed`: it returned. `failed`: an error left it. `skipped`: out of budget, and its boundary went on without it.
 * `escalated`: out of budget, and its boundary handed that up.
 */
export type StepStatus = "completed" | "failed" | "skipped" | "escalated";

export interface CompletedStep {
  readonly name: string;
  readonly function: string;
  /** The model of its last call, else the declared one, else null. */
  readonly model: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number;
  readonly llmCalls: number;
  /** True when some of the tokens are our count. Not in the log that programs read, which has nine keys. */
  readonly estimated?: true;
  readonly status: StepStatus;
  readonly error: string | null;
  /** Milliseconds from entry to end, inner steps and waiting included; absent when the runtime has no clock. */
  readonly durationMs?: number;
}

export interface CompletedLog {
  add(record: CompletedStep): void;
  /** Empties the log and returns what was in it. */
  drain(): readonly CompletedStep[];
  /** A copy; the log stays as it is. */
  peek(): readonly CompletedStep[];
}

export function createCompletedLog(): CompletedLog {
  let records: CompletedStep[] = [];
  return {
    add: (record) => void records.push(record),
    drain() {
      const all = records;
      records = [];
      return all;
    },
    peek: () => [...records],
  };
}

/** @param nowMs by the clock that the step was entered by */
export function completedRecord(
  step: ActiveStep,
  status: StepStatus,
  error: string | null,
  nowMs: number | undefined,
): CompletedStep {
  const { definition, usage } = step;
  return {
    name: definition.name,
    function: definition.function,
    model: step.lastModel ?? definition.model ?? null,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    costUsd: usage.costUsd,
    llmCalls: usage.llmCalls,
    ...(usage.estimated ? { estimated: true } : {}),
    status,
    error,
    ...(nowMs === undefined || step.startedMs === undefined ? {} : { durationMs: nowMs - step.startedMs }),
  };
}

/** The nine keys of the log; absent things are null. */
export function completedStepToJson(record: CompletedStep): JsonObject {
  return {
    name: record.name,
    function: record.function,
    model: record.model,
    input_tokens: record.inputTokens,
    output_tokens: record.outputTokens,
    cost_usd: record.costUsd,
    llm_calls: record.llmCalls,
    status: record.status,
    error: record.error,
  };
}
