/**
 * A run as a tree of tasks, steps and effects.
 *
 * - A task stands below the task that its name says (`main/1` and `main:spawn:1` are below `main`), and there in the step
 *   that its parent was in when it was first heard of.
 * - An effect belongs to the innermost step that its own task was in when it asked.
 * - A step is billed for what was asked inside it and not inside a step within.
 */

import { isJsonObject, type JsonObject } from "../base/index.ts";
import { type EffectRecord, foldEffects } from "./effects.ts";
import type { Journal } from "./journal.ts";
import type { Encoded, NoteEntry, RunInfo, SnapshotState } from "./spec.ts";

/** Sums of the numeric usage fields, such as `inputTokens`. */
export type UsageSums = Readonly<Record<string, number>>;

/** An effect with its price, in US dollars and for all attempts; absent when it has none, or none is known. */
export interface EffectNode extends EffectRecord {
  readonly costUsd?: number;
}

export interface TaskNode {
  readonly task: string;
  /** What it asked for outside of its steps. */
  readonly effects: readonly EffectNode[];
  /** The steps that it entered, outermost. */
  readonly steps: readonly StepNode[];
  /** The tasks below it that are in none of its steps. */
  readonly children: readonly TaskNode[];
  /** Of this task and all below it, by what the model calls told. */
  readonly usage: UsageSums;
  /** What this task and all below it cost, US dollars; absent when no price is known. */
  readonly costUsd?: number;
}

/** `in-flight`: its end is not in the log. The others are those of a completed step. */
export type StepOutcome = "completed" | "failed" | "skipped" | "escalated" | "in-flight";

export interface StepNode {
  /** The entry at which it began. */
  readonly seq: number;
  readonly endSeq?: number;
  readonly step: string;
  readonly persona?: string;
  readonly outcome: StepOutcome;
  /** Why it failed, was skipped or escalated. */
  readonly error?: string;
  /** The model of its last call, once it is over. */
  readonly model?: string;
  readonly startMs: number;
  readonly endMs?: number;
  readonly effects: readonly EffectNode[];
  readonly steps: readonly StepNode[];
  readonly children: readonly TaskNode[];
  /**
   * The bill of this step alone: calls inside inner steps are on theirs. As the program's own books have it once the step
   * is over (`llmCalls`, `inputTokens`, `outputTokens`; scripted calls count too), before that by what the calls told.
   */
  readonly usage: UsageSums;
  readonly costUsd?: number;
}

export interface ShowOptions {
  /** Price of an effect that told its usage; undefined when it is not known. Default: no prices. */
  readonly costOf?: (args: unknown, usage: unknown) => number | undefined;
  /** As its store tells. */
  readonly snapshot?: SnapshotState | undefined;
}

export interface RunView {
  readonly info: RunInfo;
  readonly entries: number;
  /** How often the run was resumed. */
  readonly resumes: number;
  readonly tasks: readonly TaskNode[];
  /** Of the whole run, US dollars; absent when no price is known. */
  readonly costUsd?: number;
  /** What a resume goes on from; absent: nothing is known, or the run is over. */
  readonly snapshot?: SnapshotState;
}

/** A task or a step while the log is read. */
interface Place {
  readonly effects: EffectRecord[];
  readonly steps: OpenStep[];
  readonly children: OpenTask[];
}

interface OpenTask extends Place {
  readonly task: string;
  /** The steps that it is in, outermost first. */
  readonly inside: OpenStep[];
}

interface OpenStep extends Place {
  readonly start: NoteEntry;
  end: NoteEntry | undefined;
}

export function showRun(journal: Journal, options: ShowOptions = {}): RunView {
  const roots = readPlaces(journal).map((task) => finishTask(task, journal, options));
  return {
    info: journal.info,
    entries: journal.entries.length,
    resumes: journal.entries.filter((entry) => entry.type === "resume").length,
    tasks: roots,
    ...(options.snapshot && { snapshot: options.snapshot }),
    ...sumCosts(roots.map((task) => task.costUsd)),
  };
}

/** Puts everything where it belongs, in the order of the log. Gives the tasks without a parent. */
function readPlaces(journal: Journal): readonly OpenTask[] {
  const names = new Set<string>();
  for (const entry of journal.entries) if ("task" in entry) names.add(entry.task);
  const effects = new Map(foldEffects(journal.entries).map((effect) => [effect.seq, effect]));
  const tasks = new Map<string, OpenTask>();
  const steps = new Map<string, { readonly step: OpenStep; readonly task: OpenTask }>();
  const roots: OpenTask[] = [];

  const placeIn = (task: OpenTask): Place => task.inside.at(-1) ?? task;

  const taskNamed = (name: string): OpenTask => {
    const known = tasks.get(name);
    if (known !== undefined) return known;
    const task: OpenTask = { task: name, effects: [], steps: [], children: [], inside: [] };
    tasks.set(name, task);
    const parent = parentOf(name, names);
    (parent === undefined ? roots : placeIn(taskNamed(parent)).children).push(task);
    return task;
  };

  for (const entry of journal.entries) {
    switch (entry.type) {
      case "sync":
      case "start":
        placeIn(taskNamed(entry.task)).effects.push(effects.get(entry.seq)!);
        break;
      case "note": {
        const task = taskNamed(entry.task);
        if (entry.kind === "step-start") {
          const step: OpenStep = { start: entry, end: undefined, effects: [], steps: [], children: [] };
          placeIn(task).steps.push(step);
          task.inside.push(step);
          steps.set(entry.id, { step, task });
          break;
        }
        const begun = steps.get(entry.id);
        if (begun === undefined) break;
        begun.step.end = entry;
        const at = begun.task.inside.indexOf(begun.step);
        if (at >= 0) begun.task.inside.splice(at, 1);
        break;
      }
      case "chunk":
      case "end":
      case "resume":
        break;
    }
  }
  return roots;
}

/** What stands between the name of a task and the rest of its child's name. */
const SEPARATORS: ReadonlySet<string> = new Set(["/", ":"]);

function parentOf(task: string, names: ReadonlySet<string>): string | undefined {
  for (let cut = task.length - 1; cut > 0; cut--) {
    if (SEPARATORS.has(task[cut]!) && names.has(task.slice(0, cut))) return task.slice(0, cut);
  }
  return undefined;
}

interface Bill {
  readonly usage: UsageSums;
  readonly costUsd?: number;
}

function finishTask(open: OpenTask, journal: Journal, options: ShowOptions): TaskNode {
  const place = finishPlace(open, journal, options);
  return { task: open.task, ...place, ...billOfAll(place, journal, options) };
}

function finishStep(open: OpenStep, journal: Journal, options: ShowOptions): StepNode {
  const { start, end } = open;
  const place = finishPlace(open, journal, options);
  const named = fieldsOf(start.data, journal);
  const told = end && fieldsOf(end.data, journal);
  return {
    seq: start.seq,
    step: textOf(named.name) ?? "",
    ...given("persona", textOf(named.persona)),
    outcome: told === undefined ? "in-flight" : (OUTCOMES.find((word) => word === told.status) ?? "failed"),
    ...given("error", textOf(told?.error)),
    ...given("model", textOf(told?.model)),
    startMs: start.timeMs,
    ...(end && { endSeq: end.seq, endMs: end.timeMs }),
    ...place,
    ...(told === undefined ? billOutsideSteps(place, journal, options) : billTold(told)),
  };
}

const OUTCOMES: readonly StepOutcome[] = ["completed", "failed", "skipped", "escalated"];

type FinishedPlace = Pick<TaskNode, "effects" | "steps" | "children">;

function finishPlace(place: Place, journal: Journal, options: ShowOptions): FinishedPlace {
  return {
    effects: place.effects.map((effect) => {
      const { costUsd } = billOf(effect, journal, options);
      return costUsd === undefined ? effect : { ...effect, costUsd };
    }),
    steps: place.steps.map((step) => finishStep(step, journal, options)),
    children: place.children.map((task) => finishTask(task, journal, options)),
  };
}

/** Of everything below, steps and tasks. */
function billOfAll(place: FinishedPlace, journal: Journal, options: ShowOptions): Bill {
  const below = [...place.steps.map((step) => billOfAll(step, journal, options)), ...place.children];
  return sumBills([...place.effects.map((effect) => billOf(effect, journal, options)), ...below]);
}

/** Of what is in no inner step. */
function billOutsideSteps(place: FinishedPlace, journal: Journal, options: ShowOptions): Bill {
  return sumBills([
    ...place.effects.map((effect) => billOf(effect, journal, options)),
    ...place.children.map((task) => billOutsideSteps(task, journal, options)),
  ]);
}

function billTold({ llmCalls, inputTokens, outputTokens, costUsd }: JsonObject): Bill {
  const counts = Object.entries({ llmCalls, inputTokens, outputTokens });
  return {
    usage: Object.fromEntries(counts.filter((count): count is [string, number] => typeof count[1] === "number")),
    ...(typeof costUsd === "number" ? { costUsd } : {}),
  };
}

/** An attempt whose answer was lost in a crash is taken to have cost what the one cost that replaced it. */
function billOf(effect: EffectRecord, journal: Journal, { costOf }: ShowOptions): Bill {
  if (effect.usage === undefined) return { usage: {} };
  const told = journal.decode(effect.usage);
  if (!isJsonObject(told)) return { usage: {} };
  const times = Object.entries(told).map(([name, value]) => [
    name,
    typeof value === "number" ? value * effect.attempts : value,
  ]);
  const spent: unknown = Object.fromEntries(times);
  const costUsd = costOf?.(journal.decode(effect.args), spent);
  return { usage: numbersOf(spent), ...(costUsd === undefined ? {} : { costUsd }) };
}

function sumBills(bills: readonly Bill[]): Bill {
  const usage: Record<string, number> = {};
  for (const bill of bills) {
    for (const [name, value] of Object.entries(bill.usage)) usage[name] = (usage[name] ?? 0) + value;
  }
  return { usage, ...sumCosts(bills.map(({ costUsd }) => costUsd)) };
}

function sumCosts(costs: readonly (number | undefined)[]): { readonly costUsd?: number } {
  const known = costs.filter((cost) => cost !== undefined);
  return known.length === 0 ? {} : { costUsd: known.reduce((sum, cost) => sum + cost, 0) };
}

function numbersOf(told: unknown): UsageSums {
  if (!isJsonObject(told)) return {};
  return Object.fromEntries(
    Object.entries(told).filter((field): field is [string, number] => typeof field[1] === "number"),
  );
}

function fieldsOf(data: Encoded, journal: Journal): JsonObject {
  const fields = journal.decode(data);
  return isJsonObject(fields) ? fields : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function given<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: string });
}
