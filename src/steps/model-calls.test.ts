import { describe, expect, it } from "vitest";
import { dictThrownBy, makeSteps, outcomeOf } from "../../test/steps/lab.ts";
import {
  type ChargeRecord,
  type ModelChunk,
  type ModelClient,
  ModelError,
  type ModelInput,
  type Usage,
} from "../llm/index.ts";
import { accountedClient } from "./model-calls.ts";

const usage = (inputTokens: number, outputTokens: number): Usage => ({
  inputTokens,
  outputTokens,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  exact: true,
});

const attempt = (inputTokens: number, outputTokens: number, costUsd?: number): ChargeRecord => ({
  provider: "p",
  model: "answering",
  usage: usage(inputTokens, outputTokens),
  costUsd,
  outcome: "completed",
  durationMs: 1,
});

describe("a call on a step's bill", () => {
  it("STEP-26, CALL-13: gets the step's model as default, and none outside", async () => {
    const steps = makeSteps();
    const ask = () => steps.call(async ({ defaults }) => defaults);
    expect(await steps.step({ name: "s", model: "small" }, ask)()).toEqual({ model: "small" });
    expect(await steps.step({ name: "s" }, ask)()).toBeUndefined();
    expect(await ask()).toBeUndefined();
  });

  it("STEP-28: is one call, whatever attempts it took, and others hear of them too", async () => {
    const steps = makeSteps();
    const heard: ChargeRecord[] = [];
    const work = steps.step({ name: "s" }, () =>
      steps.call(
        async ({ onCharge }) => {
          onCharge(attempt(10, 1, 0.25));
          onCharge(attempt(20, 2));
          return "answer";
        },
        (record) => void heard.push(record),
      ),
    );
    expect(await work()).toBe("answer");
    expect(steps.completed()).toMatchObject([
      { model: "answering", inputTokens: 30, outputTokens: 3, costUsd: 0.25, llmCalls: 1 },
    ]);
    expect(heard).toHaveLength(2);
  });

  it("STEP-29: throws the breach in place of the result", async () => {
    const steps = makeSteps();
    const work = steps.step({ name: "s", budget: { maxTokens: 5 } }, () =>
      steps.call(async ({ onCharge }) => {
        onCharge(attempt(5, 1));
        return "answer";
      }),
    );
    expect(await dictThrownBy(work)).toMatchObject({ reason: "step_budget_exhausted", consumed_tokens: 6 });
  });

  it("charges a call that failed, and lets its own error pass", async () => {
    const steps = makeSteps();
    const work = steps.step({ name: "s", budget: { maxTokens: 5 } }, () =>
      steps.call(async ({ onCharge }) => {
        onCharge(attempt(50, 0));
        throw new Error("provider fell over");
      }),
    );
    await expect(work()).rejects.toThrow("provider fell over");
    expect(steps.completed()).toMatchObject([{ inputTokens: 50, llmCalls: 1, error: "provider fell over" }]);
  });

  it("charges nothing when no provider was asked", async () => {
    const steps = makeSteps();
    const work = steps.step({ name: "s" }, () => steps.call(async () => "cached"));
    await work();
    expect(steps.completed()).toMatchObject([{ llmCalls: 0, model: null }]);
  });
});

describe("a client on a step's bill", () => {
  const input: ModelInput = { provider: "p", model: "m", messages: [] };
  const done: ModelChunk = { type: "done", stopReason: "end_turn", usage: usage(10, 5) };
  const text: ModelChunk = { type: "text-delta", messageId: "1", delta: "hi" };
  const start: ModelChunk = { type: "response-start", usage: { inputTokens: 10 } };
  const answering = (chunks: readonly ModelChunk[], error?: Error): ModelClient => ({
    provider: "p",
    async *stream() {
      yield* chunks;
      if (error) throw error;
    },
  });

  const run = async (client: ModelClient, maxTokens: number, stopAfter = 99) => {
    const steps = makeSteps();
    const scope = () => steps.current();
    const accounted = accountedClient(steps.context, client, {
      scope,
      costOf: (_input, used) => used.outputTokens / 4,
    });
    const seen: string[] = [];
    const outcome = await outcomeOf(
      steps.step({ name: "s", budget: { maxTokens } }, async () => {
        for await (const chunk of accounted.stream(input)) {
          seen.push(chunk.type);
          if (seen.length === stopAfter) break;
        }
      }),
    );
    return { seen, outcome, record: steps.completed()[0]! };
  };

  it("STEP-28: charges what `done` tells, with its price", async () => {
    const { seen, outcome, record } = await run(answering([start, text, done]), 100);
    expect(seen).toEqual(["response-start", "text-delta", "done"]);
    expect(outcome).toBeUndefined();
    expect(record).toMatchObject({ model: "m", inputTokens: 10, outputTokens: 5, costUsd: 1.25, llmCalls: 1 });
  });

  it("STEP-29: throws a model error in place of `done`, which the boundary knows", async () => {
    const { seen, outcome, record } = await run(answering([start, text, done]), 14);
    expect(seen).toEqual(["response-start", "text-delta"]);
    expect(outcome).toBeInstanceOf(ModelError);
    expect(outcome).toMatchObject({ category: "budget_exceeded", kind: "terminal", reason: "step_budget_exhausted" });
    expect(record).toMatchObject({
      status: "failed",
      llmCalls: 1,
      error: "step `s` exceeded max_tokens budget (15 > 14)",
    });
  });

  it("charges a stream that died for what it had told", async () => {
    const fields = {
      category: "transient_network",
      kind: "transient",
      reason: "truncated",
      provider: "p",
      model: "m",
    } as const;
    const failure = new ModelError("cut", fields);
    const { outcome, record } = await run(answering([start, text], failure), 100);
    expect(outcome).toBe(failure);
    // The provider told the input; of the answer we have seen two letters.
    expect(record).toMatchObject({ inputTokens: 10, outputTokens: 1, llmCalls: 1, estimated: true });
    const withUsage = new ModelError("cut", { ...fields, usage: usage(10, 2) });
    const told = (await run(answering([start], withUsage), 100)).record;
    expect(told).toMatchObject({ inputTokens: 10, outputTokens: 2 });
    expect(told.estimated).toBeUndefined();
  });

  it("charges nothing for a call that a provider refused, or that was never made", async () => {
    const fields = { category: "auth", kind: "terminal", reason: "auth", provider: "p", model: "m" } as const;
    const { record } = await run(answering([], new ModelError("bad key", fields)), 100);
    expect(record).toMatchObject({ inputTokens: 0, outputTokens: 0, llmCalls: 0, status: "failed" });
  });

  it("STEP-37: does not ask the provider when the request cannot fit, nor once the budget is gone", async () => {
    const steps = makeSteps();
    let asked = 0;
    const client: ModelClient = {
      provider: "p",
      async *stream() {
        asked++;
        yield done;
      },
    };
    const accounted = accountedClient(steps.context, client, { scope: steps.current });
    const ask = async (text: string) => {
      for await (const _ of accounted.stream({ ...input, messages: [{ role: "user", content: text }] })) {
        // Only that it ends matters.
      }
    };
    const work = steps.step({ name: "s", budget: { maxTokens: 14 }, errorBoundary: "escalate" }, async () => {
      const long = await outcomeOf(() => ask("word ".repeat(100)));
      expect(long).toMatchObject({ category: "budget_exceeded", stage: "before", dict: { limit: "max_tokens" } });
      expect(asked).toBe(0);
      await outcomeOf(() => ask("a"));
      expect(asked, "fits, and breaches by its answer").toBe(1);
      await ask("b");
    });
    expect(await dictThrownBy(work)).toMatchObject({ reason: "step_budget_exhausted", escalated: true });
    expect(asked).toBe(1);
    expect(steps.completed()).toMatchObject([{ status: "escalated", llmCalls: 1, inputTokens: 10, outputTokens: 5 }]);
  });

  it("charges a stream that its reader left", async () => {
    const { record } = await run(answering([start, text, done]), 100, 2);
    expect(record).toMatchObject({
      inputTokens: 10,
      outputTokens: 1,
      llmCalls: 1,
      status: "completed",
      estimated: true,
    });
  });
});
