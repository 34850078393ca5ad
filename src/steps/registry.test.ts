import { describe, expect, it } from "vitest";
import { dictThrownBy, makeSteps, outcomeOf, outline, spend } from "../../test/steps/lab.ts";
import { isBudgetExhausted } from "./budget.ts";
import { registerFromMetadata } from "./registry.ts";
import { activeStep, EMPTY_SCOPE, modelDefault } from "./scope.ts";
import { chargeCall, createStepRuntime, enterStep, pruneSteps } from "./step-runtime.ts";
import { jsValues } from "./value-model.ts";

const setUp = () => {
  const runtime = createStepRuntime<never>();
  const register = (kind: "step" | "persona", key: object, name: unknown, metadata: unknown) =>
    registerFromMetadata(runtime.registry, jsValues, kind, key, name, metadata);
  return { runtime, registry: runtime.registry, register };
};

describe("registration", () => {
  it("STEP-04, STEP-05: steps and personas are kept apart, and either makes a function tracked", () => {
    const { registry, register } = setUp();
    const [step, persona, both, plain] = [{}, {}, {}, {}];
    register("step", step, "s", {});
    register("persona", persona, "p", {});
    register("step", both, "b", { name: "as step" });
    register("persona", both, "b", { name: "as persona" });
    expect([step, persona, both, plain].map((key) => registry.isTracked(key))).toEqual([true, true, true, false]);
    expect(registry.stepOf(persona)).toBeUndefined();
    expect(registry.personaOf(step)).toBeUndefined();
    expect([registry.stepOf(both)?.name, registry.personaOf(both)?.name]).toEqual(["as step", "as persona"]);
  });

  it("functions of one name in two modules do not collide", () => {
    const { registry, register } = setUp();
    const [here, there] = [{}, {}];
    register("step", here, "plan", { model: "one" });
    register("step", there, "plan", { model: "two" });
    expect(registry.stepOf(here)?.model).toBe("one");
    expect(registry.stepOf(there)?.model).toBe("two");
  });

  it.each<["step" | "persona", unknown, unknown, string]>([
    ["step", undefined, {}, "__register_step: expected (function_name, metadata_dict)"],
    ["step", 5, {}, "__register_step: expected (function_name, metadata_dict)"],
    ["step", "f", undefined, "__register_step: metadata argument must be a dict"],
    ["step", "f", [], "__register_step: metadata argument must be a dict"],
    ["persona", null, {}, "__register_persona: expected (function_name, metadata_dict)"],
    ["persona", "f", "x", "__register_persona: metadata argument must be a dict"],
    ["persona", "f", { stages: 1 }, "__register_persona: `stages` must be a list of dicts"],
  ])("STEP-06, STEP-66: %s with (%j, %j) throws a text", (kind, name, metadata, message) => {
    const { register } = setUp();
    expect(() => register(kind, {}, name, metadata)).toThrow(message);
  });

  it("STEP-12: replaces an earlier definition, but not that of a step that runs", () => {
    const { runtime, registry, register } = setUp();
    const key = {};
    register("step", key, "f", { model: "old", budget: { max_tokens: 10 } });
    const { scope, step } = enterStep(runtime, EMPTY_SCOPE, registry.stepOf(key)!, []);
    register("step", key, "f", { model: "new" });
    expect(registry.stepOf(key)).toEqual({ name: "f", function: "f", model: "new" });
    expect(modelDefault(scope)).toBe("old");
    expect(chargeCall(runtime, scope, spend(11)).breach).toBeDefined();
    expect(step.definition.model).toBe("old");
  });

  it("STEP-13: two runs share nothing, so a new run starts with nothing", async () => {
    const [one, two] = [makeSteps(), makeSteps()];
    one.hook("PreStep", () => ({ deny: true }));
    const work = (steps: typeof one) => steps.step({ name: "s" }, () => "ran");
    const [first, second] = [work(one), work(two)];
    expect(await outcomeOf(() => first())).not.toBe("ran");
    expect(await second()).toBe("ran");
    expect([one.completed().length, two.completed().length]).toEqual([0, 1]);
    expect(one.runtime.registry.isTracked(second)).toBe(false);
  });

  it("STEP-68: says when nothing has to be looked up", () => {
    const { registry, register } = setUp();
    expect(registry.inUse).toBe(false);
    register("step", {}, "f", {});
    expect(registry.inUse).toBe(true);
  });

  it("STEP-67, STEP-T03: gives the output style of a persona by the name of its function", () => {
    const { registry, register } = setUp();
    register("persona", {}, "captain_fn", { name: "captain", output_style: "terse" });
    register("persona", {}, "plain_fn", {});
    expect(registry.outputStyleOf("captain_fn")).toEqual({ name: "terse" });
    expect(registry.outputStyleOf("plain_fn")).toBeUndefined();
    expect(registry.outputStyleOf("captain")).toBeUndefined();
  });
});

describe("the tests of the seed", () => {
  it("STEP-T01: registers a step, runs it over budget and logs it", () => {
    const { runtime, registry, register } = setUp();
    const key = {};
    register("step", key, "plan_step", {
      name: "plan",
      model: "claude-haiku-4-5",
      error_boundary: "continue",
      budget: { max_tokens: 100, max_usd: 0.05 },
    });
    const { scope, step } = enterStep(runtime, EMPTY_SCOPE, registry.stepOf(key)!, []);
    expect(activeStep(scope)).toBe(step);
    expect(modelDefault(scope)).toBe("claude-haiku-4-5");
    expect(chargeCall(runtime, scope, spend(10, 20, 0.001, "claude-haiku-4-5")).breach).toBeUndefined();
    expect(step.usage).toEqual({ inputTokens: 10, outputTokens: 20, costUsd: 0.001, llmCalls: 1 });
    const { breach } = chargeCall(runtime, scope, spend(50, 50, 0, "claude-haiku-4-5"));
    expect(isBudgetExhausted(breach)).toBe(true);
    expect(pruneSteps(runtime, scope, EMPTY_SCOPE)).toBe(1);
    expect(runtime.log.drain()).toMatchObject([{ name: "plan", llmCalls: 2, status: "completed" }]);
  });

  it("STEP-15, STEP-T02: a function that is not registered opens nothing", async () => {
    const { registry } = setUp();
    expect(registry.stepOf({})).toBeUndefined();
    const steps = makeSteps();
    const inside = await (async () => activeStep(steps.current()))();
    expect(inside).toBeUndefined();
    await steps.charge(spend(5));
    expect(outline(steps)).toEqual([]);
  });

  it("STEP-T01: the same through a function, where the boundary is seen", async () => {
    const steps = makeSteps();
    const plan = steps.step(
      { name: "plan", model: "small", errorBoundary: "fail", budget: { maxTokens: 100, maxUsd: 0.05 } },
      async () => {
        await steps.charge(spend(10, 20, 0.001));
        await steps.charge(spend(50, 50));
      },
    );
    expect(isBudgetExhausted(await dictThrownBy(plan))).toBe(true);
    expect(outline(steps)).toEqual(["plan failed"]);
  });
});
