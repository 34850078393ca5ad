/** The child process of `harn test --parallel`. */

import type { CliContext } from "../context.ts";
import { serveJobs } from "../workers/serve-jobs.ts";
import { runTest } from "./run-test.ts";
import type { UserTest, UserTestResult } from "./user-test.ts";

export interface TestJob {
  readonly test: UserTest;
  readonly timeoutMs: number;
  /** Whether reasons may have colours: the parent's terminal decides. */
  readonly color: boolean;
}

/** A test that ran; the status sets it apart from what a pool says of jobs without an answer. */
export interface TestAnswer {
  readonly status: "ran";
  readonly result: UserTestResult;
}

/** Resolves when the parent is gone. */
export function serveTests(context: CliContext): Promise<void> {
  return serveJobs<TestJob, TestAnswer>(async ({ test, timeoutMs, color }) => ({
    status: "ran",
    result: await runTest({ ...context, colorErrors: color }, test, timeoutMs),
  }));
}
