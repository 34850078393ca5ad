/**
 * What the configuration builtins answer, as data with the field names that programs see (CONF-01 … CONF-04). Look-ups
 * are pure functions of the catalogue; those that change it say so.
 */

import { HarnError, type Json, type JsonObject } from "../../base/index.ts";
import { type Capabilities, decodeCapabilityTable } from "./capabilities.ts";
import { given, type ModelConfig, type ModelPricing, type ProviderConfig } from "./catalog-config.ts";
import type { ModelCatalog, ResolvedModel } from "./model-catalog.ts";

/** `llm_resolve_model(selector)` */
export function resolveModelAnswer(catalog: ModelCatalog, selector: string): JsonObject {
  return resolvedAnswer(catalog.resolve(selector));
}

/** `llm_model_info(selector)` */
export function modelInfoAnswer(catalog: ModelCatalog, selector: string): JsonObject {
  const resolved = catalog.resolve(selector);
  const entry = catalog.model(resolved.id);
  return {
    ...resolvedAnswer(resolved),
    capabilities: providerCapabilitiesAnswer(catalog, resolved.provider, resolved.id),
    catalog: entry === undefined ? null : modelAnswer(resolved.id, entry),
    qc_default_model: qcModel(catalog, resolved.provider),
    auth_available: catalog.keyAvailable(resolved.provider),
  };
}

/** `llm_pick_model(target, {provider})`: a tier or alias as a model, else the target itself as a model id. */
export function pickModelAnswer(catalog: ModelCatalog, target: string, preferredProvider?: string): JsonObject {
  const choice = catalog.resolveTier(target, preferredProvider) ?? catalog.resolve(target);
  return { id: choice.id, provider: choice.provider, tier: catalog.tier(choice.id) };
}

/** `llm_available_providers()`: configured providers that need no key or have one, sorted. */
export function availableProviders(catalog: ModelCatalog): readonly string[] {
  return configuredProviders(catalog).filter((name) => catalog.keyAvailable(name));
}

/** `llm_known_models()`: names of the aliases, sorted. */
export function knownModels(catalog: ModelCatalog): readonly string[] {
  return Object.keys(catalog.config.aliases).sort();
}

/** `llm_qc_default_model(provider)`: null when there is none. Throws code `llm.config` without a name. */
export function qcDefaultModelAnswer(catalog: ModelCatalog, provider: string): string | null {
  if (provider === "") throw refusal("llm_qc_default_model: provider name is required");
  return qcModel(catalog, provider);
}

/** `llm_config(provider?)`: one provider, null when it is unknown; all of them by name without an argument. */
export function configAnswer(catalog: ModelCatalog, provider?: string): JsonObject | null {
  if (provider === undefined) {
    const names = configuredProviders(catalog);
    return Object.fromEntries(names.map((name) => [name, providerAnswer(catalog, name, catalog.provider(name)!)]));
  }
  const config = catalog.provider(provider);
  return config === undefined ? null : providerAnswer(catalog, provider, config);
}

/** `llm_provider_catalog()`: everything that is configured. */
export function providerCatalogAnswer(catalog: ModelCatalog): JsonObject {
  const { aliases, models, qcDefaults } = catalog.config;
  return {
    providers: configuredProviders(catalog).map((name) => ({
      name,
      ...providerAnswer(catalog, name, catalog.provider(name)!),
    })),
    known_model_names: knownModels(catalog),
    available_providers: availableProviders(catalog),
    aliases: knownModels(catalog).map((name) => {
      const { id, provider, toolFormat } = aliases[name]!;
      return { name, id, provider, tool_format: toolFormat ?? null };
    }),
    models: Object.entries(models)
      .sort(([idA, a], [idB, b]) => compare(a.provider, b.provider) || compare(idA, idB))
      .map(([id, model]) => modelAnswer(id, model)),
    qc_defaults: { ...qcDefaults },
  };
}

/** `provider_register(name)`. Changes the catalogue. Throws code `llm.config` without a name. */
export function registerProvider(catalog: ModelCatalog, name: string): true {
  if (name === "") throw refusal("provider_register: name is required");
  catalog.registerProvider(name);
  return true;
}

/** `provider_capabilities(provider, model)`: everything off for an unknown pair. Throws code `llm.config` without a name. */
export function providerCapabilitiesAnswer(catalog: ModelCatalog, provider: string, model: string): JsonObject {
  if (provider === "") throw refusal("provider_capabilities: provider name is required");
  return { provider, model, ...capabilitiesAnswer(catalog.capabilities(provider, model)) };
}

/**
 * `provider_capabilities_install(toml)`. Changes the catalogue, replacing earlier overrides; a text that cannot be read
 * changes nothing and throws code `llm.config`.
 * @param parseToml turns the text into values; its errors are told on
 */
export function installCapabilities(catalog: ModelCatalog, text: string, parseToml: (text: string) => unknown): true {
  if (text === "") throw refusal("provider_capabilities_install: TOML source string required");
  try {
    catalog.setCapabilityOverrides(decodeCapabilityTable(parseToml(text)));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refusal(`provider_capabilities_install: parse error: ${why}`, error);
  }
  return true;
}

/** `provider_capabilities_clear()`. Changes the catalogue. */
export function clearCapabilities(catalog: ModelCatalog): true {
  catalog.setCapabilityOverrides(undefined);
  return true;
}

function resolvedAnswer(resolved: ResolvedModel): JsonObject {
  return {
    id: resolved.id,
    provider: resolved.provider,
    alias: resolved.alias ?? null,
    tool_format: resolved.toolFormat,
    tier: resolved.tier,
  };
}

function capabilitiesAnswer(found: Capabilities): JsonObject {
  return {
    native_tools: found.nativeTools,
    defer_loading: found.deferLoading,
    tool_search: found.toolSearch,
    max_tools: found.maxTools ?? null,
    prompt_caching: found.promptCaching,
    thinking: found.thinkingModes.length > 0,
    thinking_modes: found.thinkingModes,
    interleaved_thinking_supported: found.interleavedThinking,
    anthropic_beta_features: found.anthropicBetaFeatures,
    vision_supported: found.visionSupported,
    audio: found.audio,
    pdf: found.pdf,
    preserve_thinking: found.preserveThinking,
    requires_completion_tokens: found.requiresCompletionTokens,
    reasoning_effort_supported: found.reasoningEffort,
  };
}

function providerAnswer(catalog: ModelCatalog, name: string, config: ProviderConfig): JsonObject {
  return {
    ...given("display_name", config.displayName),
    ...given("icon", config.icon),
    base_url: config.baseUrl,
    ...given("base_url_env", config.baseUrlEnv),
    auth_style: config.authStyle,
    auth_envs: config.authEnvs,
    auth_available: catalog.keyAvailable(name),
    chat_endpoint: config.chatEndpoint,
    ...given("completion_endpoint", config.completionEndpoint),
    ...given("auth_header", config.authHeader),
    ...(Object.keys(config.extraHeaders).length === 0 ? {} : { extra_headers: { ...config.extraHeaders } }),
    ...(config.features.length === 0 ? {} : { features: config.features }),
    ...given("rpm", config.rpm),
    ...given("cost_per_1k_in", config.costPer1kIn),
    ...given("cost_per_1k_out", config.costPer1kOut),
    ...given("latency_p50_ms", config.latencyP50Ms),
  };
}

function modelAnswer(id: string, model: ModelConfig): JsonObject {
  return {
    id,
    name: model.name,
    provider: model.provider,
    context_window: model.contextWindow,
    stream_timeout: model.streamTimeout ?? null,
    capabilities: model.capabilities,
    pricing: model.pricing === undefined ? null : pricingAnswer(model.pricing),
  };
}

function pricingAnswer(pricing: ModelPricing): Json {
  return {
    input_per_mtok: pricing.inputPerMtok,
    output_per_mtok: pricing.outputPerMtok,
    cache_read_per_mtok: pricing.cacheReadPerMtok ?? null,
    cache_write_per_mtok: pricing.cacheWritePerMtok ?? null,
  };
}

function configuredProviders(catalog: ModelCatalog): readonly string[] {
  return Object.keys(catalog.config.providers).sort();
}

function qcModel(catalog: ModelCatalog, provider: string): string | null {
  const { qcDefaults } = catalog.config;
  const name = provider.toLowerCase();
  return Object.hasOwn(qcDefaults, name) ? qcDefaults[name]! : null;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function refusal(message: string, cause?: unknown): HarnError {
  return new HarnError("llm.config", message, cause === undefined ? {} : { cause });
}
