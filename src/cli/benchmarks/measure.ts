/**
 * How long something takes: run again and again until more runs would not change the answer, or the time is up. The first
 * runs do not count; they are what the compilers of the JavaScript engine work in.
 */

import { isStable, type Summary, summarizeRuns } from "./statistics.ts";

export interface Measurement extends Summary {
  /** False: the time was up before the median was steady. */
  readonly stable: boolean;
  /** Bytes of the heap above what was in use before the runs, at the highest that was seen. */
  readonly heapPeakBytes: number;
}

export interface MeasureOptions {
  /** Milliseconds; may start anywhere. */
  readonly clock: () => number;
  /** Bytes in use. */
  readonly heap: () => number;
  /** Takes away what is not in use, if it can be done. */
  readonly collect: () => void;
  /** Milliseconds for all runs together; a run that has begun is finished. */
  readonly limitMs: number;
  /** So many runs, whatever they show. */
  readonly runs?: number;
  /** Told before each run. */
  readonly onRun?: (number: number) => void;
}

/** Runs that count, at least, though each may be longer than the limit. */
const MIN_RUNS = 3;
/** Part of the time that the first runs take, which do not count. */
const WARM_UP = 0.2;
/** Looking whether it is stable sorts the samples; this often is enough. */
const LOOK_EVERY = 10;

export async function measure(run: () => Promise<void>, options: MeasureOptions): Promise<Measurement> {
  const { clock, heap, collect, limitMs, onRun = () => {} } = options;
  const startMs = clock();
  const elapsedMs = (): number => clock() - startMs;
  let number = 0;
  const once = async (): Promise<number> => {
    onRun(++number);
    const beginMs = clock();
    await run();
    return clock() - beginMs;
  };

  do await once();
  while (elapsedMs() < limitMs * WARM_UP && number < (options.runs ?? Number.POSITIVE_INFINITY));

  collect();
  const before = heap();
  let highest = before;
  const samples: number[] = [];
  const isEnough = (): boolean => {
    if (options.runs !== undefined) return samples.length >= options.runs;
    if (samples.length < MIN_RUNS) return false;
    return elapsedMs() >= limitMs || (samples.length % LOOK_EVERY === 0 && isStable(samples));
  };
  while (!isEnough()) {
    samples.push(await once());
    highest = Math.max(highest, heap());
  }
  return { ...summarizeRuns(samples), stable: isStable(samples), heapPeakBytes: highest - before };
}
