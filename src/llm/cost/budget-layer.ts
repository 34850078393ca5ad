/**
 * Money around one attempt: projects, reserves, watches the running cost, cuts, settles and counts. Runs for every
 * attempt, mocked ones included; an attempt that died is charged for what it had used (COST-04 … COST-07).
 */

import type { Host } from "../../base/index.ts";
import type { AttemptOutcome, AttemptScope, CallLayer } from "../call/call-layer.ts";
import type { Usage } from "../spec/model.ts";
import type { ModelError } from "../spec/model-error.ts";
import { NO_USAGE } from "../spec/model-result.ts";
import {
  type BudgetEnvelope,
  type BudgetExceededError,
  type BudgetLimit,
  budgetCut,
  budgetOverrun,
  budgetRefusal,
  type CallProjection,
  crossedLimit,
} from "./budget-envelope.ts";
import { estimateInputTokens, type TokenCounts } from "./estimate-tokens.ts";
import { costOfUsage, type PriceBook } from "./pricing.ts";
import { isOverspent, type SpendLedger } from "./spend-ledger.ts";

/** One attempt on the bill. */
export interface ChargeRecord {
  readonly provider: string;
  readonly model: string;
  readonly usage: Usage;
  /** Undefined when no price is known. */
  readonly costUsd: number | undefined;
  /** `lost`: the process stopped before it heard the end; taken to have used what the attempt in its place did. */
  readonly outcome: "completed" | "failed" | "cancelled" | "cut" | "abandoned" | "lost";
  readonly durationMs: number;
}

export interface BudgetParts {
  readonly host: Host;
  readonly ledger: SpendLedger;
  readonly prices: PriceBook;
  readonly envelope?: BudgetEnvelope | undefined;
  /** Told of every attempt that reached a provider, after it has been booked (CALL-13). Must not throw. */
  readonly onCharge?: ((record: ChargeRecord) => void) | undefined;
  readonly admit?: CallAdmission | undefined;
  readonly isScripted?: boolean | undefined;
  /** Of the run: what earlier requests were counted to be. */
  readonly tokenCounts?: TokenCounts | undefined;
}

/** What an attempt will take, with the part that is certain. */
export interface CallForecast extends CallProjection {
  /** US dollars for the input alone; 0 when no price is known. */
  readonly inputCostUsd: number;
  /** The answer is prepared and tells its own usage: what the request looks like says nothing about it. */
  readonly isScripted: boolean;
}

/** Asked before each attempt, once the caller's own limits leave room; what it returns refuses. Must not throw. */
export type CallAdmission = (forecast: CallForecast) => BudgetExceededError | undefined;

/** How far a reservation grows at once, so that not every chunk asks the ledger. */
const GROWTH = 1.1;

export function budgetLayer(parts: BudgetParts): CallLayer {
  const { host, ledger, prices, envelope = {}, tokenCounts } = parts;
  return (scope) => {
    const { input, meter } = scope;
    const rates = prices.rates(input.provider, input.model);
    const costOf = (usage: Usage): number => (rates === undefined ? 0 : costOfUsage(rates, usage));
    const projection = projectCall(scope, costOf, parts);

    const crossed = crossedLimit(envelope, projection);
    if (crossed !== undefined) throw budgetRefusal(projection, crossed.limit, crossed.value);
    if (parts.admit !== undefined) {
      const inputCostUsd = costOf({ ...NO_USAGE, inputTokens: projection.inputTokens });
      const refusal = parts.admit({ ...projection, inputCostUsd, isScripted: parts.isScripted ?? false });
      if (refusal !== undefined) throw refusal;
    }
    const callLimits = envelope.totalBudgetUsd === undefined ? [] : [envelope.totalBudgetUsd];
    const result = ledger.reserve(projection.costUsd, callLimits);
    if (!result.ok) throw budgetRefusal(projection, "total_budget_usd", result.limitUsd);
    const { reservation } = result;
    const ownLimit = callLimits.length > 0 || envelope.maxCostUsd !== undefined;
    if (rates === undefined && (ownLimit || ledger.limitUsd !== undefined))
      warnUnpriced(host, input.provider, input.model);

    const startedAt = scope.now(host);
    let cut = false;
    const book = (usage: Usage, name: ChargeRecord["outcome"], durationMs: number, completed = false): void => {
      ledger.count({
        inputTokens: usage.inputTokens,
        outputTokens: usage.outputTokens,
        durationMs,
        completed,
        exact: usage.exact || usage === NO_USAGE,
        priced: rates !== undefined,
      });
      parts.onCharge?.({
        provider: input.provider,
        model: input.model,
        usage,
        costUsd: rates === undefined ? undefined : costOf(usage),
        outcome: name,
        durationMs,
      });
    };
    const cutFor = (limit: BudgetLimit, value: number, spentUsd: number): void => {
      cut = true;
      const text = meter.text();
      const partial = { usage: meter.usage(), ...(text === "" ? {} : { partialText: text }) };
      scope.cut(budgetCut(projection, limit, value, spentUsd, partial));
    };

    return {
      onChunk(chunk) {
        if (rates === undefined || cut || (!ownLimit && ledger.limitUsd === undefined)) return;
        if (chunk.type === "done" || chunk.type === "heartbeat") return;
        const running = costOf(meter.usage());
        if (running <= reservation.amountUsd) return;
        const { maxCostUsd } = envelope;
        if (maxCostUsd !== undefined && running > maxCostUsd) return cutFor("max_cost_usd", maxCostUsd, running);
        if (reservation.growTo(running * GROWTH) || reservation.growTo(running)) return;
        cutFor("total_budget_usd", ledger.limitUsd ?? envelope.totalBudgetUsd ?? 0, running);
      },
      close(outcome) {
        const usage = spentUsage(scope, outcome);
        const lostUsage = meter.lostAttempts > 0 ? usageOfLost(scope, usage, tokenCounts) : NO_USAGE;
        reservation.settle(costOf(usage) + meter.lostAttempts * costOf(lostUsage));
        if (!outcome.asked) return undefined;
        for (let at = 0; at < meter.lostAttempts; at++) book(lostUsage, "lost", 0);
        const durationMs = scope.now(host) - startedAt;
        const completed = outcome.error === undefined && !outcome.abandoned;
        book(usage, outcomeName(outcome, cut), durationMs, completed);
        if (!completed || costOf(usage) === 0 || !isOverspent(ledger)) return undefined;
        return budgetOverrun(input, ledger.spentUsd, ledger.limitUsd ?? 0, { usage, partialText: meter.text() });
      },
    };
  };
}

/** COST-04: what the call will take, before it is made. */
function projectCall(
  { input }: AttemptScope,
  costOf: (usage: Usage) => number,
  { ledger, tokenCounts }: BudgetParts,
): CallProjection {
  const inputTokens = estimateInputTokens(input, tokenCounts);
  const outputTokens = Math.max(0, input.maxTokens ?? 0);
  return {
    provider: input.provider,
    model: input.model,
    inputTokens,
    outputTokens,
    costUsd: costOf({ ...NO_USAGE, inputTokens, outputTokens }),
    sessionCostUsd: ledger.spentUsd,
    reservedUsd: ledger.reservedUsd,
  };
}

/**
 * What an attempt is charged. A provider that answered with anything is paid for it; one that refused (a status, a
 * connection that never came about) is not; one that was given up while it worked is paid for the input.
 */
function spentUsage(scope: AttemptScope, outcome: AttemptOutcome): Usage {
  const { meter } = scope;
  if (!outcome.asked) return NO_USAGE;
  const { error } = outcome;
  if (error === undefined) return meter.usage();
  if (error.usage !== undefined && (error.usage.exact || !meter.started)) return error.usage;
  if (meter.started || givenUp(error)) return meter.usage();
  return NO_USAGE;
}

/** What the attempt in its place used; when that one was refused, the input at least. */
function usageOfLost({ input }: AttemptScope, usage: Usage, counts: TokenCounts | undefined): Usage {
  if (usage !== NO_USAGE) return { ...usage, exact: false };
  return { ...NO_USAGE, inputTokens: estimateInputTokens(input, counts), exact: false };
}

function givenUp(error: ModelError): boolean {
  return error.category === "timeout" || error.category === "cancelled";
}

function outcomeName(outcome: AttemptOutcome, cut: boolean): ChargeRecord["outcome"] {
  if (cut) return "cut";
  if (outcome.abandoned) return "abandoned";
  if (outcome.error === undefined) return "completed";
  return outcome.error.category === "cancelled" ? "cancelled" : "failed";
}

function warnUnpriced(host: Host, provider: string, model: string): void {
  host.sync("log.write", {
    level: "warn",
    message: `llm: no price is known for model \`${model}\` (provider \`${provider}\`); limits in dollars cannot hold it back`,
    fields: { provider, model },
  });
}
