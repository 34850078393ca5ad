/** A Gemini answer as chunks. Every message is a piece of the answer; the one with a `finishReason` is the end. */

import type { Json, JsonObject } from "../../base/index.ts";
import { table } from "../../base/index.ts";
import { requestFailure, streamFailure } from "../errors/model-failures.ts";
import type { ModelChunk, ModelInput, Usage } from "../spec/model.ts";
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
  settleContent,
  stringOf,
  truncated,
} from "./answer-state.ts";
import { markToken } from "./opaque-token.ts";
import type { AnswerDecoder } from "./wire-format.ts";

const STOP_REASONS: Readonly<Record<string, string>> = table({ STOP: "end_turn", MAX_TOKENS: "max_tokens" });

export function createGeminiDecoder(input: ModelInput, secrets: readonly string[] = []): AnswerDecoder {
  const state = createAnswerState(input, secrets);
  let started = false;
  let finishReason: string | undefined;
  let logprobs: Json | undefined;

  const read = (event: JsonObject, raw: string, out: ModelChunk[]): void => {
    const error = objectOf(event["error"]);
    if (error) {
      const status = countOf(error["code"]);
      throw streamFailure(
        state.call,
        { words: stringOf(error["message"]) ?? raw, raw, ...(status === undefined ? {} : { status }) },
        partialOf(state),
        state.secrets,
      );
    }
    begin(event, out);
    const usage = objectOf(event["usageMetadata"]);
    if (usage) mergeUsage(state, readUsage(usage), event["candidates"] !== undefined);
    const blocked = stringOf(objectOf(event["promptFeedback"])?.["blockReason"]);
    if (blocked) {
      throw requestFailure(state.call, `${state.call.provider} blocked the prompt: ${blocked}`, {
        category: "generic",
        reason: "content_policy",
        body: raw,
        ...(state.usage === undefined ? {} : { usage: state.usage }),
      });
    }
    const candidate = objectOf(listOf(event["candidates"])[0]);
    if (!candidate) return;
    for (const part of listOf(objectOf(candidate["content"])?.["parts"])) pushPart(objectOf(part) ?? {}, out);
    if (candidate["logprobsResult"] !== undefined) logprobs = candidate["logprobsResult"];
    const reason = stringOf(candidate["finishReason"]);
    if (reason && finishReason === undefined) {
      finishReason = reason;
      state.status = "settling";
    }
  };

  const begin = (event: JsonObject, out: ModelChunk[]): void => {
    if (started) return;
    started = true;
    const responseId = stringOf(event["responseId"]);
    const model = stringOf(event["modelVersion"]);
    if (responseId) state.messageId = responseId;
    out.push({ type: "response-start", ...(model ? { model } : {}), ...(responseId ? { responseId } : {}) });
  };

  const pushPart = (part: JsonObject, out: ModelChunk[]): void => {
    const token = stringOf(part["thoughtSignature"]);
    const signature = token === undefined ? undefined : markToken("gemini", token);
    const call = objectOf(part["functionCall"]);
    if (call) {
      const id = stringOf(call["id"]) || state.nextCallId();
      state.calls++;
      out.push(
        { type: "tool-call-start", id, name: stringOf(call["name"]) ?? "" },
        { type: "tool-call-end", id, input: call["args"] ?? {}, ...(signature === undefined ? {} : { signature }) },
      );
      return;
    }
    const text = stringOf(part["text"]);
    if (text === undefined) {
      pushKept(state, `A part \`${Object.keys(part)[0] ?? "nothing"}\` was kept`, part, out);
      return;
    }
    if (part["thought"] === true) pushThinking(state, text, out, { summary: true });
    else pushText(state, text, out);
    if (signature !== undefined) {
      out.push({
        type: "thinking-delta",
        thinkingId: `${state.messageId}:thinking`,
        delta: "",
        summary: true,
        signature,
      });
    }
  };

  const finish = (out: ModelChunk[]): void => {
    const reason = finishReason ?? "STOP";
    const mapped = STOP_REASONS[reason] ?? reason;
    settleContent(state, mapped, out);
    pushDone(state, out, {
      stopReason: mapped === "end_turn" && state.calls > 0 ? "tool_use" : mapped,
      rawStopReason: finishReason,
      logprobs,
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
      if (state.status === "finished") return;
      const event = parseEvent(state, data, out);
      if (event) read(event, data, out);
    },
    whole(body, out) {
      read(parseBody(state, body), body, out);
      if (finishReason === undefined && state.text === "" && state.calls === 0) throw truncated(state, "finishReason");
      finish(out);
    },
    end(out) {
      if (state.status === "finished") return;
      if (finishReason === undefined) throw truncated(state, "finishReason");
      finish(out);
    },
  };
}

/** Thoughts are billed as output but counted apart. */
function readUsage(usage: JsonObject): Partial<Usage> {
  const prompt = countOf(usage["promptTokenCount"]);
  const answered = countOf(usage["candidatesTokenCount"]);
  const thought = countOf(usage["thoughtsTokenCount"]);
  const cached = countOf(usage["cachedContentTokenCount"]);
  return {
    ...(prompt === undefined ? {} : { inputTokens: prompt + (countOf(usage["toolUsePromptTokenCount"]) ?? 0) }),
    ...(answered === undefined && thought === undefined ? {} : { outputTokens: (answered ?? 0) + (thought ?? 0) }),
    ...(cached === undefined ? {} : { cacheReadTokens: cached }),
    ...(thought === undefined ? {} : { reasoningTokens: thought }),
  };
}
