import type { HarnFailure } from "../error.ts";
import type { Vm } from "../vm.ts";
import { invoke } from "./callback.ts";
import type { Task } from "./task.ts";

/** A task that is being stopped. */
interface Interrupt {
  readonly task: Task;
  readonly failure: HarnFailure;
  /** It waits on nothing any more, and has yet to be woken. */
  isOff: boolean;
}

/**
 * Takes parked tasks off what they wait on. That may stop other tasks (the body of a generator, which waits on another
 * generator …); they are woken before the one that led to them. Chains of them may be long, so none recurs.
 */
export class Interrupts {
  readonly #vm: Vm;
  readonly #stack: Interrupt[] = [];
  #isBusy = false;

  constructor(vm: Vm) {
    this.#vm = vm;
  }

  /** Takes the task off what it waits on and fails it there. */
  stop(task: Task, failure: HarnFailure): void {
    this.#stack.push({ task, failure, isOff: false });
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      this.#stopAll();
    } finally {
      this.#isBusy = false;
      this.#stack.length = 0;
    }
  }

  #stopAll(): void {
    const stack = this.#stack;
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (top.isOff || top.task.status !== "parked") {
        stack.pop();
        if (top.isOff) this.#vm.wakeWith(top.task, top.failure);
        continue;
      }
      top.isOff = true;
      const { wait } = top.task;
      top.task.wait = undefined;
      const size = stack.length;
      if (wait) invoke(wait.cancel, undefined);
      // Those that were found first are woken first.
      if (stack.length - size > 1) for (const each of stack.splice(size).reverse()) stack.push(each);
    }
  }
}
