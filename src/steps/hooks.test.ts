import { describe, expect, it } from "vitest";
import { dictThrownBy, makeSteps, outcomeOf, outline, spend } from "../../test/steps/lab.ts";
import {
  createHookRegistry,
  type HookOccasion,
  type HookRegistration,
  matchesPattern,
  parseHookEvent,
  readHookArguments,
} from "./hook-registry.ts";
import { readPostStepResult, readPreStepResult } from "./hook-results.ts";
import { whilePaused } from "./pause.ts";
import { activeStep, personaName } from "./scope.ts";
import type { HookPayload } from "./step-runtime.ts";
import { jsValues } from "./value-model.ts";

describe("registration", () => {
  it("HOOK-01, HOOK-02: accumulates in order, without removing doubles, until it is cleared", () => {
    const hooks = createHookRegistry<string>();
    const add = (handler: string, more: Partial<HookRegistration<string>> = {}) =>
      hooks.register({ personaPattern: "*", event: "PreStep", handler, ...more });
    add("a");
    add("b", { stepName: "s" });
    add("a");
    const found = () =>
      hooks.matching({ event: "PreStep", persona: "p", stepName: "s" }).map((registration) => registration.handler);
    expect(found()).toEqual(["a", "b", "a"]);
    hooks.register({ personaPattern: "*", event: "PreStep", handler: "manifest" }, "manifest");
    expect(found()).toEqual(["manifest", "a", "b", "a"]);
    hooks.clear();
    expect(found()).toEqual(["manifest"]);
  });

  it.each<[string, Partial<HookRegistration<string>>, Partial<HookOccasion>, boolean]>([
    ["another event", {}, { event: "PostStep" }, false],
    ["another persona", { personaPattern: "cook" }, {}, false],
    ["no persona, pattern `*`", { personaPattern: "*" }, { persona: undefined }, true],
    ["no persona, a name as pattern", { personaPattern: "captain" }, { persona: undefined }, false],
    ["no persona, an empty pattern", { personaPattern: "" }, { persona: undefined }, true],
    ["the step it is bound to", { stepName: "s" }, {}, true],
    ["another step", { stepName: "s" }, { stepName: "sx" }, false],
    [
      "a threshold not reached",
      { event: "OnBudgetThreshold", thresholdPct: 80 },
      { event: "OnBudgetThreshold", budgetPct: 79.9 },
      false,
    ],
    [
      "a threshold reached",
      { event: "OnBudgetThreshold", thresholdPct: 80 },
      { event: "OnBudgetThreshold", budgetPct: 80 },
      true,
    ],
    [
      "a threshold without a percentage",
      { event: "OnBudgetThreshold", thresholdPct: 80 },
      { event: "OnBudgetThreshold" },
      false,
    ],
    [
      "no threshold, any percentage",
      { event: "OnBudgetThreshold" },
      { event: "OnBudgetThreshold", budgetPct: 1 },
      true,
    ],
    ["no threshold, no percentage", { event: "OnBudgetThreshold" }, { event: "OnBudgetThreshold" }, true],
  ])("HOOK-03: %s", (_name, registration, occasion, matches) => {
    const hooks = createHookRegistry<string>();
    hooks.register({ personaPattern: "captain", event: "PreStep", handler: "h", ...registration });
    const found = hooks.matching({ event: "PreStep", persona: "captain", stepName: "s", ...occasion });
    expect(found.length > 0).toBe(matches);
  });

  it("HOOK-03: a step-bound hook never matches an event without a step", () => {
    const hooks = createHookRegistry<string>();
    hooks.register({ personaPattern: "*", event: "OnPersonaPaused", stepName: "s", handler: "h" });
    expect(hooks.matching({ event: "OnPersonaPaused", persona: "p" })).toEqual([]);
  });

  it.each<[string, string, boolean]>([
    ["*", "anything", true],
    ["*", "", true],
    ["cap*", "captain", true],
    ["cap*", "cap", true],
    ["cap*", "mycap", false],
    ["*tain", "captain", true],
    ["*tain", "captains", false],
    ["captain", "captain", true],
    ["captain", "Captain", false],
    ["c*n", "captain", false],
    ["c*n", "c*n", true],
    ["*apt*", "captain", false],
    ["*apt*", "*aptly", true],
    ["**", "*x", true],
    ["**", "x", false],
    ["", "", true],
    ["", "x", false],
  ])("HOOK-04: pattern %j, name %j: %s", (pattern, name, matches) => {
    expect(matchesPattern(pattern, name)).toBe(matches);
  });

  it.each<[string, object]>([
    ["PreStep", { ok: true, event: "PreStep" }],
    ["  PostStep\n", { ok: true, event: "PostStep" }],
    ["OnBudgetThreshold", { ok: true, event: "OnBudgetThreshold" }],
    ["OnBudgetThreshold(80)", { ok: true, event: "OnBudgetThreshold", thresholdPct: 80 }],
    [" OnBudgetThreshold( 12.5 ) ", { ok: true, event: "OnBudgetThreshold", thresholdPct: 12.5 }],
    ["OnApprovalRequested", { ok: true, event: "OnApprovalRequested" }],
    ["OnHandoffEmitted", { ok: true, event: "OnHandoffEmitted" }],
    ["OnPersonaPaused", { ok: true, event: "OnPersonaPaused" }],
    ["OnPersonaResumed", { ok: true, event: "OnPersonaResumed" }],
    ["prestep", { ok: false, problem: "unknown persona hook event `prestep`" }],
    ["", { ok: false, problem: "unknown persona hook event ``" }],
    ["PreStep(5)", { ok: false, problem: "unknown persona hook event `PreStep(5)`" }],
    ["OnBudgetThreshold(much)", { ok: false, problem: "invalid budget threshold `much`" }],
    ["OnBudgetThreshold()", { ok: false, problem: "invalid budget threshold ``" }],
    ["OnBudgetThreshold(NaN)", { ok: false, problem: "invalid budget threshold `NaN`" }],
    ["OnBudgetThreshold(Infinity)", { ok: false, problem: "invalid budget threshold `Infinity`" }],
    ["OnBudgetThreshold(0x10)", { ok: false, problem: "invalid budget threshold `0x10`" }],
    ["OnBudgetThreshold(1e999)", { ok: false, problem: "invalid budget threshold `1e999`" }],
  ])("HOOK-06, HOOK-08: event %j", (text, parsed) => {
    expect(parseHookEvent(text)).toEqual(parsed);
  });

  it("HOOK-05: reads the arguments of the two builtins", () => {
    const handler = () => null;
    expect(readHookArguments("register_persona_hook", ["cap*", "OnBudgetThreshold(80)", handler], jsValues)).toEqual({
      personaPattern: "cap*",
      event: "OnBudgetThreshold",
      thresholdPct: 80,
      handler,
    });
    expect(readHookArguments("register_step_hook", ["*", "plan", " PreStep ", handler], jsValues)).toEqual({
      personaPattern: "*",
      stepName: "plan",
      event: "PreStep",
      handler,
    });
  });

  const f = () => null;
  it.each<["register_persona_hook" | "register_step_hook", readonly unknown[], string]>([
    ["register_persona_hook", ["*", "Never", f], "register_persona_hook: unknown persona hook event `Never`"],
    ["register_persona_hook", ["*", "OnBudgetThreshold(x)", f], "register_persona_hook: invalid budget threshold `x`"],
    ["register_persona_hook", ["*"], "register_persona_hook: missing event"],
    ["register_persona_hook", ["*", "PreStep"], "register_persona_hook: missing handler"],
    ["register_persona_hook", ["*", "PreStep", null], "register_persona_hook: missing handler"],
    ["register_persona_hook", ["*", "PreStep", 5], "register_persona_hook: handler must be a closure, got int"],
    ["register_persona_hook", ["*", "PreStep", { a: 1 }], "register_persona_hook: handler must be a closure, got dict"],
    ["register_step_hook", ["*"], "register_step_hook: missing step name"],
    ["register_step_hook", ["*", "s"], "register_step_hook: missing event"],
    ["register_step_hook", ["*", "s", "PreStep", "f"], "register_step_hook: handler must be a closure, got string"],
    ["register_step_hook", [], "register_step_hook: missing persona pattern"],
  ])("HOOK-07: %s %j throws a text", (builtin, args, message) => {
    expect(() => readHookArguments(builtin, args, jsValues)).toThrow(message);
  });
});

describe("PreStep results", () => {
  const keep = { kind: "keep" };
  it.each<[unknown, object]>([
    [undefined, keep],
    [null, keep],
    ["Allow", keep],
    [{}, keep],
    [{ note: 1 }, keep],
    [{ args: [1, 2] }, { kind: "replace", args: [1, 2] }],
    [{ modify: [3] }, { kind: "replace", args: [3] }],
    [
      { args: [1], modify: [2] },
      { kind: "replace", args: [1] },
    ],
    [
      { args: "x", modify: [2] },
      { kind: "replace", args: [2] },
    ],
    [{ args: "x" }, keep],
    [{ args: [] }, { kind: "replace", args: [] }],
    [{ deny: true }, { kind: "deny", reason: "denied by PreStep hook" }],
    [{ deny: "not today" }, { kind: "deny", reason: "not today" }],
    [
      { deny: true, reason: "budget" },
      { kind: "deny", reason: "budget" },
    ],
    [{ reason: "budget" }, { kind: "deny", reason: "budget" }],
    [{ action: "deny" }, { kind: "deny", reason: "denied by PreStep hook" }],
    [
      { action: "deny", reason: "r", args: [1] },
      { kind: "deny", reason: "r" },
    ],
    [{ action: "allow" }, keep],
  ])("HOOK-11: %j", (result, answer) => {
    expect(readPreStepResult(result, jsValues)).toEqual(answer);
  });

  it.each<[unknown]>([[{ deny: false }], [{ deny: null }], [{ deny: false, reason: "why not" }], [{ reason: null }]])(
    "HOOK-12: %j does not deny, since a deny that is false or nil means it",
    (result) => {
      expect(readPreStepResult(result, jsValues)).toEqual(keep);
    },
  );

  it.each<[unknown, string]>([
    [5, "int"],
    [1.5, "float"],
    [true, "bool"],
    ["Deny", "string"],
    [[1], "list"],
    [() => 1, "closure"],
  ])("HOOK-11: %j is an error", (result, type) => {
    expect(() => readPreStepResult(result, jsValues)).toThrow(
      `PreStep hook must return nil, Allow, or {deny|args}, got ${type}`,
    );
  });
});

describe("PostStep results", () => {
  const keep = { kind: "keep" };
  it.each<[unknown, object]>([
    [undefined, keep],
    ["Pass", keep],
    [{}, keep],
    [{ other: 1 }, keep],
    [
      { output: 1, result: 2, modify: 3 },
      { kind: "replace", output: 1 },
    ],
    [
      { result: 2, modify: 3 },
      { kind: "replace", output: 2 },
    ],
    [{ modify: 3 }, { kind: "replace", output: 3 }],
    [
      { output: null, result: 2 },
      { kind: "replace", output: null },
    ],
  ])("HOOK-15: %j", (result, answer) => {
    expect(readPostStepResult(result, jsValues)).toEqual(answer);
  });

  it.each<[unknown, string]>([
    ["Allow", "string"],
    [0, "int"],
    [[], "list"],
  ])("HOOK-15: %j is an error", (result, type) => {
    expect(() => readPostStepResult(result, jsValues)).toThrow(
      `PostStep hook must return nil, Pass, or {output}, got ${type}`,
    );
  });
});

describe("hooks around a step", () => {
  it("HOOK-09, HOOK-10, HOOK-14: run in order, each seeing what the one before left", async () => {
    const steps = makeSteps();
    const seen: HookPayload[] = [];
    const answering = (answer: (payload: HookPayload) => unknown) => (payload: HookPayload) => {
      seen.push(payload);
      return answer(payload);
    };
    const manifest = (event: "PreStep" | "PostStep", result: unknown) =>
      steps.runtime.hooks.register({ personaPattern: "*", event, handler: answering(() => result) }, "manifest");
    steps.hook(
      "PreStep",
      answering(({ step }) => ({ args: [(step!.args[0] as number) * 10] })),
    );
    steps.hook(
      "PostStep",
      answering(({ output }) => ({ output: `${output}!` })),
      { step: "double" },
    );
    manifest("PreStep", { args: [7] });
    manifest("PostStep", { result: "m" });
    const double = steps.step({ name: "double" }, function double_fn(value: number) {
      return value * 2;
    });
    expect(await steps.persona({ name: "captain" }, () => double(1))()).toBe("m!");
    const about = { target: "captain.double", persona: "captain" };
    const step = (args: readonly unknown[]) => ({ name: "double", function: "double_fn", args });
    expect(seen).toStrictEqual([
      { event: "PreStep", ...about, step: step([1]) },
      { event: "PreStep", ...about, step: step([7]) },
      { event: "PostStep", ...about, step: step([70]), output: 140 },
      { event: "PostStep", ...about, step: step([70]), output: "m" },
    ]);
    expect(outline(steps)).toEqual(["double completed"]);
  });

  it("HOOK-09: without a persona the target is the step, and the persona empty", async () => {
    const steps = makeSteps();
    const seen: HookPayload[] = [];
    steps.hook("PreStep", (payload) => void seen.push(payload));
    await steps.step({ name: "s" }, () => 1)();
    expect(seen[0]).toMatchObject({ target: "s", persona: "" });
  });

  it("HOOK-13: a denial throws a dict, and the step never begins", async () => {
    const steps = makeSteps();
    let ran = 0;
    steps.hook("PreStep", () => ({ deny: true, reason: "not now" }));
    steps.hook("PreStep", () => void ran++);
    const work = steps.step({ name: "s", budget: { maxTokens: 1 }, errorBoundary: "continue" }, () => ran++);
    expect(await dictThrownBy(work)).toStrictEqual({
      category: "hook_denied",
      event: "PreStep",
      reason: "not now",
      step: "s",
    });
    expect(ran).toBe(0);
    expect(outline(steps)).toEqual([]);
    expect(steps.runtime.unfinished.size).toBe(0);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("hook broke");
      },
      "hook broke",
    ],
    ["returns nonsense", () => 5, "PreStep hook must return nil, Allow, or {deny|args}, got int"],
    [
      "rejects",
      async () => {
        throw new Error("hook broke");
      },
      "hook broke",
    ],
  ])("a PreStep hook that %s keeps the step from beginning", async (_name, hook, message) => {
    const steps = makeSteps();
    steps.hook("PreStep", hook);
    await expect(steps.step({ name: "s" }, () => 1)()).rejects.toThrow(message);
    expect(outline(steps)).toEqual([]);
  });

  it("STEP-50: a PostStep hook that throws makes the step `failed`, and the error goes on", async () => {
    const steps = makeSteps();
    steps.hook("PostStep", () => {
      throw new Error("post broke");
    });
    await expect(steps.step({ name: "s" }, () => 1)()).rejects.toThrow("post broke");
    expect(steps.completed()).toMatchObject([{ status: "failed", error: "post broke" }]);
  });

  it("STEP-50: a step whose output was changed is `completed`", async () => {
    const steps = makeSteps();
    steps.hook("PostStep", () => ({ output: 2 }));
    expect(await steps.step({ name: "s" }, () => 1)()).toBe(2);
    expect(outline(steps)).toEqual(["s completed"]);
  });

  it("HOOK-14: while PostStep hooks run, the step is charged nothing any more", async () => {
    const steps = makeSteps();
    let late: Promise<void> | undefined;
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    steps.hook("PostStep", async () => {
      open();
      await late;
    });
    const work = steps.step({ name: "s" }, async () => {
      late = opened.then(() => steps.charge(spend(5)));
    });
    await work();
    expect(steps.completed()).toMatchObject([{ name: "s", inputTokens: 0 }]);
    expect(steps.receipt().unattributed.inputTokens).toBe(5);
  });

  it("HOOK-14: PostStep hooks do not run when the step throws", async () => {
    const steps = makeSteps();
    let ran = 0;
    steps.hook("PostStep", () => void ran++);
    await outcomeOf(steps.step({ name: "s" }, () => Promise.reject(new Error("x"))));
    expect(ran).toBe(0);
  });

  it("STEP-23: handlers run outside of every step and persona, and everything is put back after they throw", async () => {
    const steps = makeSteps();
    const seen: unknown[] = [];
    const look = async () => {
      await Promise.resolve();
      seen.push(activeStep(steps.current()), personaName(steps.current()));
      await steps.charge(spend(100, 0, 0, "hook-model"));
    };
    steps.hook("PreStep", look);
    steps.hook("PostStep", look);
    steps.hook("OnBudgetThreshold", look, { thresholdPct: 10 });
    const inner = steps.step({ name: "inner", budget: { maxTokens: 50 } }, async () => {
      await steps.charge(spend(10));
      return activeStep(steps.current())?.definition.name;
    });
    const outer = steps.step({ name: "outer" }, async () => {
      const name = await inner();
      steps.hook("PreStep", () => Promise.reject(new Error("x")), { step: "inner" });
      await outcomeOf(inner);
      return [name, activeStep(steps.current())?.definition.name, personaName(steps.current())];
    });
    expect(await steps.persona({ name: "captain" }, () => outer())()).toEqual(["inner", "outer", "captain"]);
    expect(new Set(seen)).toEqual(new Set([undefined]));
    expect(steps.completed().map((record) => [record.name, record.inputTokens])).toEqual([
      ["inner", 10],
      ["outer", 0],
    ]);
    expect(steps.receipt().unattributed.inputTokens % 100).toBe(0);
  });

  it("HOOK-17: other events are told by whoever knows of them", async () => {
    const steps = makeSteps();
    const seen: HookPayload[] = [];
    steps.hook("OnApprovalRequested", (payload) => void seen.push(payload), { persona: "cap*" });
    steps.hook("OnHandoffEmitted", (payload) => void seen.push(payload), { step: "other" });
    await steps.persona({ name: "captain" }, async () => {
      await steps.fire("OnApprovalRequested", { tool: "rm" });
      await steps.step({ name: "s" }, () => steps.fire("OnApprovalRequested", { tool: "mv" }))();
      await steps.fire("OnHandoffEmitted", {});
    })();
    await steps.fire("OnApprovalRequested", {});
    expect(seen).toEqual([
      { event: "OnApprovalRequested", target: "captain", persona: "captain", data: { tool: "rm" } },
      {
        event: "OnApprovalRequested",
        target: "captain.s",
        persona: "captain",
        step: { name: "s", function: "s", args: [] },
        data: { tool: "mv" },
      },
    ]);
  });

  describe("HOOK-06: a persona that waits for something outside", () => {
    const listening = () => {
      const steps = makeSteps();
      const heard: string[] = [];
      const hear = ({ event, target, data }: HookPayload) =>
        void heard.push(`${event.slice("OnPersona".length)} ${target} ${JSON.stringify(data)}`);
      steps.hook("OnPersonaPaused", hear, { persona: "cap*" });
      steps.hook("OnPersonaResumed", hear, { persona: "cap*" });
      const inPersona = <T>(work: () => Promise<T>) => steps.persona({ name: "captain" }, work)();
      return { steps, heard, inPersona };
    };

    it("is told before and after, in and outside of steps", async () => {
      const { steps, heard, inPersona } = listening();
      const wait = async () => {
        heard.push("wait");
        return 7;
      };
      expect(await inPersona(() => steps.paused({ waits_for: "answer" }, wait))).toBe(7);
      expect(await inPersona(steps.step({ name: "s" }, () => steps.paused({}, wait)))).toBe(7);
      expect(heard).toEqual([
        'Paused captain {"waits_for":"answer"}',
        "wait",
        'Resumed captain {"waits_for":"answer","ok":true}',
        "Paused captain.s {}",
        "wait",
        'Resumed captain.s {"ok":true}',
      ]);
    });

    it("goes on with `ok: false` and the error when nothing came, whatever the hook throws", async () => {
      const { steps, heard, inPersona } = listening();
      steps.hook("OnPersonaResumed", () => Promise.reject(new Error("hook broke")));
      const silence = () => Promise.reject(new Error("nobody answered"));
      await expect(inPersona(() => steps.paused({}, silence))).rejects.toThrow("nobody answered");
      expect(heard).toEqual(["Paused captain {}", 'Resumed captain {"ok":false}']);
    });

    it("does not wait when the hook says no, and hears of a hook that fails after", async () => {
      const { steps, inPersona } = listening();
      let waited = 0;
      const wait = async () => void waited++;
      steps.hook("OnPersonaResumed", () => Promise.reject(new Error("after")));
      await expect(inPersona(() => steps.paused({}, wait))).rejects.toThrow("after");
      steps.hook("OnPersonaPaused", () => Promise.reject(new Error("before")));
      await expect(inPersona(() => steps.paused({}, wait))).rejects.toThrow("before");
      expect(waited).toBe(1);
    });

    it("is nobody outside of personas", async () => {
      const { steps, heard } = listening();
      steps.hook("OnPersonaPaused", () => void heard.push("paused"));
      expect(await steps.paused({}, async () => 7)).toBe(7);
      expect(heard).toEqual([]);
    });

    it("tells nothing when the program is stopped meanwhile", async () => {
      const heard: string[] = [];
      const pause = { data: {}, fire: async (event: string) => void heard.push(event), isStopped: () => true };
      await expect(whilePaused(pause, () => Promise.reject(new Error("stop")))).rejects.toThrow("stop");
      expect(heard).toEqual(["OnPersonaPaused"]);
    });
  });

  it("HOOK-18: effects in a result are applied before it is read", async () => {
    const order: string[] = [];
    const steps = makeSteps({
      applyHookEffects: (result, payload) =>
        void order.push(`${payload.event}: ${(result as { reminder: string }).reminder}`),
    });
    steps.hook("PreStep", () => ({ reminder: "be quick", deny: true }));
    await outcomeOf(steps.step({ name: "s" }, () => order.push("ran")));
    expect(order).toEqual(["PreStep: be quick"]);
  });

  it("HOOK-16: what runs inside the body, such as tool hooks, runs between PreStep and PostStep", async () => {
    const steps = makeSteps();
    const order: string[] = [];
    steps.hook("PreStep", () => void order.push("PreStep"));
    steps.hook("PostStep", () => void order.push("PostStep"));
    await steps.step({ name: "s" }, async () => void order.push("PreToolUse", "PostToolUse"))();
    expect(order).toEqual(["PreStep", "PreToolUse", "PostToolUse", "PostStep"]);
  });
});
