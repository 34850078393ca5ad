/** Aliases, models, tiers and rules that need no configuration. */

import { BUILTIN_PROVIDERS } from "./builtin-providers.ts";
import type { CatalogConfig, InferenceRule, TierRule } from "./catalog-config.ts";

const SONNET = { id: "claude-sonnet-4-20250514", provider: "anthropic" };
const MINI = { id: "gpt-4o-mini", provider: "openai" };
const QWEN = { id: "Qwen/Qwen3.5-9B", provider: "openrouter" };
const local = (id: string) => ({ id, provider: "local" });

/** Names of the model families that Bedrock hosts, which look like nothing else. */
const BEDROCK: readonly InferenceRule[] = [
  "anthropic.claude-*",
  "meta.llama*",
  "amazon.*",
  "mistral.*",
  "cohere.*",
].map((pattern) => ({ pattern, provider: "bedrock" }));

const contains = (tier: string, ...pieces: readonly string[]): TierRule[] =>
  pieces.map((piece) => ({ contains: piece, tier }));

export const BUILTIN_CATALOG: CatalogConfig = {
  defaultProvider: "anthropic",
  providers: BUILTIN_PROVIDERS,
  aliases: {
    frontier: SONNET,
    "tier/frontier": SONNET,
    mid: MINI,
    "tier/mid": MINI,
    small: QWEN,
    "tier/small": QWEN,
    "local-gemma4": local("gemma-4-26b-a4b-it"),
    "local-gemma4-26b": local("gemma-4-26b-a4b-it"),
    "local-gemma4-31b": local("gemma-4-31b-it"),
    "local-gemma4-e4b": local("gemma-4-e4b-it"),
    "local-gemma4-e2b": local("gemma-4-e2b-it"),
    "mlx-qwen36-27b": { id: "unsloth/Qwen3.6-27B-UD-MLX-4bit", provider: "mlx" },
  },
  models: {
    "claude-sonnet-4-20250514": {
      name: "Claude Sonnet 4",
      provider: "anthropic",
      contextWindow: 200_000,
      capabilities: ["tools", "streaming", "prompt_caching", "thinking"],
      pricing: { inputPerMtok: 3, outputPerMtok: 15, cacheReadPerMtok: 0.3, cacheWritePerMtok: 3.75 },
    },
    "gpt-4o-mini": {
      name: "GPT-4o Mini",
      provider: "openai",
      contextWindow: 128_000,
      capabilities: ["tools", "streaming"],
      pricing: { inputPerMtok: 0.15, outputPerMtok: 0.6 },
    },
    "Qwen/Qwen3.5-9B": {
      name: "Qwen3.5 9B",
      provider: "openrouter",
      contextWindow: 131_072,
      capabilities: ["tools", "streaming"],
    },
    "llama3.2": {
      name: "Llama 3.2",
      provider: "ollama",
      contextWindow: 32_000,
      streamTimeout: 300,
      capabilities: ["tools", "streaming"],
    },
  },
  qcDefaults: {
    anthropic: "claude-3-5-haiku-20241022",
    openai: "gpt-4o-mini",
    openrouter: "google/gemini-2.5-flash",
    ollama: "llama3.2",
    local: "gpt-4o",
  },
  inferenceRules: [],
  tierRules: [
    ...contains("small", "9b", "a3b", "gemma-4-e2b", "gemma-4-e4b"),
    ...contains("mid", "gemma-4-26b"),
    ...contains("frontier", "gemma-4-31b"),
    ...contains("mid", "gemma4:26b"),
    ...contains("frontier", "gemma4:31b"),
    { pattern: "claude-*", tier: "frontier" },
    { exact: "gpt-4o", tier: "frontier" },
  ],
  tierDefault: "mid",
  modelDefaults: {},
};

/** Checked after the rules of the configuration and before the shapes in `infer-provider.ts`. */
export const BUILTIN_INFERENCE_RULES: readonly InferenceRule[] = BEDROCK;
