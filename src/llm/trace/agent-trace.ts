/** The events that `agent_trace()` shows, and their sum (TRACE-03, TRACE-04, TRACE-05). Always recorded. */

import type { JsonObject } from "../../base/index.ts";

/** Field names are those that programs see. */
export type AgentTraceEvent =
  | {
      readonly type: "llm_call";
      readonly call_id: string;
      readonly model: string;
      readonly input_tokens: number;
      readonly output_tokens: number;
      readonly cache_tokens: number;
      readonly duration_ms: number;
      readonly iteration: number;
    }
  | {
      readonly type: "tool_execution";
      readonly tool_name: string;
      readonly tool_use_id: string;
      readonly duration_ms: number;
      readonly status: string;
      readonly classification: string;
      readonly iteration: number;
    }
  | { readonly type: "tool_rejected"; readonly tool_name: string; readonly reason: string; readonly iteration: number }
  | {
      readonly type: "loop_intervention";
      readonly tool_name: string;
      readonly kind: string;
      readonly count: number;
      readonly iteration: number;
    }
  | {
      readonly type: "context_compaction";
      readonly archived_messages: number;
      readonly new_summary_len: number;
      readonly iteration: number;
    }
  | {
      readonly type: "phase_change";
      readonly from_phase: string;
      readonly to_phase: string;
      readonly iteration: number;
    }
  | {
      readonly type: "loop_complete";
      readonly status: string;
      readonly iterations: number;
      readonly total_duration_ms: number;
      readonly tools_used: readonly string[];
      readonly successful_tools: readonly string[];
    }
  /** SCHEMA-19. `attempt` counts retries from 1. */
  | {
      readonly type: "schema_retry";
      readonly attempt: number;
      readonly errors: readonly string[];
      readonly nudge_used: boolean;
      readonly correction_prompt: string;
    }
  | {
      readonly type: "native_tool_fallback";
      readonly iteration: number;
      readonly accepted: boolean;
      readonly policy: string;
      readonly fallback_index: number;
      readonly tool_call_count: number;
    }
  /** TRACE-08. */
  | {
      readonly type: "empty_completion_retry";
      readonly iteration: number;
      readonly attempt: number;
      readonly error: string;
    };

/** The sum that `agent_trace_summary()` returns. */
export function summarizeAgentTrace(events: readonly AgentTraceEvent[]): JsonObject {
  const toolsUsed = new Set<string>();
  const sum = {
    status: "unknown",
    iterations: 0,
    total_duration_ms: 0,
    llm_calls: 0,
    tool_executions: 0,
    tool_rejections: 0,
    interventions: 0,
    compactions: 0,
    native_text_tool_fallbacks: 0,
    native_text_tool_fallback_rejections: 0,
    empty_completion_retries: 0,
    total_input_tokens: 0,
    total_output_tokens: 0,
    total_llm_duration_ms: 0,
    total_tool_duration_ms: 0,
  };
  for (const event of events) {
    switch (event.type) {
      case "llm_call":
        sum.llm_calls++;
        sum.total_input_tokens += event.input_tokens;
        sum.total_output_tokens += event.output_tokens;
        sum.total_llm_duration_ms += event.duration_ms;
        break;
      case "tool_execution":
        sum.tool_executions++;
        sum.total_tool_duration_ms += event.duration_ms;
        toolsUsed.add(event.tool_name);
        break;
      case "tool_rejected":
        sum.tool_rejections++;
        break;
      case "loop_intervention":
        sum.interventions++;
        break;
      case "context_compaction":
        sum.compactions++;
        break;
      case "loop_complete":
        sum.status = event.status;
        sum.iterations = event.iterations;
        sum.total_duration_ms = event.total_duration_ms;
        break;
      case "native_tool_fallback":
        sum.native_text_tool_fallbacks++;
        if (!event.accepted) sum.native_text_tool_fallback_rejections++;
        break;
      case "empty_completion_retry":
        sum.empty_completion_retries++;
        break;
      case "phase_change":
      case "schema_retry":
        break;
    }
  }
  return { ...sum, tools_used: [...toolsUsed] };
}
