/**
 * Where steps begin and end, for the journal of the run: the log of effects alone does not show it. A replay says the same
 * again, and then it is in the log already.
 */

import type { JsonObject } from "../base/index.ts";
import type { CompletedStep } from "./completed-log.ts";
import type { ActiveStep } from "./scope.ts";

export interface StepNote {
  readonly kind: "step-start" | "step-end";
  /** Counts the steps of the run, in the order in which they were entered. */
  readonly id: string;
  readonly data: JsonObject;
}

/** A host with a journal is one. Contract: never throws; `task` is who entered the step, if that is known. */
export interface StepJournal {
  note(note: StepNote, task?: string): void;
}

export function noteStart(journal: StepJournal | undefined, step: ActiveStep): void {
  if (journal === undefined) return;
  const { name, function: fn } = step.definition;
  const persona = step.persona === undefined ? {} : { persona: step.persona };
  journal.note({ kind: "step-start", id: String(step.id), data: { name, function: fn, ...persona } }, step.task);
}

export function noteEnd(journal: StepJournal | undefined, step: ActiveStep, record: CompletedStep): void {
  if (journal === undefined) return;
  const { status, error, model, llmCalls, inputTokens, outputTokens, costUsd } = record;
  const data = {
    status,
    ...(error === null ? {} : { error }),
    ...(model === null ? {} : { model }),
    llmCalls,
    inputTokens,
    outputTokens,
    ...(Number.isFinite(costUsd) ? { costUsd } : {}),
  };
  journal.note({ kind: "step-end", id: String(step.id), data }, step.task);
}
