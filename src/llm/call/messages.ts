/**
 * Messages as programs write them (`{role, content, …}` in the habits of any provider), read into the one form that
 * providers take, and answers written back.
 */

import { HarnError, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { AssistantMessage, Attachment, Message, Thinking, ToolCall } from "../spec/model.ts";
import type { ModelResult } from "../spec/model-result.ts";
import { parseJson } from "../structured/extract-json.ts";
import { displayText } from "./option-readers.ts";

const optionError = (message: string): HarnError => new HarnError("llm.option", message);

export interface ReadMessages {
  readonly messages: readonly Message[];
  /** Text of `system` messages: they join the system prompt, which has a place of its own in every request. */
  readonly system?: string;
}

/** Reads a message list; items that are no dicts are dropped, as programs expect. @throws HarnError code `llm.option` */
export function readMessages(list: readonly Json[]): ReadMessages {
  const messages: Message[] = [];
  const system: string[] = [];
  for (const item of list) {
    if (!isJsonObject(item)) continue;
    switch (displayText(item["role"] ?? "user")) {
      case "system":
      case "developer":
        system.push(textOf(item["content"]));
        break;
      case "assistant":
        messages.push(readAssistant(item));
        break;
      case "tool":
      case "tool_result":
        messages.push(toolMessage(item, item["content"]));
        break;
      default:
        readUser(item, messages);
    }
  }
  const text = system.filter((part) => part !== "").join("\n\n");
  return { messages, ...(text === "" ? {} : { system: text }) };
}

function readUser(item: JsonObject, out: Message[]): void {
  const texts: string[] = [];
  const attachments: Attachment[] = [];
  const flush = (): void => {
    if (texts.length === 0 && attachments.length === 0) return;
    const held = attachments.length > 0 ? { attachments: attachments.splice(0) } : {};
    out.push({ role: "user", content: texts.splice(0).join("\n\n"), ...held });
  };
  const content = item["content"];
  if (!Array.isArray(content) && !isJsonObject(content)) {
    out.push({ role: "user", content: content === undefined || content === null ? "" : displayText(content) });
    return;
  }
  for (const block of Array.isArray(content) ? content : [content]) {
    if (!isJsonObject(block)) {
      texts.push(displayText(block));
      continue;
    }
    if (block["type"] === "tool_result") {
      // A result inside a user message is a message of its own here; what stands before it keeps its place.
      flush();
      out.push(toolMessage(block, block["content"]));
      continue;
    }
    const attachment = readAttachment(block);
    if (attachment !== undefined) attachments.push(attachment);
    else texts.push(textOfBlock(block));
  }
  if (texts.length === 0 && attachments.length === 0 && Array.isArray(content) && content.length > 0) return;
  const before = out.length;
  flush();
  if (out.length === before) out.push({ role: "user", content: "" });
}

function readAssistant(item: JsonObject): AssistantMessage {
  const texts: string[] = [];
  const thinking: Thinking[] = readThinkingList(item["thinking"]);
  const toolCalls: ToolCall[] = [];
  const content = item["content"];
  if (Array.isArray(content)) {
    for (const block of content) {
      if (!isJsonObject(block)) {
        texts.push(displayText(block));
        continue;
      }
      switch (displayText(block["type"])) {
        case "tool_use":
        case "tool_call":
          toolCalls.push(readToolCall(block, toolCalls.length));
          break;
        case "thinking":
        case "reasoning":
        case "redacted_thinking":
          if (item["thinking"] === undefined) thinking.push(...readThinkingList([block]).filter(mustGoBack));
          break;
        case "reasoning_summary":
          break;
        default:
          texts.push(textOfBlock(block));
      }
    }
  } else if (content !== undefined && content !== null) texts.push(textOf(content));
  const calls = item["tool_calls"];
  if (Array.isArray(calls)) {
    for (const call of calls) {
      // The blocks of an answer repeat its calls.
      if (!isJsonObject(call)) continue;
      const read = readToolCall(call, toolCalls.length);
      if (!toolCalls.some((known) => known.id === read.id)) toolCalls.push(read);
    }
  }
  const text = texts.join("");
  return {
    role: "assistant",
    toolCalls,
    ...(text === "" ? {} : { text }),
    ...(thinking.length === 0 ? {} : { thinking }),
  };
}

function readThinkingList(value: Json | undefined): Thinking[] {
  if (!Array.isArray(value)) return [];
  const out: Thinking[] = [];
  for (const item of value) {
    if (!isJsonObject(item)) continue;
    const text = item["text"] ?? item["thinking"] ?? "";
    const { signature } = item;
    const redacted = item["redacted"] ?? item["data"];
    out.push({
      text: displayText(text),
      ...(typeof signature === "string" ? { signature } : {}),
      ...(typeof redacted === "string" ? { redacted } : {}),
    });
  }
  return out;
}

/** Only signed or sealed reasoning is asked for again; providers refuse the rest. */
const mustGoBack = (part: Thinking): boolean => part.signature !== undefined || part.redacted !== undefined;

function readToolCall(call: JsonObject, index: number): ToolCall {
  const inner = isJsonObject(call["function"]) ? call["function"] : call;
  const args = inner["arguments"] ?? inner["input"] ?? {};
  return {
    id: typeof call["id"] === "string" ? call["id"] : `call_${index + 1}`,
    name: displayText(inner["name"] ?? ""),
    // Arguments that do not parse are kept as they are: history must say what was said.
    input: typeof args === "string" ? (parseJson(args) ?? args) : args,
    ...(typeof call["signature"] === "string" ? { signature: call["signature"] } : {}),
  };
}

function toolMessage(item: JsonObject, content: Json | undefined): Message {
  const id = item["tool_call_id"] ?? item["tool_use_id"] ?? "";
  const name = item["tool_name"] ?? item["name"];
  const blocks: readonly Json[] = Array.isArray(content) ? content : [];
  const attached = blocks.filter((block) => isJsonObject(block) && block["media_type"] !== undefined);
  const attachments = attached.map((block) => readAttachment(block as JsonObject)).filter((part) => part !== undefined);
  const rest = attachments.length === 0 ? content : blocks.filter((block) => !attached.includes(block));
  return {
    role: "tool",
    toolCallId: displayText(id),
    content: textOf(rest),
    isError: item["is_error"] === true,
    ...(typeof name === "string" ? { toolName: name } : {}),
    ...(attachments.length === 0 ? {} : { attachments }),
  };
}

function textOf(content: Json | undefined): string {
  if (content === undefined || content === null) return "";
  if (typeof content === "string") return content;
  if (Array.isArray(content) && content.every((block) => isJsonObject(block) && typeof block["text"] === "string")) {
    return content.map((block) => (isJsonObject(block) ? displayText(block["text"]) : "")).join("\n\n");
  }
  return displayText(content);
}

function textOfBlock(block: JsonObject): string {
  const text =
    block["text"] ?? (block["type"] === undefined || block["type"] === "text" ? block["content"] : undefined);
  return typeof text === "string" ? text : displayText(block);
}

// ---- Attachments -----------------------------------------------------------------------------------------------------

/** OPT-21: `{type: "image", base64 | url, media_type, detail?}`, and documents and sound in the same form. */
function readAttachment(block: JsonObject): Attachment | undefined {
  const kind = attachmentKind(block["type"]);
  if (kind === undefined) return undefined;
  const url = word(block["url"]) ?? word(block["file_uri"]);
  const base64 = word(block["base64"]) ?? word(block["data"]);
  // A block that names a stored asset is text for the model, not its bytes.
  if (url === undefined && base64 === undefined && block["asset_id"] !== undefined) return undefined;
  if ((url === undefined) === (base64 === undefined)) {
    throw optionError(`llm_call ${kind} content requires exactly one of url or base64`);
  }
  const mediaType = word(block["media_type"]) ?? word(block["mime_type"]);
  if (mediaType === undefined) throw optionError(`llm_call ${kind} content requires media_type`);
  const detail = word(block["detail"]);
  if (detail !== undefined && detail !== "low" && detail !== "high" && detail !== "auto") {
    throw optionError('llm_call image detail must be "low", "high", or "auto"');
  }
  return {
    kind,
    mediaType,
    ...(base64 === undefined ? {} : { base64 }),
    ...(url === undefined ? {} : { url }),
    ...(detail === undefined ? {} : { detail }),
  };
}

function attachmentKind(type: Json | undefined): Attachment["kind"] | undefined {
  if (type === "image" || type === "pdf" || type === "audio") return type;
  return type === "document" ? "pdf" : undefined;
}

function word(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Attachments of all messages, for capability gates. */
export function attachmentsOf(messages: readonly Message[]): readonly Attachment[] {
  return messages.flatMap((message) => (message.role === "assistant" ? [] : (message.attachments ?? [])));
}

// ---- Writing back ----------------------------------------------------------------------------------------------------

/** The assistant turn of an answer, as it goes into transcripts and back into `messages` (RES-08). */
export function assistantTurn(result: ModelResult): JsonObject {
  const reasoning = result.thinking === undefined ? {} : { reasoning: result.thinking };
  const thinking = !result.thinkingParts.some(mustGoBack)
    ? {}
    : { thinking: result.thinkingParts.map((part) => ({ ...part })) };
  if (result.toolCalls.length > 0) {
    return {
      role: "assistant",
      content: result.text,
      tool_calls: result.toolCalls.map((call) => ({
        id: call.id,
        type: "function",
        function: { name: call.name, arguments: JSON.stringify(call.input) },
      })),
      ...reasoning,
      ...thinking,
    };
  }
  return {
    role: "assistant",
    content: result.blocks.length > 0 ? result.blocks : result.text,
    ...reasoning,
    ...thinking,
  };
}
