/** How an answer and the results of its calls are written into history. */

import type { Json } from "../../base/index.ts";
import type { RecordedAssistant, RecordedMessage, RecordedToolCall } from "../context/recorded-message.ts";
import { failureText, type ToolOutcome } from "../tools/outcome.ts";
import type { ToolInvocation } from "../tools/tool-runtime.ts";
import type { Answer, SettledCall } from "./policy.ts";

export interface HistoryFormat {
  /** Undefined: there is nothing to record. */
  assistantMessage(answer: Answer): RecordedAssistant | undefined;
  resultMessages(settled: readonly SettledCall[]): readonly RecordedMessage[];
}

/** Tool calls in the provider's own channel; results as JSON text (LOOP-38, LOOP-42, LOOP-43, LOOP-45). */
export const NATIVE_FORMAT: HistoryFormat = {
  assistantMessage: nativeAssistantMessage,
  resultMessages: (settled) => settled.map((entry) => nativeResultMessage(entry, jsonResultText(entry))),
};

export function nativeAssistantMessage(answer: Answer): RecordedAssistant | undefined {
  const text = answer.historyText ?? answer.text;
  const { thinking, usage } = answer;
  const isSilent = text.trim() === "" && thinking.length === 0;
  if (isSilent && answer.calls.length === 0) return undefined;
  const toolCalls = recordedCalls(answer.calls);
  // Most messages of an agent. Written out, since an object that is put together keeps room for what did not come.
  if (isSilent && usage !== undefined) return { role: "assistant", toolCalls, usage };
  return {
    role: "assistant",
    ...(text.trim() === "" ? {} : { text }),
    ...(thinking.length === 0 ? {} : { thinking }),
    toolCalls,
    ...(usage === undefined ? {} : { usage }),
  };
}

/** As they are, as a rule: nobody changes a call, and notes speak of the same ones. */
function recordedCalls(calls: readonly ToolInvocation[]): readonly RecordedToolCall[] {
  if (!calls.some((call) => call.unusable !== undefined)) return calls;
  return calls.map(({ unusable: _unusable, ...call }) => call);
}

export function nativeResultMessage({ call, outcome }: SettledCall, content: string): RecordedMessage {
  const { output, attachments } = outcome;
  const message = {
    role: "tool",
    toolCallId: call.id,
    toolName: call.name,
    content,
    isError: !output.ok,
  } as const;
  return attachments === undefined ? message : { ...message, attachments };
}

function jsonResultText({ outcome, text }: SettledCall): string {
  if (text !== undefined) return text;
  const { output } = outcome;
  return JSON.stringify(output.ok ? output.value : { error: failureText(output.failure) });
}

/** A result as plain text: strings as they are, null as `(no output)`, the rest as indented JSON. */
export function plainResultText({ outcome, text }: SettledCall): string {
  return text ?? plainOutcomeText(outcome);
}

export function plainOutcomeText({ output }: ToolOutcome): string {
  if (output.ok) return renderPlain(output.value);
  const { kind, message } = output.failure;
  return kind === "Denied" ? message : `Error: ${failureText(output.failure)}`;
}

function renderPlain(value: Json): string {
  if (typeof value === "string") return value;
  return value === null ? "(no output)" : JSON.stringify(value, null, 2);
}
