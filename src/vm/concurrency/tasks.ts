/** spawn, await, cancel, parallel: tasks as values, with their output kept until somebody collects it. */

import { type ClassPart, code, invoke, type Named, type Then } from "../core/callback.ts";
import { END, Iter, PullSource } from "../core/iteration.ts";
import { Permit } from "../core/locks.ts";
import { OutputBuffer } from "../core/output.ts";
import type { Task } from "../core/task.ts";
import type { Timer } from "../core/timers.ts";
import { CANCELLED_MESSAGE, type HarnFailure, RuntimeError, Thrown } from "../error.ts";
import type { Control, ControlNative, Native, Routine, Signal } from "../native.ts";
import { display } from "../value/display.ts";
import { isInt } from "../value/numbers.ts";
import {
  Dict,
  Duration,
  err,
  isResult,
  List,
  listOf,
  Opaque,
  ok,
  RangeValue,
  record,
  SetValue,
  share,
  typeName,
  type Value,
} from "../value/value.ts";
import type { Vm } from "../vm.ts";

// ---- task handles ----------------------------------------------------------------------------------------------------

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

/** A duration or a number of milliseconds. */
export function milliseconds(value: Value): number | undefined {
  if (value instanceof Duration) return Math.max(0, value.ms);
  return isInt(value) ? Math.max(0, Number(value)) : undefined;
}

// ---- parallel --------------------------------------------------------------------------------------------------------

type Mode = "count" | "each" | "settle" | "stream";

/** Children of one `parallel`: started up to the cap, results by index, output in index order at the end. */
class Group {
  readonly vm: Vm;
  readonly parent: Task;
  readonly mode: Mode;
  readonly body: Value;
  readonly items: readonly Value[];
  readonly cap: number;
  readonly id: string;
  /** Of the children's names. */
  readonly stem: string;
  /** Those that have not ended. */
  readonly children: (Task | undefined)[] = [];
  /** Of the others: what is kept of a task is little, so that there may be many of them. */
  readonly results: Value[] = [];
  readonly failures: Map<number, HarnFailure> = new Map();
  readonly outputs: OutputBuffer[] = [];
  /** Finished children in order of completion, for the stream form. */
  readonly finished: number[] = [];
  next = 0;
  running = 0;
  done = 0;
  onProgress: Then | undefined = undefined;

  /** @param cap children at once; anything but a positive int: all */
  constructor(vm: Vm, parent: Task, mode: Mode, body: Value, subject: Value, cap: Value) {
    this.vm = vm;
    this.parent = parent;
    this.mode = mode;
    this.body = body;
    this.cap = isInt(cap) && cap > 0 ? Number(cap) : Number.POSITIVE_INFINITY;
    const range = mode === "count" ? countRange(subject) : subject;
    // Before a list is made of what is too much anyway.
    if (range instanceof RangeValue) vm.checkTaskCount(Math.min(range.length, this.cap));
    this.items = eachItems(range, mode);
    const name = `:parallel:${++parent.parallelCount}`;
    this.id = `${parent.id}${name}`;
    this.stem = `${name}:`;
  }

  /** @throws RuntimeError before any child has started, when there would be too many */
  begin(): void {
    this.vm.checkTaskCount(Math.min(this.items.length, this.cap));
    this.start();
  }

  start(): void {
    while (this.next < this.items.length && this.running < this.cap) {
      const index = this.next++;
      const output = new OutputBuffer();
      const child = this.vm.spawn(
        this.parent,
        { stem: this.stem, number: index },
        this.body,
        [this.items[index]],
        output,
        {
          groupId: this.id,
        },
      );
      this.children[index] = child;
      this.results[index] = undefined;
      this.outputs[index] = output;
      this.running += 1;
      child.onDone = childDone({ group: this, index });
    }
  }

  childDone(index: number, { failure, result }: Task): void {
    this.children[index] = undefined;
    if (failure) this.failures.set(index, failure);
    else this.results[index] = result;
    this.running -= 1;
    this.done += 1;
    this.finished.push(index);
    this.start();
    if (this.onProgress) invoke(this.onProgress, undefined);
  }

  get complete(): boolean {
    return this.done === this.items.length;
  }

  abort(): void {
    this.onProgress = undefined;
    this.next = this.items.length;
    for (const child of this.children) if (child) this.vm.abort(child, CANCELLED_MESSAGE);
  }

  writeOutput(): void {
    for (const output of this.outputs) this.parent.output.write(output.drain());
  }

  /** The value of the whole form, once complete. */
  outcome(): Value {
    this.writeOutput();
    if (this.mode === "settle") return this.settled();
    for (let index = 0; this.failures.size > 0; index++) {
      const failure = this.failures.get(index);
      if (failure) throw failure;
    }
    return listOf(this.results);
  }

  settled(): Value {
    const results = this.results.map((result, index) => {
      const failure = this.failures.get(index);
      if (failure) return err(failure.display());
      return isResult(result) ? result : ok(share(result));
    });
    const succeeded = results.filter((result) => result.variant === "Ok").length;
    return record({ results: new List(results), succeeded, failed: results.length - succeeded });
  }
}

const childDone = code(
  "parallel.child-done",
  ({ group, index }: { readonly group: Group; readonly index: number }, child: Task) => group.childDone(index, child),
);
const groupGone = code("parallel.gone", (group: Group) => group.abort());
const wakeWhenComplete = code("parallel.progress", (group: Group) => {
  if (group.complete) group.vm.wake(group.parent, undefined);
});
const wakeForNext = code("parallel.stream.progress", ({ vm, task }: { readonly vm: Vm; readonly task: Task }) =>
  vm.wake(task, undefined),
);
const noProgress = code("parallel.stream.gone", (group: Group) => {
  group.onProgress = undefined;
});

const groupRoutine: Routine = {
  name: "parallel",
  resume: (state, _value, control) => control.done((state as Group).outcome()),
  abandon: (state) => (state as Group).abort(),
};

const parallelNative: ControlNative = {
  kind: "control",
  name: "__parallel",
  routine: groupRoutine,
  start([mode, subject, body, cap], control) {
    const { vm, task } = control;
    const group = new Group(vm, task, mode as Mode, body, subject, cap);
    if (mode === "stream") return control.done(new Iter(new CompletionSource(group), [], "stream"));
    group.begin();
    if (group.complete) return control.done(group.outcome());
    group.onProgress = wakeWhenComplete(group);
    return control.park(group, { what: `parallel ${group.id}`, cancel: groupGone(group) });
  },
};

function countRange(subject: Value): RangeValue {
  if (!isInt(subject)) throw new RuntimeError("type", `parallel expects an int, got ${typeName(subject)}`);
  return new RangeValue(0, Math.max(0, Number(subject)), true);
}

function eachItems(subject: Value, mode: Mode): readonly Value[] {
  if (subject instanceof List || subject instanceof SetValue) return subject.items.map(share);
  if (subject instanceof RangeValue) return subject.toItems();
  if (subject instanceof Dict) {
    return subject.keys().map((key) => record({ key, value: share(subject.map.get(key)) }));
  }
  const form = mode === "settle" ? "settle" : "each";
  throw new RuntimeError("type", `parallel ${form} expects a list, got ${typeName(subject)}`);
}

/** `parallel each … as stream`: results as they come; an error surfaces at the pull and stops the rest. */
class CompletionSource extends PullSource {
  readonly typeName = "stream";
  readonly group: Group;
  taken = 0;
  started = false;
  constructor(group: Group) {
    super();
    this.group = group;
  }
  next(control: Control): Signal {
    const { group } = this;
    if (!this.started) {
      this.started = true;
      group.begin();
    }
    if (this.taken >= group.items.length) return control.done(END);
    if (this.taken < group.finished.length) return control.done(this.take(control));
    const { vm, task } = control;
    group.onProgress = wakeForNext({ vm, task });
    const signal = control.waitFor({ what: `parallel ${group.id}`, cancel: noProgress(group) });
    return control.nest(signal, completionRoutine, this);
  }
  take(control: Control): Value {
    const index = this.group.finished[this.taken++] as number;
    this.group.onProgress = undefined;
    control.task.output.write(this.group.outputs[index]?.drain() ?? "");
    const failure = this.group.failures.get(index);
    if (failure) {
      this.taken = this.group.items.length;
      this.group.abort();
      throw failure;
    }
    return share(this.group.results[index]);
  }
  override abandon(): void {
    this.taken = this.group.items.length;
    this.group.abort();
  }
  display(): string {
    return "<stream>";
  }
}

const completionRoutine: Routine = {
  name: "parallel.stream",
  resume: (state, _value, control) => control.done((state as CompletionSource).take(control)),
};

/** `parallel_race(items, fn, options?)`: the first plain value or Ok wins, the others are stopped at once. */
class Race {
  readonly group: Group;
  readonly errors: string[] = [];
  seen = 0;
  pending = true;
  constructor(group: Group) {
    this.group = group;
  }
  /** The winner's value as a one-item list, when there is one among the children that have finished. */
  winner(): readonly [Value] | undefined {
    while (this.seen < this.group.finished.length) {
      const index = this.group.finished[this.seen++] as number;
      const failure = this.group.failures.get(index);
      const result = this.group.results[index];
      if (failure) this.errors.push(failure.display());
      else if (isResult(result) && result.variant === "Err") this.errors.push(display(result.fields[0]));
      else {
        const value = isResult(result) ? result.fields[0] : result;
        this.group.parent.output.write(this.group.outputs[index]?.drain() ?? "");
        this.group.abort();
        return [share(value)];
      }
    }
    return undefined;
  }
  failure(): HarnFailure {
    return new RuntimeError(
      "runtime",
      `parallel_race: all ${this.errors.length} task(s) failed: ${this.errors.join("; ")}`,
    );
  }
}

const raceProgress = code("parallel_race.progress", (race: Race) => {
  const { group } = race;
  if (!race.pending) return;
  // Peek without consuming: the routine takes the winner when it resumes.
  const last = group.finished.at(-1) as number;
  const result = group.results[last];
  const won = !group.failures.has(last) && !(isResult(result) && result.variant === "Err");
  if (!won && !group.complete) return;
  race.pending = false;
  group.vm.wake(group.parent, undefined);
});

const raceRoutine: Routine = {
  name: "parallel_race",
  resume(state, _value, control) {
    const race = state as Race;
    const winner = race.winner();
    if (winner) return control.done(winner[0]);
    throw race.failure();
  },
  abandon: (state) => (state as Race).group.abort(),
};

const raceNative: ControlNative = {
  kind: "control",
  name: "parallel_race",
  routine: raceRoutine,
  start([items, body, options], control) {
    const { vm, task } = control;
    const cap = options instanceof Dict ? options.map.get("max_concurrent") : options;
    const group = new Group(vm, task, "each", body, items, cap);
    const race = new Race(group);
    if (group.items.length === 0) throw new RuntimeError("runtime", "parallel_race: expected at least one item");
    group.begin();
    group.onProgress = raceProgress(race);
    return control.park(race, { what: "parallel_race", cancel: groupGone(group) });
  },
};

/** The end of a block that took a permit by name. */
const releaseNative: Native = {
  kind: "pure",
  name: "__release",
  impl: ([permit]) => permit instanceof Permit && permit.lock.release(permit),
};

/** What the callbacks of this file, and their frames and values, are called in a snapshot. */
export const taskCodes: readonly Named[] = [
  targetDone.code,
  awaitTimedOut.code,
  awaitGone.code,
  childDone.code,
  groupGone.code,
  wakeWhenComplete.code,
  wakeForNext.code,
  noProgress.code,
  raceProgress.code,
];
export const taskRoutines: readonly Named[] = [
  awaitRoutine,
  gracefulRoutine,
  groupRoutine,
  completionRoutine,
  raceRoutine,
];
export const taskClasses: readonly ClassPart[] = [
  { name: "task-handle", type: TaskHandle },
  { name: "parallel", type: Group },
  { name: "parallel.stream", type: CompletionSource },
  { name: "parallel.race", type: Race },
];

export const taskNatives: readonly Native[] = [
  releaseNative,
  spawnNative,
  awaitNative,
  cancelNative,
  cancelGracefulNative,
  isCancelledNative,
  parallelNative,
  raceNative,
];
