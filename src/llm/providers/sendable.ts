/**
 * What no provider takes back, whatever it said itself: names and ids of other shapes, messages in which nothing is said,
 * tool blocks without tools. A conversation may come from another provider, or from a model that made a name up.
 */

import type { JsonObject } from "../../base/index.ts";
import type { Message, ModelInput, ToolSpec } from "../spec/model.ts";

/** The request without answers that hold nothing but thinking: refused at the end, and said to nobody anywhere else. */
export function sendable(input: ModelInput): ModelInput {
  if (!input.messages.some(isSilent)) return input;
  return { ...input, messages: input.messages.filter((message) => !isSilent(message)) };
}

function isSilent(message: Message): boolean {
  return message.role === "assistant" && message.toolCalls.length === 0 && isBlank(message.text);
}

export function isBlank(text: string | undefined): boolean {
  return text === undefined || text.trim() === "";
}

/** An id of letters, digits, `_` and `-`; the end of one that is too long, since that is where ids differ. */
export function plainId(id: string, maxLength: number = Number.POSITIVE_INFINITY): string {
  const plain = id.replace(/[^a-zA-Z0-9_-]/g, "_");
  return plain.length > maxLength ? plain.slice(-maxLength) : plain;
}

/** The name of a call that may go back. Models call tools that do not exist, by names that nobody would declare. */
export function plainName(name: string, maxLength: number = 64): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, maxLength) || "_";
}

/**
 * Tools for a request that offers none although its history used some, which Anthropic and Bedrock refuse: the names of
 * the history, to be called no more. Empty when the history used none.
 */
export function formerTools(messages: readonly Message[]): readonly ToolSpec[] {
  const names = new Set<string>();
  for (const message of messages) {
    if (message.role === "assistant") for (const call of message.toolCalls) names.add(call.name);
  }
  return [...names].map((name) => ({
    name: plainName(name),
    description: "No longer available: do not call it.",
    inputSchema: ANYTHING,
  }));
}

const ANYTHING: JsonObject = { type: "object", properties: {} };

/** What the user says ahead of a conversation whose beginning is gone and that would open with the model's words. */
export const OPENING = "[The beginning of this conversation is not shown]";
