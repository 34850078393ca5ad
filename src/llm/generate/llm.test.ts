import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { CancelToken, type HarnError } from "../../base/index.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { openCatalog } from "../call/catalog-view.ts";
import { LlmCallError } from "../call/error-dict.ts";
import {
  type FakeEvent,
  type FakeTurn,
  fakeDone,
  fakeError,
  fakeScript,
  fakeStream,
  fakeThinking,
  fakeToolCall,
} from "../fake/fake-script.ts";
import type { ModelInput } from "../spec/model.ts";
import type { ModelError } from "../spec/model-error.ts";
import { createLlm, type LlmOptions } from "./llm.ts";

function setup(turns: readonly FakeTurn[], options: Partial<LlmOptions> = {}) {
  const host = createVirtualHost({ model: fakeScript(...turns) });
  const llm = createLlm({ host, provider: "fake", model: "scripted", ...options });
  return { host, llm, inputs: host.requests.model as unknown as readonly ModelInput[] };
}

const says = (...events: (string | FakeEvent)[]) => fakeStream(events);
const CITY = { type: "object", required: ["city"], properties: { city: { type: "string" } } } as const;

describe("generateText", () => {
  it("answers with text, reasoning, calls, usage and who answered", async () => {
    const { host, llm } = setup([
      says(
        fakeThinking("hm", "sig"),
        "Look",
        "ing.",
        fakeToolCall("stock", { article: "lamp" }),
        fakeDone("tool_use", { inputTokens: 12, outputTokens: 5 }),
      ),
    ]);
    const answer = await llm.generateText({ prompt: "How many lamps?" });
    expect(answer).toEqual({
      text: "Looking.",
      thinking: "hm",
      toolCalls: [{ id: "fake_call_1", name: "stock", input: { article: "lamp" } }],
      stopReason: "tool_use",
      usage: { inputTokens: 12, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0, exact: true },
      provider: "fake",
      model: "scripted",
    });
    host.assertModelFinished();
  });

  it("sends every setting where the provider looks for it", async () => {
    const { llm, inputs } = setup([says("ok")]);
    const tool = { name: "stock", description: "How many", inputSchema: { type: "object", properties: {} } };
    await llm.generateText({
      prompt: "Go",
      system: "Be brief.",
      model: "other",
      maxTokens: 99,
      temperature: 0.5,
      topP: 0.9,
      topK: 4,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      seed: 7,
      stop: ["END"],
      thinking: { mode: "effort", level: "low" },
      tools: [tool],
      toolChoice: { tool: "stock" },
      cache: true,
      prefill: "So",
      timeoutMs: 1500,
      providerOptions: { fake: { extra: 1 } },
    });
    expect(inputs[0]).toEqual({
      provider: "fake",
      model: "other",
      system: "Be brief.",
      messages: [{ role: "user", content: "Go" }],
      maxTokens: 99,
      sampling: {
        temperature: 0.5,
        topP: 0.9,
        topK: 4,
        frequencyPenalty: 0.1,
        presencePenalty: 0.2,
        seed: 7,
        stop: ["END"],
      },
      thinking: { mode: "effort", level: "low" },
      tools: [tool],
      toolChoice: { tool: "stock" },
      cache: true,
      prefill: "So",
      timeoutMs: 1500,
      providerOptions: { fake: { extra: 1 } },
    });
  });

  it("sends a conversation as it is: signatures of reasoning and of calls included", async () => {
    const { llm, inputs } = setup([says("ok")]);
    const messages = [
      { role: "user", content: "See", attachments: [{ kind: "image", mediaType: "image/png", base64: "AAAA" }] },
      {
        role: "assistant",
        text: "Looking.",
        thinking: [
          { text: "hm", signature: "s1" },
          { text: "", redacted: "r1" },
        ],
        toolCalls: [{ id: "c1", name: "stock", input: { article: "lamp" }, signature: "s2" }],
      },
      { role: "tool", toolCallId: "c1", toolName: "stock", content: "3", isError: false },
      { role: "tool", toolCallId: "c2", content: "no", isError: true },
    ] as const;
    await llm.generateText({ messages });
    expect(inputs[0]?.messages).toEqual(messages);
  });

  it("tries again what may pass, and throws the dict of an error that stays", async () => {
    const { host, llm } = setup([fakeError("overloaded", "busy"), says("ok"), fakeError("auth", "no key")]);
    const answer = await host.drive(llm.generateText({ prompt: "Go", retries: 1 }));
    expect(answer.text).toBe("ok");
    const error = await llm.generateText({ prompt: "Go" }).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(LlmCallError);
    expect((error as LlmCallError).dict).toMatchObject({ category: "auth", kind: "terminal", provider: "fake" });
    expect((error as LlmCallError).modelError).toMatchObject({
      category: "auth",
      message: "no key",
      model: "scripted",
    });
  });

  it.each([
    { name: "a fraction of a token", options: { maxTokens: 1.5 }, says: "max_tokens" },
    { name: "no time at all", options: { timeoutMs: 0 }, says: "timeoutMs" },
    { name: "silence that is no number", options: { idleTimeoutMs: Number.NaN }, says: "idleTimeoutMs" },
    { name: "a negative budget", options: { budget: { maxCostUsd: -1 } }, says: "max_cost_usd" },
  ])("refuses $name before anything is sent (CALL-02)", async ({ options, says: part }) => {
    const { llm, inputs } = setup([]);
    const error = await llm.generateText({ prompt: "Go", ...options }).catch((failure: unknown) => failure);
    expect((error as HarnError).code).toBe("llm.option");
    expect((error as HarnError).message).toContain(part);
    expect(inputs).toEqual([]);
  });

  it("is cancelled by its signal", async () => {
    const { host, llm } = setup([says("a", { kind: "stall", ms: 60_000 }, "b")]);
    const token = new CancelToken();
    const call = llm.generateText({ prompt: "Go", signal: token }).catch((failure: unknown) => failure);
    await host.settle();
    token.cancel("enough");
    expect(((await call) as LlmCallError).dict).toMatchObject({ category: "cancelled" });
  });

  it("a budget of the whole Llm refuses the call that would exceed it", async () => {
    const rates = { input: 10, output: 10 };
    const catalog = { ...openCatalog("fake"), rates: () => rates };
    const { llm } = setup([says("ok", fakeDone("end_turn", { inputTokens: 10, outputTokens: 10 }))], {
      catalog,
      budgetUsd: 0.001,
    });
    const answer = await llm.generateText({ prompt: "Go", maxTokens: 20 });
    expect(answer.costUsd).toBeCloseTo(0.0002, 10);
    const refused = await llm.generateText({ prompt: "Go", maxTokens: 100 }).catch((failure: unknown) => failure);
    expect((refused as LlmCallError).dict).toMatchObject({ category: "budget_exceeded" });
  });

  it("asks the client that it was given, without a key", async () => {
    const host = createVirtualHost();
    const llm = createLlm({
      host,
      client: {
        provider: "mine",
        async *stream(input) {
          yield { type: "text-delta", messageId: "m", delta: `${input.provider}/${input.model}` };
          yield { type: "done", stopReason: "end_turn" };
        },
      },
      provider: "mine",
      model: "m1",
    });
    expect((await llm.generateText({ prompt: "Who?" })).text).toBe("mine/m1");
  });

  it("a provider without its key is an error that names the variable", async () => {
    const host = createVirtualHost();
    const llm = createLlm({ host, provider: "anthropic", model: "claude-sonnet-4-5" });
    const error = await llm.generateText({ prompt: "Go" }).catch((failure: unknown) => failure);
    expect((error as HarnError).code).toBe("llm.key");
    expect((error as HarnError).message).toContain("ANTHROPIC_API_KEY");
  });
});

describe("generateObject", () => {
  it("types and checks the object by JSON Schema", async () => {
    const { llm, inputs } = setup([says('{"city": "Paris"}')]);
    const answer = await llm.generateObject({ prompt: "The capital?", schema: CITY });
    expectTypeOf(answer.object).toEqualTypeOf<{ city: string }>();
    expect(answer.object).toEqual({ city: "Paris" });
    expect(answer.attempts).toBe(1);
    expect(inputs[0]?.output).toEqual({ kind: "json-schema", schema: CITY, strict: true });
  });

  it("types and transforms the object by a Standard Schema", async () => {
    const { llm } = setup([says('Sure: {"score": "7"}')]);
    const schema = z.object({ score: z.string().transform(Number) });
    const { object } = await llm.generateObject({ prompt: "Score?", schema });
    expectTypeOf(object).toEqualTypeOf<{ score: number }>();
    expect(object).toEqual({ score: 7 });
  });

  it("asks again, saying what was wrong, and then gives up (STRUCT-06)", async () => {
    const { llm, inputs } = setup([says('{"town": 1}'), says('{"city": "Paris"}'), says("no"), says("no")]);
    const { object, attempts } = await llm.generateObject({ prompt: "The capital?", schema: CITY });
    expect([object.city, attempts]).toEqual(["Paris", 2]);
    const correction = inputs[1]?.messages.at(-1);
    expect(correction).toMatchObject({ role: "user", content: expect.stringContaining("city") });
    const error = await llm
      .generateObject({ prompt: "The capital?", schema: CITY, schemaRetries: 1 })
      .catch((failure: unknown) => failure);
    expect((error as LlmCallError).dict).toMatchObject({ category: "schema_validation" });
  });
});

describe("streamText", () => {
  it("gives pieces as they come, then the answer", async () => {
    const { llm } = setup([says("The ", "", "sky.", fakeDone("end_turn", { inputTokens: 3, outputTokens: 2 }))]);
    const stream = llm.streamText({ prompt: "What?" });
    const pieces: string[] = [];
    for await (const piece of stream) pieces.push(piece);
    expect(pieces).toEqual(["The ", "sky."]);
    expect(await stream.answer).toMatchObject({ text: "The sky.", usage: { inputTokens: 3, outputTokens: 2 } });
  });

  it("throws what cuts it, after the pieces that came; the answer rejects with the same", async () => {
    const { llm } = setup([says("The ", { kind: "cut" })]);
    const stream = llm.streamText({ prompt: "What?" });
    const pieces: string[] = [];
    const error = await (async () => {
      for await (const piece of stream) pieces.push(piece);
    })().catch((failure: unknown) => failure);
    expect(pieces).toEqual(["The "]);
    expect((error as ModelError).category).toBe("transient_network");
    await expect(stream.answer).rejects.toBe(error);
  });

  it("a reader that leaves gets what came until then, and the money is booked", async () => {
    const { host, llm } = setup([says("The ", "sky ", "is blue.")]);
    const stream = llm.streamText({ prompt: "What?" });
    for await (const _ of stream) break;
    expect((await stream.answer).text).toBe("The ");
    expect(llm.context.ledger.totals.attempts).toBe(1);
    expect(host.requests.model).toHaveLength(1);
  });

  it("silence ends it", async () => {
    const { host, llm } = setup([says("The ", { kind: "stall", ms: 60_000 }, "sky")]);
    const read = (async () => {
      for await (const _ of llm.streamText({ prompt: "What?", idleTimeoutMs: 1000 }));
    })().catch((failure: unknown) => failure);
    expect(((await host.drive(read)) as ModelError).category).toBe("timeout");
    expect(host.clock.elapsedMs).toBe(1000);
  });

  it("reads its settings at once", () => {
    const { llm } = setup([]);
    expect(() => llm.streamText({ prompt: "What?", maxTokens: -1 })).toThrow("max_tokens");
  });
});
