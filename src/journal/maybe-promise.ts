/** Code that goes on at once when a value is there, and later when it is a promise. */

import type { MaybePromise } from "./spec.ts";

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof value === "object" && value !== null && "then" in value;
}

export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** Runs `attempt`; what it throws or rejects with goes to `recover`. */
export function attempt<T>(work: () => MaybePromise<T>, recover: (error: unknown) => MaybePromise<T>): MaybePromise<T> {
  try {
    const value = work();
    return isPromise(value) ? value.catch(recover) : value;
  } catch (error) {
    return recover(error);
  }
}

/** Repeats `step` while it gives true; without growing the stack, and at once as long as the steps are. */
export function repeatWhile(step: () => MaybePromise<boolean>): MaybePromise<void> {
  for (;;) {
    const more = step();
    if (isPromise(more)) return continueLater(more, step);
    if (!more) return undefined;
  }
}

async function continueLater(first: Promise<boolean>, step: () => MaybePromise<boolean>): Promise<void> {
  for (let more = await first; more; more = await step());
}
