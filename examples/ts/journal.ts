// A run that is written down while it happens, and played back without the world: no clock, no network, no model.
// In earnest the host is `createNodeHost()` and the store on disk: `createJsonlStore(openJournalFolder("runs"))` or
// `createSqlStore(await openSqlite("runs.db"))`, both openers from `harn/node`. What goes on after a crash: `resume.ts`.

import type { Host } from "harn/base";
import { beginJournal, createMemoryStore, openJournal, recordingHost, replayHost } from "harn/journal";
import { createLlm } from "harn/llm";
import { createVirtualHost, fakeScript, fakeStream } from "harn/testing";

async function advice(host: Host): Promise<string> {
  const llm = createLlm({ host, provider: "fake", model: "scripted" });
  const { text } = await llm.generateText({ prompt: "Take an umbrella?" });
  return `${new Date(host.sync("clock.now", {})).toISOString()}: ${text}`;
}

const store = createMemoryStore();
const journal = await beginJournal(store, { id: "umbrella", createdMs: Date.now() });
const live = await advice(recordingHost(createVirtualHost({ model: fakeScript(fakeStream(["Yes."])) }), journal));
await journal.finish("completed", Date.now());

const replay = replayHost(await openJournal(store, "umbrella"));
console.log(live, live === (await advice(replay)) ? "(and the same again)" : "(something else!)");
replay.finish();
