/** Waiting that ends when a signal fires. A fired signal always wins over a result that arrives at the same moment. */

import type { CancelSignal, Host } from "../../base/index.ts";

export const CANCELLED: unique symbol = Symbol("cancelled");

/**
 * The work's value, or {@link CANCELLED} as soon as the signal fires. Work that was left behind goes on by itself; its
 * late rejection is swallowed.
 */
export function orCancelled<T>(work: Promise<T>, signal: CancelSignal | undefined): Promise<T | typeof CANCELLED> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      work.catch(() => {});
      resolve(CANCELLED);
      return;
    }
    const onAbort = () => resolve(CANCELLED);
    signal.addEventListener("abort", onAbort);
    work.then(
      (value) => {
        signal.removeEventListener("abort", onAbort);
        resolve(signal.aborted ? CANCELLED : value);
      },
      (error: unknown) => {
        signal.removeEventListener("abort", onAbort);
        if (signal.aborted) resolve(CANCELLED);
        else reject(error);
      },
    );
  });
}

/** Sleeps; false when the signal cut the sleep short. */
export async function pause(host: Host, ms: number, signal: CancelSignal | undefined): Promise<boolean> {
  try {
    await host.perform("sleep", { ms }, signal);
  } catch (error) {
    if (signal?.aborted) return false;
    throw error;
  }
  return !signal?.aborted;
}

/** A DOM `AbortSignal` that follows a {@link CancelSignal}, for tools that call `fetch` and the like. */
export function toAbortSignal(signal: CancelSignal | undefined): AbortSignal {
  const controller = new AbortController();
  if (signal?.aborted) controller.abort(signal.reason);
  else signal?.addEventListener("abort", () => controller.abort(signal.reason));
  return controller.signal;
}
