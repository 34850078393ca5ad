// The agent loop from TypeScript, without the language. Runs offline on a scripted model:
//
//   npx tsx examples/agent.ts
//
// For a real one, `model: createModelRouter(host)` and the provider and model of your choice.

import { agentLoop, createToolRuntime, defineTool } from "harn/agent";
import { createFakeModel, fakeScript, fakeStream, fakeToolCall } from "harn/llm";
import { createNodeHost } from "harn/node";

const host = createNodeHost();

const stock = defineTool<{ article: string }>({
  name: "stock",
  description: "How many pieces of an article are in stock",
  input: { type: "object", required: ["article"], properties: { article: { type: "string" } } },
  execute: ({ article }) => ({ article, pieces: article === "lamp" ? 3 : 0 }),
});

const model = createFakeModel(
  host,
  fakeScript(fakeStream([fakeToolCall("stock", { article: "lamp" })]), fakeStream(["Three lamps ", "are left."])),
);

const result = await agentLoop({
  host,
  model,
  request: { provider: model.provider, model: "scripted" },
  tools: createToolRuntime([stock]),
  prompt: "How many lamps do we have?",
  onTurnEvent: (event) => {
    if (event.type === "text-delta") process.stdout.write(event.delta);
  },
});

console.log(
  `\n(${result.status} after ${result.llm.iterations} model calls, tools: ${result.tools.successful.join(", ")})`,
);
host.close();
