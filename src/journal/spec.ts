/**
 * The journal: one log of everything a run asked of the world, in the order in which it happened. Recording, replaying,
 * resuming after a crash and looking back are four ways to use it.
 *
 * Vocabulary:
 * - *entry*: one line of the log. Its `seq` counts from 0 without gaps; a log is only ever appended to.
 * - *task*: who asked. One task asks in a fixed order; several tasks interleave.
 * - *start*: a request was made. Written before the effect runs, so for an unsafe effect it is the *intent* record.
 * - *delivery*: a `sync`, `chunk` or `end` entry. Its place in the log is the moment at which a task was handed the
 *   value, so the log holds the delivery order as well.
 * - *in flight*: a start without an end. After a crash it says what may or may not have happened.
 * - *blob*: a large value, stored once under its digest; entries refer to it.
 * - *note*: what the program says of itself, such as that a step begins. Nothing is asked, and playing passes over it.
 *
 *     run   := header entry* status?
 *     entry := sync | start | chunk(of start) | end(of start) | note | resume
 *
 * Read on in `value-codec.ts` (how values are written), `recorder.ts` (writing), `replayer.ts` (reading).
 */

import type { Json, JsonObject } from "../base/index.ts";
import type { TextDigest } from "./sha256.ts";

/** Written into every header. Raise it with a migration in `migrations.ts` and a sample in `__fixtures__`. */
export const JOURNAL_FORMAT = "harn-journal";
export const JOURNAL_VERSION = 2;

/** A value in its stored form: JSON in which objects with one `$` key stand for blobs, bytes and odd numbers. */
export type Encoded = Json;

// ---- Runs ----------------------------------------------------------------------------------------------------------

export type RunStatus = "running" | "completed" | "failed" | "cancelled";

export interface RunInfo {
  /** Letters, digits, `-`, `_` and `.`, at most 128, not starting with a dot. */
  readonly id: string;
  /** Format version that the run is stored in. */
  readonly version: number;
  /** What was run: a file name, a function, a version; for people. */
  readonly program?: string;
  /** Milliseconds since the epoch. */
  readonly createdMs: number;
  readonly status: RunStatus;
  readonly finishedMs?: number;
  /** Set on a fork: the run it was cut from, and the last entry that was taken over. */
  readonly parent?: { readonly run: string; readonly seq: number };
  readonly meta?: JsonObject;
}

// ---- Entries -------------------------------------------------------------------------------------------------------

/**
 * What repeating an effect does: `pure` nothing but take time or money; `idempotent` the same as doing it once (with a
 * key that says what "same" is); `unsafe` it happens twice.
 */
export type Safety = "pure" | "idempotent" | "unsafe";

interface EntryBase {
  readonly seq: number;
  /** Wall clock when it was written, milliseconds since the epoch. */
  readonly timeMs: number;
}

/** A request of a task, in the part that replay compares. */
interface RequestFields {
  readonly task: string;
  /** Name of the effect, as in the tables of `base/host.ts`. */
  readonly kind: string;
  /** SHA-256 of the stored arguments, base64url. */
  readonly digest: string;
  readonly args: Encoded;
}

/** Asked and answered at once. `error` present: it threw a {@link StoredError}. */
export interface SyncEntry extends EntryBase, RequestFields {
  readonly type: "sync";
  readonly result?: Encoded;
  readonly error?: Encoded;
  /** The stored result is not what the program saw, because it held a secret. */
  readonly redacted?: true;
}

/** Asked; the answer comes in entries with `of` equal to this `seq`. */
export interface StartEntry extends EntryBase, RequestFields {
  readonly type: "start";
  readonly form: "async" | "stream";
  readonly safety: Safety;
  /** What makes two performances of an idempotent effect the same one. */
  readonly key?: string;
}

/** One item of a stream was handed over. */
export interface ChunkEntry extends EntryBase {
  readonly type: "chunk";
  readonly of: number;
  readonly result?: Encoded;
}

/** `done`: result or end of stream; `failed`: error; `cancelled`: its signal fired; `closed`: the consumer left early. */
export type Outcome = "done" | "failed" | "cancelled" | "closed";

/** An effect is over. */
export interface EndEntry extends EntryBase {
  readonly type: "end";
  readonly of: number;
  readonly outcome: Outcome;
  readonly result?: Encoded;
  /** A {@link StoredError}. */
  readonly error?: Encoded;
  readonly redacted?: true;
  /** What a model call cost, as far as was told before it ended in whatever way. */
  readonly usage?: Encoded;
  /** Ended by whoever resumed the run, or by a consumer that left early, without being performed (again). */
  readonly unperformed?: true;
}

/** The run went on in a new process from here. */
export interface ResumeEntry extends EntryBase {
  readonly type: "resume";
}

/** Said by a task. In a log, a kind and id stand together once, however often the run was gone on with. */
export interface NoteEntry extends EntryBase {
  readonly type: "note";
  readonly task: string;
  readonly kind: NoteKind;
  readonly id: string;
  readonly data: Encoded;
}

export type Entry = SyncEntry | StartEntry | ChunkEntry | EndEntry | NoteEntry | ResumeEntry;

/** A step of the program begins or is over. Both have the same id. */
export type NoteKind = "step-start" | "step-end";

/** What a program says of itself. The same program says the same in every run of it, in the same order. */
export interface RunNote {
  readonly kind: NoteKind;
  /** Within the run and the kind. */
  readonly id: string;
  /** Plain data; secrets that were seen are kept out of it. */
  readonly data: JsonObject;
}

/** An error as data: enough to throw an equal one. */
export interface StoredError {
  /** Class: `HostError`, `HarnError`, a name that a handed-in codec knows, or any other error's own name. */
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  /** Kind of a `HostError`, and the effect it is about. */
  readonly kind?: string;
  readonly effect?: string;
  readonly data?: JsonObject;
  /** Further fields of errors with a codec, plain data; for a thrown value that is no error, the value. */
  readonly fields?: unknown;
}

// ---- Stores --------------------------------------------------------------------------------------------------------

/** A value now or later. Stores that can answer at once do, so that a synchronous effect can be durable at once. */
export type MaybePromise<T> = T | Promise<T>;

export interface StoredRow {
  readonly seq: number;
  /** The entry as JSON text on one line. */
  readonly body: string;
}

export interface StoredBlob {
  readonly digest: string;
  /** The blob as JSON text on one line. */
  readonly body: string;
}

export interface Batch {
  /** In order of `seq`, without gaps. */
  readonly rows: readonly StoredRow[];
  /** Everything the rows refer to that was not stored before. */
  readonly blobs: readonly StoredBlob[];
  /** Do not answer before the batch, and all before it, would survive a power cut. */
  readonly durable: boolean;
}

export interface StoredRun {
  readonly info: RunInfo;
  readonly rows: readonly StoredRow[];
  readonly blobs: ReadonlyMap<string, string>;
}

/**
 * Where runs are kept.
 *
 * Contract:
 * - `begin` fails with `journal.exists` when the id is taken.
 * - `append` is called by one writer at a time, and not again before its promise is settled. Rows continue where the
 *   last append ended. A batch handed in twice is stored once; a row whose `seq` is taken by different content, or that
 *   leaves a gap, fails with `journal.conflict` and stores nothing of the batch.
 * - A batch that fails or is cut short leaves a prefix of its rows, never a row without its blobs. After a failure the
 *   store may be loaded again; the caller stops appending.
 * - `load` gives undefined for an unknown run, drops a torn tail, and fails with `journal.corrupt` for damage elsewhere.
 * - All failures are `HarnError`s with code `journal.<what>`.
 */
export interface JournalStore {
  begin(run: RunInfo): MaybePromise<void>;
  append(run: string, batch: Batch): MaybePromise<void>;
  finish(run: string, status: RunStatus, timeMs: number): MaybePromise<void>;
  load(run: string): MaybePromise<StoredRun | undefined>;
  /** Newest first; equal times by id. */
  list(): MaybePromise<readonly RunInfo[]>;
  close(): MaybePromise<void>;
  /** SHA-256 as the platform has it, where it answers at once; default: in JavaScript, at a fifth of the speed. */
  readonly digestOf?: TextDigest;
  /** Present on stores that several processes may share. */
  readonly leases?: LeaseStore;
  /** Present on stores that keep snapshots of running programs. */
  readonly snapshots?: SnapshotStore;
}

/**
 * A snapshot of a run, see `run-snapshot.ts`. A *part* of it is a piece of text under a number: stored with the first snapshot
 * that refers to it, and for as long as the latest one does.
 */
export interface StoredSnapshot {
  readonly seq: number;
  readonly body: string;
  readonly parts: StoredParts;
}

export interface StoredParts {
  /** Also of parts that this snapshot does not refer to. */
  readonly ids: Iterable<number>;
  /** Undefined when it is not there, or damaged. */
  text(id: number): string | undefined;
}

/** What is to be stored: the snapshot, and how its parts differ from what there is. */
export interface SnapshotDraft {
  readonly seq: number;
  readonly body: string;
  readonly parts: PartChanges;
}

export interface PartChanges {
  /** Whatever parts there are do not count. */
  readonly isFirst: boolean;
  /** Some may be there already. */
  readonly added: ReadonlyMap<number, string>;
  readonly dropped: readonly number[];
}

/**
 * One snapshot per run, beside its log.
 *
 * Contract:
 * - `mark` is called when a snapshot is taken, before anything that follows it is appended. What it gives goes to `save`.
 * - `save` replaces the run's snapshot, at once or not at all; everything before `seq` has been appended by then. It is not
 *   called again before its promise is settled. A run that is finished has none.
 * - `load` gives the snapshot with the rows from its `seq` on and at least the blobs appended since its mark, without
 *   reading what came before; undefined when there is none, or it does not fit the log.
 * - `refuse` keeps why there is none yet; a snapshot takes its place, and the end of the run.
 * - `look` tells which it is, without reading the snapshot's content; undefined: nothing is known. `chars` is about what it
 *   takes, its parts included.
 */
export interface SnapshotStore {
  mark(run: string): Json;
  save(run: string, snapshot: SnapshotDraft, mark: Json): MaybePromise<void>;
  load(run: string): MaybePromise<{ readonly snapshot: StoredSnapshot; readonly tail: StoredRun } | undefined>;
  refuse(run: string, why: RefusedSnapshot): MaybePromise<void>;
  look(run: string): MaybePromise<SnapshotState | undefined>;
}

/** Why there is no snapshot of a run, and when that was found. */
export interface RefusedSnapshot {
  readonly seq: number;
  readonly reason: string;
}

export type SnapshotState =
  | { readonly type: "taken"; readonly seq: number; readonly chars: number }
  | ({ readonly type: "refused" } & RefusedSnapshot);

/**
 * Who works on a run. A lease ends by itself when its owner stops sending heartbeats.
 *
 * Contract: `claim` gives true when the run was free, its lease over, or already the caller's; `heartbeat` gives false
 * once somebody else has it, upon which the owner stops. Times are wall clock milliseconds.
 */
export interface LeaseStore {
  claim(run: string, owner: string, nowMs: number, leaseMs: number): MaybePromise<boolean>;
  heartbeat(run: string, owner: string, nowMs: number, leaseMs: number): MaybePromise<boolean>;
  release(run: string, owner: string): MaybePromise<void>;
}
