/** Looking at runs and branching off from them; everything here reads a store and starts nothing. */

import { HarnError, isJsonObject, type JsonObject } from "../base/index.ts";
import { blobsBehind } from "./blob-references.ts";
import { beginJournal, type Journal, type NewRun, openJournal } from "./journal.ts";
import { andThen } from "./maybe-promise.ts";
import { checkVersion, migrateEntry } from "./migrations.ts";
import {
  type Encoded,
  type Entry,
  JOURNAL_VERSION,
  type JournalStore,
  type MaybePromise,
  type Outcome,
  type RunInfo,
  type SnapshotState,
  type StartEntry,
  type SyncEntry,
} from "./spec.ts";
import { parseStoredJson } from "./value-codec.ts";

export function listRuns(store: JournalStore): MaybePromise<readonly RunInfo[]> {
  return store.list();
}

/** One effect as a whole: request, answer, cost, time. */
export interface EffectRecord {
  readonly seq: number;
  /** Entry at which it was over; absent while in flight. */
  readonly endSeq?: number;
  readonly task: string;
  readonly kind: string;
  readonly digest: string;
  readonly args: Encoded;
  readonly outcome: Outcome | "in-flight";
  readonly result?: Encoded;
  readonly error?: Encoded;
  readonly usage?: Encoded;
  /** Number of stream items. */
  readonly chunks: number;
  /**
   * How often it was, or may have been, performed: more than once when the run stopped while it was under way. A
   * provider may bill each time.
   */
  readonly attempts: number;
  readonly startMs: number;
  readonly endMs?: number;
}

/** Puts the entries of each effect together, in order of request. */
export function foldEffects(entries: readonly Entry[]): readonly EffectRecord[] {
  const effects = new Map<number, EffectRecord>();
  const underWay = new Set<number>();
  for (const entry of entries) {
    switch (entry.type) {
      case "sync":
        effects.set(entry.seq, {
          ...requestOf(entry),
          endSeq: entry.seq,
          outcome: entry.error === undefined ? "done" : "failed",
          endMs: entry.timeMs,
          ...answerOf(entry),
        });
        break;
      case "start":
        effects.set(entry.seq, { ...requestOf(entry), outcome: "in-flight" });
        underWay.add(entry.seq);
        break;
      case "chunk": {
        const effect = effects.get(entry.of);
        if (effect) effects.set(entry.of, { ...effect, chunks: effect.chunks + 1 });
        break;
      }
      case "end": {
        const effect = effects.get(entry.of);
        if (!effect) break;
        effects.set(entry.of, {
          ...effect,
          endSeq: entry.seq,
          outcome: entry.outcome,
          endMs: entry.timeMs,
          ...answerOf(entry),
          ...(entry.usage === undefined ? {} : { usage: entry.usage }),
          attempts: effect.attempts - (entry.unperformed ? 1 : 0),
        });
        underWay.delete(entry.of);
        break;
      }
      case "resume":
        for (const seq of underWay) {
          const effect = effects.get(seq);
          if (effect) effects.set(seq, { ...effect, attempts: effect.attempts + 1 });
        }
        break;
    }
  }
  return [...effects.values()];
}

function requestOf(entry: SyncEntry | StartEntry) {
  const { seq, task, kind, digest, args, timeMs } = entry;
  return { seq, task, kind, digest, args, chunks: 0, attempts: 1, startMs: timeMs };
}

function answerOf(entry: { readonly result?: Encoded; readonly error?: Encoded }) {
  return {
    ...(entry.result === undefined ? {} : { result: entry.result }),
    ...(entry.error === undefined ? {} : { error: entry.error }),
  };
}

/** A task with what it asked for and the tasks below it (`main/1` and `main:spawn:1` are below `main`). */
export interface TaskNode {
  readonly task: string;
  readonly effects: readonly EffectRecord[];
  readonly children: readonly TaskNode[];
  /** Sums of the numeric usage fields of this task and all below it, such as `inputTokens`. */
  readonly usage: Readonly<Record<string, number>>;
  /** What this task and all below it cost, US dollars; absent when no price is known. */
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

/** What stands between the name of a task and the rest of its child's name. */
const SEPARATORS: ReadonlySet<string> = new Set(["/", ":"]);

/** A run as a tree of tasks. */
export function showRun(journal: Journal, options: ShowOptions = {}): RunView {
  const byTask = new Map<string, EffectRecord[]>();
  for (const effect of foldEffects(journal.entries)) {
    const known = byTask.get(effect.task);
    if (known) known.push(effect);
    else byTask.set(effect.task, [effect]);
  }
  const parentOf = (task: string): string | undefined => {
    for (let cut = task.length - 1; cut > 0; cut--) {
      if (SEPARATORS.has(task[cut]!) && byTask.has(task.slice(0, cut))) return task.slice(0, cut);
    }
    return undefined;
  };
  const childrenOf = new Map<string | undefined, string[]>();
  for (const task of byTask.keys()) {
    const parent = parentOf(task);
    const siblings = childrenOf.get(parent);
    if (siblings) siblings.push(task);
    else childrenOf.set(parent, [task]);
  }
  const build = (task: string): TaskNode => {
    const children = (childrenOf.get(task) ?? []).map(build);
    const effects = byTask.get(task) ?? [];
    const told = effects.filter((effect) => effect.usage !== undefined);
    const own = told.map((effect) => timesUsage(journal.decode(effect.usage!), effect.attempts));
    const costs = told.map((effect, at) => options.costOf?.(journal.decode(effect.args), own[at]));
    return {
      task,
      effects,
      children,
      usage: sumUsage([...own, ...children.map((child) => child.usage)]),
      ...sumCosts([...costs, ...children.map((child) => child.costUsd)]),
    };
  };
  const tasks = (childrenOf.get(undefined) ?? []).map(build);
  return {
    info: journal.info,
    entries: journal.entries.length,
    resumes: journal.entries.filter((entry) => entry.type === "resume").length,
    tasks,
    ...(options.snapshot && { snapshot: options.snapshot }),
    ...sumCosts(tasks.map((task) => task.costUsd)),
  };
}

function snapshotLine({ info, snapshot }: RunView): readonly string[] {
  if (info.status !== "running") return [];
  if (snapshot === undefined) return ["  no snapshot yet: a resume plays all entries"];
  if (snapshot.type === "taken") return [`  snapshot before entry ${snapshot.seq}, ${snapshot.chars} characters`];
  return [`  no snapshot, since at entry ${snapshot.seq} there was ${snapshot.reason}`];
}

function sumCosts(costs: readonly (number | undefined)[]): { readonly costUsd?: number } {
  const known = costs.filter((cost) => cost !== undefined);
  return known.length === 0 ? {} : { costUsd: known.reduce((sum, cost) => sum + cost, 0) };
}

/** An attempt whose answer was lost in a crash is taken to have cost what the one cost that replaced it. */
function timesUsage(usage: unknown, attempts: number): unknown {
  if (attempts === 1 || !isJsonObject(usage)) return usage;
  const times = Object.entries(usage).map(([name, value]) => [
    name,
    typeof value === "number" ? value * attempts : value,
  ]);
  return Object.fromEntries(times);
}

function sumUsage(usages: readonly unknown[]): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const usage of usages) {
    if (!isJsonObject(usage)) continue;
    for (const [name, value] of Object.entries(usage)) {
      if (typeof value === "number") sum[name] = (sum[name] ?? 0) + value;
    }
  }
  return sum;
}

export interface RenderOptions {
  /** Which effects get a line; default: all. */
  readonly shows?: (effect: EffectRecord) => boolean;
  /** Put behind an effect's name; default: nothing. */
  readonly describe?: (effect: EffectRecord) => string;
}

/** The tree as lines of text, two spaces per level. */
export function renderRun(view: RunView, options: RenderOptions = {}): string {
  const { info } = view;
  const { shows = () => true, describe = () => "" } = options;
  const money = (costUsd: number | undefined) => (costUsd === undefined ? [] : [`$${costUsd.toFixed(6)}`]);
  const lines = [
    `run ${info.id}  ${info.status}  ${view.entries} entries${view.resumes ? `, resumed ${view.resumes}×` : ""}`,
  ];
  if (view.costUsd !== undefined) lines[0] += `, ${money(view.costUsd)[0]}`;
  if (info.parent) lines.push(`  forked from ${info.parent.run} at ${info.parent.seq}`);
  lines.push(...snapshotLine(view));
  const visit = (node: TaskNode, depth: number): void => {
    const pad = "  ".repeat(depth);
    const usage = [...Object.entries(node.usage).map(([name, value]) => `${name} ${value}`), ...money(node.costUsd)];
    lines.push(`${pad}${node.task}${usage.length > 0 ? `  (${usage.join(", ")})` : ""}`);
    for (const effect of node.effects.filter(shows)) {
      const took = effect.endMs === undefined ? "" : `  ${effect.endMs - effect.startMs} ms`;
      const items = effect.chunks > 0 ? `  ${effect.chunks} items` : "";
      const again = effect.attempts > 1 ? `  ${effect.attempts} attempts` : "";
      lines.push(`${pad}  #${effect.seq} ${effect.kind}${describe(effect)}  ${effect.outcome}${items}${took}${again}`);
    }
    for (const child of node.children) visit(child, depth + 1);
  };
  for (const task of view.tasks) visit(task, 1);
  return `${lines.join("\n")}\n`;
}

/**
 * Copies the first entries of a run into a new one, up to and including `atSeq`, for resuming it from there. What was in
 * flight at that point is in doubt in the fork, like after a crash.
 *
 * @param atSeq -1 takes over nothing
 * @throws HarnError `journal.not_found`, `journal.exists`, `journal.out_of_range`
 */
export function forkRun(
  store: JournalStore,
  source: string,
  atSeq: number,
  fork: Omit<NewRun, "parent">,
): MaybePromise<Journal> {
  return andThen(store.load(source), (stored) => {
    if (!stored)
      throw new HarnError("journal.not_found", `Expected a run with id \`${source}\` in the store, found none`);
    if (!Number.isSafeInteger(atSeq) || atSeq < -1 || atSeq >= stored.rows.length) {
      throw new HarnError(
        "journal.out_of_range",
        `Expected an entry from -1 to ${stored.rows.length - 1} of run \`${source}\`, found ${atSeq}`,
      );
    }
    checkVersion(stored.info.version);
    const rows = stored.rows
      .slice(0, atSeq + 1)
      .map((row) =>
        stored.info.version === JOURNAL_VERSION ? row : { seq: row.seq, body: migrated(row.body, stored.info.version) },
      );
    const blobs = blobsBehind(rows, stored.blobs);
    const inherited: Partial<NewRun> = {
      ...(stored.info.program === undefined ? {} : { program: stored.info.program }),
      ...(stored.info.meta === undefined ? {} : { meta: stored.info.meta }),
    };
    return andThen(beginJournal(store, { ...inherited, ...fork, parent: { run: source, seq: atSeq } }), () =>
      andThen(store.append(fork.id, { rows, blobs, durable: true }), () => openJournal(store, fork.id)),
    );
  });
}

function migrated(body: string, version: number): string {
  const entry: JsonObject = migrateEntry(parseStoredJson(body, "a journal entry"), version);
  return JSON.stringify(entry);
}
