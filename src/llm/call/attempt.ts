/**
 * One attempt of a call, all layers around it: trace, then money, then a permit, then the clocks, then whoever answers
 * (ARCHITECTURE section 4). Retry, fallback and routing sit above and make attempts; schema retry sits above those.
 */

import type { CancelSignal, Json, JsonObject } from "../../base/index.ts";
import type { BudgetEnvelope } from "../cost/budget-envelope.ts";
import { budgetLayer } from "../cost/budget-layer.ts";
import { rateLimitLayer } from "../limits/rate-limit-layer.ts";
import type { ModelChunk, ModelClient, ModelInput } from "../spec/model.ts";
import { createResultFolder, type ModelResult } from "../spec/model-result.ts";
import { type AttemptFacts, traceLayer } from "../trace/trace-layer.ts";
import { layeredClient } from "./call-layer.ts";
import { type CallOptions, requestMessages, routeFacts } from "./call-options.ts";
import type { AppliedExperiment } from "./experiments.ts";
import type { LlmContext } from "./llm-context.ts";
import { resolveClient } from "./resolve-client.ts";
import { type AttemptLimits, watchdogLayer } from "./watchdog-layer.ts";

export interface AttemptSettings {
  readonly facts: AttemptFacts;
  readonly limits: AttemptLimits;
  readonly budget?: BudgetEnvelope | undefined;
}

/** The client that answers `input`, with the layers of one attempt around it. */
export function attemptClient(context: LlmContext, input: ModelInput, settings: AttemptSettings): ModelClient {
  const { host, trace, catalog, ledger, tokenCounts } = context;
  const layers = [
    traceLayer(
      {
        host,
        log: trace,
        prices: catalog,
        tracer: context.tracer,
        observer: context.observer,
        transcript: context.transcript,
        tokenCounts,
      },
      settings.facts,
    ),
    budgetLayer({
      host,
      ledger,
      prices: catalog,
      envelope: settings.budget,
      onCharge: context.onCharge,
      admit: context.admit,
      isScripted: context.clients.mock?.intercepts(input.provider),
      tokenCounts,
    }),
    rateLimitLayer(context.limiter),
    watchdogLayer(host, settings.limits),
  ];
  return layeredClient(resolveClient(context.env, context.clients, input), layers, tokenCounts);
}

/** A request, and what its attempts need to know beside it. */
export interface CallRequest {
  readonly input: ModelInput;
  readonly options: CallOptions;
  readonly experiment?: AppliedExperiment | undefined;
  readonly iteration?: number | undefined;
}

/** Watches the chunks of a call. A retry starts the answer anew; `attempt` counts them from 0. */
export type ChunkListener = (chunk: ModelChunk, attempt: number) => void;

/** Makes one attempt and collects the answer. */
export async function runAttempt(
  context: LlmContext,
  request: CallRequest,
  attempt: number,
  signal?: CancelSignal,
  onChunk?: ChunkListener,
): Promise<ModelResult> {
  const { input } = request;
  const client = attemptClient(context, input, attemptSettings(request, attempt));
  const folder = createResultFolder(input);
  for await (const chunk of client.stream(input, signal)) {
    folder.push(chunk);
    onChunk?.(chunk, attempt);
  }
  return folder.result();
}

function attemptSettings(request: CallRequest, attempt: number): AttemptSettings {
  const { options, experiment, iteration } = request;
  const route = routeFacts(options);
  return {
    budget: options.budget,
    limits: options.limits,
    facts: {
      attempt,
      maxRetries: options.llmRetries,
      routePolicy: route.policy,
      fallbackChain: options.fallbackChain,
      toolFormat: options.toolFormat,
      userVisible: options.userVisible,
      ...(iteration === undefined ? {} : { iteration }),
      ...(route.decision === undefined ? {} : { routingDecision: route.decision }),
      ...(experiment === undefined ? {} : { structuralExperiment: { ...experiment } as JsonObject }),
    },
  };
}

/** The request for these messages; built once per schema attempt and used unchanged for every retry of it. */
export function buildModelInput(
  options: CallOptions,
  messageList: readonly Json[],
  system: string | undefined,
): ModelInput {
  const { limits, sampling } = options;
  return {
    provider: options.provider,
    model: options.model,
    ...requestMessages(messageList, system),
    ...(options.tools === undefined ? {} : { tools: options.tools }),
    ...(options.toolChoice === undefined ? {} : { toolChoice: options.toolChoice }),
    ...(options.nativeToolSearch === undefined ? {} : { toolSearch: options.nativeToolSearch }),
    maxTokens: options.maxTokens,
    ...(Object.keys(sampling).length === 0 ? {} : { sampling }),
    ...(options.output.kind === "text" ? {} : { output: options.output }),
    ...(options.thinking.mode === "disabled" ? {} : { thinking: options.thinking }),
    ...(options.cache ? { cache: true } : {}),
    ...(options.betaFeatures.length === 0 ? {} : { betaFeatures: options.betaFeatures }),
    ...(options.prefill === undefined ? {} : { prefill: options.prefill }),
    ...(options.stream ? {} : { stream: false }),
    ...(limits.timeoutMs === undefined ? {} : { timeoutMs: limits.timeoutMs }),
    ...(options.sessionId === undefined ? {} : { sessionId: options.sessionId }),
    ...(Object.keys(options.providerOptions).length === 0 ? {} : { providerOptions: options.providerOptions }),
  };
}
