/** Several streams as one: whatever comes first, or by turns. */

import {
  abandonIter,
  type Control,
  DONE,
  END,
  type Iter,
  PullSource,
  pull,
  type Routine,
  type Signal,
  type Value,
  type Vm,
} from "../../vm/index.ts";
import { Lane } from "./lane.ts";
import { type Framed, suspend } from "./suspend.ts";

interface MergeState extends Framed {
  readonly source: MergeSource;
  /** The lane that the consumer itself is pulling. */
  lane: Lane | undefined;
}

/**
 * Items of all streams as they come; among those that have one ready, by turns. A *race* keeps the first stream that
 * brings an item and drops the others. An error of any stream ends the whole.
 */
export class MergeSource extends PullSource {
  readonly typeName = "cursor";
  lanes: readonly Lane[];
  readonly isRace: boolean;
  readonly vm: Vm;
  /** Whose turn it is. */
  #turn = 0;
  #onChange: (() => void) | undefined = undefined;

  constructor(vm: Vm, iters: readonly Iter[], isRace: boolean) {
    super();
    this.vm = vm;
    this.lanes = iters.map((iter) => new Lane(iter));
    this.isRace = isRace;
  }

  display(): string {
    return "<cursor>";
  }

  next(control: Control): Signal {
    try {
      return this.advance({ source: this, lane: undefined, framed: false }, control);
    } catch (failure) {
      this.abandon();
      throw failure;
    }
  }

  override abandon(): void {
    for (const lane of this.lanes) lane.stop(this.vm);
  }

  advance(state: MergeState, control: Control): Signal {
    for (let offset = 0; offset < this.lanes.length; offset++) {
      const lane = this.lanes[(this.#turn + offset) % this.lanes.length] as Lane;
      if (lane.state.kind === "idle" && lane.ready) {
        state.lane = lane;
        const signal = pull(lane.iter, control);
        if (signal !== DONE) return suspend(state, signal, mergeRoutine, control);
        state.lane = undefined;
        lane.settle(control.value);
      } else if (lane.state.kind === "idle") lane.pump(control, () => this.#onChange?.());
      if (lane.state.kind === "failed") throw lane.state.failure;
      if (lane.state.kind === "item") return control.done(this.#deliver(lane));
    }
    if (this.lanes.every((lane) => lane.state.kind === "ended")) return control.done(END);
    const { vm, task } = control;
    const leave = () => {
      this.#onChange = undefined;
    };
    this.#onChange = () => {
      leave();
      vm.wake(task, undefined);
    };
    return suspend(
      state,
      control.waitFor({ what: "the next item of merged streams", cancel: leave }),
      mergeRoutine,
      control,
    );
  }

  #deliver(lane: Lane): Value {
    if (this.isRace && this.lanes.length > 1) {
      for (const other of this.lanes) if (other !== lane) other.stop(this.vm);
      this.lanes = [lane];
    }
    for (const other of this.lanes) other.recall(this.vm);
    this.#turn = (this.lanes.indexOf(lane) + 1) % this.lanes.length;
    return lane.take();
  }
}

const mergeRoutine: Routine = {
  name: "stream.merge",
  resume(raw, value, control) {
    const state = raw as MergeState;
    state.lane?.settle(value);
    state.lane = undefined;
    return state.source.advance(state, control);
  },
  fail(raw) {
    (raw as MergeState).source.abandon();
    return undefined;
  },
};

interface InterleaveState extends Framed {
  readonly source: InterleaveSource;
}

/** One item of each stream in turn; waits for the stream whose turn it is, and skips those that have ended. */
export class InterleaveSource extends PullSource {
  readonly typeName = "cursor";
  /** Those that have not ended, the next one first. */
  readonly queue: Iter[];

  constructor(iters: readonly Iter[]) {
    super();
    this.queue = [...iters];
  }

  display(): string {
    return "<cursor>";
  }

  next(control: Control): Signal {
    return this.advance({ source: this, framed: false }, control);
  }

  advance(state: InterleaveState, control: Control): Signal {
    for (let iter = this.queue[0]; iter; iter = this.queue[0]) {
      const signal = pull(iter, control);
      if (signal !== DONE) return suspend(state, signal, interleaveRoutine, control);
      if (this.settle(control.value)) return signal;
    }
    return control.done(END);
  }

  /** False: that stream has ended. */
  settle(value: Value): boolean {
    const iter = this.queue.shift();
    if (value === END || !iter) return false;
    this.queue.push(iter);
    return true;
  }

  override abandon(): void {
    for (const iter of this.queue.splice(0)) abandonIter(iter);
  }
}

const interleaveRoutine: Routine = {
  name: "stream.interleave",
  resume(raw, value, control) {
    const state = raw as InterleaveState;
    return state.source.settle(value) ? control.done(value) : state.source.advance(state, control);
  },
};
