// An agent with a tool. Offline on a scripted model; a real one:
//   const llm = createLlm({ host: createNodeHost(), provider: "openai", model: "gpt-4o" });

import { defineTool, streamAgent } from "harn/agent";
import { createLlm } from "harn/llm";
import { createVirtualHost, fakeScript, fakeStream, fakeToolCall } from "harn/testing";

const script = fakeScript(
  fakeStream([fakeToolCall("stock", { article: "lamp" })]),
  fakeStream(["Three lamps ", "are left."]),
);
const llm = createLlm({ host: createVirtualHost({ model: script }), provider: "fake", model: "scripted" });

const stock = defineTool({
  name: "stock",
  description: "How many pieces of an article are in stock",
  input: { type: "object", required: ["article"], properties: { article: { type: "string" } } },
  execute: ({ article }) => ({ article, pieces: article === "lamp" ? 3 : 0 }),
});

const agent = streamAgent({ llm, tools: [stock], prompt: "How many lamps do we have?" });
for await (const event of agent) if (event.type === "text-delta") process.stdout.write(event.delta);

const { status, iterations, tools } = await agent.answer;
console.log(`\n(${status} after ${iterations} model calls, tools: ${tools.succeeded.join(", ")})`);
