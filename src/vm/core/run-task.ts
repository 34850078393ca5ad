/** A task's turn: what it waited for is delivered, then its bytecode runs, and errors unwind it, until its turn is over. */

import { toFailure } from "../error.ts";
import type { Vm } from "../vm.ts";
import { deliver, unwind } from "./drive.ts";
import { interpret } from "./interpreter.ts";
import { GAVE_WAY, NOTHING, type Task } from "./task.ts";
import { unsoundUse } from "./unsound-code.ts";

/** Caught errors between two such looks. One costs much more than a call, and begins the count of those anew. */
const FAILURES_PER_LOOK = 500;

/** Runs a task. On return it is parked, done, or back in the ready queue. */
export function runTask(vm: Vm, task: Task): void {
  if (!resume(vm, task)) return;
  let failures = 0;
  for (;;) {
    const frame = task.top;
    if (!frame) return;
    try {
      if (failures === FAILURES_PER_LOOK) {
        failures = 0;
        // As at every safepoint: handlers are looked up by the word before.
        frame.pc += 1;
        const yields = vm.safepoint(task);
        frame.pc -= 1;
        if (yields) {
          vm.giveWay(task);
          return;
        }
      }
      if (!interpret(vm, task, frame)) return;
    } catch (thrown) {
      failures += 1;
      if (!guard(vm, task, () => unwind(vm, task, unsoundUse(task, thrown) ?? toFailure(thrown)))) return;
    }
  }
}

/** Delivers what the task waited for, or starts it. */
function resume(vm: Vm, task: Task): boolean {
  const failure = task.resumeFailure ?? task.takeStopRequest();
  const value = task.resumeValue;
  task.resumeFailure = undefined;
  task.resumeValue = undefined;
  const register = task.resumeRegister;
  task.resumeRegister = NOTHING;
  if (failure) {
    // Handlers are looked up by the word before `frame.pc`; a task that gave way stands before the word it goes on with.
    const frame = task.top;
    if (register === GAVE_WAY && frame?.fn) frame.pc += 1;
    return guard(vm, task, () => unwind(vm, task, failure));
  }
  return register === NOTHING || register === GAVE_WAY
    ? true
    : guard(vm, task, () => deliver(vm, task, value, register));
}

/** A routine may fail while it is resumed or while an error passes through it: then that error unwinds. */
function guard(vm: Vm, task: Task, step: () => boolean): boolean {
  let next = step;
  for (;;) {
    try {
      return next();
    } catch (thrown) {
      const failure = toFailure(thrown);
      next = () => unwind(vm, task, failure);
    }
  }
}
