import { describe, expect, it } from "vitest";
import { CancelToken } from "../../base/index.ts";
import { createVirtualHost, type VirtualHost } from "../../testing/virtual-host.ts";
import { isRetryable } from "../errors/retry-decision.ts";
import type { ModelChunk, ModelInput } from "../spec/model.ts";
import { ModelError } from "../spec/model-error.ts";
import { foldModelStream, type ModelResult } from "../spec/model-result.ts";
import { createFakeLlm, createFakeModel, type FakeLlm, isFakeProvider, withFakeLlmScript } from "./fake-model.ts";
import {
  fakeDone,
  fakeError,
  fakeScript,
  fakeStall,
  fakeStream,
  fakeThinking,
  fakeToken,
  fakeToolCall,
} from "./fake-script.ts";

const INPUT: ModelInput = {
  provider: "fake",
  model: "fake-model",
  messages: [{ role: "user", content: "hello" }],
  maxTokens: 64,
};

const NO_SCRIPT =
  'FakeLlmProvider: no script installed (or script exhausted) — install_fake_llm_script() must precede llm_call(provider: "fake")';

function setup(): { host: VirtualHost; fake: FakeLlm; call: (input?: ModelInput) => Promise<ModelResult> } {
  const host = createVirtualHost();
  const fake = createFakeLlm(host);
  return { host, fake, call: (input = INPUT) => foldModelStream(input, fake.client.stream(input)) };
}

async function chunksOf(stream: AsyncIterable<ModelChunk>): Promise<ModelChunk[]> {
  const chunks: ModelChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe("fake: playback", () => {
  it("FAKE-01: is called `fake`, by that name exactly", () => {
    expect(createFakeLlm(createVirtualHost()).client.provider).toBe("fake");
    expect(["fake", "Fake", "fake ", "fakes", ""].filter(isFakeProvider)).toEqual(["fake"]);
  });

  it("FAKE-17: every token is a delta of its own, in order, and the text block holds them all", async () => {
    const { fake } = setup();
    fake.install(fakeScript(fakeStream([fakeToken("hello "), fakeToken("world"), fakeDone("end_turn")])));
    const chunks = await chunksOf(fake.client.stream(INPUT));
    expect(chunks.flatMap((chunk) => (chunk.type === "text-delta" ? [chunk.delta] : []))).toEqual(["hello ", "world"]);
    const result = await foldModelStream(INPUT, toStream(chunks));
    expect(result).toMatchObject({ text: "hello world", provider: "fake", stopReason: "end_turn" });
    expect(result.blocks).toEqual([{ type: "output_text", text: "hello world", visibility: "public" }]);
    expect(fake.capturedCalls()).toHaveLength(1);
  });

  it("FAKE-18, FAKE-19, FAKE-20: a call without id gets one; text comes first, calls are internal", async () => {
    const { fake, call } = setup();
    fake.install(fakeScript(fakeStream([fakeToolCall("search", { q: "harn" }), "calling tool", fakeDone("tool_use")])));
    const result = await call();
    expect(result.toolCalls).toEqual([{ id: "fake_call_1", name: "search", input: { q: "harn" } }]);
    expect(result.blocks).toEqual([
      { type: "output_text", text: "calling tool", visibility: "public" },
      { type: "tool_call", id: "fake_call_1", name: "search", arguments: { q: "harn" }, visibility: "internal" },
    ]);
    expect(result.stopReason).toBe("tool_use");
  });

  it("FAKE-18: the counter starts at 1 in each turn and moves for generated ids only", async () => {
    const { fake, call } = setup();
    const turn = fakeStream([
      fakeToolCall("a", {}, "own"),
      fakeToolCall("b"),
      fakeToolCall("c", {}, "own2"),
      fakeToolCall("d"),
    ]);
    fake.install(fakeScript(turn, turn));
    const ids = ["own", "fake_call_1", "own2", "fake_call_2"];
    expect((await call()).toolCalls.map((toolCall) => toolCall.id)).toEqual(ids);
    expect((await call()).toolCalls.map((toolCall) => toolCall.id)).toEqual(ids);
  });

  it("FAKE-20: no text, no text block", async () => {
    const { fake, call } = setup();
    fake.install(fakeScript(fakeStream([fakeToolCall("a")])));
    expect((await call()).blocks.map((block) => block["type"])).toEqual(["tool_call"]);
  });

  it.each(["end_turn", "tool_use", "max_tokens", "stop_sequence", "refusal_of_my_own"])(
    "FAKE-04: the stop reason %s is passed on verbatim",
    async (reason) => {
      const { fake, call } = setup();
      fake.install(fakeScript(fakeStream([fakeDone(reason)])));
      expect((await call()).stopReason).toBe(reason);
    },
  );

  it("FAKE-21: done ends the turn; without it the events decide", async () => {
    const { fake, call } = setup();
    fake.install(
      fakeScript(
        fakeStream(["a", fakeDone("max_tokens"), "never", fakeToolCall("never")]),
        fakeStream(["a"]),
        fakeStream([fakeToolCall("t")]),
      ),
    );
    expect(await call()).toMatchObject({ text: "a", toolCalls: [], stopReason: "max_tokens" });
    expect((await call()).stopReason).toBe("end_turn");
    expect((await call()).stopReason).toBe("tool_use");
  });

  it("FAKE-22: echoes the model, counts no output, thinks nothing", async () => {
    const { fake, call } = setup();
    fake.install(fakeScript(fakeStream(["x"])));
    const result = await call();
    expect(result).toMatchObject({
      model: "fake-model",
      provider: "fake",
      logprobs: [],
      usage: { outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    });
    expect(result).not.toHaveProperty("thinking");
    expect(result).not.toHaveProperty("thinkingSummary");
  });

  it.each<[string, ModelInput, number]>([
    ["role and content, a newline each", INPUT, "user\nhello\n".length],
    ["no system prompt", { ...INPUT, system: "very long" }, "user\nhello\n".length],
    ["bytes, not characters", { ...INPUT, messages: [{ role: "user", content: "é€😀" }] }, 5 + 2 + 3 + 4 + 1],
    [
      "strings at any depth, no keys, numbers or booleans",
      {
        ...INPUT,
        messages: [
          { role: "assistant", toolCalls: [{ id: "i", name: "n", input: { key: ["v", 12, true, null] } }] },
          { role: "tool", toolCallId: "i", content: "", isError: true },
        ],
      },
      "assistant\ni\nn\nv\ntool\ni\n\n".length,
    ],
  ])("FAKE-23: input tokens are bytes of strings: %s", async (_, input, tokens) => {
    const { fake, call } = setup();
    fake.install(fakeScript(fakeStream([])));
    expect((await call(input)).usage.inputTokens).toBe(tokens);
  });

  it("FAKE-02, FAKE-03: thinking, raw chunks, a cut and a failure can be scripted too", async () => {
    const { fake, call } = setup();
    fake.install(
      fakeScript(
        fakeStream([fakeThinking("hm", "sig"), { kind: "chunk", chunk: { type: "heartbeat" } }, "ok"]),
        fakeStream(["half", { kind: "cut" }]),
        fakeStream([
          {
            kind: "fail",
            error: new ModelError("own", { ...INPUT, category: "auth", kind: "terminal", reason: "auth_failure" }),
          },
        ]),
      ),
    );
    expect(await call()).toMatchObject({
      thinking: "hm",
      thinkingParts: [{ text: "hm", signature: "sig" }],
      text: "ok",
    });
    await expect(call()).rejects.toMatchObject({ reason: "truncated", partialText: "half" });
    await expect(call()).rejects.toMatchObject({ category: "auth", message: "own" });
  });
});

describe("fake: queue and captures", () => {
  it("FAKE-06: turns are consumed first in, first out", async () => {
    const { fake, call } = setup();
    fake.install(fakeScript(fakeStream(["first"])).push(fakeStream(["second"])));
    expect((await call()).text).toBe("first");
    expect((await call()).text).toBe("second");
    expect(fake.capturedCalls().map((captured) => captured.provider)).toEqual(["fake", "fake"]);
  });

  it("FAKE-05: push keeps order and leaves the script it was called on alone", () => {
    const empty = fakeScript();
    const full = empty.push(fakeStall(1)).push(fakeError("timeout", "late"));
    expect(empty.turns).toEqual([]);
    expect(full.turns.map((turn) => turn.kind)).toEqual(["stall", "error"]);
    expect(fakeError("timeout", "late")).not.toHaveProperty("retryAfterMs");
    expect(fakeError("timeout", "late").withRetryAfterMs(5)).toMatchObject({ category: "timeout", retryAfterMs: 5 });
  });

  it("FAKE-07, FAKE-12: installing clears captures; they are a copy of the request", async () => {
    const { fake, call } = setup();
    const tools = [{ name: "t", description: "", inputSchema: {} }];
    fake.install(fakeScript(fakeStream([]))).discard();
    const guard = fake.install(fakeScript(fakeStream([])));
    await call({ ...INPUT, system: "be brief", tools, stream: false });
    const captured = fake.capturedCalls();
    expect(captured).toMatchObject([
      {
        provider: "fake",
        model: "fake-model",
        system: "be brief",
        messages: INPUT.messages,
        nativeTools: tools,
        stream: false,
      },
    ]);
    guard.dispose();
    expect(captured).toHaveLength(1);
    expect(fake.capturedCalls()).toEqual([]);
  });

  it("FAKE-08: a second script is refused while turns are queued, and welcome when none are", async () => {
    const { fake, call } = setup();
    fake.install(fakeScript(fakeStream([])));
    expect(() => fake.install(fakeScript())).toThrow(
      "FakeLlmProvider: a script is already installed; drop the previous guard before installing a new one",
    );
    await call();
    fake.install(fakeScript());
    fake.install(fakeScript(fakeStream([])));
  });

  it("FAKE-09: leftovers fail the disposal, which has cleaned up all the same", async () => {
    const { fake, call } = setup();
    const guard = fake.install(fakeScript(fakeStream([]), fakeStream([])));
    expect(() => guard.dispose()).toThrow(
      "FakeLlmProvider script had 2 unconsumed turn(s); did the code under test make fewer LLM calls than expected?",
    );
    expect(fake.remainingTurns).toBe(0);
    guard.dispose();
    await expect(call()).rejects.toThrow(NO_SCRIPT);
  });

  it("FAKE-09: `using` disposes", () => {
    const { fake } = setup();
    expect(() => {
      using guard = fake.install(fakeScript(fakeStream([])));
      expect(guard).toBeDefined();
    }).toThrow("1 unconsumed turn(s)");
  });

  it("FAKE-10: a failure of the body stays visible; leftovers show when it succeeded", async () => {
    const { fake } = setup();
    const script = fakeScript(fakeStream([]));
    await expect(withFakeLlmScript(fake, script, () => Promise.reject(new Error("body")))).rejects.toThrow("body");
    expect(fake.remainingTurns).toBe(0);
    await expect(withFakeLlmScript(fake, script, async () => 1)).rejects.toThrow("1 unconsumed turn(s)");
    expect(await withFakeLlmScript(fake, fakeScript(), async () => 1)).toBe(1);
  });

  it("FAKE-11, FAKE-13: a call too many fails, and is captured", async () => {
    const { fake, call } = setup();
    await expect(call()).rejects.toMatchObject({ message: NO_SCRIPT, kind: "terminal", category: "generic" });
    expect(fake.capturedCalls()).toHaveLength(1);
    await expect(call()).rejects.toThrow(`${NO_SCRIPT}; this is call 2: give the script a turn for it`);
  });

  it("FAKE-13: a call that passes k stalls leaves k+1 captures", async () => {
    const { host, fake, call } = setup();
    fake.install(fakeScript(fakeStall(10), fakeStall(0), fakeStream([])));
    await host.drive(call());
    expect(fake.capturedCalls()).toHaveLength(3);
  });
});

describe("fake: errors", () => {
  it("FAKE-15: an error turn is a failure of its category with its message", async () => {
    const { fake, call } = setup();
    fake.install(fakeScript(fakeError("rate_limit", "throttled")));
    const error: ModelError = await call().then(
      () => expect.fail("should have failed"),
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({
      category: "rate_limit",
      message: "throttled",
      kind: "transient",
      reason: "rate_limit",
    });
    expect(isRetryable(error)).toBe(true);
  });

  it.each([
    ["throttled", 2500, "throttled\nretry-after: 2.5\n"],
    ["throttled", 1000, "throttled\nretry-after: 1\n"],
    ["line\n", 1, "line\nretry-after: 0.001\n"],
    ["", 0, "retry-after: 0\n"],
  ])("FAKE-16: %j with %i ms", async (message, ms, expected) => {
    const { fake, call } = setup();
    fake.install(fakeScript(fakeError("rate_limit", message).withRetryAfterMs(ms)));
    await expect(call()).rejects.toMatchObject({ message: expected, retryAfterMs: ms });
  });
});

describe("fake: stalls", () => {
  it("FAKE-14, FAKE-24: a stalled turn waits for the clock, not for the wall", async () => {
    const { host, fake, call } = setup();
    fake.install(fakeScript(fakeStall(60_000), fakeStream(["done", fakeDone("end_turn")])));
    let text: string | undefined;
    void call().then((result) => {
      text = result.text;
    });
    await host.settle();
    expect(host.clock.pending).toBe(1);
    await host.advance(59_999);
    expect(text).toBeUndefined();
    await host.advance(1);
    expect(text).toBe("done");
  });

  it("FAKE-14: a zero stall does not sleep, a script that ends in a stall is exhausted", async () => {
    const { host, fake, call } = setup();
    fake.install(fakeScript(fakeStall(0)));
    await expect(call()).rejects.toThrow(NO_SCRIPT);
    expect(host.clock.elapsedMs).toBe(0);
  });

  it("FAKE-24: a stall between tokens holds the stream there", async () => {
    const { host, fake } = setup();
    fake.install(fakeScript(fakeStream(["a", { kind: "stall", ms: 500 }, "b"])));
    const seen: string[] = [];
    void (async () => {
      for await (const chunk of fake.client.stream(INPUT)) if (chunk.type === "text-delta") seen.push(chunk.delta);
    })();
    await host.settle();
    expect(seen).toEqual(["a"]);
    await host.advance(500);
    expect(seen).toEqual(["a", "b"]);
  });

  it("FAKE-24: a cancel ends a stall at once and leaves no sleeper", async () => {
    const { host, fake } = setup();
    const token = new CancelToken();
    fake.install(fakeScript(fakeStream(["a", { kind: "stall", ms: 500 }, "b"])));
    const run = foldModelStream(INPUT, fake.client.stream(INPUT, token));
    await host.settle();
    token.cancel("user");
    await expect(run).rejects.toMatchObject({ category: "cancelled", partialText: "a" });
    expect(host.clock.pending).toBe(0);
    expect(token.listenerCount).toBe(0);
  });

  it("FAKE-24: an early return during a stall leaves no sleeper", async () => {
    const { host, fake } = setup();
    fake.install(fakeScript(fakeStream(["a", { kind: "stall", ms: 500 }])));
    const iterator = fake.client.stream(INPUT)[Symbol.asyncIterator]();
    await iterator.next();
    const waiting = iterator.next();
    await host.settle();
    expect(host.clock.pending).toBe(1);
    await iterator.return!();
    expect(await waiting).toMatchObject({ done: true });
    expect(host.clock.pending).toBe(0);
  });
});

describe("fake: strictness", () => {
  it("says where a call does not fit the script, and again when the guard goes", async () => {
    const { fake, call } = setup();
    const guard = fake.install(
      fakeScript(fakeStream(["ok"], { messages: [{ role: "user", content: "hullo" }] }), fakeStream(["not reached"])),
    );
    const message =
      'FakeLlmProvider: call 1 does not fit the script: messages[0].content: expected "hullo", found "hello"';
    await expect(call()).rejects.toThrow(message);
    expect(() => guard.dispose()).toThrow(message);
  });

  it("a judge may say it in its own words", async () => {
    const { fake, call } = setup();
    fake.install(fakeScript(fakeStream([], (input) => (input.system ? undefined : "no system prompt"))));
    await expect(call()).rejects.toThrow("call 1 does not fit the script: no system prompt");
  });

  it("a fake can be passed in instead of installed", async () => {
    const fake = createFakeModel(createVirtualHost(), fakeScript(fakeStream(["a"]), fakeStream(["b"])));
    expect((await foldModelStream(INPUT, fake.stream(INPUT))).text).toBe("a");
    expect(fake.calls).toHaveLength(1);
    expect(fake.remainingTurns).toBe(1);
    expect(() => fake.assertFinished()).toThrow("1 unconsumed turn(s)");
  });

  it("two fakes do not know each other", async () => {
    const host = createVirtualHost();
    const one = createFakeLlm(host);
    const other = createFakeLlm(host);
    one.install(fakeScript(fakeStream(["a"])));
    await expect(foldModelStream(INPUT, other.client.stream(INPUT))).rejects.toThrow(NO_SCRIPT);
    expect((await foldModelStream(INPUT, one.client.stream(INPUT))).text).toBe("a");
  });
});

async function* toStream(chunks: readonly ModelChunk[]): AsyncGenerator<ModelChunk> {
  yield* chunks;
}
