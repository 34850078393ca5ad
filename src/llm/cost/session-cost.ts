/** The cost builtins, as functions of the ledger: `llm_session_cost`, `llm_budget`, `llm_budget_remaining`, `llm_usage`. */

import { HarnError, type JsonObject } from "../../base/index.ts";
import type { SpendLedger } from "./spend-ledger.ts";

/** COST-03. What is estimated or unpriced is told by `ledger.totals`. */
export function sessionCost(ledger: SpendLedger): JsonObject {
  const { totals } = ledger;
  return {
    total_cost: ledger.spentUsd,
    input_tokens: totals.inputTokens,
    output_tokens: totals.outputTokens,
    call_count: totals.calls,
  };
}

/** COST-03: sets the session budget, US dollars. */
export function setSessionBudget(ledger: SpendLedger, limitUsd: unknown): null {
  if (typeof limitUsd !== "number" || Number.isNaN(limitUsd)) {
    throw new HarnError("llm.argument", "llm_budget: requires a numeric argument");
  }
  ledger.setLimit(limitUsd);
  return null;
}

/** COST-03: budget minus spent, negative when overspent; null without a budget. */
export function budgetRemaining(ledger: SpendLedger): number | null {
  return ledger.limitUsd === undefined ? null : ledger.limitUsd - ledger.spentUsd;
}

/** COST-09. Counted always, not only while tracing. */
export function llmUsage(ledger: SpendLedger): JsonObject {
  const { totals } = ledger;
  return {
    input_tokens: totals.inputTokens,
    output_tokens: totals.outputTokens,
    total_duration_ms: Math.round(totals.durationMs),
    call_count: totals.calls,
    total_calls: totals.calls,
  };
}

/** COST-09: `llm_info()`. */
export function llmInfo(info: {
  readonly provider: string;
  readonly model: string;
  readonly keySet: boolean;
}): JsonObject {
  return { provider: info.provider, model: info.model, api_key_set: info.keySet };
}
