import { describe, expect, it } from "vitest";
import { createWorld, SECRET, turn } from "../../test/journal/world.ts";
import { beginJournal, openJournal } from "./journal.ts";
import { createMemoryStore } from "./memory-store.ts";
import { recordingHost } from "./recording-host.ts";
import { replayHost } from "./replay-host.ts";
import { resumeHost } from "./resume-host.ts";
import { forkRun } from "./runs.ts";
import type { Entry, JournalStore, RunNote } from "./spec.ts";
import type { JournalHost } from "./task-hosts.ts";

const start = (id: string): RunNote => ({ kind: "step-start", id, data: { name: `s${id}` } });
const end = (id: string): RunNote => ({ kind: "step-end", id, data: { status: "completed" } });

async function stepped(host: JournalHost): Promise<void> {
  host.note(start("1"));
  await host.perform("fs.write", { path: "a", data: "1" });
  host.note(end("1"));
  await host.perform("fs.write", { path: "b", data: "2" });
  host.note(start("2"), "main/1");
  await host.forTask("main/1").perform("fs.write", { path: "c", data: "3" });
  host.note(end("2"), "main/1");
}

function notesOf(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap((entry) => (entry.type === "note" ? [`${entry.task} ${entry.kind} ${entry.id}`] : []));
}

const ALL = ["main step-start 1", "main step-end 1", "main/1 step-start 2", "main/1 step-end 2"];

async function recorded(store: JournalStore = createMemoryStore()) {
  const journal = await beginJournal(store, { id: "r", createdMs: 0 });
  await stepped(recordingHost(createWorld().makeHost(1), journal, { turn }));
  await journal.flush(true);
  return { store, journal: await openJournal(store, "r") };
}

describe("notes in a log", () => {
  it("stand between the effects of their task", async () => {
    const { journal } = await recorded();
    expect(notesOf(journal.entries)).toEqual(ALL);
    const kinds = journal.entries.map((entry) => (entry.type === "note" ? `${entry.kind} ${entry.id}` : entry.type));
    expect(kinds.slice(0, 5)).toEqual(["step-start 1", "start", "end", "step-end 1", "start"]);
  });

  it("are no part of a replay: it needs none, and says none", async () => {
    const { journal, store } = await recorded();
    await journal.finish("completed", 1);
    const replay = replayHost(await openJournal(store, "r"), { turn });
    await stepped(replay);
    replay.finish();
    // A recording of a time when steps were not noted is the same run.
    const silent = replayHost(await openJournal(store, "r"), { turn });
    await stepped({ ...silent, note: () => {} });
    silent.finish();
    expect(notesOf((await openJournal(store, "r")).entries)).toEqual(ALL);
  });

  it("are not said again by a run that goes on, wherever it was cut", async () => {
    const { store, journal } = await recorded();
    for (let seq = -1; seq < journal.entries.length; seq++) {
      const id = `cut-${seq + 1}`;
      const fork = await forkRun(store, "r", seq, { id, createdMs: 1 });
      await stepped(resumeHost(fork, createWorld().makeHost(2), { turn, decide: () => ({ action: "retry" }) }));
      await fork.flush(true);
      const whole = await openJournal(store, id);
      expect(notesOf(whole.entries).toSorted(), `cut behind entry ${seq}`).toEqual(ALL.toSorted());
    }
  });

  it("hold no secret that was seen", async () => {
    const store = createMemoryStore();
    const journal = await beginJournal(store, { id: "r", createdMs: 0 });
    const host = recordingHost(createWorld().makeHost(1), journal);
    const secret = host.sync("secret.get", { name: "openai" });
    expect(secret).toBe(SECRET);
    host.note({ kind: "step-end", id: "1", data: { error: `refused: ${secret}` } });
    await journal.flush(true);
    const stored = (await store.load("r"))!;
    expect(JSON.stringify([stored.rows, [...stored.blobs]])).not.toContain(SECRET);
  });

  it("of a run that is left are not kept", async () => {
    const store = createMemoryStore();
    const journal = await beginJournal(store, { id: "r", createdMs: 0 });
    const host = recordingHost(createWorld().makeHost(1), journal);
    host.note(start("1"));
    journal.freeze();
    host.note(end("1"));
    await journal.flush(true);
    expect(notesOf((await openJournal(store, "r")).entries)).toEqual(["main step-start 1"]);
  });

  it.each([
    { name: "of an unknown kind", change: { kind: "step-pause" }, message: "`kind` of journal entry 0" },
    { name: "without a task", change: { task: 7 }, message: "`task` of journal entry 0" },
    { name: "without an id", change: { id: null }, message: "`id` of journal entry 0" },
  ])("are damage when they are $name", async ({ change, message }) => {
    const store = createMemoryStore();
    await beginJournal(store, { id: "r", createdMs: 0 });
    const note = { seq: 0, type: "note", task: "main", kind: "step-start", id: "1", data: {}, timeMs: 1, ...change };
    await store.append("r", { rows: [{ seq: 0, body: JSON.stringify(note) }], blobs: [], durable: false });
    await expect(async () => openJournal(store, "r")).rejects.toThrow(message);
  });
});
