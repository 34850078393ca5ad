/** `parallel`, `parallel each`, `parallel settle`, and their form that gives results as they come. */

import { type ClassPart, code, type Named } from "../core/callback.ts";
import { Iter } from "../core/iterators.ts";
import { END, PullSource } from "../core/sources.ts";
import type { Task } from "../core/task.ts";
import type { Control, ControlNative, Native, Routine, Signal } from "../native.ts";
import { share, type Value } from "../value/value.ts";
import type { Vm } from "../vm.ts";
import { Group, groupGone, type Mode } from "./parallel-group.ts";

const wakeWhenComplete = code("parallel.progress", (group: Group) => {
  if (group.complete) group.vm.wake(group.parent, undefined);
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

const wakeForNext = code("parallel.stream.progress", ({ vm, task }: { readonly vm: Vm; readonly task: Task }) =>
  vm.wake(task, undefined),
);
const noProgress = code("parallel.stream.gone", (group: Group) => {
  group.onProgress = undefined;
});

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

export const parallelCodes: readonly Named[] = [wakeWhenComplete.code, wakeForNext.code, noProgress.code];
export const parallelRoutines: readonly Named[] = [groupRoutine, completionRoutine];
export const parallelClasses: readonly ClassPart[] = [{ name: "parallel.stream", type: CompletionSource }];

export const parallelNatives: readonly Native[] = [parallelNative];
