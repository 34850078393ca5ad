/** What the mock answers: a queued mock, or, when none fits, something a test can recognise (MOCK-10 … MOCK-12). */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { ModelChunk, ModelInput, Usage } from "../spec/model.ts";
import { utf8Length } from "../wire/utf8.ts";
import type { LlmMock } from "./mock-config.ts";
import { stringsIn, toScriptMessage } from "./script-messages.ts";

export interface MockAnswer {
  readonly text: string;
  readonly toolCalls: readonly { readonly name: string; readonly arguments: Json }[];
  readonly model: string;
  readonly provider: string;
  readonly usage: Usage;
  readonly thinking?: string | undefined;
  readonly thinkingSummary?: string | undefined;
  readonly stopReason?: string | undefined;
}

/** MOCK-09: what patterns are matched against. */
export function matchTextOf(input: ModelInput): string {
  return input.messages.flatMap((message) => stringsIn(toScriptMessage(message))).join("\n");
}

/** MOCK-10. */
export function answerOfMock(mock: LlmMock, matchText: string): MockAnswer {
  return {
    text: mock.text,
    toolCalls: mock.toolCalls,
    model: mock.model,
    provider: mock.provider ?? "mock",
    usage: usage(
      mock.inputTokens ?? utf8Length(matchText),
      mock.outputTokens ?? 30,
      mock.cacheReadTokens ?? 0,
      mock.cacheWriteTokens ?? 0,
    ),
    thinking: mock.thinking,
    thinkingSummary: mock.thinkingSummary,
    stopReason: mock.stopReason,
  };
}

/** MOCK-11, MOCK-12: calls the first tool, or repeats the prompt. */
export function defaultAnswer(input: ModelInput): MockAnswer {
  const prompt = lastPrompt(input);
  const base = { model: input.model, provider: "mock" };
  const tool = input.tools?.find((candidate) => !candidate.deferred);
  if (tool) {
    const call = { name: tool.name, arguments: placeholders(tool.inputSchema) };
    return { ...base, text: "", toolCalls: [call], usage: usage(utf8Length(prompt), 20) };
  }
  const text = prompt === "" ? "Mock LLM response" : describePrompt(prompt);
  return {
    ...base,
    // A prompt that speaks of the tag expects the tagged protocol, and that the answer ends the turn.
    text: input.system?.includes("<done>") ? `<assistant_prose>${text}</assistant_prose>\n<done>##DONE##</done>` : text,
    toolCalls: [],
    usage: usage(utf8Length(prompt), 30),
  };
}

function describePrompt(prompt: string): string {
  const words = prompt.split(/\s+/).filter((word) => word !== "").length;
  return `Mock response to ${words}-word prompt: ${Array.from(prompt).slice(0, 100).join("")}`;
}

/** The content of the latest message that has any. */
function lastPrompt(input: ModelInput): string {
  for (const message of [...input.messages].reverse()) {
    const text = stringsIn(toScriptMessage(message)["content"]).join("\n");
    if (text.trim() !== "") return text;
  }
  return "";
}

/** Values for what the schema requires, so that the call passes its check. */
function placeholders(schema: JsonObject): JsonObject {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? (schema["required"] as readonly Json[]) : [];
  const entries = Object.keys(properties)
    .filter((name) => required.includes(name))
    .sort()
    .map((name) => [name, placeholder(properties[name])] as const);
  return Object.fromEntries(entries);
}

function placeholder(schema: Json | undefined): Json {
  switch (isJsonObject(schema) ? schema["type"] : undefined) {
    case "integer":
    case "number":
      return 0;
    case "boolean":
      return false;
    case "array":
      return [];
    case "object":
      return {};
    default:
      return "";
  }
}

/** The chunks of an answer: reasoning, the text in one piece, calls `mock_call_<n>`, done. */
export function chunksOf(answer: MockAnswer): ModelChunk[] {
  const chunks: ModelChunk[] = [{ type: "response-start", model: answer.model, provider: answer.provider }];
  if (answer.thinking) chunks.push({ type: "thinking-delta", thinkingId: "mock_thinking", delta: answer.thinking });
  if (answer.thinkingSummary) {
    chunks.push({ type: "thinking-delta", thinkingId: "mock_summary", delta: answer.thinkingSummary, summary: true });
  }
  if (answer.text !== "") chunks.push({ type: "text-delta", messageId: "mock_message", delta: answer.text });
  for (const [at, call] of answer.toolCalls.entries()) {
    const id = `mock_call_${at + 1}`;
    chunks.push({ type: "tool-call-start", id, name: call.name }, { type: "tool-call-end", id, input: call.arguments });
  }
  chunks.push({
    type: "done",
    stopReason: answer.stopReason ?? (answer.toolCalls.length > 0 ? "tool_use" : "end_turn"),
    ...(answer.stopReason === undefined ? {} : { rawStopReason: answer.stopReason }),
    usage: answer.usage,
  });
  return chunks;
}

function usage(inputTokens: number, outputTokens: number, cacheReadTokens = 0, cacheWriteTokens = 0): Usage {
  return { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, exact: true };
}
