/**
 * What a diagnostic code means, for `harn explain` and the reference page.
 *
 * A code is permanent: it keeps its meaning for ever and is never given to anything else. Each area of the compiler keeps
 * its own table next to the code that reports: `HARN-P…` in `syntax/`, `HARN-N…` in `modules/` and `check/`, `HARN-T…` in
 * `check/`, `HARN-C…` in `compile/`, `HARN-L…` in `lint/`. `allCodes` puts them together.
 */

import type { Severity } from "./diagnostic.ts";

export interface CodeRow {
  /** `HARN-P001`. */
  readonly code: string;
  readonly severity: Severity;
  /** For lint findings: the name that `// lint: allow NAME` silences. */
  readonly rule?: string;
  /** What happened, as a heading: sentence case, no full stop. */
  readonly title: string;
  /** Why it is a problem and what to do, in a few sentences. */
  readonly explanation: string;
  /** A program that gets this diagnostic. */
  readonly bad: string;
  /** The same program as it should be. */
  readonly fixed: string;
  /** Name of the file that both are the text of. Default: a program. */
  readonly file?: string;
  /** Further files of both programs, by their path from there. */
  readonly files?: Readonly<Record<string, string>>;
  /** Where the real program is too long to print: makes it. `bad` tells then what it looks like. */
  readonly makeBad?: () => MadeProgram;
}

export interface MadeProgram {
  readonly text: string;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

export type CodeTable = readonly CodeRow[];

/** `t1` → `HARN-T1`: case does not matter and the `HARN-` may be left out. */
export function fullCode(code: string): string {
  const upper = code.trim().toUpperCase();
  return upper.startsWith("HARN-") ? upper : `HARN-${upper}`;
}

/** The row of a code, written as `fullCode` takes it. Undefined for an unknown code. */
export function findCode(code: string, ...tables: readonly CodeTable[]): CodeRow | undefined {
  const wanted = fullCode(code);
  for (const table of tables) {
    const row = table.find((candidate) => candidate.code === wanted);
    if (row !== undefined) return row;
  }
  return undefined;
}
