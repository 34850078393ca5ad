/** Builds a {@link Host} from one handler per effect, so that a host is three tables and the compiler sees a missing line. */

import type { CancelSignal } from "./cancel.ts";
import type { AsyncEffects, Host, StreamEffects, SyncEffects } from "./host.ts";

export type SyncHandlers = {
  readonly [K in keyof SyncEffects]: (args: SyncEffects[K]["args"]) => SyncEffects[K]["result"];
};

export type AsyncHandlers = {
  readonly [K in keyof AsyncEffects]: (
    args: AsyncEffects[K]["args"],
    signal?: CancelSignal,
  ) => Promise<AsyncEffects[K]["result"]>;
};

export type StreamHandlers = {
  readonly [K in keyof StreamEffects]: (
    args: StreamEffects[K]["args"],
    signal?: CancelSignal,
  ) => AsyncIterable<StreamEffects[K]["item"]>;
};

export interface EffectHandlers {
  readonly sync: SyncHandlers;
  readonly async: AsyncHandlers;
  readonly stream: StreamHandlers;
}

/** An effect whose signal has fired already is refused with the signal's reason; a handler that throws rejects. */
export function hostFromHandlers(handlers: EffectHandlers): Host {
  return {
    sync(kind, args) {
      return handlers.sync[kind](args);
    },
    perform(kind, args, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason);
      try {
        return handlers.async[kind](args, signal);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    stream(kind, args, signal) {
      return handlers.stream[kind](args, signal);
    },
  };
}
