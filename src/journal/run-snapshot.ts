/**
 * Snapshots beside the log. A log can always be played from its beginning; a snapshot of the program, taken somewhere on
 * the way, saves that for what came before.
 *
 * - *seq*: entries before it are in the snapshot, entries from it on follow the snapshot.
 * - *open*: what had been asked for and not answered when the snapshot was taken, and what calls under way had asked for
 *   since they began. Those requests are made again, so their entries are kept in the snapshot.
 * - *generation*: from a snapshot on, answers are stored anew instead of referring to what was stored before it. So the
 *   snapshot and what follows are complete without the log before. Arguments of requests may refer to it: they are compared by
 *   their digest. Those of unsafe effects do not, since a person may have to look at them.
 *
 * A snapshot replaces the one before. One that cannot be read, is of another version or of another program is passed
 * over, and the log is played from its beginning: it is never needed, and never wrong.
 */

import { HarnError, isJsonObject, type Json, type JsonObject } from "../base/index.ts";
import { blobsBehind } from "./blob-references.ts";
import type { EntryDraft } from "./entry-codec.ts";
import type { StoredBlob, StoredRow } from "./spec.ts";
import { parseStoredJson } from "./value-codec.ts";

/** Raised with every change of what a snapshot holds; older ones are passed over. 1: first. 2: calls that are gone on from. 3: parts. 4: held values. */
export const RUN_SNAPSHOT_VERSION = 4;

export interface RunSnapshot {
  readonly seq: number;
  /** Digest of the program's code. */
  readonly program: string;
  /** The clocks when it was taken, milliseconds. */
  readonly clock: { readonly monotonicMs: number; readonly wallMs: number };
  /** Entries of what is open. */
  readonly rows: readonly StoredRow[];
  /** What those refer to. */
  readonly blobs: readonly StoredBlob[];
  /** Digests of values in the log before it, which need not be stored again: those that requests referred to last. */
  readonly held: readonly string[];
  /** The program. */
  readonly machine: Json;
}

/** Which requests are open. */
export interface OpenRequests {
  /** Calls under way: everything that the task has asked for from this entry on. */
  readonly tasks: ReadonlyMap<string, number>;
  /** Single requests, by the entry that starts them. */
  readonly starts: ReadonlySet<number>;
}

export function encodeRunSnapshot(snapshot: RunSnapshot): string {
  return JSON.stringify({ version: RUN_SNAPSHOT_VERSION, ...snapshot });
}

/** @throws HarnError `journal.corrupt` for anything but a snapshot of this version, of what comes before the entry `seq` */
export function decodeRunSnapshot(body: string, seq: number): RunSnapshot {
  const raw = parseStoredJson(body, "a snapshot");
  if (!isJsonObject(raw) || raw.version !== RUN_SNAPSHOT_VERSION || raw.seq !== seq) {
    throw new HarnError("journal.corrupt", `Expected a snapshot of version ${RUN_SNAPSHOT_VERSION}`);
  }
  const { program, clock, rows, blobs, held, machine } = raw;
  const isSound =
    typeof program === "string" &&
    isJsonObject(clock) &&
    Number.isFinite(clock.monotonicMs) &&
    Number.isFinite(clock.wallMs) &&
    isListOf(rows, (row) => isJsonObject(row) && Number.isSafeInteger(row.seq) && typeof row.body === "string") &&
    isListOf(blobs, (blob) => isJsonObject(blob) && typeof blob.digest === "string" && typeof blob.body === "string") &&
    isListOf(held, (digest) => typeof digest === "string") &&
    machine !== undefined;
  if (!isSound) throw new HarnError("journal.corrupt", "Expected a whole snapshot");
  return raw as unknown as RunSnapshot;
}

function isListOf(value: Json | undefined, isItem: (item: Json) => boolean): boolean {
  return Array.isArray(value) && (value as readonly Json[]).every(isItem);
}

/** Text of rows and blobs that is kept in memory for calls under way; of those that have not ended, more is kept. */
const TAIL_LIMIT_CHARS = 8_388_608;

interface TailRow extends StoredRow {
  /** Absent: it belongs to the request `of`, or to none. */
  readonly task: string | undefined;
  readonly of: number | undefined;
  readonly isEnd: boolean;
}

/** The latest part of the log, as far as a snapshot may have to hold it. */
export interface Tail {
  row(row: StoredRow, draft: Pick<EntryDraft, "type"> & { readonly task?: string; readonly of?: number }): void;
  blob(blob: StoredBlob): void;
  /**
   * Gives what is open, and forgets the rest.
   *
   * @throws HarnError `snapshot.refused` when so much has happened in a call under way that it was not kept; a later
   * one may do, if values are stored anew from now on
   */
  cut(open: OpenRequests): { readonly rows: readonly StoredRow[]; readonly blobs: readonly StoredBlob[] };
}

/** Without arguments that nobody reads. */
function readPartOf({ body }: StoredRow): string {
  const { args: _args, ...answer } = parseStoredJson(body, "a journal entry") as JsonObject;
  return answer["safety"] === "unsafe" ? body : JSON.stringify(answer);
}

export function createTail(): Tail {
  let rows: TailRow[] = [];
  let blobs = new Map<string, string>();
  let chars = 0;
  let limit = TAIL_LIMIT_CHARS;
  /** Requests before it are known only if they were unanswered then. */
  let lostBefore = 0;

  const keep = (kept: TailRow[]) => {
    let missing = 0;
    const behind = blobsBehind(kept.map(readPartOf), blobs, () => missing++);
    rows = kept;
    blobs = new Map(behind.map(({ digest, body }) => [digest, body]));
    chars = kept.reduce((sum, { body }) => sum + body.length, 0);
    for (const { body } of behind) chars += body.length;
    return { rows: kept.map(({ seq, body }) => ({ seq, body })), blobs: behind, missing };
  };

  const select = (isOpen: (row: TailRow) => boolean): TailRow[] => {
    const starts = new Set<number>();
    return rows.filter((row) => {
      if (row.of !== undefined) return starts.has(row.of);
      if (row.task === undefined || !isOpen(row)) return false;
      starts.add(row.seq);
      return true;
    });
  };

  /** Only once a row is complete: until then, nothing refers to what belongs to it. */
  const trim = (): void => {
    if (chars <= limit) return;
    const ended = new Set(rows.flatMap(({ isEnd, of, seq }) => (isEnd ? [of ?? seq] : [])));
    lostBefore = (rows.at(-1)?.seq ?? -1) + 1;
    keep(rows.filter(({ of, task, seq }) => (task !== undefined || of !== undefined) && !ended.has(of ?? seq)));
    // Looking through all that is kept is paid for by as much that is new.
    limit = Math.max(TAIL_LIMIT_CHARS, 2 * chars);
  };

  const has = (seq: number): boolean => rows.some((row) => row.seq === seq);

  const refuse = (reason: string): never => {
    throw new HarnError("snapshot.refused", `Expected short calls, found ${reason}`, { data: { reason } });
  };

  return {
    row({ seq, body }, { type, task, of }) {
      rows.push({ seq, body, task, of, isEnd: type === "end" || type === "sync" });
      chars += body.length;
      trim();
    },
    blob({ digest, body }) {
      blobs.set(digest, body);
      chars += body.length;
    },
    cut({ tasks, starts }) {
      for (const [task, from] of tasks)
        if (from < lostBefore) refuse(`a call of ${task} in which too much has happened`);
      for (const seq of starts) if (seq < lostBefore && !has(seq)) refuse("a call in which too much has happened");
      const hasLost = lostBefore > 0;
      const kept = keep(
        select((row) => (tasks.get(row.task!) ?? Number.POSITIVE_INFINITY) <= row.seq || starts.has(row.seq)),
      );
      if (hasLost && kept.missing > 0) refuse("a request that refers to what was stored long before it");
      lostBefore = 0;
      limit = TAIL_LIMIT_CHARS;
      return kept;
    },
  };
}
