import { describe, expect, test } from "vitest";
import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { createModelCatalog } from "../catalog/model-catalog.ts";
import { createLlmMocks } from "../mock/llm-mock.ts";
import { llmCallStructuredResult } from "../structured/structured-call.ts";
import { catalogView } from "./catalog-adapter.ts";
import { llmCall, llmCallSafe } from "./llm-call.ts";
import { llmCompletion } from "./llm-completion.ts";
import { createLlmContext } from "./llm-context.ts";

/** The upper half on the real mock and the real catalogue, as programs meet them. */
function world(...mocked: readonly Json[]) {
  const host = createVirtualHost();
  const mock = createLlmMocks();
  for (const config of mocked) mock.push(config);
  const context = createLlmContext({
    host,
    clients: { provider: () => undefined, mock },
    catalog: catalogView(createModelCatalog(host)),
  });
  const call = (prompt: unknown, options: object = {}, system?: unknown) =>
    host.drive(llmCall(context, prompt, system, { provider: "mock", ...options }));
  const safe = (prompt: unknown, options: object = {}) =>
    host.drive(llmCallSafe(context, prompt, null, { provider: "mock", ...options }));
  return { host, mock, context, call, safe };
}

describe("programs and the mock", () => {
  test("an answer, with what it tells about itself", async () => {
    const { call } = world({ text: "hi", thinking_summary: "checked", input_tokens: 7, cache_read_tokens: 3 });
    expect(await call("q")).toMatchObject({
      text: "hi",
      thinking_summary: "checked",
      input_tokens: 7,
      cache_read_tokens: 3,
    });
  });

  test("MOCK-14 queued answers stand in for every provider, without keys, gates or waiting", async () => {
    const { call, host } = world({ error: { category: "server_error", message: "HTTP 503" } }, { text: "fine" });
    const options = {
      provider: "openai",
      model: "o3",
      thinking: "high",
      vision: true,
      llm_retries: 1,
      llm_backoff_ms: 999,
    };
    expect((await call("q", options))["text"]).toBe("fine");
    expect(host.clock.elapsedMs).toBe(0);
  });

  test("MOCK-14 OPT-33 the gates are back when the queue is empty", async () => {
    const { safe } = world();
    const refused = await safe("plain", { model: "gpt-3.5-turbo", vision: true });
    expect(refused).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("option `vision` is not supported") },
    });
  });

  test("COST-05 a refused call leaves the queue and the record alone", async () => {
    const { safe, mock } = world({ text: "kept", model: "claude-opus-4-20250514" });
    const options = { model: "claude-opus-4-20250514", max_tokens: 1024, budget: { max_cost_usd: 0.0001 } };
    const error = (await safe("budget preflight", options))["error"] as JsonObject;
    expect(error).toMatchObject({ kind: "terminal", reason: "budget_exceeded", category: "budget_exceeded" });
    expect(error["projected_cost_usd"]).toBeGreaterThan(0.0001);
    expect(mock.calls()).toHaveLength(0);
    const tokens = await safe("longer than one estimated token", {
      model: "gpt-4o-mini",
      budget: { max_input_tokens: 1 },
    });
    expect(tokens).toMatchObject({ error: { limit: "max_input_tokens" } });
  });

  test("OPT-21 image blocks reach the mock as they were written", async () => {
    const { call, mock } = world({ text: "seen" });
    const content = [
      { type: "text", text: "Caption the image." },
      { type: "image", base64: "iVBORw0KGgo=", media_type: "image/png", detail: "low" },
    ];
    await call("", { model: "gpt-4o", messages: [{ role: "user", content }] });
    expect(mock.calls()[0]?.messages).toEqual([{ role: "user", content }]);
  });

  test("structural experiments show in what the mock was asked and in the transcript", async () => {
    const { call, mock } = world({ text: "a" }, { text: "b" }, { text: "c" });
    await call("alpha\n\nbeta\n\ngamma", { structural_experiment: "prompt_order_permutation(seed: 42)" });
    await call("user prompt", { structural_experiment: "inverted_system" }, "system prompt");
    const result = await call("q", { structural_experiment: { name: "tail_echo", transform: () => null } });
    expect(mock.calls()[0]?.messages[0]?.["content"]).not.toBe("alpha\n\nbeta\n\ngamma");
    expect(mock.calls()[1]).toMatchObject({ system: "user prompt", messages: [{ content: "system prompt" }] });
    const { transcript } = result;
    const events = isJsonObject(transcript) ? (transcript["events"] as readonly JsonObject[]) : [];
    expect(events.find((event) => event["kind"] === "provider_payload")?.["metadata"]).toMatchObject({
      structural_experiment: { label: "tail_echo" },
    });
  });

  test("a repair makes two calls", async () => {
    const { context, host, mock } = world({ text: '{"note":"no verdict"}' }, { text: '{"verdict":"PASS"}' });
    const schema = { type: "object", required: ["verdict"], properties: { verdict: { type: "string" } } };
    const options = { provider: "mock", retries: 0, repair: { enabled: true } };
    const result = await host.drive(llmCallStructuredResult(context, "Grade", schema, options));
    expect(result).toMatchObject({
      ok: true,
      data: { verdict: "PASS" },
      repaired: true,
      attempts: 1,
      provider: "mock",
    });
    expect(mock.calls()).toHaveLength(2);
  });

  test("SCHEMA-22 a schema in the language's dialect", async () => {
    const { call } = world({ text: '{"tags":["x"]}' });
    const schema = { type: "dict", properties: { tags: { type: "list", items: { type: "int" } } } };
    const failure = call("q", { output_schema: schema, output_validation: "error", schema_retries: 0 });
    await expect(failure).rejects.toThrow("at tags[0]: expected type 'int', got 'string'");
  });

  test("llm_completion of the mock", async () => {
    const { context, host } = world();
    const options = { provider: "mock", model_tier: "small" };
    const result = await host.drive(llmCompletion(context, "let x = ", ";", null, options));
    expect(result["text"]).toBe("Mock completion after 8 chars before 1 chars");
  });
});
