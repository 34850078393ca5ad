/** Which provider and model a call goes to (OPT-01, OPT-02), and the simple route policies (OPT-03, ROUTE-18). */

import { HarnError, isJsonObject, type JsonObject, table } from "../../base/index.ts";
import type { CatalogView, ModelName } from "./catalog-view.ts";
import type { LlmContext } from "./llm-context.ts";

export interface ModelRequest {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  /** `small`, `mid`, `frontier`. */
  readonly tier?: string | undefined;
}

/** What of a run decides: its settings, its catalogue, and who is told of a guess. */
export type ModelChooser = Pick<LlmContext, "host" | "env" | "catalog" | "defaults">;

export function resolveModel(context: ModelChooser, request: ModelRequest): ModelName {
  const { defaults = {} } = context;
  const asked: ModelRequest = {
    ...request,
    model: request.model ?? (request.tier === undefined ? defaults.model : undefined),
    provider: request.provider ?? defaults.provider,
  };
  const provider = resolveProvider(context, asked);
  return { provider, model: resolveModelOf(context, asked, provider) };
}

function resolveProvider(context: ModelChooser, request: ModelRequest): string {
  const { catalog } = context;
  const { provider, model, tier } = request;
  if (provider !== undefined && provider !== "") {
    if (provider.toLowerCase() !== "auto") return provider;
    if (model !== undefined) return providerOf(context, model);
  }
  const fromEnv = variable(context, "HARN_LLM_PROVIDER");
  if (fromEnv !== undefined) return fromEnv;
  const envModel = variable(context, "HARN_LLM_MODEL");
  if (
    variable(context, "LOCAL_LLM_BASE_URL") !== undefined &&
    (model ?? envModel ?? variable(context, "LOCAL_LLM_MODEL"))
  )
    return "local";
  if (model !== undefined) return providerOf(context, model);
  if (tier !== undefined) {
    const found = availableOfTier(catalog, tier, undefined);
    if (found !== undefined) return found.provider;
  }
  if (envModel !== undefined) return providerOf(context, envModel);
  for (const name of [catalog.defaultProvider, "ollama", "local"]) {
    if (catalog.hasProvider(name) && catalog.keyProblem(name) === undefined) return name;
  }
  return catalog.defaultProvider;
}

function providerOf({ host, catalog }: ModelChooser, model: string): string {
  const resolved = catalog.resolveModel(model);
  if (resolved.provider !== undefined) return resolved.provider;
  const inferred = catalog.inferProvider(resolved.model);
  if (inferred.guessed) {
    host.sync("log.write", {
      level: "warn",
      message: `llm.provider: no provider can be told from model \`${model}\`; using \`${inferred.provider}\``,
      fields: { model, provider: inferred.provider },
    });
  }
  return inferred.provider;
}

function resolveModelOf(context: ModelChooser, request: ModelRequest, provider: string): string {
  const { catalog } = context;
  if (request.model !== undefined) return catalog.resolveModel(request.model).model;
  if (request.tier !== undefined) {
    const found = availableOfTier(catalog, request.tier, provider);
    if (found !== undefined) return found.model;
  }
  const fromEnv = variable(context, "HARN_LLM_MODEL") ?? variable(context, "LOCAL_LLM_MODEL");
  if (fromEnv !== undefined) return catalog.resolveModel(fromEnv).model;
  return DEFAULT_MODELS[provider] ?? "claude-sonnet-4-20250514";
}

const DEFAULT_MODELS: Readonly<Record<string, string>> = table({
  openai: "gpt-4o",
  ollama: "llama3.2",
  openrouter: "anthropic/claude-sonnet-4.6",
});

/** A model of the tier whose provider can be called; of the asked provider if it has one. */
function availableOfTier(catalog: CatalogView, tier: string, provider: string | undefined): ModelName | undefined {
  const models = catalog.tierModels(tier);
  if (provider !== undefined) return models.find((model) => model.provider === provider);
  return models.find((model) => catalog.keyProblem(model.provider) === undefined) ?? models[0];
}

function variable({ env }: ModelChooser, name: string): string | undefined {
  const value = env.get(name);
  return value === undefined || value === "" ? undefined : value;
}

// ---- Route policies --------------------------------------------------------------------------------------------------

export type RoutePolicy =
  | { readonly mode: "manual" }
  | { readonly mode: "always" | "cheapest_over_quality" | "fastest_over_quality"; readonly target: string };

export interface RouteAlternative {
  readonly provider: string;
  readonly model: string;
  readonly quality_tier: string;
  readonly available: boolean;
  readonly selected: boolean;
  readonly reason: string;
  readonly cost_per_1k_in: number | null;
  readonly cost_per_1k_out: number | null;
  readonly latency_p50_ms: number | null;
}

/** Which model a policy chose, and what it had to choose from. Field names are those that logs and programs see. */
export interface RoutingDecision {
  readonly policy: string;
  readonly requested_quality: string | null;
  readonly selected_provider: string;
  readonly selected_model: string;
  readonly alternatives: readonly RouteAlternative[];
}

export function routePolicyLabel(policy: RoutePolicy): string {
  return policy.mode === "manual" ? "manual" : `${policy.mode}(${policy.target})`;
}

/** Reads `route_policy` (OPT-03). @throws HarnError `llm.option` */
export function readRoutePolicy(value: unknown): RoutePolicy {
  if (value === undefined || value === null || value === false) return { mode: "manual" };
  if (typeof value === "string") return readPolicyText(value.trim());
  if (!isJsonObject(value)) throw new HarnError("llm.option", "route_policy: expected string or dict");
  const mode = value["mode"] ?? "manual";
  const target = value["target"] ?? value["quality"] ?? value["id"] ?? "";
  if (mode === "manual") return { mode };
  if (mode === "always" || mode === "cheapest_over_quality" || mode === "fastest_over_quality") {
    return { mode, target: String(target) };
  }
  throw new HarnError("llm.option", `route_policy.mode: unsupported value ${JSON.stringify(mode)}`);
}

function readPolicyText(text: string): RoutePolicy {
  if (text === "" || text.toLowerCase() === "manual") return { mode: "manual" };
  const found = /^(always|cheapest_over_quality|fastest_over_quality)\((.*)\)$/i.exec(text);
  const mode = found?.[1]?.toLowerCase();
  if (mode !== "always" && mode !== "cheapest_over_quality" && mode !== "fastest_over_quality") {
    throw new HarnError(
      "llm.option",
      "route_policy: expected manual, always(id), cheapest_over_quality(t), or fastest_over_quality(t), " +
        `got ${JSON.stringify(text)}`,
    );
  }
  return { mode, target: found?.[2]?.trim() ?? "" };
}

/** Undefined for `manual`: provider and model stay as resolved. */
export function decideRoute(
  catalog: CatalogView,
  policy: RoutePolicy,
  current: ModelName,
): RoutingDecision | undefined {
  switch (policy.mode) {
    case "manual":
      return undefined;
    case "always": {
      const name = alwaysTarget(catalog, policy.target);
      const alternative = alternativeOf(catalog, name, "pinned by always");
      return decision(policy, null, name, [{ ...alternative, selected: true }]);
    }
    case "cheapest_over_quality":
    case "fastest_over_quality":
      return decideByScore(catalog, policy, current);
  }
}

function alwaysTarget(catalog: CatalogView, target: string): ModelName {
  const text = target.trim();
  if (text === "") throw new HarnError("llm.option", "route_policy: target must not be empty");
  const colon = text.indexOf(":");
  if (colon > 0 && catalog.hasProvider(text.slice(0, colon)) && text.slice(colon + 1).trim() !== "") {
    return { provider: text.slice(0, colon), model: catalog.resolveModel(text.slice(colon + 1).trim()).model };
  }
  const { model, provider } = catalog.resolveModel(text);
  return { model, provider: provider ?? catalog.inferProvider(model).provider };
}

function decideByScore(
  catalog: CatalogView,
  policy: Exclude<RoutePolicy, { mode: "manual" }>,
  current: ModelName,
): RoutingDecision {
  const wanted = qualityRank(policy.target);
  const names = catalog.knownModels().filter(({ model }) => qualityRank(catalog.modelTier(model)) >= wanted);
  const alternatives =
    names.length > 0
      ? names.map((name) => alternativeOf(catalog, name, "candidate"))
      : [alternativeOf(catalog, current, "fallback_current_route")];
  const score = (of: RouteAlternative): number =>
    policy.mode === "cheapest_over_quality"
      ? (of.cost_per_1k_in ?? Number.POSITIVE_INFINITY) + (of.cost_per_1k_out ?? Number.POSITIVE_INFINITY)
      : (of.latency_p50_ms ?? Number.POSITIVE_INFINITY);
  const ranked = alternatives.filter((of) => of.available).sort((a, b) => compareScores(score(a), score(b), a, b));
  const chosen = ranked[0] ?? alternatives[0] ?? alternativeOf(catalog, current, "fallback_current_route");
  const told = alternatives.map((of) => (of === chosen ? { ...of, selected: true, reason: "selected" } : of));
  return decision(policy, policy.target, chosen, told);
}

/** Ties go by provider, then model; two unknown scores tie. */
function compareScores(a: number, b: number, left: ModelName, right: ModelName): number {
  if (a !== b) return a < b ? -1 : 1;
  if (left.provider !== right.provider) return left.provider < right.provider ? -1 : 1;
  return left.model < right.model ? -1 : 1;
}

export function alternativeOf(catalog: CatalogView, name: ModelName, reason: string): RouteAlternative {
  const rates = catalog.rates(name.provider, name.model);
  return {
    provider: name.provider,
    model: name.model,
    quality_tier: catalog.modelTier(name.model),
    available: catalog.keyProblem(name.provider) === undefined,
    selected: false,
    reason,
    cost_per_1k_in: rates === undefined ? null : rates.input / 1000,
    cost_per_1k_out: rates === undefined ? null : rates.output / 1000,
    latency_p50_ms: catalog.latencyP50Ms(name.provider) ?? null,
  };
}

function decision(
  policy: RoutePolicy,
  quality: string | null,
  chosen: ModelName,
  alternatives: readonly RouteAlternative[],
): RoutingDecision {
  return {
    policy: routePolicyLabel(policy),
    requested_quality: quality,
    selected_provider: chosen.provider,
    selected_model: chosen.model,
    alternatives,
  };
}

function qualityRank(tier: string): number {
  switch (tier.toLowerCase()) {
    case "small":
    case "low":
      return 0;
    case "frontier":
    case "large":
    case "high":
      return 2;
  }
  return 1;
}

/** As plain data for traces and transcripts. */
export function decisionJson(of: RoutingDecision): JsonObject {
  return { ...of, alternatives: of.alternatives.map((alternative) => ({ ...alternative })) };
}
