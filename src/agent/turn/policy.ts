/**
 * Policies: everything about a turn that is a matter of taste or of rules. A policy sees the turn state at fixed points
 * and answers with data; the phases stay free of branches about nudges, approvals, budgets and the like.
 *
 * The points, in the order a step passes them:
 *
 *     start → [ prepare → (compact) → request → (stream) → review → answer → gate → (run) → settle → decide ]* → finish
 *
 * Policies are asked in the order they are listed. At `prepare`, `review`, `gate` and `decide` the first that answers
 * wins; at `request`, `answer` and `settle` each gets what the one before it made.
 */

import type { Json, JsonObject } from "../../base/index.ts";
import type { ModelInput, Thinking, Usage } from "../../llm/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import type { StreamRetry } from "../stream/stream-answer.ts";
import type { ToolOutcome } from "../tools/outcome.ts";
import type { ToolInvocation } from "../tools/tool-runtime.ts";
import type { TerminalEvent } from "./turn-event.ts";
import type { TurnState } from "./turn-state.ts";

export type Awaitable<T> = T | Promise<T>;

/** One decoded answer of the model. */
export interface Answer {
  readonly text: string;
  readonly thinking: readonly Thinking[];
  /** In the order the model declared them, repaired. */
  readonly calls: readonly ToolInvocation[];
  readonly stopReason: string;
  readonly usage?: Usage;
  /** What history keeps instead of `text`, where the two differ (text tool protocol, prose limits). */
  readonly historyText?: string;
}

/** How a call ended: `rejected` means it never ran. */
export type CallStatus = "ok" | "error" | "rejected";

export interface SettledCall {
  readonly call: ToolInvocation;
  readonly outcome: ToolOutcome;
  readonly status: CallStatus;
  /** From the first gate to the last `settle`, milliseconds. */
  readonly durationMs: number;
  /** The runtime's part of it. */
  readonly executionMs: number;
  /** Text for the model where it is not the outcome's own (loop detection, compression). */
  readonly text?: string;
  /** Why it was rejected, or how it failed; see `ToolErrorCategory`. */
  readonly category?: ToolErrorCategory;
}

export type ToolErrorCategory =
  | "schema_validation"
  | "tool_error"
  | "permission_denied"
  | "rejected_loop"
  | "timeout"
  | "cancelled";

/** What a gate says about a call. No answer: ask the next policy. */
export type GateVerdict =
  /** Run it with this input; later gates see the new input. */
  | { readonly kind: "modify"; readonly input: Json }
  /** Do not run it; the model gets the outcome, or `text` in its place. */
  | {
      readonly kind: "reject";
      readonly outcome: ToolOutcome;
      readonly category: ToolErrorCategory;
      readonly text?: string;
    }
  /** Do not run it; the policy has done the tool's work itself. */
  | { readonly kind: "answer"; readonly outcome: ToolOutcome; readonly text?: string };

/** What to do after a step. No answer from any policy: go on after tool calls, else end with the model's reason. */
export type Decision = { readonly kind: "continue" } | { readonly kind: "stop"; readonly stopReason: string };

/** Things that happened and that nobody has to answer. */
export type Observation =
  | { readonly type: "request-start"; readonly input: ModelInput }
  | { readonly type: "request-retry"; readonly retry: StreamRetry }
  | { readonly type: "stream-warning"; readonly message: string; readonly raw?: Json }
  | { readonly type: "answer-end"; readonly answer: Answer; readonly durationMs: number }
  | {
      readonly type: "input-repaired";
      readonly callId: string;
      readonly tool: string;
      readonly notes: readonly string[];
    }
  | { readonly type: "call-pending"; readonly call: ToolInvocation }
  | { readonly type: "call-running"; readonly call: ToolInvocation }
  | { readonly type: "call-settled"; readonly settled: SettledCall }
  | { readonly type: "compaction-applied"; readonly detail: JsonObject }
  | { readonly type: "compaction-failed"; readonly message: string };

/**
 * Contract: hooks may be asynchronous and are raced against the turn's cancel signal. They read the state and change it
 * only through `appendMessages`. What a hook throws ends the turn with an `internal` error, except in `observe` and
 * `finish`, where it is logged: an observer cannot break a turn, and a rule that fails never lets anything through.
 */
export interface Policy {
  readonly name: string;
  /** Once, before step 0. */
  start?(turn: TurnState): Awaitable<void>;
  /** Before each step, ahead of compaction. May add messages, may end the turn. */
  prepare?(turn: TurnState): Awaitable<Decision | undefined>;
  /** Edits the request of this step; what it adds is not history. */
  request?(turn: TurnState, input: ModelInput): Awaitable<ModelInput>;
  /** Sees the decoded answer before it is recorded; may replace it. */
  answer?(turn: TurnState, answer: Answer): Awaitable<Answer>;
  /**
   * Refuses the answer: nothing of it is recorded, the messages are added, and the model is asked again within the step.
   * How often is the policy's own business; it must end.
   */
  review?(turn: TurnState, answer: Answer): Awaitable<{ readonly messages: readonly RecordedMessage[] } | undefined>;
  gate?(turn: TurnState, call: ToolInvocation): Awaitable<GateVerdict | undefined>;
  settle?(turn: TurnState, settled: SettledCall): Awaitable<SettledCall>;
  /** After the step has been recorded. */
  decide?(turn: TurnState, step: CompletedStep): Awaitable<Decision | undefined>;
  observe?(turn: TurnState, observation: Observation): Awaitable<void>;
  /** However the turn ended, also after errors; undefined: the consumer went away. */
  finish?(turn: TurnState, end: TerminalEvent | undefined): Awaitable<void>;
}

export interface CompletedStep {
  readonly answer: Answer;
  readonly settled: readonly SettledCall[];
}
