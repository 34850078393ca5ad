/**
 * One stream read by several: every branch sees every item, at its own pace. An item is kept until the slowest branch
 * has seen it. Branches in different tasks may pull at the same time; one of them pulls the source, the others wait.
 */

import {
  abandonIter,
  Cancelled,
  type Control,
  checkItemCount,
  DONE,
  END,
  type HarnFailure,
  Iter,
  PullSource,
  pull,
  type Routine,
  type Signal,
  share,
  type Value,
} from "../../vm/index.ts";
import { type Framed, suspend } from "./suspend.ts";

export function broadcast(source: Iter, count: number): Iter[] {
  checkItemCount(count);
  const hub = new Hub(source);
  return Array.from({ length: count }, () => new Iter(new Branch(hub)));
}

/** Seen items are dropped in lots of this size, so that dropping costs nothing per item. */
const TRIM_LOT = 64;

class Hub {
  readonly source: Iter;
  readonly branches: Branch[] = [];
  readonly items: Value[] = [];
  /** Position of the first kept item in the stream. */
  first = 0;
  ended = false;
  failure: HarnFailure | undefined = undefined;
  pulling = false;
  readonly waiting = new Set<() => void>();

  constructor(source: Iter) {
    this.source = source;
  }

  store(value: Value): void {
    if (value === END) this.ended = true;
    else this.items.push(share(value));
  }

  /** A pull is over, whatever came of it. */
  release(): void {
    this.pulling = false;
    for (const wake of [...this.waiting]) wake();
  }

  trim(): void {
    const seen = Math.min(...this.branches.map((branch) => branch.position)) - this.first;
    if (seen < TRIM_LOT && this.branches.some((branch) => branch.position !== Number.POSITIVE_INFINITY)) return;
    this.first += Math.min(seen, this.items.length);
    this.items.splice(0, seen);
  }
}

interface BranchState extends Framed {
  readonly branch: Branch;
  /** This branch pulls the source; otherwise it waits for the one that does. */
  pulling: boolean;
}

class Branch extends PullSource {
  readonly typeName = "cursor";
  readonly hub: Hub;
  /** Position in the stream; infinite once abandoned. */
  position = 0;

  constructor(hub: Hub) {
    super();
    this.hub = hub;
    hub.branches.push(this);
  }

  display(): string {
    return "<cursor>";
  }

  next(control: Control): Signal {
    return this.advance({ branch: this, pulling: false, framed: false }, control);
  }

  override abandon(): void {
    this.position = Number.POSITIVE_INFINITY;
    this.hub.trim();
    if (this.hub.branches.every((branch) => branch.position === Number.POSITIVE_INFINITY)) abandonIter(this.hub.source);
  }

  advance(state: BranchState, control: Control): Signal {
    const { hub } = this;
    for (;;) {
      const at = this.position - hub.first;
      if (at < hub.items.length) {
        const value = hub.items[at];
        this.position += 1;
        hub.trim();
        return control.done(share(value));
      }
      if (hub.failure) throw hub.failure;
      if (hub.ended || this.position === Number.POSITIVE_INFINITY) return control.done(END);
      if (hub.pulling) return suspend(state, this.#wait(control), branchRoutine, control);
      hub.pulling = true;
      state.pulling = true;
      let signal: Signal;
      try {
        signal = pull(hub.source, control);
      } catch (failure) {
        hub.failure = failure as HarnFailure;
        hub.release();
        throw failure;
      }
      if (signal !== DONE) return suspend(state, signal, branchRoutine, control);
      this.settle(state, control.value);
    }
  }

  settle(state: BranchState, value: Value): void {
    state.pulling = false;
    this.hub.store(value);
    this.hub.release();
  }

  #wait(control: Control): Signal {
    const { vm, task } = control;
    const { waiting } = this.hub;
    const wake = () => {
      waiting.delete(wake);
      vm.wake(task, undefined);
    };
    waiting.add(wake);
    return control.waitFor({ what: "stream.broadcast", cancel: () => waiting.delete(wake) });
  }
}

const branchRoutine: Routine = {
  name: "stream.broadcast",
  resume(raw, value, control) {
    const state = raw as BranchState;
    if (state.pulling) state.branch.settle(state, value);
    return state.branch.advance(state, control);
  },
  fail(raw, failure) {
    const { branch, pulling } = raw as BranchState;
    if (!pulling) return undefined;
    // A reader that is stopped leaves the source to the others.
    if (!(failure instanceof Cancelled)) branch.hub.failure = failure;
    branch.hub.release();
    return undefined;
  },
};
