/**
 * A turn: the user says something, the model answers, tools run, until the model is done.
 *
 *     prepare → (compact) → stream → decode and repair → dispatch tools → record → decide
 *
 * Each phase is a function over one {@link TurnState}; it returns nothing to go on, or the outcome that ends the turn.
 */

import { type CancelSignal, CancelToken, growingList } from "../../base/index.ts";
import type { UserMessage } from "../../llm/index.ts";
import { orCancelled } from "../cancel/cancellation.ts";
import { createHistoryEstimate } from "../compaction/estimate.ts";
import { openContextFile } from "../context/context-file.ts";
import { healHistory } from "../context/heal.ts";
import { thrownText } from "../tools/outcome.ts";
import { firstAnswer } from "./ask-policies.ts";
import { createChannel } from "./channel.ts";
import { compact } from "./compact-phase.ts";
import { decide } from "./decide-phase.ts";
import { dispatch } from "./dispatch-phase.ts";
import type { Harness, TurnInput } from "./harness.ts";
import { prepare } from "./prepare-phase.ts";
import { createResultShortener } from "./shorten-results.ts";
import { stream } from "./stream-phase.ts";
import { TurnError } from "./turn-error.ts";
import type { TerminalEvent, TurnEvent, TurnSummary } from "./turn-event.ts";
import {
  appendMessages,
  createStepState,
  type Emit,
  logTurn,
  persistHistory,
  spentUsage,
  type TurnOutcome,
  type TurnState,
} from "./turn-state.ts";

/** Events that wait for the consumer before the turn waits too (LOOP-29). */
const QUEUE_CAPACITY = 16;

/**
 * Starts a turn at once and in the background; never fails synchronously (LOOP-35). Iterate once. A consumer that stops
 * early ends the turn: an open model stream is released at once, running tools are left to finish (LOOP-30).
 */
export function runTurn(harness: Harness, input: TurnInput): AsyncIterableIterator<TurnEvent> {
  const channel = createChannel<TurnEvent>(QUEUE_CAPACITY);
  void produce();
  return channel.items;

  async function produce(): Promise<void> {
    // The caller gets its iterator before anything happens.
    await Promise.resolve();
    const end = await driveTurn({ ...harness }, input, channel.send, channel.abandoned);
    if (end !== undefined) await channel.send(end);
    channel.close();
  }
}

/**
 * The turn itself, for callers that take events as they come. Does not throw.
 *
 * @param gone fires when nobody listens any more
 * @returns the terminal event, which has not been emitted; undefined when the consumer has gone
 */
export async function driveTurn(
  harness: Harness,
  input: TurnInput,
  emit: Emit,
  gone?: CancelSignal,
): Promise<TerminalEvent | undefined> {
  const stop = new CancelToken();
  const onCancel = () => stop.cancel(input.signal?.reason);
  const onGone = () => stop.cancel(gone?.reason);
  if (input.signal?.aborted) onCancel();
  else if (gone?.aborted) onGone();
  input.signal?.addEventListener("abort", onCancel);
  gone?.addEventListener("abort", onGone);
  let turn: TurnState | undefined;
  let end: TerminalEvent | undefined;
  try {
    turn = await openTurn(harness, input, emit, stop);
    end = terminalEvent(turn, await runSteps(turn, input.from !== undefined));
  } catch (thrown) {
    const error =
      thrown instanceof TurnError ? thrown : new TurnError("internal", thrownText(thrown), { cause: thrown });
    end =
      turn === undefined
        ? { type: "turn-error", error, finalMessages: [] }
        : terminalEvent(turn, { kind: "error", error });
  } finally {
    input.signal?.removeEventListener("abort", onCancel);
    gone?.removeEventListener("abort", onGone);
  }
  if (turn !== undefined) await finish(turn, end);
  return end;
}

async function runSteps(turn: TurnState, isContinued: boolean): Promise<TurnOutcome> {
  if (!isContinued) {
    await firstAnswer(turn, (policy) => policy.start?.(turn) as undefined);
    await persistHistory(turn);
  }
  for (;;) {
    await passBoundary(turn);
    const outcome =
      (await prepare(turn)) ??
      (await compact(turn)) ??
      (await stream(turn)) ??
      (await dispatch(turn)) ??
      (await decide(turn));
    if (outcome === undefined) continue;
    const isOver = outcome.kind === "end" && turn.harness.compaction?.atEnd === true && turn.ranTools;
    return (isOver ? await compact(turn) : undefined) ?? outcome;
  }
}

/** Who waits at the boundary need not know about cancelling; whoever comes after it does. */
async function passBoundary(turn: TurnState): Promise<void> {
  const passing = turn.harness.boundary?.(turn);
  if (passing instanceof Promise) await orCancelled(passing, turn.stop);
}

/** Loads the history, heals it, and adds the user's message (LOOP-31 … LOOP-33, LOOP-36). */
async function openTurn(harness: Harness, input: TurnInput, emit: Emit, stop: CancelToken): Promise<TurnState> {
  const { from } = input;
  const loaded = input.contextPath === undefined ? undefined : await openContextFile(harness.host, input.contextPath);
  const prior = from?.history ?? loaded?.messages ?? input.priorMessages ?? [];
  const healed = from === undefined ? healHistory(prior) : prior;
  const tools = harness.tools.specs();
  const turn: TurnState = {
    harness,
    policies: harness.policies ?? [],
    emit,
    cancel: input.signal,
    stop,
    tools,
    toolsByName: new Map(tools.map((tool) => [tool.name, tool])),
    promoted: new Set(from?.promoted),
    system: input.system,
    history: growingList(healed),
    historyEpoch: 0,
    accounts: { spent: undefined, lost: undefined, ...from?.accounts },
    stepIndex: from?.stepIndex ?? 0,
    step: createStepState(),
    ranTools: from?.ranTools ?? false,
    context: loaded?.file,
    persisted: prior.length,
    estimate: createHistoryEstimate(),
    shorten: createResultShortener(),
    compactAtLength: from?.compactAtLength ?? 0,
    ...(from === undefined || from.callIds.length === 0 ? {} : { callIds: new Set(from.callIds) }),
  };
  if (healed !== prior) {
    logTurn(turn, "warn", "History had dangling calls or empty messages and has been healed", {
      before: prior.length,
      after: healed.length,
    });
    if (turn.context !== undefined) turn.persisted = (await turn.context.replace(healed)) ? healed.length : 0;
  }
  if (input.prompt !== undefined && from === undefined) appendMessages(turn, [userMessage(input.prompt, input)]);
  await persistHistory(turn);
  return turn;
}

function userMessage(content: string, { attachments }: TurnInput): UserMessage {
  return { role: "user", content, ...(attachments && attachments.length > 0 ? { attachments } : {}) };
}

function terminalEvent(turn: TurnState, outcome: TurnOutcome): TerminalEvent | undefined {
  // A copy: one that grew has room for more, and this one is kept.
  const finalMessages = turn.context === undefined ? turn.history.slice() : [];
  const summary: TurnSummary = { ...spentUsage(turn), finalMessages };
  switch (outcome.kind) {
    case "end":
      return { type: "turn-end", stopReason: outcome.stopReason, ...summary };
    case "error":
      return { type: "turn-error", error: outcome.error, ...summary };
    case "abandoned":
      return undefined;
  }
}

async function finish(turn: TurnState, end: TerminalEvent | undefined): Promise<void> {
  for (const policy of turn.policies) {
    try {
      await policy.finish?.(turn, end);
    } catch (thrown) {
      logTurn(turn, "warn", `Policy ${policy.name} failed at the end of the turn`, { error: thrownText(thrown) });
    }
  }
}
