import { describe, expect, test } from "vitest";
import { CancelToken } from "../../base/index.ts";
import { countResources, createVirtualHost, type VirtualHostOptions } from "../../testing/index.ts";
import { type CatalogView, openCatalog } from "../call/catalog-view.ts";
import { createLlmContext, type LlmContextParts } from "../call/llm-context.ts";
import { createFakeModel } from "../fake/fake-model.ts";
import { type FakeScript, fakeError, fakeScript, fakeStream, fakeThinking } from "../fake/fake-script.ts";
import type { ModelClient } from "../spec/model.ts";
import { llmStream, llmStreamValues } from "./llm-stream.ts";
import { produceAhead } from "./produce-ahead.ts";

function setup(script: FakeScript, parts: Partial<LlmContextParts> = {}, options: VirtualHostOptions = {}) {
  const inner = createVirtualHost(options);
  const { host, live } = countResources(inner);
  const model = createFakeModel(host, script);
  const context = createLlmContext({ host, clients: model, ...parts });
  return { drive: inner.drive.bind(inner), settle: inner.settle.bind(inner), clock: inner.clock, live, model, context };
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

const stall = (ms: number) => ({ kind: "stall", ms }) as const;

describe("llmStream", () => {
  test("STREAM-04 one value per non-empty piece of text, nothing else", async () => {
    const { drive, context } = setup(fakeScript(fakeStream([fakeThinking("hm"), "Hel", "", "lo"])));
    expect(await drive(all(llmStream(context, "q", null, { model: "m" })))).toEqual(["Hel", "lo"]);
  });

  test("STREAM-03 the mock says the words of the last message", async () => {
    const { context } = setup(fakeScript());
    const mock = { provider: "mock" };
    expect(await all(llmStream(context, "  one two\nthree ", null, mock))).toEqual(["one", "two", "three"]);
    const messages = [{ role: "user", content: [{ type: "text", text: "blocks" }] }];
    expect(await all(llmStream(context, "ignored", null, { ...mock, messages }))).toEqual([]);
  });

  test("STREAM-06 silence", async () => {
    const silence = () => fakeScript(fakeStream(["a", stall(1e9)]));
    const fails = async (env: Record<string, string>, options: object) => {
      const { drive, context, live } = setup(silence(), {}, { env });
      const error = await drive(all(llmStream(context, "q", null, { model: "m", ...options })).catch((e: Error) => e));
      expect(live()).toEqual({ effects: 0, streams: 0, listeners: 0 });
      return (error as Error).message;
    };
    expect(await fails({}, {})).toBe("stream idle timeout: no data received for 30s");
    expect(await fails({ HARN_LLM_IDLE_TIMEOUT: "7" }, {})).toBe("stream idle timeout: no data received for 7s");
    expect(await fails({ HARN_LLM_IDLE_TIMEOUT: "7" }, { idle_timeout: 9 })).toBe(
      "stream idle timeout: no data received for 9s",
    );
  });

  test("STREAM-07 the whole stream has a deadline, by default half an hour", async () => {
    const dribble = () => fakeScript(fakeStream(Array.from({ length: 400 }, () => [stall(10_000), "x"]).flat()));
    const message = async (options: object) => {
      const { drive, context, clock } = setup(dribble());
      const error = await drive(all(llmStream(context, "q", null, { model: "m", ...options })).catch((e: Error) => e));
      return [(error as Error).message, clock.elapsedMs];
    };
    expect(await message({})).toEqual([
      "stream overall deadline exceeded: 1800s budget reached before stream completed",
      1_800_000,
    ]);
    expect((await message({ timeout: 60 }))[1]).toBe(60_000);
  });

  test("STREAM-08 a reader that goes away stops the producer", async () => {
    const { context, model, live, settle } = setup(fakeScript(fakeStream(["a", "b", "c"])));
    for await (const _ of llmStream(context, "q", null, { model: "m" })) break;
    await settle();
    expect(live()).toEqual({ effects: 0, streams: 0, listeners: 0 });
    expect(model.calls).toHaveLength(1);
  });

  test("budgets, permits and traces hold for streams too", async () => {
    const catalog: CatalogView = { ...openCatalog("fake"), rates: () => ({ input: 1e6, output: 1e6 }) };
    const { drive, context } = setup(fakeScript(fakeStream(["abcd"])), { catalog });
    await drive(all(llmStream(context, "word", null, { model: "m", max_tokens: 2 })));
    expect(context.ledger.totals.calls).toBe(1);
    expect(context.trace.events()).toMatchObject([{ type: "llm_call" }]);
    context.ledger.setLimit(1);
    await expect(drive(all(llmStream(context, "q", null, { model: "m" })))).rejects.toMatchObject({
      category: "budget_exceeded",
    });
  });

  test("a reader that is cancelled gets the error, and the provider is left", async () => {
    const { context, settle } = setup(fakeScript(fakeStream(["a", stall(1e9)])));
    const token = new CancelToken();
    const reading = all(llmStream(context, "q", null, { model: "m" }, token)).catch((error: unknown) => error);
    await settle();
    token.cancel("enough");
    expect(await reading).toMatchObject({ category: "cancelled", partialText: "a" });
  });

  test("option mistakes are thrown at once", () => {
    const { context } = setup(fakeScript());
    expect(() => llmStream(context, "q", null, { max_tokens: "x" })).toThrow("`max_tokens`");
  });
});

describe("llmStreamValues", () => {
  test("STREAM-01 production starts without a reader", async () => {
    const { context, settle, model } = setup(fakeScript(fakeStream(["a", "b"])));
    const values = llmStreamValues(context, "q", null, { model: "m" });
    await settle();
    expect(model.remainingTurns).toBe(0);
    expect(await all(values)).toEqual(["a", "b"]);
  });

  test("STREAM-02 a slow reader holds the producer back at 64 values", async () => {
    const host = createVirtualHost();
    let made = 0;
    const client: ModelClient = {
      provider: "p",
      async *stream() {
        for (; made < 1000; ) {
          made++;
          yield { type: "text-delta", messageId: "m", delta: "x" };
        }
        yield { type: "done", stopReason: "end_turn" };
      },
    };
    const context = createLlmContext({ host, clients: client });
    const values = llmStreamValues(context, "q", null, { model: "m" });
    await host.settle();
    expect(made).toBe(64);
    for (let i = 0; i < 10; i++) await values.next();
    await host.settle();
    expect(made).toBe(74);
    expect(await host.drive(all(values))).toHaveLength(990);
  });

  test("STREAM-05 a failure is the last value", async () => {
    const { context, drive } = setup(fakeScript(fakeStream(["a", { kind: "cut" }])));
    const values = await drive(all(llmStreamValues(context, "q", null, { model: "m" })));
    expect(values).toEqual(["a", expect.stringMatching(/^error: fake stream ended before/)]);
    const failing = setup(fakeScript(fakeError("auth", "bad key")));
    expect(await failing.drive(all(llmStreamValues(failing.context, "q", null, { model: "m" })))).toEqual([
      "error: bad key",
    ]);
  });

  test("STREAM-08 a reader that goes away: the provider is cancelled, nothing is left", async () => {
    const { context, settle, live } = setup(fakeScript(fakeStream(["a", stall(1e9)])));
    const values = llmStreamValues(context, "q", null, { model: "m" });
    expect(await values.next()).toEqual({ done: false, value: "a" });
    await values.return?.();
    await settle();
    expect(live()).toEqual({ effects: 0, streams: 0, listeners: 0 });
    expect(await values.next()).toEqual({ done: true, value: undefined });
  });
});

describe("produceAhead", () => {
  test("hands on failures after the items before them, and ends once", async () => {
    let ends = 0;
    async function* source() {
      yield 1;
      yield 2;
      throw new Error("boom");
    }
    const items = produceAhead(source(), 8, () => void ends++);
    await Promise.resolve();
    expect(await items.next()).toEqual({ done: false, value: 1 });
    expect(await items.next()).toEqual({ done: false, value: 2 });
    await expect(items.next()).rejects.toThrow("boom");
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(ends).toBe(1);
  });

  test("readers that wait are served in order", async () => {
    let release: (() => void) | undefined;
    async function* source() {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      yield "a";
      yield "b";
    }
    const items = produceAhead(source(), 8, () => {});
    const waiting = [items.next(), items.next(), items.next()];
    release?.();
    expect((await Promise.all(waiting)).map((result) => result.value)).toEqual(["a", "b", undefined]);
  });
});
