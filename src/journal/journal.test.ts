import { describe, expect, it } from "vitest";
import { turn } from "../../test/journal/world.ts";
import { SimulatedCrash } from "./faults.ts";
import { beginJournal, openJournal } from "./journal.ts";
import { createMemoryStore } from "./memory-store.ts";
import { recordingHost } from "./recording-host.ts";
import type { Batch, JournalStore } from "./spec.ts";

/** A store whose appends end when the test says so. */
function manualStore(): { store: JournalStore; batches: Batch[]; release: () => Promise<void> } {
  const inner = createMemoryStore();
  const batches: Batch[] = [];
  const waiting: (() => void)[] = [];
  return {
    batches,
    store: {
      ...inner,
      append: async (run, batch) => {
        batches.push(batch);
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
        });
        await inner.append(run, batch);
      },
    },
    release: async () => {
      waiting.shift()?.();
      await turn();
    },
  };
}

const begin = async (store: JournalStore, options = {}) => beginJournal(store, { id: "r", createdMs: 0 }, options);

describe("an open journal", () => {
  it("answers at once when the store does", async () => {
    const journal = await begin(createMemoryStore());
    journal.append({ type: "resume" }, 1);
    expect(journal.flush(true)).toBeUndefined();
  });

  it("collects while it writes, and keeps the demand for durability", async () => {
    const { store, batches, release } = manualStore();
    const journal = await begin(store);
    const done: string[] = [];
    const note = (name: string) => () => void done.push(name);
    journal.append({ type: "resume" }, 1);
    void Promise.resolve(journal.flush(false)).then(note("first"));
    journal.append({ type: "resume" }, 2);
    void Promise.resolve(journal.flush(true)).then(note("second"));
    journal.append({ type: "resume" }, 3);
    void Promise.resolve(journal.flush(false)).then(note("third"));
    await turn();
    expect(batches.map(({ rows, durable }) => [rows.length, durable])).toEqual([[1, false]]);
    await release();
    expect(done).toEqual(["first"]);
    expect(batches.map(({ rows, durable }) => [rows.length, durable])).toEqual([
      [1, false],
      [2, true],
    ]);
    await release();
    expect(done).toEqual(["first", "second", "third"]);
  });

  it("fails all who wait when a write fails, and leaves nothing unhandled", async () => {
    const inner = createMemoryStore();
    const journal = await begin({ ...inner, append: () => Promise.reject(new Error("gone")) });
    journal.append({ type: "resume" }, 1);
    const first = Promise.resolve(journal.flush(true));
    journal.append({ type: "resume" }, 2);
    const second = Promise.resolve(journal.flush(true));
    await expect(first).rejects.toMatchObject({ code: "journal.write_failed", data: { reason: "gone" } });
    await expect(second).rejects.toBe(journal.failure);
    expect(() => journal.flush(false)).toThrow(journal.failure!);
  });

  it("keeps a failed write in the background for the next flush", async () => {
    const inner = createMemoryStore();
    for (const append of [
      () => Promise.reject(new Error("later")),
      () => {
        throw new Error("at once");
      },
    ]) {
      const journal = await begin({ ...inner, begin: () => {}, append });
      const scrubber = { version: 0, text: (text: string) => text, bytes: (bytes: Uint8Array) => bytes };
      for (let i = 0; i < 300; i++) {
        const result = journal.encode(String(i).repeat(250), scrubber);
        journal.append({ type: "chunk", of: 0, result }, i);
      }
      await turn();
      expect(journal.failure).toMatchObject({ code: "journal.write_failed" });
    }
  });

  it("is gone after a crash: nothing settles, nothing is performed", async () => {
    const journal = await begin(createMemoryStore(), { faults: () => ({ kind: "crash" }) });
    const performed: string[] = [];
    const host = recordingHost(
      {
        sync: ((kind: string) => (kind === "clock.now" ? 1 : performed.push(kind))) as never,
        perform: (async (kind: string) => performed.push(kind)) as never,
        stream: ((kind: string) => performed.push(kind)) as never,
      },
      journal,
    );
    let settled = 0;
    const count = () => void settled++;
    void host.perform("process.run", { command: "x", args: [] }).then(count, count);
    await turn();
    expect(journal.crashed).toBe(true);
    void host.perform("sleep", { ms: 1 }).then(count, count);
    void host.stream("model.stream", {})[Symbol.asyncIterator]().next().then(count, count);
    void Promise.resolve(journal.finish("completed", 1)).then(count, count);
    expect(() => host.sync("random.float", {})).toThrow(SimulatedCrash);
    await turn();
    expect(settled).toBe(0);
    expect(performed).toEqual([]);
  });

  it("notices entries that do not count up", async () => {
    const store = createMemoryStore();
    await begin(store);
    const stored = (await store.load("r"))!;
    const rows = [{ seq: 0, body: '{"seq":1,"type":"resume","timeMs":0}' }];
    expect(() => openJournal({ ...store, load: () => ({ ...stored, rows }) }, "r")).toThrow(
      "Expected entry 0 of run `r`, found entry 1",
    );
  });
});
