import type { Task } from "./task.ts";

/** Tasks that can go on: first come, first served, except for those that were put before all others. */
export class ReadyQueue {
  readonly #tasks: Task[] = [];
  /** How many of them have had their turn; they are dropped now and then, not one by one. */
  #head = 0;
  readonly #urgent: Task[] = [];

  push(task: Task): void {
    this.#tasks.push(task);
  }

  /** Before all others; the last one is the first. */
  pushFirst(task: Task): void {
    this.#urgent.push(task);
  }

  next(): Task | undefined {
    const urgent = this.#urgent.pop();
    if (urgent) return urgent;
    if (this.#head >= this.#tasks.length) return undefined;
    const task = this.#tasks[this.#head++];
    if (this.#head > 1024 && this.#head * 2 > this.#tasks.length) {
      this.#tasks.splice(0, this.#head);
      this.#head = 0;
    }
    return task;
  }

  /** Somebody waits for a turn. */
  get hasOthers(): boolean {
    return this.#head < this.#tasks.length;
  }

  /** Next first. */
  get ready(): readonly Task[] {
    return this.#tasks.slice(this.#head);
  }

  /** Last first. */
  get urgent(): readonly Task[] {
    return this.#urgent;
  }

  /** Takes over what a snapshot kept. */
  load(ready: readonly Task[], urgent: readonly Task[]): void {
    this.#tasks.push(...ready);
    this.#urgent.push(...urgent);
  }
}
