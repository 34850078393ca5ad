/** Which provider a model id speaks of, and what tier it belongs to (CONF-01, CONF-02). */

import { BUILTIN_INFERENCE_RULES } from "./builtin-models.ts";
import { type CatalogConfig, matchesModel } from "./catalog-config.ts";

export interface ProviderInference {
  readonly provider: string;
  /** True when nothing in the id said so and the default provider was taken. */
  readonly isDefault: boolean;
}

/**
 * Rules of the configuration, then shapes: `local:`/`ollama:`/`name:tag` is ollama, `hf:`/`huggingface:` huggingface,
 * exactly one slash openrouter, then well-known beginnings, then the default.
 * @param defaultProvider what is taken when nothing fits
 */
export function inferProvider(config: CatalogConfig, modelId: string, defaultProvider: string): ProviderInference {
  const rule =
    config.inferenceRules.find((candidate) => matchesModel(candidate, modelId)) ??
    BUILTIN_INFERENCE_RULES.find((candidate) => matchesModel(candidate, modelId));
  const provider = rule?.provider ?? providerOfShape(modelId);
  return provider === undefined ? { provider: defaultProvider, isDefault: true } : { provider, isDefault: false };
}

function providerOfShape(modelId: string): string | undefined {
  if (/^(?:hf|huggingface):/.test(modelId)) return "huggingface";
  if (/^(?:local|ollama):/.test(modelId)) return "ollama";
  const slashes = modelId.split("/").length - 1;
  // A fine-tuned model of OpenAI has colons too.
  if (modelId.startsWith("ft:")) return "openai";
  if (modelId.includes(":") && slashes === 0) return "ollama";
  if (slashes === 1) return "openrouter";
  if (modelId.startsWith("claude-")) return "anthropic";
  if (/^(?:gpt-|o1|o3|o4)/.test(modelId)) return "openai";
  if (modelId.startsWith("gemini-")) return "gemini";
  return modelId.includes(":") ? "ollama" : undefined;
}

/** Drops the words that name the transport, not the model: `ollama:qwen3:30b` is the model `qwen3:30b`. */
export function normalizeModelId(selector: string): string {
  return selector.replace(/^(?:ollama|local|huggingface|hf):/, "");
}

/** `small`, `mid` or `frontier`; rules see the id as it is, the well-known pieces in lower case. */
export function modelTier(config: CatalogConfig, modelId: string): string {
  const rule = config.tierRules.find((candidate) => matchesModel(candidate, modelId));
  if (rule) return rule.tier;
  const lower = modelId.toLowerCase();
  if (lower.includes("9b") || lower.includes("a3b")) return "small";
  if (lower.startsWith("claude-") || lower === "gpt-4o") return "frontier";
  return config.tierDefault ?? "mid";
}
