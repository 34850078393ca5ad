/**
 * Sequences: so many literals, then so many bytes from so far back. Lengths are a code and some extra bits; offsets a
 * code that is the number of their bits.
 */

/** `[first value, extra bits]` of a code. */
type CodeRange = readonly [base: number, bits: number];

function ranges(plain: number, first: number, groups: readonly number[]): readonly CodeRange[] {
  const table: CodeRange[] = Array.from({ length: plain }, (_, value) => [first + value, 0]);
  let base = first + plain;
  for (const bits of groups) {
    table.push([base, bits]);
    base += 2 ** bits;
  }
  return table;
}

export const LITERAL_LENGTHS: readonly CodeRange[] = ranges(
  16,
  0,
  [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);
export const MATCH_LENGTHS: readonly CodeRange[] = ranges(
  32,
  3,
  [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);

/** Counts that hold when a block brings none, and the size of their tables. */
export const PREDEFINED = {
  literalLengths: {
    log: 6,
    counts: [
      4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
    ],
  },
  matchLengths: {
    log: 6,
    counts: [
      1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
      1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
    ],
  },
  offsets: {
    log: 5,
    counts: [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
  },
} as const;

/** The code of a length. */
export function codeOf(table: readonly CodeRange[], value: number): number {
  let low = 0;
  let high = table.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (table[middle]![0] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
