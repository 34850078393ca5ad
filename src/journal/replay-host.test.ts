import { describe, expect, it } from "vitest";
import { runProgram } from "../../test/journal/program.ts";
import { createWorld, SECRET, turn } from "../../test/journal/world.ts";
import { CancelToken, HarnError, type Host, HostError } from "../base/index.ts";
import { DriftError } from "./drift.ts";
import type { ErrorCodec } from "./error-codec.ts";
import { beginJournal, type Journal, openJournal } from "./journal.ts";
import { createMemoryStore } from "./memory-store.ts";
import type { RecordingOptions } from "./recorder.ts";
import { recordingHost } from "./recording-host.ts";
import { type ReplayHost, type ReplayOptions, replayHost } from "./replay-host.ts";
import type { JournalHost } from "./task-hosts.ts";

async function record<T>(
  program: (host: JournalHost) => Promise<T>,
  options: RecordingOptions & { seed?: number; host?: Host; withTurn?: boolean } = {},
): Promise<{ result: T; journal: Journal; text: string }> {
  const store = createMemoryStore();
  const journal = await beginJournal(store, { id: "r", createdMs: 0 });
  const host = recordingHost(options.host ?? createWorld().makeHost(options.seed ?? 1), journal, {
    ...(options.withTurn === false ? {} : { turn }),
    ...options,
  });
  const result = await program(host);
  await journal.finish("completed", 1);
  const stored = (await store.load("r"))!;
  const text = [...stored.rows.map((row) => row.body), ...stored.blobs.values()].join("\n");
  return { result, journal: await openJournal(store, "r"), text };
}

async function replay<T>(
  journal: Journal,
  program: (host: ReplayHost) => Promise<T>,
  options: ReplayOptions = {},
): Promise<T> {
  const host = replayHost(journal, { turn, ...options });
  const result = await program(host);
  host.finish();
  return result;
}

const outcomeOf = (work: () => unknown): Promise<unknown> =>
  Promise.resolve()
    .then(work)
    .catch((error: unknown) => error);

describe("replay", () => {
  it("gives the same result in the same order for a thousand seeded schedules", async () => {
    const orders = new Set<string>();
    for (let seed = 1; seed <= 1000; seed++) {
      const { result, journal } = await record(runProgram, { seed });
      const again = await replay(journal, runProgram);
      expect(again, `seed ${seed}`).toEqual(result);
      orders.add(result.log.join());
    }
    // The schedules must differ, or the comparison shows nothing.
    expect(orders.size).toBeGreaterThan(500);
  });

  it("keeps the order without a turn, too, for tasks that share nothing", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { result, journal } = await record(runProgram, { seed });
      const host = replayHost(journal);
      expect((await runProgram(host)).summary).toBe(result.summary);
      host.finish();
    }
  });

  it("waits for what a task asked before it hands over the next result, even without a turn", async () => {
    const run = async (host: JournalHost) => {
      const log: string[] = [];
      await Promise.all([
        (async () => {
          await host.forTask("a").perform("sleep", { ms: 1 });
          for (let i = 0; i < 50; i++) await undefined;
          log.push("a");
          await host.forTask("a").perform("sleep", { ms: 2 });
        })(),
        (async () => {
          await host.forTask("b").perform("sleep", { ms: 3 });
          log.push("b");
        })(),
      ]);
      return log.join("");
    };
    const seen = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const { result, journal } = await record(run, { seed, withTurn: false });
      expect(await run(replayHost(journal))).toBe(result);
      seen.add(result);
    }
    expect([...seen].sort()).toEqual(["ab", "ba"]);
  });

  it("gives the same sync results, clock and randomness included", async () => {
    const look = async (host: Host) => [
      host.sync("clock.now", {}),
      host.sync("clock.monotonic", {}),
      host.sync("random.float", {}),
      host.sync("random.bytes", { length: 300 }),
      host.sync("id.next", { prefix: "x" }),
      host.sync("env.get", { name: "NONE" }),
      host.sync("console.isTty", { stream: "stdin" }),
      host.sync("system.info", {}),
      host.sync("clock.now", {}),
    ];
    const { result, journal } = await record(look);
    expect(await replay(journal, look)).toEqual(result);
  });

  it("gives binary results byte for byte, and fresh ones each time", async () => {
    const run = (host: Host) => host.perform("process.run", { command: "x", args: [] });
    const { result, journal } = await record(run);
    expect(result.stdout).toEqual(Uint8Array.from([0, 255, 128, 10]));
    const first = await replay(journal, run);
    expect(first).toEqual(result);
    first.stdout[0] = 77;
    expect((await replay(journal, run)).stdout[0]).toBe(0);
  });

  it("takes binary arguments", async () => {
    const write = (last: number) => (host: Host) =>
      host.perform("fs.write", { path: "b", data: Uint8Array.from([1, 2, last]) });
    const { journal } = await record(write(3));
    await replay(journal, write(3));
    await expect(replay(journal, write(4))).rejects.toMatchObject({
      difference: { path: "data", recorded: "3 bytes, 3 at 2", asked: "3 bytes, 4 at 2" },
    });
  });

  describe("of errors", () => {
    it("throws host errors with kind, code, effect and message", async () => {
      const run = (host: Host) => outcomeOf(() => host.perform("fs.read", { path: "none" }));
      const { journal } = await record(run);
      const error = await replay(journal, run);
      expect(error).toBeInstanceOf(HostError);
      expect(error).toMatchObject({
        kind: "not_found",
        code: "host.not_found",
        effect: "fs.read",
        message: "No file none",
      });
    });

    const throwing = (thrown: unknown): Host => ({
      sync(kind, args) {
        if (kind === "clock.now") return createWorld().makeHost(1).sync(kind, args);
        throw thrown;
      },
      perform: () => Promise.reject(thrown),
      stream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(thrown) }) }),
    });
    class QuotaError extends Error {
      readonly left: number;
      constructor(message: string, left: number) {
        super(message);
        this.left = left;
      }
    }
    const quota: ErrorCodec = {
      name: "QuotaError",
      matches: (error) => error instanceof QuotaError,
      encode: (error) => ({ left: (error as QuotaError).left }),
      decode: (message, fields) => new QuotaError(message, Number(fields.left)),
    };
    const all = async (host: Host) => [
      await outcomeOf(() => host.sync("random.float", {})),
      await outcomeOf(() => host.perform("sleep", { ms: 1 })),
      await outcomeOf(async () => {
        for await (const item of host.stream("model.stream", {})) void item;
      }),
    ];
    it.each<[string, unknown, ErrorCodec[]]>([
      ["a plain error", new TypeError("no"), []],
      ["an error of ours", new HarnError("x.y", "no", { data: { a: 1 } }), []],
      ["a long message", new HostError("tls", "sleep", "m".repeat(5000), { data: { deep: { er: [1] } } }), []],
      ["a value that is no error", { category: "x", list: [1, undefined, "s"] }, []],
      ["a text", "just so", []],
      ["a class with a codec", new QuotaError("none left", 0), [quota]],
    ])("throws %s", async (_name, thrown, errors) => {
      const { journal } = await record(all, { host: throwing(thrown), errors });
      const replayed = await replay(journal, all, { errors });
      expect(replayed).toEqual([thrown, thrown, thrown]);
      if (thrown instanceof HarnError) expect((replayed[0] as HarnError).data).toEqual(thrown.data);
      if (errors.length > 0) expect(replayed[0]).toBeInstanceOf(QuotaError);
    });

    it("keeps the text of a thrown value that cannot be stored", async () => {
      const { journal } = await record(all, { host: throwing({ toString: () => "odd", run: () => 1 }) });
      expect(await replay(journal, all)).toEqual(["odd", "odd", "odd"]);
    });
  });

  describe("of cancelled effects", () => {
    const reason = { category: "interrupt" };
    const cancelLater = async (host: Host) => {
      const token = new CancelToken();
      const effects = [
        host.perform("sleep", { ms: 99 }, token),
        host.perform("sleep", { ms: 98 }),
        (async () => {
          for await (const item of host.stream("model.stream", { prompt: "p", parts: 50 }, token)) void item;
        })(),
      ];
      const outcomes = effects.map((effect) => outcomeOf(() => effect));
      await host.perform("fs.write", { path: "x", data: "" });
      token.cancel(reason);
      return Promise.all(outcomes);
    };

    it("throws the very reason the program cancelled with", async () => {
      for (let seed = 1; seed <= 50; seed++) {
        const { result, journal } = await record(cancelLater, { seed });
        const again = await replay(journal, cancelLater);
        expect(again).toEqual(result);
        expect(again[2]).toBe(reason);
      }
    });

    it("shows them as cancelled in the journal, with what they cost until then", async () => {
      const { journal } = await record(cancelLater, { seed: 3 });
      const ends = journal.entries.filter((entry) => entry.type === "end");
      const cancelled = ends.filter((entry) => entry.outcome === "cancelled");
      expect(cancelled.length).toBeGreaterThan(0);
      expect(cancelled.some((entry) => entry.usage !== undefined)).toBe(true);
    });

    it("takes an interrupt from outside as it was recorded", async () => {
      const token = new CancelToken();
      const run = (signal: CancelToken) => (host: Host) => outcomeOf(() => host.perform("sleep", { ms: 1 }, signal));
      const recording = record(run(token));
      token.cancel(new HarnError("interrupt", "Interrupted"));
      const { journal } = await recording;
      expect(await replay(journal, run(new CancelToken()), { stallTurns: 3 })).toMatchObject({ code: "interrupt" });
    });
  });

  describe("of streams", () => {
    const read = (count: number) => async (host: Host) => {
      const items: unknown[] = [];
      for await (const item of host.stream("http.stream", { method: "GET", url: "/x", headers: {} })) {
        items.push(item);
        if (items.length === count) break;
      }
      await host.perform("sleep", { ms: 1 });
      return items;
    };

    it("gives the same items, to the end or as far as they were read", async () => {
      for (const count of [1, 2, 3, 99]) {
        const { result, journal } = await record(read(count));
        expect(result.length).toBe(Math.min(count, 5));
        expect(await replay(journal, read(count))).toEqual(result);
      }
    });

    it("notices a program that leaves a stream earlier, or later, than it did", async () => {
      const { journal } = await record(read(2));
      await expect(replay(journal, read(1), { stallTurns: 5 })).rejects.toThrow("to leave the stream");
      await expect(replay(journal, read(3), { stallTurns: 5 })).rejects.toBeInstanceOf(DriftError);
    });

    it("starts nothing before it is read", async () => {
      const { journal } = await record(async (host) => {
        host.stream("model.stream", { prompt: "p", parts: 1 });
        await host.stream("model.stream", { prompt: "q", parts: 1 })[Symbol.asyncIterator]().return?.();
      });
      expect(journal.entries).toEqual([]);
    });

    it("keeps the time of each chunk and can play at that pace", async () => {
      const { journal } = await record(read(99));
      const chunks = journal.entries.filter((entry) => entry.type === "chunk");
      expect(chunks).toHaveLength(5);
      expect(chunks.every((chunk, index) => index === 0 || chunk.timeMs > chunks[index - 1]!.timeMs)).toBe(true);
      const pauses: number[] = [];
      await replay(journal, read(99), {
        pace: async (milliseconds) => {
          pauses.push(milliseconds);
        },
      });
      expect(pauses.slice(0, 4)).toEqual(chunks.slice(1).map((chunk, index) => chunk.timeMs - chunks[index]!.timeMs));
    });
  });

  it("shows passed entries to an observer, such as console output", async () => {
    const run = async (host: Host) => {
      host.sync("console.write", { stream: "stdout", text: "hello" });
      await host.perform("sleep", { ms: 1 });
    };
    const { journal } = await record(run);
    const seen: string[] = [];
    await replay(journal, run, {
      observe: (entry) => seen.push(entry.type === "sync" ? JSON.stringify(entry.args) : entry.type),
    });
    expect(seen).toEqual(['{"stream":"stdout","text":"hello"}', "start", "end"]);
  });

  it("leaves pending what the recorded run had no use for", async () => {
    const run = async (host: Host) =>
      Promise.race([host.perform("sleep", { ms: 1 }).then(() => "slept"), Promise.resolve("first")]);
    const store = createMemoryStore();
    const journal = await beginJournal(store, { id: "r", createdMs: 0 });
    expect(await run(recordingHost(createWorld().makeHost(1), journal))).toBe("first");
    await journal.finish("completed", 1);
    expect(await replay(await openJournal(store, "r"), run)).toBe("first");
  });

  it("says so where a recording that was cut off ends", async () => {
    const store = createMemoryStore();
    const journal = await beginJournal(store, { id: "r", createdMs: 0 });
    const run = (host: Host) => host.perform("process.run", { command: "long", args: [] });
    void run(recordingHost(createWorld().makeHost(1), journal));
    await journal.flush(true);
    await expect(replay(await openJournal(store, "r"), run)).rejects.toMatchObject({
      reason: "ended",
      message: "Expected an answer to `process.run` as entry 0 of task `main`, found the end of the recording",
      hint: "Resume the run to go on from here",
    });
  });
});

describe("drift", () => {
  const messages = [
    { role: "user", content: "Tell me about rivers" },
    { role: "assistant", content: "They flow" },
    { role: "user", content: `${"long ".repeat(50)}and then this` },
  ];
  const ask = (args: Record<string, unknown>) => async (host: Host) => {
    host.sync("random.float", {});
    for await (const item of host.stream("model.stream", args as never)) void item;
  };
  const recorded = ask({ prompt: "p", parts: 1, messages });
  const change = (index: number, content: string) =>
    messages.map((message, at) => (at === index ? { ...message, content } : message));

  it.each<[string, (host: Host) => Promise<unknown>, object]>([
    [
      "a changed message",
      ask({ prompt: "p", parts: 1, messages: change(1, "They stand") }),
      { path: "messages[1].content", recorded: '"They flow"', asked: '"They stand"' },
    ],
    [
      "a change deep in a long text",
      ask({ prompt: "p", parts: 1, messages: change(2, `${"long ".repeat(50)}and then that`) }),
      { path: "messages[2].content", recorded: '…"ong long and then this"', asked: '…"ong long and then that"' },
    ],
    [
      "a message more",
      ask({ prompt: "p", parts: 1, messages: [...messages, { role: "user", content: "more" }] }),
      { path: "messages[3]", recorded: "nothing", asked: '{"role":"user","content":"more"}' },
    ],
    [
      "a message less",
      ask({ prompt: "p", parts: 1, messages: messages.slice(0, 2) }),
      { path: "messages[2]", asked: "nothing" },
    ],
    [
      "a new field",
      ask({ prompt: "p", parts: 1, messages, "top-p": 1 }),
      { path: '["top-p"]', recorded: "nothing", asked: "1" },
    ],
    ["another type", ask({ prompt: ["p"], parts: 1, messages }), { path: "prompt", recorded: '"p"', asked: '["p"]' }],
  ])("names the place of %s", async (_name, program, difference) => {
    const { journal } = await record(recorded);
    await expect(replay(journal, program)).rejects.toMatchObject({
      code: "journal.drift",
      reason: "different",
      difference,
      recorded: { task: "main", kind: "model.stream", seq: 1 },
      asked: { task: "main", kind: "model.stream" },
      hint: "Replay with the program that was recorded, or fork the run before this entry",
    });
  });

  it("has a message that says all that in one line", async () => {
    const { journal } = await record(recorded);
    await expect(replay(journal, ask({ prompt: "q", parts: 1, messages }))).rejects.toThrow(
      'Expected task `main` to ask for `model.stream` as entry 1 again, found a different request at `prompt`: recorded "p", asked "q"',
    );
    await expect(replay(journal, async (host) => host.sync("clock.now", {}))).rejects.toThrow(
      "Expected task `main` to ask for `random.float` as entry 0, found `clock.now`",
    );
  });

  it("is not caused by the order of keys", async () => {
    const { journal } = await record(recorded);
    await replay(journal, ask({ messages, parts: 1, prompt: "p" }));
  });

  it("stops everything from then on", async () => {
    const { journal } = await record(async (host) => {
      host.sync("random.float", {});
      host.sync("clock.now", {});
    });
    const host = replayHost(journal, { turn });
    const drift = await outcomeOf(() => host.sync("env.list", {}));
    expect(drift).toBeInstanceOf(DriftError);
    expect(() => host.sync("random.float", {})).toThrow(drift as Error);
    await expect(host.perform("sleep", { ms: 1 })).rejects.toBe(drift);
    expect(host.drift).toBe(drift);
    expect(() => host.finish()).toThrow(drift as Error);
  });

  it("is a program that asks for more", async () => {
    const { journal } = await record(async (host) => host.sync("random.float", {}));
    const host = replayHost(journal, { turn });
    host.sync("random.float", {});
    await expect(host.forTask("other").perform("sleep", { ms: 1 })).rejects.toMatchObject({
      reason: "extra",
      message: "Expected task `other` to ask for nothing more, found `sleep`",
    });
  });

  it("is a program that ends early", async () => {
    const { journal } = await record(async (host) => {
      host.sync("random.float", {});
      await host.perform("sleep", { ms: 7 });
    });
    await expect(replay(journal, async (host) => host.sync("random.float", {}))).rejects.toMatchObject({
      reason: "missing",
      recorded: { kind: "sleep", args: { ms: 7 }, seq: 1 },
    });
  });

  it("is a task that waits for something that another task never does again", async () => {
    const run = (both: boolean) => (host: JournalHost) =>
      Promise.all([
        host
          .forTask("b")
          .perform("fs.write", { path: "b", data: "" })
          .then(async () => {
            if (both) await host.forTask("b").perform("sleep", { ms: 2 });
          }),
        host
          .forTask("a")
          .perform("sleep", { ms: 1 })
          .then(() => host.forTask("a").perform("sleep", { ms: 3 })),
      ]);
    let stalled = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const { journal } = await record(run(true), { seed });
      const outcome = await outcomeOf(() => replay(journal, run(false), { stallTurns: 5 }));
      expect(outcome).toMatchObject({ reason: "missing", recorded: { task: "b", kind: "sleep", args: { ms: 2 } } });
      stalled++;
    }
    expect(stalled).toBe(20);
  });

  it("is not the order in which one task asks for several things at once", async () => {
    const run = (first: string, second: string) => async (host: Host) => {
      const read = (path: string) => outcomeOf(() => host.perform("fs.read", { path })).then(String);
      const asked = [read(first), read(second)];
      return (await Promise.all(asked)).sort();
    };
    const { result, journal } = await record(run("x", "y"));
    expect(await replay(journal, run("y", "x"))).toEqual(result);
  });
});

it("a journal with an end without a start is reported, not replayed", async () => {
  const store = createMemoryStore();
  const journal = await beginJournal(store, { id: "r", createdMs: 0 });
  journal.append({ type: "end", of: 7, outcome: "done" }, 1);
  await journal.flush(true);
  const opened = await openJournal(store, "r");
  expect(() => replayHost(opened)).toThrow("Expected a start at 7 for journal entry 0, found none");
});

describe("secrets", () => {
  const use = async (host: Host) => {
    const secret = host.sync("secret.get", { name: "openai" });
    const token = host.sync("env.get", { name: "API_TOKEN" });
    host.sync("env.list", {});
    const response = await host.perform("http.request", {
      method: "POST",
      url: `/echo?key=${secret}&q=1`,
      headers: { Authorization: `Bearer ${secret}`, "x-own": "plain" },
      body: `{"apiKey":"${secret}"}`,
    });
    await host.perform("process.run", {
      command: "x",
      args: [`--token=${token}`],
      env: { MY_TOKEN: `${secret}`, LANG: "C" },
    });
    await host.perform("fs.write", { path: "k", data: new TextEncoder().encode(`key is ${secret}, really`) });
    const failed = await outcomeOf(() => host.perform("fs.read", { path: `no-${secret}` }));
    host.sync("log.write", { level: "info", message: "x", fields: { [`${secret}`]: 1 } });
    return { status: response.status, failed: failed instanceof HostError };
  };

  it("are not written, wherever they turn up", async () => {
    const { text } = await record(use);
    const base64 = (value: string) => Buffer.from(value).toString("base64").slice(4, -4);
    for (const secret of [SECRET, "token-abcdefgh"]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(base64(secret));
    }
    expect(text).toContain("[redacted:openai]");
    expect(text).toContain("[redacted:authorization]");
    expect(text).toContain("&q=1");
    expect(text).toContain('"LANG":"C"');
    expect(text).toContain("plain");
  });

  it("are place-holders in a replay, which matches all the same", async () => {
    const { result, journal } = await record(use);
    expect(await replay(journal, use)).toEqual(result);
    expect(replayHost(journal).sync("secret.get", { name: "openai" })).toBe("[redacted:openai]");
  });
});
