/**
 * Messages as the agent keeps them: what goes to the model, plus the few facts that only the agent needs. A recorded
 * message can be handed to a `ModelClient` as it is.
 */

import type { AssistantMessage, Message, ToolCall, ToolMessage, Usage, UserMessage } from "../../llm/index.ts";

export interface RecordedToolCall extends ToolCall {
  /** The model's own argument text, kept only while it parses to exactly `input` (LOOP-98). */
  readonly rawInput?: string;
}

export interface RecordedAssistant extends AssistantMessage {
  readonly toolCalls: readonly RecordedToolCall[];
  /** What the provider reported for the step that made this message (LOOP-99); absent in older files. */
  readonly usage?: Usage;
}

export type RecordedMessage = UserMessage | RecordedAssistant | ToolMessage;

/** True when a provider would refuse the message because nothing is in it. */
export function isEmptyMessage(message: Message): boolean {
  switch (message.role) {
    case "user":
      return message.content.trim() === "" && (message.attachments?.length ?? 0) === 0;
    case "assistant":
      return (
        message.toolCalls.length === 0 &&
        (message.text === undefined || message.text.trim() === "") &&
        (message.thinking?.length ?? 0) === 0
      );
    case "tool":
      return false;
  }
}
