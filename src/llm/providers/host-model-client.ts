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

function readItems(
  items: AsyncIterator<Json>,
  input: ModelInput,
  signal: CancelSignal | undefined,
): AsyncIterator<ModelChunk> {
  const fail = (error: unknown): never => {
    throw signal?.aborted ? cancelledFailure(input, signal.reason) : transportFailure(input, error);
  };
  const take = (result: IteratorResult<Json>): IteratorResult<ModelChunk> => {
    if (result.done) return { done: true, value: undefined };
    const item = result.value as { readonly type?: unknown; readonly error?: unknown } | null;
    try {
      if (item?.type === "error") throw decodeModelError(item.error);
      return { done: false, value: decodeModelChunk(item) };
    } catch (error) {
      return fail(error);
    }
  };
  return {
    next: () => items.next().then(take, fail),
    return: async () => {
      await items.return?.();
      return { done: true, value: undefined };
    },
  };
}

/** The other side: what a host does for `model.stream`. Throws only the signal's reason. */
export async function* serveModelStream(
  client: ModelClient,
  args: Json,
  signal?: CancelSignal,
): AsyncGenerator<Json, void, undefined> {
  let input: ModelInput | undefined;
  try {
    input = decodeModelInput(args);
    for await (const chunk of client.stream(input, signal)) yield chunk as unknown as Json;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const failure = transportFailure(input ?? { provider: client.provider, model: "" }, error);
    yield { type: "error", error: encodeModelError(failure) };
  }
}
