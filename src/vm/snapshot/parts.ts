/** What the machine itself may hold between two turns of its tasks, by the names that a snapshot uses. */

import type { Json } from "../../base/index.ts";
import { concurrencyClasses, concurrencyConstants } from "../concurrency/concurrency.ts";
import { AsyncSource } from "../core/async-source.ts";
import type { ClassPart, Named } from "../core/callback.ts";
import { checkpointRoutines } from "../core/checkpoints.ts";
import { Coroutine, coroutineCodes } from "../core/coroutine.ts";
import { ChainSource, Iter, pullRoutine } from "../core/iterators.ts";
import { Lock, lockCodes, Permit } from "../core/locks.ts";
import { IterSource } from "../core/loops.ts";
import { NativeWait } from "../core/native-wait.ts";
import { OutputBuffer } from "../core/output.ts";
import { Cursor, sourceCodes } from "../core/sources.ts";
import { Frame, Task } from "../core/task.ts";
import { bottomRoutines } from "../core/task-bottoms.ts";
import { Sleep, timeCodes } from "../core/time-waits.ts";
import { Cancelled, CategorizedError, CaughtFailure, RuntimeError, Thrown } from "../error.ts";
import { Cell } from "../module-instance.ts";
import { passRoutine } from "../native.ts";
import {
  Bytes,
  Closure,
  Dict,
  EnumValue,
  List,
  NativeRef,
  Pair,
  RangeValue,
  SetValue,
  StructValue,
  type Value,
} from "../value/value.ts";
import { PlainJson } from "./graph.ts";

/** Classes and names that a layer adds to what a snapshot may hold. */
export interface SnapshotParts {
  readonly classes: readonly ClassPart[];
  /** Code, routines, marks; names are unique. */
  readonly constants: readonly Named[];
}

const NO_VALUES: readonly Value[] = [];

/** Objects that the interpreter meets all the time are made by their constructors, so that it finds them as it knows them. */
const valueClasses: readonly ClassPart[] = [
  { name: "list", type: List, make: () => new List([]) },
  { name: "dict", type: Dict, make: () => new Dict(new Map()), save: (dict) => pick(dict as Dict, "shared", "map") },
  { name: "set", type: SetValue, make: () => new SetValue([]) },
  { name: "struct", type: StructValue, make: () => new StructValue(undefined as never, new Map()) },
  { name: "enum", type: EnumValue, make: () => new EnumValue(undefined as never, "", NO_VALUES) },
  { name: "range", type: RangeValue, make: () => new RangeValue(0, 0, false) },
  { name: "pair", type: Pair, make: () => new Pair(undefined, undefined) },
  { name: "bytes", type: Bytes, make: () => new Bytes(new Uint8Array()) },
  { name: "closure", type: Closure, make: () => new Closure(undefined as never, NO_VALUES) },
  { name: "cell", type: Cell, make: () => new Cell() },
  { name: "cursor", type: Cursor, make: () => new Cursor(undefined, 0, 0) },
  { name: "iter", type: Iter, make: () => new Iter(undefined as never) },
  { name: "native-ref", type: NativeRef },
];

const machineClasses: readonly ClassPart[] = [
  {
    name: "task",
    type: Task,
    make: ({ output }) => new Task("", undefined, output),
    save: (task) => savedTask(task as Task),
  },
  { name: "frame", type: Frame, make: () => new Frame() },
  {
    name: "native-call",
    type: NativeWait,
    make: () => new NativeWait("", undefined as never, NO_VALUES, 0),
    save: (wait) => savedCall(wait as NativeWait),
  },
  { name: "sleep", type: Sleep },
  { name: "output", type: OutputBuffer },
  { name: "coroutine", type: Coroutine },
  { name: "async-source", type: AsyncSource },
  { name: "iter-source", type: IterSource },
  { name: "chain-source", type: ChainSource },
  { name: "lock", type: Lock, make: (vm) => new Lock(vm, "", "", 0) },
  { name: "permit", type: Permit },
  { name: "failure", type: CaughtFailure },
  { name: "thrown", type: Thrown },
  { name: "runtime-error", type: RuntimeError },
  { name: "categorized-error", type: CategorizedError },
  { name: "cancelled", type: Cancelled },
];

export const vmParts: SnapshotParts = {
  classes: [...valueClasses, ...machineClasses, ...concurrencyClasses],
  constants: [
    ...timeCodes,
    ...bottomRoutines,
    ...checkpointRoutines,
    ...lockCodes,
    ...coroutineCodes,
    ...sourceCodes,
    ...concurrencyConstants,
    passRoutine,
    pullRoutine,
  ],
};

function pick<T extends object, K extends keyof T>(object: T, ...keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, object[key]])) as Pick<T, K>;
}

function savedCall(call: NativeWait): object {
  return {
    ...pick(call, "taskId", "native", "args", "position", "prologue", "pausePoint"),
    kept: call.mark && new PlainJson(call.mark.state() as Json),
  };
}

/** Without what lies above the top frame: left over from calls that have returned. */
function savedTask(task: Task): object {
  const frames = task.frames.slice(0, task.depth) as Frame[];
  let used = 0;
  for (const { base, fn } of frames) used = Math.max(used, base + (fn?.registerCount ?? 0));
  return { ...task, frames, registers: task.registers.slice(0, used) };
}
