import { describe, expect, test } from "vitest";
import { CancelToken, type JsonObject } from "../../base/index.ts";
import { countResources, createVirtualHost } from "../../testing/index.ts";
import { type CatalogView, openCatalog } from "../call/catalog-view.ts";
import type { LlmCallError } from "../call/error-dict.ts";
import { llmCall } from "../call/llm-call.ts";
import { createLlmContext, type LlmContextParts } from "../call/llm-context.ts";
import { createFakeModel } from "../fake/fake-model.ts";
import { type FakeEvent, type FakeScript, fakeDone, fakeError, fakeScript, fakeStream } from "../fake/fake-script.ts";
import { type ErrorCategory, ModelError } from "../spec/model-error.ts";
import { failureMovesOn } from "./route-call.ts";
import { decodeRoutingPolicy, routingPolicyValue } from "./routing-policy.ts";

const priced: Partial<CatalogView> = {
  rates: (_provider, model) => (model === "cheap" ? { input: 0, output: 0 } : { input: 1e6, output: 1e6 }),
  latencyP50Ms: () => 100,
};

function setup(
  scripts: Record<string, FakeScript>,
  parts: Partial<LlmContextParts> = {},
  catalog: Partial<CatalogView> = {},
) {
  const inner = createVirtualHost();
  const { host, live } = countResources(inner);
  const models = Object.fromEntries(
    Object.entries(scripts).map(([name, script]) => [name, createFakeModel(host, script)]),
  );
  const context = createLlmContext({
    host,
    clients: { provider: (name) => models[name] },
    catalog: { ...openCatalog("a"), ...catalog },
    ...parts,
  });
  const call = async (policy: JsonObject, options: object = {}, signal?: CancelToken) =>
    inner.drive(
      llmCall(
        context,
        "word",
        null,
        { routing: routingPolicyValue(policy), max_tokens: 4, ...options },
        signal === undefined ? {} : { signal },
      ),
    );
  const fails = async (policy: JsonObject, options: object = {}, signal?: CancelToken) =>
    (await call(policy, options, signal).then(
      () => expect.unreachable(),
      (error: unknown) => error,
    )) as LlmCallError;
  const counts = () => Object.fromEntries(Object.entries(models).map(([name, model]) => [name, model.calls.length]));
  return { host: inner, live, models, context, call, fails, counts };
}

const up = (text: string, ...events: FakeEvent[]) => fakeScript(fakeStream([...events, text]));
const down = (category: ErrorCategory = "server_error") => fakeScript(fakeError(category, `${category}!`));
const stall = (ms: number): FakeEvent => ({ kind: "stall", ms });
const routing = (result: JsonObject) => result["routing"] as JsonObject & { attempts: readonly JsonObject[] };
const chain = ["a:x", "b:y", "c:z"];

describe("the policy value", () => {
  test("ROUTE-04 ROUTE-05 ROUTE-06 defaults", () => {
    expect(
      decodeRoutingPolicy({ chain: ["a:x", { provider: "b", model: "y:z", timeout_ms: 1500, region: "eu" }] }),
    ).toEqual({
      label: "routing_policy(chain=2)",
      chain: [
        { provider: "a", model: "x", label: "a:x" },
        { provider: "b", model: "y:z", label: "b:y:z", timeoutMs: 1500, region: "eu" },
      ],
      failover: { maxAttempts: 2 },
    });
  });

  test("ROUTE-04 a value is plain data and reads back", () => {
    const value = routingPolicyValue({ chain, failover: { max_attempts: 2 }, label: "L" });
    expect(value["_type"]).toBe("routing_policy");
    expect(decodeRoutingPolicy(JSON.parse(JSON.stringify(value)))).toMatchObject({
      label: "L",
      failover: { maxAttempts: 2 },
    });
  });

  test.each([
    [7, "expected a dict"],
    [{}, "`chain` must be a non-empty list"],
    [{ chain: [] }, "`chain` must be a non-empty list"],
    [{ chain: ["x"] }, '`chain[0]` must be "provider:model", found "x"'],
    [{ chain: [{ provider: "a" }] }, "`chain[0].model` must be a non-empty string"],
    [{ chain: [{ provider: "a", model: "m", timeout_ms: 0 }] }, "`chain[0].timeout_ms` must be a positive integer"],
    [{ chain, failover: 3 }, "`failover` must be a dict"],
    [{ chain, failover: { on_status: [99] } }, "takes HTTP statuses (100 to 599), found 99"],
    [{ chain, failover: { on_status: 500 } }, "`failover.on_status` must be a list"],
    [{ chain, failover: { max_attempts: 0 } }, "`failover.max_attempts` must be an integer of at least 1"],
    [{ chain, failover: { on_error_kinds: ["bad luck"] } }, 'takes error categories, found "bad luck"'],
    [{ chain, budget: { on_exceed: "cry" } }, '`budget.on_exceed` must be "abort", "skip" or "warn", found "cry"'],
    [{ chain, budget: { per_call_usd: -1 } }, "budget.per_call_usd: expected a non-negative finite number"],
    [{ chain, latency: { race_after_ms: "soon" } }, "`latency.race_after_ms` must be a positive integer"],
    [{ chain, escalate_on: [3] }, "`escalate_on` must be a verifier name"],
    [{ chain, label: 3 }, "`label` must be a string"],
  ])("ROUTE-05 ROUTE-06 %j is an error", (config, message) => {
    expect(() => routingPolicyValue(config)).toThrow(message);
  });

  test("ROUTE-07 ROUTE-10 aliases", () => {
    const { failover, budget } = decodeRoutingPolicy({
      chain,
      failover: { on_error_kinds: ["network", "provider_5xx", "rate_limited", "auth"] },
      budget: { on_exceed: "downgrade" },
    });
    expect(failover.onErrorKinds).toEqual(["transient_network", "server_error", "rate_limit", "auth"]);
    expect(budget?.onExceed).toBe("skip");
  });
});

describe("failover", () => {
  test("ROUTE-01 ROUTE-02 ROUTE-03 RES-09 the first link that answers wins", async () => {
    const { call, counts } = setup({ a: down(), b: up("from b"), c: up("never") });
    const result = await call({ chain, label: "L" });
    expect(result).toMatchObject({ text: "from b", provider: "b", model: "y" });
    expect(routing(result)).toMatchObject({ policy: "L", selected: 2, session_cost_usd: 0 });
    expect(counts()).toEqual({ a: 1, b: 1, c: 0 });
  });

  test("ROUTE-13 what each attempt tells", async () => {
    const { call } = setup(
      {
        a: fakeScript(
          fakeStream([
            {
              kind: "fail",
              error: new ModelError("busy", {
                category: "overloaded",
                kind: "transient",
                reason: "server_error",
                status: 503,
                provider: "a",
                model: "x",
              }),
            },
          ]),
        ),
        b: fakeScript(fakeStream(["ok", fakeDone("end_turn", { inputTokens: 5, outputTokens: 2 })])),
      },
      {},
      priced,
    );
    expect(routing(await call({ chain: ["a:x", { provider: "b", model: "y", label: "backup" }] })).attempts).toEqual([
      {
        index: 1,
        provider: "a",
        model: "x",
        label: "a:x",
        status: "failed",
        duration_ms: 0,
        error: { category: "overloaded", message: "busy", status: 503 },
      },
      {
        index: 2,
        provider: "b",
        model: "y",
        label: "backup",
        status: "succeeded",
        duration_ms: 0,
        cost_usd: 7,
        input_tokens: 5,
        output_tokens: 2,
      },
    ]);
  });

  const error = (category: ErrorCategory, status?: number) =>
    new ModelError("x", {
      category,
      kind: "transient",
      reason: "unknown",
      provider: "p",
      model: "m",
      ...(status === undefined ? {} : { status }),
    });

  test.each([
    ["ROUTE-08 transient categories move on by default", {}, error("timeout"), true],
    ["ROUTE-08 default statuses move on", {}, error("generic", 502), true],
    ["ROUTE-08 others end the chain", {}, error("auth", 401), false],
    ["ROUTE-07 a listed status", { onStatus: [418] }, error("generic", 418), true],
    ["ROUTE-07 explicit rules replace the default", { onStatus: [418] }, error("server_error", 500), false],
    ["ROUTE-07 a timeout, when timeouts are named", { onTimeoutMs: 5 }, error("timeout"), true],
    ["ROUTE-07 a timeout, when only kinds are", { onErrorKinds: ["auth"] as const }, error("timeout"), false],
    ["ROUTE-07 a listed kind", { onErrorKinds: ["auth"] as const }, error("auth"), true],
  ])("%s", (_name, rules, failure, expected) => {
    expect(failureMovesOn(failure, { maxAttempts: 3, ...rules })).toBe(expected);
  });

  test("ROUTE-08 a terminal failure ends the chain at once", async () => {
    const { fails, counts } = setup({ a: down("auth"), b: up("never") });
    expect((await fails({ chain: ["a:x", "b:y"] })).dict).toMatchObject({ category: "auth" });
    expect(counts()).toEqual({ a: 1, b: 0 });
  });

  test("ROUTE-06 max_attempts", async () => {
    const { fails, counts } = setup({ a: down(), b: down(), c: up("never") });
    await fails({ chain, failover: { max_attempts: 2 } });
    expect(counts()).toEqual({ a: 1, b: 1, c: 0 });
  });

  test("ROUTE-15 CALL-03 the last error is thrown, with the provider and model resolved before routing", async () => {
    const { fails, host } = setup({ a: down("timeout"), b: down("overloaded") });
    expect((await fails({ chain: ["a:x", "b:y"] }, { provider: "a", model: "orig" })).dict).toMatchObject({
      category: "overloaded",
      provider: "a",
      model: "orig",
    });
    expect(host.logs.some((entry) => entry.message === "llm.routing.exhausted")).toBe(true);
  });

  test("ROUTE-09 links are tried once, with their own clock and without fallbacks", async () => {
    const { call, models, counts, host } = setup({
      a: fakeScript(fakeStream([stall(60_000), "late"])),
      b: up("ok"),
      z: up("never"),
    });
    const policy = { chain: [{ provider: "a", model: "x", timeout_ms: 2999 }, "b:y"] };
    await call(policy, { llm_retries: 5, fallback_chain: "z" });
    expect(host.clock.elapsedMs).toBe(2000);
    expect(models["a"]?.calls[0]?.input.timeoutMs).toBe(2000);
    expect(counts()).toEqual({ a: 1, b: 1, z: 0 });
  });

  test("ROUTE-09 a wished time below a second is one second", async () => {
    const { fails, host } = setup({ a: fakeScript(fakeStream([stall(60_000), "late"])) });
    await fails({ chain: ["a:x"], failover: { on_timeout_ms: 20 } });
    expect(host.clock.elapsedMs).toBe(1000);
  });

  test("cancelling ends the chain", async () => {
    const { host, models, fails } = setup({ a: fakeScript(fakeStream([stall(1e6), "x"])), b: up("never") });
    const token = new CancelToken();
    const failing = fails({ chain: ["a:x", "b:y"] }, {}, token);
    void host.perform("sleep", { ms: 10 }).then(() => token.cancel("stop"));
    expect((await failing).dict["category"]).toBe("cancelled");
    expect(models["b"]?.calls).toHaveLength(0);
    expect(host.clock.pending).toBe(0);
  });
});

describe("races", () => {
  const race = (over: object = {}) => ({ chain, latency: { race_after_ms: 1000 }, ...over });

  test("ROUTE-11 a slow primary is raced; the first to finish wins, the loser is cancelled and charged", async () => {
    const { call, host, live, context } = setup(
      { a: fakeScript(fakeStream(["abcd", stall(60_000), "never"])), b: up("quick", stall(500)), c: up("never") },
      {},
      priced,
    );
    const result = await call(race());
    expect(result["text"]).toBe("quick");
    expect(host.clock.elapsedMs).toBe(1500);
    expect(routing(result).attempts).toMatchObject([
      { index: 1, status: "race_lost", duration_ms: 1500, output_tokens: 1 },
      { index: 2, status: "succeeded", duration_ms: 500 },
    ]);
    expect(routing(result)["selected"]).toBe(2);
    // The loser's input (5) and the one token it sent are paid; the winner's own count is its input bytes.
    expect(context.ledger.spentUsd).toBeGreaterThan(6);
    expect(context.ledger.reservedUsd).toBe(0);
    await host.settle();
    expect(live()).toEqual({ effects: 0, streams: 0, listeners: 0 });
  });

  test("ROUTE-11 a primary that answers in time is not raced", async () => {
    const { call, counts, host } = setup({ a: up("in time", stall(900)), b: up("never") });
    expect((await call(race({ chain: ["a:x", "b:y"] })))["text"]).toBe("in time");
    expect(counts()).toEqual({ a: 1, b: 0 });
    expect(host.clock.pending).toBe(0);
  });

  test("ROUTE-11 the primary can still win", async () => {
    const { call } = setup({ a: up("slow but first", stall(1200)), b: up("later", stall(9000)), c: up("never") });
    const result = await call(race());
    expect(result["text"]).toBe("slow but first");
    expect(routing(result).attempts.map((attempt) => attempt["status"])).toEqual(["succeeded", "race_lost"]);
  });

  test("ROUTE-11 ROUTE-12 an error wins too, and a started race consumes two attempts", async () => {
    const { call, counts } = setup({
      a: fakeScript(fakeStream([stall(1100), { kind: "cut" }])),
      b: up("cancelled", stall(60_000)),
      c: up("third"),
    });
    const result = await call(race());
    expect(result["text"]).toBe("third");
    expect(routing(result).attempts.map((attempt) => attempt["status"])).toEqual(["failed", "race_lost", "succeeded"]);
    expect(counts()).toEqual({ a: 1, b: 1, c: 1 });
    const short = setup({
      a: fakeScript(fakeStream([stall(1100), { kind: "cut" }])),
      b: up("cancelled", stall(60_000)),
      c: up("never"),
    });
    await short.fails(race({ failover: { max_attempts: 2 } }));
    expect(short.counts()["c"]).toBe(0);
  });

  test("ROUTE-11 no race without a second slot", async () => {
    const { fails, counts } = setup({ a: fakeScript(fakeStream([stall(5000), { kind: "cut" }])), b: up("never") });
    await fails(race({ chain: ["a:x", "b:y"], failover: { max_attempts: 1 } }));
    expect(counts()).toEqual({ a: 1, b: 0 });
  });

  test("ROUTE-12 a race ends after the primary's timeout plus the delay, counted from the backup's start", async () => {
    const forever = () => fakeScript(fakeStream([stall(1e7), "never"]));
    const { fails, host } = setup({ a: forever(), b: forever() });
    const policy = { chain: ["a:x", "b:y"], latency: { race_after_ms: 1000 } };
    const failure = await fails(policy, { idle_timeout: 9999 });
    expect(failure.dict["message"]).toBe("routing_policy: race exhausted both primary and backup attempts");
    expect(host.clock.elapsedMs).toBe(1000 + 120_000 + 1000);
    expect(host.clock.pending).toBe(0);
  });

  test("ROUTE-14 events", async () => {
    const { call, host } = setup({ a: up("late", stall(60_000)), b: up("quick") });
    await call({ chain: ["a:x", "b:y"], latency: { race_after_ms: 1000 } });
    const events = host.logs.flatMap((entry) => entry.message.split("llm.routing.")[1] ?? []);
    expect(events).toEqual(["decision", "race_started", "attempt", "race_lost", "race_won", "attempt"]);
  });
});

describe("budgets", () => {
  const pair = ["a:dear", "b:cheap"];
  const scripts = () => ({ a: up("dear"), b: up("cheap") });

  test("ROUTE-10 abort, the default, ends with the standard budget error", async () => {
    const { fails, counts } = setup(scripts(), {}, priced);
    const failure = await fails({ chain: pair, budget: { per_call_usd: 1 } });
    expect(failure.dict).toMatchObject({ category: "budget_exceeded", limit: "max_cost_usd", limit_value: 1 });
    expect(counts()).toEqual({ a: 0, b: 0 });
  });

  test("ROUTE-10 skip records a skipped attempt and moves on; skipped links are not attempts", async () => {
    const { call, counts } = setup(scripts(), {}, priced);
    const policy = { chain: pair, budget: { per_call_usd: 1, on_exceed: "skip" }, failover: { max_attempts: 1 } };
    const result = await call(policy);
    expect(result["text"]).toBe("cheap");
    expect(routing(result).attempts.map((attempt) => attempt["status"])).toEqual(["skipped", "succeeded"]);
    expect(counts()).toEqual({ a: 0, b: 1 });
  });

  test("ROUTE-10 warn proceeds", async () => {
    const { call, host } = setup(scripts(), {}, priced);
    expect((await call({ chain: pair, budget: { per_call_usd: 1, on_exceed: "warn" } }))["text"]).toBe("dear");
    expect(host.logs.some((entry) => entry.message === "llm.routing.budget_exceeded")).toBe(true);
  });

  test("ROUTE-10 the session budget counts what has been spent", async () => {
    const { call, fails } = setup(
      {
        a: fakeScript(
          fakeStream(["one", fakeDone("end_turn", { inputTokens: 5, outputTokens: 4 })]),
          fakeStream(["two"]),
        ),
      },
      {},
      priced,
    );
    const policy = { chain: ["a:dear"], budget: { session_usd: 10 } };
    expect(routing(await call(policy))["session_cost_usd"]).toBe(9);
    expect((await fails(policy)).dict).toMatchObject({ limit: "total_budget_usd", session_cost_usd: 9 });
  });

  test("the call's own budget holds as well, the stricter one wins", async () => {
    const { fails } = setup(scripts(), {}, priced);
    const failure = await fails({ chain: pair, budget: { per_call_usd: 8 } }, { max_cost_usd: 3 });
    expect(failure.dict["limit_value"]).toBe(3);
  });
});

describe("decision and verifiers", () => {
  test("ROUTE-16 one alternative per attempt, with its reason", async () => {
    const { context, host } = setup({ a: down("timeout"), b: up("ok") }, {}, priced);
    const logged = createLlmContext({ ...context, transcript: collector() });
    await host.drive(
      llmCall(logged, "q", null, { routing: routingPolicyValue({ chain: ["a:x", "b:y"], label: "L" }) }),
    );
    expect(lines.find((line) => line["policy"] === "routing_policy(L)")).toMatchObject({
      selected_provider: "b",
      selected_model: "y",
      alternatives: [
        {
          provider: "a",
          reason: "failed:timeout",
          selected: false,
          quality_tier: "mid",
          cost_per_1k_in: 1000,
          latency_p50_ms: 100,
        },
        { provider: "b", reason: "selected", selected: true },
      ],
    });
  });

  let lines: JsonObject[] = [];
  const collector = () => {
    lines = [];
    return {
      write: (_type: string, fields: JsonObject) => void lines.push(fields),
      context() {},
      flush: async () => {},
    };
  };

  test("ROUTE-17 a rejected answer is refined on the same link, then the next link is asked", async () => {
    const verifiers = {
      lint: async (result: JsonObject) => (String(result["text"]).includes("good") ? undefined : "too ugly"),
    };
    const { call, models } = setup(
      { a: fakeScript(fakeStream(["bad"]), fakeStream(["worse"])), b: up("good") },
      { verifiers },
    );
    const result = await call({ chain: ["a:x", "b:y"], escalate_on: "lint", failover: { max_attempts: 4 } });
    expect(result["text"]).toBe("good");
    expect(models["a"]?.calls[1]?.messages.at(-1)).toEqual({
      role: "user",
      content: "The lint check rejected this answer: too ugly",
    });
    expect(routing(result)["selected"]).toBe(3);
  });

  test("ROUTE-17 a rejected last candidate is still returned", async () => {
    const verifiers = { lint: async () => "never good enough" };
    const { call } = setup({ a: up("one"), b: up("two") }, { verifiers });
    const policy = { chain: ["a:x", "b:y"], escalate_on: ["lint"], max_refines_per_link: 0 };
    expect((await call(policy))["text"]).toBe("two");
  });

  test("ROUTE-17 an unknown verifier is an error", async () => {
    const { fails } = setup({ a: up("one") });
    expect((await fails({ chain: ["a:x"], escalate_on: ["typecheck"] })).dict["message"]).toContain(
      "unknown verifier `typecheck`",
    );
  });
});
