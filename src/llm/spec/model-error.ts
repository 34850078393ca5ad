import { HarnError, type Json } from "../../base/index.ts";
import type { Usage } from "./model.ts";

/** What went wrong, as programs see it (ERR-04). */
export type ErrorCategory =
  | "timeout"
  | "auth"
  | "rate_limit"
  | "overloaded"
  | "server_error"
  | "transient_network"
  | "schema_validation"
  | "tool_error"
  | "tool_rejected"
  | "egress_blocked"
  | "cancelled"
  | "not_found"
  | "circuit_open"
  | "budget_exceeded"
  | "generic";

/** Whether trying again can help (ERR-07). */
export type ErrorKind = "transient" | "terminal";

export interface ModelErrorFields {
  readonly category: ErrorCategory;
  readonly kind: ErrorKind;
  /** `rate_limit`, `server_error`, `network_error`, `timeout`, `truncated`, `auth_failure`, `context_overflow`, … */
  readonly reason: string;
  readonly provider: string;
  readonly model: string;
  /** The server's wish, milliseconds, already capped (ERR-10). */
  readonly retryAfterMs?: number;
  readonly status?: number;
  /** The provider's own words, unshortened; secrets removed. */
  readonly body?: string;
  /** The provider's name for the request, which its support asks for. */
  readonly requestId?: string;
  /** What had arrived when the call died; text the user saw is never lost. */
  readonly partialText?: string;
  /** What the call cost until then. */
  readonly usage?: Usage;
  readonly cause?: unknown;
}

/** A failed model call. It already knows whether to retry. */
export class ModelError extends HarnError {
  readonly category: ErrorCategory;
  readonly kind: ErrorKind;
  readonly reason: string;
  readonly provider: string;
  readonly model: string;
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;
  readonly body: string | undefined;
  readonly requestId: string | undefined;
  readonly partialText: string | undefined;
  readonly usage: Usage | undefined;

  constructor(message: string, fields: ModelErrorFields) {
    const data: Record<string, Json> = { category: fields.category, kind: fields.kind, reason: fields.reason };
    super(`model.${fields.category}`, message, { cause: fields.cause, data });
    this.name = "ModelError";
    this.category = fields.category;
    this.kind = fields.kind;
    this.reason = fields.reason;
    this.provider = fields.provider;
    this.model = fields.model;
    this.retryAfterMs = fields.retryAfterMs;
    this.status = fields.status;
    this.body = fields.body;
    this.requestId = fields.requestId;
    this.partialText = fields.partialText;
    this.usage = fields.usage;
  }
}

/** The same failure with what else has become known; what it knows already stays. */
export function completedError(
  error: ModelError,
  more: { readonly body?: string | undefined; readonly requestId?: string | undefined },
): ModelError {
  const body = error.body ?? more.body;
  const requestId = error.requestId ?? more.requestId;
  if (body === error.body && requestId === error.requestId) return error;
  const completed = new ModelError(error.message, {
    category: error.category,
    kind: error.kind,
    reason: error.reason,
    provider: error.provider,
    model: error.model,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(body === undefined ? {} : { body }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(error.partialText === undefined ? {} : { partialText: error.partialText }),
    ...(error.usage === undefined ? {} : { usage: error.usage }),
    ...(error.cause === undefined ? {} : { cause: error.cause }),
  });
  if (error.stack !== undefined) completed.stack = error.stack;
  return completed;
}
