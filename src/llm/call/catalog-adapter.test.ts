import { expect, test } from "vitest";
import { createVirtualHost } from "../../testing/index.ts";
import { EMPTY_CATALOG } from "../catalog/catalog-config.ts";
import { createModelCatalog } from "../catalog/model-catalog.ts";
import { catalogView, configuredRateLimits } from "./catalog-adapter.ts";

const provider = {
  baseUrl: "http://x",
  authStyle: "bearer",
  authEnvs: ["ACME_KEY"],
  extraHeaders: {},
  chatEndpoint: "/chat/completions",
  features: [],
  fallback: "openai",
  rpm: 7,
  costPer1kIn: 0.001,
  costPer1kOut: 0.002,
  latencyP50Ms: 50,
};

const layer = {
  ...EMPTY_CATALOG,
  providers: { acme: provider, open: { ...provider, authStyle: "none", authEnvs: [] } },
  models: {
    priced: {
      name: "Priced",
      provider: "acme",
      contextWindow: 1000,
      capabilities: [],
      pricing: { inputPerMtok: 10, outputPerMtok: 20, cacheReadPerMtok: 1 },
    },
  },
  aliases: { best: { id: "priced", provider: "acme" } },
  modelDefaults: { "pr*": { temperature: 0.5, top_k: 3 }, priced: { temperature: 0.1 } },
};

const view = (env: Record<string, string> = {}) => catalogView(createModelCatalog(createVirtualHost({ env }), [layer]));

test("COST-02 a model's own price, a price list, the built-in families, its provider's price, else none", () => {
  expect(view().rates("acme", "priced")).toEqual({ input: 10, output: 20, cacheRead: 1 });
  expect(view().rates("acme", "other")).toEqual({ input: 1, output: 2 });
  expect(view().rates("nobody", "other")).toBeUndefined();
  const catalog = createModelCatalog(createVirtualHost(), [layer]);
  const listed = catalogView(catalog, { rates: () => ({ input: 7, output: 7 }) });
  expect(listed.rates("acme", "priced")?.input).toBe(10);
  expect(listed.rates("acme", "claude-opus-4")?.input).toBe(7);
  expect(view().rates("mock", "claude-opus-4-20250514")).toEqual({ input: 15, output: 75 });
  expect(view().rates("acme", "gpt-4o-2024")).toEqual({ input: 2.5, output: 10 });
});

test("CONF-07 keys", () => {
  expect(view().keyProblem("acme")).toMatch(/^Missing API key: set ACME_KEY environment variable/);
  expect(view({ ACME_KEY: "k" }).keyProblem("acme")).toBeUndefined();
  for (const name of ["mock", "fake", "bedrock", "vertex", "open", "unconfigured"]) {
    expect(view().keyProblem(name)).toBeUndefined();
  }
});

test("names, defaults, fallbacks and limits", () => {
  const catalog = view();
  expect(catalog.resolveModel("best")).toEqual({ model: "priced", provider: "acme" });
  expect(catalog.hasProvider("acme")).toBe(true);
  expect(catalog.hasProvider("invented")).toBe(false);
  expect(catalog.modelDefaults("priced")).toEqual({ temperature: 0.1, top_k: 3 });
  expect(catalog.fallbackProvider("acme")).toBe("openai");
  expect(catalog.latencyP50Ms("acme")).toBe(50);
  expect(catalog.knownModels()).toContainEqual({ model: "priced", provider: "acme" });
  expect(catalog.defaultProvider).toBe("anthropic");
  expect(configuredRateLimits(createModelCatalog(createVirtualHost(), [layer]))).toMatchObject({ acme: 7 });
});
