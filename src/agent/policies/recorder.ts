/** Where policies write down what they did. A policy that runs without an agent loop gets the silent one. */

import type { JsonObject } from "../../base/index.ts";
import type { AgentTraceEvent } from "../../llm/index.ts";

export interface Recorder {
  /** An event of the transcript that is no message. */
  transcript(event: TranscriptNote): void;
  trace(event: AgentTraceEvent): void;
  /** A live event; resolves when every subscriber has seen it. Never rejects. */
  live(event: LiveEvent): Promise<void>;
}

export interface TranscriptNote {
  readonly kind: string;
  readonly role: "assistant" | "system" | "tool" | "user";
  readonly visibility: "public" | "internal" | "private";
  readonly text: string;
  readonly metadata?: JsonObject;
}

/** As subscribers get it; `session_id` is added on the way (EVENT-05). */
export type LiveEvent = { readonly type: LiveEventType } & JsonObject;

export type LiveEventType =
  | "turn_start"
  | "turn_end"
  | "tool_call"
  | "tool_call_update"
  | "plan"
  | "feedback_injected"
  | "budget_exhausted"
  | "loop_stuck"
  | "daemon_watchdog_tripped"
  | "transcript_compacted"
  | "skill_activated"
  | "skill_deactivated"
  | "skill_scope_tools"
  | "tool_search_query"
  | "tool_search_result"
  | "worker_update";

export const SILENT_RECORDER: Recorder = {
  transcript: () => {},
  trace: () => {},
  live: () => Promise.resolve(),
};
