import { describe, expect, test } from "vitest";
import { CancelToken, HostError, type JsonObject } from "../../base/index.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { createFakeModel } from "../fake/fake-model.ts";
import { type FakeScript, fakeError, fakeScript, fakeStream } from "../fake/fake-script.ts";
import type { ModelClient } from "../spec/model.ts";
import type { ErrorCategory } from "../spec/model-error.ts";
import { type CatalogView, openCatalog } from "./catalog-view.ts";
import { llmCall, llmCallSafe } from "./llm-call.ts";
import { createLlmContext, type LlmContextParts } from "./llm-context.ts";

function setup(script: FakeScript, parts: Partial<LlmContextParts> = {}) {
  const host = createVirtualHost();
  const model = createFakeModel(host, script);
  const context = createLlmContext({ host, clients: model, ...parts });
  const call = (options: object = {}) => host.drive(llmCallSafe(context, "x", null, { model: "m", ...options }));
  return { host, model, context, call };
}

const failing = (category: ErrorCategory, times: number) =>
  fakeScript(...Array.from({ length: times }, () => fakeError(category, "no")), fakeStream(["ok"]));

describe("transient retries", () => {
  test("CALL-07 CALL-08 OPT-16 a call fails fast unless it asks", async () => {
    const { call, model } = setup(failing("server_error", 1));
    expect(await call()).toMatchObject({ ok: false, error: { category: "server_error" } });
    expect(model.calls).toHaveLength(1);
  });

  test.each(["timeout", "rate_limit", "overloaded", "server_error", "transient_network"] as const)(
    "ERR-11 %s is retried",
    async (category) => {
      const { call, model } = setup(failing(category, 2));
      expect(await call({ llm_retries: 2, llm_backoff_ms: 0 })).toMatchObject({ ok: true });
      expect(model.calls).toHaveLength(3);
    },
  );

  test.each(["auth", "not_found", "schema_validation", "cancelled", "budget_exceeded", "generic"] as const)(
    "ERR-11 %s is not",
    async (category) => {
      const { call, model } = setup(failing(category, 1));
      expect(await call({ llm_retries: 5 })).toMatchObject({ ok: false, error: { category } });
      expect(model.calls).toHaveLength(1);
    },
  );

  test("a stream that was cut is retried, and the whole answer is the second one", async () => {
    const { call } = setup(fakeScript(fakeStream(["Half", { kind: "cut" }]), fakeStream(["Whole"])));
    expect(await call({ llm_retries: 1, llm_backoff_ms: 0 })).toMatchObject({ response: { text: "Whole" } });
  });

  test.each([
    ["nobody saw it", false, 2],
    ["it was shown", true, 1],
  ])("an answer that was cut when the process stopped: %s", async (_name, shown, calls) => {
    const { context, host } = setup(fakeScript());
    let asked = 0;
    const interrupted = new HostError("connection_reset", "model.stream", "cut", { data: { interrupted: true } });
    const client: ModelClient = {
      provider: "fake",
      async *stream() {
        yield { type: "text-delta", messageId: "m", delta: "half " };
        if (++asked === 1) throw interrupted;
        yield { type: "done", stopReason: "end_turn" };
      },
    };
    const cut = createLlmContext({ ...context, clients: client });
    const answer = await host.drive(llmCallSafe(cut, "x", null, { model: "m" }, shown ? { onChunk: () => {} } : {}));
    expect(asked).toBe(calls);
    expect(answer).toMatchObject(
      shown ? { error: { category: "transient_network" } } : { response: { text: "half " } },
    );
  });

  test("CALL-07 the last failure is thrown when the budget is used up", async () => {
    const { call, model } = setup(
      fakeScript(fakeError("server_error", "first"), fakeError("server_error", "second"), fakeStream(["never"])),
    );
    expect(await call({ llm_retries: 1, llm_backoff_ms: 0 })).toMatchObject({ error: { message: "second" } });
    expect(model.remainingTurns).toBe(1);
  });

  test("ERR-12 the wait doubles from twice the base up to sixteen times", async () => {
    const { call, host } = setup(failing("server_error", 6));
    await call({ llm_retries: 6, llm_backoff_ms: 100 });
    expect(host.clock.elapsedMs).toBe(200 + 400 + 800 + 1600 + 1600 + 1600);
  });

  test("ERR-12 a hint of the server is followed", async () => {
    const { call, host } = setup(
      fakeScript(fakeError("rate_limit", "slow").withRetryAfterMs(7000), fakeStream(["ok"])),
    );
    await call({ llm_retries: 1, llm_backoff_ms: 100 });
    expect(host.clock.elapsedMs).toBe(7000);
  });

  test("ERR-12 MOCK-14 mocked answers do not wait", async () => {
    const host = createVirtualHost();
    const model = createFakeModel(host, failing("server_error", 2));
    const mock = { intercepts: () => true, active: true, client: model };
    const context = createLlmContext({ host, clients: { provider: () => undefined, mock } });
    await host.drive(llmCall(context, "x", null, { model: "m", llm_retries: 2 }));
    expect(host.clock.elapsedMs).toBe(0);
  });

  test("CALL-07 each schema retry starts with a full transient budget", async () => {
    const { call, model } = setup(
      fakeScript(
        fakeError("server_error", "1"),
        fakeStream(["no json"]),
        fakeError("server_error", "2"),
        fakeStream(['{"a":1}']),
      ),
    );
    const options = { llm_retries: 1, llm_backoff_ms: 0, response_format: "json", schema_retries: 1 };
    expect(await call(options)).toMatchObject({ response: { data: { a: 1 } } });
    expect(model.calls).toHaveLength(4);
  });

  test("CALL-11 a permit per attempt, a call id per attempt", async () => {
    const { host, context } = setup(failing("server_error", 1), { rateLimits: { fake: 1 } });
    const ids: string[] = [];
    const observer = { callStart: (id: string) => void ids.push(id), callProgress() {}, callEnd() {} };
    const watched = createLlmContext({ ...context, observer });
    await host.drive(llmCall(watched, "x", null, { model: "m", llm_retries: 1, llm_backoff_ms: 0 }));
    expect(host.clock.elapsedMs).toBe(60_000);
    expect(new Set(ids).size).toBe(2);
  });

  test("cancelling ends the wait between attempts", async () => {
    const { context, host, model } = setup(failing("server_error", 3));
    const token = new CancelToken();
    const options = { model: "m", llm_retries: 3, llm_backoff_ms: 60_000 };
    const running = llmCallSafe(context, "x", null, options, { signal: token });
    await host.settle();
    token.cancel("stop");
    expect(await running).toMatchObject({ error: { category: "cancelled" } });
    expect(model.calls).toHaveLength(1);
    expect(host.clock.pending).toBe(0);
  });

  test("every retry is logged", async () => {
    const { call, host } = setup(failing("server_error", 1));
    await call({ llm_retries: 1 });
    expect(host.logs.filter((entry) => entry.level === "warn").map((entry) => entry.message)).toEqual([
      "llm: call failed (no), retrying in 500ms (attempt 1/1)",
    ]);
  });
});

describe("PROV-08 fallback providers", () => {
  const world = (scripts: Record<string, FakeScript>, over: Partial<CatalogView> = {}) => {
    const host = createVirtualHost();
    const models = Object.fromEntries(
      Object.entries(scripts).map(([name, script]) => [name, createFakeModel(host, script)]),
    );
    const context = createLlmContext({
      host,
      clients: { provider: (name) => models[name] },
      catalog: { ...openCatalog("a"), ...over },
    });
    const call = async (options: object = {}) => {
      const safe = await host.drive(llmCallSafe(context, "x", null, { provider: "a", model: "m", ...options }));
      return safe["ok"] ? (safe["response"] as JsonObject)["text"] : (safe["error"] as JsonObject)["message"];
    };
    return { call, models, context, host };
  };
  const down = (message: string) => fakeScript(fakeError("server_error", message));
  const up = (text: string) => fakeScript(fakeStream([text]));

  test("the names in order, then the configured one; the primary is never repeated", async () => {
    const fallbackProvider = () => "d";
    const { call, models } = world({ a: down("a"), b: down("b"), c: down("c"), d: up("from d") }, { fallbackProvider });
    expect(await call({ fallback_chain: "b,a,c,b" })).toBe("from d");
    expect(Object.values(models).map((model) => model.calls.length)).toEqual([1, 1, 1, 1]);
    expect(models["d"]?.calls[0]).toMatchObject({ provider: "d", model: "m" });
  });

  test("if nobody helps, the first failure is what the caller sees", async () => {
    const { call } = world({ a: down("primary"), b: down("secondary") });
    expect(await call({ fallback_chain: ["b", "unknown"] })).toBe("primary");
  });

  test("providers without a key are passed over", async () => {
    const keyProblem = (name: string) => (name === "b" ? "no key" : undefined);
    const { call, models } = world({ a: down("a"), b: up("from b"), c: up("from c") }, { keyProblem });
    expect(await call({ fallback_chain: "b,c" })).toBe("from c");
    expect(models["b"]?.calls).toHaveLength(0);
  });

  test("neither cancelling nor an empty purse goes round the providers", async () => {
    const { call, models } = world({
      a: fakeScript(fakeError("cancelled", "stop"), fakeError("budget_exceeded", "broke")),
      b: up("never"),
    });
    expect(await call({ fallback_chain: "b" })).toBe("stop");
    expect(await call({ fallback_chain: "b" })).toBe("broke");
    expect(models["b"]?.calls).toHaveLength(0);
  });

  test("each retry goes round them again", async () => {
    const { call } = world({
      a: fakeScript(fakeError("server_error", "1"), fakeError("server_error", "2")),
      b: fakeScript(fakeError("auth", "b"), fakeStream(["at last"])),
    });
    expect(await call({ fallback_chain: "b", llm_retries: 1, llm_backoff_ms: 0 })).toBe("at last");
  });
});
