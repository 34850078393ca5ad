/** A seeded stream of choices: the same seed gives the same program on every machine (mulberry32). */

export interface RandomSource {
  /** An integer from `low` to `high`, both included. */
  int(low: number, high: number): number;
  /** True in about `percent` of a hundred cases. */
  chance(percent: number): boolean;
  pick<T>(choices: readonly T[]): T;
  /** `count` results, from `low` to `high` of them. */
  several<T>(low: number, high: number, make: (index: number) => T): T[];
}

export function createRandomSource(seed: number): RandomSource {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    int,
    chance: (percent) => next() * 100 < percent,
    pick: (choices) => choices[int(0, choices.length - 1)]!,
    several: (low, high, make) => Array.from({ length: int(low, high) }, (_, index) => make(index)),
  };
}
