/**
 * Locks by name: the one behind `mutex { }`, and the mutexes, semaphores, gates and read-write locks that programs
 * acquire by name. A lock has so many *units*; a *permit* is some of them, given to one task. First come, first served:
 * a large request is not overtaken by small ones behind it.
 */

import { RuntimeError } from "../error.ts";
import type { Native } from "../native.ts";
import { Opaque } from "../value/value.ts";
import type { Vm } from "../vm.ts";
import { code, invoke, type Named, type Then } from "./callback.ts";
import { NOTHING, type Task } from "./task.ts";

export interface LockMetrics {
  acquisitions: number;
  timeouts: number;
  cancellations: number;
  releases: number;
  maxQueueDepth: number;
  totalWaitMs: number;
  totalHeldMs: number;
}

/** A request that waits for its turn. */
export interface LockWaiter {
  readonly task: Task;
  readonly units: number;
  readonly sinceMs: number;
  readonly onGranted: Then<Permit>;
}

export class Lock {
  readonly kind: string;
  readonly key: string;
  readonly capacity: number;
  free: number;
  readonly queue: LockWaiter[] = [];
  readonly holders: Set<Permit> = new Set();
  readonly metrics: LockMetrics = {
    acquisitions: 0,
    timeouts: 0,
    cancellations: 0,
    releases: 0,
    maxQueueDepth: 0,
    totalWaitMs: 0,
    totalHeldMs: 0,
  };
  readonly vm: Vm;

  constructor(vm: Vm, kind: string, key: string, capacity: number) {
    this.kind = kind;
    this.key = key;
    this.capacity = capacity;
    this.free = capacity;
    this.vm = vm;
  }

  /** The permit, or undefined when others have the units or came first. */
  tryAcquire(task: Task, units: number): Permit | undefined {
    return this.queue.length === 0 && this.free >= units ? this.#grant(task, units, this.vm.timers.now()) : undefined;
  }

  enqueue(task: Task, units: number, onGranted: Then<Permit>): LockWaiter {
    const waiter: LockWaiter = { task, units, sinceMs: this.vm.timers.now(), onGranted };
    this.queue.push(waiter);
    this.metrics.maxQueueDepth = Math.max(this.metrics.maxQueueDepth, this.queue.length);
    return waiter;
  }

  /** Gives up waiting. Those behind may have their turn now. */
  leave(waiter: LockWaiter, why: "timeout" | "cancelled"): void {
    const at = this.queue.indexOf(waiter);
    if (at < 0) return;
    this.queue.splice(at, 1);
    if (why === "timeout") this.metrics.timeouts += 1;
    else this.metrics.cancellations += 1;
    this.#admit();
  }

  /** Takes a permit back; false when that has happened before. */
  release(permit: Permit): boolean {
    if (!this.holders.delete(permit)) return false;
    permit.task.owned?.delete(permit);
    this.free += permit.units;
    this.metrics.releases += 1;
    this.metrics.totalHeldMs += this.vm.timers.now() - permit.sinceMs;
    this.#admit();
    return true;
  }

  #grant(task: Task, units: number, sinceMs: number): Permit {
    const now = this.vm.timers.now();
    const permit = new Permit(this, task, units, now);
    this.free -= units;
    this.holders.add(permit);
    this.metrics.acquisitions += 1;
    this.metrics.totalWaitMs += now - sinceMs;
    return permit;
  }

  #admit(): void {
    for (let first = this.queue[0]; first && first.units <= this.free; first = this.queue[0]) {
      this.queue.shift();
      invoke(first.onGranted, this.#grant(first.task, first.units, first.sinceMs));
    }
  }
}

/** Units of a lock in the hands of a task. */
export class Permit extends Opaque {
  readonly typeName = "sync_permit";
  readonly lock: Lock;
  readonly task: Task;
  readonly units: number;
  readonly sinceMs: number;
  constructor(lock: Lock, task: Task, units: number, sinceMs: number) {
    super();
    this.lock = lock;
    this.task = task;
    this.units = units;
    this.sinceMs = sinceMs;
  }
  display(): string {
    return `<sync_permit:${this.lock.kind}:${this.lock.key}>`;
  }
  override equals(): boolean {
    return false;
  }
}

export class Locks {
  readonly #vm: Vm;
  readonly #locks = new Map<string, Lock>();

  constructor(vm: Vm) {
    this.#vm = vm;
  }

  /** The lock of a name, made on first use. */
  lock(kind: string, key: string, capacity: number): Lock {
    const id = `${kind}:${key}`;
    const known = this.#locks.get(id);
    if (!known) {
      const lock = new Lock(this.#vm, kind, key, capacity);
      this.#locks.set(id, lock);
      return lock;
    }
    if (known.capacity === capacity) return known;
    throw new RuntimeError(
      "runtime",
      `sync ${kind} '${key}' already exists with capacity ${known.capacity}, not ${capacity}`,
    );
  }

  /** What a snapshot keeps, and takes over. */
  save(): ReadonlyMap<string, Lock> {
    return this.#locks;
  }
  load(locks: ReadonlyMap<string, Lock>): void {
    for (const [id, lock] of locks) this.#locks.set(id, lock);
  }

  all(): Iterable<Lock> {
    return this.#locks.values();
  }

  /** `mutex { }`. True: the lock is the task's now. False: the task is parked and owns the lock when it wakes. */
  enterMutex(task: Task, key: string): boolean {
    const lock = this.lock("mutex", key, 1);
    for (const permit of lock.holders) {
      if (permit.task !== task) continue;
      // A block inside a block of the same task: the outer one gives the lock back.
      task.openScope({ kind: "resource", what: `mutex ${key}`, close: nothingToClose(undefined) });
      return true;
    }
    const permit = lock.tryAcquire(task, 1);
    if (permit) {
      openMutex(permit);
      return true;
    }
    const waiter = lock.enqueue(task, 1, mutexGranted(undefined));
    this.#vm.park(task, { what: `mutex ${key}`, cancel: leaveQueue({ lock, waiter }) }, NOTHING);
    return false;
  }
}

/** A block that holds a lock gives it back when it is left. */
function openMutex(permit: Permit): void {
  permit.task.openScope({ kind: "resource", what: `mutex ${permit.lock.key}`, close: releasePermit({ permit }) });
}

const nothingToClose = code("mutex.inner", (_state: undefined) => {});
const releasePermit = code("mutex.close", ({ permit }: { readonly permit: Permit }) => {
  permit.lock.release(permit);
});
const mutexGranted = code("mutex.granted", (_state: undefined, permit: Permit) => {
  openMutex(permit);
  permit.lock.vm.wake(permit.task, undefined);
});
/** Gives up a place in a lock's queue. */
const leaveQueue = code("lock.leave", ({ lock, waiter }: { readonly lock: Lock; readonly waiter: LockWaiter }) =>
  lock.leave(waiter, "cancelled"),
);

export const lockCodes: readonly Named[] = [
  nothingToClose.code,
  releasePermit.code,
  mutexGranted.code,
  leaveQueue.code,
];

/** The end of a block that took a permit by name. */
export const releaseNative: Native = {
  kind: "pure",
  name: "__release",
  impl: ([permit]) => permit instanceof Permit && permit.lock.release(permit),
};
