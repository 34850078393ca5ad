/** The spans that are open around a task's code, innermost last; children start inside their parent's. */

import type { Task } from "../../vm/index.ts";
import { withContextFields } from "../concurrency/runtime-context.ts";
import { setStepScope, stepScope } from "../steps/step-state.ts";
import { spanId } from "./trace-book.ts";

/** A span that the program has opened itself. */
export interface OpenSpan {
  readonly traceId: string;
  readonly id: number;
  /** The span around it, of whatever kind; 0: none. */
  readonly outerId: number;
}

const SPANS = "trace.spans";

function spansOf(task: Task): readonly OpenSpan[] {
  return (task.context.get(SPANS) as readonly OpenSpan[] | undefined) ?? [];
}

/** The innermost that the program has opened: what log lines name. */
export function currentSpan(task: Task): { readonly traceId: string; readonly spanId: string } | undefined {
  const top = spansOf(task).at(-1);
  return top && { traceId: top.traceId, spanId: spanId(top.id) };
}

/** STEP-54: the innermost span of whatever kind; 0: none. */
export function innermostSpan(task: Task): number {
  const { spanId: ofSteps } = stepScope({ task });
  return ofSteps === 0 ? (spansOf(task).at(-1)?.id ?? 0) : ofSteps;
}

function setSpans(task: Task, spans: readonly OpenSpan[]): void {
  const top = spans.at(-1);
  const identity = withContextFields(task, { trace_id: top?.traceId, span_id: top && spanId(top.id) });
  task.context = new Map(identity).set(SPANS, spans);
}

/** What begins inside, a step for example, begins below it. */
export function openSpan(task: Task, span: OpenSpan): void {
  setSpans(task, [...spansOf(task), span]);
  setStepScope(task, { ...stepScope({ task }), spanId: span.id });
}

/** Closes a span if it is the innermost; spans that overlap are left to their owners. */
export function closeSpan(task: Task, id: string): void {
  const spans = spansOf(task);
  const top = spans.at(-1);
  if (top === undefined || spanId(top.id) !== id) return;
  setSpans(task, spans.slice(0, -1));
  const scope = stepScope({ task });
  if (scope.spanId === top.id) setStepScope(task, { ...scope, spanId: top.outerId });
}
