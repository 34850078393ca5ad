/**
 * A clock that moves only when it is told to. Timers fire in the order of their due time, and in the order they were
 * set when that is equal, so a run on this clock is the same every time.
 */

import type { CancelSignal } from "./cancel.ts";

export interface VirtualClock {
  /** Wall clock, milliseconds since the epoch. */
  readonly nowMs: number;
  /** Milliseconds since the clock was made. */
  readonly elapsedMs: number;
  /** How many sleeps wait. */
  readonly pending: number;
  /** Elapsed time at which the next sleep ends; undefined when nobody sleeps. */
  readonly nextDueMs: number | undefined;
  /** Resolves when the clock has moved by `ms`; rejects with the signal's reason as soon as it fires. */
  sleep(ms: number, signal?: CancelSignal): Promise<undefined>;
  /** Moves to the next due time and wakes one sleeper. False when nobody sleeps. */
  wakeNext(): boolean;
  /** Moves forward without waking anybody; the clock never moves past a sleeper, nor backwards. */
  moveTo(elapsedMs: number): void;
}

interface Timer {
  readonly dueMs: number;
  readonly sequence: number;
  wake: (() => void) | undefined;
}

/** @param startMs wall time at the start, milliseconds since the epoch */
export function createVirtualClock(startMs: number): VirtualClock {
  let elapsedMs = 0;
  let sequence = 0;
  let pending = 0;
  const heap: Timer[] = [];

  /** Cancelled timers stay in the heap until they come up, which keeps cancelling cheap. */
  const top = (): Timer | undefined => {
    while (heap[0] !== undefined && heap[0].wake === undefined) popHeap(heap);
    return heap[0];
  };

  return {
    get nowMs() {
      return startMs + elapsedMs;
    },
    get elapsedMs() {
      return elapsedMs;
    },
    get pending() {
      return pending;
    },
    get nextDueMs() {
      return top()?.dueMs;
    },
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const timer: Timer = { dueMs: elapsedMs + (ms > 0 ? ms : 0), sequence: sequence++, wake: undefined };
        const onAbort = () => {
          timer.wake = undefined;
          pending--;
          reject(signal?.reason);
        };
        timer.wake = () => {
          signal?.removeEventListener("abort", onAbort);
          pending--;
          resolve(undefined);
        };
        signal?.addEventListener("abort", onAbort);
        pending++;
        pushHeap(heap, timer);
      });
    },
    wakeNext() {
      const timer = top();
      if (timer === undefined) return false;
      popHeap(heap);
      elapsedMs = Math.max(elapsedMs, timer.dueMs);
      const wake = timer.wake;
      timer.wake = undefined;
      wake?.();
      return true;
    },
    moveTo(target) {
      const limit = top()?.dueMs ?? Number.POSITIVE_INFINITY;
      elapsedMs = Math.max(elapsedMs, Math.min(target, limit));
    },
  };
}

function isEarlier(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
}

function pushHeap(heap: Timer[], timer: Timer): void {
  let at = heap.length;
  heap.push(timer);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isEarlier(timer, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = timer;
}

function popHeap(heap: Timer[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isEarlier(heap[child + 1]!, heap[child]!)) child++;
    if (!isEarlier(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
}
