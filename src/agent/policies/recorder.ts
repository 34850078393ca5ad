/** Where policies write down what they did. A policy that runs without an agent loop gets the silent one. */

import type { JsonObject } from "../../base/index.ts";
import type { AgentTraceEvent, Usage } from "../../llm/index.ts";
import type { RecordedToolCall } from "../context/recorded-message.ts";

export interface Recorder {
  /** An event of the transcript that is no message. */
  transcript(event: Note): void;
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

/** What happened, on its way to the transcript. */
export type Note = TranscriptNote | SharedNote;

/**
 * What happens in every turn, told with what the history holds anyway: most transcripts are never looked at, and then a
 * conversation keeps its texts and arguments once. `spelledNote` says it in full.
 */
export type SharedNote =
  | {
      readonly of: "answer";
      readonly model: string;
      readonly mode: string;
      readonly usage: Usage | undefined;
      readonly calls: readonly RecordedToolCall[];
    }
  | { readonly of: "call"; readonly call: RecordedToolCall }
  | {
      readonly of: "result";
      readonly call: RecordedToolCall;
      readonly text: string;
      /** Absent: the call ran, and nothing went wrong. */
      readonly failure?: { readonly rejected: boolean; readonly category: string | undefined };
    };

export function spelledNote(note: Note): TranscriptNote {
  if (!("of" in note)) return note;
  switch (note.of) {
    case "answer": {
      const { model, mode, usage, calls } = note;
      const metadata = {
        model,
        input_tokens: usage?.inputTokens ?? 0,
        output_tokens: usage?.outputTokens ?? 0,
        tool_calls: calls.map(({ id, name, input }) => ({ id, name, arguments: input })),
        tool_calling_mode: mode,
      };
      return { kind: "provider_payload", role: "assistant", visibility: "internal", text: "", metadata };
    }
    case "call": {
      const { id, name, input } = note.call;
      const metadata = { arguments: input, tool_use_id: id };
      return { kind: "tool_intent", role: "assistant", visibility: "internal", text: name, metadata };
    }
    case "result": {
      const { call, text, failure } = note;
      const category = failure?.category === undefined ? {} : { error_category: failure.category };
      const rejected = failure?.rejected ?? false;
      const metadata = { tool_name: call.name, tool_use_id: call.id, rejected, ...category };
      return { kind: "tool_execution", role: "tool", visibility: "internal", text, metadata };
    }
  }
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
