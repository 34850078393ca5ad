/** The run's catalogue, seen the way calls look at it. */

import { matchesGlob } from "../catalog/catalog-config.ts";
import type { ModelCatalog } from "../catalog/model-catalog.ts";
import { builtinRates } from "../cost/builtin-prices.ts";
import type { PriceBook, TokenRates } from "../cost/pricing.ts";
import type { CatalogView } from "./catalog-view.ts";

/** @param prices consulted after the catalogue's own price of a model, for instance {@link loadPriceList} */
export function catalogView(catalog: ModelCatalog, prices?: PriceBook): CatalogView {
  return {
    get defaultProvider() {
      return catalog.defaultProvider();
    },
    hasProvider: (provider) => provider === "fake" || catalog.providerNames().includes(provider),
    keyProblem: (provider) => keyProblem(catalog, provider),
    resolveModel(name) {
      const alias = catalog.alias(name);
      if (alias === undefined) return { model: catalog.resolve(name).id };
      return { model: alias.id, provider: alias.provider };
    },
    inferProvider(model) {
      const inference = catalog.inferProvider(model);
      return { provider: inference.provider, guessed: inference.isDefault };
    },
    tierModels(tier) {
      const preferred = catalog.resolveTier(tier);
      const names = preferred === undefined ? [] : [preferred];
      return [...names, ...catalog.tierCandidates(tier)].map(({ id, provider }) => ({ model: id, provider }));
    },
    modelTier: (model) => catalog.tier(model),
    knownModels: () => catalog.candidates().map(({ id, provider }) => ({ model: id, provider })),
    modelDefaults(model) {
      const { modelDefaults } = catalog.config;
      // Broader patterns first, so that a longer, more precise one has the last word.
      const patterns = Object.keys(modelDefaults)
        .filter((pattern) => matchesGlob(pattern, model))
        .sort((a, b) => a.length - b.length);
      return Object.assign({}, ...patterns.map((pattern) => modelDefaults[pattern]));
    },
    capabilities(provider, model) {
      const found = catalog.capabilities(provider, model);
      return {
        nativeTools: found.nativeTools,
        vision: found.visionSupported || found.vision,
        audio: found.audio,
        pdf: found.pdf,
        promptCaching: found.promptCaching,
        thinkingModes: found.thinkingModes,
        reasoningEffort: found.reasoningEffort,
        interleavedThinking: found.interleavedThinking,
        ...(found.structuredOutput === undefined ? {} : { structuredOutput: found.structuredOutput }),
        toolSearch: found.deferLoading ? found.toolSearch : [],
      };
    },
    toolFormat: (provider, model) => catalog.toolFormat(model, provider),
    latencyP50Ms: (provider) => catalog.provider(provider)?.latencyP50Ms,
    fallbackProvider: (provider) => catalog.provider(provider)?.fallback,
    rates: (provider, model) =>
      modelRates(catalog, model) ??
      prices?.rates(provider, model) ??
      builtinRates(model) ??
      providerRates(catalog, provider),
  };
}

/** Requests per minute of the configured providers, for the rate limiter (RATE-09). */
export function configuredRateLimits(catalog: ModelCatalog): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const [name, provider] of Object.entries(catalog.config.providers)) {
    if (provider.rpm !== undefined) limits[name] = provider.rpm;
  }
  return limits;
}

/** CONF-07. Bedrock and Vertex find their credentials themselves; who is not configured has a client of its own. */
function keyProblem(catalog: ModelCatalog, provider: string): string | undefined {
  if (provider === "mock" || provider === "fake" || provider === "bedrock" || provider === "vertex") return undefined;
  const config = catalog.provider(provider);
  if (config === undefined || catalog.keyAvailable(provider)) return undefined;
  const [first, ...others] = config.authEnvs;
  const what = others.length === 0 ? `${first} environment variable` : `one of ${config.authEnvs.join(", ")}`;
  return (
    `Missing API key: set ${what} (provider \`${provider}\`); ` + "set HARN_LLM_PROVIDER=mock to run without a provider"
  );
}

function modelRates(catalog: ModelCatalog, model: string): TokenRates | undefined {
  const pricing = catalog.model(model)?.pricing;
  if (pricing === undefined) return undefined;
  return {
    input: pricing.inputPerMtok,
    output: pricing.outputPerMtok,
    ...(pricing.cacheReadPerMtok === undefined ? {} : { cacheRead: pricing.cacheReadPerMtok }),
    ...(pricing.cacheWritePerMtok === undefined ? {} : { cacheWrite: pricing.cacheWritePerMtok }),
  };
}

function providerRates(catalog: ModelCatalog, provider: string): TokenRates | undefined {
  const config = catalog.provider(provider);
  if (config?.costPer1kIn === undefined || config.costPer1kOut === undefined) return undefined;
  return { input: config.costPer1kIn * 1000, output: config.costPer1kOut * 1000 };
}
