/** Looking up what a (provider, model) pair can do, with overrides of the project in front (PROV-04, CONF-04). */

import { BUILTIN_CAPABILITIES, type CapabilityRule, type CapabilityTable } from "./capability-matrix.ts";
import { Fields, given, matchesGlob } from "./catalog-config.ts";
import { atLeast, type ModelVersion, modelVersion } from "./model-version.ts";

/** A rule with every question answered. */
export interface Capabilities {
  readonly nativeTools: boolean;
  readonly deferLoading: boolean;
  readonly toolSearch: readonly string[];
  readonly maxTools: number | undefined;
  readonly promptCaching: boolean;
  readonly vision: boolean;
  readonly visionSupported: boolean;
  readonly audio: boolean;
  readonly pdf: boolean;
  readonly structuredOutput: string | undefined;
  readonly thinkingModes: readonly string[];
  readonly interleavedThinking: boolean;
  readonly anthropicBetaFeatures: readonly string[];
  readonly preserveThinking: boolean;
  readonly serverParser: string;
  readonly honorsChatTemplateKwargs: boolean;
  readonly requiresCompletionTokens: boolean;
  readonly reasoningEffort: boolean;
  readonly recommendedEndpoint: string | undefined;
  readonly textToolWireFormat: boolean;
}

/** What an unknown pair can do: nothing special. */
export const NO_CAPABILITIES: Capabilities = answer({ modelMatch: "*" });

/** One line of the provider matrix, in the shape of a rule: `model` is its pattern. */
export interface CapabilityRow extends Capabilities {
  readonly provider: string;
  readonly model: string;
  readonly source: "project" | "builtin";
}

/**
 * Overrides come before the built-in rules of the same provider; then the family is asked. The mock speaks as the
 * provider whose model it is given: Anthropic's rules first, then OpenAI's.
 */
export function lookupCapabilities(provider: string, model: string, overrides?: CapabilityTable): Capabilities {
  const chain = provider === "mock" ? ["anthropic", "openai"] : familyChain(provider, overrides);
  for (const name of chain) {
    const rule =
      own(overrides?.rules, name)?.find((candidate) => ruleMatches(candidate, model)) ??
      own(BUILTIN_CAPABILITIES.rules, name)?.find((candidate) => ruleMatches(candidate, model));
    if (rule) return answer(rule);
  }
  return NO_CAPABILITIES;
}

/** Every rule in the order in which it is asked, overrides first. */
export function capabilityRows(overrides?: CapabilityTable): readonly CapabilityRow[] {
  const rowsOf = (table: CapabilityTable, source: CapabilityRow["source"]): CapabilityRow[] =>
    Object.keys(table.rules)
      .sort()
      .flatMap((provider) =>
        table.rules[provider]!.map((rule) => ({ ...answer(rule), provider, model: rule.modelMatch, source })),
      );
  return [...(overrides ? rowsOf(overrides, "project") : []), ...rowsOf(BUILTIN_CAPABILITIES, "builtin")];
}

/** Reads a parsed override file: `provider.<name>` lists of rules, and `provider_family`. Throws code `llm.config`. */
export function decodeCapabilityTable(value: unknown): CapabilityTable {
  const file = new Fields(value, "");
  const providers = file.optionalTable("provider");
  return {
    rules: Object.fromEntries(
      (providers?.keys() ?? []).map((name) => [name, providers?.listOf(name, decodeRule) ?? []] as const),
    ),
    families: file.stringTable("provider_family"),
  };
}

function decodeRule(fields: Fields): CapabilityRule {
  const thinking = fields.optionalBoolean("thinking");
  return {
    modelMatch: fields.string("model_match"),
    ...given("versionMin", decodeVersion(fields)),
    ...given("nativeTools", fields.optionalBoolean("native_tools")),
    ...given("deferLoading", fields.optionalBoolean("defer_loading")),
    ...given("toolSearch", fields.optionalStrings("tool_search")),
    ...given("maxTools", fields.optionalNumber("max_tools")),
    ...given("promptCaching", fields.optionalBoolean("prompt_caching")),
    ...given("vision", fields.optionalBoolean("vision")),
    ...given("visionSupported", fields.optionalBoolean("vision_supported")),
    ...given("audio", fields.optionalBoolean("audio")),
    ...given("pdf", fields.optionalBoolean("pdf")),
    // Older files call it json_schema, and know only whether there is thinking.
    ...given("structuredOutput", fields.optionalString("structured_output") ?? fields.optionalString("json_schema")),
    ...given("thinkingModes", fields.optionalStrings("thinking_modes") ?? (thinking ? ["enabled"] : undefined)),
    ...given("interleavedThinking", fields.optionalBoolean("interleaved_thinking_supported")),
    ...given("anthropicBetaFeatures", fields.optionalStrings("anthropic_beta_features")),
    ...given("preserveThinking", fields.optionalBoolean("preserve_thinking")),
    ...given("serverParser", fields.optionalString("server_parser")),
    ...given("honorsChatTemplateKwargs", fields.optionalBoolean("honors_chat_template_kwargs")),
    ...given("requiresCompletionTokens", fields.optionalBoolean("requires_completion_tokens")),
    ...given("reasoningEffort", fields.optionalBoolean("reasoning_effort_supported")),
    ...given("recommendedEndpoint", fields.optionalString("recommended_endpoint")),
    ...given("textToolWireFormat", fields.optionalBoolean("text_tool_wire_format_supported")),
  };
}

function decodeVersion(fields: Fields): ModelVersion | undefined {
  const parts = fields.optionalNumbers("version_min");
  if (parts === undefined) return undefined;
  return [parts[0] ?? 0, parts[1] ?? 0];
}

function familyChain(provider: string, overrides: CapabilityTable | undefined): string[] {
  const chain: string[] = [];
  let name: string | undefined = provider;
  // An override may name a circle.
  while (name !== undefined && !chain.includes(name)) {
    chain.push(name);
    name = own(overrides?.families, name) ?? own(BUILTIN_CAPABILITIES.families, name);
  }
  return chain;
}

/** Names come from programs: `constructor` is a provider nobody knows, not a function. */
function own<T>(table: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

function ruleMatches(rule: CapabilityRule, model: string): boolean {
  if (!matchesGlob(rule.modelMatch.toLowerCase(), model.toLowerCase())) return false;
  return rule.versionMin === undefined || atLeast(modelVersion(model), rule.versionMin);
}

function answer(rule: CapabilityRule): Capabilities {
  return {
    nativeTools: rule.nativeTools ?? false,
    deferLoading: rule.deferLoading ?? false,
    toolSearch: rule.toolSearch ?? [],
    maxTools: rule.maxTools,
    promptCaching: rule.promptCaching ?? false,
    vision: rule.vision ?? rule.visionSupported ?? false,
    visionSupported: rule.visionSupported ?? false,
    audio: rule.audio ?? false,
    pdf: rule.pdf ?? false,
    structuredOutput: rule.structuredOutput === "none" ? undefined : rule.structuredOutput,
    thinkingModes: rule.thinkingModes ?? [],
    interleavedThinking: rule.interleavedThinking ?? false,
    anthropicBetaFeatures: rule.anthropicBetaFeatures ?? [],
    preserveThinking: rule.preserveThinking ?? false,
    serverParser: rule.serverParser ?? "none",
    honorsChatTemplateKwargs: rule.honorsChatTemplateKwargs ?? false,
    requiresCompletionTokens: rule.requiresCompletionTokens ?? false,
    reasoningEffort: rule.reasoningEffort ?? false,
    recommendedEndpoint: rule.recommendedEndpoint,
    textToolWireFormat: rule.textToolWireFormat ?? true,
  };
}
