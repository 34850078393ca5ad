/** `spawn`, `await`, `cancel`: tasks as values, with their output kept until somebody collects it. */

import { type ClassPart, code, invoke, type Named, type Then } from "../core/callback.ts";
import { OutputBuffer } from "../core/output.ts";
import type { Task } from "../core/task.ts";
import type { Timer } from "../core/timers.ts";
import { CANCELLED_MESSAGE, Thrown } from "../error.ts";
import type { Control, ControlNative, Native, Routine, Signal } from "../native.ts";
import { display } from "../value/display.ts";
import { milliseconds } from "../value/durations.ts";
import { err, Opaque, ok, share, type Value } from "../value/value.ts";
import type { Vm } from "../vm.ts";

export class TaskHandle extends Opaque {
  readonly task: Task;
  readonly output: OutputBuffer;
  /** A second `await` gives nil. */
  collected = false;
  constructor(task: Task, output: OutputBuffer) {
    super();
    this.task = task;
    this.output = output;
  }
  get typeName(): string {
    return "task_handle";
  }
  display(): string {
    return `<task:${this.task.id}>`;
  }
}

const spawnNative: Native = {
  kind: "pure",
  name: "__spawn",
  impl([body], { vm, task }) {
    const output = new OutputBuffer();
    const child = vm.spawn(task, { stem: ":spawn:", number: ++task.spawnCount }, body, [], output);
    return new TaskHandle(child, output);
  },
};

/** Parks until a task is done. */
function whenDone(control: Control, state: unknown, target: Task, onTimeout?: { readonly ms: number }): Signal {
  const { vm, task } = control;
  const awaiting: Awaiting = { vm, task, target, previous: target.onDone, timer: undefined };
  if (onTimeout) awaiting.timer = vm.timers.set(vm.timers.now() + onTimeout.ms, awaitTimedOut(awaiting));
  target.onDone = targetDone(awaiting);
  return control.park(state, { what: `task ${target.id}`, cancel: awaitGone(awaiting) });
}

/** A task that waits for the end of another. */
interface Awaiting {
  readonly vm: Vm;
  readonly task: Task;
  readonly target: Task;
  /** What was to happen at the end before. */
  readonly previous: Then<Task> | undefined;
  timer: Timer | undefined;
}

const targetDone = code("await.done", ({ vm, task, previous, timer }: Awaiting, done: Task) => {
  if (previous) invoke(previous, done);
  if (timer) vm.timers.cancel(timer);
  vm.wake(task, undefined);
});
const awaitTimedOut = code("await.timeout", ({ vm, task, target, previous }: Awaiting) => {
  target.onDone = previous;
  vm.wake(task, "timeout");
});
const awaitGone = code("await.gone", ({ vm, target, previous, timer }: Awaiting) => {
  target.onDone = previous;
  if (timer) vm.timers.cancel(timer);
});

function collect(handle: TaskHandle, control: Control): Value {
  handle.collected = true;
  control.task.output.write(handle.output.drain());
  if (handle.task.failure) throw handle.task.failure;
  return share(handle.task.result);
}

const awaitRoutine: Routine = {
  name: "await",
  resume: (state, _value, control) => control.done(collect(state as TaskHandle, control)),
};

const awaitNative: ControlNative = {
  kind: "control",
  name: "await",
  routine: awaitRoutine,
  start([handle], control) {
    if (!(handle instanceof TaskHandle)) return control.done(share(handle));
    if (handle.collected) return control.done(undefined);
    if (handle.task.status === "done") return control.done(collect(handle, control));
    return whenDone(control, handle, handle.task);
  },
};

const cancelNative: Native = {
  kind: "pure",
  name: "cancel",
  impl([handle], { vm }) {
    if (handle instanceof TaskHandle && !handle.collected) {
      handle.collected = true;
      vm.abort(handle.task, CANCELLED_MESSAGE);
    }
    return undefined;
  },
};

/** Milliseconds before `cancel_graceful` loses patience. */
const GRACE_MS = 5000;

const gracefulRoutine: Routine = {
  name: "cancel_graceful",
  resume(raw, value, control) {
    const handle = raw as TaskHandle;
    handle.collected = true;
    if (value === "timeout") {
      control.vm.abort(handle.task, CANCELLED_MESSAGE);
      return control.done(err("cancel_graceful: timeout, task forcefully aborted"));
    }
    return control.done(gracefulResult(handle, control));
  },
};

function gracefulResult(handle: TaskHandle, control: Control): Value {
  control.task.output.write(handle.output.drain());
  const { failure, result } = handle.task;
  if (!failure) return ok(share(result));
  return err(failure instanceof Thrown ? display(failure.value) : failure.display());
}

const cancelGracefulNative: ControlNative = {
  kind: "control",
  name: "cancel_graceful",
  routine: gracefulRoutine,
  start([handle, timeout], control) {
    if (!(handle instanceof TaskHandle)) return control.done(undefined);
    if (handle.collected) return control.done(ok(undefined));
    if (handle.task.status === "done") {
      handle.collected = true;
      return control.done(gracefulResult(handle, control));
    }
    control.vm.requestStop(handle.task);
    return whenDone(control, handle, handle.task, { ms: milliseconds(timeout) ?? GRACE_MS });
  },
};

const isCancelledNative: Native = {
  kind: "pure",
  name: "is_cancelled",
  impl: (_args, { task }) => task.cancelRequest !== "none",
};

/** What the callbacks of this file, and their frames and values, are called in a snapshot. */
export const taskCodes: readonly Named[] = [targetDone.code, awaitTimedOut.code, awaitGone.code];
export const taskRoutines: readonly Named[] = [awaitRoutine, gracefulRoutine];
export const taskClasses: readonly ClassPart[] = [{ name: "task-handle", type: TaskHandle }];

export const taskNatives: readonly Native[] = [
  spawnNative,
  awaitNative,
  cancelNative,
  cancelGracefulNative,
  isCancelledNative,
];
