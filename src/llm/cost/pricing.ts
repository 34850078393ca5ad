/** Money for tokens, from rates that the catalogue hands in. An unknown price is `undefined`, never zero (COST-02). */

import type { Usage } from "../spec/model.ts";

/** US dollars per million tokens. */
export interface TokenRates {
  readonly input: number;
  readonly output: number;
  /** Absent: cached tokens cost what others cost. */
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

/** The part of the model catalogue that cost accounting needs. */
export interface PriceBook {
  rates(provider: string, model: string): TokenRates | undefined;
}

const MILLION = 1_000_000;

/** Cost of one call. Cached tokens, which `inputTokens` includes, are priced at their own rates. */
export function costOfUsage(rates: TokenRates, usage: Usage): number {
  const read = Math.max(0, usage.cacheReadTokens);
  const write = Math.max(0, usage.cacheWriteTokens);
  // Some providers count cached tokens apart; then nothing is to be taken off.
  const fresh = read + write <= usage.inputTokens ? usage.inputTokens - read - write : usage.inputTokens;
  return (
    (Math.max(0, fresh) * rates.input +
      read * (rates.cacheRead ?? rates.input) +
      write * (rates.cacheWrite ?? rates.input) +
      Math.max(0, usage.outputTokens) * rates.output) /
    MILLION
  );
}

/** `llm_cost(model, input, output)`: 0 when no price is known (COST-02). */
export function costOfTokens(
  prices: PriceBook,
  model: string,
  inputTokens: number,
  outputTokens: number,
  provider = "",
): number {
  const rates = prices.rates(provider, model);
  return rates === undefined ? 0 : (inputTokens * rates.input + outputTokens * rates.output) / MILLION;
}

/** Share of the prompt that came from the cache; 0 for an empty prompt (COST-08). */
export function cacheHitRatio(usage: Usage): number {
  const input = Math.max(0, usage.inputTokens);
  const read = Math.max(0, usage.cacheReadTokens);
  const cached = read + Math.max(0, usage.cacheWriteTokens);
  const prompt = cached <= input ? input : input + cached;
  return prompt === 0 ? 0 : read / prompt;
}

/** Dollars saved against uncached input; writing to a cache may cost extra, so this can be negative (COST-08). */
export function cacheSavingsUsd(rates: TokenRates | undefined, usage: Usage): number {
  if (rates === undefined) return 0;
  const read = Math.max(0, usage.cacheReadTokens) * (rates.input - (rates.cacheRead ?? rates.input));
  const write = Math.max(0, usage.cacheWriteTokens) * (rates.input - (rates.cacheWrite ?? rates.input));
  return (read + write) / MILLION;
}
