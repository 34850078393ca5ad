import { describe, expect, it } from "vitest";
import { dictThrownBy, makeSteps, outcomeOf, outline, spend } from "../../test/steps/lab.ts";
import { HarnError, type JsonObject } from "../base/index.ts";
import type { ErrorBoundary } from "./definition.ts";
import { markEscalated } from "./step-runtime.ts";
import type { Steps } from "./steps.ts";
import { jsValues, StepError } from "./value-model.ts";

const BOUNDARIES: readonly ErrorBoundary[] = ["fail", "continue", "escalate"];

const overspending = (
  steps: Steps,
  errorBoundary: ErrorBoundary,
  body?: (overspend: () => Promise<void>) => unknown,
) => {
  const overspend = () => steps.charge(spend(11));
  return steps.step({ name: "inner", budget: { maxTokens: 10 }, errorBoundary }, async () =>
    body ? await body(overspend) : await overspend(),
  );
};

const MESSAGE = "step `inner` exceeded max_tokens budget (11 > 10)";

describe("error boundaries", () => {
  it("STEP-40: fail records the text and throws the same dict", async () => {
    const steps = makeSteps();
    const dict = await dictThrownBy(overspending(steps, "fail"));
    expect(dict).toMatchObject({ category: "budget_exceeded", error_boundary: "fail", message: MESSAGE });
    expect(dict).not.toHaveProperty("escalated");
    expect(steps.completed()).toMatchObject([{ name: "inner", status: "failed", error: MESSAGE }]);
  });

  it("STEP-41: continue records `skipped` and returns nothing; neither rest nor PostStep hooks run", async () => {
    const steps = makeSteps();
    const ran: string[] = [];
    steps.hook("PostStep", () => void ran.push("post"));
    const work = overspending(steps, "continue", async (overspend) => {
      await overspend();
      ran.push("rest");
      return "value";
    });
    expect(await work()).toBeUndefined();
    expect(ran).toEqual([]);
    expect(steps.completed()).toMatchObject([{ name: "inner", status: "skipped", error: MESSAGE }]);
  });

  it("STEP-42, STEP-44, STEP-45: escalate records it and throws the marked dict", async () => {
    const steps = makeSteps();
    const dict = await dictThrownBy(overspending(steps, "escalate"));
    expect(dict).toStrictEqual({
      category: "handoff_escalation",
      escalated: true,
      kind: "budget_exhausted",
      reason: "step_budget_exhausted",
      step: "inner",
      function: "inner",
      limit: "max_tokens",
      limit_value: 10,
      consumed_tokens: 11,
      consumed_cost_usd: 0,
      error_boundary: "escalate",
      message: MESSAGE,
    });
    expect(steps.completed()).toMatchObject([{ status: "escalated", error: MESSAGE }]);
  });

  it.each(BOUNDARIES)("STEP-39: %s applies also to an error raised in a helper of the step", async (boundary) => {
    const status = { fail: "failed", continue: "skipped", escalate: "escalated" }[boundary];
    const steps = makeSteps();
    const helper = async (overspend: () => Promise<void>) => {
      await Promise.resolve();
      await overspend();
    };
    await outcomeOf(overspending(steps, boundary, helper));
    expect(outline(steps)).toEqual([`inner ${status}`]);
  });

  it.each(BOUNDARIES)("STEP-38: %s lets any other error pass untouched, and records it", async (boundary) => {
    for (const thrown of [new TypeError("broken"), { category: "tool_error", message: "broken" }, "broken"]) {
      const steps = makeSteps();
      const work = overspending(steps, boundary, () => {
        throw thrown;
      });
      expect(await outcomeOf(work)).toBe(thrown);
      expect(steps.completed()).toMatchObject([{ status: "failed", error: "broken" }]);
    }
  });

  it.each(BOUNDARIES)("STEP-46: under %s the body may catch its own error, and the step goes on", async (boundary) => {
    const steps = makeSteps();
    const seen: string[] = [];
    steps.hook("PostStep", () => void seen.push("post"));
    const work = overspending(steps, boundary, async (overspend) => {
      await dictThrownBy(overspend);
      await dictThrownBy(overspend);
      return "made do";
    });
    expect(await work()).toBe("made do");
    expect(seen).toEqual(["post"]);
    expect(steps.completed()).toMatchObject([{ status: "completed", error: null, inputTokens: 22, llmCalls: 2 }]);
  });

  it("STEP-36, STEP-37: treats a rejection before the call, and a thrown dict of the program, alike", async () => {
    const steps = makeSteps();
    const rejection = {
      category: "budget_exceeded",
      kind: "terminal",
      reason: "budget_exceeded",
      limit: "max_cost_usd",
    };
    const rejecting = (boundary: ErrorBoundary) =>
      overspending(steps, boundary, () => {
        throw rejection;
      });
    expect(await rejecting("continue")()).toBeUndefined();
    const escalated = await dictThrownBy(rejecting("escalate"));
    expect(escalated).toEqual({
      ...rejection,
      category: "handoff_escalation",
      escalated: true,
      step: "inner",
      function: "inner",
    });
    expect(outline(steps)).toEqual(["inner skipped", "inner escalated"]);
  });

  it("STEP-36: sees through errors that carry a dict, or have one as cause", async () => {
    const steps = makeSteps();
    const dict = { category: "budget_exceeded", message: "too much" };
    const carriers = [new StepError(dict), new HarnError("model.x", "wrapped", { cause: new StepError(dict) })];
    for (const carrier of carriers) {
      const work = overspending(steps, "continue", () => {
        throw carrier;
      });
      expect(await work()).toBeUndefined();
    }
    expect(steps.completed().map((record) => record.error)).toEqual(["too much", "too much"]);
  });

  it("STEP-43: records the dict's message, else the error's own text", async () => {
    const steps = makeSteps();
    for (const thrown of [{ category: "budget_exceeded", message: "its message" }, { category: "budget_exceeded" }]) {
      const work = overspending(steps, "fail", () => {
        throw thrown;
      });
      await outcomeOf(work);
    }
    expect(steps.completed().map((record) => record.error)).toEqual(["its message", '{"category":"budget_exceeded"}']);
  });

  it("STEP-44: marks twice like once, keeps step and function of the inner one, and leaves what is no dict", () => {
    const definition = { name: "outer", function: "outer_fn" };
    const dict: JsonObject = { category: "budget_exceeded", kind: "terminal", step: "inner", limit: "x" };
    const once = markEscalated(jsValues, dict, definition);
    const expected = {
      category: "handoff_escalation",
      kind: "terminal",
      step: "inner",
      function: "outer_fn",
      limit: "x",
      escalated: true,
    };
    expect(jsValues.dictOf(once)).toEqual(expected);
    expect(jsValues.dictOf(markEscalated(jsValues, once, { name: "o2", function: "o2" }))).toEqual(expected);
    expect(dict).not.toHaveProperty("escalated");
    const other = new Error("x");
    expect(markEscalated(jsValues, other, definition)).toBe(other);
    expect(markEscalated(jsValues, "text", definition)).toBe("text");
  });

  describe("around one another", () => {
    const nest = (steps: Steps, outer: ErrorBoundary, inner: ErrorBoundary) =>
      steps.step({ name: "outer", errorBoundary: outer }, overspending(steps, inner));

    it.each<[ErrorBoundary, ErrorBoundary, readonly string[], "nothing" | "plain" | "escalated"]>([
      ["fail", "fail", ["inner failed", "outer failed"], "plain"],
      ["continue", "fail", ["inner failed", "outer skipped"], "nothing"],
      ["escalate", "fail", ["inner failed", "outer escalated"], "escalated"],
      ["fail", "continue", ["inner skipped", "outer completed"], "nothing"],
      ["escalate", "continue", ["inner skipped", "outer completed"], "nothing"],
      // What was escalated is on its way up: outer boundaries neither absorb nor mark it again.
      ["fail", "escalate", ["inner escalated", "outer failed"], "escalated"],
      ["continue", "escalate", ["inner escalated", "outer failed"], "escalated"],
      ["escalate", "escalate", ["inner escalated", "outer failed"], "escalated"],
    ])("STEP-45: outer %s, inner %s", async (outer, inner, records, outcome) => {
      const steps = makeSteps();
      const result = await outcomeOf(nest(steps, outer, inner));
      expect(outline(steps)).toEqual(records);
      const dict = jsValues.dictOf(result);
      if (outcome === "nothing") expect(result).toBeUndefined();
      else expect(dict?.escalated === true).toBe(outcome === "escalated");
      if (dict) expect(dict.step).toBe("inner");
    });
  });
});
