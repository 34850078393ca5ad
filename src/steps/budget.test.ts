import { describe, expect, it } from "vitest";
import { dictThrownBy, makeSteps, outcomeOf, outline, spend } from "../../test/steps/lab.ts";
import type { JsonObject } from "../base/index.ts";
import { budgetPercentage, isBudgetExhausted, preflight } from "./budget.ts";
import type { StepDefinition } from "./definition.ts";
import { EMPTY_SCOPE } from "./scope.ts";
import { chargeCall, createStepRuntime, enterStep, type HookPayload } from "./step-runtime.ts";

const enter = (definition: Partial<StepDefinition> = {}) => {
  const runtime = createStepRuntime<never>();
  const entered = enterStep(runtime, EMPTY_SCOPE, { name: "s", function: "f", ...definition }, []);
  return {
    runtime,
    ...entered,
    charge: (spent: Parameters<typeof chargeCall>[2]) => chargeCall(runtime, entered.scope, spent),
  };
};

describe("usage", () => {
  it("STEP-28: adds tokens, cost, calls and the last model; negative tokens count as nothing", () => {
    const { step, charge } = enter();
    charge(spend(10, 5, 0.25, "first"));
    charge(spend(-3, -4, 0.25, ""));
    charge({ model: "last", inputTokens: 1.9, outputTokens: Number.NaN });
    expect(step.usage).toEqual({ inputTokens: 11, outputTokens: 5, costUsd: 0.5, llmCalls: 3 });
    expect(step.lastModel).toBe("last");
    charge(spend(1, 1, 0, ""));
    expect(step.lastModel).toBe("last");
  });

  it("STEP-28: sums stop at the largest safe integer", () => {
    const { step, charge } = enter({ maxTokens: Number.MAX_SAFE_INTEGER });
    const { breach } = charge(spend(Number.MAX_SAFE_INTEGER, 10));
    charge(spend(1e300));
    expect(step.usage.inputTokens).toBe(Number.MAX_SAFE_INTEGER);
    expect(breach).toBeUndefined();
  });

  it("STEP-28: without a step it only counts for the run", async () => {
    const steps = makeSteps();
    await steps.charge(spend(3, 4, 0.5));
    expect(steps.receipt()).toEqual({
      steps: [],
      total: { inputTokens: 3, outputTokens: 4, costUsd: 0.5, llmCalls: 1 },
      unattributed: { inputTokens: 3, outputTokens: 4, costUsd: 0.5, llmCalls: 1 },
    });
  });

  it("STEP-31: tokens count when the price is zero or unknown", () => {
    const { step, charge } = enter();
    charge({ model: "m", inputTokens: 7, outputTokens: 0, costUsd: undefined });
    charge(spend(7, 0, 0));
    expect(step.usage).toMatchObject({ inputTokens: 14, costUsd: 0, llmCalls: 2 });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1])("a cost of %d does not switch the money limit off", (costUsd) => {
    const { charge } = enter({ maxUsd: 1 });
    charge(spend(1, 1, costUsd));
    expect(charge(spend(1, 1, 1.5)).breach).toMatchObject({ limit: "max_usd", consumed_cost_usd: 1.5 });
  });

  it("STEP-32: a breaching call is in the run's totals", async () => {
    const steps = makeSteps();
    const work = steps.step({ name: "s", budget: { maxTokens: 5 } }, () => steps.charge(spend(6, 0, 0.125)));
    await outcomeOf(() => work());
    expect(steps.receipt().total).toEqual({ inputTokens: 6, outputTokens: 0, costUsd: 0.125, llmCalls: 1 });
  });
});

describe("a breach", () => {
  it("STEP-29, STEP-33: comes after the call that crosses the limit, which counts", async () => {
    const steps = makeSteps();
    let calls = 0;
    const work = steps.step({ name: "s", budget: { maxTokens: 10 } }, async () => {
      for (;;) {
        calls++;
        await steps.charge(spend(6));
      }
    });
    await dictThrownBy(work);
    expect(calls).toBe(2);
    expect(steps.completed()[0]).toMatchObject({ inputTokens: 12, llmCalls: 2 });
  });

  it("STEP-30: needs more than the limit", () => {
    const { charge } = enter({ maxTokens: 10, maxUsd: 0.5 });
    expect(charge(spend(4, 6, 0.5)).breach).toBeUndefined();
    expect(charge(spend(0, 1, 0)).breach).toMatchObject({ limit: "max_tokens" });
    const money = enter({ maxUsd: 0.5 });
    expect(money.charge(spend(1, 1, 0.5)).breach).toBeUndefined();
    expect(money.charge(spend(0, 0, 2 ** -20)).breach).toMatchObject({ limit: "max_usd" });
  });

  it("STEP-30: is of tokens when both limits are crossed, and comes again with each further call", () => {
    const { charge } = enter({ maxTokens: 10, maxUsd: 0.5 });
    expect(charge(spend(11, 0, 1)).breach).toMatchObject({ limit: "max_tokens", consumed_tokens: 11 });
    expect(charge(spend(0, 0, 0)).breach).toMatchObject({ limit: "max_tokens", consumed_tokens: 11 });
  });

  it("STEP-10: of a money limit of zero is the first call that costs anything", () => {
    const { charge } = enter({ maxUsd: 0 });
    expect(charge(spend(1000)).breach).toBeUndefined();
    expect(charge(spend(1, 1, 1e-9)).breach).toMatchObject({ limit: "max_usd", limit_value: 0 });
  });

  it.each<[string, Partial<StepDefinition>, JsonObject]>([
    [
      "tokens",
      { name: "plan", function: "plan_fn", maxTokens: 25, errorBoundary: "continue" },
      {
        limit: "max_tokens",
        limit_value: 25,
        error_boundary: "continue",
        message: "step `plan` exceeded max_tokens budget (30 > 25)",
      },
    ],
    [
      "money, whose message shows tokens all the same",
      { name: "plan", function: "plan_fn", maxUsd: 0.25 },
      {
        limit: "max_usd",
        limit_value: 0.25,
        error_boundary: "fail",
        message: "step `plan` exceeded max_usd budget (30 > 0)",
      },
    ],
    [
      "a boundary that is no word of ours, echoed",
      { name: "plan", function: "plan_fn", maxUsd: 0.25, errorBoundary: "Retry" },
      {
        limit: "max_usd",
        limit_value: 0.25,
        error_boundary: "Retry",
        message: "step `plan` exceeded max_usd budget (30 > 0)",
      },
    ],
  ])("STEP-34, STEP-35: has exactly eleven keys, for %s", (_name, definition, expected) => {
    const { charge } = enter(definition);
    expect(charge(spend(10, 20, 0.5)).breach).toStrictEqual({
      category: "budget_exceeded",
      kind: "budget_exhausted",
      reason: "step_budget_exhausted",
      step: "plan",
      function: "plan_fn",
      consumed_tokens: 30,
      consumed_cost_usd: 0.5,
      ...expected,
    });
  });

  it.each<[JsonObject | undefined, boolean]>([
    [{ kind: "budget_exhausted", reason: "step_budget_exhausted" }, true],
    [{ category: "budget_exceeded" }, true],
    [{ category: "budget_exceeded", kind: "terminal", reason: "budget_exceeded" }, true],
    [{ kind: "budget_exhausted" }, false],
    [{ reason: "step_budget_exhausted" }, false],
    [{ category: "handoff_escalation", kind: "terminal" }, false],
    [{ category: 5 }, false],
    [{}, false],
    [undefined, false],
  ])("STEP-36: %j is an exhausted budget: %s", (dict, expected) => {
    expect(isBudgetExhausted(dict)).toBe(expected);
  });
});

describe("a check before a call", () => {
  const forecast = {
    provider: "p",
    model: "m",
    inputTokens: 60,
    outputTokens: 50,
    costUsd: 0.5,
    inputCostUsd: 0.25,
    isScripted: false,
  };

  it("STEP-37: refuses a call whose input alone does not fit; the dict is a rejection, without step or function", () => {
    const { scope, charge } = enter({ maxTokens: 160 });
    charge(spend(90, 10, 0.25));
    expect(preflight(scope, forecast), "the answer may be short").toBeUndefined();
    const dict = preflight(scope, { ...forecast, inputTokens: 61 });
    expect(dict).toStrictEqual({
      category: "budget_exceeded",
      kind: "terminal",
      reason: "budget_exceeded",
      limit: "max_tokens",
      limit_value: 160,
      projected_cost_usd: 0.5,
      session_cost_usd: 0.25,
      projected_input_tokens: 61,
      projected_output_tokens: 50,
      provider: "p",
      model: "m",
      message: "call would exceed max_tokens budget of step `s` (161 > 160)",
    });
    expect(isBudgetExhausted(dict)).toBe(true);
  });

  it("STEP-37: looks at money too, and at nothing outside of a step", () => {
    const { scope, charge } = enter({ maxUsd: 1 });
    charge(spend(1, 1, 0.75));
    expect(preflight(scope, forecast)).toBeUndefined();
    expect(preflight(scope, { ...forecast, inputCostUsd: 0.26 })).toMatchObject({ limit: "max_usd", limit_value: 1 });
    expect(preflight(EMPTY_SCOPE, { ...forecast, inputTokens: 1e9 })).toBeUndefined();
  });

  it("counts what earlier attempts of the same call took", () => {
    const { scope } = enter({ maxTokens: 100, maxUsd: 1 });
    const attempt = (inputTokens: number, outputTokens: number, costUsd?: number) => ({
      inputTokens,
      outputTokens,
      ...(costUsd === undefined ? {} : { costUsd }),
    });
    expect(preflight(scope, forecast, attempt(30, 10))).toBeUndefined();
    expect(preflight(scope, forecast, attempt(30, 11))).toMatchObject({ limit: "max_tokens" });
    expect(preflight(scope, forecast, attempt(0, 0, 0.76))).toMatchObject({ limit: "max_usd" });
  });

  it("STEP-30: a step over its limit gets its breach again", () => {
    const { scope, charge } = enter({ maxTokens: 20 });
    const { breach } = charge(spend(15, 10));
    expect(preflight(scope, { ...forecast, inputTokens: 0 })).toStrictEqual(breach);
    expect(preflight(scope, { ...forecast, isScripted: true })).toStrictEqual(breach);
  });

  it("a prepared answer tells its own usage, so its request is not looked at", () => {
    const { scope } = enter({ maxTokens: 1, maxUsd: 0 });
    expect(preflight(scope, { ...forecast, isScripted: true })).toBeUndefined();
    expect(preflight(scope, forecast)).toMatchObject({ limit: "max_tokens" });
  });
});

describe("budget thresholds", () => {
  const watch = (budget: { maxTokens?: number; maxUsd?: number }, thresholds: readonly (number | undefined)[]) => {
    const steps = makeSteps();
    const fired: string[] = [];
    for (const thresholdPct of thresholds) {
      const note = ({ budget: at, target }: HookPayload) =>
        void fired.push(`${thresholdPct ?? "any"}@${Math.round(Number(at?.percentage))} ${target}`);
      steps.hook("OnBudgetThreshold", note, thresholdPct === undefined ? {} : { thresholdPct });
    }
    const run = steps.persona({ name: "captain" }, () =>
      steps.step(
        { name: "s", budget, errorBoundary: "continue" },
        async (...charges: (readonly [number, number])[]) => {
          for (const [tokens, cost] of charges) await steps.charge(spend(tokens, 0, cost));
        },
      ),
    )();
    return { fired, run };
  };

  it("HOOK-03: fire at or above the threshold, once per entry of the step", async () => {
    const { fired, run } = watch({ maxTokens: 100 }, [50, 80, 100]);
    await run([49, 0], [1, 0], [10, 0], [25, 0], [15, 0], [50, 0]);
    expect(fired).toEqual(["50@50 s", "80@85 s", "100@100 s"]);
    await run([90, 0]);
    expect(fired.slice(3)).toEqual(["50@90 s", "80@90 s"]);
  });

  it("HOOK-08: without a threshold fire at every charge of a step with limits", async () => {
    const { fired, run } = watch({ maxTokens: 100 }, [undefined]);
    await run([10, 0], [10, 0]);
    expect(fired).toEqual(["any@10 s", "any@20 s"]);
  });

  it("are measured against the limit that is nearer", async () => {
    const { fired, run } = watch({ maxTokens: 100, maxUsd: 1 }, [60]);
    await run([50, 0.125], [1, 0.5]);
    expect(fired).toEqual(["60@63 s"]);
  });

  it("do not exist for a step without limits", async () => {
    const { fired, run } = watch({}, [undefined, 1]);
    await run([1e9, 100]);
    expect(fired).toEqual([]);
  });

  it("of a limit of zero: nothing used is 0 percent, anything is more than any threshold", () => {
    const { step, charge } = enter({ maxUsd: 0 });
    charge(spend(5));
    expect(budgetPercentage(step)).toBe(0);
    charge(spend(5, 0, 0.25));
    expect(budgetPercentage(step)).toBe(Number.POSITIVE_INFINITY);
  });

  it("run before the breach is thrown, and a hook that fails does not hide it", async () => {
    const steps = makeSteps();
    const seen: string[] = [];
    steps.hook("OnBudgetThreshold", () => {
      seen.push("first");
      throw new Error("hook failed");
    });
    const over = steps.step({ name: "over", budget: { maxTokens: 1 } }, () => steps.charge(spend(2)));
    expect(await dictThrownBy(over)).toMatchObject({ reason: "step_budget_exhausted" });
    const under = steps.step({ name: "under", budget: { maxTokens: 10 } }, () => steps.charge(spend(2)));
    await expect(under()).rejects.toThrow("hook failed");
    expect(seen).toEqual(["first", "first"]);
    expect(outline(steps)).toEqual(["over failed", "under failed"]);
  });
});
