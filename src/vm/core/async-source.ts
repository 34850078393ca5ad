/**
 * Values that arrive from outside one by one (a model's answer, a subscription) as something to iterate over.
 *
 * Who produces them may hold a connection, and what it sends may cost money. It is told to stop when nobody will read on:
 * when the loop over a stream that only the loop holds is left (`leaveLoop`), when the task that waits for the next value
 * is stopped, and when the program ends. A stream that is held by a variable, a container or an iterator over it
 * (`llm_stream(…).map(f)`) may be read on by another loop, so it stays open.
 */

import { toFailure } from "../error.ts";
import type { Control, Signal } from "../native.ts";
import { share, type Value } from "../value/value.ts";
import { END, PullSource } from "./sources.ts";
import type { Place } from "./task.ts";

/** Something that a program holds outside the machine; it is told to stop when the program ends. */
export interface OpenSource {
  /** The builtin that made it. */
  readonly what: string;
  /** Where in the program. */
  readonly place: Place | undefined;
  abandon(): void;
}

/** What a machine keeps of its open sources: each leaves when it has ended. */
export type OpenSources = Set<OpenSource>;

export class AsyncSource extends PullSource {
  readonly typeName = "stream";
  /** Absent once nothing more comes: such a source can be part of a snapshot. */
  values: AsyncIterator<Value> | undefined;
  /** The builtin that made it. */
  readonly what: string;
  /** Where in the program; absent once nothing more comes, like the set it is in. */
  place: Place | undefined;
  open: OpenSources | undefined;

  constructor(values: AsyncIterator<Value>, what: string, place: Place | undefined, open: OpenSources) {
    super();
    this.values = values;
    this.what = what;
    this.place = place;
    this.open = open;
    open.add(this);
  }

  next(control: Control): Signal {
    if (!this.values) return control.done(END);
    const { vm, task } = control;
    let over = false;
    this.values.next().then(
      (result) => {
        if (result.done) this.end();
        if (!over) vm.wake(task, result.done ? END : share(result.value));
      },
      (error: unknown) => {
        this.end();
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
    this.end();
    values?.return?.().catch(() => {});
  }

  /** Nothing more comes. */
  end(): void {
    this.open?.delete(this);
    this.values = undefined;
    this.place = undefined;
    this.open = undefined;
  }

  display(): string {
    return "<stream>";
  }
}
