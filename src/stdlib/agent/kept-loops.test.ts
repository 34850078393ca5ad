/** `agent_loop` made again with what it kept: the rest of a program comes out as if it had never been left. */

import { describe, expect, it } from "vitest";
import type { Host, Json } from "../../base/index.ts";
import { loadProgram, startProgram } from "../../runtime/index.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { type AsyncContext, createCompactor, type Vm } from "../../vm/index.ts";

/** What a program printed, and what its loop kept at each place, as JSON text. */
interface Outcome {
  readonly output: string;
  readonly kept: readonly string[];
  /** What the loop asked of the host, and `keep` where it kept something. */
  readonly asked: readonly string[];
}

/** At its `leaveAt`th place the loop is left where it is, and made again with what it kept there. */
// A program begins as soon as it is started; asleep it lets us step in between.
async function run(source: string, leaveAt?: number): Promise<Outcome> {
  const host = createVirtualHost();
  const { program, diagnostics } = await host.drive(
    loadProgram({ host, path: "/home/harn/main.harn", text: `sleep(1ms)\n${source}` }),
  );
  if (program === undefined) throw new Error(diagnostics.map(({ diagnostic }) => diagnostic.message).join("\n"));
  const { vm, outcome } = startProgram(program, { host });
  const kept: string[] = [];
  const asked: string[] = [];
  withProgress(vm, kept, asked, leaveAt);
  const ended = await host.drive(outcome);
  expect(ended.status).toBe("ok");
  return { output: host.stdout(), kept, asked };
}

/** The same host, and a list of what is asked of it. */
function listening(host: Host, asked: string[]): Host {
  const note = (kind: string, args: unknown) => void asked.push(`${kind} ${JSON.stringify(args)}`);
  return {
    sync(kind, args) {
      note(kind, args);
      return host.sync(kind, args);
    },
    perform(kind, args, signal) {
      note(kind, args);
      return host.perform(kind, args, signal);
    },
    stream(kind, args, signal) {
      note(kind, args);
      return host.stream(kind, args, signal);
    },
  };
}

function withProgress(vm: Vm, kept: string[], asked: string[], leaveAt: number | undefined): void {
  const plain = vm.calls.contextOf.bind(vm.calls);
  vm.calls.contextOf = (task, call) => {
    const given = plain(task, call);
    const { native, args } = call;
    if (native.name !== "agent_loop") return given;
    const context = { ...given, host: listening(given.host, asked) };
    const after = (from: Json | undefined): NonNullable<AsyncContext["progress"]> => ({
      from,
      async keep(state) {
        const text = written(state() as Json);
        kept.push(text);
        asked.push("keep");
        if (from !== undefined || kept.length !== leaveAt) return;
        const again = native.impl(args, { ...context, progress: after(parsed(text)) });
        void Promise.resolve(again).then((value) => vm.wake(task, value));
        await new Promise(() => {});
      },
    });
    return { ...context, progress: after(undefined) };
  };
}

/** As snapshots write it. */
function written(value: Json): string {
  const compactor = createCompactor(() => true);
  return JSON.stringify({ form: compactor.compact(value), shapes: compactor.shapes });
}

function parsed(text: string): Json {
  const { form, shapes } = JSON.parse(text) as { form: Json; shapes: string[][] };
  const compactor = createCompactor(() => true);
  compactor.load(shapes);
  return compactor.expand(form) as Json;
}

const PROGRAM = `var runs = []
var tools = tool_registry()
tools = tool_define(tools, "count", "Counts", {
  parameters: {what: {type: "string"}},
  handler: { args -> 
    runs = runs.push(args.what)
    return "counted \${args.what}"
  },
})
register_tool_hook({pattern: "count", post: { result -> "hooked" }})
agent_subscribe("work", { event ->
  if event.type == "turn_start" { println("turn \${event.iteration}") }
})
llm_mock({tool_calls: [{id: "1", name: "count", arguments: {what: "lamps"}}], input_tokens: 20, output_tokens: 5})
llm_mock({tool_calls: [{id: "2", name: "count", arguments: {what: "lamps"}}], input_tokens: 20, output_tokens: 5})
llm_mock({text: "Let me think."})
llm_mock({tool_calls: [{id: "3", name: "count", arguments: {what: "lamps"}}], input_tokens: 20, output_tokens: 5})
llm_mock({text: "Ready. ##DONE##"})
let loop = agent_loop("How many?", "Be brief.", {
  provider: "mock", tools: tools, tool_format: "native", persistent: true, session_id: "work",
  deliverables: [],
  post_turn_callback: { turn -> turn.tool_count == 1 ? "go on" : "" },
})
println(loop.status)
println(loop.visible_text)
println(loop.llm.iterations)
println(loop.llm.input_tokens)
println(loop.tools.calls)
println(json_stringify(transcript_messages(loop.transcript)))
println(agent_session_length("work"))
println(len(llm_mock_calls()))`;

describe("AGENT-08 issue 7: loops that are gone on from", () => {
  it("keeps its session at the start, and itself before every turn, as plain data", async () => {
    const { output, kept } = await run(PROGRAM);
    expect(output).toContain("done\n");
    const places = kept.map((text) => parsed(text) as { session: Json; loop?: { checkpoint: { turn: number } } });
    expect(places.map(({ loop }) => loop?.checkpoint.turn)).toEqual([undefined, 0, 1, 2, 3, 4]);
    for (const { session } of places) expect(session).toEqual({ id: "work", anonymous: false });
  });

  it("made again at any place, it prints the same", async () => {
    const { output, kept } = await run(PROGRAM);
    for (const [at] of kept.entries()) {
      const again = await run(PROGRAM, at + 1);
      expect(again.output, `left at place ${at}`).toBe(output);
      // It keeps the place where it goes on, and those that follow.
      expect(again.kept.slice(0, at + 1).map(parsed)).toEqual(kept.slice(0, at + 1).map(parsed));
      expect(again.kept.slice(at + 1).map(parsed)).toEqual(kept.slice(at).map(parsed));
    }
  });

  it.each([
    ["the first to call a model", PROGRAM],
    [
      "after another call",
      `llm_mock({text: "Hello"})\nprintln(llm_call("Hi", nil, {provider: "mock"}).text)\n${PROGRAM}`,
    ],
    ["without a session of a name", PROGRAM.replace(', session_id: "work"', "")],
  ])(
    "made again, it asks first what it asked before it kept anything, then what came next: %s",
    async (_name, program) => {
      const { kept, asked } = await run(program);
      const marks = asked.flatMap((request, at) => (request === "keep" ? [at] : []));
      // Settings of the environment are known by then; only for the log of conversations it is asked again.
      const isKnown = (request: string) => request.startsWith("env.get") && !request.includes("TRANSCRIPT");
      const prologue = asked.slice(0, marks[0]).filter((request) => !isKnown(request));
      expect(marks).toHaveLength(kept.length);
      for (const [place, mark] of marks.entries()) {
        const again = await run(program, place + 1);
        expect(again.asked, `left at place ${place}`).toEqual([
          ...asked.slice(0, mark + 1),
          ...prologue,
          ...asked.slice(mark),
        ]);
      }
    },
  );

  it("what is no loop's is refused", async () => {
    const host = createVirtualHost();
    const text = 'sleep(1ms)\nprintln(try { agent_loop("x", nil, {provider: "mock"}) } catch (e) { e })';
    const { program } = await host.drive(loadProgram({ host, path: "/home/harn/main.harn", text }));
    const { vm, outcome } = startProgram(program!, { host });
    const plain = vm.calls.contextOf.bind(vm.calls);
    vm.calls.contextOf = (...about) => ({ ...plain(...about), progress: { from: "garbage", keep: async () => {} } });
    await host.drive(outcome);
    expect(host.stdout()).toContain("Expected what an `agent_loop` has kept");
  });
});
