/** Pulling an iterator to its end, or until the answer is known, as a routine. */

import {
  abandonIter,
  type Control,
  type ControlNative,
  DONE,
  END,
  type Iter,
  iterOf,
  pull,
  type Routine,
  type Signal,
  type Value,
} from "../../vm/index.ts";

/**
 * A sink folds items into its state. With `fn`, each item is first given to the function and `accept` sees the answer.
 * `accept` may end the pull early with `{ stop }`.
 */
export interface Sink<S> {
  readonly begin: (args: readonly Value[]) => { readonly own: S; readonly fn?: Value };
  readonly call?: (own: S, item: Value) => readonly Value[];
  readonly accept: (own: S, item: Value, answer: Value) => { readonly stop: Value } | undefined;
  readonly finish: (own: S) => Value;
}

interface SinkState<S> {
  readonly iter: Iter;
  readonly own: S;
  readonly fn: Value;
  /** The item whose call is under way; undefined state: a pull is. */
  item: Value;
  calling: boolean;
}

/** `name(iter, …)` as a builtin; stack traces of the VM call it `frameName`. */
export function sink<S>(name: string, spec: Sink<S>, frameName = `iter.${name}`): ControlNative {
  const take = (state: SinkState<S>, value: Value, control: Control): Signal | undefined => {
    if (value === END) return control.done(spec.finish(state.own));
    if (state.fn !== undefined) {
      state.item = value;
      state.calling = true;
      return control.call(state, state.fn, spec.call ? spec.call(state.own, value) : [value]);
    }
    return settle(state, value, value, control);
  };
  const settle = (state: SinkState<S>, item: Value, answer: Value, control: Control): Signal | undefined => {
    const stop = spec.accept(state.own, item, answer);
    if (!stop) return undefined;
    abandonIter(state.iter);
    return control.done(stop.stop);
  };
  const drain = (state: SinkState<S>, control: Control): Signal => {
    for (;;) {
      const signal = pull(state.iter, control);
      if (signal !== DONE) return control.hold(state, signal);
      const outcome = take(state, control.value, control);
      if (outcome !== undefined) return outcome;
    }
  };
  const routine: Routine = {
    name: frameName,
    resume(raw, value, control) {
      const state = raw as SinkState<S>;
      let outcome: Signal | undefined;
      if (state.calling) {
        state.calling = false;
        outcome = settle(state, state.item, value, control);
      } else outcome = take(state, value, control);
      return outcome ?? drain(state, control);
    },
    abandon: (raw) => abandonIter((raw as SinkState<S>).iter),
  };
  return {
    kind: "control",
    name,
    routine,
    start(args, control) {
      const iter = iterOf(args[0]);
      const { own, fn } = spec.begin(args);
      return drain({ iter, own, fn, item: undefined, calling: false }, control);
    },
  };
}
