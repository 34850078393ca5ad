/** Turns without a tool call: end there, or get the model going again (AGENT-30 … AGENT-33). */

import { feedbackMessage } from "../policies/feedback.ts";
import { actionNudge } from "../policies/turn-shape.ts";
import { codePointCount, firstCodePoints } from "../tools/code-points.ts";
import type { Decision, Policy } from "../turn/policy.ts";
import { appendMessages, type TurnState } from "../turn/turn-state.ts";
import type { LoopState } from "./loop-state.ts";
import { CONTINUE, DONE } from "./step-record.ts";
import { deliverMessages } from "./turn-start.ts";

/** A model that tried to call a tool and failed gets another chance, and has not just talked. */
export function malformedCalls(state: LoopState): Policy {
  return {
    name: "malformed-calls",
    decide(_turn, { answer }) {
      if (answer.calls.length > 0 || state.reading.parseErrors.length === 0) return undefined;
      state.textOnlyTurns = 0;
      return CONTINUE;
    },
  };
}

/** AGENT-32. */
export function actionRequired(state: LoopState): Policy {
  return {
    name: "action-required",
    async decide(turn, { answer }) {
      const isFree = state.channel !== "native" || !state.shape.requireActionOrYield || state.toolsUsed.length > 0;
      if (isFree || answer.calls.length > 0) return undefined;
      if (++state.textOnlyTurns > state.maxNudges) return stuck(state, turn);
      const how =
        actionNudge(state.shape, state.channel, state.hasTools, state.sentinel, state.reading.proseTooLong) ?? "";
      const text = `You answered in text before using any tool. In this stage an answer counts only after a tool has been used, so this one was not accepted. ${how}`;
      appendMessages(turn, [feedbackMessage("action_required", text)]);
      return CONTINUE;
    },
  };
}

/** A loop that is neither persistent nor a daemon ends with the first text. */
export function singleAnswer(state: LoopState): Policy {
  return {
    name: "single-answer",
    decide: (_turn, { answer }) =>
      answer.calls.length === 0 && !state.persistent && state.options.daemon === undefined ? DONE : undefined,
  };
}

/** AGENT-30, AGENT-31. */
export function nudges(state: LoopState): Policy {
  return {
    name: "nudges",
    async decide(turn, { answer }) {
      if (answer.calls.length > 0) return undefined;
      if (await deliverMessages(state, turn, "after_operation")) {
        state.textOnlyTurns = 0;
        return CONTINUE;
      }
      if (++state.textOnlyTurns > state.maxNudges) return stuck(state, turn);
      appendMessages(turn, [feedbackMessage("nudge", nudgeText(state))]);
      return CONTINUE;
    },
  };
}

function nudgeText(state: LoopState): string {
  const { shape, channel, hasTools, sentinel, reading, options } = state;
  const standard = hasTools
    ? "Continue — use a tool call to make progress."
    : "Continue — make progress in your reply.";
  return actionNudge(shape, channel, hasTools, sentinel, reading.proseTooLong) ?? options.flow?.nudge ?? standard;
}

const EXCERPT_CHARS = 240;

async function stuck(state: LoopState, turn: TurnState): Promise<Decision> {
  const text = state.reading.text.trim();
  const tail = codePointCount(text) > EXCERPT_CHARS ? `${firstCodePoints(text, EXCERPT_CHARS)}…` : text;
  await state.recorder.live({
    type: "loop_stuck",
    max_nudges: state.maxNudges,
    last_iteration: turn.stepIndex,
    tail_excerpt: tail,
  });
  return { kind: "stop", stopReason: "stuck" };
}
