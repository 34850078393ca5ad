/** Runs tests in this process one after the other, or several at once in processes of their own. */

import type { CliContext } from "../context.ts";
import { workerCommands } from "../workers/worker-commands.ts";
import { createWorkerPool } from "../workers/worker-pool.ts";
import { runTest } from "./run-test.ts";
import type { TestAnswer, TestJob } from "./test-worker.ts";
import type { UserTest, UserTestResult } from "./user-test.ts";

export interface RunTestsOptions {
  /** Milliseconds for each test. */
  readonly timeoutMs: number;
  /** Processes; 1 means this one. */
  readonly jobs: number;
  /** Called in the order of the tests. */
  readonly onResult: (result: UserTestResult) => void;
}

/** Milliseconds that a process has to tell of a test that took too long, before it is killed. */
const graceMs = 3_000;

/** @throws the reason of `context.cancel` once that has fired */
export async function runTests(
  context: CliContext,
  tests: readonly UserTest[],
  options: RunTestsOptions,
): Promise<UserTestResult[]> {
  const { timeoutMs, jobs, onResult } = options;
  if (jobs > 1 && tests.length > 1) return runInProcesses(context, tests, options);
  const results: UserTestResult[] = [];
  for (const test of tests) {
    if (context.cancel.aborted) throw context.cancel.reason;
    const result = await runTest(context, test, timeoutMs);
    results.push(result);
    onResult(result);
  }
  return results;
}

async function runInProcesses(
  context: CliContext,
  tests: readonly UserTest[],
  { timeoutMs, jobs, onResult }: RunTestsOptions,
): Promise<UserTestResult[]> {
  const environment = context.hostOptions.environment;
  const pool = createWorkerPool<TestJob, TestAnswer>({
    worker: context.main,
    workerArgs: [workerCommands.test],
    jobs: Math.min(jobs, tests.length),
    timeoutMs: timeoutMs + graceMs,
    cwd: context.cwd,
    ...(environment !== undefined && { environment }),
  });
  context.cancel.addEventListener("abort", pool.close);
  const results: (UserTestResult | undefined)[] = tests.map(() => undefined);
  let told = 0;
  try {
    await Promise.all(
      tests.map(async (test, index) => {
        const startedMs = context.host.sync("clock.monotonic", {});
        const answer = await pool.run({ test, timeoutMs, color: context.colorErrors });
        if (context.cancel.aborted) return;
        const durationMs = context.host.sync("clock.monotonic", {}) - startedMs;
        const { file, name } = test;
        results[index] =
          answer.status === "ran"
            ? answer.result
            : { file, name, passed: false, durationMs, output: "", reason: reasonOf(answer) };
        for (let next = results[told]; next !== undefined; next = results[++told]) onResult(next);
      }),
    );
    if (context.cancel.aborted) throw context.cancel.reason;
    return results.filter((result) => result !== undefined);
  } finally {
    context.cancel.removeEventListener("abort", pool.close);
    pool.close();
  }
}

function reasonOf(
  failure: Exclude<Awaited<ReturnType<ReturnType<typeof createWorkerPool<TestJob, TestAnswer>>["run"]>>, TestAnswer>,
): string {
  return failure.status === "timeout"
    ? `No end within ${failure.afterMs - graceMs} ms, and no answer when asked to stop: its process was killed`
    : `Its process died: ${failure.detail}`;
}
