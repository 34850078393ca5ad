/**
 * All waits for time, in one heap behind a single host `sleep`: a hundred thousand sleeping tasks cost one host timer.
 * Equal times fire in the order they were set.
 */

import { CancelToken, type Host } from "../../base/index.ts";
import { invoke, type Then } from "./callback.ts";

export interface Timer {
  readonly dueMs: number;
  order: number;
  readonly fire: Then;
  cancelled: boolean;
}

/** What the host is asked for on behalf of the first timer. */
interface HostSleep {
  readonly dueMs: number;
  readonly ms: number;
  readonly position: number;
  readonly token: CancelToken;
}

export interface SavedTimers {
  readonly heap: readonly Timer[];
  readonly order: number;
  readonly sleep: Omit<HostSleep, "token"> | undefined;
}

export class Timers {
  readonly #host: Host;
  readonly #wake: () => void;
  readonly #position: () => number;
  readonly #heap: Timer[] = [];
  #count = 0;
  #order = 0;
  #sleep: HostSleep | undefined;
  /** The one of a snapshot, between {@link load} and {@link resume}. */
  #saved: SavedTimers["sleep"] = undefined;

  /**
   * `wake` is called after timers fired, so that the scheduler looks for ready tasks; `position` says where in the log of
   * the run the next request stands.
   */
  constructor(host: Host, wake: () => void, position: () => number) {
    this.#host = host;
    this.#wake = wake;
    this.#position = position;
  }

  /** What a snapshot keeps. */
  save(): SavedTimers {
    const sleep = this.#sleep;
    return {
      heap: this.#heap.filter((timer) => !timer.cancelled),
      order: this.#order,
      sleep: sleep && { dueMs: sleep.dueMs, ms: sleep.ms, position: sleep.position },
    };
  }

  /** Takes over what a snapshot kept; {@link resume} starts waiting. */
  load({ heap, order, sleep }: SavedTimers): void {
    this.#heap.length = 0;
    for (const timer of heap) this.#push(timer);
    this.#count = heap.length;
    this.#order = order;
    this.#saved = sleep;
  }

  /** Asks for the very sleep that was under way, so that a log knows it again. */
  resume(): void {
    const saved = this.#saved;
    this.#saved = undefined;
    if (saved) this.#begin(saved.dueMs, saved.ms);
    else this.#arm();
  }

  /** Monotonic milliseconds. */
  now(): number {
    return this.#host.sync("clock.monotonic", {});
  }

  /** Timers set and neither fired nor cancelled. */
  get pending(): number {
    return this.#count;
  }

  set(dueMs: number, fire: Then): Timer {
    return this.add({ dueMs, order: 0, fire, cancelled: false });
  }

  /** The same for a timer that is part of something else. Gives it its place among equals. */
  add<T extends Timer>(timer: T): T {
    timer.order = this.#order++;
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
    for (const timer of this.#heap) timer.cancelled = true;
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
    this.#begin(first.dueMs, Math.max(0, first.dueMs - this.now()));
  }

  #begin(dueMs: number, ms: number): void {
    const sleep: HostSleep = { dueMs, ms, position: this.#position(), token: new CancelToken() };
    this.#sleep = sleep;
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

  #expire(sleep: HostSleep): void {
    if (this.#sleep !== sleep) return;
    this.#sleep = undefined;
    // A host timer may ring a fraction early; what it was set for is due by definition.
    const now = Math.max(this.now(), sleep.dueMs);
    for (let first = this.#heap[0]; first && (first.cancelled || first.dueMs <= now); first = this.#heap[0]) {
      this.#pop();
      if (first.cancelled) continue;
      first.cancelled = true;
      this.#count -= 1;
      invoke(first.fire, undefined);
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
