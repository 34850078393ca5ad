/**
 * One of several iterators that are pulled side by side. What can answer at once is pulled by the consumer itself;
 * everything else (generators, quiet channels …) by a task of its own that brings a single item, the *pump*. So a slow
 * source never holds up the others, and nothing polls.
 */

import {
  abandonIter,
  CANCELLED_MESSAGE,
  Cancelled,
  Channel,
  type Control,
  type ControlNative,
  Cursor,
  DONE,
  END,
  type HarnFailure,
  Iter,
  NativeRef,
  pull,
  type Task,
  type Value,
  type Vm,
} from "../../vm/index.ts";

export type LaneState =
  | { readonly kind: "idle" }
  | { readonly kind: "pumping"; readonly task: Task }
  | { readonly kind: "item"; readonly value: Value }
  | { readonly kind: "failed"; readonly failure: HarnFailure }
  | { readonly kind: "ended" };

const IDLE: LaneState = { kind: "idle" };

export class Lane {
  readonly iter: Iter;
  state: LaneState = IDLE;

  constructor(iter: Iter) {
    this.iter = iter;
  }

  /** True when a pull by the consumer cannot wait for anybody but the stages' own functions. */
  get ready(): boolean {
    const { done, source, stages } = this.iter;
    if (done) return true;
    if (source instanceof Channel) return stages.length === 0 && (source.ready || source.closed);
    return (
      source instanceof Cursor && stages.every(({ kind }) => kind !== "zip" && kind !== "chain" && kind !== "flat_map")
    );
  }

  get #isBareChannel(): boolean {
    return this.iter.source instanceof Channel && this.iter.stages.length === 0;
  }

  /** What a pull brought. */
  settle(value: Value): void {
    this.state = value === END ? { kind: "ended" } : { kind: "item", value };
  }

  /** Takes the item that lies ready. */
  take(): Value {
    const { state } = this;
    this.state = IDLE;
    return state.kind === "item" ? state.value : undefined;
  }

  /** Sends a pump; `onChange` is called when it has brought something. */
  pump({ vm, task: parent }: Control, onChange: () => void): void {
    const id = `${parent.id}:pull:${++parent.helperCount}`;
    // An iterator whose pull was called back has ended; a channel has not.
    const source = this.#isBareChannel ? new Iter(this.iter.source) : this.iter;
    const task = vm.spawn(parent, id, PULL, [source], parent.output);
    this.state = { kind: "pumping", task };
    task.onDone = () => {
      const { failure, result } = task;
      // The task that sent the pump ended before it came back; the next consumer sends another.
      if (failure instanceof Cancelled) this.state = IDLE;
      else if (failure) this.state = { kind: "failed", failure };
      else this.settle(result);
      onChange();
    };
  }

  /**
   * Calls back a pump that still waits at a channel, so that between two pulls nobody takes items from the channel for a
   * consumer that may never come back.
   */
  recall(vm: Vm): void {
    const { state } = this;
    if (state.kind !== "pumping" || state.task.status !== "parked") return;
    if (!this.#isBareChannel) return;
    this.state = IDLE;
    state.task.onDone = undefined;
    vm.abort(state.task, CANCELLED_MESSAGE);
  }

  /** Nobody will pull any more. */
  stop(vm: Vm): void {
    const { state } = this;
    this.state = { kind: "ended" };
    if (state.kind === "pumping") {
      state.task.onDone = undefined;
      vm.abort(state.task, CANCELLED_MESSAGE);
    }
    abandonIter(this.iter);
  }
}

const pullNative: ControlNative = {
  kind: "control",
  name: "stream.pull",
  routine: { name: "stream.pull", resume: (_state, value, control) => control.done(value) },
  start([iter], control) {
    const signal = pull(iter as Iter, control);
    return signal === DONE ? signal : control.hold(undefined, signal);
  },
};
const PULL: NativeRef = new NativeRef(pullNative);
