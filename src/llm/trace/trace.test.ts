import { describe, expect, test } from "vitest";
import type { Host, JsonObject } from "../../base/index.ts";
import { createVirtualHost, withFaults } from "../../testing/index.ts";
import { type CatalogView, openCatalog } from "../call/catalog-view.ts";
import { createEnvSettings } from "../call/env-settings.ts";
import { llmCall, llmCallSafe } from "../call/llm-call.ts";
import { createLlmContext, type LlmContextParts } from "../call/llm-context.ts";
import { createFakeModel } from "../fake/fake-model.ts";
import { type FakeScript, fakeDone, fakeError, fakeScript, fakeStream } from "../fake/fake-script.ts";
import { ModelError } from "../spec/model-error.ts";
import { type AgentTraceEvent, summarizeAgentTrace } from "./agent-trace.ts";
import { redact } from "./redact.ts";
import { otelTracer, type Tracer } from "./span.ts";
import { createTraceLog } from "./trace-log.ts";
import { createTranscriptLog, transcriptLogFromEnv } from "./transcript-log.ts";

function setup(script: FakeScript, parts: Partial<LlmContextParts> = {}, env: Record<string, string> = {}) {
  const host = createVirtualHost({ env, startMs: 1_700_000_000_123 });
  const model = createFakeModel(host, script);
  const context = createLlmContext({ host, clients: model, ...parts });
  const call = (options: object = {}) => host.drive(llmCall(context, "hello", null, { model: "m", ...options }));
  return { host, model, context, call };
}

const answer = () =>
  fakeScript(fakeStream(["Hi", fakeDone("end_turn", { inputTokens: 5, outputTokens: 2, cacheReadTokens: 1 })]));

describe("the two logs", () => {
  test("TRACE-01 TRACE-02 calls are recorded only while tracing is on", async () => {
    const { call, context } = setup(fakeScript(...answer().turns, ...answer().turns, ...answer().turns));
    await call();
    expect(context.trace.peekCalls()).toEqual([]);
    context.trace.enable();
    await call();
    await call();
    expect(context.trace.callSummary()).toEqual({ input_tokens: 10, output_tokens: 4, duration_ms: 0, call_count: 2 });
    expect(context.trace.takeCalls()).toHaveLength(2);
    expect(context.trace.peekCalls()).toEqual([]);
    // Totals are counted whether or not anybody traces.
    expect(context.ledger.totals.calls).toBe(3);
  });

  test("TRACE-02 TRACE-03 TRACE-04 agent events are always recorded, and not cleared by reading", async () => {
    const { call, context } = setup(answer());
    await call();
    const expected = [
      {
        type: "llm_call",
        call_id: expect.any(String),
        model: "m",
        input_tokens: 5,
        output_tokens: 2,
        cache_tokens: 1,
        duration_ms: 0,
        iteration: 0,
      },
    ];
    expect(context.trace.events()).toEqual(expected);
    expect(context.trace.events()).toEqual(expected);
    expect(context.trace.takeEvents()).toEqual(expected);
    expect(context.trace.events()).toEqual([]);
  });

  test("TRACE-05 the summary", () => {
    const events: AgentTraceEvent[] = [
      {
        type: "llm_call",
        call_id: "c",
        model: "m",
        input_tokens: 5,
        output_tokens: 2,
        cache_tokens: 0,
        duration_ms: 9,
        iteration: 0,
      },
      {
        type: "tool_execution",
        tool_name: "b",
        tool_use_id: "1",
        duration_ms: 4,
        status: "ok",
        classification: "",
        iteration: 0,
      },
      {
        type: "tool_execution",
        tool_name: "a",
        tool_use_id: "2",
        duration_ms: 3,
        status: "ok",
        classification: "",
        iteration: 0,
      },
      {
        type: "tool_execution",
        tool_name: "b",
        tool_use_id: "3",
        duration_ms: 1,
        status: "ok",
        classification: "",
        iteration: 1,
      },
      { type: "tool_rejected", tool_name: "x", reason: "no", iteration: 1 },
      { type: "loop_intervention", tool_name: "x", kind: "warn", count: 2, iteration: 1 },
      { type: "context_compaction", archived_messages: 3, new_summary_len: 4, iteration: 1 },
      { type: "phase_change", from_phase: "a", to_phase: "b", iteration: 1 },
      { type: "schema_retry", attempt: 1, errors: [], nudge_used: true, correction_prompt: "" },
      {
        type: "native_tool_fallback",
        iteration: 1,
        accepted: false,
        policy: "reject",
        fallback_index: 1,
        tool_call_count: 1,
      },
      {
        type: "native_tool_fallback",
        iteration: 1,
        accepted: true,
        policy: "allow",
        fallback_index: 2,
        tool_call_count: 1,
      },
      { type: "empty_completion_retry", iteration: 1, attempt: 1, error: "e" },
      {
        type: "loop_complete",
        status: "done",
        iterations: 2,
        total_duration_ms: 30,
        tools_used: [],
        successful_tools: [],
      },
    ];
    expect(summarizeAgentTrace(events)).toEqual({
      status: "done",
      iterations: 2,
      total_duration_ms: 30,
      llm_calls: 1,
      tool_executions: 3,
      tool_rejections: 1,
      interventions: 1,
      compactions: 1,
      native_text_tool_fallbacks: 2,
      native_text_tool_fallback_rejections: 1,
      empty_completion_retries: 1,
      total_input_tokens: 5,
      total_output_tokens: 2,
      total_llm_duration_ms: 9,
      total_tool_duration_ms: 8,
      tools_used: ["b", "a"],
    });
    expect(createTraceLog().summary()).toMatchObject({ status: "unknown", llm_calls: 0 });
  });

  test("TRACE-08 an answer with tokens but no content, before its retry", async () => {
    const empty = new ModelError("m reported completion_tokens=3 but delivered no content", {
      category: "server_error",
      kind: "transient",
      reason: "empty_completion",
      provider: "fake",
      model: "m",
    });
    const { call, context } = setup(fakeScript(fakeStream([{ kind: "fail", error: empty }]), fakeStream(["ok"])));
    await call({ llm_retries: 1 });
    expect(context.trace.events()[0]).toEqual({
      type: "empty_completion_retry",
      iteration: 0,
      attempt: 1,
      error: empty.message,
    });
  });
});

describe("TRACE-06 spans and notices", () => {
  function recordingTracer() {
    const spans: Record<string, unknown>[] = [];
    const tracer: Tracer = {
      startSpan(name, attributes) {
        const span: Record<string, unknown> = { name, ...attributes };
        spans.push(span);
        return {
          set: (more) => void Object.assign(span, more),
          event() {},
          end: (status, message) => void Object.assign(span, { end: status, message }),
        };
      },
    };
    return { spans, tracer };
  }

  test("every attempt has a span with the GenAI names and how it ended", async () => {
    const { spans, tracer } = recordingTracer();
    const catalog: CatalogView = { ...openCatalog("fake"), rates: () => ({ input: 1e6, output: 1e6 }) };
    const { call } = setup(fakeScript(fakeError("overloaded", "busy, key sk-abcdefghijklmnop"), ...answer().turns), {
      tracer,
      catalog,
    });
    await call({ llm_retries: 1, temperature: 0.5, max_tokens: 9, fallback_chain: "" });
    expect(spans).toMatchObject([
      {
        name: "chat m",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "fake",
        "gen_ai.request.model": "m",
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.temperature": 0.5,
        "harn.prompt_chars": 5,
        "harn.route_policy": "manual",
        "harn.fallback_chain": [],
        "harn.attempt": 0,
        "harn.status": "retrying",
        "error.type": "overloaded",
        end: "error",
        message: "busy, key sk-[redacted]",
      },
      {
        "harn.attempt": 1,
        "harn.status": "ok",
        "gen_ai.response.model": "m",
        "gen_ai.response.finish_reasons": ["end_turn"],
        "gen_ai.usage.input_tokens": 5,
        "gen_ai.usage.output_tokens": 2,
        "harn.usage.exact": true,
        "harn.cost_usd": 7,
        end: "ok",
      },
    ]);
    expect(spans[0]?.["harn.call_id"]).not.toBe(spans[1]?.["harn.call_id"]);
  });

  test.each([
    [fakeError("overloaded", "x"), 0, "retries_exhausted"],
    [fakeError("auth", "x"), 3, "error"],
  ])("a last failure: %o with %i retries is %s", async (turn, llm_retries, status) => {
    const { spans, tracer } = recordingTracer();
    const { context, host } = setup(fakeScript(turn), { tracer });
    await host.drive(llmCallSafe(context, "x", null, { model: "m", llm_retries }));
    expect(spans).toMatchObject([{ "harn.status": status, end: "error" }]);
  });

  test("a host is told start, progress and end", async () => {
    const notices: unknown[] = [];
    const observer = {
      callStart: (_id: string, data: JsonObject) => void notices.push(["start", data]),
      callProgress: (_id: string, delta: string, count: number, visible: boolean) =>
        void notices.push(["progress", delta, count, visible]),
      callEnd: (_id: string, _ms: number, status: string, data: JsonObject) => void notices.push(["end", status, data]),
    };
    const { call } = setup(fakeScript(fakeStream(["a", "b"])), { observer });
    await call({ user_visible: true });
    expect(notices).toEqual([
      ["start", { model: "m", provider: "fake", prompt_chars: 5, stream_publicly: true, user_visible: true }],
      ["progress", "a", 1, true],
      ["progress", "b", 2, true],
      ["end", "ok", { model: "m", input_tokens: expect.any(Number), output_tokens: 0, user_visible: true }],
    ]);
  });

  test("an OpenTelemetry tracer can be handed in", () => {
    const calls: unknown[] = [];
    const tracer = otelTracer({
      startSpan: (name, options) => {
        calls.push(["start", name, options]);
        return {
          setAttributes: (attributes) => calls.push(["set", attributes]),
          addEvent: (event, attributes) => calls.push(["event", event, attributes]),
          setStatus: (status) => calls.push(["status", status]),
          end: () => void calls.push(["end"]),
        };
      },
    });
    const span = tracer.startSpan("chat m", { a: 1, b: undefined });
    span.set({ c: ["x"] });
    span.event("e");
    span.end("error", "why");
    expect(calls).toEqual([
      ["start", "chat m", { kind: 2, attributes: { a: 1 } }],
      ["set", { c: ["x"] }],
      ["event", "e", {}],
      ["status", { code: 2, message: "why" }],
      ["end"],
    ]);
  });
});

describe("TRACE-07 the transcript log", () => {
  const readLines = async (host: ReturnType<typeof createVirtualHost>, path: string): Promise<JsonObject[]> => {
    const text = new TextDecoder().decode(await host.perform("fs.read", { path }));
    return text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as JsonObject);
  };

  test("system prompt and tools when they change, a request and a response per call", async () => {
    const { context, host } = setup(
      fakeScript(...answer().turns, ...answer().turns, ...answer().turns),
      {},
      {
        HARN_LLM_TRANSCRIPT_DIR: "logs",
      },
    );
    const call = (system: string) => host.drive(llmCall(context, "hello", system, { model: "m" }));
    await call("one");
    await call("one");
    await call("two");
    await host.drive(context.transcript?.flush() ?? Promise.resolve());
    const lines = await readLines(host, "logs/llm_transcript.jsonl");
    expect(lines.map((line) => line["type"])).toEqual([
      "system_prompt",
      "tool_schemas",
      "provider_call_request",
      "provider_call_response",
      "provider_call_request",
      "provider_call_response",
      "system_prompt",
      "provider_call_request",
      "provider_call_response",
    ]);
    expect(lines[0]).toEqual({ type: "system_prompt", timestamp: "1700000000.123", content: "one" });
    expect(lines[2]).toMatchObject({ model: "m", provider: "fake", message_count: 1, tool_format: "native" });
    expect(lines[3]).toMatchObject({ text: "Hi", input_tokens: 5, output_tokens: 2, call_id: lines[2]?.["call_id"] });
  });

  test("without the variable there is no log", () => {
    const logIn = (host: Host) => transcriptLogFromEnv(host, createEnvSettings(host));
    expect(logIn(createVirtualHost())).toBeUndefined();
    expect(logIn(createVirtualHost({ env: { HARN_LLM_TRANSCRIPT_DIR: "" } }))).toBeUndefined();
  });

  test("secrets do not reach the file", async () => {
    const host = createVirtualHost();
    const log = createTranscriptLog(host, "logs", ["hunter2-hunter2"]);
    log.write("message", { content: "key sk-ant-abcdefghijkl and hunter2-hunter2" });
    await log.flush();
    const [line] = await readLines(host, "logs/llm_transcript.jsonl");
    expect(line?.["content"]).toBe("key sk-ant-[redacted] and [redacted]");
  });

  test("a full disk costs lines, one warning, and never a call", async () => {
    const inner = createVirtualHost();
    const host = withFaults(inner, [{ effect: "fs.write", error: "no_space" }]);
    const log = createTranscriptLog(host, "logs");
    log.write("message", { content: "a" });
    await log.flush();
    log.write("message", { content: "b" });
    await log.flush();
    expect(inner.logs.map((entry) => entry.message)).toEqual([
      expect.stringContaining("Could not write logs/llm_transcript.jsonl"),
    ]);
  });
});

test("redaction: key shapes, known secrets, credential fields", () => {
  const value = {
    headers: { Authorization: "Bearer abcdefghijkl", "x-api-key": "k", accept: "json" },
    url: "https://api.test/v1?key=abcdef&x=1",
    list: ["my secret-value here", 7, null],
  };
  expect(redact(value, ["secret-value"])).toEqual({
    headers: { Authorization: "[redacted]", "x-api-key": "[redacted]", accept: "json" },
    url: "https://api.test/v1?key=[redacted]&x=1",
    list: ["my [redacted] here", 7, null],
  });
});
