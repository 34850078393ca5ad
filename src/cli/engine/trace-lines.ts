/** A stack trace short enough to read: what a recursion repeats is shown once, and of what is still long its two ends. */

/** Lines shown of each end. */
const SHOWN = 12;
/** The longest cycle looked for: so many functions that call each other in turn. */
const MAX_PERIOD = 8;
/** Fewer rounds than this are shown as they are. */
const MIN_ROUNDS = 3;

/** @param frames one line per frame, innermost first */
export function traceLines(frames: readonly string[]): string[] {
  const lines: string[] = [];
  for (let at = 0; at < frames.length; ) {
    const { period, rounds } = longestCycle(frames, at);
    lines.push(...frames.slice(at, at + period));
    if (rounds > 1) {
      const what = period === 1 ? "the line above" : `the ${period} lines above`;
      lines.push(`  … ${what} ${rounds - 1} more times`);
    }
    at += period * rounds;
  }
  if (lines.length <= 2 * SHOWN + 1) return lines;
  return [...lines.slice(0, SHOWN), `  … ${lines.length - 2 * SHOWN} more …`, ...lines.slice(-SHOWN)];
}

/** The cycle from `at` on that covers most frames; of equals the shortest. One frame in one round when there is none. */
function longestCycle(frames: readonly string[], at: number): { readonly period: number; readonly rounds: number } {
  let best = { period: 1, rounds: 1 };
  for (let period = 1; period <= MAX_PERIOD; period++) {
    let end = at + period;
    while (end < frames.length && frames[end] === frames[end - period]) end++;
    const rounds = Math.floor((end - at) / period);
    if (rounds >= MIN_ROUNDS && rounds * period > best.rounds * best.period) best = { period, rounds };
  }
  return best;
}
