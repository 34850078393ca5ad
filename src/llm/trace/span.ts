/**
 * Spans, by the smallest interface that lets a tracing library be handed in. Without one nothing is allocated.
 * Attribute names follow the GenAI conventions (`gen_ai.*`, still unstable upstream); ours start with `harn.`.
 */

export type SpanValue = string | number | boolean | readonly string[];
export type SpanAttributes = Readonly<Record<string, SpanValue | undefined>>;

export interface Span {
  set(attributes: SpanAttributes): void;
  event(name: string, attributes?: SpanAttributes): void;
  /** Ends the span; called once. `message` explains an error. */
  end(status: "ok" | "error", message?: string): void;
}

/** Contract: never throws, never blocks. */
export interface Tracer {
  startSpan(name: string, attributes: SpanAttributes): Span;
}

// ---- OpenTelemetry, without importing it ---------------------------------------------------------------------------

/** What of an OpenTelemetry tracer is used; `trace.getTracer("harn")` fits. */
export interface OtelTracerLike {
  startSpan(name: string, options?: { kind?: number; attributes?: Record<string, unknown> }): OtelSpanLike;
}

export interface OtelSpanLike {
  setAttributes(attributes: Record<string, unknown>): unknown;
  addEvent(name: string, attributes?: Record<string, unknown>): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(): void;
}

const SPAN_KIND_CLIENT = 2;
const STATUS_OK = 1;
const STATUS_ERROR = 2;

export function otelTracer(tracer: OtelTracerLike): Tracer {
  return {
    startSpan(name, attributes) {
      const span = tracer.startSpan(name, { kind: SPAN_KIND_CLIENT, attributes: present(attributes) });
      return {
        set: (more) => void span.setAttributes(present(more)),
        event: (event, more) => void span.addEvent(event, present(more ?? {})),
        end(status, message) {
          span.setStatus({
            code: status === "ok" ? STATUS_OK : STATUS_ERROR,
            ...(message === undefined ? {} : { message }),
          });
          span.end();
        },
      };
    },
  };
}

function present(attributes: SpanAttributes): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
