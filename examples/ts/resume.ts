// An agent that outlives its process: what was done is not done again, what was paid for is not asked twice. Kill it at
// any moment, start it again, and it goes on; here it is told to stop once the lamp is ordered. A real one leaves out
// `host` and asks for a real model.

import { defineTool, runAgent } from "harn/agent";
import type { Host } from "harn/base";
import { createLlm } from "harn/llm";
import { runDurably } from "harn/node";
import { createVirtualHost, fakeScript, fakeStream, fakeToolCall } from "harn/testing";

const stop = new AbortController();

async function shop(host: Host): Promise<string> {
  const buy = defineTool({
    name: "buy",
    description: "Order an article",
    input: { type: "object", required: ["article"], properties: { article: { type: "string" } } },
    execute: async ({ article }) => {
      await host.perform("fs.write", { path: "orders.txt", data: `${article}\n`, append: true });
      stop.abort(new Error("Stopped after the order"));
      return "ordered";
    },
  });
  const llm = createLlm({ host, provider: "fake", model: "scripted" });
  return (await runAgent({ llm, tools: [buy], prompt: "We need a lamp" })).text;
}

const host = createVirtualHost({
  model: fakeScript(fakeStream([fakeToolCall("buy", { article: "lamp" })]), fakeStream(["A lamp is on its way."])),
});

// The run is a file, runs/lamp.jsonl: the second call finds there what the first has done.
const run = { id: "lamp", folder: "runs", host };
await runDurably({ ...run, signal: stop.signal }, shop).catch((reason: Error) => console.log(reason.message));
console.log(await runDurably(run, shop));
console.log(`Ordered: ${host.files.readText("orders.txt").trim()}`);
