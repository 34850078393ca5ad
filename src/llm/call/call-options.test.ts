import { describe, expect, test } from "vitest";
import { askedKeys } from "../../../test/support/recorded-options.ts";
import type { HarnError } from "../../base/index.ts";
import { createVirtualHost, type VirtualHostOptions } from "../../testing/index.ts";
import type { ModelClient } from "../spec/model.ts";
import { CALL_OPTION_NAMES, type CallOptions, readCallOptions } from "./call-options.ts";
import { type CatalogView, type ModelCapabilities, openCatalog } from "./catalog-view.ts";
import { createLlmContext, type LlmContextParts } from "./llm-context.ts";

const silent: ModelClient = { provider: "acme", async *stream() {} };

/** A small world: three providers, of which `keyless` has no credential. */
function catalog(capabilities: ModelCapabilities = {}, over: Partial<CatalogView> = {}): CatalogView {
  const known = ["acme", "openai", "anthropic", "ollama", "local", "keyless", "mock"];
  return {
    ...openCatalog("acme"),
    hasProvider: (name) => known.includes(name),
    keyProblem: (name) => (name === "keyless" ? "Missing API key: set KEYLESS_KEY" : undefined),
    resolveModel: (name) => (name === "big" ? { model: "acme-large", provider: "acme" } : { model: name }),
    inferProvider: (model) =>
      model.startsWith("gpt-") ? { provider: "openai", guessed: false } : { provider: "acme", guessed: true },
    tierModels: (tier) =>
      tier === "small"
        ? [
            { model: "tiny-k", provider: "keyless" },
            { model: "tiny-o", provider: "openai" },
          ]
        : [],
    modelDefaults: (model) => (model === "drifty" ? { presence_penalty: 1.5, top_k: 20 } : {}),
    capabilities: () => capabilities,
    toolFormat: () => "text",
    ...over,
  };
}

interface World extends Partial<Omit<LlmContextParts, "env">> {
  readonly env?: VirtualHostOptions["env"];
  readonly capabilities?: ModelCapabilities;
}

function world(parts: World = {}) {
  const { env, capabilities, ...rest } = parts;
  const host = createVirtualHost(env === undefined ? {} : { env });
  const context = createLlmContext({
    host,
    clients: { provider: () => silent },
    catalog: catalog(capabilities),
    ...rest,
  });
  const read = (options: unknown = {}, prompt: unknown = "hi", system?: unknown): CallOptions =>
    readCallOptions(context, prompt, system, options);
  return { host, context, read, warnings: () => host.logs.filter((entry) => entry.level === "warn") };
}

const { read } = world();
const everything: ModelCapabilities = openCatalog("acme").capabilities("acme", "m");

describe("names of options", () => {
  test("OPT-01 … OPT-34 the list is what is read; an option that was removed is not in it", async () => {
    const configurations = [
      { provider: "openai" },
      { provider: "openai", thinking: { mode: "enabled" } },
      { provider: "openai", output_format: { kind: "json_object" } },
      { provider: "openai", model_tier: "small" },
      { provider: "openai", tools: [], tool_choice: "auto", tool_search: true, budget: {}, stop: ["x"] },
    ];
    const observer = { callStart: () => {}, callProgress: () => {}, callEnd: () => {} };
    const { read } = world({ capabilities: everything, observer });
    const asked = await askedKeys(configurations, (options) => read(options));
    expect(asked.filter((name) => name !== "openai" && name !== "transcript")).toEqual(CALL_OPTION_NAMES.toSorted());
  });
});

describe("provider and model", () => {
  test.each([
    ["the explicit name wins", {}, { provider: "openai", model: "x" }, "openai", "x"],
    ["auto infers from the model", {}, { provider: "AUTO", model: "gpt-9" }, "openai", "gpt-9"],
    ["HARN_LLM_PROVIDER", { HARN_LLM_PROVIDER: "anthropic" }, { model: "gpt-9" }, "anthropic", "gpt-9"],
    [
      "a local endpoint with some model",
      { LOCAL_LLM_BASE_URL: "http://l", LOCAL_LLM_MODEL: "qwen" },
      {},
      "local",
      "qwen",
    ],
    ["a local endpoint without any model", { LOCAL_LLM_BASE_URL: "http://l" }, {}, "acme", "claude-sonnet-4-20250514"],
    ["inference from the model", {}, { model: "gpt-9" }, "openai", "gpt-9"],
    ["an alias names its provider", {}, { model: "big" }, "acme", "acme-large"],
    ["a tier, of a provider that can be called", {}, { model_tier: "small" }, "openai", "tiny-o"],
    ["HARN_LLM_MODEL", { HARN_LLM_MODEL: "gpt-8" }, {}, "openai", "gpt-8"],
    ["the configured default", {}, {}, "acme", "claude-sonnet-4-20250514"],
    ["the default model of openai", {}, { provider: "openai" }, "openai", "gpt-4o"],
    ["the default model of ollama", {}, { provider: "ollama" }, "ollama", "llama3.2"],
  ])("OPT-01 OPT-02 %s", (_name, env, options, provider, model) => {
    expect(world({ env }).read(options)).toMatchObject({ provider, model });
  });

  test("OPT-01 the default is passed over when it has no key", () => {
    const poor = catalog({}, { defaultProvider: "keyless" });
    expect(world({ catalog: poor }).read({}).provider).toBe("ollama");
  });

  test("a guess is told", () => {
    const { read: readHere, warnings } = world();
    readHere({ model: "mystery" });
    expect(warnings()[0]?.message).toContain("no provider can be told from model `mystery`");
  });

  test("CALL-13 the model of the active step is the default for calls that name none", () => {
    const inStep = world({ defaults: { model: "gpt-step" } });
    expect(inStep.read({})).toMatchObject({ provider: "openai", model: "gpt-step" });
    expect(inStep.read({ model: "gpt-mine" }).model).toBe("gpt-mine");
    expect(inStep.read({ model_tier: "small" }).model).toBe("tiny-o");
  });

  test("CONF-07 a missing key is told when options are read", () => {
    expect(() => read({ provider: "keyless" })).toThrow("Missing API key: set KEYLESS_KEY");
  });
});

describe("types: found and expected are named", () => {
  test.each([
    ["max_tokens", "lots", 'Expected `max_tokens` to be a positive int, found "lots" (string)'],
    ["max_tokens", 1.5, "Expected `max_tokens` to be a positive int, found 1.5 (float)"],
    ["max_tokens", 0, "Expected `max_tokens` to be a positive int, found 0 (int)"],
    ["temperature", "hot", 'Expected `temperature` to be a number, found "hot" (string)'],
    ["seed", 1.5, "Expected `seed` to be an int, found 1.5 (float)"],
    ["stream", "no", 'Expected `stream` to be a bool, found "no" (string)'],
    ["provider", 7, "Expected `provider` to be a string, found 7 (int)"],
    ["timeout", -1, "Expected `timeout` to be a positive int, found -1 (int)"],
    ["tool_format", "xml", 'Expected `tool_format` to be "native" | "text", found "xml" (string)'],
    ["fallback_chain", 3, "Expected `fallback_chain` to be a list of names or a comma-separated string, found 3 (int)"],
    ["messages", "x", "Expected `messages` to be a list, found x"],
  ])("%s: %j", (name, value, message) => {
    expect(() => read({ [name]: value })).toThrow(message);
  });

  test("nil counts as absent", () => {
    const names = ["max_tokens", "temperature", "provider", "stream", "tools", "thinking", "output_format", "budget"];
    expect(read(Object.fromEntries(names.map((name) => [name, null])))).toEqual(read({}));
  });

  test("CALL-02 errors have a permanent code and name the option", () => {
    try {
      read({ max_tokens: "x" });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "llm.option", data: { option: "max_tokens" } });
    }
  });

  test("options that are no dict", () => {
    expect(() => read("fast")).toThrow("Expected the options of the call to be a dict");
    expect(read(null)).toEqual(read({}));
  });
});

describe("values and defaults", () => {
  test("OPT-04 fallback_chain: trimmed, deduplicated, from a list or a string", () => {
    expect(read({ fallback_chain: " a, b ,a,, " }).fallbackChain).toEqual(["a", "b"]);
    expect(read({ fallback_chain: ["b", " a", "b"] }).fallbackChain).toEqual(["b", "a"]);
    expect(read({}).fallbackChain).toEqual([]);
  });

  test("OPT-06 max_tokens", () => {
    expect([read({}).maxTokens, read({ max_tokens: 7 }).maxTokens]).toEqual([16_384, 7]);
  });

  test("OPT-07 OPT-08 OPT-09 sampling, with the model's own defaults for what is open", () => {
    const options = {
      temperature: 0.2,
      top_p: 0.9,
      top_k: 5,
      frequency_penalty: 0.1,
      presence_penalty: 0.3,
      seed: 42,
      stop: ["END"],
      logprobs: true,
      top_logprobs: 3,
    };
    expect(read(options).sampling).toEqual({
      temperature: 0.2,
      topP: 0.9,
      topK: 5,
      frequencyPenalty: 0.1,
      presencePenalty: 0.3,
      seed: 42,
      stop: ["END"],
      logprobs: true,
      topLogprobs: 3,
    });
    expect(read({ model: "drifty", top_k: 1 }).sampling).toEqual({ presencePenalty: 1.5, topK: 1 });
    expect(read({ stop: [] }).sampling).toEqual({});
    expect(read({ stop: "END" }).sampling).toEqual({});
  });

  test("OPT-13 OPT-14 OPT-16 retries and validation", () => {
    expect(read({})).toMatchObject({ outputValidation: "off", schemaRetries: 1, llmRetries: 0, llmBackoffMs: 250 });
    const negative = { schema_retries: -2, llm_retries: -1, llm_backoff_ms: -5 };
    expect(read(negative)).toMatchObject({ schemaRetries: 0, llmRetries: 0, llmBackoffMs: 0 });
    const given = { output_validation: "warn", schema_retries: 4, llm_retries: 2, llm_backoff_ms: 9 };
    expect(read(given)).toMatchObject({ outputValidation: "warn", schemaRetries: 4, llmRetries: 2, llmBackoffMs: 9 });
  });

  test("OPT-17 tool_format: option, environment, model", () => {
    expect(read({}).toolFormat).toBe("text");
    const native = world({ env: { HARN_AGENT_TOOL_FORMAT: "native" } });
    expect(native.read({}).toolFormat).toBe("native");
    expect(native.read({ tool_format: "text" }).toolFormat).toBe("text");
  });

  test("OPT-18 user_visible counts only with a bridge", () => {
    expect(read({ user_visible: true }).userVisible).toBe(false);
    const observer = { callStart() {}, callProgress() {}, callEnd() {} };
    expect(world({ observer }).read({ user_visible: true }).userVisible).toBe(true);
  });

  test("OPT-26 stream: option, then HARN_LLM_STREAM", () => {
    expect(read({}).stream).toBe(true);
    expect(world({ env: { HARN_LLM_STREAM: "False" } }).read({}).stream).toBe(false);
    expect(world({ env: { HARN_LLM_STREAM: "0" } }).read({ stream: true }).stream).toBe(true);
  });

  test("OPT-27 deadlines: asked for, they limit the attempt; the default limits silence of a streamed answer", () => {
    expect(read({}).limits).toEqual({ idleMs: 120_000, streamIdleMs: 30_000 });
    expect(read({ stream: false }).limits).toEqual({ timeoutMs: 120_000, streamIdleMs: 30_000 });
    expect(read({ timeout: 7 }).limits).toEqual({ timeoutMs: 7000, streamIdleMs: 30_000, streamTimeoutMs: 7000 });
    expect(read({ idle_timeout: 9 }).limits).toEqual({ idleMs: 9000, streamIdleMs: 9000 });
    const env = { HARN_LLM_TIMEOUT: "60", HARN_LLM_IDLE_TIMEOUT: "15" };
    expect(world({ env }).read({}).limits).toEqual({ timeoutMs: 60_000, streamIdleMs: 15_000 });
    const odd = world({ env: { HARN_LLM_TIMEOUT: "soon" } });
    expect(odd.read({}).limits.idleMs).toBe(120_000);
    expect(odd.warnings()[0]?.message).toContain("`HARN_LLM_TIMEOUT`");
  });

  test("OPT-28 overrides by provider name; unknown options are left alone", () => {
    const options = { acme: { keep_alive: "1h" }, openai: { x: 1 }, invented: { y: 2 }, whatever: 3 };
    expect(read(options).providerOptions).toEqual({ acme: { keep_alive: "1h" }, openai: { x: 1 } });
  });

  test("OPT-29 budget", () => {
    expect(read({ budget: { max_cost_usd: 1 } }).budget).toEqual({ maxCostUsd: 1 });
    expect(() => read({ max_cost_usd: -1 })).toThrow("budget.max_cost_usd");
  });

  test("OPT-25 cache is off unless asked for", () => {
    expect(read({}).cache).toBe(false);
    expect(world({ capabilities: everything }).read({ cache: true }).cache).toBe(true);
  });

  test("OPT-31 structural_experiment: option, then environment", () => {
    expect(read({}).experiment).toBeUndefined();
    expect(read({ structural_experiment: "doubled_prompt" }).experiment?.name).toBe("doubled_prompt");
    const env = { HARN_STRUCTURAL_EXPERIMENT: "chain_of_draft" };
    expect(world({ env }).read({}).experiment?.name).toBe("chain_of_draft");
    expect(world({ env }).read({ structural_experiment: false }).experiment).toBeUndefined();
    expect(() => read({ structural_experiment: "nope" })).toThrow("unknown structural experiment `nope`");
  });

  test("OPT-30 prefill: empty counts as absent", () => {
    expect(read({ prefill: "" }).prefill).toBeUndefined();
    expect(read({ prefill: "Sure" }).prefill).toBe("Sure");
  });

  test("OPT-32 transcript was removed, and says where to go", () => {
    expect(() => read({ transcript: {} })).toThrow(/`transcript` option was removed.*agent_session_open.*session_id/);
    expect(() => read({ transcript: null })).toThrow("was removed");
  });

  test("CALL-10 messages win over the prompt; otherwise the prompt is one user message", () => {
    expect(read({}, "hello").messageList).toEqual([{ role: "user", content: "hello" }]);
    expect(read({}, { a: 1 }).messageList).toEqual([{ role: "user", content: '{"a":1}' }]);
    const messages = [{ role: "user", content: "x" }];
    expect(read({ messages }, "ignored").messageList).toBe(messages);
    expect(read({}, "p", "sys").system).toBe("sys");
    expect(read({}, "p", null).system).toBeUndefined();
  });
});

describe("output", () => {
  const schema = { type: "object", properties: { a: { type: "string" } } };

  test.each([
    ["nothing", {}, { kind: "text" }, false],
    ["none", { output_format: "none" }, { kind: "text" }, false],
    ["json", { output_format: "JSON" }, { kind: "json" }, true],
    ["json_object", { output_format: { kind: "json_object" } }, { kind: "json" }, true],
    [
      "a schema",
      { output_format: { kind: "json_schema", schema } },
      { kind: "json-schema", schema, strict: true },
      true,
    ],
    [
      "not strict",
      { output_format: { kind: "schema", schema, strict: false } },
      { kind: "json-schema", schema, strict: false },
      true,
    ],
    [
      "schema beside it",
      { output_format: "schema", json_schema: schema },
      { kind: "json-schema", schema, strict: true },
      true,
    ],
    ["response_format json", { response_format: "json" }, { kind: "json" }, true],
    ["json_schema alone", { json_schema: schema }, { kind: "json-schema", schema, strict: true }, true],
    ["schema alone", { schema }, { kind: "json-schema", schema, strict: true }, true],
    ["output_schema alone wants data in a text answer", { output_schema: schema }, { kind: "text" }, true],
  ])("OPT-10 OPT-11 OPT-12 OPT-34 %s", (_name, options, output, structured) => {
    expect(world({ capabilities: everything }).read(options)).toMatchObject({ output, structured });
  });

  test("OPT-34 the output schema is the first of output_schema, json_schema, schema, output_format", () => {
    const s = (title: string) => ({ type: "object", title });
    const all = {
      output_schema: s("1"),
      json_schema: s("2"),
      schema: s("3"),
      output_format: { kind: "json_schema", schema: s("4") },
    };
    const titles: unknown[] = [];
    const options: Record<string, unknown> = { ...all };
    for (const key of Object.keys(all)) {
      titles.push(world({ capabilities: everything }).read(options).outputSchema?.["title"]);
      delete options[key];
    }
    expect(titles).toEqual(["1", "2", "3", "4"]);
  });

  test.each([
    [{ output_format: "xml" }, 'output_format.kind: expected "text" | "json_object" | "json_schema", got "xml"'],
    [{ output_format: 4 }, "output_format: expected string or dict"],
    [{ output_format: "json_schema" }, 'kind "json_schema" requires a `schema` field'],
    [{ output_format: { kind: "json_schema", schema: 1 } }, "output_format.schema: expected a JSON Schema object"],
    [{ response_format: "yaml" }, 'response_format: expected "json", "json_object", or "text", got "yaml"'],
    [{ output_schema: [] }, "output_schema: expected a JSON Schema object"],
    [{ json_schema: "x" }, "json_schema: expected a JSON Schema object"],
  ])("OPT-10 OPT-11 %j is an error", (options, message) => {
    expect(() => world({ capabilities: everything }).read(options)).toThrow(message);
  });
});

describe("thinking", () => {
  const able = world({ capabilities: everything });

  test.each([
    [true, { mode: "enabled" }],
    [false, { mode: "disabled" }],
    ["on", { mode: "enabled" }],
    ["off", { mode: "disabled" }],
    ["adaptive", { mode: "adaptive" }],
    ["high", { mode: "effort", level: "high" }],
    [{ budget_tokens: 100 }, { mode: "enabled", budgetTokens: 100 }],
    [{ enabled: false }, { mode: "disabled" }],
    [
      { mode: "effort", level: "low" },
      { mode: "effort", level: "low" },
    ],
  ])("OPT-19 thinking %j", (thinking, expected) => {
    expect(able.read({ thinking }).thinking).toEqual(expected);
  });

  test("OPT-19 reasoning_effort", () => {
    expect(able.read({ reasoning_effort: "medium" }).thinking).toEqual({ mode: "effort", level: "medium" });
    expect(() => able.read({ reasoning_effort: "low", thinking: true })).toThrow("cannot be combined");
    expect(able.read({ reasoning_effort: "low", thinking: false }).thinking).toMatchObject({ level: "low" });
  });

  test.each([
    [{ thinking: "deep" }, "thinking: expected bool, dict, or one of"],
    [
      { thinking: { mode: "hard" } },
      'thinking.mode: expected "disabled" | "enabled" | "adaptive" | "effort", got "hard"',
    ],
    [{ thinking: { mode: "effort" } }, "thinking.level is required"],
    [{ thinking: { mode: "effort", level: "max" } }, 'thinking.level: expected "low" | "medium" | "high", got "max"'],
    [{ thinking: { budget_tokens: -1 } }, "thinking.budget_tokens: expected a non-negative int"],
    [{ reasoning_effort: "max" }, 'reasoning_effort: expected "low" | "medium" | "high", got "max"'],
    [{ reasoning_effort: 3 }, "got int"],
  ])("OPT-19 %j is an error", (options, message) => {
    expect(() => able.read(options)).toThrow(message);
  });

  test("OPT-20 beta features: without repetition, thinking brings interleaving where it exists", () => {
    const plain = world({ capabilities: { thinkingModes: ["enabled"] } });
    expect(plain.read({ anthropic_beta_features: "one" }).betaFeatures).toEqual(["one"]);
    expect(plain.read({ anthropic_beta_features: ["one", " two ", "one", ""] }).betaFeatures).toEqual(["one", "two"]);
    expect(plain.read({ thinking: true }).betaFeatures).toEqual([]);
    expect(able.read({ thinking: true }).betaFeatures).toEqual(["interleaved-thinking-2025-05-14"]);
    expect(able.read({ interleaved_thinking: true }).betaFeatures).toHaveLength(1);
    expect(() => plain.read({ anthropic_beta_features: "a b" })).toThrow("invalid beta feature name `a b`");
    expect(() => plain.read({ anthropic_beta_features: [1] })).toThrow("expected list<string>, got int");
    expect(() => plain.read({ anthropic_beta_features: 1 })).toThrow("expected string or list<string>, got int");
  });
});

describe("OPT-33 capability gates", () => {
  const image = { role: "user", content: [{ type: "image", base64: "AA==", media_type: "image/png" }] };
  const tool = { name: "t", description: "", parameters: {} };

  test.each([
    ["thinking", { thinking: true }],
    ["reasoning_effort", { reasoning_effort: "low" }],
    ["interleaved_thinking", { interleaved_thinking: true }],
    ["output_format", { response_format: "json" }],
    ["vision", { vision: true }],
    ["vision", { messages: [image] }],
    ["audio", { audio: true }],
    ["pdf", { pdf: true }],
    ["cache", { cache: true }],
    ["tools", { tools: [tool], tool_format: "native" }],
    ["tool_choice", { tool_choice: "auto" }],
  ])("%s", (option, options) => {
    expect(() => read({ model: "m1", ...options })).toThrow(
      `option \`${option}\` is not supported by \`m1\` (provider \`acme\`). See \`provider_capabilities("acme", "m1")\` for compatibility.`,
    );
    expect(() => read({ provider: "acne", model: "m1", ...options })).toThrow(
      "Unknown provider `acne`: add it to the provider configuration, or set ACNE_BASE_URL",
    );
    expect(() => world({ capabilities: everything }).read(options)).not.toThrow();
  });

  test("MOCK-14 gates and keys are skipped while mocks are active", () => {
    const mock = { intercepts: () => true, active: true, client: silent };
    const mocked = world({ clients: { provider: () => silent, mock } });
    expect(() => mocked.read({ thinking: true, vision: true, cache: true, provider: "keyless" })).not.toThrow();
  });

  test("OPT-33 settings that a provider ignores are warned of", () => {
    const { read: readHere, warnings } = world({ capabilities: everything });
    readHere({ provider: "anthropic", seed: 1, frequency_penalty: 0.1, top_k: 3 });
    readHere({ provider: "openai", top_k: 3, cache: true, seed: 1 });
    expect(warnings().map((entry) => entry.message)).toEqual([
      'llm: "seed" is not supported by provider "anthropic", ignoring',
      'llm: "frequency_penalty" is not supported by provider "anthropic", ignoring',
      'llm: "top_k" is not supported by provider "openai", ignoring',
      'llm: "cache" is not supported by provider "openai", ignoring',
    ]);
  });

  test("OPT-21 Ollama takes no image URLs", () => {
    const able = world({ capabilities: everything });
    const byUrl = { role: "user", content: [{ type: "image", url: "http://i", media_type: "image/png" }] };
    expect(() => able.read({ provider: "ollama", messages: [byUrl] })).toThrow("requires image base64");
    expect(() => able.read({ provider: "ollama", messages: [image] })).not.toThrow();
  });
});

describe("tools", () => {
  const able = (toolSearch: readonly string[] = []) => world({ capabilities: { ...everything, toolSearch } });
  const names = (options: CallOptions) => options.tools?.map((tool) => tool.name);

  test("OPT-22 registries and lists, in every habit of writing parameters", () => {
    const harn = {
      name: "a",
      description: "A",
      parameters: { path: { type: "string" }, n: { type: "int", required: false } },
    };
    const short = { name: "b", parameters: { q: "string" } };
    const json = { name: "c", parameters: { type: "object", properties: { x: { type: "list" } } } };
    const wrapped = { type: "function", function: { name: "d", description: "D", parameters: { type: "object" } } };
    const anthropic = { name: "e", input_schema: { type: "object" } };
    const { tools } = able().read({
      tools: { _type: "tool_registry", tools: [harn, short, json, wrapped, anthropic] },
    });
    expect(tools).toEqual([
      {
        name: "a",
        description: "A",
        inputSchema: {
          type: "object",
          properties: { path: { type: "string" }, n: { type: "integer" } },
          required: ["path"],
        },
      },
      {
        name: "b",
        description: "",
        inputSchema: { type: "object", properties: { q: { type: "string" } }, required: ["q"] },
      },
      { name: "c", description: "", inputSchema: { type: "object", properties: { x: { type: "array" } } } },
      { name: "d", description: "D", inputSchema: { type: "object" } },
      { name: "e", description: "", inputSchema: { type: "object" } },
    ]);
  });

  test.each([
    [{ tools: "t" }, "tools must be a tool_registry or a list"],
    [{ tools: ["t"] }, "tools must be declared as tool definition dicts"],
    [{ tools: [1] }, "tools must contain only tool definition dicts"],
    [{ tools: [{ description: "x" }] }, "every tool definition needs a `name`"],
  ])("OPT-22 %j is an error", (options, message) => {
    expect(() => able().read(options)).toThrow(message);
  });

  test.each([
    ["auto", "auto"],
    ["any", "required"],
    ["lookup", { tool: "lookup" }],
    [{ type: "any" }, "required"],
    [{ type: "tool", name: "x" }, { tool: "x" }],
    [{ type: "function", function: { name: "x" } }, { tool: "x" }],
  ])("OPT-23 tool_choice %j", (value, expected) => {
    expect(able().read({ tool_choice: value }).toolChoice).toEqual(expected);
  });

  test("OPT-23 a choice nobody understands", () => {
    expect(() => able().read({ tool_choice: 4 })).toThrow("tool_choice: expected");
  });

  const deferred = { name: "rare", description: "Does rare things. And more.", defer_loading: true };
  const eager = { name: "common" };

  test("OPT-24 client search: a search tool in front, deferred tools stay back", () => {
    const options = able().read({ tools: [deferred, eager], tool_search: true });
    expect(options.toolSearch).toMatchObject({
      variant: "bm25",
      mode: "auto",
      strategy: "bm25",
      name: "__harn_tool_search",
    });
    expect(names(options)).toEqual(["__harn_tool_search", "rare", "common"]);
    expect(options.tools?.[1]?.deferred).toBe(true);
    expect(options.nativeToolSearch).toBeUndefined();
  });

  test("OPT-24 name, stubs, tools that are always loaded", () => {
    const search = {
      variant: "regex",
      name: "find",
      include_stub_listing: true,
      always_loaded: ["pinned"],
      budget_tokens: 9,
    };
    const pinned = { ...deferred, name: "pinned" };
    const options = able().read({ tools: [deferred, pinned], tool_search: search });
    expect(options.toolSearch).toMatchObject({ strategy: "regex", budgetTokens: 9 });
    expect(options.tools?.[0]?.description).toContain("- rare: Does rare things.");
    expect(options.tools?.[0]?.description).not.toContain("pinned");
    expect(options.tools?.find((tool) => tool.name === "pinned")?.deferred).toBeUndefined();
  });

  test("OPT-24 native search where the model has it", () => {
    const options = able(["bm25", "regex"]).read({ tools: [deferred, eager], tool_search: "regex" });
    expect(options.nativeToolSearch).toEqual({ variant: "regex" });
    expect(names(options)).toEqual(["rare", "common"]);
    expect(able(["regex"]).read({ tools: [eager], tool_search: true }).nativeToolSearch).toEqual({ variant: "regex" });
    const forced = able().read({ tools: [eager], tool_search: true, acme: { force_native_tool_search: true } });
    expect(forced.nativeToolSearch).toBeDefined();
  });

  test.each([
    [{ mode: "native" }, "does not expose native tool-search"],
    [{ variant: "fuzzy" }, 'tool_search.variant: expected "bm25" or "regex", got "fuzzy"'],
    [{ mode: "x" }, 'tool_search.mode: expected "auto" | "native" | "client", got "x"'],
    [{ strategy: "x" }, "tool_search.strategy: expected"],
    [{ variant: 1 }, "tool_search.variant: expected a string"],
    [{ always_loaded: "a" }, "tool_search.always_loaded: expected a list"],
    [{ budget_tokens: "a" }, "tool_search.budget_tokens: expected an integer"],
    [{ name: 1 }, "tool_search.name: expected a string"],
    [{ include_stub_listing: 1 }, "tool_search.include_stub_listing: expected a bool"],
    [5, "tool_search: expected bool, string"],
  ])("OPT-24 %j is an error", (search, message) => {
    expect(() => able().read({ tools: [eager], tool_search: search })).toThrow(message);
  });

  test("OPT-24 all tools deferred is an error", () => {
    expect(() => able().read({ tools: [deferred], tool_search: true })).toThrow("all tools have defer_loading set");
  });
});

describe("route policies", () => {
  const rates: Record<string, { input: number; output: number }> = {
    "cheap-small": { input: 1, output: 1 },
    "mid-a": { input: 4, output: 4 },
    "mid-b": { input: 4, output: 4 },
    "front-c": { input: 3, output: 9 },
  };
  const routed = (keyless: string[] = []) =>
    world({
      catalog: catalog(
        {},
        {
          knownModels: () => [
            { model: "front-c", provider: "anthropic" },
            { model: "mid-b", provider: "openai" },
            { model: "mid-a", provider: "openai" },
            { model: "cheap-small", provider: "local" },
          ],
          modelTier: (model) => (model.startsWith("cheap") ? "small" : model.startsWith("front") ? "frontier" : "mid"),
          rates: (_provider, model) => rates[model],
          latencyP50Ms: (provider) => (provider === "anthropic" ? 100 : provider === "openai" ? 300 : undefined),
          keyProblem: (provider) => (keyless.includes(provider) ? "no key" : undefined),
        },
      ),
    });

  test.each([
    ["cheapest_over_quality(mid)", "openai", "mid-a"],
    ["cheapest_over_quality(small)", "local", "cheap-small"],
    ["fastest_over_quality(mid)", "anthropic", "front-c"],
    ["always(openai:mid-b)", "openai", "mid-b"],
    ["always(big)", "acme", "acme-large"],
    ["manual", "acme", "claude-sonnet-4-20250514"],
  ])("OPT-03 ROUTE-18 %s", (route_policy, provider, model) => {
    expect(routed().read({ route_policy })).toMatchObject({ provider, model });
  });

  test("ROUTE-18 ties go by provider, then model; every alternative is recorded with its reason", () => {
    const { routingDecision } = routed().read({ route_policy: { mode: "cheapest_over_quality", quality: "mid" } });
    expect(routingDecision).toMatchObject({
      policy: "cheapest_over_quality(mid)",
      requested_quality: "mid",
      selected_model: "mid-a",
    });
    expect(routingDecision?.alternatives.map(({ model, reason, selected }) => [model, reason, selected])).toEqual([
      ["front-c", "candidate", false],
      ["mid-b", "candidate", false],
      ["mid-a", "selected", true],
    ]);
  });

  test("ROUTE-18 models without a key are not chosen", () => {
    expect(routed(["openai"]).read({ route_policy: "cheapest_over_quality(mid)" }).model).toBe("front-c");
  });

  test("ROUTE-18 no candidate: the current route stays", () => {
    const { routingDecision } = read({ route_policy: "cheapest_over_quality(frontier)", model: "gpt-1" });
    expect(routingDecision?.alternatives).toMatchObject([{ model: "gpt-1", selected: true }]);
  });

  test.each([
    ["sometimes(x)", "route_policy: expected manual, always(id)"],
    [{ mode: "never" }, 'route_policy.mode: unsupported value "never"'],
    [7, "route_policy: expected string or dict"],
    ["always()", "route_policy: target must not be empty"],
  ])("OPT-03 %j is an error", (route_policy, message) => {
    expect(() => read({ route_policy })).toThrow(message);
  });
});

test("OPT-05 routing takes only a policy value", () => {
  expect(() => read({ routing: { chain: ["a:b"] } })).toThrow("routing: expected a routing_policy({...}) value");
  expect(read({ routing: false }).routing).toBeUndefined();
  const policy = { _type: "routing_policy", chain: ["a:b"] };
  expect(read({ routing: policy }).routing?.chain).toMatchObject([{ provider: "a", model: "b" }]);
});

test("every error of option reading is a HarnError with code llm.option", () => {
  const bad = [{ thinking: 4 }, { tools: 4 }, { output_format: 4 }, { budget: 4 }, { routing: 4 }, { route_policy: 4 }];
  for (const options of bad) {
    try {
      read(options);
      expect.unreachable(JSON.stringify(options));
    } catch (error) {
      expect((error as HarnError).code).toBe("llm.option");
    }
  }
});
