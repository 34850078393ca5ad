/** Runs programs with a snapshot at every moment there is, and goes on from each of them, in tests. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createMemoryStore, type JournalStore, openJournal, type StoredSnapshot } from "../../src/journal/index.ts";
import type { SnapshotEvent } from "../../src/runtime/index.ts";

export interface Collected {
  /** Keeps every snapshot instead of the newest. */
  readonly store: JournalStore;
  readonly snapshots: StoredSnapshot[];
}

export function collecting(inner: JournalStore): Collected {
  const snapshots: StoredSnapshot[] = [];
  const parts = new Map<number, string>();
  const kept = inner.snapshots!;
  const store: JournalStore = {
    ...inner,
    snapshots: {
      ...kept,
      save(_run, { seq, body, parts: { added, dropped } }) {
        for (const [id, text] of added) parts.set(id, text);
        for (const id of dropped) parts.delete(id);
        const then = new Map(parts);
        snapshots.push({ seq, body, parts: { ids: [...then.keys()], text: (id) => then.get(id) } });
      },
    },
  };
  return { store, snapshots };
}

/** The run as it would be opened if this had been its newest snapshot. */
export async function openAt(store: JournalStore, id: string, snapshot: StoredSnapshot) {
  const whole = (await store.load(id))!;
  const rows = whole.rows.slice(snapshot.seq);
  const at: JournalStore = {
    ...store,
    snapshots: {
      ...store.snapshots!,
      mark: () => null,
      save: () => {},
      load: () => ({ snapshot, tail: { ...whole, rows } }),
    },
  };
  return openJournal(at, id, { snapshots: "use" });
}

/** What stood in the way, and how often. */
export function refusals(events: readonly SnapshotEvent[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const event of events) {
    if (event.type === "refused") counts.set(event.reason, (counts.get(event.reason) ?? 0) + 1);
  }
  return counts;
}

/** The run as its next process finds it when the one before has ended right after this snapshot. */
export async function leftAt(store: JournalStore, id: string, snapshot: StoredSnapshot): Promise<JournalStore> {
  const { info, rows, blobs } = (await store.load(id))!;
  const { finishedMs: _over, ...begun } = info;
  const left = createMemoryStore();
  await left.begin({ ...begun, status: "running" });
  await left.append(id, {
    rows: rows.slice(0, snapshot.seq),
    blobs: [...blobs].map(([digest, body]) => ({ digest, body })),
    durable: true,
  });
  const { seq, body, parts } = snapshot;
  const added = new Map([...parts.ids].map((part) => [part, parts.text(part)!]));
  const draft = { seq, body, parts: { isFirst: true, added, dropped: [] } };
  await left.snapshots!.save(id, draft, left.snapshots!.mark(id));
  return left;
}

/** Goes on from each of the runs in another process; what it prints: how many came to the same, and which did not. */
export function goOnElsewhere(runs: unknown): unknown {
  const folder = mkdtempSync(join(tmpdir(), "harn-snapshots-"));
  try {
    const file = join(folder, "runs.json");
    writeFileSync(file, JSON.stringify(runs));
    const child = fileURLToPath(new URL("./go-on-elsewhere.ts", import.meta.url));
    const argv = ["--conditions=source", "--import", "tsx", child, file];
    return JSON.parse(execFileSync(process.execPath, argv, { encoding: "utf8" }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
