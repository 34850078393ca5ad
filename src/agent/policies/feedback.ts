/** Messages from the runtime to the model (AGENT-29). */

import type { UserMessage } from "../../llm/index.ts";

export function feedbackMessage(kind: string, content: string): UserMessage {
  return {
    role: "user",
    content: `<runtime_feedback kind="${escapeXml(kind)}">\n${content.trim()}\n</runtime_feedback>`,
  };
}

/** A block that is shown once and is no part of the history. */
export function injectionMessage(kind: string, content: string): UserMessage {
  return { role: "user", content: `<runtime_injection kind="${escapeXml(kind)}">\n${content}\n</runtime_injection>` };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
