import { describe, expect, test } from "vitest";
import { CancelToken, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { createFakeModel } from "../fake/fake-model.ts";
import {
  type FakeScript,
  fakeDone,
  fakeError,
  fakeScript,
  fakeStream,
  fakeThinking,
  fakeToolCall,
} from "../fake/fake-script.ts";
import { ERROR_CATEGORIES } from "../spec/decode.ts";
import type { ModelClient } from "../spec/model.ts";
import { type CatalogView, openCatalog } from "./catalog-view.ts";
import { LlmCallError } from "./error-dict.ts";
import { llmCall, llmCallSafe } from "./llm-call.ts";
import { createLlmContext, type LlmContextParts, resetLlmState } from "./llm-context.ts";

function setup(script: FakeScript, parts: Partial<LlmContextParts> = {}, env: Record<string, string> = {}) {
  const host = createVirtualHost({ env });
  const model = createFakeModel(host, script);
  const context = createLlmContext({ host, clients: model, ...parts });
  return {
    host,
    model,
    context,
    call: (prompt: unknown, options?: unknown, system?: unknown) =>
      host.drive(llmCall(context, prompt, system, { model: "m", ...(options as object) })),
  };
}

const says = (...texts: string[]) => fakeScript(...texts.map((text) => fakeStream([text])));

async function thrown(promise: Promise<unknown>): Promise<JsonObject> {
  const error = await promise.then(
    () => expect.unreachable(),
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(LlmCallError);
  return (error as LlmCallError).dict;
}

describe("the result dict", () => {
  test("RES-01 RES-02 CALL-01 core fields", async () => {
    const rates = { input: 10, output: 20, cacheRead: 1 };
    const catalog: CatalogView = { ...openCatalog("fake"), rates: () => rates };
    const usage = { inputTokens: 1000, outputTokens: 7, cacheReadTokens: 500, cacheWriteTokens: 20 };
    const { call } = setup(fakeScript(fakeStream(["Hi ", "there", fakeDone("end_turn", usage)])), { catalog });
    const told = {
      input_tokens: 1000,
      output_tokens: 7,
      cache_read_tokens: 500,
      cache_write_tokens: 20,
      cache_creation_input_tokens: 20,
      cache_hit_ratio: 0.5,
      cache_savings_usd: expect.closeTo(0.0045, 10),
    };
    const { transcript: _, ...result } = await call("hello");
    expect(result).toEqual({
      text: "Hi there",
      model: "m",
      provider: "fake",
      ...told,
      usage: told,
      prose: "Hi there",
      visible_text: "Hi there",
      stop_reason: "end_turn",
      blocks: [{ type: "output_text", text: "Hi there", visibility: "public" }],
    });
  });

  test("RES-03 data exists only when it was asked for and something parsed", async () => {
    const { call } = setup(says('{"a":1}', '{"a":1}', "no json", "no json"));
    expect(await call("x")).not.toHaveProperty("data");
    expect(await call("x", { response_format: "json" })).toHaveProperty("data", { a: 1 });
    expect(await call("x", { response_format: "json", schema_retries: 1 })).not.toHaveProperty("data");
  });

  test("RES-04 native calls win over calls in the text", async () => {
    const tools = [{ name: "read", parameters: {} }];
    const { call } = setup(
      fakeScript(
        fakeStream(["<tool_call>read({ a: 2 })</tool_call>", fakeToolCall("read", { a: 1 })]),
        fakeStream(["<tool_call>read({ a: 2 })</tool_call>"]),
        fakeStream(["plain"]),
      ),
    );
    expect((await call("x", { tools }))["tool_calls"]).toEqual([
      { id: "fake_call_1", type: "tool_call", name: "read", arguments: { a: 1 } },
    ]);
    expect((await call("x", { tools }))["tool_calls"]).toMatchObject([{ name: "read", arguments: { a: 2 } }]);
    expect(await call("x", { tools })).not.toHaveProperty("tool_calls");
  });

  test("RES-05 reasoning, when the provider supplied it", async () => {
    const summary = {
      kind: "chunk",
      chunk: { type: "thinking-delta", thinkingId: "s", delta: "short", summary: true },
    } as const;
    const { call } = setup(
      fakeScript(fakeStream([fakeThinking("deep"), summary, "x", fakeDone("custom")]), fakeStream(["y"])),
    );
    expect(await call("q")).toMatchObject({
      thinking: "deep",
      private_reasoning: "deep",
      thinking_summary: "short",
      stop_reason: "custom",
    });
    const plain = await call("q");
    for (const key of ["thinking", "private_reasoning", "thinking_summary"]) expect(plain).not.toHaveProperty(key);
  });

  test("RES-06 protocol extras: only with tools or tags in play", async () => {
    const { call } = setup(
      says(
        "just text",
        "just text",
        "<user_response>U</user_response>",
        "stray <done>##DONE##</done>\n<tool_call>bad</tool_call>",
      ),
    );
    const keys = ["protocol_violations", "tool_parse_errors", "done_marker", "canonical_text"];
    const plain = await call("x");
    for (const key of keys) expect(plain).not.toHaveProperty(key);
    expect(await call("x", { tools: [{ name: "t" }] })).toHaveProperty("protocol_violations");
    expect(await call("x")).toMatchObject({ prose: "U", canonical_text: "<user_response>\nU\n</user_response>" });
    expect(await call("x")).toMatchObject({
      done_marker: "##DONE##",
      tool_parse_errors: [expect.stringContaining("holds no")],
      protocol_violations: [expect.stringContaining("Stray text")],
    });
  });

  test("RES-07 prose is the unwrapped answer, visible text what people see", async () => {
    const answer = "<assistant_prose>Looking</assistant_prose><tool_call>read({})</tool_call>";
    const { call } = setup(says(answer, answer));
    expect(await call("x")).toMatchObject({ text: answer, prose: "Looking", visible_text: "Looking" });
    expect(await call("x", { tools: [{ name: "read" }] })).toMatchObject({ prose: "Looking", visible_text: "Looking" });
  });

  test("RES-08 transcript: sent messages, the answer, what the provider told, reasoning", async () => {
    const { call } = setup(fakeScript(fakeStream([fakeThinking("deep"), "x"])));
    const { transcript } = await call("hello", { structural_experiment: "chain_of_draft" });
    if (!isJsonObject(transcript)) return expect.unreachable();
    expect(transcript).toMatchObject({ _type: "transcript", version: 2, state: "active" });
    expect(transcript["messages"]).toMatchObject([{ role: "user" }, { role: "assistant", reasoning: "deep" }]);
    const events = transcript["events"] as readonly JsonObject[];
    expect(events.map((event) => [event["kind"], event["visibility"]])).toEqual([
      ["message", "public"],
      ["message", "public"],
      ["provider_payload", "internal"],
      ["private_reasoning", "private"],
    ]);
    expect(events[2]?.["metadata"]).toMatchObject({ model: "m", structural_experiment: { label: "chain_of_draft" } });
  });

  test("logprobs appear when the provider gave some", async () => {
    const done = {
      kind: "chunk",
      chunk: { type: "done", stopReason: "end_turn", logprobs: [{ token: "a" }] },
    } as const;
    const { call } = setup(fakeScript(fakeStream(["a", done])));
    expect((await call("x"))["logprobs"]).toEqual([{ token: "a" }]);
  });

  test("SCHEMA-20 where data is looked for", async () => {
    const options = { response_format: "json", schema_retries: 0 };
    const { call } = setup(
      fakeScript(
        fakeStream(['Sure:\n```json\n{"from":"fence"}\n```']),
        fakeStream(["calling", fakeToolCall("answer", { from: "call" })]),
        fakeStream(['<assistant_prose>{"from":"prose"}</assistant_prose>']),
        fakeStream(["{from: 'repair',}"]),
        fakeStream(['{"from": "cut', fakeDone("max_tokens")]),
        fakeStream(["null"]),
      ),
    );
    const found: Json[] = [];
    for (let i = 0; i < 6; i++) found.push((await call("x", options))["data"] ?? "none");
    expect(found).toEqual([{ from: "fence" }, { from: "call" }, { from: "prose" }, { from: "repair" }, "none", "none"]);
  });
});

describe("the request", () => {
  test("options reach the provider", async () => {
    const { call, model } = setup(says("x"));
    await call(
      "hello",
      {
        max_tokens: 9,
        temperature: 0.5,
        thinking: "high",
        cache: true,
        prefill: "So",
        stream: false,
        timeout: 3,
        session_id: "s1",
        tool_choice: "auto",
        tools: [{ name: "t" }],
        json_schema: { type: "object" },
        output_validation: "off",
        schema_retries: 0,
        fake: { extra: 1 },
      },
      "be brief",
    );
    expect(model.calls[0]?.input).toEqual({
      provider: "fake",
      model: "m",
      system: "be brief",
      messages: [{ role: "user", content: "hello" }],
      tools: [{ name: "t", description: "", inputSchema: { type: "object", properties: {} } }],
      toolChoice: "auto",
      maxTokens: 9,
      sampling: { temperature: 0.5 },
      output: { kind: "json-schema", schema: { type: "object" }, strict: true },
      thinking: { mode: "effort", level: "high" },
      cache: true,
      prefill: "So",
      stream: false,
      timeoutMs: 3000,
      sessionId: "s1",
      providerOptions: { fake: { extra: 1 } },
    });
  });

  test("a plain call sends nothing it does not need", async () => {
    const { call, model } = setup(says("x"));
    await call("hello");
    expect(model.calls[0]?.input).toEqual({
      provider: "fake",
      model: "m",
      messages: [{ role: "user", content: "hello" }],
      maxTokens: 16_384,
    });
  });

  test("system messages of the list join the system prompt", async () => {
    const { call, model } = setup(says("x"));
    const messages = [
      { role: "system", content: "B" },
      { role: "user", content: "u" },
    ];
    await call(null, { messages }, "A");
    expect(model.calls[0]).toMatchObject({ system: "A\n\nB", messages: [{ role: "user", content: "u" }] });
  });
});

describe("failures", () => {
  test("ERR-01 the thrown dict, with a hint only when there is one", async () => {
    const { call } = setup(
      fakeScript(fakeError("rate_limit", "slow down").withRetryAfterMs(2500), fakeError("auth", "bad key")),
    );
    expect(await thrown(call("x"))).toEqual({
      kind: "transient",
      reason: "rate_limit",
      category: "rate_limit",
      message: "slow down\nretry-after: 2.5\n",
      retry_after_ms: 2500,
      provider: "fake",
      model: "m",
    });
    const auth = await thrown(call("x"));
    expect(auth).toMatchObject({ category: "auth", kind: "terminal", reason: "auth_failure", message: "bad key" });
    expect(auth).not.toHaveProperty("retry_after_ms");
  });

  test.each(ERROR_CATEGORIES)("ERR-04 ERR-05 category %s arrives unchanged, thrown and safe", async (category) => {
    const { context, host, call } = setup(
      fakeScript(fakeError(category, "synthetic"), fakeError(category, "synthetic")),
    );
    const dict = await thrown(call("x"));
    expect(dict).toMatchObject({ category, message: "synthetic", provider: "fake", model: "m" });
    const safe = await host.drive(llmCallSafe(context, "x", null, { model: "m" }));
    expect(safe).toEqual({ ok: false, response: null, error: dict });
  });

  test("ERR-02 CALL-03 a dict that was thrown is completed; provider and model are overwritten", async () => {
    const { call } = setup(says("x"));
    const transform = () => {
      throw { message: "custom", extra: 1, provider: "other", reason: "mine" };
    };
    expect(await thrown(call("x", { structural_experiment: transform }))).toEqual({
      category: "generic",
      kind: "terminal",
      reason: "mine",
      message: "custom",
      extra: 1,
      provider: "fake",
      model: "m",
    });
  });

  test("ERR-02 a budget refusal keeps its fields", async () => {
    const catalog: CatalogView = { ...openCatalog("fake"), rates: () => ({ input: 1e6, output: 1e6 }) };
    const { call, model } = setup(says("x"), { catalog });
    expect(await thrown(call("hello", { max_cost_usd: 1 }))).toMatchObject({
      category: "budget_exceeded",
      limit: "max_cost_usd",
      limit_value: 1,
      provider: "fake",
      model: "m",
    });
    expect(model.calls).toHaveLength(0);
  });

  test("CALL-02 SAFE-03 option mistakes are raised as they are, without provider and model", async () => {
    const { call, context } = setup(says("x"));
    await expect(call("x", { max_tokens: "y" })).rejects.toMatchObject({ code: "llm.option" });
    expect(await llmCallSafe(context, "x", null, { max_tokens: "y" })).toEqual({
      ok: false,
      response: null,
      error: {
        category: "generic",
        kind: "terminal",
        reason: "unknown",
        message: 'Expected `max_tokens` to be a positive int, found "y" (string)',
      },
    });
  });

  test("SAFE-01 SAFE-02 success envelope", async () => {
    const { context, host } = setup(says("x"));
    expect(await host.drive(llmCallSafe(context, "q", null, { model: "m" }))).toMatchObject({
      ok: true,
      error: null,
      response: { text: "x" },
    });
  });

  test("ERR-03 text that had arrived is never lost", async () => {
    const { call } = setup(fakeScript(fakeStream(["Half an ans", { kind: "cut" }])));
    const error = await call("x").catch((failure: LlmCallError) => failure);
    expect(error).toMatchObject({ partialText: "Half an ans", category: "transient_network" });
  });

  test("CALL-12 cancelling", async () => {
    const { context, host } = setup(fakeScript(fakeStream(["a", { kind: "stall", ms: 1e6 }])));
    const token = new CancelToken();
    const running = llmCallSafe(context, "x", null, { model: "m", llm_retries: 5 }, { signal: token });
    await host.settle();
    token.cancel("enough");
    expect(await running).toMatchObject({ ok: false, error: { category: "cancelled", kind: "terminal" } });
    expect(host.clock.pending).toBe(0);
    expect(token.listenerCount).toBe(0);
  });
});

describe("around the call", () => {
  test("CALL-04 the render context is published while the call runs, and withdrawn also on failure", async () => {
    const log: string[] = [];
    const enterRenderContext = ({ provider, model }: { provider: string; model: string }) => {
      log.push(`enter ${provider}:${model}`);
      return () => void log.push("leave");
    };
    const { call } = setup(fakeScript(fakeStream(["x"]), fakeError("auth", "no")), { enterRenderContext });
    await call("x");
    await call("x").catch(() => {});
    expect(log).toEqual(["enter fake:m", "leave", "enter fake:m", "leave"]);
  });

  test("CALL-05 CALL-06 EXPER-01 a transform runs once, and schema retries repeat its messages", async () => {
    let runs = 0;
    const transform = ({ messages }: { messages: readonly Json[] }) => {
      runs++;
      return [...messages, { role: "user", content: "extra" }];
    };
    const { call, model } = setup(says("no json", '{"a":1}'));
    await call("x", { structural_experiment: transform, response_format: "json" });
    expect(runs).toBe(1);
    expect(model.calls.map((made) => made.messages.length)).toEqual([2, 3]);
    expect(model.calls[1]?.messages[1]).toEqual({ role: "user", content: "extra" });
  });

  test("CALL-06 plain answers are not validated", async () => {
    const { call, model } = setup(says("no json"));
    expect((await call("x", { schema_retries: 3 }))["text"]).toBe("no json");
    expect(model.calls).toHaveLength(1);
  });

  test("CALL-13 usage is charged to the active step after the call", async () => {
    const charges: unknown[] = [];
    const { call } = setup(says("x"), { onCharge: (charge) => charges.push(charge) });
    await call("x");
    expect(charges).toMatchObject([{ provider: "fake", model: "m", outcome: "completed" }]);
  });

  test("CALL-09 a plain call has no iteration; a turn of a loop names its own", async () => {
    const { context, host } = setup(says("x", "y"));
    await host.drive(llmCall(context, "q", null, { model: "m" }));
    await host.drive(llmCall(context, "q", null, { model: "m" }, { iteration: 3 }));
    expect(context.trace.events()).toMatchObject([{ iteration: 0 }, { iteration: 3 }]);
  });

  test("onChunk sees the answer as it arrives, a retry under a new number", async () => {
    const { context, host } = setup(fakeScript(fakeStream(["Ha", { kind: "cut" }]), fakeStream(["Hallo"])));
    const seen: [string, number][] = [];
    const onChunk = (chunk: { type: string; delta?: string }, attempt: number) => {
      if (chunk.type === "text-delta") seen.push([chunk.delta ?? "", attempt]);
    };
    await host.drive(llmCall(context, "x", null, { model: "m", llm_retries: 1, llm_backoff_ms: 0 }, { onChunk }));
    expect(seen).toEqual([
      ["Ha", 0],
      ["Hallo", 1],
    ]);
  });

  test("RESET-01 reset clears cost, budget, traces and mocks", async () => {
    let mockReset = 0;
    const host = createVirtualHost();
    const model = createFakeModel(host, says("x"));
    const mock = { intercepts: () => false, active: false, client: model, reset: () => void mockReset++ };
    const context = createLlmContext({ host, clients: { provider: () => model, mock } });
    context.ledger.setLimit(5);
    context.trace.enable();
    await host.drive(llmCall(context, "x", null, { provider: "fake", model: "m" }));
    resetLlmState(context);
    expect(context.ledger).toMatchObject({ spentUsd: 0, limitUsd: undefined, totals: { calls: 0 } });
    expect([context.trace.enabled, context.trace.events().length, mockReset]).toEqual([false, 0, 1]);
  });
});

describe("who answers", () => {
  const answering = (provider: string, text: string): ModelClient => ({
    provider,
    async *stream() {
      yield { type: "text-delta", messageId: "m", delta: text };
      yield { type: "done", stopReason: "end_turn" };
    },
  });
  const sources = (over: object) => ({
    provider: (name: string) => (name === "acme" ? answering("acme", "real") : undefined),
    ...over,
  });
  const ask = async (clients: object, provider = "acme", env: Record<string, string> = {}) => {
    const host = createVirtualHost({ env });
    const context = createLlmContext({ host, clients: sources(clients), catalog: openCatalog("acme") });
    const safe = await llmCallSafe(context, "x", null, { provider, model: "m" });
    return isJsonObject(safe["response"]) ? safe["response"]["text"] : (safe["error"] as JsonObject)["message"];
  };
  const mock = { intercepts: () => true, active: true, client: answering("mock", "mocked") };
  const replay = () => answering("acme", "replayed");

  test("PROV-06 cache, mock, fake, replay, provider", async () => {
    const cached = () => answering("acme", "cached");
    expect(await ask({ cached, mock, replay })).toBe("cached");
    expect(await ask({ mock, replay })).toBe("mocked");
    expect(await ask({ fake: answering("fake", "faked"), replay }, "fake")).toBe("faked");
    expect(await ask({ replay })).toBe("replayed");
    expect(await ask({})).toBe("real");
    expect(await ask({}, "nobody")).toBe("Unknown LLM provider `nobody`");
  });

  test("PROV-07 real calls can be switched off; mocks and replays still answer", async () => {
    for (const value of ["1", "true", "YES", "on"]) {
      expect(await ask({}, "acme", { HARN_LLM_CALLS_DISABLED: value })).toMatch(/HARN_LLM_CALLS_DISABLED.*`acme`/);
    }
    const off = { HARN_LLM_CALLS_DISABLED: "1" };
    expect(await ask({ mock }, "acme", off)).toBe("mocked");
    expect(await ask({ replay }, "acme", off)).toBe("replayed");
    expect(await ask({ fake: answering("fake", "faked") }, "fake", off)).toBe("faked");
    expect(await ask({}, "acme", { HARN_LLM_CALLS_DISABLED: "no" })).toBe("real");
  });
});
