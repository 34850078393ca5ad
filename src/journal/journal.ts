/**
 * One run's journal while it is open: what was stored when it was opened, and a buffered writer for what follows.
 *
 * Entries get their `seq` when they are appended and go to the store in batches: `flush` writes what is buffered and
 * answers when it is stored (and, if asked, durable). While a batch is being written the next one collects, so
 * parallel tasks share one disk synchronisation. When the store answers at once, so does `flush`.
 *
 * After a failed write the journal is *broken*: whatever follows could not be recorded, so every later flush fails with
 * the first failure. Resuming the run reads what was stored.
 */

import { HarnError, type JsonObject } from "../base/index.ts";
import { decodeEntry, type EntryDraft, encodeEntry } from "./entry-codec.ts";
import { type FaultContext, type FaultMoment, type FaultPoints, never } from "./faults.ts";
import { andThen, attempt, isPromise } from "./maybe-promise.ts";
import { checkVersion, migrateEntry } from "./migrations.ts";
import { createNumberedTexts, type NumberedTexts } from "./numbered-texts.ts";
import {
  createTail,
  decodeRunSnapshot,
  encodeRunSnapshot,
  type OpenRequests,
  type RunSnapshot,
} from "./run-snapshot.ts";
import { createTextDigest } from "./sha256.ts";
import {
  type Encoded,
  type Entry,
  JOURNAL_VERSION,
  type JournalStore,
  type MaybePromise,
  type RunInfo,
  type RunStatus,
  type StoredBlob,
  type StoredParts,
  type StoredRow,
  type StoredRun,
  type StoredSnapshot,
} from "./spec.ts";
import {
  type BlobSink,
  createValueDecoder,
  createValueEncoder,
  parseStoredJson,
  type Scrubber,
} from "./value-codec.ts";

/** Buffered text beyond this is written without being asked for. */
const BUFFER_LIMIT_CHARS = 65_536;
const SHORT_DIGESTS = 256;
/** Of so many stored values whoever goes on from a snapshot knows that they are there: those that requests referred to last. */
const HELD_VALUES = 64;

export interface Journal {
  readonly info: RunInfo;
  /** What was stored when the journal was opened, in order. */
  readonly entries: readonly Entry[];
  /** A value in stored form, as text; large parts are queued as blobs. */
  encode(value: unknown, scrubber: Scrubber): string;
  /** As `encode`, for what is only ever compared: whoever goes on from a snapshot cannot decode it. */
  encodeRequest(args: unknown, scrubber: Scrubber): string;
  /** What `encodeRequest` gives; stores nothing. */
  requestText(args: unknown, scrubber: Scrubber): string;
  /** A stored value; fresh objects each time. */
  decode(encoded: Encoded): unknown;
  /** Digest of an encoded text. */
  digest(text: string): string;
  /** Adds an entry to the buffer and returns its `seq`. */
  append(draft: EntryDraft, timeMs: number): number;
  /** Stores everything appended so far. `durable`: would survive a power cut. */
  flush(durable: boolean): MaybePromise<void>;
  /** Stores everything and marks the run as over. */
  finish(status: Exclude<RunStatus, "running">, timeMs: number): MaybePromise<void>;
  /** Why nothing more can be recorded; undefined while all is well. */
  readonly failure: HarnError | undefined;
  /** True after a `crash` fault: the process is to be taken as gone. */
  readonly crashed: boolean;
  /**
   * From here on nothing is recorded, whatever the program still does while it is taken apart: it goes on, if ever, from
   * what was appended before. What was appended is still flushed.
   */
  freeze(): void;
  readonly frozen: boolean;
  /** The `seq` that the next entry will have. */
  readonly position: number;
  /** Text appended so far by this process, characters. */
  readonly grownChars: number;
  /** What the run goes on from: `entries` then are what was open, and what followed it. */
  readonly snapshot: RunSnapshot | undefined;
  /**
   * Keeps a snapshot of the program as it is now; undefined where none are kept. Answers when it is stored; until then,
   * and when it cannot be stored, the one before is good.
   *
   * @throws HarnError `snapshot.refused`
   */
  readonly keepSnapshot:
    | ((
        open: OpenRequests,
        rest: Pick<RunSnapshot, "program" | "clock" | "machine">,
        parts: ReadonlySet<number>,
      ) => KeptSnapshot)
    | undefined;
  /** What `machine` of snapshots refers to by number. */
  readonly snapshotParts: NumberedTexts;
  /** Keeps why there is no snapshot yet, for people. Nothing once there is one, or where none are kept. */
  refuseSnapshot(reason: string): void;
}

export interface KeptSnapshot {
  /** Text that is written. */
  readonly chars: number;
  readonly stored: MaybePromise<void>;
}

export interface JournalOptions {
  readonly faults?: FaultPoints;
  /** `keep` snapshots of the program, as far as the store can; `use`: and go on from the newest. Default: neither. */
  readonly snapshots?: "keep" | "use";
}

export interface NewRun {
  readonly id: string;
  readonly createdMs: number;
  readonly program?: string;
  readonly parent?: { readonly run: string; readonly seq: number };
  readonly meta?: JsonObject;
}

/**
 * Ids name files as well.
 *
 * @throws HarnError `journal.invalid_id`
 */
export function checkRunId(id: string): void {
  if (/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$/.test(id)) return;
  throw new HarnError(
    "journal.invalid_id",
    `Expected a run id of 1 to 128 letters, digits, \`-\`, \`_\` or \`.\`, found ${JSON.stringify(id)}`,
  );
}

/**
 * Begins a run.
 *
 * @throws HarnError `journal.invalid_id`; `journal.exists` when the id is taken
 */
export function beginJournal(store: JournalStore, run: NewRun, options: JournalOptions = {}): MaybePromise<Journal> {
  checkRunId(run.id);
  const info: RunInfo = { ...run, version: JOURNAL_VERSION, status: "running" };
  return andThen(store.begin(info), () => makeJournal(store, info, { rows: [], blobs: new Map() }, options));
}

/**
 * Opens a stored run, to look at, replay or resume it.
 *
 * @throws HarnError `journal.not_found`, `journal.version`, `journal.corrupt`
 */
export function openJournal(store: JournalStore, id: string, options: JournalOptions = {}): MaybePromise<Journal> {
  // Whatever is wrong with one, the log is there without it; and tells what is wrong with itself.
  const kept =
    options.snapshots === "use"
      ? attempt<LoadedSnapshot>(
          () => store.snapshots?.load(id),
          () => undefined,
        )
      : undefined;
  return andThen(kept, (found) => {
    const continued = found && continueFrom(store, found, options);
    return continued ?? openWhole(store, id, options);
  });
}

type LoadedSnapshot = { readonly snapshot: StoredSnapshot; readonly tail: StoredRun } | undefined;

/** Undefined when the snapshot cannot be read. */
function continueFrom(
  store: JournalStore,
  { snapshot: { seq, body, parts }, tail }: NonNullable<LoadedSnapshot>,
  options: JournalOptions,
): Journal | undefined {
  try {
    const snapshot = decodeRunSnapshot(body, seq);
    checkVersion(tail.info.version);
    const blobs = new Map(tail.blobs);
    for (const blob of snapshot.blobs) blobs.set(blob.digest, blob.body);
    const rows = [...snapshot.rows, ...tail.rows];
    return makeJournal(store, tail.info, { rows, blobs, snapshot, parts }, options);
  } catch (error) {
    if (error instanceof HarnError && error.code.startsWith("journal.")) return undefined;
    throw error;
  }
}

function openWhole(store: JournalStore, id: string, options: JournalOptions): MaybePromise<Journal> {
  return andThen(store.load(id), (stored) => {
    if (stored === undefined) {
      throw new HarnError("journal.not_found", `Expected a run with id \`${id}\` in the store, found none`);
    }
    checkVersion(stored.info.version);
    stored.rows.forEach(({ seq }, index) => {
      if (seq === index) return;
      throw new HarnError("journal.corrupt", `Expected entry ${index} of run \`${id}\`, found entry ${seq}`);
    });
    return makeJournal(store, stored.info, stored, options);
  });
}

interface StoredPart {
  readonly rows: readonly StoredRow[];
  readonly blobs: ReadonlyMap<string, string>;
  /** What the run goes on from. */
  readonly snapshot?: RunSnapshot;
  readonly parts?: StoredParts;
}

/** An answer to a request that a snapshot did not keep, because nobody waited for it any more, is nobody's. */
function decodeRows({ id, version }: RunInfo, { rows, snapshot }: StoredPart): readonly Entry[] {
  const entries: Entry[] = [];
  const starts = new Set<number>();
  for (const { seq, body } of rows) {
    const entry = decodeEntry(migrateEntry(parseStoredJson(body, `journal entry ${seq} of run \`${id}\``), version));
    if (entry.seq !== seq) {
      throw new HarnError("journal.corrupt", `Expected entry ${seq} of run \`${id}\`, found entry ${entry.seq}`);
    }
    if (entry.type === "start") starts.add(seq);
    if (snapshot && (entry.type === "chunk" || entry.type === "end") && !starts.has(entry.of)) continue;
    entries.push(entry);
  }
  return entries;
}

interface Buffer {
  rows: StoredRow[];
  blobs: StoredBlob[];
  chars: number;
  durable: boolean;
  /** Settles when this buffer has been stored; made when somebody asks while another batch is being written. */
  stored: Deferred | undefined;
}

interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Nobody may be waiting when it fails, which is no error: the failure is kept and thrown by the next flush. */
function makeDeferred(): Deferred {
  let resolve = (): void => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((onDone, onFailed) => {
    resolve = onDone;
    reject = onFailed;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}

function emptyBuffer(): Buffer {
  return { rows: [], blobs: [], chars: 0, durable: false, stored: undefined };
}

function makeJournal(store: JournalStore, info: RunInfo, stored: StoredPart, options: JournalOptions): Journal {
  const { blobs: storedBlobs, snapshot } = stored;
  const entries = decodeRows(info, stored);
  const snapshots = options.snapshots ? store.snapshots : undefined;
  const tail = snapshots && createTail();
  let grownChars = 0;
  const { digestOf = createTextDigest() } = store;
  /** Short arguments come again and again: looking at the clock has none at all. */
  const shortDigests = new Map<string, string>();
  const snapshotParts = createNumberedTexts(stored.parts);
  /** Digests that requests referred to, the latest at the end. */
  const held = new Set(snapshot?.held);
  /** Stored by this run. */
  const known = new Set([...held, ...storedBlobs.keys()]);
  /** Stored since the last snapshot, with all that they refer to: what follows a snapshot is complete without the log before. */
  const knownSince = new Set<string>();
  let nextSeq = Math.max(snapshot?.seq ?? 0, (stored.rows.at(-1)?.seq ?? -1) + 1);
  let buffer = emptyBuffer();
  let writing = false;
  /** Something was written that a durable flush still has to synchronise. */
  let unsynchronised = false;
  let failure: HarnError | undefined;
  let crashed = false;
  let hasSnapshot = snapshot !== undefined;
  /** Settles when the latest snapshot has been stored, or could not be: one follows the other, and the end all of them. */
  let saving: MaybePromise<void>;
  let refusedFor = "";
  let frozen = false;

  const sinkFor = (those: Set<string>): BlobSink => ({
    has: (digest) => those.has(digest),
    put(digest, body) {
      known.add(digest);
      those.add(digest);
      buffer.blobs.push({ digest, body });
      buffer.chars += body.length;
      grownChars += body.length;
      tail?.blob({ digest, body });
    },
  });
  const hold = (digest: string): void => {
    held.delete(digest);
    held.add(digest);
    for (const oldest of held) {
      if (held.size <= HELD_VALUES) break;
      held.delete(oldest);
    }
  };
  const everything = sinkFor(known);
  const requests = createValueEncoder(
    {
      has(digest) {
        const isKnown = everything.has(digest);
        if (isKnown && tail) hold(digest);
        return isKnown;
      },
      put(digest, body) {
        if (tail) hold(digest);
        everything.put(digest, body);
      },
    },
    digestOf,
  );
  const answers = tail === undefined ? requests : createValueEncoder(sinkFor(knownSince), digestOf);
  const decode = createValueDecoder((digest) => storedBlobs.get(digest));
  if (tail) {
    for (const [digest, body] of storedBlobs) tail.blob({ digest, body });
    const bodies = new Map(stored.rows.map((row) => [row.seq, row]));
    for (const entry of entries) if (entry.type !== "note") tail.row(bodies.get(entry.seq)!, entry);
  }

  const breakDown = (error: unknown): never => {
    failure ??= new HarnError("journal.write_failed", `Expected the journal of run \`${info.id}\` to take an entry`, {
      cause: error,
      data: { reason: error instanceof Error ? error.message : String(error) },
    });
    throw failure;
  };

  const writeOnce = (batch: Buffer): MaybePromise<void> => {
    const context: FaultContext = {
      firstSeq: batch.rows[0]?.seq ?? -1,
      lastSeq: batch.rows.at(-1)?.seq ?? -1,
      bytes: 0,
    };
    if (options.faults?.("before-append", context)?.kind === "crash") {
      crashed = true;
      return never();
    }
    return andThen(store.append(info.id, batch), () => {
      const fault = options.faults?.("after-append", context);
      if (fault?.kind === "crash") {
        crashed = true;
        return never<void>();
      }
      return fault?.kind === "duplicate-delivery" ? store.append(info.id, batch) : undefined;
    });
  };

  /** Writes the buffer, then whatever was asked for meanwhile. */
  const write = (): MaybePromise<void> => {
    const batch = buffer;
    buffer = emptyBuffer();
    writing = true;
    const afterwards = () => {
      writing = false;
      unsynchronised = !batch.durable && (unsynchronised || batch.rows.length > 0);
      batch.stored?.resolve();
      if (buffer.stored) writeInBackground();
    };
    const broken = (error: unknown): never => {
      writing = false;
      try {
        return breakDown(error);
      } finally {
        batch.stored?.reject(failure);
        buffer.stored?.reject(failure);
      }
    };
    return attempt<void>(() => andThen(writeOnce(batch), afterwards), broken);
  };

  /** For writes that nobody waits for: a failure is kept, and thrown by the next flush. */
  const writeInBackground = (): void => {
    try {
      const written = write();
      if (isPromise(written)) written.catch(() => {});
    } catch {
      // Kept in `failure`.
    }
  };

  const flush = (durable: boolean): MaybePromise<void> => {
    if (crashed) return never();
    if (failure) throw failure;
    if (writing) {
      buffer.durable ||= durable;
      buffer.stored ??= makeDeferred();
      return buffer.stored.promise;
    }
    if (buffer.rows.length === 0 && !(durable && unsynchronised)) return undefined;
    buffer.durable ||= durable;
    return write();
  };

  return {
    info,
    entries,
    encode: (value, scrubber) => answers.encode(value, scrubber),
    encodeRequest: (args, scrubber) => requests.encode(args, scrubber),
    requestText: (args, scrubber) => requests.textOf(args, scrubber),
    decode,
    digest(text) {
      if (text.length > 64) return digestOf(text);
      let digest = shortDigests.get(text);
      if (digest === undefined) {
        digest = digestOf(text);
        if (shortDigests.size >= SHORT_DIGESTS) shortDigests.clear();
        shortDigests.set(text, digest);
      }
      return digest;
    },
    append(draft, timeMs) {
      if (frozen) return nextSeq;
      const seq = nextSeq++;
      if (crashed || failure) return seq;
      const body = encodeEntry(draft, seq, timeMs);
      buffer.rows.push({ seq, body });
      buffer.chars += body.length;
      grownChars += body.length;
      // Nobody asks for a note again.
      if (draft.type !== "note") tail?.row({ seq, body }, draft);
      if (buffer.chars > BUFFER_LIMIT_CHARS && !writing) writeInBackground();
      return seq;
    },
    flush,
    finish(status, timeMs) {
      return andThen(flush(true), () =>
        andThen(saving, () => (crashed ? never<void>() : store.finish(info.id, status, timeMs))),
      );
    },
    get failure() {
      return failure;
    },
    get crashed() {
      return crashed;
    },
    freeze() {
      frozen = true;
    },
    get frozen() {
      return frozen;
    },
    get position() {
      return nextSeq;
    },
    get grownChars() {
      return grownChars;
    },
    snapshot,
    refuseSnapshot(reason) {
      if (snapshots === undefined || hasSnapshot || crashed || failure || reason === refusedFor) return;
      refusedFor = reason;
      // Nobody depends on it.
      void Promise.resolve(
        attempt<void>(
          () => snapshots.refuse(info.id, { seq: nextSeq, reason }),
          () => {},
        ),
      ).catch(() => {});
    },
    snapshotParts,
    keepSnapshot:
      tail &&
      ((open, rest, parts) => {
        const seq = nextSeq;
        const mark = snapshots!.mark(info.id);
        // Also when it is refused: the next one then finds all that it needs.
        knownSince.clear();
        answers.forget();
        const body = encodeRunSnapshot({ seq, held: [...held], ...tail.cut(open), ...rest });
        const changes = snapshotParts.changes(parts);
        hasSnapshot = true;
        const passes = (moment: FaultMoment): boolean => {
          const fault = options.faults?.(moment, { firstSeq: seq - 1, lastSeq: seq - 1, bytes: body.length });
          crashed ||= fault?.kind === "crash";
          return !crashed;
        };
        const save = (): MaybePromise<void> => {
          if (crashed || !passes("before-snapshot")) return never();
          const saved = snapshots!.save(info.id, { seq, body, parts: changes }, mark);
          return andThen(saved, () => (passes("after-snapshot") ? undefined : never<void>()));
        };
        const before = saving;
        const stored = andThen(
          andThen(flush(true), () => andThen(before, save)),
          () => snapshotParts.saved(changes),
        );
        if (isPromise(stored)) saving = stored.catch(() => {});
        let chars = body.length;
        for (const text of changes.added.values()) chars += text.length;
        return { chars, stored };
      }),
  };
}
