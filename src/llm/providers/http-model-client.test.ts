import { describe, expect, it } from "vitest";
import { CancelToken } from "../../base/index.ts";
import { countResources } from "../../testing/host-decorators.ts";
import { createVirtualHost, type ScriptedHttp, type VirtualHost } from "../../testing/virtual-host.ts";
import { decodeCatalogConfig } from "../catalog/catalog-config.ts";
import { createModelCatalog } from "../catalog/model-catalog.ts";
import type { ModelChunk, ModelInput } from "../spec/model.ts";
import { ModelError } from "../spec/model-error.ts";
import { foldModelStream, type ModelResult } from "../spec/model-result.ts";
import { joinUrl, ollamaUrl } from "./endpoint.ts";
import { hostModelClient, serveModelStream } from "./host-model-client.ts";
import { STREAMING_HTTP, UTILITY_HTTP, WHOLE_HTTP } from "./http-timing.ts";
import { createModelRouter, createProviderClients } from "./model-router.ts";
import { apiStyleOf } from "./wire-formats.ts";

const ENV = { OPENAI_API_KEY: "key-123456", ANTHROPIC_API_KEY: "key-123456", GEMINI_API_KEY: "key-123456" };

const chat = (fields: object): string => `data: ${JSON.stringify({ id: "c", model: "m", choices: [], ...fields })}\n\n`;
const delta = (content: string, finish_reason: string | null = null): string =>
  chat({ choices: [{ delta: { content }, finish_reason }] });
const DONE = "data: [DONE]\n\n";

interface Setup {
  readonly host: VirtualHost;
  readonly live: () => object;
  call(fields?: Partial<ModelInput>, signal?: CancelToken): Promise<ModelResult>;
  stream(fields?: Partial<ModelInput>, signal?: CancelToken): AsyncIterable<ModelChunk>;
}

function setup(
  reply: ScriptedHttp | ((count: number) => ScriptedHttp),
  env: Record<string, string> = ENV,
  config?: object,
): Setup {
  let count = 0;
  const host = createVirtualHost({ env, http: () => (typeof reply === "function" ? reply(count++) : reply) });
  const counted = countResources(host);
  const catalog = createModelCatalog(counted.host, config ? [decodeCatalogConfig(config)] : []);
  const router = createModelRouter(counted.host, { catalog });
  const inputOf = (fields: Partial<ModelInput> = {}): ModelInput => ({
    provider: "openai",
    model: "gpt-4o",
    messages: [{ role: "user", content: "hi" }],
    ...fields,
  });
  return {
    host,
    live: counted.live,
    call: (fields, signal) => host.drive(foldModelStream(inputOf(fields), router.stream(inputOf(fields), signal))),
    stream: (fields, signal) => router.stream(inputOf(fields), signal),
  };
}

const sse = (...body: NonNullable<ScriptedHttp["body"]>[number][]): ScriptedHttp => ({
  headers: { "content-type": "text/event-stream" },
  body: body as never,
});
const item = (text: string) => ({ item: text });
const QUIET = { effects: 0, streams: 0, listeners: 0 };

describe("HTTP-01 … HTTP-04: how long we wait", () => {
  it("HTTP-01, HTTP-02, HTTP-03: the figures", () => {
    expect(STREAMING_HTTP).toEqual({ connectTimeoutMs: 30_000, keepAlive: 4 });
    expect(WHOLE_HTTP).toEqual({ connectTimeoutMs: 30_000, totalTimeoutMs: 120_000, keepAlive: 4 });
    expect(UTILITY_HTTP).toEqual({ connectTimeoutMs: 10_000, totalTimeoutMs: 15_000, keepAlive: 2 });
  });

  it("HTTP-01: a streamed call has no deadline of its own, and tells the host how to connect", async () => {
    const { call, host, live } = setup(sse({ waitMs: 3_600_000 }, item(delta("late", "stop")), item(DONE)));
    expect((await call()).text).toBe("late");
    expect(host.requests.http[0]).toMatchObject({ connectTimeoutMs: 30_000, keepAlive: 4 });
    expect(host.requests.http[0]).not.toHaveProperty("timeoutMs");
    expect(live()).toEqual(QUIET);
  });

  it("HTTP-02: a whole answer has 120 seconds", async () => {
    const { call, host, live } = setup({ headAfterMs: 119_999, body: "{}", fail: "timeout" });
    await expect(call({ stream: false })).rejects.toMatchObject({ category: "timeout" });
    expect(host.clock.elapsedMs).toBeLessThan(120_000);

    const late = setup({ headAfterMs: 300_000, body: "{}" });
    await expect(late.call({ stream: false })).rejects.toThrow("openai request timed out after 120s");
    expect(late.host.clock.elapsedMs).toBe(120_000);
    expect(live()).toEqual(QUIET);
    expect(late.live()).toEqual(QUIET);
  });

  it("HTTP-05: the caller's deadline holds for streams too, with what had arrived", async () => {
    const { call, live } = setup(sse(item(delta("half")), { stall: true }));
    await expect(call({ timeoutMs: 5_000 })).rejects.toMatchObject({ category: "timeout", partialText: "half" });
    expect(live()).toEqual(QUIET);
  });

  it("HTTP-04: a provider's client is made once, when it is asked for", () => {
    const clientOf = createProviderClients(createVirtualHost());
    expect(clientOf("openai")).toBe(clientOf("openai"));
    expect(clientOf("openai")).not.toBe(clientOf("groq"));
  });
});

describe("HTTP-08: environments", () => {
  it("HTTP-08: each host has its own, so no test holds a lock and two calls at once do not mix keys", async () => {
    const ok = sse(item(delta("a", "stop") + DONE));
    const setups = ["first-key", "second-key"].map((key) => setup(ok, { OPENAI_API_KEY: key }));
    await Promise.all(setups.map(({ call }) => call()));
    const sent = setups.map(({ host }) => host.requests.http[0]?.headers["authorization"]);
    expect(sent).toEqual(["Bearer first-key", "Bearer second-key"]);
  });
});

describe("the end of an answer", () => {
  it("the usage may come after the finish reason; a server that never sends it is not waited for", async () => {
    const { call, host, live } = setup(sse(item(delta("a", "stop")), { stall: true }));
    expect(await call()).toMatchObject({ text: "a", stopReason: "end_turn" });
    expect(host.clock.elapsedMs).toBe(2_000);
    expect(live()).toEqual(QUIET);
  });

  it("a break after the finish reason is an end, one before is truncated", async () => {
    const after = setup(sse(item(delta("a", "stop")), { fail: "connection_reset" }));
    expect((await after.call()).text).toBe("a");
    const before = setup(sse(item(delta("a")), { fail: "connection_reset" }));
    await expect(before.call()).rejects.toMatchObject({ reason: "truncated", partialText: "a" });
    expect(after.live()).toEqual(QUIET);
    expect(before.live()).toEqual(QUIET);
  });

  it("a connection that lingers after the end is let go", async () => {
    const { call, host, live } = setup(sse(item(delta("a", "stop") + DONE), { stall: true }));
    expect((await call()).text).toBe("a");
    expect(host.clock.elapsedMs).toBe(250);
    expect(live()).toEqual(QUIET);
  });

  it("half an event at the end is a cut, not garbage", async () => {
    const { call } = setup(sse(item(delta("a")), item('data: {"id":"c","choi')));
    await expect(call()).rejects.toMatchObject({ reason: "truncated", partialText: "a" });
  });

  it("an event that lacks its empty line still counts", async () => {
    const { call } = setup(sse(item(delta("a", "stop")), item("data: [DONE]")));
    expect((await call()).stopReason).toBe("end_turn");
  });
});

describe("HTTP-06: failures", () => {
  it("HTTP-06: an error page that stalls is not waited for", async () => {
    const { call, host, live } = setup({ status: 503, body: [{ item: "over" }, { stall: true }] });
    await expect(call()).rejects.toMatchObject({ category: "overloaded", status: 503, body: "over" });
    expect(host.clock.elapsedMs).toBe(10_000);
    expect(live()).toEqual(QUIET);
  });

  it("HTTP-06: an error page without end is cut", async () => {
    const endless = {
      [Symbol.iterator]: function* () {
        for (;;) yield { item: "x".repeat(65_536) };
      },
    };
    const { call, live } = setup({ status: 500, body: endless as never });
    const error = await call().catch((thrown: ModelError) => thrown);
    expect((error as ModelError).body).toHaveLength(1_048_576);
    expect(live()).toEqual(QUIET);
  });

  it.each(["connection_refused", "dns", "connection_reset"] as const)("HTTP-06: %s before the head", async (kind) => {
    const { call, live } = setup({ fail: kind });
    await expect(call()).rejects.toMatchObject({
      category: "transient_network",
      kind: "transient",
      reason: "network_error",
    });
    expect(live()).toEqual(QUIET);
  });

  it("CALL-12: a cancel between two chunks and one while waiting, both at once", async () => {
    for (const steps of [[item(delta("a")), { stall: true } as const], [{ stall: true } as const]]) {
      const { host, stream, live } = setup(sse(...steps));
      const token = new CancelToken();
      const run = foldModelStream({ provider: "openai", model: "gpt-4o" }, stream({}, token));
      run.catch(() => {});
      await host.settle();
      token.cancel("user");
      await expect(run).rejects.toMatchObject({ category: "cancelled" });
      expect(live()).toEqual(QUIET);
      expect(token.listenerCount).toBe(0);
    }
  });

  it("a call does nothing until it is iterated, and each iteration is a call", async () => {
    const { host, stream } = setup(sse(item(delta("a", "stop") + DONE)));
    const call = stream();
    expect(host.requests.http).toHaveLength(0);
    for await (const _ of call);
    for await (const _ of call);
    expect(host.requests.http).toHaveLength(2);
  });
});

describe("heartbeats and warnings", () => {
  it("bytes without content are heartbeats, what was left out of a request is a warning in front", async () => {
    const { host, stream } = setup(sse(item(": ping\n\n"), item(delta("a", "stop") + DONE)));
    const kinds: string[] = [];
    await host.drive(
      (async () => {
        for await (const chunk of stream({ sampling: { topK: 3 } })) kinds.push(chunk.type);
      })(),
    );
    expect(kinds).toEqual(["warning", "heartbeat", "response-start", "text-delta", "done"]);
  });
});

describe("CONF-07: endpoints and keys", () => {
  const ok = sse(item(delta("a", "stop") + DONE));

  it("CONF-07: a missing key is named", async () => {
    const { call, host } = setup(ok, {});
    await expect(call()).rejects.toMatchObject({
      category: "auth",
      kind: "terminal",
      message:
        "Missing API key: set OPENAI_API_KEY environment variable (provider 'openai'; set HARN_LLM_PROVIDER=mock for offline use)",
    });
    await expect(call({ provider: "gemini" })).rejects.toThrow(
      "Missing API key: set one of GEMINI_API_KEY, GOOGLE_API_KEY environment variables",
    );
    expect(host.requests.http).toHaveLength(0);
  });

  it("PROV-05: names nobody registered are spoken to by the style of their endpoint", async () => {
    const config = {
      providers: {
        claude_proxy: { base_url: "https://proxy.test", chat_endpoint: "/v1/messages", auth_style: "none" },
        mine: { base_url: "https://mine.test/v1", chat_endpoint: "/chat/completions", auth_env: "MINE_KEY" },
      },
    };
    const { call, host } = setup(
      ok,
      { ...ENV, MINE_KEY: "my-secret", ACME_AI_BASE_URL: "http://acme.test/v1", ACME_AI_API_KEY: "k" },
      config,
    );
    await call({ provider: "mine" });
    await call({ provider: "acme-ai" });
    await expect(call({ provider: "claude_proxy" })).rejects.toBeInstanceOf(ModelError);
    expect(host.requests.http.map(({ url }) => url)).toEqual([
      "https://mine.test/v1/chat/completions",
      "http://acme.test/v1/chat/completions",
      "https://proxy.test/v1/messages",
    ]);
    expect(host.requests.http.map(({ headers }) => headers["authorization"])).toEqual([
      "Bearer my-secret",
      "Bearer k",
      undefined,
    ]);
    await expect(call({ provider: "nowhere" })).rejects.toThrow(
      "Unknown provider `nowhere`: add it to the provider configuration, or set NOWHERE_BASE_URL",
    );
  });

  it("PROV-05: styles by endpoint", () => {
    expect(apiStyleOf("x", { chatEndpoint: "/messages" })).toBe("anthropic");
    expect(apiStyleOf("x", { chatEndpoint: "/api/chat" })).toBe("ollama");
    expect(apiStyleOf("ollama", { chatEndpoint: "/v1/chat/completions" })).toBe("openai-chat");
    expect(apiStyleOf("x", { chatEndpoint: "/v1/responses" })).toBe("openai-responses");
    expect(apiStyleOf("x", { chatEndpoint: "" })).toBe("openai-chat");
    expect(apiStyleOf("anthropic", undefined)).toBe("anthropic");
  });

  it("CONF-07: Azure goes by deployment and version, with either kind of key", async () => {
    const azure = { AZURE_OPENAI_ENDPOINT: "https://r.openai.azure.com/", AZURE_OPENAI_API_KEY: "azure-key" };
    const { call, host } = setup(ok, azure);
    await call({ provider: "azure_openai", model: "my deployment" });
    expect(host.requests.http[0]).toMatchObject({
      url: "https://r.openai.azure.com/openai/deployments/my%20deployment/chat/completions?api-version=2024-10-21",
      headers: { "api-key": "azure-key" },
    });
    const token = setup(ok, {
      ...azure,
      AZURE_OPENAI_API_KEY: "",
      AZURE_OPENAI_AD_TOKEN: "ad-token",
      AZURE_OPENAI_DEPLOYMENT: "d",
    });
    await token.call({ provider: "azure_openai" });
    expect(token.host.requests.http[0]?.url).toContain("/deployments/d/");
    expect(token.host.requests.http[0]?.headers).toMatchObject({ authorization: "Bearer ad-token" });
    await expect(setup(ok, {}).call({ provider: "azure_openai" })).rejects.toThrow("set AZURE_OPENAI_ENDPOINT");
  });

  it("CONF-07: Vertex goes by project and location", async () => {
    const { call, host } = setup(
      sse(item('data: {"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}\n\n')),
      { VERTEX_AI_PROJECT: "p", VERTEX_AI_ACCESS_TOKEN: "ya29.token" },
    );
    expect((await call({ provider: "vertex", model: "gemini-2.5-pro" })).text).toBe("a");
    expect(host.requests.http[0]).toMatchObject({
      url: "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
      headers: { authorization: "Bearer ya29.token" },
    });
    await expect(setup(ok, {}).call({ provider: "vertex" })).rejects.toThrow("set VERTEX_AI_PROJECT");
    await expect(setup(ok, { VERTEX_AI_PROJECT: "p" }).call({ provider: "vertex" })).rejects.toThrow(
      "VERTEX_AI_ACCESS_TOKEN",
    );
  });

  it("CONF-07: Bedrock wants a region and keys, from the environment or a profile", async () => {
    await expect(setup(ok, {}).call({ provider: "bedrock" })).rejects.toThrow("set AWS_REGION");
    await expect(setup(ok, { AWS_REGION: "r" }).call({ provider: "bedrock" })).rejects.toThrow(
      "AWS credentials not found",
    );
    const host = createVirtualHost({
      env: { AWS_REGION: "eu-west-1", AWS_PROFILE: "work" },
      files: {
        "/home/harn/.aws/credentials":
          "[default]\naws_access_key_id = no\n[work]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\naws_session_token = tok\n",
      },
      http: () => ({
        headers: { "content-type": "application/json" },
        body: '{"output":{"message":{"content":[{"text":"a"}]}},"stopReason":"end_turn"}',
      }),
    });
    const input: ModelInput = { provider: "bedrock", model: "meta.llama3:0", messages: [] };
    expect((await host.drive(foldModelStream(input, createModelRouter(host).stream(input)))).text).toBe("a");
    expect(host.requests.http[0]?.url).toBe(
      "https://bedrock-runtime.eu-west-1.amazonaws.com/model/meta.llama3%3A0/converse-stream",
    );
    await host.drive(foldModelStream(input, createModelRouter(host).stream({ ...input, stream: false })));
    expect(host.requests.http[1]?.url).toMatch(/\/converse$/);
    expect(host.requests.http[0]?.headers).toMatchObject({
      "x-amz-date": "20260101T000000Z",
      "x-amz-security-token": "tok",
      authorization: expect.stringContaining("Credential=AKIDEXAMPLE/20260101/eu-west-1/bedrock/aws4_request"),
    });
  });

  it.each([
    ["https://h/v1", "/chat/completions", "https://h/v1/chat/completions"],
    ["https://h/v1/", "/v1/chat/completions", "https://h/v1/chat/completions"],
    ["https://h", "v1/x", "https://h/v1/x"],
    ["https://h/api/v2", "/v1/x", "https://h/api/v2/v1/x"],
    ["https://h/", "", "https://h"],
  ])("joins %s and %s", (base, path, url) => {
    expect(joinUrl(base, path)).toBe(url);
  });

  it.each([
    ["http://localhost:11434", "http://localhost:11434"],
    ["0.0.0.0", "http://127.0.0.1:11434"],
    ["box:1234", "http://box:1234"],
    [":1234", "http://127.0.0.1:1234"],
  ])("reads the address %s as Ollama does", (base, url) => {
    expect(ollamaUrl(base)).toBe(url);
  });
});

describe("model calls as effects", () => {
  const input: ModelInput = { provider: "openai", model: "m", messages: [{ role: "user", content: "hi" }] };

  it("chunks pass as they are, a failure passes as data and is thrown again", async () => {
    const error = {
      message: "slow",
      category: "rate_limit",
      kind: "transient",
      reason: "rate_limit",
      provider: "p",
      model: "m",
      retryAfterMs: 5,
    };
    const host = createVirtualHost({
      model: (_, call) =>
        call === 0
          ? [
              { item: { type: "text-delta", messageId: "m", delta: "a" } },
              { item: { type: "done", stopReason: "end_turn" } },
            ]
          : [{ item: { type: "text-delta", messageId: "m", delta: "a" } }, { item: { type: "error", error } }],
    });
    const client = hostModelClient(host, "openai");
    expect((await foldModelStream(input, client.stream(input))).text).toBe("a");
    await expect(foldModelStream(input, client.stream(input))).rejects.toMatchObject(error);
    expect(host.requests.model[0]).toEqual(input);
  });

  it("what a host throws, and what is no chunk, becomes a model error", async () => {
    const host = createVirtualHost({
      model: (_, call) =>
        call === 0 ? [{ fail: "unsupported", message: "no models here" }] : [{ item: { type: "confetti" } }],
    });
    const client = hostModelClient(host, "openai");
    await expect(foldModelStream(input, client.stream(input))).rejects.toMatchObject({
      name: "ModelError",
      message: "openai API error: no models here",
    });
    await expect(foldModelStream(input, client.stream(input))).rejects.toMatchObject({ name: "ModelError" });
  });

  it("a cancel is a cancelled model error", async () => {
    const host = createVirtualHost({ model: () => [{ stall: true }] });
    const token = new CancelToken();
    const run = foldModelStream(input, hostModelClient(host, "openai").stream(input, token));
    run.catch(() => {});
    await host.settle();
    token.cancel("user");
    await expect(run).rejects.toMatchObject({ category: "cancelled" });
  });

  it("a host refuses an input that is none", async () => {
    const client = createModelRouter(createVirtualHost());
    const items: unknown[] = [];
    for await (const one of serveModelStream(client, { provider: "openai" })) items.push(one);
    expect(items).toMatchObject([
      { type: "error", error: { message: expect.stringContaining("Expected `input.model`") } },
    ]);
  });
});
