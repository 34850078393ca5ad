/** The seam between the turn and a way of making history shorter (LOOP-04, COMPACT-01 … COMPACT-03). */

import type { CancelSignal, Host, JsonObject } from "../../base/index.ts";
import type { ModelClient, ModelInput, ToolSpec, Usage } from "../../llm/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";

/** One unit: how, with which model, and for how large a window. */
export interface CompactionPolicy {
  readonly strategy: CompactionStrategy;
  /** Client and settings of the summary call; usually the turn's own, so that the provider's prompt cache stays warm. */
  readonly client: ModelClient;
  readonly request: Omit<ModelInput, "system" | "messages" | "tools" | "toolChoice" | "parallelToolCalls">;
  /** Context window of the turn's model, tokens. */
  readonly windowTokens: number;
  /** Also after the last step when it ran tools: whoever keeps the history keeps it short. Default false. */
  readonly atEnd?: boolean;
}

export interface CompactionContext {
  readonly host: Host;
  readonly client: ModelClient;
  readonly request: CompactionPolicy["request"];
  readonly system: string | undefined;
  readonly tools: readonly ToolSpec[];
  readonly windowTokens: number;
  readonly signal: CancelSignal;
  /** True when the provider has already refused the history as too long. */
  readonly forced: boolean;
}

export interface CompactionOutcome {
  readonly messages: readonly RecordedMessage[];
  /** What the summary call cost. */
  readonly usage?: Usage;
  readonly summary?: string;
  /** Extra facts for events: strategy names, counts. */
  readonly detail?: JsonObject;
}

/**
 * Contract: `shouldCompact` is pure and cheap. `compact` never changes its argument and never separates a call from its
 * result; when it cannot compact safely it returns the input array itself. It may reject; the turn then goes on with
 * the history it has (COMPACT-02).
 */
export interface CompactionStrategy {
  readonly name: string;
  shouldCompact(messages: readonly RecordedMessage[], windowTokens: number, overheadTokens: number): boolean;
  compact(messages: readonly RecordedMessage[], context: CompactionContext): Promise<CompactionOutcome>;
}
