/** The locks behind `mutex { }`: fair, first come first served, given back when the scope closes. */

import type { Vm } from "../vm.ts";
import type { Task } from "./task.ts";

interface Waiter {
  readonly task: Task;
}

export class Mutexes {
  readonly #vm: Vm;
  readonly #locks = new Map<string, { holder: Task; readonly queue: Waiter[] }>();

  constructor(vm: Vm) {
    this.#vm = vm;
  }

  /** True: the lock is the task's now. False: the task is parked and owns the lock when it wakes. */
  enter(task: Task, key: string): boolean {
    const lock = this.#locks.get(key);
    if (!lock) {
      this.#locks.set(key, { holder: task, queue: [] });
      this.#open(task, key);
      return true;
    }
    if (lock.holder === task) {
      // A block inside a block of the same task: the outer one gives the lock back.
      task.scopes.push({ kind: "resource", what: `mutex ${key}`, close: () => {} });
      return true;
    }
    const waiter: Waiter = { task };
    lock.queue.push(waiter);
    this.#vm.park(
      task,
      {
        what: `mutex ${key}`,
        cancel: () => {
          const at = lock.queue.indexOf(waiter);
          if (at >= 0) lock.queue.splice(at, 1);
        },
      },
      -2,
    );
    return false;
  }

  #open(task: Task, key: string): void {
    task.scopes.push({ kind: "resource", what: `mutex ${key}`, close: () => this.#leave(key) });
  }

  #leave(key: string): void {
    const lock = this.#locks.get(key);
    const next = lock?.queue.shift();
    if (!lock || !next) {
      this.#locks.delete(key);
      return;
    }
    lock.holder = next.task;
    this.#open(next.task, key);
    this.#vm.wake(next.task, undefined);
  }
}
