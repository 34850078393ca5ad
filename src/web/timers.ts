/** Time that passes, on timers that every platform has. */

import type { CancelSignal } from "../base/index.ts";

/** Milliseconds that one timer can hold; longer sleeps are made of several. */
const maxTimerMs = 2 ** 31 - 1;

/** Resolves after `ms` milliseconds, however many; rejects with the signal's reason as soon as it fires. */
export function sleep(ms: number, signal: CancelSignal | undefined): Promise<undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const slept = new Promise<undefined>((resolve) => {
    const wait = (leftMs: number) => {
      const stepMs = Math.min(leftMs, maxTimerMs);
      timer = setTimeout(() => (leftMs > stepMs ? wait(leftMs - stepMs) : resolve(undefined)), stepMs);
    };
    wait(ms > 0 ? ms : 0);
  });
  if (signal === undefined) return slept;
  return abortable(slept, signal).finally(() => clearTimeout(timer));
}

/** A timer; none for a limit that is longer than a timer can be (24 days), or for none. To be cleared by `clearTimeout`. */
export function timeLimit(ms: number | undefined, onLate: () => void): ReturnType<typeof setTimeout> | undefined {
  // Timers fire at once when they are given more.
  return ms === undefined || ms > maxTimerMs ? undefined : setTimeout(onLate, ms);
}

/**
 * Settles as `work` does, or rejects with the signal's reason as soon as it fires; what `work` does then is nobody's
 * concern any more.
 */
export function abortable<T>(work: Promise<T>, signal: CancelSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      signal.removeEventListener("abort", onAbort);
      reject(signal.reason);
    };
    if (signal.aborted) {
      // Nobody is left to hear of a failure.
      work.catch(() => {});
      reject(signal.reason);
      return;
    }
    signal.addEventListener("abort", onAbort);
    work.then(
      (value) => {
        signal.removeEventListener("abort", onAbort);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener("abort", onAbort);
        reject(error);
      },
    );
  });
}

/**
 * Resolves after a turn of the event loop: what `breathe` of a program's run wants, where there is no `setImmediate`.
 * Timers will not do: pages hold them back for milliseconds.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
