// Runs every test there is, unit tests and corpus, and says how many passed and failed in one last line:
// `N passed, N failed`. With HARN_TEST_SUMMARY=<file> that line goes to the file instead of the console.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run, tool } from "./run-command.mjs";

const reports = join(root, "dist", ".build");
const unitReport = join(reports, "unit.json");
const corpusReport = join(reports, "corpus.json");

/** Counts of a suite; a suite that died without a report is one failure, so that a crash is never a pass. */
function count(file, code, read) {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  try {
    ({ passed, failed, skipped = 0 } = read(JSON.parse(readFileSync(file, "utf8"))));
  } catch {
    failed = 1;
  }
  if (code !== 0 && failed === 0) failed = 1;
  return { passed, failed, skipped };
}

mkdirSync(reports, { recursive: true });
rmSync(unitReport, { force: true });
rmSync(corpusReport, { force: true });

const unitRun = await run(
  [...tool("vitest"), "run", "--reporter=default", "--reporter=json", `--outputFile.json=${unitReport}`],
  { show: true },
);
const unit = count(unitReport, unitRun.code, (report) => ({
  passed: report.numPassedTests,
  skipped: report.numPendingTests,
  // A file that fails to load has no tests of its own, and must count all the same.
  failed:
    report.numFailedTests +
    report.testResults.filter((f) => f.status === "failed" && !f.assertionResults.length).length,
}));

let corpus = { passed: 0, failed: 0 };
if (existsSync(join(root, "src", "cli", "main.ts"))) {
  const cli = join(root, "dist", "bin", "harn.cjs");
  const corpusRun = await run(
    [process.execPath, cli, "test", "conformance", "--exact", "--json", corpusReport, "conformance"],
    {
      show: true,
    },
  );
  corpus = count(corpusReport, corpusRun.code, (report) => ({ passed: report.passed, failed: report.failed }));
}

const passed = unit.passed + corpus.passed;
const failed = unit.failed + corpus.failed;
// Nothing is skipped but what this machine cannot do; the tests say what that is.
const skipped = unit.skipped > 0 ? `, ${unit.skipped} skipped (see above)` : "";
console.log(
  `\nUnit tests: ${unit.passed} passed, ${unit.failed} failed${skipped}; corpus: ${corpus.passed} passed, ${corpus.failed} failed`,
);
const summary = `${passed} passed, ${failed} failed\n`;
if (process.env.HARN_TEST_SUMMARY) writeFileSync(process.env.HARN_TEST_SUMMARY, summary);
else process.stdout.write(summary);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
