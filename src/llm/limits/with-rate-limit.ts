/** `with_rate_limit(provider, fn, opts?)`: a permit, the closure, and retries for what passes by itself (section 15). */

import { type CancelSignal, HarnError, type Host, isJsonObject } from "../../base/index.ts";
import { categoryOfText } from "../errors/classify.ts";
import { isErrorCategory } from "../spec/decode.ts";
import { type ErrorCategory, ModelError } from "../spec/model-error.ts";
import type { RateLimiter } from "./rate-limiter.ts";

const MAX_BACKOFF_MS = 30_000;

export interface RateLimitedOptions {
  /** Default 5, not below 0. */
  readonly max_retries?: unknown;
  /** Milliseconds before the first retry, doubled after each; default 1000, not below 1. */
  readonly backoff_ms?: unknown;
}

export const RATE_LIMITED_OPTION_NAMES: readonly (keyof RateLimitedOptions)[] = ["backoff_ms", "max_retries"];

export interface RateLimitedParts {
  readonly host: Host;
  readonly limiter: RateLimiter;
  /** What a thrown value of a program says about itself; default {@link categoryOfThrown}. */
  readonly categoryOf?: (error: unknown) => ErrorCategory;
}

/**
 * Every attempt takes a permit of its own, so a wrapped `llm_call` takes two: one here and one inside (RATE-06).
 * Errors of other categories, and the last one, are thrown unchanged.
 */
export async function withRateLimit<T>(
  parts: RateLimitedParts,
  provider: unknown,
  fn: unknown,
  options: RateLimitedOptions = {},
  signal?: CancelSignal,
): Promise<T> {
  if (typeof provider !== "string" || provider === "") {
    throw new HarnError("llm.argument", "with_rate_limit: provider name is required");
  }
  if (typeof fn !== "function") {
    throw new HarnError("llm.argument", "with_rate_limit: second argument must be a closure");
  }
  const maxRetries = Math.max(0, integer("max_retries", options.max_retries, 5));
  let backoffMs = Math.max(1, integer("backoff_ms", options.backoff_ms, 1_000));
  const categoryOf = parts.categoryOf ?? categoryOfThrown;

  for (let attempt = 0; ; attempt++) {
    await parts.limiter.acquire(provider, signal);
    try {
      return (await fn()) as T;
    } catch (error) {
      const category = categoryOf(error);
      if (!passesByItself(category) || attempt >= maxRetries) throw error;
      parts.host.sync("log.write", {
        level: "debug",
        message: `llm.with_rate_limit: retrying after ${category} (attempt ${attempt + 1}/${maxRetries}) in ${backoffMs}ms`,
        fields: { provider, category, attempt: attempt + 1, max_retries: maxRetries, backoff_ms: backoffMs },
      });
      await parts.host.perform("sleep", { ms: backoffMs }, signal);
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
    }
  }
}

/** RATE-04: `server_error` is not among them, though `llm_retries` would retry it. */
function passesByItself(category: ErrorCategory): boolean {
  return (
    category === "rate_limit" || category === "overloaded" || category === "transient_network" || category === "timeout"
  );
}

/** ERR-05: the explicit category, else the `category` of an error value, else what the text says. */
export function categoryOfThrown(error: unknown): ErrorCategory {
  if (error instanceof ModelError) return error.category;
  if (typeof error === "string") return categoryOfText(error);
  if (isJsonObject(error) && !(error instanceof Error)) {
    return isErrorCategory(error["category"]) ? error["category"] : "generic";
  }
  return error instanceof Error ? categoryOfText(error.message) : "generic";
}

function integer(name: string, value: unknown, fallback: number): number {
  if (value === undefined || value === null) return fallback;
  if (Number.isInteger(value)) return value as number;
  throw new HarnError(
    "llm.argument",
    `with_rate_limit: Expected \`${name}\` to be an integer, got \`${JSON.stringify(value)}\``,
  );
}
