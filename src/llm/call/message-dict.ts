/**
 * Messages as programs see them: dicts with `role` and `content`, as in transcripts, session snapshots and daemon
 * snapshots. `readMessages` reads them back into the same messages.
 */

import type { Json, JsonObject } from "../../base/index.ts";
import type { Attachment, Message, Thinking, ToolCall } from "../spec/model.ts";

export function messageDict(message: Message): JsonObject {
  switch (message.role) {
    case "user":
      return { role: "user", content: contentWith(message.content, message.attachments) };
    case "tool":
      return {
        role: "tool_result",
        tool_use_id: message.toolCallId,
        ...(message.toolName === undefined ? {} : { tool_name: message.toolName }),
        content: contentWith(message.content, message.attachments),
        ...(message.isError ? { is_error: true } : {}),
      };
    case "assistant": {
      const { text = "", thinking = [], toolCalls } = message;
      const reasoning = thinking.map((part) => part.text).join("");
      return {
        role: "assistant",
        content: text,
        ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(callDict) }),
        ...(reasoning === "" ? {} : { reasoning }),
        ...(thinking.length === 0 ? {} : { thinking: thinking.map(thinkingDict) }),
      };
    }
  }
}

export function messageDicts(messages: readonly Message[]): readonly JsonObject[] {
  return messages.map(messageDict);
}

function callDict({ id, name, input, signature }: ToolCall): JsonObject {
  return {
    id,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
    ...(signature === undefined ? {} : { signature }),
  };
}

function thinkingDict({ text, signature, redacted }: Thinking): JsonObject {
  return {
    text,
    ...(signature === undefined ? {} : { signature }),
    ...(redacted === undefined ? {} : { redacted }),
  };
}

function contentWith(text: string, attachments: readonly Attachment[] | undefined): Json {
  if (attachments === undefined || attachments.length === 0) return text;
  const blocks: JsonObject[] = attachments.map(({ kind, mediaType, base64, url, detail }) => ({
    type: kind,
    media_type: mediaType,
    ...(base64 === undefined ? {} : { base64 }),
    ...(url === undefined ? {} : { url }),
    ...(detail === undefined ? {} : { detail }),
  }));
  return text === "" ? blocks : [{ type: "text", text }, ...blocks];
}
