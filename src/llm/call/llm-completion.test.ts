import { expect, test } from "vitest";
import { createVirtualHost, type ScriptedHttp } from "../../testing/index.ts";
import { createModelCatalog } from "../catalog/model-catalog.ts";
import { createFakeModel } from "../fake/fake-model.ts";
import { type FakeScript, fakeError, fakeScript, fakeStream } from "../fake/fake-script.ts";
import { createProviderClients } from "../providers/model-router.ts";
import { ModelError } from "../spec/model-error.ts";
import { catalogView } from "./catalog-adapter.ts";
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

/** `llm_completion` of a real provider, with what it sent. */
function overHttp(...answers: readonly ScriptedHttp[]) {
  const rest = [...answers];
  const host = createVirtualHost({
    env: { OPENAI_API_KEY: "key-123456", ANTHROPIC_API_KEY: "key-123456" },
    http: () => rest.shift() ?? { status: 500, body: "no answer left" },
  });
  const catalog = createModelCatalog(host);
  const clients = { provider: createProviderClients(host, { catalog }) };
  const context = createLlmContext({ host, catalog: catalogView(catalog), clients });
  const sent = () => host.requests.http.map(({ url, body }) => ({ url, body: JSON.parse(body as string) as unknown }));
  return {
    sent,
    complete: (prefix: string, suffix: string | null, system: string | null, options: object) =>
      host.drive(llmCompletion(context, prefix, suffix, system, options)),
  };
}

const sse = (...events: object[]): ScriptedHttp => ({
  headers: { "content-type": "text/event-stream" },
  body: [...events.map((event) => `data: ${JSON.stringify(event)}\n\n`), "data: [DONE]\n\n"].join(""),
});
const PIECES = sse(
  { id: "cmpl-1", model: "davinci", choices: [{ text: "40", index: 0, finish_reason: null }] },
  { id: "cmpl-1", model: "davinci", choices: [{ text: " + 2", index: 0, finish_reason: "stop" }] },
  { id: "cmpl-1", model: "davinci", choices: [], usage: { prompt_tokens: 4, completion_tokens: 3 } },
);

test("COMPL-04 an OpenAI-style provider continues the text at its own endpoint", async () => {
  const { complete, sent } = overHttp(PIECES);
  const result = await complete("let x = ", ";", "be quick", {
    provider: "openai",
    model: "davinci",
    max_tokens: 50,
    temperature: 0.5,
    stop: ["\n"],
  });
  expect(result).toMatchObject({ text: "40 + 2", input_tokens: 4, output_tokens: 3, model: "davinci" });
  expect(sent()).toEqual([
    {
      url: "https://api.openai.com/v1/completions",
      body: {
        model: "davinci",
        prompt: "let x = ",
        suffix: ";",
        max_tokens: 50,
        temperature: 0.5,
        stop: ["\n"],
        stream: true,
        stream_options: { include_usage: true },
      },
    },
  ]);
});

test("COMPL-04 without streaming, and with nothing to fill in", async () => {
  const whole = (text: string): ScriptedHttp => ({
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      choices: [{ text, finish_reason: "stop" }],
      usage: { prompt_tokens: 4, completion_tokens: 1 },
    }),
  });
  const { complete, sent } = overHttp(whole("42"), whole(""));
  const options = { provider: "openai", model: "davinci", stream: false };
  expect(await complete("x", null, null, options)).toMatchObject({ text: "42" });
  expect(await complete("x", null, null, options)).toMatchObject({ text: "" });
  expect(sent()[0]?.body).not.toHaveProperty("suffix");
  expect(sent()[0]?.body).not.toHaveProperty("stream");
});

test.each<[string, string | null, object]>([
  ["raw, so that the text stays what it is", null, { prompt: "let x = ", raw: true, stream: true }],
  [
    "through the model's template when there is a suffix",
    ";",
    { prompt: "let x = ", suffix: ";", system: "be quick", stream: true },
  ],
])("COMPL-04 Ollama continues at its own endpoint, %s", async (_, suffix, expected) => {
  const lines = ['{"model":"qwen","response":"4","done":false}', '{"response":"2","done":true,"done_reason":"stop"}'];
  const { complete, sent } = overHttp({
    headers: { "content-type": "application/x-ndjson" },
    body: `${lines.join("\n")}\n`,
  });
  const result = await complete("let x = ", suffix, "be quick", { provider: "ollama", model: "qwen" });
  expect(result).toMatchObject({ text: "42" });
  expect(sent()[0]?.url).toBe("http://localhost:11434/api/generate");
  const { model, options, keep_alive, ...rest } = sent()[0]!.body as Record<string, unknown>;
  expect(rest).toEqual(expected);
  expect(model).toBe("qwen");
});

test("COMPL-04 a provider without the endpoint is asked in a conversation", async () => {
  const { complete, sent } = overHttp({
    headers: { "content-type": "application/json" },
    body: '{"content":[{"type":"text","text":"42"}],"stop_reason":"end_turn","usage":{}}',
  });
  expect(await complete("let x = ", null, null, { provider: "anthropic", model: "claude" })).toMatchObject({
    text: "42",
  });
  expect(sent()[0]).toMatchObject({
    url: "https://api.anthropic.com/v1/messages",
    body: { messages: [{ role: "user" }] },
  });
  expect(sent()[0]?.body).not.toHaveProperty("prompt");
});

test.each<[number, string]>([
  [404, '{"error":{"message":"This is a chat model and not supported in the v1/completions endpoint."}}'],
  [400, '{"error":"registry.ollama.ai/library/m does not support insert"}'],
  [405, ""],
])("COMPL-04 a model that only converses (%i) is asked in a conversation then", async (status, body) => {
  const chat = sse({ choices: [{ delta: { content: "42" }, finish_reason: "stop" }] });
  const { complete, sent } = overHttp({ status, body }, chat);
  expect(await complete("x", ";", null, { provider: "openai", model: "gpt-4o" })).toMatchObject({ text: "42" });
  expect(sent().map(({ url }) => url.replace("https://api.openai.com/v1", ""))).toEqual([
    "/completions",
    "/chat/completions",
  ]);
});

test("COMPL-03 COMPL-04 any other failure is thrown as it is", async () => {
  const { complete, sent } = overHttp({ status: 404, body: '{"error":{"message":"no such model"}}' });
  await expect(complete("x", null, null, { provider: "openai", model: "nope" })).rejects.toMatchObject({ status: 404 });
  expect(sent()).toHaveLength(1);
});
