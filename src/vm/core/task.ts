/**
 * A task and all its state: frames, registers, scopes. Everything here is data that the VM owns.
 *
 * Registers of all frames lie in one array; a frame's registers start at its `base`, and a callee's base is where its
 * caller put the arguments, so that a call copies nothing.
 */

import { CANCELLED_MESSAGE, Cancelled, type HarnFailure, Thrown } from "../error.ts";
import type { Routine, RoutineState } from "../native.ts";
import { type Closure, type LinkedFunction, listOf, type Value } from "../value/value.ts";
import { invoke, type Then } from "./callback.ts";
import type { Coroutine } from "./coroutine.ts";
import type { Permit } from "./locks.ts";
import type { OutputSink } from "./output.ts";
import type { Timer } from "./timers.ts";

/** An activation: of a function (`fn` set) or of a builtin's routine (`routine` set). Objects are reused by depth. */
export class Frame {
  fn: LinkedFunction | undefined = undefined;
  routine: Routine | undefined = undefined;
  state: RoutineState = undefined;
  /** Next instruction when control comes back. */
  pc = 0;
  base = 0;
  /** Register (absolute) of the frame below that receives the result. */
  dst = 0;
  argCount = 0;
  /** How many scopes were open when the frame was entered. */
  scopeBase = 0;
}

/** Where a program is or was: a function and the word after the instruction. Kept instead of a line, which costs a search. */
export interface Place {
  readonly fn: LinkedFunction;
  readonly pc: number;
}

/** Something that is open between two points of a frame and closes when the frame is left, on every path. */
export type Scope =
  | { readonly kind: "deadline"; readonly dueMs: number }
  /** A lock permit, a step … : `close` runs exactly once. */
  | { readonly kind: "resource"; readonly close: Then; readonly what: string };

/** As `resumeRegister`: the value goes to the routine on top. */
export const TO_ROUTINE = -1;
/** As `resumeRegister`: nothing is delivered, the task goes on with the next instruction of its top frame. */
export const NOTHING = -2;
/** The same, after it gave way to others in the middle of a loop or before the first word of a function. */
export const GAVE_WAY = -3;

/** Why a task is parked. `cancel` takes the task off whatever it waits on; it must not wake it. */
export interface Wait {
  /** For people: "sleep", "channel receive" … */
  readonly what: string;
  readonly cancel: Then;
  /** Present: nothing is waited for, others have their turn and the task goes on with this value. */
  readonly turn?: { readonly value: Value };
}

/**
 * An id, or what is added to the parent's: `stem` is the same for all of a kind, so that a hundred thousand tasks share it,
 * and the id is put together when somebody asks for it.
 */
export type TaskName = string | { readonly stem: string; readonly number: number };

export type TaskStatus = "ready" | "running" | "parked" | "done";

/** Values that children inherit by copy: step scope, task-locals, policies. Keys are owned by whoever sets them. */
export type TaskContext = ReadonlyMap<string, unknown>;

// A task that waits costs what it holds. An array that grows by `push` has room for seventeen at once, a copy of one only
// for as many as there are; hence these, from which tasks begin.
const NO_SCOPES: readonly Scope[] = [];
/** Room for the two frames that a task that waits usually has. */
const NO_FRAMES: readonly (Frame | undefined)[] = [undefined, undefined];
const BLANK: readonly Value[] = [];
ensureRegisters(BLANK as Value[], 32);

function emptyRegisters(count: number): Value[] {
  return count <= BLANK.length ? BLANK.slice(0, count) : [];
}

export class Task {
  /** See {@link TaskName}. */
  readonly stem: string;
  readonly number: number;
  /** Once somebody has asked for it. */
  knownId: string | undefined;
  readonly parent: Task | undefined;
  readonly root: Task;
  readonly groupId: string | undefined;
  status: TaskStatus = "ready";

  readonly frames: (Frame | undefined)[] = NO_FRAMES.slice();
  depth = 0;
  readonly registers: Value[];
  scopes: readonly Scope[] = NO_SCOPES;
  /** Earliest deadline of the open scopes, monotonic milliseconds; undefined when none. */
  deadlineMs: number | undefined = undefined;

  wait: Wait | undefined = undefined;
  /** Register that receives what the task waits for, or one of the marks above. */
  resumeRegister: number = TO_ROUTINE;
  resumeValue: Value = undefined;
  resumeFailure: HarnFailure | undefined = undefined;
  /** Fires a deadline while parked. */
  deadlineTimer: Timer | undefined = undefined;
  /** The generator or stream whose body it runs. */
  coroutine: Coroutine | undefined = undefined;

  output: OutputSink;
  context: TaskContext;

  result: Value = undefined;
  failure: HarnFailure | undefined = undefined;
  /** Called once when the task is done. */
  onDone: Then<Task> | undefined = undefined;
  /** Absent until there is one, as of those below: most tasks start none. */
  children: Set<Task> | undefined = undefined;
  /** Permits that it was given by name: given back when the task is done, on every path. */
  owned: Set<Permit> | undefined = undefined;
  /** Places passed at which it could have been held, for finding again where it was. */
  pausePoints = 0;
  /** Numbers spawns and parallel groups, for ids. */
  spawnCount = 0;
  parallelCount = 0;
  /** Numbers the tasks that the machine starts on the program's behalf. */
  helperCount = 0;

  /** A stop was asked for: politely (catchable, once) or for good. */
  cancelRequest: "none" | "graceful" | "abort" = "none";
  gracefulDelivered = false;
  cancelReason = "";

  /** @param registerCount how many registers there is room for from the start */
  constructor(name: TaskName, parent: Task | undefined, output: OutputSink, groupId?: string, registerCount = 0) {
    const isNumbered = typeof name === "object";
    this.stem = isNumbered ? name.stem : name;
    this.number = isNumbered ? name.number : -1;
    this.knownId = isNumbered ? undefined : name;
    this.registers = emptyRegisters(registerCount);
    this.parent = parent;
    this.root = parent ? parent.root : this;
    this.output = output;
    this.context = parent ? parent.context : new Map();
    this.groupId = groupId;
  }

  /** Deterministic: `task_root`, `task_root:spawn:1`, `task_root:parallel:1:0`. */
  get id(): string {
    if (this.knownId !== undefined) return this.knownId;
    let id = "";
    for (let task: Task | undefined = this; task; task = task.parent) {
      if (task.knownId !== undefined) {
        id = task.knownId + id;
        break;
      }
      id = task.stem + task.number + id;
    }
    this.knownId = id;
    return id;
  }

  addChild(child: Task): void {
    this.children ??= new Set();
    this.children.add(child);
  }

  own(permit: Permit): void {
    this.owned ??= new Set();
    this.owned.add(permit);
  }

  openScope(scope: Scope): void {
    if (this.scopes.length === 0) this.scopes = [scope];
    else (this.scopes as Scope[]).push(scope);
  }

  /** The frame on top; undefined when the task has none. */
  get top(): Frame | undefined {
    return this.depth > 0 ? this.frames[this.depth - 1] : undefined;
  }

  /** A frame object for the next depth, its previous contents still in it. */
  nextFrame(): Frame {
    const depth = this.depth++;
    const known = this.frames[depth];
    if (known) return known;
    const frame = new Frame();
    this.frames[depth] = frame;
    return frame;
  }

  /** Where its innermost function is. */
  get place(): Place | undefined {
    for (let depth = this.depth - 1; depth >= 0; depth--) {
      const { fn, pc } = this.frames[depth] as Frame;
      if (fn) return { fn, pc };
    }
    return undefined;
  }

  /** First register above the top frame. */
  get registerTop(): number {
    const top = this.top;
    if (!top) return 0;
    return top.fn ? top.base + top.fn.registerCount : top.base;
  }

  /** Monotonic milliseconds. One that is later than a deadline around it is over when that is. */
  openDeadline(dueMs: number): void {
    this.deadlineMs = Math.min(dueMs, this.deadlineMs ?? Number.POSITIVE_INFINITY);
    this.openScope({ kind: "deadline", dueMs: this.deadlineMs });
  }

  /** The error that a stop request has yet to deliver, if any; asking counts as delivery. */
  takeStopRequest(): HarnFailure | undefined {
    if (this.cancelRequest === "none" || this.gracefulDelivered) return undefined;
    this.gracefulDelivered = true;
    return this.cancelRequest === "abort" ? new Cancelled(this.cancelReason) : new Thrown(CANCELLED_MESSAGE);
  }

  /** Closes scopes down to a count, innermost first. */
  closeScopes(count: number): void {
    if (this.scopes.length <= count) return;
    while (this.scopes.length > count) {
      const scope = (this.scopes as Scope[]).pop();
      if (scope?.kind === "resource") invoke(scope.close, undefined);
    }
    const innermost = this.scopes.findLast((scope) => scope.kind === "deadline");
    this.deadlineMs = innermost?.dueMs;
  }
}

/** Makes room for registers up to `count`. Filling keeps the array dense. */
export function ensureRegisters(registers: Value[], count: number): void {
  for (let length = registers.length; length < count; length++) registers.push(undefined);
}

/** Puts a function's frame on a task. Arguments lie in the registers from `base` on. */
export function enterClosure(task: Task, closure: Closure, base: number, argCount: number, dst: number): Frame {
  const fn = closure.proto;
  const frame = task.nextFrame();
  frame.fn = fn;
  frame.routine = undefined;
  frame.state = undefined;
  frame.pc = 0;
  frame.base = base;
  frame.dst = dst;
  frame.argCount = argCount;
  frame.scopeBase = task.scopes.length;
  const registers = task.registers;
  if (registers.length < base + fn.registerCount) ensureRegisters(registers, base + fn.registerCount);
  const { paramCount } = fn;
  if (fn.hasRest) bindRest(registers, base, paramCount, argCount);
  else for (let i = argCount; i < paramCount; i++) registers[base + i] = undefined;
  const { captured } = closure;
  for (let i = 0; i < captured.length; i++) registers[base + paramCount + i] = captured[i];
  return frame;
}

/** The same for arguments that lie in an array: they go above the frame on top. */
export function enterWithArguments(task: Task, closure: Closure, args: readonly Value[], dst: number): void {
  const { registers, registerTop } = task;
  ensureRegisters(registers, registerTop + args.length);
  for (let i = 0; i < args.length; i++) registers[registerTop + i] = args[i];
  enterClosure(task, closure, registerTop, args.length, dst);
}

/** Puts the frame of a builtin's routine on a task. */
export function pushRoutine(task: Task, routine: Routine, state: RoutineState, dst: number): void {
  const base = task.registerTop;
  const frame = task.nextFrame();
  frame.fn = undefined;
  frame.routine = routine;
  frame.state = state;
  frame.pc = 0;
  frame.base = base;
  frame.dst = dst;
  frame.argCount = 0;
  frame.scopeBase = task.scopes.length;
}

function bindRest(registers: Value[], base: number, paramCount: number, argCount: number): void {
  const fixed = paramCount - 1;
  const rest: Value[] = [];
  for (let i = fixed; i < argCount; i++) rest.push(registers[base + i]);
  for (let i = argCount; i < fixed; i++) registers[base + i] = undefined;
  registers[base + fixed] = listOf(rest);
}
