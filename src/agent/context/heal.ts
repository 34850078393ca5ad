/**
 * Makes any history one that every provider accepts.
 *
 * An *exchange* is an assistant message with tool calls and everything up to the next assistant message. In a healthy
 * exchange the calls' results follow at once, one per call. Healing puts results in the order of their calls, answers
 * calls that never got a result, drops results that belong to no call and messages without content, and renames calls
 * whose id an earlier call has. It is idempotent, and gives back the very same array when there is nothing to heal.
 */

import type { ToolMessage } from "../../llm/index.ts";
import { isEmptyMessage, type RecordedMessage } from "./recorded-message.ts";

/** What a call says whose turn was interrupted before it returned. */
export const INTERRUPTED_RESULT: string = JSON.stringify({
  error: "Interrupted: the turn ended before this call returned a result",
});

/** Gives every call a result and drops results without a call, so that a provider accepts the history. */
export function healHistory(messages: readonly RecordedMessage[]): readonly RecordedMessage[] {
  if (isHealthy(messages)) return messages;
  const healed: RecordedMessage[] = [];
  const ids = new Set<string>();
  let index = 0;
  while (index < messages.length) {
    const message = messages[index++]!;
    if (message.role === "tool" || isEmptyMessage(message)) continue;
    if (message.role !== "assistant" || message.toolCalls.length === 0) {
      healed.push(message);
      continue;
    }
    const results = new Map<string, ToolMessage>();
    const others: RecordedMessage[] = [];
    for (; index < messages.length && messages[index]!.role !== "assistant"; index++) {
      const follower = messages[index]!;
      if (follower.role !== "tool") others.push(follower);
      else if (!results.has(follower.toolCallId)) results.set(follower.toolCallId, follower);
    }
    const renamed = message.toolCalls.map((call) => freeId(call.id, ids));
    const isSame = message.toolCalls.every((call, at) => call.id === renamed[at]);
    healed.push(
      isSame
        ? message
        : { ...message, toolCalls: message.toolCalls.map((call, at) => ({ ...call, id: renamed[at]! })) },
    );
    for (const [at, { id, name }] of message.toolCalls.entries()) {
      const result = results.get(id) ?? interruptedResult(id, name);
      // The second of two calls with one id cannot have the same result.
      results.delete(id);
      healed.push(id === renamed[at] ? result : { ...result, toolCallId: renamed[at]! });
    }
    for (const other of others) if (!isEmptyMessage(other)) healed.push(other);
  }
  return healed;
}

/** The id, or the first of `id_2`, `id_3`, … that no call has. */
function freeId(id: string, taken: Set<string>): string {
  let free = id;
  for (let count = 2; free === "" || taken.has(free); count++) free = `${id === "" ? "call" : id}_${count}`;
  taken.add(free);
  return free;
}

/** True when calls and results pair up in order, no two calls have one id and no message is empty. */
export function isHealthy(messages: readonly RecordedMessage[]): boolean {
  const ids = new Set<string>();
  let index = 0;
  while (index < messages.length) {
    const message = messages[index++]!;
    if (message.role === "tool" || isEmptyMessage(message)) return false;
    if (message.role !== "assistant") continue;
    for (const call of message.toolCalls) {
      if (call.id === "" || ids.has(call.id)) return false;
      ids.add(call.id);
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
