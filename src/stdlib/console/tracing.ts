/** Spans: named stretches of time that log lines refer to, and that `enable_tracing` collects with those of steps. */

import { Dict, display, isInt, listOf, type NativeContext, record, Thrown, type Value } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";
import { answerValue } from "../llm/answer-value.ts";
import { clockOf } from "../time/run-clock.ts";
import { writeLog } from "./logging.ts";
import { enableTracing, type FinishedSpan, spanId, traceBook } from "./trace-book.ts";
import { closeSpan, currentSpan, innermostSpan, openSpan } from "./trace-context.ts";

/** Never 0, which is no span. */
function newId({ host }: NativeContext): number {
  return Math.floor(host.sync("random.float", {}) * 2 ** 32) || 1;
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
    lines.push(`${"  ".repeat(depth)}${shown(span)}`);
    pending.unshift(
      ...spans.filter(({ parentId }) => parentId === span.id).map((child) => ({ span: child, depth: depth + 1 })),
    );
  }
  return lines.join("\n");
}

/** `step plan 12ms (status=completed, …)`; spans of the program have neither kind nor facts. */
function shown({ kind, name, durationMs, metadata }: FinishedSpan): string {
  const facts = Object.entries(metadata).map(([key, value]) => `${key}=${String(value)}`);
  return `${kind === "span" ? "" : `${kind} `}${name} ${durationMs}ms${facts.length === 0 ? "" : ` (${facts.join(", ")})`}`;
}

const textOf = (value: Value): string => (value === undefined ? "" : display(value));

function endSpan(span: Dict, context: NativeContext): void {
  const book = traceBook(context);
  const endMs = clockOf(context).wallMs();
  const start = span.map.get("start_ms");
  const startMs = isInt(start) ? Number(start) : endMs;
  const id = textOf(span.map.get("span_id"));
  const name = textOf(span.map.get("name"));
  const durationMs = endMs - startMs;
  closeSpan(context.task, id);
  const parentId = book.parents.get(id);
  if (book.enabled) book.finished.push({ id, parentId, kind: "span", name, startMs, durationMs, metadata: {} });
  book.parents.delete(id);
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
      const traceId = currentSpan(context.task)?.traceId ?? spanId(newId(context));
      const id = newId(context);
      const outerId = innermostSpan(context.task);
      traceBook(context).parents.set(spanId(id), outerId === 0 ? undefined : spanId(outerId));
      openSpan(context.task, { traceId, id, outerId });
      return record({
        trace_id: traceId,
        span_id: spanId(id),
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
      summary: "Collect spans from now on, those of steps and personas too, or stop to",
      effects: ["state"],
      example: "enable_tracing()",
    },
    ([enabled], context) => {
      enableTracing(traceBook(context), context.vm, enabled !== false);
      return undefined;
    },
  ),
  pure(
    {
      signature: "trace_spans() -> list",
      summary: "Spans collected so far: `{span_id, parent_id, kind, name, start_ms, duration_ms, metadata?}`",
      effects: ["state"],
      example: "println(len(trace_spans()))",
    },
    (_args, context) =>
      listOf(
        traceBook(context).finished.map(({ id, parentId, kind, name, startMs, durationMs, metadata }) =>
          record({
            span_id: id,
            parent_id: parentId,
            kind,
            name,
            start_ms: startMs,
            duration_ms: durationMs,
            ...(Object.keys(metadata).length === 0 ? {} : { metadata: answerValue(metadata) }),
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
    (_args, context) => summary(traceBook(context).finished),
  ),
];
