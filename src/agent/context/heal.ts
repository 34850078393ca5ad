/**
 * Makes any history one that every provider accepts.
 *
 * An *exchange* is an assistant message with tool calls and everything up to the next assistant message. In a healthy
 * exchange the calls' results follow at once, one per call. Healing puts results in the order of their calls, answers
 * calls that never got a result, and drops results that belong to no call and messages without content. It is
 * idempotent, and gives back the very same array when there is nothing to heal.
 */

import type { ToolMessage } from "../../llm/index.ts";
import { isEmptyMessage, type RecordedMessage } from "./recorded-message.ts";

/** What a call says whose turn was interrupted before it returned. */
export const INTERRUPTED_RESULT: string = JSON.stringify({
  error: "Interrupted: the turn ended before this call returned a result",
});

export function healHistory(messages: readonly RecordedMessage[]): readonly RecordedMessage[] {
  if (isHealthy(messages)) return messages;
  const healed: RecordedMessage[] = [];
  let index = 0;
  while (index < messages.length) {
    const message = messages[index++]!;
    if (message.role === "tool" || isEmptyMessage(message)) continue;
    healed.push(message);
    if (message.role !== "assistant" || message.toolCalls.length === 0) continue;
    const results = new Map<string, ToolMessage>();
    const others: RecordedMessage[] = [];
    for (; index < messages.length && messages[index]!.role !== "assistant"; index++) {
      const follower = messages[index]!;
      if (follower.role !== "tool") others.push(follower);
      else if (!results.has(follower.toolCallId)) results.set(follower.toolCallId, follower);
    }
    for (const call of message.toolCalls) healed.push(results.get(call.id) ?? interruptedResult(call.id, call.name));
    for (const other of others) if (!isEmptyMessage(other)) healed.push(other);
  }
  return healed;
}

/** True when calls and results pair up in order and no message is empty. */
export function isHealthy(messages: readonly RecordedMessage[]): boolean {
  let index = 0;
  while (index < messages.length) {
    const message = messages[index++]!;
    if (message.role === "tool" || isEmptyMessage(message)) return false;
    if (message.role !== "assistant") continue;
    for (const call of message.toolCalls) {
      const result = messages[index];
      if (result?.role !== "tool" || result.toolCallId !== call.id) return false;
      index++;
    }
  }
  return true;
}

function interruptedResult(toolCallId: string, toolName: string): ToolMessage {
  return { role: "tool", toolCallId, toolName, content: INTERRUPTED_RESULT, isError: true };
}
