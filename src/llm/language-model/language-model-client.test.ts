import { describe, expect, it } from "vitest";
import { CancelToken } from "../../base/index.ts";
import { countResources } from "../../testing/host-decorators.ts";
import { createVirtualHost } from "../../testing/virtual-host.ts";
import { createModelRouter } from "../providers/model-router.ts";
import type { ModelChunk, ModelInput } from "../spec/model.ts";
import { foldModelStream, type ModelResult } from "../spec/model-result.ts";
import type { LanguageModel, LanguageModelCall } from "./language-model.ts";
import { languageModelClient } from "./language-model-client.ts";

const QUIET = { effects: 0, streams: 0, listeners: 0 };
const INPUT: ModelInput = { provider: "mine", model: "m", messages: [{ role: "user", content: "hi" }] };

/** What the fake model does after its parts: ends, hangs, or breaks with an error. */
type Ending = "end" | "hang" | { readonly error: unknown };

interface Fake extends LanguageModel {
  readonly calls: LanguageModelCall[];
  /** How often its stream was cancelled by whoever read it. */
  cancelled: number;
}

function fakeModel(
  parts: readonly unknown[],
  options: {
    readonly version?: string;
    readonly ending?: Ending;
    readonly answer?: object;
    readonly fails?: unknown;
  } = {},
): Fake {
  const { ending = "end" } = options;
  const fake: Fake = {
    specificationVersion: options.version ?? "v3",
    provider: "acme.chat",
    modelId: "acme-1",
    calls: [],
    cancelled: 0,
    async doGenerate(call) {
      fake.calls.push(call as LanguageModelCall);
      if (options.fails !== undefined) throw options.fails;
      return options.answer ?? {};
    },
    async doStream(call) {
      fake.calls.push(call as LanguageModelCall);
      if (options.fails !== undefined) throw options.fails;
      const rest = [...parts];
      const stream = new ReadableStream<unknown>({
        pull(controller) {
          if (rest.length > 0) controller.enqueue(rest.shift());
          else if (ending === "end") controller.close();
          else if (ending === "hang") return new Promise<void>(() => {});
          else controller.error(ending.error);
          return undefined;
        },
        cancel() {
          fake.cancelled++;
        },
      });
      return { stream };
    },
  };
  return fake;
}

function setup(model: LanguageModel) {
  const host = createVirtualHost();
  const counted = countResources(host);
  const router = createModelRouter(counted.host, {
    clients: { mine: languageModelClient(model, { host: counted.host, provider: "mine" }) },
  });
  const stream = (fields: Partial<ModelInput> = {}, signal?: CancelToken) =>
    router.stream({ ...INPUT, ...fields }, signal);
  return {
    host,
    live: counted.live,
    stream,
    call: (fields: Partial<ModelInput> = {}): Promise<ModelResult> => foldModelStream(INPUT, stream(fields)),
  };
}

const text = (delta: string) => ({ type: "text-delta", id: "t", delta });
const finish = (unified: string, raw: string | undefined = unified, usage: object = USAGE) => ({
  type: "finish",
  finishReason: { unified, raw },
  usage,
});
const USAGE = {
  inputTokens: { total: 30, noCache: 20, cacheRead: 8, cacheWrite: 2 },
  outputTokens: { total: 12, text: 8, reasoning: 4 },
};

/** Everything that a model can send in one answer. */
const EVERYTHING: readonly unknown[] = [
  { type: "stream-start", warnings: [{ type: "unsupported", feature: "topK", details: "not by this model" }] },
  { type: "response-metadata", id: "resp-1", modelId: "acme-1-2026", timestamp: new Date(0) },
  { type: "reasoning-start", id: "r" },
  { type: "reasoning-delta", id: "r", delta: "Two " },
  { type: "reasoning-delta", id: "r", delta: "files." },
  { type: "reasoning-end", id: "r", providerMetadata: { acme: { signature: "sig" } } },
  { type: "raw", rawValue: { any: "thing" } },
  { type: "text-start", id: "t" },
  text("Reading "),
  text("both."),
  { type: "text-end", id: "t", citations: [{ source: { type: "source", url: "https://a.test" } }] },
  { type: "source", sourceType: "url", id: "s", url: "https://b.test" },
  { type: "file", mediaType: "image/png", data: new Uint8Array(3) },
  { type: "tool-input-start", id: "a", toolName: "read" },
  { type: "tool-input-delta", id: "a", delta: '{"path":' },
  { type: "tool-input-start", id: "b", toolName: "read" },
  { type: "tool-input-delta", id: "a", delta: '"a.txt"}' },
  { type: "tool-input-end", id: "a" },
  {
    type: "tool-call",
    toolCallId: "a",
    toolName: "read",
    input: '{"path":"a.txt"}',
    providerMetadata: { acme: { token: 1 } },
  },
  { type: "tool-input-delta", id: "b", delta: '{"path":"b.txt"}' },
  { type: "tool-call", toolCallId: "b", toolName: "read", input: '{"path":"b.txt"}' },
  { type: "tool-input-start", id: "web", toolName: "search", providerExecuted: true },
  { type: "tool-input-delta", id: "web", delta: "{}" },
  { type: "tool-call", toolCallId: "web", toolName: "search", input: "{}", providerExecuted: true },
  { type: "tool-result", toolCallId: "web", toolName: "search", result: { hits: 1 } },
  { type: "hologram", size: 3 },
  finish("tool-calls", "tool_use"),
];

describe("the common provider interface", () => {
  it("everything that a model streams arrives, in our words", async () => {
    const { call, live } = setup(fakeModel(EVERYTHING));
    const result = await call();
    expect(result).toMatchObject({
      text: "Reading both.",
      thinking: "Two files.",
      thinkingParts: [{ text: "Two files.", signature: 'ai-sdk:{"acme":{"signature":"sig"}}' }],
      toolCalls: [
        { id: "a", name: "read", input: { path: "a.txt" }, signature: 'ai-sdk:{"acme":{"token":1}}' },
        { id: "b", name: "read", input: { path: "b.txt" } },
      ],
      stopReason: "tool_use",
      rawStopReason: "tool_use",
      model: "acme-1-2026",
      responseId: "resp-1",
      provider: "mine",
      usage: {
        inputTokens: 30,
        outputTokens: 12,
        cacheReadTokens: 8,
        cacheWriteTokens: 2,
        reasoningTokens: 4,
        exact: true,
      },
    });
    expect(result.warnings).toEqual([
      "unsupported topK: not by this model",
      "A citation was kept",
      "A part `source` was kept",
      "A part `file` was kept",
      "A tool call of the provider's own was kept",
      "A part `tool-result` was kept",
      "mine sent an unknown part `hologram`; it is kept as it came",
    ]);
    expect(live()).toEqual(QUIET);
  });

  it("text and the start of a call are there before the rest has come", async () => {
    const { stream } = setup(fakeModel(EVERYTHING.slice(0, 16), { ending: "hang" }));
    const seen: ModelChunk[] = [];
    for await (const chunk of stream()) {
      seen.push(chunk);
      if (chunk.type === "tool-call-start" && chunk.id === "b") break;
    }
    const kinds = seen.map((chunk) => chunk.type);
    expect(kinds.indexOf("text-delta")).toBeLessThan(kinds.indexOf("tool-call-start"));
    expect(kinds).toContain("heartbeat");
    expect(kinds).not.toContain("tool-call-end");
  });

  it("a whole answer (`stream: false`) is asked for as such", async () => {
    const model = fakeModel([], {
      answer: {
        content: [
          { type: "reasoning", text: "Hm.", providerMetadata: { acme: { signature: "s" } } },
          { type: "text", text: "Reading." },
          { type: "tool-call", toolCallId: "a", toolName: "read", input: '{"path":"a"}' },
        ],
        finishReason: { unified: "tool-calls", raw: "tool_calls" },
        usage: USAGE,
        warnings: [],
        response: { id: "r", modelId: "acme-1-2026" },
      },
    });
    const { call } = setup(model);
    expect(await call({ stream: false })).toMatchObject({
      text: "Reading.",
      thinkingParts: [{ text: "Hm.", signature: 'ai-sdk:{"acme":{"signature":"s"}}' }],
      toolCalls: [{ id: "a", name: "read", input: { path: "a" } }],
      stopReason: "tool_use",
      model: "acme-1-2026",
    });
  });

  it("version 2 tells reasons and usage in its own shape", async () => {
    const usage = { inputTokens: 9, outputTokens: 4, totalTokens: 13, cachedInputTokens: 5, reasoningTokens: 1 };
    const { call } = setup(fakeModel([text("a"), { type: "finish", finishReason: "stop", usage }], { version: "v2" }));
    expect(await call()).toMatchObject({
      stopReason: "end_turn",
      usage: { inputTokens: 9, outputTokens: 4, cacheReadTokens: 5, reasoningTokens: 1, exact: true },
    });
  });

  it.each<[string, string | undefined, string]>([
    ["stop", "stop", "end_turn"],
    ["stop", undefined, "end_turn"],
    ["stop", "stop_sequence", "stop_sequence"],
    ["length", "max_tokens", "max_tokens"],
    ["content-filter", "refusal", "content_filter"],
    ["other", "pause_turn", "pause_turn"],
  ])("the reason %s (%s) is %s", async (unified, raw, stopReason) => {
    const finished = { type: "finish", finishReason: { unified, raw }, usage: {} };
    const result = await setup(fakeModel([text("a"), finished])).call();
    expect(result.stopReason).toBe(stopReason);
    expect(result.usage.exact).toBe(false);
  });
});

describe("requests", () => {
  const FULL: Partial<ModelInput> = {
    system: "Be brief.",
    messages: [
      {
        role: "user",
        content: "look",
        attachments: [
          { kind: "image", mediaType: "image/png", base64: "AAAA" },
          { kind: "image", mediaType: "image/png", url: "https://img.test/a.png" },
        ],
      },
      {
        role: "assistant",
        text: "Reading.",
        thinking: [
          { text: "mine", signature: 'ai-sdk:{"acme":{"signature":"sig"}}' },
          { text: "somebody else's", signature: "EqQBCgIY" },
        ],
        toolCalls: [
          { id: "a", name: "read", input: { path: "a" }, signature: 'ai-sdk:{"acme":{"token":1}}' },
          { id: "b", name: "read", input: { path: "b" } },
        ],
      },
      { role: "tool", toolCallId: "a", content: "A", isError: false },
      { role: "tool", toolCallId: "b", toolName: "read", content: "no such file", isError: true },
    ],
    tools: [
      { name: "read", description: "Reads", inputSchema: { type: "object" } },
      { name: "later", description: "", inputSchema: {}, deferred: true },
    ],
    toolChoice: { tool: "read" },
    maxTokens: 100,
    sampling: {
      temperature: 0,
      topP: 1,
      topK: 5,
      frequencyPenalty: 0.5,
      presencePenalty: 0.25,
      seed: 7,
      stop: ["END"],
    },
    output: { kind: "json-schema", schema: { type: "object" }, strict: true, name: "answer" },
    thinking: { mode: "effort", level: "high" },
    prefill: "{",
    providerOptions: { acme: { extra: true } },
  };

  it.each(["v3", "v4"])("%s: everything of ours that the interface knows is sent", async (version) => {
    const model = fakeModel([text("a"), finish("stop")], { version });
    const { call } = setup(model);
    const result = await call(FULL);
    const file = (data: unknown) => ({ type: "file", mediaType: "image/png", data });
    const { abortSignal, ...sent } = model.calls[0]!;
    expect(abortSignal).toBeInstanceOf(AbortSignal);
    expect(sent).toEqual({
      prompt: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "look" },
            file(version === "v4" ? { type: "data", data: "AAAA" } : "AAAA"),
            file(
              version === "v4"
                ? { type: "url", url: new URL("https://img.test/a.png") }
                : new URL("https://img.test/a.png"),
            ),
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "mine", providerOptions: { acme: { signature: "sig" } } },
            { type: "text", text: "Reading." },
            {
              type: "tool-call",
              toolCallId: "a",
              toolName: "read",
              input: { path: "a" },
              providerOptions: { acme: { token: 1 } },
            },
            { type: "tool-call", toolCallId: "b", toolName: "read", input: { path: "b" } },
          ],
        },
        {
          role: "tool",
          content: [
            { type: "tool-result", toolCallId: "a", toolName: "read", output: { type: "text", value: "A" } },
            {
              type: "tool-result",
              toolCallId: "b",
              toolName: "read",
              output: { type: "error-text", value: "no such file" },
            },
          ],
        },
        { role: "assistant", content: [{ type: "text", text: "{" }] },
      ],
      maxOutputTokens: 100,
      temperature: 0,
      topP: 1,
      topK: 5,
      frequencyPenalty: 0.5,
      presencePenalty: 0.25,
      seed: 7,
      stopSequences: ["END"],
      responseFormat: { type: "json", schema: { type: "object" }, name: "answer" },
      tools: [{ type: "function", name: "read", description: "Reads", inputSchema: { type: "object" } }],
      toolChoice: { type: "tool", toolName: "read" },
      ...(version === "v4" ? { reasoning: "high" } : {}),
      providerOptions: { acme: { extra: true } },
      includeRawChunks: true,
    });
    expect(result.warnings).toEqual(
      version === "v4" ? [] : ["thinking was left out: the common interface has no word for it; use providerOptions"],
    );
  });

  it("what the interface has no word for is told, not dropped in silence", async () => {
    const { call } = setup(fakeModel([text("a"), finish("stop")]));
    const result = await call({
      cache: true,
      betaFeatures: ["x"],
      parallelToolCalls: false,
      sampling: { logprobs: true },
    });
    expect(result.warnings.map((warning) => warning.split(" ")[0])).toEqual([
      "logprobs",
      "cache",
      "betaFeatures",
      "parallelToolCalls",
    ]);
  });

  it("an unknown version is refused before anything is asked", async () => {
    const model = fakeModel([], { version: "v9" });
    await expect(setup(model).call()).rejects.toMatchObject({
      kind: "terminal",
      message: "The model `acme-1` speaks version `v9` of the provider interface; expected v2, v3 or v4",
    });
    expect(model.calls).toHaveLength(0);
  });
});

describe("failures", () => {
  /** The shape of the interface's own error for a failed request. */
  const apiError = (fields: object) => Object.assign(new Error("Overloaded"), { name: "AI_APICallError", ...fields });

  it.each<[string, unknown, object]>([
    [
      "a status with headers and body",
      apiError({
        statusCode: 429,
        responseHeaders: { "retry-after": "7", "request-id": "req_9" },
        responseBody: '{"error":{"message":"slow down"}}',
      }),
      {
        category: "rate_limit",
        kind: "transient",
        status: 429,
        retryAfterMs: 7_000,
        requestId: "req_9",
        body: '{"error":{"message":"slow down"}}',
        message: 'mine HTTP 429 [rate_limited]: {"error":{"message":"slow down"}} (retry-after: 7)',
      },
    ],
    [
      "a date in retry-after",
      apiError({ statusCode: 503, responseHeaders: { "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" } }),
      { category: "overloaded", retryAfterMs: 9_000, body: "Overloaded" },
    ],
    ["no connection", apiError({ message: "Cannot connect to API: ECONNREFUSED" }), { category: "transient_network" }],
    ["a bare text", "overloaded_error: try later", { kind: "transient" }],
    ["an object", { type: "overloaded_error", message: "Overloaded" }, { category: "overloaded", kind: "transient" }],
    [
      "an answer under 200 that is none",
      apiError({ message: "Invalid JSON response", statusCode: 200, responseBody: "<html>no</html>" }),
      { reason: "malformed", body: "<html>no</html>" },
    ],
    [
      "an answer under 200 that was cut",
      apiError({ message: "Failed to process", statusCode: 200, cause: new Error("terminated") }),
      { reason: "truncated" },
    ],
    [
      "a stream that the model itself found cut",
      Object.assign(new Error("Response stream ended without a finish reason."), {
        name: "AI_InvalidResponseDataError",
      }),
      { reason: "truncated" },
    ],
    [
      "garbage from the provider",
      Object.assign(new Error("JSON parsing failed"), { name: "AI_JSONParseError", text: '{"id":"c","cho' }),
      { category: "transient_network", reason: "malformed", body: '{"id":"c","cho' },
    ],
  ])("%s, thrown or in the middle of a stream", async (_, error, expected) => {
    const thrown = setup(fakeModel([], { fails: error }));
    await expect(thrown.call()).rejects.toMatchObject({ name: "ModelError", provider: "mine", ...expected });
    await expect(thrown.call({ stream: false })).rejects.toMatchObject(expected);
    const inside = setup(fakeModel([text("so far"), { type: "error", error }, finish("stop")]));
    await expect(inside.call()).rejects.toMatchObject(expected);
    const broken = setup(fakeModel([text("so far")], { ending: { error } }));
    await expect(broken.call()).rejects.toMatchObject(expected);
    for (const { live } of [thrown, inside, broken]) expect(live()).toEqual(QUIET);
  });

  it("what had arrived travels with a failure in the middle", async () => {
    const error = { type: "overloaded_error", message: "Overloaded" };
    await expect(setup(fakeModel([text("so far"), { type: "error", error }])).call()).rejects.toMatchObject({
      partialText: "so far",
    });
  });

  it.each<[string, readonly unknown[]]>([
    ["ends without a finish", [text("half")]],
    ["finishes without a reason of the provider", [text("half"), finish("other", "")].map(dropRaw)],
    ["finishes without a reason, in version 2", [text("half"), { type: "finish", finishReason: "unknown", usage: {} }]],
    ["was interrupted", [text("half"), finish("interrupted", "paused")]],
  ])("a stream that %s is truncated, never a success", async (_, parts) => {
    await expect(setup(fakeModel(parts)).call()).rejects.toMatchObject({
      category: "transient_network",
      reason: "truncated",
      partialText: "half",
    });
  });

  it("a finish that says error is one, and its usage counts", async () => {
    await expect(setup(fakeModel([text("a"), finish("error", "boom")])).call()).rejects.toMatchObject({
      name: "ModelError",
      message: expect.stringContaining("(boom)"),
      usage: { inputTokens: 30, outputTokens: 12 },
    });
  });

  it("a tool call cut in half never ends", async () => {
    const parts = [
      { type: "tool-input-start", id: "a", toolName: "read" },
      { type: "tool-input-delta", id: "a", delta: '{"path":"a' },
      { type: "tool-call", toolCallId: "a", toolName: "read", input: '{"path":"a' },
      { type: "error", error: new Error("socket hang up") },
    ];
    const { stream } = setup(fakeModel(parts));
    const kinds: string[] = [];
    const run = (async () => {
      for await (const chunk of stream()) kinds.push(chunk.type);
    })();
    await expect(run).rejects.toMatchObject({ category: "transient_network" });
    expect(kinds).not.toContain("done");
  });

  it("arguments that are no JSON are kept as they are, and missing ids are counted", async () => {
    const parts = [
      { type: "tool-call", toolCallId: "", toolName: "read", input: "not json" },
      { type: "tool-call", toolCallId: "", toolName: "list", input: "" },
      finish("tool-calls"),
    ];
    const { toolCalls } = await setup(fakeModel(parts)).call();
    expect(toolCalls).toMatchObject([
      { id: "call_1", name: "read", input: { __parse_error: expect.stringContaining("not json") } },
      { id: "call_2", name: "list", input: {} },
    ]);
  });

  it("deltas of text (version 4) are not arguments", async () => {
    const parts = [
      { type: "tool-input-start", id: "a", toolName: "sh", inputEncoding: "text" },
      { type: "tool-input-delta", id: "a", delta: "ls -la" },
      { type: "tool-call", toolCallId: "a", toolName: "sh", input: '"ls -la"' },
      finish("tool-calls"),
    ];
    expect((await setup(fakeModel(parts, { version: "v4" })).call()).toolCalls).toMatchObject([{ input: "ls -la" }]);
  });
});

describe("waiting", () => {
  it("a cancel ends a hanging stream at once, with the model told", async () => {
    const model = fakeModel([text("half")], { ending: "hang" });
    const { host, stream, live } = setup(model);
    const token = new CancelToken();
    const run = foldModelStream(INPUT, stream({}, token));
    run.catch(() => {});
    await host.settle();
    token.cancel("user");
    await expect(run).rejects.toMatchObject({ category: "cancelled", partialText: "half" });
    await host.settle();
    expect(model.calls[0]?.abortSignal?.aborted).toBe(true);
    expect(model.cancelled).toBe(1);
    expect(live()).toEqual(QUIET);
    expect(token.listenerCount).toBe(0);
  });

  it("a cancel ends a model that never connects, and a stream that comes too late is cancelled", async () => {
    let connect: (answer: { stream: ReadableStream<unknown> }) => void = () => {};
    let lateCancelled = false;
    const model: LanguageModel = {
      ...fakeModel([]),
      doStream: () => new Promise((resolve) => (connect = resolve)),
    };
    const { host, stream, live } = setup(model);
    const token = new CancelToken();
    const run = foldModelStream(INPUT, stream({}, token));
    run.catch(() => {});
    await host.settle();
    token.cancel("user");
    await expect(run).rejects.toMatchObject({ category: "cancelled" });
    connect({
      stream: new ReadableStream({
        cancel() {
          lateCancelled = true;
        },
      }),
    });
    await host.settle();
    expect(lateCancelled).toBe(true);
    expect(live()).toEqual(QUIET);
  });

  it("the deadline holds", async () => {
    const { host, call, live } = setup(fakeModel([text("half")], { ending: "hang" }));
    await expect(host.drive(call({ timeoutMs: 5_000 }))).rejects.toMatchObject({
      category: "timeout",
      partialText: "half",
    });
    expect(host.clock.elapsedMs).toBe(5_000);
    expect(live()).toEqual(QUIET);
  });

  it("an early return releases the stream, and one that lingers after its finish is not waited for", async () => {
    const model = fakeModel([text("a"), text("b")], { ending: "hang" });
    const early = setup(model);
    for await (const chunk of early.stream()) if (chunk.type === "text-delta") break;
    expect(model.cancelled).toBe(1);
    expect(early.live()).toEqual(QUIET);

    const lingering = fakeModel([text("a"), finish("stop")], { ending: "hang" });
    expect((await setup(lingering).call()).text).toBe("a");
    expect(lingering.cancelled).toBe(1);
  });
});

/** A finish whose reason has no word of the provider. */
function dropRaw(part: unknown): unknown {
  const fields = part as { readonly type: string; readonly finishReason?: { readonly unified: string } };
  if (fields.finishReason === undefined) return part;
  return { ...fields, finishReason: { unified: fields.finishReason.unified, raw: undefined } };
}
