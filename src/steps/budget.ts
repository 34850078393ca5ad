/**
 * Charging model calls to steps, and what happens when a step has spent more than it may (STEP-28 … STEP-37).
 *
 * The check comes after the call: a call that crosses a limit has been made and is counted, and the breach takes the
 * place of its result. Run-wide totals are booked before the breach is reported. Before a call only that is refused which
 * cannot fit.
 */

import type { JsonObject } from "../base/index.ts";
import type { CallForecast } from "../llm/index.ts";
import type { StepDefinition } from "./definition.ts";
import type { HookRegistration, HookRegistry } from "./hook-registry.ts";
import { type ActiveStep, activeStep, type StepScope, type UsageCounters } from "./scope.ts";

/** What one model call took. */
export interface StepCharge {
  /** Empty when unknown. */
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Absent when no price is known; the tokens count all the same (STEP-31). */
  readonly costUsd?: number | undefined;
  /** How many calls it stands for. Default 1. */
  readonly calls?: number;
  /** Some of it is our count: the provider did not get to tell. */
  readonly estimated?: boolean;
}

/** The books that one run keeps. */
export interface RunUsage {
  /** Everything that was charged. */
  readonly total: UsageCounters;
  /** The part that no step was open for. */
  readonly unattributed: UsageCounters;
}

export interface Charged<H> {
  /** The dict to throw in place of the call's result; undefined while within budget (STEP-34). */
  readonly breach: JsonObject | undefined;
  /** Threshold hooks to run, before throwing. */
  readonly thresholds: readonly ThresholdFiring<H>[];
}

export interface ThresholdFiring<H> {
  readonly registration: HookRegistration<H>;
  readonly step: ActiveStep;
  readonly budget: JsonObject;
}

/** Books a call: to the run, and to the step that pays for it if there is one. */
export function charge<H>(
  books: RunUsage,
  hooks: HookRegistry<H>,
  step: ActiveStep | undefined,
  spent: StepCharge,
): Charged<H> {
  addUsage(books.total, spent);
  if (step === undefined) {
    addUsage(books.unattributed, spent);
    return { breach: undefined, thresholds: [] };
  }
  addUsage(step.usage, spent);
  if (spent.model !== "") step.lastModel = spent.model;
  if (step.record !== undefined) {
    // A cancelled call tells what it took when the step is over already: its record is put right, nobody is stopped.
    Object.assign(step.record, step.usage, { model: step.lastModel ?? step.record.model });
    return { breach: undefined, thresholds: [] };
  }
  return { breach: breachOf(step), thresholds: thresholdFirings(hooks, step) };
}

function addUsage(counters: UsageCounters, spent: StepCharge): void {
  counters.inputTokens = addTokens(counters.inputTokens, spent.inputTokens);
  counters.outputTokens = addTokens(counters.outputTokens, spent.outputTokens);
  counters.llmCalls = addTokens(counters.llmCalls, spent.calls ?? 1);
  const { costUsd } = spent;
  if (spent.estimated) counters.estimated = true;
  // A cost that is no number must not switch the money limit off by making every comparison false.
  if (costUsd !== undefined && Number.isFinite(costUsd) && costUsd > 0) counters.costUsd += costUsd;
}

/** Sums stay integers that a program can count with. */
function addTokens(sum: number, more: number): number {
  return more > 0 ? Math.min(sum + Math.trunc(more), Number.MAX_SAFE_INTEGER) : sum;
}

export function tokensOf(usage: UsageCounters): number {
  return Math.min(usage.inputTokens + usage.outputTokens, Number.MAX_SAFE_INTEGER);
}

/** STEP-30: strictly above a limit, tokens first. */
function breachOf(step: ActiveStep): JsonObject | undefined {
  const { definition, usage } = step;
  const { maxTokens, maxUsd } = definition;
  if (maxTokens !== undefined && tokensOf(usage) > maxTokens)
    return breachDict(definition, "max_tokens", maxTokens, usage);
  if (maxUsd !== undefined && usage.costUsd > maxUsd) return breachDict(definition, "max_usd", maxUsd, usage);
  return undefined;
}

function breachDict(
  definition: StepDefinition,
  limit: "max_tokens" | "max_usd",
  limitValue: number,
  usage: UsageCounters,
): JsonObject {
  const tokens = tokensOf(usage);
  return {
    category: "budget_exceeded",
    kind: "budget_exhausted",
    reason: "step_budget_exhausted",
    step: definition.name,
    function: definition.function,
    limit,
    limit_value: limitValue,
    consumed_tokens: tokens,
    consumed_cost_usd: usage.costUsd,
    error_boundary: definition.errorBoundary ?? "fail",
    // The text shows tokens for money limits too; programs and tests know it that way (STEP-35).
    message: `step \`${definition.name}\` exceeded ${limit} budget (${tokens} > ${Math.trunc(limitValue)})`,
  };
}

/** STEP-36: a dict that tells of an exhausted budget, whoever threw it. */
export function isBudgetExhausted(dict: JsonObject | undefined): boolean {
  if (dict === undefined) return false;
  if (dict.kind === "budget_exhausted" && dict.reason === "step_budget_exhausted") return true;
  return dict.category === "budget_exceeded";
}

/** Consumption in percent of the limit that is nearest to being reached; undefined for a step without limits. */
export function budgetPercentage(step: ActiveStep): number | undefined {
  const { maxTokens, maxUsd } = step.definition;
  const shares = [
    ...(maxTokens === undefined ? [] : [share(tokensOf(step.usage), maxTokens)]),
    ...(maxUsd === undefined ? [] : [share(step.usage.costUsd, maxUsd)]),
  ];
  return shares.length === 0 ? undefined : Math.max(...shares);
}

function share(consumed: number, limit: number): number {
  if (limit > 0) return (100 * consumed) / limit;
  return consumed > 0 ? Number.POSITIVE_INFINITY : 0;
}

/** A hook with a threshold fires once per entry of a step; one without fires at each charge. */
function thresholdFirings<H>(hooks: HookRegistry<H>, step: ActiveStep): readonly ThresholdFiring<H>[] {
  const percentage = budgetPercentage(step);
  if (percentage === undefined) return [];
  const { definition, persona, usage } = step;
  const matching = hooks.matching({
    event: "OnBudgetThreshold",
    persona,
    stepName: definition.name,
    budgetPct: percentage,
  });
  return matching
    .filter((registration) => registration.thresholdPct === undefined || !step.firedThresholds.has(registration))
    .map((registration) => {
      if (registration.thresholdPct !== undefined) step.firedThresholds.add(registration);
      const budget = {
        percentage,
        ...(registration.thresholdPct === undefined ? {} : { threshold: registration.thresholdPct }),
        max_tokens: definition.maxTokens ?? null,
        max_usd: definition.maxUsd ?? null,
        consumed_tokens: tokensOf(usage),
        consumed_cost_usd: usage.costUsd,
      };
      return { registration, step, budget };
    });
}

/** What a call is expected to take; tokens are estimates, the output the most it may be. */
export type CallNeeds = Omit<CallForecast, "sessionCostUsd" | "reservedUsd">;

/** What attempts of a call under way have taken that is not on the step's bill yet. */
export type InFlight = Pick<StepCharge, "inputTokens" | "outputTokens" | "costUsd">;

const NOTHING_IN_FLIGHT: InFlight = { inputTokens: 0, outputTokens: 0 };

/**
 * The check before a call is sent: the dict to throw instead, when the call cannot fit. Undefined while it may.
 *
 * A step that is over a limit raises its breach again (STEP-30), without paying for one more call. Otherwise a call cannot
 * fit when its input alone, whatever is answered, exceeds what is left; that rejection has the shape of the model layer's
 * own (STEP-37): no step and no function, so an escalating boundary adds them.
 */
export function preflight(
  scope: StepScope,
  forecast: CallNeeds,
  inFlight: InFlight = NOTHING_IN_FLIGHT,
): JsonObject | undefined {
  const step = activeStep(scope);
  if (step === undefined) return undefined;
  const breach = breachOf(step);
  if (breach !== undefined) return breach;
  if (forecast.isScripted) return undefined;
  const { maxTokens, maxUsd, name } = step.definition;
  const tokens = tokensOf(step.usage) + inFlight.inputTokens + inFlight.outputTokens + forecast.inputTokens;
  const costUsd = step.usage.costUsd + (inFlight.costUsd ?? 0) + forecast.inputCostUsd;
  const rejection = (limit: string, limitValue: number, projected: number): JsonObject => ({
    category: "budget_exceeded",
    kind: "terminal",
    reason: "budget_exceeded",
    limit,
    limit_value: limitValue,
    projected_cost_usd: forecast.costUsd,
    session_cost_usd: step.usage.costUsd,
    projected_input_tokens: forecast.inputTokens,
    projected_output_tokens: forecast.outputTokens,
    provider: forecast.provider,
    model: forecast.model,
    message: `call would exceed ${limit} budget of step \`${name}\` (${projected} > ${limitValue})`,
  });
  if (maxTokens !== undefined && tokens > maxTokens) return rejection("max_tokens", maxTokens, tokens);
  if (maxUsd !== undefined && costUsd > maxUsd) return rejection("max_usd", maxUsd, costUsd);
  return undefined;
}
