import { describe, expect, it } from "vitest";
import { measure } from "./measure.ts";
import { isStable, summarizeRuns } from "./statistics.ts";

/** A run that takes what the function says, on a clock of its own. */
function world(costMs: (run: number) => number, heapAt: (run: number) => number = () => 0) {
  let nowMs = 1000;
  let runs = 0;
  return {
    run: async () => {
      nowMs += costMs(runs++);
    },
    options: { clock: () => nowMs, heap: () => heapAt(runs), collect: () => {} },
    runs: () => runs,
  };
}

describe("measuring", () => {
  it("stops as soon as the median is steady, and leaves the first runs out", async () => {
    const slowAtFirst = world((run) => (run < 10 ? 50 : 1));
    const result = await measure(slowAtFirst.run, { ...slowAtFirst.options, limitMs: 2500 });
    expect(result).toMatchObject({ medianMs: 1, p95Ms: 1, spread: 0, stable: true, runs: 20 });
  });

  it("stops when the time is up, with what it has", async () => {
    let state = 1;
    const noisy = world(() => 1 + ((state = (state * 48271) % 2147483647) % 1000) / 10);
    const result = await measure(noisy.run, { ...noisy.options, limitMs: 3000 });
    expect(result.stable).toBe(false);
    expect(result.runs).toBeLessThan(60);
    expect(result.spread).toBeGreaterThan(0.1);
  });

  it("runs at least three times, however long it takes", async () => {
    const long = world(() => 60_000);
    expect((await measure(long.run, { ...long.options, limitMs: 1000 })).runs).toBe(3);
    expect(long.runs()).toBe(4);
  });

  it("runs as often as it is told", async () => {
    const quick = world(() => 1);
    expect((await measure(quick.run, { ...quick.options, limitMs: 1000, runs: 7 })).runs).toBe(7);
  });

  it("tells the highest heap above the start", async () => {
    const growing = world(
      () => 1,
      (run) => 1000 + (run === 6 ? 500 : 0),
    );
    expect((await measure(growing.run, { ...growing.options, limitMs: 1, runs: 7 })).heapPeakBytes).toBe(500);
  });

  it("hands on what a run throws", async () => {
    const { options } = world(() => 1);
    const failure = new Error("no");
    await expect(measure(() => Promise.reject(failure), { ...options, limitMs: 1 })).rejects.toBe(failure);
  });
});

describe("statistics", () => {
  it.each<[string, number[], Partial<ReturnType<typeof summarizeRuns>>]>([
    ["one sample", [3], { medianMs: 3, p95Ms: 3, spread: 0 }],
    ["between two", [1, 2], { medianMs: 1.5, minMs: 1, maxMs: 2 }],
    ["in any order", [5, 1, 4, 2, 3], { medianMs: 3, p95Ms: 4.8, spread: 1 / 3 }],
    ["nothing takes time", [0, 0, 0], { medianMs: 0, spread: 0 }],
  ])("%s", (_, samples, summary) => expect(summarizeRuns(samples)).toMatchObject(summary));

  it("few samples are never stable, equal ones are", () => {
    expect(isStable(Array.from({ length: 19 }, () => 1))).toBe(false);
    expect(isStable(Array.from({ length: 20 }, () => 1))).toBe(true);
    expect(isStable(Array.from({ length: 20 }, (_, index) => 1 + index))).toBe(false);
  });
});
