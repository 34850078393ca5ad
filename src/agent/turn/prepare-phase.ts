/** Phase 1: is there to be another step? (LOOP-37, LOOP-40) */

import { CANCELLED } from "../cancel/cancellation.ts";
import { firstAnswer } from "./ask-policies.ts";
import { createStepState, persistHistory, stoppedOutcome, type TurnOutcome, type TurnState } from "./turn-state.ts";

export async function prepare(turn: TurnState): Promise<TurnOutcome | undefined> {
  const { maxSteps = 8 } = turn.harness;
  if (maxSteps !== 0 && turn.stepIndex >= maxSteps) {
    await persistHistory(turn);
    return { kind: "end", stopReason: "max_turns" };
  }
  turn.step = createStepState();
  turn.ranTools = false;
  if (turn.stop.aborted) return stoppedOutcome(turn);
  const decision = await firstAnswer(turn, (policy) => policy.prepare?.(turn));
  if (decision === CANCELLED) return stoppedOutcome(turn);
  if (decision?.kind !== "stop") return undefined;
  await persistHistory(turn);
  return { kind: "end", stopReason: decision.stopReason };
}
