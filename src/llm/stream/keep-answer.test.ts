import { describe, expect, it } from "vitest";
import type { ModelChunk, ModelInput } from "../spec/model.ts";
import { NO_USAGE } from "../spec/model-result.ts";
import { keepAnswer } from "./keep-answer.ts";

const input: ModelInput = { provider: "p", model: "m", messages: [] };
const text = (delta: string): ModelChunk => ({ type: "text-delta", messageId: "t", delta });
const done: ModelChunk = { type: "done", stopReason: "end_turn", usage: NO_USAGE };

async function* chunksOf(items: readonly (ModelChunk | Error)[], onReturn = () => {}): AsyncGenerator<ModelChunk> {
  try {
    for (const item of items) {
      if (item instanceof Error) throw item;
      yield item;
    }
  } finally {
    onReturn();
  }
}

describe("an answer that somebody keeps", () => {
  it("is kept once, whole, before the reader hears of the end", async () => {
    const order: string[] = [];
    const stream = keepAnswer(chunksOf([text("a"), text("b"), done]), input, async (answer) => {
      await Promise.resolve();
      order.push(`kept ${answer.text}`);
    });
    const chunks = stream[Symbol.asyncIterator]();
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) order.push(next.value.type);
    order.push("end");
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
    expect(order).toEqual(["text-delta", "text-delta", "done", "kept ab", "end"]);
  });

  it("is not kept when it fails or when nobody reads on; the source is told to stop", async () => {
    let [kept, returned] = [0, 0];
    const broken = keepAnswer(chunksOf([text("a"), new Error("cut")]), input, () => void kept++);
    await expect(async () => {
      for await (const _ of broken);
    }).rejects.toThrow("cut");
    for await (const _ of keepAnswer(
      chunksOf([text("a"), done], () => void returned++),
      input,
      () => void kept++,
    ))
      break;
    expect([kept, returned]).toEqual([0, 1]);
  });
});
