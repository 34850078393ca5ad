/** STEP-51 … STEP-54: a span per step, nested by the scope that travels with the task. */

import type { Host, Json } from "../base/index.ts";
import type { Span, Tracer } from "../llm/index.ts";

/** Contract: never throws. Span 0 is no span; every operation on it does nothing. */
export interface StepTracer {
  /** Opens a span below `parent` (0: a root) and returns its id, or 0 while tracing is off. */
  start(name: string, parent: number): number;
  set(span: number, key: string, value: Json): void;
  end(span: number): void;
}

export const NO_STEP_TRACER: StepTracer = { start: () => 0, set() {}, end() {} };

export interface StepSpan {
  readonly id: number;
  /** 0: a root. */
  readonly parentId: number;
  readonly kind: "step";
  readonly name: string;
  /** Milliseconds since the log was made. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly metadata: Readonly<Record<string, Json>>;
}

/** Collects spans in the order in which they end. */
export interface StepSpanLog extends StepTracer {
  enabled: boolean;
  readonly closed: readonly StepSpan[];
}

export function createStepSpanLog(host: Host, enabled = true): StepSpanLog {
  const epochMs = host.sync("clock.monotonic", {});
  const open = new Map<number, { parentId: number; name: string; startMs: number; metadata: Record<string, Json> }>();
  const closed: StepSpan[] = [];
  let lastId = 0;
  const log: StepSpanLog = {
    enabled,
    closed,
    start(name, parentId) {
      if (!log.enabled) return 0;
      const id = ++lastId;
      open.set(id, { parentId, name, startMs: host.sync("clock.monotonic", {}) - epochMs, metadata: {} });
      return id;
    },
    set(id, key, value) {
      const span = open.get(id);
      if (span) span.metadata[key] = value;
    },
    end(id) {
      const span = open.get(id);
      if (!span) return;
      open.delete(id);
      const durationMs = host.sync("clock.monotonic", {}) - epochMs - span.startMs;
      closed.push({ id, kind: "step", ...span, durationMs });
    },
  };
  return log;
}

/** Step spans in a tracing library; attributes are named `harn.step.<key>`. */
export function stepTracerTo(tracer: Tracer): StepTracer {
  const open = new Map<number, { readonly span: Span; failed: boolean }>();
  let lastId = 0;
  return {
    start(name) {
      open.set(++lastId, { span: tracer.startSpan(`step ${name}`, { "harn.step.name": name }), failed: false });
      return lastId;
    },
    set(id, key, value) {
      const entry = open.get(id);
      if (!entry) return;
      if (key === "status") entry.failed = value !== "completed";
      entry.span.set({ [`harn.step.${key}`]: typeof value === "object" ? JSON.stringify(value) : value });
    },
    end(id) {
      const entry = open.get(id);
      open.delete(id);
      entry?.span.end(entry.failed ? "error" : "ok");
    },
  };
}
