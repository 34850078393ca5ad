/** Phase 2: make the history shorter when its strategy asks for it (LOOP-48, COMPACT-01 … COMPACT-03). */

import { growingList } from "../../base/index.ts";
import { ModelError, type ToolSpec } from "../../llm/index.ts";
import { CANCELLED, orCancelled } from "../cancel/cancellation.ts";
import type { CompactionOutcome, CompactionPolicy } from "../compaction/compaction-policy.ts";
import { anchoredTokens, estimateOverhead } from "../compaction/estimate.ts";
import { fitToWindow, SMALLEST_WINDOW_TOKENS } from "../compaction/fit-window.ts";
import { CompactionError } from "../compaction/request-summary.ts";
import { healHistory } from "../context/heal.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { thrownText } from "../tools/outcome.ts";
import { requestTools } from "./request.ts";
import { logTurn, observe, stoppedOutcome, type TurnOutcome, type TurnState } from "./turn-state.ts";
import { loseUsage, spendOnCompaction } from "./usage.ts";

/** After a compaction that did not bring the history under its gate, so many new messages are waited for. */
const REGROWTH_MESSAGES = 4;

/**
 * Asks the strategy when its gate opens, when the next request would not fit into the window, or when the provider has
 * refused one. What comes out always fits, whatever the strategy gave back. A history that has just been compacted and
 * is too long again already is only cut: another summary would not help, and every step would pay for one.
 *
 * @param forced the provider refused the history as too long: do not ask the gate
 */
export async function compact(turn: TurnState, forced = false): Promise<TurnOutcome | undefined> {
  const policy = turn.harness.compaction;
  if (policy === undefined) return undefined;
  const { strategy, windowTokens } = policy;
  const { estimate } = turn;
  const tools = requestTools(turn);
  const overhead = estimateOverhead(turn.system, tools);
  const before = turn.history;
  const isFresh = !forced && before.length < turn.compactAtLength;
  const isOpen = forced || (!isFresh && strategy.shouldCompact(before, windowTokens, overhead));
  const expected = anchoredTokens(before, overhead, estimate);
  const isTooLong = expected > windowTokens && overhead + SMALLEST_WINDOW_TOKENS < windowTokens;
  if (!isOpen && !isTooLong) return undefined;

  const outcome = isFresh ? { messages: before } : await runStrategy(turn, policy, tools, forced);
  if (outcome === CANCELLED) return stoppedOutcome(turn);
  if (outcome === undefined && !forced) return undefined;
  if (outcome?.usage !== undefined) spendOnCompaction(turn.accounts, outcome.usage);
  const folded = outcome?.messages ?? before;
  const messages = forced
    ? fitToWindow(folded, overflowTarget(estimate(before), windowTokens))
    : folded !== before || isTooLong
      ? fitToWindow(folded, roomFor(estimate(before), windowTokens - overhead, expected - overhead))
      : folded;
  if (messages !== before) {
    turn.history = growingList(healHistory(messages.map(withoutUsage)));
    turn.historyEpoch++;
    if (turn.context !== undefined) {
      turn.persisted = (await turn.context.replace(turn.history)) ? turn.history.length : 0;
    }
  }
  const after = turn.history;
  turn.compactAtLength = strategy.shouldCompact(after, windowTokens, overhead) ? after.length + REGROWTH_MESSAGES : 0;
  const originalTokens = estimate(before);
  const compactedTokens = estimate(after);
  await observe(turn, {
    type: "compaction-applied",
    detail: {
      strategy: strategy.name,
      archived_messages: after === before ? 0 : Math.max(0, before.length - after.length + 1),
      estimated_tokens_before: originalTokens,
      estimated_tokens_after: compactedTokens,
      ...(outcome?.summary === undefined ? {} : { summary: outcome.summary }),
      ...outcome?.detail,
    },
  });
  const delivered = await turn.emit({
    type: "compaction-applied",
    originalMessageCount: before.length,
    compactedMessageCount: after.length,
    originalTokens,
    compactedTokens,
  });
  return delivered ? undefined : { kind: "abandoned" };
}

/** For quiet times: asks the gate whether or not the history has grown since it was last asked. */
export function compactAtRest(turn: TurnState): Promise<TurnOutcome | undefined> {
  turn.compactAtLength = 0;
  return compact(turn);
}

/** The strategy's outcome; undefined, with a line in the log, when it failed (COMPACT-02). */
async function runStrategy(
  turn: TurnState,
  { strategy, client, request, windowTokens }: CompactionPolicy,
  tools: readonly ToolSpec[],
  forced: boolean,
): Promise<CompactionOutcome | undefined | typeof CANCELLED> {
  const { host } = turn.harness;
  try {
    const context = { host, client, request, system: turn.system, tools, windowTokens, signal: turn.stop, forced };
    return await orCancelled(strategy.compact(turn.history, context), turn.stop);
  } catch (thrown) {
    if (thrown instanceof ModelError || thrown instanceof CompactionError) loseUsage(turn.accounts, thrown.usage);
    const message = thrownText(thrown);
    logTurn(turn, "warn", "Compaction failed; the history stays as it is", { strategy: strategy.name, error: message });
    await observe(turn, { type: "compaction-failed", message });
    return undefined;
  }
}

/** Estimated tokens that fit into the room; fewer where the provider has counted more than the estimate. */
function roomFor(estimatedTokens: number, roomTokens: number, expectedTokens: number): number {
  return Math.floor(roomTokens * Math.min(1, estimatedTokens / Math.max(1, expectedTokens)));
}

/** The provider has refused the history although our estimate may say that it fits: then the estimate is too low. */
function overflowTarget(estimatedTokens: number, windowTokens: number): number {
  return Math.floor(Math.min(windowTokens * 0.75, estimatedTokens * 0.7));
}

/** Usage anchors speak of the history before the compaction and would make the gate fire for ever. */
function withoutUsage(message: RecordedMessage): RecordedMessage {
  if (message.role !== "assistant" || message.usage === undefined) return message;
  const { usage: _usage, ...rest } = message;
  return rest;
}
