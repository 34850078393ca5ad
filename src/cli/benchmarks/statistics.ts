/** What a row of samples says. All functions take samples in any order and need at least one. */

export interface Summary {
  readonly runs: number;
  /** Milliseconds. */
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Half the distance between the quartiles, as a part of the median: 0.02 means that half of the runs are within ±2 %. */
  readonly spread: number;
}

export function summarizeRuns(samplesMs: readonly number[]): Summary {
  const sorted = [...samplesMs].sort((a, b) => a - b);
  const medianMs = quantile(sorted, 0.5);
  return {
    runs: sorted.length,
    medianMs,
    p95Ms: quantile(sorted, 0.95),
    minMs: quantile(sorted, 0),
    maxMs: quantile(sorted, 1),
    spread: medianMs === 0 ? 0 : (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 / medianMs,
  };
}

/** Linear between neighbours. @param sorted ascending */
function quantile(sorted: readonly number[], part: number): number {
  const at = part * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** Samples below which nothing is said to be stable. */
const MIN_SAMPLES = 20;
/** Width of the 95 % confidence interval of the median, as a part of the median, that counts as stable. */
const STABLE_WIDTH = 0.02;

/** Whether more samples would hardly move the median. */
export function isStable(samplesMs: readonly number[]): boolean {
  const count = samplesMs.length;
  if (count < MIN_SAMPLES) return false;
  const sorted = [...samplesMs].sort((a, b) => a - b);
  // By order statistics: no assumption about the distribution, which is never normal for run times.
  const reach = 0.98 * Math.sqrt(count);
  const low = sorted[Math.max(0, Math.floor(count / 2 - reach))] ?? 0;
  const high = sorted[Math.min(count - 1, Math.ceil(count / 2 + reach))] ?? 0;
  return high - low <= STABLE_WIDTH * quantile(sorted, 0.5);
}
