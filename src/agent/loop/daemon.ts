/**
 * Daemon mode: instead of ending, the loop idles until something happens (DAEMON-02 … DAEMON-08).
 *
 *     active --text-only turn--> idle --message | resume | watched file | timer--> active
 *                                  `--no way to be woken--> ends `idle`;  nothing for too long --> ends `watchdog`
 */

import { HarnError, type Host, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { firstEvents, inheritEvents, noteCount } from "../context/event-notes.ts";
import { messageDicts, readMessageDicts } from "../context/message-dict.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { feedbackMessage } from "../policies/feedback.ts";
import { thrownText } from "../tools/outcome.ts";
import { compactAtRest } from "../turn/compact-phase.ts";
import type { Decision, Policy } from "../turn/policy.ts";
import { appendMessages, type TurnState } from "../turn/turn-state.ts";
import type { LoopState } from "./loop-state.ts";
import type { DaemonOptions } from "./options.ts";
import { CONTINUE } from "./step-record.ts";
import { deliverMessages } from "./turn-start.ts";

/** Modification times of watched files, milliseconds, 0 for a file that is not there. */
export type WatchState = Record<string, number>;

export interface DaemonState {
  watch: WatchState;
  /** Milliseconds of the next wait without a timer: 100, then 500, 1,000, 2,000. */
  backoffMs: number;
}

const FIRST_BACKOFF_MS = 100;
const BACKOFF_STEPS_MS = [500, 1000, 2000];

export async function createDaemonState(host: Host, options: DaemonOptions): Promise<DaemonState> {
  return { watch: await readWatchState(host, options.watchPaths ?? []), backoffMs: FIRST_BACKOFF_MS };
}

export function daemonPolicy(state: LoopState, options: DaemonOptions, daemon: DaemonState): Policy {
  return {
    name: "daemon",
    prepare() {
      if (state.textOnlyTurns === 0) daemon.backoffMs = FIRST_BACKOFF_MS;
      return undefined;
    },
    async decide(turn, { answer }) {
      if (answer.calls.length > 0 || state.persistent) return undefined;
      state.daemonState = "idle";
      if (options.consolidateOnIdle === true) await compactAtRest(turn);
      await saveSnapshot(state, turn.history, options, daemon);
      if (!canWake(state, options)) return { kind: "stop", stopReason: "idle" };
      const decision = await idle(state, turn, options, daemon);
      await state.options.ports?.idle?.(undefined);
      return decision;
    },
  };
}

/** DAEMON-04: someone who could send a message or a resume, a timer, or files to watch. */
function canWake({ options }: LoopState, { wakeIntervalMs, watchPaths = [] }: DaemonOptions): boolean {
  const { takeMessages, takeResume } = options.ports ?? {};
  return (
    takeMessages !== undefined || takeResume !== undefined || wakeIntervalMs !== undefined || watchPaths.length > 0
  );
}

async function idle(state: LoopState, turn: TurnState, options: DaemonOptions, daemon: DaemonState): Promise<Decision> {
  const { host } = state;
  const started = host.sync("clock.monotonic", {});
  for (let attempts = 1; ; attempts++) {
    await state.options.ports?.idle?.({
      iteration: state.iterations,
      backoff_ms: daemon.backoffMs,
      persist_path: state.daemonSnapshotPath ?? null,
      watch_paths: options.watchPaths ?? [],
    });
    await host.perform("sleep", { ms: options.wakeIntervalMs ?? daemon.backoffMs }, turn.stop);
    const reason = await wakeReason(state, turn, options, daemon);
    if (reason !== undefined) {
      wake(state, turn, reason);
      return CONTINUE;
    }
    if (options.idleWatchdogAttempts !== undefined && attempts >= options.idleWatchdogAttempts) {
      const elapsed = Math.round(host.sync("clock.monotonic", {}) - started);
      await state.recorder.live({ type: "daemon_watchdog_tripped", attempts, elapsed_ms: elapsed });
      return { kind: "stop", stopReason: "watchdog" };
    }
    daemon.backoffMs = BACKOFF_STEPS_MS.find((step) => step > daemon.backoffMs) ?? BACKOFF_STEPS_MS.at(-1)!;
  }
}

interface WakeReason {
  readonly reason: "message" | "resume" | "watch" | "timer";
  readonly changed: readonly string[];
  readonly feedback?: string;
}

/** DAEMON-05: in order of priority. */
async function wakeReason(
  state: LoopState,
  turn: TurnState,
  options: DaemonOptions,
  daemon: DaemonState,
): Promise<WakeReason | undefined> {
  const resumed = (await state.options.ports?.takeResume?.()) === true;
  const hasMessages = await deliverMessages(state, turn, "turn_start");
  const changed = await changedPaths(state.host, options.watchPaths ?? [], daemon.watch);
  if (hasMessages) return { reason: "message", changed };
  if (resumed) return { reason: "resume", changed };
  if (changed.length > 0) {
    const feedback = `Woken because watched files changed: ${changed.join(", ")}. Look at the task again, and act only if something needs to be done.`;
    return { reason: "watch", changed, feedback };
  }
  if (options.wakeIntervalMs === undefined) return undefined;
  const feedback =
    "Woken by the timer. Look for work, and act only if there is something new or something left to follow up.";
  return { reason: "timer", changed, feedback };
}

function wake(state: LoopState, turn: TurnState, { reason, changed, feedback }: WakeReason): void {
  if (feedback !== undefined) appendMessages(turn, [feedbackMessage(reason, feedback)]);
  state.recorder.transcript({
    kind: "daemon_wake",
    role: "system",
    visibility: "internal",
    text: reason,
    metadata: { reason, watch_paths: changed, resumed: reason === "resume" },
  });
  state.daemonState = "active";
  state.textOnlyTurns = 0;
}

// ---- Watching --------------------------------------------------------------------------------------------------------

async function modifiedMs(host: Host, path: string): Promise<number> {
  try {
    return (await host.perform("fs.stat", { path }))?.modifiedMs ?? 0;
  } catch {
    return 0;
  }
}

async function readWatchState(host: Host, paths: readonly string[]): Promise<WatchState> {
  const state: WatchState = {};
  for (const path of paths) state[path] = await modifiedMs(host, path);
  return state;
}

/** DAEMON-07: a file that is gone or new is no change; times are compared as exactly as the host gives them. */
async function changedPaths(host: Host, paths: readonly string[], watch: WatchState): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const path of paths) {
    const before = watch[path] ?? 0;
    const now = await modifiedMs(host, path);
    if (before !== 0 && now !== 0 && now !== before) changed.push(path);
    watch[path] = now;
  }
  return changed;
}

// ---- Snapshots -------------------------------------------------------------------------------------------------------

/** DAEMON-08. Where there is nowhere to write it, nothing happens. */
export async function saveSnapshot(
  state: LoopState,
  history: readonly RecordedMessage[],
  options: DaemonOptions,
  daemon: DaemonState,
): Promise<void> {
  const path = options.persistPath ?? options.resumePath;
  if (path === undefined) return;
  const { host } = state;
  const snapshot: JsonObject = {
    _type: "daemon_snapshot",
    saved_at: new Date(host.sync("clock.now", {})).toISOString(),
    daemon_state: state.daemonState,
    visible_messages: messageDicts(history),
    recorded_messages: messageDicts(state.recorded),
    transcript_summary: state.summary ?? null,
    transcript_events: firstEvents(state.host, state.notes, noteCount(state.notes)),
    total_text: state.totalText,
    last_iteration_text: state.lastText,
    all_tools_used: state.toolsUsed,
    rejected_tools: state.rejectedTools,
    deferred_user_messages: state.deferredMessages,
    total_iterations: state.iterations,
    idle_backoff_ms: daemon.backoffMs,
    last_run_exit_code: state.lastRunExitCode ?? null,
    watch_state: daemon.watch,
  };
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  try {
    if (folder !== "") await host.perform("fs.mkdir", { path: folder });
    await host.perform("fs.write", { path: `${path}.tmp`, data: JSON.stringify(snapshot, null, 2), sync: true });
    await host.perform("fs.move", { from: `${path}.tmp`, to: path, sync: true });
  } catch (thrown) {
    throw new HarnError("agent.daemon_snapshot", `daemon snapshot write error: ${thrownText(thrown)}`, {
      cause: thrown,
    });
  }
  state.daemonSnapshotPath = path;
}

/** Restores a loop from a snapshot; gives back its history. @throws HarnError `agent.daemon_snapshot` */
export async function loadSnapshot(
  state: LoopState,
  path: string,
  daemon: DaemonState,
): Promise<readonly RecordedMessage[]> {
  const snapshot = await readSnapshot(state.host, path);
  const texts = (key: string): readonly string[] => list(snapshot[key]).filter((item) => typeof item === "string");
  const number = (key: string): number => (typeof snapshot[key] === "number" ? (snapshot[key] as number) : 0);
  state.daemonState = typeof snapshot["daemon_state"] === "string" ? snapshot["daemon_state"] : "active";
  state.recorded.push(...readMessageDicts(list(snapshot["recorded_messages"])));
  inheritEvents(state.notes, list(snapshot["transcript_events"]).filter(isJsonObject));
  if (typeof snapshot["transcript_summary"] === "string") state.summary = snapshot["transcript_summary"];
  state.totalText = typeof snapshot["total_text"] === "string" ? snapshot["total_text"] : "";
  state.lastText = typeof snapshot["last_iteration_text"] === "string" ? snapshot["last_iteration_text"] : "";
  state.toolsUsed.push(...texts("all_tools_used"));
  state.rejectedTools.push(...texts("rejected_tools"));
  state.deferredMessages.push(...texts("deferred_user_messages"));
  state.iterations = number("total_iterations");
  state.resumedIterations = state.iterations;
  if (typeof snapshot["last_run_exit_code"] === "number") state.lastRunExitCode = snapshot["last_run_exit_code"];
  daemon.backoffMs = Math.max(1, number("idle_backoff_ms") || FIRST_BACKOFF_MS);
  const watch = snapshot["watch_state"];
  if (isJsonObject(watch)) {
    for (const [file, time] of Object.entries(watch)) if (typeof time === "number") daemon.watch[file] = time;
  }
  state.daemonSnapshotPath = path;
  return readMessageDicts(list(snapshot["visible_messages"]));
}

async function readSnapshot(host: Host, path: string): Promise<JsonObject> {
  let text: string;
  try {
    text = new TextDecoder().decode(await host.perform("fs.read", { path }));
  } catch (thrown) {
    throw new HarnError("agent.daemon_snapshot", `daemon snapshot read error: ${thrownText(thrown)}`, {
      cause: thrown,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw new HarnError("agent.daemon_snapshot", "daemon snapshot parse error: the file holds no JSON", {
      cause: thrown,
    });
  }
  if (!isJsonObject(value) || (value["_type"] ?? "daemon_snapshot") !== "daemon_snapshot") {
    throw new HarnError("agent.daemon_snapshot", `daemon snapshot parse error: ${path} holds no daemon snapshot`);
  }
  return value;
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
