/** What `harn test` shows. */

import { relative } from "node:path";
import type { Json } from "../../base/index.ts";
import { type CorpusReport, summarize } from "../../testing/index.ts";
import type { UserTestResult } from "./user-test.ts";

export interface TestTextSettings {
  readonly color: boolean;
  readonly cwd: string;
  /** What passing tests printed is shown too. */
  readonly verbose: boolean;
}

/** One result as it comes in. */
export function renderResult(result: UserTestResult, settings: TestTextSettings): string {
  const { file, name, passed, durationMs, output, reason = "" } = result;
  const mark = passed ? paint(settings, 32, "ok  ") : paint(settings, 31, "FAIL");
  const lines = [`${mark} ${file} ${name} ${paint(settings, 2, `(${durationMs.toFixed(0)} ms)`)}`];
  if (!passed) lines.push(indent(reason));
  if (output !== "" && (!passed || settings.verbose))
    lines.push("    It printed:", indent(`  ${output.trimEnd().replaceAll("\n", "\n  ")}`));
  return `${lines.join("\n")}\n`;
}

/** After the last: what failed, where, and how many of each. */
export function renderSummary(results: readonly UserTestResult[], settings: TestTextSettings): string {
  const failed = results.filter(({ passed }) => !passed);
  const lines: string[] = [];
  // With a screen full of tests in between, nobody should have to look for them.
  if (failed.length > 0 && results.length > 1) {
    lines.push("Failed:");
    for (const { file, name, place } of failed) {
      const where = place === undefined ? file : `${relative(settings.cwd, place.file)}:${place.line}`;
      lines.push(`  ${where} ${name}`);
    }
    lines.push("");
  }
  const passed = results.length - failed.length;
  lines.push(
    `${passed > 0 ? paint(settings, 32, `${passed} passed`) : "0 passed"}, ${failed.length > 0 ? paint(settings, 31, `${failed.length} failed`) : "0 failed"}`,
  );
  return `\n${lines.join("\n")}\n`;
}

export function resultsToJson(results: readonly UserTestResult[], cwd: string): Json {
  return results.map(({ place, durationMs, ...result }): Json => {
    const at = place && { place: { file: relative(cwd, place.file), line: place.line } };
    return { ...result, durationMs: Math.round(durationMs * 1000) / 1000, ...at };
  });
}

/** For JUnit: a suite for each file. */
export function reportOf(results: readonly UserTestResult[], durationMs: number): CorpusReport {
  return summarize(
    results.map(({ file, name, passed, durationMs: ms, reason }) => ({
      name,
      area: file,
      passed,
      durationMs: ms,
      ...(reason !== undefined && { reason }),
    })),
    [],
    durationMs,
  );
}

const indent = (text: string): string => text.replace(/^(?=.)/gm, "    ");

function paint({ color }: TestTextSettings, code: number, text: string): string {
  return color ? `\u001b[${code}m${text}\u001b[0m` : text;
}
