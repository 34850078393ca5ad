/**
 * Model calls as effects. The runtime calls models through the host (`hostModelClient`), and a host answers with a client
 * (`serveModelStream`); between the two everything is JSON, so a journal can record a call and play it back. A failure
 * crosses as a last item, `{type: "error"}`, since errors are no JSON.
 */

import type { CancelSignal, Host, Json } from "../../base/index.ts";
import { cancelledFailure, transportFailure } from "../errors/model-failures.ts";
import { decodeModelChunk, decodeModelError, decodeModelInput, encodeModelError } from "../spec/decode.ts";
import type { ModelChunk, ModelClient, ModelInput } from "../spec/model.ts";

/** A client whose calls are `model.stream` effects of the host. */
export function hostModelClient(host: Pick<Host, "stream">, provider: string): ModelClient {
  return {
    provider,
    stream: (input, signal) => ({
      [Symbol.asyncIterator]: () => {
        const items = host.stream("model.stream", input as unknown as Json, signal)[Symbol.asyncIterator]();
        return readItems(items, input, signal);
      },
    }),
  };
}

/** An item as far as it is looked at here. A journal that makes a call again says so in its first item. */
interface ReadItem {
  readonly type?: unknown;
  readonly error?: unknown;
  readonly lostAttempts?: unknown;
}

function readItems(
  items: AsyncIterator<Json>,
  input: ModelInput,
  signal: CancelSignal | undefined,
): AsyncIterator<ModelChunk> {
  const fail = (error: unknown): never => {
    throw signal?.aborted ? cancelledFailure(input, signal.reason) : transportFailure(input, error);
  };
  /** What came with a chunk that was given out first. */
  let held: Json | undefined;
  const take = (result: IteratorResult<Json>): IteratorResult<ModelChunk> => {
    if (result.done) return { done: true, value: undefined };
    const item = result.value as ReadItem | null;
    if (typeof item?.lostAttempts === "number") {
      const { lostAttempts, ...rest } = item;
      if (item.type !== undefined) held = rest as Json;
      return { done: false, value: { type: "heartbeat", lostAttempts } };
    }
    try {
      if (item?.type === "error") throw decodeModelError(item.error);
      return { done: false, value: decodeModelChunk(item) };
    } catch (error) {
      return fail(error);
    }
  };
  return {
    next() {
      if (held === undefined) return items.next().then(take, fail);
      const value = held;
      held = undefined;
      return Promise.resolve({ done: false, value }).then(take);
    },
    return: async () => {
      await items.return?.();
      return { done: true, value: undefined };
    },
  };
}

/**
 * The other side: what a host does for `model.stream`. Throws only the signal's reason. Chunks are passed on as they are,
 * without a generator of our own in between.
 */
export function serveModelStream(client: ModelClient, args: Json, signal?: CancelSignal): AsyncIterable<Json> {
  return { [Symbol.asyncIterator]: () => serveItems(client, args, signal) };
}

function serveItems(client: ModelClient, args: Json, signal: CancelSignal | undefined): AsyncIterator<Json> {
  let input: ModelInput | undefined;
  let chunks: AsyncIterator<ModelChunk> | undefined;
  let isOver = false;
  const take = (result: IteratorResult<ModelChunk>): IteratorResult<Json> => {
    if (!result.done) return { done: false, value: result.value as unknown as Json };
    isOver = true;
    return { done: true, value: undefined };
  };
  const fail = (error: unknown): IteratorResult<Json> => {
    isOver = true;
    if (signal?.aborted) throw signal.reason;
    const failure = transportFailure(input ?? { provider: client.provider, model: "" }, error);
    return { done: false, value: { type: "error", error: encodeModelError(failure) } };
  };
  return {
    async next() {
      if (isOver) return { done: true, value: undefined };
      try {
        if (chunks === undefined) {
          input = decodeModelInput(args);
          chunks = client.stream(input, signal)[Symbol.asyncIterator]();
        }
        return take(await chunks.next());
      } catch (error) {
        return fail(error);
      }
    },
    async return() {
      isOver = true;
      await chunks?.return?.();
      return { done: true, value: undefined };
    },
  };
}
