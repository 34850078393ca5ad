/** What an agent loop knows about itself beyond the turn state: the counters, lists and texts of its result. */

import { AppendList, type Host, type JsonObject } from "../../base/index.ts";
import type { AgentTraceEvent, UserMessage } from "../../llm/index.ts";
import { createEventNotes, type EventNotes } from "../context/event-notes.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import type { SessionStore, SessionSubscriber } from "../context/sessions.ts";
import { type CallMemory, createCallMemory } from "../policies/loop-detection.ts";
import type { LiveEvent, Recorder } from "../policies/recorder.ts";
import type { TaskLedger } from "../policies/task-ledger.ts";
import { FREE_TURN, type ToolChannel, type TurnShape } from "../policies/turn-shape.ts";
import { thrownText } from "../tools/outcome.ts";
import type { AgentLoopOptions } from "./options.ts";

/** AGENT-40, and `interrupt` for a loop that was cancelled. */
export type LoopStatus = "done" | "stuck" | "budget_exhausted" | "idle" | "watchdog" | "failed" | "interrupt";

export interface LoopState {
  readonly options: AgentLoopOptions;
  readonly host: Host;
  readonly store: SessionStore;
  readonly sessionId: string;
  readonly anonymous: boolean;
  readonly channel: ToolChannel;
  readonly sentinel: string;
  readonly shape: TurnShape;
  readonly hasTools: boolean;
  readonly persistent: boolean;
  readonly maxIterations: number;
  readonly maxNudges: number;
  readonly startedMs: number;

  readonly recorder: Recorder;
  readonly notes: EventNotes;
  readonly trace: AppendList<AgentTraceEvent>;
  /** For a daemon: everything that was ever said, also what compaction has folded away. */
  readonly recorded: RecordedMessage[];
  /** How much of the history is in `recorded`. */
  recordedUpTo: number;
  /** What loop detection has seen. */
  readonly calls: CallMemory;
  /** What was allowed for the whole session. */
  readonly grants: Set<string>;
  summary: string | undefined;

  /** Iterations of this run and of those a daemon resumed from. */
  iterations: number;
  resumedIterations: number;
  textOnlyTurns: number;
  singleToolTurns: number;
  totalText: string;
  lastText: string;
  /** Every attempt, in order. */
  readonly toolsUsed: string[];
  /** Each name once. */
  readonly successfulTools: string[];
  readonly rejectedTools: string[];
  readonly deferredMessages: string[];
  /** Of the last `run` whose result says; undefined before. */
  lastRunExitCode: number | undefined;
  nativeFallbacks: number;
  ledger: TaskLedger;
  ledgerRejections: number;

  reading: AnswerReading;
  /** Feedback about the current answer; goes into history once the step has been recorded. */
  pendingFeedback: UserMessage[];
  prefill: string | undefined;

  daemonState: string;
  daemonSnapshotPath: string | undefined;
}

/** What the current answer says, besides the calls it makes. */
export interface AnswerReading {
  readonly text: string;
  readonly prose: string;
  readonly proseTooLong: boolean;
  readonly parseErrors: readonly string[];
  /** The model says it is done, in whatever form counts here. */
  readonly completionRequested: boolean;
  readonly phaseChange: string | undefined;
  /** Completion was asked for and nothing stands against it. */
  completionAccepted: boolean;
}

export const BLANK_READING: AnswerReading = {
  text: "",
  prose: "",
  proseTooLong: false,
  parseErrors: [],
  completionRequested: false,
  phaseChange: undefined,
  completionAccepted: false,
};

export const DEFAULT_SENTINEL = "##DONE##";
export const DEFAULT_MAX_ITERATIONS = 50;

export interface LoopIdentity {
  readonly store: SessionStore;
  readonly sessionId: string;
  readonly anonymous: boolean;
  readonly hasTools: boolean;
  readonly ledger: TaskLedger;
  /** On the monotonic clock, milliseconds. */
  readonly startedMs: number;
}

export function createLoopState(options: AgentLoopOptions, identity: LoopIdentity): LoopState {
  const { host, flow = {}, toolUse = {} } = options;
  const { events, notes: noted, trace = new AppendList<AgentTraceEvent>() } = options.record ?? {};
  const notes = createEventNotes(events, noted);
  return {
    ...identity,
    options,
    host,
    channel: toolUse.format ?? "text",
    sentinel: flow.doneSentinel ?? DEFAULT_SENTINEL,
    shape: flow.turnShape ?? FREE_TURN,
    persistent: flow.persistent ?? false,
    maxIterations: Math.max(0, flow.maxIterations ?? DEFAULT_MAX_ITERATIONS),
    maxNudges: flow.maxNudges ?? 3,
    recorder: createRecorder(options, identity, notes, trace),
    notes,
    trace,
    recorded: [],
    recordedUpTo: 0,
    calls: createCallMemory(),
    grants: new Set(),
    summary: undefined,
    iterations: 0,
    resumedIterations: 0,
    textOnlyTurns: 0,
    singleToolTurns: 0,
    totalText: "",
    lastText: "",
    toolsUsed: [],
    successfulTools: [],
    rejectedTools: [],
    deferredMessages: [],
    lastRunExitCode: undefined,
    nativeFallbacks: 0,
    ledgerRejections: 0,
    reading: BLANK_READING,
    pendingFeedback: [],
    prefill: undefined,
    daemonState: options.daemon === undefined ? "done" : "active",
    daemonSnapshotPath: undefined,
  };
}

const NOBODY: Promise<void> = Promise.resolve();

/** EVENT-02: subscribers in the order they came; one that fails is logged and the next one is asked. */
function createRecorder(
  { host, onEvent }: AgentLoopOptions,
  { store, sessionId }: LoopIdentity,
  notes: EventNotes,
  trace: AppendList<AgentTraceEvent>,
): Recorder {
  const deliver = async (subscriber: (event: JsonObject) => unknown, event: JsonObject) => {
    try {
      await subscriber(event);
    } catch (thrown) {
      const fields = { session: sessionId, type: String(event["type"]), error: thrownText(thrown) };
      host.sync("log.write", { level: "warn", message: "A subscriber of agent events failed", fields });
    }
  };
  const tell = async (subscribers: readonly SessionSubscriber[], event: LiveEvent) => {
    const dict: JsonObject = { ...event, session_id: sessionId };
    for (const subscriber of subscribers) await deliver(subscriber, dict);
    if (onEvent !== undefined) await deliver(onEvent, dict);
  };
  return {
    transcript: (note) => void notes.notes.push(note),
    trace: (event) => void trace.push(event),
    live(event: LiveEvent) {
      const subscribers = store.subscribers(sessionId);
      return subscribers.length === 0 && onEvent === undefined ? NOBODY : tell(subscribers, event);
    },
  };
}

export function addOnce(list: string[], name: string): void {
  if (!list.includes(name)) list.push(name);
}
