/**
 * Mutexes, semaphores, gates and read-write locks by name. A permit is given back by `sync_release`, or when the task
 * that acquired it ends, on every path; what a task forgot can never hold up the others for ever.
 */

import {
  type Control,
  code,
  Dict,
  display,
  isInt,
  List,
  type Lock,
  type LockWaiter,
  milliseconds,
  type Named,
  Permit,
  type Routine,
  RuntimeError,
  record,
  type Signal,
  type Task,
  type Timer,
  type Value,
  type Vm,
} from "../../vm/index.ts";
import { type Builtin, control, pure } from "../builtin.ts";

/** Readers of a read-write lock at the same time; a writer takes all units. */
const RWLOCK_CAPACITY = 1024;

interface Request {
  readonly kind: string;
  readonly key: string;
  readonly capacity: number;
  readonly units: number;
  /** Undefined: no limit. */
  readonly timeoutMs: number | undefined;
}

function timeoutOf(value: Value): number | undefined {
  if (value instanceof Dict) return milliseconds(value.map.get("timeout_ms") ?? value.map.get("max_wait_ms"));
  return milliseconds(value);
}

function keyOf(value: Value, fallback: string): string {
  return value === undefined ? fallback : display(value);
}

function positive(builtin: string, value: Value): number {
  const number = isInt(value) ? Number(value) : 1;
  if (number <= 0) throw new RuntimeError("runtime", `${builtin}: value must be positive`);
  return number;
}

/** Makes a permit the task's own, so that it cannot outlive the task. */
function own(task: Task, permit: Permit): Permit {
  task.own(permit);
  return permit;
}

const routine: Routine = {
  name: "sync.acquire",
  resume: (_state, value, steps) => steps.done(value instanceof Permit ? own(steps.task, value) : undefined),
};

function acquire(request: Request, steps: Control): Signal {
  const { kind, key, capacity, units, timeoutMs } = request;
  const { vm, task } = steps;
  if (units > capacity) {
    throw new RuntimeError("runtime", `sync ${kind} '${key}' requested ${units} permits from capacity ${capacity}`);
  }
  const lock = vm.locks.lock(kind, key, capacity);
  const permit = lock.tryAcquire(task, units);
  if (permit) return steps.done(own(task, permit));
  if (timeoutMs === 0) {
    lock.metrics.timeouts += 1;
    return steps.done(undefined);
  }
  const waiting: Waiting = { vm, task, lock, waiter: undefined, timer: undefined };
  waiting.waiter = lock.enqueue(task, units, granted(waiting));
  if (timeoutMs !== undefined) waiting.timer = vm.timers.set(vm.timers.now() + timeoutMs, timedOut(waiting));
  return steps.park(undefined, { what: `${kind} ${key}`, cancel: gaveUp(waiting) });
}

/** A task in the queue of a lock. */
interface Waiting {
  readonly vm: Vm;
  readonly task: Task;
  readonly lock: Lock;
  waiter: LockWaiter | undefined;
  timer: Timer | undefined;
}

function leave({ vm, lock, waiter, timer }: Waiting, why: "timeout" | "cancelled"): void {
  if (timer) vm.timers.cancel(timer);
  if (waiter) lock.leave(waiter, why);
}

const granted = code("sync.granted", ({ vm, task, timer }: Waiting, permit: Permit) => {
  if (timer) vm.timers.cancel(timer);
  vm.wake(task, permit);
});
const timedOut = code("sync.timeout", (waiting: Waiting) => {
  leave(waiting, "timeout");
  waiting.vm.wake(waiting.task, undefined);
});
const gaveUp = code("sync.cancelled", (waiting: Waiting) => leave(waiting, "cancelled"));

export const permitCodes: readonly Named[] = [granted.code, timedOut.code, gaveUp.code];

const acquiring = (
  signature: string,
  summary: string,
  example: string,
  read: (args: readonly Value[]) => Request,
): Builtin =>
  control(
    {
      signature,
      summary: `${summary}; waits its turn, nil when the timeout (0: do not wait) passes first`,
      effects: ["tasks", "clock"],
      errors: "A capacity other than that of the first use",
      example,
    },
    routine,
    (args, steps) => acquire(read(args), steps),
  );

function metricsOf(lock: Lock): Dict {
  const { metrics } = lock;
  let held = 0;
  for (const permit of lock.holders) held += permit.units;
  return record({
    kind: lock.kind,
    key: lock.key,
    capacity: lock.capacity,
    acquisition_count: metrics.acquisitions,
    timeout_count: metrics.timeouts,
    cancellation_count: metrics.cancellations,
    release_count: metrics.releases,
    current_held: held,
    current_queue_depth: lock.queue.length,
    max_queue_depth: metrics.maxQueueDepth,
    total_wait_ms: Math.round(metrics.totalWaitMs),
    total_held_ms: Math.round(metrics.totalHeldMs),
  });
}

export const permitBuiltins: readonly Builtin[] = [
  acquiring(
    "sync_mutex_acquire(key?: string, timeout?: duration) -> sync_permit | nil",
    "Take a mutex; without a key the one of `mutex { }`",
    'let lock = sync_mutex_acquire("state")\nprintln(sync_release(lock))',
    ([key, timeout]) => ({
      kind: "mutex",
      key: keyOf(key, "__default__"),
      capacity: 1,
      units: 1,
      timeoutMs: timeoutOf(timeout),
    }),
  ),
  acquiring(
    "sync_semaphore_acquire(key: string, capacity: int, permits?: int, timeout?: duration) -> sync_permit | nil",
    "Take permits of a semaphore",
    'let slot = sync_semaphore_acquire("api", 2)\nprintln(sync_semaphore_acquire("api", 2, 2, 0))\nsync_release(slot)',
    ([key, capacity, permits, timeout]) => ({
      kind: "semaphore",
      key: keyOf(key, "default"),
      capacity: positive("sync_semaphore_acquire", capacity),
      units: positive("sync_semaphore_acquire", permits),
      timeoutMs: timeoutOf(timeout),
    }),
  ),
  acquiring(
    "sync_gate_acquire(key: string, limit: int, timeout?: duration) -> sync_permit | nil",
    "Take a place behind a gate",
    'let place = sync_gate_acquire("door", 1)\nprintln(sync_gate_acquire("door", 1, 0))\nsync_release(place)',
    ([key, limit, timeout]) => ({
      kind: "gate",
      key: keyOf(key, "default"),
      capacity: positive("sync_gate_acquire", limit),
      units: 1,
      timeoutMs: timeoutOf(timeout),
    }),
  ),
  acquiring(
    "sync_rwlock_acquire(key: string, mode?: string, timeout?: duration) -> sync_permit | nil",
    'Take a lock for reading with others ("read") or writing alone ("write")',
    'let reader = sync_rwlock_acquire("doc")\nprintln(sync_rwlock_acquire("doc", "write", 0))\nsync_release(reader)',
    ([key, mode, timeout]) => {
      const name = keyOf(mode, "read");
      if (name !== "read" && name !== "write") {
        throw new RuntimeError("runtime", "sync_rwlock_acquire: mode must be read or write");
      }
      return {
        kind: "rwlock",
        key: keyOf(key, "default"),
        capacity: RWLOCK_CAPACITY,
        units: name === "read" ? 1 : RWLOCK_CAPACITY,
        timeoutMs: timeoutOf(timeout),
      };
    },
  ),
  pure(
    {
      signature: "sync_release(permit: sync_permit) -> bool",
      summary: "Give a permit back; true the first time",
      effects: ["tasks"],
      errors: "A value that is no permit",
      example: 'let lock = sync_mutex_acquire("state")\nsync_release(lock)\nprintln(sync_release(lock))',
    },
    ([permit]) => {
      if (permit instanceof Permit) return permit.lock.release(permit);
      throw new RuntimeError("runtime", "sync_release: first argument must be a sync permit");
    },
  ),
  pure(
    {
      signature: "sync_metrics(kind?: string, key?: string) -> dict | list",
      summary: "Counters of one lock, or of all that match",
      effects: ["state"],
      example: 'sync_release(sync_gate_acquire("door", 1))\nprintln(sync_metrics("gate", "door").release_count)',
    },
    ([kind, key], { vm }) => {
      const matching = [...vm.locks.all()].filter(
        (lock) =>
          (kind === undefined || lock.kind === display(kind)) && (key === undefined || lock.key === display(key)),
      );
      if (kind !== undefined && key !== undefined) return matching[0] && metricsOf(matching[0]);
      const byName = (a: Lock, b: Lock): number => (`${a.kind}:${a.key}` < `${b.kind}:${b.key}` ? -1 : 1);
      return new List(matching.sort(byName).map(metricsOf));
    },
  ),
];
