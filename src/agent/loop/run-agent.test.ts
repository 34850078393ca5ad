import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { CancelToken, type Json, type JsonObject } from "../../base/index.ts";
import { createLlm, type ModelInput } from "../../llm/index.ts";
import {
  createVirtualHost,
  type FakeTurn,
  fakeDone,
  fakeError,
  fakeScript,
  fakeStream,
  fakeToolCall,
} from "../../testing/index.ts";
import { createToolRuntime, defineTool } from "../tools/define-tool.ts";
import { TurnError } from "../turn/turn-error.ts";
import type { AgentCheckpoint, CheckpointMoment } from "./checkpoint.ts";
import { runAgent, streamAgent } from "./run-agent.ts";

function setup(...turns: readonly FakeTurn[]) {
  const host = createVirtualHost({ model: fakeScript(...turns) });
  const llm = createLlm({ host, provider: "fake", model: "scripted" });
  return { host, llm, inputs: host.requests.model as unknown as readonly ModelInput[] };
}

const stock = defineTool({
  name: "stock",
  description: "How many are left",
  input: { type: "object", required: ["article"], properties: { article: { type: "string" } } },
  execute: ({ article }) => (article === "lamp" ? 3 : 0),
});
const asksForLamps = fakeStream([
  fakeToolCall("stock", { article: "lamp" }),
  fakeDone("tool_use", { inputTokens: 10, outputTokens: 2 }),
]);
const answers = fakeStream(["Three ", "lamps.", fakeDone("end_turn", { inputTokens: 20, outputTokens: 3 })]);

describe("a tool that works on its arguments in place", () => {
  const taking = (schema: "json" | "zod", took: string[]) => {
    const work = ({ names }: { names: string[] }): string => {
      took.push(names.sort().join(" "));
      names.length = 0;
      if (took.length === 1) throw new Error("busy");
      return "taken";
    };
    const told = { name: "take", description: "Takes some" };
    return schema === "zod"
      ? defineTool({ ...told, input: z.looseObject({ names: z.any() }), execute: (input) => work(input) })
      : defineTool({
          ...told,
          input: { type: "object", properties: { names: { type: "array" } } },
          execute: (input) => work(input as unknown as { names: string[] }),
        });
  };
  it.each(["json", "zod"] as const)(
    "has a copy: the model is told what it asked for, and a retry gets that again (%s)",
    async (schema) => {
      const took: string[] = [];
      const asks = fakeStream([fakeToolCall("take", { names: ["b", "a"] }), fakeDone("tool_use")]);
      const { host, llm, inputs } = setup(asks, answers);
      const toolUse = { retries: 1, backoffMs: 1 };
      const { result } = await host.drive(runAgent({ llm, tools: [taking(schema, took)], prompt: "Go", toolUse }));
      expect(took).toEqual(["a b", "a b"]);
      const asked = { names: ["b", "a"] };
      expect(inputs[1]!.messages[1]).toMatchObject({ role: "assistant", toolCalls: [{ name: "take", input: asked }] });
      const events = result.transcript["events"] as readonly JsonObject[];
      expect(events.find(({ kind }) => kind === "tool_intent")).toMatchObject({ metadata: { arguments: asked } });
    },
  );
});

describe("agents that outlive their process", () => {
  it("one line per turn is enough to go on from the last, with usage and text as if nothing had happened", async () => {
    const lines: string[] = [];
    const keep = (moment: CheckpointMoment) => void lines.push(JSON.stringify(moment.changes()));
    const prompt = "How many lamps?";
    const whole = setup(asksForLamps, answers);
    const expected = await runAgent({ llm: whole.llm, tools: [stock], prompt });

    const first = setup(asksForLamps);
    const crash = (moment: CheckpointMoment) => {
      keep(moment);
      if (moment.turn === 1) throw new Error("power cut");
    };
    await expect(runAgent({ llm: first.llm, tools: [stock], prompt, onCheckpoint: crash })).rejects.toThrow(
      "power cut",
    );

    const second = setup(answers);
    const from = lines.map((line) => JSON.parse(line) as AgentCheckpoint);
    const run = streamAgent({ llm: second.llm, tools: [stock], prompt, from, onCheckpoint: keep });
    const told: string[] = [];
    for await (const event of run) if (event.type === "text-delta") told.push(event.delta);
    const { result: _result, durationMs: _ms, ...answer } = await run.answer;
    expect(answer).toEqual({
      status: expected.status,
      text: expected.text,
      iterations: expected.iterations,
      usage: expected.usage,
      tools: expected.tools,
    });
    expect(told.join("")).toBe("Three lamps.");
    expect(second.inputs[0]?.messages).toEqual(whole.inputs[1]?.messages);
    // The place where it went on is told again, with nothing new.
    expect(lines).toHaveLength(3);
    expect(lines[2]!.length).toBeLessThan(lines[1]!.length);
    first.host.assertModelFinished();
    second.host.assertModelFinished();
  });
});

describe("runAgent", () => {
  it("runs tools and answers with what a program wants to know", async () => {
    const { host, llm, inputs } = setup(asksForLamps, answers);
    const { result, durationMs: _, ...answer } = await runAgent({ llm, tools: [stock], prompt: "How many lamps?" });
    expect(answer).toEqual({
      status: "done",
      text: "Three lamps.",
      iterations: 2,
      usage: { inputTokens: 30, outputTokens: 5 },
      tools: { called: ["stock"], succeeded: ["stock"], rejected: [] },
    });
    expect(result.transcript["_type"]).toBe("transcript");
    expect(inputs[0]).toMatchObject({ provider: "fake", model: "scripted", tools: [stock.spec] });
    expect(inputs[1]?.messages.at(-1)).toMatchObject({ role: "tool", content: "3" });
    host.assertModelFinished();
  });

  it("takes a runtime as well, settings of the loop and of the request", async () => {
    const { llm, inputs } = setup(asksForLamps);
    const tools = createToolRuntime([stock]);
    const request = { model: "other", maxTokens: 50 };
    const answer = await runAgent({ llm, tools, prompt: "Go", request, flow: { maxIterations: 1 } });
    expect(answer.status).toBe("budget_exhausted");
    expect(inputs[0]).toMatchObject({ provider: "fake", model: "other", maxTokens: 50 });
  });

  it("books its calls where the other calls of the Llm are booked", async () => {
    const { llm } = setup(asksForLamps, answers);
    await runAgent({ llm, tools: [stock], prompt: "Go" });
    expect(llm.context.ledger.totals).toMatchObject({ attempts: 2, inputTokens: 30, outputTokens: 5 });
  });

  it.each([
    { provider: "anthropic", model: "claude-sonnet-4-20250514", format: "native" },
    { provider: "openai", model: "gpt-4o", format: "native" },
    { provider: "gemini", model: "gemini-2.5-pro", format: "native" },
    { provider: "ollama", model: "llama3.2", format: "text" },
  ])("offers tools to $model of $provider as it takes them: $format", async ({ provider, model, format }) => {
    const env = { ANTHROPIC_API_KEY: "k", OPENAI_API_KEY: "k", GEMINI_API_KEY: "k" };
    const host = createVirtualHost({ model: fakeScript(fakeStream(["Three."])), env });
    await runAgent({ llm: createLlm({ host, provider, model }), tools: [stock], prompt: "Go" });
    const [input] = host.requests.model;
    if (format === "native") expect(input?.tools).toEqual([stock.spec]);
    else expect([input?.tools ?? [], input?.system]).toEqual([[], expect.stringContaining("stock")]);
  });

  it("AGENT-20: money is counted at list price: what the agent took, and where its budget ends", async () => {
    const host = createVirtualHost({
      model: fakeScript(asksForLamps, answers),
      env: { ANTHROPIC_API_KEY: "scripted" },
    });
    const llm = createLlm({ host, provider: "anthropic", model: "claude-sonnet-4-20250514" });
    const budget = { totalBudgetUsd: 0.00001 };
    const answer = await runAgent({ llm, tools: [stock], prompt: "Go", budget });
    expect(answer).toMatchObject({ status: "budget_exhausted", iterations: 1 });
    // Three dollars for a million tokens in, fifteen out.
    expect(answer.costUsd).toBeCloseTo((10 * 3 + 2 * 15) / 1e6, 10);
  });

  it("a model that fails is a TurnError", async () => {
    const { llm } = setup(fakeError("auth", "no key"));
    await expect(runAgent({ llm, prompt: "Go" })).rejects.toBeInstanceOf(TurnError);
  });
});

describe("streamAgent", () => {
  it("gives the events in order, then the answer", async () => {
    const { llm } = setup(asksForLamps, answers);
    const run = streamAgent({ llm, tools: [stock], prompt: "Go" });
    const events: string[] = [];
    for await (const event of run) {
      expectTypeOf(event.type).toEqualTypeOf<
        "text-delta" | "thinking-delta" | "tool-call" | "tool-result" | "compaction-applied"
      >();
      events.push(event.type === "text-delta" ? event.delta : event.type);
    }
    expect(events).toEqual(["tool-call", "tool-result", "Three ", "lamps."]);
    expect((await run.answer).text).toBe("Three lamps.");
  });

  it("a listener that leaves stops the agent, which says so", async () => {
    const { llm, inputs } = setup(asksForLamps, answers);
    const run = streamAgent({ llm, tools: [stock], prompt: "Go" });
    for await (const event of run) if (event.type === "tool-result") break;
    expect((await run.answer).status).toBe("interrupt");
    expect(inputs.length).toBeLessThanOrEqual(2);
  });

  it("a signal stops it; one that fired before leaves nothing to do", async () => {
    const { llm, inputs } = setup(answers);
    const signal = new CancelToken();
    signal.cancel("no");
    const run = streamAgent({ llm, prompt: "Go", signal });
    for await (const _ of run);
    expect((await run.answer).status).toBe("interrupt");
    expect(inputs).toEqual([]);
  });

  it("ends for its listener when the model fails, and the answer says why", async () => {
    const { llm } = setup(fakeError("auth", "no key"));
    const run = streamAgent({ llm, prompt: "Go" });
    const events: unknown[] = [];
    for await (const event of run) events.push(event);
    expect(events).toEqual([]);
    await expect(run.answer).rejects.toBeInstanceOf(TurnError);
  });
});

describe("defineTool: what `execute` gets", () => {
  it("is what the schema says, written either way", () => {
    defineTool({
      name: "json",
      description: "",
      input: { type: "object", required: ["n"], properties: { n: { type: "integer" }, how: { enum: ["up", "down"] } } },
      execute: (input) => expectTypeOf(input).toEqualTypeOf<{ n: number; how?: "up" | "down" }>() as never,
    });
    defineTool({
      name: "zod",
      description: "",
      input: z.object({ n: z.coerce.number() }),
      execute: (input) => expectTypeOf(input).toEqualTypeOf<{ n: number }>() as never,
    });
    const known: JsonObject = { type: "object" };
    defineTool({
      name: "later",
      description: "",
      input: known,
      execute: (input) => expectTypeOf(input).toEqualTypeOf<JsonObject>() as never,
    });
    defineTool<{ n: number }>({
      name: "said",
      description: "",
      input: known,
      execute: ({ n }): Json => expectTypeOf(n).toEqualTypeOf<number>() as never,
    });
    expect(stock.spec.inputSchema["required"]).toEqual(["article"]);
  });
});
