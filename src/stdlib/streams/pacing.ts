/** Streams against the clock. */

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

interface ThrottleState extends Framed {
  readonly source: ThrottleSource;
  /** The item that waits for its time; undefined while it is pulled. */
  item: { readonly value: Value } | undefined;
}

/** At least `intervalMs` from one item to the next. */
export class ThrottleSource extends PullSource {
  readonly typeName = "cursor";
  readonly iter: Iter;
  readonly intervalMs: number;
  #nextMs: number = Number.NEGATIVE_INFINITY;

  constructor(iter: Iter, intervalMs: number) {
    super();
    this.iter = iter;
    this.intervalMs = intervalMs;
  }

  display(): string {
    return "<cursor>";
  }

  next(control: Control): Signal {
    const state: ThrottleState = { source: this, item: undefined, framed: false };
    const signal = pull(this.iter, control);
    return signal === DONE
      ? this.hold(state, control.value, control)
      : suspend(state, signal, throttleRoutine, control);
  }

  /** Keeps an item until its time; the end comes at once. */
  hold(state: ThrottleState, value: Value, control: Control): Signal {
    const { vm, task } = control;
    if (value === END || vm.timers.now() >= this.#nextMs) return this.deliver(value, control);
    state.item = { value };
    const timer = vm.timers.set(this.#nextMs, () => vm.wake(task, undefined));
    const signal = control.waitFor({ what: "stream.throttle", cancel: () => vm.timers.cancel(timer) });
    return suspend(state, signal, throttleRoutine, control);
  }

  deliver(value: Value, control: Control): Signal {
    this.#nextMs = control.vm.timers.now() + this.intervalMs;
    return control.done(value);
  }

  override abandon(): void {
    abandonIter(this.iter);
  }
}

const throttleRoutine: Routine = {
  name: "stream.throttle",
  resume(raw, value, control) {
    const { source, item } = raw as ThrottleState;
    return item ? source.deliver(item.value, control) : source.hold(raw as ThrottleState, value, control);
  },
};

interface DebounceState extends Framed {
  readonly source: DebounceSource;
  /** The consumer itself is pulling. */
  pulling: boolean;
}

/** The last item of each burst: an item comes out once none has followed it for `windowMs`, or nothing will. */
export class DebounceSource extends PullSource {
  readonly typeName = "cursor";
  readonly vm: Vm;
  readonly lane: Lane;
  readonly windowMs: number;
  /** The newest item of the burst under way. */
  #last: { readonly value: Value; readonly dueMs: number } | undefined = undefined;
  #onChange: (() => void) | undefined = undefined;

  constructor(vm: Vm, iter: Iter, windowMs: number) {
    super();
    this.vm = vm;
    this.lane = new Lane(iter);
    this.windowMs = windowMs;
  }

  display(): string {
    return "<cursor>";
  }

  next(control: Control): Signal {
    return this.advance({ source: this, pulling: false, framed: false }, control);
  }

  override abandon(): void {
    this.lane.stop(this.vm);
  }

  advance(state: DebounceState, control: Control): Signal {
    const { lane, vm } = this;
    for (;;) {
      switch (lane.state.kind) {
        case "item":
          this.#last = { value: lane.take(), dueMs: vm.timers.now() + this.windowMs };
          break;
        case "ended":
          return this.#deliver(control);
        case "failed":
          if (this.#last) return this.#deliver(control);
          throw lane.state.failure;
        case "idle": {
          if (!lane.ready) {
            lane.pump(control, () => this.#onChange?.());
            break;
          }
          state.pulling = true;
          const signal = pull(lane.iter, control);
          if (signal !== DONE) return suspend(state, signal, debounceRoutine, control);
          state.pulling = false;
          lane.settle(control.value);
          break;
        }
        case "pumping":
          if (this.#last && vm.timers.now() >= this.#last.dueMs) return this.#deliver(control);
          return suspend(state, this.#wait(control), debounceRoutine, control);
      }
    }
  }

  #deliver(control: Control): Signal {
    this.lane.recall(this.vm);
    const last = this.#last;
    this.#last = undefined;
    return control.done(last ? last.value : END);
  }

  /** Until the pump is back or the burst is over. */
  #wait(control: Control): Signal {
    const { vm, task } = control;
    const timer = this.#last ? vm.timers.set(this.#last.dueMs, () => this.#onChange?.()) : undefined;
    const leave = () => {
      this.#onChange = undefined;
      if (timer) vm.timers.cancel(timer);
    };
    this.#onChange = () => {
      leave();
      vm.wake(task, undefined);
    };
    return control.waitFor({ what: "stream.debounce", cancel: leave });
  }
}

const debounceRoutine: Routine = {
  name: "stream.debounce",
  resume(raw, value, control) {
    const state = raw as DebounceState;
    if (state.pulling) state.source.lane.settle(value);
    state.pulling = false;
    return state.source.advance(state, control);
  },
};
