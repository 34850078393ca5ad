/**
 * What running a tool can come to.
 *
 * Two families of failure: a *failure* is something the model should see and react to (file not found, bad input,
 * timeout, refusal); a *runtime error* says that the machinery around the tool broke, and ends the turn.
 */

import { HarnError, type Json } from "../../base/index.ts";
import type { Attachment } from "../../llm/index.ts";

/** LOOP-44, LOOP-101. */
export type ToolFailureKind = "InvalidInput" | "NotFound" | "NonZeroExit" | "Timeout" | "Runtime" | "Denied";

export interface ToolFailure {
  readonly kind: ToolFailureKind;
  readonly message: string;
}

export type ToolOutput =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly failure: ToolFailure };

export interface ToolOutcome {
  readonly output: ToolOutput;
  /** Images and documents the model gets to see with the result. */
  readonly attachments?: readonly Attachment[];
}

/** What `execute` returns to attach images or documents to its value. */
export function toolSuccess(value: Json, attachments?: readonly Attachment[]): ToolOutcome {
  return { output: { ok: true, value }, ...(attachments && attachments.length > 0 ? { attachments } : {}) };
}

/** What `execute` returns to fail with a kind of its choice; the model sees `<kind>: <message>`. */
export function toolFailure(kind: ToolFailureKind, message: string): ToolOutcome {
  return { output: { ok: false, failure: { kind, message } } };
}

/** LOOP-44: the text of a failure, as events and history show it. */
export function failureText(failure: ToolFailure): string {
  return `${failure.kind}: ${failure.message}`;
}

export type ToolRuntimeErrorKind = "unknown-tool" | "invalid-input" | "timeout" | "runtime";

const RUNTIME_ERROR_PREFIX: Readonly<Record<ToolRuntimeErrorKind, string>> = {
  "unknown-tool": "unknown tool ",
  "invalid-input": "invalid input for ",
  timeout: "tool timed out: ",
  runtime: "tool runtime failed: ",
};

/** What a {@link ToolRuntime} may throw; texts as in LOOP-77. */
export class ToolRuntimeError extends HarnError {
  readonly kind: ToolRuntimeErrorKind;
  readonly tool: string;
  readonly detail: string;

  constructor(kind: ToolRuntimeErrorKind, tool: string, detail: string, options: { cause?: unknown } = {}) {
    const subject = kind === "unknown-tool" ? tool : kind === "invalid-input" ? `${tool}: ${detail}` : detail;
    super(`agent.tool_${kind.replace("-", "_")}`, RUNTIME_ERROR_PREFIX[kind] + subject, { cause: options.cause });
    this.name = "ToolRuntimeError";
    this.kind = kind;
    this.tool = tool;
    this.detail = detail;
  }
}

/** The message of anything that can be thrown. */
export function thrownText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
