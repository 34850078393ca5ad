import { describe, expect, it } from "vitest";
import { createWorld } from "../../test/journal/world.ts";
import { beginJournal, type Journal, openJournal } from "./journal.ts";
import { createMemoryStore } from "./memory-store.ts";
import { recordingHost } from "./recording-host.ts";
import { renderRun } from "./render-run.ts";
import { type StepNode, showRun, type TaskNode } from "./run-tree.ts";
import type { JournalHost } from "./task-hosts.ts";

async function seen(program: (host: JournalHost, journal: Journal) => Promise<void>): Promise<Journal> {
  const store = createMemoryStore();
  const journal = await beginJournal(store, { id: "r", createdMs: 0 });
  await program(recordingHost(createWorld().makeHost(1), journal), journal);
  await journal.flush(true);
  return openJournal(store, "r");
}

/** An answer of one part tells as many input tokens as the prompt is long, and one output token. */
async function ask(host: JournalHost, task: string, prompt: string): Promise<void> {
  for await (const item of host.forTask(task).stream("model.stream", { prompt, parts: 1 })) void item;
}

function enter(host: JournalHost, task: string, id: string, name: string, persona?: string): void {
  host.note({ kind: "step-start", id, data: { name, function: name, ...(persona && { persona }) } }, task);
}

function leave(host: JournalHost, task: string, id: string, told: object): void {
  host.note({ kind: "step-end", id, data: { ...told } }, task);
}

type Outline = readonly [string, ...unknown[]];

const outlineOf = (node: TaskNode | StepNode): Outline => [
  "task" in node ? node.task : node.step,
  ...node.effects.map((effect) => effect.kind),
  ...node.steps.map(outlineOf),
  ...node.children.map(outlineOf),
];

const bill = { llmCalls: 1, inputTokens: 2, outputTokens: 1, costUsd: 0.5 };

describe("the tree of a run", () => {
  it("puts effects into the innermost step that their task is in, and tasks into the step they were begun in", async () => {
    const journal = await seen(async (host) => {
      await ask(host, "main", "a");
      enter(host, "main", "1", "outer");
      await ask(host, "main", "bb");
      enter(host, "main", "2", "inner");
      await ask(host, "main", "ccc");
      leave(host, "main", "2", { status: "completed", ...bill });
      enter(host, "main/1", "3", "side");
      await ask(host, "main/1", "d");
      await ask(host, "main/2", "e");
      leave(host, "main/1", "3", { status: "completed", ...bill });
      leave(host, "main", "1", { status: "completed", ...bill });
      await ask(host, "main/3", "f");
      await ask(host, "main", "g");
    });
    expect(showRun(journal).tasks.map(outlineOf)).toEqual([
      [
        "main",
        "model.stream",
        "model.stream",
        [
          "outer",
          "model.stream",
          ["inner", "model.stream"],
          ["main/1", ["side", "model.stream"]],
          ["main/2", "model.stream"],
        ],
        ["main/3", "model.stream"],
      ],
    ]);
  });

  it("bills a step that is over by the books of the program, and counts tasks with everything below", async () => {
    const journal = await seen(async (host) => {
      enter(host, "main", "1", "outer");
      enter(host, "main", "2", "inner");
      await ask(host, "main", "ccc");
      leave(host, "main", "2", { status: "completed", ...bill, model: "small" });
      leave(host, "main", "1", { status: "completed", llmCalls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 });
    });
    const [main] = showRun(journal).tasks;
    expect(main?.usage).toEqual({ inputTokens: 3, outputTokens: 1 });
    expect(main?.steps).toMatchObject([
      {
        outcome: "completed",
        usage: { llmCalls: 0, inputTokens: 0 },
        costUsd: 0,
        steps: [{ model: "small", usage: { llmCalls: 1, inputTokens: 2, outputTokens: 1 }, costUsd: 0.5 }],
      },
    ]);
  });

  it("bills a step under way by what its calls told, those of its tasks too, and not those of inner steps", async () => {
    const journal = await seen(async (host) => {
      enter(host, "main", "1", "outer");
      await ask(host, "main", "bb");
      await ask(host, "main/1", "ddd");
      enter(host, "main/2", "2", "inner");
      await ask(host, "main/2", "eeee");
    });
    const [main] = showRun(journal, { costOf: () => 1 }).tasks;
    expect(main?.steps).toMatchObject([
      {
        outcome: "in-flight",
        usage: { inputTokens: 5, outputTokens: 2 },
        costUsd: 2,
        children: [{ task: "main/1" }, { task: "main/2", steps: [{ usage: { inputTokens: 4, outputTokens: 1 } }] }],
      },
    ]);
    expect(main?.costUsd).toBe(3);
    const [call] = main?.steps[0]?.effects ?? [];
    expect(call).toMatchObject({ kind: "model.stream", costUsd: 1 });
    const lines = renderRun(showRun(journal, { costOf: () => 1 })).split("\n");
    expect(lines.filter((line) => /model\.stream .* {2}\$1\.000000$/.test(line))).toHaveLength(3);
  });

  it("tells how each step ended", async () => {
    const journal = await seen(async (host) => {
      for (const [at, status] of ["completed", "failed", "skipped", "escalated", "odd"].entries()) {
        enter(host, "main", String(at), "s", "captain");
        leave(host, "main", String(at), { status, ...(at > 0 && { error: "why\u001b[31m\nnot" }) });
      }
    });
    expect(showRun(journal).tasks[0]?.steps.map(({ outcome }) => outcome)).toEqual([
      "completed",
      "failed",
      "skipped",
      "escalated",
      "failed",
    ]);
    expect(renderRun(showRun(journal))).toBe(
      [
        "run r  running  10 entries",
        "  no snapshot yet: a resume plays all entries",
        "  main",
        "    #0 step captain.s  completed  1 ms",
        "    #2 step captain.s  failed  1 ms: why [31m not",
        "    #4 step captain.s  skipped  1 ms: why [31m not",
        "    #6 step captain.s  escalated  1 ms: why [31m not",
        "    #8 step captain.s  failed  1 ms: why [31m not",
        "",
      ].join("\n"),
    );
  });

  it("takes a step that ends before one inside it, and an end without a start", async () => {
    const journal = await seen(async (host) => {
      enter(host, "main", "1", "outer");
      enter(host, "main", "2", "inner");
      leave(host, "main", "1", { status: "failed", error: "gone" });
      await ask(host, "main", "a");
      leave(host, "main", "9", { status: "completed" });
    });
    expect(showRun(journal).tasks.map(outlineOf)).toEqual([["main", ["outer", ["inner", "model.stream"]]]]);
  });

  it("is written in the order of the log, steps among effects", async () => {
    const journal = await seen(async (host) => {
      await host.perform("fs.write", { path: "f", data: "" });
      enter(host, "main", "1", "plan");
      await ask(host, "main", "bb");
      leave(host, "main", "1", { status: "completed", ...bill });
      await host.perform("fs.write", { path: "g", data: "" });
    });
    const lines = renderRun(showRun(journal)).split("\n").slice(2, -1);
    expect(lines.map((line) => line.replace(/ {2}\d+ ms/, ""))).toEqual([
      "  main  (inputTokens 2, outputTokens 1)",
      "    #0 fs.write  done",
      "    #2 step plan  completed  (llmCalls 1, inputTokens 2, outputTokens 1, $0.500000)",
      "      #3 model.stream  done  3 items",
      "    #9 fs.write  done",
    ]);
  });
});
