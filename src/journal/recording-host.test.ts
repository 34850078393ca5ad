import { describe, expect, it } from "vitest";
import { createFakeFolder } from "../../test/journal/fake-folder.ts";
import { createWorld, turn } from "../../test/journal/world.ts";
import { type Host, hostFromHandlers } from "../base/index.ts";
import { beginJournal, type Journal, openJournal } from "./journal.ts";
import { createJsonlStore } from "./jsonl-store.ts";
import { createMemoryStore } from "./memory-store.ts";
import { recordingHost } from "./recording-host.ts";
import { defaultSafety } from "./safety.ts";
import type { Batch, JournalStore } from "./spec.ts";

interface Watched {
  readonly store: JournalStore;
  readonly batches: Batch[];
  bytes: number;
}

/** A memory store that counts what it is handed. */
function watch(store: JournalStore = createMemoryStore()): Watched {
  const watched: Watched = {
    batches: [],
    bytes: 0,
    store: {
      ...store,
      append(run, batch) {
        watched.batches.push(batch);
        for (const { body } of [...batch.rows, ...batch.blobs]) watched.bytes += body.length;
        return store.append(run, batch);
      },
    },
  };
  return watched;
}

const begin = (store: JournalStore): Promise<Journal> =>
  Promise.resolve(beginJournal(store, { id: "r", createdMs: 0 }));
const typesIn = (batch: Batch) => batch.rows.map((row) => (JSON.parse(row.body) as { type: string }).type);

describe("recording", () => {
  it("writes one line per sync effect and two per async one, in order", async () => {
    const { store } = watch();
    const journal = await begin(store);
    const world = createWorld();
    const host = recordingHost(world.makeHost(1), journal);
    host.sync("console.write", { stream: "stdout", text: "x" });
    await host.forTask("t").perform("fs.write", { path: "f", data: "d" });
    await journal.flush(true);
    expect((await openJournal(store, "r")).entries).toEqual([
      {
        seq: 0,
        type: "sync",
        task: "main",
        kind: "console.write",
        digest: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
        args: { stream: "stdout", text: "x" },
        timeMs: 1_000_001,
      },
      {
        seq: 1,
        type: "start",
        form: "async",
        task: "t",
        kind: "fs.write",
        digest: expect.any(String),
        args: { path: "f", data: "d" },
        safety: "idempotent",
        key: "write f",
        timeMs: 1_000_002,
      },
      { seq: 2, type: "end", of: 1, outcome: "done", timeMs: 1_000_003 },
    ]);
  });

  it("belongs to the task that runs when no task was named", async () => {
    const { store } = watch();
    const journal = await begin(store);
    let running = "one";
    const host = recordingHost(createWorld().makeHost(1), journal, { currentTask: () => running });
    host.sync("random.float", {});
    running = "two";
    host.sync("random.float", {});
    await journal.flush(true);
    const { entries } = await openJournal(store, "r");
    expect(entries.map((entry) => "task" in entry && entry.task)).toEqual(["one", "two"]);
  });

  it("makes an intent durable before an effect that is not pure, with all that came before", async () => {
    const { store, batches } = watch();
    const journal = await begin(store);
    const seen: string[][] = [];
    const inner = createWorld().makeHost(1);
    const host = recordingHost(
      {
        ...inner,
        perform: (kind, args, signal) => {
          seen.push(batches.flatMap(typesIn));
          return inner.perform(kind, args, signal);
        },
      },
      journal,
    );
    host.sync("random.float", {});
    await host.perform("sleep", { ms: 1 });
    await host.perform("process.run", { command: "x", args: [] });
    await host.perform("fs.read", { path: "none" }).catch(() => {});
    expect(seen).toEqual([[], ["sync", "start", "end", "start"], ["sync", "start", "end", "start", "end"]]);
    expect(batches.every((batch) => batch.durable)).toBe(true);
  });

  it("hands a kept result over only when it is durable", async () => {
    const folder = createFakeFolder(true);
    const journal = await begin(createJsonlStore(folder));
    const host = recordingHost(createWorld().makeHost(1), journal);
    const syncs = folder.syncs;
    await host.perform("http.request", { method: "GET", url: "/x", headers: {} });
    expect(folder.syncs).toBe(syncs + 1);
    expect(folder.synchronised.get("r.jsonl")).toBe(folder.files.get("r.jsonl")!.length);
  });

  it("lets parallel tasks share one write while another is under way", async () => {
    const { store, batches } = watch();
    const slow: JournalStore = {
      ...store,
      append: async (run, batch) => {
        await turn();
        await store.append(run, batch);
      },
    };
    const journal = await begin(slow);
    const host = recordingHost(createWorld().makeHost(1), journal);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        host.forTask(`${index}`).perform("fs.write", { path: `${index}`, data: "" }),
      ),
    );
    expect(batches.flatMap(typesIn)).toHaveLength(40);
    expect(batches.length).toBeLessThan(25);
    expect(typesIn(batches[1]!)).toHaveLength(19);
  });

  it("delivers in the order of the log even when results come at once and the store is slow", async () => {
    const { store } = watch();
    const slow: JournalStore = {
      ...store,
      append: async (run, batch) => {
        await turn();
        await store.append(run, batch);
      },
    };
    const journal = await begin(slow);
    const host = recordingHost(createWorld().makeHost(7), journal, { turn });
    const delivered: string[] = [];
    await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const own = host.forTask(`${index}`);
        if (index % 2) await own.perform("fs.write", { path: `${index}`, data: "" });
        else await own.perform("sleep", { ms: index });
        delivered.push(`${index}`);
      }),
    );
    await journal.flush(true);
    const { entries } = await openJournal(store, "r");
    const logged = entries.flatMap((entry) => {
      const start = entry.type === "end" ? entries[entry.of] : undefined;
      return start?.type === "start" ? [start.task] : [];
    });
    expect(delivered).toEqual(logged);
  });

  it("stores that a call which somebody bills is about to be made", async () => {
    const { store, batches } = watch();
    const journal = await begin(store);
    const inner = createWorld().makeHost(1);
    let stored = -1;
    const spied: Host = {
      ...inner,
      stream: (kind, args, signal) => {
        stored = batches.flatMap(({ rows }) => rows).length;
        return inner.stream(kind, args, signal);
      },
    };
    await recordingHost(spied, journal)
      .stream("model.stream", { prompt: "p", parts: 1 })
      [Symbol.asyncIterator]()
      .next();
    expect(stored).toBe(1);
    expect(batches[0]?.durable).toBe(true);
  });

  it("does not make a call whose consumer left while its start was being stored", async () => {
    const store = createMemoryStore();
    const later: JournalStore = { ...store, append: async (id, batch) => store.append(id, batch) };
    const journal = await begin(later);
    const world = createWorld();
    const items = recordingHost(world.makeHost(1), journal)
      .stream("model.stream", { prompt: "p", parts: 1 })
      [Symbol.asyncIterator]();
    const first = items.next();
    await items.return?.();
    expect(await first).toEqual({ done: true, value: undefined });
    expect(world.performed.size).toBe(0);
  });

  it("writes chunks without a wait, and large amounts before the end", async () => {
    const { store, batches } = watch();
    const journal = await begin(store);
    const host = recordingHost(createWorld().makeHost(1), journal);
    const prompt = "p".repeat(400);
    let items = 0;
    for await (const item of host.stream("model.stream", { prompt, parts: 900 })) {
      void item;
      items++;
    }
    expect(items).toBe(902);
    expect(batches.length).toBeGreaterThan(2);
    expect(batches.length).toBeLessThan(50);
    expect(batches.at(-1)!.durable).toBe(true);
    expect(batches.slice(1, -1).every((batch) => !batch.durable)).toBe(true);
  });

  it("performs nothing any more once the journal cannot be written", async () => {
    const world = createWorld();
    const folder = createFakeFolder();
    let full = false;
    const store = createJsonlStore(folder, {
      faults: (moment) => (full && moment === "write" ? { kind: "disk-full" } : undefined),
    });
    const journal = await begin(store);
    const host = recordingHost(world.makeHost(1), journal);
    await host.perform("process.run", { command: "first", args: [] });
    full = true;
    const failed = { code: "journal.write_failed" };
    await expect(host.perform("process.run", { command: "second", args: [] })).rejects.toMatchObject(failed);
    await expect(host.perform("sleep", { ms: 1 })).rejects.toMatchObject(failed);
    expect(() => host.sync("random.float", {})).toThrow("Expected the journal of run `r` to take an entry");
    await expect(
      host.stream("model.stream", { prompt: "p", parts: 1 })[Symbol.asyncIterator]().next(),
    ).rejects.toMatchObject(failed);
    expect([...world.performed.keys()]).toEqual(["run first"]);
  });

  it("gives back what the host gave, to the same objects", async () => {
    const result = { exitCode: 0, signal: null, stdout: new Uint8Array(), stderr: new Uint8Array(), timedOut: false };
    const inner = createWorld().makeHost(1);
    const host = recordingHost(
      { ...inner, perform: (async () => result) as unknown as Host["perform"] },
      await begin(createMemoryStore()),
    );
    expect(await host.perform("process.run", { command: "x", args: [] })).toBe(result);
  });

  it("refuses a journal that has been recorded", async () => {
    const { store } = watch();
    const journal = await begin(store);
    recordingHost(createWorld().makeHost(1), journal).sync("random.float", {});
    await journal.flush(true);
    const reopened = await openJournal(store, "r");
    expect(() => recordingHost(createWorld().makeHost(1), reopened)).toThrow(
      "Expected a new journal to record into, found 1 entries; resume run `r`",
    );
  });

  it("releases the host's stream when its consumer leaves", async () => {
    let released = 0;
    const base = createWorld().makeHost(1);
    const inner: Host = {
      ...base,
      stream: (() => ({
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false, value: {} }),
          return: async () => {
            released++;
            return { done: true, value: undefined };
          },
        }),
      })) as unknown as Host["stream"],
    };
    const host = recordingHost(inner, await begin(createMemoryStore()));
    for await (const item of host.stream("model.stream", {})) {
      void item;
      break;
    }
    expect(released).toBe(1);
  });
});

describe("space", () => {
  it("per turn of a conversation stays the same over a thousand turns", async () => {
    const { store, batches } = watch();
    const journal = await begin(store);
    const host = recordingHost(
      hostFromHandlers({
        ...({} as Parameters<typeof hostFromHandlers>[0]),
        sync: { "clock.now": () => 1_700_000_000_000 } as never,
        async: {} as never,
        stream: {
          "model.stream": async function* () {
            yield { type: "text-delta", delta: "a".repeat(100) };
            yield { type: "done", usage: { inputTokens: 5, outputTokens: 5 } };
          },
        } as never,
      }),
      journal,
    );
    const system = "You are careful. ".repeat(300);
    const tools = Array.from({ length: 20 }, (_, index) => ({
      name: `tool_${index}`,
      description: "does something".repeat(20),
      inputSchema: { type: "object", $defs: { x: { $ref: "#/x" } } },
    }));
    let messages: readonly { role: string; content: string }[] = [];
    const bytesOf = (batch: Batch) => [...batch.rows, ...batch.blobs].reduce((sum, { body }) => sum + body.length, 0);
    const perTurn: number[] = [];
    for (let round = 1; round <= 1000; round++) {
      const before = batches.length;
      const number = String(round).padStart(4, "0");
      messages = [...messages, { role: "user", content: `question ${number} `.repeat(30) }];
      let text = "";
      // The messages are the program's own objects one time and fresh copies another.
      const sent = round % 8 ? messages : structuredClone(messages);
      for await (const item of host.stream("model.stream", { system, tools, messages: sent } as never)) {
        text += (item as { delta?: string }).delta ?? "";
      }
      messages = [...messages, { role: "assistant", content: text + number }];
      await journal.flush(true);
      perTurn.push(batches.slice(before).reduce((sum, batch) => sum + bytesOf(batch), 0));
    }
    // Entry numbers grow by a digit now and then; nothing else may.
    const settled = perTurn.slice(10);
    expect(Math.max(...settled) - Math.min(...settled)).toBeLessThan(40);
    expect(Math.max(...settled)).toBeLessThan(2500);

    await journal.finish("completed", 1);
    const { entries, decode } = await openJournal(store, "r");
    const last = entries.findLast((entry) => entry.type === "start");
    expect((decode(last!.args) as { messages: unknown[] }).messages).toEqual(messages.slice(0, -1));
  });
});

describe("default safety", () => {
  const http = (method: string, headers = {}) => ["http.request", { method, url: "/u", headers }] as const;
  it.each<[string, unknown, object]>([
    ["sleep", { ms: 1 }, { safety: "pure" }],
    ["fs.read", { path: "p" }, { safety: "pure" }],
    ["model.stream", {}, { safety: "pure", keep: true, announce: true }],
    ["fs.write", { path: "p", data: "" }, { safety: "idempotent", key: "write p" }],
    ["fs.write", { path: "p", data: "", append: true }, { safety: "unsafe" }],
    ["fs.write", { path: "p", data: "", append: true, repeatable: true }, { safety: "idempotent", key: "write p" }],
    ["fs.remove", { path: "p" }, { safety: "idempotent", key: "remove p" }],
    ["fs.move", { from: "a", to: "b" }, { safety: "unsafe" }],
    ["fs.move", { from: "a", to: "b", repeatable: true }, { safety: "idempotent", key: "move a b" }],
    ["process.run", { command: "x", args: [] }, { safety: "unsafe" }],
    [...http("GET"), { safety: "pure", keep: true }],
    [...http("head"), { safety: "pure", keep: true }],
    [...http("PUT"), { safety: "idempotent", key: "PUT /u" }],
    [...http("POST"), { safety: "unsafe" }],
    [...http("POST", { "Idempotency-Key": "k1" }), { safety: "idempotent", key: "k1" }],
    ["something.new", {}, { safety: "unsafe" }],
  ])("of %s %j", (kind, args, verdict) => {
    expect(defaultSafety(kind, args)).toEqual(verdict);
  });
});
