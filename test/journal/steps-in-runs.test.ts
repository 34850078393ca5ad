/** The steps of Harn programs in their logs: where they begin and end, and what stands in them, however often a run was cut. */

import { describe, expect, it } from "vitest";
import type { Json } from "../../src/base/index.ts";
import {
  createMemoryStore,
  type Entry,
  forkRun,
  type JournalStore,
  openJournal,
  renderRun,
  type StepNode,
  showRun,
  type TaskNode,
} from "../../src/journal/index.ts";
import type { ModelInput } from "../../src/llm/index.ts";
import { createVirtualHost, type ScriptStep, type VirtualHost } from "../../src/testing/index.ts";
import { compile, isolatedHost, playVirtually, recordInto } from "./journaled-program.ts";

const MODEL = 'provider: "anthropic", model: "claude-sonnet-4-20250514", max_tokens: 50';

const source = `
fn ask(what) { return llm_call(what, nil, {${MODEL}}).text }

@step
fn look(what) { return ask("look \${what}") }

@step
fn compare(names) {
  let found = parallel each names { name -> look(name) }
  let alone = parallel each [1] { n -> ask("alone") }
  return join(found, " ")
}

@step(budget: {max_tokens: 30}, error_boundary: "continue")
fn dream() {
  ask("dream once")
  return ask("dream twice")
}

@step(budget: {max_tokens: 5}, error_boundary: "escalate")
fn waste() { return ask("waste") }

@step
fn break_down() { throw "it broke" }

@persona(name: "captain")
fn captain() {
  ask("think")
  let seen = compare(["north", "south"])
  dream()
  let broken = try { break_down() } catch (e) { e }
  let wasted = try { waste() } catch (e) { e.category }
  return [seen, broken, wasted]
}
println(captain())
`;

/** Ten tokens in, ten tokens out. */
function openWorld(): VirtualHost {
  return createVirtualHost({
    env: { ANTHROPIC_API_KEY: "a-key-for-tests-only" },
    *model(raw): Iterable<ScriptStep<Json>> {
      const input = raw as unknown as ModelInput;
      const [message] = input.messages;
      const asked = message?.role === "user" ? message.content : "";
      const usage = { inputTokens: 10, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0, exact: true };
      yield { waitMs: 3 + (asked.length % 4) };
      yield { item: { type: "text-delta", messageId: "m", delta: `seen ${asked}` } };
      yield { item: { type: "done", stopReason: "end_turn", usage } };
    },
  });
}

const program = await compile(source);

async function recorded(): Promise<JournalStore> {
  const store = createMemoryStore();
  const { error, output } = await playVirtually(program, await recordInto(store), openWorld());
  expect(error).toBeUndefined();
  expect(output).toContain("[seen look north seen look south, it broke, handoff_escalation]");
  return store;
}

/** Names, how each ended, and how many model calls were answered right there. */
type Outline = readonly [string, ...unknown[]];

const outlineOf = (node: TaskNode | StepNode): Outline => {
  const calls = node.effects.filter(({ kind, outcome }) => kind === "model.stream" && outcome === "done").length;
  const name = "task" in node ? node.task.replace(/^.*:/, "task ") : `${node.step} ${node.outcome}`;
  return [`${name} ${calls}`, ...node.steps.map(outlineOf), ...node.children.map(outlineOf)];
};

async function outline(store: JournalStore, id = "run"): Promise<readonly Outline[]> {
  const { tasks } = showRun(await openJournal(store, id));
  return tasks.filter(({ task }) => task.startsWith("task_root")).map(outlineOf);
}

/** The second dream fits what is left, and takes more; waste cannot fit, and nobody is asked (STEP-37). */
const WHOLE = [
  [
    "task_root 1",
    ["compare completed 0", ["task 0 0", ["look completed 1"]], ["task 1 0", ["look completed 1"]], ["task 0 1"]],
    ["dream skipped 2"],
    ["break_down failed 0"],
    ["waste escalated 0"],
  ],
];

/** Without the calls: one that was lost counts in the budget of its step, and there may be no room for the next. */
const shapeOf = (whole: unknown): unknown => JSON.parse(JSON.stringify(whole).replace(/ \d+"/g, '"'));

const notesOf = (entries: readonly Entry[]): readonly string[] =>
  entries.flatMap((entry) => (entry.type === "note" ? [`${entry.kind} ${entry.id}`] : []));

describe("issue 7: steps in the log of a run", () => {
  it("show what was asked in each: nested, parallel, of a persona, ended by budget and by errors", async () => {
    const store = await recorded();
    const refused = await outline(store);
    expect(refused).toEqual(WHOLE);
    const text = renderRun(showRun(await openJournal(store, "run")), { shows: ({ kind }) => kind === "model.stream" });
    const steps = text.split("\n").filter((line) => line.includes(" step "));
    expect(steps.map((line) => line.trim().replace(/^#\d+ |, \$[\d.]+| {2}\d+ ms/g, ""))).toEqual([
      "step captain.compare  completed  (llmCalls 1, inputTokens 10, outputTokens 10)",
      "step captain.look  completed  (llmCalls 1, inputTokens 10, outputTokens 10)",
      "step captain.look  completed  (llmCalls 1, inputTokens 10, outputTokens 10)",
      expect.stringMatching(/^step captain\.dream {2}skipped {2}\(llmCalls 2, .*\): .*budget/),
      "step captain.break_down  failed: Thrown: it broke",
      expect.stringMatching(/^step captain\.waste {2}escalated: .*budget/),
    ]);
  });

  it("cost what the run cost, with what was asked outside of them", async () => {
    const { tasks } = showRun(await openJournal(await recorded(), "run"), { costOf: () => 1 });
    const [root] = tasks.filter(({ task }) => task === "task_root");
    const bills = (node: TaskNode | StepNode): number =>
      [...node.steps, ...node.children].reduce((sum, inner) => sum + bills(inner), 0) +
      ("step" in node ? (node.usage["llmCalls"] ?? 0) : 0);
    // One call is outside of every step.
    expect(root?.costUsd).toBe(bills(root!) + 1);
  });

  it("are no part of a replay", async () => {
    const store = await recorded();
    const replayed = await playVirtually(
      program,
      { mode: "replay", journal: await openJournal(store, "run") },
      { ...createVirtualHost(), ...isolatedHost() },
    );
    expect(replayed.error).toBeUndefined();
  });

  it("begin and end once, wherever the run was cut, and in the meantime are shown as they are", {
    timeout: 120_000,
  }, async () => {
    const store = await recorded();
    const { entries } = await openJournal(store, "run");
    const notes = notesOf(entries);
    expect(new Set(notes).size).toBe(12);
    for (let seq = 0; seq < entries.length; seq += 3) {
      const id = `cut-${seq}`;
      const fork = await forkRun(store, "run", seq, { id, createdMs: 0 });
      const open = notesOf(entries.slice(0, seq + 1));
      const inFlight = JSON.stringify(await outline(store, id)).split("in-flight").length - 1;
      const begun = open.filter((note) => note.startsWith("step-start")).length;
      expect(inFlight, `cut behind ${seq}`).toBe(begun - (open.length - begun));

      const resumed = await playVirtually(program, { mode: "resume", journal: fork }, openWorld());
      expect(resumed.error, `cut behind ${seq}`).toBeUndefined();
      expect(notesOf((await openJournal(store, id)).entries).toSorted(), `cut behind ${seq}`).toEqual(notes.toSorted());
      expect(shapeOf(await outline(store, id)), `cut behind ${seq}`).toEqual(shapeOf(WHOLE));
    }
  });
});
