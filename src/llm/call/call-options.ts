/**
 * Every option of a model call, read once into typed form (section 6). The table below is the only place that knows an
 * option's type and default; options with a grammar of their own have a reader in a file beside this one.
 *
 * Nil counts as absent. A value of the wrong type is an error that names the option, what was expected and what was
 * found, and is thrown before anything else happens (CALL-02). Unknown options are kept for whoever knows them.
 */

import { HarnError, type Host, isJsonObject, type Json, type JsonObject, table } from "../../base/index.ts";
import { type BudgetEnvelope, readBudgetEnvelope } from "../cost/budget-envelope.ts";
import { unknownProviderText } from "../errors/unknown-provider.ts";
import { type RoutingPolicy, readRouting } from "../routing/routing-policy.ts";
import type { Message, OutputFormat, SamplingSettings, ThinkingConfig, ToolChoice, ToolSpec } from "../spec/model.ts";
import { readSchemaNudge, type SchemaNudge } from "../structured/nudge.ts";
import type { ModelCapabilities } from "./catalog-view.ts";
import type { EnvSettings } from "./env-settings.ts";
import { type Experiment, readExperiment } from "./experiments.ts";
import type { LlmContext } from "./llm-context.ts";
import { attachmentsOf, readMessages } from "./messages.ts";
import {
  aBoolean,
  aDict,
  aNameList,
  aNumber,
  anInteger,
  aPositiveInteger,
  aString,
  displayText,
  looseStrings,
  oneOf,
  readOption,
} from "./option-readers.ts";
import { readOutput } from "./output-options.ts";
import {
  decideRoute,
  decisionJson,
  type RoutePolicy,
  type RoutingDecision,
  readRoutePolicy,
  resolveModel,
  routePolicyLabel,
} from "./resolve-model.ts";
import { readBetaFeatures, readThinking, supportsThinking } from "./thinking-options.ts";
import { offerTools, readToolChoice, readToolSearch, readTools, type ToolSearch } from "./tool-options.ts";

/** CALL-08: a call fails fast unless it asks for retries. */
export const DEFAULT_LLM_RETRIES = 0;
/** Milliseconds. */
export const DEFAULT_LLM_BACKOFF_MS = 250;
export const DEFAULT_MAX_TOKENS = 16_384;
export const DEFAULT_SCHEMA_RETRIES = 1;
const DEFAULT_TIMEOUT_SECONDS = 120;
const DEFAULT_IDLE_TIMEOUT_SECONDS = 30;

export interface CallOptions {
  readonly provider: string;
  readonly model: string;
  readonly capabilities: ModelCapabilities;
  readonly system?: string;
  /** As the program wrote them; what goes into transcripts. */
  readonly messageList: readonly Json[];
  readonly routePolicy: RoutePolicy;
  readonly routingDecision?: RoutingDecision;
  readonly fallbackChain: readonly string[];
  readonly routing?: RoutingPolicy;
  readonly maxTokens: number;
  readonly sampling: SamplingSettings;
  readonly output: OutputFormat;
  readonly outputSchema?: JsonObject;
  /** The call wants data, not text (OPT-34). */
  readonly structured: boolean;
  /** `error`, `warn`, or anything else for no reaction. */
  readonly outputValidation: string;
  readonly schemaRetries: number;
  readonly schemaNudge: SchemaNudge;
  readonly llmRetries: number;
  readonly llmBackoffMs: number;
  /** `native` or `text`. */
  readonly toolFormat: string;
  readonly userVisible: boolean;
  readonly thinking: ThinkingConfig;
  readonly betaFeatures: readonly string[];
  readonly tools?: readonly ToolSpec[];
  readonly toolChoice?: ToolChoice;
  readonly toolSearch?: ToolSearch;
  /** The provider searches deferred tools itself. */
  readonly nativeToolSearch?: { readonly variant: "bm25" | "regex" };
  readonly cache: boolean;
  readonly stream: boolean;
  readonly limits: CallLimits;
  readonly providerOptions: Readonly<Record<string, JsonObject>>;
  readonly budget?: BudgetEnvelope;
  readonly prefill?: string;
  readonly experiment?: Experiment;
  readonly sessionId?: string;
}

/** How long an attempt may take, milliseconds. */
export interface CallLimits {
  /** For the whole attempt; set when the program or the environment says so, and for answers that come whole. */
  readonly timeoutMs?: number;
  /** Silence between two chunks of a streamed answer. */
  readonly idleMs?: number;
  /** The limits of `llm_stream` (STREAM-06, STREAM-07). */
  readonly streamIdleMs: number;
  readonly streamTimeoutMs?: number;
}

/** Name, type and, in {@link readCallOptions}, default of the options that are single values. */
const OPTIONS = {
  provider: aString,
  model: aString,
  model_tier: aString,
  fallback_chain: aNameList,
  max_tokens: aPositiveInteger,
  temperature: aNumber,
  top_p: aNumber,
  top_k: anInteger,
  frequency_penalty: aNumber,
  presence_penalty: aNumber,
  seed: anInteger,
  logprobs: aBoolean,
  top_logprobs: anInteger,
  output_validation: aString,
  schema_retries: anInteger,
  llm_retries: anInteger,
  llm_backoff_ms: anInteger,
  tool_format: oneOf("native", "text"),
  user_visible: aBoolean,
  interleaved_thinking: aBoolean,
  vision: aBoolean,
  audio: aBoolean,
  pdf: aBoolean,
  cache: aBoolean,
  stream: aBoolean,
  timeout: aPositiveInteger,
  idle_timeout: aPositiveInteger,
  session_id: aString,
} as const;

/** The others: those with a grammar, several spellings or no type of their own, each read by its name. */
const OTHER_OPTIONS = [
  "anthropic_beta_features",
  "budget",
  "json_schema",
  "max_cost_usd",
  "max_input_tokens",
  "max_output_tokens",
  "messages",
  "output_format",
  "output_schema",
  "prefill",
  "reasoning_effort",
  "response_format",
  "route_policy",
  "routing",
  "schema",
  "schema_retry_nudge",
  "stop",
  "structural_experiment",
  "thinking",
  "tool_choice",
  "tool_search",
  "tools",
  "total_budget_usd",
];

/** The names of all options of a model call; besides them an option may have the name of a provider (OPT-28). */
export const CALL_OPTION_NAMES: readonly string[] = [...Object.keys(OPTIONS), ...OTHER_OPTIONS];

export type RawOptions = Readonly<Record<string, unknown>>;

/**
 * Reads the arguments of `llm_call(prompt, system?, options?)`.
 * @throws HarnError code `llm.option` for a value that does not fit, or a capability the model lacks (OPT-33)
 */
export function readCallOptions(
  context: LlmContext,
  prompt: unknown,
  system?: unknown,
  raw: unknown = {},
): CallOptions {
  const { host, env, catalog } = context;
  const options = optionDict(raw);
  refuseRemoved(options);
  const read = <K extends keyof typeof OPTIONS>(name: K) =>
    readOption<ValueOf<K>>(options, name, OPTIONS[name] as never);

  const routePolicy = readRoutePolicy(options["route_policy"]);
  const asked = { provider: read("provider"), model: read("model"), tier: read("model_tier") };
  const resolved = resolveModel(context, asked);
  const routingDecision = decideRoute(catalog, routePolicy, resolved);
  const provider = routingDecision?.selected_provider ?? resolved.provider;
  const model = routingDecision?.selected_model ?? resolved.model;
  const capabilities = catalog.capabilities(provider, model);
  // Queued mocks answer for every provider: neither keys nor capabilities matter then (MOCK-14).
  const gated = context.clients.mock?.active !== true;
  const keyProblem = gated ? catalog.keyProblem(provider) : undefined;
  if (keyProblem !== undefined) throw new HarnError("llm.key", keyProblem);
  const gate = (option: string, supported: boolean | undefined): void => {
    if (!gated || supported === true) return;
    // A misspelt name has no capabilities, which would be told as one of them.
    throw catalog.hasProvider(provider) ? unsupported(option, provider, model) : unknownProvider(provider);
  };

  const thinking = readThinking(options);
  if (thinking.option === "reasoning_effort" && thinking.config.mode === "effort") {
    gate("reasoning_effort", capabilities.reasoningEffort);
  }
  gate(thinking.option, supportsThinking(thinking.config, capabilities));
  if (read("interleaved_thinking")) gate("interleaved_thinking", capabilities.interleavedThinking);

  const output = readOutput(options);
  if (output.format.kind !== "text" && provider !== "mock" && provider !== "fake") {
    gate("output_format", capabilities.structuredOutput !== undefined);
  }

  const messageList = readMessageList(options["messages"], prompt);
  const { messages } = readMessages(messageList);
  const images = attachmentsOf(messages).filter((attachment) => attachment.kind === "image");
  if (read("vision") || images.length > 0) gate("vision", capabilities.vision);
  if (read("audio")) gate("audio", capabilities.audio);
  if (read("pdf")) gate("pdf", capabilities.pdf);
  if (provider === "ollama" && images.some((image) => image.url !== undefined)) {
    throw new HarnError(
      "llm.option",
      'llm_call: provider "ollama" requires image base64; url image content is not supported',
    );
  }

  const cache = read("cache") ?? false;
  if (cache) gate("cache", capabilities.promptCaching);
  const toolFormat = read("tool_format") ?? toolFormatFromEnv(env) ?? catalog.toolFormat(provider, model);
  const declared = readTools(options["tools"]);
  if (declared !== undefined && toolFormat === "native") gate("tools", capabilities.nativeTools);
  const toolChoice = readToolChoice(options["tool_choice"]);
  if (toolChoice !== undefined) gate("tool_choice", capabilities.nativeTools);
  const toolSearch = readToolSearch(options["tool_search"]);
  const forced = isJsonObject(options[provider]) && options[provider]["force_native_tool_search"] === true;
  const searchable =
    forced && !capabilities.toolSearch?.length ? { ...capabilities, toolSearch: ["hosted"] } : capabilities;
  const offered = offerTools(declared, toolSearch, searchable, { provider, model });

  const sampling = readSampling(options, read, catalog.modelDefaults(model));
  warnIgnored(host, provider, sampling, cache);
  const stream = read("stream") ?? streamFromEnv(env);
  const budget = readBudgetEnvelope(options);
  const routing = readRouting(options["routing"]);
  const experiment = readExperiment(env, options["structural_experiment"]);
  const systemText = system === undefined || system === null ? undefined : displayText(system);
  const prefill = options["prefill"];
  const prefillText = prefill === undefined || prefill === null ? "" : displayText(prefill);
  const sessionId = read("session_id");

  return {
    provider,
    model,
    capabilities,
    ...(systemText === undefined ? {} : { system: systemText }),
    messageList,
    routePolicy,
    ...(routingDecision === undefined ? {} : { routingDecision }),
    fallbackChain: read("fallback_chain") ?? [],
    ...(routing === undefined ? {} : { routing }),
    maxTokens: read("max_tokens") ?? DEFAULT_MAX_TOKENS,
    sampling,
    output: output.format,
    ...(output.schema === undefined ? {} : { outputSchema: output.schema }),
    structured: output.structured,
    outputValidation: read("output_validation") ?? "off",
    schemaRetries: Math.max(0, read("schema_retries") ?? DEFAULT_SCHEMA_RETRIES),
    schemaNudge: readSchemaNudge(options["schema_retry_nudge"]),
    llmRetries: Math.max(0, read("llm_retries") ?? DEFAULT_LLM_RETRIES),
    llmBackoffMs: Math.max(0, read("llm_backoff_ms") ?? DEFAULT_LLM_BACKOFF_MS),
    toolFormat,
    userVisible: context.observer !== undefined && (read("user_visible") ?? false),
    thinking: thinking.config,
    betaFeatures: readBetaFeatures(options, thinking.config, capabilities),
    ...(offered.tools === undefined ? {} : { tools: offered.tools }),
    ...(offered.nativeSearch === undefined ? {} : { nativeToolSearch: offered.nativeSearch }),
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(toolSearch === undefined ? {} : { toolSearch }),
    cache,
    stream,
    limits: readLimits(context, read("timeout"), read("idle_timeout"), stream),
    providerOptions: readProviderOptions(context, options),
    ...(budget === undefined ? {} : { budget }),
    ...(prefillText === "" ? {} : { prefill: prefillText }),
    ...(experiment === undefined ? {} : { experiment }),
    ...(sessionId === undefined ? {} : { sessionId }),
  };
}

type ValueOf<K extends keyof typeof OPTIONS> = Exclude<ReturnType<(typeof OPTIONS)[K]["read"]>, symbol>;
type ReadOption = <K extends keyof typeof OPTIONS>(name: K) => ValueOf<K> | undefined;

function optionDict(raw: unknown): RawOptions {
  if (raw === undefined || raw === null) return {};
  const options = aDict.read(raw);
  if (isJsonObject(options)) return options as RawOptions;
  throw new HarnError("llm.option", `Expected the options of the call to be a dict, found ${displayText(raw)}`);
}

/** OPT-32. */
function refuseRemoved(options: RawOptions): void {
  if (options["transcript"] === undefined) return;
  throw new HarnError(
    "llm.option",
    "llm_call / agent_loop: the `transcript` option was removed. Open or resume a session with " +
      "`agent_session_open(id)` and pass `session_id: id` instead",
  );
}

function unknownProvider(provider: string): HarnError {
  return new HarnError("llm.option", unknownProviderText(provider));
}

/** OPT-33. */
function unsupported(option: string, provider: string, model: string): HarnError {
  return new HarnError(
    "llm.option",
    `option \`${option}\` is not supported by \`${model}\` (provider \`${provider}\`). ` +
      `See \`provider_capabilities("${provider}", "${model}")\` for compatibility.`,
    { data: { option, provider, model } },
  );
}

/** CALL-10: `messages` wins over the prompt. */
function readMessageList(messages: unknown, prompt: unknown): readonly Json[] {
  if (Array.isArray(messages)) return messages as readonly Json[];
  if (messages !== undefined && messages !== null) {
    throw new HarnError("llm.option", `Expected \`messages\` to be a list, found ${displayText(messages)}`);
  }
  return [{ role: "user", content: prompt === undefined || prompt === null ? "" : displayText(prompt) }];
}

function readSampling(options: RawOptions, read: ReadOption, defaults: JsonObject): SamplingSettings {
  const fallback = (name: string): number | undefined => {
    const value = defaults[name];
    return typeof value === "number" ? value : undefined;
  };
  const settings: Record<keyof SamplingSettings, unknown> = {
    temperature: read("temperature") ?? fallback("temperature"),
    topP: read("top_p") ?? fallback("top_p"),
    topK: read("top_k") ?? fallback("top_k"),
    frequencyPenalty: read("frequency_penalty") ?? fallback("frequency_penalty"),
    presencePenalty: read("presence_penalty") ?? fallback("presence_penalty"),
    seed: read("seed"),
    stop: looseStrings(options["stop"]),
    logprobs: read("logprobs"),
    topLogprobs: read("top_logprobs"),
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** Settings that a provider takes and forgets (OPT-33). */
const IGNORED: Readonly<Record<string, readonly (keyof SamplingSettings | "cache")[]>> = table({
  anthropic: ["seed", "frequencyPenalty", "presencePenalty"],
  openai: ["topK", "cache"],
  huggingface: ["topK", "cache"],
  local: ["topK", "cache"],
  openrouter: ["topK", "cache"],
  ollama: ["frequencyPenalty", "presencePenalty", "cache"],
});

function warnIgnored(host: Host, provider: string, sampling: SamplingSettings, cache: boolean): void {
  for (const name of IGNORED[provider] ?? []) {
    if (name === "cache" ? !cache : sampling[name] === undefined) continue;
    const option = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    host.sync("log.write", {
      level: "warn",
      message: `llm: "${option}" is not supported by provider "${provider}", ignoring`,
      fields: { option, provider },
    });
  }
}

/** OPT-28: `<provider name>: {…}` for every provider that is known, so that fallbacks find theirs. */
function readProviderOptions(context: LlmContext, options: RawOptions): Readonly<Record<string, JsonObject>> {
  const out: Record<string, JsonObject> = {};
  for (const [name, value] of Object.entries(options)) {
    if (isJsonObject(value) && !RESERVED.has(name) && context.catalog.hasProvider(name)) out[name] = value;
  }
  return out;
}

/** Dict-valued options that a catalogue without a list of providers could mistake for one. */
const RESERVED = new Set([
  "budget",
  "json_schema",
  "output_format",
  "output_schema",
  "policy",
  "repair",
  "route_policy",
  "routing",
  "schema",
  "schema_retry_nudge",
  "structural_experiment",
  "thinking",
  "tool_choice",
  "tool_search",
  "tools",
]);

// ---- Environment -----------------------------------------------------------------------------------------------------

function toolFormatFromEnv(env: EnvSettings): string | undefined {
  const value = env.get("HARN_AGENT_TOOL_FORMAT")?.trim();
  return value === undefined || value === "" ? undefined : value;
}

function streamFromEnv(env: EnvSettings): boolean {
  const value = env.get("HARN_LLM_STREAM")?.toLowerCase();
  return value !== "0" && value !== "false";
}

/**
 * OPT-27. A deadline that was asked for limits the whole attempt. The default one would cut long answers in the middle,
 * so for streamed answers it limits silence instead.
 */
function readLimits(
  context: LlmContext,
  timeoutSeconds: number | undefined,
  idleSeconds: number | undefined,
  stream: boolean,
): CallLimits {
  const asked = timeoutSeconds ?? secondsFromEnv(context, "HARN_LLM_TIMEOUT");
  const idle = idleSeconds ?? secondsFromEnv(context, "HARN_LLM_IDLE_TIMEOUT");
  const timeout = asked ?? (stream ? undefined : DEFAULT_TIMEOUT_SECONDS);
  const silence = idleSeconds ?? (stream && asked === undefined ? DEFAULT_TIMEOUT_SECONDS : undefined);
  return {
    ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }),
    ...(silence === undefined ? {} : { idleMs: silence * 1000 }),
    streamIdleMs: (idle ?? DEFAULT_IDLE_TIMEOUT_SECONDS) * 1000,
    ...(timeoutSeconds === undefined ? {} : { streamTimeoutMs: timeoutSeconds * 1000 }),
  };
}

function secondsFromEnv({ env, host }: LlmContext, name: string): number | undefined {
  const text = env.get(name)?.trim();
  if (text === undefined || text === "") return undefined;
  if (/^\d+$/.test(text) && Number(text) > 0) return Number(text);
  host.sync("log.write", {
    level: "warn",
    message: `Expected \`${name}\` to be a whole number of seconds, found \`${text}\`; ignored`,
  });
  return undefined;
}

// ---- Request ---------------------------------------------------------------------------------------------------------

/** Facts of the route for traces. */
export function routeFacts(options: CallOptions): { readonly policy: string; readonly decision?: JsonObject } {
  const decision = options.routingDecision;
  return {
    policy: routePolicyLabel(options.routePolicy),
    ...(decision === undefined ? {} : { decision: decisionJson(decision) }),
  };
}

/** Messages in provider form; `system` messages join the system prompt. */
export function requestMessages(
  messageList: readonly Json[],
  system: string | undefined,
): { readonly messages: readonly Message[]; readonly system?: string } {
  const read = readMessages(messageList);
  const parts = [system, read.system].filter((part): part is string => part !== undefined && part !== "");
  return { messages: read.messages, ...(parts.length === 0 ? {} : { system: parts.join("\n\n") }) };
}
