/** Summary plus the last few messages (COMPACT-04 … COMPACT-13): the strategy of the first releases. */

import { HarnError } from "../../base/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import type { CompactionStrategy } from "./compaction-policy.ts";
import { createHistoryEstimate } from "./estimate.ts";
import { fitToWindow } from "./fit-window.ts";
import { cutAtOrBefore, summaryMessage, userAtOrAfter } from "./history-cuts.ts";
import { requestSummary } from "./request-summary.ts";

export interface TailSummaryOptions {
  /** Part of the window that may fill before the history is folded. Default 0.75. */
  readonly triggerFraction?: number;
  /** Messages kept as they are, and the length up to which nothing is folded. Default 4. */
  readonly keepMessages?: number;
  readonly instruction?: string;
}

/** Replaces all but the last messages by a summary. */
export function tailSummaryStrategy(options: TailSummaryOptions = {}): CompactionStrategy {
  const { triggerFraction = 0.75, keepMessages = 4, instruction } = options;
  checkFraction(triggerFraction);
  const estimate = createHistoryEstimate();
  return {
    name: "tail_summary",
    shouldCompact(messages, windowTokens) {
      return messages.length > keepMessages && estimate(messages) > Math.round(windowTokens * triggerFraction);
    },
    async compact(messages, context) {
      if (messages.length <= keepMessages) return { messages };
      const start = tailStart(messages, messages.length - keepMessages);
      if (start === 0) return { messages };
      const { text, usage } = await requestSummary(messages, context, instruction);
      const folded = [summaryMessage(text), ...messages.slice(start)];
      return {
        messages: fitToWindow(folded, Math.round(context.windowTokens * triggerFraction)),
        summary: text,
        ...(usage === undefined ? {} : { usage }),
      };
    },
  };
}

/**
 * Where the kept tail starts: at the next user message. A tail without one starts at an exchange instead: the original
 * gave up there (COMPACT-12), after it had paid for the summary, at every step of a long tool turn.
 */
function tailStart(messages: readonly RecordedMessage[], wanted: number): number {
  return userAtOrAfter(messages, wanted) ?? cutAtOrBefore(messages, wanted);
}

/** @throws HarnError `agent.compaction_option` */
export function checkFraction(fraction: number): void {
  if (fraction > 0 && fraction <= 1) return;
  const message = `Expected \`triggerFraction\` to be above 0 and at most 1, got \`${fraction}\``;
  throw new HarnError("agent.compaction_option", message);
}
