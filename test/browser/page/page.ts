/** Runs every check in the page and reports what each came to. */

import type { CheckResult, PageSettings } from "../page-report.ts";
import { CHECKS } from "./checks.ts";
import { pageErrors, sendReport } from "./page-errors.ts";

const query = new URLSearchParams(location.search);
const given = (name: string): string => query.get(name) ?? "";
const settings: PageSettings = { models: given("models"), strangers: given("strangers"), nobody: given("nobody") };

/** Longest that a check may take, milliseconds. */
const CHECK_MS = 30_000;

const tooLate = (): Promise<never> =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`Not done after ${CHECK_MS} ms`)), CHECK_MS);
  });

const results: Record<string, CheckResult> = {};
// One after the other: the model server has one script for all.
for (const [name, check] of Object.entries(CHECKS)) {
  try {
    results[name] = { value: await Promise.race([check(settings), tooLate()]) };
  } catch (error) {
    results[name] = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
await sendReport({ errors: pageErrors, results });
