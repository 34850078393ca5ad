import { describe, expect, it } from "vitest";
import { withFaults } from "../../testing/host-decorators.ts";
import { createVirtualHost } from "../../testing/virtual-host.ts";
import { createFakeLlm, type FakeLlm } from "../fake/fake-model.ts";
import { fakeDone, fakeScript, fakeStream, fakeThinking, fakeToolCall } from "../fake/fake-script.ts";
import type { ModelInput } from "../spec/model.ts";
import { foldModelStream } from "../spec/model-result.ts";
import { canonicalJson } from "./canonical-json.ts";
import { describeDifference, firstDifference } from "./json-difference.ts";
import { createModelFixtures, fixtureHash } from "./model-fixtures.ts";
import { createToolRecordings, toolFixtureHash } from "./tool-recordings.ts";

const INPUT: ModelInput = {
  provider: "openai",
  model: "m",
  system: "S",
  messages: [
    { role: "user", content: "one" },
    { role: "assistant", text: "two", toolCalls: [] },
    { role: "user", content: "three" },
  ],
};

function setup() {
  const host = createVirtualHost();
  const fake: FakeLlm = createFakeLlm(host);
  const fixtures = createModelFixtures(host);
  const client = fixtures.wrap(fake.client);
  const call = (input: ModelInput = INPUT) => foldModelStream(input, client.stream(input));
  return { host, fake, fixtures, call };
}

const ANSWER = fakeScript(
  fakeStream([
    fakeThinking("hm", "sig"),
    "Hello ",
    fakeToolCall("read", { path: "a" }, "c1"),
    "there",
    fakeDone("tool_use", { outputTokens: 4, cacheWriteTokens: 2 }),
  ]),
);

describe("model fixtures", () => {
  it("REPLAY-01, REPLAY-02: off, record or replay, set together with the folder", async () => {
    const { fixtures, fake, call } = setup();
    expect(fixtures.mode).toBe("off");
    fake.install(ANSWER);
    expect((await call()).text).toBe("Hello there");
    fixtures.setReplayMode("replay", "fx");
    expect(fixtures.mode).toBe("replay");
  });

  it("REPLAY-03: a recording is named by its hash and holds every field of the result", async () => {
    const { host, fixtures, fake, call } = setup();
    fixtures.setReplayMode("record", "deep/fx");
    fake.install(ANSWER);
    await call();
    const file = new TextDecoder().decode(
      await host.perform("fs.read", { path: `deep/fx/${fixtureHash(INPUT)}.json` }),
    );
    expect(JSON.parse(file)).toMatchObject({
      text: "Hello there",
      tool_calls: [{ id: "c1", name: "read", arguments: { path: "a" } }],
      output_tokens: 4,
      cache_read_tokens: 0,
      cache_write_tokens: 2,
      cache_creation_input_tokens: 2,
      model: "m",
      provider: "openai",
      thinking: "hm",
      thinking_summary: null,
      stop_reason: "tool_use",
      blocks: [{ type: "reasoning" }, { type: "output_text" }, { type: "tool_call" }],
      logprobs: [],
      request: { model: "m", system: "S", messages: INPUT.messages },
    });
  });

  it("REPLAY-03: the hash has 16 digits, tells models, messages and system prompts apart, and nothing else", () => {
    const hashes = [
      INPUT,
      { ...INPUT, model: "n" },
      { ...INPUT, messages: INPUT.messages.slice(1) },
      { ...INPUT, system: "" },
      { model: INPUT.model, messages: INPUT.messages },
    ].map(fixtureHash);
    expect(new Set(hashes).size).toBe(5);
    expect(hashes[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(fixtureHash({ ...INPUT, ...{ temperature: 1 } })).toBe(hashes[0]);
    const reordered: ModelInput = {
      ...INPUT,
      messages: [{ content: "one", role: "user" }, ...INPUT.messages.slice(1)],
    };
    expect(fixtureHash(reordered)).toBe(hashes[0]);
  });

  it("REPLAY-03: no folder, no file; a disk that refuses costs nothing but the file", async () => {
    const { host, fixtures, fake, call } = setup();
    fixtures.setReplayMode("record", "");
    fake.install(ANSWER);
    expect((await call()).text).toBe("Hello there");

    const full = withFaults(host, [{ effect: "fs.write", error: "no_space" }]);
    const other = createModelFixtures(full);
    other.setReplayMode("record", "fx");
    fake.install(ANSWER);
    expect((await foldModelStream(INPUT, other.wrap(fake.client).stream(INPUT))).text).toBe("Hello there");
  });

  it("REPLAY-04: a replay gives the same result in one delta, without asking the provider", async () => {
    const { fixtures, fake, call } = setup();
    fixtures.setReplayMode("record", "fx");
    fake.install(ANSWER);
    const original = await call();
    fixtures.setReplayMode("replay", "fx");
    const replayed = await call();
    expect(replayed).toEqual(original);
    expect(fake.capturedCalls()).toHaveLength(1);
    const deltas: string[] = [];
    for await (const chunk of fixtures.wrap(fake.client).stream(INPUT))
      if (chunk.type === "text-delta") deltas.push(chunk.delta);
    expect(deltas).toEqual(["Hello there"]);
  });

  it("REPLAY-04: a miss is a failure, never a call, and shows where the request left the recorded path", async () => {
    const { fixtures, fake, call } = setup();
    fixtures.setReplayMode("record", "fx");
    const other: ModelInput = { ...INPUT, messages: [{ role: "user", content: "something else" }] };
    fake.install(fakeScript(fakeStream(["a"]), fakeStream(["b"])));
    await call();
    await call(other);
    fixtures.setReplayMode("replay", "fx");
    const drifted: ModelInput = {
      ...INPUT,
      messages: [...INPUT.messages.slice(0, 2), { role: "user", content: "thrice" }],
    };
    await expect(call(drifted)).rejects.toMatchObject({
      kind: "terminal",
      message:
        `No fixture found for LLM call (hash: ${fixtureHash(drifted)}). Run with --record first.\n` +
        `The closest fixture is ${fixtureHash(INPUT)}.json, which differs at messages[2].content: expected "three", found "thrice"`,
    });
    expect(fake.capturedCalls()).toHaveLength(2);
  });

  it("REPLAY-04: a miss in an empty or broken folder says so too", async () => {
    const { host, fixtures, call } = setup();
    fixtures.setReplayMode("replay", "nowhere");
    const message = `No fixture found for LLM call (hash: ${fixtureHash(INPUT)}). Run with --record first.`;
    await expect(call()).rejects.toThrow(message);
    await host.perform("fs.mkdir", { path: "fx" });
    await host.perform("fs.write", { path: `fx/${fixtureHash(INPUT)}.json`, data: "{broken" });
    fixtures.setReplayMode("replay", "fx");
    await expect(call()).rejects.toThrow(message);
    fixtures.setReplayMode("replay", "");
    await expect(call()).rejects.toThrow(message);
  });

  it("REPLAY-04: older fixtures without the newer fields play too", async () => {
    const { host, fixtures, call } = setup();
    await host.perform("fs.mkdir", { path: "fx" });
    const data = '{"text":"old","thinking":"hm","cache_creation_input_tokens":3}';
    await host.perform("fs.write", { path: `fx/${fixtureHash(INPUT)}.json`, data });
    fixtures.setReplayMode("replay", "fx");
    expect(await call()).toMatchObject({
      text: "old",
      thinking: "hm",
      stopReason: "end_turn",
      usage: { cacheWriteTokens: 3 },
    });
  });

  it("REPLAY-03: half an answer is not recorded", async () => {
    const { host, fixtures, fake } = setup();
    fixtures.setReplayMode("record", "fx");
    fake.install(fakeScript(fakeStream(["a", { kind: "cut" }])));
    await expect(foldModelStream(INPUT, fixtures.wrap(fake.client).stream(INPUT))).rejects.toThrow();
    expect(await host.perform("fs.stat", { path: "fx" })).toBeUndefined();
  });
});

describe("tool recordings", () => {
  const record = (toolName: string, args: { readonly [key: string]: number }, result: string) => ({
    toolName,
    args,
    toolUseId: "c1",
    result,
    isRejected: false,
    durationMs: 5,
    iteration: 2,
    timestamp: "2026-01-01T00:00:00.000Z",
  });

  it("REPLAY-05: records are kept while recording; draining empties the buffer", () => {
    const recordings = createToolRecordings();
    recordings.record(record("read", { a: 1 }, "ignored"));
    recordings.setToolRecordingMode("record");
    recordings.record(record("read", { a: 1 }, "one"));
    expect(recordings.drain()).toEqual([
      {
        toolName: "read",
        toolUseId: "c1",
        argsHash: toolFixtureHash("read", { a: 1 }),
        result: "one",
        isRejected: false,
        durationMs: 5,
        iteration: 2,
        timestamp: "2026-01-01T00:00:00.000Z",
      },
    ]);
    expect(recordings.drain()).toEqual([]);
  });

  it("REPLAY-06: the first record with the same tool and arguments counts; none means run it", () => {
    const source = createToolRecordings();
    source.setToolRecordingMode("record");
    source.record(record("read", { a: 1, b: 2 }, "one"));
    source.record(record("read", { b: 2, a: 1 }, "two"));
    const recordings = createToolRecordings();
    recordings.load(source.drain());
    expect(recordings.find("read", { a: 1, b: 2 })).toBeUndefined();
    recordings.setToolRecordingMode("replay");
    expect(recordings.find("read", { b: 2, a: 1 })?.result).toBe("one");
    expect(recordings.find("read", { a: 1 })).toBeUndefined();
    expect(recordings.find("write", { a: 1, b: 2 })).toBeUndefined();
  });
});

describe("differences", () => {
  it.each<[unknown, unknown, string | undefined]>([
    [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, undefined],
    [{ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, "a[1].b: expected 2, found 3"],
    [{ a: [1] }, { a: [1, 2] }, "a[1]: expected nothing, found 2"],
    [{ a: 1 }, { a: 1, "odd key": null }, '["odd key"]: expected nothing, found null'],
    [{ a: undefined }, {}, undefined],
    [1, "1", 'value: expected 1, found "1"'],
    [
      `${"x".repeat(100)}one${"y".repeat(100)}`,
      `${"x".repeat(100)}two`,
      `value: expected …"${"x".repeat(20)}one${"y".repeat(57)}"…, found …"${"x".repeat(20)}two"`,
    ],
  ])("between %j and %j", (expected, found, text) => {
    const difference = firstDifference(expected, found);
    expect(difference && describeDifference(difference)).toBe(text);
  });

  it("a subset may have more", () => {
    expect(firstDifference({ a: 1 }, { a: 1, b: 2 }, { subset: true })).toBeUndefined();
  });

  it("canonical JSON does not know order", () => {
    expect(canonicalJson({ b: [1, { d: null, c: undefined, a: "x" }], a: true })).toBe(
      '{"a":true,"b":[1,{"a":"x","d":null}]}',
    );
  });
});
