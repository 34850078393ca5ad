import { describe, expect, it } from "vitest";
import { makeSteps, outcomeOf, spend } from "../../test/steps/lab.ts";
import type { Host } from "../base/index.ts";
import type { Span, Tracer } from "../llm/index.ts";
import { EMPTY_SCOPE } from "./scope.ts";
import { createStepRuntime, enterPersona, enterStep, finishStep, leavePersona } from "./step-runtime.ts";
import { createStepSpanLog, joinStepTracers, NO_STEP_TRACER, stepTracerTo } from "./step-tracer.ts";

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
        id: 3,
        parentId: 2,
        kind: "step",
        name: "inner",
        startMs: 30,
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
        id: 2,
        parentId: 1,
        kind: "step",
        name: "outer",
        startMs: 20,
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
      {
        id: 1,
        parentId: 0,
        kind: "persona",
        name: "captain",
        startMs: 10,
        durationMs: 50,
        metadata: { status: "failed" },
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

  it("STEP-54: a persona's span ends when what its function returned has settled, or when it throws", async () => {
    const tracer = createStepSpanLog(tickingHost());
    const steps = makeSteps({ tracer });
    const ended = () => tracer.closed.map(({ name, metadata }) => `${name} ${String(metadata["status"])}`);
    expect(steps.persona({ name: "quick" }, () => 7)()).toBe(7);
    expect(ended()).toEqual(["quick completed"]);
    const throws = steps.persona({ name: "rash" }, () => {
      throw new Error("no");
    });
    expect(throws).toThrow("no");
    let open = (): void => {};
    const promise = new Promise<void>((resolve) => {
      open = resolve;
    });
    const slow = steps.persona({ name: "slow" }, () => promise)();
    expect(ended()).toEqual(["quick completed", "rash failed"]);
    open();
    await slow;
    expect(ended()).toEqual(["quick completed", "rash failed", "slow completed"]);
    await outcomeOf(steps.persona({ name: "late" }, () => Promise.reject(new Error("no"))));
    expect(ended().at(-1)).toBe("late failed");
  });

  it.each([true, false])(
    "STEP-54: a failure of a persona that nobody waits for is heard, traced or not (%s)",
    async (traced) => {
      const steps = makeSteps({ tracer: createStepSpanLog(tickingHost(), traced) });
      const heard: unknown[] = [];
      const others = process.listeners("unhandledRejection");
      process.removeAllListeners("unhandledRejection");
      process.on("unhandledRejection", (reason) => heard.push(reason));
      try {
        const failure = new Error("no");
        void steps.persona({ name: "rash" }, () => Promise.reject(failure))();
        await new Promise((resolve) => setImmediate(resolve));
        expect(heard).toEqual([failure]);
      } finally {
        process.removeAllListeners("unhandledRejection");
        for (const other of others) process.on("unhandledRejection", other);
      }
    },
  );

  it("STEP-53: a persona entered while tracing was off has no span, and what it calls stays below what was open", () => {
    const tracer = createStepSpanLog(tickingHost(), false);
    const runtime = createStepRuntime<never>({ tracer });
    const outer = { ...EMPTY_SCOPE, spanId: 5 };
    const inner = enterPersona(runtime, outer, { name: "captain", function: "c" });
    expect(inner.spanId).toBe(5);
    leavePersona(runtime, outer, inner, "completed");
    expect(tracer.closed).toEqual([]);
  });

  it("two tracers hear of each span, nested by the ids that each has given", () => {
    const [first, second] = [createStepSpanLog(tickingHost(), false), createStepSpanLog(tickingHost())];
    expect(joinStepTracers(NO_STEP_TRACER, second)).toBe(second);
    const tracer = joinStepTracers(first, second);
    const outer = tracer.start("persona", "p", 0);
    first.enabled = true;
    const before = first.start("step", "before", 0);
    const inner = tracer.start("step", "s", outer);
    tracer.set(inner, "model", "m");
    tracer.end(inner);
    tracer.end(outer);
    tracer.end(outer);
    tracer.set(before, "model", "n");
    tracer.end(before);
    const parts = ({ closed }: typeof first) =>
      closed.map(({ id, parentId, name, metadata }) => [id, parentId, name, metadata]);
    expect(parts(first)).toEqual([
      [2, 0, "s", { model: "m" }],
      [1, 0, "before", { model: "n" }],
    ]);
    expect(parts(second)).toEqual([
      [2, 1, "s", { model: "m" }],
      [1, 0, "p", {}],
    ]);
    first.enabled = false;
    second.enabled = false;
    expect(tracer.start("step", "s", 0)).toBe(0);
  });

  it("what began before a second tracer joined is no parent there, though one of its spans has the same id", () => {
    const [first, second] = [createStepSpanLog(tickingHost()), createStepSpanLog(tickingHost())];
    const before = first.start("step", "before", 0);
    const tracer = joinStepTracers(first, second, (span) => span === 77);
    const siblings = ["one", "two"].map((name) => tracer.start("step", name, before));
    siblings.push(tracer.start("step", "below", 77));
    for (const span of siblings) tracer.end(span);
    const parents = ({ closed }: typeof first) => closed.map(({ name, parentId }) => [name, parentId]);
    expect(parents(first)).toEqual([
      ["one", before],
      ["two", before],
      ["below", 77],
    ]);
    expect(parents(second)).toEqual([
      ["one", 0],
      ["two", 0],
      ["below", 77],
    ]);
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
    told.length = 0;
    steps.persona({ name: "p" }, () => 1)();
    expect(told).toEqual([["persona p", { "harn.persona.name": "p" }], { "harn.persona.status": "completed" }, "ok"]);
  });
});
