import { describe, expect, it } from "vitest";
import { runProgram } from "../../test/journal/program.ts";
import { createWorld, turn } from "../../test/journal/world.ts";
import { foldEffects } from "./effects.ts";
import { beginJournal, openJournal } from "./journal.ts";
import { createMemoryStore } from "./memory-store.ts";
import { recordingHost } from "./recording-host.ts";
import { renderRun } from "./render-run.ts";
import { resumeHost } from "./resume-host.ts";
import { showRun, type TaskNode } from "./run-tree.ts";
import { forkRun, listRuns } from "./runs.ts";
import type { JournalStore } from "./spec.ts";

async function recorded(store: JournalStore = createMemoryStore()) {
  const journal = await beginJournal(store, { id: "first", createdMs: 5, program: "p.harn", meta: { a: 1 } });
  const world = createWorld();
  const result = await runProgram(recordingHost(world.makeHost(4), journal, { turn }));
  await journal.finish("completed", 9);
  return { store, world, result, journal: await openJournal(store, "first") };
}

describe("runs", () => {
  it("are listed", async () => {
    const { store } = await recorded();
    await beginJournal(store, { id: "second", createdMs: 6 });
    expect(await listRuns(store)).toMatchObject([
      { id: "second", status: "running" },
      { id: "first", status: "completed", finishedMs: 9, program: "p.harn" },
    ]);
  });

  it("fold into one record per effect", async () => {
    const { journal } = await recorded();
    const effects = foldEffects(journal.entries);
    const counted = journal.entries.filter((entry) => entry.type === "sync" || entry.type === "start");
    expect(effects).toHaveLength(counted.length);
    expect(effects.find((effect) => effect.kind === "fs.read")).toMatchObject({
      task: "main",
      args: { path: "out/a" },
      outcome: "done",
      result: { $bytes: expect.any(String) },
      chunks: 0,
    });
    expect(effects.find((effect) => effect.kind === "model.stream")).toMatchObject({ chunks: 4, outcome: "done" });
    expect(effects.filter((effect) => effect.outcome === "failed")).toMatchObject([
      { kind: "http.request", error: { kind: "dns" } },
    ]);
  });

  it("show as a tree of tasks with what each cost", async () => {
    const { journal } = await recorded();
    const view = showRun(journal);
    const outline = (nodes: readonly TaskNode[]): unknown =>
      nodes.map((node) => (node.children.length > 0 ? [node.task, outline(node.children)] : node.task));
    expect(outline(view.tasks)).toEqual([["main", ["main/a", "main/bbb", "main/cc", "main/timer"]]]);
    const [main] = view.tasks;
    // Prompts "a", "bbb" and "cc" count as their length; each answer has two parts.
    expect(main!.usage).toEqual({ inputTokens: 6, outputTokens: 6 });
    expect(main!.children.map((child) => child.usage.inputTokens ?? 0)).toEqual([1, 3, 2, 0]);
    expect(main!.effects.map((effect) => effect.kind)).toEqual([
      "clock.now",
      "fs.read",
      "console.write",
      "fs.write",
      "clock.now",
    ]);
  });

  it("show children named with colons, and those whose parent asked for nothing", async () => {
    const store = createMemoryStore();
    const host = recordingHost(createWorld().makeHost(1), await beginJournal(store, { id: "x", createdMs: 0 }));
    for (const task of ["root", "root:parallel:1:0", "root:parallel:1:0:spawn:1", "other/a/b"]) {
      await host.forTask(task).perform("fs.write", { path: "f", data: "" });
    }
    const outline = (nodes: readonly TaskNode[]): unknown => nodes.map((node) => [node.task, outline(node.children)]);
    expect(outline(showRun(await openJournal(store, "x")).tasks)).toEqual([
      ["root", [["root:parallel:1:0", [["root:parallel:1:0:spawn:1", []]]]]],
      ["other/a/b", []],
    ]);
  });

  it("render as text", async () => {
    const store = createMemoryStore();
    const journal = await beginJournal(store, { id: "r", createdMs: 0 });
    const host = recordingHost(createWorld().makeHost(1), journal);
    await host.perform("fs.write", { path: "f", data: "x" });
    for await (const item of host.forTask("main/1").stream("model.stream", { prompt: "hello", parts: 1 })) void item;
    void host.perform("process.run", { command: "x", args: [] });
    await journal.flush(true);
    expect(renderRun(showRun(await openJournal(store, "r")))).toBe(
      [
        "run r  running  8 entries",
        "  no snapshot yet: a resume plays all entries",
        "  main  (inputTokens 5, outputTokens 1)",
        "    #0 fs.write  done  1 ms",
        "    #7 process.run  in-flight",
        "    main/1  (inputTokens 5, outputTokens 1)",
        "      #2 model.stream  done  3 items  4 ms",
        "",
      ].join("\n"),
    );
  });

  it("count calls that were lost in a crash, at the price of the one that replaced them", async () => {
    const store = createMemoryStore();
    const world = createWorld();
    const input = { prompt: "hello", parts: 2 };
    const items = recordingHost(world.makeHost(1), await beginJournal(store, { id: "r", createdMs: 0 }))
      .stream("model.stream", input)
      [Symbol.asyncIterator]();
    await items.next();
    // Twice in a row the process is gone while the call is under way, with and without an item that was stored.
    const second = resumeHost(await openJournal(store, "r"), world.makeHost(2));
    await second.stream("model.stream", input)[Symbol.asyncIterator]().next();
    const third = resumeHost(await openJournal(store, "r"), world.makeHost(3));
    for await (const item of third.stream("model.stream", input)) void item;

    const { tasks, costUsd } = showRun(await openJournal(store, "r"), {
      costOf: (_args, usage) => (usage as { outputTokens: number }).outputTokens,
    });
    expect(world.performed.get("model hello")).toBe(3);
    expect(tasks[0]?.effects).toMatchObject([{ kind: "model.stream", outcome: "done", attempts: 3 }]);
    expect(tasks[0]?.usage).toEqual({ inputTokens: 15, outputTokens: 6 });
    expect(costUsd).toBe(6);
    expect(renderRun(showRun(await openJournal(store, "r")))).toContain("3 attempts");
  });

  it("count a call that was cut and not made again once, as far as it told its cost", async () => {
    const store = createMemoryStore();
    const world = createWorld();
    const input = { prompt: "hello", parts: 2 };
    const journal = await beginJournal(store, { id: "r", createdMs: 0 });
    const items = recordingHost(world.makeHost(1), journal).stream("model.stream", input)[Symbol.asyncIterator]();
    await items.next();
    await items.next();
    await journal.flush(true);
    const resumed = resumeHost(await openJournal(store, "r"), world.makeHost(2));
    await expect(async () => {
      for await (const item of resumed.stream("model.stream", input)) void item;
    }).rejects.toMatchObject({ kind: "connection_reset" });
    const [task] = showRun(await openJournal(store, "r")).tasks;
    expect(task?.effects).toMatchObject([{ outcome: "failed", attempts: 1 }]);
    expect(task?.usage).toEqual({ inputTokens: 5 });
    expect(world.performed.get("model hello")).toBe(1);
  });

  it("fork at every entry and go on from there", async () => {
    const { store, result, journal } = await recorded();
    for (let seq = -1; seq < journal.entries.length; seq++) {
      const id = `fork-${seq + 1}`;
      const fork = await forkRun(store, "first", seq, { id, createdMs: 7 });
      expect(fork.info).toMatchObject({
        parent: { run: "first", seq },
        program: "p.harn",
        meta: { a: 1 },
        status: "running",
      });
      expect(fork.entries).toEqual(journal.entries.slice(0, seq + 1));
      // Entries can be read: all blobs behind them came along.
      for (const effect of foldEffects(fork.entries)) fork.decode(effect.args);
      const world = createWorld();
      world.files.set("out/a", "a#0 a#1 ");
      const host = resumeHost(fork, world.makeHost(seq + 2), {
        turn,
        decide: () => ({ action: "retry" }),
        partialStreams: "match",
      });
      expect((await runProgram(host)).summary).toBe(result.summary);
    }
    // The source is as it was.
    expect((await openJournal(store, "first")).entries).toEqual(journal.entries);
  });

  it("take only the blobs they need along", async () => {
    const { store } = await recorded();
    const whole = (await store.load("first"))!.blobs.size;
    await forkRun(store, "first", 0, { id: "small", createdMs: 1 });
    expect((await store.load("small"))!.blobs.size).toBeLessThan(Math.max(1, whole));
  });

  it.each([-2, 1000, 0.5, Number.NaN])("refuse to fork at %d", async (seq) => {
    const { store } = await recorded();
    expect(() => forkRun(store, "first", seq, { id: "x", createdMs: 1 })).toThrow(
      /^Expected an entry from -1 to \d+ of run `first`, found /,
    );
  });
});
