/**
 * Tool calls in the text of an answer, for models without a tool channel of their own: how calls and results look in
 * history (AGENT-36, TOOL-02). Reading them is `parseTextAnswer` of the model layer.
 */

import type { RecordedAssistant, RecordedMessage } from "../context/recorded-message.ts";
import { feedbackMessage } from "../policies/feedback.ts";
import {
  type HistoryFormat,
  nativeAssistantMessage,
  nativeResultMessage,
  plainResultText,
} from "../turn/history-format.ts";
import type { Answer, SettledCall } from "../turn/policy.ts";
import { codePointCount, firstCodePoints } from "./code-points.ts";
import { NO_CALLS, type ToolInvocation } from "./tool-runtime.ts";

/** Longest assistant turn that history repeats, in characters. High, so that the cut hardly ever changes a prompt. */
export const MAX_HISTORY_CHARS = 131_072;

/** The text protocol: the answer as text, and all results of a step in one feedback message. */
export const TEXT_FORMAT: HistoryFormat = {
  assistantMessage(answer: Answer): RecordedAssistant | undefined {
    return nativeAssistantMessage({ ...answer, calls: NO_CALLS });
  },
  resultMessages(settled: readonly SettledCall[]): readonly RecordedMessage[] {
    if (settled.length === 0) return [];
    const blocks = settled.map(
      (entry) => `[result of ${entry.call.name}]\n${plainResultText(entry)}\n[end of ${entry.call.name} result]`,
    );
    const attachments = settled.flatMap((entry) => entry.outcome.attachments ?? []);
    return [
      { ...feedbackMessage("tool_results", blocks.join("\n\n")), ...(attachments.length > 0 ? { attachments } : {}) },
    ];
  },
};

/** The provider's channel, with results as plain text rather than as JSON. */
export const PLAIN_NATIVE_FORMAT: HistoryFormat = {
  assistantMessage: nativeAssistantMessage,
  resultMessages: (settled) => settled.map((entry) => nativeResultMessage(entry, plainResultText(entry))),
};

/** A call as the protocol writes it. */
export function callBlock({ name, input }: Pick<ToolInvocation, "name" | "input">): string {
  return `<tool_call>\n${name}(${JSON.stringify(input)})\n</tool_call>`;
}

export function cutHistoryText(text: string): string {
  if (text.length <= MAX_HISTORY_CHARS) return text;
  const total = codePointCount(text);
  if (total <= MAX_HISTORY_CHARS) return text;
  return `${firstCodePoints(text, MAX_HISTORY_CHARS)}\n\n<assistant turn cut: ${total} characters are more than history keeps (${MAX_HISTORY_CHARS})>`;
}
