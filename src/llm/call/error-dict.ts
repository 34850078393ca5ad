/** Failures as programs see them: one dict with the same fields in `catch`, in `llm_call_safe`, everywhere (section 9). */

import { HarnError, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { BudgetExceededError } from "../cost/budget-envelope.ts";
import { categoryOfText, classifyError } from "../errors/classify.ts";
import { isErrorCategory } from "../spec/decode.ts";
import { type ErrorCategory, ModelError } from "../spec/model-error.ts";

/**
 * What a failed call throws. Code `llm.<category>`: `llm.rate_limit`, `llm.auth`, `llm.timeout`, … `dict` is the value that a
 * Harn program catches; `cause` is the failure itself.
 */
export class LlmCallError extends HarnError {
  readonly dict: JsonObject;

  constructor(dict: JsonObject, cause: unknown) {
    super(`llm.${String(dict["category"])}`, String(dict["message"]), { cause });
    this.name = "LlmCallError";
    this.dict = dict;
  }

  get category(): string {
    return String(this.dict["category"]);
  }

  /** The failure of the provider behind this one, with status, request id and when to try again; if there is one. */
  get modelError(): ModelError | undefined {
    return this.cause instanceof ModelError ? this.cause : undefined;
  }

  /** Text that had arrived before the call failed. */
  get partialText(): string | undefined {
    return this.modelError?.partialText;
  }
}

/**
 * ERR-01, ERR-02. A dict that was thrown already is completed, not replaced; provider and model are always those the
 * call was resolved to, also when routing or a fallback used others (CALL-03).
 */
export function errorDict(error: unknown, provider: string, model: string): JsonObject {
  const thrown = thrownDict(error);
  const told = plainErrorDict(error);
  if (thrown !== undefined) return { ...told, ...thrown, provider, model };
  const { retryAfterMs, requestId } = error instanceof ModelError ? error : {};
  return {
    ...told,
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
    ...(requestId === undefined ? {} : { request_id: requestId }),
    provider,
    model,
  };
}

/** SAFE-03: `{category, kind, reason, message}`, for failures before provider and model are known. */
export function plainErrorDict(error: unknown): JsonObject {
  const category = errorCategory(error);
  const message = errorMessage(error);
  if (error instanceof ModelError) return { category, kind: error.kind, reason: error.reason, message };
  const { kind, reason } = classifyError(category, message);
  return { category, kind, reason, message };
}

/** The error part of a safe envelope: a thrown dict unchanged, else the plain one (SAFE-02, SAFE-03). */
export function envelopeError(error: unknown): JsonObject {
  return thrownDict(error) ?? plainErrorDict(error);
}

/** ERR-05. */
export function errorCategory(error: unknown): ErrorCategory {
  if (error instanceof ModelError) return error.category;
  const dict = thrownDict(error);
  if (dict !== undefined) return isErrorCategory(dict["category"]) ? dict["category"] : "generic";
  return categoryOfText(errorMessage(error));
}

/** ERR-03. */
export function errorMessage(error: unknown): string {
  const message = thrownDict(error)?.["message"];
  if (message !== undefined) return typeof message === "string" ? message : JSON.stringify(message);
  if (typeof error === "string") return error;
  return error instanceof Error ? error.message : (JSON.stringify(error as Json) ?? String(error));
}

function thrownDict(error: unknown): JsonObject | undefined {
  if (error instanceof LlmCallError || error instanceof BudgetExceededError) return error.dict;
  return isJsonObject(error) && !(error instanceof Error) ? error : undefined;
}
