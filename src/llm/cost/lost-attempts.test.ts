/** Calls that a stopped process never heard the end of are on the books of the process that makes them again. */

import { describe, expect, it } from "vitest";
import type { Host, Json } from "../../base/index.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { layeredClient } from "../call/call-layer.ts";
import { hostModelClient } from "../providers/host-model-client.ts";
import type { ModelChunk, ModelInput } from "../spec/model.ts";
import { budgetLayer, type ChargeRecord } from "./budget-layer.ts";
import { createSpendLedger } from "./spend-ledger.ts";

const input: ModelInput = { provider: "p", model: "m", messages: [{ role: "user", content: "hello" }], maxTokens: 4 };
const usage = { inputTokens: 5, outputTokens: 3, cacheReadTokens: 0, cacheWriteTokens: 0, exact: true };
const done: Json = { type: "done", stopReason: "end_turn", usage };
const text: Json = { type: "text-delta", messageId: "m", delta: "x" };

/** A dollar a token. */
const DOLLARS = { input: 1e6, output: 1e6 };

async function call(items: readonly Json[], limitUsd = 1000) {
  const host = createVirtualHost();
  const streaming: Host = {
    ...host,
    stream: async function* () {
      yield* items;
    } as unknown as Host["stream"],
  };
  const ledger = createSpendLedger(limitUsd);
  const charges: ChargeRecord[] = [];
  const layer = budgetLayer({
    host,
    ledger,
    prices: { rates: () => DOLLARS },
    onCharge: (charge) => charges.push(charge),
  });
  const chunks: ModelChunk[] = [];
  let reason: unknown;
  try {
    for await (const chunk of layeredClient(hostModelClient(streaming, "p"), [layer]).stream(input)) chunks.push(chunk);
  } catch (error) {
    reason = (error as { reason?: unknown }).reason;
  }
  return { chunks, ledger, charges: charges.map((charge) => [charge.outcome, charge.costUsd]), reason };
}

describe("lost attempts", () => {
  it("cost what the attempt in their place costs, each", async () => {
    const { chunks, ledger, charges } = await call([{ ...(text as object), lostAttempts: 2 }, done]);
    expect(chunks).toEqual([{ type: "heartbeat", lostAttempts: 2 }, text, done]);
    expect(charges).toEqual([
      ["lost", 8],
      ["lost", 8],
      ["completed", 8],
    ]);
    expect(ledger.spentUsd).toBe(24);
    expect(ledger.totals).toMatchObject({ calls: 1, attempts: 3, inputTokens: 15, outputTokens: 9, estimated: true });
  });

  it("may be told after everything else, without saying anything else", async () => {
    const { chunks, charges } = await call([text, done, { lostAttempts: 1 }]);
    expect(chunks).toEqual([text, done, { type: "heartbeat", lostAttempts: 1 }]);
    expect(charges).toEqual([
      ["lost", 8],
      ["completed", 8],
    ]);
  });

  it("cost their input when the call in their place is refused", async () => {
    const error = { category: "auth", kind: "terminal", reason: "auth", message: "no", provider: "p", model: "m" };
    const { charges } = await call([{ type: "error", error, lostAttempts: 1 } as unknown as Json]);
    expect(charges[0]?.[0]).toBe("lost");
    expect(charges[0]?.[1]).toBeGreaterThan(0);
    expect(charges[1]).toEqual(["failed", 0]);
  });

  it("use up the session's budget", async () => {
    const { reason, ledger } = await call([{ ...(text as object), lostAttempts: 2 }, done], 20);
    expect(ledger.spentUsd).toBe(24);
    expect(reason).toBe("budget_exceeded");
  });
});
