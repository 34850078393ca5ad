/** STEP-51 … STEP-54: a span per step and per persona, nested by the scope that travels with the task. */

import type { Host, Json } from "../base/index.ts";
import type { Span, Tracer } from "../llm/index.ts";

export type StepSpanKind = "step" | "persona";

/** Contract: never throws. Span 0 is no span; every operation on it does nothing. */
export interface StepTracer {
  /** Opens a span below `parent` (0: a root) and returns its id, or 0 while tracing is off. */
  start(kind: StepSpanKind, name: string, parent: number): number;
  set(span: number, key: string, value: Json): void;
  end(span: number): void;
  /** Its spans, open ones too, are in a snapshot of the program: whoever restores that makes a tracer that knows them. */
  readonly isSaved?: true;
}

export const NO_STEP_TRACER: StepTracer = { start: () => 0, set() {}, end() {} };

/**
 * Tells both; each gives its spans ids of its own. Spans that `first` has opened already stay with it.
 *
 * @param knowsToo whether a span that came from neither of them, or from `first` before, is one that `second` knows as well;
 *   default: none is
 */
export function joinStepTracers(
  first: StepTracer,
  second: StepTracer,
  knowsToo: (span: number) => boolean = () => false,
): StepTracer {
  if (first === NO_STEP_TRACER) return second;
  const open = new Map<number, readonly [number, number]>();
  // Below zero, where no id of the first is.
  let lastId = 0;
  return {
    start(kind, name, parent) {
      const [one, two] = open.get(parent) ?? [parent, knowsToo(parent) ? parent : 0];
      const ids = [first.start(kind, name, one), second.start(kind, name, two)] as const;
      if (ids[0] === 0 && ids[1] === 0) return 0;
      open.set(--lastId, ids);
      return lastId;
    },
    set(span, key, value) {
      const [one, two] = open.get(span) ?? [span, 0];
      first.set(one, key, value);
      second.set(two, key, value);
    },
    end(span) {
      const [one, two] = open.get(span) ?? [span, 0];
      open.delete(span);
      first.end(one);
      second.end(two);
    },
  };
}

export interface StepSpan {
  readonly id: number;
  /** 0: a root. */
  readonly parentId: number;
  readonly kind: StepSpanKind;
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

interface OpenSpan {
  readonly parentId: number;
  readonly kind: StepSpanKind;
  readonly name: string;
  readonly startMs: number;
  readonly metadata: Record<string, Json>;
}

export function createStepSpanLog(host: Host, enabled = true): StepSpanLog {
  const now = () => host.sync("clock.monotonic", {});
  const epochMs = now();
  const open = new Map<number, OpenSpan>();
  const closed: StepSpan[] = [];
  let lastId = 0;
  const log: StepSpanLog = {
    enabled,
    closed,
    start(kind, name, parentId) {
      if (!log.enabled) return 0;
      const id = ++lastId;
      open.set(id, { parentId, kind, name, startMs: now() - epochMs, metadata: {} });
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
      closed.push({ id, ...span, durationMs: now() - epochMs - span.startMs });
    },
  };
  return log;
}

/** Spans of steps and personas in a tracing library; attributes are named `harn.step.<key>` and `harn.persona.<key>`. */
export function stepTracerTo(tracer: Tracer): StepTracer {
  const open = new Map<number, { readonly kind: StepSpanKind; readonly span: Span; failed: boolean }>();
  let lastId = 0;
  return {
    start(kind, name) {
      const span = tracer.startSpan(`${kind} ${name}`, { [`harn.${kind}.name`]: name });
      open.set(++lastId, { kind, span, failed: false });
      return lastId;
    },
    set(id, key, value) {
      const entry = open.get(id);
      if (!entry) return;
      if (key === "status") entry.failed = value !== "completed";
      entry.span.set({ [`harn.${entry.kind}.${key}`]: typeof value === "object" ? JSON.stringify(value) : value });
    },
    end(id) {
      const entry = open.get(id);
      open.delete(id);
      entry?.span.end(entry.failed ? "error" : "ok");
    },
  };
}
