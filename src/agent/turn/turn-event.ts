/**
 * What a turn tells its consumer (LOOP-21 … LOOP-28).
 *
 *     turn := step* (turn-end | turn-error)
 *     step := compaction-applied? (text-delta | thinking-delta)* tool-call* tool-result*
 *
 * Calls come in the order the model declared them, results in the same order and only when all have settled. There is
 * exactly one terminal event, and nothing after it.
 */

import type { Json } from "../../base/index.ts";
import type { Usage } from "../../llm/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import type { TurnError } from "./turn-error.ts";
import type { TurnUsage } from "./usage.ts";

export type TurnEvent =
  /** `messageId` is `msg_native_<step>`; steps count from 0 in every turn. */
  | { readonly type: "text-delta"; readonly messageId: string; readonly delta: string }
  /** `messageId` is `thinking_native_<step>`. */
  | { readonly type: "thinking-delta"; readonly messageId: string; readonly delta: string }
  | { readonly type: "tool-call"; readonly id: string; readonly name: string; readonly input: Json }
  | { readonly type: "tool-result"; readonly id: string; readonly output: ToolResultOutput }
  /** Token counts are estimates. Emitted for every compaction that succeeded, also one that changed nothing. */
  | {
      readonly type: "compaction-applied";
      readonly originalMessageCount: number;
      readonly compactedMessageCount: number;
      readonly originalTokens: number;
      readonly compactedTokens: number;
    }
  | TerminalEvent;

/** What an agent tells while it works: a turn's events without its end, which is the agent's answer. */
export type AgentEvent = Exclude<TurnEvent, TerminalEvent>;

/** The tool's value, or the failure text `<Kind>: <message>` (LOOP-44). */
export type ToolResultOutput =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly error: string };

/** What every end of a turn says. */
export interface TurnSummary {
  /** Completed steps and compactions; absent when nobody reported any (LOOP-84). */
  readonly usage?: TurnUsage;
  /** What failed, cancelled and repeated attempts cost; not part of `usage` (LOOP-86). */
  readonly lostUsage?: Usage;
  /** The whole history in memory mode; empty in file mode (LOOP-27). */
  readonly finalMessages: readonly RecordedMessage[];
}

export type TerminalEvent =
  /** `interrupt`, `max_turns`, a policy's word, or the provider's stop reason, `end_turn` when it gave none. */
  | ({ readonly type: "turn-end"; readonly stopReason: string } & TurnSummary)
  | ({ readonly type: "turn-error"; readonly error: TurnError } & TurnSummary);
