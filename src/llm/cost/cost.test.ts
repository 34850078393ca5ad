import { describe, expect, test } from "vitest";
import { createVirtualHost } from "../../testing/index.ts";
import { layeredClient } from "../call/call-layer.ts";
import { createFakeModel } from "../fake/fake-model.ts";
import { type FakeScript, fakeDone, fakeError, fakeScript, fakeStream } from "../fake/fake-script.ts";
import type { ModelInput, Usage } from "../spec/model.ts";
import { type BudgetEnvelope, type BudgetExceededError, readBudgetEnvelope } from "./budget-envelope.ts";
import { budgetLayer, type ChargeRecord } from "./budget-layer.ts";
import { createTokenCounts, estimateInputTokens, estimateTextTokens, estimateValueTokens } from "./estimate-tokens.ts";
import {
  cacheHitRatio,
  cacheSavingsUsd,
  costOfTokens,
  costOfUsage,
  type PriceBook,
  type TokenRates,
} from "./pricing.ts";
import { budgetRemaining, llmInfo, llmUsage, sessionCost, setSessionBudget } from "./session-cost.ts";
import { createSpendLedger, type SpendLedger } from "./spend-ledger.ts";

/** A dollar per token in and out, so that costs can be read off. */
const DOLLARS: TokenRates = { input: 1e6, output: 1e6 };
const dollars: PriceBook = { rates: (_provider, model) => (model === "unknown" ? undefined : DOLLARS) };
const usage = (fields: Partial<Usage>): Usage => ({
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  exact: true,
  ...fields,
});

describe("prices", () => {
  test("COST-02 llm_cost prices by model, and 0.0 for an unknown one", () => {
    const mini: PriceBook = {
      rates: (_p, model) => (model === "gpt-4o-mini" ? { input: 0.15, output: 0.6 } : undefined),
    };
    expect(costOfTokens(mini, "gpt-4o-mini", 1000, 500)).toBeCloseTo(0.00045, 10);
    expect(costOfTokens(mini, "unknown-model", 1000, 500)).toBe(0);
  });

  test("cached tokens are priced at their own rates, whichever way they are counted", () => {
    const rates: TokenRates = { input: 10, output: 100, cacheRead: 1, cacheWrite: 12 };
    const included = usage({ inputTokens: 1000, cacheReadTokens: 400, cacheWriteTokens: 100, outputTokens: 10 });
    expect(costOfUsage(rates, included) * 1e6).toBeCloseTo(500 * 10 + 400 + 100 * 12 + 1000);
    const apart = usage({ inputTokens: 100, cacheReadTokens: 400 });
    expect(costOfUsage(rates, apart) * 1e6).toBeCloseTo(100 * 10 + 400);
    expect(costOfUsage({ input: 10, output: 0 }, included) * 1e6).toBeCloseTo(10_000);
  });

  test("COST-08 hit ratio and savings", () => {
    expect(cacheHitRatio(usage({ inputTokens: 1000, cacheReadTokens: 250 }))).toBe(0.25);
    expect(cacheHitRatio(usage({ inputTokens: 100, cacheReadTokens: 900 }))).toBe(0.9);
    expect(cacheHitRatio(usage({}))).toBe(0);
    const rates: TokenRates = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };
    expect(cacheSavingsUsd(rates, usage({ cacheReadTokens: 1000 }))).toBeCloseTo(0.0027, 10);
    expect(cacheSavingsUsd(rates, usage({ cacheWriteTokens: 1000 }))).toBeCloseTo(-0.00075, 10);
    expect(cacheSavingsUsd(undefined, usage({ cacheReadTokens: 1000 }))).toBe(0);
  });
});

describe("COST-04 projection", () => {
  test("bytes by four, rounded up per string; keys count, scalars are one", () => {
    expect(estimateTextTokens("")).toBe(0);
    expect(estimateTextTokens("abcde")).toBe(2);
    expect(estimateTextTokens("漢字")).toBe(2);
    expect(estimateValueTokens({ ab: ["abcd", 7, true, null] })).toBe(1 + 1 + 3);
  });

  test("system, messages and serialised tools; an image is not its base64", () => {
    const base: ModelInput = {
      provider: "p",
      model: "m",
      system: "abcd",
      messages: [{ role: "user", content: "abcd" }],
    };
    const plain = estimateInputTokens(base);
    expect(plain).toBe(1 + (1 + 1 + 2 + 1));
    const tool = { name: "t", description: "d", inputSchema: {} };
    expect(estimateInputTokens({ ...base, tools: [tool] })).toBe(plain + Math.ceil(JSON.stringify(tool).length / 4));
    expect(estimateInputTokens({ ...base, tools: [{ ...tool, deferred: true }] })).toBe(plain);
    const image = { kind: "image", mediaType: "image/png", base64: "A".repeat(1_000_000) } as const;
    const withImage = { ...base, messages: [{ role: "user", content: "abcd", attachments: [image] }] } as const;
    expect(estimateInputTokens(withImage)).toBeLessThan(2_000);
  });

  test("a run counts a message once, and what one run has counted is nothing to another", () => {
    let readings = 0;
    const message = {
      role: "user" as const,
      get content() {
        readings++;
        return "abcd";
      },
    };
    const input: ModelInput = { provider: "p", model: "m", messages: [message] };
    const counts = createTokenCounts();
    const first = estimateInputTokens(input, counts);
    const once = readings;
    expect(once).toBeGreaterThan(0);
    expect(estimateInputTokens({ ...input, messages: [message] }, counts)).toBe(first);
    expect(readings).toBe(once);
    expect(estimateInputTokens(input, createTokenCounts())).toBe(first);
    expect(readings).toBeGreaterThan(once);
  });
});

describe("COST-04 of a conversation that grows", () => {
  test("only what is new is read, however long it is, whoever asks", () => {
    let readings = 0;
    const say = (content: string) => ({
      role: "user" as const,
      get content() {
        readings++;
        return content;
      },
    });
    const counts = createTokenCounts();
    const messages: ReturnType<typeof say>[] = [];
    const turn = () => {
      messages.push(say("abcd"));
      readings = 0;
      const input: ModelInput = { provider: "p", model: "m", messages: [...messages] };
      const tokens = [estimateInputTokens(input, counts), estimateInputTokens(input, counts)];
      return { tokens, chars: counts.chars(input.messages), readings };
    };
    const first = turn();
    for (let at = 1; at < 2000; at++) {
      const { tokens, chars, readings: read } = turn();
      expect(tokens).toEqual(first.tokens.map((each) => each * (at + 1)));
      expect(chars).toBe(4 * (at + 1));
      expect(read).toBe(first.readings);
    }
  });

  test("a message is not counted again when the conversation has lost its beginning", () => {
    let readings = 0;
    const long = {
      role: "user" as const,
      get content() {
        readings++;
        return "abcd".repeat(100);
      },
    };
    const counts = createTokenCounts();
    const base = { provider: "p", model: "m" };
    const whole = estimateInputTokens({ ...base, messages: [{ role: "user", content: "first" }, long] }, counts);
    const once = readings;
    expect(estimateInputTokens({ ...base, messages: [long] }, counts)).toBeLessThan(whole);
    expect(readings).toBe(once);
  });
});

describe("COST-05 reading limits", () => {
  test("flat keys win over the dict; nil is absent", () => {
    const options = { budget: { max_cost_usd: 1, max_input_tokens: 5, total_budget_usd: null }, max_cost_usd: 2 };
    expect(readBudgetEnvelope(options)).toEqual({ maxCostUsd: 2, maxInputTokens: 5 });
    expect(readBudgetEnvelope({})).toBeUndefined();
  });

  test.each([
    [{ budget: 3 }, "budget: expected a dict"],
    [{ max_cost_usd: "1" }, "budget.max_cost_usd: expected a non-negative number"],
    [{ total_budget_usd: -1 }, "budget.total_budget_usd: expected a non-negative finite number"],
    [{ max_cost_usd: Number.POSITIVE_INFINITY }, "budget.max_cost_usd: expected a non-negative finite number"],
    [{ budget: { max_input_tokens: 1.5 } }, "budget.max_input_tokens: expected a non-negative integer"],
    [{ max_output_tokens: -1 }, "budget.max_output_tokens: expected a non-negative integer"],
  ])("%j", (options, message) => {
    expect(() => readBudgetEnvelope(options)).toThrow(message);
  });
});

// ---- The layer -------------------------------------------------------------------------------------------------------

const input: ModelInput = {
  provider: "fake",
  model: "m",
  // 5 projected input tokens: role, user, content (2), word
  messages: [{ role: "user", content: "word" }],
  maxTokens: 4,
};

interface RunOptions {
  readonly envelope?: BudgetEnvelope;
  readonly limitUsd?: number;
  readonly ledger?: SpendLedger;
  readonly request?: Partial<ModelInput>;
}

async function run(script: FakeScript, options: RunOptions = {}) {
  const host = createVirtualHost();
  const model = createFakeModel(host, script);
  const ledger = options.ledger ?? createSpendLedger(options.limitUsd);
  const charges: ChargeRecord[] = [];
  const layer = budgetLayer({
    host,
    ledger,
    prices: dollars,
    envelope: options.envelope,
    onCharge: (charge) => charges.push(charge),
  });
  let text = "";
  let error: BudgetExceededError | undefined;
  const read = async () => {
    for await (const chunk of layeredClient(model, [layer]).stream({ ...input, ...options.request })) {
      if (chunk.type === "text-delta") text += chunk.delta;
    }
  };
  await host.drive(
    read().catch((failure: BudgetExceededError) => {
      error = failure;
    }),
  );
  expect(ledger.reservedUsd).toBe(0);
  return { ledger, model, text, error, charges, host };
}

const answer = (outputTokens: number, ...texts: string[]) =>
  fakeScript(fakeStream([...texts, fakeDone("end_turn", { inputTokens: 5, outputTokens })]));

describe("refusals before the call", () => {
  test.each([
    ["max_input_tokens", { maxInputTokens: 4 }, "projected input tokens 5"],
    ["max_output_tokens", { maxOutputTokens: 3 }, "projected output tokens 4"],
    ["max_cost_usd", { maxCostUsd: 8.99 }, "projected cost $9.000000"],
    ["total_budget_usd", { totalBudgetUsd: 8.99 }, "projected session cost $9.000000"],
  ] as const)("COST-05 COST-06 %s", async (limit, envelope, words) => {
    const { error, model, ledger, charges } = await run(answer(1, "x"), { envelope });
    expect(error?.dict).toEqual({
      category: "budget_exceeded",
      kind: "terminal",
      reason: "budget_exceeded",
      limit,
      limit_value: Object.values(envelope)[0],
      projected_cost_usd: 9,
      session_cost_usd: 0,
      projected_input_tokens: 5,
      projected_output_tokens: 4,
      provider: "fake",
      model: "m",
      message: `LLM budget exceeded before provider call: ${words} would exceed ${limit}`,
    });
    expect(model.calls).toHaveLength(0);
    expect([ledger.spentUsd, ledger.totals.attempts, charges.length]).toEqual([0, 0, 0]);
  });

  test("COST-05 reaching a limit is allowed, and the order of checks is fixed", async () => {
    const exact = { maxInputTokens: 5, maxOutputTokens: 4, maxCostUsd: 9, totalBudgetUsd: 9 };
    expect((await run(answer(1, "x"), { envelope: exact })).error).toBeUndefined();
    const all = { maxInputTokens: 0, maxOutputTokens: 0, maxCostUsd: 0, totalBudgetUsd: 0 };
    expect((await run(answer(1, "x"), { envelope: all })).error?.dict["limit"]).toBe("max_input_tokens");
    const { maxInputTokens: _, ...later } = all;
    expect((await run(answer(1, "x"), { envelope: later })).error?.dict["limit"]).toBe("max_output_tokens");
  });

  test("COST-05 the session budget is checked last", async () => {
    const { error, model } = await run(answer(1, "x"), { limitUsd: 8 });
    expect(error?.dict).toMatchObject({ limit: "total_budget_usd", limit_value: 8 });
    expect(model.calls).toHaveLength(0);
  });

  test("what others have reserved counts as spent", async () => {
    const ledger = createSpendLedger(20);
    ledger.reserve(12);
    const { error } = await runWith(ledger);
    expect(error?.dict).toMatchObject({ reserved_cost_usd: 12, session_cost_usd: 0 });
  });

  async function runWith(ledger: SpendLedger) {
    const host = createVirtualHost();
    const model = createFakeModel(host, answer(1, "x"));
    const layer = budgetLayer({ host, ledger, prices: dollars });
    const read = async () => {
      for await (const _ of layeredClient(model, [layer]).stream(input));
    };
    const error = await host.drive(
      read().then(
        () => undefined,
        (failure: BudgetExceededError) => failure,
      ),
    );
    return { error };
  }

  test("an unpriced model under a dollar limit is told, and counted as free", async () => {
    const { host, ledger, error } = await run(answer(1, "x"), { limitUsd: 1, request: { model: "unknown" } });
    expect(error).toBeUndefined();
    expect(host.logs[0]?.message).toContain("no price is known for model `unknown`");
    expect(ledger.totals.unpriced).toBe(1);
  });
});

describe("settling", () => {
  test("COST-01 COST-03 COST-09 the real cost is booked, and shown", async () => {
    const { ledger, charges } = await run(answer(2, "hello"));
    expect(ledger.spentUsd).toBe(7);
    expect(sessionCost(ledger)).toEqual({ total_cost: 7, input_tokens: 5, output_tokens: 2, call_count: 1 });
    expect(llmUsage(ledger)).toMatchObject({ input_tokens: 5, output_tokens: 2, call_count: 1, total_calls: 1 });
    expect(charges).toMatchObject([{ outcome: "completed", costUsd: 7, usage: { exact: true } }]);
    ledger.reset();
    expect(ledger.spentUsd).toBe(0);
  });

  test("COST-03 llm_budget and llm_budget_remaining", () => {
    const ledger = createSpendLedger();
    expect(budgetRemaining(ledger)).toBeNull();
    expect(setSessionBudget(ledger, 10)).toBeNull();
    expect(budgetRemaining(ledger)).toBe(10);
    expect(() => setSessionBudget(ledger, "10")).toThrow("llm_budget: requires a numeric argument");
    expect(llmInfo({ provider: "p", model: "m", keySet: false })).toEqual({
      provider: "p",
      model: "m",
      api_key_set: false,
    });
  });

  test("COST-07 an answer that passed the session budget fails, and travels with the failure", async () => {
    const { error, ledger, charges } = await run(answer(20, "hi"), { limitUsd: 10 });
    expect(error?.message).toBe("LLM budget exceeded: spent $25.0000 of $10.0000 budget");
    expect(error?.partialText).toBe("hi");
    expect(ledger.spentUsd).toBe(25);
    expect(charges).toMatchObject([{ costUsd: 25 }]);
  });

  test("an attempt that was cut off is charged by what arrived, as an estimate", async () => {
    const { ledger, charges } = await run(fakeScript(fakeStream(["12345678", { kind: "cut" }])));
    expect(charges).toMatchObject([{ outcome: "failed", costUsd: 7, usage: { outputTokens: 2, exact: false } }]);
    expect(ledger.totals).toMatchObject({ attempts: 1, calls: 0, estimated: true });
  });

  test("usage told at the start of an answer counts even if the stream dies", async () => {
    const start = { kind: "chunk", chunk: { type: "response-start", usage: { inputTokens: 30 } } } as const;
    const { charges } = await run(fakeScript(fakeStream([start, { kind: "cut" }])));
    expect(charges).toMatchObject([{ costUsd: 30, usage: { inputTokens: 30, exact: false } }]);
  });

  test("a refusal by the provider costs nothing", async () => {
    const { ledger, charges } = await run(fakeScript(fakeError("rate_limit", "429")));
    expect(ledger.spentUsd).toBe(0);
    expect(charges).toMatchObject([{ outcome: "failed", costUsd: 0 }]);
  });

  test("a reader that goes away pays for what it saw", async () => {
    const host = createVirtualHost();
    const model = createFakeModel(host, answer(9, "1234", "5678"));
    const ledger = createSpendLedger();
    const layer = budgetLayer({ host, ledger, prices: dollars });
    for await (const _ of layeredClient(model, [layer]).stream(input)) break;
    expect(ledger.spentUsd).toBe(5 + 1);
    expect(ledger.reservedUsd).toBe(0);
  });
});

describe("cutting", () => {
  test("a stream that outgrows its reservation is cut when no limit leaves room", async () => {
    // Reserved 9; the input is 5, so five tokens of output are one too many, and the limit is 9.
    const { error, text, ledger, charges } = await run(answer(99, "1234", "5678", "9012", "3456", "7890", "never"), {
      limitUsd: 9,
    });
    expect(text).toBe("1234567890123456");
    expect(error).toMatchObject({ stage: "during", category: "budget_exceeded", partialText: "12345678901234567890" });
    expect(error?.message).toContain("LLM budget exceeded during the answer");
    expect(charges).toMatchObject([{ outcome: "cut", costUsd: 10 }]);
    expect(ledger.spentUsd).toBe(10);
  });

  test("it goes on while there is room: the reservation grows", async () => {
    const { error, ledger } = await run(answer(6, "1234", "5678", "9012", "3456", "7890", "1234"), { limitUsd: 12 });
    expect(error).toBeUndefined();
    expect(ledger.spentUsd).toBe(11);
  });

  test("max_cost_usd cuts too", async () => {
    const { error } = await run(answer(99, "1234", "5678", "9012", "3456", "7890"), { envelope: { maxCostUsd: 9 } });
    expect(error?.dict["limit"]).toBe("max_cost_usd");
  });

  test("without any limit nothing is cut", async () => {
    expect((await run(answer(99, ...Array.from({ length: 50 }, () => "1234")))).error).toBeUndefined();
  });
});
