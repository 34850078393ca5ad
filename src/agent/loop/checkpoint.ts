/**
 * An agent loop between two turns, as JSON: {@link AgentLoopOptions.onCheckpoint} gives it, {@link AgentLoopOptions.from}
 * goes on from it.
 *
 * What a loop knows is a few lists that grow at their ends, and a handful of *facts* of constant size. A checkpoint holds
 * the facts, and of each list what is new: of `keep` entries the reader has the text already, the rest is in `append`. A
 * *whole* checkpoint keeps nothing. So a file with one checkpoint per line grows by what each turn brings, and is read by
 * joining its lines.
 *
 * Not in it: the options. Tools, hooks, the model, rules and prompts are given again by whoever goes on; the conversation,
 * the prompt included, comes from the checkpoint.
 *
 * Versions: 1 (2026): first.
 */

import { type AppendList, HarnError, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { AgentTraceEvent, Usage } from "../../llm/index.ts";
import { decodeMessage, decodeUsage } from "../context/context-line.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import type { SeenCall } from "../policies/loop-detection.ts";
import type { Note, TranscriptNote } from "../policies/recorder.ts";
import { decodeLedger, type TaskLedger } from "../policies/task-ledger.ts";
import type { TurnUsage } from "../turn/usage.ts";

export const CHECKPOINT_VERSION = 1;

export interface AgentCheckpoint {
  readonly version: typeof CHECKPOINT_VERSION;
  readonly sessionId: string;
  /** Zero-based index of the turn that comes next. */
  readonly turn: number;
  readonly lists: { readonly [K in keyof CheckpointLists]: Growth<CheckpointLists[K]> };
  /** What the model has said so far, in all turns; `keep` counts UTF-16 units. */
  readonly text: { readonly keep: number; readonly append: string };
  readonly facts: CheckpointFacts;
}

export interface Growth<T> {
  readonly keep: number;
  readonly append: readonly T[];
}

/** What each list holds. */
export interface CheckpointLists {
  /** The conversation, as the model is sent it. */
  readonly messages: RecordedMessage;
  /** A daemon's full record. */
  readonly recorded: RecordedMessage;
  /** Events of the transcript that have been given their ids, and what happened besides. */
  readonly events: JsonObject;
  readonly notes: TranscriptNote;
  readonly trace: AgentTraceEvent;
  readonly toolsUsed: string;
  readonly calls: SeenCall;
  /** Ids of calls, which no later call may have. */
  readonly callIds: string;
  /** Permissions that hold for the session. */
  readonly grants: string;
}

export const CHECKPOINT_LISTS = [
  "messages",
  "recorded",
  "events",
  "notes",
  "trace",
  "toolsUsed",
  "calls",
  "callIds",
  "grants",
] as const;

/** Of constant size, apart from names of tools and skills. Fields are those of the loop's and the turn's state. */
export interface CheckpointFacts {
  readonly clock: CheckpointClock;
  readonly iterations: number;
  readonly resumedIterations: number;
  readonly textOnlyTurns: number;
  readonly singleToolTurns: number;
  readonly nativeFallbacks: number;
  readonly ledgerRejections: number;
  readonly recordedUpTo: number;
  readonly inheritedEvents: number;
  readonly compactAtLength: number;
  readonly ranTools: boolean;
  readonly lastText: string;
  readonly daemonState: string;
  readonly summary: string | null;
  readonly daemonSnapshotPath: string | null;
  readonly lastRunExitCode: number | null;
  readonly successfulTools: readonly string[];
  readonly rejectedTools: readonly string[];
  readonly deferredMessages: readonly string[];
  readonly promotedTools: readonly string[];
  readonly activeSkills: readonly string[];
  readonly loadedSkills: readonly { readonly name: string; readonly prompt: string }[];
  readonly ledger: TaskLedger;
  readonly spent: TurnUsage | null;
  readonly lost: Usage | null;
  readonly delegated: Usage | null;
  readonly daemon: { readonly backoffMs: number; readonly watch: Readonly<Record<string, number>> } | null;
}

/** What a loop notes in every turn and only hands over when it ends: nothing in it is looked at before. */
export interface LoopRecord {
  readonly events: AppendList<JsonObject>;
  readonly notes: AppendList<Note>;
  readonly trace: AppendList<AgentTraceEvent>;
}

/** `started`: a reading of a clock that goes on with the run; `elapsed`: how long the loop has run. Milliseconds. */
export type CheckpointClock =
  | { readonly kind: "started"; readonly ms: number }
  | { readonly kind: "elapsed"; readonly ms: number };

/** A boundary between two turns. Whoever does not ask for the checkpoint pays nothing for it. */
export interface CheckpointMoment {
  readonly turn: number;
  /** All that is needed to go on from here. The same whenever it is asked for, also when the loop has gone on. */
  whole(): AgentCheckpoint;
  /**
   * All that is needed, as it is in this process: `record` grows on with the loop, so it is to be looked at before the loop
   * goes on. Costs what the conversation costs, however long the record is.
   */
  split(): { readonly checkpoint: AgentCheckpoint; readonly record: LoopRecord };
  /** What is new since the last moment that was asked for its changes, or since the checkpoint that the loop began from. */
  changes(): AgentCheckpoint;
}

/**
 * One whole checkpoint of several that follow each other; the first must be whole. Takes what `JSON.parse` gave.
 *
 * @throws HarnError `agent.checkpoint` for another version, for what is no checkpoint, and when one in between is missing
 */
export function joinCheckpoints(checkpoints: unknown): AgentCheckpoint {
  const parts: readonly unknown[] = Array.isArray(checkpoints) ? checkpoints : [checkpoints];
  const joined = {
    messages: [],
    recorded: [],
    events: [],
    notes: [],
    trace: [],
    toolsUsed: [],
    calls: [],
    callIds: [],
    grants: [],
  } as {
    [K in keyof CheckpointLists]: CheckpointLists[K][];
  };
  let text = "";
  let last: AgentCheckpoint | undefined;
  for (const part of parts) {
    const next = decodeCheckpoint(part);
    for (const name of CHECKPOINT_LISTS) extend(joined[name] as unknown[], next.lists[name], name);
    if (next.text.keep > text.length) throw gap("text");
    text = text.slice(0, next.text.keep) + next.text.append;
    last = next;
  }
  if (last === undefined) throw malformed("at least one checkpoint", checkpoints);
  return { ...last, lists: wholeLists(joined), text: { keep: 0, append: text } };
}

export function wholeLists(
  lists: {
    readonly [K in keyof CheckpointLists]: readonly CheckpointLists[K][];
  },
): AgentCheckpoint["lists"] {
  return Object.fromEntries(
    CHECKPOINT_LISTS.map((name) => [name, { keep: 0, append: lists[name] }]),
  ) as unknown as AgentCheckpoint["lists"];
}

function extend(list: unknown[], { keep, append }: Growth<unknown>, name: string): void {
  if (keep > list.length) throw gap(name);
  list.length = keep;
  for (const item of append) list.push(item);
}

function gap(name: string): HarnError {
  return new HarnError(
    "agent.checkpoint",
    `Expected checkpoints without a gap, found one whose \`${name}\` go on from more than there is; start with a whole one`,
  );
}

// ---- Reading -----------------------------------------------------------------------------------------------------------

function decodeCheckpoint(value: unknown): AgentCheckpoint {
  if (!isJsonObject(value) || typeof value["version"] !== "number") throw malformed("an agent checkpoint", value);
  const { version } = value;
  if (version !== CHECKPOINT_VERSION) {
    throw new HarnError(
      "agent.checkpoint",
      `Expected an agent checkpoint of version ${CHECKPOINT_VERSION}, found version ${version}; go on with the release that wrote it`,
      { data: { expected: CHECKPOINT_VERSION, found: version } },
    );
  }
  const lists = dictIn(value, "lists");
  const text = dictIn(value, "text");
  return {
    version: CHECKPOINT_VERSION,
    sessionId: textIn(value, "sessionId"),
    turn: numberIn(value, "turn"),
    lists: {
      messages: growthIn(lists, "messages", readMessage),
      recorded: growthIn(lists, "recorded", readMessage),
      events: growthIn(lists, "events", readDict),
      notes: growthIn(lists, "notes", readNote),
      trace: growthIn(lists, "trace", readTraceEvent),
      toolsUsed: growthIn(lists, "toolsUsed", readText),
      calls: growthIn(lists, "calls", readSeenCall),
      callIds: growthIn(lists, "callIds", readText),
      grants: growthIn(lists, "grants", readText),
    },
    text: { keep: numberIn(text, "keep"), append: textIn(text, "append") },
    facts: decodeFacts(dictIn(value, "facts")),
  };
}

function decodeFacts(facts: JsonObject): CheckpointFacts {
  const number = (key: string) => numberIn(facts, key);
  const texts = (key: string) => listIn(facts, key).map((item) => needed(readText(item), key, item));
  const optional = <T>(key: string, read: (from: JsonObject, key: string) => T): T | null =>
    facts[key] === null ? null : read(facts, key);
  return {
    clock: decodeClock(dictIn(facts, "clock")),
    iterations: number("iterations"),
    resumedIterations: number("resumedIterations"),
    textOnlyTurns: number("textOnlyTurns"),
    singleToolTurns: number("singleToolTurns"),
    nativeFallbacks: number("nativeFallbacks"),
    ledgerRejections: number("ledgerRejections"),
    recordedUpTo: number("recordedUpTo"),
    inheritedEvents: number("inheritedEvents"),
    compactAtLength: number("compactAtLength"),
    ranTools: needed(readBoolean(facts["ranTools"]), "ranTools", facts["ranTools"]),
    lastText: textIn(facts, "lastText"),
    daemonState: textIn(facts, "daemonState"),
    summary: optional("summary", textIn),
    daemonSnapshotPath: optional("daemonSnapshotPath", textIn),
    lastRunExitCode: optional("lastRunExitCode", numberIn),
    successfulTools: texts("successfulTools"),
    rejectedTools: texts("rejectedTools"),
    deferredMessages: texts("deferredMessages"),
    promotedTools: texts("promotedTools"),
    activeSkills: texts("activeSkills"),
    loadedSkills: listIn(facts, "loadedSkills").map((item) => {
      const skill = needed(readDict(item), "loadedSkills", item);
      return { name: textIn(skill, "name"), prompt: textIn(skill, "prompt") };
    }),
    ledger: needed(decodeLedger(facts["ledger"]), "ledger", facts["ledger"]),
    spent: optional("spent", (from, key) => {
      const usage = dictIn(from, key);
      return {
        ...usageIn(from, key),
        compactionInputTokens: numberIn(usage, "compactionInputTokens"),
        compactionOutputTokens: numberIn(usage, "compactionOutputTokens"),
      };
    }),
    lost: optional("lost", usageIn),
    delegated: optional("delegated", usageIn),
    daemon: optional("daemon", (from, key) => {
      const { backoffMs, watch } = dictIn(from, key);
      const times = needed(readDict(watch), "watch", watch);
      return {
        backoffMs: needed(readNumber(backoffMs), "backoffMs", backoffMs),
        watch: Object.fromEntries(Object.keys(times).map((path) => [path, numberIn(times, path)])),
      };
    }),
  };
}

function decodeClock(clock: JsonObject): CheckpointClock {
  const { kind } = clock;
  if (kind !== "started" && kind !== "elapsed") throw malformed("`clock.kind` to be `started` or `elapsed`", kind);
  return { kind, ms: numberIn(clock, "ms") };
}

const readText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const readNumber = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const readBoolean = (value: unknown): boolean | undefined => (typeof value === "boolean" ? value : undefined);
const readDict = (value: unknown): JsonObject | undefined => (isJsonObject(value) ? value : undefined);

/** As it was written, to the order of its fields: what is sent from now on is, byte for byte, what would have been sent. */
function readMessage(value: unknown): RecordedMessage | undefined {
  const isMessage = decodeMessage(readDict(value)) !== undefined;
  return isMessage ? (value as RecordedMessage) : undefined;
}

/** Nobody acts on what is in a note or in an event: only its kind is looked at. */
function readNote(value: unknown): TranscriptNote | undefined {
  return isJsonObject(value) && typeof value["kind"] === "string" ? (value as unknown as TranscriptNote) : undefined;
}

function readTraceEvent(value: unknown): AgentTraceEvent | undefined {
  return isJsonObject(value) && typeof value["type"] === "string" ? (value as unknown as AgentTraceEvent) : undefined;
}

function readSeenCall(value: unknown): SeenCall | undefined {
  const [call, result]: readonly unknown[] = Array.isArray(value) ? value : [];
  return typeof call === "string" && typeof result === "number" ? [call, result] : undefined;
}

function growthIn<T>(lists: JsonObject, name: string, read: (value: Json) => T | undefined): Growth<T> {
  const growth = dictIn(lists, name);
  return {
    keep: numberIn(growth, "keep"),
    append: listIn(growth, "append").map((item) => needed(read(item), name, item)),
  };
}

function textIn(dict: JsonObject, key: string): string {
  return needed(readText(dict[key]), key, dict[key]);
}

function numberIn(dict: JsonObject, key: string): number {
  return needed(readNumber(dict[key]), key, dict[key]);
}

function dictIn(dict: JsonObject, key: string): JsonObject {
  return needed(readDict(dict[key]), key, dict[key]);
}

function listIn(dict: JsonObject, key: string): readonly Json[] {
  const value = dict[key];
  return needed(Array.isArray(value) ? (value as readonly Json[]) : undefined, key, value);
}

function usageIn(dict: JsonObject, key: string): Usage {
  return needed(decodeUsage(dict[key]), key, dict[key]);
}

function needed<T>(value: T | undefined, where: string, found: unknown): T {
  if (value === undefined) throw malformed(`\`${where}\` of an agent checkpoint`, found);
  return value;
}

function malformed(expected: string, found: unknown): HarnError {
  const text = (JSON.stringify(found) ?? String(found)).slice(0, 60);
  return new HarnError("agent.checkpoint", `Expected ${expected}, found ${text}`);
}
