/** What every journal store must do; run over each of them. */

import { describe, expect, it } from "vitest";
import type { HarnError } from "../../src/base/index.ts";
import {
  type Batch,
  beginJournal,
  JOURNAL_VERSION,
  type JournalStore,
  openJournal,
  type PartChanges,
  type RunInfo,
} from "../../src/journal/index.ts";

export function describeStoreContract(name: string, makeStore: () => JournalStore | Promise<JournalStore>): void {
  const info = (id: string, createdMs = 1): RunInfo => ({ id, version: JOURNAL_VERSION, createdMs, status: "running" });
  const batch = (seqs: readonly number[], more: Partial<Batch> = {}): Batch => ({
    rows: seqs.map((seq) => ({ seq, body: `{"seq":${seq},"type":"resume","timeMs":${seq}}` })),
    blobs: [],
    durable: false,
    ...more,
  });
  const parts = (
    added: Readonly<Record<number, string>>,
    isFirst = false,
    dropped: readonly number[] = [],
  ): PartChanges => ({
    isFirst,
    added: new Map(Object.entries(added).map(([id, text]) => [Number(id), text])),
    dropped,
  });
  const codeOf = async (work: () => unknown): Promise<string> => {
    try {
      await work();
    } catch (error) {
      return (error as HarnError).code;
    }
    return "nothing was thrown";
  };

  describe(`${name} store`, () => {
    it("gives back what was appended, in order, with blobs", async () => {
      const store = await makeStore();
      await store.begin(info("a"));
      await store.append("a", batch([0, 1], { blobs: [{ digest: "d1", body: '"x\\nü😀"' }] }));
      await store.append("a", batch([2], { durable: true, blobs: [{ digest: "d2", body: "[1,2]" }] }));
      const stored = (await store.load("a"))!;
      expect(stored.rows.map((row) => row.seq)).toEqual([0, 1, 2]);
      expect(JSON.parse(stored.rows[2]!.body)).toEqual({ seq: 2, type: "resume", timeMs: 2 });
      expect([...stored.blobs].map(([digest, body]) => [digest, JSON.parse(body)])).toEqual([
        ["d1", "x\nü😀"],
        ["d2", [1, 2]],
      ]);
      await store.close();
    });

    it("keeps runs apart", async () => {
      const store = await makeStore();
      await store.begin(info("a"));
      await store.begin(info("b"));
      await store.append("a", batch([0]));
      await store.append("b", batch([0, 1]));
      await store.append("a", batch([1]));
      expect((await store.load("a"))!.rows).toHaveLength(2);
      expect((await store.load("b"))!.rows).toHaveLength(2);
      await store.close();
    });

    it("refuses an id that is taken and knows nothing of others", async () => {
      const store = await makeStore();
      await store.begin(info("a"));
      expect(await codeOf(() => store.begin(info("a")))).toBe("journal.exists");
      expect(await store.load("b")).toBeUndefined();
      expect(await codeOf(() => store.append("b", batch([0])))).toBe("journal.not_found");
      expect(await codeOf(() => store.finish("b", "failed", 1))).toBe("journal.not_found");
      expect(await codeOf(() => openJournal(store, "b"))).toBe("journal.not_found");
      await store.close();
    });

    it("keeps the newest snapshot, with what follows it, until the run is over", async () => {
      const store = await makeStore();
      const { snapshots } = store;
      if (snapshots === undefined) throw new Error("Expected a store that keeps snapshots");
      const fill = batch([0, 1], { blobs: [{ digest: "old", body: "1" }], durable: true });
      await store.begin(info("a"));
      expect(await snapshots.look("a")).toBeUndefined();
      expect(await snapshots.load("a")).toBeUndefined();
      await store.append("a", fill);
      await snapshots.refuse("a", { seq: 1, reason: "a daemon" });
      expect(await snapshots.look("a")).toEqual({ type: "refused", seq: 1, reason: "a daemon" });
      expect(await snapshots.load("a")).toBeUndefined();
      await snapshots.save("a", { seq: 1, body: '"first"', parts: parts({}, true) }, await snapshots.mark("a"));
      const mark = await snapshots.mark("a");
      await store.append(
        "a",
        batch([2, 3], {
          blobs: [
            { digest: "old", body: "2" },
            { digest: "new", body: "3" },
          ],
        }),
      );
      await snapshots.save("a", { seq: 2, body: '"the second"', parts: parts({}) }, mark);
      await store.append("a", batch([4], { durable: true }));
      expect(await snapshots.look("a")).toEqual({ type: "taken", seq: 2, chars: 12 });
      const { snapshot, tail } = (await snapshots.load("a"))!;
      expect(snapshot).toMatchObject({ seq: 2, body: '"the second"' });
      expect(tail.rows.map(({ seq }) => seq)).toEqual([2, 3, 4]);
      expect(JSON.parse(tail.blobs.get("new")!)).toBe(3);
      expect(JSON.parse(tail.blobs.get("old")!)).toBe(2);
      await store.append("a", batch([5]));
      expect((await store.load("a"))!.rows).toHaveLength(6);
      await store.finish("a", "completed", 9);
      expect(await snapshots.look("a")).toBeUndefined();
      expect(await snapshots.load("a")).toBeUndefined();
      await store.close();
    });

    it("keeps the parts of the latest snapshot, from the one that they came with", async () => {
      const store = await makeStore();
      await store.begin(info("a"));
      await store.append("a", batch([0, 1, 2, 3], { durable: true }));
      const save = async (seq: number, changes: PartChanges) =>
        store.snapshots!.save("a", { seq, body: `${seq}`, parts: changes }, await store.snapshots!.mark("a"));
      const found = async () => {
        const { snapshot } = (await store.snapshots!.load("a"))!;
        const ids = [...snapshot.parts.ids].sort((one, other) => one - other);
        return Object.fromEntries(ids.map((id) => [id, snapshot.parts.text(id)]));
      };
      await save(1, parts({ 0: '"ä ☃"', 1: '"two\\nlines"' }, true));
      expect(await found()).toEqual({ 0: '"ä ☃"', 1: '"two\\nlines"' });
      await save(2, parts({ 2: "[3]" }));
      await save(3, parts({ 2: "[3]", 3: "[4]" }, false, [0]));
      expect(await found()).toMatchObject({ 1: '"two\\nlines"', 2: "[3]", 3: "[4]" });
      expect(await store.snapshots!.look("a")).toMatchObject({ type: "taken", seq: 3 });
      await save(3, parts({ 4: "[5]" }));
      expect(await found()).toMatchObject({ 1: '"two\\nlines"', 4: "[5]" });
      await save(4, parts({ 0: "[6]" }, true));
      expect(await found()).toEqual({ 0: "[6]" });
      await store.finish("a", "completed", 9);
      expect(await store.snapshots!.load("a")).toBeUndefined();
      await store.close();
    });

    it("a snapshot that lies beyond the end of the log is none", async () => {
      const store = await makeStore();
      await store.begin(info("a"));
      await store.append("a", batch([0], { durable: true }));
      await store.snapshots!.save("a", { seq: 3, body: "0", parts: parts({}, true) }, await store.snapshots!.mark("a"));
      expect(await store.snapshots!.load("a")).toBeUndefined();
      await store.close();
    });

    it("stores a repeated batch once", async () => {
      const store = await makeStore();
      await store.begin(info("a"));
      const twice = batch([0, 1], { blobs: [{ digest: "d", body: "1" }], durable: true });
      await store.append("a", twice);
      await store.append("a", twice);
      await store.append("a", batch([2]));
      expect((await store.load("a"))!.rows.map((row) => row.seq)).toEqual([0, 1, 2]);
      await store.close();
    });

    it.each([
      ["other content under a taken seq", { rows: [{ seq: 1, body: '{"seq":1,"type":"resume","timeMs":99}' }] }],
      ["a gap", { rows: [{ seq: 3, body: "{}" }] }],
      [
        "a gap inside the batch",
        {
          rows: [
            { seq: 2, body: "{}" },
            { seq: 4, body: "{}" },
          ],
        },
      ],
    ])("refuses %s and stores nothing of it", async (_name, wrong) => {
      const store = await makeStore();
      await store.begin(info("a"));
      await store.append("a", batch([0, 1]));
      const code = await codeOf(() =>
        store.append("a", { blobs: [{ digest: "lost", body: "1" }], durable: true, ...wrong }),
      );
      expect(code).toBe("journal.conflict");
      const stored = (await store.load("a"))!;
      expect(stored.rows).toHaveLength(2);
      expect(stored.blobs.size).toBe(0);
      await store.close();
    });

    it("lists newest first and shows how runs ended", async () => {
      const store = await makeStore();
      const forked: RunInfo = {
        ...info("forked", 5),
        program: "agent.harn",
        parent: { run: "old", seq: 3 },
        meta: { note: "x" },
      };
      await store.begin(info("old", 5));
      await store.begin(info("older", 2));
      await store.begin(forked);
      await store.append("old", batch([0]));
      await store.finish("old", "failed", 77);
      expect(await store.list()).toEqual([
        forked,
        { ...info("old", 5), status: "failed", finishedMs: 77 },
        info("older", 2),
      ]);
      expect((await store.load("old"))!.info).toEqual({ ...info("old", 5), status: "failed", finishedMs: 77 });
      await store.close();
    });

    it("takes a run from the first entry to the end through a journal", async () => {
      const store = await makeStore();
      const journal = await beginJournal(store, { id: "run.1", createdMs: 10, program: "p" });
      expect(journal.append({ type: "resume" }, 11)).toBe(0);
      await journal.flush(false);
      expect(journal.append({ type: "resume" }, 12)).toBe(1);
      await journal.finish("completed", 13);
      const opened = await openJournal(store, "run.1");
      expect(opened.entries.map((entry) => entry.timeMs)).toEqual([11, 12]);
      expect(opened.info).toMatchObject({ status: "completed", finishedMs: 13, program: "p" });
      await store.close();
    });

    it.each(["", "../escape", "a/b", ".hidden", "a b", "x".repeat(129)])("refuses the run id %j", async (id) => {
      const store = await makeStore();
      expect(await codeOf(() => beginJournal(store, { id, createdMs: 0 }))).toBe("journal.invalid_id");
      await store.close();
    });

    it("gives a run to one owner at a time, if it has leases", async () => {
      const store = await makeStore();
      const { leases } = store;
      if (leases) {
        await store.begin(info("a"));
        expect(await leases.claim("a", "one", 1000, 100)).toBe(true);
        expect(await leases.claim("a", "two", 1050, 100)).toBe(false);
        expect(await leases.claim("a", "one", 1050, 100)).toBe(true);
        expect(await leases.heartbeat("a", "one", 1100, 100)).toBe(true);
        expect(await leases.claim("a", "two", 1199, 100)).toBe(false);
        expect(await leases.claim("a", "two", 1200, 100)).toBe(true);
        expect(await leases.heartbeat("a", "one", 1210, 100)).toBe(false);
        await leases.release("a", "one");
        expect(await leases.claim("a", "one", 1220, 100)).toBe(false);
        await leases.release("a", "two");
        expect(await leases.claim("a", "one", 1221, 100)).toBe(true);
      }
      await store.close();
    });
  });
}
