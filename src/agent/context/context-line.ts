/**
 * One line of a context file.
 *
 * Version 1 (2026): a message as the runtime has it, flat, with `v` in front: `{"v":1,"role":"user","content":"hi"}`.
 * Version 0: the original's form, one outer key naming the kind: `{"User":{"content":"hi","attachments":[]}}`. It is
 * read, never written (CTX-04). A new version gets a reader here and a sample line in the test that must load for ever.
 */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { Attachment, Thinking, ToolMessage, Usage, UserMessage } from "../../llm/index.ts";
import type { RecordedAssistant, RecordedMessage, RecordedToolCall } from "./recorded-message.ts";

const LINE_VERSION = 1;

/** `newer`: written by a later release; it must not be lost when the file is rewritten. */
export type DecodedLine =
  | { readonly kind: "message"; readonly message: RecordedMessage }
  | { readonly kind: "unreadable" }
  | { readonly kind: "newer"; readonly version: number };

/** Without the line break. Undefined when the message is not JSON (CTX-09). */
export function encodeLine(message: RecordedMessage): string | undefined {
  try {
    return JSON.stringify({ v: LINE_VERSION, ...message });
  } catch {
    return undefined;
  }
}

export function decodeLine(line: string): DecodedLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: "unreadable" };
  }
  if (!isJsonObject(value)) return { kind: "unreadable" };
  const version = value["v"] ?? 0;
  if (typeof version !== "number") return { kind: "unreadable" };
  if (version > LINE_VERSION) return { kind: "newer", version };
  const message = decodeMessage(version === 0 ? fromVersion0(value) : value);
  return message === undefined ? { kind: "unreadable" } : { kind: "message", message };
}

/** Checks a plain object to be a message; undefined when it is none. Unknown fields are dropped. */
export function decodeMessage(value: JsonObject | undefined): RecordedMessage | undefined {
  switch (value?.["role"]) {
    case "user":
      return decodeUser(value);
    case "assistant":
      return decodeAssistant(value);
    case "tool":
      return decodeTool(value);
    default:
      return undefined;
  }
}

function decodeUser(value: JsonObject): UserMessage | undefined {
  const { content } = value;
  return typeof content === "string"
    ? { role: "user", content, ...decodeAttachments(value["attachments"]) }
    : undefined;
}

function decodeTool(value: JsonObject): ToolMessage | undefined {
  const { toolCallId, toolName, content, isError } = value;
  if (typeof toolCallId !== "string" || typeof content !== "string") return undefined;
  return {
    role: "tool",
    toolCallId,
    ...(typeof toolName === "string" ? { toolName } : {}),
    content,
    isError: isError === true,
    ...decodeAttachments(value["attachments"]),
  };
}

function decodeAssistant(value: JsonObject): RecordedAssistant | undefined {
  const { text, usage } = value;
  const toolCalls: RecordedToolCall[] = [];
  for (const call of list(value["toolCalls"])) {
    if (!isJsonObject(call) || typeof call["id"] !== "string" || typeof call["name"] !== "string") return undefined;
    const { id, name, input = {}, rawInput, signature } = call;
    toolCalls.push({
      id: id as string,
      name: name as string,
      input,
      ...(typeof signature === "string" ? { signature } : {}),
      ...(typeof rawInput === "string" ? { rawInput } : {}),
    });
  }
  const thinking = list(value["thinking"])
    .map(decodeThinking)
    .filter((block) => block !== undefined);
  const decodedUsage = decodeUsage(usage);
  return {
    role: "assistant",
    ...(typeof text === "string" ? { text } : {}),
    ...(thinking.length > 0 ? { thinking } : {}),
    toolCalls,
    ...(decodedUsage === undefined ? {} : { usage: decodedUsage }),
  };
}

function decodeThinking(value: Json): Thinking | undefined {
  if (!isJsonObject(value) || typeof value["text"] !== "string") return undefined;
  const { text, signature, redacted } = value;
  return {
    text: text as string,
    ...(typeof signature === "string" ? { signature } : {}),
    ...(typeof redacted === "string" ? { redacted } : {}),
  };
}

export function decodeUsage(value: Json | undefined): Usage | undefined {
  if (!isJsonObject(value)) return undefined;
  const count = (name: string): number => (typeof value[name] === "number" ? (value[name] as number) : 0);
  return {
    inputTokens: count("inputTokens"),
    outputTokens: count("outputTokens"),
    cacheReadTokens: count("cacheReadTokens"),
    cacheWriteTokens: count("cacheWriteTokens"),
    ...(typeof value["reasoningTokens"] === "number" ? { reasoningTokens: count("reasoningTokens") } : {}),
    exact: value["exact"] !== false,
  };
}

function decodeAttachments(value: Json | undefined): { attachments?: readonly Attachment[] } {
  const attachments = list(value)
    .map(decodeAttachment)
    .filter((entry) => entry !== undefined);
  return attachments.length > 0 ? { attachments } : {};
}

function decodeAttachment(value: Json): Attachment | undefined {
  if (!isJsonObject(value) || typeof value["mediaType"] !== "string") return undefined;
  const { kind, base64, url, detail } = value;
  if (kind !== "image" && kind !== "pdf" && kind !== "audio") return undefined;
  return {
    kind,
    mediaType: value["mediaType"] as string,
    ...(typeof base64 === "string" ? { base64 } : {}),
    ...(typeof url === "string" ? { url } : {}),
    ...(detail === "low" || detail === "high" || detail === "auto" ? { detail } : {}),
  };
}

/** Version 0 to version 1; undefined when it is neither `User`, `Assistant` nor `Tool`. */
function fromVersion0(value: JsonObject): JsonObject | undefined {
  const { User: user, Assistant: assistant, Tool: tool } = value;
  if (isJsonObject(user)) {
    return { role: "user", content: user["content"], attachments: attachmentsFromVersion0(user["attachments"]) };
  }
  if (isJsonObject(tool)) {
    return {
      role: "tool",
      toolCallId: tool["tool_call_id"],
      content: tool["content"],
      isError: tool["is_error"],
      attachments: attachmentsFromVersion0(tool["attachments"]),
    };
  }
  if (!isJsonObject(assistant)) return undefined;
  const { text, thinking, usage } = assistant;
  return {
    role: "assistant",
    text,
    toolCalls: list(assistant["tool_calls"]),
    thinking: isJsonObject(thinking) ? [thinking] : [],
    ...(isJsonObject(usage) ? { usage: usageFromVersion0(usage) } : {}),
  };
}

function usageFromVersion0(usage: JsonObject): JsonObject {
  return {
    inputTokens: usage["input_tokens"],
    outputTokens: usage["output_tokens"],
    cacheReadTokens: usage["cache_read_input_tokens"],
    cacheWriteTokens: usage["cache_creation_input_tokens"],
  };
}

function attachmentsFromVersion0(value: Json | undefined): readonly Json[] {
  return list(value).flatMap((entry) => {
    const image = isJsonObject(entry) ? entry["Image"] : undefined;
    if (!isJsonObject(image) || !isJsonObject(image["data"])) return [];
    const { Base64: base64, Url: url } = image["data"];
    return [{ kind: "image", mediaType: image["media_type"], base64, url }];
  });
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
