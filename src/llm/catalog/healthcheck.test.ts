import { describe, expect, it } from "vitest";
import type { HttpRequest } from "../../base/index.ts";
import { countResources } from "../../testing/host-decorators.ts";
import { createVirtualHost, type ScriptedHttp } from "../../testing/virtual-host.ts";
import { decodeCatalogConfig } from "./catalog-config.ts";
import { createContextWindows, knownContextWindow } from "./context-window.ts";
import { checkHealth, type HealthcheckOptions } from "./healthcheck.ts";
import { createModelCatalog } from "./model-catalog.ts";

type Reply = ScriptedHttp | ((request: HttpRequest) => ScriptedHttp);

function setup(reply: Reply = {}, env: Record<string, string> = {}, layer: object = {}) {
  const host = createVirtualHost({ env, http: typeof reply === "function" ? reply : () => reply });
  const counted = countResources(host);
  const catalog = createModelCatalog(counted.host, [decodeCatalogConfig(layer)]);
  return {
    host,
    live: counted.live,
    check: (options?: HealthcheckOptions) => host.drive(checkHealth(counted.host, catalog, options)),
    windows: createContextWindows(counted.host, catalog),
  };
}

const json = (value: unknown, status = 200): ScriptedHttp => ({ status, body: JSON.stringify(value) });
const QUIET = { effects: 0, streams: 0, listeners: 0 };

describe("CONF-05: llm_healthcheck", () => {
  it("CONF-05: asks anthropic by default, with the configured key", async () => {
    const { check, host, live } = setup(json({}), { ANTHROPIC_API_KEY: "the-key-123" });
    expect(await check()).toEqual({
      provider: "anthropic",
      valid: true,
      message: "anthropic is reachable (HTTP 200)",
      metadata: {
        provider: "anthropic",
        reason: "ok",
        status: 200,
        url: "https://api.anthropic.com/v1/messages/count_tokens",
        method: "POST",
      },
    });
    expect(host.requests.http[0]).toMatchObject({
      connectTimeoutMs: 10_000,
      headers: { "x-api-key": "the-key-123", "anthropic-version": "2023-06-01", "content-type": "application/json" },
    });
    expect(live()).toEqual(QUIET);
  });

  it.each<[HealthcheckOptions, object]>([
    [{ provider: "nobody" }, { message: "Unknown provider: nobody", metadata: { reason: "unknown_provider" } }],
    [
      { provider: "bedrock" },
      { message: "No healthcheck configured for bedrock", metadata: { reason: "no_healthcheck" } },
    ],
    [
      { provider: "huggingface" },
      {
        message: "Missing credentials for huggingface: set HF_TOKEN, HUGGINGFACE_API_KEY or pass an api_key",
        metadata: { reason: "missing_credentials", auth_env: ["HF_TOKEN", "HUGGINGFACE_API_KEY"] },
      },
    ],
    [
      { provider: "ollama", warm: true },
      { status: "invalid_request", message: "Ollama warmup requires options.model" },
    ],
  ])("CONF-05: %j is answered without asking anybody", async (options, expected) => {
    const { check, host } = setup();
    expect(await check(options)).toMatchObject({ valid: false, ...expected });
    expect(host.requests.http).toEqual([]);
  });

  it("CONF-05: a bad status shows the body without the key that was tried", async () => {
    const { check } = setup({ status: 401, body: "bad key candidate-key" });
    expect(await check({ provider: "groq", apiKey: " candidate-key " })).toMatchObject({
      valid: false,
      message: "groq returned HTTP 401: bad key [redacted]",
      metadata: { reason: "http_status", status: 401, body: "bad key [redacted]", method: "GET" },
    });
  });

  it("CONF-05: no answer, and one that takes too long", async () => {
    expect(await setup({ fail: "connection_refused" }).check({ provider: "tgi" })).toMatchObject({
      valid: false,
      metadata: { reason: "request_failed", url: "http://localhost:8080/health" },
    });
    const slow = setup({ headAfterMs: 60_000 });
    expect(await slow.check({ provider: "local" })).toMatchObject({
      valid: false,
      message: "local healthcheck failed: No answer within 5s",
    });
    expect(slow.host.clock.elapsedMs).toBe(5_000);
    expect(slow.live()).toEqual(QUIET);
  });

  it.each<[string, ScriptedHttp, object]>([
    [
      "ok",
      json({ data: [{ id: "qwen3-30b" }] }),
      { valid: true, message: "vllm is reachable and serves model 'qwen3' at http://localhost:8000/v1/models" },
    ],
    [
      "model_missing",
      json({ models: [{ name: "other" }] }),
      { valid: false, metadata: { available_models: ["other"] } },
    ],
    ["invalid_response", { body: "<html>" }, { valid: false }],
    [
      "bad_status",
      { status: 500, body: "boom" },
      { valid: false, message: "vllm returned HTTP 500 at http://localhost:8000/v1/models: boom" },
    ],
    ["unreachable", { fail: "dns" }, { valid: false, metadata: { status: null } }],
  ])("CONF-05: with a model it is verified that it is served: %s", async (category, reply, expected) => {
    const answer = await setup(reply).check({ provider: "vllm", model: "qwen3" });
    expect(answer).toMatchObject(expected);
    expect(answer.metadata).toMatchObject({ category, model: "qwen3", provider: "vllm" });
  });

  it("CONF-05: the environment may name the model, aliases are resolved", async () => {
    const { check } = setup(json({ data: [{ id: "gpt-4o-mini" }] }), {
      OPENAI_API_KEY: "k-123456",
      LOCAL_LLM_MODEL: "mine",
    });
    expect(await check({ provider: "openai", model: "mid" })).toMatchObject({
      valid: true,
      metadata: { model: "gpt-4o-mini" },
    });
    expect(await check({ provider: "local" })).toMatchObject({ valid: false, metadata: { model: "mine" } });
  });

  it("CONF-05: Ollama has the model, lacks it, loads it", async () => {
    const tags = json({ models: [{ name: "llama3.2:latest" }] });
    const { check, host } = setup((request) => (request.url.endsWith("/api/tags") ? tags : json({})));
    expect(await check({ provider: "ollama", model: "llama3.2" })).toMatchObject({
      valid: true,
      status: "ok",
      metadata: { matched_model: "llama3.2:latest", base_url: "http://localhost:11434" },
    });
    expect(await check({ provider: "ollama", model: "gone" })).toMatchObject({ valid: false, status: "model_missing" });
    expect(
      await check({ provider: "ollama", model: "llama3.2", warm: true, baseUrl: "box:1", keepAlive: "1h" }),
    ).toMatchObject({
      valid: true,
      message: "Ollama has loaded model 'llama3.2:latest'",
      metadata: { keep_alive: "1h" },
    });
    expect(host.requests.http.at(-1)).toMatchObject({
      url: "http://box:1/api/generate",
      body: '{"model":"llama3.2:latest","prompt":"","stream":false,"keep_alive":"1h"}',
    });
  });

  it("CONF-05: Ollama is away, refuses, or fails to load", async () => {
    expect(await setup({ fail: "connection_refused" }).check({ provider: "ollama", model: "m" })).toMatchObject({
      status: "unreachable",
    });
    expect(await setup({ status: 500, body: "x" }).check({ provider: "ollama", model: "m" })).toMatchObject({
      status: "bad_status",
    });
    const warm = setup((request) =>
      request.url.endsWith("/api/tags") ? json({ models: [{ name: "m" }] }) : { status: 500, body: "no memory" },
    );
    expect(await warm.check({ provider: "ollama", model: "m", warm: true })).toMatchObject({
      valid: false,
      status: "warmup_failed",
      message: "Ollama warmup returned HTTP 500: no memory",
    });
  });
});

describe("CONF-08: context windows", () => {
  it.each([
    ["claude-opus-4-7", 200_000],
    ["anthropic/claude-sonnet-4", 200_000],
    ["gpt-4o-mini", 128_000],
    ["gpt-4.1", 1_047_576],
    ["gpt-4-turbo-2024", 128_000],
    ["gpt-4", 8_192],
    ["gpt-3.5-turbo", 16_385],
    ["o3-mini", 200_000],
    ["models/gemini-2.5-pro", 1_000_000],
    ["gemini-1.0", 128_000],
    ["llama3.2", undefined],
  ])("CONF-08: the family of %s: %s", (model, tokens) => {
    expect(knownContextWindow(model)).toBe(tokens);
  });

  it("CONF-08: the catalogue comes first, nobody is asked for what is known", async () => {
    const layer = { models: { "claude-x": { name: "X", provider: "p", context_window: 7 } } };
    const { windows, host } = setup({}, {}, layer);
    expect(await windows.lookup("anthropic", "claude-x")).toBe(7);
    expect(await windows.lookup("anthropic", "claude-y")).toBe(200_000);
    expect(await windows.lookup("nobody", "mystery")).toBeUndefined();
    expect(await windows.lookup("anthropic", "mystery")).toBeUndefined();
    expect(host.requests.http).toEqual([]);
  });

  it.each([
    [{ id: "m", max_model_len: 1 }, 1],
    [{ id: "m", context_length: 2 }, 2],
    [{ id: "m", max_context_length: 3 }, 3],
    [{ id: "m", n_ctx: 4 }, 4],
    [{ id: "m", top_provider: { context_length: 5 } }, 5],
    [{ id: "m", context_length: "many" }, undefined],
    [{ id: "other", context_length: 2 }, undefined],
  ])("CONF-08: a model list with %j says %s", async (entry, tokens) => {
    expect(await setup(json({ data: [entry] })).windows.lookup("vllm", "m")).toBe(tokens);
  });

  it("CONF-08: Ollama shows its models", async () => {
    const { windows, host } = setup(json({ model_info: { "llama.context_length": 8192 } }));
    expect(await windows.lookup("ollama", "m")).toBe(8192);
    expect(host.requests.http[0]).toMatchObject({ url: "http://localhost:11434/api/show", body: '{"name":"m"}' });
  });

  it("CONF-08: a server is asked once, failure means unknown", async () => {
    const { windows, host } = setup({ fail: "connection_refused" });
    expect(await Promise.all([windows.lookup("local", "m"), windows.lookup("local", "m")])).toEqual([
      undefined,
      undefined,
    ]);
    expect(await windows.lookup("local", "m")).toBeUndefined();
    expect(host.requests.http).toHaveLength(1);
    expect(await windows.lookup("local", "n")).toBeUndefined();
    expect(host.requests.http).toHaveLength(2);
  });
});
