/**
 * An async iterable over things that arrive in bursts, which can be interrupted at any moment.
 *
 * A *source* is pulled; each pull adds the items of one burst to a list, and the pump hands them out one by one without
 * a promise chain per item. Unlike an async generator, a pump that waits answers at once: a cancel or an interruption
 * rejects the waiting `next`, and an early `return` settles it, whatever the source is doing. The source is closed
 * exactly once, on every path.
 */

import { type CancelSignal, CancelToken } from "../../base/index.ts";

export interface PumpSource<T> {
  /** Appends at least one item and resolves to true, or resolves to false at the end. Items appended before a throw count. */
  pull(out: T[]): Promise<boolean>;
  /** Lets go of everything; called once, also after a failed pull. Must not throw. */
  close(): void;
}

export interface PumpControl {
  /** Fires when the pump closes, for whatever reason; pass it to the effects the source performs. */
  readonly token: CancelToken;
  /** Fails the iteration now with this error, waiting or not. Does nothing once the pump has closed. */
  interrupt(error: unknown): void;
}

export interface PumpOptions<T> {
  readonly signal?: CancelSignal | undefined;
  /** What the iteration throws once `signal` has fired. */
  cancelled(reason: unknown, source: PumpSource<T> | undefined): unknown;
  /** Called at the first `next`. */
  open(control: PumpControl): PumpSource<T>;
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

export function createPump<T>(options: PumpOptions<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => startPump(options) };
}

function startPump<T>(options: PumpOptions<T>): AsyncIterator<T, undefined> {
  const { signal } = options;
  const token = new CancelToken();
  let source: PumpSource<T> | undefined;
  let items: T[] = [];
  let at = 0;
  let released = false;
  /** A failure to hand out once, after the items that came before it. */
  let failure: { readonly error: unknown } | undefined;
  let waiting: { resolve(result: IteratorResult<T, undefined>): void; reject(error: unknown): void } | undefined;
  /** Calls of `next` that have not been answered, and the last of them. */
  let unanswered = 0;
  let tail: Promise<unknown> = Promise.resolve();

  const release = (): void => {
    if (released) return;
    released = true;
    signal?.removeEventListener("abort", onAbort);
    source?.close();
    token.cancel("closed");
  };
  const interrupt = (error: unknown): void => {
    if (released) return;
    items = [];
    at = 0;
    const waiter = waiting;
    waiting = undefined;
    if (!waiter) failure = { error };
    release();
    waiter?.reject(error);
  };
  const onAbort = (): void => interrupt(options.cancelled(signal?.reason, source));

  const step = (): Promise<IteratorResult<T, undefined>> => {
    if (at < items.length) return Promise.resolve({ done: false, value: items[at++]! });
    if (failure) {
      const { error } = failure;
      failure = undefined;
      return Promise.reject(error);
    }
    if (released) return Promise.resolve(END);
    if (!source) {
      if (signal?.aborted) {
        release();
        return Promise.reject(options.cancelled(signal.reason, undefined));
      }
      signal?.addEventListener("abort", onAbort);
    }
    return refill();
  };

  const refill = (): Promise<IteratorResult<T, undefined>> =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      const burst: T[] = [];
      const settle = (more: boolean): void => {
        const waiter = waiting;
        if (!waiter) return;
        waiting = undefined;
        items = burst;
        at = 0;
        if (!more) release();
        if (items.length > 0) waiter.resolve({ done: false, value: items[at++]! });
        else step().then(waiter.resolve, waiter.reject);
      };
      let pulled: Promise<boolean>;
      try {
        source ??= options.open({ token, interrupt });
        pulled = source.pull(burst);
      } catch (error) {
        pulled = Promise.reject(error);
      }
      pulled.then(settle, (error: unknown) => {
        if (!waiting) return;
        failure = { error };
        settle(false);
      });
    });

  const answered = (): void => {
    unanswered--;
  };

  return {
    next() {
      if (unanswered === 0 && at < items.length) return Promise.resolve({ done: false, value: items[at++]! });
      // Whoever asks ahead of the answer is served in order.
      const result = unanswered === 0 ? step() : tail.then(step);
      unanswered++;
      tail = result.then(answered, answered);
      return result;
    },
    return() {
      const waiter = waiting;
      waiting = undefined;
      failure = undefined;
      items = [];
      at = 0;
      release();
      waiter?.resolve(END);
      return Promise.resolve(END);
    },
  };
}
