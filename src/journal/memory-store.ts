import { HarnError } from "../base/index.ts";
import { createMemoryLeases } from "./memory-leases.ts";
import type { Batch, JournalStore, RefusedSnapshot, RunInfo, RunStatus, StoredRun } from "./spec.ts";

interface MemoryRun {
  info: RunInfo;
  readonly bodies: string[];
  readonly blobs: Map<string, string>;
  snapshot?: { readonly seq: number; readonly body: string; readonly parts: Map<number, string> };
  refused?: RefusedSnapshot;
}

/** Keeps runs as long as it lives: for tests, browsers, and recordings that are exported. */
export function createMemoryStore(): JournalStore {
  const runs = new Map<string, MemoryRun>();

  const runOf = (id: string): MemoryRun => {
    const run = runs.get(id);
    if (!run) throw new HarnError("journal.not_found", `Expected a run with id \`${id}\` in the store, found none`);
    return run;
  };

  return {
    begin(info) {
      if (runs.has(info.id)) throw new HarnError("journal.exists", `Expected a new run id, found \`${info.id}\` taken`);
      runs.set(info.id, { info, bodies: [], blobs: new Map() });
    },
    append(id: string, batch: Batch) {
      const run = runOf(id);
      checkRows(id, batch, run.bodies.length, (seq) => run.bodies[seq]);
      for (const { digest, body } of batch.blobs) run.blobs.set(digest, body);
      for (const { seq, body } of batch.rows) run.bodies[seq] = body;
    },
    finish(id: string, status: RunStatus, timeMs: number) {
      const run = runOf(id);
      run.info = { ...run.info, status, finishedMs: timeMs };
      delete run.snapshot;
      delete run.refused;
    },
    load(id): StoredRun | undefined {
      const run = runs.get(id);
      if (!run) return undefined;
      return { info: run.info, rows: run.bodies.map((body, seq) => ({ seq, body })), blobs: new Map(run.blobs) };
    },
    list: () => [...runs.values()].map((run) => run.info).sort(newestFirst),
    close() {},
    leases: createMemoryLeases(),
    snapshots: {
      mark: () => null,
      save(id, { seq, body, parts: { isFirst, added, dropped } }) {
        const run = runOf(id);
        const parts = new Map([...(isFirst ? [] : (run.snapshot?.parts ?? [])), ...added]);
        for (const part of dropped) parts.delete(part);
        run.snapshot = { seq, body, parts };
      },
      refuse(id, why) {
        runOf(id).refused = why;
      },
      look(id) {
        const { snapshot, refused } = runs.get(id) ?? {};
        if (snapshot) return { type: "taken", seq: snapshot.seq, chars: charsOf(snapshot) };
        return refused && { type: "refused", ...refused };
      },
      load(id) {
        const run = runs.get(id);
        if (!run?.snapshot || run.bodies.length < run.snapshot.seq) return undefined;
        const { seq, body, parts } = run.snapshot;
        const rows = run.bodies.slice(seq).map((row, index) => ({ seq: seq + index, body: row }));
        const snapshot = { seq, body, parts: { ids: [...parts.keys()], text: (part: number) => parts.get(part) } };
        return { snapshot, tail: { info: run.info, rows, blobs: new Map(run.blobs) } };
      },
    },
  };
}

function charsOf({ body, parts }: NonNullable<MemoryRun["snapshot"]>): number {
  let chars = body.length;
  for (const text of parts.values()) chars += text.length;
  return chars;
}

/**
 * The part of the `append` contract that all stores share.
 *
 * @param nextSeq the seq that a new row must have
 * @param bodyAt the stored row, for telling a repeated batch from a second writer
 * @throws HarnError `journal.conflict`
 */
export function checkRows(
  run: string,
  batch: Batch,
  nextSeq: number,
  bodyAt: (seq: number) => string | undefined,
): void {
  let expected = nextSeq;
  for (const { seq, body } of batch.rows) {
    if (seq < nextSeq) {
      if (bodyAt(seq) === body) continue;
      throw new HarnError(
        "journal.conflict",
        `Expected entry ${seq} of run \`${run}\` to be new, found another there`,
        {
          data: { run, seq },
        },
      );
    }
    if (seq !== expected++) {
      throw new HarnError("journal.conflict", `Expected entry ${expected - 1} of run \`${run}\`, found entry ${seq}`, {
        data: { run, seq },
      });
    }
  }
}

export function newestFirst(a: RunInfo, b: RunInfo): number {
  return b.createdMs - a.createdMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
