/** Loop-wide limits on tokens and money (AGENT-20). Whatever a dead attempt cost counts. */

import type { Policy } from "../turn/policy.ts";
import type { TurnState } from "../turn/turn-state.ts";
import type { BudgetOptions } from "./options.ts";

export function budgetPolicy(options: BudgetOptions): Policy {
  const { tokenBudget, totalBudgetUsd, costUsd } = options;
  const isSpent = (turn: TurnState): boolean => {
    const { spent, lost } = turn.accounts;
    const input = (spent?.inputTokens ?? 0) + (lost?.inputTokens ?? 0);
    const output = (spent?.outputTokens ?? 0) + (lost?.outputTokens ?? 0);
    if (tokenBudget !== undefined && input + output >= tokenBudget) return true;
    return totalBudgetUsd !== undefined && (costUsd?.(input, output) ?? 0) >= totalBudgetUsd;
  };
  return {
    name: "budget",
    prepare: (turn) =>
      turn.stepIndex > 0 && isSpent(turn) ? { kind: "stop", stopReason: "budget_exhausted" } : undefined,
    decide: (turn) => (isSpent(turn) ? { kind: "stop", stopReason: "budget_exhausted" } : undefined),
  };
}
