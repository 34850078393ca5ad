/**
 * The vocabulary of the conformance corpus.
 *
 * A *suite* is a folder of programs. A `.harn` file with a sibling `.expected` or `.error` is a *case*; one with neither
 * is a module or fixture of a case. A *judge* compares what an *engine* made of the program with the sibling's text.
 *
 * | sibling | the case passes when |
 * |---|---|
 * | `.expected` | the program succeeds and prints exactly that |
 * | `.error` | the program fails at any stage with that message (see `judge.ts`) |
 * | `.llm-mock.jsonl` | (an addition to either) model calls are answered from it |
 * | `.conformance-skip` | (hides the program) |
 */

import type { Layout } from "./layouts.ts";

export interface CorpusProgram {
  /** Absolute path. Imports and assets resolve beside it. */
  readonly path: string;
  /** Path relative to the suite, with `/`. */
  readonly name: string;
  readonly source: string;
  /** Text of the `.llm-mock.jsonl` beside the program. */
  readonly llmMock?: string;
  /** How its source, and that of what it imports, is laid out before it runs. Default: as it is. */
  readonly layout?: Layout;
}

export interface CorpusCase {
  readonly program: CorpusProgram;
  /** First folder of the name, or `.`. */
  readonly area: string;
  readonly expectation: { readonly kind: "output" | "error"; readonly path: string; readonly text: string };
}

/** What became of a program. */
export type ProgramOutcome =
  | { readonly status: "ok"; readonly output: string; readonly leaks?: readonly string[] }
  | {
      readonly status: "error";
      /** What was printed before the failure. */
      readonly output: string;
      /** The bare message: no code, path or position. */
      readonly errorMessage: string;
      /** The failure as a user sees it, with places. */
      readonly rendered?: string;
      /** What was still in hand when the program had ended; a line each. */
      readonly leaks?: readonly string[];
    };

/** Runs one program in a world of its own: nothing of an earlier run may be seen by a later one. */
export interface CorpusEngine {
  run(program: CorpusProgram): Promise<ProgramOutcome>;
}

/** What happened to the process that ran a program. */
export type CaseOutcome =
  | ProgramOutcome
  | { readonly status: "timeout"; readonly afterMs: number }
  | { readonly status: "crash"; readonly detail: string };

export interface CaseResult {
  readonly name: string;
  readonly area: string;
  readonly passed: boolean;
  /** Milliseconds. */
  readonly durationMs: number;
  /** Why it failed, several lines; absent when it passed. */
  readonly reason?: string;
}
