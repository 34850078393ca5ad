/** The spans that are open around a task's code, innermost last; children start inside their parent's. */

import type { Task } from "../../vm/index.ts";
import { withContextFields } from "../concurrency/runtime-context.ts";

export interface OpenSpan {
  readonly traceId: string;
  readonly spanId: string;
}

const SPANS = "trace.spans";

function spansOf(task: Task): readonly OpenSpan[] {
  return (task.context.get(SPANS) as readonly OpenSpan[] | undefined) ?? [];
}

export function currentSpan(task: Task): OpenSpan | undefined {
  return spansOf(task).at(-1);
}

function setSpans(task: Task, spans: readonly OpenSpan[]): void {
  const top = spans.at(-1);
  const identity = withContextFields(task, { trace_id: top?.traceId, span_id: top?.spanId });
  task.context = new Map(identity).set(SPANS, spans);
}

export function openSpan(task: Task, span: OpenSpan): void {
  setSpans(task, [...spansOf(task), span]);
}

/** Closes a span if it is the innermost; spans that overlap are left to their owners. */
export function closeSpan(task: Task, spanId: string): void {
  const spans = spansOf(task);
  if (spans.at(-1)?.spanId === spanId) setSpans(task, spans.slice(0, -1));
}
