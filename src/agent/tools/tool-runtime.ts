/** The seam between the turn and whatever runs tools. */

import type { CancelSignal, Host, JsonObject } from "../../base/index.ts";
import type { ToolSpec, Usage } from "../../llm/index.ts";
import type { RecordedToolCall } from "../context/recorded-message.ts";
import { type ToolOutcome, ToolRuntimeError } from "./outcome.ts";

/** A decoded call on its way to the runtime. */
export interface ToolInvocation extends RecordedToolCall {
  /** Why the call must not run although the model made it: its arguments could not be read at all. */
  readonly unusable?: string;
}

/** What most answers call at the end: conversations share the list. */
export const NO_CALLS: readonly ToolInvocation[] = [];

/** What a tool's semantics are; policies decide by it. `other` is never taken for read-only. */
export type ToolKind = "read" | "edit" | "delete" | "move" | "search" | "execute" | "think" | "fetch" | "other";

/** The budget of whoever calls a tool, for tools that call models themselves. */
export interface Purse {
  /** Books what the tool's model calls cost. */
  charge(usage: Usage): void;
  /** True once this budget, or one around it, is used up. */
  isSpent(): boolean;
}

export interface ToolContext {
  readonly callId: string;
  readonly host: Host;
  /** Fires when the turn is cancelled or the call's time is up. */
  readonly signal: CancelSignal;
  /** The same as a DOM signal, for `fetch` and friends; made on first use. */
  readonly abortSignal: AbortSignal;
  /** Absent where nobody keeps books. */
  readonly purse?: Purse;
}

/**
 * Contract: `specs` is read once per turn (LOOP-36). `invoke` is called concurrently. It resolves with a success or a
 * failure the model should see, or rejects with a `ToolRuntimeError`; anything else it throws counts as a crash and
 * ends the turn. It should stop when `context.signal` fires, but nobody waits for it if it does not.
 */
export interface ToolRuntime {
  specs(): readonly ToolSpec[];
  invoke(call: ToolInvocation, context: ToolContext): Promise<ToolOutcome>;
  /** How a tool behaves; absent or undefined: `other`. */
  kindOf?(name: string): ToolKind | undefined;
  /** Where a tool runs, for events: `{kind: "harn_builtin"}`, `{kind: "mcp_server", server_name}`, … */
  executorOf?(name: string): JsonObject | undefined;
  /** Milliseconds one call of this tool may take; absent or undefined: the harness's limit. */
  timeoutOf?(name: string): number | undefined;
}

const READ_ONLY: ReadonlySet<ToolKind> = new Set<ToolKind>(["read", "search", "think", "fetch"]);

export function isReadOnly(runtime: ToolRuntime, name: string): boolean {
  return READ_ONLY.has(runtime.kindOf?.(name) ?? "other");
}

/** A runtime without tools. */
export const NO_TOOLS: ToolRuntime = {
  specs: () => [],
  invoke: (call) => Promise.reject(new ToolRuntimeError("unknown-tool", call.name, call.name)),
};
