/** `harn test`: every pipeline named `test_…` or marked `@test`, and every recording, is a test. */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { renderJunit } from "../../testing/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findTests } from "../user-tests/find-tests.ts";
import { runTests } from "../user-tests/run-tests.ts";
import { renderResult, renderSummary, reportOf, resultsToJson } from "../user-tests/test-report.ts";
import type { UserTestResult } from "../user-tests/user-test.ts";
import { type SeenFiles, watchLoop } from "../watch/watch-loop.ts";

export interface TestOptions {
  readonly filter?: string;
  /** Milliseconds for each test. */
  readonly timeout: number;
  /** Tests at once, each in a process; true: one per core, at most 8. Default: one after the other, in this process. */
  readonly parallel?: number | true;
  readonly json?: boolean;
  /** File for the results as JUnit XML. */
  readonly junit?: string;
  readonly verbose?: boolean;
  readonly watch?: boolean;
}

export async function testCommand(
  context: CliContext,
  paths: readonly string[],
  options: TestOptions,
): Promise<number> {
  if (!options.watch) return runOnce(context, paths, options);
  return watchLoop(context, paths, (current, seen) => runOnce(current, paths, options, seen));
}

async function runOnce(
  context: CliContext,
  paths: readonly string[],
  options: TestOptions,
  seen?: SeenFiles,
): Promise<number> {
  const { host } = context;
  const startedMs = host.sync("clock.monotonic", {});
  const { tests, broken, sources } = await findTests(context, paths, options.filter);
  seen?.add(sources);
  // Colours go to stdout here; a terminal for one and a pipe for the other is rare, and then plain text is right.
  const color = context.colorErrors && host.sync("console.isTty", { stream: "stdout" });
  const settings = { color, cwd: context.cwd, verbose: options.verbose === true };
  const tell = (result: UserTestResult): void => {
    if (!options.json) context.out(renderResult(result, settings));
  };
  broken.forEach(tell);
  const jobs = options.parallel === true ? Math.min(availableParallelism(), 8) : (options.parallel ?? 1);
  const ran = await runTests({ ...context, colorErrors: color }, tests, {
    timeoutMs: options.timeout,
    jobs,
    onResult: tell,
  });
  const results = [...broken, ...ran];
  if (options.junit !== undefined) {
    const report = reportOf(results, host.sync("clock.monotonic", {}) - startedMs);
    await host.perform("fs.write", { path: resolve(context.cwd, options.junit), data: renderJunit(report) });
  }
  if (options.json) context.outJson(resultsToJson(results, context.cwd));
  if (results.length === 0) {
    const what = options.filter === undefined ? "There is no test" : `No test matches \`${options.filter}\``;
    throw new UsageError(`${what}; tests are pipelines named \`test_…\` or marked \`@test\``);
  }
  if (!options.json) context.out(renderSummary(results, settings));
  return results.some(({ passed }) => !passed) ? exitCodes.failed : exitCodes.ok;
}
