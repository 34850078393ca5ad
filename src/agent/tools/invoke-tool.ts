/**
 * One tool call from start to outcome: its own cancel token, its time limit, its retries.
 *
 * Whatever a runtime does, the caller gets an answer: a tool that ignores its signal is left behind with a catch
 * attached, and its late result is discarded (LOOP-67).
 */

import { type CancelSignal, CancelToken, type Host } from "../../base/index.ts";
import { CANCELLED, orCancelled, pause, toAbortSignal } from "../cancel/cancellation.ts";
import { invalidInputMessage } from "./describe-input.ts";
import { type ToolOutcome, ToolRuntimeError, thrownText, toolFailure } from "./outcome.ts";
import type { Purse, ToolContext, ToolInvocation, ToolRuntime } from "./tool-runtime.ts";

export interface InvokeSettings {
  readonly host: Host;
  readonly runtime: ToolRuntime;
  readonly purse?: Purse | undefined;
  /** Milliseconds for one attempt of one call; absent: no limit (LOOP-74). */
  readonly timeoutMs?: number | undefined;
  /** How often a failed execution is tried again; refusals and bad input never are (AGENT-05). Default 0. */
  readonly retries?: number | undefined;
  /** The wait before retry n is this times 2^min(n, 5). Default 1,000 ms. */
  readonly backoffMs?: number | undefined;
}

/** `fatal` ends the turn (LOOP-76); `cancelled` says the turn's signal fired first. */
export type InvokeResult =
  | { readonly kind: "settled"; readonly outcome: ToolOutcome }
  | { readonly kind: "fatal"; readonly message: string; readonly cause: unknown }
  | { readonly kind: "cancelled" };

export async function invokeTool(
  call: ToolInvocation,
  settings: InvokeSettings,
  cancel: CancelSignal | undefined,
): Promise<InvokeResult> {
  const retries = settings.retries ?? 0;
  for (let attempt = 0; ; attempt++) {
    const result = await invokeOnce(call, settings, cancel);
    if (attempt >= retries || !mayRetry(result)) return result;
    const delayMs = (settings.backoffMs ?? 1000) * 2 ** Math.min(attempt + 1, 5);
    if (!(await pause(settings.host, delayMs, cancel))) return { kind: "cancelled" };
  }
}

function mayRetry(result: InvokeResult): boolean {
  if (result.kind === "cancelled") return false;
  if (result.kind === "fatal") return true;
  const { output } = result.outcome;
  return !output.ok && (output.failure.kind === "Runtime" || output.failure.kind === "Timeout");
}

async function invokeOnce(
  call: ToolInvocation,
  settings: InvokeSettings,
  cancel: CancelSignal | undefined,
): Promise<InvokeResult> {
  const { token, release } =
    cancel === undefined ? { token: new CancelToken(), release: () => {} } : CancelToken.childOf(cancel);
  if (token.aborted) return { kind: "cancelled" };
  const timeoutMs = settings.runtime.timeoutOf?.(call.name) ?? settings.timeoutMs;
  let timedOut = false;
  const clock = new CancelToken();
  if (timeoutMs !== undefined) {
    void pause(settings.host, timeoutMs, clock).then((elapsed) => {
      if (!elapsed) return;
      timedOut = true;
      token.cancel(new Error("tool timed out"));
    });
  }
  try {
    const outcome = await orCancelled(startInvocation(call, settings, token), token);
    if (cancel?.aborted) return { kind: "cancelled" };
    if (outcome !== CANCELLED) return { kind: "settled", outcome };
    if (timedOut) return { kind: "settled", outcome: timeoutOutcome(timeoutMs!) };
    return { kind: "cancelled" };
  } catch (thrown) {
    return settleThrown(thrown, call);
  } finally {
    clock.cancel("settled");
    release();
  }
}

/** The runtime's promise, also when it throws before making one. */
async function startInvocation(
  call: ToolInvocation,
  settings: InvokeSettings,
  signal: CancelSignal,
): Promise<ToolOutcome> {
  return settings.runtime.invoke(call, createToolContext(call, settings, signal));
}

function createToolContext(call: ToolInvocation, { host, purse }: InvokeSettings, signal: CancelSignal): ToolContext {
  let abortSignal: AbortSignal | undefined;
  return {
    callId: call.id,
    host,
    signal,
    ...(purse === undefined ? {} : { purse }),
    get abortSignal() {
      return (abortSignal ??= toAbortSignal(signal));
    },
  };
}

function timeoutOutcome(timeoutMs: number): ToolOutcome {
  return toolFailure("Timeout", `tool timed out after ${timeoutMs / 1000}s`);
}

/** LOOP-74 … LOOP-77. An unknown tool is something the model can correct, so it is told (port choice 3). */
function settleThrown(thrown: unknown, call: ToolInvocation): InvokeResult {
  if (!(thrown instanceof ToolRuntimeError)) {
    return { kind: "fatal", message: `tool task failed: ${thrownText(thrown)}`, cause: thrown };
  }
  switch (thrown.kind) {
    case "timeout":
      return { kind: "settled", outcome: toolFailure("Timeout", thrown.detail) };
    case "invalid-input":
      return {
        kind: "settled",
        outcome: toolFailure("InvalidInput", invalidInputMessage(thrown.tool, thrown.detail, call.input)),
      };
    case "unknown-tool":
      return { kind: "settled", outcome: toolFailure("NotFound", thrown.message) };
    case "runtime":
      return { kind: "fatal", message: thrown.message, cause: thrown };
  }
}
