/**
 * `llm_stream(prompt, system?, options?)`: the text of an answer as it arrives (section 14).
 *
 * Two forms. `llmStream` is an async iterable of text pieces that throws what goes wrong. `llmStreamValues` is what the
 * language's channel carries: production starts at once and runs at most 64 values ahead of the reader, and a failure
 * arrives as a last value `error: {message}` (STREAM-05, ambiguity 20).
 */

import { type CancelSignal, CancelToken } from "../../base/index.ts";
import { attemptClient, buildModelInput } from "../call/attempt.ts";
import { type CallOptions, readCallOptions, routeFacts } from "../call/call-options.ts";
import { errorMessage } from "../call/error-dict.ts";
import type { LlmContext } from "../call/llm-context.ts";
import type { AttemptLimits } from "../call/watchdog-layer.ts";
import { produceAhead } from "./produce-ahead.ts";

/** STREAM-02. */
export const STREAM_CAPACITY = 64;
/** STREAM-07, milliseconds. */
const DEFAULT_STREAM_DEADLINE_MS = 30 * 60 * 1000;

/**
 * Pieces of text, none empty. Returning early from the iteration stops the provider (STREAM-08).
 * Options are read at once, so mistakes in them are thrown here and not while iterating.
 * @throws HarnError code `llm.option`; while iterating, ModelError
 */
export function llmStream(
  context: LlmContext,
  prompt: unknown,
  system?: unknown,
  rawOptions?: unknown,
  signal?: CancelSignal,
): AsyncIterable<string> {
  const options = readCallOptions(context, prompt, system, rawOptions);
  return options.provider === "mock" ? mockWords(options) : providerText(context, options, signal);
}

/** STREAM-03: the words of the last message; queued mock answers are not used. */
async function* mockWords(options: CallOptions): AsyncGenerator<string, void, void> {
  const last = options.messageList.at(-1);
  const content = typeof last === "object" && last !== null && "content" in last ? last.content : undefined;
  if (typeof content !== "string") return;
  for (const word of content.split(/\s+/)) if (word !== "") yield word;
}

/** STREAM-04. Budgets, limits and traces hold here as for every call: a stream is not a way round them. */
async function* providerText(
  context: LlmContext,
  options: CallOptions,
  signal: CancelSignal | undefined,
): AsyncGenerator<string, void, void> {
  const input = buildModelInput({ ...options, stream: true }, options.messageList, options.system);
  const route = routeFacts(options);
  const client = attemptClient(context, input, {
    budget: options.budget,
    limits: streamLimits(options),
    facts: {
      attempt: 0,
      maxRetries: 0,
      routePolicy: route.policy,
      fallbackChain: [],
      toolFormat: options.toolFormat,
      userVisible: options.userVisible,
    },
  });
  for await (const chunk of client.stream(input, signal)) {
    if (chunk.type === "text-delta" && chunk.delta !== "") yield chunk.delta;
  }
}

function streamLimits(options: CallOptions): AttemptLimits {
  return {
    idleMs: options.limits.streamIdleMs,
    timeoutMs: options.limits.streamTimeoutMs ?? DEFAULT_STREAM_DEADLINE_MS,
    idleMessage: (seconds) => `stream idle timeout: no data received for ${seconds}s`,
    deadlineMessage: (seconds) =>
      `stream overall deadline exceeded: ${seconds}s budget reached before stream completed`,
  };
}

/**
 * The values of the channel `llm_stream`. Production runs ahead of the reader from the start; when the reader returns
 * early it is stopped. Never throws while iterating.
 */
export function llmStreamValues(
  context: LlmContext,
  prompt: unknown,
  system?: unknown,
  rawOptions?: unknown,
  signal?: CancelSignal,
): AsyncIterableIterator<string> {
  const { token, release } =
    signal === undefined ? { token: new CancelToken(), release: () => {} } : CancelToken.childOf(signal);
  const source = withErrorValue(llmStream(context, prompt, system, rawOptions, token));
  return produceAhead(source, STREAM_CAPACITY, () => {
    release();
    token.cancel("reader went away");
  });
}

async function* withErrorValue(source: AsyncIterable<string>): AsyncGenerator<string, void, void> {
  try {
    yield* source;
  } catch (error) {
    yield `error: ${errorMessage(error)}`;
  }
}
