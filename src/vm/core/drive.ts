/**
 * Moves values and errors between frames: gives results to whoever waits for them, steps routines, enters callees,
 * finds handlers. The interpreter handles the common calls itself and comes here for the rest.
 *
 * All functions answer `true` when the task's top frame is bytecode ready to go on, `false` when the task parked or is
 * done. They loop rather than recurse: a `map` over a million items with a builtin as callback uses no JavaScript stack.
 */

import { Cancelled, CaughtFailure, type HarnFailure, RuntimeError, toFailure } from "../error.ts";
import { CALL, DONE, type Native, passRoutine, type Signal } from "../native.ts";
import { display } from "../value/display.ts";
import { Closure, NativeRef, type Value } from "../value/value.ts";
import type { Vm } from "../vm.ts";
import { ensureRegisters, enterClosure, type Frame, pushRoutine, type Task } from "./task.ts";
import { traceOf } from "./traces.ts";

/** Calls a value with arguments that lie in an array. The result goes to register `dst`, or to the routine on top. */
export function callValue(vm: Vm, task: Task, callee: Value, args: readonly Value[], dst: number): boolean {
  vm.control.task = task;
  vm.control.callee = callee;
  vm.control.args = args;
  return onSignal(vm, task, CALL, dst);
}

/** Calls a builtin. The result goes where that of {@link callValue} goes. */
export function callNative(vm: Vm, task: Task, native: Native, args: readonly Value[], dst: number): boolean {
  const { control } = vm;
  switch (native.kind) {
    case "pure":
      return deliver(vm, task, native.impl(args, vm.hosts.contextOf(task)), dst);
    case "async":
      if (vm.checkpoints.pauseBefore(task, native, args, dst)) return false;
      return vm.calls.start(task, native, args, dst) && deliver(vm, task, control.value, dst);
    case "control": {
      control.task = task;
      const signal = native.start(args, control);
      if (signal === DONE) return deliver(vm, task, control.value, dst);
      if (native.routine !== passRoutine) pushRoutine(task, native.routine, control.state, dst);
      return onSignal(vm, task, signal, dst);
    }
  }
}

/** Hands a value to the top frame: into a register, or to its routine. */
export function deliver(vm: Vm, task: Task, first: Value, register: number): boolean {
  const { control } = vm;
  let value = first;
  let dst = register;
  for (;;) {
    const frame = task.top;
    if (!frame) {
      vm.finish(task, value);
      return false;
    }
    if (!frame.routine) {
      task.registers[dst] = value;
      return true;
    }
    control.task = task;
    const signal = frame.routine.resume(frame.state, value, control);
    dst = frame.dst;
    if (signal === DONE) {
      value = control.value;
      popFrame(task, frame);
      continue;
    }
    frame.state = control.state;
    const progress = carryOut(vm, task, signal, dst);
    if (progress !== ANSWERED) return progress === ENTERED;
    value = control.value;
  }
}

/** Carries out what a routine (already on the frame stack) asked for. `dst` is where its result will go. */
export function onSignal(vm: Vm, task: Task, signal: Signal, dst: number): boolean {
  const progress = carryOut(vm, task, signal, dst);
  return progress === ANSWERED ? deliver(vm, task, vm.control.value, dst) : progress === ENTERED;
}

/** What came of a signal: a frame of bytecode is on top, the task parked, or the answer is in `control.value`. */
type Progress = typeof ENTERED | typeof PARKED | typeof ANSWERED;
const ENTERED = 0;
const PARKED = 1;
const ANSWERED = 2;

/**
 * Runs for each callback of a `map`. That it starts builtins as {@link callNative} does, and enters closures as
 * `enterWithArguments` does, is for speed: with functions for both, `list_map_filter` of the benchmarks took a tenth longer,
 * since V8 then draws this into its callers and what it calls no more into this.
 */
function carryOut(vm: Vm, task: Task, first: Signal, dst: number): Progress {
  const { control } = vm;
  let signal = first;
  for (;;) {
    for (let nested = control.nested.pop(); nested; nested = control.nested.pop()) {
      pushRoutine(task, nested.routine, nested.state, dst);
    }
    if (signal !== CALL) {
      const wait = control.wait;
      control.wait = undefined;
      if (!wait) throw new RuntimeError("runtime", "A builtin parked without saying on what");
      vm.park(task, wait, dst);
      return PARKED;
    }
    const { callee, args } = control;
    if (callee instanceof Closure) {
      if (!callee.proto.isPlain) {
        control.value = vm.coroutine(task, callee, args);
        return ANSWERED;
      }
      const base = task.registerTop;
      const { registers } = task;
      ensureRegisters(registers, base + args.length);
      for (let i = 0; i < args.length; i++) registers[base + i] = args[i];
      vm.checkDepth(task);
      enterClosure(task, callee, base, args.length, dst);
      return ENTERED;
    }
    if (!(callee instanceof NativeRef)) throw new RuntimeError("type", `Cannot call ${display(callee)}`);
    const { native } = callee;
    if (native.kind !== "control") {
      if (native.kind === "async") {
        if (vm.checkpoints.pauseBefore(task, native, args, dst)) return PARKED;
        return vm.calls.start(task, native, args, dst) ? ANSWERED : PARKED;
      }
      control.value = native.impl(args, vm.hosts.contextOf(task));
      return ANSWERED;
    }
    control.task = task;
    signal = native.start(args, control);
    if (signal === DONE) return ANSWERED;
    if (native.routine !== passRoutine) pushRoutine(task, native.routine, control.state, dst);
  }
}

function popFrame(task: Task, frame: Frame): void {
  task.depth -= 1;
  frame.state = undefined;
  if (task.scopes.length > frame.scopeBase) task.closeScopes(frame.scopeBase);
}

/** Unwinds a task to the nearest handler. `false`: nobody took it and the task has failed, or a handler parked. */
export function unwind(vm: Vm, task: Task, first: HarnFailure): boolean {
  // A halted run has no handlers left: the task stays where it is, and the scheduler stops.
  if (vm.halted) {
    vm.halted.trace ??= traceOf(task);
    return false;
  }
  let failure = first;
  failure.trace ??= traceOf(task);
  for (let frame = task.top; frame; frame = task.top) {
    if (frame.routine) {
      const { routine } = frame;
      const { control } = vm;
      control.task = task;
      control.nested.length = 0;
      try {
        const signal = routine.fail?.(frame.state, failure, control);
        if (signal === DONE) {
          const { value } = control;
          popFrame(task, frame);
          return deliver(vm, task, value, frame.dst);
        }
        if (signal !== undefined) {
          frame.state = control.state;
          return onSignal(vm, task, signal, frame.dst);
        }
        routine.abandon?.(frame.state, control);
      } catch (thrown) {
        failure = toFailure(thrown);
        failure.trace ??= traceOf(task);
      }
      popFrame(task, frame);
      continue;
    }
    const at = frame.pc - 1;
    const handlers = frame.fn?.proto.handlers ?? [];
    const handler = handlers.find(
      (each) => at >= each.start && at < each.end && (each.kind === "finally" || !(failure instanceof Cancelled)),
    );
    if (handler) {
      task.closeScopes(frame.scopeBase + handler.scopeDepth);
      task.registers[frame.base + handler.register] = new CaughtFailure(failure);
      frame.pc = handler.target;
      return true;
    }
    popFrame(task, frame);
  }
  vm.fail(task, failure);
  return false;
}
