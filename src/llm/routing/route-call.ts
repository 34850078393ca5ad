/**
 * Runs a call along a routing policy: link after link, with a race against a slow one (section 16).
 *
 * Each link is one plain attempt: no transient retries, no fallback providers, its own clocks. What a loser of a race
 * had used is charged like everything else; it is cancelled for real, not left running.
 */

import { type CancelSignal, CancelToken, HarnError, type Json } from "../../base/index.ts";
import { type CallRequest, type ChunkListener, runAttempt } from "../call/attempt.ts";
import { buildCompletionResult } from "../call/call-result.ts";
import type { LlmContext } from "../call/llm-context.ts";
import { assistantTurn, readMessages } from "../call/messages.ts";
import { BudgetExceededError } from "../cost/budget-envelope.ts";
import { estimateInputTokens } from "../cost/estimate-tokens.ts";
import { costOfTokens } from "../cost/pricing.ts";
import { isTransientCategory } from "../errors/classify.ts";
import type { ModelInput } from "../spec/model.ts";
import { ModelError } from "../spec/model-error.ts";
import type { ModelResult } from "../spec/model-result.ts";
import type { FailoverRules, RoutingLink, RoutingPolicy } from "./routing-policy.ts";
import { attemptError, type RoutingAttempt, type RoutingStatus, type RoutingTrace } from "./routing-trace.ts";

const DEFAULT_RACE_TIMEOUT_MS = 120_000;

export interface RoutedAnswer {
  readonly answer: ModelResult;
  readonly trace: RoutingTrace;
}

/** @throws ModelError the last one when the chain is exhausted or a failure ends it (ROUTE-15) */
export async function routedCall(
  context: LlmContext,
  request: CallRequest,
  policy: RoutingPolicy,
  signal?: CancelSignal,
  onChunk?: ChunkListener,
): Promise<RoutedAnswer> {
  const run = createRun(context, request, policy, signal, onChunk);
  log(context, "decision", { policy: policy.label, links: policy.chain.map((link) => link.label) });
  let lastError: unknown;
  let rejected: RoutedAnswer | undefined;
  for (let at = 0; at < policy.chain.length && run.slots() > 0; ) {
    const links = policy.chain.slice(at);
    const outcome = await run.race(links);
    at += outcome.linksUsed;
    if (outcome.answer !== undefined) {
      const candidate = outcome.answer;
      const accepted = await run.verified(candidate.link, candidate.result, candidate.index);
      if (accepted.ok) return { answer: accepted.result, trace: run.trace(accepted.index) };
      rejected = { answer: accepted.result, trace: run.trace(accepted.index) };
      continue;
    }
    lastError = outcome.error;
    if (signal?.aborted || !movesOn(outcome.error, policy)) throw outcome.error;
  }
  // ROUTE-17: an answer that a verifier did not like is better than none.
  if (rejected !== undefined) return rejected;
  log(context, "exhausted", { policy: policy.label, attempts: run.attempts.length }, "warn");
  throw lastError ?? new HarnError("llm.routing", "routing_policy: no link could be tried");
}

// ---- Moving on -------------------------------------------------------------------------------------------------------

const DEFAULT_STATUSES: readonly number[] = [408, 429, 500, 502, 503, 504];

/** ROUTE-07, ROUTE-08, and skipped links of ROUTE-10. */
function movesOn(error: unknown, policy: RoutingPolicy): boolean {
  if (error instanceof BudgetExceededError) return error.stage === "before" && policy.budget?.onExceed === "skip";
  return error instanceof ModelError && error.category !== "cancelled" && failureMovesOn(error, policy.failover);
}

export function failureMovesOn(error: ModelError, rules: FailoverRules): boolean {
  const { onStatus, onErrorKinds, onTimeoutMs } = rules;
  if (onStatus === undefined && onErrorKinds === undefined && onTimeoutMs === undefined) {
    return (
      (error.status !== undefined && DEFAULT_STATUSES.includes(error.status)) || isTransientCategory(error.category)
    );
  }
  if (error.status !== undefined && onStatus?.includes(error.status)) return true;
  if (error.category === "timeout" && onTimeoutMs !== undefined) return true;
  return onErrorKinds?.includes(error.category) ?? false;
}

// ---- One run along the chain -----------------------------------------------------------------------------------------

interface LinkAnswer {
  readonly link: RoutingLink;
  readonly index: number;
  readonly result: ModelResult;
}

interface RaceOutcome {
  readonly linksUsed: number;
  readonly answer?: LinkAnswer;
  readonly error?: unknown;
}

/** A link that is being asked. */
interface Runner {
  readonly link: RoutingLink;
  readonly index: number;
  readonly token: CancelToken;
  readonly settled: Promise<{ readonly result?: ModelResult; readonly error?: unknown }>;
  /** Writes the attempt's entry. */
  record(status: RoutingStatus, outcome: { readonly result?: ModelResult; readonly error?: unknown }): void;
}

function createRun(
  context: LlmContext,
  request: CallRequest,
  policy: RoutingPolicy,
  signal: CancelSignal | undefined,
  onChunk: ChunkListener | undefined,
) {
  const { host } = context;
  const attempts: RoutingAttempt[] = [];
  let started = 0;
  let indices = 0;

  const now = (): number => host.sync("clock.monotonic", {});
  const slots = (): number => policy.failover.maxAttempts - started;

  const start = (link: RoutingLink, messages?: ModelInput["messages"]): Runner => {
    const index = ++indices;
    started++;
    const startedAt = now();
    const { token, release } = signal === undefined ? soloToken() : CancelToken.childOf(signal);
    const linkRequest = requestFor(request, link, policy, messages);
    warnOfBudget(context, linkRequest.input, link, policy);
    const settled = runAttempt(context, linkRequest, index - 1, token, onChunk).then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    void settled.then(release);
    return {
      link,
      index,
      token,
      settled,
      record(status, outcome) {
        const usage = outcome.result?.usage ?? (outcome.error instanceof ModelError ? outcome.error.usage : undefined);
        const entry: RoutingAttempt = {
          index,
          link,
          status,
          durationMs: Math.round(now() - startedAt),
          ...(usage === undefined ? {} : { usage }),
          ...(outcome.error === undefined || status === "race_lost" ? {} : { error: attemptError(outcome.error) }),
        };
        attempts.push(entry);
        attempts.sort((a, b) => a.index - b.index);
        // A link that was skipped was not tried.
        if (status === "skipped") started--;
        log(context, "attempt", { link: link.label, status, duration_ms: entry.durationMs });
      },
    };
  };

  const finish = (
    runner: Runner,
    outcome: { result?: ModelResult; error?: unknown },
    linksUsed: number,
  ): RaceOutcome => {
    const { result, error } = outcome;
    if (result !== undefined) {
      runner.record("succeeded", outcome);
      return { linksUsed, answer: { link: runner.link, index: runner.index, result } };
    }
    const skipped = movesOn(error, policy) && error instanceof BudgetExceededError;
    if (error instanceof BudgetExceededError) {
      log(context, "budget_exceeded", { link: runner.link.label, limit: error.dict["limit"] ?? null }, "warn");
    }
    runner.record(skipped ? "skipped" : "failed", outcome);
    return { linksUsed, error };
  };

  /** Asks the first link and, when it is slow, the second beside it (ROUTE-11). */
  const race = async (links: readonly RoutingLink[]): Promise<RaceOutcome> => {
    const [first, second] = links;
    if (first === undefined) return { linksUsed: 0 };
    const raceAfterMs = policy.latency?.raceAfterMs;
    const mayRace = raceAfterMs !== undefined && second !== undefined && slots() >= 2;
    const primary = start(first);
    if (!mayRace || second === undefined) return finish(primary, await primary.settled, 1);

    if (await settlesWithin(primary, raceAfterMs)) return finish(primary, await primary.settled, 1);
    log(context, "race_started", { primary: first.label, backup: second.label, after_ms: raceAfterMs });
    const backup = start(second);
    const limitMs = (first.timeoutMs ?? policy.failover.onTimeoutMs ?? DEFAULT_RACE_TIMEOUT_MS) + raceAfterMs;
    const winner = await firstToSettle([primary, backup], limitMs);
    if (winner === undefined) {
      const error = raceTimeout(first);
      for (const runner of [primary, backup]) {
        runner.token.cancel("race timed out");
        const { error: told } = await runner.settled;
        runner.record("failed", { error: told === undefined ? error : withUsageOf(error, told) });
      }
      return { linksUsed: 2, error };
    }
    const loser = winner === primary ? backup : primary;
    loser.token.cancel("race lost");
    loser.record("race_lost", await loser.settled);
    log(context, "race_lost", { link: loser.link.label });
    log(context, "race_won", { link: winner.link.label });
    return finish(winner, await winner.settled, 2);
  };

  const settlesWithin = async (runner: Runner, ms: number): Promise<boolean> =>
    (await firstToSettle([runner], ms)) !== undefined;

  /** The first runner to end, even with an error; undefined when none does in time. */
  const firstToSettle = async (runners: readonly Runner[], ms: number): Promise<Runner | undefined> => {
    const timer = new CancelToken();
    const sleep = host.perform("sleep", { ms }, timer).then(
      () => undefined,
      () => undefined,
    );
    const first = await Promise.race([sleep, ...runners.map((runner) => runner.settled.then(() => runner))]);
    timer.cancel("settled");
    return first;
  };

  /** ROUTE-17: lets verifiers judge, refines on the same link, and says whether the answer stands. */
  const verified = async (
    link: RoutingLink,
    result: ModelResult,
    index: number,
  ): Promise<{ readonly ok: boolean; readonly result: ModelResult; readonly index: number }> => {
    const { escalation } = policy;
    if (escalation === undefined) return { ok: true, result, index };
    let current = { result, index };
    for (let refines = 0; ; refines++) {
      const complaint = await judge(current.result);
      if (complaint === undefined) return { ok: true, ...current };
      if (refines >= escalation.maxRefinesPerLink || slots() < 1) return { ok: false, ...current };
      const feedback: Json[] = [assistantTurn(current.result), { role: "user", content: complaint }];
      const messages = [...request.input.messages, ...readMessages(feedback).messages];
      const runner = start(link, messages);
      const outcome = await runner.settled;
      if (outcome.result === undefined) {
        runner.record("failed", outcome);
        return { ok: false, ...current };
      }
      runner.record("succeeded", outcome);
      current = { result: outcome.result, index: runner.index };
    }
  };

  const judge = async (result: ModelResult): Promise<string | undefined> => {
    for (const name of policy.escalation?.verifiers ?? []) {
      const verifier = context.verifiers?.[name];
      if (verifier === undefined) throw new HarnError("llm.option", `routing_policy: unknown verifier \`${name}\``);
      const complaint = await verifier(buildCompletionResult(result, context.catalog));
      if (complaint !== undefined) return `The ${name} check rejected this answer: ${complaint}`;
    }
    return undefined;
  };

  const trace = (selected: number): RoutingTrace => ({
    label: policy.label,
    attempts: [...attempts],
    selected,
    sessionCostUsd: context.ledger.spentUsd,
  });

  return { attempts, slots, race, verified, trace };
}

function soloToken(): { token: CancelToken; release: () => void } {
  return { token: new CancelToken(), release: () => {} };
}

/** ROUTE-09. */
function requestFor(
  request: CallRequest,
  link: RoutingLink,
  policy: RoutingPolicy,
  messages: ModelInput["messages"] | undefined,
): CallRequest {
  const wishedMs = link.timeoutMs ?? policy.failover.onTimeoutMs;
  const timeoutMs = wishedMs === undefined ? undefined : Math.max(1, Math.floor(wishedMs / 1000)) * 1000;
  const { options } = request;
  const budget = budgetFor(options.budget, policy);
  return {
    ...request,
    input: {
      ...request.input,
      provider: link.provider,
      model: link.model,
      ...(messages === undefined ? {} : { messages }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
    options: {
      ...options,
      llmRetries: 0,
      fallbackChain: [],
      limits: timeoutMs === undefined ? options.limits : { ...options.limits, timeoutMs },
      ...(budget === undefined ? {} : { budget }),
    },
  };
}

/** The stricter of the call's own budget and the policy's, unless the policy only warns. */
function budgetFor(own: CallRequest["options"]["budget"], policy: RoutingPolicy): CallRequest["options"]["budget"] {
  const { budget } = policy;
  if (budget === undefined || budget.onExceed === "warn") return own;
  const maxCostUsd = least(own?.maxCostUsd, budget.perCallUsd);
  const totalBudgetUsd = least(own?.totalBudgetUsd, budget.sessionUsd);
  return {
    ...own,
    ...(maxCostUsd === undefined ? {} : { maxCostUsd }),
    ...(totalBudgetUsd === undefined ? {} : { totalBudgetUsd }),
  };
}

/** ROUTE-10, `on_exceed: "warn"`. */
function warnOfBudget(context: LlmContext, input: ModelInput, link: RoutingLink, { budget }: RoutingPolicy): void {
  if (budget?.onExceed !== "warn") return;
  const { perCallUsd = Number.POSITIVE_INFINITY, sessionUsd = Number.POSITIVE_INFINITY } = budget;
  const { catalog, ledger, tokenCounts } = context;
  const inputTokens = estimateInputTokens(input, tokenCounts);
  const costUsd = costOfTokens(catalog, link.model, inputTokens, input.maxTokens ?? 0, link.provider);
  if (costUsd <= perCallUsd && ledger.spentUsd + ledger.reservedUsd + costUsd <= sessionUsd) return;
  log(context, "budget_exceeded", { link: link.label, projected_cost_usd: costUsd, on_exceed: "warn" }, "warn");
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}

/** ROUTE-12. */
function raceTimeout(link: RoutingLink): ModelError {
  return new ModelError("routing_policy: race exhausted both primary and backup attempts", {
    category: "timeout",
    kind: "transient",
    reason: "timeout",
    provider: link.provider,
    model: link.model,
  });
}

function withUsageOf(error: ModelError, told: unknown): ModelError {
  if (!(told instanceof ModelError) || told.usage === undefined) return error;
  const { category, kind, reason, provider, model } = error;
  return new ModelError(error.message, { category, kind, reason, provider, model, usage: told.usage });
}

type LogFields = Readonly<Record<string, Json>>;

/** ROUTE-14. */
function log(context: LlmContext, event: string, fields: LogFields, level: "debug" | "warn" = "debug"): void {
  context.host.sync("log.write", { level, message: `llm.routing.${event}`, fields });
}
