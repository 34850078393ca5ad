/**
 * A wire format is how one family of providers is spoken to: a pure function from our request to their JSON, and a
 * decoder from their messages to our chunks. Neither knows about HTTP, clocks or keys; `http-model-client.ts` does.
 *
 * Reading order: this file, `answer-state.ts`, then any `<format>-encode.ts` / `<format>-decode.ts` pair.
 */

import type { JsonObject } from "../../base/index.ts";
import type { Capabilities } from "../catalog/capabilities.ts";
import type { PartialAnswer } from "../errors/model-failures.ts";
import type { ModelChunk, ModelInput } from "../spec/model.ts";

/** How a provider is spoken to; unregistered providers are told apart by their endpoint (PROV-05). */
export type ApiStyle = "anthropic" | "openai-chat" | "openai-responses" | "ollama" | "gemini" | "bedrock";

export interface EncodeContext {
  readonly capabilities: Capabilities;
  /** Environment of the run; some local servers are tuned by it. */
  env(name: string): string | undefined;
}

export interface EncodedRequest {
  readonly body: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  /** What of the request was left out or changed, and why. */
  readonly warnings: readonly string[];
}

/**
 * Where an answer stands: `open`, the provider has not said that it is done; `settling`, it has, but an afterthought (the
 * usage) may follow; `finished`, nothing more will come.
 */
export type AnswerStatus = "open" | "settling" | "finished";

/** Decodes one answer. Appends chunks to `out`; throws a `ModelError` that carries what had arrived. */
export interface AnswerDecoder {
  readonly status: AnswerStatus;
  readonly partial: PartialAnswer;
  /** One framed message of a stream. */
  event(name: string, data: string, out: ModelChunk[]): void;
  /** A whole answer, for requests that did not stream and servers that would not. */
  whole(body: string, out: ModelChunk[]): void;
  /** The bytes have ended: yields `done`, or throws `truncated` unless the provider had said it was done. */
  end(out: ModelChunk[]): void;
}

/** How the messages of a stream are told apart. */
export type Framing = "event-stream" | "json-lines" | "aws-event-stream";

export interface WireFormat {
  readonly style: ApiStyle;
  readonly framing: Framing;
  encode(input: ModelInput, context: EncodeContext): EncodedRequest;
  decoder(input: ModelInput, context: EncodeContext, secrets?: readonly string[]): AnswerDecoder;
}
