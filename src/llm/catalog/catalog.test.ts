import { describe, expect, it } from "vitest";
import { createVirtualHost } from "../../testing/virtual-host.ts";
import { apiStyleOf } from "../providers/wire-formats.ts";
import { BUILTIN_PROVIDERS } from "./builtin-providers.ts";
import { capabilityRows, decodeCapabilityTable, lookupCapabilities, NO_CAPABILITIES } from "./capabilities.ts";
import {
  availableProviders,
  clearCapabilities,
  configAnswer,
  installCapabilities,
  knownModels,
  modelInfoAnswer,
  pickModelAnswer,
  providerCapabilitiesAnswer,
  providerCatalogAnswer,
  qcDefaultModelAnswer,
  registerProvider,
  resolveModelAnswer,
} from "./catalog-answers.ts";
import { decodeCatalogConfig, EMPTY_CATALOG, matchesGlob, mergeCatalogs } from "./catalog-config.ts";
import { loadCatalogLayers } from "./catalog-layers.ts";
import { createModelCatalog, DEFAULT_PROVIDERS, type ModelCatalog } from "./model-catalog.ts";
import { modelVersion } from "./model-version.ts";

function catalogOf(env: Record<string, string> = {}, ...layers: object[]): ModelCatalog {
  return createModelCatalog(createVirtualHost({ env }), layers.map(decodeCatalogConfig));
}

describe("PROV-05: the registry", () => {
  it("PROV-05: starts with nineteen names; registering the defaults again changes nothing", () => {
    const catalog = catalogOf();
    expect(DEFAULT_PROVIDERS).toHaveLength(19);
    expect(DEFAULT_PROVIDERS.every(catalog.isRegistered)).toBe(true);
    catalog.registerProvider("mine");
    catalog.registerDefaultProviders();
    expect(catalog.providerNames()).toHaveLength(20);
    expect(catalog.isRegistered("nobody")).toBe(false);
  });

  it("PROV-05: every default name but the mock has a configuration and a wire format", () => {
    const configured = Object.keys(BUILTIN_PROVIDERS).sort();
    expect(configured).toEqual(DEFAULT_PROVIDERS.filter((name) => name !== "mock").sort());
    const styles = Object.entries(BUILTIN_PROVIDERS).map(([name, config]) => [name, apiStyleOf(name, config)]);
    expect(Object.fromEntries(styles)).toMatchObject({
      anthropic: "anthropic",
      ollama: "ollama",
      gemini: "gemini",
      vertex: "gemini",
      bedrock: "bedrock",
      azure_openai: "openai-chat",
      tgi: "openai-chat",
    });
  });

  it("PROV-05: two runs have registries of their own", () => {
    catalogOf().registerProvider("mine");
    expect(catalogOf().isRegistered("mine")).toBe(false);
  });
});

describe("CONF-01: llm_infer_provider", () => {
  it.each([
    ["claude-sonnet-4-20250514", "anthropic"],
    ["gpt-4o", "openai"],
    ["o1-mini", "openai"],
    ["o3", "openai"],
    ["o4-mini", "openai"],
    ["gemini-2.5-flash", "gemini"],
    ["qwen/qwen3-coder", "openrouter"],
    ["qwen/qwen3-coder:free", "openrouter"],
    ["llama3.2:latest", "ollama"],
    ["gpt-oss:20b", "ollama"],
    ["local:gemma-4-e4b-it", "ollama"],
    ["ollama:hf.co/a/b", "ollama"],
    ["hf:meta/llama", "huggingface"],
    ["huggingface:meta/llama", "huggingface"],
    ["ft:gpt-4o:org::id", "openai"],
    ["anthropic.claude-3-5-sonnet-20241022-v2:0", "bedrock"],
    ["meta.llama3-70b-instruct-v1:0", "bedrock"],
    ["a/b/c", "anthropic"],
    ["mystery", "anthropic"],
  ])("CONF-01: %s is %s", (id, provider) => {
    expect(catalogOf().inferProvider(id).provider).toBe(provider);
  });

  it("CONF-01: rules of the user come before everything, the newest layer first", () => {
    const rules = (provider: string) => ({ inference_rules: [{ pattern: "local:*", provider }] });
    expect(catalogOf({}, rules("one"), rules("two")).inferProvider("local:x").provider).toBe("two");
    const mixed = catalogOf(
      {},
      {
        inference_rules: [
          { exact: "gpt-4o", provider: "exact" },
          { contains: "sonnet", provider: "contains" },
        ],
      },
    );
    expect(["gpt-4o", "gpt-4o-mini", "claude-sonnet-4"].map((id) => mixed.inferProvider(id).provider)).toEqual([
      "exact",
      "openai",
      "contains",
    ]);
  });

  it("CONF-01: the default is configured, `auto` and empty names do not count, and is told apart", () => {
    expect(catalogOf({ HARN_DEFAULT_PROVIDER: "groq" }).inferProvider("mystery")).toEqual({
      provider: "groq",
      isDefault: true,
    });
    expect(catalogOf({ HARN_DEFAULT_PROVIDER: "Auto" }, { default_provider: "local" }).defaultProvider()).toBe("local");
    expect(catalogOf({}, { default_provider: " " }).defaultProvider()).toBe("anthropic");
    expect(catalogOf().inferProvider("gpt-4o").isDefault).toBe(false);
  });
});

describe("CONF-02: models and tiers", () => {
  it.each([
    ["claude-sonnet-4-20250514", "frontier"],
    ["gpt-4o", "frontier"],
    ["gpt-4o-mini", "mid"],
    ["Qwen3.5-9B", "small"],
    ["qwen3:30b-a3b", "small"],
    ["gemma-4-31b-it", "frontier"],
    ["deepseek-v3", "mid"],
  ])("CONF-02: llm_model_tier(%s) is %s", (id, tier) => {
    expect(catalogOf().tier(id)).toBe(tier);
  });

  it("CONF-02: llm_resolve_model", () => {
    expect(resolveModelAnswer(catalogOf(), "mid")).toEqual({
      id: "gpt-4o-mini",
      provider: "openai",
      alias: "mid",
      tool_format: "text",
      tier: "mid",
    });
    expect(resolveModelAnswer(catalogOf(), "ollama:qwen3:30b-a3b")).toEqual({
      id: "qwen3:30b-a3b",
      provider: "ollama",
      alias: null,
      tool_format: "text",
      tier: "small",
    });
  });

  it("CONF-02: the tool format is the alias's, else what the provider can", () => {
    const layer = {
      providers: { mine: { base_url: "http://x", features: ["native_tools"] } },
      aliases: {
        a: { id: "m1", provider: "mine", tool_format: "text" },
        b: { id: "m2", provider: "mine" },
      },
    };
    const catalog = catalogOf({}, layer);
    expect([catalog.toolFormat("m1", "mine"), catalog.toolFormat("a", "x"), catalog.toolFormat("m2", "mine")]).toEqual([
      "text",
      "text",
      "native",
    ]);
  });

  it("CONF-02: llm_model_info adds capabilities, catalogue, quality model and whether there is a key", () => {
    const info = modelInfoAnswer(catalogOf({ OPENAI_API_KEY: "k" }), "mid");
    expect(info).toMatchObject({
      id: "gpt-4o-mini",
      capabilities: { provider: "openai", model: "gpt-4o-mini", native_tools: true, vision_supported: true },
      catalog: {
        name: "GPT-4o Mini",
        context_window: 128_000,
        stream_timeout: null,
        pricing: { input_per_mtok: 0.15, output_per_mtok: 0.6, cache_read_per_mtok: null },
      },
      qc_default_model: "gpt-4o-mini",
      auth_available: true,
    });
    expect(modelInfoAnswer(catalogOf(), "ollama:x")).toMatchObject({ catalog: null, auth_available: true });
    expect(modelInfoAnswer(catalogOf(), "groq/x/y")).toMatchObject({ auth_available: false });
  });

  it("CONF-02: llm_pick_model takes tiers, aliases and ids, and prefers a provider's own tier", () => {
    const catalog = catalogOf(
      {},
      {
        aliases: { "groq/mid": { id: "fast", provider: "groq" }, "local:mid": { id: "here", provider: "local" } },
      },
    );
    expect(pickModelAnswer(catalog, "frontier")).toMatchObject({ provider: "anthropic", tier: "frontier" });
    expect(pickModelAnswer(catalog, "mid", "groq")).toEqual({ id: "fast", provider: "groq", tier: "mid" });
    expect(pickModelAnswer(catalog, "mid", "local")).toMatchObject({ id: "here" });
    expect(pickModelAnswer(catalog, "mid", "openrouter")).toMatchObject({ id: "gpt-4o-mini", provider: "openai" });
    expect(pickModelAnswer(catalog, "gemini-x")).toEqual({ id: "gemini-x", provider: "gemini", tier: "mid" });
  });

  it("CONF-02: candidates of a tier come once each, by provider and id", () => {
    const catalog = catalogOf();
    expect(catalog.tierCandidates("frontier")).toEqual([
      { id: "claude-sonnet-4-20250514", provider: "anthropic" },
      { id: "gemma-4-31b-it", provider: "local" },
    ]);
    expect(catalog.candidates()).toHaveLength(8);
  });
});

describe("CONF-03: the configuration as data", () => {
  it("CONF-03: providers, merged and sorted; a registered name joins, an empty one is refused", () => {
    const catalog = catalogOf({}, { providers: { zeta: { base_url: "http://z" } } });
    registerProvider(catalog, "alpha");
    const names = catalog.providerNames();
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(["alpha", "zeta", "mock", "anthropic"]));
    expect(() => registerProvider(catalog, "")).toThrow("provider_register: name is required");
  });

  it("CONF-03: available are those that need no key or have one, in the environment or the secret store", () => {
    const host = createVirtualHost({
      env: { GROQ_API_KEY: "'k'", OPENAI_API_KEY: " " },
      secrets: { HUGGINGFACE_API_KEY: "s" },
    });
    const names = availableProviders(createModelCatalog(host));
    expect(names).toEqual(expect.arrayContaining(["groq", "huggingface", "local", "ollama", "tgi", "vllm"]));
    expect(names).not.toContain("openai");
    expect(createModelCatalog(host).credential(BUILTIN_PROVIDERS["groq"]!)).toBe("k");
  });

  it("CONF-03: llm_known_models, llm_qc_default_model", () => {
    expect(knownModels(catalogOf())).toContain("mid");
    expect(qcDefaultModelAnswer(catalogOf(), "OLLAMA")).toBe("llama3.2");
    expect(qcDefaultModelAnswer(catalogOf(), "groq")).toBeNull();
    expect(qcDefaultModelAnswer(catalogOf(), "constructor")).toBeNull();
    expect(() => qcDefaultModelAnswer(catalogOf(), "")).toThrow("llm_qc_default_model: provider name is required");
  });

  it("CONF-03: llm_config of one, of all, of nobody", () => {
    expect(configAnswer(catalogOf(), "anthropic")).toEqual({
      base_url: "https://api.anthropic.com/v1",
      base_url_env: "ANTHROPIC_BASE_URL",
      auth_style: "header",
      auth_header: "x-api-key",
      auth_envs: ["ANTHROPIC_API_KEY"],
      auth_available: false,
      chat_endpoint: "/messages",
      extra_headers: { "anthropic-version": "2023-06-01" },
      features: ["prompt_caching", "thinking"],
      cost_per_1k_in: 0.003,
      cost_per_1k_out: 0.015,
      latency_p50_ms: 2500,
    });
    expect(configAnswer(catalogOf(), "local")).toMatchObject({
      auth_style: "none",
      auth_envs: [],
      auth_available: true,
    });
    expect(Object.keys(configAnswer(catalogOf())!)).toHaveLength(18);
    expect(configAnswer(catalogOf(), "nobody")).toBeNull();
    expect(configAnswer(catalogOf(), "__proto__")).toBeNull();
  });

  it("CONF-03: llm_provider_catalog", () => {
    const catalog = providerCatalogAnswer(catalogOf());
    expect(catalog).toMatchObject({
      known_model_names: expect.arrayContaining(["mid"]),
      qc_defaults: { ollama: "llama3.2" },
    });
    expect((catalog["providers"] as { name: string }[]).map(({ name }) => name)).toContain("anthropic");
    expect((catalog["models"] as { id: string }[]).map(({ id }) => id)).toEqual([
      "claude-sonnet-4-20250514",
      "llama3.2",
      "gpt-4o-mini",
      "Qwen/Qwen3.5-9B",
    ]);
    expect(catalog["aliases"]).toContainEqual({
      name: "mid",
      id: "gpt-4o-mini",
      provider: "openai",
      tool_format: null,
    });
  });
});

describe("PROV-04, CONF-04: capabilities", () => {
  it.each<[string, string, object]>([
    [
      "anthropic",
      "claude-opus-4-7",
      {
        thinking_modes: ["adaptive"],
        tool_search: ["bm25", "regex"],
        max_tools: 10_000,
        interleaved_thinking_supported: true,
      },
    ],
    ["anthropic", "claude-opus-4-6", { thinking_modes: ["enabled"], interleaved_thinking_supported: true }],
    ["anthropic", "claude-opus-4-5", { defer_loading: true, interleaved_thinking_supported: false }],
    [
      "anthropic",
      "claude-opus-3-5",
      { native_tools: true, defer_loading: false, tool_search: [], prompt_caching: true, thinking_modes: ["enabled"] },
    ],
    ["anthropic", "claude-haiku-4-4", { defer_loading: false }],
    ["anthropic", "claude-haiku-4-5-20251001", { defer_loading: true }],
    ["anthropic", "CLAUDE-SONNET-4-20250514", { defer_loading: true }],
    ["openai", "gpt-5.4-preview", { defer_loading: true, tool_search: ["hosted", "client"] }],
    ["openai", "gpt-5.3", { defer_loading: false, native_tools: true }],
    ["openai", "gpt-4o", { native_tools: true, vision_supported: true, audio: true, defer_loading: false }],
    [
      "openai",
      "o3",
      { thinking_modes: ["effort"], requires_completion_tokens: true, reasoning_effort_supported: true },
    ],
    ["ollama", "qwen3.5:35b", { native_tools: true, vision_supported: false }],
    ["ollama", "llava:7b", { vision_supported: true, native_tools: false }],
    ["gemini", "gemini-2.5-flash", { vision_supported: true }],
    ["openrouter", "gpt-5.4", { defer_loading: true }],
    ["vllm", "Qwen3.6-30B", { preserve_thinking: true }],
    ["azure_openai", "gpt-4o-prod", { native_tools: true, defer_loading: false }],
    ["bedrock", "meta.llama3-70b-instruct-v1:0", { native_tools: true }],
    ["vertex", "gemini-1.5-pro-002", { native_tools: true }],
    ["mock", "claude-opus-4-7", { tool_search: ["bm25", "regex"], prompt_caching: true }],
    ["mock", "gpt-5.4-preview", { tool_search: ["hosted", "client"] }],
    ["mock", "mystery-model-7b", { native_tools: false, thinking: false }],
  ])("CONF-04: %s with %s", (provider, model, expected) => {
    expect(providerCapabilitiesAnswer(catalogOf(), provider, model)).toMatchObject({ provider, model, ...expected });
  });

  it("CONF-04: an unknown pair has everything off, and every field", () => {
    expect(providerCapabilitiesAnswer(catalogOf(), "proxy", "x")).toEqual({
      provider: "proxy",
      model: "x",
      native_tools: false,
      defer_loading: false,
      tool_search: [],
      max_tools: null,
      prompt_caching: false,
      thinking: false,
      thinking_modes: [],
      interleaved_thinking_supported: false,
      anthropic_beta_features: [],
      vision_supported: false,
      audio: false,
      pdf: false,
      preserve_thinking: false,
      requires_completion_tokens: false,
      reasoning_effort_supported: false,
    });
    expect(() => providerCapabilitiesAnswer(catalogOf(), "", "x")).toThrow(
      "provider_capabilities: provider name is required",
    );
  });

  it("PROV-04: answers that no rule gives are no", () => {
    expect(lookupCapabilities("nobody", "x")).toBe(NO_CAPABILITIES);
    expect(lookupCapabilities("constructor", "x")).toBe(NO_CAPABILITIES);
  });

  it("CONF-04: overrides win over the built-in rules, and go away again", () => {
    const catalog = catalogOf();
    const install = (value: object) => installCapabilities(catalog, "text", () => value);
    expect(
      install({
        provider: { proxy: [{ model_match: "*", native_tools: true, defer_loading: true, tool_search: "hosted" }] },
      }),
    ).toBe(true);
    expect(catalog.capabilities("proxy", "x")).toMatchObject({ nativeTools: true, toolSearch: ["hosted"] });
    install({ provider: { anthropic: [{ model_match: "claude-opus-*", native_tools: true, tool_search: [] }] } });
    expect(catalog.capabilities("proxy", "x").nativeTools).toBe(false);
    expect(catalog.capabilities("anthropic", "claude-opus-4-7")).toMatchObject({
      nativeTools: true,
      deferLoading: false,
    });
    expect(clearCapabilities(catalog)).toBe(true);
    expect(catalog.capabilities("anthropic", "claude-opus-4-7").deferLoading).toBe(true);
  });

  it("CONF-04: older spellings, versions, families, and a circle of families", () => {
    const table = decodeCapabilityTable({
      provider: {
        p: [
          { model_match: "gpt-*", version_min: [5, 4], max_tools: 5n },
          { model_match: "*", thinking: true, json_schema: "native", vision_supported: true },
        ],
      },
      provider_family: { child: "p", a: "b", b: "a" },
    });
    expect(lookupCapabilities("child", "gpt-5.5", table).maxTools).toBe(5);
    expect(lookupCapabilities("child", "gpt-5.3", table)).toMatchObject({
      maxTools: undefined,
      thinkingModes: ["enabled"],
      structuredOutput: "native",
      vision: true,
    });
    expect(lookupCapabilities("a", "x", table)).toBe(NO_CAPABILITIES);
    expect(capabilityRows(table)[0]).toMatchObject({ provider: "p", model: "gpt-*", source: "project" });
    expect(capabilityRows().every((row) => row.source === "builtin")).toBe(true);
  });

  it.each<[string, () => unknown, string]>([
    ["", () => ({}), "provider_capabilities_install: TOML source string required"],
    [
      "x",
      () => {
        throw new Error("line 1");
      },
      "provider_capabilities_install: parse error: line 1",
    ],
    [
      "x",
      () => ({ provider: { p: [{}] } }),
      "provider_capabilities_install: parse error: Expected `provider.p[0].model_match` to be a string, found nothing",
    ],
    ["x", () => ({ provider: { p: [{ model_match: "*", native_tools: "yes" }] } }), 'to be true or false, found "yes"'],
  ])("CONF-04: %j is refused and changes nothing", (text, parse, message) => {
    const catalog = catalogOf();
    installCapabilities(catalog, "x", () => ({ provider: { p: [{ model_match: "*", pdf: true }] } }));
    expect(() => installCapabilities(catalog, text, parse)).toThrow(message);
    expect(catalog.capabilities("p", "x").pdf).toBe(true);
  });

  it.each<[string, readonly [number, number] | undefined]>([
    ["claude-opus-4-7", [4, 7]],
    ["anthropic/claude-sonnet-4.6-fast", [4, 6]],
    ["claude-haiku-4-5-20251001", [4, 5]],
    ["claude-sonnet-4-20250514", [4, 0]],
    ["claude-2", undefined],
    ["gpt-5.4-preview", [5, 4]],
    ["openai/gpt-5-4", [5, 4]],
    ["gpt-5-20260115", [5, 0]],
    ["gpt-4o", undefined],
    ["llama-3.1", undefined],
  ])("CONF-04: the version of %s", (id, version) => {
    expect(modelVersion(id)).toEqual(version);
  });
});

describe("CONF-06: layers", () => {
  const layer = (baseUrl: string, alias: string) =>
    ({ providers: { p: { base_url: baseUrl } }, aliases: { [alias]: { id: "m", provider: "p" } } }) as const;
  /** A parser for the tests: JSON is close enough to what TOML gives. */
  const parseToml = (text: string): unknown => JSON.parse(text);

  it("CONF-06: built-ins, user file, packages, project; later ones win", async () => {
    const host = createVirtualHost({
      files: { "/home/harn/.config/harn/providers.toml": JSON.stringify(layer("http://file", "a")) },
    });
    const layers = await loadCatalogLayers(host, {
      parseToml,
      packageTables: [layer("http://package", "b")],
      projectTable: layer("http://project", "c"),
    });
    const catalog = createModelCatalog(host, layers);
    expect(catalog.provider("p")?.baseUrl).toBe("http://project");
    expect(knownModels(catalog)).toEqual(expect.arrayContaining(["a", "b", "c", "mid"]));
    catalog.setLayers(layers.slice(0, 1));
    expect(catalog.provider("p")?.baseUrl).toBe("http://file");
  });

  it("CONF-06: the file that the environment names comes instead of the user's", async () => {
    const host = createVirtualHost({
      env: { HARN_PROVIDERS_CONFIG: "/etc/mine.toml" },
      files: {
        "/etc/mine.toml": JSON.stringify(layer("http://env", "a")),
        "/home/harn/.config/harn/providers.toml": JSON.stringify(layer("http://file", "b")),
      },
    });
    const catalog = createModelCatalog(host, await loadCatalogLayers(host, { parseToml }));
    expect(catalog.provider("p")?.baseUrl).toBe("http://env");
    expect(catalog.alias("b")).toBeUndefined();
  });

  it("CONF-06: no file is no layer; one that was named must be there, and each must be sound", async () => {
    expect(await loadCatalogLayers(createVirtualHost(), { parseToml })).toEqual([]);
    const gone = createVirtualHost({ env: { HARN_PROVIDERS_CONFIG: "/gone.toml" } });
    await expect(loadCatalogLayers(gone, { parseToml })).rejects.toThrow(
      "Cannot read provider configuration /gone.toml",
    );
    const broken = createVirtualHost({ files: { "/home/harn/.config/harn/providers.toml": "{" } });
    await expect(loadCatalogLayers(broken, { parseToml })).rejects.toThrow("providers.toml: ");
    await expect(
      loadCatalogLayers(createVirtualHost(), { parseToml, projectTable: { providers: { p: {} } } }),
    ).rejects.toThrow("the project's [llm] table: Expected `providers.p.base_url` to be a string, found nothing");
  });

  it("CONF-06: a whole configuration is read", () => {
    const config = decodeCatalogConfig({
      default_provider: "p",
      tier_defaults: { default: "small" },
      providers: {
        p: {
          display_name: "P",
          base_url: "http://p",
          base_url_env: "P_URL",
          auth_style: "header",
          auth_header: "x-p",
          auth_env: ["A", "B"],
          extra_headers: { "x-v": "1" },
          chat_endpoint: "/v1/messages",
          completion_endpoint: "/c",
          healthcheck: { method: "GET", path: "/h" },
          features: ["native_tools"],
          fallback: "q",
          retry_count: 2,
          retry_delay_ms: 10,
          rpm: 60n,
          cost_per_1k_in: 0.1,
          cost_per_1k_out: 0.2,
          latency_p50_ms: 5,
          future: true,
        },
      },
      models: {
        m: { name: "M", provider: "p", context_window: 10, pricing: { input_per_mtok: 1, output_per_mtok: 2 } },
      },
      tier_rules: [{ contains: "m", tier: "frontier" }],
      model_defaults: { "m*": { temperature: 0.1 } },
    });
    expect(config.providers["p"]).toMatchObject({
      authEnvs: ["A", "B"],
      rpm: 60,
      fallback: "q",
      healthcheck: { path: "/h" },
    });
    expect(config.models["m"]?.pricing).toEqual({ inputPerMtok: 1, outputPerMtok: 2 });
    expect(config).toMatchObject({
      defaultProvider: "p",
      tierDefault: "small",
      modelDefaults: { "m*": { temperature: 0.1 } },
    });
    const merged = mergeCatalogs(config, { ...EMPTY_CATALOG, modelDefaults: { "m*": { top_p: 1 } } });
    expect(merged.modelDefaults["m*"]).toEqual({ temperature: 0.1, top_p: 1 });
    expect(merged.defaultProvider).toBe("p");
  });

  it.each<[unknown, string]>([
    ["text", "Expected `the configuration` to be a table"],
    [{ providers: [] }, "Expected `providers` to be a table"],
    [{ providers: { p: { base_url: 1 } } }, "Expected `providers.p.base_url` to be a string, found 1"],
    [{ providers: { p: { base_url: "x", auth_env: [1] } } }, "Expected `providers.p.auth_env[0]` to be a string"],
    [
      { models: { m: { name: "m", provider: "p", context_window: "big" } } },
      "Expected `models.m.context_window` to be a number",
    ],
    [{ inference_rules: {} }, "Expected `inference_rules` to be a list of tables"],
    [{ inference_rules: [{ pattern: "x" }] }, "Expected `inference_rules[0].provider` to be a string, found nothing"],
  ])("CONF-06: %j is refused with its path", (value, message) => {
    expect(() => decodeCatalogConfig(value)).toThrow(message);
  });

  it("CONF-06: base URLs come from the environment when it has one", () => {
    const catalog = catalogOf({ GROQ_BASE_URL: ' "http://mine" ' });
    expect(catalog.baseUrl(BUILTIN_PROVIDERS["groq"]!)).toBe("http://mine");
    expect(catalog.baseUrl(BUILTIN_PROVIDERS["together"]!)).toBe("https://api.together.xyz/v1");
  });

  it.each([
    ["*", "", true],
    ["a*", "abc", true],
    ["*c", "abc", true],
    ["*b*", "abc", true],
    ["a*b*c", "aXbYc", true],
    ["a*a", "a", false],
    ["abc", "abc", true],
    ["abc", "abcd", false],
    ["a*b*b", "ab", false],
  ])("the pattern %s against %j: %s", (pattern, text, matches) => {
    expect(matchesGlob(pattern, text)).toBe(matches);
  });
});
