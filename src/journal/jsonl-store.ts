/**
 * One file per run, `<id>.jsonl`, readable by people and self-contained, so it serves as a test fixture.
 *
 *     {"format":"harn-journal","version":1,"run":{…}}        first line
 *     {"blob":digest,"value":…}                              before the first entry that refers to it
 *     {"seq":0,…}                                            an entry
 *     {"finish":{"status":…,"timeMs":…}}                     the last one counts
 *
 * Torn tail: what a crash leaves after the last newline, and whole lines at the end that are no JSON (blocks a disk never
 * wrote), is dropped when the file is read and cut off before it is written again. Damage before a sound line is not
 * a torn tail and is reported.
 *
 * When bytes are safe: `fsync: "durable"` (default) synchronises at the batches that ask for it, which are intents, kept
 * results and the end of the run. `"never"` leaves it to the operating system: a crash of the process loses nothing, a
 * power cut may lose the last seconds.
 *
 * One process at a time writes a run; a second writer is noticed as a conflict, not kept out. Use the SQL store to share.
 */

import { HarnError, isJsonObject, type JsonObject } from "../base/index.ts";
import { decodeRunInfo } from "./entry-codec.ts";
import type { FaultPoints } from "./faults.ts";
import { never } from "./faults.ts";
import {
  createSnapshotFiles,
  type FoundSnapshot,
  type LogMark,
  type SnapshotFiles,
  type SnapshotFolder,
} from "./jsonl-snapshots.ts";
import { andThen, attempt, repeatWhile } from "./maybe-promise.ts";
import { checkRows, newestFirst } from "./memory-store.ts";
import type { TextDigest } from "./sha256.ts";
import {
  type Batch,
  JOURNAL_FORMAT,
  JOURNAL_VERSION,
  type JournalStore,
  type MaybePromise,
  type RunInfo,
  type SnapshotStore,
  type StoredRow,
  type StoredRun,
} from "./spec.ts";

/** An open file that only grows. Contract: calls do not overlap; failures throw or reject with any error. */
export interface JournalFile {
  /** Writes at the end and gives the number of bytes written, which may be fewer than asked. */
  append(bytes: Uint8Array): MaybePromise<number>;
  /** Answers when everything written is on stable storage. */
  sync(): MaybePromise<void>;
  truncate(sizeBytes: number): MaybePromise<void>;
  close(): MaybePromise<void>;
}

/** A folder of files, by plain name. */
export interface JournalFolder {
  list(): MaybePromise<readonly string[]>;
  /** Undefined when there is no such file. */
  read(name: string): MaybePromise<Uint8Array | undefined>;
  /** The first and the last bytes, at most so many of each. Present where that is quicker than reading a long file. */
  readEnds?(name: string, bytes: number): MaybePromise<FileEnds | undefined>;
  /** `create` gives undefined when the file exists, and makes its name durable; `append` needs it to exist. */
  open(name: string, mode: "create" | "append"): MaybePromise<JournalFile | undefined>;
  /** As {@link JournalStore.digestOf}. */
  readonly digestOf?: TextDigest;
  /** A part of a folder that keeps snapshots as well. */
  readonly snapshots?: SnapshotFolder;
}

export interface FileEnds {
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

export interface JsonlStoreOptions {
  readonly fsync?: "durable" | "never";
  readonly faults?: FaultPoints;
}

interface OpenRun {
  readonly file: JournalFile;
  /** Where this process began to write. */
  readonly begun: LogMark;
  sizeBytes: number;
  nextSeq: number;
  /** The rows of the last batch, by which a repeated one is recognised. */
  lastRows: ReadonlyMap<number, string>;
  failed: boolean;
}

const SUFFIX = ".jsonl";
/** Longer first or last lines are rare. */
const SUMMARY_BYTES = 16_384;

export function createJsonlStore(folder: JournalFolder, options: JsonlStoreOptions = {}): JournalStore {
  const open = new Map<string, OpenRun>();
  const infos = new Map<string, RunInfo>();
  /** Where the sound part of a log ends of which only the end was read. */
  const continueAt = new Map<string, LogEnd>();
  const encoder = new TextEncoder();
  const synchronise = options.fsync !== "never";
  const snapshots = folder.snapshots && createSnapshotFiles(folder.snapshots, folder.list, folder.digestOf);

  /** Of a long log, its ends are enough. */
  const summaryOf = (name: string): MaybePromise<RunInfo | undefined> =>
    andThen(folder.readEnds?.(name, SUMMARY_BYTES), (ends) => {
      const summary = ends && readSummary(ends);
      if (summary) return summary;
      return andThen(folder.read(name), (bytes) => bytes && readSummary({ first: bytes, last: bytes }));
    });

  const write = (run: OpenRun, lines: readonly string[], batch: Batch): MaybePromise<void> => {
    const bytes = encoder.encode(lines.map((line) => `${line}\n`).join(""));
    const context = { firstSeq: batch.rows[0]?.seq ?? -1, lastSeq: batch.rows.at(-1)?.seq ?? -1, bytes: bytes.length };

    const sync = (): MaybePromise<void> => {
      if (!batch.durable || !synchronise) return undefined;
      const fault = options.faults?.("sync", context);
      if (fault?.kind === "crash") return never();
      if (fault?.kind === "sync-error") throw new Error("The disk reported an error while synchronising");
      return run.file.sync();
    };

    let offset = 0;
    const writePart = (): MaybePromise<boolean> => {
      if (offset === bytes.length) return false;
      const fault = options.faults?.("write", context);
      if (fault?.kind === "crash") return never();
      if (fault?.kind === "disk-full") throw new Error("No space left on device");
      const end = fault?.kind === "short-write" ? Math.min(offset + Math.max(1, fault.bytes), bytes.length) : undefined;
      return andThen(run.file.append(bytes.subarray(offset, end)), (count) => {
        if (fault?.kind === "short-write" && fault.crash) return never<boolean>();
        if (count <= 0) throw new Error("The file took no bytes");
        offset += count;
        return true;
      });
    };

    return attempt<void>(
      () =>
        andThen(andThen(repeatWhile(writePart), sync), () => {
          run.sizeBytes += bytes.length;
        }),
      (error) => {
        run.failed = true;
        // Best effort: what stays is a torn tail, which the next reader drops.
        return attempt<void>(
          () => andThen(run.file.truncate(run.sizeBytes), () => fail(error)),
          () => fail(error),
        );
      },
    );
  };

  const fail = (cause: unknown): never => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HarnError("journal.io", `Expected to write a journal file: ${reason}`, { cause });
  };

  /** A new file, or one whose header was never written: a process that was stopped there has begun nothing. */
  const createRun = (id: string): MaybePromise<JournalFile> =>
    andThen(folder.open(id + SUFFIX, "create"), (created) => {
      if (created) return created;
      return andThen(readFile(id), (parsed) => {
        if (parsed) throw taken(id);
        return andThen(folder.open(id + SUFFIX, "append"), (file) => {
          if (!file) throw taken(id);
          return andThen(file.truncate(0), () => file);
        });
      });
    });

  const readFile = (id: string): MaybePromise<ParsedFile | undefined> =>
    andThen(folder.read(id + SUFFIX), (bytes) => {
      const parsed = bytes && parseFile(bytes, id);
      if (parsed) infos.set(id, parsed.info);
      return parsed;
    });

  /** What there is to know of the end of a log before more is written to it. */
  const findEnd = (id: string): MaybePromise<LogEnd | undefined> => {
    const known = continueAt.get(id);
    continueAt.delete(id);
    return known ?? andThen(readFile(id), (parsed) => parsed && endOf(parsed, { bytes: 0, seq: 0 }));
  };

  /** Opens a run for writing, without the torn tail it may have. */
  const openRun = (id: string): MaybePromise<OpenRun> => {
    const known = open.get(id);
    if (known) return known;
    return andThen(findEnd(id), (end) => {
      if (!end) throw notFound(id);
      return andThen(folder.open(id + SUFFIX, "append"), (file) => {
        if (!file) throw notFound(id);
        const { last } = end;
        const run: OpenRun = {
          file,
          begun: end.sound,
          sizeBytes: end.sound.bytes,
          nextSeq: end.sound.seq,
          lastRows: new Map(last ? [[last.seq, last.body]] : []),
          failed: false,
        };
        open.set(id, run);
        const cut = end.sound.bytes === end.totalBytes ? undefined : file.truncate(end.sound.bytes);
        return andThen(cut, () => andThen(snapshots?.removeBeyond(id, run.nextSeq), () => run));
      });
    });
  };

  /** The run is over, whatever stays beside it. */
  const removeSnapshot = (id: string): MaybePromise<void> =>
    attempt<void>(
      () => snapshots?.remove(id),
      () => {},
    );

  return {
    begin(info) {
      return andThen(createRun(info.id), (file) => {
        const begun = { bytes: 0, seq: 0 };
        const run: OpenRun = { file, begun, sizeBytes: 0, nextSeq: 0, lastRows: new Map(), failed: false };
        open.set(info.id, run);
        infos.set(info.id, info);
        const header = JSON.stringify({ format: JOURNAL_FORMAT, version: JOURNAL_VERSION, run: info });
        return write(run, [header], { rows: [], blobs: [], durable: true });
      });
    },

    append(id, batch) {
      return andThen(openRun(id), (run) => {
        if (run.failed) throw new HarnError("journal.io", `Expected run \`${id}\` to be loaded again after a failure`);
        checkRows(id, batch, run.nextSeq, (seq) => run.lastRows.get(seq));
        const fresh = batch.rows.filter((row) => row.seq >= run.nextSeq);
        if (batch.rows.length > 0 && fresh.length === 0) return undefined;
        const lines = [
          ...batch.blobs.map(({ digest, body }) => `{"blob":"${digest}","value":${body}}`),
          ...fresh.map((row) => row.body),
        ];
        return andThen(write(run, lines, batch), () => {
          run.nextSeq += fresh.length;
          if (fresh.length > 0) run.lastRows = new Map(fresh.map((row) => [row.seq, row.body]));
        });
      });
    },

    finish(id, status, timeMs) {
      return andThen(openRun(id), (run) =>
        andThen(
          write(run, [JSON.stringify({ finish: { status, timeMs } })], { rows: [], blobs: [], durable: true }),
          () => andThen(removeSnapshot(id), () => closeRun(id, run)),
        ),
      );
    },

    load(id) {
      // After a failed write the file may have been cut; the next append starts from what is there now.
      const known = open.get(id);
      const closed = known?.failed ? closeRun(id, known) : undefined;
      return andThen(closed, () =>
        andThen(readFile(id), (parsed): StoredRun | undefined =>
          parsed ? { info: parsed.info, rows: parsed.rows, blobs: parsed.blobs } : undefined,
        ),
      );
    },

    list() {
      const found: RunInfo[] = [];
      return andThen(folder.list(), (names) => {
        const files = names.filter((name) => name.endsWith(SUFFIX));
        const readNext = (): MaybePromise<boolean> => {
          const name = files.pop();
          if (name === undefined) return false;
          return andThen(summaryOf(name), (info) => {
            // A copy under another name is another run.
            if (info) found.push({ ...info, id: name.slice(0, -SUFFIX.length) });
            return true;
          });
        };
        return andThen(repeatWhile(readNext), () => found.sort(newestFirst));
      });
    },

    ...(snapshots && { snapshots: snapshotStore(snapshots) }),
    ...(folder.digestOf && { digestOf: folder.digestOf }),

    close() {
      const all = [...open];
      return repeatWhile(() => {
        const next = all.pop();
        return next ? andThen(closeRun(...next), () => true) : false;
      });
    },
  };

  function snapshotStore(files: SnapshotFiles): SnapshotStore {
    return {
      mark(id) {
        const run = open.get(id);
        return run ? { bytes: run.sizeBytes, seq: run.nextSeq } : null;
      },
      save: (id, snapshot, mark) =>
        andThen(openRun(id), (run) => files.save(infos.get(id)!, snapshot, mark ?? { ...run.begun })),
      refuse: files.refuse,
      look: files.look,
      load(id) {
        return andThen(files.load(id), (snapshot) => {
          if (!snapshot) return undefined;
          return andThen(folder.snapshots?.readFrom(id + SUFFIX, snapshot.from.bytes), (part) => {
            const tail = part && readTail(part, id, snapshot);
            if (!tail) return undefined;
            infos.set(id, tail.info);
            if (!open.has(id)) continueAt.set(id, tail.end);
            return { snapshot, tail };
          });
        });
      },
    };
  }

  function closeRun(id: string, run: OpenRun): MaybePromise<void> {
    open.delete(id);
    return run.file.close();
  }
}

function taken(id: string): HarnError {
  return new HarnError("journal.exists", `Expected a new run id, found \`${id}\` taken`);
}

function notFound(id: string): HarnError {
  return new HarnError("journal.not_found", `Expected a run with id \`${id}\` in the store, found none`);
}

interface ParsedFile {
  readonly info: RunInfo;
  readonly rows: readonly StoredRow[];
  readonly blobs: ReadonlyMap<string, string>;
  /** Bytes up to the torn tail. */
  readonly soundBytes: number;
  readonly totalBytes: number;
}

/** The end of a log: where its sound part stops, and what it stops with. */
interface LogEnd {
  readonly sound: LogMark;
  readonly totalBytes: number;
  readonly last: StoredRow | undefined;
}

function endOf({ rows, soundBytes, totalBytes }: ParsedFile, from: LogMark): LogEnd {
  return {
    sound: { bytes: from.bytes + soundBytes, seq: from.seq + rows.length },
    totalBytes: from.bytes + totalBytes,
    last: rows.at(-1),
  };
}

/** The part of a log that follows a snapshot; undefined when it does not reach up to it. */
function readTail(bytes: Uint8Array, id: string, { info, seq, from }: FoundSnapshot) {
  const parsed = parseFile(bytes, id, { info, seq: from.seq });
  if (!parsed || from.seq + parsed.rows.length < seq) return undefined;
  const end = endOf(parsed, from);
  return { info: parsed.info, blobs: parsed.blobs, rows: parsed.rows.filter((row) => row.seq >= seq), end };
}

/**
 * Reads the bytes of a journal file, or of its end.
 *
 * @param after what is known of the part before, when there is one
 * @returns undefined when not even the header was written completely: such a run never began
 * @throws HarnError `journal.corrupt` for damage that is no torn tail
 */
export function parseFile(
  bytes: Uint8Array,
  id: string,
  after?: { readonly info: RunInfo; readonly seq: number },
): ParsedFile | undefined {
  const decoder = new TextDecoder();
  const rows: StoredRow[] = [];
  const blobs = new Map<string, string>();
  let info = after?.info;
  const firstSeq = after?.seq ?? 0;
  let soundBytes = 0;
  /** Number of the first line that could not be read; harmless if none after it can. */
  let damagedLine = 0;
  let line = 0;
  for (
    let start = 0, newline = bytes.indexOf(10);
    newline >= 0;
    start = newline + 1, newline = bytes.indexOf(10, start)
  ) {
    line++;
    const text = decoder.decode(bytes.subarray(start, newline));
    const record = tryParseObject(text);
    if (record === undefined) {
      damagedLine ||= line;
      continue;
    }
    if (damagedLine > 0) {
      throw new HarnError("journal.corrupt", `Expected JSON in line ${damagedLine} of journal \`${id}\`, found none`);
    }
    if (info === undefined) {
      info = readHeader(record, id);
    } else if (typeof record.blob === "string") {
      blobs.set(record.blob, JSON.stringify(record.value));
    } else if (isJsonObject(record.finish)) {
      info = decodeRunInfo({ ...info, status: record.finish.status, finishedMs: record.finish.timeMs });
    } else if (typeof record.seq === "number") {
      addRow(rows, firstSeq, { seq: record.seq, body: text }, id);
    } else {
      throw new HarnError("journal.corrupt", `Expected an entry in line ${line} of journal \`${id}\``);
    }
    soundBytes = newline + 1;
  }
  if (info === undefined && !mayBeTornHeader(bytes)) throw noHeader(id);
  return info && { info: { ...info, id }, rows, blobs, soundBytes, totalBytes: bytes.length };
}

const HEADER_START = new TextEncoder().encode(`{"format":"${JOURNAL_FORMAT}"`);

/** The beginning of a header, or of nothing: what a process or a power cut leaves that came in between. */
function mayBeTornHeader(bytes: Uint8Array): boolean {
  for (let at = 0; at < Math.min(bytes.length, HEADER_START.length); at++) {
    if (bytes[at] === 0) return true;
    if (bytes[at] !== HEADER_START[at]) return false;
  }
  return true;
}

/** What the first and the last sound line tell; undefined when they are not there. Damage between is for `load`. */
function readSummary({ first, last }: FileEnds): RunInfo | undefined {
  const decoder = new TextDecoder();
  const header = tryParseObject(decoder.decode(first.subarray(0, first.indexOf(10) + 1)));
  if (header?.format !== JOURNAL_FORMAT || !isJsonObject(header.run)) return undefined;
  for (let end = last.lastIndexOf(10); end > 0; ) {
    const start = last.lastIndexOf(10, end - 1);
    const record = tryParseObject(decoder.decode(last.subarray(start + 1, end)));
    if (record) {
      const ending = isJsonObject(record.finish)
        ? { status: record.finish.status, finishedMs: record.finish.timeMs }
        : undefined;
      return decodeRunInfo({ ...header.run, version: header.version, ...ending });
    }
    end = start;
  }
  return undefined;
}

function tryParseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function noHeader(id: string): HarnError {
  return new HarnError("journal.corrupt", `Expected a journal header in line 1 of \`${id}\`, found something else`);
}

function readHeader(record: JsonObject, id: string): RunInfo {
  if (record.format !== JOURNAL_FORMAT) {
    throw noHeader(id);
  }
  return decodeRunInfo(isJsonObject(record.run) ? { ...record.run, version: record.version } : record.run);
}

/** A line may be there twice after a repeated write. */
function addRow(rows: StoredRow[], firstSeq: number, row: StoredRow, id: string): void {
  if (row.seq === firstSeq + rows.length) rows.push(row);
  else if (rows[row.seq - firstSeq]?.body !== row.body) {
    throw new HarnError(
      "journal.corrupt",
      `Expected entry ${firstSeq + rows.length} in journal \`${id}\`, found entry ${row.seq}`,
    );
  }
}
