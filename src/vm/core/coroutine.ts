/** Generators (`yield`) and streams (`gen fn`, `emit`): a task of its own that runs only while somebody pulls. */

import { type HarnFailure, RuntimeError } from "../error.ts";
import type { Control, Signal } from "../native.ts";
import type { Value } from "../value/value.ts";
import type { Vm } from "../vm.ts";
import { code, type Named } from "./callback.ts";
import { END, PullSource } from "./sources.ts";
import { NOTHING, type Task } from "./task.ts";

export class Coroutine extends PullSource {
  readonly typeName: "generator" | "stream";
  readonly task: Task;
  readonly vm: Vm;
  consumer: Task | undefined = undefined;
  done = false;

  constructor(vm: Vm, typeName: "generator" | "stream", task: Task) {
    super();
    this.vm = vm;
    this.typeName = typeName;
    this.task = task;
    task.coroutine = this;
    task.onDone = bodyOver({ coroutine: this });
  }

  next(control: Control): Signal {
    if (this.done || this.consumer) return control.done(END);
    const consumer = control.task;
    this.consumer = consumer;
    this.task.output = consumer.output;
    if (this.task.status === "parked") this.vm.runNext(this.task);
    return control.waitFor({
      what: `next value of a ${this.typeName}`,
      cancel: consumerGone({ coroutine: this }),
    });
  }

  /** The body is parked at a `yield`: its value goes to whoever pulled. */
  deliver(value: Value): void {
    const consumer = this.consumer;
    this.consumer = undefined;
    if (consumer) this.vm.wake(consumer, value);
  }

  override abandon(): void {
    if (this.done) return;
    this.done = true;
    this.vm.abort(this.task, "The consumer stopped");
  }

  /** The body has ended. */
  finished(): void {
    this.done = true;
    const consumer = this.consumer;
    this.consumer = undefined;
    if (!consumer) return;
    const failure: HarnFailure | undefined = this.task.failure;
    if (failure) this.vm.wakeWith(consumer, failure);
    else this.vm.wake(consumer, END);
  }

  display(): string {
    return `<${this.typeName}>`;
  }
}

/** `yield`: parks the task, whose value goes to whoever pulled. @throws RuntimeError unless it runs a coroutine's body */
export function yieldValue(task: Task, value: Value): void {
  const { coroutine } = task;
  if (!coroutine) throw new RuntimeError("runtime", "yield outside of a generator");
  task.status = "parked";
  task.resumeRegister = NOTHING;
  coroutine.deliver(value);
}

interface Of {
  readonly coroutine: Coroutine;
}

const bodyOver = code("coroutine.over", ({ coroutine }: Of, _task: Task) => coroutine.finished());
const consumerGone = code("coroutine.consumer-gone", ({ coroutine }: Of) => {
  coroutine.consumer = undefined;
  coroutine.abandon();
});

export const coroutineCodes: readonly Named[] = [bodyOver.code, consumerGone.code];
