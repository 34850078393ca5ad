import { describe, expect, it } from "vitest";
import { makeSteps, outcomeOf, spend } from "../../test/steps/lab.ts";
import type { Host } from "../base/index.ts";
import type { Span, Tracer } from "../llm/index.ts";
import { EMPTY_SCOPE } from "./scope.ts";
import { createStepRuntime, enterStep, finishStep } from "./step-runtime.ts";
import { createStepSpanLog, stepTracerTo } from "./step-tracer.ts";

/** A clock that moves by ten at every look. */
function tickingHost(): Host {
  let now = 90;
  return {
    sync: (() => (now += 10)) as unknown as Host["sync"],
    perform: undefined as never,
    stream: undefined as never,
  };
}

describe("step spans", () => {
  it("STEP-51, STEP-52, STEP-54: carry persona, model, status and usage, nest, and tell start and duration", async () => {
    const tracer = createStepSpanLog(tickingHost());
    const steps = makeSteps({ tracer });
    const inner = steps.step({ name: "inner", model: "small" }, () => steps.charge(spend(3, 4, 0.5, "used")));
    const outer = steps.step({ name: "outer" }, async () => {
      await inner();
      throw new Error("secret detail");
    });
    await outcomeOf(steps.persona({ name: "captain" }, () => outer()));
    expect(tracer.closed).toEqual([
      {
        id: 2,
        parentId: 1,
        kind: "step",
        name: "inner",
        startMs: 20,
        durationMs: 10,
        metadata: {
          persona: "captain",
          model: "small",
          status: "completed",
          llm_calls: 1,
          input_tokens: 3,
          output_tokens: 4,
          cost_usd: 0.5,
        },
      },
      {
        id: 1,
        parentId: 0,
        kind: "step",
        name: "outer",
        startMs: 10,
        durationMs: 30,
        metadata: {
          persona: "captain",
          status: "failed",
          llm_calls: 0,
          input_tokens: 0,
          output_tokens: 0,
          cost_usd: 0,
        },
      },
    ]);
    expect(JSON.stringify(tracer.closed)).not.toContain("secret detail");
  });

  it("STEP-52: leaves a cost out that is no number", () => {
    const tracer = createStepSpanLog(tickingHost());
    const runtime = createStepRuntime<never>({ tracer });
    const { step } = enterStep(runtime, EMPTY_SCOPE, { name: "s", function: "f" }, []);
    step.usage.costUsd = Number.NaN;
    finishStep(runtime, step, "completed", null);
    expect(tracer.closed[0]!.metadata).not.toHaveProperty("cost_usd");
    expect(tracer.closed[0]!.metadata).toHaveProperty("llm_calls", 0);
  });

  it("STEP-53: a step entered while tracing was off has span 0 and stays without", () => {
    const tracer = createStepSpanLog(tickingHost(), false);
    const runtime = createStepRuntime<never>({ tracer });
    const off = enterStep(runtime, EMPTY_SCOPE, { name: "off", function: "f" }, []);
    tracer.enabled = true;
    const on = enterStep(runtime, off.scope, { name: "on", function: "f" }, []);
    expect([off.step.spanId, off.scope.spanId]).toEqual([0, 0]);
    finishStep(runtime, on.step, "completed", null);
    finishStep(runtime, off.step, "completed", null);
    expect(tracer.closed.map(({ name, parentId }) => [name, parentId])).toEqual([["on", 0]]);
    const silent = createStepRuntime<never>();
    expect(enterStep(silent, EMPTY_SCOPE, { name: "s", function: "f" }, []).step.spanId).toBe(0);
  });

  it("a span of another layer can be the parent", () => {
    const tracer = createStepSpanLog(tickingHost());
    const runtime = createStepRuntime<never>({ tracer });
    const { step } = enterStep(runtime, { ...EMPTY_SCOPE, spanId: 77 }, { name: "s", function: "f" }, []);
    finishStep(runtime, step, "completed", null);
    expect(tracer.closed[0]!.parentId).toBe(77);
  });

  it("go to a tracing library as attributes", async () => {
    const told: unknown[] = [];
    const span: Span = {
      set: (attributes) => void told.push(attributes),
      event: () => {},
      end: (status) => void told.push(status),
    };
    const tracer: Tracer = {
      startSpan(name, attributes) {
        told.push([name, attributes]);
        return span;
      },
    };
    const steps = makeSteps({ tracer: stepTracerTo(tracer) });
    await steps.step({ name: "s" }, () => 1)();
    expect(told).toEqual([
      ["step s", { "harn.step.name": "s" }],
      { "harn.step.status": "completed" },
      { "harn.step.llm_calls": 0 },
      { "harn.step.input_tokens": 0 },
      { "harn.step.output_tokens": 0 },
      { "harn.step.cost_usd": 0 },
      "ok",
    ]);
    told.length = 0;
    await outcomeOf(steps.step({ name: "s" }, () => Promise.reject(new Error("x"))));
    expect(told.at(-1)).toBe("error");
  });
});
