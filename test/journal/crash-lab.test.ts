/**
 * A program with parallel agents, tools that leave traces and a budget is stopped at every write of its journal, before
 * and after, and resumed. It must come to the same end, and no trace may be there twice.
 */

import { describe, expect, it } from "vitest";
import type { Json } from "../../src/base/index.ts";
import { beginJournal, type FaultPoints, type InDoubtDecision, openJournal } from "../../src/journal/index.ts";
import type { ModelChunk, ModelInput } from "../../src/llm/index.ts";
import type { JournalUse, Program } from "../../src/runtime/index.ts";
import { createVirtualHost, type ScriptStep, type VirtualHost } from "../../src/testing/index.ts";
import { compile, createMemoryStore, isolatedHost, type Played, play } from "./journaled-program.ts";

const source = `
llm_budget(0.02)

fn tools_of(name) {
  let notes = tool_define(tool_registry(), "note", "Keep a note", {
    parameters: {text: "string"},
    handler: { args ->
      append_file("notes.txt", "\${name}: \${args.text}\\n")
      write_file("last-\${name}.txt", args.text)
      "kept"
    },
  })
  return tool_define(notes, "order", "Order something", {
    parameters: {what: "string"},
    handler: { args -> shell("order \${name} \${args.what}").stdout },
  })
}

println("run \${random_int(1, 1000000)}")
let reports = parallel each ["ann", "bob", "cyd"] { name ->
  let result = agent_loop("Work as \${name}", "Be brief.", {
    provider: "anthropic", model: "claude-sonnet-4-20250514",
    tools: tools_of(name), tool_format: "native", max_iterations: 6, max_tokens: 200,
  })
  sleep(5ms)
  append_file("notes.txt", "\${name} is done\\n")
  "\${name} \${result.status}: \${result.visible_text}"
}
for report in reports { println(report) }
let spent = llm_session_cost()
println("\${spent.call_count} calls, \${round(spent.total_cost * 1000000)} millionths")
println(read_file("last-bob.txt"))
`;

/** What a model says follows from what it was told, so that any process may ask it. */
function answer(input: Json): readonly ScriptStep<Json>[] {
  const { messages } = input as unknown as ModelInput;
  const first = messages[0];
  const name = first?.role === "user" ? (/Work as (\w+)/.exec(first.content)?.[1] ?? "nobody") : "nobody";
  const results = messages.filter(({ role }) => role === "tool").length;
  const usage = {
    inputTokens: 300 + results * 50,
    outputTokens: 20,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    exact: true,
  };
  const call = (id: string, tool: string, args: Json): ModelChunk[] => [
    { type: "tool-call-start", id, name: tool },
    { type: "tool-call-end", id, input: args },
  ];
  const said: ModelChunk[] =
    results === 0
      ? [...call(`${name}-1`, "note", { text: "first" }), ...call(`${name}-2`, "order", { what: "paper" })]
      : results === 2
        ? call(`${name}-3`, "note", { text: "second" })
        : [
            { type: "text-delta", messageId: "m", delta: `${results} things ` },
            { type: "text-delta", messageId: "m", delta: "done" },
          ];
  const chunks: ModelChunk[] = [
    { type: "response-start" },
    ...said,
    { type: "done", stopReason: results < 3 ? "tool_use" : "end_turn", usage },
  ];
  return chunks.flatMap((item): ScriptStep<Json>[] => [{ waitMs: 3 + name.length }, { item: item as unknown as Json }]);
}

interface Lab {
  readonly host: VirtualHost;
  /** Commands that were run, in order. */
  readonly orders: string[];
}

function openLab(): Lab {
  const orders: string[] = [];
  const host = createVirtualHost({
    model: answer,
    env: { ANTHROPIC_API_KEY: "a-key-for-tests-only" },
    process({ command, args }) {
      orders.push([command, ...args].join(" "));
      return { runsMs: 2, stdout: new TextEncoder().encode(`order ${orders.length > 0 ? "placed" : ""}`) };
    },
  });
  host.files.write("notes.txt", "");
  return { host, orders };
}

/** Looks whether something in doubt has happened, as a person would. */
function decideIn({ host, orders }: Lab) {
  return ({ kind, args }: { kind: string; args: unknown }): InDoubtDecision => {
    const { data = "", command = "", args: rest = [] } = args as { data?: string; command?: string; args?: string[] };
    if (kind === "process.run") {
      const happened = orders.includes([command, ...rest].join(" "));
      const none = new Uint8Array(0);
      const stdout = new TextEncoder().encode("order placed");
      return happened
        ? { action: "result", result: { exitCode: 0, signal: null, stdout, stderr: none, timedOut: false } }
        : { action: "retry" };
    }
    if (kind !== "fs.write") throw new Error(`\`${kind}\` is in doubt`);
    const happened = host.files.readText("notes.txt").includes(data);
    return happened ? { action: "result", result: undefined } : { action: "retry" };
  };
}

type Moment = "before-append" | "after-append";

/** Stops the process at the n-th write. */
const crashAt = (moment: Moment, at: number): { faults: FaultPoints; passed: () => number } => {
  let seen = 0;
  return {
    faults: (now) => (now === moment && seen++ === at ? { kind: "crash" } : undefined),
    passed: () => seen,
  };
};

/** One process: runs until the program ends or the journal says that the process is gone. */
function live(program: Program, journal: JournalUse, lab: Lab): Promise<Played> {
  return play(program, journal, {
    host: lab.host,
    whileResting: () => void lab.host.clock.wakeNext(),
    isGone: () => journal.journal.crashed,
  });
}

const resumption = (journal: JournalUse["journal"], lab: Lab): JournalUse => ({
  mode: "resume",
  journal,
  keepOutput: true,
  decide: decideIn(lab),
  partialStreams: "match",
});

function traces({ host, orders }: Lab) {
  return {
    notes: host.files.readText("notes.txt").trimEnd().split("\n").sort(),
    orders: [...orders].sort(),
    last: ["ann", "bob", "cyd"].map((name) => host.files.readText(`last-${name}.txt`)),
  };
}

/** Random ids and numbers are drawn anew when they were not stored before the crash. */
const ending = (output: string): string => output.replace(/^run \d+\n/, "");

describe("the crash lab", () => {
  it("has a program that does what is expected of it", async () => {
    const lab = openLab();
    const program = await compile(source);
    const store = createMemoryStore();
    const journal = await beginJournal(store, { id: "r", createdMs: 0 });
    const played = await live(program, { mode: "record", journal, keepOutput: true }, lab);
    expect(played.error).toBeUndefined();
    expect(played.output).toMatch(
      /^run \d+\nann done: 3 things done\nbob done: 3 things done\ncyd done: 3 things done\n9 calls, \d+ millionths\nsecond\n$/,
    );
    expect(traces(lab)).toEqual({
      notes: ["ann", "bob", "cyd"].flatMap((name) => [`${name} is done`, `${name}: first`, `${name}: second`]).sort(),
      orders: expect.objectContaining({ length: 3 }),
      last: ["second", "second", "second"],
    });
    const replayed = await play(
      program,
      { mode: "replay", journal: await openJournal(store, "r") },
      { host: isolatedHost() },
    );
    expect(replayed.output).toBe(played.output);
  });

  it("budget: the last agent is refused before the call, with a crash or without", async () => {
    const program = await compile(source.replace("llm_budget(0.02)", "llm_budget(0.008)"));
    const plain = openLab();
    const store = createMemoryStore();
    const journal = await beginJournal(store, { id: "r", createdMs: 0 });
    const whole = await live(program, { mode: "record", journal }, plain);
    expect(whole.output).toContain("budget");
    const lab = openLab();
    const crash = crashAt("after-append", 15);
    const first = await beginJournal(store, { id: "c", createdMs: 0 }, crash);
    await live(program, { mode: "record", journal: first }, lab);
    const last = await live(program, resumption(await openJournal(store, "c"), lab), lab);
    expect(last.error).toBeUndefined();
    expect(lab.host.requests.model.length).toBeLessThanOrEqual(plain.host.requests.model.length + 3);
    const replayed = await play(
      program,
      { mode: "replay", journal: await openJournal(store, "c") },
      { host: isolatedHost() },
    );
    expect(ending(replayed.output)).toBe(ending(whole.output));
  });

  it.each<Moment>(["before-append", "after-append"])(
    "stopped at every write, %s",
    { timeout: 240_000 },
    async (moment) => {
      const program = await compile(source);
      const plain = openLab();
      const whole = await live(
        program,
        {
          mode: "record",
          journal: await beginJournal(createMemoryStore(), { id: "r", createdMs: 0 }),
          keepOutput: true,
        },
        plain,
      );
      for (let at = 0; ; at++) {
        const lab = openLab();
        const store = createMemoryStore();
        const crash = crashAt(moment, at);
        const journal = await beginJournal(store, { id: "r", createdMs: 0 }, crash);
        const first = await live(program, { mode: "record", journal, keepOutput: true }, lab);
        if (!journal.crashed) {
          expect(at).toBeGreaterThan(40);
          return;
        }
        // Every third time the second process is killed as well.
        let middle = "";
        if (at % 3 === 0) {
          const again = await openJournal(store, "r", crashAt(moment, 5 + (at % 7)));
          middle = (await live(program, resumption(again, lab), lab)).output;
          if (!again.crashed) continue;
        }
        const last = await live(program, resumption(await openJournal(store, "r"), lab), lab);
        const point = `${moment} ${at}`;
        expect(last.error, point).toBeUndefined();
        expect(traces(lab), point).toEqual(traces(plain));
        const replayed = await play(
          program,
          { mode: "replay", journal: await openJournal(store, "r") },
          { host: isolatedHost() },
        );
        expect(replayed.error, point).toBeUndefined();
        expect(ending(replayed.output), point).toBe(ending(whole.output));
        // What three processes printed together is the output; a text whose record was lost comes again, none is missing.
        const printed = first.output + middle + last.output;
        expect(printed.length, point).toBeGreaterThanOrEqual(replayed.output.length);
        for (const line of ending(replayed.output).split("\n")) expect(printed, point).toContain(line);
      }
    },
  );
});
