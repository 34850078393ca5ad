/** Spans: named stretches of time that log lines refer to, and that `enable_tracing` collects. */

import {
  Dict,
  display,
  isInt,
  listOf,
  type NativeContext,
  record,
  Thrown,
  type Value,
  type Vm,
} from "../../vm/index.ts";
import { type Builtin, pure, runState } from "../builtin.ts";
import { clockOf } from "../time/run-clock.ts";
import { writeLog } from "./logging.ts";
import { closeSpan, currentSpan, openSpan } from "./trace-context.ts";

interface FinishedSpan {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly startMs: number;
  readonly durationMs: number;
}

interface Tracing {
  enabled: boolean;
  readonly finished: FinishedSpan[];
  /** Span id → id of the span it was opened in. */
  readonly parents: Map<string, string>;
}

const tracingOf = (vm: Vm): Tracing =>
  runState(vm, "tracing", () => ({ enabled: false, finished: [], parents: new Map() }));

function newId({ host }: NativeContext): string {
  return Math.floor(host.sync("random.float", {}) * 2 ** 32)
    .toString(16)
    .padStart(8, "0");
}

function summary(spans: readonly FinishedSpan[]): string {
  if (spans.length === 0) return "No spans recorded.";
  const ids = new Set(spans.map(({ id }) => id));
  const isRoot = ({ parentId }: FinishedSpan): boolean => parentId === undefined || !ids.has(parentId);
  const total = spans.filter(isRoot).reduce((sum, { durationMs }) => sum + durationMs, 0);
  const lines = [`Trace: ${spans.length} spans, ${total}ms total`, ""];
  const pending = spans.filter(isRoot).map((span) => ({ span, depth: 0 }));
  for (let next = pending.shift(); next; next = pending.shift()) {
    const { span, depth } = next;
    lines.push(`${"  ".repeat(depth)}${span.name} ${span.durationMs}ms`);
    pending.unshift(
      ...spans.filter(({ parentId }) => parentId === span.id).map((child) => ({ span: child, depth: depth + 1 })),
    );
  }
  return lines.join("\n");
}

const textOf = (value: Value): string => (value === undefined ? "" : display(value));

function endSpan(span: Dict, context: NativeContext): void {
  const tracing = tracingOf(context.vm);
  const endMs = clockOf(context).wallMs();
  const start = span.map.get("start_ms");
  const startMs = isInt(start) ? Number(start) : endMs;
  const id = textOf(span.map.get("span_id"));
  const name = textOf(span.map.get("name"));
  const durationMs = endMs - startMs;
  closeSpan(context.task, id);
  if (tracing.enabled) tracing.finished.push({ id, parentId: tracing.parents.get(id), name, startMs, durationMs });
  tracing.parents.delete(id);
  const fields = record({ trace_id: span.map.get("trace_id"), span_id: id, name, duration_ms: durationMs });
  writeLog("info", "span_end", fields, context);
}

export const tracingBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "trace_start(name: string) -> dict",
      summary: "Open a span: log lines carry its ids until `trace_end`",
      effects: ["random", "clock", "state"],
      example: 'let span = trace_start("fetch")\nprintln(trace_id() == span.trace_id)',
    },
    ([name], context) => {
      const outer = currentSpan(context.task);
      const span = { traceId: outer?.traceId ?? newId(context), spanId: newId(context) };
      if (outer) tracingOf(context.vm).parents.set(span.spanId, outer.spanId);
      openSpan(context.task, span);
      return record({
        trace_id: span.traceId,
        span_id: span.spanId,
        name: textOf(name),
        start_ms: clockOf(context).wallMs(),
      });
    },
  ),
  pure(
    {
      signature: "trace_end(span: dict)",
      summary: "Close a span and log how long it took",
      effects: ["console", "clock", "state"],
      errors: "A value that is no span",
      example: 'log_set_level("error")\ntrace_end(trace_start("fetch"))',
    },
    ([span], context) => {
      if (!(span instanceof Dict)) throw new Thrown("trace_end: argument must be a span dict from trace_start");
      endSpan(span, context);
      return undefined;
    },
  ),
  pure(
    {
      signature: "trace_id() -> string | nil",
      summary: "The trace that is open here",
      effects: ["state"],
      example: "println(trace_id())",
    },
    (_args, { task }) => currentSpan(task)?.traceId,
  ),
  pure(
    {
      signature: "enable_tracing(enabled?: bool)",
      summary: "Collect spans from now on, or stop to",
      effects: ["state"],
      example: "enable_tracing()",
    },
    ([enabled], { vm }) => {
      tracingOf(vm).enabled = enabled !== false;
      return undefined;
    },
  ),
  pure(
    {
      signature: "trace_spans() -> list",
      summary: "Spans collected so far: `{span_id, parent_id, name, start_ms, duration_ms}`",
      effects: ["state"],
      example: "println(len(trace_spans()))",
    },
    (_args, { vm }) =>
      listOf(
        tracingOf(vm).finished.map(({ id, parentId, name, startMs, durationMs }) =>
          record({
            span_id: id,
            parent_id: parentId,
            kind: "span",
            name,
            start_ms: startMs,
            duration_ms: durationMs,
          }),
        ),
      ),
  ),
  pure(
    {
      signature: "trace_summary() -> string",
      summary: "The collected spans as an indented text",
      effects: ["state"],
      example: "println(trace_summary())",
    },
    (_args, { vm }) => summary(tracingOf(vm).finished),
  ),
];
