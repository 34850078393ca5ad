/** What a turn cost (LOOP-84 … LOOP-86). */

import type { Usage } from "../../llm/index.ts";

/** Tokens of one turn: completed steps and compactions. The compaction fields are part of the first four. */
export interface TurnUsage extends Usage {
  readonly compactionInputTokens: number;
  readonly compactionOutputTokens: number;
}

/**
 * The turn's books. `spent` is absent until somebody reported usage. `lost` is what attempts cost that failed, were
 * cancelled or were replaced by a reconnect: LOOP-86 keeps it out of `spent`, but money is never forgotten.
 */
export interface TurnAccounts {
  spent: TurnUsage | undefined;
  lost: Usage | undefined;
  /** What tools told that their own model calls cost: agents that work for this one. In their own books it is spent. */
  delegated?: Usage | undefined;
}

export function addUsage(total: Usage | undefined, part: Usage): Usage {
  if (total === undefined) return part;
  const reasoning = (total.reasoningTokens ?? 0) + (part.reasoningTokens ?? 0);
  return {
    inputTokens: total.inputTokens + part.inputTokens,
    outputTokens: total.outputTokens + part.outputTokens,
    cacheReadTokens: total.cacheReadTokens + part.cacheReadTokens,
    cacheWriteTokens: total.cacheWriteTokens + part.cacheWriteTokens,
    ...(reasoning > 0 ? { reasoningTokens: reasoning } : {}),
    exact: total.exact && part.exact,
  };
}

export function spendOnStep(accounts: TurnAccounts, usage: Usage): void {
  const { compactionInputTokens = 0, compactionOutputTokens = 0 } = accounts.spent ?? {};
  accounts.spent = { ...addUsage(accounts.spent, usage), compactionInputTokens, compactionOutputTokens };
}

/** LOOP-85: compaction counts in the total and in its own two fields. */
export function spendOnCompaction(accounts: TurnAccounts, usage: Usage): void {
  const { compactionInputTokens = 0, compactionOutputTokens = 0 } = accounts.spent ?? {};
  accounts.spent = {
    ...addUsage(accounts.spent, usage),
    compactionInputTokens: compactionInputTokens + usage.inputTokens,
    compactionOutputTokens: compactionOutputTokens + usage.outputTokens,
  };
}

export function loseUsage(accounts: TurnAccounts, usage: Usage | undefined): void {
  if (usage !== undefined) accounts.lost = addUsage(accounts.lost, usage);
}
