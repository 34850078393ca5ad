import { expect, test } from "vitest";
import { createVirtualHost } from "../../testing/index.ts";
import { createFakeModel } from "../fake/fake-model.ts";
import { type FakeScript, fakeError, fakeScript, fakeStream } from "../fake/fake-script.ts";
import { ModelError } from "../spec/model-error.ts";
import { llmCompletion } from "./llm-completion.ts";
import { createLlmContext, type LlmContextParts } from "./llm-context.ts";

function setup(script: FakeScript, parts: Partial<LlmContextParts> = {}) {
  const host = createVirtualHost();
  const model = createFakeModel(host, script);
  const context = createLlmContext({ host, clients: model, ...parts });
  const complete = (prefix: unknown, suffix?: unknown, system?: unknown, options: object = {}) =>
    host.drive(llmCompletion(context, prefix, suffix, system, { model: "m", ...options }));
  return { model, context, complete };
}

test("COMPL-01 COMPL-04 the mock counts characters", async () => {
  const { complete } = setup(fakeScript());
  const mock = { provider: "mock" };
  expect(await complete("let x = ", ";", null, mock)).toMatchObject({
    text: "Mock completion after 8 chars before 1 chars",
    output_tokens: 16,
    stop_reason: "stop",
    provider: "mock",
  });
  expect(await complete("héé", null, null, mock)).toMatchObject({
    text: "Mock completion after 3 chars",
    input_tokens: 5,
  });
});

test("COMPL-04 without an endpoint for completions a chat is asked for the continuation only", async () => {
  const { complete, model } = setup(fakeScript(fakeStream(["42"]), fakeStream(["42"])));
  await complete("let x = ", ";", "be quick");
  await complete("let x = ");
  const [gap, end] = model.calls;
  expect(gap?.system).toMatch(/^be quick\n\n.*missing text only/);
  expect(gap?.messages).toEqual([{ role: "user", content: expect.stringMatching(/PREFIX:\nlet x = \n\nSUFFIX:\n;/) }]);
  expect(end?.system).toContain("continuation only");
  expect(JSON.stringify(end?.messages)).not.toContain("SUFFIX");
});

test("COMPL-03 the result has no data, transcript or tools; failures are thrown raw and not retried", async () => {
  const { complete, model } = setup(fakeScript(fakeStream(['{"a":1}']), fakeError("server_error", "down")));
  const result = await complete("x", null, null, { response_format: "json" });
  expect(result["text"]).toBe('{"a":1}');
  for (const key of ["data", "transcript", "tool_calls"]) expect(result).not.toHaveProperty(key);
  const failure = await complete("x", null, null, { llm_retries: 3 }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ModelError);
  expect(model.calls).toHaveLength(2);
});

test("COMPL-02 span and trace entry", async () => {
  const spans: Record<string, unknown>[] = [];
  const tracer = {
    startSpan(name: string, attributes: object) {
      const span: Record<string, unknown> = { name, ...attributes };
      spans.push(span);
      return {
        set: (more: object) => void Object.assign(span, more),
        event() {},
        end: (status: string) => void Object.assign(span, { status }),
      };
    },
  };
  const { complete, context } = setup(fakeScript(fakeStream(["x"])), { tracer });
  context.trace.enable();
  await complete("p");
  expect(spans).toMatchObject([
    { "gen_ai.request.model": "m", "gen_ai.provider.name": "fake", "gen_ai.usage.output_tokens": 0, status: "ok" },
  ]);
  expect(context.trace.peekCalls()).toMatchObject([{ model: "m", duration_ms: 0 }]);
});
