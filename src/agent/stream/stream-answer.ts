/**
 * One answer of the model, through bad connections.
 *
 * - *Establishment retry*: the provider never answered. Repeated on its own budget (section 8 of the requirements).
 * - *Reconnect*: the stream died before the consumer saw anything. The same request again, with a fresh establishment
 *   budget (section 9).
 * - *Continuation*: the stream died after the consumer saw text. Where the harness knows how, the rest of the same
 *   answer is fetched, once; calls of the dead attempt never run. Otherwise the failure is final (LOOP-58).
 */

import type { CancelSignal, Host } from "../../base/index.ts";
import {
  isEmptyCompletion,
  type ModelChunk,
  type ModelClient,
  type ModelError,
  type ModelInput,
  type Usage,
  wasInterrupted,
} from "../../llm/index.ts";
import { pause } from "../cancel/cancellation.ts";
import { estimateTextTokens } from "../compaction/estimate.ts";
import { addUsage } from "../turn/usage.ts";
import { type AnswerDraft, addText, createAnswerDraft, dropAll, dropUnshown, hasProgress } from "./answer-draft.ts";
import { type AttemptEnd, type Delivery, runAttempt } from "./attempt.ts";
import { doublingBackoffMs, ESTABLISHMENT_RETRY, type RetryPolicy } from "./backoff.ts";
import { type Continuation, createOverlapTrimmer, type OverlapTrimmer } from "./continuation.ts";

export interface StreamSettings {
  /** Longest silence between content chunks, milliseconds. Default 90,000. */
  readonly idleTimeoutMs?: number;
  /** Stream attempts per step; 1 switches reconnecting off. Default 6. */
  readonly maxAttempts?: number;
  /** Longest wait for the first chunk of an attempt, milliseconds; 0: no limit. Default 600,000. */
  readonly establishTimeoutMs?: number;
  /** Retries of an attempt that never got an answer. Default 3, after 1, 2 and 4 s. */
  readonly retry?: RetryPolicy;
  /** Nobody looks at an answer while it comes: one that was cut because the process stopped is asked for anew. */
  readonly unseen?: boolean;
  /** How a cut answer is continued. Default: not at all. */
  readonly continuation?: Continuation;
}

export interface StreamAnswerOptions {
  readonly host: Host;
  readonly client: ModelClient;
  readonly input: ModelInput;
  readonly stop: CancelSignal;
  readonly settings: StreamSettings;
  readonly showText: (delta: string) => Delivery;
  readonly showThinking: (delta: string) => Delivery;
  readonly onNotice?: (chunk: ModelChunk) => void;
  readonly onRetry?: (retry: StreamRetry) => void;
}

/** Why and how a request is about to be repeated. */
export interface StreamRetry {
  readonly kind: "establish" | "reconnect" | "continue";
  readonly failures: number;
  readonly delayMs: number;
  readonly error: ModelError;
}

/** `lost` is what dead attempts cost; it counts whatever became of the answer. */
export type StreamAnswer =
  | { readonly kind: "complete"; readonly draft: AnswerDraft; readonly lost: Usage | undefined }
  | { readonly kind: "stopped"; readonly draft: AnswerDraft; readonly lost: Usage | undefined }
  | {
      readonly kind: "failed";
      readonly error: ModelError;
      readonly draft: AnswerDraft;
      readonly lost: Usage | undefined;
    };

export async function streamAnswer(options: StreamAnswerOptions): Promise<StreamAnswer> {
  const { host, settings, stop } = options;
  const { idleTimeoutMs = 90_000, establishTimeoutMs = 600_000, retry = ESTABLISHMENT_RETRY, continuation } = settings;
  const maxAttempts = Math.max(1, settings.maxAttempts ?? 6);
  const draft = createAnswerDraft();
  let input = options.input;
  let trimmer: OverlapTrimmer | undefined;
  let establishFailures = 0;
  let reconnects = 0;
  let lost: Usage | undefined;
  /** How much of the shown text earlier attempts have been charged for. */
  let chargedLength = 0;

  const onText = (raw: string, recovered: boolean): Delivery => {
    // What a continuation thinks instead of going on is no part of the answer that it continues.
    if (trimmer !== undefined && recovered) return true;
    const delta = trimmer === undefined ? raw : trimmer.feed(raw);
    const shown = delta === "" ? "" : addText(draft, delta);
    return shown === "" || options.showText(shown);
  };

  for (;;) {
    const end = await runAttempt({
      host,
      client: options.client,
      input,
      draft,
      stop,
      idleTimeoutMs,
      establishTimeoutMs,
      onText,
      onThinking: options.showThinking,
      ...(options.onNotice ? { onNotice: options.onNotice } : {}),
    });
    if (end.kind === "complete" || (end.kind === "failed" && hasNothingToAdd(end.error))) {
      if (end.kind === "failed") draft.usage = end.error.usage;
      const rest = trimmer?.flush() ?? "";
      if (rest !== "" && !(await options.showText(addText(draft, rest)))) return { kind: "stopped", draft, lost };
      return { kind: "complete", draft, lost };
    }
    const cost = attemptCost(end, draft, chargedLength);
    if (cost !== undefined) lost = addUsage(lost, cost);
    chargedLength = draft.shown.length;
    if (end.kind === "stopped") return { kind: "stopped", draft, lost };

    if (settings.unseen && trimmer === undefined && wasInterrupted(end.error)) {
      dropAll(draft);
      chargedLength = 0;
      continue;
    }
    const next = planRepeat(end, draft);
    if (next === undefined) return { kind: "failed", error: end.error, draft, lost };
    options.onRetry?.({ kind: next.kind, failures: next.failures, delayMs: next.delayMs, error: end.error });
    dropUnshown(draft);
    if (next.delayMs > 0 && !(await pause(host, next.delayMs, stop))) return { kind: "stopped", draft, lost };
  }

  /** A continuation in which the model says nothing: the answer was whole when it was cut. */
  function hasNothingToAdd(error: ModelError): boolean {
    return trimmer !== undefined && isEmptyCompletion(error);
  }

  /** Decides how to go on after a failed attempt and moves the counters; undefined when the failure is final. */
  function planRepeat(
    end: Extract<AttemptEnd, { kind: "failed" }>,
    dead: AnswerDraft,
  ): { kind: StreamRetry["kind"]; failures: number; delayMs: number } | undefined {
    const { error, established } = end;
    if (error.kind !== "transient") return undefined;
    if (!established) {
      if (establishFailures >= retry.retries) return undefined;
      const delayMs = retry.delayMs(establishFailures, error);
      return { kind: "establish", failures: ++establishFailures, delayMs };
    }
    if (!hasProgress(dead)) {
      if (trimmer !== undefined || reconnects + 1 >= maxAttempts) return undefined;
      establishFailures = 0;
      const delayMs = doublingBackoffMs(reconnects);
      return { kind: "reconnect", failures: ++reconnects, delayMs };
    }
    // A dead attempt that only thought aloud has nothing to continue from, and thinking again would differ.
    if (trimmer !== undefined || continuation === undefined || (dead.shown === "" && dead.thinkingShown))
      return undefined;
    const rest = dead.shown === "" ? input : continuation.request(input, dead.shown);
    if (rest === undefined) return undefined;
    input = rest;
    trimmer = createOverlapTrimmer(continuation.overlap, dead.shown);
    establishFailures = 0;
    return { kind: "continue", failures: 1, delayMs: doublingBackoffMs(0) };
  }
}

/** What a dead attempt cost: the error knows, else the provider's opening words and an estimate of what came. */
function attemptCost(end: AttemptEnd, draft: AnswerDraft, chargedLength: number): Usage | undefined {
  if (end.kind === "failed" && end.error.usage !== undefined) return end.error.usage;
  if (draft.usage !== undefined) return draft.usage;
  if (draft.startUsage === undefined && !hasProgress(draft)) return undefined;
  const { inputTokens = 0, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0 } = draft.startUsage ?? {};
  let estimate = estimateTextTokens(draft.shown.slice(chargedLength));
  for (const block of draft.thinking.values()) estimate += estimateTextTokens(block.text);
  for (const call of draft.calls) estimate += estimateTextTokens(call.argumentText);
  return {
    inputTokens,
    outputTokens: Math.max(outputTokens, estimate),
    cacheReadTokens,
    cacheWriteTokens,
    exact: false,
  };
}
