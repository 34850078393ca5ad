/** An Ollama answer as chunks: JSON lines of `/api/chat` or `/api/generate`; the line with `done: true` is the end. */

import type { Json, JsonObject } from "../../base/index.ts";
import { table } from "../../base/index.ts";
import { streamFailure } from "../errors/model-failures.ts";
import type { ModelChunk, ModelInput } from "../spec/model.ts";
import {
  countOf,
  createAnswerState,
  listOf,
  mergeUsage,
  objectOf,
  parseBody,
  parseEvent,
  partialOf,
  pushDone,
  pushText,
  pushThinking,
  pushUnknown,
  settleContent,
  stringOf,
  truncated,
} from "./answer-state.ts";
import { createInlineThinkingSplitter } from "./inline-thinking.ts";
import type { AnswerDecoder } from "./wire-format.ts";

const STOP_REASONS: Readonly<Record<string, string>> = table({ stop: "end_turn", length: "max_tokens" });

export function createOllamaDecoder(input: ModelInput, secrets: readonly string[] = []): AnswerDecoder {
  const state = createAnswerState(input, secrets);
  const splitter = createInlineThinkingSplitter("anywhere");
  let started = false;

  const read = (line: JsonObject, raw: string, out: ModelChunk[]): void => {
    if (line["error"] != null) {
      const words = stringOf(line["error"]) ?? stringOf(objectOf(line["error"])?.["message"]) ?? raw;
      throw streamFailure(state.call, { words, raw }, partialOf(state), state.secrets);
    }
    if (!started) {
      started = true;
      const model = stringOf(line["model"]);
      out.push({ type: "response-start", ...(model ? { model } : {}) });
    }
    const message = objectOf(line["message"]);
    pushThinking(state, stringOf(message?.["thinking"]) ?? stringOf(line["thinking"]) ?? "", out);
    const text = stringOf(message?.["content"]) ?? stringOf(line["response"]) ?? "";
    if (text !== "") {
      splitter.push(
        text,
        (piece) => pushText(state, piece, out),
        (piece) => pushThinking(state, piece, out),
      );
    }
    for (const part of listOf(message?.["tool_calls"])) pushCall(objectOf(part) ?? {}, part, out);
    if (line["done"] === true) finish(line, out);
  };

  /** Calls come whole. */
  const pushCall = (call: JsonObject, raw: Json, out: ModelChunk[]): void => {
    const fields = objectOf(call["function"]) ?? call;
    const name = stringOf(fields["name"]);
    if (!name) {
      pushUnknown(state, "tool call without a name", raw, out);
      return;
    }
    const id = stringOf(call["id"]) || state.nextCallId();
    const args = fields["arguments"];
    state.calls++;
    out.push({ type: "tool-call-start", id, name });
    if (typeof args === "string") out.push({ type: "tool-call-delta", id, delta: args }, { type: "tool-call-end", id });
    else out.push({ type: "tool-call-end", id, input: args ?? {} });
  };

  const finish = (line: JsonObject, out: ModelChunk[]): void => {
    splitter.flush(
      (piece) => pushText(state, piece, out),
      (piece) => pushThinking(state, piece, out),
    );
    const inputTokens = countOf(line["prompt_eval_count"]);
    const outputTokens = countOf(line["eval_count"]);
    if (inputTokens !== undefined || outputTokens !== undefined) {
      mergeUsage(state, { inputTokens: inputTokens ?? 0, outputTokens: outputTokens ?? 0 }, true);
    }
    const reason = stringOf(line["done_reason"]);
    const mapped = STOP_REASONS[reason ?? "stop"] ?? reason ?? "end_turn";
    // A gap may be filled with nothing.
    if (!input.completion) settleContent(state, mapped, out);
    pushDone(state, out, {
      stopReason: mapped === "end_turn" && state.calls > 0 ? "tool_use" : mapped,
      rawStopReason: reason,
    });
  };

  return {
    get status() {
      return state.status;
    },
    get partial() {
      return partialOf(state);
    },
    event(_name, data, out) {
      if (state.status === "finished" || data === "[DONE]") return;
      const line = parseEvent(state, data, out);
      if (line) read(line, data, out);
    },
    whole(body, out) {
      read({ done: true, ...parseBody(state, body) }, body, out);
    },
    end() {
      if (state.status !== "finished") throw truncated(state, "done=true");
    },
  };
}
