/**
 * A chat completions answer as chunks.
 *
 * Each message holds a `delta`; the one with a `finish_reason` is the end, and a last one may bring the usage. Servers
 * differ in everything else: where reasoning is, whether calls have an index or an id, whether arguments are text, what an
 * error looks like. Nothing of that is trusted here.
 */

import type { Json, JsonObject } from "../../base/index.ts";
import { table } from "../../base/index.ts";
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
import { chatQuirks } from "./chat-quirks.ts";
import { createInlineThinkingSplitter } from "./inline-thinking.ts";
import { markToken } from "./opaque-token.ts";
import type { AnswerDecoder } from "./wire-format.ts";

/** A tool call that is being sent. It starts, for us, as soon as its name is known. */
interface OpenCall {
  readonly index: number | undefined;
  /** The id the server gave; several calls may have got the same one. */
  serverId: string;
  id: string | undefined;
  name: string;
  /** Text that came before the name. */
  early: string;
  /** Arguments that came as a value. */
  input: Json | undefined;
  started: boolean;
}

const STOP_REASONS: Readonly<Record<string, string>> = table({
  stop: "end_turn",
  eos: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  function_call: "tool_use",
});

export function createOpenAiChatDecoder(input: ModelInput, secrets: readonly string[] = []): AnswerDecoder {
  const state = createAnswerState(input, secrets);
  const { inlineThinking } = chatQuirks(input.provider);
  const splitter = inlineThinking === "never" ? undefined : createInlineThinkingSplitter(inlineThinking);
  const calls: OpenCall[] = [];
  let started = false;
  let finishReason: string | undefined;
  let logprobs: Json[] | undefined;

  const onText = (out: ModelChunk[]) => (text: string) => pushText(state, text, out);
  const onThinking = (out: ModelChunk[]) => (text: string) => pushThinking(state, text, out);

  const pushContent = (content: unknown, out: ModelChunk[]): void => {
    if (typeof content === "string") {
      if (content === "") return;
      if (splitter) splitter.push(content, onText(out), onThinking(out));
      else pushText(state, content, out);
      return;
    }
    for (const part of listOf(content)) {
      const fields = objectOf(part) ?? {};
      const text = stringOf(fields["text"]);
      if (fields["type"] === "thinking") pushThinking(state, textOf(fields["thinking"] ?? text), out);
      else if (text !== undefined) pushContent(text, out);
      else pushUnknown(state, `content part \`${String(fields["type"])}\``, part, out);
    }
  };

  /** One of several spellings; a server that sends two sends the same text twice. */
  const pushReasoning = (delta: JsonObject, out: ModelChunk[]): void => {
    const details = listOf(delta["reasoning_details"]);
    if (details.length > 0) {
      for (const [at, detail] of details.entries()) pushReasoningDetail(objectOf(detail) ?? {}, at, out);
      return;
    }
    const reasoning = delta["reasoning"];
    const text = textOf(delta["reasoning_content"]) || textOf(reasoning) || textOf(objectOf(reasoning)?.["content"]);
    pushThinking(state, text, out);
    const summary = textOf(objectOf(reasoning)?.["summary"]) || textOf(delta["reasoning_summary"]);
    pushThinking(state, summary, out, { id: `${state.messageId}:summary`, summary: true });
  };

  const pushReasoningDetail = (detail: JsonObject, at: number, out: ModelChunk[]): void => {
    const id = `${state.messageId}:${countOf(detail["index"]) ?? at}`;
    switch (detail["type"]) {
      case "reasoning.text": {
        pushThinking(state, textOf(detail["text"]), out, { id });
        const signature = stringOf(detail["signature"]);
        if (signature) {
          out.push({
            type: "thinking-delta",
            thinkingId: id,
            delta: "",
            signature: markToken("openrouter", signature),
          });
        }
        return;
      }
      case "reasoning.summary":
        pushThinking(state, textOf(detail["summary"]), out, { id: `${id}:summary`, summary: true });
        return;
      case "reasoning.encrypted":
        out.push({
          type: "thinking-delta",
          thinkingId: `${id}:encrypted`,
          delta: "",
          redacted: markToken("openrouter", stringOf(detail["data"]) ?? ""),
        });
        return;
      default:
        pushUnknown(state, `reasoning detail \`${String(detail["type"])}\``, detail, out);
    }
  };

  /** By index, else by id, else the last one. A new id with a name is a new call, whatever its index says. */
  const findCall = (part: JsonObject, name: string): OpenCall | undefined => {
    const index = countOf(part["index"]);
    const serverId = stringOf(part["id"]) ?? "";
    const isNew = (call: OpenCall) =>
      name !== "" && serverId !== "" && call.serverId !== "" && call.serverId !== serverId;
    if (index !== undefined) return calls.findLast((call) => call.index === index && !isNew(call));
    if (serverId !== "") return calls.findLast((call) => call.serverId === serverId);
    return name === "" ? calls.at(-1) : undefined;
  };

  const pushCall = (part: JsonObject, out: ModelChunk[]): void => {
    const kind = stringOf(part["type"]);
    if (kind !== undefined && kind !== "" && kind !== "function") {
      pushKept(state, `A tool call of type \`${kind}\` was kept`, part, out);
      return;
    }
    const fields = objectOf(part["function"]) ?? part;
    const name = stringOf(fields["name"]) ?? "";
    let call = findCall(part, name);
    if (!call) {
      const index = countOf(part["index"]);
      call = { index, serverId: "", id: undefined, name: "", early: "", input: undefined, started: false };
      calls.push(call);
    }
    call.serverId ||= stringOf(part["id"]) ?? "";
    // Some servers repeat the name with every delta.
    call.name ||= name;
    const args = fields["arguments"];
    if (!call.started && call.name !== "") startCall(call, out);
    if (typeof args === "string") {
      if (args === "") return;
      if (call.started) out.push({ type: "tool-call-delta", id: call.id!, delta: args });
      else call.early += args;
    } else if (args !== undefined && args !== null) {
      call.input = args;
    }
  };

  const startCall = (call: OpenCall, out: ModelChunk[]): void => {
    const taken = calls.some((other) => other !== call && other.id === call.serverId);
    call.id = call.serverId === "" || taken ? state.nextCallId() : call.serverId;
    call.started = true;
    state.calls++;
    out.push({ type: "tool-call-start", id: call.id, name: call.name });
    if (call.early !== "") out.push({ type: "tool-call-delta", id: call.id, delta: call.early });
    call.early = "";
  };

  const finish = (out: ModelChunk[]): void => {
    splitter?.flush(onText(out), onThinking(out));
    for (const call of calls) {
      if (!call.started) {
        pushKept(state, "A tool call without a name was kept", { id: call.serverId, arguments: call.early }, out);
        continue;
      }
      out.push({
        type: "tool-call-end",
        id: call.id!,
        ...(call.input === undefined ? {} : { input: call.input }),
      });
    }
    const reason = finishReason ?? "stop";
    const mapped = STOP_REASONS[reason] ?? reason;
    // A gap may be filled with nothing.
    if (!input.completion) settleContent(state, mapped, out);
    pushDone(state, out, {
      stopReason: mapped === "end_turn" && state.calls > 0 ? "tool_use" : mapped,
      rawStopReason: finishReason,
      logprobs,
    });
  };

  const begin = (event: JsonObject, out: ModelChunk[]): void => {
    if (started) return;
    started = true;
    const responseId = stringOf(event["id"]);
    const model = stringOf(event["model"]);
    if (responseId) state.messageId = responseId;
    out.push({ type: "response-start", ...(model ? { model } : {}), ...(responseId ? { responseId } : {}) });
  };

  const readChoice = (choice: JsonObject, delta: JsonObject, out: ModelChunk[]): void => {
    if (delta["reasoning_content"] != null || delta["reasoning"] != null || delta["reasoning_details"] != null) {
      pushReasoning(delta, out);
    }
    if (delta["content"] != null) pushContent(delta["content"], out);
    if (input.completion && choice["text"] != null) pushContent(choice["text"], out);
    if (delta["refusal"] != null) pushText(state, textOf(delta["refusal"]), out);
    if (delta["tool_calls"] != null) {
      for (const part of listOf(delta["tool_calls"])) pushCall(objectOf(part) ?? {}, out);
    }
    const legacy = objectOf(delta["function_call"]);
    if (legacy) pushCall({ index: 0, function: legacy }, out);
    const told = objectOf(choice["logprobs"]);
    if (told && input.completion) (logprobs ??= []).push(told);
    const tokens = told?.["content"];
    if (Array.isArray(tokens)) (logprobs ??= []).push(...(tokens as Json[]));
    if (choice["error"] != null) throw providerError(state, choice, JSON.stringify(choice));
    const reason = stringOf(choice["finish_reason"]);
    // The first one counts: a proxy may send it twice, with half a call between.
    if (reason && finishReason === undefined) {
      if (reason === "error") throw providerError(state, choice, JSON.stringify(choice));
      finishReason = reason;
      state.status = "settling";
    }
  };

  const readUsageOf = (event: JsonObject): void => {
    const usage = objectOf(event["usage"]) ?? objectOf(objectOf(event["x_groq"])?.["usage"]);
    if (usage) mergeUsage(state, readUsage(usage), true);
  };

  return {
    get status() {
      return state.status;
    },
    get partial() {
      return partialOf(state);
    },
    event(_name, data, out) {
      if (state.status === "finished") return;
      if (data === "[DONE]") {
        if (finishReason === undefined) throw truncated(state, "finish_reason");
        finish(out);
        return;
      }
      const event = parseEvent(state, data, out);
      if (!event) return;
      if (event["error"] != null) throw providerError(state, event, data);
      begin(event, out);
      const choices = listOf(event["choices"]);
      const choice = objectOf(choices[0]);
      if (choice) readChoice(choice, objectOf(choice["delta"]) ?? objectOf(choice["message"]) ?? {}, out);
      else if (choices.length === 0 && event["usage"] === undefined && event["choices"] === undefined) {
        pushUnknown(state, "event without choices", event, out);
      }
      readUsageOf(event);
      if (state.status === "settling" && choices.length === 0 && event["usage"] != null) finish(out);
    },
    whole(body, out) {
      const answer = parseBody(state, body);
      if (answer["error"] != null) throw providerError(state, answer, body);
      begin(answer, out);
      const choice = objectOf(listOf(answer["choices"])[0]);
      if (!choice) throw providerError(state, answer, body);
      readChoice(choice, objectOf(choice["message"]) ?? {}, out);
      readUsageOf(answer);
      finish(out);
    },
    end(out) {
      if (state.status === "finished") return;
      if (finishReason === undefined) throw truncated(state, "finish_reason");
      finish(out);
    },
  };
}

function providerError(state: AnswerState, event: JsonObject, raw: string): Error {
  const error = event["error"];
  const fields = objectOf(error);
  const words = stringOf(error) ?? stringOf(fields?.["message"]) ?? stringOf(event["message"]) ?? raw;
  const code = Number(fields?.["code"] ?? fields?.["status"] ?? event["code"]);
  return streamFailure(
    state.call,
    { words, raw, ...(Number.isInteger(code) ? { status: code } : {}) },
    partialOf(state),
    state.secrets,
  );
}

function readUsage(usage: JsonObject): Partial<Usage> {
  const prompt = objectOf(usage["prompt_tokens_details"]) ?? objectOf(usage["input_tokens_details"]);
  const completion = objectOf(usage["completion_tokens_details"]) ?? objectOf(usage["output_tokens_details"]);
  const inputTokens = countOf(usage["prompt_tokens"]) ?? countOf(usage["input_tokens"]);
  const outputTokens = countOf(usage["completion_tokens"]) ?? countOf(usage["output_tokens"]);
  const cacheReadTokens =
    countOf(prompt?.["cached_tokens"]) ??
    countOf(usage["cache_read_input_tokens"]) ??
    countOf(usage["prompt_cache_hit_tokens"]);
  const cacheWriteTokens =
    countOf(prompt?.["cache_write_tokens"]) ??
    countOf(prompt?.["cache_creation_input_tokens"]) ??
    countOf(usage["cache_creation_input_tokens"]);
  const reasoningTokens = countOf(completion?.["reasoning_tokens"]);
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(cacheReadTokens === undefined ? {} : { cacheReadTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cacheWriteTokens }),
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
  };
}
