/**
 * Builtins, as the VM sees them.
 *
 * - *pure*: values in, value out, at once. May read the host's synchronous effects.
 * - *async*: answers later with a promise; the calling task parks until then.
 * - *control*: moves frames and tasks. Written as a {@link Routine}: a state machine whose state is plain data, so that
 *   a callback given to `map` runs on VM frames, can park, be cancelled, and be written into a snapshot.
 *
 * Ownership: a builtin does not own its arguments. A container that it keeps (returns, stores, puts into another
 * container) must go through `share`, `listOf` or `dictOf` (`value/value.ts`).
 */

import type { CancelSignal, Host } from "../base/index.ts";
import type { Task, TaskContext, Wait } from "./core/task.ts";
import type { HarnFailure } from "./error.ts";
import type { Closure, NativeRef, Value } from "./value/value.ts";
import type { Vm } from "./vm.ts";

export interface NativeContext {
  readonly vm: Vm;
  readonly host: Host;
  /** The task that calls. */
  readonly task: Task;
}

export interface AsyncContext extends NativeContext {
  /** Fires when the calling task is cancelled or its deadline passes. */
  readonly signal: CancelSignal;
  /** Runs a closure in a task of its own, whose output goes where the caller's goes; rejects with a `HarnFailure`. */
  call(callee: Value, args: readonly Value[], options?: CallOptions): Promise<Value>;
  /** Present where a run can be restored in the middle of a call. */
  readonly progress?: CallProgress;
}

/**
 * How a call that takes long goes on, in a run that is restored, from where it was: it is made again with the same
 * arguments and what it kept last.
 *
 * Contract: until it first keeps something, a call asks the host for the same things in the same order whether it begins
 * or goes on, and calls nothing of the program. From then on it asks for what it would have asked for next.
 */
export interface CallProgress {
  /** What it kept before the run was restored; undefined: it begins. Plain data, and lists of the kind `AppendList`. */
  readonly from: unknown;
  /**
   * "All I need to go on from here is my arguments and this." Until the promise resolves nothing of the call may be under
   * way. `state` is asked for while the promise is pending, or never. A call that goes on keeps where it goes on from again,
   * before it asks for anything.
   */
  keep(state: () => unknown): Promise<void>;
}

export interface CallOptions {
  /** What the closure's task inherits; default: what the caller's has. */
  readonly context?: TaskContext;
  /** Stops the closure, besides the end of the calling task. */
  readonly signal?: CancelSignal;
}

export interface PureNative {
  readonly kind: "pure";
  readonly name: string;
  readonly impl: (args: readonly Value[], context: NativeContext) => Value;
}

export interface AsyncNative {
  readonly kind: "async";
  readonly name: string;
  /**
   * Until it answers it changes nothing but what it asks of the host: a run that is restored while the call is under way
   * makes it again, and what it has asked for before is answered from the log.
   */
  readonly isRepeatable?: true;
  readonly impl: (args: readonly Value[], context: AsyncContext) => Value | Promise<Value>;
}

export interface ControlNative {
  readonly kind: "control";
  readonly name: string;
  readonly routine: Routine;
  /** The function of the program that it stands for (one wrapped in a step): it reads and prints as that one. */
  readonly standsFor?: Closure;
  /** Made for the program while it runs: its `type_of` is that of a closure. */
  readonly isClosure?: true;
  /** First step; `control.done` here costs no frame. */
  readonly start: (args: readonly Value[], control: Control) => Signal;
}

export type Native = PureNative | AsyncNative | ControlNative;

/** Any plain data; the routine that made it reads it back. */
export type RoutineState = unknown;

export interface Routine {
  readonly name: string;
  /** Continues with the value of what the last step asked for. */
  readonly resume: (state: RoutineState, value: Value, control: Control) => Signal;
  /** Sees an error of what the last step asked for; absent or undefined: the error goes on. */
  readonly fail?: (state: RoutineState, failure: HarnFailure, control: Control) => Signal | undefined;
  /** The routine's frame is thrown away: release what it holds. */
  readonly abandon?: (state: RoutineState, control: Control) => void;
}

/** Passes on what the task was woken with. It needs no frame: a builtin with it costs a waiting task nothing. */
export const passRoutine: Routine = { name: "wait", resume: (_state, value, control) => control.done(value) };

/** What a routine wants next; made by the methods of {@link Control}. */
export type Signal = typeof DONE | typeof CALL | typeof WAIT;
export const DONE = 0;
export const CALL = 1;
export const WAIT = 2;

/**
 * A routine's hands. One object per VM: a step's wishes are written into it and taken out at once.
 *
 * A helper that may have to wait inside a routine (`pull`) puts a frame of its own between the routine and what it
 * waits for, with `nest`; the routine then answers with `hold(state, signal)`.
 */
export class Control implements NativeContext {
  readonly vm: Vm;
  task: Task;
  value: Value = undefined;
  callee: Value = undefined;
  args: readonly Value[] = [];
  state: RoutineState = undefined;
  wait: Wait | undefined = undefined;
  /** Frames to put above the routine's, innermost first. */
  readonly nested: { readonly routine: Routine; readonly state: RoutineState }[] = [];

  constructor(vm: Vm, task: Task) {
    this.vm = vm;
    this.task = task;
  }

  get host(): Host {
    return this.vm.hostOf(this.task);
  }

  /** Finished with a value. */
  done(value: Value): Signal {
    this.value = value;
    return DONE;
  }

  /** Call a closure or builtin; `resume(state, result)` comes next. */
  call(state: RoutineState, callee: Value, args: readonly Value[]): Signal {
    this.state = state;
    this.callee = callee;
    this.args = args;
    return CALL;
  }

  /** Park until somebody wakes the task; `resume(state, value)` comes next. */
  park(state: RoutineState, wait: Wait): Signal {
    this.state = state;
    this.wait = wait;
    return WAIT;
  }

  /** Park for a helper that has no state of its own; the caller of the helper holds. */
  waitFor(wait: Wait): Signal {
    this.wait = wait;
    return WAIT;
  }

  /** What a helper asked for is under way; `resume(state, its value)` comes next. */
  hold(state: RoutineState, signal: Signal): Signal {
    this.state = state;
    return signal;
  }

  /** Puts a helper's frame above the caller's; its result is what the caller resumes with. */
  nest(signal: Signal, routine: Routine, state: RoutineState): Signal {
    this.nested.push({ routine, state });
    return signal;
  }

  /** A helper calls something: its frame, and the call above it. */
  nestCall(callee: Value, args: readonly Value[], routine: Routine, state: RoutineState): Signal {
    this.nested.push({ routine, state });
    this.callee = callee;
    this.args = args;
    return CALL;
  }
}

export type Callable = Closure | NativeRef;
