import { expect, test } from "vitest";
import { CancelToken, type Host } from "../../base/index.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { createFakeModel } from "../fake/fake-model.ts";
import { type FakeScript, fakeDone, fakeError, fakeScript, fakeStall, fakeStream } from "../fake/fake-script.ts";
import type { ModelChunk, ModelClient, ModelInput } from "../spec/model.ts";
import { ModelError } from "../spec/model-error.ts";
import { type AttemptOutcome, type CallLayer, layeredClient } from "./call-layer.ts";
import { watchdogLayer } from "./watchdog-layer.ts";

const input: ModelInput = { provider: "fake", model: "m", messages: [{ role: "user", content: "hello" }] };

function refusal(message = "no"): ModelError {
  return new ModelError(message, {
    category: "generic",
    kind: "terminal",
    reason: "unknown",
    provider: "fake",
    model: "m",
  });
}

/** A layer that notes what happens to it. */
function recorder(name: string, log: string[], outcomes: AttemptOutcome[] = []): CallLayer {
  return () => {
    log.push(`open ${name}`);
    return {
      onChunk: (chunk) => void log.push(`${name} ${chunk.type}`),
      close(outcome) {
        log.push(`close ${name}`);
        outcomes.push(outcome);
        return undefined;
      },
    };
  };
}

function fake(script: FakeScript) {
  const host = createVirtualHost();
  return { host, model: createFakeModel(host, script) };
}

async function collect(stream: AsyncIterable<ModelChunk>): Promise<string[]> {
  const seen: string[] = [];
  for await (const chunk of stream) seen.push(chunk.type);
  return seen;
}

const failureOf = (promise: Promise<unknown>): Promise<ModelError> =>
  promise.then(
    () => {
      throw new Error("expected a failure");
    },
    (error: ModelError) => error,
  );

test("layers open in order, see every chunk, and close in reverse", async () => {
  const { host, model } = fake(fakeScript(fakeStream(["a"])));
  const log: string[] = [];
  const outcomes: AttemptOutcome[] = [];
  const client = layeredClient(model, [recorder("outer", log, outcomes), recorder("inner", log)]);
  expect(await host.drive(collect(client.stream(input)))).toEqual(["text-delta", "done"]);
  expect(log).toEqual([
    "open outer",
    "open inner",
    "outer text-delta",
    "inner text-delta",
    "outer done",
    "inner done",
    "close inner",
    "close outer",
  ]);
  expect(outcomes).toEqual([{ asked: true, abandoned: false }]);
});

test("nothing happens before the stream is iterated", () => {
  const { model } = fake(fakeScript(fakeStream(["a"])));
  const log: string[] = [];
  layeredClient(model, [recorder("outer", log)]).stream(input);
  expect(log).toEqual([]);
  expect(model.calls).toHaveLength(0);
});

test("a layer that refuses: the provider is not asked, layers before it are closed", async () => {
  const { host, model } = fake(fakeScript(fakeStream(["a"])));
  const log: string[] = [];
  const outcomes: AttemptOutcome[] = [];
  const refuse: CallLayer = () => {
    throw refusal();
  };
  const client = layeredClient(model, [recorder("outer", log, outcomes), refuse, recorder("never", log)]);
  expect((await failureOf(host.drive(collect(client.stream(input))))).message).toBe("no");
  expect(log).toEqual(["open outer", "close outer"]);
  expect(outcomes[0]).toMatchObject({ asked: false, abandoned: false });
  expect(model.calls).toHaveLength(0);
});

test("what had arrived travels with the failure", async () => {
  const { host, model } = fake(fakeScript(fakeStream(["Hel", "lo", { kind: "cut" }])));
  const error = await failureOf(host.drive(collect(layeredClient(model, []).stream(input))));
  expect(error).toMatchObject({ reason: "truncated", partialText: "Hello" });
  expect(error.usage).toMatchObject({ exact: false, outputTokens: 2 });
});

test("a failure before anything arrived carries no usage", async () => {
  const { host, model } = fake(fakeScript(fakeError("auth", "bad key")));
  const error = await failureOf(host.drive(collect(layeredClient(model, []).stream(input))));
  expect(error.category).toBe("auth");
  expect(error.usage).toBeUndefined();
});

test("CALL-12 cancelling drops the request at once and surfaces as `cancelled`", async () => {
  const { host, model } = fake(fakeScript(fakeStream(["a", { kind: "stall", ms: 60_000 }, "b"])));
  const token = new CancelToken();
  const outcomes: AttemptOutcome[] = [];
  const client = layeredClient(model, [recorder("only", [], outcomes)]);
  const reading = failureOf(collect(client.stream(input, token)));
  await host.settle();
  token.cancel("user left");
  expect(await reading).toMatchObject({ category: "cancelled", partialText: "a" });
  expect(outcomes).toHaveLength(1);
  expect(token.listenerCount).toBe(0);
  expect(host.clock.pending).toBe(0);
});

test("a signal that has fired already asks nobody", async () => {
  const { model } = fake(fakeScript(fakeStream(["a"])));
  const token = new CancelToken();
  token.cancel("before");
  expect((await failureOf(collect(layeredClient(model, []).stream(input, token)))).category).toBe("cancelled");
  expect(model.calls).toHaveLength(0);
});

test("a reader that goes away: the provider's stream is returned, layers hear of it", async () => {
  let returned = false;
  const client: ModelClient = {
    provider: "fake",
    async *stream() {
      try {
        for (;;) yield { type: "text-delta", messageId: "m", delta: "x" };
      } finally {
        returned = true;
      }
    },
  };
  const outcomes: AttemptOutcome[] = [];
  for await (const _ of layeredClient(client, [recorder("only", [], outcomes)]).stream(input)) break;
  await Promise.resolve();
  expect(returned).toBe(true);
  expect(outcomes).toEqual([{ asked: true, abandoned: true }]);
});

test("a provider that ignores its signal does not hold the reader", async () => {
  const deaf: ModelClient = {
    provider: "fake",
    async *stream() {
      yield { type: "text-delta", messageId: "m", delta: "x" };
      await new Promise(() => {});
    },
  };
  const token = new CancelToken();
  const reading = failureOf(collect(layeredClient(deaf, []).stream(input, token)));
  await Promise.resolve();
  token.cancel("enough");
  expect((await reading).category).toBe("cancelled");
});

test("whatever a client throws becomes a ModelError", async () => {
  const broken: ModelClient = {
    provider: "fake",
    // biome-ignore lint/correctness/useYield: throws first
    async *stream() {
      throw new TypeError("undefined is not a function");
    },
  };
  expect(await failureOf(collect(layeredClient(broken, []).stream(input)))).toBeInstanceOf(ModelError);
});

test("an error from close replaces success, never another error", async () => {
  const late: CallLayer = () => ({ close: () => refusal("too late") });
  const good = fake(fakeScript(fakeStream(["a"])));
  expect((await failureOf(good.host.drive(collect(layeredClient(good.model, [late]).stream(input))))).message).toBe(
    "too late",
  );
  const bad = fake(fakeScript(fakeError("auth", "bad key")));
  expect((await failureOf(bad.host.drive(collect(layeredClient(bad.model, [late]).stream(input))))).message).toBe(
    "bad key",
  );
});

test("a layer that breaks while closing does not keep the others from closing", async () => {
  const { host, model } = fake(fakeScript(fakeStream(["a"])));
  const log: string[] = [];
  const broken: CallLayer = () => ({
    close() {
      throw new Error("listener failed");
    },
  });
  const client = layeredClient(model, [recorder("outer", log), broken]);
  expect((await failureOf(host.drive(collect(client.stream(input))))).message).toContain("listener failed");
  expect(log.at(-1)).toBe("close outer");
});

test("a cut ends the attempt with its error, even between two chunks", async () => {
  const { host, model } = fake(fakeScript(fakeStream(["a", "b", "c"])));
  const cutter: CallLayer = (scope) => ({
    onChunk: (chunk) => chunk.type === "text-delta" && chunk.delta === "b" && scope.cut(refusal("enough")),
  });
  const seen: string[] = [];
  const reading = async () => {
    for await (const chunk of layeredClient(model, [cutter]).stream(input)) {
      if (chunk.type === "text-delta") seen.push(chunk.delta);
    }
  };
  expect(await failureOf(host.drive(reading()))).toMatchObject({ message: "enough", partialText: "ab" });
  expect(seen).toEqual(["a"]);
});

test("OPT-27 the deadline ends the whole attempt, silence only a silent one", async () => {
  const slow = () =>
    fake(fakeScript(fakeStream(["a", { kind: "stall", ms: 4000 }, "b", { kind: "stall", ms: 4000 }, "c"])));
  const run = async (limits: { timeoutMs?: number; idleMs?: number }) => {
    const { host, model } = slow();
    const client = layeredClient(model, [watchdogLayer(host, limits)]);
    const outcome = await host.drive(collect(client.stream(input)).catch((error: ModelError) => error));
    expect(host.clock.pending).toBe(0);
    return { outcome, at: host.clock.elapsedMs };
  };
  expect((await run({ idleMs: 5000 })).outcome).toHaveLength(4);
  const idle = await run({ idleMs: 3000 });
  expect(idle.at).toBe(3000);
  expect(idle.outcome).toMatchObject({ category: "timeout", partialText: "a", message: expect.stringContaining("3s") });
  const deadline = await run({ timeoutMs: 6000, idleMs: 5000 });
  expect(deadline.at).toBe(6000);
  expect(deadline.outcome).toMatchObject({ category: "timeout", partialText: "ab" });
});

test("OPT-27 a long silence is cut, never early and late by an eighth at most, with no look at the clock per chunk", async () => {
  // The last chunk comes 1 s after a wake, and just before the next one.
  for (const lastAt of [1000, 15_000, 16_000, 29_999, 77_777]) {
    const { host, model } = fake(
      fakeScript(fakeStream(["a", { kind: "stall", ms: lastAt }, "b", { kind: "stall", ms: 1e6 }])),
    );
    const client = layeredClient(model, [watchdogLayer(host, { idleMs: 120_000 })]);
    const outcome = await host.drive(collect(client.stream(input)).catch((error: ModelError) => error));
    expect(outcome).toMatchObject({ category: "timeout", partialText: "ab", message: expect.stringContaining("120s") });
    const silentMs = host.clock.elapsedMs - lastAt;
    expect(silentMs, `last chunk at ${lastAt}`).toBeGreaterThanOrEqual(120_000);
    expect(silentMs, `last chunk at ${lastAt}`).toBeLessThanOrEqual(135_000);
  }
  const { host, model } = fake(fakeScript(fakeStream(Array.from({ length: 50 }, () => "x"))));
  let looks = 0;
  const counted: Host = {
    ...host,
    sync(kind, args) {
      if (kind === "clock.monotonic") looks++;
      return host.sync(kind, args);
    },
  };
  await host.drive(collect(layeredClient(model, [watchdogLayer(counted, { idleMs: 120_000 })]).stream(input)));
  expect(looks).toBe(1);
});

test("layers share one look at the clock while the attempt opens, for each chunk and while it closes", async () => {
  const { host, model } = fake(fakeScript(fakeStream(["a", { kind: "stall", ms: 40 }, "b"])));
  let looks = 0;
  const counted: Host = {
    ...host,
    sync(kind, args) {
      looks++;
      return host.sync(kind, args);
    },
  };
  const seen: number[] = [];
  const looking: CallLayer = (scope) => {
    const look = (): void => void seen.push(scope.now(counted));
    look();
    return {
      onChunk: look,
      close() {
        look();
        return undefined;
      },
    };
  };
  const waiting: CallLayer = async () => {
    await host.perform("sleep", { ms: 500 });
    return {};
  };
  const layers = [looking, looking, waiting, looking];
  expect(await host.drive(collect(layeredClient(model, layers).stream(input)))).toHaveLength(3);
  const start = seen[0]!;
  expect(seen.map((ms) => ms - start)).toEqual([0, 0, 500, ...[500, 540, 540, 540].flatMap((ms) => [ms, ms, ms])]);
  // Two while it opens, since it waited in between; each chunk; its end.
  expect(looks).toBe(6);
});

test("heartbeats feed the idle clock", async () => {
  const beat = { kind: "chunk", chunk: { type: "heartbeat" } } as const;
  const { host, model } = fake(
    fakeScript(
      fakeStream([{ kind: "stall", ms: 2000 }, beat, { kind: "stall", ms: 2000 }, beat, "x", fakeDone("end_turn")]),
    ),
  );
  const client = layeredClient(model, [watchdogLayer(host, { idleMs: 3000 })]);
  expect(await host.drive(collect(client.stream(input)))).toContain("text-delta");
});

test("a stalled turn and no limits: the watchdog costs no timer", async () => {
  const { host, model } = fake(fakeScript(fakeStall(1000)).push(fakeStream(["a"])));
  const reading = collect(layeredClient(model, [watchdogLayer(host, {})]).stream(input));
  await host.settle();
  expect(host.clock.pending).toBe(1);
  await host.drive(reading);
});
