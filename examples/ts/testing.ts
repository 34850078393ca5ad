// A test without network, keys and waiting: the model says what the script says, and time moves when it is told to.
// The code under test gets its `Llm` handed in; the program itself makes one over `createNodeHost()`.

import assert from "node:assert/strict";
import { createLlm, type Llm } from "harn/llm";
import { createVirtualHost, fakeError, fakeScript, fakeStream } from "harn/testing";

const headline = async (llm: Llm, article: string): Promise<string> =>
  (await llm.generateText({ prompt: `A headline for: ${article}`, retries: 2 })).text.toUpperCase();

const host = createVirtualHost({
  model: fakeScript(fakeError("overloaded", "Come back later").withRetryAfterMs(30_000), fakeStream(["Lamp lit"])),
});
const llm = createLlm({ host, provider: "fake", model: "scripted" });

assert.equal(await host.drive(headline(llm, "The lamp is lit.")), "LAMP LIT");
assert.equal(host.clock.elapsedMs, 30_000);
host.assertModelFinished();
console.log("ok: one retry, 30 seconds of virtual time");
