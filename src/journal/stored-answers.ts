/** Turns stored deliveries back into what the program saw: a value, or a throw. */

import { type CancelSignal, HarnError } from "../base/index.ts";
import { describeError, type ErrorCodec, reviveError } from "./error-codec.ts";
import type { Journal } from "./journal.ts";
import type { RecordedEffect } from "./replayer.ts";
import type { ChunkEntry, Encoded, EndEntry } from "./spec.ts";

export interface AnswerOptions {
  /** Classes of errors beyond those of `base`. */
  readonly errors?: readonly ErrorCodec[];
}

export interface Answers {
  ofSync(effect: RecordedEffect): unknown;
  ofChunk(chunk: ChunkEntry): unknown;
  /** @throws what the effect failed with, or for a cancelled one the reason of `signal` */
  ofEnd(delivery: ChunkEntry | EndEntry, signal: CancelSignal | undefined): unknown;
}

export function createAnswers(journal: Journal, options: AnswerOptions): Answers {
  const codecs = options.errors ?? [];
  const decoded = (encoded: Encoded | undefined) => (encoded === undefined ? undefined : journal.decode(encoded));

  const errorOf = (encoded: Encoded | undefined, signal: CancelSignal | undefined): unknown => {
    const stored = decoded(encoded);
    // A program may compare what it catches with the very reason it cancelled with.
    if (signal?.aborted) {
      const reason = describeError(signal.reason, codecs);
      const { name, message } = stored as { name?: unknown; message?: unknown };
      if (reason.name === name && reason.message === message) return signal.reason;
    }
    return reviveError(stored, codecs);
  };

  return {
    ofSync({ start }) {
      if (start.type !== "sync") {
        throw new HarnError("journal.corrupt", `Expected \`${start.kind}\` to be a synchronous effect in the journal`);
      }
      if (start.error !== undefined) throw errorOf(start.error, undefined);
      return decoded(start.result);
    },
    ofChunk: (chunk) => decoded(chunk.result),
    ofEnd(delivery, signal) {
      if (delivery.type === "end" && delivery.error !== undefined) throw errorOf(delivery.error, signal);
      return decoded(delivery.result);
    },
  };
}
