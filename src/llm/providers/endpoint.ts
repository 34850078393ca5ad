/** Where a request goes and how it identifies itself: base URLs, paths, credentials (CONF-07). */

import type { CancelSignal, Host } from "../../base/index.ts";
import { given, type ProviderConfig } from "../catalog/catalog-config.ts";
import { type ModelCatalog, needsNoKey } from "../catalog/model-catalog.ts";
import { requestFailure } from "../errors/model-failures.ts";
import { unknownProviderText } from "../errors/unknown-provider.ts";
import type { ModelInput } from "../spec/model.ts";
import { resolveAwsCredentials, signAwsRequest } from "./aws-signature.ts";
import type { GoogleAccess, GoogleTokens } from "./google-credentials.ts";
import { usesRawPrompt } from "./ollama-encode.ts";
import type { ApiStyle, EncodeContext } from "./wire-format.ts";

export interface Endpoint {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What must not show in an error. */
  readonly secrets: readonly string[];
  /** Headers that depend on the body. */
  sign?(body: string): Readonly<Record<string, string>>;
  /** The service did not accept who we are. */
  refused?(): void;
}

/** What an endpoint is found with. */
export interface EndpointSources {
  readonly host: Host;
  readonly catalog: ModelCatalog;
  readonly tokens: GoogleTokens;
  readonly signal: CancelSignal;
}

const AZURE_API_VERSION = "2024-10-21";

/** The configuration of a provider; one nobody configured may still name its base URL in the environment. */
export function providerConfigOf(catalog: ModelCatalog, provider: string): ProviderConfig | undefined {
  const known = catalog.provider(provider);
  if (known) return known;
  const prefix = provider.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
  const baseUrl = catalog.env(`${prefix}_BASE_URL`);
  if (baseUrl === undefined) return undefined;
  const keyName = `${prefix}_API_KEY`;
  const hasKey = catalog.env(keyName) !== undefined;
  return {
    baseUrl,
    authStyle: hasKey ? "bearer" : "none",
    authEnvs: hasKey ? [keyName] : [],
    extraHeaders: {},
    chatEndpoint: "/chat/completions",
    features: [],
  };
}

/** Throws a terminal `ModelError` when the provider is unknown, not configured, or has no key. */
export async function resolveEndpoint(
  sources: EndpointSources,
  config: ProviderConfig | undefined,
  style: ApiStyle,
  input: ModelInput,
  context: EncodeContext,
): Promise<Endpoint> {
  const { host, catalog } = sources;
  if (!config) {
    throw requestFailure(input, unknownProviderText(input.provider));
  }
  switch (style) {
    case "bedrock":
      return bedrockEndpoint(host, catalog, config, input);
    case "gemini":
      return config.chatEndpoint.includes("{project}")
        ? vertexEndpoint(sources, config, input)
        : geminiEndpoint(catalog, config, input);
    case "ollama": {
      const path =
        input.completion || usesRawPrompt(input, context)
          ? (config.completionEndpoint ?? "/api/generate")
          : config.chatEndpoint;
      return { url: joinUrl(ollamaUrl(catalog.baseUrl(config)), path), ...credentials(catalog, config, input) };
    }
    case "anthropic":
      return {
        url: joinUrl(anthropicUrl(catalog, config), config.chatEndpoint),
        ...credentials(catalog, config, input),
      };
    case "openai-chat":
    case "openai-responses":
      return config.authStyle === "azure_openai"
        ? azureEndpoint(catalog, config, input)
        : { url: joinUrl(catalog.baseUrl(config), pathOf(config, input)), ...credentials(catalog, config, input) };
  }
}

function pathOf(config: ProviderConfig, input: ModelInput): string {
  return (input.completion && config.completionEndpoint) || config.chatEndpoint;
}

/** COMPL-04: whether a provider continues texts itself: it has an endpoint for it, and speaks a format that knows how. */
export function continuesTexts(config: ProviderConfig | undefined, style: ApiStyle): boolean {
  return config?.completionEndpoint !== undefined && (style === "openai-chat" || style === "ollama");
}

/** `base` and `path` with one slash between, and without a version segment that both name. */
export function joinUrl(base: string, path: string): string {
  const left = base.replace(/\/+$/, "");
  if (path === "") return left;
  const right = path.startsWith("/") ? path : `/${path}`;
  const version = /\/v\d+$/.exec(left)?.[0];
  return version !== undefined && right.startsWith(`${version}/`)
    ? left.slice(0, -version.length) + right
    : left + right;
}

/** CONF-07: what a program sees when a key is missing. */
export function missingKeyMessage(provider: string, names: readonly string[]): string {
  const what =
    names.length === 1
      ? `set ${names[0]} environment variable`
      : `set one of ${names.join(", ")} environment variables`;
  return `Missing API key: ${what} (provider '${provider}'; set HARN_LLM_PROVIDER=mock for offline use)`;
}

/** Headers that identify the caller; `authStyle` says how. */
export function authHeaders(config: ProviderConfig, key: string): Readonly<Record<string, string>> {
  if (key === "" || config.authStyle === "none") return config.extraHeaders;
  const own: Record<string, string> =
    config.authStyle === "header"
      ? { [(config.authHeader ?? "x-api-key").toLowerCase()]: key }
      : { authorization: `Bearer ${key}` };
  return { ...own, ...config.extraHeaders };
}

function credentials(
  catalog: ModelCatalog,
  config: ProviderConfig,
  input: ModelInput,
): Pick<Endpoint, "headers" | "secrets"> {
  const key = requireKey(catalog, config, input);
  return { headers: authHeaders(config, key), secrets: key === "" ? [] : [key] };
}

function requireKey(catalog: ModelCatalog, config: ProviderConfig, input: ModelInput): string {
  if (needsNoKey(config)) return "";
  const key = catalog.credential(config);
  if (key !== undefined) return key;
  throw missingKey(config, input);
}

function missingKey(config: ProviderConfig, input: ModelInput): Error {
  return requestFailure(input, missingKeyMessage(input.provider, config.authEnvs), {
    category: "auth",
    reason: "auth_failure",
  });
}

/** Their own tools leave the version out of this variable. */
function anthropicUrl(catalog: ModelCatalog, config: ProviderConfig): string {
  const base = catalog.baseUrl(config).replace(/\/+$/, "");
  return base !== config.baseUrl && config.chatEndpoint === "/messages" && !/\/v\d+$/.test(base) ? `${base}/v1` : base;
}

/** The variable may hold a bare address, as the server itself reads it: `0.0.0.0` or `host:port`. */
export function ollamaUrl(base: string): string {
  if (base.includes("://")) return base;
  const [host = "", port = "11434"] = base.split(":");
  return `http://${host === "" || host === "0.0.0.0" ? "127.0.0.1" : host}:${port}`;
}

function geminiEndpoint(catalog: ModelCatalog, config: ProviderConfig, input: ModelInput): Endpoint {
  const model = encodeURIComponent(input.model.replace(/^models\//, ""));
  const url = `${joinUrl(catalog.baseUrl(config), config.chatEndpoint)}/${model}:${geminiMethod(input)}`;
  return { url, ...credentials(catalog, config, input) };
}

function geminiMethod(input: ModelInput): string {
  return input.stream === false ? "generateContent" : "streamGenerateContent?alt=sse";
}

async function vertexEndpoint(
  { catalog, tokens, signal }: EndpointSources,
  config: ProviderConfig,
  input: ModelInput,
): Promise<Endpoint> {
  const ready = catalog.credential({
    ...config,
    authEnvs: config.authEnvs.filter((name) => name.endsWith("TOKEN")),
  });
  const named = catalog.env("VERTEX_AI_PROJECT") ?? catalog.env("GOOGLE_CLOUD_PROJECT");
  const access: GoogleAccess | undefined = ready === undefined ? await tokens.access(input, signal) : { token: ready };
  const project = named ?? access?.project ?? access?.quotaProject;
  if (project === undefined) {
    throw requestFailure(input, "Vertex AI project is not configured; set VERTEX_AI_PROJECT");
  }
  if (access === undefined) throw missingKey(config, input);
  const { token, quotaProject } = access;
  const location = catalog.env("VERTEX_AI_LOCATION") ?? "us-central1";
  const configured = catalog.baseUrl(config);
  const base =
    configured === "https://aiplatform.googleapis.com/v1" && location !== "global"
      ? configured.replace("://", `://${location}-`)
      : configured;
  const path = config.chatEndpoint
    .replace("{project}", encodeURIComponent(project))
    .replace("{location}", encodeURIComponent(location))
    .replace("{model}", encodeURIComponent(input.model))
    .replace(/:generateContent$/, `:${geminiMethod(input)}`);
  return {
    url: joinUrl(base, path),
    headers: {
      ...(quotaProject === undefined ? {} : { "x-goog-user-project": quotaProject }),
      ...authHeaders(config, token),
    },
    secrets: [token],
    refused: () => tokens.refuse(token),
  };
}

function azureEndpoint(catalog: ModelCatalog, config: ProviderConfig, input: ModelInput): Endpoint {
  const base = catalog.baseUrl(config);
  if (base === "" || base.includes("{")) {
    throw requestFailure(input, "Azure OpenAI endpoint is not configured; set AZURE_OPENAI_ENDPOINT");
  }
  const deployment = catalog.env("AZURE_OPENAI_DEPLOYMENT") ?? input.model.trim();
  if (deployment === "") {
    throw requestFailure(input, "Azure OpenAI deployment is not configured; set model or AZURE_OPENAI_DEPLOYMENT");
  }
  const path = config.chatEndpoint
    .replace("{deployment}", encodeURIComponent(deployment))
    .replace("{api_version}", encodeURIComponent(catalog.env("AZURE_OPENAI_API_VERSION") ?? AZURE_API_VERSION));
  const key = requireKey(catalog, config, input);
  const apiKey = catalog.credential({ ...config, authEnvs: config.authEnvs.filter((name) => name.endsWith("_KEY")) });
  return {
    url: joinUrl(base, path),
    headers: {
      ...(apiKey === undefined ? { authorization: `Bearer ${key}` } : { "api-key": apiKey }),
      ...config.extraHeaders,
    },
    secrets: [key],
  };
}

async function bedrockEndpoint(
  host: Host,
  catalog: ModelCatalog,
  config: ProviderConfig,
  input: ModelInput,
): Promise<Endpoint> {
  const region = catalog.env("BEDROCK_REGION") ?? catalog.env("AWS_REGION") ?? catalog.env("AWS_DEFAULT_REGION");
  if (region === undefined) throw requestFailure(input, "Bedrock region is not configured; set AWS_REGION");
  const keys = await resolveAwsCredentials(host, catalog.env);
  if (!keys) {
    throw requestFailure(
      input,
      "AWS credentials not found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or configure a profile",
      { category: "auth", reason: "auth_failure" },
    );
  }
  const base = catalog.baseUrl(config) || `https://bedrock-runtime.${region}.amazonaws.com`;
  const path = config.chatEndpoint.replace("{model}", encodeURIComponent(input.model));
  const url = joinUrl(base, input.stream === false ? path : path.replace(/\/converse$/, "/converse-stream"));
  return {
    url,
    headers: config.extraHeaders,
    secrets: [keys.secretAccessKey, ...(keys.sessionToken === undefined ? [] : [keys.sessionToken])],
    sign: (body) =>
      signAwsRequest({
        ...keys,
        ...given("sessionToken", keys.sessionToken),
        region,
        service: "bedrock",
        method: "POST",
        url,
        body,
        nowMs: host.sync("clock.now", {}),
      }),
  };
}
