/** A model call that is made again after a crash tells of the attempts before it, once, whatever happens to the process. */

import { describe, expect, it } from "vitest";
import type { Host, Json } from "../base/index.ts";
import { foldEffects } from "./effects.ts";
import { beginJournal, openJournal } from "./journal.ts";
import { createMemoryStore } from "./memory-store.ts";
import { recordingHost } from "./recording-host.ts";
import { replayHost } from "./replay-host.ts";
import { type ResumeOptions, resumeHost } from "./resume-host.ts";
import type { JournalStore } from "./spec.ts";

/** Gives its items and then, unless the answer is complete, nothing for ever: the process will be gone. */
function hostWith(items: readonly Json[], complete: boolean): Host {
  return {
    sync: (() => 1) as Host["sync"],
    perform: (async () => undefined) as Host["perform"],
    stream: async function* () {
      yield* items;
      if (!complete) await new Promise(() => {});
    } as unknown as Host["stream"],
  };
}

type Streams = Pick<Host, "stream">;

async function read(host: Streams, kind: "model.stream" | "http.stream", count: number): Promise<unknown[]> {
  const args = kind === "model.stream" ? {} : { method: "GET", url: "/", headers: {} };
  const items = host.stream(kind, args as never)[Symbol.asyncIterator]();
  const seen: unknown[] = [];
  while (seen.length < count) {
    const step = await items.next();
    if (step.done) break;
    seen.push(step.value);
  }
  return seen;
}

const ALL = [{ type: "a" }, { type: "b", usage: { inputTokens: 5 } }];

/** A run whose first process saw so many items of the call. */
async function brokenOff(seen: number, kind: "model.stream" | "http.stream" = "model.stream"): Promise<JournalStore> {
  const store = createMemoryStore();
  const journal = await beginJournal(store, { id: "r", createdMs: 0 });
  const waiting = read(recordingHost(hostWith(ALL.slice(0, seen), false), journal).forTask("main"), kind, seen + 1);
  void waiting;
  for (let i = 0; i < 50; i++) await undefined;
  await journal.flush(true);
  return store;
}

async function resumed(
  store: JournalStore,
  host: Host,
  count: number,
  options: ResumeOptions = {},
  kind = "model.stream",
) {
  const journal = await openJournal(store, "r");
  const seen = read(resumeHost(journal, host, options).forTask("main"), kind as "model.stream", count);
  const done = await Promise.race([seen, new Promise<unknown[]>((resolve) => setImmediate(() => resolve(["waits"])))]);
  await journal.flush(true);
  return done;
}

describe("lost attempts", () => {
  it("the first item of a repeated call tells of one, and a replay has the same", async () => {
    const store = await brokenOff(0);
    const told = [{ type: "a", lostAttempts: 1 }, ALL[1]];
    expect(await resumed(store, hostWith(ALL, true), 9)).toEqual(told);
    const journal = await openJournal(store, "r");
    expect(await read(replayHost(journal).forTask("main"), "model.stream", 9)).toEqual(told);
    expect(foldEffects(journal.entries)[0]?.attempts).toBe(2);
  });

  it("each process that is gone before an item came counts", async () => {
    const store = await brokenOff(0);
    expect(await resumed(store, hostWith([], false), 1)).toEqual(["waits"]);
    expect(await resumed(store, hostWith([], false), 1)).toEqual(["waits"]);
    expect(await resumed(store, hostWith(ALL, true), 9)).toEqual([{ type: "a", lostAttempts: 3 }, ALL[1]]);
  });

  it("what an item has told is not told again when its process is gone too", async () => {
    const store = await brokenOff(0);
    const match = { partialStreams: "match" } as const;
    expect(await resumed(store, hostWith(ALL.slice(0, 1), false), 2, match)).toEqual(["waits"]);
    expect(await resumed(store, hostWith(ALL, true), 9, match)).toEqual([
      { type: "a", lostAttempts: 1 },
      { ...ALL[1], lostAttempts: 1 },
    ]);
  });

  it("a program that has seen everything but the end is told by an item that says nothing else", async () => {
    const store = await brokenOff(2);
    const told = [...ALL, { lostAttempts: 1 }];
    expect(await resumed(store, hostWith(ALL, true), 9, { partialStreams: "match" })).toEqual(told);
    expect(await read(replayHost(await openJournal(store, "r")).forTask("main"), "model.stream", 9)).toEqual(told);
  });

  it("such an item is no part of the answer that the next process passes over", async () => {
    const store = await brokenOff(2);
    const match = { partialStreams: "match" } as const;
    expect(await resumed(store, hostWith(ALL, true), 3, match)).toEqual([...ALL, { lostAttempts: 1 }]);
    expect(await resumed(store, hostWith(ALL, true), 9, match)).toEqual([
      ...ALL,
      { lostAttempts: 1 },
      { lostAttempts: 1 },
    ]);
  });

  it("other streams are nobody's bill", async () => {
    const store = await brokenOff(0, "http.stream");
    expect(await resumed(store, hostWith(ALL, true), 9, {}, "http.stream")).toEqual(ALL);
  });
});
