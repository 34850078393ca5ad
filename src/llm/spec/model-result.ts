/**
 * A whole answer, folded from a stream of chunks (PROV-03).
 *
 * `blocks` is the answer as a list in the order in which a reader wants it: reasoning and text as they came, then the
 * tool calls. A text block holds the whole text of one message id, however many deltas it came in.
 */

import type { Json, JsonObject } from "../../base/index.ts";
import type { ModelChunk, ModelInput, Thinking, ToolCall, Usage } from "./model.ts";

export interface ModelResult {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: Usage;
  /** The model that answered, as the provider names it; else the one asked for. */
  readonly model: string;
  /** The one asked, unless another answered in its place. */
  readonly provider: string;
  readonly thinking?: string;
  readonly thinkingSummary?: string;
  /** The reasoning in pieces, with what the provider wants back. */
  readonly thinkingParts: readonly Thinking[];
  readonly stopReason: string;
  readonly rawStopReason?: string;
  readonly blocks: readonly JsonObject[];
  /** Token log probabilities as the provider gave them; an empty list when it gave none. */
  readonly logprobs: Json;
  readonly responseId?: string;
  readonly warnings: readonly string[];
}

export const NO_USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  exact: false,
};

interface OpenText {
  readonly kind: "text";
  readonly id: string;
  text: string;
}

interface OpenThinking {
  readonly kind: "thinking";
  readonly id: string;
  readonly summary: boolean;
  text: string;
  signature: string | undefined;
  redacted: string | undefined;
}

interface OpenCall {
  readonly id: string;
  readonly name: string;
  buffer: string;
  input: Json | undefined;
  signature: string | undefined;
}

/** Collects chunks one by one; `result` may be asked for at any moment, also after the stream has died. */
export interface ResultFolder {
  push(chunk: ModelChunk): void;
  /** Text so far. */
  readonly text: string;
  result(): ModelResult;
}

/** @param input the request that is being answered; names the provider and, unless the answer does, the model */
export function createResultFolder(input: Pick<ModelInput, "provider" | "model">): ResultFolder {
  const parts: (OpenText | OpenThinking)[] = [];
  const calls: OpenCall[] = [];
  const warnings: string[] = [];
  let model = input.model;
  let provider = input.provider;
  let responseId: string | undefined;
  let usage: Usage = NO_USAGE;
  let stopReason: string | undefined;
  let rawStopReason: string | undefined;
  let logprobs: Json = [];
  let lastText: OpenText | undefined;

  const joined = (kind: "text" | "thinking", summary = false): string => {
    let all = "";
    for (const part of parts) {
      if (part.kind === kind && (part.kind === "text" || part.summary === summary)) all += part.text;
    }
    return all;
  };

  return {
    get text() {
      return joined("text");
    },
    push(chunk) {
      switch (chunk.type) {
        case "response-start":
          if (chunk.model) model = chunk.model;
          if (chunk.provider) provider = chunk.provider;
          if (chunk.responseId !== undefined) responseId = chunk.responseId;
          if (chunk.usage) usage = { ...usage, ...chunk.usage };
          return;
        case "text-delta": {
          if (chunk.delta === "") return;
          if (lastText?.id !== chunk.messageId) {
            lastText = parts.find((part): part is OpenText => part.kind === "text" && part.id === chunk.messageId);
            if (!lastText) parts.push((lastText = { kind: "text", id: chunk.messageId, text: "" }));
          }
          lastText.text += chunk.delta;
          return;
        }
        case "thinking-delta": {
          const summary = chunk.summary === true;
          let part = parts.find(
            (open): open is OpenThinking =>
              open.kind === "thinking" && open.id === chunk.thinkingId && open.summary === summary,
          );
          if (!part) {
            part = {
              kind: "thinking",
              id: chunk.thinkingId,
              summary,
              text: "",
              signature: undefined,
              redacted: undefined,
            };
            parts.push(part);
          }
          part.text += chunk.delta;
          part.signature = chunk.signature ?? part.signature;
          part.redacted = chunk.redacted ?? part.redacted;
          return;
        }
        case "tool-call-start":
          calls.push({ id: chunk.id, name: chunk.name, buffer: "", input: undefined, signature: undefined });
          return;
        case "tool-call-delta": {
          const call = calls.find((open) => open.id === chunk.id);
          if (call) call.buffer += chunk.delta;
          return;
        }
        case "tool-call-end": {
          const call = calls.find((open) => open.id === chunk.id);
          if (!call) return;
          call.input = chunk.input;
          call.signature = chunk.signature ?? call.signature;
          return;
        }
        case "heartbeat":
          return;
        case "warning":
          warnings.push(chunk.message);
          return;
        case "done":
          stopReason = chunk.stopReason;
          rawStopReason = chunk.rawStopReason;
          if (chunk.usage) usage = chunk.usage;
          if (chunk.logprobs !== undefined) logprobs = chunk.logprobs;
          return;
      }
    },
    result() {
      const toolCalls = calls.map(finishCall);
      const thinkingParts: Thinking[] = [];
      const blocks: JsonObject[] = [];
      for (const part of parts) {
        if (part.kind === "text") {
          blocks.push({ type: "output_text", text: part.text, visibility: "public" });
          continue;
        }
        if (!part.summary || part.signature !== undefined || part.redacted !== undefined) {
          thinkingParts.push({
            text: part.text,
            ...(part.signature === undefined ? {} : { signature: part.signature }),
            ...(part.redacted === undefined ? {} : { redacted: part.redacted }),
          });
        }
        if (part.text !== "") {
          blocks.push({
            type: part.summary ? "reasoning_summary" : "reasoning",
            text: part.text,
            visibility: "private",
          });
        }
      }
      for (const call of toolCalls) {
        blocks.push({
          type: "tool_call",
          id: call.id,
          name: call.name,
          arguments: call.input,
          visibility: "internal",
        });
      }
      const thinking = joined("thinking");
      const thinkingSummary = joined("thinking", true);
      return {
        text: joined("text"),
        toolCalls,
        usage,
        model,
        provider,
        ...(thinking === "" ? {} : { thinking }),
        ...(thinkingSummary === "" ? {} : { thinkingSummary }),
        thinkingParts,
        stopReason: stopReason ?? (calls.length > 0 ? "tool_use" : "end_turn"),
        ...(rawStopReason === undefined ? {} : { rawStopReason }),
        blocks,
        logprobs,
        ...(responseId === undefined ? {} : { responseId }),
        warnings,
      };
    },
  };
}

/** Reads a stream to its end. Throws what the stream throws. */
export async function foldModelStream(
  input: Pick<ModelInput, "provider" | "model">,
  stream: AsyncIterable<ModelChunk>,
): Promise<ModelResult> {
  const folder = createResultFolder(input);
  for await (const chunk of stream) folder.push(chunk);
  return folder.result();
}

/** Arguments that cannot be read become a value that says so, as a tool's schema check will then do (no guessing here). */
function finishCall(call: OpenCall): ToolCall {
  return {
    id: call.id,
    name: call.name,
    input: call.input ?? parseArguments(call.buffer),
    ...(call.signature === undefined ? {} : { signature: call.signature }),
  };
}

function parseArguments(buffer: string): Json {
  const text = buffer.trim();
  if (text === "") return {};
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const start = Array.from(text.slice(0, 400)).slice(0, 200).join("");
    return { __parse_error: `Could not parse tool arguments as JSON: ${why}. Raw input: ${start}` };
  }
}
