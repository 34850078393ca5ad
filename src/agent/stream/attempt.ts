/**
 * One request and the reading of its stream, under three clocks: the caller's cancel signal, a limit on how long the
 * connection may take to answer at all, and the idle watchdog.
 *
 * The watchdog measures the gap since the last chunk that was content. Heartbeats do not feed it, and while events are
 * being delivered it stands still (LOOP-59 … LOOP-61). One sleeping timer serves both limits: it looks at the gap when it wakes and
 * goes back to sleep for what is left, so a chunk costs no timer.
 *
 * Each look at the clock is an entry in a journal. So under an idle limit of eight seconds and more each chunk but the first only
 * says that it came; the sleeper wakes each eighth of the limit and takes what has come since as having come just now. Such a limit cuts
 * never early, and late by an eighth at most, as that of a single call does. Time in which nobody could listen counts for no limit.
 */

import { type CancelSignal, CancelToken, type Host } from "../../base/index.ts";
import { createMissedTime, type ModelChunk, type ModelClient, ModelError, type ModelInput } from "../../llm/index.ts";
import { pause } from "../cancel/cancellation.ts";
import { thrownText } from "../tools/outcome.ts";
import { type AnswerDraft, addSilentChunk, addThinking } from "./answer-draft.ts";

/** Silence that is shorter than this is measured to the millisecond. */
const EXACT_BELOW_MS = 8000;
/** The longer limits are looked after in so many slices. */
const SLICES = 8;

/** True at once or later: the consumer took it. False: the consumer has gone. */
export type Delivery = boolean | Promise<boolean>;

export interface AttemptOptions {
  readonly host: Host;
  readonly client: ModelClient;
  readonly input: ModelInput;
  readonly draft: AnswerDraft;
  /** Fires on cancel and when the consumer goes. */
  readonly stop: CancelSignal;
  readonly idleTimeoutMs: number;
  /** Milliseconds until the first chunk; 0: no limit. */
  readonly establishTimeoutMs: number;
  /** Takes a raw text delta, and whether it is thinking that stands in for an answer; decides itself what to show. */
  readonly onText: (delta: string, recovered: boolean) => Delivery;
  readonly onThinking: (delta: string) => Delivery;
  /** Told of every chunk that is neither text nor thinking. */
  readonly onNotice?: (chunk: ModelChunk) => void;
}

/** `established`: the provider answered before it failed. */
export type AttemptEnd =
  | { readonly kind: "complete" }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly error: ModelError; readonly established: boolean };

export async function runAttempt(options: AttemptOptions): Promise<AttemptEnd> {
  const { host, draft, stop } = options;
  if (stop.aborted) return { kind: "stopped" };
  const connection = new CancelToken();
  const clocks = new CancelToken();
  let established = false;
  let stall: ModelError | undefined;
  /** Start of the current gap, as far as the clock was looked at. */
  let gapStart = 0;
  /** Time that events take is not counted. */
  let isDelivering = false;
  /** Something has come since the clock was looked at. */
  let hasHeard = false;
  const isExact = options.idleTimeoutMs < EXACT_BELOW_MS;
  const lookMs = isExact ? options.idleTimeoutMs : options.idleTimeoutMs / SLICES;
  let wake: (() => void) | undefined;

  const now = () => host.sync("clock.monotonic", {});
  const onStop = () => {
    connection.cancel(stop.reason);
    wake?.();
  };
  const giveUp = (error: ModelError) => {
    stall = error;
    wake?.();
    connection.cancel(error);
  };
  const beginGap = () => {
    if (isExact) gapStart = now();
    else hasHeard = true;
  };
  /** One sleeper for both limits: until the first chunk the wait for it counts, then the gap between chunks. */
  const watch = async () => {
    const limitMs = options.establishTimeoutMs > 0 ? options.establishTimeoutMs : Number.POSITIVE_INFINITY;
    const missed = createMissedTime();
    let started = now();
    let lookedMs = started;
    let waitMs = Math.min(limitMs, lookMs);
    while (await pause(host, waitMs, clocks)) {
      const nowMs = now();
      const missedMs = missed(nowMs - lookedMs, waitMs);
      lookedMs = nowMs;
      started += missedMs;
      if (!established) {
        const leftMs = limitMs - (nowMs - started);
        if (leftMs <= 0) return giveUp(silenceError(options));
        waitMs = Math.min(leftMs, lookMs);
        continue;
      }
      gapStart = isDelivering || hasHeard ? nowMs : Math.min(nowMs, gapStart + missedMs);
      hasHeard = false;
      const leftMs = options.idleTimeoutMs - (nowMs - gapStart);
      if (leftMs <= 0) return giveUp(stallError(options));
      waitMs = Math.min(leftMs, lookMs);
    }
  };

  stop.addEventListener("abort", onStop);
  watch().catch((thrown: unknown) => giveUp(asModelError(thrown, options.input)));
  let iterator: AsyncIterator<ModelChunk> | undefined;
  let exhausted = false;
  try {
    iterator = options.client.stream(options.input, connection)[Symbol.asyncIterator]();
    const reader = iterator;
    for (;;) {
      const item = await new Promise<IteratorResult<ModelChunk> | undefined>((resolve, reject) => {
        wake = () => resolve(undefined);
        reader.next().then(resolve, reject);
      });
      wake = undefined;
      if (stop.aborted) return { kind: "stopped" };
      if (stall !== undefined) return afterStall(stall, draft, established);
      if (item === undefined || item.done === true) break;
      const chunk = item.value;
      const isFirst = !established;
      if (isFirst) gapStart = now();
      established = true;
      if (chunk.type === "heartbeat") continue;
      let delivered: Delivery = true;
      if (chunk.type === "text-delta") {
        if (chunk.delta !== "") delivered = options.onText(chunk.delta, chunk.recovered === true);
      } else if (chunk.type === "thinking-delta") {
        const shown = addThinking(draft, chunk);
        if (shown !== "") delivered = options.onThinking(shown);
      } else {
        addSilentChunk(draft, chunk);
        options.onNotice?.(chunk);
      }
      const isWaitedFor = typeof delivered !== "boolean";
      if (isWaitedFor) {
        isDelivering = true;
        delivered = await delivered;
        isDelivering = false;
      }
      // Cancelled while the event was delivered: whoever does not heed the signal would not come back from `next`.
      if (!delivered || stop.aborted) return { kind: "stopped" };
      // The clock has just been looked at for the first.
      if (!isFirst || isWaitedFor) beginGap();
    }
    exhausted = true;
    const cut = draft.calls.find((call) => !call.ended);
    if (cut === undefined || draft.done) return { kind: "complete" };
    return { kind: "failed", error: truncatedError(options, cut.name), established: true };
  } catch (thrown) {
    exhausted = true;
    if (stop.aborted) return { kind: "stopped" };
    if (stall !== undefined) return afterStall(stall, draft, established);
    // The answer is whole; how the connection was closed no longer matters.
    if (draft.done) return { kind: "complete" };
    return { kind: "failed", error: asModelError(thrown, options.input), established };
  } finally {
    stop.removeEventListener("abort", onStop);
    clocks.cancel("attempt ended");
    connection.cancel("attempt ended");
    if (!exhausted && iterator !== undefined) void release(iterator);
  }
}

/** Never awaited: a generator that hangs does not come back from `return`. */
async function release(iterator: AsyncIterator<ModelChunk>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // The answer has been dealt with; what closing it throws tells nobody anything.
  }
}

/** A provider that has said `done` and then forgets to close has answered all the same (port choice 5). */
function afterStall(error: ModelError, draft: AnswerDraft, established: boolean): AttemptEnd {
  return draft.done ? { kind: "complete" } : { kind: "failed", error, established };
}

function stallError({ input, idleTimeoutMs }: AttemptOptions): ModelError {
  const seconds = idleTimeoutMs / 1000;
  return networkError(`model stream stalled: no output for ${seconds}s (connection open but idle)`, input);
}

function silenceError({ input, establishTimeoutMs }: AttemptOptions): ModelError {
  return networkError(`model did not answer within ${establishTimeoutMs / 1000}s`, input);
}

function truncatedError({ input }: AttemptOptions, tool: string): ModelError {
  return networkError(`model stream ended inside the arguments of \`${tool}\``, input, "truncated");
}

function networkError(message: string, input: ModelInput, reason = "network_error"): ModelError {
  const { provider, model } = input;
  return new ModelError(message, { category: "transient_network", kind: "transient", reason, provider, model });
}

/** A client may only throw `ModelError`; what else it throws is a defect, and repeating will not help. */
function asModelError(thrown: unknown, { provider, model }: ModelInput): ModelError {
  if (thrown instanceof ModelError) return thrown;
  const fields = { category: "generic", kind: "terminal", reason: "unknown", provider, model, cause: thrown } as const;
  return new ModelError(thrownText(thrown), fields);
}
