/**
 * What is configured about providers and models, as data: the same shape for the built-in tables, a `providers.toml` and
 * the `[llm]` table of a manifest. Files spell fields in snake case; `decodeCatalogConfig` reads them.
 */

import { HarnError, isJsonObject, type Json } from "../../base/index.ts";

export interface HealthcheckConfig {
  readonly method: string;
  /** Relative to the base URL; `url` wins. */
  readonly path?: string;
  readonly url?: string;
  readonly body?: string;
}

export interface ProviderConfig {
  readonly displayName?: string;
  readonly icon?: string;
  readonly baseUrl: string;
  /** Environment variable that replaces `baseUrl` when it is set. */
  readonly baseUrlEnv?: string;
  /** `bearer`, `header` (see `authHeader`), `none`, `azure_openai`, `aws_sigv4`; anything else is treated as `bearer`. */
  readonly authStyle: string;
  readonly authHeader?: string;
  /** Names of the credential, tried in order; empty: none is needed. */
  readonly authEnvs: readonly string[];
  readonly extraHeaders: Readonly<Record<string, string>>;
  /** The path says which wire format the provider speaks. */
  readonly chatEndpoint: string;
  readonly completionEndpoint?: string;
  readonly healthcheck?: HealthcheckConfig;
  readonly features: readonly string[];
  /** Provider to try when this one fails. */
  readonly fallback?: string;
  readonly retryCount?: number;
  readonly retryDelayMs?: number;
  /** Requests per minute; absent: no limit. */
  readonly rpm?: number;
  /** US dollars per thousand tokens, for models without a price of their own. */
  readonly costPer1kIn?: number;
  readonly costPer1kOut?: number;
  readonly latencyP50Ms?: number;
}

export interface AliasConfig {
  readonly id: string;
  readonly provider: string;
  /** `native` or `text`. */
  readonly toolFormat?: string;
}

/** US dollars per million tokens. */
export interface ModelPricing {
  readonly inputPerMtok: number;
  readonly outputPerMtok: number;
  readonly cacheReadPerMtok?: number;
  readonly cacheWritePerMtok?: number;
}

export interface ModelConfig {
  readonly name: string;
  readonly provider: string;
  /** Tokens. */
  readonly contextWindow: number;
  /** Seconds. */
  readonly streamTimeout?: number;
  readonly capabilities: readonly string[];
  readonly pricing?: ModelPricing;
}

/** Matches a model id: exactly, by a pattern with `*`, or by a piece of it; any one that is given suffices. */
export interface ModelMatch {
  readonly exact?: string;
  readonly pattern?: string;
  readonly contains?: string;
}

export interface InferenceRule extends ModelMatch {
  readonly provider: string;
}

export interface TierRule extends ModelMatch {
  /** `small`, `mid` or `frontier`. */
  readonly tier: string;
}

export interface CatalogConfig {
  readonly defaultProvider?: string;
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  readonly aliases: Readonly<Record<string, AliasConfig>>;
  readonly models: Readonly<Record<string, ModelConfig>>;
  /** Model for quality control, by provider. */
  readonly qcDefaults: Readonly<Record<string, string>>;
  readonly inferenceRules: readonly InferenceRule[];
  readonly tierRules: readonly TierRule[];
  /** Tier of models that no rule names; absent: `mid`. */
  readonly tierDefault?: string;
  /** Sampling defaults by model pattern. */
  readonly modelDefaults: Readonly<Record<string, Readonly<Record<string, Json>>>>;
}

export const EMPTY_CATALOG: CatalogConfig = {
  providers: {},
  aliases: {},
  models: {},
  qcDefaults: {},
  inferenceRules: [],
  tierRules: [],
  modelDefaults: {},
};

/** CONF-06: entries of `over` replace those of the same name, its rules come first. */
export function mergeCatalogs(base: CatalogConfig, over: CatalogConfig): CatalogConfig {
  const modelDefaults: Record<string, Readonly<Record<string, Json>>> = { ...base.modelDefaults };
  for (const [pattern, defaults] of Object.entries(over.modelDefaults)) {
    modelDefaults[pattern] = { ...modelDefaults[pattern], ...defaults };
  }
  const defaultProvider = over.defaultProvider ?? base.defaultProvider;
  const tierDefault = over.tierDefault ?? base.tierDefault;
  return {
    ...(defaultProvider === undefined ? {} : { defaultProvider }),
    ...(tierDefault === undefined ? {} : { tierDefault }),
    providers: { ...base.providers, ...over.providers },
    aliases: { ...base.aliases, ...over.aliases },
    models: { ...base.models, ...over.models },
    qcDefaults: { ...base.qcDefaults, ...over.qcDefaults },
    inferenceRules: [...over.inferenceRules, ...base.inferenceRules],
    tierRules: [...over.tierRules, ...base.tierRules],
    modelDefaults,
  };
}

/** `*` stands for any run of characters, at any number of places. */
export function matchesGlob(pattern: string, text: string): boolean {
  const pieces = pattern.split("*");
  const first = pieces[0]!;
  if (pieces.length === 1) return pattern === text;
  const last = pieces.at(-1)!;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}

export function matchesModel(rule: ModelMatch, modelId: string): boolean {
  return (
    (rule.exact !== undefined && rule.exact === modelId) ||
    (rule.pattern !== undefined && matchesGlob(rule.pattern, modelId)) ||
    (rule.contains !== undefined && modelId.includes(rule.contains))
  );
}

/**
 * Reads a configuration file that a TOML parser has turned into values.
 * Unknown fields pass; a field of the wrong type throws code `llm.config` with its path.
 */
export function decodeCatalogConfig(value: unknown): CatalogConfig {
  const file = new Fields(value, "");
  const tierDefault = file.optionalTable("tier_defaults")?.optionalString("default");
  const defaultProvider = file.optionalString("default_provider");
  return {
    ...(defaultProvider === undefined ? {} : { defaultProvider }),
    ...(tierDefault === undefined ? {} : { tierDefault }),
    providers: file.tableOf("providers", decodeProvider),
    aliases: file.tableOf("aliases", decodeAlias),
    models: file.tableOf("models", decodeModel),
    qcDefaults: file.stringTable("qc_defaults"),
    inferenceRules: file.listOf("inference_rules", (rule) => ({
      ...decodeMatch(rule),
      provider: rule.string("provider"),
    })),
    tierRules: file.listOf("tier_rules", (rule) => ({ ...decodeMatch(rule), tier: rule.string("tier") })),
    modelDefaults: file.tableOf("model_defaults", (defaults) => defaults.json()),
  };
}

function decodeProvider(fields: Fields): ProviderConfig {
  const healthcheck = fields.optionalTable("healthcheck");
  return {
    baseUrl: fields.string("base_url"),
    authStyle: fields.optionalString("auth_style") ?? "bearer",
    authEnvs: fields.stringOrList("auth_env"),
    extraHeaders: fields.stringTable("extra_headers"),
    chatEndpoint: fields.optionalString("chat_endpoint") ?? "",
    features: fields.stringOrList("features"),
    ...given("displayName", fields.optionalString("display_name")),
    ...given("icon", fields.optionalString("icon")),
    ...given("baseUrlEnv", fields.optionalString("base_url_env")),
    ...given("authHeader", fields.optionalString("auth_header")),
    ...given("completionEndpoint", fields.optionalString("completion_endpoint")),
    ...given("fallback", fields.optionalString("fallback")),
    ...given("retryCount", fields.optionalNumber("retry_count")),
    ...given("retryDelayMs", fields.optionalNumber("retry_delay_ms")),
    ...given("rpm", fields.optionalNumber("rpm")),
    ...given("costPer1kIn", fields.optionalNumber("cost_per_1k_in")),
    ...given("costPer1kOut", fields.optionalNumber("cost_per_1k_out")),
    ...given("latencyP50Ms", fields.optionalNumber("latency_p50_ms")),
    ...given(
      "healthcheck",
      healthcheck && {
        method: healthcheck.string("method"),
        ...given("path", healthcheck.optionalString("path")),
        ...given("url", healthcheck.optionalString("url")),
        ...given("body", healthcheck.optionalString("body")),
      },
    ),
  };
}

function decodeAlias(fields: Fields): AliasConfig {
  return {
    id: fields.string("id"),
    provider: fields.string("provider"),
    ...given("toolFormat", fields.optionalString("tool_format")),
  };
}

function decodeModel(fields: Fields): ModelConfig {
  const pricing = fields.optionalTable("pricing");
  return {
    name: fields.string("name"),
    provider: fields.string("provider"),
    contextWindow: fields.number("context_window"),
    capabilities: fields.stringOrList("capabilities"),
    ...given("streamTimeout", fields.optionalNumber("stream_timeout")),
    ...given(
      "pricing",
      pricing && {
        inputPerMtok: pricing.number("input_per_mtok"),
        outputPerMtok: pricing.number("output_per_mtok"),
        ...given("cacheReadPerMtok", pricing.optionalNumber("cache_read_per_mtok")),
        ...given("cacheWritePerMtok", pricing.optionalNumber("cache_write_per_mtok")),
      },
    ),
  };
}

function decodeMatch(fields: Fields): ModelMatch {
  return {
    ...given("exact", fields.optionalString("exact")),
    ...given("pattern", fields.optionalString("pattern")),
    ...given("contains", fields.optionalString("contains")),
  };
}

/** `{key: value}` unless the value is undefined, as exact optional properties want it. */
export function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

/** Reads fields of a parsed table, naming the path of what does not fit. */
export class Fields {
  readonly #value: { readonly [key: string]: unknown };
  readonly #path: string;

  constructor(value: unknown, path: string) {
    if (!isJsonObject(value)) throw mismatch(path === "" ? "the configuration" : path, "a table", value);
    this.#value = value;
    this.#path = path;
  }

  string(key: string): string {
    const value = this.optionalString(key);
    if (value === undefined) throw mismatch(this.#at(key), "a string", undefined);
    return value;
  }

  optionalString(key: string): string | undefined {
    const value = this.#get(key);
    if (value === undefined || typeof value === "string") return value;
    throw mismatch(this.#at(key), "a string", value);
  }

  number(key: string): number {
    const value = this.optionalNumber(key);
    if (value === undefined) throw mismatch(this.#at(key), "a number", undefined);
    return value;
  }

  /** Takes the big integers that some TOML parsers make. */
  optionalNumber(key: string): number | undefined {
    const value = this.#get(key);
    if (value === undefined || (typeof value === "number" && Number.isFinite(value))) return value;
    if (typeof value === "bigint") return Number(value);
    throw mismatch(this.#at(key), "a number", value);
  }

  optionalBoolean(key: string): boolean | undefined {
    const value = this.#get(key);
    if (value === undefined || typeof value === "boolean") return value;
    throw mismatch(this.#at(key), "true or false", value);
  }

  optionalNumbers(key: string): readonly number[] | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw mismatch(this.#at(key), "a list of numbers", value);
    return value.map((item: unknown, at) => {
      if (typeof item === "number" || typeof item === "bigint") return Number(item);
      throw mismatch(`${this.#at(key)}[${at}]`, "a number", item);
    });
  }

  optionalStrings(key: string): readonly string[] | undefined {
    return this.#get(key) === undefined ? undefined : this.stringOrList(key);
  }

  /** One string or a list of them; absent is an empty list. */
  stringOrList(key: string): readonly string[] {
    const value = this.#get(key);
    if (value === undefined) return [];
    const list = Array.isArray(value) ? value : [value];
    return list.map((item, at) => {
      if (typeof item === "string") return item;
      throw mismatch(Array.isArray(value) ? `${this.#at(key)}[${at}]` : this.#at(key), "a string", item);
    });
  }

  stringTable(key: string): Readonly<Record<string, string>> {
    const value = this.#get(key);
    if (value === undefined) return {};
    const table = new Fields(value, this.#at(key));
    return Object.fromEntries(table.keys().map((name) => [name, table.string(name)]));
  }

  optionalTable(key: string): Fields | undefined {
    const value = this.#get(key);
    return value === undefined ? undefined : new Fields(value, this.#at(key));
  }

  tableOf<T>(key: string, decode: (fields: Fields) => T): Readonly<Record<string, T>> {
    const table = this.optionalTable(key);
    if (!table) return {};
    return Object.fromEntries(table.keys().map((name) => [name, decode(table.optionalTable(name)!)]));
  }

  listOf<T>(key: string, decode: (fields: Fields) => T): readonly T[] {
    const value = this.#get(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw mismatch(this.#at(key), "a list of tables", value);
    return value.map((item, at) => decode(new Fields(item, `${this.#at(key)}[${at}]`)));
  }

  keys(): string[] {
    return Object.keys(this.#value).filter((key) => this.#get(key) !== undefined);
  }

  json(): Readonly<Record<string, Json>> {
    return this.#value as Readonly<Record<string, Json>>;
  }

  #get(key: string): unknown {
    const value = Object.hasOwn(this.#value, key) ? this.#value[key] : undefined;
    return value === null ? undefined : value;
  }

  #at(key: string): string {
    return this.#path === "" ? key : `${this.#path}.${key}`;
  }
}

function mismatch(path: string, expected: string, found: unknown): HarnError {
  const shown =
    found === undefined
      ? "nothing"
      : typeof found === "bigint"
        ? String(found)
        : (JSON.stringify(found) ?? typeof found);
  return new HarnError("llm.config", `Expected \`${path}\` to be ${expected}, found ${shown.slice(0, 80)}`);
}
