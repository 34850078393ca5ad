/**
 * A virtual machine: modules, builtins, the scheduler. One run of one program; two can live in a process without
 * seeing each other.
 *
 * Scheduling: tasks take turns from a queue. A task runs until it parks, finishes, or has used its quantum while others
 * wait. Nothing here depends on real time, so the same answers from the host give the same schedule.
 */

import type { Host } from "../base/index.ts";
import type { ModuleCode } from "../bytecode/index.ts";
import { AsyncSource, type OpenSources } from "./core/async-source.ts";
import { invoke } from "./core/callback.ts";
import { type CheckpointOptions, Checkpoints } from "./core/checkpoints.ts";
import { Coroutine } from "./core/coroutine.ts";
import { Interrupts } from "./core/interrupts.ts";
import { type LiveResource, liveResources } from "./core/live-resources.ts";
import { type Lock, Locks } from "./core/locks.ts";
import { Names } from "./core/names.ts";
import { NativeCalls } from "./core/native-calls.ts";
import type { NativeWait } from "./core/native-wait.ts";
import { HostOutput, type OutputSink } from "./core/output.ts";
import { Pace, type SavedPace } from "./core/pace.ts";
import { ReadyQueue } from "./core/ready-queue.ts";
import { runTask } from "./core/run-task.ts";
import {
  enterWithArguments,
  GAVE_WAY,
  NOTHING,
  pushRoutine,
  Task,
  type TaskContext,
  type TaskName,
  TO_ROUTINE,
  type Wait,
} from "./core/task.ts";
import { callRoutine, entryOf, type ProgramState, programRoutine } from "./core/task-bottoms.ts";
import { TaskHosts, VM_TASK } from "./core/task-hosts.ts";
import { deadlinePassed, Sleep } from "./core/time-waits.ts";
import { type SavedTimers, Timers } from "./core/timers.ts";
import { traceFrame, traceOf } from "./core/traces.ts";
import { Cancelled, Halted, type HarnFailure, RuntimeError, Thrown, type TraceFrame } from "./error.ts";
import { ModuleInstance } from "./module-instance.ts";
import { Control, type Native } from "./native.ts";
import { Closure, type NativeRef, type Value } from "./value/value.ts";

export interface VmOptions extends CheckpointOptions {
  readonly host: Host;
  /** Builtins by name. */
  readonly natives: Iterable<Native>;
  /** Methods: `type_of` name → builtins whose first argument is the receiver. */
  readonly methods: Readonly<Record<string, Iterable<Native>>>;
  /** Names with a value rather than a call (`pi`); made on first use. */
  readonly globals?: Readonly<Record<string, () => Value>>;
  /** Where the program's output goes; default: the host's standard output. */
  readonly output?: OutputSink;
  /** Nested calls before "Stack overflow"; default 512. */
  readonly maxFrames?: number;
  /** Tasks, open generators and streams included, that may live at a time; default 1,000,000: about a gigabyte if all wait. */
  readonly maxTasks?: number;
  /**
   * Lets the platform breathe (signals, sockets) during long computations; default: a microtask. `open`: results may
   * arrive meanwhile. Which breaths are open depends on the program alone.
   */
  readonly breathe?: (open: boolean) => Promise<void>;
  /** The host as one task sees it, by the task's id, for hosts that tell tasks apart; default: `host` for all. */
  readonly hostFor?: (taskId: string) => Host;
  /** State that builtins keep per run, created on first use. */
  readonly state?: Map<string, unknown>;
  /** Where in the log of the run a task's next request stands; default: there is no log. */
  readonly position?: (taskId: string) => number;
}

/** What a machine is made of between two turns of its tasks; see `snapshot/snapshot.ts`. */
export interface VmState extends SavedPace {
  readonly root: Task;
  readonly tasks: readonly Task[];
  /** Ready to run, next first. */
  readonly ready: readonly Task[];
  /** To be run before those, last first. */
  readonly urgent: readonly Task[];
  readonly timers: SavedTimers;
  readonly locks: ReadonlyMap<string, Lock>;
  readonly globals: ReadonlyMap<string, Value>;
}

export type RunOutcome =
  | { readonly status: "ok"; readonly value: Value }
  | { readonly status: "failed"; readonly failure: HarnFailure }
  | { readonly status: "cancelled"; readonly reason: string };

export class Vm {
  /** As the machine itself sees it; a task's is {@link hostOf}. */
  readonly host: Host;
  readonly natives: ReadonlyMap<string, Native>;
  readonly methods: ReadonlyMap<string, ReadonlyMap<string, Native>>;
  readonly modules: Map<string, ModuleInstance> = new Map();
  readonly maxFrames: number;
  readonly maxTasks: number;
  readonly timers: Timers;
  readonly locks: Locks;
  readonly checkpoints: Checkpoints;
  readonly calls: NativeCalls;
  readonly hosts: TaskHosts;
  readonly names: Names;
  /** Lent to whatever routine is being stepped. */
  readonly control: Control;
  readonly pace: Pace = new Pace();
  /** State that builtins keep per run, by an owner's key. */
  readonly state: Map<string, unknown>;
  /** Where the program's output goes. */
  readonly output: OutputSink;
  #root: Task;

  readonly #breathe: (open: boolean) => Promise<void>;
  readonly #queue = new ReadyQueue();
  /** Those that are not done. */
  readonly #tasks = new Set<Task>();
  readonly #interrupts = new Interrupts(this);
  readonly #sources: OpenSources = new Set();
  /** Whose turn it is. */
  #running: Task | undefined;
  /** Ends the rest of the loop, while it rests. */
  #idle: (() => void) | undefined;
  #stopped = false;
  #halted: Halted | undefined;
  /** Whose trace it has. */
  #haltedBy: Task | undefined;
  /** Gives the platform its turn although tasks are ready: results may arrive meanwhile. */
  #lent = false;

  constructor(options: VmOptions) {
    this.hosts = new TaskHosts(this, options.host, options.hostFor);
    this.host = this.hosts.own;
    this.natives = new Map([...options.natives].map((native) => [native.name, native]));
    this.methods = new Map(
      Object.entries(options.methods).map(([type, list]) => [
        type,
        new Map([...list].map((native) => [native.name, native])),
      ]),
    );
    this.maxFrames = options.maxFrames ?? 512;
    this.maxTasks = options.maxTasks ?? 1_000_000;
    this.state = options.state ?? new Map();
    this.names = new Names(options.globals ?? {});
    this.#breathe = options.breathe ?? (() => Promise.resolve());
    const position = options.position ?? (() => 0);
    this.timers = new Timers(
      this.host,
      () => this.#notify(),
      () => position(VM_TASK),
    );
    this.checkpoints = new Checkpoints(this, options, position, () => this.#notify());
    this.calls = new NativeCalls(this, position);
    this.locks = new Locks(this);
    this.output = options.output ?? new HostOutput(this);
    this.#root = new Task("task_root", undefined, this.output);
    this.control = new Control(this, this.root);
  }

  // ---- programs ----------------------------------------------------------------------------------------------------

  /** Adds modules, dependencies before dependents. Functions that capture nothing are ready before any module starts. */
  load(codes: Iterable<ModuleCode>): void {
    for (const code of codes) {
      if (!this.modules.has(code.id)) this.modules.set(code.id, new ModuleInstance(code, this.natives));
    }
  }

  /**
   * Starts every module once, the entry last, and runs until the program is over. However that ends is told by the outcome.
   *
   * @throws RangeError for an entry that is not loaded
   */
  async run(entry: string): Promise<RunOutcome> {
    const order = [...this.modules.keys()].filter((id) => id !== entry);
    if (!this.modules.has(entry)) throw new RangeError(`Module \`${entry}\` is not loaded`);
    for (const instance of this.modules.values()) instance.bindImports(this.modules, false);
    pushRoutine(this.root, programRoutine, { order: [...order, entry], next: 0 } satisfies ProgramState, 0);
    this.root.resumeRegister = TO_ROUTINE;
    this.#tasks.add(this.root);
    this.#enqueue(this.root);
    return this.#toEnd();
  }

  /** A module's top level, run by the program routine. */
  start(id: string): Closure {
    const instance = this.modules.get(id) as ModuleInstance;
    instance.bindImports(this.modules, true);
    return new Closure(instance.main, []);
  }

  async #toEnd(): Promise<RunOutcome> {
    await this.#loop(() => this.root.status === "done");
    this.#stopped = true;
    if (!this.#halted) {
      for (const task of [...this.#tasks]) this.abort(task, "The program ended");
      await this.#loop(() => this.#tasks.size === 0);
      this.#closeSources();
    }
    if (this.#halted) return { status: "failed", failure: this.#letGo(this.#halted) };
    const { failure } = this.root;
    if (failure instanceof Cancelled) return { status: "cancelled", reason: failure.reason };
    return failure ? { status: "failed", failure } : { status: "ok", value: this.root.result };
  }

  /** Takes every task off what it waits on, so that nothing of a halted run stays with the host. */
  #letGo(halted: Halted): Halted {
    if (this.#haltedBy) halted.trace ??= traceOf(this.#haltedBy);
    for (const task of this.#tasks) {
      const { wait } = task;
      task.wait = undefined;
      try {
        if (wait) invoke(wait.cancel, undefined);
      } catch {
        // What it waited on is in no state to matter any more.
      }
    }
    this.#tasks.clear();
    this.timers.clear();
    this.#closeSources();
    return halted;
  }

  // ---- snapshots ---------------------------------------------------------------------------------------------------

  /** The state itself, not a copy: to be written down at once. */
  save(): VmState {
    return {
      root: this.root,
      tasks: [...this.#tasks],
      ready: this.#queue.ready,
      urgent: this.#queue.urgent,
      timers: this.timers.save(),
      locks: this.locks.save(),
      globals: this.names.values,
      ...this.pace.save(),
    };
  }

  /**
   * Takes over what was saved, in a new machine with the same modules, and runs until the program is over. What was asked
   * of the host is asked again: the timers' sleep and the builtins that had not answered.
   */
  continue(state: VmState): Promise<RunOutcome> {
    this.#root = state.root;
    for (const task of state.tasks) this.#tasks.add(task);
    this.#queue.load(state.ready, state.urgent);
    this.timers.load(state.timers);
    this.locks.load(state.locks);
    this.names.load(state.globals);
    this.pace.load(state);
    this.timers.resume();
    this.calls.resume(this.#tasks);
    return this.#toEnd();
  }

  // ---- stopping ----------------------------------------------------------------------------------------------------

  /** Asks the whole program to stop; `finally` and `defer` blocks run. */
  cancel(reason: string): void {
    this.abort(this.root, reason);
  }

  /**
   * Ends the run where it is: nothing of the program runs any more, no `catch`, `finally` or `defer`. For when going on
   * would be wrong: the program has left its recording, or nothing can be recorded any more. The run fails with a
   * {@link Halted}, whose trace is that of the given task.
   */
  halt(error: unknown, taskId?: string): void {
    if (this.#halted) return;
    this.#halted = new Halted(error);
    for (const task of this.#tasks) if (task.id === taskId) this.#haltedBy = task;
    this.#notify();
  }

  // ---- looking at it -----------------------------------------------------------------------------------------------

  /** Id of the module that the program began with. Undefined before it begins, and where there is no such module. */
  get entry(): string | undefined {
    return entryOf(this.root);
  }

  get root(): Task {
    return this.#root;
  }

  /** Set once {@link halt} was called. */
  get halted(): Halted | undefined {
    return this.#halted;
  }

  /** The program itself is over; what it had started is being wound up. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** True when no task can go on before something arrives from outside. */
  get resting(): boolean {
    return this.#idle !== undefined || this.#lent || this.#halted !== undefined || this.#tasks.size === 0;
  }

  /** What the program holds at this moment, and where that began. Nothing is left after a run, or something leaks. */
  get liveResources(): readonly LiveResource[] {
    return liveResources({
      tasks: this.#tasks,
      timers: this.timers.pending,
      calls: this.calls.open,
      sources: this.#sources,
    });
  }

  /** Where the program stands that calls an effect at this moment; undefined when something else does. */
  get place(): TraceFrame | undefined {
    const place = this.#running?.place;
    return place && traceFrame(place);
  }

  /** Tasks that are not done; a leak test wants 0 after a run. */
  get liveTasks(): number {
    return this.#tasks.size;
  }

  /** Builtins that have been called and have not answered. */
  get openCalls(): readonly NativeWait[] {
    return [...this.calls.open];
  }

  /** Nobody waits any more for what the call will answer. */
  isLeft(call: NativeWait): boolean {
    return ![...this.#tasks].some(({ wait }) => wait === call);
  }

  // ---- what the program holds outside the machine ------------------------------------------------------------------

  /** A stream of values from outside, kept until it has ended or nobody reads on; `what` is the builtin that makes it. */
  openSource(task: Task, what: string, values: AsyncIterator<Value>): AsyncSource {
    return new AsyncSource(values, what, task.place, this.#sources);
  }

  /**
   * What a builtin keeps open for the program beyond its own call, such as a connection: `close` is called when the program
   * ends with it still open.
   *
   * @returns to be called when it was closed otherwise
   */
  keepOpen(task: Task, what: string, close: () => void): () => void {
    const source = { what, place: task.place, abandon: close };
    this.#sources.add(source);
    return () => this.#sources.delete(source);
  }

  #closeSources(): void {
    for (const source of [...this.#sources]) source.abandon();
    this.#sources.clear();
  }

  // ---- builtins' view ----------------------------------------------------------------------------------------------

  /** The host as a task sees it. */
  hostOf(task: Task): Host {
    return this.hosts.of(task);
  }

  /** A builtin as a value: the same one each time. */
  nativeRef(native: Native): NativeRef {
    return this.names.nativeRef(native);
  }

  // ---- starting tasks ----------------------------------------------------------------------------------------------

  /** @throws RuntimeError when there is no room for so many more tasks */
  checkTaskCount(more: number): void {
    const count = this.#tasks.size + more;
    if (count <= this.maxTasks) return;
    throw new RuntimeError(
      "runtime",
      `Too many tasks at once: ${count}, the limit is ${this.maxTasks}: set \`max_concurrent\`, or await some before others`,
    );
  }

  /** A new task, ready to run, that calls a value. */
  spawn(
    parent: Task,
    name: TaskName,
    callee: Value,
    args: readonly Value[],
    output: OutputSink,
    options: { readonly groupId?: string; readonly context?: TaskContext } = {},
  ): Task {
    this.checkTaskCount(1);
    const isPlain = callee instanceof Closure && callee.proto.isPlain;
    const task = new Task(name, parent, output, options.groupId, isPlain ? callee.proto.registerCount : 0);
    if (options.context) task.context = options.context;
    if (isPlain) {
      enterWithArguments(task, callee, args, 0);
      task.resumeRegister = NOTHING;
    } else {
      pushRoutine(task, callRoutine, { callee, args }, 0);
      task.resumeRegister = TO_ROUTINE;
    }
    parent.addChild(task);
    this.#tasks.add(task);
    this.#enqueue(task);
    return task;
  }

  /** A generator's or stream's value; its body starts at the first pull. */
  coroutine(parent: Task, closure: Closure, args: readonly Value[]): Coroutine {
    const kind = closure.proto.proto.kind === "stream" ? "stream" : "generator";
    this.checkTaskCount(1);
    const name = { stem: kind === "stream" ? ":stream:" : ":generator:", number: ++parent.helperCount };
    const task = new Task(name, parent, parent.output, undefined, closure.proto.registerCount);
    enterWithArguments(task, closure, args, 0);
    task.resumeRegister = NOTHING;
    task.status = "parked";
    parent.addChild(task);
    this.#tasks.add(task);
    return new Coroutine(this, kind, task);
  }

  // ---- waiting and waking ------------------------------------------------------------------------------------------

  /**
   * A running task waits, until {@link wake} or {@link wakeWith}, or until it is stopped or its deadline passes: then it is
   * taken off with `wait.cancel`.
   *
   * @param register what it is woken with goes there, or is one of `TO_ROUTINE`, `NOTHING`
   */
  park(task: Task, wait: Wait, register: number): void {
    task.status = "parked";
    task.wait = wait;
    task.resumeRegister = register;
    const failure = task.takeStopRequest();
    if (failure) {
      this.#interrupts.stop(task, failure);
      return;
    }
    if (wait.turn !== undefined) {
      this.pace.quantumUsed();
      if (this.#isLate(task)) this.#interrupts.stop(task, deadlineExceeded());
      else this.wake(task, wait.turn.value);
      return;
    }
    if (task.deadlineMs !== undefined) {
      if (this.pace.takeLook() && this.#isLate(task)) {
        this.#interrupts.stop(task, deadlineExceeded());
        return;
      }
      const timer = this.timers.set(task.deadlineMs, deadlinePassed({ vm: this, task }));
      // Asking the host to sleep may have stopped the program, and this task with it.
      if (task.wait === wait) task.deadlineTimer = timer;
      else this.timers.cancel(timer);
    }
  }

  /** A wait for a time, monotonic milliseconds; the task goes on with nil. */
  waitUntil(task: Task, dueMs: number, what: string): Wait {
    return this.timers.add(new Sleep(this, task, dueMs, what));
  }

  /** The parked task goes on with a value. */
  wake(task: Task, value: Value): void {
    if (!this.#unpark(task)) return;
    task.resumeValue = value;
    this.#enqueue(task);
  }

  /** The parked task goes on with an error. */
  wakeWith(task: Task, failure: HarnFailure): void {
    if (!this.#unpark(task)) return;
    task.resumeFailure = failure;
    this.#enqueue(task);
  }

  #unpark(task: Task): boolean {
    if (task.status !== "parked") return false;
    task.wait = undefined;
    if (task.deadlineTimer) {
      this.timers.cancel(task.deadlineTimer);
      task.deadlineTimer = undefined;
    }
    return true;
  }

  /** The deadline of a parked task has passed. */
  expire(task: Task): void {
    task.deadlineTimer = undefined;
    this.#interrupts.stop(task, deadlineExceeded());
  }

  // ---- stopping and ending tasks -----------------------------------------------------------------------------------

  /** Stops a task for good: `finally` and `defer` run, `catch` does not see it. */
  abort(task: Task, reason: string): void {
    if (task.status === "done" || task.cancelRequest === "abort") return;
    task.cancelRequest = "abort";
    task.cancelReason = reason;
    task.gracefulDelivered = false;
    if (task.status === "parked") this.#interrupts.stop(task, task.takeStopRequest() as HarnFailure);
  }

  /** Asks a task and those it started to stop; each sees an error it may catch, once, wherever it is. */
  requestStop(first: Task): void {
    const asked = [first];
    for (let task = asked.pop(); task !== undefined; task = asked.pop()) {
      if (task.status === "done" || task.cancelRequest !== "none") continue;
      task.cancelRequest = "graceful";
      if (task.status === "parked") {
        const failure = task.takeStopRequest();
        if (failure) this.#interrupts.stop(task, failure);
      }
      for (const child of [...(task.children ?? [])].reverse()) asked.push(child);
    }
  }

  /** A task has come to its end. */
  finish(task: Task, value: Value): void {
    task.result = value;
    this.#end(task);
  }

  /** An error has left the last frame of a task. */
  fail(task: Task, failure: HarnFailure): void {
    failure.trace ??= traceOf(task);
    task.failure = failure;
    this.#end(task);
  }

  #end(task: Task): void {
    task.closeScopes(0);
    for (const permit of [...(task.owned ?? [])]) permit.lock.release(permit);
    task.status = "done";
    task.registers.length = 0;
    task.frames.length = 0;
    this.#tasks.delete(task);
    task.parent?.children?.delete(task);
    for (const child of [...(task.children ?? [])]) this.abort(child, "The task that started it ended");
    if (task.onDone) invoke(task.onDone, task);
  }

  // ---- turns -------------------------------------------------------------------------------------------------------

  /** @throws RuntimeError when there is no room for another frame */
  checkDepth(task: Task): void {
    if (task.depth >= this.maxFrames) throw new RuntimeError("overflow", "Stack overflow: too many nested calls");
  }

  #isLate(task: Task): boolean {
    return task.deadlineMs !== undefined && this.timers.now() >= task.deadlineMs;
  }

  /** The slow path of back-edges and calls. True: others should run first. */
  safepoint(task: Task): boolean {
    const failure = this.#halted ?? task.takeStopRequest();
    if (failure) throw failure;
    if (this.#isLate(task)) throw deadlineExceeded();
    this.pace.quantumUsed();
    return this.#queue.hasOthers || this.pace.isBreathDue;
  }

  /** Puts a running task at the end of the queue. */
  giveWay(task: Task): void {
    task.resumeRegister = GAVE_WAY;
    this.#enqueue(task);
  }

  /** Puts a task that is not ready before those in the queue. */
  runNext(task: Task): void {
    task.status = "ready";
    this.#queue.pushFirst(task);
  }

  #enqueue(task: Task): void {
    task.status = "ready";
    this.#queue.push(task);
    this.#notify();
  }

  /** Tasks wait for time or for a builtin. */
  get #awaitsOutside(): boolean {
    return this.timers.pending > 0 || this.calls.open.size > 0;
  }

  /** Has a loop that rests look again. */
  #notify(): void {
    const idle = this.#idle;
    this.#idle = undefined;
    idle?.();
  }

  /** Gives tasks their turns, and the platform its own, until it is finished or halted. */
  async #loop(finished: () => boolean): Promise<void> {
    while (!finished() && !this.#halted) {
      this.checkpoints.takeWhilePaused();
      const task = this.#queue.next();
      if (!task) {
        if (finished()) return;
        this.checkpoints.rest();
        await new Promise<void>((resolve) => {
          this.#idle = resolve;
        });
        continue;
      }
      if (task.status === "done") continue;
      task.status = "running";
      this.#running = task;
      runTask(this, task);
      this.#running = undefined;
      // A pause is no turn: what follows is what would have followed without it.
      if (this.checkpoints.isPaused) continue;
      this.pace.turnEnded();
      if (this.pace.isBreathDue) {
        this.#lent = this.pace.breathe(this.#awaitsOutside);
        await this.#breathe(this.#lent);
        this.#lent = false;
      }
    }
  }
}

function deadlineExceeded(): HarnFailure {
  return new Thrown("Deadline exceeded");
}
