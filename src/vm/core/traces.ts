/** Stack traces: the functions of the program that a task is in. No JavaScript frame shows. */

import { placeAt } from "../../bytecode/index.ts";
import type { TraceFrame } from "../error.ts";
import type { LinkedFunction } from "../value/value.ts";
import type { Frame, Place, Task } from "./task.ts";

/** Frames kept of a stack trace at each of its ends: the innermost say what failed, the outermost who wanted it. */
const INNERMOST = 24;
const OUTERMOST = 8;

/** Harn frames of a task, innermost first. Of a deep stack the middle is left out. */
export function traceOf(task: Task): readonly TraceFrame[] {
  const frames = (task.frames.slice(0, task.depth) as Frame[]).filter(({ fn }) => fn !== undefined);
  frames.reverse();
  const trace = (from: readonly Frame[]): TraceFrame[] =>
    from.map(({ fn, pc }) => traceFrame({ fn: fn as LinkedFunction, pc }));
  const omitted = frames.length - INNERMOST - OUTERMOST;
  if (omitted <= 0) return trace(frames);
  const inner = trace(frames.slice(0, INNERMOST));
  inner.push({ ...(inner.pop() as TraceFrame), omitted });
  return [...inner, ...trace(frames.slice(-OUTERMOST))];
}

export function traceFrame({ fn, pc }: Place): TraceFrame {
  return { function: fn.name, file: fn.module.code.file, ...placeAt(fn.proto, Math.max(0, pc - 1)) };
}
