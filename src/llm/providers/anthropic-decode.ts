/**
 * An Anthropic Messages answer as chunks.
 *
 *     message_start (block_start block_delta* block_stop)* message_delta message_stop
 *
 * with `ping` anywhere. Usage comes in two parts: input with `message_start`, output with `message_delta`.
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
  stringOf,
  truncated,
} from "./answer-state.ts";
import { JSON_TOOL } from "./anthropic-encode.ts";
import type { AnswerDecoder } from "./wire-format.ts";

/** A content block that is being sent. */
type Block =
  | { readonly kind: "text" }
  | { readonly kind: "thinking"; readonly id: string; signature: string }
  | { readonly kind: "call"; readonly id: string; readonly input: Json | undefined; hasDeltas: boolean }
  /** The tool that stands for structured output: its input is the text. */
  | { readonly kind: "json"; readonly input: Json | undefined; hasDeltas: boolean }
  /** A block of the provider's own tools; its deltas are collected to be kept. */
  | { readonly kind: "other"; readonly start: JsonObject; json: string };

export function createAnthropicDecoder(input: ModelInput, secrets: readonly string[] = []): AnswerDecoder {
  const state = createAnswerState(input, secrets);
  const wantsJson = input.output !== undefined && input.output.kind !== "text";
  const blocks = new Map<number, Block>();
  let rawStopReason: string | undefined;

  const startBlock = (index: number, start: JsonObject, out: ModelChunk[]): void => {
    switch (start["type"]) {
      case "text":
        blocks.set(index, { kind: "text" });
        pushText(state, stringOf(start["text"]) ?? "", out);
        return;
      case "thinking": {
        const id = `${state.messageId}:${index}`;
        blocks.set(index, { kind: "thinking", id, signature: stringOf(start["signature"]) ?? "" });
        pushThinking(state, stringOf(start["thinking"]) ?? "", out, { id });
        return;
      }
      case "redacted_thinking":
        out.push({
          type: "thinking-delta",
          thinkingId: `${state.messageId}:${index}`,
          delta: "",
          redacted: stringOf(start["data"]) ?? "",
        });
        return;
      case "tool_use": {
        const name = stringOf(start["name"]) ?? "";
        const given = objectOf(start["input"]);
        const whole = given && Object.keys(given).length > 0 ? given : undefined;
        if (wantsJson && name === JSON_TOOL) {
          blocks.set(index, { kind: "json", input: whole, hasDeltas: false });
          return;
        }
        const id = stringOf(start["id"]) || state.nextCallId();
        state.calls++;
        blocks.set(index, { kind: "call", id, input: whole, hasDeltas: false });
        out.push({ type: "tool-call-start", id, name });
        return;
      }
      default:
        blocks.set(index, { kind: "other", start, json: "" });
    }
  };

  const delta = (index: number, event: JsonObject, out: ModelChunk[]): void => {
    const change = objectOf(event["delta"]) ?? {};
    const block = blocks.get(index);
    switch (change["type"]) {
      case "text_delta":
        pushText(state, stringOf(change["text"]) ?? "", out);
        return;
      case "input_json_delta": {
        const json = stringOf(change["partial_json"]) ?? "";
        if (json === "") return;
        if (block?.kind === "call") {
          block.hasDeltas = true;
          out.push({ type: "tool-call-delta", id: block.id, delta: json });
        } else if (block?.kind === "json") {
          block.hasDeltas = true;
          pushText(state, json, out);
        } else if (block?.kind === "other") {
          block.json += json;
        } else {
          pushUnknown(state, "delta `input_json_delta` outside a tool", event, out);
        }
        return;
      }
      case "thinking_delta":
        pushThinking(state, stringOf(change["thinking"]) ?? "", out, { id: `${state.messageId}:${index}` });
        return;
      case "signature_delta":
        if (block?.kind === "thinking") block.signature += stringOf(change["signature"]) ?? "";
        return;
      case "citations_delta":
        pushKept(state, "A citation was kept", change, out);
        return;
      default:
        pushUnknown(state, `delta \`${String(change["type"])}\``, event, out);
    }
  };

  const stopBlock = (index: number, out: ModelChunk[]): void => {
    const block = blocks.get(index);
    blocks.delete(index);
    switch (block?.kind) {
      case undefined:
      case "text":
        return;
      case "thinking":
        if (block.signature !== "") {
          out.push({ type: "thinking-delta", thinkingId: block.id, delta: "", signature: block.signature });
        }
        return;
      case "call":
        out.push({
          type: "tool-call-end",
          id: block.id,
          ...(block.hasDeltas || block.input === undefined ? {} : { input: block.input }),
        });
        return;
      case "json":
        if (!block.hasDeltas) pushText(state, JSON.stringify(block.input ?? {}), out);
        return;
      case "other":
        pushKept(state, `A content block \`${String(block.start["type"])}\` was kept`, keptBlock(block), out);
    }
  };

  const finish = (out: ModelChunk[]): void => {
    for (const index of [...blocks.keys()]) stopBlock(index, out);
    const reason = rawStopReason ?? (state.calls > 0 ? "tool_use" : "end_turn");
    // The tool that stands for structured output is no tool call.
    const stopReason = reason === "tool_use" && state.calls === 0 && wantsJson ? "end_turn" : reason;
    pushDone(state, out, { stopReason, rawStopReason });
  };

  const start = (message: JsonObject, out: ModelChunk[]): void => {
    const responseId = stringOf(message["id"]);
    const model = stringOf(message["model"]);
    if (responseId) state.messageId = responseId;
    const told = readUsage(objectOf(message["usage"]), state.usage);
    if (told) mergeUsage(state, told, false);
    out.push({
      type: "response-start",
      ...(model ? { model } : {}),
      ...(responseId ? { responseId } : {}),
      ...(told ? { usage: told } : {}),
    });
  };

  return {
    get status() {
      return state.status;
    },
    get partial() {
      return partialOf(state);
    },
    event(name, data, out) {
      const event = parseEvent(state, data, out);
      if (!event) return;
      switch (event["type"] ?? name) {
        case "content_block_delta":
          delta(countOf(event["index"]) ?? 0, event, out);
          return;
        case "content_block_start":
          startBlock(countOf(event["index"]) ?? 0, objectOf(event["content_block"]) ?? {}, out);
          return;
        case "content_block_stop":
          stopBlock(countOf(event["index"]) ?? 0, out);
          return;
        case "message_start":
          start(objectOf(event["message"]) ?? {}, out);
          return;
        case "message_delta": {
          rawStopReason = stringOf(objectOf(event["delta"])?.["stop_reason"]) ?? rawStopReason;
          const told = readUsage(objectOf(event["usage"]), state.usage);
          if (told) mergeUsage(state, told, true);
          return;
        }
        case "message_stop":
          if (state.status !== "finished") finish(out);
          return;
        case "ping":
          return;
        case "error":
          throw providerError(state, event, data);
        default:
          pushUnknown(state, `event \`${String(event["type"] ?? name)}\``, event, out);
      }
    },
    whole(body, out) {
      const message = parseBody(state, body);
      if (message["type"] === "error" || message["error"] !== undefined) throw providerError(state, message, body);
      start(message, out);
      listOf(message["content"]).forEach((block, index) => {
        startBlock(index, objectOf(block) ?? {}, out);
        stopBlock(index, out);
      });
      rawStopReason = stringOf(message["stop_reason"]);
      const told = readUsage(objectOf(message["usage"]), state.usage);
      if (told) mergeUsage(state, told, true);
      finish(out);
    },
    end() {
      if (state.status !== "finished") throw truncated(state, "message_stop");
    },
  };
}

function keptBlock(block: { readonly start: JsonObject; readonly json: string }): JsonObject {
  if (block.json === "") return block.start;
  try {
    return { ...block.start, input: JSON.parse(block.json) as Json };
  } catch {
    return { ...block.start, input: block.json };
  }
}

function providerError(state: AnswerState, event: JsonObject, raw: string): Error {
  const error = objectOf(event["error"]);
  const words = stringOf(error?.["message"]) ?? stringOf(event["error"]) ?? stringOf(event["message"]) ?? raw;
  return streamFailure(state.call, { words, raw }, partialOf(state), state.secrets);
}

/** Their input tokens leave cached ones out, ours include them. The last event may repeat the one and not the other. */
function readUsage(usage: JsonObject | undefined, before: Usage | undefined): Partial<Usage> | undefined {
  if (!usage) return undefined;
  const input = countOf(usage["input_tokens"]);
  const read = countOf(usage["cache_read_input_tokens"]) ?? before?.cacheReadTokens;
  const written = countOf(usage["cache_creation_input_tokens"]) ?? before?.cacheWriteTokens;
  const outputTokens = countOf(usage["output_tokens"]);
  return {
    ...(input === undefined ? {} : { inputTokens: input + (read ?? 0) + (written ?? 0) }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(read === undefined ? {} : { cacheReadTokens: read }),
    ...(written === undefined ? {} : { cacheWriteTokens: written }),
  };
}
