/** A whole Bedrock Converse answer as chunks. Its stream is a binary format of its own, which is not spoken here. */

import type { JsonObject } from "../../base/index.ts";
import { streamFailure } from "../errors/model-failures.ts";
import type { ModelChunk, ModelInput } from "../spec/model.ts";
import {
  countOf,
  createAnswerState,
  listOf,
  mergeUsage,
  objectOf,
  parseBody,
  partialOf,
  pushDone,
  pushText,
  pushThinking,
  pushUnknown,
  stringOf,
  truncated,
} from "./answer-state.ts";
import type { AnswerDecoder } from "./wire-format.ts";

export function createBedrockDecoder(input: ModelInput, secrets: readonly string[] = []): AnswerDecoder {
  const state = createAnswerState(input, secrets);

  const pushBlock = (block: JsonObject, at: number, out: ModelChunk[]): void => {
    const text = stringOf(block["text"]);
    const call = objectOf(block["toolUse"]);
    const reasoning = objectOf(objectOf(block["reasoningContent"])?.["reasoningText"]);
    if (text !== undefined) {
      pushText(state, text, out);
    } else if (call) {
      const id = stringOf(call["toolUseId"]) || state.nextCallId();
      state.calls++;
      out.push(
        { type: "tool-call-start", id, name: stringOf(call["name"]) ?? "" },
        { type: "tool-call-end", id, input: call["input"] ?? {} },
      );
    } else if (reasoning) {
      const thinkingId = `${state.messageId}:${at}`;
      pushThinking(state, stringOf(reasoning["text"]) ?? "", out, { id: thinkingId });
      const signature = stringOf(reasoning["signature"]);
      if (signature) out.push({ type: "thinking-delta", thinkingId, delta: "", signature });
    } else {
      pushUnknown(state, `content block \`${Object.keys(block)[0] ?? "nothing"}\``, block, out);
    }
  };

  return {
    get status() {
      return state.status;
    },
    get partial() {
      return partialOf(state);
    },
    event(_name, data, out) {
      pushUnknown(state, "event", data, out);
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
      const usage = objectOf(answer["usage"]);
      if (usage) {
        const read = countOf(usage["cacheReadInputTokens"]) ?? 0;
        const written = countOf(usage["cacheWriteInputTokens"]) ?? 0;
        mergeUsage(
          state,
          {
            inputTokens: (countOf(usage["inputTokens"]) ?? 0) + read + written,
            outputTokens: countOf(usage["outputTokens"]) ?? 0,
            cacheReadTokens: read,
            cacheWriteTokens: written,
          },
          true,
        );
      }
      const reason = stringOf(answer["stopReason"]);
      pushDone(state, out, {
        stopReason: reason ?? (state.calls > 0 ? "tool_use" : "end_turn"),
        rawStopReason: reason,
      });
    },
    end() {
      if (state.status !== "finished") throw truncated(state, "the end of the body");
    },
  };
}
