/**
 * The model contract: what a provider, the scripted fake, the mock, record/replay and routing all speak, and the only
 * thing that `llm_call`, `llm_stream`, the agent loop and compaction use (requirements LOOP-06 … LOOP-20).
 *
 * Everything here is plain JSON-compatible data, so a call can be journaled, replayed and shown as it is.
 */

import type { CancelSignal, Json, JsonObject } from "../../base/index.ts";

// ---- Messages ------------------------------------------------------------------------------------------------------

/** An image or document: exactly one of `base64` (no data-URL prefix) and `url`. */
export interface Attachment {
  readonly kind: "image" | "pdf" | "audio";
  readonly mediaType: string;
  readonly base64?: string;
  readonly url?: string;
  /** How closely an image is looked at, where the provider offers a choice. */
  readonly detail?: "low" | "high" | "auto";
}

/** A model's reasoning. `signature` must go back unchanged to the provider that made it. */
export interface Thinking {
  readonly text: string;
  readonly signature?: string;
  /** Encrypted reasoning the provider wants returned verbatim. */
  readonly redacted?: string;
}

/** A complete call: `input` has been parsed and repaired, and may be run. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: Json;
  /** Token some providers attach to a call and want back with it, unchanged. */
  readonly signature?: string;
}

export interface UserMessage {
  readonly role: "user";
  readonly content: string;
  readonly attachments?: readonly Attachment[];
}

export interface AssistantMessage {
  readonly role: "assistant";
  readonly text?: string;
  readonly thinking?: readonly Thinking[];
  readonly toolCalls: readonly ToolCall[];
}

export interface ToolMessage {
  readonly role: "tool";
  readonly toolCallId: string;
  readonly toolName?: string;
  readonly content: string;
  readonly isError: boolean;
  readonly attachments?: readonly Attachment[];
}

export type Message = UserMessage | AssistantMessage | ToolMessage;

// ---- Request -------------------------------------------------------------------------------------------------------

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the input object. */
  readonly inputSchema: JsonObject;
  /** Not sent until a tool search promotes it. */
  readonly deferred?: boolean;
  /** Groups deferred tools for a provider's own search. */
  readonly namespace?: string;
}

/** `auto`: the model decides; `required`: some tool; `none`: no tool; or one tool by name. */
export type ToolChoice = "auto" | "required" | "none" | { readonly tool: string };

export type OutputFormat =
  | { readonly kind: "text" }
  | { readonly kind: "json" }
  | { readonly kind: "json-schema"; readonly schema: JsonObject; readonly strict: boolean; readonly name?: string };

export type ThinkingConfig =
  | { readonly mode: "disabled" }
  | { readonly mode: "enabled"; readonly budgetTokens?: number }
  | { readonly mode: "adaptive" }
  | { readonly mode: "effort"; readonly level: "low" | "medium" | "high" };

export interface SamplingSettings {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly logprobs?: boolean;
  readonly topLogprobs?: number;
}

/** One request. Built once per step and used unchanged for every retry and reconnect of that step (LOOP-07). */
export interface ModelInput {
  readonly provider: string;
  readonly model: string;
  readonly system?: string;
  readonly messages: readonly Message[];
  readonly tools?: readonly ToolSpec[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly maxTokens?: number;
  readonly sampling?: SamplingSettings;
  readonly output?: OutputFormat;
  readonly thinking?: ThinkingConfig;
  /** Ask the provider to cache the prompt prefix. */
  readonly cache?: boolean;
  /** Let the provider search the deferred tools itself; absent: deferred tools are not sent. */
  readonly toolSearch?: { readonly variant: "bm25" | "regex" };
  /** Names of provider beta features, sent as a header where the provider has one. */
  readonly betaFeatures?: readonly string[];
  /** Text the answer must continue from. */
  readonly prefill?: string;
  /**
   * The same request as a text to be continued, for providers that have an endpoint for it (COMPL-04): what stands before
   * and, perhaps, after the gap. `messages` and `system` say it as a conversation, for all others.
   */
  readonly completion?: { readonly prefix: string; readonly suffix?: string; readonly system?: string };
  /** False asks for one whole answer; the client still yields it as chunks. Default true. */
  readonly stream?: boolean;
  /** Milliseconds for the whole request; absent: no limit. */
  readonly timeoutMs?: number;
  readonly sessionId?: string;
  /** Merged into the wire body of the provider with that name, last. */
  readonly providerOptions?: Readonly<Record<string, JsonObject>>;
}

// ---- Response ------------------------------------------------------------------------------------------------------

/**
 * Tokens of one call. `inputTokens` includes cached ones. `exact` is false when a number was estimated, which is the
 * case for calls that ended before the provider told.
 */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens?: number;
  readonly exact: boolean;
}

/**
 * One piece of an answer.
 *
 *     stream := response-start? piece* done
 *     piece  := text-delta | thinking-delta | call | heartbeat | warning
 *     call   := tool-call-start tool-call-delta* tool-call-end      (calls may interleave; ids tell them apart)
 */
export type ModelChunk =
  /** The provider answered. Usage told here counts even if the stream dies later. */
  | {
      readonly type: "response-start";
      readonly model?: string;
      /** Who answers, when that is not whom the request names: a mock that stands in for everybody. */
      readonly provider?: string;
      readonly responseId?: string;
      readonly usage?: Partial<Usage>;
    }
  | {
      readonly type: "text-delta";
      readonly messageId: string;
      readonly delta: string;
      /** The model thought this and said nothing: shown as the answer, since there is no other (HTTP-07). */
      readonly recovered?: true;
    }
  | {
      readonly type: "thinking-delta";
      readonly thinkingId: string;
      readonly delta: string;
      readonly signature?: string;
      readonly redacted?: string;
      /** True when the text is a summary the provider wrote, not the reasoning itself. */
      readonly summary?: boolean;
    }
  | { readonly type: "tool-call-start"; readonly id: string; readonly name: string }
  /** For display only: arguments may be run after `done`, never before. */
  | { readonly type: "tool-call-delta"; readonly id: string; readonly delta: string }
  /** `input`, when present, wins over the deltas (LOOP-12). */
  | { readonly type: "tool-call-end"; readonly id: string; readonly input?: Json; readonly signature?: string }
  /** Bytes arrived that are no content: feeds the transport clock, not the progress clock. */
  | {
      readonly type: "heartbeat";
      /**
       * So often the call was made before, by processes that stopped before they heard its end. A client tells it before
       * anything else of a run that goes on; the provider may bill each.
       */
      readonly lostAttempts?: number;
    }
  /** Something unknown was seen and kept: an event, a block, a field of unexpected shape. */
  | { readonly type: "warning"; readonly message: string; readonly raw?: Json }
  | {
      readonly type: "done";
      /** `end_turn`, `tool_use`, `max_tokens`, `stop_sequence`, or the provider's own word. */
      readonly stopReason: string;
      readonly rawStopReason?: string;
      readonly usage?: Usage;
      readonly logprobs?: Json;
    };

/**
 * A model that can be called.
 *
 * Contract: `stream` does nothing until iterated. It yields chunks in the order above and then ends; a stream that the
 * provider cut before its terminal event throws a {@link ModelError} with category `transient_network` and reason
 * `truncated`, never ends silently. It throws only `ModelError`; after `signal` fires it throws one with category
 * `cancelled` at once, whatever the provider does. Returning early from the iteration releases the connection.
 * The input is not mutated. Retrying is the caller's business: a client tries once.
 */
export interface ModelClient {
  readonly provider: string;
  stream(input: ModelInput, signal?: CancelSignal): AsyncIterable<ModelChunk>;
}
