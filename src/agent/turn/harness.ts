/** What a turn is made of, and what it is given (LOOP-01 … LOOP-05, LOOP-31 … LOOP-35). */

import type { CancelSignal, Host } from "../../base/index.ts";
import type { Attachment, ModelClient, ModelInput, ToolChoice, Usage } from "../../llm/index.ts";
import type { CompactionPolicy } from "../compaction/compaction-policy.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import type { StreamSettings } from "../stream/stream-answer.ts";
import type { ToolRuntime } from "../tools/tool-runtime.ts";
import type { HistoryFormat } from "./history-format.ts";
import type { Awaitable, Policy } from "./policy.ts";
import type { TurnState } from "./turn-state.ts";
import type { TurnAccounts } from "./usage.ts";

/** Model, sampling, provider options: every part of a request that the turn does not fill in itself. */
export type RequestSettings = Omit<ModelInput, "system" | "messages" | "tools" | "toolChoice" | "parallelToolCalls">;

export interface DispatchSettings {
  /**
   * `parallel`: all calls of a step at once (LOOP-70). `ordered`: one after the other, except that a leading run of two
   * or more read-only calls runs at once (AGENT-34). Default `parallel`.
   */
  readonly schedule?: "parallel" | "ordered";
  /** Calls that may run at the same time; absent: no cap. */
  readonly concurrency?: number;
  /** Milliseconds for one call where its tool has no limit of its own; absent: none (LOOP-74). */
  readonly timeoutMs?: number;
  /** Retries of failed executions, and the base of their backoff (AGENT-05). Default 0 and 1,000 ms. */
  readonly retries?: number;
  readonly backoffMs?: number;
}

export interface TurnBudget {
  /** Whether it is used up. */
  isSpent(accounts: TurnAccounts): boolean;
  /** Told of what a tool's model calls cost, which the turn has booked, for whoever keeps books around it. */
  passOn(usage: Usage): void;
}

/** Immutable; reusable for any number of turns, also at the same time (LOOP-05). */
export interface Harness {
  readonly host: Host;
  readonly model: ModelClient;
  readonly request: RequestSettings;
  readonly tools: ToolRuntime;
  /** Model calls per turn; 0: no cap. Default 8. */
  readonly maxSteps?: number;
  /** Default `auto`. */
  readonly toolChoice?: ToolChoice;
  /** For providers that can forbid parallel calls; dispatch does not look at it (LOOP-89). */
  readonly parallelToolCalls?: boolean;
  readonly stream?: StreamSettings;
  readonly dispatch?: DispatchSettings;
  /** Absent: history is never compacted (LOOP-04). */
  readonly compaction?: CompactionPolicy;
  readonly policies?: readonly Policy[];
  /** For tools that call models: the budget of the turn and those around it. Default: no limit. */
  readonly budget?: TurnBudget;
  /** How answers and results become messages. Default: native tool calls. */
  readonly format?: HistoryFormat;
  /** What an answer without text and calls is: an error (LOOP-90, the default) or a message like any other. */
  readonly emptyAnswer?: "error" | "accept";
  /** Sends long tool results shortened; history keeps them whole (LOOP-100). Default true. */
  readonly shortenResults?: boolean;
  /**
   * Awaited before each step, while nothing is under way: no stream, no tool, no hook. What the turn is made of then is a
   * {@link TurnPosition}. What it throws ends the turn.
   */
  readonly boundary?: (turn: TurnState) => Awaitable<void>;
}

/** Where a turn stands between two steps. Together with its harness this is all there is to it. */
export interface TurnPosition {
  readonly history: readonly RecordedMessage[];
  readonly stepIndex: number;
  /** Whether the step before it called tools. */
  readonly ranTools: boolean;
  readonly promoted: readonly string[];
  /** Ids of calls, also of those that compaction has folded away; empty before the first. */
  readonly callIds: readonly string[];
  readonly accounts: Readonly<TurnAccounts>;
  readonly compactAtLength: number;
}

export interface TurnInput {
  /** Becomes one user message; absent: the turn goes on from the history as it is. */
  readonly prompt?: string;
  readonly attachments?: readonly Attachment[];
  readonly system?: string;
  /** History of earlier turns; ignored when `contextPath` is given. Dangling calls in it are healed. */
  readonly priorMessages?: readonly RecordedMessage[];
  /** Goes on there instead of beginning: nothing is added to the history, and no policy is told of a start. */
  readonly from?: TurnPosition;
  /** A context file to continue and to append to. */
  readonly contextPath?: string;
  /** Without a signal a turn cannot be cancelled (LOOP-62). A DOM `AbortSignal` fits. */
  readonly signal?: CancelSignal;
}
