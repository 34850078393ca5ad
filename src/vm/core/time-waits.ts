/** What happens to a task when its time has come. */

import type { Vm } from "../vm.ts";
import { type CallbackKind, code, type Named, type Then } from "./callback.ts";
import type { Task, Wait } from "./task.ts";
import type { Timer } from "./timers.ts";

/** A wait for a time: timer, wait and what happens then in one object, since a program may have very many. */
export class Sleep implements Timer, Wait {
  readonly vm: Vm;
  readonly task: Task;
  readonly dueMs: number;
  readonly what: string;
  order = 0;
  cancelled = false;
  constructor(vm: Vm, task: Task, dueMs: number, what: string) {
    this.vm = vm;
    this.task = task;
    this.dueMs = dueMs;
    this.what = what;
  }
  get fire(): Then {
    return () => this.vm.wake(this.task, undefined);
  }
  get cancel(): Then {
    return () => this.vm.timers.cancel(this);
  }
}

interface Waiting {
  readonly vm: Vm;
  readonly task: Task;
}

/** A task that waits for something has a deadline, and it is over. */
export const deadlinePassed: CallbackKind<Waiting, void> = code("deadline.passed", ({ vm, task }: Waiting) =>
  vm.expire(task),
);

export const timeCodes: readonly Named[] = [deadlinePassed.code];
