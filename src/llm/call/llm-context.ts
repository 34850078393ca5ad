/**
 * Everything a run's model calls share. There is one per run, handed to every function of this layer; two runs in one
 * process share nothing. A scope inside a run (a step, a task) derives a context of its own by spreading:
 * `{ ...context, defaults: { model: "small" }, onCharge }`.
 */

import type { Host, JsonObject } from "../../base/index.ts";
import type { CallAdmission, ChargeRecord } from "../cost/budget-layer.ts";
import { createTokenCounts, type TokenCounts } from "../cost/estimate-tokens.ts";
import { createSpendLedger, type SpendLedger } from "../cost/spend-ledger.ts";
import { createRateLimiter, type RateLimiter, rateLimitFromEnv } from "../limits/rate-limiter.ts";
import type { ModelClient } from "../spec/model.ts";
import type { Tracer } from "../trace/span.ts";
import type { CallObserver } from "../trace/trace-layer.ts";
import { createTraceLog, type TraceLog } from "../trace/trace-log.ts";
import { type TranscriptLog, transcriptLogFromEnv } from "../trace/transcript-log.ts";
import type { CatalogView, ModelCapabilities } from "./catalog-view.ts";
import { openCatalog } from "./catalog-view.ts";
import { createEnvSettings, type EnvSettings } from "./env-settings.ts";
import type { ClientSources } from "./resolve-client.ts";

/** What templates rendered during a call may ask for (CALL-04). */
export interface RenderContext {
  readonly provider: string;
  readonly model: string;
  readonly capabilities: ModelCapabilities;
}

export interface CallDefaults {
  /** For calls that name no model: the model of the active step (CALL-13). */
  readonly model?: string;
  readonly provider?: string;
}

/** Checks an answer before routing accepts it (ROUTE-17): undefined to accept, else what is wrong with it. */
export type RouteVerifier = (result: JsonObject) => Promise<string | undefined>;

export interface LlmContext {
  readonly host: Host;
  /** What the environment says about model calls. */
  readonly env: EnvSettings;
  readonly clients: ClientSources;
  readonly catalog: CatalogView;
  readonly limiter: RateLimiter;
  readonly ledger: SpendLedger;
  readonly trace: TraceLog;
  /** Of messages and tools that were sent already. */
  readonly tokenCounts: TokenCounts;
  readonly tracer?: Tracer;
  readonly observer?: CallObserver;
  readonly transcript?: TranscriptLog;
  readonly defaults?: CallDefaults;
  /** Told of every attempt that reached a provider, once it is booked. Must not throw. */
  readonly onCharge?: (record: ChargeRecord) => void;
  /** Says no to an attempt before it is sent: whoever pays for it has too little left. */
  readonly admit?: CallAdmission;
  /** Publishes what a call has resolved and returns the function that withdraws it (CALL-04). */
  readonly enterRenderContext?: (render: RenderContext) => () => void;
  /** Verifiers that a routing policy may name. */
  readonly verifiers?: Readonly<Record<string, RouteVerifier>>;
}

export interface LlmContextParts extends Partial<Omit<LlmContext, "host" | "clients">> {
  readonly host: Host;
  /** Clients by provider, or one client that answers for every provider. */
  readonly clients: ClientSources | ModelClient;
  /** Requests per minute by provider; environment variables win. */
  readonly rateLimits?: Readonly<Record<string, number>>;
  /** Nothing is read from the environment, since that was done when the run began. */
  readonly isContinued?: boolean;
}

export function createLlmContext(parts: LlmContextParts): LlmContext {
  const { clients, rateLimits, isContinued, ...given } = parts;
  const sources: ClientSources = "stream" in clients ? { provider: () => clients } : clients;
  const { host } = parts;
  const env = parts.env ?? createEnvSettings(host);
  const transcript = parts.transcript ?? (isContinued ? undefined : transcriptLogFromEnv(host, env));
  return {
    ...given,
    env,
    clients: sources,
    catalog: parts.catalog ?? openCatalog("stream" in clients ? clients.provider : "anthropic"),
    limiter: parts.limiter ?? createRateLimiter(host, rateLimits, (provider) => rateLimitFromEnv(host, env, provider)),
    ledger: parts.ledger ?? createSpendLedger(),
    trace: parts.trace ?? createTraceLog(),
    tokenCounts: parts.tokenCounts ?? createTokenCounts(),
    ...(transcript === undefined ? {} : { transcript }),
  };
}

/** RESET-01: clears cost, budget, traces and tracing flag; limits and mocks are reset by their owners. */
export function resetLlmState(context: LlmContext): void {
  context.ledger.reset();
  context.trace.reset();
  context.clients.mock?.reset?.();
}
