/**
 * All waits for time, in one heap behind a single host `sleep`: a hundred thousand sleeping tasks cost one host timer.
 * Equal times fire in the order they were set.
 */

import { CancelToken, type Host } from "../../base/index.ts";

export interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

export class Timers {
  readonly #host: Host;
  readonly #wake: () => void;
  readonly #heap: Timer[] = [];
  #count = 0;
  #order = 0;
  #sleep: { readonly dueMs: number; readonly token: CancelToken } | undefined;

  /** `wake` is called after timers fired, so that the scheduler looks for ready tasks. */
  constructor(host: Host, wake: () => void) {
    this.#host = host;
    this.#wake = wake;
  }

  /** Monotonic milliseconds. */
  now(): number {
    return this.#host.sync("clock.monotonic", {});
  }

  /** Timers set and neither fired nor cancelled. */
  get pending(): number {
    return this.#count;
  }

  set(dueMs: number, fire: () => void): Timer {
    const timer: Timer = { dueMs, order: this.#order++, fire, cancelled: false };
    this.#push(timer);
    this.#count += 1;
    this.#arm();
    return timer;
  }

  cancel(timer: Timer): void {
    if (timer.cancelled) return;
    timer.cancelled = true;
    this.#count -= 1;
    if (this.#count === 0) {
      this.#heap.length = 0;
      this.#disarm();
    }
  }

  /** Cancels all. */
  clear(): void {
    this.#heap.length = 0;
    this.#count = 0;
    this.#disarm();
  }

  #arm(): void {
    let first = this.#heap[0];
    while (first?.cancelled) {
      this.#pop();
      first = this.#heap[0];
    }
    if (!first) return this.#disarm();
    if (this.#sleep && this.#sleep.dueMs <= first.dueMs) return;
    this.#disarm();
    const sleep = { dueMs: first.dueMs, token: new CancelToken() };
    this.#sleep = sleep;
    const ms = Math.max(0, first.dueMs - this.now());
    this.#host.perform("sleep", { ms }, sleep.token).then(
      () => this.#expire(sleep),
      () => {
        if (!sleep.token.aborted) this.#expire(sleep);
      },
    );
  }

  #disarm(): void {
    const sleep = this.#sleep;
    this.#sleep = undefined;
    sleep?.token.cancel("timer moved");
  }

  #expire(sleep: object): void {
    if (this.#sleep !== sleep) return;
    this.#sleep = undefined;
    // A host timer may ring a fraction early; what it was set for is due by definition.
    const now = Math.max(this.now(), (sleep as { dueMs: number }).dueMs);
    for (let first = this.#heap[0]; first && (first.cancelled || first.dueMs <= now); first = this.#heap[0]) {
      this.#pop();
      if (first.cancelled) continue;
      first.cancelled = true;
      this.#count -= 1;
      first.fire();
    }
    this.#arm();
    this.#wake();
  }

  #before(a: Timer, b: Timer): boolean {
    return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = heap[parent] as Timer;
      if (!this.#before(timer, other)) break;
      heap[at] = other;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#before(heap[child + 1] as Timer, heap[child] as Timer)) child += 1;
      const other = heap[child] as Timer;
      if (!this.#before(other, last)) break;
      heap[at] = other;
      at = child;
    }
    heap[at] = last;
  }
}
