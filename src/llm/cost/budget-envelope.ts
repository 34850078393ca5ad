/** The limits a caller puts on one call, and the refusal when its projection crosses one (COST-05, COST-06). */

import { HarnError, isJsonObject, type JsonObject } from "../../base/index.ts";
import type { Usage } from "../spec/model.ts";
import { ModelError } from "../spec/model-error.ts";

export interface BudgetEnvelope {
  /** US dollars for this call. */
  readonly maxCostUsd?: number;
  /** US dollars for the session, this call included. */
  readonly totalBudgetUsd?: number;
  readonly maxInputTokens?: number;
  readonly maxOutputTokens?: number;
}

export interface CallProjection {
  readonly provider: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number;
  /** Settled cost of the session. */
  readonly sessionCostUsd: number;
  /** What other calls in flight have reserved. */
  readonly reservedUsd: number;
}

export type BudgetLimit = "max_input_tokens" | "max_output_tokens" | "max_cost_usd" | "total_budget_usd";

/** A call refused, or cut, because of money. Programs see `dict` (ERR-02). */
export class BudgetExceededError extends ModelError {
  readonly dict: JsonObject;
  /** Refused before the provider was asked, cut during the answer, or found too dear after it. */
  readonly stage: "before" | "during" | "after";

  constructor(
    stage: BudgetExceededError["stage"],

    message: string,
    call: { provider: string; model: string },
    dict: JsonObject,
    partial: PartialSpend = {},
  ) {
    super(message, {
      category: "budget_exceeded",
      kind: "terminal",
      reason: "budget_exceeded",
      provider: call.provider,
      model: call.model,
      ...partial,
    });
    this.name = "BudgetExceededError";
    this.stage = stage;
    this.dict = dict;
  }
}

interface PartialSpend {
  readonly partialText?: string;
  readonly usage?: Usage;
}

/** The limit that the projection crosses first, session budgets left out: those are decided by the ledger. */
export function crossedLimit(
  envelope: BudgetEnvelope,
  projection: CallProjection,
): { readonly limit: BudgetLimit; readonly value: number } | undefined {
  const { maxInputTokens, maxOutputTokens, maxCostUsd } = envelope;
  if (maxInputTokens !== undefined && projection.inputTokens > maxInputTokens) {
    return { limit: "max_input_tokens", value: maxInputTokens };
  }
  if (maxOutputTokens !== undefined && projection.outputTokens > maxOutputTokens) {
    return { limit: "max_output_tokens", value: maxOutputTokens };
  }
  if (maxCostUsd !== undefined && projection.costUsd > maxCostUsd) return { limit: "max_cost_usd", value: maxCostUsd };
  return undefined;
}

/** COST-06: the refusal before the provider is asked. */
export function budgetRefusal(projection: CallProjection, limit: BudgetLimit, value: number): BudgetExceededError {
  const message = `LLM budget exceeded before provider call: ${projected(projection, limit)} would exceed ${limit}`;
  return new BudgetExceededError("before", message, projection, dictOf(message, projection, limit, value));
}

/** The stream is cut: the call has consumed what it reserved and no limit leaves room for more. */
export function budgetCut(
  projection: CallProjection,
  limit: BudgetLimit,
  value: number,
  spentUsd: number,
  partial: PartialSpend,
): BudgetExceededError {
  const message = `LLM budget exceeded during the answer: ${usd(spentUsd)} spent on this call, ${limit} leaves no more`;
  return new BudgetExceededError("during", message, projection, dictOf(message, projection, limit, value), partial);
}

/** COST-07: the provider answered, and the session budget is passed. The answer travels along. */
export function budgetOverrun(
  call: { provider: string; model: string },
  spentUsd: number,
  limitUsd: number,
  partial: PartialSpend,
): BudgetExceededError {
  const message = `LLM budget exceeded: spent $${spentUsd.toFixed(4)} of $${limitUsd.toFixed(4)} budget`;
  const dict: JsonObject = {
    category: "budget_exceeded",
    kind: "terminal",
    reason: "budget_exceeded",
    limit: "total_budget_usd",
    limit_value: limitUsd,
    session_cost_usd: spentUsd,
    message,
  };
  return new BudgetExceededError("after", message, call, dict, partial);
}

function projected(projection: CallProjection, limit: BudgetLimit): string {
  switch (limit) {
    case "max_input_tokens":
      return `projected input tokens ${projection.inputTokens}`;
    case "max_output_tokens":
      return `projected output tokens ${projection.outputTokens}`;
    case "max_cost_usd":
      return `projected cost ${usd(projection.costUsd)}`;
    case "total_budget_usd":
      return `projected session cost ${usd(projection.sessionCostUsd + projection.reservedUsd + projection.costUsd)}`;
  }
}

const usd = (amount: number): string => `$${amount.toFixed(6)}`;

function dictOf(message: string, projection: CallProjection, limit: BudgetLimit, value: number): JsonObject {
  return {
    category: "budget_exceeded",
    kind: "terminal",
    reason: "budget_exceeded",
    limit,
    limit_value: value,
    projected_cost_usd: projection.costUsd,
    session_cost_usd: projection.sessionCostUsd,
    ...(projection.reservedUsd > 0 ? { reserved_cost_usd: projection.reservedUsd } : {}),
    projected_input_tokens: projection.inputTokens,
    projected_output_tokens: projection.outputTokens,
    provider: projection.provider,
    model: projection.model,
    message,
  };
}

// ---- Reading options -----------------------------------------------------------------------------------------------

/** `budget: {…}` and the flat keys, which win (OPT-29). Undefined when no limit is set. */
export function readBudgetEnvelope(options: Readonly<Record<string, unknown>>): BudgetEnvelope | undefined {
  const nested = options["budget"];
  if (nested !== undefined && nested !== null && !isJsonObject(nested)) {
    throw new HarnError(
      "llm.option",
      "budget: expected a dict {max_cost_usd?, total_budget_usd?, max_input_tokens?, max_output_tokens?}",
    );
  }
  const envelope: BudgetEnvelope = { ...readFields(nested ?? {}), ...readFields(options) };
  return Object.keys(envelope).length === 0 ? undefined : envelope;
}

function readFields(fields: Readonly<Record<string, unknown>>): BudgetEnvelope {
  const maxCostUsd = readBudgetNumber(fields, "max_cost_usd");
  const totalBudgetUsd = readBudgetNumber(fields, "total_budget_usd");
  const maxInputTokens = tokens(fields, "max_input_tokens");
  const maxOutputTokens = tokens(fields, "max_output_tokens");
  return {
    ...(maxCostUsd === undefined ? {} : { maxCostUsd }),
    ...(totalBudgetUsd === undefined ? {} : { totalBudgetUsd }),
    ...(maxInputTokens === undefined ? {} : { maxInputTokens }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  };
}

/** A limit in US dollars under `key`. @throws HarnError code `llm.option` */
export function readBudgetNumber(fields: Readonly<Record<string, unknown>>, key: string): number | undefined {
  const value = fields[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number") throw invalid(key, "a non-negative number");
  if (!Number.isFinite(value) || value < 0) throw invalid(key, "a non-negative finite number");
  return value;
}

function tokens(fields: Readonly<Record<string, unknown>>, key: string): number | undefined {
  const value = fields[key];
  if (value === undefined || value === null) return undefined;
  if (!Number.isInteger(value) || (value as number) < 0) throw invalid(key, "a non-negative integer");
  return value as number;
}

function invalid(key: string, expected: string): HarnError {
  return new HarnError("llm.option", `budget.${key}: expected ${expected}`);
}
