/**
 * What a diagnostic code means, for `harn explain` and the reference page.
 *
 * A code is permanent: it keeps its meaning for ever and is never given to anything else. Each area of the compiler keeps
 * its own table next to the code that reports: `HARN-P…` in `syntax/`, `HARN-N…` in `modules/` and `check/`, `HARN-T…` in
 * `check/`, `HARN-C…` in `compile/`, `HARN-L…` in `lint/`.
 */

import type { Severity } from "./diagnostic.ts";

export interface CodeRow {
  /** `HARN-P001`. */
  readonly code: string;
  readonly severity: Severity;
  /** What happened, as a heading: sentence case, no full stop. */
  readonly title: string;
  /** Why it is a problem and what to do, in a few sentences. */
  readonly explanation: string;
  /** A program that gets this diagnostic; absent where it would be too long to print. */
  readonly bad?: string;
  /** The same program as it should be. */
  readonly fixed?: string;
}

export type CodeTable = readonly CodeRow[];

/** The row of a code; case does not matter and the `HARN-` may be left out. Undefined for an unknown code. */
export function findCode(code: string, ...tables: readonly CodeTable[]): CodeRow | undefined {
  const upper = code.trim().toUpperCase();
  const wanted = upper.startsWith("HARN-") ? upper : `HARN-${upper}`;
  for (const table of tables) {
    const row = table.find((candidate) => candidate.code === wanted);
    if (row !== undefined) return row;
  }
  return undefined;
}
