/**
 * What happens then, as data. A closure cannot be written down; a *callback* is a named piece of code and the state it
 * works on, so a parked task, a timer or a lock that holds one can be part of a snapshot.
 *
 *     const wake = code("sleep.over", ({ vm, task }: Sleeper) => vm.wake(task, undefined));
 *     vm.timers.set(dueMs, wake({ vm, task }));
 *
 * A plain function is taken too, wherever nothing needs to survive: while one is held no snapshot can be taken, which
 * is noticed and said, never got wrong.
 */

import type { Vm } from "../vm.ts";

/** What a snapshot refers to by name: it is the same in every process. Listed in `SnapshotParts`. */
export interface Named {
  readonly name: string;
}

/** Objects of a class that a snapshot may hold, with all their enumerable fields. A class with private parts needs `make`. */
export interface ClassPart extends Named {
  readonly type: { readonly prototype: object };
  /** An object to be filled; default: one with the prototype and nothing else. */
  readonly make?: (vm: Vm) => object;
  /** The fields that are kept; default: all. */
  readonly save?: (object: object) => object;
}

/** Code that callbacks refer to. */
export interface Code<A> extends Named {
  readonly run: (state: never, argument: A) => void;
}

export interface Callback<A = void> {
  readonly code: Code<A>;
  readonly state: unknown;
}

export type Then<A = void> = Callback<A> | ((argument: A) => void);

/** Makes callbacks of one kind. */
export interface CallbackKind<S, A> {
  (state: S): Callback<A>;
  readonly code: Code<A>;
}

export function code<S, A = void>(name: string, run: (state: S, argument: A) => void): CallbackKind<S, A> {
  const named: Code<A> = { name, run: run as Code<A>["run"] };
  return Object.assign((state: S): Callback<A> => ({ code: named, state }), { code: named });
}

export function invoke<A>(then: Then<A>, argument: A): void {
  if (typeof then === "function") then(argument);
  else then.code.run(then.state as never, argument);
}
