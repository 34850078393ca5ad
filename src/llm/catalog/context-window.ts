/** How much a model can read (CONF-08): from the catalogue, from a table of families, or by asking the server once. */

import { type Host, isJsonObject, type Json } from "../../base/index.ts";
import { authHeaders, joinUrl, ollamaUrl } from "../providers/endpoint.ts";
import { apiStyleOf } from "../providers/wire-formats.ts";
import type { ProviderConfig } from "./catalog-config.ts";
import type { ModelCatalog } from "./model-catalog.ts";
import { bodyJson, utilityRequest } from "./utility-request.ts";

/** Tokens by the beginning of the model's name, the more precise first. */
const FAMILIES: readonly (readonly [pattern: RegExp, tokens: number])[] = [
  [/^claude-/, 200_000],
  [/^gpt-5/, 400_000],
  [/^gpt-4\.1/, 1_047_576],
  [/^(?:gpt-4o|chatgpt-)/, 128_000],
  [/^gpt-4-(?:turbo|0125-preview$|1106-preview$)/, 128_000],
  [/^gpt-4/, 8_192],
  [/^gpt-3\.5-turbo/, 16_385],
  [/^o[134]/, 200_000],
  [/gemini-(?:2|1\.5)/, 1_000_000],
  [/gemini/, 128_000],
];

/** Tokens of a known family; undefined for others. A namespace in front of the name does not count. */
export function knownContextWindow(modelId: string): number | undefined {
  const name = modelId.toLowerCase().split("/").at(-1)!;
  return FAMILIES.find(([pattern]) => pattern.test(name))?.[1];
}

export interface ContextWindows {
  /** Tokens, or undefined when nobody knows. Each server is asked once per model, whatever it answers. */
  lookup(provider: string, model: string): Promise<number | undefined>;
}

export function createContextWindows(host: Host, catalog: ModelCatalog): ContextWindows {
  const asked = new Map<string, Promise<number | undefined>>();
  return {
    async lookup(provider, model) {
      const known = catalog.model(model)?.contextWindow ?? knownContextWindow(model);
      if (known !== undefined) return known;
      const config = catalog.provider(provider);
      if (!config) return undefined;
      const key = `${catalog.baseUrl(config)}\n${model}`;
      let answer = asked.get(key);
      if (!answer) {
        answer = ask(host, catalog, provider, config, model).catch(() => undefined);
        asked.set(key, answer);
      }
      return answer;
    },
  };
}

async function ask(
  host: Host,
  catalog: ModelCatalog,
  provider: string,
  config: ProviderConfig,
  model: string,
): Promise<number | undefined> {
  switch (apiStyleOf(provider, config)) {
    case "ollama":
      return askOllama(host, ollamaUrl(catalog.baseUrl(config)), model);
    case "openai-chat":
    case "openai-responses":
      return askModelList(host, catalog, config, model);
    case "anthropic":
    case "gemini":
    case "bedrock":
      return undefined;
  }
}

async function askOllama(host: Host, base: string, model: string): Promise<number | undefined> {
  const response = await utilityRequest(host, {
    method: "POST",
    url: joinUrl(base, "/api/show"),
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: model }),
    timeoutMs: 5_000,
  });
  const answer = response.status === 200 ? bodyJson(response) : undefined;
  const info = isJsonObject(answer) ? answer["model_info"] : undefined;
  if (!isJsonObject(info)) return undefined;
  // The field is named after the architecture: `llama.context_length`.
  const field = Object.keys(info).find((name) => name === "context_length" || name.endsWith(".context_length"));
  return field === undefined ? undefined : tokens(info[field]);
}

async function askModelList(
  host: Host,
  catalog: ModelCatalog,
  config: ProviderConfig,
  model: string,
): Promise<number | undefined> {
  const response = await utilityRequest(host, {
    method: "GET",
    url: modelsUrl(catalog, config),
    headers: authHeaders(config, catalog.credential(config) ?? ""),
    timeoutMs: 10_000,
  });
  const answer = response.status === 200 ? bodyJson(response) : undefined;
  const list = isJsonObject(answer) ? answer["data"] : undefined;
  const entry = Array.isArray(list)
    ? (list as readonly Json[]).find((item) => isJsonObject(item) && item["id"] === model)
    : undefined;
  if (!isJsonObject(entry)) return undefined;
  const top = isJsonObject(entry["top_provider"]) ? entry["top_provider"]["context_length"] : undefined;
  const fields = [entry["max_model_len"], entry["context_length"], entry["max_context_length"], entry["n_ctx"], top];
  return fields.map(tokens).find((count) => count !== undefined);
}

/** Where a server that speaks like OpenAI lists its models: as its health check says, else beside the chat endpoint. */
export function modelsUrl(catalog: ModelCatalog, config: ProviderConfig): string {
  const { healthcheck } = config;
  if (healthcheck?.method.toUpperCase() === "GET") {
    if (healthcheck.url?.includes("models")) return healthcheck.url;
    if (healthcheck.path?.includes("models")) return joinUrl(catalog.baseUrl(config), healthcheck.path);
  }
  const prefix = config.chatEndpoint.replace(/\/chat\/completions$|\/responses$/, "");
  return joinUrl(catalog.baseUrl(config), prefix === config.chatEndpoint ? "/models" : `${prefix}/models`);
}

function tokens(value: Json | undefined): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value > 0 ? value : undefined;
}
