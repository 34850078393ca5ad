import { describe, expect, it } from "vitest";
import { makeSteps } from "../../test/steps/lab.ts";
import { type AgentAnswer, type AgentOptions, defineTool, NO_CEILING, runAgent } from "../agent/index.ts";
import { createLlm, type ModelInput } from "../llm/index.ts";
import { createVirtualHost, type FakeTurn, fakeDone, fakeScript, fakeStream, fakeToolCall } from "../testing/index.ts";
import type { StagePolicy } from "./stage-policy.ts";

const calls = (...names: readonly string[]): FakeTurn =>
  fakeStream([...names.map((name) => fakeToolCall(name, { path: "src/a" })), fakeDone("tool_use")]);
const says = (text: string): FakeTurn => fakeStream([text, fakeDone("end_turn")]);

function setup(...turns: readonly FakeTurn[]) {
  const host = createVirtualHost({ model: fakeScript(...turns) });
  const steps = makeSteps();
  const llm = steps.meter(createLlm({ host, provider: "fake", model: "scripted" }));
  const ran: string[] = [];
  const tool = (name: string) =>
    defineTool({
      name,
      description: name,
      input: { type: "object", properties: { path: { type: "string" } } },
      execute: ({ path }) => void ran.push(`${name} ${String(path)}`),
    });
  const tools = [tool("look"), tool("touch")];
  /** An agent inside the step `explore` of a persona with these stages. */
  const ask = (stages: readonly StagePolicy[], options: Partial<AgentOptions> = {}): Promise<AgentAnswer> => {
    const explore = steps.step({ name: "explore" }, () => runAgent({ llm, tools, prompt: "Go", ...options }));
    return steps.persona({ name: "scout", stages }, () => explore())();
  };
  return { steps, llm, tools, ran, ask, inputs: host.requests.model as unknown as readonly ModelInput[] };
}

const onlyLook: StagePolicy = { name: "explore", allowedTools: ["look"] };

describe("STEP-65: a stage limits the agents of a TypeScript program", () => {
  const tables: readonly [name: string, stage: StagePolicy, ran: readonly string[], rejected: readonly string[]][] = [
    ["to the listed tools", onlyLook, ["look src/a"], ["touch"]],
    ["to none, when the list is empty", { name: "explore", allowedTools: [] }, [], ["look", "touch"]],
    ["to nothing, when there is no list", { name: "explore" }, ["look src/a", "touch src/a"], []],
    ["not in other steps", { name: "other", allowedTools: [] }, ["look src/a", "touch src/a"], []],
  ];
  it.each(tables)("%s", async (_, stage, expected, rejected) => {
    const { ask, ran } = setup(calls("look", "touch"), says("ok"));
    const answer = await ask([stage]);
    expect(ran).toEqual(expected);
    expect(answer).toMatchObject({ status: "done", tools: { rejected } });
  });

  it("a refused tool is told to the model, which goes on", async () => {
    const { ask, inputs } = setup(calls("touch"), says("ok"));
    expect((await ask([onlyLook])).text).toBe("ok");
    expect(JSON.stringify(inputs[1]!.messages.at(-1))).toContain("touch");
    expect(inputs[1]!.messages.at(-1)).toMatchObject({ role: "tool", isError: true });
  });

  it("rules of the agent keep holding inside the stage: arguments that they refuse", async () => {
    const { ask, ran } = setup(calls("look"), says("ok"));
    const only = (pattern: string) => ({ tool: "look", argKey: "path", argPatterns: [pattern] });
    const rules = { policy: { ...NO_CEILING, toolArgConstraints: [only("docs/**")] } };
    const answer = await ask([onlyLook], { rules });
    expect([ran, answer.tools.rejected]).toEqual([[], ["look"]]);

    const fits = setup(calls("look"), says("ok"));
    await fits.ask([onlyLook], { rules: { policy: { ...NO_CEILING, toolArgConstraints: [only("src/*")] } } });
    expect(fits.ran).toEqual(["look src/a"]);
  });

  it("permissions of the agent do not let in what the stage leaves out", async () => {
    const { ask, ran } = setup(calls("touch"), says("ok"));
    const always = { tool: "touch", matcher: { kind: "always", matches: true } } as const;
    const answer = await ask([onlyLook], { rules: { permissions: [{ allow: [always], deny: [] }] } });
    expect([ran, answer.tools.rejected]).toEqual([[], ["touch"]]);
  });

  it("side effects above the level of the stage are refused, whatever level the agent asked for", async () => {
    const annotated = (sideEffectLevel: "read_only" | "workspace_write") => ({
      kind: "other" as const,
      capabilities: {},
      pathParams: [],
      sideEffectLevel,
    });
    const toolAnnotations = { look: annotated("read_only"), touch: annotated("workspace_write") };
    const { ask, ran } = setup(calls("look", "touch"), says("ok"));
    const answer = await ask([{ name: "explore", sideEffectLevel: "read_only" }], {
      rules: { policy: { ...NO_CEILING, toolAnnotations, sideEffectLevel: "network" } },
    });
    expect([ran, answer.tools.rejected]).toEqual([["look src/a"], ["touch"]]);
  });

  it.each([
    ["fewer than it asked for", 2, 4, 2],
    ["its own number, when that is smaller", 9, 3, 3],
  ])("turns: %s", async (_, limit, own, turns) => {
    const { ask, inputs } = setup(...Array.from({ length: turns }, () => calls("look")));
    const answer = await ask([{ name: "explore", maxIterations: limit }], { flow: { maxIterations: own } });
    expect([answer.status, inputs.length]).toEqual(["budget_exhausted", turns]);
  });

  it("turns: a large number does not widen the default of 50", async () => {
    const { ask, inputs } = setup(...Array.from({ length: 50 }, (_, at) => calls(at % 2 === 0 ? "look" : "touch")));
    const answer = await ask([{ name: "explore", maxIterations: 1000 }]);
    expect([answer.status, inputs.length]).toEqual(["budget_exhausted", 50]);
  });

  it("nested: an agent that a tool starts has what both stages leave, and the outer one is itself again after", async () => {
    const { steps, llm, tools, ran } = setup(
      calls("delegate"),
      // The inner agent.
      calls("look", "touch", "write"),
      says("inner"),
      // The outer one again.
      calls("touch", "write"),
      says("outer"),
    );
    const write = defineTool({ name: "write", description: "w", input: {}, execute: () => void ran.push("write") });
    const all = [...tools, write];
    const inner = steps.step({ name: "inner" }, () => runAgent({ llm, tools: all, prompt: "Help" }));
    const delegate = defineTool({
      name: "delegate",
      description: "Asks another agent",
      input: {},
      execute: async () => (await inner()).text,
    });
    const outer = steps.step({ name: "outer" }, () => runAgent({ llm, tools: [...all, delegate], prompt: "Go" }));
    const stages = [
      { name: "outer", allowedTools: ["delegate", "look", "touch"] },
      { name: "inner", allowedTools: ["look", "write"] },
    ];
    const answer = await steps.persona({ name: "lead", stages }, () => outer())();
    expect(ran).toEqual(["look src/a", "touch src/a"]);
    expect(answer).toMatchObject({ text: "outer", tools: { rejected: ["write"] } });
  });

  it("agents outside of steps, and those of an Llm that no steps meter, are not limited", async () => {
    const { llm, tools, ran } = setup(calls("touch"), says("ok"));
    await runAgent({ llm, tools, prompt: "Go" });
    expect(ran).toEqual(["touch src/a"]);
    expect(llm.limits()).toBeUndefined();
  });
});
