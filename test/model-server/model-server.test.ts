/** Every provider over real sockets: what it is sent, what it answers, and what goes wrong on the way. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CancelToken } from "../../src/base/index.ts";
import { createNodeHost, type NodeHost } from "../../src/cli/node-host/node-host.ts";
import { decodeCatalogConfig } from "../../src/llm/catalog/catalog-config.ts";
import { createModelCatalog } from "../../src/llm/catalog/model-catalog.ts";
import { hostModelClient, serveModelStream } from "../../src/llm/providers/host-model-client.ts";
import { createModelRouter } from "../../src/llm/providers/model-router.ts";
import type { ModelChunk, ModelClient, ModelInput } from "../../src/llm/spec/model.ts";
import { ModelError } from "../../src/llm/spec/model-error.ts";
import { foldModelStream } from "../../src/llm/spec/model-result.ts";
import { countResources, type LiveResources } from "../../src/testing/host-decorators.ts";
import { type Misbehaviour, type ModelServer, startModelServer } from "./model-server.ts";
import { renderAnswer, type ServedAnswer } from "./render-answer.ts";

const KEY = "secret-key-0123456789";

let server: ModelServer;
let host: NodeHost;
let live: () => LiveResources;
let router: ModelClient;

beforeAll(async () => {
  server = await startModelServer();
});

afterAll(() => server.close());

beforeEach(() => {
  host = createNodeHost({
    environment: {
      ANTHROPIC_BASE_URL: server.url,
      ANTHROPIC_API_KEY: KEY,
      OPENAI_BASE_URL: `${server.url}/v1`,
      OPENAI_API_KEY: KEY,
      OLLAMA_HOST: server.url.replace("http://", ""),
      GEMINI_BASE_URL: server.url,
      GEMINI_API_KEY: KEY,
      BEDROCK_BASE_URL: server.url,
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: KEY,
    },
  });
  const responses = decodeCatalogConfig({
    providers: {
      responses: { base_url: server.url, chat_endpoint: "/v1/responses", auth_env: "OPENAI_API_KEY" },
    },
  });
  const counted = countResources(host);
  live = counted.live;
  router = createModelRouter(counted.host, { catalog: createModelCatalog(counted.host, [responses]) });
});

afterEach(async () => {
  await server.quiet();
  server.forget();
  await new Promise((resolve) => setImmediate(resolve));
  // Nothing stays behind: no sleep, no stream, no listener, no answer that the server still gives.
  expect(live()).toEqual({ effects: 0, streams: 0, listeners: 0 });
  host.close();
});

const PROVIDERS = ["anthropic", "openai", "responses", "ollama", "gemini", "bedrock"] as const;

function inputFor(provider: string, fields: Partial<ModelInput> = {}): ModelInput {
  return { provider, model: "m", messages: [{ role: "user", content: "Hello" }], ...fields };
}

function call(input: ModelInput, signal?: CancelToken) {
  return foldModelStream(input, router.stream(input, signal));
}

async function failure(promise: Promise<unknown>): Promise<ModelError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ModelError);
  return error as ModelError;
}

/** How many bytes the n-th part of a provider's body has. */
function bodyLength(provider: string, answer: ServedAnswer): number {
  const style = {
    anthropic: "anthropic",
    openai: "openai-chat",
    responses: "openai-responses",
    ollama: "ollama",
    gemini: "gemini",
    bedrock: "bedrock",
  } as const;
  return Buffer.byteLength(renderAnswer(style[provider as keyof typeof style], answer, true).body);
}

const TOOLS = [{ name: "read", description: "Reads a file", inputSchema: { type: "object" } }];
const ANSWER: ServedAnswer = { text: "Grüße aus 東京 😀", inputTokens: 20, cachedTokens: 8, outputTokens: 6 };

describe("answers", () => {
  it.each(PROVIDERS)("%s: streams text, with usage and cached tokens", async (provider) => {
    server.script({ answer: ANSWER });
    const result = await call(inputFor(provider));
    expect(result).toMatchObject({
      text: ANSWER.text,
      stopReason: "end_turn",
      usage: {
        inputTokens: 20,
        outputTokens: 6,
        cacheReadTokens: provider === "ollama" ? 0 : 8,
        exact: true,
      },
      warnings: [],
    });
  });

  it.each(PROVIDERS)("%s: gives a whole answer as the same chunks", async (provider) => {
    server.script({ answer: { ...ANSWER, toolCalls: [{ id: "t1", name: "read", input: { path: "ä" } }] } });
    const result = await call(inputFor(provider, { stream: false, tools: TOOLS }));
    expect(result.text).toBe(ANSWER.text);
    expect(result.toolCalls).toMatchObject([{ name: "read", input: { path: "ä" } }]);
    expect(result.stopReason).toBe("tool_use");
    expect(result.usage.inputTokens).toBe(20);
  });

  it.each(PROVIDERS)(
    "%s: thinks, calls two tools at once, and starts them before they are complete",
    async (provider) => {
      const toolCalls = ["a", "b"].map((name) => ({ id: `id_${name}`, name: "read", input: { path: `${name}.txt` } }));
      server.script({ answer: { thinking: "Two files.", text: "Reading.", toolCalls } });
      const chunks: ModelChunk[] = [];
      for await (const chunk of router.stream(inputFor(provider, { tools: TOOLS }))) chunks.push(chunk);
      const result = await foldModelStream(inputFor(provider), replay(chunks));
      expect(result.thinking ?? result.thinkingSummary).toBe("Two files.");
      expect(result.toolCalls.map((toolCall) => toolCall.input)).toEqual([{ path: "a.txt" }, { path: "b.txt" }]);
      if (provider !== "ollama") expect(result.toolCalls.map((toolCall) => toolCall.id)).toEqual(["id_a", "id_b"]);
      const kinds = chunks.map((chunk) => chunk.type);
      expect(kinds.indexOf("tool-call-start")).toBeLessThan(kinds.lastIndexOf("tool-call-end"));
      expect(kinds.at(-1)).toBe("done");
    },
  );

  it.each(PROVIDERS)("%s: one byte at a time", async (provider) => {
    server.script({ answer: ANSWER, misbehave: { kind: "drip", bytes: 1 } });
    expect((await call(inputFor(provider))).text).toBe(ANSWER.text);
  });

  it("bytes without content are heartbeats", async () => {
    server.script({ answer: ANSWER, misbehave: { kind: "drip", bytes: 7 } });
    const kinds = new Set<string>();
    for await (const chunk of router.stream(inputFor("anthropic"))) kinds.add(chunk.type);
    expect(kinds).toContain("heartbeat");
  });

  it("two calls in a row share one connection", async () => {
    const before = server.connections;
    for (let turn = 0; turn < 3; turn++) {
      server.script({ answer: ANSWER });
      await call(inputFor("openai"));
    }
    expect(server.connections - before).toBe(1);
  });

  it("a server that will not stream is understood all the same", async () => {
    const body = renderAnswer("openai-chat", ANSWER, false).body;
    server.script({ misbehave: { kind: "body", body, contentType: "application/json" } });
    expect((await call(inputFor("openai"))).text).toBe(ANSWER.text);
  });

  it("an event stream under a wrong content type is understood all the same", async () => {
    for (const contentType of ["text/plain", "application/octet-stream", "application/json"]) {
      server.script({ answer: ANSWER, misbehave: { kind: "content-type", contentType } });
      expect((await call(inputFor("openai"))).text).toBe(ANSWER.text);
    }
  });

  it("a huge event arrives whole", async () => {
    const text = "x".repeat(3_000_000);
    server.script({ answer: { text } });
    expect((await call(inputFor("anthropic"))).text).toHaveLength(3_000_000);
  });
});

describe("requests", () => {
  it("each provider is asked at its place, with its key in its header", async () => {
    const seen: Record<string, { path: string; header: string | string[] | undefined }> = {};
    for (const provider of PROVIDERS) {
      server.script({ answer: ANSWER });
      await call(inputFor(provider));
      const { path, headers } = server.requests.at(-1)!;
      seen[provider] = { path, header: headers["x-api-key"] ?? headers["x-goog-api-key"] ?? headers["authorization"] };
    }
    const signed = seen["bedrock"]!.header as string;
    expect(signed).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/bedrock\/aws4_request, /);
    expect(seen).toEqual({
      anthropic: { path: "/v1/messages", header: KEY },
      openai: { path: "/v1/chat/completions", header: `Bearer ${KEY}` },
      responses: { path: "/v1/responses", header: `Bearer ${KEY}` },
      ollama: { path: "/api/chat", header: undefined },
      gemini: { path: "/v1beta/models/m:streamGenerateContent?alt=sse", header: KEY },
      bedrock: { path: "/model/m/converse-stream", header: signed },
    });
  });
});

describe("HTTP-06: status", () => {
  it.each<[number, string, Record<string, string>, Record<string, unknown>]>([
    [401, '{"error":{"message":"bad key secret-key-0123456789"}}', {}, { category: "auth", kind: "terminal" }],
    [429, "slow down", { "retry-after": "2" }, { category: "rate_limit", kind: "transient", retryAfterMs: 2000 }],
    [429, "slow down", { "retry-after-ms": "150" }, { category: "rate_limit", retryAfterMs: 150 }],
    [500, "boom", {}, { category: "server_error", kind: "transient" }],
    [529, "{}", {}, { category: "overloaded", kind: "transient" }],
    [404, "no such model", {}, { category: "not_found", kind: "terminal" }],
    [400, "prompt is too long: 9 tokens", {}, { reason: "context_overflow", kind: "terminal" }],
    [
      502,
      "<html><head><title>502 Bad Gateway</title></head></html>",
      { "content-type": "text/html" },
      { category: "server_error" },
    ],
  ])("HTTP-06: %i %j", async (status, body, headers, expected) => {
    for (const provider of PROVIDERS) {
      server.script({ misbehave: { kind: "status", status, body, headers } });
      const error = await failure(call(inputFor(provider)));
      expect(error).toMatchObject({ status, provider, ...expected });
      // Only who holds a key can keep it out of sight.
      if (provider !== "ollama") expect(`${error.message} ${error.body}`).not.toContain(KEY);
    }
  });

  it("HTTP-06: a web page under 200 is no answer", async () => {
    server.script({ misbehave: { kind: "body", body: "<!doctype html><p>Hi", contentType: "text/html" } });
    expect(await failure(call(inputFor("openai")))).toMatchObject({ kind: "terminal", body: "<!doctype html><p>Hi" });
  });

  it("HTTP-06: an error object under 200 is a failure", async () => {
    const body = '{"error":{"message":"quota","code":"insufficient_quota"}}';
    server.script({ misbehave: { kind: "body", body, contentType: "application/json" } });
    expect(await failure(call(inputFor("openai")))).toMatchObject({ category: "rate_limit", body });
  });
});

describe("broken streams", () => {
  /** Before the terminal event of every format. */
  const places = [0, 0.3, 0.6];
  it.each(PROVIDERS)("%s: a cut is truncated wherever it happens, with the text so far", async (provider) => {
    const length = bodyLength(provider, ANSWER);
    for (const kind of ["cut", "end"] as const) {
      for (const place of places) {
        server.script({ answer: ANSWER, misbehave: { kind, at: Math.floor(length * place) } });
        const error = await failure(call(inputFor(provider)));
        expect(error).toMatchObject({ category: "transient_network", kind: "transient" });
        expect(ANSWER.text!.startsWith(error.partialText ?? "")).toBe(true);
        // A connection that dies before a byte of the body may also be seen as a reset.
        if (place > 0) expect(error.reason).toBe("truncated");
      }
    }
  });

  it("garbled bytes are an error, not silence", async () => {
    server.script({ answer: ANSWER, misbehave: { kind: "garble", at: 30, bytes: new Uint8Array([0x22, 0x22]) } });
    expect(await failure(call(inputFor("openai")))).toMatchObject({ reason: "malformed", kind: "transient" });
  });

  it("a reset before the head is a network failure", async () => {
    server.script({ misbehave: { kind: "reset" } });
    expect(await failure(call(inputFor("openai")))).toMatchObject({ category: "transient_network" });
  });

  it("a server that is not there is a network failure", async () => {
    const closed = await startModelServer();
    await closed.close();
    const catalog = createModelCatalog(host, [
      decodeCatalogConfig({
        providers: { gone: { base_url: closed.url, auth_style: "none", chat_endpoint: "/chat/completions" } },
      }),
    ]);
    const input = inputFor("gone");
    const error = await failure(foldModelStream(input, createModelRouter(host, { catalog }).stream(input)));
    expect(error).toMatchObject({ category: "transient_network", reason: "network_error" });
  });

  it("an empty body is truncated", async () => {
    for (const stream of [true, false]) {
      server.script({ misbehave: { kind: "body", body: "" } });
      expect(await failure(call(inputFor("openai", { stream })))).toMatchObject({ reason: "truncated" });
    }
  });
});

describe("HTTP-05: waiting", () => {
  const stalls: readonly Misbehaviour[] = [{ kind: "silence" }, { kind: "stall", at: 0 }, { kind: "stall", at: 200 }];

  it.each(PROVIDERS)("HTTP-05: %s: the deadline ends a stalled call, wherever it stalls", async (provider) => {
    for (const misbehave of stalls) {
      server.script({ answer: ANSWER, misbehave });
      const error = await failure(call(inputFor(provider, { timeoutMs: 40 })));
      expect(error).toMatchObject({ category: "timeout", reason: "timeout", kind: "transient" });
      expect(error.message).toContain("timed out after 0.04s");
    }
  });

  it.each(PROVIDERS)(
    "CALL-12: %s: a cancel ends a stalled call at once and closes the connection",
    async (provider) => {
      for (const misbehave of stalls) {
        server.script({ answer: ANSWER, misbehave });
        const token = new CancelToken();
        const run = failure(call(inputFor(provider), token));
        setTimeout(() => token.cancel("user"), 15);
        expect(await run).toMatchObject({ category: "cancelled", kind: "terminal" });
        await server.quiet();
        expect(token.listenerCount).toBe(0);
      }
    },
  );

  it("HTTP-05: a whole answer has a deadline of its own and keeps to the given one", async () => {
    server.script({ answer: ANSWER, misbehave: { kind: "stall", at: 20 } });
    expect(await failure(call(inputFor("openai", { stream: false, timeoutMs: 40 })))).toMatchObject({
      category: "timeout",
    });
  });

  it("an early return closes a connection that hangs", async () => {
    const length = bodyLength("anthropic", ANSWER);
    server.script({ answer: ANSWER, misbehave: { kind: "stall", at: Math.floor(length * 0.8) } });
    for await (const chunk of router.stream(inputFor("anthropic"))) if (chunk.type === "text-delta") break;
    await server.quiet();
  });

  it("an answer that is complete does not wait for a connection that lingers", async () => {
    for (const provider of PROVIDERS) {
      server.script({ answer: ANSWER, misbehave: { kind: "linger" } });
      const started = performance.now();
      expect((await call(inputFor(provider))).text).toBe(ANSWER.text);
      expect(performance.now() - started).toBeLessThan(4_000);
      await server.quiet();
    }
  });
});

describe("model calls as effects of a host", () => {
  it("a host answers `model.stream` with a router, failures included", async () => {
    const outer = createNodeHost({
      environment: { OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: KEY },
      modelStream: (input, signal, inner) => serveModelStream(createModelRouter(inner), input, signal),
    });
    const client = hostModelClient(outer, "openai");
    server.script({ answer: ANSWER }, { misbehave: { kind: "status", status: 429, headers: { "retry-after": "1" } } });
    const input = inputFor("openai");
    expect((await foldModelStream(input, client.stream(input))).text).toBe(ANSWER.text);
    expect(await failure(foldModelStream(input, client.stream(input)))).toMatchObject({
      category: "rate_limit",
      retryAfterMs: 1000,
      status: 429,
    });
    outer.close();
  });
});

async function* replay(chunks: readonly ModelChunk[]): AsyncGenerator<ModelChunk> {
  yield* chunks;
}
