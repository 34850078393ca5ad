/** The life of each call and each answer, as trace, transcript and live events (EVENT-05, TRACE-03). */

import type { Json } from "../../base/index.ts";
import { isEmptyCompletion } from "../../llm/index.ts";
import { isReadOnly, type ToolInvocation } from "../tools/tool-runtime.ts";
import { plainResultText } from "../turn/history-format.ts";
import type { Observation, Policy, SettledCall } from "../turn/policy.ts";
import type { TurnState } from "../turn/turn-state.ts";
import { addOnce, type LoopState } from "./loop-state.ts";

export function liveTools(state: LoopState): Policy {
  return {
    name: "live-events",
    async observe(turn, observation) {
      await publish(state, turn, observation);
    },
  };
}

async function publish(state: LoopState, turn: TurnState, observation: Observation): Promise<void> {
  const iteration = turn.stepIndex;
  switch (observation.type) {
    case "answer-end": {
      const { usage } = observation.answer;
      state.recorder.trace({
        type: "llm_call",
        call_id: `iteration-${iteration}`,
        model: turn.harness.request.model,
        input_tokens: usage?.inputTokens ?? 0,
        output_tokens: usage?.outputTokens ?? 0,
        cache_tokens: (usage?.cacheReadTokens ?? 0) + (usage?.cacheWriteTokens ?? 0),
        duration_ms: Math.round(observation.durationMs),
        iteration,
      });
      return;
    }
    case "request-retry": {
      const { error, failures } = observation.retry;
      if (!isEmptyCompletion(error)) return;
      state.recorder.trace({ type: "empty_completion_retry", iteration, attempt: failures, error: error.message });
      return;
    }
    case "call-pending":
      return state.recorder.live({
        type: "tool_call",
        ...identity(observation.call),
        kind: turn.harness.tools.kindOf?.(observation.call.name) ?? null,
        status: "pending",
        raw_input: observation.call.input,
      });
    case "call-running":
      state.recorder.transcript({ of: "call", call: observation.call });
      return state.recorder.live({ type: "tool_call_update", ...identity(observation.call), status: "in_progress" });
    case "call-settled":
      return publishSettled(state, turn, observation.settled);
    case "compaction-applied":
      return publishCompaction(state, turn, observation.detail);
    case "request-start":
    case "stream-warning":
    case "input-repaired":
    case "compaction-failed":
      return;
  }
}

async function publishSettled(state: LoopState, turn: TurnState, settled: SettledCall): Promise<void> {
  const { call, status, category, durationMs, executionMs } = settled;
  const text = plainResultText(settled);
  const iteration = turn.stepIndex;
  if (status === "rejected") {
    addOnce(state.rejectedTools, call.name);
    state.recorder.trace({ type: "tool_rejected", tool_name: call.name, reason: text, iteration });
  } else {
    state.recorder.trace({
      type: "tool_execution",
      tool_name: call.name,
      tool_use_id: call.id,
      duration_ms: Math.round(executionMs),
      status,
      classification: isReadOnly(turn.harness.tools, call.name) ? "read_only" : "other",
      iteration,
    });
  }
  if (status !== "rejected" || category === "rejected_loop") state.toolsUsed.push(call.name);
  if (status === "ok") addOnce(state.successfulTools, call.name);
  const errorCategory = category === undefined ? {} : { error_category: category };
  state.recorder.transcript(
    status === "ok" && category === undefined
      ? { of: "result", call, text }
      : { of: "result", call, text, failure: { rejected: status === "rejected", category } },
  );
  await state.recorder.live({
    type: "tool_call_update",
    ...identity(call),
    status: status === "ok" ? "completed" : "failed",
    raw_output: { text, tool_use_id: call.id },
    ...(status === "ok" ? {} : { error: text }),
    duration_ms: Math.round(durationMs),
    execution_duration_ms: Math.round(executionMs),
    ...errorCategory,
    executor: turn.harness.tools.executorOf?.(call.name) ?? (status === "rejected" ? null : { kind: "harn_builtin" }),
  });
}

function identity(call: ToolInvocation): { tool_call_id: string; tool_name: string } {
  return { tool_call_id: `tool-${call.id}`, tool_name: call.name };
}

/** llm COMPACT-07. */
async function publishCompaction(
  state: LoopState,
  turn: TurnState,
  detail: Readonly<Record<string, Json | undefined>>,
): Promise<void> {
  const { summary, ...facts } = detail;
  const archived = typeof facts["archived_messages"] === "number" ? facts["archived_messages"] : 0;
  if (archived === 0) return;
  const text = typeof summary === "string" ? summary : "";
  const iteration = turn.stepIndex;
  const mode = iteration > 0 && turn.history.length > 0 ? "auto" : "preflight";
  state.recorder.trace({
    type: "context_compaction",
    archived_messages: archived,
    new_summary_len: text.length,
    iteration,
  });
  const metadata = { mode, ...facts };
  state.recorder.transcript({
    kind: "compaction",
    role: "system",
    visibility: "internal",
    text: "The conversation was compacted",
    metadata,
  });
  await state.recorder.live({ type: "transcript_compacted", ...metadata });
  if (text !== "" && text.trim() !== state.summary?.trim()) {
    state.summary = state.summary === undefined || state.summary.trim() === "" ? text : `${state.summary}\n\n${text}`;
  }
}
