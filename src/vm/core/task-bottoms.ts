/** The lowest frame of a task, where it is no function of the program. */

import type { Routine } from "../native.ts";
import type { Value } from "../value/value.ts";
import type { Named } from "./callback.ts";
import type { Task } from "./task.ts";

export interface ProgramState {
  readonly order: readonly string[];
  next: number;
}

/** The bottom of the root task: starts the modules one after another; the entry's value is the program's. */
export const programRoutine: Routine = {
  name: "program",
  resume(raw, value, control) {
    const state = raw as ProgramState;
    const id = state.order[state.next];
    if (id === undefined) return control.done(value);
    state.next += 1;
    return control.call(state, control.vm.start(id), []);
  },
};

/** The module that a program began with, by its root task; undefined for a task that runs something else. */
export function entryOf(root: Task): string | undefined {
  const bottom = root.frames[0];
  return bottom?.routine === programRoutine ? (bottom.state as ProgramState).order.at(-1) : undefined;
}

/** The bottom of a task that calls something other than a plain closure. */
export const callRoutine: Routine = {
  name: "call",
  resume(raw, value, control) {
    const state = raw as { callee: Value; args: readonly Value[] } | "called";
    return state === "called" ? control.done(value) : control.call("called", state.callee, state.args);
  },
};

export const bottomRoutines: readonly Named[] = [programRoutine, callRoutine];
