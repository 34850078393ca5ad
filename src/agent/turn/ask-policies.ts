/** Asking policies, in order, with failures turned into turn errors and every wait ended by the stop signal. */

import { CANCELLED, orCancelled } from "../cancel/cancellation.ts";
import { thrownText } from "../tools/outcome.ts";
import type { ToolInvocation } from "../tools/tool-runtime.ts";
import type { Awaitable, GateVerdict, Policy } from "./policy.ts";
import { TurnError } from "./turn-error.ts";
import type { TurnState } from "./turn-state.ts";

/**
 * The first answer, undefined when nobody has one, or {@link CANCELLED}. Most policies have nothing to say at most points:
 * they are asked without a promise.
 */
export async function firstAnswer<T>(
  turn: TurnState,
  ask: (policy: Policy) => Awaitable<T | undefined> | undefined,
): Promise<T | undefined | typeof CANCELLED> {
  for (const policy of turn.policies) {
    try {
      const asked = ask(policy);
      const answer = asked instanceof Promise ? await orCancelled(asked, turn.stop) : asked;
      if (answer !== undefined) return answer;
    } catch (thrown) {
      throw policyFailure(policy, thrown);
    }
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
    try {
      const passed = pass(policy, value);
      const next = passed instanceof Promise ? await orCancelled(passed, turn.stop) : passed;
      if (next === CANCELLED) return CANCELLED;
      if (next !== undefined) value = next;
    } catch (thrown) {
      throw policyFailure(policy, thrown);
    }
  }
  return value;
}

/** What the gate of one policy says about a call. */
export async function askGate(
  turn: TurnState,
  policy: Policy,
  call: ToolInvocation,
): Promise<GateVerdict | undefined | typeof CANCELLED> {
  try {
    const asked = policy.gate?.(turn, call);
    return asked instanceof Promise ? await orCancelled(asked, turn.stop) : asked;
  } catch (thrown) {
    throw policyFailure(policy, thrown);
  }
}

function policyFailure(policy: Policy, thrown: unknown): TurnError {
  if (thrown instanceof TurnError) return thrown;
  return new TurnError("internal", `policy ${policy.name} failed: ${thrownText(thrown)}`, { cause: thrown });
}
