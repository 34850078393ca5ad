import type { Control, Routine, Signal } from "../../vm/index.ts";

/** State of a helper that gets a frame of its own the first time it has to wait, and keeps it. */
export interface Framed {
  framed: boolean;
}

/** Something is under way (a pull, a wait) that `routine` resumes with. */
export function suspend(state: Framed, signal: Signal, routine: Routine, control: Control): Signal {
  if (state.framed) return control.hold(state, signal);
  state.framed = true;
  return control.nest(signal, routine, state);
}
