/**
 * Transcripts: a conversation as one plain value that can be kept, copied and shown (section 21).
 *
 * `messages` is what a model is sent. `events` is what happened: one per message, renewed whenever the messages change,
 * followed by the *extra* events (a fork, a provider's payload, reasoning), which are kept. All functions are pure; ids
 * come from the host that is handed in.
 */

import { HarnError, type Host, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { displayText } from "../call/option-readers.ts";
import { blocksText, contentBlocks, defaultVisibility, overallVisibility, type Visibility } from "./message-blocks.ts";
import { uuidsV7, uuidV7 } from "./uuid-v7.ts";

const TRANSCRIPT_TYPE = "transcript";
const ASSET_TYPE = "transcript_asset";
const TRANSCRIPT_VERSION = 2;

/** What a transcript is made of (CONV-03). Absent parts are left out of the value. */
export interface TranscriptParts {
  readonly id?: string;
  readonly messages: readonly Json[];
  readonly summary?: string;
  readonly metadata?: Json;
  readonly extraEvents?: readonly Json[];
  readonly assets?: readonly Json[];
  readonly state?: string;
}

/** @param nextId where ids come from; default: the host */
export function newTranscript(host: Host, parts: TranscriptParts, nextId?: () => string): JsonObject {
  const next = nextId ?? uuidsV7(host, parts.messages.length + (parts.id === undefined ? 1 : 0));
  return {
    _type: TRANSCRIPT_TYPE,
    version: TRANSCRIPT_VERSION,
    id: parts.id ?? next(),
    messages: parts.messages,
    events: [...parts.messages.map((message) => messageEvent(next(), message)), ...(parts.extraEvents ?? [])],
    assets: parts.assets ?? [],
    ...(parts.summary === undefined ? {} : { summary: parts.summary }),
    ...(parts.metadata === undefined ? {} : { metadata: parts.metadata }),
    ...(parts.state === undefined ? {} : { state: parts.state }),
  };
}

export function isTranscript(value: unknown): value is JsonObject {
  return isJsonObject(value) && value["_type"] === TRANSCRIPT_TYPE;
}

// ---- Events ----------------------------------------------------------------------------------------------------------

/** CONV-04. */
function messageEvent(id: string, message: Json): JsonObject {
  const dict = isJsonObject(message) ? message : {};
  const role = displayText(dict["role"] ?? "user");
  const blocks = contentBlocks(dict["content"], role);
  return {
    id,
    kind: role === "tool_result" ? "tool_result" : "message",
    role,
    visibility: overallVisibility(blocks, defaultVisibility(role)),
    text: blocksText(blocks),
    blocks,
  };
}

export function transcriptEvent(
  host: Host,
  event: {
    readonly kind: string;
    readonly role: string;
    readonly visibility: Visibility;
    readonly text: string;
    readonly metadata?: JsonObject;
  },
  nextId: () => string = () => uuidV7(host),
): JsonObject {
  const { kind, role, visibility, text, metadata } = event;
  return {
    id: nextId(),
    kind,
    role,
    visibility,
    text,
    blocks: [{ type: "text", text, visibility }],
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** The events that do not stand for a message. */
function extraEvents(transcript: JsonObject): readonly Json[] {
  return listOf(transcript, "events").filter((event) => {
    const kind = isJsonObject(event) ? event["kind"] : undefined;
    return kind !== undefined && kind !== "message" && kind !== "tool_result";
  });
}

/** The same transcript with some parts replaced; message events are renewed, extra events kept. */
export function rebuildTranscript(
  host: Host,
  transcript: JsonObject,
  changes: Partial<Omit<TranscriptParts, "id" | "extraEvents" | "summary">> & {
    readonly summary?: string | null;
    readonly addedEvents?: readonly Json[];
  },
): JsonObject {
  const summary = changes.summary === undefined ? textField(transcript, "summary") : (changes.summary ?? undefined);
  const state = changes.state ?? textField(transcript, "state");
  const metadata = changes.metadata ?? transcript["metadata"];
  const id = textField(transcript, "id");
  return newTranscript(host, {
    messages: changes.messages ?? messagesOf(transcript),
    extraEvents: [...extraEvents(transcript), ...(changes.addedEvents ?? [])],
    assets: changes.assets ?? assetsOf(transcript),
    ...(id === undefined ? {} : { id }),
    ...(summary === undefined ? {} : { summary }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(state === undefined ? {} : { state }),
  });
}

// ---- Reading ---------------------------------------------------------------------------------------------------------

export function messagesOf(transcript: JsonObject): readonly Json[] {
  return strictList(transcript, "messages");
}

export function assetsOf(transcript: JsonObject): readonly Json[] {
  return strictList(transcript, "assets");
}

function strictList(transcript: JsonObject, key: string): readonly Json[] {
  const value = transcript[key];
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new HarnError("llm.argument", `transcript.${key} must be a list`);
  return value;
}

export function listOf(value: unknown, key: string): readonly Json[] {
  const list = isJsonObject(value) ? value[key] : undefined;
  return Array.isArray(list) ? list : [];
}

/** Undefined when absent or empty. */
export function textField(transcript: JsonObject, key: string): string | undefined {
  const value = transcript[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** CONV-05. @throws HarnError code `llm.argument`, `{fn}: argument must be a transcript` */
export function requireTranscript(value: unknown, fn: string): JsonObject {
  if (isTranscript(value)) return value;
  throw new HarnError("llm.argument", `${fn}: argument must be a transcript`);
}

/** CONV-06. */
export function normalizeAsset(host: Host, asset: Json): JsonObject {
  const dict: JsonObject = isJsonObject(asset) ? asset : { storage: { path: displayText(asset) } };
  return {
    ...dict,
    _type: ASSET_TYPE,
    id: dict["id"] ?? uuidV7(host),
    kind: dict["kind"] ?? "blob",
    visibility: dict["visibility"] ?? "internal",
  };
}
