/**
 * The catalogue of a run: the built-in tables, the layers of configuration over them, and what the run changed
 * (registered providers, capability overrides). Everything else is a pure look-up.
 *
 * Environment and credentials are read when asked, through the host, so a test needs no global lock.
 */

import type { Host } from "../../base/index.ts";
import type { EnvSettings } from "../call/env-settings.ts";
import { BUILTIN_CATALOG } from "./builtin-models.ts";
import { type Capabilities, lookupCapabilities } from "./capabilities.ts";
import type { CapabilityTable } from "./capability-matrix.ts";
import {
  type AliasConfig,
  type CatalogConfig,
  type ModelConfig,
  mergeCatalogs,
  type ProviderConfig,
} from "./catalog-config.ts";
import { inferProvider, modelTier, normalizeModelId, type ProviderInference } from "./infer-provider.ts";

/** PROV-05: the providers of a fresh registry. */
export const DEFAULT_PROVIDERS: readonly string[] = [
  "mock",
  "anthropic",
  "gemini",
  "azure_openai",
  "bedrock",
  "ollama",
  "vertex",
  "openai",
  "openrouter",
  "together",
  "groq",
  "deepseek",
  "fireworks",
  "huggingface",
  "local",
  "mlx",
  "vllm",
  "tgi",
  "dashscope",
];

/** A model selector told in full (CONF-02). */
export interface ResolvedModel {
  readonly id: string;
  readonly provider: string;
  /** The alias that was asked for, if it was one. */
  readonly alias: string | undefined;
  readonly toolFormat: string;
  readonly tier: string;
}

export interface ModelChoice {
  readonly id: string;
  readonly provider: string;
}

export interface ModelCatalog {
  /** Built-ins and layers, merged. */
  readonly config: CatalogConfig;
  /** Replaces the layers over the built-ins; later ones win (CONF-06). */
  setLayers(layers: readonly CatalogConfig[]): void;

  readonly capabilityOverrides: CapabilityTable | undefined;
  setCapabilityOverrides(table: CapabilityTable | undefined): void;
  capabilities(provider: string, model: string): Capabilities;

  /** Names registered or configured, sorted (CONF-03). */
  providerNames(): readonly string[];
  isRegistered(provider: string): boolean;
  registerProvider(name: string): void;
  /** PROV-05: the default names; nothing when any name is registered. */
  registerDefaultProviders(): void;
  provider(name: string): ProviderConfig | undefined;
  /** The base URL with its environment override applied. */
  baseUrl(config: ProviderConfig): string;
  defaultProvider(): string;
  /** The credential of a provider: the first of its names that has a value; undefined when none has. */
  credential(config: ProviderConfig): string | undefined;
  /** Whether the provider needs no credential or has one. */
  keyAvailable(provider: string): boolean;

  alias(name: string): AliasConfig | undefined;
  model(id: string): ModelConfig | undefined;
  inferProvider(modelId: string): ProviderInference;
  tier(modelId: string): string;
  toolFormat(modelId: string, provider: string): string;
  resolve(selector: string): ResolvedModel;
  /** A tier or alias as a model, preferring a provider; undefined when nothing is configured for it. */
  resolveTier(target: string, preferredProvider?: string): ModelChoice | undefined;
  /** The models behind aliases that belong to a tier, by provider and id. */
  tierCandidates(tier: string): readonly ModelChoice[];
  /** All models behind aliases, by provider and id. */
  candidates(): readonly ModelChoice[];
  /** Environment variable, trimmed of the quotes that some files leave; undefined when empty. */
  env(name: string): string | undefined;
  /** What the run changed; layers are the embedder's. */
  save(): SavedCatalog;
  load(saved: SavedCatalog): void;
}

/** Plain data. */
export interface SavedCatalog {
  readonly overrides: CapabilityTable | undefined;
  readonly registered: readonly string[];
}

/**
 * Providers, models, aliases and prices: those built in, changed by `layers` in order, and by what the environment says.
 *
 * @param settings default: the environment is asked each time
 */
export function createModelCatalog(
  host: Pick<Host, "sync">,
  layers: readonly CatalogConfig[] = [],
  settings: Pick<EnvSettings, "get"> = { get: (name) => host.sync("env.get", { name }) },
): ModelCatalog {
  const merge = (over: readonly CatalogConfig[]): CatalogConfig => over.reduce(mergeCatalogs, BUILTIN_CATALOG);
  let config = merge(layers);
  let overrides: CapabilityTable | undefined;
  const registered = new Set<string>();

  const env = (name: string): string | undefined => unquote(settings.get(name));
  const secret = (name: string): string | undefined =>
    unquote(host.sync("secret.get", { name }) ?? host.sync("env.get", { name }));

  const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
    Object.hasOwn(table, key) ? table[key] : undefined;

  const catalog: ModelCatalog = {
    get config() {
      return config;
    },
    setLayers(next) {
      config = merge(next);
    },
    get capabilityOverrides() {
      return overrides;
    },
    setCapabilityOverrides(table) {
      overrides = table;
    },
    capabilities: (provider, model) => lookupCapabilities(provider, model, overrides),

    providerNames: () => [...new Set([...registered, ...Object.keys(config.providers)])].sort(),
    isRegistered: (provider) => registered.has(provider),
    registerProvider(name) {
      registered.add(name);
    },
    registerDefaultProviders() {
      if (registered.size === 0) for (const name of DEFAULT_PROVIDERS) registered.add(name);
    },
    provider: (name) => own(config.providers, name),
    baseUrl: (provider) =>
      (provider.baseUrlEnv === undefined ? undefined : env(provider.baseUrlEnv)) ?? provider.baseUrl,
    defaultProvider() {
      const named = [env("HARN_DEFAULT_PROVIDER"), config.defaultProvider?.trim()];
      return named.find((name) => name !== undefined && name !== "" && name.toLowerCase() !== "auto") ?? "anthropic";
    },
    credential(provider) {
      for (const name of provider.authEnvs) {
        const value = secret(name);
        if (value !== undefined) return value;
      }
      return undefined;
    },
    keyAvailable(name) {
      const provider = catalog.provider(name);
      if (!provider) return name === "ollama" || name === "mock";
      return needsNoKey(provider) || catalog.credential(provider) !== undefined;
    },

    alias: (name) => own(config.aliases, name),
    model: (id) => own(config.models, id),
    inferProvider: (modelId) => inferProvider(config, modelId, catalog.defaultProvider()),
    tier: (modelId) => modelTier(config, modelId),
    toolFormat(modelId, provider) {
      for (const [name, alias] of Object.entries(config.aliases)) {
        const named = name === modelId || (alias.id === modelId && alias.provider === provider);
        if (named && alias.toolFormat !== undefined) return alias.toolFormat;
      }
      return catalog.provider(provider)?.features.includes("native_tools") ? "native" : "text";
    },
    resolve(selector) {
      const alias = catalog.alias(selector);
      const id = alias?.id ?? normalizeModelId(selector);
      const provider = alias?.provider ?? catalog.inferProvider(selector).provider;
      return {
        id,
        provider,
        alias: alias && selector,
        toolFormat: alias?.toolFormat ?? catalog.toolFormat(id, provider),
        tier: catalog.tier(id),
      };
    },
    resolveTier(target, preferred) {
      const names = [
        target,
        ...(preferred === undefined ? [] : [`${preferred}/${target}`, `${preferred}:${target}`]),
        `tier/${target}`,
      ];
      // A provider's own answer to a tier is more precise than the general one.
      if (preferred !== undefined) names.push(names.shift()!);
      for (const name of names) {
        const alias = catalog.alias(name);
        if (alias) return { id: alias.id, provider: alias.provider };
      }
      return undefined;
    },
    tierCandidates: (tier) => catalog.candidates().filter((candidate) => catalog.tier(candidate.id) === tier),
    candidates() {
      const seen = new Map<string, ModelChoice>();
      for (const { id, provider } of Object.values(config.aliases)) seen.set(`${provider}\n${id}`, { id, provider });
      return [...seen.keys()].sort().map((key) => seen.get(key)!);
    },
    env,
    save: () => ({ overrides, registered: [...registered] }),
    load(saved) {
      overrides = saved.overrides;
      registered.clear();
      for (const name of saved.registered) registered.add(name);
    },
  };
  catalog.registerDefaultProviders();
  return catalog;
}

export function needsNoKey(provider: ProviderConfig): boolean {
  return provider.authStyle === "none" || provider.authEnvs.length === 0;
}

function unquote(value: string | undefined): string | undefined {
  const text = value?.trim().replace(/^["']+|["']+$/g, "");
  return text === "" ? undefined : text;
}
