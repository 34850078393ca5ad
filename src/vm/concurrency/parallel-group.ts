/** The children of one `parallel` or `parallel_race`, from the first start to the last end. */

import { type CallbackKind, type ClassPart, code, invoke, type Named, type Then } from "../core/callback.ts";
import { dictEntries } from "../core/loops.ts";
import { OutputBuffer } from "../core/output.ts";
import type { Task } from "../core/task.ts";
import { CANCELLED_MESSAGE, type HarnFailure, RuntimeError } from "../error.ts";
import { isInt } from "../value/numbers.ts";
import {
  Dict,
  err,
  isResult,
  List,
  listOf,
  ok,
  RangeValue,
  record,
  SetValue,
  share,
  typeName,
  type Value,
} from "../value/value.ts";
import type { Vm } from "../vm.ts";

/** `count`: so many calls of the body; `each` item; `settle`: errors are results; `stream`: results as they come. */
export type Mode = "count" | "each" | "settle" | "stream";

/** Children of one `parallel`: started up to the cap, results by index, output in index order at the end. */
export class Group {
  readonly vm: Vm;
  readonly parent: Task;
  readonly mode: Mode;
  readonly body: Value;
  readonly items: readonly Value[];
  readonly cap: number;
  readonly id: string;
  /** Of the children's names. */
  readonly stem: string;
  /** Those that have not ended. */
  readonly children: (Task | undefined)[] = [];
  /** Of the others: what is kept of a task is little, so that there may be many of them. */
  readonly results: Value[] = [];
  readonly failures: Map<number, HarnFailure> = new Map();
  readonly outputs: OutputBuffer[] = [];
  /** Finished children in order of completion, for the stream form. */
  readonly finished: number[] = [];
  next = 0;
  running = 0;
  done = 0;
  onProgress: Then | undefined = undefined;

  /** @param cap children at once; anything but a positive int: all */
  constructor(vm: Vm, parent: Task, mode: Mode, body: Value, subject: Value, cap: Value) {
    this.vm = vm;
    this.parent = parent;
    this.mode = mode;
    this.body = body;
    this.cap = isInt(cap) && cap > 0 ? Number(cap) : Number.POSITIVE_INFINITY;
    const range = mode === "count" ? countRange(subject) : subject;
    // Before a list is made of what is too much anyway.
    if (range instanceof RangeValue) vm.checkTaskCount(Math.min(range.length, this.cap));
    this.items = eachItems(range, mode);
    const name = `:parallel:${++parent.parallelCount}`;
    this.id = `${parent.id}${name}`;
    this.stem = `${name}:`;
  }

  /** @throws RuntimeError before any child has started, when there would be too many */
  begin(): void {
    this.vm.checkTaskCount(Math.min(this.items.length, this.cap));
    this.start();
  }

  start(): void {
    while (this.next < this.items.length && this.running < this.cap) {
      const index = this.next++;
      const output = new OutputBuffer();
      const child = this.vm.spawn(
        this.parent,
        { stem: this.stem, number: index },
        this.body,
        [this.items[index]],
        output,
        {
          groupId: this.id,
        },
      );
      this.children[index] = child;
      this.results[index] = undefined;
      this.outputs[index] = output;
      this.running += 1;
      child.onDone = childDone({ group: this, index });
    }
  }

  childDone(index: number, { failure, result }: Task): void {
    this.children[index] = undefined;
    if (failure) this.failures.set(index, failure);
    else this.results[index] = result;
    this.running -= 1;
    this.done += 1;
    this.finished.push(index);
    this.start();
    if (this.onProgress) invoke(this.onProgress, undefined);
  }

  get complete(): boolean {
    return this.done === this.items.length;
  }

  abort(): void {
    this.onProgress = undefined;
    this.next = this.items.length;
    for (const child of this.children) if (child) this.vm.abort(child, CANCELLED_MESSAGE);
  }

  writeOutput(): void {
    for (const output of this.outputs) this.parent.output.write(output.drain());
  }

  /** The value of the whole form, once complete. */
  outcome(): Value {
    this.writeOutput();
    if (this.mode === "settle") return this.settled();
    for (let index = 0; this.failures.size > 0; index++) {
      const failure = this.failures.get(index);
      if (failure) throw failure;
    }
    return listOf(this.results);
  }

  settled(): Value {
    const results = this.results.map((result, index) => {
      const failure = this.failures.get(index);
      if (failure) return err(failure.display());
      return isResult(result) ? result : ok(share(result));
    });
    const succeeded = results.filter((result) => result.variant === "Ok").length;
    return record({ results: new List(results), succeeded, failed: results.length - succeeded });
  }
}

const childDone = code(
  "parallel.child-done",
  ({ group, index }: { readonly group: Group; readonly index: number }, child: Task) => group.childDone(index, child),
);
/** Whoever waited for the group waits no more. */
export const groupGone: CallbackKind<Group, void> = code("parallel.gone", (group: Group) => group.abort());

function countRange(subject: Value): RangeValue {
  if (!isInt(subject)) throw new RuntimeError("type", `parallel expects an int, got ${typeName(subject)}`);
  return new RangeValue(0, Math.max(0, Number(subject)), true);
}

function eachItems(subject: Value, mode: Mode): readonly Value[] {
  if (subject instanceof List || subject instanceof SetValue) return subject.items.map(share);
  if (subject instanceof RangeValue) return subject.toItems();
  if (subject instanceof Dict) return dictEntries(subject);
  const form = mode === "settle" ? "settle" : "each";
  throw new RuntimeError("type", `parallel ${form} expects a list, got ${typeName(subject)}`);
}

export const groupCodes: readonly Named[] = [childDone.code, groupGone.code];
export const groupClasses: readonly ClassPart[] = [{ name: "parallel", type: Group }];
