/** How long to wait before trying again (LOOP-49, LOOP-55, ERR-12). */

import type { ModelError } from "../../llm/index.ts";

/** @param failures failed attempts so far, from 0. 1 s, 2 s, 4 s, … at most 16 s; no jitter, no server hint. */
export function doublingBackoffMs(failures: number): number {
  return Math.min(1000 * 2 ** failures, 16_000);
}

export interface RetryPolicy {
  /** Retries after the first try. */
  readonly retries: number;
  /** Milliseconds to wait; `failures` counts from 0. */
  delayMs(failures: number, error: ModelError): number;
}

/** LOOP-49: up to 3 retries after 1, 2 and 4 s. */
export const ESTABLISHMENT_RETRY: RetryPolicy = { retries: 3, delayMs: doublingBackoffMs };

/** The agent loop's `llm_retries` and `llm_backoff_ms`: the server's hint, else base × 2^min(n, 4) for n from 1 (ERR-12). */
export function hintedRetry(retries: number, backoffMs: number): RetryPolicy {
  return {
    retries,
    delayMs: (failures, error) => error.retryAfterMs ?? backoffMs * 2 ** Math.min(failures + 1, 4),
  };
}
