/** Phase 6: go on or end. */

import { CANCELLED } from "../cancel/cancellation.ts";
import { firstAnswer } from "./ask-policies.ts";
import type { CompletedStep, Decision } from "./policy.ts";
import { persistHistory, stoppedOutcome, type TurnOutcome, type TurnState } from "./turn-state.ts";

export async function decide(turn: TurnState): Promise<TurnOutcome | undefined> {
  const step: CompletedStep = { answer: turn.step.answer!, settled: turn.step.settled };
  const answered = await firstAnswer(turn, (policy) => policy.decide?.(turn, step));
  if (answered === CANCELLED) return stoppedOutcome(turn);
  await persistHistory(turn);
  const decision = answered ?? defaultDecision(step);
  if (decision.kind === "stop") return { kind: "end", stopReason: decision.stopReason };
  turn.stepIndex++;
  return undefined;
}

/** LOOP-15, LOOP-38, LOOP-39: calls ask for another step whatever the stop reason says. */
function defaultDecision({ answer }: CompletedStep): Decision {
  return answer.calls.length > 0 ? { kind: "continue" } : { kind: "stop", stopReason: answer.stopReason };
}
