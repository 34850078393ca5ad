/** What a TypeScript program may say about one call: the options of section 6, typed, times in milliseconds. */

import type { CancelSignal, Json, JsonObject } from "../../base/index.ts";
import type { ChunkListener } from "../call/attempt.ts";
import { type CallLimits, type CallOptions, readCallOptions } from "../call/call-options.ts";
import type { LlmContext } from "../call/llm-context.ts";
import { messageDicts } from "../call/message-dict.ts";
import { badOption } from "../call/option-readers.ts";
import type { BudgetEnvelope } from "../cost/budget-envelope.ts";
import type { RoutingPolicy } from "../routing/routing-policy.ts";
import type { Message, SamplingSettings, ThinkingConfig, ToolChoice, ToolSpec } from "../spec/model.ts";

export interface CallSettings extends SamplingSettings {
  /** Default: what the `Llm` was made with. */
  readonly provider?: string;
  readonly model?: string;
  readonly system?: string;
  /** Default 16,384. */
  readonly maxTokens?: number;
  readonly thinking?: ThinkingConfig;
  /** Offered to the model; its calls come back in `toolCalls`. An agent runs them, a call does not. */
  readonly tools?: readonly ToolSpec[];
  readonly toolChoice?: ToolChoice;
  /** Ask the provider to cache the prompt prefix. Default false. */
  readonly cache?: boolean;
  /** Text the answer must continue from. */
  readonly prefill?: string;
  /** Failures that may pass are tried again this often, first after about `backoffMs`. Default 0 and 250. */
  readonly retries?: number;
  readonly backoffMs?: number;
  /** Milliseconds for an attempt. Default: none while the answer streams. */
  readonly timeoutMs?: number;
  /** Milliseconds of silence between two pieces of an answer. Default 120,000. */
  readonly idleTimeoutMs?: number;
  /** Reserved before the call, settled after it; what would exceed it is refused, or cut. */
  readonly budget?: BudgetEnvelope;
  /** Providers to ask when this one fails, in order. */
  readonly fallbacks?: readonly string[];
  /** Chain, failover, race: see `decodeRoutingPolicy`. */
  readonly routing?: RoutingPolicy;
  /** Merged into the request of the provider with that name. */
  readonly providerOptions?: Readonly<Record<string, JsonObject>>;
  readonly signal?: CancelSignal;
  /** Sees every chunk as it arrives; a retry starts the answer anew. */
  readonly onChunk?: ChunkListener;
}

export type Prompt =
  | { readonly prompt: string; readonly messages?: undefined }
  | { readonly messages: readonly Message[]; readonly prompt?: undefined };

/** @throws HarnError code `llm.option` for a value that does not fit, or a capability the model lacks; `llm.key` */
export function readSettings(
  context: LlmContext,
  settings: CallSettings & Prompt,
  more: Readonly<Record<string, unknown>> = {},
): CallOptions {
  const { prompt, messages, system, tools } = settings;
  const raw = {
    ...more,
    provider: settings.provider,
    model: settings.model,
    max_tokens: settings.maxTokens,
    temperature: settings.temperature,
    top_p: settings.topP,
    top_k: settings.topK,
    frequency_penalty: settings.frequencyPenalty,
    presence_penalty: settings.presencePenalty,
    seed: settings.seed,
    stop: settings.stop,
    logprobs: settings.logprobs,
    top_logprobs: settings.topLogprobs,
    thinking: settings.thinking && thinkingDict(settings.thinking),
    tools: tools?.map(toolDict),
    tool_format: tools === undefined ? undefined : "native",
    tool_choice: settings.toolChoice,
    cache: settings.cache,
    prefill: settings.prefill,
    llm_retries: settings.retries,
    llm_backoff_ms: settings.backoffMs,
    fallback_chain: settings.fallbacks,
    budget: settings.budget && budgetDict(settings.budget),
    messages: messages && messageDicts(messages),
  };
  const { routing, providerOptions } = settings;
  const options = readCallOptions(context, prompt, system, raw);
  return {
    ...options,
    limits: limitsOf(options.limits, settings),
    ...(routing === undefined ? {} : { routing }),
    ...(providerOptions === undefined ? {} : { providerOptions }),
  };
}

function limitsOf(read: CallLimits, { timeoutMs, idleTimeoutMs }: CallSettings): CallLimits {
  for (const [name, ms] of Object.entries({ timeoutMs, idleTimeoutMs })) {
    if (ms !== undefined && !(ms > 0)) throw badOption(name, "a positive number of milliseconds", ms);
  }
  return {
    ...read,
    ...(timeoutMs === undefined ? {} : { timeoutMs, streamTimeoutMs: timeoutMs }),
    ...(idleTimeoutMs === undefined ? {} : { idleMs: idleTimeoutMs, streamIdleMs: idleTimeoutMs }),
  };
}

function budgetDict({ maxCostUsd, totalBudgetUsd, maxInputTokens, maxOutputTokens }: BudgetEnvelope): JsonObject {
  return {
    max_cost_usd: maxCostUsd,
    total_budget_usd: totalBudgetUsd,
    max_input_tokens: maxInputTokens,
    max_output_tokens: maxOutputTokens,
  };
}

function thinkingDict(thinking: ThinkingConfig): JsonObject {
  switch (thinking.mode) {
    case "disabled":
    case "adaptive":
      return { mode: thinking.mode };
    case "effort":
      return { mode: "effort", level: thinking.level };
    case "enabled":
      return { mode: "enabled", budget_tokens: thinking.budgetTokens ?? null };
  }
}

function toolDict({ name, description, inputSchema, deferred, namespace }: ToolSpec): Json {
  return {
    name,
    description,
    input_schema: inputSchema,
    ...(deferred === undefined ? {} : { defer_loading: deferred }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}
