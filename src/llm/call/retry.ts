/** Trying again after failures that pass by themselves, and asking other providers (ERR-11, ERR-12, PROV-08). */

import type { CancelSignal } from "../../base/index.ts";
import { wasInterrupted } from "../errors/interrupted.ts";
import { cancelledFailure, transportFailure } from "../errors/model-failures.ts";
import { isRetryable, retryDelayMs } from "../errors/retry-decision.ts";
import type { ModelInput } from "../spec/model.ts";
import { ModelError } from "../spec/model-error.ts";
import type { ModelResult } from "../spec/model-result.ts";
import { type CallRequest, type ChunkListener, runAttempt } from "./attempt.ts";
import type { LlmContext } from "./llm-context.ts";
import { callsDisabled, isIntercepted } from "./resolve-client.ts";

/** How one attempt is made; tests hand in their own. */
export type Attempt = (attempt: number) => Promise<ModelResult>;

export interface RetryPolicy {
  readonly retries: number;
  /** Base of the backoff, milliseconds. */
  readonly backoffMs: number;
  /** The answers are queued mocks: nobody needs a rest (ERR-12). */
  readonly intercepted: boolean;
  /** Nobody saw the pieces of the answer: one that was cut when the whole process stopped is asked for anew. */
  readonly unseen?: boolean;
}

/** Makes attempts until one succeeds, the budget is used up, or the failure is not one that passes. */
export async function withRetry(
  context: Pick<LlmContext, "host">,
  input: ModelInput,
  policy: RetryPolicy,
  attempt: Attempt,
  signal?: CancelSignal,
): Promise<ModelResult> {
  for (let made = 0; ; made++) {
    try {
      return await attempt(made);
    } catch (error) {
      if (policy.unseen && wasInterrupted(error) && !signal?.aborted) {
        made--;
        continue;
      }
      if (made >= policy.retries || !isRetryable(error) || signal?.aborted) throw error;
      const retryAfterMs = error instanceof ModelError ? error.retryAfterMs : undefined;
      const ms = retryDelayMs(made + 1, policy.backoffMs, { retryAfterMs, intercepted: policy.intercepted });
      const why = error instanceof Error ? error.message : String(error);
      context.host.sync("log.write", {
        level: "warn",
        message: `llm: call failed (${why}), retrying in ${ms}ms (attempt ${made + 1}/${policy.retries})`,
        fields: { provider: input.provider, model: input.model, attempt: made + 1, delay_ms: ms },
      });
      if (ms > 0) await pause(context, input, ms, signal);
    }
  }
}

async function pause(
  context: Pick<LlmContext, "host">,
  input: ModelInput,
  ms: number,
  signal: CancelSignal | undefined,
): Promise<void> {
  try {
    await context.host.perform("sleep", { ms }, signal);
  } catch (error) {
    throw signal?.aborted ? cancelledFailure(input, signal.reason) : transportFailure(input, error);
  }
}

/** A call with its transient retries, each of which may go round the fallback providers. */
export function retriedCall(
  context: LlmContext,
  request: CallRequest,
  signal?: CancelSignal,
  onChunk?: ChunkListener,
): Promise<ModelResult> {
  const { input, options } = request;
  const policy: RetryPolicy = {
    retries: options.llmRetries,
    backoffMs: options.llmBackoffMs,
    intercepted: isIntercepted(context.clients, input.provider),
    unseen: onChunk === undefined,
  };
  const attempt: Attempt = (made) => attemptWithFallback(context, request, made, signal, onChunk);
  return withRetry(context, input, policy, attempt, signal);
}

/**
 * PROV-08: when the provider fails, the names of `fallback_chain` and then the configured fallback are tried in order.
 * Providers without a key, and those that are switched off, are passed over. If nobody helps, the first failure counts.
 */
export async function attemptWithFallback(
  context: LlmContext,
  request: CallRequest,
  attempt: number,
  signal?: CancelSignal,
  onChunk?: ChunkListener,
): Promise<ModelResult> {
  try {
    return await runAttempt(context, request, attempt, signal, onChunk);
  } catch (error) {
    if (!mayFallBack(error) || (onChunk === undefined && wasInterrupted(error))) throw error;
    for (const provider of fallbackProviders(context, request)) {
      try {
        const input = { ...request.input, provider };
        return await runAttempt(context, { ...request, input }, attempt, signal, onChunk);
      } catch (fallbackError) {
        if (!mayFallBack(fallbackError)) throw fallbackError;
      }
    }
    throw error;
  }
}

/** Neither a caller who gave up nor an empty purse is helped by another provider. */
function mayFallBack(error: unknown): boolean {
  return error instanceof ModelError && error.category !== "cancelled" && error.category !== "budget_exceeded";
}

function fallbackProviders(context: LlmContext, { input, options }: CallRequest): readonly string[] {
  const { catalog, env } = context;
  // Queued mocks stand for every provider: there is nobody else to ask.
  if (isIntercepted(context.clients, input.provider)) return [];
  const configured = catalog.fallbackProvider(input.provider);
  const names = new Set([...options.fallbackChain, ...(configured === undefined ? [] : [configured])]);
  names.delete(input.provider);
  return [...names].filter((name) => catalog.keyProblem(name) === undefined && callsDisabled(env, name) === undefined);
}
