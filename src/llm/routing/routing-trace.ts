/** What a routed call tried: the `routing` block of its result and the decision in its traces (ROUTE-03, ROUTE-13, ROUTE-16). */

import type { JsonObject } from "../../base/index.ts";
import type { CatalogView } from "../call/catalog-view.ts";
import { alternativeOf, type RoutingDecision } from "../call/resolve-model.ts";
import { costOfUsage } from "../cost/pricing.ts";
import type { Usage } from "../spec/model.ts";
import { ModelError } from "../spec/model-error.ts";
import type { RoutingLink, RoutingPolicy } from "./routing-policy.ts";

export type RoutingStatus = "succeeded" | "failed" | "skipped" | "race_lost";

export interface RoutingAttempt {
  /** From 1, in the order attempts were started. */
  readonly index: number;
  readonly link: RoutingLink;
  readonly status: RoutingStatus;
  readonly durationMs: number;
  readonly usage?: Usage;
  readonly error?: { readonly category: string; readonly message: string; readonly status?: number };
}

export interface RoutingTrace {
  readonly label: string;
  readonly attempts: readonly RoutingAttempt[];
  /** `index` of the attempt that won. */
  readonly selected?: number;
  readonly sessionCostUsd: number;
}

export function attemptError(error: unknown): NonNullable<RoutingAttempt["error"]> {
  if (!(error instanceof ModelError)) return { category: "generic", message: String(error) };
  const { category, message, status } = error;
  return { category, message, ...(status === undefined ? {} : { status }) };
}

/** ROUTE-03. */
export function routingBlock(trace: RoutingTrace, policy: RoutingPolicy, catalog: CatalogView): JsonObject {
  return {
    policy: trace.label === "" ? policy.label : trace.label,
    attempts: trace.attempts.map((attempt) => attemptJson(attempt, catalog)),
    ...(trace.selected === undefined ? {} : { selected: trace.selected }),
    session_cost_usd: trace.sessionCostUsd,
  };
}

function attemptJson(attempt: RoutingAttempt, catalog: CatalogView): JsonObject {
  const { link, usage, error } = attempt;
  const rates = usage === undefined ? undefined : catalog.rates(link.provider, link.model);
  return {
    index: attempt.index,
    provider: link.provider,
    model: link.model,
    label: link.label,
    status: attempt.status,
    duration_ms: attempt.durationMs,
    ...(usage === undefined || rates === undefined ? {} : { cost_usd: costOfUsage(rates, usage) }),
    ...(usage === undefined ? {} : { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens }),
    ...(error === undefined ? {} : { error: { ...error } }),
  };
}

/** ROUTE-16: one alternative per attempt. */
export function routingDecision(trace: RoutingTrace, policy: RoutingPolicy, catalog: CatalogView): RoutingDecision {
  const winner = trace.attempts.find((attempt) => attempt.index === trace.selected)?.link ?? policy.chain[0];
  return {
    policy: `routing_policy(${policy.label})`,
    requested_quality: null,
    selected_provider: winner?.provider ?? "",
    selected_model: winner?.model ?? "",
    alternatives: trace.attempts.map((attempt) => ({
      ...alternativeOf(catalog, attempt.link, reasonOf(attempt, trace)),
      selected: attempt.index === trace.selected,
    })),
  };
}

function reasonOf(attempt: RoutingAttempt, trace: RoutingTrace): string {
  switch (attempt.status) {
    case "succeeded":
      return attempt.index === trace.selected ? "selected" : "rejected";
    case "failed":
      return `failed:${attempt.error?.category ?? "generic"}`;
    case "skipped":
      return "skipped:budget";
    case "race_lost":
      return "race_lost";
  }
}
