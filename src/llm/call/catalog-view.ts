/** What calls need to know about providers and models. The catalogue implements it; tests hand in a few lines. */

import type { JsonObject } from "../../base/index.ts";
import type { PriceBook } from "../cost/pricing.ts";

/** What a model can do behind a provider. Absent means no. */
export interface ModelCapabilities {
  readonly nativeTools?: boolean;
  readonly vision?: boolean;
  readonly audio?: boolean;
  readonly pdf?: boolean;
  readonly promptCaching?: boolean;
  /** `enabled`, `adaptive`, `effort`. */
  readonly thinkingModes?: readonly string[];
  readonly reasoningEffort?: boolean;
  readonly interleavedThinking?: boolean;
  /** How answers are held to a schema: `native`, `tool_use`, `format_kw`. */
  readonly structuredOutput?: string;
  /** Variants of the provider's own tool search, best first; empty: it has none. */
  readonly toolSearch?: readonly string[];
}

export interface ModelName {
  readonly model: string;
  readonly provider: string;
}

export interface CatalogView extends PriceBook {
  hasProvider(provider: string): boolean;
  readonly defaultProvider: string;
  /** Why no credential can be found for a provider, in words; undefined when there is one or none is needed (CONF-07). */
  keyProblem(provider: string): string | undefined;
  /** The id behind an alias, and its provider when the alias names one. Unknown names come back as they are. */
  resolveModel(name: string): { readonly model: string; readonly provider?: string };
  /** Which provider a model id speaks of; `guessed` when only the default was left. */
  inferProvider(model: string): { readonly provider: string; readonly guessed: boolean };
  /** Models of a tier, preferred first. */
  tierModels(tier: string): readonly ModelName[];
  /** `small`, `mid` or `frontier`. */
  modelTier(model: string): string;
  /** Every known model (ROUTE-18). */
  knownModels(): readonly ModelName[];
  /** Sampling values for what a call leaves open (OPT-07). */
  modelDefaults(model: string): JsonObject;
  capabilities(provider: string, model: string): ModelCapabilities;
  /** `native` or `text` (OPT-17). */
  toolFormat(provider: string, model: string): string;
  latencyP50Ms(provider: string): number | undefined;
  /** The provider to try when this one fails (PROV-08). */
  fallbackProvider(provider: string): string | undefined;
}

const EVERYTHING: ModelCapabilities = {
  nativeTools: true,
  vision: true,
  audio: true,
  pdf: true,
  promptCaching: true,
  thinkingModes: ["enabled", "adaptive", "effort"],
  reasoningEffort: true,
  interleavedThinking: true,
  structuredOutput: "native",
};

/** Knows nothing, forbids nothing, prices nothing: for a program that brings its own client. */
export function openCatalog(defaultProvider: string): CatalogView {
  return {
    defaultProvider,
    hasProvider: () => true,
    keyProblem: () => undefined,
    resolveModel: (model) => ({ model }),
    inferProvider: () => ({ provider: defaultProvider, guessed: false }),
    tierModels: () => [],
    modelTier: () => "mid",
    knownModels: () => [],
    modelDefaults: () => ({}),
    capabilities: () => EVERYTHING,
    toolFormat: () => "native",
    latencyP50Ms: () => undefined,
    fallbackProvider: () => undefined,
    rates: () => undefined,
  };
}
