/**
 * Moments at which a running program can be written down. A *pause* stops a task short of a builtin that answers later; at
 * a *rest* nothing can go on before something arrives from outside; a *hold* makes tasks wait until a moment has come.
 */

import type { AsyncNative, CallProgress, Routine } from "../native.ts";
import type { Value } from "../value/value.ts";
import type { Vm } from "../vm.ts";
import type { Named } from "./callback.ts";
import type { NativeWait } from "./native-wait.ts";
import { pushRoutine, type Task, TO_ROUTINE } from "./task.ts";

export interface RequestLog {
  /** How many have been made. */
  readonly count: number;
  /** Those after the first `count`; undefined when that is too long ago. */
  since(count: number): readonly number[] | undefined;
}

/**
 * Told of moments at which all that a program is can be written down: nothing runs, and before a builtin is called that
 * answers later. Contract: `take` changes nothing in the machine; `due` is cheap.
 */
export interface Checkpoint {
  due(): boolean;
  take(vm: Vm): void;
  /** It has been due for so long that tasks may be made to wait for one another. */
  presses(): boolean;
  /**
   * Tasks are being held. Contract: lets the sleeps of {@link HOLD_MS} end after `release` was called, by the VM or, when it
   * has taken too long, by the one who is asked here.
   */
  hold(release: () => void): void;
  release(): void;
}

/**
 * A sleep of this length and the number of a pause point, milliseconds, is a hold; no program sleeps as long. The number tells
 * where: what is asked in a task's name is no measure of how far it has come, since calls share the model layer's host.
 */
export const HOLD_MS = 4e15;

export interface CheckpointOptions {
  readonly checkpoint?: Checkpoint;
  /** Whether a task's next request in the log is a hold at this pause point; default: there is no log. */
  readonly isHeldNext?: (taskId: string, point: number) => boolean;
  /** The latest requests of the run, whoever made them, by their entries in the log; default: there is no log. */
  readonly requests?: RequestLog;
}

/**
 * The moments of a machine: pauses before builtins, rests when nothing can go on, and holds, which make tasks wait for one
 * another when no moment comes by itself.
 */
export class Checkpoints {
  readonly #vm: Vm;
  readonly #checkpoint: Checkpoint | undefined;
  readonly #isHeldNext: CheckpointOptions["isHeldNext"];
  readonly #requests: RequestLog | undefined;
  readonly #position: (taskId: string) => number;
  readonly #wake: () => void;
  /** Tasks wait for one another, so that a checkpoint can be taken. */
  #holding = false;
  /** Calls that have said where they can be gone on from, and wait to go on. */
  #marked: NativeWait[] = [];
  /** A task has stopped short of a builtin, for the sake of a checkpoint … */
  #paused = false;
  /** … and may call it now. */
  #passing = false;

  /** `wake` has the machine look whether it can go on. */
  constructor(vm: Vm, options: CheckpointOptions, position: (taskId: string) => number, wake: () => void) {
    this.#vm = vm;
    this.#checkpoint = options.checkpoint;
    this.#isHeldNext = options.isHeldNext;
    this.#requests = options.requests;
    this.#position = position;
    this.#wake = wake;
  }

  /** The turn that has just ended was a pause: what follows is what would have followed without it. */
  get isPaused(): boolean {
    return this.#paused;
  }

  takeWhilePaused(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#take();
  }

  /**
   * A builtin is about to be called: how it tells where it can be gone on from, in a run that has a log.
   *
   * @param again the call as it was in the run that is gone on with
   */
  begin(task: Task, call: NativeWait, again: NativeWait | undefined): CallProgress | undefined {
    call.requestCount = this.#requests?.count ?? 0;
    if (again !== undefined) {
      call.prologue = again.prologue;
      call.pausePoint = again.pausePoint;
      call.kept = again.kept;
    }
    return this.#requests && { from: again?.kept, keep: (state) => this.#keep(task, call, state) };
  }

  /**
   * Stops a task short of a builtin when a checkpoint is due. True: the task has been put at the head of the queue, and the
   * builtin is called when its turn comes, which is at once.
   */
  pauseBefore(task: Task, native: AsyncNative, args: readonly Value[], dst: number): boolean {
    if (this.#passing) {
      this.#passing = false;
      return false;
    }
    if (native === holdNative) return false;
    const point = ++task.pausePoints;
    const isHeld = this.#isHeldNext?.(task.id, point) || (this.#holding && !isCalledBack(task));
    if (!isHeld && !(this.#checkpoint?.due() && this.#isData)) return false;
    pushRoutine(task, pausedCallRoutine, { native, args, called: false, isHeld, point } satisfies PausedCall, dst);
    task.resumeRegister = TO_ROUTINE;
    this.#vm.runNext(task);
    this.#paused = !isHeld;
    return true;
  }

  /** The paused call goes ahead. */
  pass(): void {
    this.#passing = true;
  }

  /** Every builtin under way can be called again from a place that is known. */
  get #isData(): boolean {
    for (const call of this.#vm.openCalls) if (!call.isData || this.#vm.isLeft(call)) return false;
    return true;
  }

  /** Nothing can go on: the moment for checkpoints, and for calls that have kept where they are to go on. */
  rest(): void {
    const checkpoint = this.#checkpoint;
    if (checkpoint?.due() && this.#isGoingOn) {
      if (this.#isData) {
        this.#take();
        if (this.#holding) this.#release();
      } else if (!this.#holding && checkpoint.presses()) {
        this.#holding = true;
        checkpoint.hold(() => this.#release());
      } else if (!this.#holding) this.#take();
    }
    const marked = this.#marked;
    this.#marked = [];
    for (const call of marked) this.#goOn(call);
  }

  #release(): void {
    if (!this.#holding) return;
    this.#holding = false;
    this.#checkpoint?.release();
  }

  #goOn(call: NativeWait): void {
    const goOn = (): void => {
      const { mark } = call;
      call.mark = undefined;
      mark?.goOn();
    };
    const point = call.pausePoint as number;
    if (!this.#holding && !this.#isHeldNext?.(call.taskId, point)) goOn();
    else
      this.#vm.hosts
        .named(call.taskId)
        .perform("sleep", { ms: HOLD_MS + point }, call.token)
        .then(goOn, goOn);
  }

  /**
   * {@link CallProgress.keep}. Others may make the requests of a call in its name (the model layer has one host for all),
   * hence the count of all requests: until a call first keeps something, nobody else gets to ask.
   */
  #keep(task: Task, call: NativeWait, state: () => unknown): Promise<void> {
    const position = this.#position(call.taskId);
    call.prologue ??= this.#requests?.since(call.requestCount);
    // A call that is gone on from has been here before.
    if (call.kept === undefined) call.pausePoint = ++task.pausePoints;
    call.kept = undefined;
    return new Promise((goOn) => {
      call.mark = { state, position, goOn };
      this.#marked.push(call);
      this.#wake();
    });
  }

  /** While the program is being wound up there is nothing to go on with. */
  get #isGoingOn(): boolean {
    return !this.#vm.stopped && !this.#vm.halted;
  }

  #take(): void {
    if (this.#isGoingOn) this.#checkpoint?.take(this.#vm);
  }
}

/** Waits until a checkpoint has been taken. In the log, so that every replay waits where the run did. */
const holdNative: AsyncNative = {
  kind: "async",
  name: "hold",
  isRepeatable: true,
  impl: async ([point], { host, signal }) => {
    await host.perform("sleep", { ms: HOLD_MS + (point as number) }, signal);
    return undefined;
  },
};

/** A call under way waits for such a task: it must not wait for the call. */
function isCalledBack(task: Task): boolean {
  for (let at: Task | undefined = task; at; at = at.parent) if (/:call:\d+$/.test(at.id)) return true;
  return false;
}

interface PausedCall {
  readonly native: AsyncNative;
  readonly args: readonly Value[];
  readonly point: number;
  isHeld: boolean;
  called: boolean;
}

/** A call that waits for a checkpoint to be taken. */
const pausedCallRoutine: Routine = {
  name: "paused-call",
  resume(raw, value, control) {
    const state = raw as PausedCall;
    if (state.called) return control.done(value);
    if (state.isHeld) {
      state.isHeld = false;
      return control.call(state, control.vm.nativeRef(holdNative), [state.point]);
    }
    state.called = true;
    control.vm.checkpoints.pass();
    return control.call(state, control.vm.nativeRef(state.native), state.args);
  },
};

export const checkpointRoutines: readonly Named[] = [pausedCallRoutine, holdNative];
