/** What a program may ask about providers and models (CONF-01 … CONF-05). The catalogue answers; here values are converted. */

import { parse as parseToml } from "smol-toml";
import type { Json } from "../../base/index.ts";
import {
  availableProviders,
  checkHealth,
  clearCapabilities,
  configAnswer,
  type HealthcheckOptions,
  installCapabilities,
  knownModels,
  type ModelCatalog,
  modelInfoAnswer,
  pickModelAnswer,
  providerCapabilitiesAnswer,
  providerCatalogAnswer,
  qcDefaultModelAnswer,
  registerProvider,
  resolveModelAnswer,
  routingPolicyValue,
} from "../../llm/index.ts";
import { Dict, display, type Value } from "../../vm/index.ts";
import { boolField, field, stringField, textArgument } from "../arguments.ts";
import { type Builtin, type BuiltinDoc, effect, pure } from "../builtin.ts";
import { valueToJson } from "../json/convert.ts";
import { answerValue } from "./answer-value.ts";
import { guarded, guardedSync, llmState } from "./run-state.ts";

type Answer = (catalog: ModelCatalog, args: readonly Value[]) => unknown;

/** A question to the catalogue, or a change of it. */
function catalogBuiltin(doc: BuiltinDoc, answer: Answer): Builtin {
  return pure({ ...doc, effects: ["env"] }, (args, context) =>
    guardedSync(() => answerValue(answer(llmState(context).catalog, args) as Json)),
  );
}

export const llmConfigBuiltins: readonly Builtin[] = [
  catalogBuiltin(
    {
      signature: "llm_infer_provider(model: string) -> string",
      summary: "Name the provider that a model id speaks of",
      example: 'println(llm_infer_provider("claude-opus-4-7"))',
    },
    (catalog, args) => catalog.inferProvider(textArgument(args, 0)).provider,
  ),
  catalogBuiltin(
    {
      signature: "llm_model_tier(model: string) -> string",
      summary: "Tell whether a model is `small`, `mid` or `frontier`",
      example: 'println(llm_model_tier("claude-opus-4-7"))',
    },
    (catalog, args) => catalog.tier(textArgument(args, 0)),
  ),
  catalogBuiltin(
    {
      signature: "llm_resolve_model(selector: string) -> dict",
      summary: "Resolve an alias or id to `{id, provider, alias, tool_format, tier}`",
      example: 'println(llm_resolve_model("claude-opus-4-7").provider)',
    },
    (catalog, args) => resolveModelAnswer(catalog, textArgument(args, 0)),
  ),
  catalogBuiltin(
    {
      signature: "llm_model_info(selector: string) -> dict",
      summary: "Resolve a model and add its capabilities, catalogue entry and whether there is a key",
      example: 'println(llm_model_info("claude-opus-4-7").tier)',
    },
    (catalog, args) => modelInfoAnswer(catalog, textArgument(args, 0)),
  ),
  catalogBuiltin(
    {
      signature: "llm_pick_model(target: string, options?: dict) -> dict",
      summary: "Pick a model for a tier, alias or id, of `options.provider` where possible",
      example: 'println(llm_pick_model("claude-opus-4-7").id)',
    },
    (catalog, args) => pickModelAnswer(catalog, textArgument(args, 0), stringField(args[1], "provider")),
  ),
  catalogBuiltin(
    {
      signature: "llm_providers() -> list",
      summary: "List the known providers",
      example: 'println(llm_providers().contains("anthropic"))',
    },
    (catalog) => catalog.providerNames(),
  ),
  catalogBuiltin(
    {
      signature: "llm_available_providers() -> list",
      summary: "List the providers that need no key or have one",
      example: "println(type_of(llm_available_providers()))",
    },
    availableProviders,
  ),
  catalogBuiltin(
    {
      signature: "llm_known_models() -> list",
      summary: "List the names of the model aliases",
      example: "println(type_of(llm_known_models()))",
    },
    knownModels,
  ),
  catalogBuiltin(
    {
      signature: "llm_provider_catalog() -> dict",
      summary: "Show providers, models, aliases and prices as they are configured",
      example: "println(len(llm_provider_catalog().providers) > 0)",
    },
    providerCatalogAnswer,
  ),
  catalogBuiltin(
    {
      signature: "llm_qc_default_model(provider: string) -> string | nil",
      summary: "Name the model for quality checks of a provider",
      errors: "Throws without a name",
      example: 'println(type_of(llm_qc_default_model("anthropic")))',
    },
    (catalog, args) => qcDefaultModelAnswer(catalog, textArgument(args, 0)),
  ),
  catalogBuiltin(
    {
      signature: "llm_config(provider?: string) -> dict | nil",
      summary: "Show the configuration of one provider or of all",
      example: 'println(llm_config("nobody"))',
    },
    (catalog, [provider]) => configAnswer(catalog, provider === undefined ? undefined : display(provider)),
  ),
  catalogBuiltin(
    {
      signature: "provider_register(name: string) -> bool",
      summary: "Add a name to the known providers",
      errors: "Throws without a name",
      example: 'println(provider_register("mine"))',
    },
    (catalog, args) => registerProvider(catalog, textArgument(args, 0)),
  ),
  catalogBuiltin(
    {
      signature: "provider_capabilities(provider: string, model: string) -> dict",
      summary: "Tell what a model can do behind a provider; everything is off for an unknown pair",
      errors: "Throws without a provider",
      example: 'println(provider_capabilities("anthropic", "claude-opus-4-7").native_tools)',
    },
    (catalog, args) => providerCapabilitiesAnswer(catalog, textArgument(args, 0), textArgument(args, 1)),
  ),
  catalogBuiltin(
    {
      signature: "provider_capabilities_install(toml: string) -> bool",
      summary: "Override the capabilities table for the rest of the run",
      errors: "Throws for text that is no such table",
      example:
        'provider_capabilities_install("""\n[[provider.mine]]\nmodel_match = "*"\nnative_tools = true\n""")\nprintln(provider_capabilities("mine", "m").native_tools)',
    },
    (catalog, args) => installCapabilities(catalog, textArgument(args, 0), parseToml),
  ),
  catalogBuiltin(
    {
      signature: "provider_capabilities_clear() -> bool",
      summary: "Take overrides of the capabilities table back",
      example: "println(provider_capabilities_clear())",
    },
    clearCapabilities,
  ),
  effect(
    {
      signature: "llm_healthcheck(provider?: string, options?: dict) -> dict",
      summary: "Check whether a provider answers, its key is good and it serves a model",
      options: ["api_key", "base_url", "keep_alive", "model", "provider", "warm"],
      effects: ["http", "env"],
      example: 'println(llm_healthcheck("nobody").valid)',
    },
    ([provider, options], context) =>
      guarded(async () => {
        const asked = healthcheckOptions(provider, options);
        return answerValue((await checkHealth(context.host, llmState(context).catalog, asked)) as unknown as Json);
      }),
  ),
  pure(
    {
      signature: "routing_policy(config: dict) -> dict",
      summary: "Check a routing policy `{chain, failover?, latency?, budget?, label?}` for the `routing` option",
      errors: "Throws for a policy that cannot be followed, naming the field",
      example: 'println(routing_policy({chain: ["mock:a", "mock:b"]}).label)',
    },
    ([config]) => guardedSync(() => answerValue(routingPolicyValue(config === undefined ? null : valueToJson(config)))),
  ),
];

function healthcheckOptions(provider: Value, options: Value): HealthcheckOptions {
  // Both forms are in use: `(provider, options)` and `({provider, …})`.
  const given = provider instanceof Dict ? provider : options;
  const name = typeof provider === "string" ? provider : stringField(given, "provider");
  const apiKey = stringField(given, "api_key");
  const model = stringField(given, "model");
  const baseUrl = stringField(given, "base_url");
  const keepAlive = field(given, "keep_alive");
  const warm = boolField(given, "warm");
  return {
    ...(name === undefined ? {} : { provider: name }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(model === undefined ? {} : { model }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(warm === undefined ? {} : { warm }),
    ...(typeof keepAlive === "string" || typeof keepAlive === "number" ? { keepAlive } : {}),
  };
}
