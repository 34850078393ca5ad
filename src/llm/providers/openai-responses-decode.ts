/**
 * An OpenAI Responses answer as chunks. An answer is a list of items (messages, reasoning, function calls); each is added,
 * filled by deltas, and done. `response.completed`, `.incomplete` or `.failed` is the end and repeats everything.
 */

import type { Json, JsonObject } from "../../base/index.ts";
import { streamFailure } from "../errors/model-failures.ts";
import type { ModelChunk, ModelInput, Usage } from "../spec/model.ts";
import {
  type AnswerState,
  countOf,
  createAnswerState,
  listOf,
  mergeUsage,
  objectOf,
  parseBody,
  parseEvent,
  partialOf,
  pushDone,
  pushKept,
  pushText,
  pushThinking,
  pushUnknown,
  settleContent,
  stringOf,
  textOf,
  truncated,
} from "./answer-state.ts";
import { markToken } from "./opaque-token.ts";
import type { AnswerDecoder } from "./wire-format.ts";

interface OpenCall {
  readonly id: string;
  hasDeltas: boolean;
  ended: boolean;
}

/** Events that only frame what other events say. */
const FRAMING = new Set([
  "response.in_progress",
  "response.queued",
  "response.content_part.added",
  "response.content_part.done",
  "response.output_text.done",
  "response.refusal.done",
  "response.reasoning_summary_part.added",
  "response.reasoning_summary_part.done",
  "response.reasoning_summary_text.done",
  "response.reasoning_text.done",
  "keepalive",
]);

export function createOpenAiResponsesDecoder(input: ModelInput, secrets: readonly string[] = []): AnswerDecoder {
  const state = createAnswerState(input, secrets);
  /** By the id of the item. */
  const calls = new Map<string, OpenCall>();
  let logprobs: Json[] | undefined;
  let started = false;

  const begin = (response: JsonObject, out: ModelChunk[]): void => {
    if (started) return;
    started = true;
    const responseId = stringOf(response["id"]);
    const model = stringOf(response["model"]);
    if (responseId) state.messageId = responseId;
    out.push({ type: "response-start", ...(model ? { model } : {}), ...(responseId ? { responseId } : {}) });
  };

  const thinkingId = (event: JsonObject): string =>
    `${stringOf(event["item_id"]) ?? state.messageId}:${countOf(event["summary_index"]) ?? 0}`;

  const addItem = (item: JsonObject, out: ModelChunk[]): void => {
    if (item["type"] !== "function_call") return;
    const id = stringOf(item["call_id"]) || state.nextCallId();
    state.calls++;
    calls.set(stringOf(item["id"]) ?? id, { id, hasDeltas: false, ended: false });
    out.push({ type: "tool-call-start", id, name: stringOf(item["name"]) ?? "" });
  };

  const doneItem = (item: JsonObject, out: ModelChunk[]): void => {
    switch (item["type"]) {
      case "function_call": {
        const key = stringOf(item["id"]) ?? stringOf(item["call_id"]) ?? "";
        if (!calls.has(key)) addItem(item, out);
        const call = calls.get(key);
        if (!call || call.ended) return;
        const whole = stringOf(item["arguments"]) ?? "";
        if (!call.hasDeltas && whole !== "") out.push({ type: "tool-call-delta", id: call.id, delta: whole });
        call.ended = true;
        out.push({ type: "tool-call-end", id: call.id });
        return;
      }
      case "reasoning": {
        const encrypted = stringOf(item["encrypted_content"]);
        const id = stringOf(item["id"]);
        if (encrypted) {
          out.push({
            type: "thinking-delta",
            thinkingId: `${id ?? state.messageId}:0`,
            delta: "",
            summary: true,
            redacted: markToken("openai", encrypted),
            ...(id ? { signature: markToken("openai", id) } : {}),
          });
        }
        return;
      }
      case "message":
        return;
      default:
        pushKept(state, `An output item \`${String(item["type"])}\` was kept`, item, out);
    }
  };

  const finish = (response: JsonObject, out: ModelChunk[]): void => {
    const usage = objectOf(response["usage"]);
    if (usage) mergeUsage(state, readUsage(usage), true);
    for (const call of calls.values()) if (!call.ended) out.push({ type: "tool-call-end", id: call.id });
    const why = stringOf(objectOf(response["incomplete_details"])?.["reason"]);
    const ended = state.calls > 0 ? "tool_use" : "end_turn";
    const stopReason = why === undefined ? ended : why === "max_output_tokens" ? "max_tokens" : why;
    settleContent(state, stopReason, out);
    pushDone(state, out, { stopReason, rawStopReason: why ?? stringOf(response["status"]), logprobs });
  };

  const fail = (event: JsonObject, error: JsonObject | undefined, raw: string): Error => {
    const usage = objectOf(objectOf(event["response"])?.["usage"]);
    if (usage) mergeUsage(state, readUsage(usage), true);
    const words = stringOf(error?.["message"]) ?? stringOf(event["message"]) ?? stringOf(event["error"]) ?? raw;
    return streamFailure(state.call, { words, raw }, partialOf(state), state.secrets);
  };

  return {
    get status() {
      return state.status;
    },
    get partial() {
      return partialOf(state);
    },
    event(name, data, out) {
      if (state.status === "finished" || data === "[DONE]") return;
      const event = parseEvent(state, data, out);
      if (!event) return;
      const type = stringOf(event["type"]) ?? name;
      switch (type) {
        case "response.output_text.delta":
          pushText(state, stringOf(event["delta"]) ?? "", out);
          if (Array.isArray(event["logprobs"])) (logprobs ??= []).push(...(event["logprobs"] as Json[]));
          return;
        case "response.refusal.delta":
          pushText(state, stringOf(event["delta"]) ?? "", out);
          return;
        case "response.function_call_arguments.delta": {
          const call = calls.get(stringOf(event["item_id"]) ?? "");
          const delta = stringOf(event["delta"]) ?? "";
          if (!call) pushUnknown(state, "delta of a function call that was not announced", event, out);
          else if (delta !== "") {
            call.hasDeltas = true;
            out.push({ type: "tool-call-delta", id: call.id, delta });
          }
          return;
        }
        case "response.reasoning_summary_text.delta":
          pushThinking(state, stringOf(event["delta"]) ?? "", out, { id: thinkingId(event), summary: true });
          return;
        case "response.reasoning_text.delta":
          pushThinking(state, stringOf(event["delta"]) ?? "", out, { id: `${thinkingId(event)}:text` });
          return;
        case "response.created":
          begin(objectOf(event["response"]) ?? {}, out);
          return;
        case "response.output_item.added":
          addItem(objectOf(event["item"]) ?? {}, out);
          return;
        case "response.output_item.done":
          doneItem(objectOf(event["item"]) ?? {}, out);
          return;
        // `output_item.done` repeats the arguments and comes right after.
        case "response.function_call_arguments.done":
          return;
        case "response.output_text.annotation.added":
          pushKept(state, "An annotation was kept", event["annotation"] ?? event, out);
          return;
        case "response.completed":
        case "response.incomplete":
          finish(objectOf(event["response"]) ?? {}, out);
          return;
        case "response.failed":
          throw fail(event, objectOf(objectOf(event["response"])?.["error"]), data);
        case "error":
          throw fail(event, objectOf(event["error"]), data);
        default:
          if (!FRAMING.has(type)) pushUnknown(state, `event \`${type}\``, event, out);
      }
    },
    whole(body, out) {
      const response = parseBody(state, body);
      if (response["error"] != null || response["status"] === "failed") {
        throw fail({ response }, objectOf(response["error"]), body);
      }
      begin(response, out);
      for (const part of listOf(response["output"])) {
        const item = objectOf(part) ?? {};
        if (item["type"] === "reasoning") {
          listOf(item["summary"]).forEach((summary, at) => {
            const id = `${stringOf(item["id"]) ?? state.messageId}:${at}`;
            pushThinking(state, textOf(summary), out, { id, summary: true });
          });
          for (const content of listOf(item["content"])) pushThinking(state, textOf(content), out);
        }
        if (item["type"] === "message") {
          for (const content of listOf(item["content"])) pushMessagePart(state, objectOf(content) ?? {}, out);
        }
        doneItem(item, out);
      }
      finish(response, out);
    },
    end() {
      if (state.status !== "finished") throw truncated(state, "response.completed");
    },
  };
}

function pushMessagePart(state: AnswerState, part: JsonObject, out: ModelChunk[]): void {
  switch (part["type"]) {
    case "output_text":
      pushText(state, textOf(part), out);
      return;
    case "refusal":
      pushText(state, stringOf(part["refusal"]) ?? "", out);
      return;
    default:
      pushUnknown(state, `content part \`${String(part["type"])}\``, part, out);
  }
}

function readUsage(usage: JsonObject): Partial<Usage> {
  const inputTokens = countOf(usage["input_tokens"]);
  const outputTokens = countOf(usage["output_tokens"]);
  const cacheReadTokens = countOf(objectOf(usage["input_tokens_details"])?.["cached_tokens"]);
  const reasoningTokens = countOf(objectOf(usage["output_tokens_details"])?.["reasoning_tokens"]);
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(cacheReadTokens === undefined ? {} : { cacheReadTokens }),
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
  };
}
