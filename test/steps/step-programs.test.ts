/** `@step` and `@persona` in programs: what callers see, what the books say, and that nothing stays open. */

import { describe, expect, it } from "vitest";
import { createProgramSteps, STEPS_STATE } from "../../src/stdlib/index.ts";
import { runHarn } from "../support/run-harn.ts";
import { runSteps, type StepProgramRun } from "./step-programs.ts";

function expectClosed({ steps, scope, liveTasks, error }: StepProgramRun): void {
  expect(error).toBeUndefined();
  expect([scope?.step, scope?.persona]).toEqual([undefined, undefined]);
  expect(steps.unfinished.size).toBe(0);
  expect(liveTasks).toBe(0);
}

describe("declaring", () => {
  it("STEP-55 a step is known from its declaration on, wherever it is called from", async () => {
    const run = await runSteps(`
@step(name: outline)
fn plan(goal) { return "plan of " + goal }
@persona
fn captain(goals) { return goals.map(plan) }
println(captain(["a", "b"]))
println(["c"].map({ x -> plan(x) }))
println("d" |> plan)
println(type_of(plan))
println(plan)`);
    expectClosed(run);
    expect(run.lines).toEqual(["[plan of a, plan of b]", "[plan of c]", "plan of d", "closure", "<fn(goal)>"]);
    expect(run.log).toEqual([
      "outline completed 0",
      "outline completed 0",
      "outline completed 0",
      "outline completed 0",
    ]);
    expect(run.receipt.steps[0]).toMatchObject({ name: "outline", function: "plan" });
  });

  it("STEP-55 functions inside functions, and one that calls itself", async () => {
    const run = await runSteps(`
fn work() {
  @step
  fn down(n) { return n == 0 ? 0 : 1 + down(n - 1) }
  return down(2)
}
println(work())`);
    expectClosed(run);
    expect(run.lines).toEqual(["2"]);
    expect(run.log).toHaveLength(3);
  });

  it("STEP-57 an argument that must run is refused, with its place", async () => {
    const { error } = await runSteps('let x = 1\n@step(name: "a ${x}")\nfn plan() { return 1 }');
    expect(error).toMatch(
      /^error: Expected attribute argument value \(literal or identifier\), got "a \$\{x\}" at \d+:13$/,
    );
  });

  it("STEP-66 stages that cannot be read are thrown", async () => {
    const { error } = await runHarn("@persona(stages: [{allowed_tools: []}])\nfn lead() { return 1 }");
    expect(error).toContain("@persona: `stages` entries need a `name`");
  });

  it("STEP-12, ambiguity 13: a function that is both is a step of its own persona, in either order", async () => {
    const run = await runSteps(`
@step @persona(name: "captain")
fn lead() { return 1 }
@persona(name: "mate") @step
fn follow() { return 1 }
register_persona_hook("*", "PreStep", { e -> println(e.target) })
lead()
follow()`);
    expectClosed(run);
    expect(run.lines).toEqual(["captain.lead", "mate.follow"]);
  });
});

describe("who is at work", () => {
  it("STEP-16, STEP-19 inner steps have bills of their own; personas nest", async () => {
    const run = await runSteps(`
@step fn inner() { ask(5) }
@step fn outer() {
  ask(3)
  inner()
  ask(4)
  return current_persona()
}
@persona(name: "mate") fn follow() { return outer() }
@persona(name: "captain") fn lead() { return [current_persona(), follow(), current_persona()] }
println(lead())
println(current_persona())
ask(2)`);
    expectClosed(run);
    expect(run.lines).toEqual(["[captain, mate, captain]", "nil"]);
    expect(run.log).toEqual(["inner completed 5", "outer completed 7"]);
    expect(run.receipt.unattributed).toMatchObject({ llmCalls: 1, inputTokens: 1, outputTokens: 1 });
    expect(run.receipt.total).toMatchObject({ llmCalls: 4, inputTokens: 10, outputTokens: 4 });
  });

  it("STEP-20 a generator is not entered; what it asks for is charged to the step that made it", async () => {
    const run = await runSteps(`
@step
fn reader() {
  var sum = 0
  for n in numbers() { sum = sum + n }
  return sum
}
fn numbers() {
  ask(5)
  yield 1
  ask(6)
  yield 2
}
@step
gen fn words() { emit "a" }
fn use() { for w in words() { println(w) } }
println(reader())
use()
let late = numbers()
println(late.next())`);
    expect(run.error).toBe("warning: `@step` has no effect on a generator: iterating is not one call");
    const quiet = await runSteps(`
@step
fn reader() {
  var sum = 0
  for n in numbers() { sum = sum + n }
  return sum
}
@step
fn maker() { return numbers() }
fn numbers() {
  ask(5)
  yield 1
  ask(6)
  yield 2
}
println(reader())
for n in maker() { println(n) }`);
    expectClosed(quiet);
    expect(quiet.lines).toEqual(["3", "1", "2"]);
    expect(quiet.log, "a step that is over is charged nothing").toEqual(["reader completed 11", "maker completed 0"]);
    expect(quiet.receipt.unattributed.llmCalls).toBe(2);
  });

  it("STEP-26, STEP-27 the step's model is the default; an explicit one wins; it is not inherited", async () => {
    const run = await runSteps(`
fn model_of(options) { return llm_call("x", nil, {provider: "mock", ...options}).model }
@step fn bare() { return model_of({}) }
@step(model: "house-small") fn named() { return [model_of({}), model_of({model: "big"}), bare()] }
let outside = model_of({})
let [own, explicit, inner] = named()
println(own)
println(explicit)
println(inner == outside)`);
    expectClosed(run);
    expect(run.lines).toEqual(["house-small", "big", "true"]);
    expect(run.receipt.steps.map(({ model }) => model)).toEqual([expect.anything(), "big"]);
  });

  it("STEP-25, ambiguity 10: children charge the step they were started in, also when it has ended", async () => {
    const run = await runSteps(`
@step
fn team() {
  parallel each [4, 5] { n -> ask(n) }
  let left = spawn {
    sleep(50)
    ask(7)
  }
  return left
}
@step
fn around() {
  let left = team()
  await(left)
}
around()
await(team())`);
    expectClosed(run);
    expect(run.log).toEqual(["team completed 9", "around completed 7", "team completed 9"]);
    expect(run.receipt.unattributed).toMatchObject({ llmCalls: 1 });
  });

  it("a step leaves the task's other values alone", async () => {
    const run = await runSteps(`
@step
fn enter(tenant) { runtime_context_set("tenant", tenant) }
@persona
fn lead() { enter("acme") }
lead()
println(runtime_context_get("tenant"))`);
    expectClosed(run);
    expect(run.lines).toEqual(["acme"]);
  });

  it("STEP-67 a persona's output style", async () => {
    const run = await runSteps(`
@persona(output_style: {name: terse, instructions: "Be brief"})
fn lead() { return persona_output_style() }
@persona fn plain() { return persona_output_style() }
println(lead())
println(plain())
println(persona_output_style())
println(persona_output_style("lead").name)
println(persona_output_style("nobody"))`);
    expectClosed(run);
    expect(run.lines).toEqual(["{instructions: Be brief, name: terse}", "nil", "nil", "terse", "nil"]);
  });
});

describe("scopes close on every path", () => {
  const after = `
fn probe() { ask(1) }`;
  it.each([
    ["return", "", "s()", "completed"],
    ["a value from the middle", "if true { return 1 }", "s()", "completed"],
    ["a throw", 'throw "no"', "try { s() } catch (e) { println(e) }", "failed"],
    ["an error of a helper", "let x = 1 / 0", "try { s() } catch (e) { println(e) }", "failed"],
    ["the result operator", 'let _v = Err("no")?', "s()", "completed"],
    ["a deadline around it", "sleep(1000)", "try { deadline 5ms { s() } } catch (e) { println(e) }", "failed"],
    ["a cancelled task", "sleep(1000)", "let t = spawn { s() }\nsleep(1)\ncancel(t)\nsleep(1)", "failed"],
    [
      "a race that others win",
      "sleep(1000)",
      'select {\n  timeout 5ms { println("late") }\n}\nlet t = spawn { s() }\nsleep(1)\ncancel_graceful(t)\nsleep(1)',
      "failed",
    ],
    ["a tail call", "return probe2()", "s()", "completed"],
    ["a tail call to it", "return 1", "fn last() { return s() }\nlast()", "completed"],
    [
      "defer and finally",
      'defer { println("d") }\ntry { throw "x" } finally { println("f") }',
      "try { s() } catch (e) { }",
      "failed",
    ],
  ])("%s", async (_, body, use, status) => {
    const run = await runSteps(`${after}
fn probe2() { return 2 }
@step
fn s() {
  ${body}
}
${use}
probe()`);
    expectClosed(run);
    expect(run.log).toEqual([`s ${status} 0`]);
    expect(run.receipt.unattributed.llmCalls, "the probe is charged to nobody").toBe(1);
  });

  it("the end of a program with steps under way", async () => {
    const run = await runSteps(`
@step fn slow() { sleep(10000) }
let _t = spawn { slow() }
sleep(1)`);
    expectClosed(run);
    expect(run.log).toEqual(["slow failed 0"]);
  });

  it("a deep recursion of steps ends as any other, with every entry in the log", async () => {
    const run = await runSteps(`
@step fn down(n) { return 1 + down(n + 1) }
try { down(0) } catch (e) { println(e) }`);
    expectClosed(run);
    expect(run.lines).toEqual(["Stack overflow: too many nested calls"]);
    expect(run.log.length).toBeGreaterThan(100);
    expect(new Set(run.log)).toEqual(new Set(["down failed 0"]));
  });
});

describe("budgets", () => {
  it("STEP-29, STEP-30, STEP-34, STEP-35 the exact dict; the call that crosses is made and counted, further ones raise again", async () => {
    const run = await runSteps(`
@step(name: outline, budget: {max_tokens: 10})
fn plan() {
  ask(10)
  for n in [1, 2] {
    try { ask(n) } catch (e) { println(e) }
  }
  return "done"
}
println(plan())`);
    expectClosed(run);
    const dict = (tokens: number) =>
      `{category: budget_exceeded, consumed_cost_usd: 0.0, consumed_tokens: ${tokens}.0, error_boundary: fail, ` +
      "function: plan, kind: budget_exhausted, limit: max_tokens, limit_value: 10.0, " +
      `message: step \`outline\` exceeded max_tokens budget (${tokens} > 10), reason: step_budget_exhausted, step: outline}`;
    // The third call is not made: the step is over its limit, and gets told again.
    expect(run.lines).toEqual([dict(11), dict(11), "done"]);
    expect(run.log).toEqual(["outline completed 11"]);
  });

  it("STEP-10, STEP-34 money: zero is a limit, and floats stay floats", async () => {
    const run = await runSteps(`
@step(budget: {max_usd: 0})
fn plan() {
  llm_mock({text: "x", input_tokens: 1000000, output_tokens: 1, model: "claude-sonnet-4-20250514"})
  return llm_call("x", nil, {provider: "mock", model: "claude-sonnet-4-20250514"})
}
try { plan() } catch (e) {
  println([e.limit, e.limit_value, type_of(e.consumed_cost_usd), e.consumed_cost_usd > 2.9, type_of(e.consumed_tokens)])
  println(e.message)
}`);
    expectClosed(run);
    expect(run.lines).toEqual([
      "[max_usd, 0.0, float, true, float]",
      "step `plan` exceeded max_usd budget (1000001 > 0)",
    ]);
  });

  it.each([["llm_call_safe", 'llm_call_safe("x", nil, {provider: "mock"})', "[false, nil, budget_exhausted]"]])(
    "SAFE-03 %s never throws: a breach is its answer",
    async (_, call, expected) => {
      const run = await runSteps(`
@step(budget: {max_tokens: 1})
fn plan() {
  let answer = ${call}
  return [answer.ok, answer.response, answer.error.kind]
}
println(plan())`);
      expectClosed(run);
      expect(run.lines).toEqual([expected]);
      expect(run.receipt.steps[0]?.status).toBe("completed");
    },
  );

  it("structured answers have envelopes of their own for it", async () => {
    const run = await runSteps(`
@step(budget: {max_tokens: 1})
fn plan() {
  llm_mock({text: "{}"})
  let safe = llm_call_structured_safe("x", {type: "dict"}, {provider: "mock"})
  println([safe.ok, safe.data, safe.error.reason])
  llm_mock({text: "{}"})
  let full = llm_call_structured_result("x", {type: "dict"}, {provider: "mock"})
  println([full.ok, full.data, full.error_category, full.provider])
  println(full.error)
}
plan()`);
    expectClosed(run);
    expect(run.lines.slice(0, 2)).toEqual([
      "[false, nil, step_budget_exhausted]",
      "[false, nil, budget_exceeded, mock]",
    ]);
    expect(run.lines[2]).toMatch(/^step `plan` exceeded max_tokens budget \(\d+ > 1\)$/);
  });

  it("STEP-29 a streamed answer is charged, and its breach shows where the values end", async () => {
    const run = await runSteps(`
@step(budget: {max_tokens: 5})
fn plan() {
  llm_mock({text: "one two", input_tokens: 5, output_tokens: 2})
  var text = ""
  try {
    for piece in llm_stream("x", nil, {provider: "openai", model: "gpt-4o-mini"}) { text = text + piece }
  } catch (e) { println(e.message) }
  return text
}
println(plan())`);
    expectClosed(run);
    expect(run.lines).toEqual(["step `plan` exceeded max_tokens budget (7 > 5)", "one two"]);
    expect(run.log).toEqual(["plan completed 7"]);
  });

  it("STEP-34 an agent that uses up the budget ends with the step's dict", async () => {
    const run = await runSteps(`
@step(budget: {max_tokens: 5})
fn plan() {
  llm_mock({text: "ok", input_tokens: 5, output_tokens: 2})
  return agent_loop("x", nil, {provider: "mock"}).status
}
try { println(plan()) } catch (e) { println([e.reason, e.step, e.consumed_tokens]) }`);
    expectClosed(run);
    expect(run.lines).toEqual(["[step_budget_exhausted, plan, 7.0]"]);
    expect(run.log).toEqual(["plan failed 7"]);
  });

  it("HOOK-08, HOOK-17 thresholds fire once each, before the breach is thrown", async () => {
    const run = await runSteps(`
@step(budget: {max_tokens: 10})
fn plan() {
  for n in [4, 2, 3, 4] { ask(n) }
}
register_step_hook("*", "plan", "OnBudgetThreshold(50)", { e -> println("half: \${e.budget.consumed_tokens}") })
register_persona_hook("*", "OnBudgetThreshold(100)", { e -> println("\${e.target} full: \${e.budget.consumed_tokens}") })
try { plan() } catch (e) { println(e.consumed_tokens) }`);
    expectClosed(run);
    expect(run.lines).toEqual(["half: 6", "plan full: 13", "13.0"]);
  });
});

describe("error boundaries", () => {
  const steps = (boundary: string, how: string) => `
fn helper() { ask(9) }
@step(budget: {max_tokens: 5}, error_boundary: ${boundary})
fn plan() {
  ${how}
  println("not reached")
}
`;
  const caught = `try {
  println(plan())
} catch (e) {
  println([e.category, e.kind, e.escalated, e.error_boundary])
}`;
  it.each([
    ["STEP-40", "fail", "[budget_exceeded, budget_exhausted, nil, fail]", "failed"],
    ["STEP-41", "continue", "nil", "skipped"],
    ["STEP-42, STEP-44", "escalate", "[handoff_escalation, budget_exhausted, true, escalate]", "escalated"],
    ["STEP-02", '"contineu"', "[budget_exceeded, budget_exhausted, nil, contineu]", "failed"],
  ])("%s %s, from the step itself and from a helper", async (_, boundary, line, status) => {
    for (const how of ["ask(9)", "helper()", "[1].map({ _x -> helper() })", "parallel each [1] { _x -> helper() }"]) {
      const run = await runSteps(steps(boundary, how) + caught);
      expectClosed(run);
      expect(run.lines, how).toEqual([line]);
      expect(run.log, how).toEqual([`plan ${status} 9`]);
      expect(run.receipt.steps[0]?.error).toBe("step `plan` exceeded max_tokens budget (9 > 5)");
    }
  });

  it.each(["fail", "continue", "escalate"])(
    "STEP-38, STEP-46 the body may catch it (%s), and go on with the step still active",
    async (boundary) => {
      const run = await runSteps(`
@step(budget: {max_tokens: 5}, error_boundary: ${boundary})
fn plan() {
  try { ask(9) } catch (e) { println(e.kind) }
  try { ask(2) } catch (e) { println(e.consumed_tokens) }
  println(current_step())
  return "went on"
}
println(plan())`);
      expectClosed(run);
      expect(run.lines).toEqual(["budget_exhausted", "9.0", "plan", "went on"]);
      expect(run.log).toEqual(["plan completed 9"]);
    },
  );

  it.each(["fail", "continue", "escalate"])("STEP-38 other errors pass through %s", async (boundary) => {
    const run = await runSteps(`
@step(error_boundary: ${boundary})
fn plan() { throw {category: "odd", message: "none of the steps' business"} }
try { plan() } catch (e) { println(e) }`);
    expectClosed(run);
    expect(run.lines).toEqual(["{category: odd, message: none of the steps' business}"]);
    expect(run.receipt.steps).toMatchObject([{ status: "failed", error: "none of the steps' business" }]);
  });

  it("STEP-36 a thrown dict of that category counts as exhaustion; a text never does", async () => {
    const run = await runSteps(`
@step(error_boundary: continue)
fn dict() { throw {category: "budget_exceeded"} }
@step(error_boundary: continue)
fn text() { throw "budget_exceeded" }
println(dict())
try { text() } catch (e) { println(e) }`);
    expectClosed(run);
    expect(run.lines).toEqual(["nil", "budget_exceeded"]);
    expect(run.log).toEqual(["dict skipped 0", "text failed 0"]);
  });

  it("STEP-45, ambiguity 14: outer boundaries leave an escalated error alone", async () => {
    const run = await runSteps(`
@step(budget: {max_tokens: 5}, error_boundary: escalate)
fn inner() { ask(9) }
@step(error_boundary: continue)
fn outer() { inner() }
try { outer() } catch (e) { println([e.step, e.function, e.category]) }`);
    expectClosed(run);
    expect(run.lines).toEqual(["[inner, inner, handoff_escalation]"]);
    expect(run.log).toEqual(["inner escalated 9", "outer failed 0"]);
  });

  it("STEP-19, STEP-41 an outer step goes on past a skipped one, with its own budget", async () => {
    const run = await runSteps(`
@step(budget: {max_tokens: 5}, error_boundary: continue)
fn inner() { ask(9) }
@step(budget: {max_tokens: 5})
fn outer() {
  println(inner() ?? "nothing")
  ask(5)
  return "fine"
}
println(outer())`);
    expectClosed(run);
    expect(run.lines).toEqual(["nothing", "fine"]);
  });

  it("an escalated error keeps the place where it happened", async () => {
    const run = await runHarn(`fn helper() {
  throw {category: "budget_exceeded", message: "out"}
}
@step(error_boundary: escalate)
fn plan() {
  helper()
}
plan()`);
    expect(run.error).toContain("handoff_escalation");
    const { error } = await runHarn(`@step fn plan() {
  let x = 1 / 0
}
plan()`);
    expect(error).toBe("Division by zero (line 2)");
  });
});

describe("hooks", () => {
  const plan = `
@step
fn plan(goal, depth = 1) {
  println("plan \${goal} \${depth}")
  return "plan of \${goal}"
}
`;
  it("HOOK-09, HOOK-10 see what is going on, each as the one before left it", async () => {
    const run = await runSteps(`${plan}
@persona fn captain(goal) { return plan(goal) }
register_persona_hook("cap*", "PreStep", { e ->
  println(e)
  return {args: [e.step.args[0] + "!"]}
})
register_step_hook("*", "plan", "PreStep", { e -> println(e.step.args) })
register_step_hook("*", "other", "PreStep", { e -> println("never") })
register_persona_hook("mate", "PreStep", { e -> println("never") })
println(captain("x"))`);
    expectClosed(run);
    expect(run.lines).toEqual([
      "{event: PreStep, persona: captain, step: {args: [x], function: plan, name: plan}, target: captain.plan}",
      "[x!]",
      "plan x! 1",
      "plan of x!",
    ]);
  });

  it.each([
    ["nil", "nil", "plan x 1"],
    ["Allow", '"Allow"', "plan x 1"],
    ["args", '{args: ["y", 2]}', "plan y 2"],
    ["modify", '{modify: ["y"]}', "plan y 1"],
    ["another dict", "{note: 1}", "plan x 1"],
    ["deny: false (HOOK-12)", "{deny: false}", "plan x 1"],
  ])("HOOK-11 a PreStep hook may answer %s", async (_, answer, line) => {
    const run = await runSteps(`${plan}
register_step_hook("*", "plan", "PreStep", { _e -> ${answer} })
plan("x")`);
    expectClosed(run);
    expect(run.lines).toEqual([line]);
  });

  it.each([
    ["{deny: true}", "denied by PreStep hook"],
    ['{deny: "too late"}', "too late"],
    ['{reason: "too late"}', "too late"],
    ['{action: "deny"}', "denied by PreStep hook"],
  ])("HOOK-13 %s refuses: the step never starts, and no boundary applies", async (answer, reason) => {
    const run = await runSteps(`
@step(error_boundary: continue)
fn plan() { println("never") }
register_step_hook("*", "plan", "PreStep", { _e -> ${answer} })
try { plan() } catch (e) { println(e) }`);
    expectClosed(run);
    expect(run.lines).toEqual([`{category: hook_denied, event: PreStep, reason: ${reason}, step: plan}`]);
    expect(run.log).toEqual([]);
  });

  it.each([
    ["PreStep", "5", "PreStep hook must return nil, Allow, or {deny|args}, got int", []],
    ["PostStep", "5", "PostStep hook must return nil, Pass, or {output}, got int", ["plan failed 0"]],
  ])("HOOK-11, HOOK-15 %s hooks may not answer %s", async (event, answer, message, log) => {
    const run = await runSteps(`
@step fn plan() { return 1 }
register_step_hook("*", "plan", "${event}", { _e -> ${answer} })
try { plan() } catch (e) { println(e) }`);
    expectClosed(run);
    expect(run.lines[0]).toContain(message);
    expect(run.log).toEqual(log);
  });

  it("HOOK-14, HOOK-15 PostStep hooks see and replace the output, after normal returns only", async () => {
    const run = await runSteps(`
@step fn plan(x) {
  if x == "bad" { throw "no" }
  return x
}
register_step_hook("*", "plan", "PreStep", { e -> e.step.args[0] == "a" ? {args: ["b"]} : nil })
register_step_hook("*", "plan", "PostStep", { e -> {output: "\${e.step.args[0]}>\${e.output}"} })
register_step_hook("*", "plan", "PostStep", { e -> {result: e.output + "!"} })
register_step_hook("*", "plan", "PostStep", { _e -> "Pass" })
println(plan("a"))
try { plan("bad") } catch (e) { println(e) }
clear_persona_hooks()
println(plan("a"))`);
    expectClosed(run);
    expect(run.lines).toEqual(["b>b!", "no", "a"]);
    expect(run.log).toEqual(["plan completed 0", "plan failed 0", "plan completed 0"]);
  });

  it("STEP-23, STEP-50 hooks run outside of every step; one that throws fails the step, and all is put back", async () => {
    const run = await runSteps(`
@step fn around() {
  try { plan() } catch (e) { println(e) }
  ask(3)
}
@step fn plan() { ask(1) }
@persona fn lead() { around() }
register_step_hook("*", "plan", "PreStep", { _e ->
  ask(5)
  println(current_persona())
})
register_step_hook("*", "plan", "PostStep", { _e ->
  ask(6)
  throw "hook"
})
lead()`);
    expectClosed(run);
    expect(run.lines).toEqual(["nil", "hook"]);
    expect(run.log).toEqual(["plan failed 1", "around completed 3"]);
    expect(run.receipt.steps[0]?.error).toContain("hook");
    expect(run.receipt.unattributed).toMatchObject({ llmCalls: 2, inputTokens: 9, outputTokens: 2 });
  });

  it.each([
    ['register_persona_hook("*", "Nope", { e -> e })', "register_persona_hook: unknown persona hook event `Nope`"],
    [
      'register_persona_hook("*", "OnBudgetThreshold(x)", { e -> e })',
      "register_persona_hook: invalid budget threshold `x`",
    ],
    ['register_step_hook("*", "s", "PreStep", 5)', "register_step_hook: handler must be a closure, got int"],
  ])("HOOK-05 … HOOK-07 %s", async (call, message) => {
    const { lines } = await runSteps(
      `fn dyn(x) { return x }\ntry { ${call.replace(", 5)", ", dyn(5))")} } catch (e) { println(e) }`,
    );
    expect(lines).toEqual([message]);
  });

  it("HOOK-05 a step may itself be a handler", async () => {
    const run = await runSteps(`
@step fn note(e) { println(e.event) }
@step fn plan() { return 1 }
register_step_hook("*", "plan", "PreStep", note)
plan()`);
    expectClosed(run);
    expect(run.log).toEqual(["note completed 0", "plan completed 0"]);
  });
});

describe("the log", () => {
  it("STEP-47, STEP-48, STEP-49 keeps nine things per step; reading leaves it, draining empties it", async () => {
    const run = await runSteps(`
@step(model: "house-small") fn plan() { return 1 }
plan()
println(completed_steps())
println(len(completed_steps(true)))
println(completed_steps())`);
    expectClosed(run);
    expect(run.lines).toEqual([
      "[{cost_usd: 0.0, error: nil, function: plan, input_tokens: 0, llm_calls: 0, model: house-small, name: plan, output_tokens: 0, status: completed}]",
      "1",
      "[]",
    ]);
  });

  it("STEP-13 two runs know nothing of each other", async () => {
    const source = "@step fn plan() { return 1 }\nplan()\nprintln(len(completed_steps()))";
    const [one, two] = await Promise.all([runSteps(source), runSteps(source)]);
    expect([one.lines, two.lines]).toEqual([["1"], ["1"]]);
  });
});

describe("STEP-65 stages", () => {
  const program = (stage: string, use = "lead()") => `
fn tools() {
  var registry = tool_registry()
  registry = tool_define(registry, "look", "Look", {parameters: {}, handler: { _a -> "seen" }})
  registry = tool_define(registry, "touch", "Touch", {parameters: {}, handler: { _a -> "touched" }})
  return registry
}
fn work() {
  llm_mock({tool_calls: [{name: "look", arguments: {}}, {name: "touch", arguments: {}}]})
  llm_mock({text: "done"})
  let result = agent_loop("x", nil, {provider: "mock", tools: tools(), tool_format: "native", max_iterations: 4})
  return [result.status, result.tools.successful, result.tools.rejected]
}
@step fn explore() { return work() }
@persona(stages: [${stage}]) fn lead() { return explore() }
println(${use})`;

  it.each([
    ["the listed tools", "{name: explore, allowed_tools: [look]}", "lead()", "[done, [look], [touch]]"],
    ["none, when the list is empty", "{name: explore, allowed_tools: []}", "lead()", "[done, [], [look, touch]]"],
    ["all, when there is no list", "{name: explore}", "lead()", "[done, [look, touch], []]"],
    ["all in other steps", "{name: other, allowed_tools: []}", "lead()", "[done, [look, touch], []]"],
    ["all outside of the persona", "{name: explore, allowed_tools: []}", "explore()", "[done, [look, touch], []]"],
  ])("allow %s", async (_, stage, use, line) => {
    const run = await runSteps(program(stage, use), { prelude: "" });
    expectClosed(run);
    expect(run.lines).toEqual([line]);
  });
});

describe("spans of programs", () => {
  const names = `fn tree() {
  let spans = trace_spans()
  return spans.map({ s -> spans.filter({ p -> p.span_id == s.parent_id }).map({ p -> p.name + "/" }).join("") + s.name })
}\n`;

  it("STEP-51 STEP-52 STEP-54 steps and personas are listed with kind, parent, and what they took", async () => {
    const run = await runSteps(`
@step(name: "outline", model: "free")
fn plan() { return ask(10) }
@persona(name: "captain")
fn lead() { return plan() }
enable_tracing()
lead()
let spans = trace_spans()
println(spans.map({ s -> [s.kind, s.name, s.parent_id == spans[1].span_id] }))
println(spans[0].metadata)
println(spans[1].metadata)
println(trace_summary())`);
    expectClosed(run);
    expect(run.lines).toEqual([
      "[[step, outline, true], [persona, captain, false]]",
      "{cost_usd: 0.0, input_tokens: 9, llm_calls: 1, model: free, output_tokens: 1, persona: captain, status: completed}",
      "{status: completed}",
      "Trace: 2 spans, 0ms total",
      "",
      "persona captain 0ms (status=completed)",
      "  step outline 0ms (persona=captain, model=free, status=completed, llm_calls=1, input_tokens=9, output_tokens=1, cost_usd=0)",
    ]);
  });

  it("STEP-54 spans of the program and of steps nest as they are opened; each task in its own", async () => {
    const run = await runSteps(`${names}
log_set_level("error")
@step fn inner() {
  let own = trace_start("own")
  sleep(1ms)
  trace_end(own)
}
@step fn outer() { parallel 2 { _i -> inner() } }
enable_tracing()
let whole = trace_start("whole")
outer()
trace_end(whole)
inner()
println(tree())`);
    expectClosed(run);
    expect(run.lines).toEqual([
      "[inner/own, outer/inner, inner/own, outer/inner, whole/outer, whole, inner/own, inner]",
    ]);
  });

  it("STEP-53 what was entered while tracing was off has no span; what ends after it was turned off has", async () => {
    const run = await runSteps(`${names}
@step fn first() { enable_tracing(); return second() }
@step fn second() { return third() }
@step fn third() { enable_tracing(false); return fourth() }
@step fn fourth() { return 1 }
first()
println(tree())`);
    expectClosed(run);
    expect(run.lines).toEqual(["[second/third, second]"]);
  });

  it("STEP-52 steps and personas that errors, deadlines and cancelling leave have a span that says so", async () => {
    const run = await runSteps(`
@step fn slow() { sleep(1m) }
@persona fn lead() { slow() }
@step fn breaks() { throw "no" }
enable_tracing()
let _late = try { deadline 5ms { lead() } }
let task = spawn { lead() }
sleep(1ms)
cancel(task)
sleep(1ms)
let _broken = try { breaks() }
println(trace_spans().map({ s -> [s.name, s.metadata.status, s.duration_ms] }))`);
    expectClosed(run);
    expect(run.lines).toEqual([
      "[[slow, failed, 5], [lead, failed, 5], [slow, failed, 1], [lead, failed, 1], [breaks, failed, 0]]",
    ]);
  });

  it("a tracer that an embedder has put in hears of the steps as before", async () => {
    const heard: string[] = [];
    const tracer = {
      start: (kind: string, name: string, parent: number) => heard.push(`${kind} ${name} in ${parent}`),
      set: () => {},
      end: (span: number) => void heard.push(`end ${span}`),
    };
    const state = new Map<string, unknown>([[STEPS_STATE, createProgramSteps({ tracer })]]);
    const source = `@step fn inner() { return 1 }
@step fn outer() { enable_tracing(); return inner() }
outer()
println(trace_spans().map({ s -> [s.name, s.parent_id] }))`;
    expect((await runHarn(source, {}, state)).output).toBe("[[inner, nil]]\n");
    expect(heard).toEqual(["step outer in 0", "step inner in 1", "end 2", "end 1"]);
  });
});
