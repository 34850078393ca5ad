/**
 * Agents of a TypeScript program, without the language, on a journal: recorded, replayed, and stopped at its awaits. The
 * world is the crash lab's, and so is what must hold.
 */

import { describe, expect, it } from "vitest";
import { defineTool, runAgent } from "../../src/agent/index.ts";
import type { Host } from "../../src/base/index.ts";
import {
  beginJournal,
  createMemoryStore,
  type FaultPoints,
  type JournalHost,
  type JournalStore,
  openJournal,
  recordingHost,
  replayHost,
  resumeHost,
  showRun,
} from "../../src/journal/index.ts";
import { createLlm } from "../../src/llm/index.ts";
import { decideIn, type Lab, openLab, tracesOf } from "./crash-lab/lab-program.ts";
import { unsentCalls } from "./crash-lab/processes.ts";
import { type StoppableHost, stoppable } from "./crash-lab/stop-points.ts";
import { tick } from "./journaled-program.ts";

const object = (name: string, type: string) => ({
  type: "object" as const,
  required: [name],
  properties: { [name]: { type } },
});

async function agent(name: string, host: Host): Promise<string> {
  const post = async (url: string, body: string, headers: Record<string, string> = {}): Promise<string> => {
    const answer = await host.perform("http.request", { method: "POST", url, headers, body });
    return new TextDecoder().decode(answer.body);
  };
  const note = defineTool({
    name: "note",
    description: "Keep a note",
    input: object("text", "string"),
    async execute({ text }) {
      await host.perform("fs.write", { path: "notes.txt", data: `${name}: ${String(text)}\n`, append: true });
      await host.perform("fs.write", { path: `last-${name}.txt`, data: String(text) });
      return "kept";
    },
  });
  const order = defineTool({
    name: "order",
    description: "Order something",
    input: object("what", "string"),
    async execute({ what }) {
      const args = [name, String(what)];
      const { stdout } = await host.perform("process.run", { command: "order", args });
      return new TextDecoder().decode(stdout);
    },
  });
  const book = defineTool({
    name: "book",
    description: "Book a room",
    input: object("room", "string"),
    execute: ({ room }) => post("https://shop.test/book", `${name} ${String(room)}`),
  });
  const pay = defineTool({
    name: "pay",
    description: "Charge the card",
    input: object("cents", "integer"),
    execute: ({ cents }) => post("https://pay.test/charge", String(cents), { "Idempotency-Key": `pay-${name}` }),
  });
  const llm = createLlm({ host, provider: "anthropic", model: "claude-sonnet-4-20250514" });
  const answer = await runAgent({
    llm,
    tools: [note, order, book, pay],
    toolUse: { format: "native" },
    prompt: `Work as ${name}`,
  });
  await host.perform("fs.write", { path: "notes.txt", data: `${name} is done\n`, append: true });
  return `${answer.status}: ${answer.text}`;
}

const program = async (host: JournalHost): Promise<readonly string[]> =>
  Promise.all(["ann", "bob"].map((name) => agent(name, host.forTask(`main/${name}`))));

const turn = tick;
const WHOLE = ["done: 4 things done", "done: 4 things done"];

/** Lets time pass while the program waits for the world; undefined when its process is gone. */
async function live<T>(
  lab: Lab,
  process: StoppableHost,
  work: Promise<T>,
  isLive: () => boolean = () => true,
): Promise<T | undefined> {
  let over = false;
  const watched = work.finally(() => {
    over = true;
  });
  watched.catch(() => {});
  while (!over) {
    // Longer than anything takes that does not wait for time.
    for (let i = 0; i < 20; i++) await tick();
    if (!over && process.isGone()) return undefined;
    if (isLive()) lab.host.clock.wakeNext();
  }
  return watched.catch((error: unknown) => {
    if (process.isGone()) return undefined;
    throw error;
  });
}

async function begin(lab: Lab, store: JournalStore, process: StoppableHost): Promise<readonly string[] | undefined> {
  const faults: FaultPoints = process.faults;
  const journal = await beginJournal(store, { id: "r", createdMs: 0 }, { faults });
  const result = await live(lab, process, program(recordingHost(process.host, journal, { turn })));
  if (result) await journal.finish("completed", 0);
  return result;
}

async function goOn(lab: Lab, store: JournalStore): Promise<readonly string[] | undefined> {
  const process = stoppable(lab.host);
  const journal = await openJournal(store, "r");
  const options = { turn, decide: decideIn(lab), partialStreams: "match" } as const;
  const host = resumeHost(journal, process.host, options);
  const result = await live(lab, process, program(host), () => host.live);
  await journal.finish("completed", 0);
  return result;
}

describe("agents of a TypeScript program", () => {
  it("recorded and replayed, come to the same without the world", async () => {
    const lab = openLab();
    const store = createMemoryStore();
    expect(await begin(lab, store, stoppable(lab.host))).toEqual(WHOLE);
    const replayed = replayHost(await openJournal(store, "r"), { turn });
    expect(await program(replayed)).toEqual(WHOLE);
    replayed.finish();
  });

  it("stopped at every third await, end as if nothing had happened", { timeout: 120_000 }, async () => {
    const whole = openLab();
    await begin(whole, createMemoryStore(), stoppable(whole.host));
    for (let at = 0; ; at += 3) {
      const lab = openLab();
      const store = createMemoryStore();
      const first = stoppable(lab.host, at);
      const result = await begin(lab, store, first);
      if (!first.isGone()) {
        expect(at).toBeGreaterThan(80);
        return;
      }
      expect(result, `await ${at}`).toBeUndefined();
      const unsent = unsentCalls(await openJournal(store, "r"), lab);
      expect(await goOn(lab, store), `await ${at}`).toEqual(WHOLE);
      expect(tracesOf(lab), `await ${at}`).toEqual(tracesOf(whole));

      const journal = await openJournal(store, "r");
      const replayed = replayHost(journal, { turn });
      expect(await program(replayed), `await ${at}`).toEqual(WHOLE);
      replayed.finish();
      expect(unsent, `await ${at}`).toBeGreaterThanOrEqual(0);
      expect(unsentCalls(journal, lab), `await ${at}`).toBe(unsent);
      if (unsent > 0) continue;
      const { tasks } = showRun(journal);
      const sum = (name: string) => tasks.reduce((total, { usage }) => total + (usage[name] ?? 0), 0);
      const { inputTokens, outputTokens } = lab.bill();
      expect([sum("inputTokens"), sum("outputTokens")], `await ${at}`).toEqual([inputTokens, outputTokens]);
    }
  });
});
