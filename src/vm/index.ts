// Running programs

export type { LiveResource } from "./core/live-resources.ts";
export type { OutputSink } from "./core/output.ts";
export { type RunOutcome, Vm, type VmOptions } from "./vm.ts";

// Concurrency

export { Channel } from "./concurrency/channels.ts";
export { concurrencyNatives } from "./concurrency/concurrency.ts";
export { type Lock, type LockMetrics, type LockWaiter, Permit } from "./core/locks.ts";
export type { Scope, Task, TaskContext, Wait } from "./core/task.ts";
export type { Timer } from "./core/timers.ts";

// Items one by one

export type { AsyncSource } from "./core/async-source.ts";
export { abandonIter, Iter, iterOf, pull, type Stage, withStage } from "./core/iterators.ts";
export { Cursor, END, PullSource } from "./core/sources.ts";

// Errors

export {
  CANCELLED_MESSAGE,
  Cancelled,
  CategorizedError,
  Halted,
  HarnFailure,
  RuntimeError,
  Thrown,
  type TraceFrame,
} from "./error.ts";

// Writing builtins

export {
  type AsyncContext,
  type AsyncNative,
  CALL,
  type Callable,
  type CallOptions,
  Control,
  type ControlNative,
  DONE,
  type Native,
  type NativeContext,
  type PureNative,
  passRoutine,
  type Routine,
  type RoutineState,
  type Signal,
  WAIT,
} from "./native.ts";

// Snapshots

export {
  type Callback,
  type CallbackKind,
  type ClassPart,
  type Code,
  code,
  invoke,
  type Named,
  type Then,
} from "./core/callback.ts";
export { type Checkpoint, HOLD_MS, type RequestLog } from "./core/checkpoints.ts";
export { createCompactor, type JsonCompactor } from "./snapshot/compact-json.ts";
export { PlainJson, refused } from "./snapshot/graph.ts";
export {
  captureVm,
  restoreVm,
  SNAPSHOT_VERSION,
  type SnapshotOptions,
  type StatePart,
  type VmSnapshotParts,
} from "./snapshot/snapshot.ts";

// Values

export { compare, contains, equal, identical, rangeContains, structuralKey } from "./value/compare.ts";
export { display, displayDuration, displayFloat, withoutExponent } from "./value/display.ts";
export { milliseconds } from "./value/durations.ts";
export {
  add,
  divide,
  type Int,
  int,
  intFromNumber,
  isInt,
  isNumeric,
  modulo,
  multiply,
  negate,
  power,
  subtract,
  toDouble,
} from "./value/numbers.ts";
export { checkItemCount, MAX_ITEMS, repeatText } from "./value/size-limits.ts";
export { charAt, codePoints, compareText, textLength, textSlice } from "./value/text.ts";
export {
  Bytes,
  Closure,
  Container,
  cloneContainer,
  Dict,
  Duration,
  dictOf,
  type EnumType,
  EnumValue,
  err,
  Float,
  type HeapValue,
  isCallable,
  isResult,
  isTruthy,
  List,
  listOf,
  NativeRef,
  Opaque,
  ok,
  Pair,
  RangeValue,
  record,
  SetValue,
  type StructType,
  StructValue,
  share,
  typeName,
  type Value,
} from "./value/value.ts";
