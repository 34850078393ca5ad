/** The two logs of a run: calls (only while tracing is on) and agent events (always). TRACE-01 … TRACE-05. */

import { AppendList, type JsonObject } from "../../base/index.ts";
import { type AgentTraceEvent, summarizeAgentTrace } from "./agent-trace.ts";

/** One answered call. Durations in milliseconds. */
export interface CallTraceEntry {
  readonly model: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly duration_ms: number;
}

export interface TraceLog {
  /** Off at first (TRACE-02). */
  readonly enabled: boolean;
  enable(on?: boolean): void;
  recordCall(entry: CallTraceEntry): void;
  /** The calls so far; `take` also forgets them. */
  peekCalls(): readonly CallTraceEntry[];
  takeCalls(): readonly CallTraceEntry[];
  callSummary(): { input_tokens: number; output_tokens: number; duration_ms: number; call_count: number };
  emit(event: AgentTraceEvent): void;
  /** `agent_trace()`: the events so far, not cleared (TRACE-03). */
  events(): readonly AgentTraceEvent[];
  takeEvents(): readonly AgentTraceEvent[];
  /** `agent_trace_summary()` (TRACE-05). */
  summary(): JsonObject;
  /** RESET-01: clears both logs and turns call tracing off. */
  reset(): void;
  /** The logs themselves, no copies. */
  save(): SavedTraces;
  load(saved: SavedTraces): void;
}

/** Plain data, but for lists whose beginning may be elsewhere. */
export interface SavedTraces {
  readonly enabled: boolean;
  readonly calls: AppendList<CallTraceEntry>;
  readonly events: AppendList<AgentTraceEvent>;
}

/** @param onEvent told of every agent event as it happens; must not throw */
export function createTraceLog(onEvent?: (event: AgentTraceEvent) => void): TraceLog {
  let enabled = false;
  let calls = new AppendList<CallTraceEntry>();
  let events = new AppendList<AgentTraceEvent>();
  return {
    get enabled() {
      return enabled;
    },
    enable(on = true) {
      enabled = on;
    },
    recordCall(entry) {
      if (enabled) calls.push(entry);
    },
    peekCalls: () => [...calls.items()],
    takeCalls() {
      const taken = calls.items();
      calls = new AppendList();
      return taken;
    },
    callSummary() {
      const sum = { input_tokens: 0, output_tokens: 0, duration_ms: 0, call_count: calls.length };
      for (const call of calls.items()) {
        sum.input_tokens += call.input_tokens;
        sum.output_tokens += call.output_tokens;
        sum.duration_ms += call.duration_ms;
      }
      return sum;
    },
    emit(event) {
      events.push(event);
      onEvent?.(event);
    },
    events: () => [...events.items()],
    takeEvents() {
      const taken = events.items();
      events = new AppendList();
      return taken;
    },
    summary: () => summarizeAgentTrace(events.items()),
    reset() {
      enabled = false;
      calls = new AppendList();
      events = new AppendList();
    },
    save: () => ({ enabled, calls, events }),
    load(saved) {
      enabled = saved.enabled;
      calls = saved.calls;
      events = saved.events;
    },
  };
}
