/** Counts one attempt as it streams, so that an answer that dies half-way is neither lost nor free. */

import { estimateInputTokens, type TokenCounts } from "../cost/estimate-tokens.ts";
import type { ModelChunk, ModelInput, Usage } from "../spec/model.ts";
import { utf8Length } from "../wire/utf8.ts";

export interface AttemptMeter {
  push(chunk: ModelChunk): void;
  /** The provider has answered with something: from here on the request is charged by everybody. */
  readonly started: boolean;
  /** The text so far. */
  text(): string;
  /** What the provider told, completed by estimates where it has not; `exact` only after a full report. */
  usage(): Usage;
  /** Attempts of the same call whose ends nobody heard, because the process was gone. */
  readonly lostAttempts: number;
  /** The provider's stop reason, once it came. */
  readonly stopReason: string | undefined;
}

/** @param counts see `estimateInputTokens` */
export function createAttemptMeter(input: ModelInput, counts?: TokenCounts): AttemptMeter {
  const deltas: string[] = [];
  let outputBytes = 0;
  let told: Partial<Usage> = {};
  let final: Usage | undefined;
  let started = false;
  let stopReason: string | undefined;
  let estimatedInput: number | undefined;
  let lostAttempts = 0;

  return {
    push(chunk) {
      switch (chunk.type) {
        case "response-start":
          started = true;
          if (chunk.usage) told = chunk.usage;
          return;
        case "text-delta":
          deltas.push(chunk.delta);
          outputBytes += utf8Length(chunk.delta);
          started = true;
          return;
        case "thinking-delta":
        case "tool-call-delta":
          outputBytes += utf8Length(chunk.delta);
          started = true;
          return;
        case "tool-call-start":
          outputBytes += utf8Length(chunk.name);
          started = true;
          return;
        case "heartbeat":
          lostAttempts += chunk.lostAttempts ?? 0;
          return;
        case "tool-call-end":
        case "warning":
          return;
        case "done":
          started = true;
          stopReason = chunk.stopReason;
          final = chunk.usage;
          return;
      }
    },
    get started() {
      return started;
    },
    text: () => deltas.join(""),
    usage() {
      if (final !== undefined) return final;
      estimatedInput ??= estimateInputTokens(input, counts);
      return {
        inputTokens: told.inputTokens ?? estimatedInput,
        outputTokens: Math.max(told.outputTokens ?? 0, Math.ceil(outputBytes / 4)),
        cacheReadTokens: told.cacheReadTokens ?? 0,
        cacheWriteTokens: told.cacheWriteTokens ?? 0,
        ...(told.reasoningTokens === undefined ? {} : { reasoningTokens: told.reasoningTokens }),
        exact: false,
      };
    },
    get lostAttempts() {
      return lostAttempts;
    },
    get stopReason() {
      return stopReason;
    },
  };
}
