import { describe, expect, it } from "vitest";
import { dictThrownBy, makeSteps } from "../../test/steps/lab.ts";
import { runAgent } from "../agent/index.ts";
import { createLlm, type ModelInput } from "../llm/index.ts";
import { createVirtualHost, type FakeTurn, fakeDone, fakeError, fakeScript, fakeStream } from "../testing/index.ts";

const answer = (inputTokens: number, outputTokens: number): FakeTurn =>
  fakeStream(["ok", fakeDone("end_turn", { inputTokens, outputTokens })]);

function setup(...turns: readonly FakeTurn[]) {
  const host = createVirtualHost({ model: fakeScript(...turns) });
  const steps = makeSteps();
  const llm = steps.meter(createLlm({ host, provider: "fake", model: "scripted" }));
  return { host, steps, llm, inputs: host.requests.model as unknown as readonly ModelInput[] };
}

describe("an Llm on the bill of steps", () => {
  it("STEP-26, CALL-13: asks the step's model where the call names none", async () => {
    const { steps, llm, inputs } = setup(answer(1, 1), answer(1, 1), answer(1, 1), answer(1, 1));
    const work = steps.step({ name: "s", model: "small-one" }, async () => {
      await llm.generateText({ prompt: "Go" });
      await llm.generateText({ prompt: "Go", model: "named" });
      for await (const _ of llm.streamText({ prompt: "Go" }));
    });
    await work();
    await llm.generateText({ prompt: "Go" });
    expect(inputs.map(({ provider, model }) => `${provider}/${model}`)).toEqual([
      "fake/small-one",
      "fake/named",
      "fake/small-one",
      "fake/scripted",
    ]);
  });

  it("STEP-28: a call with its retries is one call on the bill; streams and agents pay too", async () => {
    const { host, steps, llm } = setup(fakeError("overloaded", "busy"), answer(10, 1), answer(20, 2), answer(40, 4));
    const ask = steps.step({ name: "ask" }, () => llm.generateText({ prompt: "Go", retries: 1 }));
    const stream = steps.step({ name: "stream" }, async () => {
      for await (const _ of llm.streamText({ prompt: "Go" }));
    });
    const agent = steps.step({ name: "agent" }, () => runAgent({ llm, prompt: "Go" }));
    await host.drive(ask());
    await stream();
    await agent();
    expect(steps.completed()).toMatchObject([
      { name: "ask", llmCalls: 1, inputTokens: expect.any(Number), outputTokens: 1 },
      { name: "stream", llmCalls: 1, inputTokens: 20, outputTokens: 2 },
      { name: "agent", llmCalls: 1, inputTokens: 40, outputTokens: 4 },
    ]);
  });

  it("STEP-29: a call beyond the budget throws the breach in place of its answer, from a call and from a stream", async () => {
    const { steps, llm } = setup(answer(90, 20), answer(90, 20));
    const budget = { maxTokens: 100 };
    const ask = steps.step({ name: "ask", budget }, () => llm.generateText({ prompt: "Go" }));
    expect(await dictThrownBy(ask)).toMatchObject({ category: "budget_exceeded" });
    const stream = steps.step({ name: "stream", budget }, async () => {
      for await (const _ of llm.streamText({ prompt: "Go" }));
    });
    await expect(stream()).rejects.toThrow();
    expect(steps.completed()).toMatchObject([
      { status: "failed", inputTokens: 90 },
      { status: "failed", inputTokens: 90 },
    ]);
  });
});
