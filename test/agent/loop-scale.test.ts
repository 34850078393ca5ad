/**
 * Issue 5: ten thousand of it. No clocks: what is counted is work (effects that the host is asked for, copies, things
 * that are held back), which must not grow faster than what there is to do.
 */

import { describe, expect, it } from "vitest";
import {
  createToolRuntime,
  defineTool,
  driveTurn,
  type Harness,
  type RecordedMessage,
  runTurn,
  type TurnEvent,
} from "../../src/agent/index.ts";
import type { Host } from "../../src/base/index.ts";
import type { ModelChunk, ModelClient, ModelInput } from "../../src/llm/index.ts";
import { callTool, createTestHost, done, say, started, think, usage } from "./support.ts";

const MANY = 10_000;
const request = { provider: "p", model: "m" };

/** A model whose n-th answer is made when it is asked for. */
function model(answer: (call: number, input: ModelInput) => Iterable<ModelChunk>): ModelClient & { calls: number } {
  const client = {
    provider: "p",
    calls: 0,
    async *stream(input: ModelInput) {
      yield started;
      yield* answer(client.calls++, input);
    },
  };
  return client;
}

/** How often the host is asked for what. */
function counting(host: Host): { host: Host; asked: Record<string, number> } {
  const asked: Record<string, number> = {};
  const note = (kind: string): void => {
    asked[kind] = (asked[kind] ?? 0) + 1;
  };
  return {
    asked,
    host: {
      sync: (kind, args) => {
        note(kind);
        return host.sync(kind, args);
      },
      perform: (kind, args, signal) => {
        note(kind);
        return host.perform(kind, args, signal);
      },
      stream: (kind, args, signal) => host.stream(kind, args, signal),
    },
  };
}

const echo = defineTool({
  name: "echo",
  description: "",
  kind: "read",
  input: { type: "object", properties: { n: { type: "integer" } } },
  execute: ({ n }) => n as number,
});

/** What a run of `count` steps asks of its host. */
async function steps(count: number): Promise<{ asked: Record<string, number>; messages: readonly RecordedMessage[] }> {
  const { host, asked } = counting(createTestHost());
  const sent: (readonly RecordedMessage[])[] = [];
  const client = model((call, input) => {
    if (call % 1000 === 0) sent.push(input.messages as readonly RecordedMessage[]);
    if (call < count) return [...callTool(`c${call}`, "echo", { n: call }), done("tool_use", usage(10, 1))];
    return [say("end"), done("end_turn", usage(10, 1))];
  });
  const harness: Harness = { host, model: client, request, tools: createToolRuntime([echo]), maxSteps: 0 };
  const end = await driveTurn(harness, { prompt: "go" }, () => true);
  expect(end).toMatchObject({ type: "turn-end", usage: { inputTokens: 10 * (count + 1), outputTokens: count + 1 } });
  const { finalMessages } = end!;
  // Requests hold the messages of the history themselves: nothing is cloned for a step.
  for (const messages of sent) {
    for (const at of [0, messages.length >> 1, messages.length - 1]) expect(messages[at]).toBe(finalMessages[at]);
  }
  return { asked, messages: finalMessages };
}

describe("ten thousand", () => {
  it("steps in one turn: the same few effects for each, no message copied", async () => {
    const few = await steps(100);
    const many = await steps(MANY);
    expect(many.messages).toHaveLength(2 * MANY + 2);
    for (const [kind, count] of Object.entries(many.asked)) {
      expect(count / (MANY + 1), kind).toBeLessThanOrEqual((few.asked[kind] ?? 0) / 100 + 0.1);
    }
  }, 60_000);

  it.each([
    ["one after the other", false],
    ["interleaved", true],
  ])("calls in one answer, %s: all run once, at most eight at a time, results in order", async (_name, interleaved) => {
    const { host, asked } = counting(createTestHost());
    let running = 0;
    let most = 0;
    let ran = 0;
    const tool = defineTool({
      name: "echo",
      description: "",
      input: { type: "object", properties: { n: { type: "integer" } } },
      execute: async ({ n }) => {
        ran++;
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
        return n as number;
      },
    });
    const ids = Array.from({ length: MANY }, (_, n) => n);
    const chunks = function* (): Iterable<ModelChunk> {
      if (!interleaved) {
        for (const n of ids) yield* callTool(`c${n}`, "echo", { n });
      } else {
        for (const n of ids) yield { type: "tool-call-start", id: `c${n}`, name: "echo" };
        for (const n of ids) yield { type: "tool-call-delta", id: `c${n}`, delta: `{"n":${n}` };
        for (const n of ids.toReversed()) yield { type: "tool-call-delta", id: `c${n}`, delta: "}" };
        for (const n of ids) yield { type: "tool-call-end", id: `c${n}` };
      }
      yield done("tool_use");
    };
    const client = model((call) => (call === 0 ? chunks() : [say("end"), done()]));
    const tools = createToolRuntime([tool]);
    const end = await driveTurn(
      { host, model: client, request, tools, dispatch: { concurrency: 8 } },
      { prompt: "go" },
      () => true,
    );
    expect(ran).toBe(MANY);
    expect(most).toBe(8);
    const results = end!.finalMessages.filter((message) => message.role === "tool");
    expect(results.map((message) => message.content)).toEqual(ids.map(String));
    for (const [kind, count] of Object.entries(asked)) expect(count / MANY, kind).toBeLessThan(10);
  });

  it("times ten deltas: one clock reading for each, no timer, no queue longer than its bound", async () => {
    const { host, asked } = counting(createTestHost());
    const deltas = 10 * MANY;
    let made = 0;
    let taken = 0;
    let ahead = 0;
    const client = model(function* () {
      for (let at = 0; at < deltas; at++) {
        made++;
        ahead = Math.max(ahead, made - taken);
        yield at % 10 === 0 ? think("t") : say("word ");
      }
      yield done();
    });
    let last: TurnEvent | undefined;
    for await (const event of runTurn(
      { host, model: client, request, tools: createToolRuntime([]) },
      { prompt: "go" },
    )) {
      taken++;
      last = event;
    }
    expect(last).toMatchObject({ type: "turn-end" });
    expect(taken).toBe(deltas + 1);
    // LOOP-29: sixteen events wait, one is being delivered, one is at the consumer.
    expect(ahead).toBeLessThanOrEqual(18);
    expect(asked["clock.monotonic"]! / deltas).toBeLessThan(2.01);
    expect(asked["sleep"]).toBeLessThanOrEqual(2);
    expect((last as { finalMessages: readonly RecordedMessage[] }).finalMessages).toHaveLength(2);
  });

  it.each([
    ["of lines", () => "a line of output\n".repeat(3_000_000)],
    ["of one line", () => "x".repeat(50_000_000)],
    ["of wide characters", () => "漢".repeat(17_000_000)],
  ])("times five thousand bytes from a tool, %s: what is kept, shown and sent is bounded", async (_name, execute) => {
    const host = createTestHost();
    const tool = defineTool({ name: "big", description: "", input: {}, execute });
    const sizes: number[] = [];
    const client = model((call, input) => {
      sizes.push(JSON.stringify(input.messages).length);
      return call === 0 ? [...callTool("c", "big", {}), done()] : [say("end"), done()];
    });
    let shown = 0;
    const end = await driveTurn(
      { host, model: client, request, tools: createToolRuntime([tool]) },
      { prompt: "go" },
      (event) => {
        shown += JSON.stringify(event).length;
        return true;
      },
    );
    expect(JSON.stringify(end!.finalMessages).length).toBeLessThan(80_000);
    expect(shown).toBeLessThan(80_000);
    expect(sizes[1]).toBeLessThan(6000);
  });

  it("agents at once: one terminal event each, and no listener left on their common signal", async () => {
    const host = createTestHost();
    const client = model((call) => (call % 2 === 0 ? [say("one"), done()] : [say("two"), done()]));
    let listeners = 0;
    const signal = {
      aborted: false,
      reason: undefined,
      addEventListener: () => void listeners++,
      removeEventListener: () => void listeners--,
    };
    const harness: Harness = { host, model: client, request, tools: createToolRuntime([echo]) };
    const ends = await Promise.all(
      Array.from({ length: MANY / 10 }, () => driveTurn(harness, { prompt: "go", signal }, () => true)),
    );
    expect(ends.every((end) => end?.type === "turn-end")).toBe(true);
    expect(listeners).toBe(0);
  });
});
