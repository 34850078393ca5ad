/**
 * A routing policy: an ordered *chain* of *links* (provider and model), rules for when a failure moves on to the next
 * link, an optional race against a slow first link, and budgets (section 16). Plain data: it can be stored and sent.
 */

import { HarnError, isJsonObject, type Json, type JsonObject, table } from "../../base/index.ts";
import { readBudgetNumber } from "../cost/budget-envelope.ts";
import { isErrorCategory } from "../spec/decode.ts";
import type { ErrorCategory } from "../spec/model-error.ts";

export const ROUTING_POLICY_TYPE = "routing_policy";

export interface RoutingLink {
  readonly provider: string;
  readonly model: string;
  readonly timeoutMs?: number;
  /** Default `provider:model`. */
  readonly label: string;
  readonly region?: string;
}

export interface FailoverRules {
  /** HTTP statuses that move on. */
  readonly onStatus?: readonly number[];
  /** Timeouts move on, and this limits each attempt. */
  readonly onTimeoutMs?: number;
  readonly onErrorKinds?: readonly ErrorCategory[];
  readonly maxAttempts: number;
}

export interface RoutingBudget {
  readonly perCallUsd?: number;
  readonly sessionUsd?: number;
  readonly onExceed: "abort" | "skip" | "warn";
}

export interface RoutingLatency {
  readonly targetP95Ms?: number;
  /** When the primary has not finished by then, the next link starts beside it. */
  readonly raceAfterMs?: number;
}

export interface RoutingEscalation {
  /** Names of verifiers that the context provides. */
  readonly verifiers: readonly string[];
  /** How often a link may refine a rejected answer before the next link is asked. */
  readonly maxRefinesPerLink: number;
}

export interface RoutingPolicy {
  readonly label: string;
  readonly chain: readonly RoutingLink[];
  readonly failover: FailoverRules;
  readonly budget?: RoutingBudget;
  readonly latency?: RoutingLatency;
  readonly escalation?: RoutingEscalation;
}

const bad = (message: string): HarnError => new HarnError("llm.option", `routing_policy: ${message}`);

/** `routing_policy({...})`: checks a configuration and returns the tagged value that `routing` takes (ROUTE-04). */
export function routingPolicyValue(config: unknown): JsonObject {
  if (!isJsonObject(config)) throw bad("expected a dict {chain, failover?, latency?, budget?, label?}");
  const policy = decodeRoutingPolicy(config);
  return { ...config, _type: ROUTING_POLICY_TYPE, label: policy.label };
}

/** Reads the `routing` option: nil and false turn it off, everything but a policy value is refused. */
export function readRouting(value: unknown): RoutingPolicy | undefined {
  if (value === undefined || value === null || value === false) return undefined;
  if (!isJsonObject(value) || value["_type"] !== ROUTING_POLICY_TYPE) {
    throw new HarnError(
      "llm.option",
      "routing: expected a routing_policy({...}) value; build one with `routing_policy`",
    );
  }
  return decodeRoutingPolicy(value);
}

/** @throws HarnError code `llm.option` that names the field */
export function decodeRoutingPolicy(config: JsonObject): RoutingPolicy {
  const entries = config["chain"];
  if (!Array.isArray(entries) || entries.length === 0) throw bad("`chain` must be a non-empty list");
  const chain = entries.map(decodeLink);
  const label = config["label"];
  if (label !== undefined && label !== null && typeof label !== "string") throw bad("`label` must be a string");
  const budget = decodeBudget(section(config, "budget"));
  const latency = decodeLatency(section(config, "latency"));
  const escalation = decodeEscalation(config);
  return {
    label: typeof label === "string" && label !== "" ? label : `routing_policy(chain=${chain.length})`,
    chain,
    failover: decodeFailover(section(config, "failover"), chain.length),
    ...(budget === undefined ? {} : { budget }),
    ...(latency === undefined ? {} : { latency }),
    ...(escalation === undefined ? {} : { escalation }),
  };
}

function section(config: JsonObject, name: string): JsonObject | undefined {
  const value = config[name];
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw bad(`\`${name}\` must be a dict`);
  return value;
}

function decodeLink(entry: Json, index: number): RoutingLink {
  const at = `chain[${index}]`;
  if (typeof entry === "string") {
    const colon = entry.indexOf(":");
    const provider = entry.slice(0, Math.max(0, colon)).trim();
    const model = entry.slice(colon + 1).trim();
    if (colon < 0 || provider === "" || model === "") throw bad(`\`${at}\` must be "provider:model", found "${entry}"`);
    return { provider, model, label: `${provider}:${model}` };
  }
  if (!isJsonObject(entry)) throw bad(`\`${at}\` must be "provider:model" or a dict {provider, model}`);
  const provider = requiredString(entry, "provider", at);
  const model = requiredString(entry, "model", at);
  const timeoutMs = positive(entry, "timeout_ms", at);
  const { label, region } = entry;
  return {
    provider,
    model,
    label: typeof label === "string" && label !== "" ? label : `${provider}:${model}`,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(typeof region === "string" ? { region } : {}),
  };
}

function requiredString(dict: JsonObject, key: string, at: string): string {
  const value = dict[key];
  if (typeof value !== "string" || value.trim() === "") throw bad(`\`${at}.${key}\` must be a non-empty string`);
  return value.trim();
}

function positive(dict: JsonObject, key: string, at: string): number | undefined {
  const value = dict[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value <= 0) {
    throw bad(`\`${at}.${key}\` must be a positive integer`);
  }
  return value;
}

// ---- Failover --------------------------------------------------------------------------------------------------------

/** Names that configurations use for categories (ROUTE-07). */
const KIND_ALIASES: Readonly<Record<string, ErrorCategory>> = table({
  network: "transient_network",
  network_error: "transient_network",
  transient: "transient_network",
  provider_5xx: "server_error",
  "5xx": "server_error",
  server: "server_error",
  rate_limited: "rate_limit",
  throttled: "rate_limit",
  auth_failure: "auth",
  model_unavailable: "not_found",
});

function decodeFailover(config: JsonObject | undefined, links: number): FailoverRules {
  if (config === undefined) return { maxAttempts: links };
  const maxAttempts = config["max_attempts"];
  if (maxAttempts !== undefined && maxAttempts !== null) {
    if (typeof maxAttempts !== "number" || !Number.isSafeInteger(maxAttempts) || maxAttempts < 1) {
      throw bad("`failover.max_attempts` must be an integer of at least 1");
    }
  }
  const onStatus = listOf(config, "on_status", (item) => {
    if (typeof item === "number" && Number.isInteger(item) && item >= 100 && item <= 599) return item;
    throw bad(`\`failover.on_status\` takes HTTP statuses (100 to 599), found ${JSON.stringify(item)}`);
  });
  const onErrorKinds = listOf(config, "on_error_kinds", (item) => {
    const name = String(item).trim().toLowerCase();
    const category = KIND_ALIASES[name] ?? name;
    if (isErrorCategory(category)) return category;
    throw bad(`\`failover.on_error_kinds\` takes error categories, found ${JSON.stringify(item)}`);
  });
  const onTimeoutMs = positive(config, "on_timeout_ms", "failover");
  return {
    maxAttempts: typeof maxAttempts === "number" ? maxAttempts : links,
    ...(onStatus === undefined ? {} : { onStatus }),
    ...(onErrorKinds === undefined ? {} : { onErrorKinds }),
    ...(onTimeoutMs === undefined ? {} : { onTimeoutMs }),
  };
}

function listOf<T>(config: JsonObject, key: string, read: (item: Json) => T): readonly T[] | undefined {
  const value = config[key];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw bad(`\`failover.${key}\` must be a list`);
  return value.map(read);
}

// ---- Budget, latency, escalation -------------------------------------------------------------------------------------

function decodeBudget(config: JsonObject | undefined): RoutingBudget | undefined {
  if (config === undefined) return undefined;
  const perCallUsd = readBudgetNumber(config, "per_call_usd");
  const sessionUsd = readBudgetNumber(config, "session_usd");
  return {
    onExceed: decodeOnExceed(config["on_exceed"]),
    ...(perCallUsd === undefined ? {} : { perCallUsd }),
    ...(sessionUsd === undefined ? {} : { sessionUsd }),
  };
}

function decodeOnExceed(value: Json | undefined): RoutingBudget["onExceed"] {
  if (value === undefined || value === null) return "abort";
  if (value === "abort" || value === "skip" || value === "warn") return value;
  if (value === "downgrade") return "skip";
  throw bad(`\`budget.on_exceed\` must be "abort", "skip" or "warn", found ${JSON.stringify(value)}`);
}

function decodeLatency(config: JsonObject | undefined): RoutingLatency | undefined {
  if (config === undefined) return undefined;
  const targetP95Ms = positive(config, "target_p95_ms", "latency");
  const raceAfterMs = positive(config, "race_after_ms", "latency");
  return {
    ...(targetP95Ms === undefined ? {} : { targetP95Ms }),
    ...(raceAfterMs === undefined ? {} : { raceAfterMs }),
  };
}

function decodeEscalation(config: JsonObject): RoutingEscalation | undefined {
  const names = config["escalate_on"];
  if (names === undefined || names === null) return undefined;
  const list = Array.isArray(names) ? names : [names];
  const verifiers = list.map((name) => {
    if (typeof name === "string" && name !== "") return name;
    throw bad("`escalate_on` must be a verifier name or a list of them");
  });
  const refines = config["max_refines_per_link"] ?? 1;
  if (typeof refines !== "number" || !Number.isSafeInteger(refines) || refines < 0) {
    throw bad("`max_refines_per_link` must be a non-negative integer");
  }
  return { verifiers, maxRefinesPerLink: refines };
}
