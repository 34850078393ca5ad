/**
 * Messages as programs see them: dicts with `role` and `content`, as in transcripts, session snapshots and daemon
 * snapshots. Read back with {@link readMessageDicts}, they give the same messages.
 */

import type { Json, JsonObject } from "../../base/index.ts";
import { type Attachment, readMessages, type Thinking } from "../../llm/index.ts";
import type { RecordedMessage } from "./recorded-message.ts";

export function messageDict(message: RecordedMessage): JsonObject {
  switch (message.role) {
    case "user":
      return { role: "user", content: contentWith(message.content, message.attachments) };
    case "tool":
      return {
        role: "tool_result",
        tool_use_id: message.toolCallId,
        ...(message.toolName === undefined ? {} : { tool_name: message.toolName }),
        content: message.content,
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

export function messageDicts(messages: readonly RecordedMessage[]): readonly JsonObject[] {
  return messages.map(messageDict);
}

/** System messages are left out: the loop has a system prompt of its own. */
export function readMessageDicts(dicts: readonly Json[]): readonly RecordedMessage[] {
  return readMessages(dicts).messages;
}

function callDict({ id, name, input }: { id: string; name: string; input: Json }): JsonObject {
  return { id, type: "function", function: { name, arguments: JSON.stringify(input) } };
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
