/**
 * Moves values and errors between frames: gives results to whoever waits for them, steps routines, enters callees,
 * finds handlers. The interpreter handles the common calls itself and comes here for the rest.
 *
 * All functions answer `true` when the task's top frame is bytecode ready to go on, `false` when the task parked or is
 * done. They loop rather than recurse: a `map` over a million items with a builtin as callback uses no JavaScript stack.
 */

import { HarnError } from "../../base/index.ts";
import { lineAt } from "../../bytecode/index.ts";
import { Cancelled, HarnFailure, RuntimeError, type TraceFrame } from "../error.ts";
import { CALL, DONE, type Native, passRoutine, type Routine, type RoutineState, type Signal } from "../native.ts";
import { display } from "../value/display.ts";
import { whatIsTooLarge } from "../value/size-limits.ts";
import { Closure, type LinkedFunction, NativeRef, Opaque, type Value } from "../value/value.ts";
import type { Vm } from "../vm.ts";
import { ensureRegisters, enterClosure, type Frame, type Place, type Task } from "./task.ts";

/** A caught error on its way through `finally` or into a `catch`. Never seen by a program. */
export class CaughtFailure extends Opaque {
  readonly typeName = "failure";
  readonly failure: HarnFailure;
  constructor(failure: HarnFailure) {
    super();
    this.failure = failure;
  }
  display(): string {
    return this.failure.display();
  }
}

/** Frames kept of a stack trace at each of its ends: the innermost say what failed, the outermost who wanted it. */
const INNERMOST = 24;
const OUTERMOST = 8;

/** Calls a value with arguments that lie in an array. The result goes to register `dst`, or to the routine on top. */
export function callValue(vm: Vm, task: Task, callee: Value, args: readonly Value[], dst: number): boolean {
  vm.control.task = task;
  vm.control.callee = callee;
  vm.control.args = args;
  return onSignal(vm, task, CALL, dst);
}

/** Calls a builtin that is not pure, or whose arguments lie in an array. */
export function callNative(
  vm: Vm,
  task: Task,
  native: Native | undefined,
  args: readonly Value[],
  dst: number,
): boolean {
  if (!native) throw new RuntimeError("undefined-builtin", "builtin");
  switch (native.kind) {
    case "pure":
      return deliver(vm, task, native.impl(args, vm.hosts.contextOf(task)), dst);
    case "async": {
      if (vm.checkpoints.pauseBefore(task, native, args, dst)) return false;
      const answer = native.impl(args, vm.calls.begin(task, native, args));
      if (answer instanceof Promise) {
        vm.calls.park(task, answer, dst);
        return false;
      }
      return deliver(vm, task, answer, dst);
    }
    case "control": {
      const { control } = vm;
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
      if (native.kind === "async" && vm.checkpoints.pauseBefore(task, native, args, dst)) return PARKED;
      const answer =
        native.kind === "pure"
          ? native.impl(args, vm.hosts.contextOf(task))
          : native.impl(args, vm.calls.begin(task, native, args));
      if (answer instanceof Promise) {
        vm.calls.park(task, answer, dst);
        return PARKED;
      }
      control.value = answer;
      return ANSWERED;
    }
    control.task = task;
    signal = native.start(args, control);
    if (signal === DONE) return ANSWERED;
    if (native.routine !== passRoutine) pushRoutine(task, native.routine, control.state, dst);
  }
}

export function pushRoutine(task: Task, routine: Routine, state: RoutineState, dst: number): void {
  const base = task.registerTop;
  const frame = task.nextFrame();
  frame.fn = undefined;
  frame.routine = routine;
  frame.state = state;
  frame.pc = 0;
  frame.base = base;
  frame.dst = dst;
  frame.argCount = 0;
  frame.scopeBase = task.scopes.length;
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

/** Harn frames of a task, innermost first. Of a deep stack the middle is left out. */
export function traceOf(task: Task): readonly TraceFrame[] {
  const frames = (task.frames.slice(0, task.depth) as Frame[]).filter(({ fn }) => fn !== undefined);
  frames.reverse();
  const trace = (from: readonly Frame[]): TraceFrame[] =>
    from.map(({ fn, pc }) => traceFrame({ fn: fn as LinkedFunction, pc }));
  const omitted = frames.length - INNERMOST - OUTERMOST;
  if (omitted <= 0) return trace(frames);
  const inner = trace(frames.slice(0, INNERMOST));
  inner.push({ ...(inner.pop() as TraceFrame), omitted });
  return [...inner, ...trace(frames.slice(-OUTERMOST))];
}

export function traceFrame({ fn, pc }: Place): TraceFrame {
  return { function: fn.name, file: fn.module.code.file, line: lineAt(fn.proto, Math.max(0, pc - 1)) };
}

/** Whatever a builtin threw, as a failure of the program. JavaScript's own errors lose their stack here. */
export function toFailure(thrown: unknown): HarnFailure {
  if (thrown instanceof HarnFailure) return thrown;
  if (thrown instanceof RangeError && /call stack/i.test(thrown.message)) {
    return new RuntimeError("overflow", "Stack overflow: value is nested too deeply");
  }
  const size = thrown instanceof RangeError ? whatIsTooLarge(thrown) : undefined;
  if (size !== undefined) return new RuntimeError("runtime", `Value is too large: ${size}`);
  if (thrown instanceof HarnError) return new RuntimeError("runtime", thrown.message);
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new RuntimeError("runtime", `Internal error, please report it (${message})`);
}
