// Every runner repeats alike: at least 21 runs and 400 ms, whichever is longer, and at most 2000 runs.

export const minRuns = 21;
export const minMs = 400;
export const maxRuns = 2000;

/** @returns {number[]} milliseconds of each run, in order */
export function measure(run) {
  const times = [];
  const started = performance.now();
  for (let now = started; times.length < maxRuns && (times.length < minRuns || now - started < minMs); ) {
    const before = performance.now();
    run();
    now = performance.now();
    times.push(now - before);
  }
  return times;
}

/** The same for runs that answer later. */
export async function measureAsync(run) {
  const times = [];
  const started = performance.now();
  for (let now = started; times.length < maxRuns && (times.length < minRuns || now - started < minMs); ) {
    const before = performance.now();
    await run();
    now = performance.now();
    times.push(now - before);
  }
  return times;
}
