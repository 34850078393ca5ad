/** What an agent loop comes back with (AGENT-41): the JSON that programs see. */

import type { JsonObject } from "../../base/index.ts";
import { summarizeAgentTrace, visibleText } from "../../llm/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { TranscriptDraft } from "../context/transcript-draft.ts";
import type { TaskLedger } from "../policies/task-ledger.ts";
import type { LoopState, LoopStatus } from "./loop-state.ts";

export interface AgentLoopResult {
  readonly status: LoopStatus;
  /** Of all turns. */
  readonly text: string;
  /** Of the last turn, without control blocks. */
  readonly visible_text: string;
  readonly llm: {
    readonly iterations: number;
    readonly duration_ms: number;
    readonly input_tokens: number;
    readonly output_tokens: number;
  };
  readonly tools: {
    readonly calls: readonly string[];
    readonly successful: readonly string[];
    readonly rejected: readonly string[];
    readonly mode: string;
  };
  readonly deferred_user_messages: readonly string[];
  readonly daemon_state: string;
  readonly daemon_snapshot_path: string | null;
  readonly task_ledger: TaskLedger;
  readonly ledger_done_rejections: number;
  readonly trace: JsonObject;
  readonly transcript: JsonObject;
}

export function buildResult(
  state: LoopState,
  status: LoopStatus,
  history: readonly RecordedMessage[],
): AgentLoopResult {
  const duration = Math.round(state.host.sync("clock.monotonic", {}) - state.startedMs);
  state.recorder.trace({
    type: "loop_complete",
    status,
    iterations: state.iterations,
    total_duration_ms: duration,
    tools_used: [...state.toolsUsed],
    successful_tools: [...state.successfulTools],
  });
  const trace = summarizeAgentTrace(state.trace.items());
  const transcript = transcriptOf(state, history, status === "done" ? "active" : "paused");
  return {
    status,
    text: state.totalText,
    visible_text: visibleText(state.lastText),
    llm: {
      iterations: state.iterations,
      duration_ms: duration,
      input_tokens: trace["total_input_tokens"] as number,
      output_tokens: trace["total_output_tokens"] as number,
    },
    tools: {
      calls: [...state.toolsUsed],
      successful: [...state.successfulTools],
      rejected: [...state.rejectedTools],
      mode: state.channel,
    },
    deferred_user_messages: [...state.deferredMessages],
    daemon_state: state.daemonState,
    daemon_snapshot_path: state.daemonSnapshotPath ?? null,
    task_ledger: state.ledger,
    ledger_done_rejections: state.ledgerRejections,
    trace,
    get transcript() {
      return transcript.transcript();
    },
  };
}

/** The conversation as the model saw it last, with everything that happened on the way until now. */
export function transcriptOf(
  { host, sessionId, notes, summary }: LoopState,
  history: readonly RecordedMessage[],
  lifecycle: "active" | "paused",
): TranscriptDraft {
  return new TranscriptDraft(host, { sessionId, history, notes, lifecycle, summary });
}
