/** Values of number and duration tokens. */

const MAX_INT = 2n ** 63n - 1n;

/** Longest suffix first, so that `ms` is not read as `m`. */
export const DURATION_UNITS: readonly (readonly [suffix: string, ms: bigint])[] = [
  ["ms", 1n],
  ["s", 1_000n],
  ["m", 60_000n],
  ["h", 3_600_000n],
  ["d", 86_400_000n],
  ["w", 604_800_000n],
];

/** A 64-bit int, or undefined when the digits say more than that (the literal is a float then, §1.6). */
export function decodeInt(digits: string): bigint | undefined {
  const significant = digits.replace(/^0+(?=\d)/, "");
  // Without this a million digits would go through quadratic bigint parsing only to be refused.
  if (significant.length > 19) return undefined;
  const value = BigInt(significant);
  return value > MAX_INT ? undefined : value;
}

/** Milliseconds, or undefined when they do not fit into 64 bits. */
export function decodeDuration(text: string): bigint | undefined {
  for (const [suffix, ms] of DURATION_UNITS) {
    if (!text.endsWith(suffix)) continue;
    const count = decodeInt(text.slice(0, -suffix.length));
    if (count === undefined || count * ms > MAX_INT) return undefined;
    return count * ms;
  }
  return undefined;
}
