/**
 * Where a history may be cut. A *cut* is an index; cutting there keeps calls and results together as long as the message
 * at the index is no tool result. A *block* is what lies between two such cuts: a user message, or an assistant message
 * with the results of its calls.
 */

import type { UserMessage } from "../../llm/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";

export function isCut(messages: readonly RecordedMessage[], index: number): boolean {
  return messages[index]?.role !== "tool";
}

/** The nearest cut at or before `index`. */
export function cutAtOrBefore(messages: readonly RecordedMessage[], index: number): number {
  let at = Math.min(index, messages.length);
  while (at > 0 && !isCut(messages, at)) at--;
  return at;
}

/** The nearest user message at or after `index`; undefined when there is none. */
export function userAtOrAfter(messages: readonly RecordedMessage[], index: number): number | undefined {
  for (let at = Math.max(0, index); at < messages.length; at++) if (messages[at]!.role === "user") return at;
  return undefined;
}

/** The nearest user message at or before `index` that lies after `floor`; undefined when there is none. */
export function userAtOrBefore(messages: readonly RecordedMessage[], index: number, floor: number): number | undefined {
  for (let at = Math.min(index, messages.length - 1); at > floor; at--) if (messages[at]!.role === "user") return at;
  return undefined;
}

export function splitBlocks(messages: readonly RecordedMessage[]): readonly (readonly RecordedMessage[])[] {
  const blocks: RecordedMessage[][] = [];
  for (const message of messages) {
    if (message.role === "tool" && blocks.length > 0) blocks.at(-1)!.push(message);
    else blocks.push([message]);
  }
  return blocks;
}

const OPEN_TAG = "<conversation-summary>";
const CLOSE_TAG = "</conversation-summary>";

/** COMPACT-11: the message that stands for what was folded away. */
export function summaryMessage(summary: string): UserMessage {
  return { role: "user", content: `${OPEN_TAG}\n${summary}\n${CLOSE_TAG}` };
}

export function isSummaryMessage(message: RecordedMessage): boolean {
  return message.role === "user" && message.content.startsWith(OPEN_TAG);
}
