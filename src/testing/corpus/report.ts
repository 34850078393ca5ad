/** What a corpus run says: a table by area for people, JSON and JUnit for programs. */

import type { CaseResult } from "./corpus.ts";

export interface AreaSummary {
  readonly area: string;
  readonly passed: number;
  readonly failed: number;
}

export interface CorpusReport {
  readonly passed: number;
  readonly failed: number;
  /** Milliseconds of wall time. */
  readonly durationMs: number;
  /** In name order. */
  readonly areas: readonly AreaSummary[];
  readonly complaints: readonly string[];
  readonly results: readonly CaseResult[];
}

/** A complaint about the suite itself counts as a failure. */
export function summarize(
  results: readonly CaseResult[],
  complaints: readonly string[],
  durationMs: number,
): CorpusReport {
  const areas = new Map<string, { passed: number; failed: number }>();
  for (const { area, passed } of results) {
    const counts = areas.get(area) ?? { passed: 0, failed: 0 };
    counts[passed ? "passed" : "failed"]++;
    areas.set(area, counts);
  }
  const passed = results.filter((result) => result.passed).length;
  return {
    passed,
    failed: results.length - passed + complaints.length,
    durationMs,
    areas: [...areas].map(([area, counts]) => ({ area, ...counts })).sort((a, b) => (a.area < b.area ? -1 : 1)),
    complaints,
    results,
  };
}

export interface ReportText {
  /** Name every case, not only the failed ones. */
  readonly verbose?: boolean;
  /** Add the slowest cases. */
  readonly timing?: boolean;
}

export function renderReport(report: CorpusReport, options: ReportText = {}): string {
  const lines: string[] = [];
  for (const { name, passed, reason, durationMs } of report.results) {
    if (!passed)
      lines.push(
        `FAIL ${name}`,
        ...showControls(reason ?? "")
          .split("\n")
          .map((line) => `     ${line}`),
      );
    else if (options.verbose) lines.push(`ok   ${name} (${durationMs.toFixed(0)} ms)`);
  }
  for (const complaint of report.complaints) lines.push(`FAIL ${complaint}`);
  if (options.timing) {
    lines.push("", "Slowest:");
    const slowest = [...report.results].sort((a, b) => b.durationMs - a.durationMs).slice(0, 10);
    for (const { name, durationMs } of slowest) lines.push(`  ${durationMs.toFixed(0).padStart(6)} ms  ${name}`);
  }
  if (lines.length > 0) lines.push("");
  const width = Math.max(4, ...report.areas.map(({ area }) => area.length));
  for (const { area, passed, failed } of report.areas) {
    const total = passed + failed;
    lines.push(
      `${area.padEnd(width)}  ${String(passed).padStart(4)} of ${String(total).padStart(4)}${failed > 0 ? "  *" : ""}`,
    );
  }
  const seconds = (report.durationMs / 1000).toFixed(1);
  lines.push(
    `${"all".padEnd(width)}  ${String(report.passed).padStart(4)} of ${String(report.passed + report.failed).padStart(4)}  in ${seconds} s`,
  );
  return `${lines.join("\n")}\n`;
}

/** What a program printed must not steer the terminal that shows it. */
function showControls(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

export function renderJunit(report: CorpusReport): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(3);
  const suites = report.areas.map(({ area, passed, failed }) => {
    const cases = report.results.filter((result) => result.area === area);
    const time = seconds(cases.reduce((sum, result) => sum + result.durationMs, 0));
    return [
      `  <testsuite name="${escapeXml(area)}" tests="${passed + failed}" failures="${failed}" time="${time}">`,
      ...cases.map((result) => {
        const open = `    <testcase classname="${escapeXml(area)}" name="${escapeXml(result.name)}" time="${seconds(result.durationMs)}"`;
        return result.passed ? `${open}/>` : `${open}><failure>${escapeXml(result.reason ?? "")}</failure></testcase>`;
      }),
      "  </testsuite>",
    ].join("\n");
  });
  if (report.complaints.length > 0) {
    const count = report.complaints.length;
    const cases = report.complaints.map(
      (complaint) =>
        `    <testcase classname="suite" name="${escapeXml(complaint)}"><failure>${escapeXml(complaint)}</failure></testcase>`,
    );
    suites.push(
      [`  <testsuite name="suite" tests="${count}" failures="${count}">`, ...cases, "  </testsuite>"].join("\n"),
    );
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites tests="${report.passed + report.failed}" failures="${report.failed}">\n${suites.join("\n")}\n</testsuites>\n`;
}

const xmlEntities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Characters that XML cannot hold at all become U+FFFD. */
function escapeXml(text: string): string {
  return text
    .replace(/[&<>"]/g, (c) => xmlEntities[c] ?? c)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
}
