/**
 * A request in the words of a script: messages and tools as the dicts that a program wrote or would read. The mock
 * matches against them and hands them back.
 */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { claudeVersion } from "../catalog/model-version.ts";
import { encodeAnthropicTools } from "../providers/anthropic-encode.ts";
import { encodeOpenAiTools } from "../providers/openai-chat-encode.ts";
import type { Attachment, Message, ModelInput } from "../spec/model.ts";

export function toScriptMessage(message: Message): JsonObject {
  switch (message.role) {
    case "user":
      return { role: "user", content: content(message.content, message.attachments) };
    case "assistant": {
      const thinking = (message.thinking ?? []).map((part) => part.text).join("");
      return {
        role: "assistant",
        content: message.text ?? "",
        ...(message.toolCalls.length === 0
          ? {}
          : {
              tool_calls: message.toolCalls.map((call) => ({
                id: call.id,
                type: "function",
                function: { name: call.name, arguments: JSON.stringify(call.input) },
              })),
            }),
        ...(thinking === "" ? {} : { reasoning: thinking }),
      };
    }
    case "tool":
      return {
        role: "tool",
        tool_call_id: message.toolCallId,
        ...(message.toolName === undefined ? {} : { tool_name: message.toolName }),
        content: content(message.content, message.attachments),
      };
  }
}

/** The tools as they would go to the provider. The mock speaks as OpenAI does, and searches as its model would. */
export function toScriptTools(input: ModelInput): readonly JsonObject[] {
  if (input.provider === "anthropic") return encodeAnthropicTools(input);
  const tools = encodeOpenAiTools(input);
  if (input.provider !== "mock" || input.toolSearch === undefined || !claudeVersion(input.model)) return tools;
  return [...encodeAnthropicTools(input).slice(0, 1), ...tools.slice(1)];
}

export function toScriptThinking(input: ModelInput): JsonObject {
  const thinking = input.thinking ?? { mode: "disabled" };
  switch (thinking.mode) {
    case "disabled":
    case "adaptive":
      return { mode: thinking.mode };
    case "enabled":
      return {
        mode: "enabled",
        ...(thinking.budgetTokens === undefined ? {} : { budget_tokens: thinking.budgetTokens }),
      };
    case "effort":
      return { mode: "effort", level: thinking.level };
  }
}

/** Every string in a value that is not empty, in reading order; fields of a dict by their names. */
export function stringsIn(value: Json | undefined): string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  if (Array.isArray(value)) return value.flatMap((item: Json) => stringsIn(item));
  if (!isJsonObject(value)) return [];
  return Object.keys(value)
    .sort()
    .flatMap((key) => stringsIn(value[key]));
}

function content(text: string, attachments: readonly Attachment[] | undefined): Json {
  if (!attachments?.length) return text;
  return [...(text === "" ? [] : [{ type: "text", text }]), ...attachments.map(toBlock)];
}

function toBlock(attachment: Attachment): JsonObject {
  return {
    type: attachment.kind,
    media_type: attachment.mediaType,
    ...(attachment.base64 === undefined ? {} : { base64: attachment.base64 }),
    ...(attachment.url === undefined ? {} : { url: attachment.url }),
    ...(attachment.detail === undefined ? {} : { detail: attachment.detail }),
  };
}
