/** The one explicit state that the phases of a turn work on. */

import type { CancelSignal, CancelToken, Json, LogLevel } from "../../base/index.ts";
import type { ModelInput, ToolSpec, Usage } from "../../llm/index.ts";
import type { HistoryEstimate } from "../compaction/estimate.ts";
import type { ContextFile } from "../context/context-file.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import type { Harness } from "./harness.ts";
import type { Answer, Decision, Observation, Policy, SettledCall } from "./policy.ts";
import type { ResultShortener } from "./shorten-results.ts";
import type { TurnError } from "./turn-error.ts";
import type { AgentEvent } from "./turn-event.ts";
import type { TurnAccounts } from "./usage.ts";

/** True: the consumer took the event. False: it has gone. */
export type Emit = (event: AgentEvent) => boolean | Promise<boolean>;

export interface TurnState {
  readonly harness: Harness;
  readonly policies: readonly Policy[];
  readonly emit: Emit;
  /** The caller's signal, for tools and for telling an interrupt from a consumer that went away. */
  readonly cancel: CancelSignal | undefined;
  /** Fires on cancel and when the consumer goes; for streams and waits. */
  readonly stop: CancelToken;
  /** Tools as the runtime had them when the turn began (LOOP-36). */
  readonly tools: readonly ToolSpec[];
  readonly toolsByName: ReadonlyMap<string, ToolSpec>;
  /** Deferred tools that a search has brought to light. */
  readonly promoted: Set<string>;
  /** What the model gets to see of `tools`, and for which promoted ones that was made. */
  visible?: { readonly promoted: string; readonly tools: readonly ToolSpec[] };
  /** Ids of the calls of the conversation so far; made when the first call comes. */
  callIds?: Set<string>;
  /** Policies may change it between steps. */
  system: string | undefined;
  /**
   * Grows in place by {@link appendMessages}, and becomes another list when it is compacted. Who keeps it beyond a step
   * keeps its length too, or a copy (`copyOf`): a request has one. Who puts another in its place
   * hands it over: a list of its own (`growingList`).
   */
  history: RecordedMessage[];
  /** Raised when the history becomes another one instead of growing at its end. */
  historyEpoch: number;
  readonly accounts: TurnAccounts;
  /** Zero-based. */
  stepIndex: number;
  step: StepState;
  /** Whether the last step called tools. */
  ranTools: boolean;
  readonly context: ContextFile | undefined;
  /** How many messages of `history` are in the context file. */
  persisted: number;
  /** Of the history, and of what is about to become it. */
  readonly estimate: HistoryEstimate;
  /** What is sent of it. */
  readonly shorten: ResultShortener;
  /** Compaction waits until the history is at least this long; set after one that brought nothing. */
  compactAtLength: number;
}

/** What the phases of one step hand to each other. */
export interface StepState {
  input: ModelInput | undefined;
  answer: Answer | undefined;
  settled: readonly SettledCall[];
  decision: Decision | undefined;
  /** The provider refused the history as too long and it has been compacted for that. */
  overflowHandled: boolean;
}

export function createStepState(): StepState {
  return { input: undefined, answer: undefined, settled: [], decision: undefined, overflowHandled: false };
}

/** How a turn can end. `abandoned`: nobody is left to tell. */
export type TurnOutcome =
  | { readonly kind: "end"; readonly stopReason: string }
  | { readonly kind: "error"; readonly error: TurnError }
  | { readonly kind: "abandoned" };

export function appendMessages(turn: TurnState, messages: readonly RecordedMessage[]): void {
  for (const message of messages) turn.history.push(message);
}

/** Writes what the context file does not have yet; without a file this does nothing. */
export async function persistHistory(turn: TurnState): Promise<void> {
  if (turn.context === undefined || turn.persisted >= turn.history.length) return;
  if (await turn.context.save(turn.history, turn.persisted)) turn.persisted = turn.history.length;
}

/** An interrupt when the caller cancelled, else the silent end of a turn whose consumer has gone. */
export function stoppedOutcome(turn: TurnState): TurnOutcome {
  return turn.cancel?.aborted ? { kind: "end", stopReason: "interrupt" } : { kind: "abandoned" };
}

export function isCancelled(turn: TurnState): boolean {
  return turn.cancel?.aborted === true;
}

/** Tells every policy; what an observer throws is logged and forgotten. */
export async function observe(turn: TurnState, observation: Observation): Promise<void> {
  for (const policy of turn.policies) {
    if (policy.observe === undefined) continue;
    try {
      const observed = policy.observe(turn, observation);
      if (observed instanceof Promise) await observed;
    } catch (thrown) {
      logTurn(turn, "warn", `Policy ${policy.name} failed while observing ${observation.type}`, {
        error: String(thrown),
      });
    }
  }
}

export function logTurn(turn: TurnState, level: LogLevel, message: string, fields: Record<string, Json> = {}): void {
  turn.harness.host.sync("log.write", { level, message, fields: { step: turn.stepIndex, ...fields } });
}

export function spentUsage(turn: TurnState): { usage?: NonNullable<TurnAccounts["spent"]>; lostUsage?: Usage } {
  const { spent, lost } = turn.accounts;
  return { ...(spent === undefined ? {} : { usage: spent }), ...(lost === undefined ? {} : { lostUsage: lost }) };
}
