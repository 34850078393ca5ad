/**
 * Limits of a loop on tokens and money (AGENT-20). Whatever a dead attempt cost counts, and so does what the agents cost
 * that work for the loop: their tools get its *purse*.
 *
 * The check comes after an answer, so a loop exceeds its limit by one answer at most, and a tree of agents by one for
 * each agent that is at work at the time. As long as there is room nobody is stopped.
 */

import type { Usage } from "../../llm/index.ts";
import type { Purse } from "../tools/tool-runtime.ts";
import type { TurnBudget } from "../turn/harness.ts";
import type { Policy } from "../turn/policy.ts";
import type { TurnState } from "../turn/turn-state.ts";
import { addUsage } from "../turn/usage.ts";
import type { BudgetOptions } from "./options.ts";

/** @param outer the purse of the loop that this one works for */
export function budgetPolicy(options: BudgetOptions | undefined, outer: Purse | undefined): Policy {
  /** What the outer loop has been told of. A run that goes on from a checkpoint had told everything before it. */
  let told: Usage | undefined;
  const tell = ({ accounts: { spent, lost } }: TurnState): void => {
    if (outer === undefined) return;
    const own = sumOf([spent, lost]);
    if (own !== undefined) outer.charge(told === undefined ? own : without(own, told));
    told = own;
  };
  const { isSpent } = turnBudget(options, outer);
  return {
    name: "budget",
    start(turn) {
      told = sumOf([turn.accounts.spent, turn.accounts.lost]);
    },
    // Before its calls run: an agent that they ask must know what this one has just spent.
    observe(turn, { type }) {
      if (type === "answer-end") tell(turn);
    },
    prepare(turn) {
      tell(turn);
      // Its first answer is not refused by its own limit; one that comes when all is spent does not begin.
      const stops = turn.stepIndex > 0 ? isSpent(turn.accounts) : outer?.isSpent() === true;
      return stops ? { kind: "stop", stopReason: "budget_exhausted" } : undefined;
    },
    decide(turn) {
      tell(turn);
      return isSpent(turn.accounts) ? { kind: "stop", stopReason: "budget_exhausted" } : undefined;
    },
    finish: tell,
  };
}

/** What the tools of a loop see of its budget and of those around it. What they spend is told outside at once. */
export function turnBudget(options: BudgetOptions | undefined, outer: Purse | undefined): TurnBudget {
  const { tokenBudget, totalBudgetUsd, costUsd } = options ?? {};
  return {
    isSpent({ spent, lost, delegated }) {
      if (outer?.isSpent() === true) return true;
      const { inputTokens = 0, outputTokens = 0 } = sumOf([spent, lost, delegated]) ?? {};
      if (tokenBudget !== undefined && inputTokens + outputTokens >= tokenBudget) return true;
      return totalBudgetUsd !== undefined && (costUsd?.(inputTokens, outputTokens) ?? 0) >= totalBudgetUsd;
    },
    passOn: (usage) => outer?.charge(usage),
  };
}

function sumOf(parts: readonly (Usage | undefined)[]): Usage | undefined {
  let sum: Usage | undefined;
  for (const part of parts) if (part !== undefined) sum = addUsage(sum, part);
  return sum;
}

function without(all: Usage, part: Usage): Usage {
  return {
    inputTokens: all.inputTokens - part.inputTokens,
    outputTokens: all.outputTokens - part.outputTokens,
    cacheReadTokens: all.cacheReadTokens - part.cacheReadTokens,
    cacheWriteTokens: all.cacheWriteTokens - part.cacheWriteTokens,
    exact: all.exact,
  };
}
