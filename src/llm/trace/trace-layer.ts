/**
 * One attempt as others see it: a call id, a span, a call trace entry, an agent event, lines in the transcript log, and
 * notices to whoever hosts the run (TRACE-06, CALL-11).
 */

import type { Host, Json, JsonObject } from "../../base/index.ts";
import type { AttemptOutcome, CallLayer } from "../call/call-layer.ts";
import type { TokenCounts } from "../cost/estimate-tokens.ts";
import { costOfUsage, type PriceBook } from "../cost/pricing.ts";
import { isEmptyCompletion, isRetryable } from "../errors/retry-decision.ts";
import { scrubSecrets } from "../errors/scrub-secrets.ts";
import type { ModelInput } from "../spec/model.ts";
import { createResultFolder } from "../spec/model-result.ts";
import type { Span, Tracer } from "./span.ts";
import type { TraceLog } from "./trace-log.ts";
import type { TranscriptLog } from "./transcript-log.ts";

export type AttemptStatus = "ok" | "retrying" | "retries_exhausted" | "error";

/** A host that shows calls while they run. Contract: never throws. */
export interface CallObserver {
  callStart(callId: string, metadata: JsonObject): void;
  /** One text delta; `chunkCount` counts them from 1. */
  callProgress(callId: string, delta: string, chunkCount: number, userVisible: boolean): void;
  callEnd(callId: string, durationMs: number, status: AttemptStatus, metadata: JsonObject): void;
}

export interface TraceParts {
  readonly host: Host;
  readonly log: TraceLog;
  readonly prices: PriceBook;
  readonly tracer?: Tracer | undefined;
  readonly observer?: CallObserver | undefined;
  readonly transcript?: TranscriptLog | undefined;
  /** Of the run: what earlier requests were counted to be. */
  readonly tokenCounts: TokenCounts;
}

/** What the call around the attempt knows about it. */
export interface AttemptFacts {
  /** Transient attempt, from 0. */
  readonly attempt: number;
  /** How many retries are allowed; decides between `retrying` and `retries_exhausted`. */
  readonly maxRetries: number;
  /** Turn of an agent loop; absent for a plain call. */
  readonly iteration?: number;
  readonly routePolicy: string;
  readonly fallbackChain: readonly string[];
  readonly routingDecision?: JsonObject;
  readonly structuralExperiment?: JsonObject;
  readonly toolFormat: string;
  readonly userVisible: boolean;
}

export function traceLayer(parts: TraceParts, facts: AttemptFacts): CallLayer {
  const { host, log, observer, tokenCounts } = parts;
  return (scope) => {
    const { input, meter } = scope;
    const callId = host.sync("id.next", { prefix: "call" });
    const startedAt = scope.now(host);
    const span = parts.tracer?.startSpan(`chat ${input.model}`, requestAttributes(input, callId, facts, tokenCounts));
    writeRequest(parts.transcript, input, callId, facts);
    observer?.callStart(callId, {
      model: input.model,
      provider: input.provider,
      prompt_chars: tokenCounts.chars(input.messages),
      stream_publicly: input.output === undefined || input.output.kind === "text",
      user_visible: facts.userVisible,
      ...(facts.iteration === undefined ? {} : { iteration: facts.iteration, llm_attempt: facts.attempt }),
    });
    // The transcript log wants the whole answer; nobody else does, so it is folded only for it.
    const folder = parts.transcript === undefined ? undefined : createResultFolder(input);
    let deltas = 0;
    let model = input.model;
    let responseId: string | undefined;

    return {
      onChunk(chunk) {
        folder?.push(chunk);
        if (chunk.type === "response-start") {
          model = chunk.model ?? model;
          responseId = chunk.responseId;
        } else if (chunk.type === "text-delta" && chunk.delta !== "" && observer !== undefined) {
          observer.callProgress(callId, chunk.delta, ++deltas, facts.userVisible);
        }
      },
      close(outcome) {
        const durationMs = Math.round(scope.now(host) - startedAt);
        const status = statusOf(outcome, facts);
        if (outcome.error === undefined) {
          const usage = meter.usage();
          const rates = parts.prices.rates(input.provider, model);
          const costUsd = rates === undefined ? undefined : costOfUsage(rates, usage);
          span?.set({
            "gen_ai.response.model": model,
            "gen_ai.response.id": responseId,
            "gen_ai.response.finish_reasons": meter.stopReason === undefined ? undefined : [meter.stopReason],
            "gen_ai.usage.input_tokens": usage.inputTokens,
            "gen_ai.usage.output_tokens": usage.outputTokens,
            "harn.usage.exact": usage.exact,
            "harn.cost_usd": costUsd,
          });
          if (!outcome.abandoned) {
            const entry = {
              model,
              input_tokens: usage.inputTokens,
              output_tokens: usage.outputTokens,
              duration_ms: durationMs,
            };
            log.recordCall(entry);
            log.emit({
              type: "llm_call",
              call_id: callId,
              ...entry,
              cache_tokens: usage.cacheReadTokens,
              iteration: facts.iteration ?? 0,
            });
          }
          if (folder !== undefined) {
            const answer = folder.result();
            parts.transcript?.write("provider_call_response", {
              call_id: callId,
              iteration: facts.iteration ?? 0,
              provider: input.provider,
              model,
              text: answer.text,
              tool_calls: answer.toolCalls.map((call) => ({ id: call.id, name: call.name, arguments: call.input })),
              input_tokens: usage.inputTokens,
              output_tokens: usage.outputTokens,
              cache_read_tokens: usage.cacheReadTokens,
              cache_write_tokens: usage.cacheWriteTokens,
              cost_usd: costUsd ?? null,
              thinking: answer.thinking ?? null,
              thinking_summary: answer.thinkingSummary ?? null,
              response_ms: durationMs,
              structural_experiment: facts.structuralExperiment ?? null,
            });
          }
        } else if (status === "retrying" && isEmptyCompletion(outcome.error)) {
          const told = { iteration: facts.iteration ?? 0, attempt: facts.attempt + 1, error: outcome.error.message };
          log.emit({ type: "empty_completion_retry", ...told });
          parts.transcript?.write("empty_completion_retry", { ...told, provider: input.provider, model });
        }
        endSpan(span, outcome, status);
        observer?.callEnd(callId, durationMs, status, endMetadata(outcome, facts, model, meter.usage));
        return undefined;
      },
    };
  };
}

function statusOf(outcome: AttemptOutcome, facts: AttemptFacts): AttemptStatus {
  if (outcome.error === undefined) return "ok";
  if (!isRetryable(outcome.error)) return "error";
  return facts.attempt < facts.maxRetries ? "retrying" : "retries_exhausted";
}

function requestAttributes(input: ModelInput, callId: string, facts: AttemptFacts, tokenCounts: TokenCounts) {
  return {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": input.provider,
    "gen_ai.request.model": input.model,
    "gen_ai.request.max_tokens": input.maxTokens,
    "gen_ai.request.temperature": input.sampling?.temperature,
    "gen_ai.request.top_p": input.sampling?.topP,
    "gen_ai.request.seed": input.sampling?.seed,
    "gen_ai.request.stop_sequences": input.sampling?.stop,
    "gen_ai.conversation.id": input.sessionId,
    "harn.call_id": callId,
    "harn.prompt_chars": tokenCounts.chars(input.messages),
    "harn.route_policy": facts.routePolicy,
    "harn.fallback_chain": facts.fallbackChain,
    "harn.attempt": facts.attempt,
    "harn.iteration": facts.iteration,
    "harn.structural_experiment": facts.structuralExperiment && String(facts.structuralExperiment["label"]),
  } as const;
}

function endSpan(span: Span | undefined, outcome: AttemptOutcome, status: AttemptStatus): void {
  if (span === undefined) return;
  const { error } = outcome;
  span.set({
    "harn.status": status,
    "error.type": error?.category,
    "http.response.status_code": error?.status,
    "harn.retryable": error === undefined ? undefined : isRetryable(error),
  });
  if (error === undefined) span.end("ok");
  else span.end("error", scrubSecrets(error.message));
}

function endMetadata(
  outcome: AttemptOutcome,
  facts: AttemptFacts,
  model: string,
  usage: () => { inputTokens: number; outputTokens: number },
): JsonObject {
  if (outcome.error === undefined) {
    const { inputTokens, outputTokens } = usage();
    return { model, input_tokens: inputTokens, output_tokens: outputTokens, user_visible: facts.userVisible };
  }
  return {
    error: scrubSecrets(outcome.error.message),
    retryable: isRetryable(outcome.error),
    attempt: facts.attempt,
    user_visible: facts.userVisible,
  };
}

function writeRequest(
  transcript: TranscriptLog | undefined,
  input: ModelInput,
  callId: string,
  facts: AttemptFacts,
): void {
  if (transcript === undefined) return;
  const iteration = facts.iteration ?? 0;
  transcript.context(input.system, (input.tools ?? []) as unknown as readonly Json[]);
  if (facts.routingDecision !== undefined) {
    transcript.write("routing_decision", {
      call_id: callId,
      iteration,
      fallback_chain: facts.fallbackChain,
      ...facts.routingDecision,
    });
  }
  transcript.write("provider_call_request", {
    call_id: callId,
    iteration,
    model: input.model,
    provider: input.provider,
    max_tokens: input.maxTokens ?? null,
    temperature: input.sampling?.temperature ?? null,
    thinking: (input.thinking ?? { mode: "disabled" }) as unknown as JsonObject,
    tool_choice: (input.toolChoice ?? null) as Json,
    tool_format: facts.toolFormat,
    native_tool_count: input.tools?.length ?? 0,
    message_count: input.messages.length,
    structural_experiment: facts.structuralExperiment ?? null,
    route_policy: facts.routePolicy,
    fallback_chain: facts.fallbackChain,
  });
}
