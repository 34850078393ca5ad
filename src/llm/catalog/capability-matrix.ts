/**
 * What providers and models can do, as ordered rules: within a provider the first rule that matches the model wins. A
 * provider without a matching rule asks its family ({@link BUILTIN_FAMILIES}).
 *
 * To add a model, add a rule before the wildcard it would fall under.
 */

import { table } from "../../base/index.ts";
import type { ModelVersion } from "./model-version.ts";

export type ThinkingMode = "enabled" | "adaptive" | "effort";

export interface CapabilityRule {
  /** Pattern with `*`, compared in lower case. */
  readonly modelMatch: string;
  /** Matches only ids with at least this version; ids without a version do not match. */
  readonly versionMin?: ModelVersion;
  readonly nativeTools?: boolean;
  /** Tool definitions may be sent deferred and be found by a search of the provider. */
  readonly deferLoading?: boolean;
  /** Variants of that search, the preferred one first. */
  readonly toolSearch?: readonly string[];
  readonly maxTools?: number;
  readonly promptCaching?: boolean;
  /** Whether we can send images on this route; `visionSupported`: whether the model takes them. */
  readonly vision?: boolean;
  readonly visionSupported?: boolean;
  readonly audio?: boolean;
  readonly pdf?: boolean;
  /** How a JSON schema is enforced: `native`, `tool_use`, `format_kw`, `none`. */
  readonly structuredOutput?: string;
  readonly thinkingModes?: readonly string[];
  readonly interleavedThinking?: boolean;
  readonly anthropicBetaFeatures?: readonly string[];
  /** Earlier reasoning should stay in the history. */
  readonly preserveThinking?: boolean;
  /** A parser of the server that changes the answer before we see it. */
  readonly serverParser?: string;
  readonly honorsChatTemplateKwargs?: boolean;
  /** Takes `max_completion_tokens` instead of `max_tokens`. */
  readonly requiresCompletionTokens?: boolean;
  readonly reasoningEffort?: boolean;
  readonly recommendedEndpoint?: string;
  /** Whether tool calls written as text survive the server. */
  readonly textToolWireFormat?: boolean;
}

export interface CapabilityTable {
  readonly rules: Readonly<Record<string, readonly CapabilityRule[]>>;
  /** Provider → the provider whose rules it inherits. */
  readonly families: Readonly<Record<string, string>>;
}

const CHAT = "/v1/chat/completions";

const CLAUDE: Partial<CapabilityRule> = {
  nativeTools: true,
  promptCaching: true,
  vision: true,
  visionSupported: true,
  pdf: true,
  structuredOutput: "tool_use",
  thinkingModes: ["enabled"],
};
const CLAUDE_SEARCH: Partial<CapabilityRule> = {
  ...CLAUDE,
  deferLoading: true,
  toolSearch: ["bm25", "regex"],
  maxTools: 10_000,
};
const ADAPTIVE: Partial<CapabilityRule> = { ...CLAUDE_SEARCH, thinkingModes: ["adaptive"] };

function claudeRules(prefix: string): CapabilityRule[] {
  return [
    { ...ADAPTIVE, modelMatch: `${prefix}claude-haiku-*`, versionMin: [4, 7] },
    { ...ADAPTIVE, modelMatch: `${prefix}claude-opus-*`, versionMin: [4, 7], interleavedThinking: true },
    { ...ADAPTIVE, modelMatch: `${prefix}claude-sonnet-*`, versionMin: [4, 7] },
    { ...CLAUDE_SEARCH, modelMatch: `${prefix}claude-haiku-*`, versionMin: [4, 5] },
    { ...CLAUDE_SEARCH, modelMatch: `${prefix}claude-opus-*`, versionMin: [4, 6], interleavedThinking: true },
    { ...CLAUDE_SEARCH, modelMatch: `${prefix}claude-opus-*`, versionMin: [4, 0] },
    { ...CLAUDE_SEARCH, modelMatch: `${prefix}claude-sonnet-*`, versionMin: [4, 0] },
  ];
}

const GPT: Partial<CapabilityRule> = { nativeTools: true, structuredOutput: "native" };
const REASONING: Partial<CapabilityRule> = {
  ...GPT,
  thinkingModes: ["effort"],
  requiresCompletionTokens: true,
  reasoningEffort: true,
};

function gptRules(prefix: string): CapabilityRule[] {
  return [
    { ...GPT, modelMatch: `${prefix}gpt-4o*`, vision: true, audio: true, visionSupported: true },
    { ...GPT, modelMatch: `${prefix}gpt-4.1*`, visionSupported: true },
    {
      ...REASONING,
      modelMatch: `${prefix}gpt-*`,
      versionMin: [5, 4],
      deferLoading: true,
      toolSearch: ["hosted", "client"],
      visionSupported: true,
    },
    { ...REASONING, modelMatch: `${prefix}gpt-*`, versionMin: [5, 0], visionSupported: true },
    { ...GPT, modelMatch: `${prefix}gpt-*` },
    { ...REASONING, modelMatch: `${prefix}o1*` },
    { ...REASONING, modelMatch: `${prefix}o3*` },
    { ...REASONING, modelMatch: `${prefix}o4*`, visionSupported: true },
  ];
}

const QWEN: Partial<CapabilityRule> = {
  nativeTools: true,
  structuredOutput: "native",
  thinkingModes: ["enabled"],
  serverParser: "none",
  honorsChatTemplateKwargs: true,
  recommendedEndpoint: CHAT,
  textToolWireFormat: true,
};

/** Qwen 3.6 keeps its reasoning in the history; older ones do not. */
function qwenRules(
  newer: readonly string[],
  older: readonly string[],
  extra: Partial<CapabilityRule> = {},
): CapabilityRule[] {
  return [
    ...newer.map((modelMatch) => ({ ...QWEN, ...extra, modelMatch, preserveThinking: true })),
    ...older.map((modelMatch) => ({ ...QWEN, ...extra, modelMatch })),
  ];
}

const OLLAMA_QWEN: Partial<CapabilityRule> = {
  nativeTools: true,
  structuredOutput: "format_kw",
  thinkingModes: ["enabled"],
  serverParser: "ollama_qwen3coder",
  honorsChatTemplateKwargs: false,
  recommendedEndpoint: "/api/generate-raw",
  textToolWireFormat: false,
};

const DEEPSEEK: Partial<CapabilityRule> = {
  nativeTools: true,
  thinkingModes: ["enabled"],
  promptCaching: true,
  structuredOutput: "native",
  serverParser: "none",
  honorsChatTemplateKwargs: true,
};

const GEMINI: Partial<CapabilityRule> = {
  nativeTools: true,
  vision: true,
  visionSupported: true,
  audio: true,
  pdf: true,
  structuredOutput: "native",
  thinkingModes: ["enabled", "effort"],
};

const AZURE_ENDPOINT = "/openai/deployments/{deployment}/chat/completions";

export const BUILTIN_FAMILIES: Readonly<Record<string, string>> = table({
  openrouter: "openai",
  together: "openai",
  groq: "openai",
  deepseek: "openai",
  fireworks: "openai",
  huggingface: "openai",
  local: "openai",
  dashscope: "openai",
  llamacpp: "openai",
  mlx: "openai",
  vllm: "local",
  tgi: "local",
});

export const BUILTIN_CAPABILITIES: CapabilityTable = {
  families: BUILTIN_FAMILIES,
  rules: {
    anthropic: [...claudeRules(""), ...claudeRules("anthropic/"), { ...CLAUDE, modelMatch: "claude-*" }],
    openai: [...gptRules(""), ...gptRules("openai/")],
    ollama: [
      ...["llava*", "bakllava*", "llama3.2-vision*", "gemma3*"].map((modelMatch) => ({
        modelMatch,
        visionSupported: true,
      })),
      { ...OLLAMA_QWEN, modelMatch: "qwen3.6*", preserveThinking: true },
      { ...OLLAMA_QWEN, modelMatch: "qwen3*" },
    ],
    llamacpp: qwenRules(["*qwen3.6*"], ["*qwen3*"]),
    local: qwenRules(["*qwen3.6*"], ["*qwen3*"]),
    mlx: qwenRules(["*qwen3.6*"], ["*qwen3*"], { vision: true }),
    dashscope: qwenRules(["qwen3.6*"], ["qwen*"]),
    // Fireworks writes the dot of a version as `p`.
    fireworks: qwenRules(["*qwen3.6*", "*qwen3p6*"], ["*qwen*"]),
    huggingface: [...qwenRules(["qwen/qwen3.6*"], ["qwen/*"]), { ...DEEPSEEK, modelMatch: "deepseek-ai/deepseek-v3*" }],
    together: [
      ...qwenRules(["qwen/qwen3.6*"], ["qwen/*"]),
      { ...DEEPSEEK, modelMatch: "deepseek-ai/deepseek-v3*" },
      { modelMatch: "moonshotai/*", nativeTools: true, structuredOutput: "native" },
    ],
    deepseek: [
      { modelMatch: "deepseek-reasoner*", nativeTools: true, promptCaching: true, thinkingModes: ["enabled"] },
      { modelMatch: "deepseek-*", nativeTools: true, promptCaching: true },
    ],
    // OpenRouter asks for reasoning with a field of its own and drops template arguments.
    openrouter: [
      ...qwenRules(["qwen/qwen3.6*"], ["qwen/*"], {
        thinkingModes: ["enabled", "effort"],
        honorsChatTemplateKwargs: false,
      }),
      {
        ...DEEPSEEK,
        modelMatch: "deepseek/deepseek-v3*",
        thinkingModes: ["enabled", "effort"],
        honorsChatTemplateKwargs: false,
      },
      {
        modelMatch: "google/gemini-2.5*",
        nativeTools: true,
        thinkingModes: ["enabled", "effort"],
        promptCaching: true,
        vision: true,
        visionSupported: true,
        structuredOutput: "native",
      },
      { modelMatch: "google/gemma-4*", nativeTools: true, structuredOutput: "native" },
    ],
    gemini: [
      { ...GEMINI, modelMatch: "gemini-*" },
      { ...GEMINI, modelMatch: "models/gemini-*" },
    ],
    vertex: [
      {
        ...GEMINI,
        modelMatch: "gemini-*",
        recommendedEndpoint:
          "/projects/{project}/locations/{location}/publishers/google/models/{model}:generateContent",
        textToolWireFormat: true,
      },
    ],
    bedrock: [
      { modelMatch: "*", nativeTools: true, recommendedEndpoint: "/model/{model}/converse", textToolWireFormat: true },
    ],
    azure_openai: ["gpt-*", "o1*", "o3*", "o4*"].map((modelMatch) => ({
      modelMatch,
      nativeTools: true,
      recommendedEndpoint: AZURE_ENDPOINT,
      textToolWireFormat: true,
      ...(modelMatch.startsWith("o")
        ? { requiresCompletionTokens: true, reasoningEffort: true, thinkingModes: ["effort"] }
        : {}),
    })),
  },
};
