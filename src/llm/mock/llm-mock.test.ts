import { describe, expect, it } from "vitest";
import { askedKeys } from "../../../test/support/recorded-options.ts";
import { CancelToken, type Json, type JsonObject } from "../../base/index.ts";
import type { ModelInput } from "../spec/model.ts";
import { ModelError } from "../spec/model-error.ts";
import { foldModelStream, type ModelResult } from "../spec/model-result.ts";
import { createLlmMocks, type LlmMocks } from "./llm-mock.ts";
import { MOCK_OPTION_NAMES, readMockFixtures, writeMockFixtures } from "./mock-config.ts";

function input(prompt: string, fields: Partial<ModelInput> = {}): ModelInput {
  return { provider: "mock", model: "mock-model", messages: [{ role: "user", content: prompt }], ...fields };
}

function ask(mocks: LlmMocks, prompt: string, fields: Partial<ModelInput> = {}): Promise<ModelResult> {
  const asked = input(prompt, fields);
  return foldModelStream(asked, mocks.client.stream(asked));
}

function withMocks(...configs: Json[]): LlmMocks {
  const mocks = createLlmMocks();
  for (const config of configs) mocks.push(config);
  return mocks;
}

describe("llm_mock", () => {
  it("MOCK-01: what is read of a config is listed", async () => {
    const asked = await askedKeys([{}], (config) => createLlmMocks().push(config as JsonObject));
    expect(asked).toEqual(MOCK_OPTION_NAMES);
  });

  it("MOCK-01: queues an answer with defaults", async () => {
    const result = await ask(withMocks({}), "hi");
    expect(result).toMatchObject({ text: "", toolCalls: [], model: "mock", provider: "mock" });
    expect((await ask(withMocks({ text: "Paris", model: "m", tool_calls: "no list" }), "hi")).toolCalls).toEqual([]);
  });

  it.each<Json | undefined>([undefined, null, "text", 3, ["list"]])("MOCK-01: %j is no mock", (config) => {
    expect(() => createLlmMocks().push(config)).toThrow("llm_mock: expected a dict argument");
  });

  it("MOCK-02, MOCK-07: optional fields; nil is absent", async () => {
    const full = await ask(
      withMocks({
        text: "t",
        thinking: "hm",
        thinking_summary: "s",
        stop_reason: "max_tokens",
        input_tokens: 5,
        output_tokens: 6,
        cache_read_tokens: 2,
        cache_creation_input_tokens: 1,
      }),
      "hi",
    );
    expect(full).toMatchObject({
      thinking: "hm",
      thinkingSummary: "s",
      stopReason: "max_tokens",
      rawStopReason: "max_tokens",
      usage: { inputTokens: 5, outputTokens: 6, cacheReadTokens: 2, cacheWriteTokens: 1 },
    });
    const bare = await ask(
      withMocks({ text: "t", thinking: null, match: null, stop_reason: null, output_tokens: 1.5 }),
      "hi",
    );
    expect(bare).not.toHaveProperty("thinking");
    expect(bare).not.toHaveProperty("rawStopReason");
    expect(bare.usage.outputTokens).toBe(30);
  });

  it.each<[Json, string]>([
    [{ message: "x" }, "llm_mock: error.category is required"],
    [{ category: "rate-limit" }, "llm_mock: unknown error category `rate-limit`"],
    [{ category: "Timeout" }, "llm_mock: unknown error category `Timeout`"],
    ["boom", "llm_mock: error must be a dict {category, message}"],
    [{ category: "timeout", retry_after_ms: -1 }, "llm_mock: error.retry_after_ms must be a non-negative int"],
    [{ category: "timeout", retry_after_ms: 1.5 }, "llm_mock: error.retry_after_ms must be a non-negative int"],
    [{ category: "timeout", retry_after_ms: "5" }, "llm_mock: error.retry_after_ms must be a non-negative int"],
  ])("MOCK-03, MOCK-07: the error %j is refused", (error, message) => {
    expect(() => createLlmMocks().push({ error })).toThrow(message);
  });

  it("MOCK-03, MOCK-04: an error mock fails the call by its category", async () => {
    const mocks = withMocks(
      { error: { category: "rate_limit", message: "429 Too Many Requests", retry_after_ms: 2500 } },
      { error: { category: "overloaded" } },
      { error: null, text: "fine" },
    );
    const error = await ask(mocks, "hi").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({
      category: "rate_limit",
      kind: "transient",
      reason: "rate_limit",
      retryAfterMs: 2500,
      message: "429 Too Many Requests\nretry-after: 2.5\n",
      provider: "mock",
      model: "mock-model",
    });
    await expect(ask(mocks, "hi")).rejects.toMatchObject({
      category: "overloaded",
      message: "",
      reason: "server_error",
    });
    expect((await ask(mocks, "hi")).text).toBe("fine");
  });
});

describe("llm_mock_calls", () => {
  it("MOCK-05, MOCK-07: shows what was asked, in a script's words", async () => {
    const mocks = withMocks({ text: "a" }, { text: "b" });
    await ask(mocks, "hi");
    await ask(mocks, "look", {
      system: "S",
      model: "gpt-4o",
      messages: [
        {
          role: "user",
          content: "look",
          attachments: [{ kind: "image", mediaType: "image/png", base64: "aa", detail: "low" }],
        },
        { role: "assistant", text: "t", toolCalls: [{ id: "c", name: "read", input: { p: 1 } }] },
        { role: "tool", toolCallId: "c", content: "r", isError: false },
      ],
      tools: [{ name: "read", description: "Reads", inputSchema: {} }],
      thinking: { mode: "enabled", budgetTokens: 8000 },
    });
    expect(mocks.calls()).toEqual([
      { messages: [{ role: "user", content: "hi" }], system: null, tools: null, thinking: { mode: "disabled" } },
      {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "look" },
              { type: "image", media_type: "image/png", base64: "aa", detail: "low" },
            ],
          },
          {
            role: "assistant",
            content: "t",
            tool_calls: [{ id: "c", type: "function", function: { name: "read", arguments: '{"p":1}' } }],
          },
          { role: "tool", tool_call_id: "c", content: "r" },
        ],
        system: "S",
        tools: [{ type: "function", function: { name: "read", description: "Reads", parameters: {} } }],
        thinking: { mode: "enabled", budget_tokens: 8000 },
      },
    ]);
  });

  it("MOCK-05: tools are shown as the provider of the model would get them, search included", async () => {
    const mocks = createLlmMocks();
    const tools = [
      { name: "a", description: "", inputSchema: {} },
      { name: "b", description: "", inputSchema: {}, deferred: true },
    ];
    await ask(mocks, "x", { model: "claude-opus-4-7", tools, toolSearch: { variant: "bm25" } });
    await ask(mocks, "x", { model: "gpt-5.4", tools, toolSearch: { variant: "bm25" } });
    await ask(mocks, "x", { model: "o3", thinking: { mode: "effort", level: "high" } });
    const [claude, gpt, effort] = mocks.calls();
    expect(claude?.tools?.map((tool) => tool["type"])).toEqual([
      "tool_search_tool_bm25_20251119",
      "function",
      "function",
    ]);
    expect(gpt?.tools?.[0]).toEqual({ type: "tool_search", mode: "hosted" });
    expect(gpt?.tools?.[2]).toMatchObject({ defer_loading: true });
    expect(effort?.thinking).toEqual({ mode: "effort", level: "high" });
  });

  it("MOCK-06: clear drops queue and requests; failed calls had been recorded too", async () => {
    const mocks = withMocks({ error: { category: "timeout" } }, { text: "left" });
    await ask(mocks, "hi").catch(() => {});
    expect(mocks.calls()).toHaveLength(1);
    mocks.clear();
    expect(mocks.calls()).toEqual([]);
    expect(mocks.active).toBe(false);
    expect((await ask(mocks, "hi")).text).toContain("Mock response");
  });
});

describe("which mock answers", () => {
  it("MOCK-08: mocks without pattern come first, in order, whatever stands before them", async () => {
    const mocks = withMocks({ text: "pattern", match: "*" }, { text: "one" }, { text: "two" });
    const texts = [];
    for (let at = 0; at < 4; at++) texts.push((await ask(mocks, "hi")).text);
    expect(texts).toEqual(["one", "two", "pattern", "pattern"]);
  });

  it("MOCK-08: patterns are tried in order and stay, unless they are consumed", async () => {
    const mocks = withMocks(
      { text: "first", match: "*step*", consume_match: true },
      { text: "second", match: "*step*", consume_match: "yes" },
      { text: "other", match: "*hello*" },
    );
    const texts = [];
    for (const prompt of ["step one", "say hello", "step two", "step three"])
      texts.push((await ask(mocks, prompt)).text);
    expect(texts).toEqual(["first", "other", "second", "second"]);
  });

  it.each([
    ["*", "anything", true],
    ["*hello*", "say hello please", true],
    ["pre*mid*suf*", "pre-mid-suf", true],
    ["*hello", "hello there", false],
    // The text of a message is its strings in the order of its fields: content, then role.
    ["hello\nuser", "hello", true],
    ["hello", "hello", false],
    ["a*a*", "a", false],
  ])("MOCK-09: %j against the prompt %j: %s", async (match, prompt, matches) => {
    const result = await ask(withMocks({ text: "hit", match }), prompt);
    expect(result.text === "hit").toBe(matches);
  });

  it("MOCK-09: all messages count, the system prompt does not", async () => {
    const messages: ModelInput["messages"] = [
      { role: "user", content: "old" },
      { role: "user", content: "new" },
    ];
    expect((await ask(withMocks({ text: "hit", match: "old*new*" }), "", { messages })).text).toBe("hit");
    expect((await ask(withMocks({ text: "hit", match: "*secret*" }), "x", { system: "secret" })).text).not.toBe("hit");
  });

  it("MOCK-10: tokens, ids and blocks of a matched mock", async () => {
    const result = await ask(
      withMocks({ text: "Checking.", tool_calls: [{ name: "search", arguments: { q: 1 } }, { args: [2] }, "odd"] }),
      "é",
    );
    expect(result.usage).toMatchObject({ inputTokens: "é\nuser".length + 1, outputTokens: 30 });
    expect(result.toolCalls).toEqual([
      { id: "mock_call_1", name: "search", input: { q: 1 } },
      { id: "mock_call_2", name: "unknown", input: [2] },
      { id: "mock_call_3", name: "unknown", input: {} },
    ]);
    expect(result.blocks.map((block) => [block["type"], block["visibility"]])).toEqual([
      ["output_text", "public"],
      ["tool_call", "internal"],
      ["tool_call", "internal"],
      ["tool_call", "internal"],
    ]);
  });

  it("MOCK-11: with tools and no match the first is called, with what it requires", async () => {
    const inputSchema = {
      type: "object",
      properties: {
        path: { type: "string" },
        count: { type: "integer" },
        ratio: { type: "number" },
        deep: { type: "boolean" },
        list: { type: "array" },
        more: { type: "object" },
        any: {},
        optional: { type: "string" },
      },
      required: ["path", "count", "ratio", "deep", "list", "more", "any", "ghost"],
    };
    const result = await ask(createLlmMocks(), "go on", { tools: [{ name: "read", description: "", inputSchema }] });
    expect(result.toolCalls).toEqual([
      {
        id: "mock_call_1",
        name: "read",
        input: { any: "", count: 0, deep: false, list: [], more: {}, path: "", ratio: 0 },
      },
    ]);
    expect(result).toMatchObject({ text: "", usage: { inputTokens: 5, outputTokens: 20 }, model: "mock-model" });
  });

  it.each<[string, Partial<ModelInput>, string]>([
    ["Hello world", {}, "Mock response to 2-word prompt: Hello world"],
    ["  spaced   out ", {}, "Mock response to 2-word prompt:   spaced   out "],
    ["", {}, "Mock LLM response"],
    ["x".repeat(99) + "😀y", {}, `Mock response to 1-word prompt: ${"x".repeat(99)}😀`],
    [
      "Do it",
      { system: "End with <done>." },
      "<assistant_prose>Mock response to 2-word prompt: Do it</assistant_prose>\n<done>##DONE##</done>",
    ],
  ])("MOCK-12: the default answer to %j", async (prompt, fields, text) => {
    expect((await ask(createLlmMocks(), prompt, fields)).text).toBe(text);
  });

  it("MOCK-12: the latest message that says something counts", async () => {
    const messages: ModelInput["messages"] = [
      { role: "user", content: "first" },
      { role: "user", content: "  " },
    ];
    expect((await ask(createLlmMocks(), "", { messages })).text).toBe("Mock response to 1-word prompt: first");
  });
});

describe("prompt cache, interception, scopes", () => {
  it("MOCK-13: the first call writes the cache, an equal one reads it", async () => {
    const mocks = createLlmMocks();
    const first = await ask(mocks, "stable prefix", { cache: true });
    const second = await ask(mocks, "stable prefix", { cache: true });
    const other = await ask(mocks, "stable prefix", { cache: true, system: "new" });
    const tokens = "stable prefix".length;
    expect(first.usage).toMatchObject({ cacheWriteTokens: tokens, cacheReadTokens: 0 });
    expect(second.usage).toMatchObject({ cacheWriteTokens: 0, cacheReadTokens: tokens });
    expect(other.usage).toMatchObject({ cacheWriteTokens: tokens, cacheReadTokens: 0 });
    expect((await ask(mocks, "stable prefix")).usage).toMatchObject({ cacheWriteTokens: 0, cacheReadTokens: 0 });
  });

  it("MOCK-13: explicit counts switch the simulation off", async () => {
    const mocks = withMocks({ text: "a", cache_read_tokens: 3 }, { text: "b", cache_read_tokens: 3 });
    for (let at = 0; at < 2; at++) {
      expect((await ask(mocks, "x", { cache: true })).usage).toMatchObject({ cacheReadTokens: 3, cacheWriteTokens: 0 });
    }
  });

  it("MOCK-14: all providers are intercepted while something is queued, and the answer says who gave it", async () => {
    const mocks = createLlmMocks();
    expect([mocks.intercepts("openai"), mocks.intercepts("mock"), mocks.active]).toEqual([false, true, false]);
    mocks.push({ text: "a" });
    expect([mocks.intercepts("openai"), mocks.active]).toEqual([true, true]);
    expect(await ask(mocks, "x", { provider: "openai" })).toMatchObject({ text: "a", provider: "mock" });
    expect(mocks.intercepts("openai")).toBe(false);
  });

  it("MOCK-15: a scope starts empty and gives everything back", async () => {
    const mocks = withMocks({ text: "outer" });
    await ask(mocks, "x", { cache: true });
    mocks.push({ text: "outer 2" });
    mocks.pushScope();
    expect([mocks.active, mocks.calls().length]).toEqual([false, 0]);
    mocks.push({ text: "inner" });
    expect((await ask(mocks, "x", { cache: true })).usage.cacheWriteTokens).toBeGreaterThan(0);
    mocks.popScope();
    expect(mocks.calls()).toHaveLength(1);
    expect(await ask(mocks, "x", { cache: true })).toMatchObject({ text: "outer 2", usage: { cacheWriteTokens: 0 } });
    expect(() => mocks.popScope()).toThrow("llm_mock_pop_scope: no scope to pop");
  });

  it("RESET-02: a reset forgets queue, requests, scopes and fixtures", async () => {
    const mocks = withMocks({ text: "a" });
    mocks.pushScope();
    mocks.installFixtures(readMockFixtures('{"text":"f"}', "f.jsonl"));
    mocks.reset();
    expect([mocks.active, mocks.calls().length]).toEqual([false, 0]);
    expect(() => mocks.popScope()).toThrow();
  });

  it("two runs do not share mocks, and a cancel is a cancel", async () => {
    withMocks({ text: "a" });
    expect(createLlmMocks().active).toBe(false);
    const token = new CancelToken();
    token.cancel("user");
    const asked = input("x");
    await expect(foldModelStream(asked, createLlmMocks().client.stream(asked, token))).rejects.toMatchObject({
      category: "cancelled",
    });
  });
});

describe("fixture files", () => {
  const LINES = [
    '{"text":"one","model":"mock-model","provider":"acme"}',
    "",
    '{"match":"*two*","tool_calls":[{"name":"read","args":{"p":1}}],"error":null}',
    '{"match":"*three*","error":{"category":"timeout","message":"late"}}',
  ];

  it("REPLAY-07: fixtures answer all providers ahead of the queue; scopes and clear leave them alone", async () => {
    const mocks = withMocks({ text: "queued" });
    mocks.installFixtures(readMockFixtures(LINES.join("\r\n"), "f.jsonl"));
    mocks.pushScope();
    expect(mocks.active).toBe(true);
    expect(await ask(mocks, "x")).toMatchObject({ text: "one", model: "mock-model", provider: "acme" });
    mocks.clear();
    expect((await ask(mocks, "two")).toolCalls).toEqual([{ id: "mock_call_1", name: "read", input: { p: 1 } }]);
    mocks.popScope();
    await expect(ask(mocks, "three")).rejects.toMatchObject({ category: "timeout", message: "late" });
    expect((await ask(mocks, "four")).text).toBe("queued");
  });

  it("REPLAY-07: a prompt that no fixture fits fails, shown up to 200 characters", async () => {
    const mocks = createLlmMocks();
    mocks.installFixtures([]);
    await expect(ask(mocks, 'say "hi"')).rejects.toMatchObject({
      kind: "terminal",
      message: 'No --llm-mock fixture matched prompt: "say \\"hi\\"\\nuser"',
    });
    const message = await ask(mocks, "😀".repeat(300)).catch((error: Error) => error.message);
    expect(message).toBe(`No --llm-mock fixture matched prompt: "${"😀".repeat(200)}..."`);
  });

  it.each([
    ["{", /^invalid JSON in f\.jsonl line 1: /],
    ["[]", "invalid --llm-mock fixture in f.jsonl line 1: fixture line must be a JSON object"],
    ['{"text":1}', "invalid --llm-mock fixture in f.jsonl line 1: `text` must be a string"],
    ['{"output_tokens":"x"}', "invalid --llm-mock fixture in f.jsonl line 1: `output_tokens` must be an integer"],
    ['{"tool_calls":{}}', "invalid --llm-mock fixture in f.jsonl line 1: tool_calls must be an array"],
    [
      '{"tool_calls":[{}]}',
      "invalid --llm-mock fixture in f.jsonl line 1: tool_calls[0] is missing string field `name`",
    ],
    ['{"error":{"category":"x"}}', "invalid --llm-mock fixture in f.jsonl line 1: unknown error category `x`"],
  ])("REPLAY-07: the line %j is refused", (line, message) => {
    expect(() => readMockFixtures(line, "f.jsonl")).toThrow(message);
  });

  it("REPLAY-07: recording keeps every answer, and what was written plays back the same", async () => {
    const mocks = withMocks({ text: "a", thinking: "hm", tool_calls: [{ name: "read", arguments: { p: [1] } }] });
    mocks.startRecording();
    const original = await ask(mocks, "first");
    const second = await ask(mocks, "second");
    const file = writeMockFixtures(mocks.takeRecordings());
    expect(mocks.takeRecordings()).toEqual([]);
    expect(file.split("\n")).toHaveLength(3);

    const again = createLlmMocks();
    again.installFixtures(readMockFixtures(file, "f.jsonl"));
    const replayed = await ask(again, "first");
    expect({ ...replayed, rawStopReason: undefined }).toEqual({ ...original, rawStopReason: undefined });
    expect((await ask(again, "whatever")).text).toBe(second.text);
    expect(writeMockFixtures([])).toBe("");
  });

  it("REPLAY-07: answers of real providers are recorded too, half ones are not", async () => {
    const mocks = createLlmMocks();
    mocks.startRecording();
    const real = createLlmMocks();
    const asked = input("x");
    await foldModelStream(asked, mocks.recorded(real.client).stream(asked));
    for await (const _ of mocks.recorded(real.client).stream(asked)) break;
    expect(mocks.takeRecordings()).toMatchObject([{ text: "Mock response to 1-word prompt: x" }]);
  });
});
