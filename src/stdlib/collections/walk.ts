/**
 * Calling a function for each item of an array, as a routine: the shape of `map`, `filter`, `sort_by` and their kin.
 *
 * A {@link Walk} says what happens with each answer (`accept`) and at the end (`finish`); its state is data. `accept`
 * may end the walk early by answering a {@link Stop}.
 */

import {
  type Control,
  type ControlNative,
  isCallable,
  type Routine,
  type Signal,
  share,
  type Value,
} from "../../vm/index.ts";

export interface Stop {
  readonly stop: Value;
}

export interface Walk<S> {
  /** What a step needs besides the item; made anew for each walk. */
  readonly begin: (args: readonly Value[]) => S;
  /** Arguments of the call for an item; default: the item alone. */
  readonly call?: (state: S, item: Value) => readonly Value[];
  readonly accept: (state: S, item: Value, answer: Value, index: number) => Stop | undefined;
  readonly finish: (state: S, items: readonly Value[]) => Value;
}

interface WalkState<S> {
  readonly items: readonly Value[];
  readonly fn: Value;
  readonly own: S;
  index: number;
}

/** A routine and its start for a walk over the items that `start` is given. */
export function walker<S>(
  name: string,
  walk: Walk<S>,
): {
  readonly routine: Routine;
  readonly start: (items: readonly Value[], fn: Value, args: readonly Value[], control: Control) => Signal;
} {
  const next = (state: WalkState<S>, control: Control): Signal => {
    if (state.index >= state.items.length) return control.done(walk.finish(state.own, state.items));
    const item = share(state.items[state.index]);
    return control.call(state, state.fn, walk.call ? walk.call(state.own, item) : [item]);
  };
  const routine: Routine = {
    name,
    resume(raw, answer, control) {
      const state = raw as WalkState<S>;
      const stop = walk.accept(state.own, state.items[state.index], answer, state.index);
      if (stop) return control.done(stop.stop);
      state.index += 1;
      return next(state, control);
    },
  };
  return {
    routine,
    start: (items, fn, args, control) => next({ items, fn, own: walk.begin(args), index: 0 }, control),
  };
}

/** A method `receiver.name(fn, …)` that walks; without a callable it answers `otherwise`. */
export function walkMethod<S>(
  name: string,
  itemsOf: (receiver: Value) => readonly Value[],
  walk: Walk<S>,
  otherwise: (receiver: Value) => Value = () => undefined,
  fnIndex = 1,
): ControlNative {
  const { routine, start } = walker(name, walk);
  return {
    kind: "control",
    name,
    routine,
    start(args, control) {
      const fn = args[fnIndex];
      if (!isCallable(fn)) return control.done(otherwise(args[0]));
      return start(itemsOf(args[0]), fn, args, control);
    },
  };
}
