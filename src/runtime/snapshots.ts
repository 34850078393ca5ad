/**
 * When a run with a journal keeps a snapshot, and what it comes to.
 *
 * One is taken when enough has happened since the last (`everyEntries`), but not before the journal has grown by a share of
 * what the last one wrote: what snapshots cost is in proportion to what the journal costs, however much a program
 * remembers. Of a conversation only what is new is written. A moment at which something is alive that is no data is passed over, and a later one tried.
 */

import { CancelToken, HarnError, type Host, isJsonObject } from "../base/index.ts";
import { createRedactor, type Journal, type JournalHost, type Redactor } from "../journal/index.ts";
import { standardSnapshotParts } from "../stdlib/index.ts";
import { type Checkpoint, captureVm, createCompactor, type JsonCompactor, type Vm } from "../vm/index.ts";

export interface SnapshotSettings {
  /** Entries of the journal between two snapshots. Default 400. 0: at every moment there is, for tests. */
  readonly everyEntries?: number;
  /**
   * How long parallel tasks may be made to wait for one another, milliseconds, when no moment comes by itself at which all
   * of them can be written down. They wait for a twentieth of the time at most. Default 30,000. 0: never, as with
   * `everyEntries: 0`.
   */
  readonly waitMs?: number;
  /** Told of each snapshot that was taken, and of each moment that would not do. */
  readonly onSnapshot?: (event: SnapshotEvent) => void;
}

export type SnapshotEvent =
  | { readonly type: "taken"; readonly seq: number; readonly chars: number }
  | { readonly type: "refused"; readonly seq: number; readonly reason: string };

const DEFAULT_ENTRIES = 400;
/** Snapshots may take so many times the space of the log between them. */
const SNAPSHOT_SHARE = 8;
/** About the longest text that there can be. */
const LONGEST_CHARS = 2 ** 29;
const DEFAULT_WAIT_MS = 30_000;
/** After a wait, none for so many times as long. */
const WORK_PER_WAIT = 20;

export interface CheckpointOptions {
  readonly settings: SnapshotSettings;
  readonly journal: Journal;
  readonly host: Host;
  readonly journalHost: JournalHost;
  readonly redactor: RememberingRedactor;
  /** Digest of the program. */
  readonly program: () => string;
  /** False: what is recorded is still being played. */
  readonly isLive: () => boolean;
  /** Requests of the machinery that are never answered in a run that ends by itself. */
  readonly standing: ReadonlySet<number>;
  readonly holds: Holds;
  readonly compactor: () => JsonCompactor;
}

/** The sleeps of tasks that are held; see `HOLD_MS`. */
export interface Holds {
  /** From now on they do not end by themselves. */
  begin(): void;
  /** Ends them, and those that follow. */
  end(): void;
}

/** Nothing in it is kept out of the journal. */
function admittedBy(redactor: Redactor): (part: string | Uint8Array) => boolean {
  return (part) => (typeof part === "string" ? redactor.text(part) === part : redactor.bytes(part) === part);
}

/** What remembers from one snapshot to the next; once there is a secret that may be in it, it is looked at again. */
export function rememberingCompactor(redactor: Redactor, { snapshotParts }: Journal): () => JsonCompactor {
  const make = (): JsonCompactor => createCompactor(admittedBy(redactor), snapshotParts);
  let compactor = make();
  let { version } = redactor;
  return () => {
    if (version !== redactor.version && !compactor.recheck()) compactor = make();
    version = redactor.version;
    return compactor;
  };
}

/** Undefined where the journal's store keeps no snapshots. */
export function createCheckpoint(options: CheckpointOptions): Checkpoint | undefined {
  const { journal, settings, redactor } = options;
  const { keepSnapshot } = journal;
  if (keepSnapshot === undefined) return undefined;
  const interval = settings.everyEntries ?? DEFAULT_ENTRIES;
  const waitMs = settings.waitMs ?? (interval === 0 ? 0 : DEFAULT_WAIT_MS);
  let nextSeq = journal.position + interval;
  let lastChars = 0;
  let charsThen = journal.grownChars;

  const admits = admittedBy(redactor);
  const take = (vm: Vm): void => {
    if (redactor.holdsUnknown) throw new HarnError("snapshot.refused", "", { data: { reason: "a secret" } });
    const { host } = options;
    const compactor = options.compactor();
    const machine = captureVm(vm, { parts: standardSnapshotParts, admits, compactor });
    const { sleep } = vm.save().timers;
    const prologues = vm.openCalls.flatMap(({ prologue = [] }) => prologue);
    const kept = keepSnapshot(
      {
        tasks: new Map(vm.openCalls.map(({ taskId, mark, position }) => [taskId, mark?.position ?? position])),
        starts: new Set([...options.standing, ...(sleep ? [sleep.position] : []), ...prologues]),
      },
      {
        program: options.program(),
        clock: { monotonicMs: host.sync("clock.monotonic", {}), wallMs: host.sync("clock.now", {}) },
        machine,
      },
      compactor.parts,
    );
    // One that cannot be stored is no loss; a journal that cannot be written says so itself.
    void Promise.resolve(kept.stored).catch(() => {});
    lastChars = kept.chars;
    charsThen = journal.grownChars;
    nextSeq = journal.position + interval;
    settings.onSnapshot?.({ type: "taken", seq: journal.position, chars: kept.chars });
  };

  const nowMs = (): number => options.host.sync("clock.monotonic", {});
  let isNoted = false;
  let heldSinceMs = 0;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  let patience: CancelToken | undefined;

  return {
    due: () =>
      journal.position >= nextSeq &&
      (interval === 0 || (journal.grownChars - charsThen) * SNAPSHOT_SHARE >= lastChars) &&
      !journal.crashed &&
      journal.failure === undefined &&
      options.isLive(),
    presses: () => waitMs > 0 && journal.position >= nextSeq + interval && nowMs() >= notBeforeMs,
    hold(release) {
      heldSinceMs = nowMs();
      options.holds.begin();
      patience = new CancelToken();
      options.host.perform("sleep", { ms: waitMs }, patience).then(release, () => {});
    },
    release() {
      patience?.cancel("released");
      const endMs = nowMs();
      notBeforeMs = endMs + (endMs - heldSinceMs) * WORK_PER_WAIT;
      options.holds.end();
    },
    take(vm) {
      try {
        take(vm);
      } catch (error) {
        const reason = reasonOf(error);
        const isPassing = error instanceof HarnError && error.data?.["duration"] === "passing";
        if (error instanceof RangeError) {
          // It took as long as the longest there is.
          lastChars = LONGEST_CHARS;
          charsThen = journal.grownChars;
        }
        // What lasts will hold for a while.
        if (!isPassing) nextSeq = journal.position + Math.ceil(interval / 8);
        if (!isPassing || !isNoted) journal.refuseSnapshot(reason);
        isNoted = true;
        settings.onSnapshot?.({ type: "refused", seq: journal.position, reason });
      }
    },
  };
}

/** Why there is no snapshot. @throws whatever tells of a fault of ours */
function reasonOf(error: unknown): string {
  // A text has a longest length, and the stack a depth.
  if (error instanceof RangeError) return `more than a snapshot can hold (${error.message})`;
  if (!(error instanceof HarnError)) throw error;
  return error.code === "snapshot.refused" ? String(error.data?.["reason"]) : error.message;
}

export interface RememberingRedactor extends Redactor {
  /** The program was given something that the journal keeps out by its place alone, and that nobody could find in a text. */
  readonly holdsUnknown: boolean;
}

/** Shorter secrets are too likely to occur by chance, and are not looked for. */
const FINDABLE = 8;

export function rememberingRedactor(inner: Redactor = createRedactor()): RememberingRedactor {
  let holdsUnknown = false;
  return {
    get version() {
      return inner.version;
    },
    get holdsUnknown() {
      return holdsUnknown;
    },
    text: (text) => inner.text(text),
    bytes: (bytes) => inner.bytes(bytes),
    args: (kind, args) => inner.args(kind, args),
    result(kind, args, result) {
      const redacted = inner.result(kind, args, result);
      if (redacted.changed && !isFindable(result, redacted.value)) holdsUnknown = true;
      return redacted;
    },
  };
}

/** Every text that was kept out can be looked for: a whole result, or values of the environment. */
function isFindable(result: unknown, redacted: unknown): boolean {
  if (typeof result === "string") return result.length >= FINDABLE;
  if (!isJsonObject(result) || !isJsonObject(redacted)) return false;
  return Object.entries(result).every(
    ([name, value]) =>
      redacted[name] === value || (typeof value === "string" && (value === "" || value.length >= FINDABLE)),
  );
}
