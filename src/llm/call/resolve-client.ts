/**
 * Who answers a call (PROV-06): a trigger's cache, the mock, the fake, a replay fixture, then, unless real calls are
 * switched off, the provider. Recording wraps the provider.
 */

import { requestFailure } from "../errors/model-failures.ts";
import type { ModelClient, ModelInput } from "../spec/model.ts";
import type { EnvSettings } from "./env-settings.ts";

/** Queued answers that stand in for every provider (MOCK-14). */
export interface MockSource {
  /** True while answers are queued, or for the provider that is always mocked. */
  intercepts(provider: string): boolean;
  /** True while the mock stands in for all providers: capability gates and keys do not matter then. */
  readonly active: boolean;
  readonly client: ModelClient;
  /** Forgets queue, recorded calls and scopes. */
  reset?(): void;
}

export interface ClientSources {
  /** The client of a real provider; undefined when nobody knows the name. */
  provider(name: string): ModelClient | undefined;
  /** An answer that is known already, for trigger predicates. */
  readonly cached?: (input: ModelInput) => ModelClient | undefined;
  readonly mock?: MockSource;
  /** Answers for the provider named exactly `fake`. */
  readonly fake?: ModelClient;
  /** Wraps a client while fixtures are recorded or replayed; returns it unchanged otherwise. */
  readonly replay?: (client: ModelClient) => ModelClient;
}

/** True when the call will be answered by queued mocks: it waits for nobody then (ERR-12). */
export function isIntercepted(sources: ClientSources, provider: string): boolean {
  return sources.mock?.intercepts(provider) ?? false;
}

/** @throws ModelError when nobody can answer: unknown provider, or real calls are switched off */
export function resolveClient(env: Pick<EnvSettings, "get">, sources: ClientSources, input: ModelInput): ModelClient {
  const cached = sources.cached?.(input);
  if (cached !== undefined) return cached;
  if (isIntercepted(sources, input.provider) && sources.mock !== undefined) return sources.mock.client;
  if (input.provider === "fake" && sources.fake !== undefined) return sources.fake;
  const replay = sources.replay ?? ((client: ModelClient) => client);
  return replay(realClient(env, sources, input));
}

/** Fails only when it is asked, so that a replay never touches it. */
function realClient(env: Pick<EnvSettings, "get">, sources: ClientSources, input: ModelInput): ModelClient {
  const blocked = callsDisabled(env, input.provider);
  const client = blocked === undefined ? sources.provider(input.provider) : undefined;
  if (client !== undefined) return client;
  const failure = requestFailure(input, blocked ?? `Unknown LLM provider \`${input.provider}\``, {
    category: blocked === undefined ? "not_found" : "generic",
    reason: blocked === undefined ? "model_unavailable" : "invalid_request",
  });
  return {
    provider: input.provider,
    // biome-ignore lint/correctness/useYield: a stream that fails before its first chunk
    async *stream() {
      throw failure;
    },
  };
}

const DISABLE_VARIABLE = "HARN_LLM_CALLS_DISABLED";

/** PROV-07: why real calls to a provider are off, or undefined. */
export function callsDisabled(env: Pick<EnvSettings, "get">, provider: string): string | undefined {
  if (provider === "mock" || provider === "fake") return undefined;
  const value = env.get(DISABLE_VARIABLE)?.trim().toLowerCase();
  if (value !== "1" && value !== "true" && value !== "yes" && value !== "on") return undefined;
  return `LLM calls are disabled by ${DISABLE_VARIABLE}; refused a call to provider \`${provider}\``;
}
