import { describe, expect, it } from "vitest";
import { makeSteps, outcomeOf, outline, spend } from "../../test/steps/lab.ts";
import { CancelToken } from "../base/index.ts";
import { completedStepToJson } from "./completed-log.ts";
import type { StepDefinition } from "./definition.ts";
import { activeStep, EMPTY_SCOPE, modelDefault, personaName, type StepScope } from "./scope.ts";
import {
  chargeCall,
  createStepRuntime,
  detachStep,
  enterPersona,
  enterStep,
  finishStep,
  pruneSteps,
} from "./step-runtime.ts";

const named = (name: string, more: Partial<StepDefinition> = {}): StepDefinition => ({
  name,
  function: `${name}_fn`,
  ...more,
});

describe("entering and leaving", () => {
  it("STEP-14: records definition, persona, arguments and zeroed counters", () => {
    const runtime = createStepRuntime<never>();
    const persona = enterPersona(runtime, EMPTY_SCOPE, { name: "captain", function: "c" });
    const { step, scope } = enterStep(runtime, persona, named("a"), [1, "x"]);
    expect(step).toMatchObject({
      definition: named("a"),
      persona: "captain",
      args: [1, "x"],
      usage: { inputTokens: 0, outputTokens: 0, costUsd: 0, llmCalls: 0 },
      lastModel: undefined,
      spanId: 0,
      state: "open",
    });
    expect(activeStep(scope)).toBe(step);
    expect(activeStep(persona)).toBeUndefined();
  });

  it("STEP-16: the current persona is the innermost one; a step outside of any has none", () => {
    const runtime = createStepRuntime<never>();
    const outer = enterPersona(runtime, EMPTY_SCOPE, { name: "captain", function: "c" });
    const inner = enterPersona(runtime, outer, { name: "cook", function: "k" });
    expect([personaName(EMPTY_SCOPE), personaName(outer), personaName(inner)]).toEqual([undefined, "captain", "cook"]);
    expect(enterStep(runtime, EMPTY_SCOPE, named("a"), []).step.persona).toBeUndefined();
    expect(enterStep(runtime, inner, named("a"), []).step.persona).toBe("cook");
  });

  it("STEP-17: pruning finishes what lies between two scopes, innermost first, and nothing else", () => {
    const runtime = createStepRuntime<never>();
    const a = enterStep(runtime, EMPTY_SCOPE, named("a"), []);
    const b = enterStep(runtime, a.scope, named("b"), []);
    const c = enterStep(runtime, b.scope, named("c"), []);
    expect(pruneSteps(runtime, c.scope, a.scope)).toBe(2);
    expect(runtime.log.peek().map(({ name, status, error }) => [name, status, error])).toEqual([
      ["c", "completed", null],
      ["b", "completed", null],
    ]);
    expect([...runtime.unfinished]).toEqual([a.step]);
    expect(pruneSteps(runtime, c.scope, a.scope)).toBe(0);
    expect(pruneSteps(runtime, a.scope, a.scope)).toBe(0);
  });

  it("STEP-18: a step is finished once; later attempts do nothing and say so", () => {
    const runtime = createStepRuntime<never>();
    const { step } = enterStep(runtime, EMPTY_SCOPE, named("a"), []);
    detachStep(step);
    expect(finishStep(runtime, step, "completed", null)).toBe(true);
    detachStep(step);
    expect(finishStep(runtime, step, "failed", "late")).toBe(false);
    expect(runtime.log.peek()).toHaveLength(1);
    expect(step.state).toBe("finished");
  });

  it("STEP-19: only the innermost step supplies defaults and is charged", async () => {
    const steps = makeSteps();
    const inner = steps.step({ name: "inner" }, () => steps.charge(spend(5)));
    const outer = steps.step({ name: "outer", budget: { maxTokens: 4 } }, async () => {
      await steps.charge(spend(1));
      await inner();
      await steps.charge(spend(2));
    });
    await outer();
    expect(steps.completed().map((record) => [record.name, record.inputTokens])).toEqual([
      ["inner", 5],
      ["outer", 3],
    ]);
  });

  it("STEP-20: a generator function is not a step", async () => {
    const steps = makeSteps();
    steps.hook("PreStep", () => ({ deny: true }));
    const count = steps.step({ name: "count" }, async function* () {
      yield 1;
      yield 2;
    }) as unknown as () => AsyncIterable<number>;
    const seen: number[] = [];
    for await (const value of count()) seen.push(value);
    expect(seen).toEqual([1, 2]);
    expect(steps.runtime.registry.isTracked(count)).toBe(false);
    expect(outline(steps)).toEqual([]);
  });

  it("STEP-21: a step left by an error is `failed`, also when it is pruned, not `completed`", async () => {
    const steps = makeSteps();
    const broken = steps.step({ name: "broken" }, async () => {
      throw new Error("no luck");
    });
    await expect(broken()).rejects.toThrow("no luck");
    const runtime = createStepRuntime<never>();
    const { scope } = enterStep(runtime, EMPTY_SCOPE, named("a"), []);
    pruneSteps(runtime, scope, EMPTY_SCOPE, { thrown: new Error("unwound") });
    for (const log of [steps.runtime.log, runtime.log]) expect(log.peek()[0]).toMatchObject({ status: "failed" });
    expect(runtime.log.peek()[0]!.error).toBe("unwound");
  });

  it("a step and persona on one function: the step belongs to the persona", async () => {
    const steps = makeSteps();
    let target: string | undefined;
    steps.hook("PreStep", (payload) => void (target = payload.target));
    await steps.persona(
      { name: "captain" },
      steps.step({ name: "sail" }, () => "done"),
    )();
    expect(target).toBe("captain.sail");
  });
});

describe("the scope", () => {
  it("STEP-22, STEP-24: is the whole context: registries, hooks and log are not part of it", () => {
    expect(Object.keys(EMPTY_SCOPE).sort()).toEqual(["persona", "policy", "spanId", "step"]);
    expect(Object.isFrozen(EMPTY_SCOPE)).toBe(true);
  });

  it.each(["return", "throw", "cancel"])("STEP-25: is put back after a step is left by %s", async (way) => {
    const steps = makeSteps();
    const token = new CancelToken();
    const work = steps.step({ name: "s", model: "small" }, async () => {
      expect(modelDefault(steps.current())).toBe("small");
      await Promise.resolve();
      if (way === "throw") throw new Error("x");
      if (way === "cancel") {
        await new Promise((_resolve, reject) => {
          token.addEventListener("abort", () => reject(token.reason));
          token.cancel(new Error("interrupt"));
        });
      }
    });
    const before = steps.current();
    await outcomeOf(work);
    expect(steps.current()).toBe(before);
    expect(steps.runtime.unfinished.size).toBe(0);
    expect(outline(steps)).toEqual([way === "return" ? "s completed" : "s failed"]);
  });

  it("STEP-25: concurrent tasks do not mix", async () => {
    const steps = makeSteps();
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        steps.persona({ name: `p${index}` }, () =>
          steps.step({ name: `s${index}`, model: `m${index}` }, async () => {
            for (let i = 0; i < index % 5; i++) await Promise.resolve();
            await steps.charge(spend(index));
            for (let i = 0; i < (index * 7) % 5; i++) await Promise.resolve();
            return [
              personaName(steps.current()),
              modelDefault(steps.current()),
              activeStep(steps.current())!.usage.inputTokens,
            ];
          })(),
        )(),
      ),
    );
    expect(results).toEqual(Array.from({ length: 20 }, (_, index) => [`p${index}`, `m${index}`, index]));
  });

  it("parallel children charge the step around them, and a breach is thrown in the child", async () => {
    const steps = makeSteps();
    const settled: string[] = [];
    const work = steps.step({ name: "s", budget: { maxTokens: 25 } }, async () => {
      const child = async (index: number) => {
        await Promise.resolve();
        await steps.charge(spend(10));
        settled.push(`child ${index}`);
      };
      const outcomes = await Promise.allSettled([child(0), child(1), child(2)]);
      return outcomes.map((outcome) => outcome.status);
    });
    expect(await work()).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(settled).toEqual(["child 0", "child 1"]);
    expect(steps.completed()).toMatchObject([{ inputTokens: 30, llmCalls: 3, status: "completed" }]);
  });

  it("a task left running after its step charges the step around, else nobody", async () => {
    const steps = makeSteps();
    const makeGate = () => {
      let open = (): void => {};
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      return { open, opened };
    };
    const chargeLater = async (opened: Promise<void>, tokens: number) => {
      await opened;
      const model = modelDefault(steps.current());
      await steps.charge(spend(tokens));
      return model;
    };
    const [first, second] = [makeGate(), makeGate()];
    const late: Promise<string | undefined>[] = [];
    const inner = steps.step({ name: "inner", model: "inner-model" }, async () => {
      late.push(chargeLater(first.opened, 1));
    });
    const outer = steps.step({ name: "outer", model: "outer-model" }, async () => {
      await inner();
      first.open();
      await late[0];
    });
    await outer();
    const alone = steps.step({ name: "alone", model: "x" }, async () => {
      late.push(chargeLater(second.opened, 2));
    });
    await alone();
    second.open();
    expect(await Promise.all(late)).toEqual(["outer-model", undefined]);
    expect(steps.completed().map(({ name, inputTokens }) => [name, inputTokens])).toEqual([
      ["inner", 0],
      ["outer", 1],
      ["alone", 0],
    ]);
    expect(steps.receipt().unattributed.inputTokens).toBe(2);
  });

  it("STEP-26, STEP-27: gives the model of the innermost step, and none when that has none", () => {
    const runtime = createStepRuntime<never>();
    const outer = enterStep(runtime, EMPTY_SCOPE, named("a", { model: "big" }), []);
    const inner = enterStep(runtime, outer.scope, named("b"), []);
    expect([EMPTY_SCOPE, outer.scope, inner.scope].map(modelDefault)).toEqual([undefined, "big", undefined]);
    finishStep(runtime, inner.step, "completed", null);
    expect(modelDefault(inner.scope)).toBe("big");
  });

  it("STEP-65: narrows what tools may do while the stage's step is active", async () => {
    const steps = makeSteps();
    const policies: (StepScope["policy"] | "none")[] = [];
    const look = () => void policies.push(steps.current().policy ?? "none");
    const plain = steps.step({ name: "other" }, look);
    const staged = steps.step({ name: "look" }, async () => {
      look();
      await plain();
    });
    const stages = [{ name: "look", allowedTools: ["read"], sideEffectLevel: "read_only" }];
    await steps.persona({ name: "p", stages }, async () => {
      look();
      await staged();
      look();
      await plain();
    })();
    await staged();
    const narrowed = { allowedTools: ["read"], sideEffectLevel: "read_only" };
    expect(policies).toEqual(["none", narrowed, narrowed, "none", "none", "none", "none"]);
  });
});

describe("the log", () => {
  it("STEP-47: keeps nine things per step, in finishing order; the last model used comes first", async () => {
    const steps = makeSteps();
    const used = steps.step({ name: "used", model: "declared" }, async () => {
      await steps.charge(spend(1, 2, 0.5, "first"));
      await steps.charge(spend(1, 2, 0.25, "last"));
    });
    const declared = steps.step({ name: "declared", model: "declared" }, async () => used());
    const none = steps.step({ name: "none" }, async function noneFn() {
      await declared();
      throw new Error("x");
    });
    await outcomeOf(none);
    expect(steps.completed()).toEqual([
      {
        name: "used",
        function: "used",
        model: "last",
        inputTokens: 2,
        outputTokens: 4,
        costUsd: 0.75,
        llmCalls: 2,
        status: "completed",
        error: null,
      },
      expect.objectContaining({ name: "declared", model: "declared", llmCalls: 0, status: "completed", error: null }),
      expect.objectContaining({ name: "none", function: "noneFn", model: null, status: "failed", error: "x" }),
    ]);
  });

  it("STEP-49: is drained, or looked at as a copy", async () => {
    const steps = makeSteps();
    await steps.step({ name: "a" }, () => 1)();
    const { log } = steps.runtime;
    const peeked = log.peek();
    await steps.step({ name: "b" }, () => 1)();
    expect(peeked).toHaveLength(1);
    expect(log.drain().map((record) => record.name)).toEqual(["a", "b"]);
    expect([log.peek(), log.drain()]).toEqual([[], []]);
  });

  it("STEP-49: as JSON has nine keys, with nulls", () => {
    const runtime = createStepRuntime<never>();
    const { step } = enterStep(runtime, EMPTY_SCOPE, named("a"), []);
    finishStep(runtime, step, "completed", null);
    expect(completedStepToJson(runtime.log.peek()[0]!)).toStrictEqual({
      name: "a",
      function: "a_fn",
      model: null,
      input_tokens: 0,
      output_tokens: 0,
      cost_usd: 0,
      llm_calls: 0,
      status: "completed",
      error: null,
    });
  });

  it("STEP-48: knows four words", async () => {
    const steps = makeSteps();
    const over = (errorBoundary: "fail" | "continue" | "escalate") =>
      outcomeOf(
        steps.step({ name: errorBoundary, budget: { maxTokens: 1 }, errorBoundary } as never, () =>
          steps.charge(spend(2)),
        ),
      );
    await over("fail");
    await over("continue");
    await over("escalate");
    await steps.step({ name: "fine" }, () => 1)();
    expect(outline(steps)).toEqual(["fail failed", "continue skipped", "escalate escalated", "fine completed"]);
  });

  it("an entered step that charges after it was detached counts for the run only", () => {
    const runtime = createStepRuntime<never>();
    const { scope, step } = enterStep(runtime, EMPTY_SCOPE, named("a"), []);
    detachStep(step);
    chargeCall(runtime, scope, spend(3));
    finishStep(runtime, step, "completed", null);
    expect(step.usage.inputTokens).toBe(0);
    expect(runtime.usage).toMatchObject({ total: { inputTokens: 3 }, unattributed: { inputTokens: 3 } });
  });
});
