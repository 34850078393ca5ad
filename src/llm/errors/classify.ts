/**
 * Deciding what a failure is: its category (what a program catches), and its kind and reason (what a retry policy asks).
 * Texts are the last resort; whoever knows a status or a code hands it in.
 */

import type { ErrorCategory, ErrorKind } from "../spec/model-error.ts";
import { CATEGORY_PATTERNS, categoryOfStatus, type ErrorReason, REASON_PATTERNS } from "./error-patterns.ts";

export interface ErrorClass {
  readonly kind: ErrorKind;
  readonly reason: ErrorReason;
}

export interface HttpErrorClass extends ErrorClass {
  readonly category: ErrorCategory;
}

/** ERR-04: whether errors of this category pass by themselves. */
export function isTransientCategory(category: ErrorCategory): boolean {
  switch (category) {
    case "timeout":
    case "rate_limit":
    case "overloaded":
    case "server_error":
    case "transient_network":
      return true;
    case "auth":
    case "schema_validation":
    case "tool_error":
    case "tool_rejected":
    case "egress_blocked":
    case "cancelled":
    case "not_found":
    case "circuit_open":
    case "budget_exceeded":
    case "generic":
      return false;
  }
}

/** ERR-06: category of a bare text: a status code standing alone in it, then known identifiers, then network phrases. */
export function categoryOfText(text: string): ErrorCategory {
  const start = text.slice(0, LONGEST_TEXT);
  for (const match of start.matchAll(/(?<!\d)[45]\d\d(?!\d)/g)) {
    const category = categoryOfStatus(Number(match[0]));
    if (category) return category;
  }
  const lower = start.toLowerCase();
  return CATEGORY_PATTERNS.find((row) => row.pattern.test(lower))?.category ?? "generic";
}

/** ERR-08: kind and reason of a failure known by category and message; the message speaks first. */
export function classifyError(category: ErrorCategory, message: string): ErrorClass {
  return classifyText(message) ?? classifyCategory(category);
}

/** Longer texts are judged by their beginning: an error page may be megabytes. */
const LONGEST_TEXT = 20_000;

function classifyText(whole: string): ErrorClass | undefined {
  const lower = whole.slice(0, LONGEST_TEXT).toLowerCase();
  if (lower.includes("kind") && lower.includes("transient")) {
    if (/rate_limit/.test(lower)) return { kind: "transient", reason: "rate_limit" };
    if (/timeout/.test(lower)) return { kind: "transient", reason: "timeout" };
    if (/network_error|transient_network/.test(lower)) return { kind: "transient", reason: "network_error" };
    if (/server_error|overloaded/.test(lower)) return { kind: "transient", reason: "server_error" };
  }
  const row = REASON_PATTERNS.find((candidate) => candidate.pattern.test(lower));
  return row && { kind: row.kind, reason: row.reason };
}

function classifyCategory(category: ErrorCategory): ErrorClass {
  switch (category) {
    case "rate_limit":
      return { kind: "transient", reason: "rate_limit" };
    case "timeout":
      return { kind: "transient", reason: "timeout" };
    case "overloaded":
    case "server_error":
      return { kind: "transient", reason: "server_error" };
    case "transient_network":
      return { kind: "transient", reason: "network_error" };
    case "auth":
      return { kind: "terminal", reason: "auth_failure" };
    case "not_found":
      return { kind: "terminal", reason: "model_unavailable" };
    case "cancelled":
      return { kind: "terminal", reason: "cancelled" };
    case "budget_exceeded":
      return { kind: "terminal", reason: "budget_exceeded" };
    case "schema_validation":
    case "tool_error":
    case "tool_rejected":
    case "egress_blocked":
    case "circuit_open":
    case "generic":
      return { kind: "terminal", reason: "unknown" };
  }
}

/**
 * ERR-09: an HTTP failure. What only the body can tell (context overflow, content policy) wins over every status, since
 * the reaction differs: compact instead of back off. Otherwise the status decides where it can, and the body else.
 */
export function classifyHttpFailure(status: number, body: string): HttpErrorClass {
  const text = classifyText(body);
  if (text?.reason === "context_overflow" || text?.reason === "content_policy") {
    return { category: "generic", ...text };
  }
  const byStatus = categoryOfStatus(status) ?? (status >= 500 ? "server_error" : undefined);
  if (byStatus) return { category: byStatus, ...classifyCategory(byStatus) };

  // A 4xx that says nothing by itself. Words such as "timeout" may name a parameter here, so only identifiers count.
  switch (text?.reason) {
    case "auth_failure":
      return { category: "auth", ...text };
    case "model_unavailable":
      return { category: "not_found", ...text };
    case "rate_limit":
      return { category: "rate_limit", ...text };
    case undefined:
    case "server_error":
    case "network_error":
    case "timeout":
    case "truncated":
    case "malformed":
    case "invalid_request":
    case "cancelled":
    case "budget_exceeded":
    case "unknown":
      return status === 402
        ? { category: "generic", kind: "terminal", reason: "unknown" }
        : { category: "generic", kind: "terminal", reason: "invalid_request" };
  }
}

/** ERR-09: two reasons keep an older word in messages. */
export function tagOfReason(reason: ErrorReason): string {
  if (reason === "rate_limit") return "rate_limited";
  if (reason === "server_error") return "http_error";
  return reason;
}
