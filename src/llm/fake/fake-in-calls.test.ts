import { describe, expect, it } from "vitest";
import { createVirtualHost } from "../../testing/virtual-host.ts";
import { llmCall } from "../call/llm-call.ts";
import { createLlmContext } from "../call/llm-context.ts";
import { createModelFixtures } from "../replay/model-fixtures.ts";
import { createFakeLlm } from "./fake-model.ts";
import { fakeError, fakeScript, fakeStream } from "./fake-script.ts";

function setup(env: Record<string, string> = {}) {
  const host = createVirtualHost({ env });
  const fake = createFakeLlm(host);
  const fixtures = createModelFixtures(host);
  const context = createLlmContext({
    host,
    clients: { provider: () => undefined, fake: fake.client, replay: (client) => fixtures.wrap(client) },
  });
  const call = (options: object = {}) => host.drive(llmCall(context, "hi", null, { provider: "fake", ...options }));
  return { host, fake, fixtures, call };
}

describe("the fake inside llm_call", () => {
  it("FAKE-25: fixtures are neither asked nor written, and forbidden calls do not concern it", async () => {
    const { host, fake, fixtures, call } = setup({ HARN_LLM_CALLS_DISABLED: "1" });
    fake.install(fakeScript(fakeStream(["one"]), fakeStream(["two"])));
    fixtures.setReplayMode("replay", "fx");
    expect((await call())["text"]).toBe("one");
    fixtures.setReplayMode("record", "fx");
    expect((await call())["text"]).toBe("two");
    expect(await host.perform("fs.stat", { path: "fx" })).toBeUndefined();
  });

  it("FAKE-25: a retry waits its time, as it would for a provider", async () => {
    const { host, fake, call } = setup();
    fake.install(fakeScript(fakeError("overloaded", "busy"), fakeStream(["fine"])));
    expect((await call({ llm_retries: 1, llm_backoff_ms: 300 }))["text"]).toBe("fine");
    expect(host.clock.elapsedMs).toBe(600);
  });
});
