/** The conversation and transcript builtins of section 21, as functions on plain values named after what programs call. */

import { HarnError, type Host, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { displayText } from "../call/option-readers.ts";
import {
  assetsOf,
  isTranscript,
  listOf,
  messagesOf,
  newTranscript,
  normalizeAsset,
  rebuildTranscript,
  requireTranscript,
  textField,
  transcriptEvent,
} from "./transcript.ts";

// ---- Message lists and transcripts alike -----------------------------------------------------------------------------

/** `conversation()` (CONV-02). */
export function conversation(): readonly Json[] {
  return [];
}

/** `add_message(conv, role, content)`; content defaults to the empty string. */
export function addMessage(host: Host, target: unknown, role: string, content: Json = ""): Json {
  return append(host, "add_message", target, { role, content });
}

export function addUser(host: Host, target: unknown, content: Json = ""): Json {
  return append(host, "add_user", target, { role: "user", content });
}

export function addAssistant(host: Host, target: unknown, content: Json = ""): Json {
  return append(host, "add_assistant", target, { role: "assistant", content });
}

export function addSystem(host: Host, target: unknown, content: Json = ""): Json {
  return append(host, "add_system", target, { role: "system", content });
}

export function addToolResult(host: Host, target: unknown, toolUseId: unknown, content: unknown): Json {
  return append(host, "add_tool_result", target, {
    role: "tool_result",
    tool_use_id: toolUseId === undefined || toolUseId === null ? "" : displayText(toolUseId),
    content: content === undefined || content === null ? "" : displayText(content),
  });
}

function append(host: Host, fn: string, target: unknown, message: JsonObject): Json {
  if (Array.isArray(target)) return [...(target as readonly Json[]), message];
  if (isTranscript(target)) return rebuildTranscript(host, target, { messages: [...messagesOf(target), message] });
  throw new HarnError("llm.argument", `${fn}: first argument must be a message list or transcript`);
}

// ---- Creating and reading --------------------------------------------------------------------------------------------

/** `transcript(metadata?)` (CONV-05). */
export function transcript(host: Host, metadata?: Json): JsonObject {
  return newTranscript(host, { messages: [], ...(metadata === undefined ? {} : { metadata }) });
}

export function transcriptFromMessages(host: Host, source: unknown): JsonObject {
  if (Array.isArray(source)) return newTranscript(host, { messages: source as readonly Json[] });
  if (isTranscript(source)) return newTranscript(host, { messages: messagesOf(source) });
  throw new HarnError("llm.argument", "transcript_from_messages: argument must be a message list or transcript");
}

export function transcriptMessages(value: unknown): readonly Json[] {
  return messagesOf(requireTranscript(value, "transcript_messages"));
}

export function transcriptEvents(value: unknown): readonly Json[] {
  return listOf(requireTranscript(value, "transcript_events"), "events");
}

export function transcriptAssets(value: unknown): readonly Json[] {
  return assetsOf(requireTranscript(value, "transcript_assets"));
}

export function transcriptSummary(value: unknown): Json {
  return requireTranscript(value, "transcript_summary")["summary"] ?? null;
}

export function transcriptId(value: unknown): string {
  return textField(requireTranscript(value, "transcript_id"), "id") ?? "";
}

/** `transcript_add_asset`: an asset of the same id is replaced (CONV-06). */
export function transcriptAddAsset(host: Host, value: unknown, asset: Json | undefined): JsonObject {
  const target = requireTranscript(value, "transcript_add_asset");
  if (asset === undefined) throw new HarnError("llm.argument", "transcript_add_asset: missing asset");
  const added = normalizeAsset(host, asset);
  const kept = assetsOf(target).filter((other) => !isJsonObject(other) || other["id"] !== added["id"]);
  return rebuildTranscript(host, target, { assets: [...kept, added] });
}

// ---- Showing ---------------------------------------------------------------------------------------------------------

/** CONV-07: what people may see, `role: text` per line. */
export function transcriptRenderVisible(value: unknown): string {
  return listOf(requireTranscript(value, "transcript_render_visible"), "events")
    .flatMap((event) => {
      if (!isJsonObject(event) || event["visibility"] !== "public") return [];
      const text = displayText(event["text"] ?? "");
      return text === "" ? [] : [`${displayText(event["role"] ?? "")}: ${text}`];
    })
    .join("\n");
}

/** CONV-07: everything, `[visibility] role: text` per line. */
export function transcriptRenderFull(value: unknown): string {
  return listOf(requireTranscript(value, "transcript_render_full"), "events")
    .flatMap((event) => {
      if (!isJsonObject(event)) return [];
      const [visibility, role, text] = ["visibility", "role", "text"].map((key) => displayText(event[key] ?? ""));
      return [`[${visibility}] ${role}: ${text}`];
    })
    .join("\n");
}

/** JSON text (CONV-08). */
export function transcriptExport(value: unknown): string {
  return JSON.stringify(requireTranscript(value, "transcript_export"), null, 2);
}

/** @throws HarnError code `llm.argument` for text that is not JSON */
export function transcriptImport(text: unknown): Json {
  try {
    return JSON.parse(displayText(text)) as Json;
  } catch (error) {
    throw new HarnError("llm.argument", "transcript_import: the text is no JSON", { cause: error });
  }
}

// ---- Life ------------------------------------------------------------------------------------------------------------

/** CONV-08. Messages and summary are kept unless told otherwise. */
export function transcriptFork(host: Host, value: unknown, options?: unknown): JsonObject {
  const source = requireTranscript(value, "transcript_fork");
  const retain = (key: string): boolean => !isJsonObject(options) || isTruthy(options[key] ?? true);
  return rebuildTranscript(host, source, {
    ...(retain("retain_messages") ? {} : { messages: [] }),
    ...(retain("retain_summary") ? {} : { summary: null }),
    state: "forked",
    addedEvents: [lifeEvent(host, "transcript_fork", "forked")],
  });
}

export function transcriptArchive(host: Host, value: unknown): JsonObject {
  return move(host, value, "transcript_archive", "archived", "archived");
}

export function transcriptAbandon(host: Host, value: unknown): JsonObject {
  return move(host, value, "transcript_abandon", "abandoned", "abandoned");
}

export function transcriptResume(host: Host, value: unknown): JsonObject {
  return move(host, value, "transcript_resume", "active", "resumed");
}

/** `transcript_reset({metadata?})`: a new, empty, active transcript. */
export function transcriptReset(host: Host, options?: unknown): JsonObject {
  const metadata = isJsonObject(options) ? options["metadata"] : undefined;
  return newTranscript(host, {
    messages: [],
    extraEvents: [lifeEvent(host, "transcript_reset", "reset")],
    state: "active",
    ...(metadata === undefined ? {} : { metadata }),
  });
}

function move(host: Host, value: unknown, fn: string, state: string, verb: string): JsonObject {
  return rebuildTranscript(host, requireTranscript(value, fn), { state, addedEvents: [lifeEvent(host, fn, verb)] });
}

function lifeEvent(host: Host, kind: string, verb: string): JsonObject {
  return transcriptEvent(host, { kind, role: "system", visibility: "internal", text: `transcript ${verb}` });
}

function isTruthy(value: Json): boolean {
  return value !== null && value !== false && value !== 0 && value !== "";
}

// ---- Statistics ------------------------------------------------------------------------------------------------------

/** CONV-10: counts; all zero for what is no transcript. */
export function transcriptStats(value: unknown): JsonObject {
  const stats = {
    message_count: 0,
    user_facing_message_count: 0,
    tool_result_message_count: 0,
    tool_call_count: 0,
    assistant_message_count: 0,
    user_message_count: 0,
    visible_event_count: 0,
  };
  for (const message of listOf(value, "messages")) {
    if (!isJsonObject(message)) continue;
    stats.message_count++;
    switch (displayText(message["role"])) {
      case "assistant":
        stats.assistant_message_count++;
        stats.user_facing_message_count++;
        break;
      case "user":
        stats.user_message_count++;
        stats.user_facing_message_count++;
        break;
      case "tool":
      case "tool_result":
        stats.tool_result_message_count++;
        break;
    }
    stats.tool_call_count += toolCallCount(message);
  }
  for (const event of listOf(value, "events")) {
    if (isJsonObject(event) && event["visibility"] === "visible") stats.visible_event_count++;
  }
  return stats;
}

function toolCallCount(message: JsonObject): number {
  if (Array.isArray(message["tool_calls"])) return message["tool_calls"].length;
  return listOf(message, "content").filter(
    (block) => isJsonObject(block) && (block["type"] === "tool_use" || block["type"] === "tool_call"),
  ).length;
}

export function transcriptEventsByKind(value: unknown, kind: unknown): readonly Json[] {
  return listOf(value, "events").filter((event) => isJsonObject(event) && event["kind"] === kind);
}
