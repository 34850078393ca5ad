/**
 * Where the servers that speak chat completions differ. A provider that is not listed gets {@link PLAIN}. To support
 * another server, add a line; code that asks for a provider's name elsewhere is a line that is missing here.
 */

import { table } from "../../base/index.ts";
export interface ChatQuirks {
  /** How reasoning is asked for. `effort`: `reasoning_effort`; `openrouter`: a `reasoning` object. */
  readonly reasoning: "effort" | "openrouter";
  /** How earlier reasoning goes back: not at all, as text, or as the list it came in. */
  readonly reasoningEcho: "none" | "reasoning_content" | "reasoning_details";
  /** Where `<think>` in the text is reasoning: at its beginning only, or anywhere. */
  readonly inlineThinking: "never" | "leading" | "anywhere";
  /** Whether `top_k` is understood. */
  readonly topK: boolean;
  /** Whether the usage must be asked for (`stream_options`). */
  readonly asksForUsage: boolean;
  /** The deployment in the URL names the model; the body must not. */
  readonly modelInUrl: boolean;
  /** `enable_thinking` beside the template arguments. */
  readonly enableThinkingField: boolean;
  /** `prompt_cache_key` makes repeated prefixes meet the same cache. */
  readonly promptCacheKey: boolean;
}

const PLAIN: ChatQuirks = {
  reasoning: "effort",
  reasoningEcho: "none",
  inlineThinking: "leading",
  topK: false,
  asksForUsage: true,
  modelInUrl: false,
  enableThinkingField: false,
  promptCacheKey: false,
};

/** Open-weight models: templates put their reasoning into the text. */
const OPEN_WEIGHTS: ChatQuirks = { ...PLAIN, inlineThinking: "anywhere", topK: true };

const QUIRKS: Readonly<Record<string, ChatQuirks>> = table({
  openai: { ...PLAIN, inlineThinking: "never", promptCacheKey: true },
  azure_openai: { ...PLAIN, inlineThinking: "never", modelInUrl: true },
  openrouter: { ...PLAIN, reasoning: "openrouter", reasoningEcho: "reasoning_details", topK: true },
  together: OPEN_WEIGHTS,
  groq: { ...PLAIN, inlineThinking: "anywhere" },
  deepseek: PLAIN,
  fireworks: OPEN_WEIGHTS,
  huggingface: OPEN_WEIGHTS,
  dashscope: { ...OPEN_WEIGHTS, enableThinkingField: true },
  local: OPEN_WEIGHTS,
  mlx: OPEN_WEIGHTS,
  vllm: OPEN_WEIGHTS,
  tgi: OPEN_WEIGHTS,
  llamacpp: OPEN_WEIGHTS,
  ollama: OPEN_WEIGHTS,
});

export function chatQuirks(provider: string): ChatQuirks {
  return Object.hasOwn(QUIRKS, provider) ? QUIRKS[provider]! : PLAIN;
}

/** Names with a line of their own; a test holds them against the provider table. */
export const QUIRKY_PROVIDERS: readonly string[] = Object.keys(QUIRKS);
