/** Phases 3 and 4: ask the model, show its answer as it comes, decode its calls. */

import { CANCELLED } from "../cancel/cancellation.ts";
import { type AnswerDraft, draftedThinking } from "../stream/answer-draft.ts";
import { streamAnswer } from "../stream/stream-answer.ts";
import { firstAnswer, passThrough } from "./ask-policies.ts";
import { compact } from "./compact-phase.ts";
import { decodeCalls } from "./decode-calls.ts";
import type { Answer } from "./policy.ts";
import { buildRequest } from "./request.ts";
import { TurnError, turnErrorFromModel } from "./turn-error.ts";
import {
  appendMessages,
  isCancelled,
  logTurn,
  observe,
  stoppedOutcome,
  type TurnOutcome,
  type TurnState,
} from "./turn-state.ts";
import { loseUsage, spendOnStep } from "./usage.ts";

export async function stream(turn: TurnState): Promise<TurnOutcome | undefined> {
  const { harness } = turn;
  const { host } = harness;
  const input = await passThrough(turn, buildRequest(turn), (policy, draft) => policy.request?.(turn, draft));
  if (input === CANCELLED) return stoppedOutcome(turn);
  turn.step.input = input;
  await observe(turn, { type: "request-start", input });

  const messageId = `msg_native_${turn.stepIndex}`;
  const thinkingId = `thinking_native_${turn.stepIndex}`;
  const started = host.sync("clock.monotonic", {});
  const end = await streamAnswer({
    host,
    client: harness.model,
    input,
    stop: turn.stop,
    settings: harness.stream ?? {},
    showText: (delta) => turn.emit({ type: "text-delta", messageId, delta }),
    showThinking: (delta) => turn.emit({ type: "thinking-delta", messageId: thinkingId, delta }),
    onNotice(chunk) {
      if (chunk.type !== "warning") return;
      const { message, raw } = chunk;
      void observe(turn, { type: "stream-warning", message, ...(raw === undefined ? {} : { raw }) });
    },
    onRetry(retry) {
      const { kind, failures, delayMs, error } = retry;
      logTurn(turn, "warn", "Model call is repeated", { kind, failures, delayMs, error: error.message });
      void observe(turn, { type: "request-retry", retry });
    },
  });
  loseUsage(turn.accounts, end.lost);
  switch (end.kind) {
    case "stopped":
      return stoppedOutcome(turn);
    case "failed": {
      if (isCancelled(turn)) return stoppedOutcome(turn);
      if (end.error.reason === "context_overflow" && end.draft.shown === "") return retryCompacted(turn, end.error);
      return { kind: "error", error: turnErrorFromModel(end.error, end.draft.shown) };
    }
    case "complete":
      return receive(turn, end.draft, host.sync("clock.monotonic", {}) - started);
  }
}

/** The provider knows better than any estimate: compact once, ask again once. */
async function retryCompacted(
  turn: TurnState,
  error: Parameters<typeof turnErrorFromModel>[0],
): Promise<TurnOutcome | undefined> {
  const before = turn.history;
  if (!turn.step.overflowHandled) {
    turn.step.overflowHandled = true;
    const ended = await compact(turn, true);
    if (ended !== undefined) return ended;
    if (turn.history !== before) return stream(turn);
  }
  return { kind: "error", error: turnErrorFromModel(error) };
}

/** Folds usage, decodes and repairs the calls, and lets the policies have their say (LOOP-65, LOOP-84, LOOP-90). */
async function receive(turn: TurnState, draft: AnswerDraft, durationMs: number): Promise<TurnOutcome | undefined> {
  if (draft.usage !== undefined) spendOnStep(turn.accounts, draft.usage);
  const decoded: Answer = {
    text: draft.shown,
    thinking: draftedThinking(draft),
    calls: await decodeCalls(turn, draft.calls),
    stopReason: draft.stopReason === "" ? "end_turn" : draft.stopReason,
    ...(draft.usage === undefined ? {} : { usage: draft.usage }),
  };
  if (isSilentStop(decoded) && turn.harness.emptyAnswer !== "accept") {
    const detail = `silent_stop: model returned stop_reason=${decoded.stopReason} with empty text and no tool calls`;
    return { kind: "error", error: new TurnError("other", detail) };
  }
  const refused = await firstAnswer(turn, (policy) => policy.review?.(turn, decoded));
  if (refused === CANCELLED) return stoppedOutcome(turn);
  if (refused !== undefined) {
    await observe(turn, { type: "answer-end", answer: decoded, durationMs });
    appendMessages(turn, refused.messages);
    return stream(turn);
  }
  const answer = await passThrough(turn, decoded, (policy, draftAnswer) => policy.answer?.(turn, draftAnswer));
  if (answer === CANCELLED) return stoppedOutcome(turn);
  turn.step.answer = answer;
  await observe(turn, { type: "answer-end", answer, durationMs });
  return answer.calls.length > 0 && isCancelled(turn) ? stoppedOutcome(turn) : undefined;
}

function isSilentStop({ text, calls, stopReason }: Answer): boolean {
  return calls.length === 0 && text === "" && (stopReason === "end_turn" || stopReason === "max_tokens");
}
