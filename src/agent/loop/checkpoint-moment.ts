/**
 * Takes checkpoints of a running loop, and puts a loop where a checkpoint was taken.
 *
 * At a boundary only a *mark* is made: the facts, and of each list how long it is. Lists only grow, and a history that
 * becomes another one leaves the old one as it was, so the checkpoint can be made of its mark at any later time.
 */

import type { AppendList } from "../../base/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { rememberCall } from "../policies/loop-detection.ts";
import { type Note, spelledNote } from "../policies/recorder.ts";
import type { SkillOptions, SkillScope } from "../policies/skills.ts";
import type { TurnPosition } from "../turn/harness.ts";
import type { TurnState } from "../turn/turn-state.ts";
import {
  type AgentCheckpoint,
  CHECKPOINT_LISTS,
  CHECKPOINT_VERSION,
  type CheckpointFacts,
  type CheckpointLists,
  type CheckpointMoment,
  type Growth,
  type LoopRecord,
} from "./checkpoint.ts";
import type { DaemonState } from "./daemon.ts";
import type { LoopState } from "./loop-state.ts";

/** Everything of a loop that is not in its turn. */
export interface LoopParts {
  readonly state: LoopState;
  readonly skills: SkillScope;
  readonly daemon: DaemonState | undefined;
}

/** A set keeps the order in which its members came. */
type Grown<T> = readonly T[] | ReadonlySet<T> | AppendList<T>;

interface Mark {
  readonly turn: number;
  /** Notes are spelt out when somebody reads them. */
  readonly lists: {
    readonly [K in keyof CheckpointLists]: K extends "notes" ? AppendList<Note> : Grown<CheckpointLists[K]>;
  };
  /** How much of each list there was. */
  readonly lengths: Readonly<Record<keyof CheckpointLists, number>>;
  readonly historyEpoch: number;
  readonly text: string;
  readonly facts: CheckpointFacts;
}

/** Makes the moments of one loop. `isContinued`: the first has nothing new for whoever the loop goes on from. */
export function checkpointMoments(parts: LoopParts, isContinued: boolean): (turn: TurnState) => CheckpointMoment {
  let told: Mark | undefined;
  let awaitsFirst = isContinued;
  return (turn) => {
    const mark = markOf(parts, turn);
    if (awaitsFirst) told = mark;
    awaitsFirst = false;
    return {
      turn: mark.turn,
      whole: () => checkpointOf(parts.state, mark, undefined),
      split: () => ({
        checkpoint: checkpointOf(parts.state, { ...mark, lengths: { ...mark.lengths, ...NO_RECORD } }, undefined),
        record: recordOf(parts.state),
      }),
      changes() {
        const since = told;
        told = mark;
        return checkpointOf(parts.state, mark, since);
      },
    };
  };
}

const NO_RECORD = { events: 0, notes: 0, trace: 0 };

function recordOf({ notes: { events, notes }, trace }: LoopState): LoopRecord {
  return { events, notes, trace };
}

function markOf({ state, skills, daemon }: LoopParts, turn: TurnState): Mark {
  const { recorded, trace, toolsUsed, calls, notes, grants } = state;
  return {
    turn: turn.stepIndex,
    lists: {
      messages: turn.history,
      recorded,
      events: notes.events,
      notes: notes.notes,
      trace,
      toolsUsed,
      calls: calls.seen,
      callIds: turn.callIds ?? [],
      grants,
    },
    lengths: {
      messages: turn.history.length,
      recorded: recorded.length,
      events: notes.events.length,
      notes: notes.notes.length,
      trace: trace.length,
      toolsUsed: toolsUsed.length,
      calls: calls.seen.length,
      callIds: turn.callIds?.size ?? 0,
      grants: grants.size,
    },
    historyEpoch: turn.historyEpoch,
    text: state.totalText,
    facts: {
      clock: clockOf(state),
      iterations: state.iterations,
      resumedIterations: state.resumedIterations,
      textOnlyTurns: state.textOnlyTurns,
      singleToolTurns: state.singleToolTurns,
      nativeFallbacks: state.nativeFallbacks,
      ledgerRejections: state.ledgerRejections,
      recordedUpTo: state.recordedUpTo,
      inheritedEvents: notes.inherited,
      compactAtLength: turn.compactAtLength,
      ranTools: turn.ranTools,
      lastText: state.lastText,
      daemonState: state.daemonState,
      summary: state.summary ?? null,
      daemonSnapshotPath: state.daemonSnapshotPath ?? null,
      lastRunExitCode: state.lastRunExitCode ?? null,
      successfulTools: [...state.successfulTools],
      rejectedTools: [...state.rejectedTools],
      deferredMessages: [...state.deferredMessages],
      promotedTools: [...turn.promoted],
      activeSkills: skills.active.map((skill) => skill.name),
      loadedSkills: skills.loaded.map(({ skill, prompt }) => ({ name: skill.name, prompt })),
      ledger: state.ledger,
      spent: turn.accounts.spent ?? null,
      lost: turn.accounts.lost ?? null,
      delegated: turn.accounts.delegated ?? null,
      daemon: daemon === undefined ? null : { backoffMs: daemon.backoffMs, watch: { ...daemon.watch } },
    },
  };
}

function clockOf({ options, host, startedMs }: LoopState): CheckpointFacts["clock"] {
  return options.clockGoesOn === true
    ? { kind: "started", ms: startedMs }
    : { kind: "elapsed", ms: host.sync("clock.monotonic", {}) - startedMs };
}

function checkpointOf({ sessionId }: LoopState, mark: Mark, since: Mark | undefined): AgentCheckpoint {
  const keepsHistory = since?.historyEpoch === mark.historyEpoch;
  const growth = (name: keyof CheckpointLists): Growth<unknown> => {
    const keep = since === undefined || (name === "messages" && !keepsHistory) ? 0 : since.lengths[name];
    if (name === "notes") return { keep, append: mark.lists.notes.slice(keep, mark.lengths.notes).map(spelledNote) };
    const list = mark.lists[name] as Exclude<Grown<unknown>, ReadonlySet<unknown>> | Set<unknown>;
    return { keep, append: (list instanceof Set ? [...list] : list).slice(keep, mark.lengths[name]) };
  };
  const keep = since?.text.length ?? 0;
  return {
    version: CHECKPOINT_VERSION,
    sessionId,
    turn: mark.turn,
    lists: Object.fromEntries(
      CHECKPOINT_LISTS.map((name) => [name, growth(name)]),
    ) as unknown as AgentCheckpoint["lists"],
    text: { keep, append: mark.text.slice(keep) },
    facts: mark.facts,
  };
}

// ---- Going on ----------------------------------------------------------------------------------------------------------

/** Milliseconds on the monotonic clock at which a loop that goes on from there would have begun. */
export function startedMsOf({ facts: { clock } }: AgentCheckpoint, nowMs: () => number): number {
  return clock.kind === "started" ? clock.ms : nowMs() - clock.ms;
}

export function daemonOf({ facts: { daemon } }: AgentCheckpoint): DaemonState | undefined {
  return daemon === null ? undefined : { backoffMs: daemon.backoffMs, watch: { ...daemon.watch } };
}

/** Puts a new loop where the checkpoint was taken; gives back where its turn goes on. */
export function restoreLoop(
  { lists, text, facts, turn }: AgentCheckpoint,
  state: LoopState,
  skills: SkillScope,
  known: SkillOptions["skills"] = [],
): TurnPosition {
  const fill = <T>(list: { push(item: T): unknown }, growth: Growth<T>) => {
    for (const item of growth.append) list.push(item);
  };
  fill(state.recorded, lists.recorded);
  fill(state.notes.events, lists.events);
  fill(state.notes.notes, lists.notes);
  fill(state.trace, lists.trace);
  fill(state.toolsUsed, lists.toolsUsed);
  for (const seen of lists.calls.append) rememberCall(state.calls, seen);
  state.notes.inherited = facts.inheritedEvents;
  state.totalText = text.append;
  state.lastText = facts.lastText;
  state.summary = facts.summary ?? undefined;
  state.iterations = facts.iterations;
  state.resumedIterations = facts.resumedIterations;
  state.recordedUpTo = facts.recordedUpTo;
  state.textOnlyTurns = facts.textOnlyTurns;
  state.singleToolTurns = facts.singleToolTurns;
  state.nativeFallbacks = facts.nativeFallbacks;
  state.ledgerRejections = facts.ledgerRejections;
  state.lastRunExitCode = facts.lastRunExitCode ?? undefined;
  state.successfulTools.push(...facts.successfulTools);
  state.rejectedTools.push(...facts.rejectedTools);
  state.deferredMessages.push(...facts.deferredMessages);
  for (const grant of lists.grants.append) state.grants.add(grant);
  state.daemonState = facts.daemonState;
  state.daemonSnapshotPath = facts.daemonSnapshotPath ?? undefined;
  const named = (name: string) => known.filter((skill) => skill.name === name).slice(0, 1);
  skills.active = facts.activeSkills.flatMap(named);
  skills.loaded = facts.loadedSkills.flatMap(({ name, prompt }) => named(name).map((skill) => ({ skill, prompt })));
  const history: readonly RecordedMessage[] = lists.messages.append;
  return {
    history,
    stepIndex: turn,
    ranTools: facts.ranTools,
    promoted: facts.promotedTools,
    callIds: lists.callIds.append,
    accounts: {
      spent: facts.spent ?? undefined,
      lost: facts.lost ?? undefined,
      delegated: facts.delegated ?? undefined,
    },
    compactAtLength: facts.compactAtLength,
  };
}
