/**
 * Runs in an embedded SQL database (SQLite), which several processes may share: writes are transactions, and leases say
 * who works on a run. Every batch is one transaction; with `synchronous = FULL` each survives a power cut.
 */

import { HarnError, type JsonObject } from "../base/index.ts";
import { decodeRunInfo } from "./entry-codec.ts";
import { checkRows } from "./memory-store.ts";
import type { Batch, JournalStore, RunInfo, SnapshotState, StoredRow, StoredRun } from "./spec.ts";

export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, unknown>>;

export interface SqlStatement {
  run(...values: SqlValue[]): { readonly changes: number | bigint };
  get(...values: SqlValue[]): SqlRow | undefined;
  all(...values: SqlValue[]): readonly SqlRow[];
}

/**
 * A synchronous SQLite connection; `node:sqlite` has this shape.
 *
 * Contract: opened by the caller with a busy timeout, so that a short wait for another process is no error. Errors are
 * thrown. The store prepares each statement once.
 */
export interface SqlDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqlStatement;
  close(): void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS harn_runs (
    id TEXT PRIMARY KEY, created_ms REAL NOT NULL, info TEXT NOT NULL, owner TEXT, lease_until_ms REAL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS harn_entries (
    run TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS harn_blobs (
    run TEXT NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS harn_snapshots (
    run TEXT PRIMARY KEY, seq INTEGER NOT NULL, body TEXT, refused TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS harn_snapshot_parts (
    run TEXT NOT NULL, id INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run, id)
  ) STRICT;
`;

/** \`seq\`: the last entry that the blob was stored with; those of a snapshot's time and later are stored anew. */
const BLOBS_BY_ENTRY = `
  ALTER TABLE harn_blobs ADD COLUMN seq INTEGER NOT NULL DEFAULT -1;
  CREATE INDEX IF NOT EXISTS harn_blobs_by_entry ON harn_blobs (run, seq);
`;

/** Makes the tables when they are missing and takes over the connection; `close` closes it. */
export function createSqlStore(database: SqlDatabase, options: Pick<JournalStore, "digestOf"> = {}): JournalStore {
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec(SCHEMA);
  const columns = database.prepare("PRAGMA table_info(harn_blobs)").all();
  if (!columns.some(({ name }) => name === "seq")) database.exec(BLOBS_BY_ENTRY);

  const addRun = database.prepare(
    "INSERT INTO harn_runs (id, created_ms, info) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const runById = database.prepare("SELECT info FROM harn_runs WHERE id = ?");
  const allRuns = database.prepare("SELECT info FROM harn_runs ORDER BY created_ms DESC, id");
  const setInfo = database.prepare("UPDATE harn_runs SET info = ?, owner = NULL, lease_until_ms = NULL WHERE id = ?");
  const countRows = database.prepare("SELECT coalesce(max(seq), -1) + 1 AS next FROM harn_entries WHERE run = ?");
  const rowAt = database.prepare("SELECT body FROM harn_entries WHERE run = ? AND seq = ?");
  const addRow = database.prepare("INSERT INTO harn_entries (run, seq, body) VALUES (?, ?, ?)");
  const rowsOf = database.prepare("SELECT seq, body FROM harn_entries WHERE run = ? ORDER BY seq");
  const addBlob = database.prepare(
    `INSERT INTO harn_blobs (run, digest, body, seq) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET body = excluded.body, seq = excluded.seq`,
  );
  const rowsFrom = database.prepare("SELECT seq, body FROM harn_entries WHERE run = ? AND seq >= ? ORDER BY seq");
  const blobsFrom = database.prepare("SELECT digest, body FROM harn_blobs WHERE run = ? AND seq >= ?");
  const setSnapshot = database.prepare(
    `INSERT INTO harn_snapshots (run, seq, body, refused) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET seq = excluded.seq, body = excluded.body, refused = excluded.refused
     WHERE harn_snapshots.seq <= excluded.seq`,
  );
  const snapshotOf = database.prepare("SELECT seq, body FROM harn_snapshots WHERE run = ? AND body IS NOT NULL");
  const stateOf = database.prepare(
    `SELECT seq, refused, length(body) +
       (SELECT coalesce(sum(length(body)), 0) FROM harn_snapshot_parts AS parts WHERE parts.run = harn_snapshots.run) AS chars
     FROM harn_snapshots WHERE run = ?`,
  );
  const addPart = database.prepare("INSERT OR REPLACE INTO harn_snapshot_parts (run, id, body) VALUES (?, ?, ?)");
  const dropPart = database.prepare("DELETE FROM harn_snapshot_parts WHERE run = ? AND id = ?");
  const dropParts = database.prepare("DELETE FROM harn_snapshot_parts WHERE run = ?");
  const partsOf = database.prepare("SELECT id, body FROM harn_snapshot_parts WHERE run = ? ORDER BY id");
  const snapshotSeq = database.prepare("SELECT seq FROM harn_snapshots WHERE run = ?");
  const dropSnapshot = database.prepare("DELETE FROM harn_snapshots WHERE run = ?");
  const blobsOf = database.prepare("SELECT digest, body FROM harn_blobs WHERE run = ?");
  const claimRun = database.prepare(
    `UPDATE harn_runs SET owner = ?, lease_until_ms = ?
     WHERE id = ? AND (owner IS NULL OR owner = ? OR lease_until_ms <= ?)`,
  );
  const extendLease = database.prepare("UPDATE harn_runs SET lease_until_ms = ? WHERE id = ? AND owner = ?");
  const releaseRun = database.prepare(
    "UPDATE harn_runs SET owner = NULL, lease_until_ms = NULL WHERE id = ? AND owner = ?",
  );

  /** The write lock is taken at once, so nothing read inside can be out of date. */
  const transaction = (work: () => void): void => {
    guarded(() => database.exec("BEGIN IMMEDIATE"));
    try {
      guarded(work);
      guarded(() => database.exec("COMMIT"));
    } catch (error) {
      try {
        database.exec("ROLLBACK");
      } catch {
        // The database ended the transaction itself; the first error says why.
      }
      throw error;
    }
  };

  const infoOf = (id: string): RunInfo | undefined => {
    const row = guarded(() => runById.get(id));
    return row === undefined ? undefined : readInfo(row);
  };

  const requireInfo = (id: string): RunInfo => {
    const info = infoOf(id);
    if (!info) throw new HarnError("journal.not_found", `Expected a run with id \`${id}\` in the store, found none`);
    return info;
  };

  return {
    begin(info) {
      const { changes } = guarded(() => addRun.run(info.id, info.createdMs, JSON.stringify(info)));
      if (Number(changes) === 0) {
        throw new HarnError("journal.exists", `Expected a new run id, found \`${info.id}\` taken`);
      }
    },

    append(id: string, batch: Batch) {
      // Each transaction is durable when it is committed, so an empty batch has nothing left to do.
      if (batch.rows.length === 0) return;
      transaction(() => {
        requireInfo(id);
        const nextSeq = Number(countRows.get(id)?.next);
        checkRows(id, batch, nextSeq, (seq) => {
          const body = rowAt.get(id, seq)?.body;
          return typeof body === "string" ? body : undefined;
        });
        const lastSeq = batch.rows.at(-1)!.seq;
        for (const { digest, body } of batch.blobs) addBlob.run(id, digest, body, lastSeq);
        for (const { seq, body } of batch.rows) if (seq >= nextSeq) addRow.run(id, seq, body);
      });
    },

    finish(id, status, timeMs) {
      transaction(() => {
        setInfo.run(JSON.stringify({ ...requireInfo(id), status, finishedMs: timeMs }), id);
        dropSnapshot.run(id);
        dropParts.run(id);
      });
    },

    load(id): StoredRun | undefined {
      const info = infoOf(id);
      if (!info) return undefined;
      return guarded(() => ({
        info,
        rows: rowsOf.all(id).map(readRow),
        blobs: readBlobs(blobsOf.all(id)),
      }));
    },

    list: () => guarded(() => allRuns.all()).map(readInfo),

    close: () => guarded(() => database.close()),

    snapshots: {
      mark: () => null,
      save(id, { seq, body, parts: { isFirst, added, dropped } }) {
        transaction(() => {
          // Whoever has taken the run over has taken another; with nothing to append, that was not noticed before.
          if (requireInfo(id).status !== "running" || Number(snapshotSeq.get(id)?.seq ?? 0) > seq) {
            throw new HarnError("journal.conflict", `Expected to be the only writer of run \`${id}\`, found another`);
          }
          if (isFirst) dropParts.run(id);
          for (const [part, text] of added) addPart.run(id, part, text);
          for (const part of dropped) dropPart.run(id, part);
          setSnapshot.run(id, seq, body, null);
        });
      },
      refuse(id, { seq, reason }) {
        guarded(() => setSnapshot.run(id, seq, null, reason));
      },
      look(id): SnapshotState | undefined {
        const row = guarded(() => stateOf.get(id));
        if (row === undefined) return undefined;
        const seq = Number(row.seq);
        if (typeof row.refused === "string") return { type: "refused", seq, reason: row.refused };
        return { type: "taken", seq, chars: Number(row.chars) };
      },
      load(id) {
        const info = infoOf(id);
        const row = info && guarded(() => snapshotOf.get(id));
        if (info === undefined || row === undefined) return undefined;
        const seq = Number(row.seq);
        return guarded(() => {
          if (Number(countRows.get(id)?.next) < seq) return undefined;
          const parts = new Map(partsOf.all(id).map((part) => [Number(part.id), String(part.body)]));
          return {
            snapshot: { seq, body: String(row.body), parts: { ids: parts.keys(), text: (part) => parts.get(part) } },
            tail: { info, rows: rowsFrom.all(id, seq).map(readRow), blobs: readBlobs(blobsFrom.all(id, seq)) },
          };
        });
      },
    },

    ...options,
    leases: {
      claim: (id, owner, nowMs, leaseMs) =>
        Number(guarded(() => claimRun.run(owner, nowMs + leaseMs, id, owner, nowMs)).changes) > 0,
      heartbeat: (id, owner, nowMs, leaseMs) =>
        Number(guarded(() => extendLease.run(nowMs + leaseMs, id, owner)).changes) > 0,
      release(id, owner) {
        guarded(() => releaseRun.run(id, owner));
      },
    },
  };
}

function readRow({ seq, body }: SqlRow): StoredRow {
  return { seq: Number(seq), body: String(body) };
}

function readBlobs(rows: readonly SqlRow[]): ReadonlyMap<string, string> {
  return new Map(rows.map(({ digest, body }) => [String(digest), String(body)]));
}

function readInfo(row: SqlRow): RunInfo {
  let raw: JsonObject;
  try {
    raw = JSON.parse(String(row.info)) as JsonObject;
  } catch (cause) {
    throw new HarnError("journal.corrupt", "Expected JSON in the description of a stored run", { cause });
  }
  return decodeRunInfo(raw);
}

/** The edge to the driver: its errors become ours. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof HarnError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HarnError("journal.io", `Expected the journal database to answer: ${reason}`, { cause });
  }
}
