/** The head of every iteration (AGENT-24): messages from the host, the turn's start, feedback that waits for it. */

import type { RecordedMessage } from "../context/recorded-message.ts";
import { feedbackMessage } from "../policies/feedback.ts";
import type { Policy } from "../turn/policy.ts";
import { appendMessages, type TurnState } from "../turn/turn-state.ts";
import type { LoopState } from "./loop-state.ts";
import type { DeliveryPoint } from "./options.ts";

/** Feedback of this kind is no message: it begins the model's next answer (EVENT-04). */
const PREFILL_KIND = "prefill_assistant";

export function turnStart(state: LoopState): Policy {
  return {
    name: "turn-start",
    async prepare(turn) {
      state.iterations = state.resumedIterations + turn.stepIndex + 1;
      if (state.options.daemon !== undefined) state.daemonState = "active";
      if (await deliverMessages(state, turn, "turn_start")) state.textOnlyTurns = 0;
      await state.recorder.live({ type: "turn_start", iteration: turn.stepIndex });
      await deliverFeedback(state, turn);
      return undefined;
    },
  };
}

/** Adds what the host has for this point; true when there was anything. */
export async function deliverMessages(state: LoopState, turn: TurnState, point: DeliveryPoint): Promise<boolean> {
  const waiting = (await state.options.ports?.takeMessages?.(point)) ?? [];
  for (const text of waiting) {
    state.recorder.transcript({
      kind: "host_input",
      role: "user",
      visibility: "public",
      text,
      metadata: { delivery: point },
    });
  }
  appendMessages(
    turn,
    waiting.map((content): RecordedMessage => ({ role: "user", content })),
  );
  return waiting.length > 0;
}

/** EVENT-03. */
async function deliverFeedback(state: LoopState, turn: TurnState): Promise<void> {
  state.prefill = undefined;
  for (const { kind, content } of state.store.takeFeedback(state.sessionId)) {
    await state.recorder.live({ type: "feedback_injected", kind, content });
    if (kind === PREFILL_KIND) state.prefill = content;
    else appendMessages(turn, [feedbackMessage(kind, content)]);
  }
}
