/**
 * What a run has spent and what its calls in flight may still spend.
 *
 * A call *reserves* its projected cost before it starts and *settles* the real cost when it has ended, on every path.
 * Between the two the reservation counts as spent, so parallel calls cannot each see the same free money. A call that
 * needs more than it reserved may *grow* its reservation while there is room; when there is none it is cut.
 *
 * Promise: at any time, spent + reserved ≤ limit for what was reserved under that limit. Real spending can exceed the
 * limit only by what a call in flight had consumed beyond its reservation when it was cut: the one chunk that crossed
 * it, and the difference between our count and the provider's final one.
 */

/** Sums of decimal fractions are off by a few units in the last place; a billionth of a dollar is no overspending. */
const TOLERANCE_USD = 1e-9;

export interface Reservation {
  readonly amountUsd: number;
  /** Raises the reservation to `amountUsd` if the limits leave room; false, and unchanged, if they do not. */
  growTo(amountUsd: number): boolean;
  /** Ends the reservation and books what was really spent. Later calls do nothing. */
  settle(costUsd: number): void;
}

export type ReserveResult =
  | { readonly ok: true; readonly reservation: Reservation }
  /** `limitUsd` is the limit that would be exceeded. */
  | { readonly ok: false; readonly limitUsd: number };

/** Totals of a run, in tokens and calls (COST-03, COST-09). */
export interface SpendTotals {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly durationMs: number;
  /** Attempts that a provider answered to the end. */
  readonly calls: number;
  /** Attempts of any outcome that reached a provider. */
  readonly attempts: number;
  /** True when some of the tokens are estimates. */
  readonly estimated: boolean;
  /** Attempts for which no price is known; their cost counts as 0. */
  readonly unpriced: number;
}

export interface SpendLedger {
  /** COST-01: what has been settled, US dollars. */
  readonly spentUsd: number;
  readonly reservedUsd: number;
  /** The session budget; undefined: none. */
  readonly limitUsd: number | undefined;
  setLimit(limitUsd: number | undefined): void;
  readonly totals: SpendTotals;
  /** @param callLimits further limits on the session's total, of this call only (`total_budget_usd`) */
  reserve(amountUsd: number, callLimits?: readonly number[]): ReserveResult;
  /** Adds the tokens of one attempt to the totals; the money goes through a reservation. */
  count(attempt: CountedAttempt): void;
  /** RESET-01: forgets spending, totals and limit. Reservations in flight keep counting until they settle. */
  reset(): void;
  /** What to go on from in another process: without reservations, which belong to calls in flight. */
  save(): SavedSpending;
  load(saved: SavedSpending): void;
}

/** Plain data. */
export interface SavedSpending {
  readonly spentUsd: number;
  readonly limitUsd: number | undefined;
  readonly totals: SpendTotals;
}

export interface CountedAttempt {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly durationMs: number;
  readonly completed: boolean;
  readonly exact: boolean;
  readonly priced: boolean;
}

const NO_TOTALS: SpendTotals = {
  inputTokens: 0,
  outputTokens: 0,
  durationMs: 0,
  calls: 0,
  attempts: 0,
  estimated: false,
  unpriced: 0,
};

interface OpenReservation {
  amountUsd: number;
}

export function createSpendLedger(limitUsd?: number): SpendLedger {
  let spent = 0;
  let limit = limitUsd;
  let totals = NO_TOTALS;
  const open = new Set<OpenReservation>();

  /** Summed anew each time: adding and subtracting one counter would drift. */
  const reserved = (): number => {
    let sum = 0;
    for (const reservation of open) sum += reservation.amountUsd;
    return sum;
  };
  const exceeded = (extra: number, callLimits: readonly number[]): number | undefined => {
    const total = spent + reserved() + extra;
    for (const max of callLimits) if (total > max + TOLERANCE_USD) return max;
    return limit !== undefined && total > limit + TOLERANCE_USD ? limit : undefined;
  };

  return {
    get spentUsd() {
      return spent;
    },
    get reservedUsd() {
      return reserved();
    },
    get limitUsd() {
      return limit;
    },
    setLimit(next) {
      limit = next;
    },
    get totals() {
      return totals;
    },
    reserve(amountUsd, callLimits = []) {
      const crossed = exceeded(amountUsd, callLimits);
      if (crossed !== undefined) return { ok: false, limitUsd: crossed };
      const entry: OpenReservation = { amountUsd };
      open.add(entry);
      return {
        ok: true,
        reservation: {
          get amountUsd() {
            return entry.amountUsd;
          },
          growTo(next) {
            const extra = next - entry.amountUsd;
            if (extra <= 0) return true;
            if (!open.has(entry) || exceeded(extra, callLimits) !== undefined) return false;
            entry.amountUsd = next;
            return true;
          },
          settle(costUsd) {
            if (!open.delete(entry)) return;
            spent += costUsd;
          },
        },
      };
    },
    count(attempt) {
      totals = {
        inputTokens: totals.inputTokens + attempt.inputTokens,
        outputTokens: totals.outputTokens + attempt.outputTokens,
        durationMs: totals.durationMs + attempt.durationMs,
        calls: totals.calls + (attempt.completed ? 1 : 0),
        attempts: totals.attempts + 1,
        estimated: totals.estimated || !attempt.exact,
        unpriced: totals.unpriced + (attempt.priced ? 0 : 1),
      };
    },
    reset() {
      spent = 0;
      limit = undefined;
      totals = NO_TOTALS;
    },
    save: () => ({ spentUsd: spent, limitUsd: limit, totals }),
    load(saved) {
      spent = saved.spentUsd;
      limit = saved.limitUsd;
      totals = saved.totals;
    },
  };
}

/** COST-07: whether real spending has passed the session budget. */
export function isOverspent(ledger: Pick<SpendLedger, "spentUsd" | "limitUsd">): boolean {
  return ledger.limitUsd !== undefined && ledger.spentUsd > ledger.limitUsd + TOLERANCE_USD;
}
