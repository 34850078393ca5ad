/** Values that arrive from outside one by one (a model's answer, a subscription) as something to iterate over. */

import type { Control, Signal } from "../native.ts";
import { share, type Value } from "../value/value.ts";
import { toFailure } from "./drive.ts";
import { END, PullSource } from "./iteration.ts";

export class AsyncSource extends PullSource {
  readonly typeName = "stream";
  /** Absent once nothing more comes: such a source can be part of a snapshot. */
  values: AsyncIterator<Value> | undefined;

  constructor(values: AsyncIterator<Value>) {
    super();
    this.values = values;
  }

  next(control: Control): Signal {
    if (!this.values) return control.done(END);
    const { vm, task } = control;
    let over = false;
    this.values.next().then(
      (result) => {
        if (over) return;
        if (result.done) this.values = undefined;
        vm.wake(task, result.done ? END : share(result.value));
      },
      (error: unknown) => {
        this.values = undefined;
        if (!over) vm.wakeWith(task, toFailure(error));
      },
    );
    return control.waitFor({
      what: "next value of a stream",
      cancel: () => {
        over = true;
        this.abandon();
      },
    });
  }

  /** Nobody will read on: whoever produces may stop. */
  override abandon(): void {
    const { values } = this;
    this.values = undefined;
    values?.return?.().catch(() => {});
  }

  display(): string {
    return "<stream>";
  }
}
