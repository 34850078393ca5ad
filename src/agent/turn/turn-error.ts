/** Why a turn failed. The kind is decided here, once; consumers never read messages to find out. */

import { HarnError } from "../../base/index.ts";
import { ModelError } from "../../llm/index.ts";

/** LOOP-16, LOOP-18, and `internal` for a policy or host that broke its contract. */
export type TurnErrorKind =
  | "rate-limit"
  | "auth"
  | "context-overflow"
  | "network"
  | "bad-request"
  | "server-error"
  | "other"
  | "tool-runtime"
  | "internal";

const DISPLAY: Readonly<Record<TurnErrorKind, { code: string; prefix: string }>> = {
  "rate-limit": { code: "agent.model_rate_limit", prefix: "model rate limit: " },
  auth: { code: "agent.model_auth", prefix: "model auth error: " },
  "context-overflow": { code: "agent.model_context_overflow", prefix: "model context overflow: " },
  network: { code: "agent.model_network", prefix: "model network error: " },
  "bad-request": { code: "agent.model_bad_request", prefix: "model bad request: " },
  "server-error": { code: "agent.model_server_error", prefix: "model server error: " },
  other: { code: "agent.model_other", prefix: "model other error: " },
  "tool-runtime": { code: "agent.tool_runtime", prefix: "tool runtime error: " },
  internal: { code: "agent.internal", prefix: "agent error: " },
};

/** A failed turn: `message` is prefixed for display, `detail` is the text alone. `cause` is the model's own error. */
export class TurnError extends HarnError {
  readonly kind: TurnErrorKind;
  readonly detail: string;
  /** Text of the failed step that the consumer has already been shown. */
  readonly partialText: string;

  constructor(kind: TurnErrorKind, detail: string, options: { cause?: unknown; partialText?: string } = {}) {
    const { code, prefix } = DISPLAY[kind];
    super(code, prefix + detail, { cause: options.cause });
    this.name = "TurnError";
    this.kind = kind;
    this.detail = detail;
    this.partialText = options.partialText ?? "";
  }

  /** The model error behind this one, when there is one. */
  get modelError(): ModelError | undefined {
    return this.cause instanceof ModelError ? this.cause : undefined;
  }
}

/** LOOP-16: one kind of turn error per category of model error, the message kept. */
export function turnErrorFromModel(error: ModelError, partialText = ""): TurnError {
  return new TurnError(modelErrorKind(error), error.message, { cause: error, partialText });
}

function modelErrorKind(error: ModelError): TurnErrorKind {
  if (error.reason === "context_overflow") return "context-overflow";
  switch (error.category) {
    case "rate_limit":
      return "rate-limit";
    case "auth":
      return "auth";
    case "overloaded":
    case "server_error":
      return "server-error";
    case "timeout":
    case "transient_network":
      return "network";
    case "not_found":
    case "schema_validation":
      return "bad-request";
    case "tool_error":
    case "tool_rejected":
    case "egress_blocked":
    case "cancelled":
    case "circuit_open":
    case "budget_exceeded":
      return "other";
    case "generic":
      return error.reason === "invalid_request" ? "bad-request" : "other";
  }
}
