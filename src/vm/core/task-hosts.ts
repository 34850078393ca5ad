import type { Host } from "../../base/index.ts";
import type { NativeContext } from "../native.ts";
import type { Vm } from "../vm.ts";
import type { Task } from "./task.ts";

/** Who asks for what the VM needs for itself. */
export const VM_TASK = "vm";

/** The host as each task sees it, for hosts that tell tasks apart. */
export class TaskHosts {
  readonly #vm: Vm;
  readonly #make: ((taskId: string) => Host) | undefined;
  /** That of the VM itself. */
  readonly own: Host;
  readonly #contexts = new WeakMap<Task, NativeContext>();
  readonly #owners = new WeakMap<Host, string>();
  /** The one asked for last: a task calls many builtins in a row. */
  #latest: NativeContext | undefined;

  /** `make` gives a task's host by the task's id; default: `host` for all. */
  constructor(vm: Vm, host: Host, make: ((taskId: string) => Host) | undefined) {
    this.#vm = vm;
    this.#make = make;
    this.own = make?.(VM_TASK) ?? host;
  }

  of(task: Task): Host {
    return this.#make === undefined ? this.own : this.contextOf(task).host;
  }

  /** What a builtin is given that a task calls. */
  contextOf(task: Task): NativeContext {
    if (this.#latest?.task === task) return this.#latest;
    let context = this.#contexts.get(task);
    if (!context) {
      const host = this.#make?.(task.id) ?? this.own;
      if (host !== this.own) this.#owners.set(host, task.id);
      context = { vm: this.#vm, host, task };
      this.#contexts.set(task, context);
    }
    this.#latest = context;
    return context;
  }

  /** Whose host it is; undefined for other objects. */
  ownerOf(host: object): string | undefined {
    return host === this.own ? VM_TASK : this.#owners.get(host as Host);
  }

  /** The host of an owner, for what keeps one. */
  named(owner: string): Host {
    if (owner === VM_TASK || this.#make === undefined) return this.own;
    const host = this.#make(owner);
    this.#owners.set(host, owner);
    return host;
  }
}
