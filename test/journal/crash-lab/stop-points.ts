/**
 * A host in whose effects a process can be stopped. Each effect has two moments: *asked*, when nothing has happened yet,
 * and *answered*, when it has happened and nobody knows. For a stream each item has both; for printed text too.
 */

import type { Host } from "../../../src/base/index.ts";
import { type FaultPoints, SimulatedCrash } from "../../../src/journal/index.ts";

export interface StoppableHost {
  readonly host: Host;
  /** The process is gone: nothing of it touches the world any more, and nothing more is written. */
  readonly isGone: () => boolean;
  stop(): void;
  /** Moments that have passed. */
  readonly passed: () => number;
  /** Of the journal, which belongs to the same process. */
  readonly faults: FaultPoints;
}

const never = <T>(): Promise<T> => new Promise<T>(() => {});

/** @param at the moment at which the process is stopped, from 0; infinite: never */
export function stoppable(inner: Host, at: number = Number.POSITIVE_INFINITY): StoppableHost {
  let gone = false;
  let seen = 0;
  /** True when the process goes on. */
  const passes = (): boolean => {
    if (!gone && seen++ === at) gone = true;
    return !gone;
  };
  return {
    isGone: () => gone,
    stop() {
      gone = true;
    },
    passed: () => seen,
    faults: (moment) => (gone && moment === "before-append" ? { kind: "crash" } : undefined),
    host: {
      sync(kind, args) {
        const counts = kind === "console.write";
        if (counts ? !passes() : gone) throw new SimulatedCrash();
        const result = inner.sync(kind, args);
        if (counts && !passes()) throw new SimulatedCrash();
        return result;
      },
      async perform(kind, args, signal) {
        if (!passes()) return never();
        try {
          const result = await inner.perform(kind, args, signal);
          return passes() ? result : never();
        } catch (error) {
          if (!passes()) return never();
          throw error;
        }
      },
      stream(kind, args, signal) {
        return {
          [Symbol.asyncIterator]() {
            let items: AsyncIterator<never> | undefined;
            return {
              async next() {
                if (!passes()) return never();
                items ??= inner.stream(kind, args, signal)[Symbol.asyncIterator]() as AsyncIterator<never>;
                const step = await items.next();
                return passes() ? step : never();
              },
              async return() {
                if (gone) return never();
                await items?.return?.();
                return { done: true, value: undefined };
              },
            };
          },
        };
      },
    },
  };
}
