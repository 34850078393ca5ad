/**
 * Whether a provider can be used (CONF-05): is it there, is the key good, does it serve the model, and, for Ollama, is the
 * model loaded. Answers are data for programs; nothing here throws.
 */

import { type Host, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { scrubSecrets } from "../errors/scrub-secrets.ts";
import { authHeaders, joinUrl, ollamaUrl } from "../providers/endpoint.ts";
import { keepAlive, parseKeepAlive } from "../providers/ollama-encode.ts";
import type { ProviderConfig } from "./catalog-config.ts";
import { modelsUrl } from "./context-window.ts";
import { type ModelCatalog, needsNoKey } from "./model-catalog.ts";
import { bodyJson, bodyText, utilityRequest } from "./utility-request.ts";

export interface HealthcheckOptions {
  /** Default `anthropic`. */
  readonly provider?: string;
  /** A key to try instead of the configured one. */
  readonly apiKey?: string;
  /** Alias or id; verifies that the model is served. */
  readonly model?: string;
  /** Ollama: load the model now. */
  readonly warm?: boolean;
  /** Ollama: another server than the configured one. */
  readonly baseUrl?: string;
  /** Ollama: how long the model stays loaded, a duration or seconds. */
  readonly keepAlive?: string | number;
}

/** `status` is there for Ollama only, whose older answers had no metadata. */
export interface HealthcheckAnswer {
  readonly provider: string;
  readonly valid: boolean;
  readonly message: string;
  readonly status?: string;
  readonly metadata: JsonObject;
}

const PING_TIMEOUT_MS = 5_000;
const LIST_TIMEOUT_MS = 10_000;
const WARM_TIMEOUT_MS = 135_000;
const LONGEST_BODY = 1_000;

export async function checkHealth(
  host: Host,
  catalog: ModelCatalog,
  options: HealthcheckOptions = {},
): Promise<HealthcheckAnswer> {
  const provider = options.provider?.trim() || "anthropic";
  const answer = (valid: boolean, message: string, metadata: JsonObject): HealthcheckAnswer => ({
    provider,
    valid,
    message,
    metadata: { provider, ...metadata },
  });
  const config = catalog.provider(provider);
  if (!config) return answer(false, `Unknown provider: ${provider}`, { reason: "unknown_provider" });

  const model = modelFor(catalog, provider, options);
  if (provider === "ollama" && (model !== undefined || options.warm)) {
    return checkOllama(host, catalog, config, model, options);
  }

  const key = options.apiKey?.trim() || catalog.credential(config);
  if (!needsNoKey(config) && key === undefined) {
    const names = config.authEnvs.join(", ");
    const message = `Missing credentials for ${provider}: set ${names} or pass an api_key`;
    return answer(false, message, { reason: "missing_credentials", auth_env: config.authEnvs });
  }
  const headers = key === undefined ? config.extraHeaders : authHeaders(config, key);
  const clean = (text: string): string => scrubSecrets(text, key === undefined ? [] : [key]);
  const lists = config.chatEndpoint.endsWith("/chat/completions") || config.healthcheck?.path?.includes("models");
  if (model !== undefined && lists) return checkServed(host, catalog, config, provider, model, headers, clean);

  const check = config.healthcheck;
  if (!check) return answer(false, `No healthcheck configured for ${provider}`, { reason: "no_healthcheck" });
  const base = provider === "ollama" ? ollamaUrl(catalog.baseUrl(config)) : catalog.baseUrl(config);
  const url = check.url ?? joinUrl(base, check.path ?? "");
  const method = check.method.toUpperCase();
  const facts = { url, method };
  try {
    const response = await utilityRequest(host, {
      method,
      url,
      headers: { ...headers, ...(check.body === undefined ? {} : { "content-type": "application/json" }) },
      ...(check.body === undefined ? {} : { body: check.body }),
      timeoutMs: PING_TIMEOUT_MS,
    });
    const { status } = response;
    if (isSuccess(status)) {
      return answer(true, `${provider} is reachable (HTTP ${status})`, { reason: "ok", status, ...facts });
    }
    const body = clean(snippet(bodyText(response)));
    const message = `${provider} returned HTTP ${status}${body === "" ? "" : `: ${body}`}`;
    return answer(false, message, { reason: "http_status", status, ...facts, ...(body === "" ? {} : { body }) });
  } catch (error) {
    const message = `${provider} healthcheck failed: ${clean(messageOf(error))}`;
    return answer(false, message, { reason: "request_failed", ...facts });
  }
}

/** The model that was named, else the one that the environment selects for this provider. */
function modelFor(catalog: ModelCatalog, provider: string, options: HealthcheckOptions): string | undefined {
  const named = options.model?.trim();
  if (named) return catalog.resolve(named).id;
  const local = provider === "local" ? catalog.env("LOCAL_LLM_MODEL") : undefined;
  const selected = catalog.env("HARN_LLM_PROVIDER") === provider ? catalog.env("HARN_LLM_MODEL") : undefined;
  const found = local ?? selected;
  return found === undefined ? undefined : catalog.resolve(found).id;
}

async function checkServed(
  host: Host,
  catalog: ModelCatalog,
  config: ProviderConfig,
  provider: string,
  model: string,
  headers: Readonly<Record<string, string>>,
  clean: (text: string) => string,
): Promise<HealthcheckAnswer> {
  const url = modelsUrl(catalog, config);
  const answer = (
    category: string,
    message: string,
    found: { readonly status?: number; readonly served?: readonly string[] } = {},
  ): HealthcheckAnswer => ({
    provider,
    valid: category === "ok",
    message,
    metadata: {
      category,
      provider,
      model,
      url,
      status: found.status ?? null,
      available_models: found.served ?? [],
    },
  });
  let response: Awaited<ReturnType<typeof utilityRequest>>;
  try {
    response = await utilityRequest(host, { method: "GET", url, headers, timeoutMs: LIST_TIMEOUT_MS });
  } catch (error) {
    return answer("unreachable", `${provider} is not reachable at ${url}: ${clean(messageOf(error))}`);
  }
  const { status } = response;
  if (!isSuccess(status)) {
    const message = `${provider} returned HTTP ${status} at ${url}: ${clean(snippet(bodyText(response)))}`;
    return answer("bad_status", message, { status });
  }
  const served = modelIds(bodyJson(response));
  if (served.length === 0) {
    return answer("invalid_response", `Could not find model ids in the answer of ${provider} at ${url}`, { status });
  }
  if (!isServed(served, model)) {
    const message = `Model '${model}' is not served by ${provider} at ${url}. Currently served: ${served.join(", ")}`;
    return answer("model_missing", message, { status, served });
  }
  return answer("ok", `${provider} is reachable and serves model '${model}' at ${url}`, { status, served });
}

async function checkOllama(
  host: Host,
  catalog: ModelCatalog,
  config: ProviderConfig,
  model: string | undefined,
  options: HealthcheckOptions,
): Promise<HealthcheckAnswer> {
  const base = ollamaUrl(options.baseUrl?.trim() || catalog.baseUrl(config));
  const answer = (status: string, message: string, facts: JsonObject = {}): HealthcheckAnswer => ({
    provider: "ollama",
    valid: status === "ok",
    status,
    message,
    metadata: { reason: status, base_url: base, model: model ?? null, ...facts },
  });
  if (model === undefined) return answer("invalid_request", "Ollama warmup requires options.model");

  let served: readonly string[];
  try {
    const response = await utilityRequest(host, { method: "GET", url: joinUrl(base, "/api/tags") });
    if (!isSuccess(response.status)) {
      const message = `Ollama returned HTTP ${response.status}: ${snippet(bodyText(response))}`;
      return answer("bad_status", message, { http_status: response.status });
    }
    served = modelIds(bodyJson(response));
  } catch (error) {
    return answer("unreachable", `Ollama is not reachable at ${base}: ${messageOf(error)}`);
  }
  const matched = served.find((name) => name === model) ?? served.find((name) => name === `${model}:latest`);
  if (matched === undefined) {
    const message = `Ollama does not have model '${model}'; run \`ollama pull ${model}\`. Installed: ${served.join(", ") || "none"}`;
    return answer("model_missing", message, { available_models: served });
  }
  const facts = { matched_model: matched, available_models: served };
  if (!options.warm) return answer("ok", `Ollama has model '${matched}'`, facts);
  return warmOllama(host, catalog, base, matched, options, (status, message, more) =>
    answer(status, message, { ...facts, ...more }),
  );
}

/** An empty prompt loads the model. */
async function warmOllama(
  host: Host,
  catalog: ModelCatalog,
  base: string,
  model: string,
  options: HealthcheckOptions,
  answer: (status: string, message: string, facts: JsonObject) => HealthcheckAnswer,
): Promise<HealthcheckAnswer> {
  const wanted = options.keepAlive;
  const stay: Json =
    wanted === undefined ? keepAlive(catalog) : typeof wanted === "string" ? parseKeepAlive(wanted) : wanted;
  try {
    const response = await utilityRequest(host, {
      method: "POST",
      url: joinUrl(base, "/api/generate"),
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, prompt: "", stream: false, keep_alive: stay }),
      timeoutMs: WARM_TIMEOUT_MS,
    });
    if (isSuccess(response.status)) return answer("ok", `Ollama has loaded model '${model}'`, { keep_alive: stay });
    const message = `Ollama warmup returned HTTP ${response.status}: ${snippet(bodyText(response))}`;
    return answer("warmup_failed", message, { http_status: response.status, keep_alive: stay });
  } catch (error) {
    return answer("warmup_failed", `Ollama warmup failed: ${messageOf(error)}`, { keep_alive: stay });
  }
}

/** Ids in a list as OpenAI (`data`) or Ollama (`models`) sends it. */
function modelIds(answer: unknown): readonly string[] {
  if (!isJsonObject(answer)) return [];
  const list = answer["data"] ?? answer["models"];
  if (!Array.isArray(list)) return [];
  return (list as readonly Json[]).flatMap((item) => {
    const id = isJsonObject(item) ? (item["id"] ?? item["name"]) : undefined;
    return typeof id === "string" ? [id] : [];
  });
}

/** Servers list a model with a tag or a suffix that callers leave out. */
function isServed(served: readonly string[], model: string): boolean {
  return served.some((id) => id === model || id.startsWith(model));
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

function snippet(text: string): string {
  return Array.from(text.slice(0, LONGEST_BODY * 2))
    .slice(0, LONGEST_BODY)
    .join("");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
