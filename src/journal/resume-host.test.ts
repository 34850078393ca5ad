import { describe, expect, it } from "vitest";
import { createFakeFolder, type FakeFolder } from "../../test/journal/fake-folder.ts";
import { runProgram } from "../../test/journal/program.ts";
import { createWorld, SECRET, turn, type World } from "../../test/journal/world.ts";
import { CancelToken, type Host, HostError } from "../base/index.ts";
import { createVirtualHost } from "../testing/index.ts";
import type { FaultMoment, FaultPoints } from "./faults.ts";
import { beginJournal, type Journal, openJournal } from "./journal.ts";
import { createJsonlStore } from "./jsonl-store.ts";
import { createMemoryStore } from "./memory-store.ts";
import { recordingHost } from "./recording-host.ts";
import { replayHost } from "./replay-host.ts";
import { type InDoubtDecision, type InDoubtEffect, type ResumeOptions, resumeHost } from "./resume-host.ts";
import type { JournalStore } from "./spec.ts";
import type { JournalHost } from "./task-hosts.ts";

const encoder = new TextEncoder();

/** Looks into the world whether an order was placed, as a person or a tool would. */
const askWorld =
  (world: World) =>
  ({ kind, args }: InDoubtEffect): InDoubtDecision => {
    if (kind !== "http.request") return { action: "retry" };
    const { method, url, body } = args as { method: string; url: string; body: string };
    return world.orders.has(body)
      ? {
          action: "result",
          result: { status: 200, headers: {}, body: encoder.encode(`${method} ${url} ${body} done`), url },
        }
      : { action: "retry" };
  };

/** What counts: each order once, the files, and the program's answer. */
function expectWorldInOrder(world: World, reference: World, context: string): void {
  expect([...world.orders].sort(), context).toEqual([...reference.orders].sort());
  expect([...world.files].sort(), context).toEqual([...reference.files].sort());
}

async function uninterrupted(): Promise<{ world: World; summary: string; text: string; entries: number }> {
  const world = createWorld();
  const folder = createFakeFolder();
  const journal = await beginJournal(createJsonlStore(folder), { id: "r", createdMs: 0 });
  const { summary } = await runProgram(recordingHost(world.makeHost(5), journal, { turn }));
  await journal.flush(true);
  const text = new TextDecoder().decode(folder.files.get("r.jsonl"));
  const { entries } = await openJournal(createJsonlStore(folder), "r");
  return { world, summary, text, entries: entries.length };
}

/** The world as it would be had the process stopped when exactly these lines were in the journal. */
describe("any prefix of a journal, resumed", () => {
  it("gives what the uninterrupted run gave, and leaves the same world behind", async () => {
    const whole = await uninterrupted();
    const lines = whole.text.split("\n").slice(0, -1);
    for (let count = 1; count <= lines.length; count++) {
      const folder = createFakeFolder();
      folder.files.set("r.jsonl", encoder.encode(`${lines.slice(0, count).join("\n")}\n`));
      const world = createWorld();
      applyRecorded(world, lines.slice(0, count));
      const journal = await openJournal(createJsonlStore(folder), "r");
      const options = { turn, decide: askWorld(world), partialStreams: "match" as const };
      const result = await runProgram(resumeHost(journal, world.makeHost(count), options));
      expect(result.summary, `prefix of ${count} lines`).toBe(whole.summary);
      expectWorldInOrder(world, whole.world, `prefix of ${count} lines`);

      // What was recorded in two parts replays as one run.
      await journal.finish("completed", 1);
      const replayed = replayHost(await openJournal(createJsonlStore(folder), "r"), { turn });
      expect(await runProgram(replayed)).toEqual(result);
      replayed.finish();
    }
  });

  /** Repeats in a fresh world what the journal says was finished. */
  function applyRecorded(world: World, lines: readonly string[]): void {
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const entry of parsed) {
      if (entry["type"] !== "end" || entry["outcome"] !== "done") continue;
      const start = parsed.find((other) => other["seq"] === entry["of"]) as {
        kind: string;
        args: Record<string, never>;
      };
      const blob = (value: unknown): string =>
        typeof value === "string"
          ? value
          : String(parsed.find((line) => line["blob"] === (value as never)["$ref"])!["value"]);
      if (start.kind === "fs.write") world.files.set(start.args["path"]!, blob(start.args["data"]));
      if (start.kind === "http.request" && start.args["method"] === "POST") world.orders.set(start.args["body"]!, 1);
    }
  }
});

describe("crash lab", () => {
  /** Stops the process at the n-th moment of the given name; the promise tells when. */
  const crashAt = (moment: FaultMoment, nth: number): { faults: FaultPoints; crashed: Promise<"crashed"> } => {
    let seen = 0;
    let report = (_: "crashed"): void => {};
    const crashed = new Promise<"crashed">((resolve) => {
      report = resolve;
    });
    const faults: FaultPoints = (at, { bytes }) => {
      if (at !== moment || seen++ !== nth) return undefined;
      report("crashed");
      return at === "write" ? { kind: "short-write", bytes: Math.floor(bytes / 2), crash: true } : { kind: "crash" };
    };
    return { faults, crashed };
  };

  const runUntilDone = async (
    world: World,
    folder: FakeFolder,
    moment: FaultMoment,
    nth: number,
    later: boolean,
  ): Promise<{ summary: string; starts: number }> => {
    for (let starts = 1; ; starts++) {
      // The first process dies at the chosen moment, the second soon after it has gone live, the third lives.
      const { faults, crashed } = crashAt(moment, starts === 1 ? nth : starts === 2 ? 1 : Number.POSITIVE_INFINITY);
      const store = createJsonlStore(folder, moment === "write" || moment === "sync" ? { faults } : {});
      const options = moment === "write" || moment === "sync" ? {} : { faults };
      const exists = folder.files.has("r.jsonl");
      const host: JournalHost | "crashed" = await Promise.race([
        (async () => {
          if (exists && (await store.load("r"))) {
            const journal = await openJournal(store, "r", options);
            return resumeHost(journal, world.makeHost(nth + 1), {
              turn,
              decide: askWorld(world),
              partialStreams: "match" as const,
            });
          }
          folder.files.delete("r.jsonl");
          const journal = await beginJournal(store, { id: "r", createdMs: 0 }, options);
          return recordingHost(world.makeHost(nth), journal, { turn });
        })(),
        crashed,
      ]);
      if (host === "crashed") continue;
      const outcome = await Promise.race([runProgram(host), crashed]);
      // A process that is gone makes no more moves; let stray timers of the old one run out before the next begins.
      for (let i = 0; i < 30; i++) await turn();
      if (outcome !== "crashed") return { summary: outcome.summary, starts };
      if (later) folder.files.set("r.jsonl", folder.files.get("r.jsonl")!.slice(0, folder.synchronised.get("r.jsonl")));
    }
  };

  it.each<[FaultMoment, boolean]>([
    ["before-append", false],
    ["after-append", false],
    ["write", false],
    ["before-append", true],
    ["after-append", true],
    ["write", true],
  ])("stopped at each `%s` (with power cut: %s), ends as if nothing had happened", async (moment, powerCut) => {
    const { world: reference, summary } = await uninterrupted();
    let crashes = 0;
    for (let nth = 0; ; nth++) {
      const world = createWorld();
      const folder = createFakeFolder();
      const done = await runUntilDone(world, folder, moment, nth, powerCut);
      const context = `${moment} ${nth}`;
      expect(done.summary, context).toBe(summary);
      expectWorldInOrder(world, reference, context);
      expect(
        [...world.orders.values()].every((count) => count === 1),
        context,
      ).toBe(true);
      // Twice only what may be: model calls, reading, sleeping, writing a whole file, paying with a key.
      for (const [what, count] of world.performed) {
        if (count > 1) expect(what, context).toMatch(/^(model |sleep |write |GET |POST \/payments)/);
      }
      if (done.starts === 1) break;
      crashes++;
    }
    expect(crashes).toBeGreaterThan(15);
  });

  it("does not mind a batch that is handed to the store twice", async () => {
    for (const makeStore of [createMemoryStore, () => createJsonlStore(createFakeFolder(true))]) {
      const store = makeStore();
      const faults: FaultPoints = (moment) => (moment === "after-append" ? { kind: "duplicate-delivery" } : undefined);
      const journal = await beginJournal(store, { id: "r", createdMs: 0 }, { faults });
      const result = await runProgram(recordingHost(createWorld().makeHost(3), journal, { turn }));
      await journal.finish("completed", 1);
      const replayed = replayHost(await openJournal(store, "r"), { turn });
      expect(await runProgram(replayed)).toEqual(result);
    }
  });
});

describe("resume", () => {
  /** Records `program` up to the point where it hangs, and gives the journal as the next process finds it. */
  async function interrupted(
    program: (host: JournalHost) => Promise<unknown>,
    host: Host,
    turns = 12,
  ): Promise<{ store: JournalStore; journal: Journal }> {
    const store = createMemoryStore();
    const first = await beginJournal(store, { id: "r", createdMs: 0 });
    program(recordingHost(host, first)).catch(() => {});
    for (let i = 0; i < turns; i++) await turn();
    await first.flush(true);
    return { store, journal: await openJournal(store, "r") };
  }

  const hanging = (world: World, hangs: (kind: string) => boolean): Host => {
    const host = world.makeHost(1);
    return {
      ...host,
      perform: (kind, args, signal) => (hangs(kind) ? new Promise(() => {}) : host.perform(kind, args, signal)),
    };
  };

  const order = (host: Host) =>
    host.perform("http.request", { method: "POST", url: "/orders", headers: {}, body: "o" }).then(
      ({ status }) => status,
      (error: unknown) => error,
    );

  const LINE = '{"id":"one","text":"what was learnt"}\n';
  it.each<[string, string, string, boolean, string]>([
    ["nothing of it was written", "", LINE, true, LINE],
    ["nothing of it was written, after other lines", '{"id":"zero"}\n', LINE, true, `{"id":"zero"}\n${LINE}`],
    ["it was cut in its middle", `{"id":"zero"}\n${LINE.slice(0, 9)}`, LINE, true, `{"id":"zero"}\n${LINE}`],
    ["it was cut in its middle, in a new file", LINE.slice(0, 1), LINE, true, LINE],
    ["its last character is missing", LINE.slice(0, -1), LINE, true, LINE],
    ["all of it was written", `{"id":"zero"}\n${LINE}`, LINE, true, `{"id":"zero"}\n${LINE}`],
    ["it ends another line first", '{"id":"z', `\nnote\n${LINE}`, true, `{"id":"z\nnote\n${LINE}`],
    ["it was cut where it ends another line first", '{"id":"z\nno', `\nnote\n${LINE}`, true, `{"id":"z\nnote\n${LINE}`],
    ["another line ends as it begins", '{"id":"zero","end":"{', LINE, true, `{"id":"zero","end":"{${LINE}`],
    ["somebody wrote after it", `${LINE}{"id":"two"}\n`, LINE, true, `${LINE}{"id":"two"}\n${LINE}`],
    ["it is not of lines that may come twice, and was decided about", LINE, LINE, false, LINE + LINE],
  ])("an appending write in flight is finished: %s", async (_name, before, data, repeatable, after) => {
    const write = (host: Host) =>
      host.perform("fs.write", { path: "log", data, append: true, ...(repeatable && { repeatable }) });
    const never: Host = { ...createWorld().makeHost(1), perform: () => new Promise(() => {}) };
    const { store, journal } = await interrupted(write, never);
    const world = createVirtualHost({ files: { "/home/harn/log": before } });
    const decide = () => ({ action: "retry" }) as const;
    await write(resumeHost(journal, world, { turn, ...(!repeatable && { decide }) }));
    expect(new TextDecoder().decode(await world.perform("fs.read", { path: "log" }))).toBe(after);
    await journal.finish("completed", 1);
    await write(replayHost(await openJournal(store, "r"), { turn }));
  });

  it.each<[string, ResumeOptions["decide"] | undefined, unknown, number]>([
    ["is an error without a decision", undefined, { kind: "other", data: { in_doubt: true, seq: 0 } }, 0],
    ["is retried when the decision says so", () => ({ action: "retry" }), 200, 1],
    [
      "has the decided result",
      async () => ({ action: "result", result: { status: 201, headers: {}, body: new Uint8Array(), url: "" } }),
      201,
      0,
    ],
    [
      "fails with the decided error",
      () => ({ action: "fail", error: new HostError("cancelled", "http.request", "Given up") }),
      { kind: "cancelled" },
      0,
    ],
  ])("an unsafe effect in flight %s", async (_name, decide, expected, orders) => {
    const world = createWorld();
    const { store, journal } = await interrupted(
      order,
      hanging(world, (kind) => kind === "http.request"),
    );
    const asked: InDoubtEffect[] = [];
    const host = resumeHost(journal, world.makeHost(2), {
      turn,
      ...(decide && {
        decide: (effect) => {
          asked.push(effect);
          return decide(effect);
        },
      }),
    });
    const result = await order(host);
    if (typeof expected === "number") expect(result).toBe(expected);
    else expect(result).toMatchObject(expected as object);
    expect(world.orders.get("o") ?? 0).toBe(orders);
    if (decide) {
      expect(asked).toMatchObject([{ seq: 0, task: "main", kind: "http.request", startedMs: 1_000_001 }]);
      expect(asked[0]!.args).toMatchObject({ body: "o" });
    }
    // The decision is part of the record.
    await journal.finish("completed", 1);
    const replayed = await order(replayHost(await openJournal(store, "r"), { turn }));
    expect(JSON.stringify(replayed)).toBe(JSON.stringify(result));
  });

  it("a decision that throws leaves the effect in flight for the next attempt", async () => {
    const world = createWorld();
    const { store, journal } = await interrupted(
      order,
      hanging(world, (kind) => kind === "http.request"),
    );
    const refuse = () => {
      throw new Error("ask me later");
    };
    expect(String(await order(resumeHost(journal, world.makeHost(2), { turn, decide: refuse })))).toContain(
      "ask me later",
    );
    await journal.flush(true);
    const again = await openJournal(store, "r");
    const host = resumeHost(again, world.makeHost(3), { turn, decide: () => ({ action: "retry" }) });
    expect(await order(host)).toBe(200);
  });

  it("an idempotent effect is repeated with the key it had", async () => {
    const world = createWorld();
    const keys: (string | undefined)[] = [];
    const watching = (host: Host): Host => ({
      ...host,
      perform: (kind, args, signal) => {
        if (kind === "http.request")
          keys.push((args as { headers: Record<string, string> }).headers["idempotency-key"]);
        return host.perform(kind, args, signal);
      },
    });
    const pay = (host: Host) =>
      host.perform("http.request", {
        method: "POST",
        url: "/pay",
        headers: { "idempotency-key": host.sync("id.next", { prefix: "pay" }) },
        body: "p",
      });
    const { journal } = await interrupted(pay, watching(hanging(world, (kind) => kind === "http.request")));
    await pay(resumeHost(journal, watching(world.makeHost(99)), { turn }));
    // The request that hung never reached `watching` of the second process with a new key.
    expect(new Set(keys).size).toBe(1);
    expect(keys).toHaveLength(2);
  });

  it("a sleep goes on for the rest of its time", async () => {
    const world = createWorld();
    world.tickMs = 0;
    const sleep = (host: Host) => host.perform("sleep", { ms: 1000 });
    const { journal } = await interrupted(
      sleep,
      hanging(world, (kind) => kind === "sleep"),
    );
    world.clockMs += 400;
    await sleep(resumeHost(journal, world.makeHost(2), { turn }));
    expect([...world.performed.keys()]).toEqual(["sleep 600"]);
  });

  it("removing what is gone already has succeeded", async () => {
    const world = createWorld();
    const remove = (host: Host) => host.perform("fs.remove", { path: "f" });
    world.files.set("f", "x");
    const { journal } = await interrupted(
      remove,
      hanging(world, (kind) => kind === "fs.remove"),
    );
    world.files.delete("f");
    expect(await remove(resumeHost(journal, world.makeHost(2), { turn }))).toBeUndefined();
  });

  it("a stream that was partly read ends as a cut connection, one that was not starts over", async () => {
    const listen = (host: Host) => async () => {
      const heard: string[] = [];
      try {
        for await (const item of host.stream("model.stream", { prompt: "p", parts: 3 })) {
          heard.push((item as { type: string }).type);
        }
      } catch (error) {
        heard.push((error as HostError).kind);
      }
      return heard;
    };
    const world = createWorld();
    const base = world.makeHost(1);
    const stuckAfter = (items: number): Host => ({
      ...base,
      stream: (kind, args, signal) => ({
        [Symbol.asyncIterator]: () => {
          const inner = base.stream(kind, args, signal)[Symbol.asyncIterator]();
          let count = 0;
          return { next: () => (count++ < items ? inner.next() : new Promise(() => {})) };
        },
      }),
    });
    const part = await interrupted((host) => listen(host)(), stuckAfter(2));
    const cut = await listen(resumeHost(part.journal, world.makeHost(2), { turn }))();
    expect(cut).toEqual(["response-start", "text-delta", "connection_reset"]);
    await part.journal.finish("completed", 1);
    expect(await listen(replayHost(await openJournal(part.store, "r"), { turn }))()).toEqual(cut);

    const same = await interrupted((host) => listen(host)(), stuckAfter(2));
    const matched = resumeHost(same.journal, world.makeHost(2), { turn, partialStreams: "match" });
    expect(await listen(matched)()).toEqual(["response-start", "text-delta", "text-delta", "text-delta", "done"]);
    const differs = await interrupted((host) => listen(host)(), stuckAfter(2));
    const other: Host = {
      ...base,
      stream: (kind, _args, signal) => base.stream(kind, { prompt: "q", parts: 3 } as never, signal),
    };
    const unmatched = resumeHost(differs.journal, other, { turn, partialStreams: "match" });
    expect(await listen(unmatched)()).toEqual(["response-start", "text-delta", "connection_reset"]);

    const { journal } = await interrupted((host) => listen(host)(), stuckAfter(0));
    expect(await listen(resumeHost(journal, world.makeHost(2), { turn }))()).toEqual([
      "response-start",
      "text-delta",
      "text-delta",
      "text-delta",
      "done",
    ]);
  });

  it("closing a stream that was cut off by the crash is recorded", async () => {
    const world = createWorld();
    const run = (stay: boolean) => async (host: Host) => {
      for await (const item of host.stream("model.stream", { prompt: "p", parts: 9 })) {
        if ((item as { type: string }).type === "text-delta") {
          if (stay) await new Promise(() => {});
          break;
        }
      }
      return host.sync("random.float", {});
    };
    const { store, journal } = await interrupted(run(true), world.makeHost(1));
    const result = await run(false)(resumeHost(journal, world.makeHost(2), { turn }));
    await journal.finish("completed", 1);
    const opened = await openJournal(store, "r");
    expect(opened.entries.filter((entry) => entry.type === "end")).toMatchObject([{ of: 0, outcome: "closed" }]);
    expect(await run(false)(replayHost(opened, { turn }))).toBe(result);
  });

  it("asks for secrets again and matches all the same", async () => {
    const world = createWorld();
    const sent: string[] = [];
    const watching = (host: Host): Host => ({
      ...host,
      perform: (kind, args, signal) => {
        if (kind === "http.request") sent.push((args as { headers: { authorization: string } }).headers.authorization);
        return host.perform(kind, args, signal);
      },
    });
    const call = async (host: Host) => {
      const key = host.sync("secret.get", { name: "openai" });
      await host.perform("fs.write", { path: "note", data: `uses ${key}` });
      await host.perform("process.run", { command: "hang", args: [] });
      return host.perform("http.request", { method: "GET", url: "/x", headers: { authorization: `Bearer ${key}` } });
    };
    const { journal } = await interrupted(
      call,
      hanging(world, (kind) => kind === "process.run"),
    );
    await call(resumeHost(journal, watching(world.makeHost(2)), { turn, decide: () => ({ action: "retry" }) }));
    expect(sent).toEqual([`Bearer ${SECRET}`]);
  });

  it("marks where it went live, and says when it has", async () => {
    const world = createWorld();
    const run = async (host: JournalHost) => {
      await host.perform("sleep", { ms: 1 });
      await host.perform("process.run", { command: "x", args: [] });
    };
    const { store, journal } = await interrupted(
      run,
      hanging(world, (kind) => kind === "process.run"),
    );
    const host = resumeHost(journal, world.makeHost(2), { turn, decide: () => ({ action: "retry" }) });
    expect(host.live).toBe(false);
    await run(host);
    expect(host.live).toBe(true);
    await journal.flush(true);
    expect((await openJournal(store, "r")).entries.map((entry) => entry.type)).toEqual([
      "start",
      "end",
      "start",
      "resume",
      "end",
    ]);
  });

  it("holds live effects back until everything recorded has been played", async () => {
    // The first process stops while `quick` thinks; by then `slow` has got three results.
    const run = (thinking: Promise<void>) => async (host: JournalHost) => {
      const log: string[] = [];
      await Promise.all([
        (async () => {
          await thinking;
          await host.forTask("quick").perform("process.run", { command: "x", args: [] });
          log.push("quick");
        })(),
        (async () => {
          for (let i = 0; i < 3; i++) {
            await host.forTask("slow").perform("fs.write", { path: `s${i}`, data: "" });
            log.push(`slow ${i}`);
          }
        })(),
      ]);
      return log;
    };
    const { store, journal } = await interrupted(run(new Promise(() => {})), createWorld().makeHost(1), 40);
    const immediate = createWorld().makeHost(1);
    const host: Host = {
      ...immediate,
      perform: (async () => ({ exitCode: 0 })) as unknown as Host["perform"],
    };
    const log = await run(Promise.resolve())(resumeHost(journal, host, { turn }));
    expect(log).toEqual(["slow 0", "slow 1", "slow 2", "quick"]);
    await journal.finish("completed", 1);
    expect(await run(Promise.resolve())(replayHost(await openJournal(store, "r"), { turn }))).toEqual(log);
  });

  it("notices a changed program before it touches the world", async () => {
    const world = createWorld();
    const { journal } = await interrupted(
      order,
      hanging(world, (kind) => kind === "http.request"),
    );
    const host = resumeHost(journal, world.makeHost(2), { turn, decide: () => ({ action: "retry" }) });
    const changed = host.perform("http.request", { method: "POST", url: "/orders", headers: {}, body: "other" });
    await expect(changed).rejects.toMatchObject({ code: "journal.drift", difference: { path: "body" } });
    expect(world.orders.size).toBe(0);
  });

  it("refuses a run that is over", async () => {
    const store = createMemoryStore();
    const journal = await beginJournal(store, { id: "r", createdMs: 0 });
    await journal.finish("completed", 1);
    const opened = await openJournal(store, "r");
    expect(() => resumeHost(opened, createWorld().makeHost(1))).toThrow(
      "Expected a run to resume, found `r` completed; fork it to go on from an entry",
    );
  });

  it("passes a cancellation on to what it performs", async () => {
    const world = createWorld();
    const token = new CancelToken();
    const run = (host: Host) => host.perform("sleep", { ms: 5 }, token);
    const { journal } = await interrupted(
      run,
      hanging(world, () => true),
    );
    const resumed = run(
      resumeHost(
        journal,
        hanging(createWorld(), () => false),
        { turn },
      ),
    );
    token.cancel("stop");
    await expect(resumed).rejects.toBe("stop");
  });
});
