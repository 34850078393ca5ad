/** `transcript_summarize(t, opts)`: one call that condenses a transcript for whoever goes on with it (CONV-09). */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { readCallOptions } from "../call/call-options.ts";
import { type CallExtras, executeCall } from "../call/execute-call.ts";
import type { LlmContext } from "../call/llm-context.ts";
import { anInteger, displayText, readOption } from "../call/option-readers.ts";
import { messagesOf, rebuildTranscript, requireTranscript } from "./transcript.ts";

const DEFAULT_KEEP_LAST = 6;

/** Said to the model. */
const SUMMARY_PROMPT =
  "Summarize the conversation below for an agent that continues it. Keep goals, constraints, decisions, open questions " +
  "and the next concrete steps. Be short, and leave nothing out that matters.";

/** What is read besides the options of a model call. */
export const SUMMARIZE_OPTION_NAMES: readonly string[] = ["keep_last", "prompt"];

/**
 * @param options any option of `llm_call`, and `keep_last` (default 6, negative counts as 0) and `prompt`
 * @returns a copy with the answer as summary, the last messages, and `archived_messages`, the number left out
 */
export async function transcriptSummarize(
  context: LlmContext,
  value: unknown,
  options?: unknown,
  extras: CallExtras = {},
): Promise<JsonObject> {
  const transcript = requireTranscript(value, "transcript_summarize");
  const given = isJsonObject(options) ? (options as Readonly<Record<string, unknown>>) : {};
  const keepLast = Math.max(0, readOption(given, "keep_last", anInteger) ?? DEFAULT_KEEP_LAST);
  const asked = given["prompt"];
  const prompt = asked === undefined || asked === null ? SUMMARY_PROMPT : displayText(asked);
  const messages = messagesOf(transcript);
  const text = `${prompt}\n\nConversation:\n${messages.map(line).join("\n")}`;
  const read = readCallOptions(context, text, undefined, { ...given, messages: undefined });
  const { rawText } = await executeCall(context, read, extras);
  const retained = keepLast === 0 ? [] : messages.slice(-keepLast);
  return {
    ...rebuildTranscript(context.host, transcript, { messages: retained, summary: rawText }),
    archived_messages: messages.length - retained.length,
  };
}

function line(message: Json): string {
  const dict = isJsonObject(message) ? message : {};
  return `${displayText(dict["role"] ?? "user").toUpperCase()}: ${displayText(dict["content"] ?? "")}`;
}
