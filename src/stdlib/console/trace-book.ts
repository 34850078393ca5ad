/**
 * The spans of a run: those that a program opens itself, and while tracing is on those of its steps and personas
 * (STEP-51 … STEP-54). A span's id is a number; programs see it as eight hexadecimal digits.
 */

import type { Json } from "../../base/index.ts";
import { joinStepTracers, type StepSpanKind, type StepTracer } from "../../steps/index.ts";
import type { NativeContext, StatePart, Vm } from "../../vm/index.ts";
import { runState } from "../builtin.ts";
import { type ProgramSteps, STEPS_STATE, stepRuntime } from "../steps/step-state.ts";
import { clockOf, type RunClock } from "../time/run-clock.ts";

export interface FinishedSpan {
  readonly id: string;
  readonly parentId: string | undefined;
  /** `span`: the program's own. */
  readonly kind: "span" | StepSpanKind;
  readonly name: string;
  /** Of the run's clock, milliseconds since the epoch. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly metadata: Readonly<Record<string, Json>>;
}

interface OpenStepSpan {
  readonly parentId: number;
  readonly kind: StepSpanKind;
  readonly name: string;
  readonly startMs: number;
  readonly metadata: Record<string, Json>;
}

/** Data, so that a snapshot can hold it. */
export interface TraceBook {
  readonly clock: RunClock;
  enabled: boolean;
  /** Tracing was on at some time: steps tell of themselves. */
  hearsSteps: boolean;
  readonly finished: FinishedSpan[];
  /** The program's own open spans: id → id of the span it was opened in, if any. */
  readonly parents: Map<string, string | undefined>;
  readonly openSteps: Map<number, OpenStepSpan>;
  lastStepSpan: number;
}

const TRACING_STATE = "tracing";

export function traceBook(context: Pick<NativeContext, "vm" | "host">): TraceBook {
  // In this order: a snapshot that is read has the steps before the book that listens to them.
  stepRuntime(context.vm);
  return runState(context.vm, TRACING_STATE, () => ({
    clock: clockOf(context),
    enabled: false,
    hearsSteps: false,
    finished: [],
    parents: new Map(),
    openSteps: new Map(),
    lastStepSpan: 0,
  }));
}

export function enableTracing(book: TraceBook, vm: Vm, enabled: boolean): void {
  book.enabled = enabled;
  if (!enabled || book.hearsSteps) return;
  book.hearsSteps = true;
  listen(book, stepRuntime(vm));
}

function listen(book: TraceBook, steps: ProgramSteps): void {
  // An embedder's tracer has ids of its own, which may be those of other spans here.
  steps.tracer = joinStepTracers(steps.tracer, stepTracer(book), (id) => book.parents.has(spanId(id)));
}

export function spanId(id: number): string {
  return id.toString(16).padStart(8, "0");
}

/** Counts its spans: where a step begins nothing is asked of the host but the time. */
function stepTracer(book: TraceBook): StepTracer {
  return {
    isSaved: true,
    start(kind, name, parentId) {
      if (!book.enabled) return 0;
      const isOpen = book.openSteps.has(parentId) || book.parents.has(spanId(parentId));
      const span = { parentId: isOpen ? parentId : 0, kind, name, startMs: book.clock.wallMs(), metadata: {} };
      book.lastStepSpan += 1;
      book.openSteps.set(book.lastStepSpan, span);
      return book.lastStepSpan;
    },
    set(id, key, value) {
      const span = book.openSteps.get(id);
      if (span !== undefined) span.metadata[key] = value;
    },
    end(id) {
      const span = book.openSteps.get(id);
      if (span === undefined) return;
      book.openSteps.delete(id);
      const { parentId, startMs, ...rest } = span;
      book.finished.push({
        id: spanId(id),
        parentId: parentId === 0 ? undefined : spanId(parentId),
        ...rest,
        startMs,
        durationMs: book.clock.wallMs() - startMs,
      });
    },
  };
}

export const tracePart: StatePart = {
  key: TRACING_STATE,
  save: (book: TraceBook) => book,
  restore(saved, vm) {
    const book = saved as TraceBook;
    if (book.hearsSteps) listen(book, vm.state.get(STEPS_STATE) as ProgramSteps);
    return book;
  },
};
