/**
 * A program and its journal. Everything the program asks of the world goes through one of three hosts (recording,
 * replaying, resuming), task by task, under the names of the VM's tasks.
 *
 * What makes a replay exact:
 * - *Rest.* A result is handed over only when no task can go on, and the next one when what the first set going has come
 *   to rest. So the program's state is a function of the results and their order, both of which are in the log.
 * - *Open breaths.* A long computation never rests. At fixed points of it the VM waits for a `sleep` of 0 ms, and
 *   whatever has come by then is handed over before the sleep's own result.
 * - *Stop requests* come from outside at any moment. Somebody sleeps without end, under the name `stop`; a request to stop
 *   ends that sleep, and so has its place in the log.
 *
 * Once the journal cannot be trusted (the program has left its recording, the disk is full) the VM is halted: no `catch`
 * sees it, since nothing would be true any more.
 */

import { type CancelSignal, CancelToken, HarnError, type Host, HostError } from "../base/index.ts";
import {
  type ClassifySafety,
  createRequestLog,
  DriftError,
  type ErrorCodec,
  type Journal,
  type JournalHost,
  type Redactor,
  type ReplayHost,
  type ResumeHost,
  type ResumeOptions,
  recordingHost,
  replayHost,
  resumeHost,
  SimulatedCrash,
} from "../journal/index.ts";
import { decodeModelError, encodeModelError, ModelError } from "../llm/index.ts";
import {
  type Checkpoint,
  Halted,
  HOLD_MS,
  type JsonCompactor,
  type RequestLog,
  type RunOutcome,
  type Vm,
} from "../vm/index.ts";
import { continuedClock } from "./continued-clock.ts";
import {
  createCheckpoint,
  type Holds,
  rememberingCompactor,
  rememberingRedactor,
  type SnapshotSettings,
} from "./snapshots.ts";

interface JournalSettings {
  readonly journal: Journal;
  /** What repeating an effect does; default `defaultSafety`. */
  readonly safety?: ClassifySafety;
  /** Default: the usual places and every secret seen. */
  readonly redactor?: Redactor;
  /** Classes of errors beyond those of the base and model layers. */
  readonly errors?: readonly ErrorCodec[];
  /** Told of everything that tasks ask and are told, in the order in which it reaches them; a replay has the same. */
  readonly observe?: (moment: EffectMoment) => void;
}

/** What a task asked of the world or was told by it. Synchronous effects are asked and told in one. */
export interface EffectMoment {
  readonly task: string;
  readonly kind: string;
  readonly moment: "asked" | "told" | "item" | "failed" | "ended" | "left";
}

/** What a run does with its journal. */
export type JournalUse =
  /** Into a new journal. */
  | (JournalSettings & {
      readonly mode: "record";
      /** Store each printed text at once, so that a resumed run does not print it again. Costs a write per text. */
      readonly keepOutput?: boolean;
      /** Only with a journal that was opened for them. */
      readonly snapshots?: SnapshotSettings;
    })
  /** Go on where a run stopped; see `resumeHost`. */
  | (JournalSettings & {
      readonly mode: "resume";
      readonly keepOutput?: boolean;
      readonly snapshots?: SnapshotSettings;
      readonly decide?: ResumeOptions["decide"];
      readonly partialStreams?: ResumeOptions["partialStreams"];
    })
  /** From the journal alone. What the program prints goes to the host all the same, unless `show` is false. */
  | (JournalSettings & {
      readonly mode: "replay";
      readonly show?: boolean;
      /** Waits as long as the recording did between two results; for watching. */
      readonly pace?: (milliseconds: number) => Promise<void>;
    });

export interface JournalLink {
  /** Of the run's snapshots. */
  readonly compactor: () => JsonCompactor;
  readonly hostFor: (taskId: string) => Host;
  readonly note: JournalHost["note"];
  /** Where in the log a task's next request stands. */
  readonly position: (taskId: string) => number;
  readonly checkpoint: Checkpoint | undefined;
  /** Whether the task's next request in the log is a hold. */
  readonly isHeldNext: (taskId: string, point: number) => boolean;
  readonly requests: RequestLog;
  /** For the VM; `open`: results may be handed over meanwhile. */
  readonly breathe: (open: boolean) => Promise<void>;
  attach(vm: Vm): void;
  /** Asks the program to stop, in a way that the journal knows of. */
  stop(): void;
  /** Leaves the program where it is, to be resumed. */
  suspend(): void;
  /** Writes down, or checks, how the run ended. Gives what the run came to. */
  finish(outcome: RunOutcome): Promise<RunOutcome>;
}

/** Name under which the VM asks for its own breaths, and under which a stop request is waited for. */
const BREATH_TASK = "breath";
const STOP_TASK = "stop";
/** Longer than any program's sleep: it ends when a stop is asked for. */
const ENDLESS_MS = 1e15;
/** Turns without any movement after which a replaying program is taken to have left its recording. */
const STALL_TURNS = 1000;

/** Errors of `model.stream` by hosts that throw them rather than sending them as items. */
const modelErrors: ErrorCodec = {
  name: "ModelError",
  matches: (error) => error instanceof ModelError,
  encode: (error) => ({ error: encodeModelError(error as ModelError) }),
  decode: (_message, { error }) => decodeModelError(error),
};

/**
 * @param tick resolves when everything that could go on has gone on (a turn of the event loop)
 * @param program digest of the program
 */
export function linkJournal(
  use: JournalUse,
  host: Host,
  tick: () => Promise<void>,
  program: () => string,
): JournalLink {
  const { journal } = use;
  let machine: Vm | undefined;
  const stopAsked = new CancelToken();
  const turn = async (): Promise<void> => {
    do await tick();
    while (machine && !machine.resting);
  };
  const redactor = rememberingRedactor(use.redactor);
  const compactor = rememberingCompactor(redactor, journal);
  const holds = openHolds();
  const world = withEndlessSleep(use.mode === "resume" ? continuedClock(host, journal) : host, stopAsked, holds);
  const requests = createRequestLog();
  const journalHost = openJournalHost({ ...use, redactor }, world, turn, requests.note);
  const shown = use.mode === "replay" && use.show !== false ? showing(journalHost, host) : journalHost;
  const output = use.mode !== "replay" && use.keepOutput ? keepingOutput(shown, journal) : shown;
  const observed = use.observe ? observing(output, use.observe) : output;
  /** What the program does while it is taken apart is none of its story: a resumed run will not do it. */
  const halt = (error: unknown, task?: string): void => {
    journal.freeze();
    machine?.halt(error, task);
  };
  const guarded = haltingOnFault(observed, halt);
  const breathHost = guarded(BREATH_TASK);

  /** The request to be told of a stop. */
  const standing = new Set<number>();
  const checkpoint =
    use.mode === "replay"
      ? undefined
      : createCheckpoint({
          settings: use.snapshots ?? {},
          journal,
          host: world,
          holds,
          journalHost,
          redactor,
          compactor,
          program,
          isLive: () => use.mode === "record" || (journalHost as ResumeHost).live,
          standing,
        });

  return {
    compactor,
    hostFor: guarded,
    note: (note, task) => journalHost.note(note, task),
    position: (taskId) => journalHost.position(taskId),
    checkpoint,
    requests,
    isHeldNext: (taskId, point) => journalHost.expects(taskId, "sleep", { ms: HOLD_MS + point }),
    async breathe(open) {
      if (open) await breathHost.perform("sleep", { ms: 0 });
      else await tick();
    },
    attach(vm) {
      machine = vm;
      standing.add(journalHost.position(STOP_TASK));
      guarded(STOP_TASK)
        .perform("sleep", { ms: ENDLESS_MS })
        .then(
          () => vm.cancel("The run was stopped"),
          () => {},
        );
    },
    stop() {
      if (use.mode === "replay") machine?.halt(new HarnError("run.stopped", "The replay was stopped"));
      else stopAsked.cancel("stop");
    },
    suspend() {
      halt(new HarnError("run.suspended", `Run \`${journal.info.id}\` was suspended; resume it to go on`));
    },
    async finish(outcome) {
      try {
        if (outcome.status === "failed" && outcome.failure instanceof Halted) {
          // What is known so far is worth keeping, for whoever goes on.
          if (use.mode !== "replay" && !journal.failure && !journal.crashed) await journal.flush(true);
          return outcome;
        }
        if (use.mode === "replay") (journalHost as ReplayHost).finish();
        else await journal.finish(statusOf(outcome), host.sync("clock.now", {}));
      } catch (error) {
        return { status: "failed", failure: new Halted(error) };
      }
      return outcome;
    },
  };
}

function openJournalHost(
  use: JournalUse,
  host: Host,
  turn: () => Promise<void>,
  onRequest: (seq: number) => void,
): JournalHost {
  const common = {
    turn,
    onRequest,
    errors: [modelErrors, ...(use.errors ?? [])],
    ...(use.redactor === undefined ? {} : { redactor: use.redactor }),
    ...(use.safety === undefined ? {} : { safety: use.safety }),
  };
  switch (use.mode) {
    case "record":
      return recordingHost(host, use.journal, common);
    case "resume":
      return resumeHost(use.journal, host, {
        ...common,
        stallTurns: STALL_TURNS,
        ...(use.decide === undefined ? {} : { decide: use.decide }),
        ...(use.partialStreams === undefined ? {} : { partialStreams: use.partialStreams }),
      });
    case "replay":
      return replayHost(use.journal, {
        ...common,
        stallTurns: STALL_TURNS,
        ...(use.pace === undefined ? {} : { pace: use.pace }),
      });
  }
}

function statusOf(outcome: RunOutcome): "completed" | "failed" | "cancelled" {
  switch (outcome.status) {
    case "ok":
      return "completed";
    case "failed":
      return "failed";
    case "cancelled":
      return "cancelled";
  }
}

interface OpenHolds extends Holds {
  readonly isOpen: boolean;
  /** Called when holds end. */
  readonly waiting: Set<() => void>;
}

function openHolds(): OpenHolds {
  let isOpen = false;
  const waiting = new Set<() => void>();
  return {
    waiting,
    get isOpen() {
      return isOpen;
    },
    begin() {
      isOpen = true;
    },
    end() {
      isOpen = false;
      const ended = [...waiting];
      waiting.clear();
      for (const wake of ended) wake();
    },
  };
}

/** The two sleeps that only we end: the wait for a stop, and holds. */
function withEndlessSleep(host: Host, stopAsked: CancelToken, holds: OpenHolds): Host {
  return {
    ...host,
    perform(kind, args, signal) {
      const { ms } = args as { readonly ms?: number };
      if (kind !== "sleep" || ms === undefined || ms < ENDLESS_MS / 2) return host.perform(kind, args, signal);
      return new Promise<never>((resolve, reject) => {
        const wake = (): void => resolve(undefined as never);
        if (ms < HOLD_MS / 2) {
          if (stopAsked.aborted) wake();
          stopAsked.addEventListener("abort", wake);
        } else if (signal?.aborted) reject(signal.reason);
        else if (!holds.isOpen) wake();
        else {
          holds.waiting.add(wake);
          signal?.addEventListener("abort", () => {
            if (holds.waiting.delete(wake)) reject(signal.reason);
          });
        }
      });
    },
  };
}

/** Each method of `host.forTask`, told for whom. */
function perTask(host: JournalHost, wrap: (inner: Host, task: string) => Host): JournalHost {
  return { ...host, ...wrap(host, "main"), forTask: (task) => wrap(host.forTask(task), task) };
}

/** A replay prints what the recorded run printed. */
function showing(host: JournalHost, console: Host): JournalHost {
  return perTask(host, (inner) => ({
    ...inner,
    sync(kind, args) {
      const result = inner.sync(kind, args);
      if (kind === "console.write" || kind === "log.write") console.sync(kind, args);
      return result;
    },
    perform(kind, args, signal) {
      const { prompt } = args as { prompt?: string };
      if (kind === "console.readLine" && prompt !== undefined) {
        console.sync("console.write", { stream: "stdout", text: prompt });
      }
      return inner.perform(kind, args, signal);
    },
  }));
}

/** Nothing is printed before what it came from is stored, and it is stored as printed right afterwards. */
function keepingOutput(host: JournalHost, journal: Journal): JournalHost {
  const flush = (): void => {
    // A store that answers later has the text in its next batch.
    void Promise.resolve(journal.flush(false)).catch(() => {});
  };
  return perTask(host, (inner) => ({
    ...inner,
    sync(kind, args) {
      if (kind !== "console.write") return inner.sync(kind, args);
      flush();
      const result = inner.sync(kind, args);
      flush();
      return result;
    },
  }));
}

function observing(host: JournalHost, observe: (moment: EffectMoment) => void): JournalHost {
  return perTask(host, (inner, task) => {
    const note = (kind: string, moment: EffectMoment["moment"]): void => observe({ task, kind, moment });
    const failing = (kind: string) => (error: unknown) => {
      note(kind, "failed");
      throw error;
    };
    return {
      sync(kind, args) {
        note(kind, "asked");
        return inner.sync(kind, args);
      },
      perform(kind, args, signal) {
        note(kind, "asked");
        return inner.perform(kind, args, signal).then((result) => {
          note(kind, "told");
          return result;
        }, failing(kind));
      },
      stream: (kind, args, signal) => ({
        [Symbol.asyncIterator]() {
          note(kind, "asked");
          const items = inner.stream(kind, args, signal)[Symbol.asyncIterator]();
          return {
            next: () =>
              items.next().then((step) => {
                note(kind, step.done ? "ended" : "item");
                return step;
              }, failing(kind)),
            return: async () => {
              note(kind, "left");
              return (await items.return?.()) ?? { done: true, value: undefined };
            },
          };
        },
      }),
    };
  });
}

/** After such an error nothing that the program sees can be relied on. */
function isJournalFault(error: unknown): boolean {
  if (error instanceof DriftError || error instanceof SimulatedCrash) return true;
  return error instanceof HarnError && !(error instanceof HostError) && error.code.startsWith("journal.");
}

function haltingOnFault(host: JournalHost, halt: (error: unknown, task: string) => void): (task: string) => Host {
  return (task) => {
    const inner = host.forTask(task);
    const settle = (error: unknown): never | Promise<never> => {
      if (!isJournalFault(error)) throw error;
      halt(error, task);
      return new Promise<never>(() => {});
    };
    return {
      sync(kind, args) {
        try {
          return inner.sync(kind, args);
        } catch (error) {
          if (isJournalFault(error)) halt(error, task);
          throw error;
        }
      },
      perform: (kind, args, signal?: CancelSignal) => inner.perform(kind, args, signal).catch(settle),
      stream: (kind, args, signal?: CancelSignal) => ({
        [Symbol.asyncIterator]() {
          const items = inner.stream(kind, args, signal)[Symbol.asyncIterator]();
          return {
            next: () => items.next().catch(settle),
            return: async () => (await items.return?.().catch(settle)) ?? { done: true, value: undefined },
          };
        },
      }),
    };
  };
}
