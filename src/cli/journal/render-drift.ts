/**
 * A drift as people see it: the place in the program that asks for something else, what was recorded and what is asked.
 *
 *     error: The program does something else than was recorded
 *      --> agent.harn:3
 *       |
 *     3 | append_file("b.txt", "x")
 *       |
 *       recorded: fs.write at entry 12, in task_root: {"path":"a.txt", …}
 *       asked:    fs.write, in task_root: {"path":"b.txt", …}
 *       at path:  recorded "a.txt", asked "b.txt"
 *     hint: …
 */

import type { DriftError, RequestView } from "../../journal/index.ts";
import type { SourceFile } from "../../lang/index.ts";
import { Halted } from "../../vm/index.ts";
import { type RenderSettings, renderFailure } from "../engine/render.ts";
import { MACHINERY } from "./run-files.ts";

/** Characters of the arguments that are shown. */
const SHOWN = 160;

const titles: Readonly<Record<DriftError["reason"], string>> = {
  different: "The program asks for something else than was recorded",
  extra: "The program asks for more than was recorded",
  missing: "The program never asks for something that was recorded",
  ended: "The run was not over, and its recording ends here",
};

export function renderDrift(
  failure: Halted,
  drift: DriftError,
  sources: ReadonlyMap<string, SourceFile>,
  settings: RenderSettings,
): string {
  const { recorded, asked, difference } = drift;
  const titled = new Halted(new Error(titles[drift.reason]));
  titled.trace = failure.trace;
  const lines = [renderFailure(titled, sources, settings)];
  if (drift.reason === "ended") {
    // Of the machinery's own waits nobody knows.
    if (recorded && !MACHINERY.has(recorded.task)) {
      lines.push(`  under way: ${requestText(recorded, ` at entry ${recorded.seq}`)}`);
    }
    return [...lines, `  hint: ${drift.hint}`].join("\n");
  }
  if (recorded) lines.push(`  recorded: ${requestText(recorded, ` at entry ${recorded.seq}`)}`);
  else lines.push("  recorded: nothing more");
  if (asked) lines.push(`  asked:    ${requestText(asked, "")}`);
  else if (drift.reason === "missing") lines.push("  asked:    nothing more");
  if (difference) {
    const where = difference.path === "" ? "there" : difference.path;
    lines.push(`  at ${where}: recorded ${difference.recorded}, asked ${difference.asked}`);
  }
  lines.push(`  hint: ${drift.hint}`);
  return lines.join("\n");
}

function requestText({ kind, task, args }: RequestView, where: string): string {
  return `${kind}${where}, in ${task}: ${shownArgs(args)}`;
}

/** Arguments on one line, shortened. */
export function shownArgs(args: unknown): string {
  const text = JSON.stringify(args, (_key, value: unknown) =>
    value instanceof Uint8Array ? `${value.length} bytes` : typeof value === "bigint" ? String(value) : value,
  );
  return text === undefined ? "" : text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
