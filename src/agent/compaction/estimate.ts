/** Token estimates for history (COMPACT-06, COMPACT-07, COMPACT-16): cheap, deterministic, a little high. */

import { createListSum } from "../../base/index.ts";
import type { ToolSpec } from "../../llm/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";

const CALL_OVERHEAD = 8;
const RESULT_OVERHEAD = 16;

/** Blank text is 0; else a quarter token per ASCII character, rounded up, plus one per other code point. */
export function estimateTextTokens(text: string): number {
  let ascii = 0;
  let other = 0;
  let blank = true;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) {
      ascii++;
      if (blank && unit > 0x20) blank = false;
    } else if ((unit & 0xfc00) !== 0xdc00 || (text.charCodeAt(at - 1) & 0xfc00) !== 0xd800) {
      other++;
      blank = false;
    }
  }
  return blank ? 0 : Math.ceil(ascii / 4) + other;
}

export function estimateMessageTokens(message: RecordedMessage): number {
  return Math.max(1, messageTokens(message));
}

function messageTokens(message: RecordedMessage): number {
  switch (message.role) {
    case "user":
      return estimateTextTokens(message.content);
    case "tool":
      return estimateTextTokens(message.content) + RESULT_OVERHEAD;
    case "assistant": {
      let tokens = estimateTextTokens(message.text ?? "");
      for (const thinking of message.thinking ?? []) {
        tokens += estimateTextTokens(thinking.text) + estimateTextTokens(thinking.signature ?? thinking.redacted ?? "");
      }
      for (const call of message.toolCalls) {
        tokens += estimateTextTokens(JSON.stringify(call.input)) + estimateTextTokens(call.name) + CALL_OVERHEAD;
      }
      return tokens;
    }
  }
}

/** Tokens of a conversation, estimated by its length. */
export function estimateTokens(messages: readonly RecordedMessage[]): number {
  let tokens = 0;
  for (const message of messages) tokens += estimateMessageTokens(message);
  return tokens;
}

/** As {@link estimateTokens} has it. */
export type HistoryEstimate = (messages: readonly RecordedMessage[]) => number;

/** An estimate that knows what it has looked at before: of a history that grows it looks at what is new. */
export function createHistoryEstimate(): HistoryEstimate {
  return createListSum(estimateMessageTokens);
}

/**
 * The size of the next request (COMPACT-16): the newest assistant message that knows its usage stands for everything
 * before it, by its input tokens (which hold the cached ones, the system prompt and the tools); only the rest is
 * estimated. Without one, all is, and `overheadTokens` is added.
 *
 * @param estimate of a whole history
 */
export function anchoredTokens(
  messages: readonly RecordedMessage[],
  overheadTokens: number,
  estimate: HistoryEstimate = estimateTokens,
): number {
  for (let at = messages.length - 1; at >= 0; at--) {
    const message = messages[at]!;
    if (message.role !== "assistant" || message.usage === undefined) continue;
    // The usage is about the request before this message, so the message itself is estimated with the rest.
    return message.usage.inputTokens + estimateTokens(messages.slice(at));
  }
  return overheadTokens + estimate(messages);
}

/** What the system prompt and the tool list add to every request. */
export function estimateOverhead(system: string | undefined, tools: readonly ToolSpec[]): number {
  let tokens = estimateTextTokens(system ?? "");
  for (const tool of tools) {
    tokens += estimateTextTokens(tool.name) + estimateTextTokens(tool.description);
    tokens += estimateTextTokens(JSON.stringify(tool.inputSchema));
  }
  return tokens;
}
