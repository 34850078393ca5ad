/**
 * Runs in an embedded SQL database (SQLite), which several processes may share: writes are transactions, and leases say
 * who works on a run. Every batch is one transaction; with `synchronous = FULL` each survives a power cut.
 */

import { HarnError, type JsonObject } from "../base/index.ts";
import { decodeRunInfo } from "./entry-codec.ts";
import { checkRows } from "./memory-store.ts";
import type { Batch, JournalStore, RunInfo, StoredRun } from "./spec.ts";

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
`;

/** Makes the tables when they are missing and takes over the connection; `close` closes it. */
export function createSqlStore(database: SqlDatabase): JournalStore {
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec(SCHEMA);

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
    "INSERT INTO harn_blobs (run, digest, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  );
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
        for (const { digest, body } of batch.blobs) addBlob.run(id, digest, body);
        for (const { seq, body } of batch.rows) if (seq >= nextSeq) addRow.run(id, seq, body);
      });
    },

    finish(id, status, timeMs) {
      transaction(() => {
        setInfo.run(JSON.stringify({ ...requireInfo(id), status, finishedMs: timeMs }), id);
      });
    },

    load(id): StoredRun | undefined {
      const info = infoOf(id);
      if (!info) return undefined;
      return guarded(() => ({
        info,
        rows: rowsOf.all(id).map((row) => ({ seq: Number(row.seq), body: String(row.body) })),
        blobs: new Map(blobsOf.all(id).map((row) => [String(row.digest), String(row.body)])),
      }));
    },

    list: () => guarded(() => allRuns.all()).map(readInfo),

    close: () => guarded(() => database.close()),

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
