/**
 * One attempt at a model, with whatever watches it.
 *
 * A *layer* is a small thing around one attempt: it is opened before the provider is asked (and may refuse), sees every
 * chunk, and is closed exactly once, whatever happened. `layeredClient` runs a stack of them around a {@link ModelClient}
 * and is a `ModelClient` itself:
 *
 *     open(1) open(2) open(3)  ->  ask the provider  ->  chunk* through all  ->  close(3) close(2) close(1)
 *
 * Layers see chunks as plain calls instead of wrapping the stream each: a token costs one promise, not one per layer.
 */

import { type CancelSignal, CancelToken, type Host } from "../../base/index.ts";
import type { TokenCounts } from "../cost/estimate-tokens.ts";
import { cancelledFailure, transportFailure } from "../errors/model-failures.ts";
import type { ModelChunk, ModelClient, ModelInput } from "../spec/model.ts";
import { ModelError } from "../spec/model-error.ts";
import { type AttemptMeter, createAttemptMeter } from "./attempt-meter.ts";

/** What a layer may know and do while its attempt runs. */
export interface AttemptScope {
  readonly input: ModelInput;
  /** Fires when the caller cancels and when a layer cuts. */
  readonly signal: CancelSignal;
  /** What has arrived so far; it sees each chunk before the layers do. */
  readonly meter: AttemptMeter;
  /**
   * The clock (`clock.monotonic`) as it stands at this moment: read once, however many layers ask, while the attempt opens,
   * for each chunk, and while it closes. Whoever has waited by itself asks the host.
   */
  now(host: Pick<Host, "sync">): number;
  /** Ends the attempt at once: the provider is cancelled and the reader gets this error. The first cut wins. */
  cut(error: ModelError): void;
}

export interface AttemptOutcome {
  /** False when a layer refused before the provider was asked: then nothing was spent. */
  readonly asked: boolean;
  /** Absent when the stream ended normally or was abandoned. */
  readonly error?: ModelError;
  /** The reader went away before the end. */
  readonly abandoned: boolean;
}

export interface OpenLayer {
  /** Sees each chunk before the reader does. */
  onChunk?(chunk: ModelChunk): void;
  /** Runs once, also when a later layer refused. A returned error replaces success, never another error. */
  close?(outcome: AttemptOutcome): ModelError | undefined;
}

/**
 * Contract: may throw (or reject with) a `ModelError` to refuse the attempt; must stop waiting when the scope's signal
 * fires; holds nothing after `close`.
 */
export type CallLayer = (scope: AttemptScope) => OpenLayer | Promise<OpenLayer>;

/** @param counts see `estimateInputTokens` */
export function layeredClient(client: ModelClient, layers: readonly CallLayer[], counts?: TokenCounts): ModelClient {
  return {
    provider: client.provider,
    stream: (input, signal) => runAttempt(client, layers, { input, counts }, signal),
  };
}

async function* runAttempt(
  client: ModelClient,
  layers: readonly CallLayer[],
  { input, counts }: { readonly input: ModelInput; readonly counts: TokenCounts | undefined },
  caller: CancelSignal | undefined,
): AsyncGenerator<ModelChunk, void, void> {
  const token = new CancelToken();
  const onCallerAbort = (): void => token.cancel(caller?.reason);
  if (caller?.aborted) onCallerAbort();
  else caller?.addEventListener("abort", onCallerAbort);

  const meter = createAttemptMeter(input, counts);
  let cutBy: ModelError | undefined;
  let nowMs: number | undefined;
  const scope: AttemptScope = {
    input,
    signal: token,
    meter,
    now(host) {
      nowMs ??= host.sync("clock.monotonic", {});
      return nowMs;
    },
    cut(error) {
      cutBy ??= error;
      token.cancel(error);
    },
  };

  const open: OpenLayer[] = [];
  let asked = false;
  let ended = false;
  let failure: ModelError | undefined;
  let iterator: AsyncIterator<ModelChunk> | undefined;
  let rejectWait: ((reason: unknown) => void) | undefined;
  const onAbort = (): void => rejectWait?.(token.reason);
  token.addEventListener("abort", onAbort);
  /** A provider that ignores its signal must not hold the reader. */
  const nextChunk = (from: AsyncIterator<ModelChunk>): Promise<IteratorResult<ModelChunk>> =>
    new Promise((resolve, reject) => {
      rejectWait = reject;
      from.next().then(resolve, reject);
    });

  try {
    for (const layer of layers) {
      if (token.aborted) throw token.reason;
      const opened = layer(scope);
      if ("then" in opened) {
        open.push(await opened);
        nowMs = undefined;
      } else open.push(opened);
    }
    if (token.aborted) throw token.reason;
    iterator = client.stream(input, token)[Symbol.asyncIterator]();
    asked = true;
    for (;;) {
      const step = await nextChunk(iterator);
      nowMs = undefined;
      if (step.done) break;
      const chunk = step.value;
      meter.push(chunk);
      for (const layer of open) layer.onChunk?.(chunk);
      if (token.aborted) throw token.reason;
      yield chunk;
    }
    ended = true;
  } catch (error) {
    failure = withPartial(cutBy ?? failureOf(input, error, token), meter);
  } finally {
    caller?.removeEventListener("abort", onCallerAbort);
    rejectWait = undefined;
    nowMs = undefined;
    // Not awaited: a stalled provider would hold its reader for ever.
    if (!ended && iterator?.return) iterator.return().then(undefined, () => {});
    const abandoned = !ended && failure === undefined;
    for (const layer of open.reverse()) {
      try {
        const replaced = layer.close?.({ asked, abandoned, ...(failure === undefined ? {} : { error: failure }) });
        failure ??= replaced;
      } catch (error) {
        // A breach of the contract by one layer must not keep the others from letting go.
        failure ??= transportFailure(input, error);
      }
    }
    // After close: layers that still listen have let go by now, and the provider's own clean-up sees the cancel.
    if (!ended) token.cancel("abandoned");
  }
  if (failure !== undefined) throw failure;
}

function failureOf(input: ModelInput, error: unknown, token: CancelToken): ModelError {
  const told = error instanceof ModelError && error.category === "cancelled";
  if (token.aborted && !told) return cancelledFailure(input, token.reason);
  return transportFailure(input, error);
}

/** Text that was seen and tokens that were spent travel with the failure. */
function withPartial(error: ModelError, meter: AttemptMeter): ModelError {
  const text = meter.text();
  const needsText = error.partialText === undefined && text !== "";
  const needsUsage = error.usage === undefined && meter.started;
  if ((!needsText && !needsUsage) || Object.getPrototypeOf(error) !== ModelError.prototype) return error;
  const usage = error.usage ?? (meter.started ? meter.usage() : undefined);
  const partialText = error.partialText ?? (text === "" ? undefined : text);
  const copy = new ModelError(error.message, {
    category: error.category,
    kind: error.kind,
    reason: error.reason,
    provider: error.provider,
    model: error.model,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.body === undefined ? {} : { body: error.body }),
    ...(partialText === undefined ? {} : { partialText }),
    ...(usage === undefined ? {} : { usage }),
    ...(error.cause === undefined ? {} : { cause: error.cause }),
  });
  if (error.stack !== undefined) copy.stack = error.stack;
  return copy;
}
