import type { CancelToken } from "../../base/index.ts";
import { Cancelled, toFailure } from "../error.ts";
import type { AsyncContext, AsyncNative, CallOptions } from "../native.ts";
import type { Value } from "../value/value.ts";
import type { Vm } from "../vm.ts";
import { NativeWait } from "./native-wait.ts";
import type { Task } from "./task.ts";

/** Calls of builtins that answer later. */
export class NativeCalls {
  readonly #vm: Vm;
  readonly #position: (taskId: string) => number;
  /** Started and not answered, also when nobody waits for the answer any more. */
  readonly #open = new Set<NativeWait>();

  /** `position` says where in the log of the run a task's next request stands. */
  constructor(vm: Vm, position: (taskId: string) => number) {
    this.#vm = vm;
    this.#position = position;
  }

  /** Those that have not answered. */
  get open(): ReadonlySet<NativeWait> {
    return this.#open;
  }

  /** Calls a builtin. True: the answer is in `control.value`; false: the task is parked until it comes. */
  start(task: Task, native: AsyncNative, args: readonly Value[], register: number): boolean {
    const wait = new NativeWait(task.id, native, args, this.#position(task.id), task.place);
    const answer = native.impl(args, this.contextOf(task, wait));
    if (!(answer instanceof Promise)) {
      this.#vm.control.value = answer;
      return true;
    }
    this.#vm.park(task, wait, register);
    this.#await(task, answer, wait);
    return false;
  }

  /**
   * What a builtin is given.
   *
   * @param again the call as it was in the run that is gone on with
   */
  contextOf(task: Task, wait: NativeWait, again?: NativeWait): AsyncContext {
    const vm = this.#vm;
    const progress = vm.checkpoints.begin(task, wait, again);
    const { token } = wait;
    return {
      vm,
      host: vm.hostOf(task),
      task,
      signal: token,
      call: (callee, values, options = {}) => {
        wait.calls += 1;
        return callBack(vm, task, callee, values, token, options);
      },
      ...(progress && { progress }),
    };
  }

  /** Makes the calls again that had not answered when a snapshot was taken, in the order in which they were begun. */
  resume(tasks: Iterable<Task>): void {
    const waiting = [...tasks].flatMap((task) => (task.wait instanceof NativeWait ? [{ task, wait: task.wait }] : []));
    waiting.sort((a, b) => a.wait.position - b.wait.position);
    for (const { task, wait } of waiting) this.#again(task, wait);
  }

  #again(task: Task, before: NativeWait): void {
    const { native, args, position } = before;
    const call = new NativeWait(task.id, native, args, position, task.place);
    try {
      const answer = native.impl(args, this.contextOf(task, call, before));
      task.wait = call;
      if (answer instanceof Promise) this.#await(task, answer, call);
      else this.#vm.wake(task, answer);
    } catch (thrown) {
      this.#vm.wakeWith(task, toFailure(thrown));
    }
  }

  #await(task: Task, promise: Promise<Value>, wait: NativeWait): void {
    this.#open.add(wait);
    promise.then(
      (value) => {
        this.#open.delete(wait);
        if (task.wait === wait) this.#vm.wake(task, value);
      },
      (error: unknown) => {
        this.#open.delete(wait);
        if (task.wait === wait) this.#vm.wakeWith(task, toFailure(error));
      },
    );
  }
}

/** A builtin calls a closure, in a task of its own. */
function callBack(
  vm: Vm,
  parent: Task,
  callee: Value,
  args: readonly Value[],
  token: CancelToken,
  { context, signal }: CallOptions,
): Promise<Value> {
  const signals = signal === undefined ? [token] : [token, signal];
  const fired = signals.find((each) => each.aborted);
  if (fired) return Promise.reject(new Cancelled(String(fired.reason)));
  return new Promise((resolve, reject) => {
    const id = `${parent.id}:call:${++parent.helperCount}`;
    const task = vm.spawn(parent, id, callee, args, parent.output, context === undefined ? {} : { context });
    const onAbort = () => vm.abort(task, String(signals.find((each) => each.aborted)?.reason));
    for (const each of signals) each.addEventListener("abort", onAbort);
    task.onDone = () => {
      for (const each of signals) each.removeEventListener("abort", onAbort);
      if (task.failure) reject(task.failure);
      else resolve(task.result);
    };
  });
}
