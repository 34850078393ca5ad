// An agent whose process is gone in the middle, and another that goes on: what was done is not done again, what was paid
// for is not asked twice. In earnest the host is `createNodeHost()` and the store is on disk.

import { defineTool, runAgent } from "harn/agent";
import type { Host } from "harn/base";
import { beginJournal, createMemoryStore, openJournal, recordingHost, resumeHost } from "harn/journal";
import { createLlm } from "harn/llm";
import { createVirtualHost, fakeScript, fakeStream, fakeToolCall } from "harn/testing";

async function shop(host: Host): Promise<string> {
  const buy = defineTool({
    name: "buy",
    description: "Order an article",
    input: { type: "object", required: ["article"], properties: { article: { type: "string" } } },
    execute: async ({ article }) => {
      await host.perform("fs.write", { path: "orders.txt", data: `${String(article)}\n`, append: true });
      return "ordered";
    },
  });
  const llm = createLlm({ host, provider: "fake", model: "scripted" });
  return (await runAgent({ llm, tools: [buy], prompt: "We need a lamp" })).text;
}

const script = fakeScript(
  fakeStream([fakeToolCall("buy", { article: "lamp" })]),
  fakeStream(["A lamp is on its way."]),
);
const world = createVirtualHost({ model: script });
const store = createMemoryStore();
const turn = () => new Promise<void>((done) => setImmediate(done));

// The first process gets as far as the second model call.
const journal = await beginJournal(store, { id: "lamp", createdMs: Date.now() });
await new Promise<void>((gone) => {
  let calls = 0;
  const stream: Host["stream"] = (kind, args, signal) => {
    if (++calls < 2) return world.stream(kind, args, signal);
    gone();
    return { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
  };
  void shop(recordingHost({ ...world, stream }, journal, { turn }));
});
journal.freeze();

// The second starts over, is told from the journal what has been done, and does the rest.
const again = await openJournal(store, "lamp");
const answer = await shop(resumeHost(again, world, { turn }));
await again.finish("completed", Date.now());
console.log(`${answer} (ordered: ${world.files.readText("orders.txt").trim()})`);
