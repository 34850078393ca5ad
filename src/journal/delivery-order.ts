/** Hands results over one after the other, in the order in which they were entered in the log. */

import { andThen, isPromise } from "./maybe-promise.ts";
import type { MaybePromise } from "./spec.ts";

/**
 * Resolves when everything that could go on has gone on: on Node `() => new Promise((done) => setImmediate(done))`.
 * Handed in, since it is a timer. With it a run is replayed exactly; without it two results that arrive in one breath
 * may let promise chains of different lengths overtake each other, which matters to tasks that share variables.
 */
export type Turn = () => Promise<void>;

export interface DeliveryOrder {
  /** Answers when `ready` has, all earlier deliveries are made, and what they set going has come to rest. */
  inOrder(ready: MaybePromise<void>): MaybePromise<void>;
}

export function createDeliveryOrder(turn: Turn | undefined): DeliveryOrder {
  let last: Promise<void> | undefined;
  return {
    inOrder(ready) {
      if (last === undefined && turn === undefined && !isPromise(ready)) return undefined;
      const previous = last;
      const mine: Promise<void> = (async () => {
        // An earlier failure is reported to whoever waited for it.
        await previous?.catch(() => {});
        await ready;
        await turn?.();
      })();
      if (isPromise(ready)) ready.catch(() => {});
      last = mine;
      const clear = () => {
        if (last === mine) last = undefined;
      };
      return andThen(mine, clear);
    },
  };
}
