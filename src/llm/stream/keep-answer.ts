/** A stream as it is, whose answer somebody keeps. */

import type { ModelChunk, ModelInput } from "../spec/model.ts";
import { createResultFolder, type ModelResult } from "../spec/model-result.ts";

/**
 * The chunks of `stream`. `keep` gets the answer once they have ended, before the reader hears of that; an answer that
 * failed, or that nobody read to its end, is kept by nobody.
 */
export function keepAnswer(
  stream: AsyncIterable<ModelChunk>,
  input: ModelInput,
  keep: (answer: ModelResult) => void | Promise<void>,
): AsyncIterable<ModelChunk> {
  return {
    [Symbol.asyncIterator]() {
      const inner = stream[Symbol.asyncIterator]();
      const folder = createResultFolder(input);
      let kept = false;
      return {
        async next() {
          const result = await inner.next();
          if (!result.done) folder.push(result.value);
          else if (!kept) {
            kept = true;
            await keep(folder.result());
          }
          return result;
        },
        async return() {
          await inner.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
