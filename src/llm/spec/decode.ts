/**
 * Reading model data that has been outside: a journal, a fixture, a host that speaks JSON.
 *
 * Decoders take `unknown` and return the same object, typed, or throw a {@link HarnError} with code `llm.decode` that
 * names the path. They check what the code relies on and let unknown fields pass, so older readers survive newer data.
 */

import { HarnError, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { Message, ModelChunk, ModelInput, Usage } from "./model.ts";
import { type ErrorCategory, ModelError } from "./model-error.ts";

/** Every category a program can see (ERR-04). */
export const ERROR_CATEGORIES: readonly ErrorCategory[] = [
  "timeout",
  "auth",
  "rate_limit",
  "overloaded",
  "server_error",
  "transient_network",
  "schema_validation",
  "tool_error",
  "tool_rejected",
  "egress_blocked",
  "cancelled",
  "not_found",
  "circuit_open",
  "budget_exceeded",
  "generic",
];

export function isErrorCategory(value: unknown): value is ErrorCategory {
  return ERROR_CATEGORIES.includes(value as ErrorCategory);
}

/** What a stream of a host carries: chunks, and at its end perhaps the failure as data. */
export type ModelStreamItem = ModelChunk | { readonly type: "error"; readonly error: JsonObject };

export function decodeModelInput(value: unknown): ModelInput {
  const input = object(value, "input");
  text(input, "provider", "input");
  text(input, "model", "input");
  array(input["messages"], "input.messages").forEach((message, at) => {
    // Paths are made when they are needed: this runs for every message of every request.
    if (!isSound(message)) decodeMessage(message, `input.messages[${at}]`);
  });
  if (input["tools"] !== undefined) {
    array(input["tools"], "input.tools").forEach((tool, at) => {
      const path = `input.tools[${at}]`;
      const spec = object(tool, path);
      text(spec, "name", path);
      text(spec, "description", path);
      object(spec["inputSchema"], `${path}.inputSchema`);
    });
  }
  for (const field of ["system", "prefill", "sessionId"]) optional(input, field, "string", "input");
  for (const field of ["maxTokens", "timeoutMs"]) optional(input, field, "number", "input");
  for (const field of ["cache", "stream", "parallelToolCalls"]) optional(input, field, "boolean", "input");
  for (const field of ["sampling", "output", "thinking", "providerOptions", "toolSearch"]) {
    if (input[field] !== undefined) object(input[field], `input.${field}`);
  }
  if (input["completion"] !== undefined) {
    const completion = object(input["completion"], "input.completion");
    text(completion, "prefix", "input.completion");
    for (const field of ["suffix", "system"]) optional(completion, field, "string", "input.completion");
  }
  return value as ModelInput;
}

/** No to whatever {@link decodeMessage} would throw at, and to nothing else. */
function isSound(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  switch (value["role"]) {
    case "user":
      return typeof value["content"] === "string";
    case "assistant": {
      const { text: said, toolCalls } = value;
      if ((said !== undefined && typeof said !== "string") || !Array.isArray(toolCalls)) return false;
      return toolCalls.every(
        (call: unknown) => isJsonObject(call) && typeof call["id"] === "string" && typeof call["name"] === "string",
      );
    }
    case "tool":
      return typeof value["toolCallId"] === "string" && typeof value["content"] === "string";
    default:
      return false;
  }
}

function decodeMessage(value: unknown, path: string): Message {
  const message = object(value, path);
  switch (message["role"]) {
    case "user":
      text(message, "content", path);
      return value as Message;
    case "assistant":
      optional(message, "text", "string", path);
      array(message["toolCalls"], `${path}.toolCalls`).forEach((call, at) => {
        const toolCall = object(call, `${path}.toolCalls[${at}]`);
        text(toolCall, "id", `${path}.toolCalls[${at}]`);
        text(toolCall, "name", `${path}.toolCalls[${at}]`);
      });
      return value as Message;
    case "tool":
      text(message, "toolCallId", path);
      text(message, "content", path);
      return value as Message;
  }
  throw mismatch(`${path}.role`, "`user`, `assistant` or `tool`", message["role"]);
}

/** Checks the fields a consumer switches and concatenates on, no more: this runs once per delta. */
export function decodeModelChunk(value: unknown): ModelChunk {
  const chunk = value as { readonly [key: string]: unknown } | null;
  switch (chunk?.["type"]) {
    case "text-delta":
      if (typeof chunk["delta"] !== "string") throw mismatch("chunk.delta", "a string", chunk["delta"]);
      return value as ModelChunk;
    case "thinking-delta":
    case "tool-call-delta":
      if (typeof chunk["delta"] !== "string") throw mismatch("chunk.delta", "a string", chunk["delta"]);
      return value as ModelChunk;
    case "tool-call-start":
    case "tool-call-end":
      if (typeof chunk["id"] !== "string") throw mismatch("chunk.id", "a string", chunk["id"]);
      return value as ModelChunk;
    case "response-start":
    case "heartbeat":
    case "warning":
      return value as ModelChunk;
    case "done":
      if (typeof chunk["stopReason"] !== "string") throw mismatch("chunk.stopReason", "a string", chunk["stopReason"]);
      return value as ModelChunk;
  }
  throw mismatch("chunk.type", "a kind of model chunk", chunk?.["type"]);
}

/** A failed call as data; `cause` is left out. */
export function encodeModelError(error: ModelError): JsonObject {
  return {
    message: error.message,
    category: error.category,
    kind: error.kind,
    reason: error.reason,
    provider: error.provider,
    model: error.model,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.body === undefined ? {} : { body: error.body }),
    ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
    ...(error.partialText === undefined ? {} : { partialText: error.partialText }),
    ...(error.usage === undefined ? {} : { usage: { ...error.usage } }),
  };
}

export function decodeModelError(value: unknown): ModelError {
  const fields = object(value, "error");
  const category = fields["category"];
  const usage = fields["usage"];
  return new ModelError(text(fields, "message", "error"), {
    category: isErrorCategory(category) ? category : "generic",
    kind: fields["kind"] === "transient" ? "transient" : "terminal",
    reason: text(fields, "reason", "error"),
    provider: text(fields, "provider", "error"),
    model: text(fields, "model", "error"),
    ...(typeof fields["retryAfterMs"] === "number" ? { retryAfterMs: fields["retryAfterMs"] } : {}),
    ...(typeof fields["status"] === "number" ? { status: fields["status"] } : {}),
    ...(typeof fields["body"] === "string" ? { body: fields["body"] } : {}),
    ...(typeof fields["requestId"] === "string" ? { requestId: fields["requestId"] } : {}),
    ...(typeof fields["partialText"] === "string" ? { partialText: fields["partialText"] } : {}),
    ...(isJsonObject(usage) ? { usage: usage as unknown as Usage } : {}),
  });
}

function mismatch(path: string, expected: string, found: unknown): HarnError {
  const shown = found === undefined ? "nothing" : (JSON.stringify(found) ?? typeof found);
  return new HarnError("llm.decode", `Expected \`${path}\` to be ${expected}, found ${shown.slice(0, 80)}`);
}

function object(value: unknown, path: string): { readonly [key: string]: unknown } {
  if (!isJsonObject(value)) throw mismatch(path, "an object", value);
  return value;
}

function array(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw mismatch(path, "a list", value);
  return value as readonly Json[];
}

function text(value: { readonly [key: string]: unknown }, field: string, path: string): string {
  const found = value[field];
  if (typeof found !== "string") throw mismatch(`${path}.${field}`, "a string", found);
  return found;
}

function optional(
  value: { readonly [key: string]: unknown },
  field: string,
  type: "string" | "number" | "boolean",
  path: string,
): void {
  const found = value[field];
  if (found !== undefined && typeof found !== type) throw mismatch(`${path}.${field}`, `a ${type}`, found);
}
