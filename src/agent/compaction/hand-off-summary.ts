/**
 * The default strategy (COMPACT-15 … COMPACT-22): first forget old tool output, which often is enough and costs
 * nothing; else keep what the user said and replace the rest by a summary written for a successor.
 */

import type { UserMessage } from "../../llm/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import type { CompactionStrategy } from "./compaction-policy.ts";
import { anchoredTokens, createHistoryEstimate, estimateMessageTokens, estimateTextTokens } from "./estimate.ts";
import { cutToTokens, fitToWindow } from "./fit-window.ts";
import { isSummaryMessage, summaryMessage } from "./history-cuts.ts";
import { requestSummary } from "./request-summary.ts";
import { checkFraction } from "./tail-summary.ts";

export interface HandOffOptions {
  /** Default 0.9. */
  readonly triggerFraction?: number;
  /** Tokens of user messages kept word for word. Default 20,000, and never more than a third of the window. */
  readonly userTokens?: number;
  /** Histories no longer than this are left alone. Default 4. */
  readonly minMessages?: number;
  readonly instruction?: string;
}

export const PRUNED_RESULT = "[pruned — output removed to free context; re-run the tool if needed]";

const PRUNE_KEEP_USER_TURNS = 2;
const PRUNE_RESULT_TOKENS = 100;
const PRUNE_WORTH_TOKENS = 2000;

/** Replaces the conversation by a summary, written as if for a colleague who takes over, and the latest user messages. */
export function handOffStrategy(options: HandOffOptions = {}): CompactionStrategy {
  const { triggerFraction = 0.9, userTokens = 20_000, minMessages = 4, instruction } = options;
  checkFraction(triggerFraction);
  const estimate = createHistoryEstimate();
  return {
    name: "hand_off",
    shouldCompact(messages, windowTokens, overheadTokens) {
      if (messages.length <= minMessages) return false;
      return anchoredTokens(messages, overheadTokens, estimate) > Math.round(windowTokens * triggerFraction);
    },
    async compact(messages, context) {
      if (messages.length <= minMessages) return { messages };
      const threshold = Math.round(context.windowTokens * triggerFraction);
      const { pruned, saved } = pruneResults(messages);
      if (!context.forced && saved > 0 && anchoredTokens(messages, 0) - saved <= threshold) {
        return { messages: pruned, detail: { pruned_tokens: saved } };
      }
      const budget = Math.min(userTokens, Math.floor(context.windowTokens / 3));
      const retained = retainUserMessages(pruned, budget);
      if (retained.length === 0) return { messages };
      const { text, usage } = await requestSummary(pruned, context, instruction);
      return {
        messages: fitToWindow([...retained, summaryMessage(text)], threshold),
        summary: text,
        ...(usage === undefined ? {} : { usage }),
      };
    },
  };
}

/** COMPACT-17. `saved` is 0, and the array the same, when it is not worth it. */
export function pruneResults(messages: readonly RecordedMessage[]): {
  readonly pruned: readonly RecordedMessage[];
  readonly saved: number;
} {
  const replaced = new Set<number>();
  let saved = 0;
  let userTurns = 0;
  for (let at = messages.length - 1; at >= 0; at--) {
    const message = messages[at]!;
    if (message.role === "user") {
      if (isSummaryMessage(message)) break;
      userTurns++;
    }
    if (userTurns < PRUNE_KEEP_USER_TURNS || message.role !== "tool") continue;
    const tokens = estimateTextTokens(message.content);
    if (tokens < PRUNE_RESULT_TOKENS) continue;
    replaced.add(at);
    saved += tokens - estimateTextTokens(PRUNED_RESULT);
  }
  if (saved < PRUNE_WORTH_TOKENS) return { pruned: messages, saved: 0 };
  const pruned = messages.map((message, at) =>
    replaced.has(at) && message.role === "tool" ? { ...message, content: PRUNED_RESULT } : message,
  );
  return { pruned, saved };
}

/** COMPACT-20: newest first within the budget, in their old order; the first that does not fit is cut, nothing older kept. */
export function retainUserMessages(messages: readonly RecordedMessage[], budgetTokens: number): readonly UserMessage[] {
  const retained: UserMessage[] = [];
  let left = budgetTokens;
  for (let at = messages.length - 1; at >= 0 && left > 0; at--) {
    const message = messages[at]!;
    if (message.role !== "user" || isSummaryMessage(message)) continue;
    const tokens = estimateMessageTokens(message);
    retained.unshift(tokens <= left ? message : { ...message, content: cutToTokens(message.content, left) });
    left -= tokens;
  }
  return retained;
}
