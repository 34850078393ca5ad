/**
 * Who is at work, as an immutable value that travels with a task: children inherit it by copying the reference, and it
 * is gone when the code that was given it returns. What a scope points at can be over, though: a task that was left
 * running when its step ended still holds the scope, and then the step counts as not there.
 */

import type { CompletedStep } from "./completed-log.ts";
import type { PersonaDefinition, StepDefinition } from "./definition.ts";
import type { ActionPolicy } from "./stage-policy.ts";

/** Tokens, money (US dollars) and calls. */
export interface UsageCounters {
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
  llmCalls: number;
  /** True when some of the tokens are our count, since a provider did not get to tell. */
  estimated?: true;
}

export function noUsage(): UsageCounters {
  return { inputTokens: 0, outputTokens: 0, costUsd: 0, llmCalls: 0 };
}

/** A step that was entered. One object per entry, shared by all tasks inside it. */
export interface ActiveStep {
  /** Counts the steps of the run from 1, in the order in which they were entered. */
  readonly id: number;
  /** The task that entered it, where tasks have names. */
  readonly task: string | undefined;
  readonly definition: StepDefinition;
  /** Name of the persona it belongs to. */
  readonly persona: string | undefined;
  /** Arguments it runs with, hooks having had their say. */
  readonly args: readonly unknown[];
  /** The step it runs inside. */
  readonly outer: ActiveStep | undefined;
  readonly usage: UsageCounters;
  lastModel: string | undefined;
  /** 0 when tracing was off at entry. */
  readonly spanId: number;
  /** By the runtime's clock; absent without one. */
  startedMs: number | undefined;
  /**
   * `open`: supplies defaults and is charged. `detached`: its body has returned, hooks run. `finished`: it is in the log.
   */
  state: "open" | "detached" | "finished";
  /** Once it is in the log: a call that was made in it and ends later is put on its bill there. */
  record: { -readonly [K in keyof CompletedStep]: CompletedStep[K] } | undefined;
  /** Thresholds, by registration, that have fired in this entry. */
  readonly firedThresholds: Set<object>;
}

export interface StepScope {
  readonly step: ActiveStep | undefined;
  readonly persona: PersonaDefinition | undefined;
  /** Limits of the stages around; absent: none. */
  readonly policy: ActionPolicy | undefined;
  /** Innermost open span, of whatever kind; 0: none. */
  readonly spanId: number;
}

/** Outside of every step and persona; hook handlers run in it (STEP-23). */
export const EMPTY_SCOPE: StepScope = Object.freeze({
  step: undefined,
  persona: undefined,
  policy: undefined,
  spanId: 0,
});

/** The step that is charged and supplies defaults: the innermost one that is still open (STEP-19). */
export function activeStep(scope: StepScope): ActiveStep | undefined {
  let step = scope.step;
  while (step !== undefined && step.state !== "open") step = step.outer;
  return step;
}

/** STEP-26, STEP-27: the model for calls that name none. Not inherited from outer steps. */
export function modelDefault(scope: StepScope): string | undefined {
  return activeStep(scope)?.definition.model;
}

/** STEP-16: the name of the current persona. */
export function personaName(scope: StepScope): string | undefined {
  return scope.persona?.name;
}
