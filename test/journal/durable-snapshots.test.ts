/** Durable runs on disk: what a snapshot saves, what becomes of a bad one, and what is never written into one. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openJournalFolder } from "../../src/cli/journal/journal-folder.ts";
import { beginJournal, createJsonlStore, type Journal, openJournal } from "../../src/journal/index.ts";
import { programDigest, type SnapshotEvent } from "../../src/runtime/index.ts";
import { createProgramSteps } from "../../src/stdlib/index.ts";
import { createVirtualHost, type VirtualHost } from "../../src/testing/index.ts";
import { compile, isolatedHost, play } from "./journaled-program.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "harn-durable-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const storeHere = () => createJsonlStore(openJournalFolder(folder), { fsync: "never" });
const TURNS = 120;
const program = await compile(`var seen = []
for i in 0 to ${TURNS} exclusive {
  sleep(1)
  seen = seen.push(i)
  println("turn " + to_string(i))
}
println(len(seen))
`);
const lines = [...Array.from({ length: TURNS }, (_, i) => `turn ${i}`), String(TURNS), ""].join("\n");

function letTimePass(host: VirtualHost): () => void {
  return () => {
    host.clock.wakeNext();
    host.clock.moveTo(host.clock.elapsedMs + 10);
  };
}

/** Runs for so many waits, then the process is gone. */
async function begun(host: VirtualHost, waits: number, events: SnapshotEvent[] = []) {
  const store = storeHere();
  const journal = await beginJournal(store, { id: "r", createdMs: 0 }, { snapshots: "keep" });
  let rests = 0;
  const pass = letTimePass(host);
  const { output } = await play(
    program,
    {
      mode: "record",
      journal,
      keepOutput: true,
      snapshots: { everyEntries: 50, onSnapshot: (event) => events.push(event) },
    },
    {
      host,
      isGone: () => rests >= waits,
      whileResting: () => {
        rests += 1;
        pass();
      },
    },
  );
  await store.close();
  return output;
}

async function goneOn(host: VirtualHost): Promise<{ journal: Journal; output: string; error: string | undefined }> {
  const store = storeHere();
  const journal = await openJournal(store, "r", { snapshots: "use" });
  const { output, error } = await play(
    program,
    { mode: "resume", journal, keepOutput: true },
    { host, whileResting: letTimePass(host) },
  );
  await store.close();
  return { journal, output, error };
}

describe("a durable run", () => {
  it("goes on from its newest snapshot, prints nothing twice, and replays as a whole", async () => {
    const host = createVirtualHost();
    const events: SnapshotEvent[] = [];
    const before = await begun(host, 100, events);
    const taken = events.filter(({ type }) => type === "taken");
    expect(taken.length).toBeGreaterThan(3);
    const { journal, output, error } = await goneOn(host);
    expect(journal.snapshot?.seq).toBe(taken.at(-1)?.seq);
    expect(journal.entries.length).toBeLessThan(journal.snapshot!.seq / 2);
    expect({ printed: before + output, error }).toEqual({ printed: lines, error: undefined });
    // The log alone tells the whole run; a run that is over keeps no snapshot.
    expect(readdirSync(folder)).toEqual(["r.jsonl"]);
    const replayed = await play(
      program,
      { mode: "replay", journal: await openJournal(storeHere(), "r") },
      { host: isolatedHost() },
    );
    expect({ output: replayed.output, error: replayed.error }).toEqual({ output: lines, error: undefined });
  });

  const damages: readonly (readonly [string, (path: string) => void])[] = [
    ["is cut short", (path) => writeFileSync(path, readFileSync(path).subarray(0, -20))],
    ["has a bit turned", (path) => writeFileSync(path, readFileSync(path, "utf8").replace('"parked"', '"porked"'))],
    ["is of another format", (path) => writeFileSync(path, '{"format":"else"}\n{}\n')],
    ["is gone", (path) => rmSync(path)],
    ["lies beyond the end of the log", () => cutLog(0.3)],
  ];
  const cutLog = (part: number): void => {
    const path = join(folder, "r.jsonl");
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, bytes.indexOf(10, Math.floor(bytes.length * part)) + 1));
  };
  it.each(damages)("plays its whole log when the snapshot %s", async (what, damage) => {
    const host = createVirtualHost();
    const before = await begun(host, 60);
    damage(join(folder, "r.snapshot"));
    const { journal, output, error } = await goneOn(host);
    expect(journal.snapshot).toBeUndefined();
    expect(error).toBeUndefined();
    if (what.startsWith("lies")) expect(output.endsWith(`${TURNS}\n`)).toBe(true);
    else expect(before + output).toBe(lines);
  });

  it("does without a snapshot that is too long for a text, or too deep", async () => {
    const journal = await beginJournal(storeHere(), { id: "r", createdMs: 0 }, { snapshots: "keep" });
    const keepSnapshot = (): never => {
      throw new RangeError("Invalid string length");
    };
    const full = Object.create(journal, { keepSnapshot: { value: keepSnapshot } }) as Journal;
    const events: SnapshotEvent[] = [];
    const snapshots = { everyEntries: 50, onSnapshot: (event: SnapshotEvent) => void events.push(event) };
    const host = createVirtualHost();
    const { output, error } = await play(
      program,
      { mode: "record", journal: full, snapshots },
      { host, whileResting: letTimePass(host) },
    );
    expect({ output, error }).toEqual({ output: lines, error: undefined });
    expect(events[0]).toMatchObject({
      type: "refused",
      reason: "more than a snapshot can hold (Invalid string length)",
    });
  });

  it("knows a snapshot of another program by its digest", async () => {
    const other = await compile("println(1)");
    expect(programDigest(other)).not.toBe(programDigest(program));
    expect(programDigest(await compile("println(1)"))).toBe(programDigest(other));
    await begun(createVirtualHost(), 60);
    const { snapshot } = await openJournal(storeHere(), "r", { snapshots: "use" });
    expect(snapshot?.program).toBe(programDigest(program));
  });
});

describe("what is never written into a snapshot", () => {
  let runs = 0;
  const eventsOf = async (
    source: string,
    env: Readonly<Record<string, string>> = {},
    state: Map<string, unknown> = new Map(),
  ) => {
    const host = createVirtualHost({ env });
    const store = storeHere();
    const journal = await beginJournal(store, { id: `r${runs++}`, createdMs: 0 }, { snapshots: "keep" });
    const events: SnapshotEvent[] = [];
    const { error } = await play(
      await compile(source),
      { mode: "record", journal, snapshots: { everyEntries: 0, onSnapshot: (event) => events.push(event) } },
      { host, state, whileResting: letTimePass(host) },
    );
    await store.close();
    expect(error).toBeUndefined();
    return events.map((event) => (event.type === "refused" ? event.reason : "taken"));
  };

  it("a secret: not before it is forgotten", async () => {
    const source = 'fn use(key) { sleep(1)\n len(key) }\nuse(env("API_TOKEN"))\nsleep(1)\n';
    const events = await eventsOf(source, { API_TOKEN: "sesame-open-up" });
    expect(events[0]).toMatch(/^a secret held by /);
  });

  it("a short secret that the program was told; not one that is there and that nobody asked for", async () => {
    const env = { SOME_TOKEN: "short", HARN_RATE_LIMIT_ANTHROPIC: "60" };
    const calls = 'llm_mock({text: "a"})\nprintln(llm_call("hi", nil, {provider: "mock"}).text)\nsleep(1)\nsleep(1)\n';
    expect(await eventsOf(calls, env)).toContain("taken");
    expect((await eventsOf(calls, env)).join()).not.toContain("secret");
    const told = await eventsOf(`let key = env("SOME_TOKEN")\n${calls}`, env);
    expect(told).not.toContain("taken");
    expect(told.join()).toContain("secret");
  });

  it("a promise: the call of a builtin under way, unless calling again is the same", async () => {
    expect(await eventsOf('write_file("a.txt", "x")\nsleep(1)\n')).toContain("a call of `write_file` under way");
  });

  it("nothing stands in the way of scripted answers of models and the books of steps", async () => {
    expect(new Set(await eventsOf('spawn { llm_mock({text: "x"})\nsleep(5) }\nsleep(10)\n'))).toEqual(
      new Set(["taken"]),
    );
    const source = "sleep(1)\n@step\nfn work() { sleep(1) }\nwork()\nsleep(1)\n";
    const steps = createProgramSteps();
    expect(await eventsOf(source, {}, new Map([["steps", steps]]))).toEqual(["taken", "taken", "taken"]);
    expect(await eventsOf(source)).toEqual(["taken", "taken", "taken"]);
  });

  it("a transcript log of model calls", async () => {
    const source = 'llm_call("hi", nil, {provider: "mock"})\nsleep(1)\n';
    const events = await eventsOf(source, { HARN_LLM_TRANSCRIPT_DIR: "/logs" });
    expect(events.at(-1)).toBe("a transcript log of model calls");
  });
});
