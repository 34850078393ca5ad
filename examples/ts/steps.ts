// Steps with budgets: who spent what, and nobody more than allowed. Offline on a scripted model; a real one:
//   const llm = steps.meter(createLlm({ host: createNodeHost(), provider: "anthropic" }));

import { createLlm } from "harn/llm";
import { createScopeCarrier } from "harn/node";
import { createSteps, renderReceipt } from "harn/steps";
import { createVirtualHost, fakeScript, fakeStream } from "harn/testing";

const host = createVirtualHost({
  model: fakeScript(fakeStream(["greet, thank, sign"]), fakeStream(["Dear reader, …"])),
});
const steps = createSteps({ carrier: createScopeCarrier() });
const llm = steps.meter(createLlm({ host, provider: "fake", model: "scripted" }));

const plan = steps.step(
  { name: "plan", model: "scripted-small", budget: { maxTokens: 2000 } },
  async (goal: string) => {
    return (await llm.generateText({ prompt: `Plan: ${goal}` })).text;
  },
);
const write = steps.step({ name: "write", budget: { maxUsd: 0.5 } }, async (outline: string) => {
  return (await llm.generateText({ prompt: `Write: ${outline}` })).text;
});
const captain = steps.persona({ name: "captain" }, async (goal: string) => write(await plan(goal)));

console.log(await captain("a letter to the reader"));
console.log(renderReceipt(steps.receipt()));
