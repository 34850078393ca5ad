/** Whether and when to try again, as pure functions of the failure (ERR-11, ERR-12). */

import { isJsonObject } from "../../base/index.ts";
import { isErrorCategory } from "../spec/decode.ts";
import { ModelError } from "../spec/model-error.ts";
import { categoryOfText, classifyError, isTransientCategory } from "./classify.ts";

/** Phrases that make a text worth a retry when nothing more precise is known. */
const RETRYABLE_PHRASES =
  /too many requests|rate limit|overloaded|service unavailable|bad gateway|gateway timeout|timed out|timeout|delivered no content|\beof\b/;

/**
 * ERR-11. Takes a {@link ModelError}, an error value of a program (decides by `kind`, then `category`), or the text of
 * anything else.
 */
export function isRetryable(error: unknown): boolean {
  if (error instanceof ModelError) {
    return error.reason === "unknown" ? isTransientCategory(error.category) : error.kind === "transient";
  }
  if (typeof error === "string") return isRetryableText(error);
  if (error instanceof Error) return isRetryableText(error.message);
  if (!isJsonObject(error)) return false;
  if (error["kind"] !== undefined && error["kind"] !== null) return error["kind"] === "transient";
  const category = error["category"];
  return isErrorCategory(category) && isTransientCategory(category);
}

function isRetryableText(text: string): boolean {
  const category = categoryOfText(text);
  const found = classifyError(category, text);
  if (found.reason !== "unknown") return found.kind === "transient";
  if (category !== "generic") return isTransientCategory(category);
  return RETRYABLE_PHRASES.test(text.toLowerCase());
}

/** HTTP-07: the answer that was paid for and never came, whoever reports it. */
export function isEmptyCompletion(error: ModelError): boolean {
  return error.reason === "empty_completion" || error.message.includes("delivered no content");
}

/**
 * ERR-12: how long to wait before retry `attempt` (counted from 1): the server's wish when there is one, else the base
 * doubled per retry, the first already once, four times at most. A call that a mock answers does not wait.
 */
export function retryDelayMs(
  attempt: number,
  baseMs: number,
  options: { readonly retryAfterMs?: number | undefined; readonly intercepted?: boolean } = {},
): number {
  if (options.intercepted) return 0;
  if (options.retryAfterMs !== undefined) return options.retryAfterMs;
  return Math.max(0, baseMs) * 2 ** Math.min(attempt, 4);
}
