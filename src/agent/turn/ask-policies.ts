/** Asking policies, in order, with failures turned into turn errors and every wait ended by the stop signal. */

import { CANCELLED, orCancelled } from "../cancel/cancellation.ts";
import { thrownText } from "../tools/outcome.ts";
import type { Awaitable, Policy } from "./policy.ts";
import { TurnError } from "./turn-error.ts";
import type { TurnState } from "./turn-state.ts";

/** The first answer, undefined when nobody has one, or {@link CANCELLED}. */
export async function firstAnswer<T>(
  turn: TurnState,
  ask: (policy: Policy) => Awaitable<T | undefined> | undefined,
): Promise<T | undefined | typeof CANCELLED> {
  for (const policy of turn.policies) {
    const answer = await askOne(turn, policy, () => ask(policy));
    if (answer !== undefined) return answer;
  }
  return undefined;
}

/** Passes a value through every policy. */
export async function passThrough<T>(
  turn: TurnState,
  value: T,
  pass: (policy: Policy, value: T) => Awaitable<T> | undefined,
): Promise<T | typeof CANCELLED> {
  for (const policy of turn.policies) {
    const next = await askOne(turn, policy, () => pass(policy, value));
    if (next === CANCELLED) return CANCELLED;
    if (next !== undefined) value = next;
  }
  return value;
}

async function askOne<T>(
  turn: TurnState,
  policy: Policy,
  ask: () => Awaitable<T> | undefined,
): Promise<T | undefined | typeof CANCELLED> {
  try {
    const answer = ask();
    if (!(answer instanceof Promise)) return answer;
    return await orCancelled(answer, turn.stop);
  } catch (thrown) {
    if (thrown instanceof TurnError) throw thrown;
    throw new TurnError("internal", `policy ${policy.name} failed: ${thrownText(thrown)}`, { cause: thrown });
  }
}
