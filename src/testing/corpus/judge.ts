/**
 * Decides whether an outcome is the expected one.
 *
 * Output is compared whole, apart from white space at its very end, line-end style and the milliseconds of `[timer]`
 * lines. An error is compared in one of three ways: `contains`, where the bare message must hold a line of the
 * expectation (`re:` starts a regular expression; several lines are alternatives); or `exact`, where the failure as a
 * user sees it must be the expectation; or `headlines`, where that holds of the lines that say what is wrong, not of the
 * places and the source they show.
 *
 * Whatever a program was expected to do, it leaves nothing behind.
 */

import type { CaseOutcome, CorpusCase } from "./corpus.ts";

export type ErrorComparison = "contains" | "exact" | "headlines";

export function normalizeOutput(text: string): string {
  const lines = text.trimEnd().split(/\r?\n/);
  return lines.map((line) => line.replace(/^(\[timer\] .*: )\d+(?:\.\d+)?ms$/, "$1<n>ms")).join("\n");
}

/** Why the outcome is wrong, in several lines; undefined when it is right. */
export function judge(
  { expectation }: Pick<CorpusCase, "expectation">,
  outcome: CaseOutcome,
  errors: ErrorComparison,
): string | undefined {
  if (outcome.status === "timeout") return `Stopped after ${outcome.afterMs} ms without an end`;
  if (outcome.status === "crash") return `The engine died: ${outcome.detail}`;
  if (outcome.leaks !== undefined && outcome.leaks.length > 0)
    return `Left behind:\n${indent(outcome.leaks.join("\n"))}`;
  if (expectation.kind === "output") {
    if (outcome.status === "error") {
      return `Expected success, got an error:\n${indent(outcome.rendered ?? outcome.errorMessage)}`;
    }
    const expected = normalizeOutput(expectation.text);
    const actual = normalizeOutput(outcome.output);
    return expected === actual ? undefined : describeDifference(expected, actual);
  }
  if (outcome.status === "ok") return `Expected an error, got success, printing:\n${indent(outcome.output.trimEnd())}`;
  if (errors !== "contains") {
    const shown = errors === "exact" ? normalizeOutput : headlines;
    const expected = shown(expectation.text);
    const actual = shown(outcome.rendered ?? outcome.errorMessage);
    return expected === actual ? undefined : describeDifference(expected, actual);
  }
  const lines = expectation.text
    .trimEnd()
    .split("\n")
    .map((line) => line.trim());
  if (lines.some((line) => matchesMessage(line, outcome.errorMessage))) return undefined;
  return `Expected an error with:\n${indent(lines.join("\n"))}\ngot:\n${indent(outcome.errorMessage)}`;
}

/** `error[HARN-X1]: …`, `error: …`. */
function headlines(rendered: string): string {
  return rendered
    .split(/\r?\n/)
    .filter((line) => /^(error|warning)\b/.test(line))
    .join("\n");
}

function matchesMessage(line: string, message: string): boolean {
  if (!line.startsWith("re:")) return message.includes(line);
  // An inline flag group at the start is how the corpus writes flags.
  const [, flags = "", pattern = ""] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(line.slice("re:".length)) ?? [];
  return new RegExp(pattern, flags).test(message);
}

/** The first line that differs with a little of what stands before it, expected and actual. */
export function describeDifference(expected: string, actual: string): string {
  const expectedLines = expected.split("\n");
  const actualLines = actual.split("\n");
  let at = 0;
  while (at < expectedLines.length && expectedLines[at] === actualLines[at]) at++;
  const shown: string[] = [`First difference in line ${at + 1}:`];
  for (const line of expectedLines.slice(Math.max(0, at - 2), at)) shown.push(`    ${line}`);
  for (const line of expectedLines.slice(at, at + 4)) shown.push(`  - ${line}`);
  for (const line of actualLines.slice(at, at + 4)) shown.push(`  + ${line}`);
  return shown.join("\n");
}

const indent = (text: string): string =>
  text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
