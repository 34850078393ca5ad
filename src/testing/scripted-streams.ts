/**
 * What a scripted server or model does, item by item: yield something, wait, fail, or hang.
 *
 * A *script* is a list of steps. Steps run when the consumer pulls, and waits run on the virtual clock, so a script can
 * describe a slow, a cut and a stalled answer without any real time passing.
 */

import { type CancelSignal, CancelToken, HostError, type HostErrorKind } from "../base/index.ts";

export type ScriptStep<Item> =
  | { readonly item: Item }
  | { readonly waitMs: number }
  /** Throws a {@link HostError} of that kind, or the given error itself. */
  | { readonly fail: HostErrorKind | Error; readonly message?: string }
  /** Never answers again; only the signal or an early return ends it. */
  | { readonly stall: true };

export interface PlayOptions {
  /** Named in errors. */
  readonly effect: string;
  readonly sleep: (ms: number, signal?: CancelSignal) => Promise<undefined>;
  readonly signal?: CancelSignal;
}

/**
 * Plays a script. Once the signal has fired, the next pull, and a pull that waits, throw its reason. Returning early ends
 * even a pull that hangs, as closing a connection would.
 */
export function playScript<Item>(steps: Iterable<ScriptStep<Item>>, options: PlayOptions): AsyncIterable<Item> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<Item, undefined> {
      const { token, release } = CancelToken.childOf(options.signal ?? new CancelToken());
      const items = play(steps, { ...options, signal: token });
      let returned = false;
      return {
        async next() {
          if (returned) return { done: true, value: undefined };
          try {
            const result = await items.next();
            if (result.done !== true) return result;
          } catch (error) {
            if (!returned) {
              release();
              throw error;
            }
          }
          release();
          return { done: true, value: undefined };
        },
        return() {
          returned = true;
          release();
          token.cancel(undefined);
          return Promise.resolve({ done: true, value: undefined });
        },
      };
    },
  };
}

async function* play<Item>(
  steps: Iterable<ScriptStep<Item>>,
  { effect, sleep, signal }: PlayOptions & { readonly signal: CancelSignal },
): AsyncGenerator<Item, void, undefined> {
  for (const step of steps) {
    if (signal.aborted) throw signal.reason;
    if ("item" in step) yield step.item;
    else if ("waitMs" in step) await sleep(step.waitMs, signal);
    else if ("stall" in step) await untilAborted(signal);
    else if (typeof step.fail === "string") {
      throw new HostError(step.fail, effect, step.message ?? `Scripted failure: ${step.fail}`);
    } else throw step.fail;
  }
  if (signal.aborted) throw signal.reason;
}

/** Rejects with the signal's reason when it fires. */
function untilAborted(signal: CancelSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = () => {
      signal.removeEventListener("abort", onAbort);
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort);
  });
}
