/**
 * A Bedrock Converse answer as chunks.
 *
 *     messageStart (contentBlockStart? contentBlockDelta* contentBlockStop)* messageStop metadata
 *
 * Only tool calls are announced by a start. Usage comes last, with `metadata`; failures come as exceptions of the stream.
 */

import type { JsonObject } from "../../base/index.ts";
import { table } from "../../base/index.ts";
import { streamFailure } from "../errors/model-failures.ts";
import type { ModelChunk, ModelInput } from "../spec/model.ts";
import { EXCEPTION } from "../wire/aws-event-stream.ts";
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
  pushKept,
  pushText,
  pushThinking,
  pushUnknown,
  stringOf,
  truncated,
} from "./answer-state.ts";
import type { AnswerDecoder } from "./wire-format.ts";

/** The statuses that these exceptions have as answers of their own. */
const EXCEPTION_STATUS: Readonly<Record<string, number>> = table({
  internalServerException: 500,
  serviceUnavailableException: 503,
  throttlingException: 429,
  modelTimeoutException: 408,
  validationException: 400,
});

export function createBedrockDecoder(input: ModelInput, secrets: readonly string[] = []): AnswerDecoder {
  const state = createAnswerState(input, secrets);
  /** Tool calls that are being sent, by the number of their block. */
  const calls = new Map<number, string>();
  let stopReason: string | undefined;

  const startCall = (call: JsonObject, out: ModelChunk[]): string => {
    const id = stringOf(call["toolUseId"]) || state.nextCallId();
    state.calls++;
    out.push({ type: "tool-call-start", id, name: stringOf(call["name"]) ?? "" });
    return id;
  };

  /** Reasoning, whole or in pieces: text, signature, or what the provider keeps to itself. */
  const pushReasoning = (part: JsonObject, at: number, out: ModelChunk[]): void => {
    const thinkingId = `${state.messageId}:${at}`;
    pushThinking(state, stringOf(part["text"]) ?? "", out, { id: thinkingId });
    const signature = stringOf(part["signature"]);
    if (signature) out.push({ type: "thinking-delta", thinkingId, delta: "", signature });
    const redacted = stringOf(part["redactedContent"]);
    if (redacted) out.push({ type: "thinking-delta", thinkingId, delta: "", redacted });
  };

  const pushBlock = (block: JsonObject, at: number, out: ModelChunk[]): void => {
    const text = stringOf(block["text"]);
    const call = objectOf(block["toolUse"]);
    const reasoning = objectOf(block["reasoningContent"]);
    if (text !== undefined) pushText(state, text, out);
    else if (call) out.push({ type: "tool-call-end", id: startCall(call, out), input: call["input"] ?? {} });
    else if (reasoning) pushReasoning({ ...reasoning, ...objectOf(reasoning["reasoningText"]) }, at, out);
    else pushUnknown(state, `content block \`${Object.keys(block)[0] ?? "nothing"}\``, block, out);
  };

  const pushDelta = (at: number, delta: JsonObject, out: ModelChunk[]): void => {
    const text = stringOf(delta["text"]);
    const input = stringOf(objectOf(delta["toolUse"])?.["input"]);
    const reasoning = objectOf(delta["reasoningContent"]);
    if (text !== undefined) {
      pushText(state, text, out);
    } else if (input !== undefined) {
      const id = calls.get(at);
      if (id === undefined) pushUnknown(state, "delta `toolUse` outside a tool", delta, out);
      else if (input !== "") out.push({ type: "tool-call-delta", id, delta: input });
    } else if (reasoning) {
      pushReasoning(reasoning, at, out);
    } else if (delta["citation"] !== undefined) {
      pushKept(state, "A citation was kept", delta, out);
    } else {
      pushUnknown(state, `delta \`${Object.keys(delta)[0] ?? "nothing"}\``, delta, out);
    }
  };

  const stopCall = (at: number, out: ModelChunk[]): void => {
    const id = calls.get(at);
    if (id === undefined) return;
    calls.delete(at);
    out.push({ type: "tool-call-end", id });
  };

  const readUsage = (usage: JsonObject | undefined): void => {
    if (!usage) return;
    const read = countOf(usage["cacheReadInputTokens"]) ?? 0;
    const written = countOf(usage["cacheWriteInputTokens"]) ?? 0;
    // Their input tokens leave cached ones out, ours include them.
    const told = {
      inputTokens: (countOf(usage["inputTokens"]) ?? 0) + read + written,
      outputTokens: countOf(usage["outputTokens"]) ?? 0,
      cacheReadTokens: read,
      cacheWriteTokens: written,
    };
    mergeUsage(state, told, true);
  };

  const finish = (out: ModelChunk[]): void => {
    for (const at of [...calls.keys()]) stopCall(at, out);
    pushDone(state, out, {
      stopReason: stopReason ?? (state.calls > 0 ? "tool_use" : "end_turn"),
      rawStopReason: stopReason,
    });
  };

  const exception = (name: string, fields: JsonObject, raw: string): Error => {
    const words = stringOf(fields["message"]) ?? stringOf(fields["Message"]) ?? stringOf(fields["originalMessage"]);
    const status = EXCEPTION_STATUS[name] ?? countOf(fields["originalStatusCode"]);
    const event = { words: `${name}: ${words ?? raw}`, raw, ...(status === undefined ? {} : { status }) };
    return streamFailure(state.call, event, partialOf(state), state.secrets);
  };

  return {
    get status() {
      return state.status;
    },
    get partial() {
      return partialOf(state);
    },
    event(name, data, out) {
      if (name.startsWith(EXCEPTION)) {
        const fields = parseEvent(state, data, out) ?? {};
        throw exception(name.slice(EXCEPTION.length), fields, data);
      }
      const event = parseEvent(state, data, out);
      if (!event) return;
      const at = countOf(event["contentBlockIndex"]) ?? 0;
      switch (name) {
        case "contentBlockDelta":
          pushDelta(at, objectOf(event["delta"]) ?? {}, out);
          return;
        case "contentBlockStart": {
          const start = objectOf(event["start"]) ?? {};
          const call = objectOf(start["toolUse"]);
          if (call) calls.set(at, startCall(call, out));
          else if (Object.keys(start).length > 0) {
            pushUnknown(state, `content block \`${Object.keys(start)[0]}\``, start, out);
          }
          return;
        }
        case "contentBlockStop":
          stopCall(at, out);
          return;
        case "messageStart":
          out.push({ type: "response-start" });
          return;
        case "messageStop":
          stopReason = stringOf(event["stopReason"]);
          state.status = "settling";
          return;
        case "metadata":
          readUsage(objectOf(event["usage"]));
          if (state.status === "settling") finish(out);
          return;
        default:
          pushUnknown(state, `event \`${name}\``, event, out);
      }
    },
    whole(body, out) {
      const answer = parseBody(state, body);
      const message = objectOf(objectOf(answer["output"])?.["message"]);
      if (!message) {
        const words = stringOf(answer["message"]) ?? stringOf(objectOf(answer["error"])?.["message"]) ?? body;
        throw streamFailure(state.call, { words, raw: body }, partialOf(state), state.secrets);
      }
      out.push({ type: "response-start" });
      for (const [at, block] of listOf(message["content"]).entries()) pushBlock(objectOf(block) ?? {}, at, out);
      readUsage(objectOf(answer["usage"]));
      stopReason = stringOf(answer["stopReason"]);
      finish(out);
    },
    end(out) {
      if (state.status === "finished") return;
      if (state.status === "open") throw truncated(state, "messageStop");
      finish(out);
    },
  };
}
