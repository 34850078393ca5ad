/**
 * Programs that call models, run agents and steps, keep sessions and tell what they cost: gone on with from a snapshot at
 * every moment there is. The log says what should follow, and a run whose process ended right there comes to the same.
 */

import { describe, expect, it } from "vitest";
import { beginJournal, createMemoryStore, type Journal, openJournal } from "../../src/journal/index.ts";
import type { SnapshotEvent } from "../../src/runtime/index.ts";
import { createVirtualHost, type VirtualHost } from "../../src/testing/index.ts";
import { compile, isolatedHost, play, playVirtually } from "./journaled-program.ts";
import { collecting, goOnElsewhere, leftAt, openAt, refusals } from "./snapshots.ts";

/** What money was spent on, and what is left of scripts: nothing of it may differ. */
const BOOKS = `
println(llm_session_cost())
println(llm_usage().call_count)
println(agent_trace_summary().llm_calls)
println(len(llm_mock_calls()))
`;

const TOOLS = `
var done = []
var tools = tool_define(tool_registry(), "note", "Takes a note", {
  parameters: {what: {type: "string"}},
  handler: { args ->
    sleep(2)
    done = done.push(args.what)
    return "noted \${args.what}"
  },
})
fn script(what) {
  llm_mock({tool_calls: [{id: "c", name: "note", arguments: {what: what}}], input_tokens: 20, output_tokens: 5, match: "*\${what}*", consume_match: true})
}
`;

interface Case {
  readonly name: string;
  readonly source: string;
  /** Snapshots there are at least. */
  readonly atLeast: number;
}

const CASES: readonly Case[] = [
  {
    name: "calls one after another",
    atLeast: 8,
    source: `llm_budget(5.0)
for i in 1 to 4 { llm_mock({text: "answer \${i}", input_tokens: 10 * i, output_tokens: i}) }
var words = []
for i in 1 to 4 {
  words = words.push(llm_call("question \${i}", "Be brief.", {provider: "mock"}).text)
  sleep(1)
}
println(words)
println(llm_budget_remaining())`,
  },
  {
    name: "structured answers with a repair, and failures that are caught",
    atLeast: 3,
    source: `llm_mock({text: "no json"})
llm_mock({text: "{\\"n\\": 4}"})
println(llm_call_structured("n?", {type: "dict", properties: {n: {type: "int"}}, required: ["n"]}, {provider: "mock"}))
llm_mock({error: {category: "auth", message: "no"}})
println(llm_call_safe("hi", nil, {provider: "mock"}).ok)
sleep(1)
println(llm_call("last", nil, {provider: "mock"}).text != "")`,
  },
  {
    name: "a stream that was read to its end",
    atLeast: 2,
    source: `llm_mock({text: "one two three"})
var seen = ""
for part in llm_stream("count", nil, {provider: "mock"}) { seen = seen + part }
sleep(1)
println(seen)
sleep(1)`,
  },
  {
    name: "a rate limit that makes calls wait",
    atLeast: 4,
    source: `llm_rate_limit("mock", {rpm: 2})
for i in 1 to 4 { println(len(llm_call("q \${i}", nil, {provider: "mock"}).text) > 0) }
println(llm_rate_limit("mock"))`,
  },
  {
    name: "scripted scopes",
    atLeast: 3,
    source: `llm_mock({text: "outer"})
llm_mock_push_scope()
llm_mock({text: "inner"})
println(llm_call("a", nil, {provider: "mock"}).text)
sleep(1)
llm_mock_pop_scope()
sleep(1)
println(llm_call("b", nil, {provider: "mock"}).text)`,
  },
  {
    name: "steps, personas and hooks",
    atLeast: 6,
    source: `llm_mock({text: "a", input_tokens: 30, output_tokens: 3})
llm_mock({text: "b", input_tokens: 30, output_tokens: 3})
register_step_hook("*", "plan", "PostStep", { event -> {output: event.output + "!"} })
register_persona_hook("*", "OnBudgetThreshold(50)", { event -> println("at \${event.budget.percentage > 50}") })
@step(name: "plan", budget: {max_tokens: 60})
fn plan(goal) {
  sleep(1)
  let answer = llm_call(goal, nil, {provider: "mock"}).text
  sleep(1)
  return answer + current_step()
}
@persona(name: "captain")
fn lead() {
  sleep(1)
  let made = plan("x")
  sleep(1)
  return made + current_persona()
}
println(lead())
println(completed_steps().map({ s -> [s.name, s.status, s.input_tokens] }))
sleep(1)
println(try_step())
fn try_step() {
  try { plan("y") } catch (error) { return error }
}
println(completed_steps().map({ s -> [s.name, s.status, s.input_tokens] }))`,
  },
  {
    name: "an agent with a tool, in a session that is listened to",
    atLeast: 8,
    source: `${TOOLS}
register_tool_hook({pattern: "note", post: { result -> "\${result}, hooked" }})
agent_subscribe("work", { event -> if event.type == "turn_start" { println("turn \${event.iteration}") } })
for what in ["lamps", "doors", "stairs"] {
  llm_mock({tool_calls: [{id: what, name: "note", arguments: {what: what}}], input_tokens: 20, output_tokens: 5})
}
llm_mock({text: "All noted. ##DONE##"})
let result = agent_loop("Note it all", "Be brief.", {
  provider: "mock", tools: tools, tool_format: "native", persistent: true, session_id: "work", max_iterations: 8,
})
println(result.status)
println(result.visible_text)
println(done)
println(result.tools.calls)
println(transcript_messages(result.transcript).map({ message -> [message.role, message.content] }))
println(agent_session_length("work"))
agent_inject_feedback("work", "note", "The house is ready")
sleep(1)
llm_mock({text: "Good. ##DONE##"})
println(agent_loop("And?", nil, {provider: "mock", session_id: "work"}).visible_text)
println(agent_session_length("work"))`,
  },
  {
    name: "agents inside steps, one inside a tool of the other",
    atLeast: 4,
    source: `${TOOLS}
var outer_tools = tool_define(tool_registry(), "delegate", "Has another do it", {
  parameters: {what: {type: "string"}},
  handler: { args ->
    llm_mock({tool_calls: [{id: "i", name: "note", arguments: {what: args.what}}], input_tokens: 7, output_tokens: 2})
    llm_mock({text: "inner ready"})
    llm_mock({text: "outer ready"})
    return agent_loop(args.what, nil, {provider: "mock", tools: tools, tool_format: "native"}).visible_text
  },
})
@step(name: "work")
fn work() {
  llm_mock({tool_calls: [{id: "o", name: "delegate", arguments: {what: "lamps"}}], input_tokens: 9, output_tokens: 3})
  let result = agent_loop("Do it", nil, {provider: "mock", tools: outer_tools, tool_format: "native"})
  return [result.status, result.visible_text, result.llm.input_tokens]
}
println(work())
println(done)
println(completed_steps().map({ s -> [s.name, s.llm_calls, s.input_tokens] }))`,
  },
  {
    name: "agents side by side",
    atLeast: 2,
    source: `${TOOLS}
let results = parallel each ["north", "south", "east"] { side ->
  sleep(3)
  script(side)
  sleep(3)
  let result = agent_loop("Look \${side}", nil, {provider: "mock", tools: tools, tool_format: "native", max_iterations: 3})
  [result.status, result.tools.calls]
}
println(results)
sleep(1)
println(len(done))`,
  },
];

async function recorded(source: string) {
  const { store, snapshots } = collecting(createMemoryStore());
  const journal = await beginJournal(store, { id: "r", createdMs: 0 }, { snapshots: "keep" });
  const events: SnapshotEvent[] = [];
  const program = await compile(source);
  const onSnapshot = (event: SnapshotEvent) => events.push(event);
  const whole = await playVirtually(
    program,
    { mode: "record", journal, keepOutput: true, snapshots: { everyEntries: 0, waitMs: 0, onSnapshot } },
    createVirtualHost(),
  );
  expect(whole.error).toBeUndefined();
  return { program, store, snapshots, events, whole };
}

/** What the other process is handed. */
const exported: object[] = [];
let taken = 0;

describe("programs with models from their snapshots", () => {
  it.each(CASES)("$name: the log goes on from each as it did", async ({ source, atLeast }) => {
    const { program, store, snapshots, events, whole } = await recorded(source + BOOKS);
    expect(snapshots.length, [...refusals(events)].join("; ")).toBeGreaterThanOrEqual(atLeast);
    for (const snapshot of snapshots) {
      const journal = await openAt(store, "r", snapshot);
      expect(journal.snapshot?.seq).toBe(snapshot.seq);
      const rest = await play(program, { mode: "replay", journal }, { host: isolatedHost() });
      expect(rest.error, `from entry ${snapshot.seq}`).toBeUndefined();
      expect(whole.output.endsWith(rest.output), `from entry ${snapshot.seq}: ${rest.output}`).toBe(true);
    }
    const { info, rows, blobs } = (await store.load("r"))!;
    const path = "/home/harn/main.harn";
    exported.push({ path, source: source + BOOKS, info, rows, blobs: [...blobs], snapshots, output: whole.output });
    taken += snapshots.length;
  });

  it("in another process", { timeout: 120_000 }, () => {
    expect(taken).toBeGreaterThan(40);
    expect(goOnElsewhere(exported)).toEqual({ same: taken, different: [] });
  });

  it.each(CASES)(
    "$name: a process that takes over at each comes to the same, and its log can be played",
    async ({ source }) => {
      const { program, store, snapshots, whole } = await recorded(source + BOOKS);
      for (const snapshot of snapshots) {
        const left = await leftAt(store, "r", snapshot);
        const journal = await openJournal(left, "r", { snapshots: "use" });
        expect(journal.snapshot?.seq).toBe(snapshot.seq);
        const rest = await playVirtually(program, { mode: "resume", journal }, createVirtualHost());
        expect(rest.error, `from entry ${snapshot.seq}`).toBeUndefined();
        expect(whole.output.endsWith(rest.output), `from entry ${snapshot.seq}: ${rest.output}`).toBe(true);
        const again = await play(
          program,
          { mode: "replay", journal: await openJournal(left, "r") },
          { host: isolatedHost() },
        );
        expect({ error: again.error, output: again.output }, `from entry ${snapshot.seq}`).toEqual({
          error: undefined,
          output: whole.output,
        });
        // Steps that the snapshot is in the middle of, or has behind it, are told of once.
        expect(notesIn(await openJournal(left, "r")), `from entry ${snapshot.seq}`).toEqual(
          notesIn(await openJournal(store, "r")),
        );
      }
    },
  );
});

function notesIn({ entries }: Journal): readonly string[] {
  return entries.flatMap((entry) => (entry.type === "note" ? [`${entry.task} ${entry.kind} ${entry.id}`] : []));
}

describe("parallel tasks that are never at rest together", () => {
  const PARALLEL = `
fn talk(side) {
  var words = []
  for i in 1 to 30 {
    words = words.push(llm_call("\${side} \${i}", nil, {provider: "anthropic", model: "claude-sonnet-4-20250514"}).text)
  }
  return words
}
let all = parallel each ["north", "south", "east"] { side -> talk(side) }
println(all.map({ words -> len(words) }))
println(all[1][29])
println(llm_usage().call_count)
`;

  /** Answers that take their time: a call of each task is always under way. */
  function slowHost(): VirtualHost {
    const inner = createVirtualHost({ env: { ANTHROPIC_API_KEY: "a-key-for-this-test" } });
    let calls = 0;
    return {
      ...inner,
      stream(kind, args, signal) {
        if (kind !== "model.stream") return inner.stream(kind, args, signal);
        const ms = 3 + (calls++ % 5);
        return (async function* () {
          await inner.perform("sleep", { ms }, signal);
          yield { type: "response-start" };
          yield { type: "text-delta", messageId: "m", delta: `answer ${JSON.stringify(args).length % 7}` };
          const usage = { inputTokens: 5, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0, exact: true };
          yield { type: "done", stopReason: "end_turn", usage };
        })() as never;
      },
    };
  }

  async function run(waitMs: number) {
    const { store, snapshots } = collecting(createMemoryStore());
    const journal = await beginJournal(store, { id: "r", createdMs: 0 }, { snapshots: "keep" });
    const program = await compile(PARALLEL);
    const whole = await playVirtually(
      program,
      { mode: "record", journal, keepOutput: true, snapshots: { everyEntries: 100, waitMs } },
      slowHost(),
    );
    return { store, snapshots, program, whole };
  }

  it("have no snapshot while they need not wait for one another", async () => {
    const { snapshots, whole } = await run(0);
    expect(whole.output).toContain("[30, 30, 30]\n");
    expect(snapshots).toEqual([]);
  });

  it("wait for one another now and then: the log knows, and from each snapshot it goes on as it did", async () => {
    const { store, snapshots, program, whole } = await run(1000);
    expect(whole.output).toContain("[30, 30, 30]\n");
    expect(snapshots.length).toBeGreaterThan(0);
    const replayed = await play(
      program,
      { mode: "replay", journal: await openJournal(store, "r") },
      { host: isolatedHost() },
    );
    expect({ output: replayed.output, error: replayed.error }).toEqual({ output: whole.output, error: undefined });
    for (const snapshot of snapshots) {
      const journal = await openAt(store, "r", snapshot);
      const rest = await play(program, { mode: "replay", journal }, { host: isolatedHost() });
      expect({ output: rest.output, error: rest.error }).toEqual({ output: whole.output, error: undefined });
      const left = await leftAt(store, "r", snapshot);
      const again = await openJournal(left, "r", { snapshots: "use" });
      const resumed = await playVirtually(program, { mode: "resume", journal: again }, slowHost());
      expect(resumed.error).toBeUndefined();
      expect(resumed.output).toContain("[30, 30, 30]\n");
      const log = await play(
        program,
        { mode: "replay", journal: await openJournal(left, "r") },
        { host: isolatedHost() },
      );
      expect({ output: log.output, error: log.error }).toEqual({ output: resumed.output, error: undefined });
    }
  });

  it("do not wait for one that takes too long", async () => {
    const { whole } = await run(1);
    expect(whole.output).toContain("[30, 30, 30]\n");
  });
});
