/**
 * What every decoder keeps while an answer arrives: the text, the usage, the calls, and whether it is over. The helpers
 * here append chunks and keep the books, so that an error at any moment can say what had arrived.
 */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import {
  type CallIdentity,
  emptyCompletionFailure,
  malformedFailure,
  type PartialAnswer,
  truncatedFailure,
} from "../errors/model-failures.ts";
import type { ModelChunk, ModelInput, Usage } from "../spec/model.ts";
import { callIdSource } from "./call-ids.ts";
import type { AnswerStatus } from "./wire-format.ts";

export interface AnswerState {
  readonly call: CallIdentity;
  readonly secrets: readonly string[];
  status: AnswerStatus;
  /** The id under which text is sent: the response's, once known. */
  messageId: string;
  text: string;
  thinking: string;
  usage: Usage | undefined;
  calls: number;
  /** Things that were kept as warnings: content too, though not text. */
  kept: number;
  /** Kinds of unknown things that have been reported: each is worth one warning. */
  readonly reported: Set<string>;
  nextCallId(): string;
}

export function createAnswerState(input: ModelInput, secrets: readonly string[] = []): AnswerState {
  return {
    call: { provider: input.provider, model: input.model },
    secrets,
    status: "open",
    messageId: "message",
    text: "",
    thinking: "",
    usage: undefined,
    calls: 0,
    kept: 0,
    reported: new Set(),
    nextCallId: callIdSource(input.messages),
  };
}

export function partialOf(state: AnswerState): PartialAnswer {
  return {
    ...(state.text === "" ? {} : { text: state.text }),
    ...(state.usage === undefined ? {} : { usage: state.usage }),
  };
}

export function pushText(state: AnswerState, delta: string, out: ModelChunk[]): void {
  if (delta === "") return;
  state.text += delta;
  out.push({ type: "text-delta", messageId: state.messageId, delta });
}

export function pushThinking(
  state: AnswerState,
  delta: string,
  out: ModelChunk[],
  options: { readonly id?: string; readonly summary?: boolean } = {},
): void {
  if (delta === "") return;
  state.thinking += delta;
  out.push({
    type: "thinking-delta",
    thinkingId: options.id ?? `${state.messageId}:thinking`,
    delta,
    ...(options.summary ? { summary: true } : {}),
  });
}

/** Reports something we do not know, once per kind, and keeps it as it came. */
export function pushUnknown(state: AnswerState, what: string, raw: Json, out: ModelChunk[]): void {
  if (state.reported.has(what)) return;
  state.reported.add(what);
  out.push({ type: "warning", message: `${state.call.provider} sent an unknown ${what}; it is kept as it came`, raw });
}

/** Something known that has no place in our chunks; kept each time. */
export function pushKept(state: AnswerState, message: string, raw: Json, out: ModelChunk[]): void {
  state.kept++;
  out.push({ type: "warning", message, raw });
}

/**
 * The object in an event's data. Broken JSON is a broken stream; a bare word (some gateways send `ping`) is only strange.
 */
export function parseEvent(state: AnswerState, data: string, out: ModelChunk[]): JsonObject | undefined {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (error) {
    const start = data.trimStart()[0];
    if (start === "{" || start === "[") throw malformedFailure(state.call, data, partialOf(state), error);
    pushUnknown(state, "event that is no JSON", data.slice(0, 200), out);
    return undefined;
  }
  if (isJsonObject(value)) return value;
  pushUnknown(state, "event that is no object", value as Json, out);
  return undefined;
}

/** The object in a whole body; anything else is a broken answer. */
export function parseBody(state: AnswerState, body: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw malformedFailure(state.call, body, partialOf(state), error);
  }
  if (isJsonObject(value)) return value;
  throw malformedFailure(state.call, body, partialOf(state));
}

/** @param awaited the event that would have been the end, for the message */
export function truncated(state: AnswerState, awaited: string, cause?: unknown): Error {
  return truncatedFailure(state.call, awaited, partialOf(state), cause);
}

/** Usage from what the provider told, over what it had told before. */
export function mergeUsage(state: AnswerState, told: Partial<Usage>, exact: boolean): Usage {
  const before = state.usage;
  const reasoningTokens = told.reasoningTokens ?? before?.reasoningTokens;
  const inputTokens = told.inputTokens ?? before?.inputTokens ?? 0;
  const outputTokens = told.outputTokens ?? before?.outputTokens ?? 0;
  const cacheReadTokens = told.cacheReadTokens ?? before?.cacheReadTokens ?? 0;
  const cacheWriteTokens = told.cacheWriteTokens ?? before?.cacheWriteTokens ?? 0;
  // Every message of a conversation keeps one: written out, it has no room for what did not come.
  const usage: Usage =
    reasoningTokens === undefined
      ? { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, exact }
      : { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens, exact };
  state.usage = usage;
  return usage;
}

export function pushDone(
  state: AnswerState,
  out: ModelChunk[],
  done: {
    readonly stopReason: string;
    readonly rawStopReason?: string | undefined;
    readonly logprobs?: Json | undefined;
  },
): void {
  state.status = "finished";
  out.push({
    type: "done",
    stopReason: done.stopReason,
    ...(done.rawStopReason === undefined ? {} : { rawStopReason: done.rawStopReason }),
    ...(state.usage === undefined ? {} : { usage: state.usage }),
    ...(done.logprobs === undefined ? {} : { logprobs: done.logprobs }),
  });
}

/**
 * HTTP-07, for servers whose parsers lose things: an answer that is reasoning only becomes the text, and tokens that were
 * billed without anything delivered are a failure worth a retry. An answer that ended for another reason is left alone.
 */
export function settleContent(state: AnswerState, stopReason: string, out: ModelChunk[]): void {
  if (stopReason !== "end_turn" || state.text !== "" || state.calls > 0 || state.kept > 0) return;
  if (state.thinking.trim() !== "") {
    state.text = state.thinking;
    out.push({ type: "text-delta", messageId: state.messageId, delta: state.thinking, recovered: true });
    return;
  }
  const outputTokens = state.usage?.outputTokens ?? 0;
  if (outputTokens > 0 && state.reported.size === 0) {
    throw emptyCompletionFailure(state.call, outputTokens, state.usage);
  }
}

// Reading fields of unknown shape

export function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Text that may be a string, a part with a text, or a list of parts. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(textOf).join("");
  const fields = objectOf(value);
  return fields ? (stringOf(fields["text"]) ?? "") : "";
}

/** A count: finite and not negative, else undefined. */
export function countOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

export function objectOf(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

export function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
