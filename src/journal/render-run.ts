/**
 * A run as lines of text, two spaces per level:
 *
 *     run nightly  completed  160 entries, $0.001200
 *       main  (inputTokens 12, outputTokens 60, $0.001200)
 *         #4 step captain.plan  completed  14 ms  (llmCalls 1, inputTokens 6, outputTokens 30, $0.000600)
 *           #7 model.stream anthropic/…  done  3 items  12 ms  $0.000600
 *         main/1 …
 */

import type { EffectRecord } from "./effects.ts";
import type { EffectNode, RunView, StepNode, TaskNode, UsageSums } from "./run-tree.ts";

export interface RenderOptions {
  /** Which effects get a line; default: all. */
  readonly shows?: (effect: EffectRecord) => boolean;
  /** Said of the run in the place of its status. */
  readonly status?: string;
  /** Put behind an effect's name; default: nothing. */
  readonly describe?: (effect: EffectRecord) => string;
}

export function renderRun(view: RunView, options: RenderOptions = {}): string {
  const { info, entries, resumes, costUsd } = view;
  const again = resumes > 0 ? [`resumed ${resumes}×`] : [];
  const lines = [
    `run ${info.id}  ${options.status ?? info.status}  ${[`${entries} entries`, ...again, ...money(costUsd)].join(", ")}`,
  ];
  if (info.parent) lines.push(`  forked from ${info.parent.run} at ${info.parent.seq}`);
  lines.push(...snapshotLine(view));
  for (const task of view.tasks) lines.push(...taskLines(task, "  ", options));
  return `${lines.join("\n")}\n`;
}

function snapshotLine({ info, snapshot }: RunView): readonly string[] {
  if (info.status !== "running") return [];
  if (snapshot === undefined) return ["  no snapshot yet: a resume plays all entries"];
  if (snapshot.type === "taken") return [`  snapshot before entry ${snapshot.seq}, ${snapshot.chars} characters`];
  return [`  no snapshot, since at entry ${snapshot.seq} there was ${snapshot.reason}`];
}

function taskLines(task: TaskNode, pad: string, options: RenderOptions): readonly string[] {
  return [`${pad}${printable(task.task)}${bill(task.usage, task.costUsd)}`, ...linesIn(task, `${pad}  `, options)];
}

/** In the order of the log; what other tasks did meanwhile comes last. */
function linesIn(
  { effects, steps, children }: Pick<TaskNode, "effects" | "steps" | "children">,
  pad: string,
  options: RenderOptions,
): readonly string[] {
  const { shows = () => true } = options;
  const own = [
    ...effects.filter(shows).map((effect) => ({ seq: effect.seq, lines: [effectLine(effect, pad, options)] })),
    ...steps.map((step) => ({ seq: step.seq, lines: stepLines(step, pad, options) })),
  ].sort((a, b) => a.seq - b.seq);
  return [...own.flatMap(({ lines }) => lines), ...children.flatMap((child) => taskLines(child, pad, options))];
}

function stepLines(step: StepNode, pad: string, options: RenderOptions): readonly string[] {
  const name = step.persona === undefined ? step.step : `${step.persona}.${step.step}`;
  // Most steps call no model, and a bill of nothing says nothing.
  const spent = step.usage["llmCalls"] === 0 ? "" : bill(step.usage, step.costUsd);
  const why = step.error === undefined ? "" : `: ${printable(step.error)}`;
  const line = `${pad}#${step.seq} step ${printable(name)}  ${step.outcome}${took(step)}${spent}${why}`;
  return [line, ...linesIn(step, `${pad}  `, options)];
}

function effectLine(effect: EffectNode, pad: string, { describe = () => "" }: RenderOptions): string {
  const items = effect.chunks > 0 ? `  ${effect.chunks} items` : "";
  const again = effect.attempts > 1 ? `  ${effect.attempts} attempts` : "";
  const cost = money(effect.costUsd).map((text) => `  ${text}`);
  return `${pad}#${effect.seq} ${effect.kind}${describe(effect)}  ${effect.outcome}${items}${took(effect)}${again}${cost.join("")}`;
}

function took({ startMs, endMs }: { readonly startMs: number; readonly endMs?: number }): string {
  return endMs === undefined ? "" : `  ${endMs - startMs} ms`;
}

function bill(usage: UsageSums, costUsd: number | undefined): string {
  const parts = [...Object.entries(usage).map(([name, value]) => `${name} ${value}`), ...money(costUsd)];
  return parts.length > 0 ? `  (${parts.join(", ")})` : "";
}

function money(costUsd: number | undefined): readonly string[] {
  return costUsd === undefined ? [] : [`$${costUsd.toFixed(6)}`];
}

const LONGEST_TEXT = 200;

/** One line, and nothing that a terminal would obey: names and errors come from programs and models. */
function printable(text: string): string {
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  const characters = [...clean];
  return characters.length > LONGEST_TEXT ? `${characters.slice(0, LONGEST_TEXT - 1).join("")}…` : clean;
}
