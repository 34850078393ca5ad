import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createVirtualHost } from "../../testing/index.ts";
import { layeredClient } from "../call/call-layer.ts";
import type { ModelChunk, ModelClient, ModelInput } from "../spec/model.ts";
import { budgetLayer } from "./budget-layer.ts";
import { createSpendLedger } from "./spend-ledger.ts";

describe("reservations", () => {
  test("reserve, grow, settle", () => {
    const ledger = createSpendLedger(10);
    const first = ledger.reserve(6);
    expect(first.ok && first.reservation.amountUsd).toBe(6);
    expect(ledger.reserve(5)).toEqual({ ok: false, limitUsd: 10 });
    if (!first.ok) return;
    expect(first.reservation.growTo(9)).toBe(true);
    expect(first.reservation.growTo(11)).toBe(false);
    expect(ledger.reservedUsd).toBe(9);
    first.reservation.settle(2);
    first.reservation.settle(2);
    expect([ledger.spentUsd, ledger.reservedUsd]).toEqual([2, 0]);
    expect(first.reservation.growTo(3)).toBe(true);
    expect(first.reservation.growTo(10)).toBe(false);
  });

  test("limits of one call bind that call only", () => {
    const ledger = createSpendLedger();
    expect(ledger.reserve(5, [4])).toEqual({ ok: false, limitUsd: 4 });
    expect(ledger.reserve(5).ok).toBe(true);
  });

  test("sums of cents do not overspend by rounding", () => {
    const ledger = createSpendLedger(0.3);
    for (const _ of [1, 2, 3]) expect(ledger.reserve(0.1).ok).toBe(true);
    expect(ledger.reserve(0.001).ok).toBe(false);
  });

  test("spent + reserved never passes the limit, whatever the order", () => {
    const step = fc.record({ act: fc.constantFrom("reserve", "grow", "settle"), amount: fc.nat(20), at: fc.nat(9) });
    fc.assert(
      fc.property(fc.nat(60), fc.array(step, { maxLength: 60 }), (limit, steps) => {
        const ledger = createSpendLedger(limit);
        const open: { amountUsd: number; growTo(n: number): boolean; settle(n: number): void }[] = [];
        for (const { act, amount, at } of steps) {
          const chosen = open[at % Math.max(1, open.length)];
          if (act === "reserve") {
            const result = ledger.reserve(amount);
            if (result.ok) open.push(result.reservation);
          } else if (chosen !== undefined && act === "grow") chosen.growTo(amount);
          // An honest settlement never costs more than was reserved.
          else if (chosen !== undefined) chosen.settle(Math.min(amount, chosen.amountUsd));
          expect(ledger.spentUsd + ledger.reservedUsd).toBeLessThanOrEqual(limit + 1e-6);
        }
      }),
    );
  });
});

/**
 * The promise of the ledger, end to end: calls of any size run in parallel on one budget, in any interleaving, with
 * answers that may be longer than they said, die, or be abandoned.
 *
 *     spent <= limit + calls in flight * cost of the largest chunk
 *
 * since a call is cut by the chunk that crosses what it may spend, and that chunk is paid.
 */
test("parallel calls overspend by at most one chunk each", async () => {
  const CHUNK_TOKENS = 3;
  const call = fc.record({
    startMs: fc.nat(50),
    maxTokens: fc.nat(12),
    chunks: fc.array(fc.integer({ min: 1, max: CHUNK_TOKENS }), { maxLength: 12 }),
    gapMs: fc.nat(9),
    end: fc.constantFrom("done", "cut", "abandon" as const),
  });
  await fc.assert(
    fc.asyncProperty(fc.nat(120), fc.array(call, { maxLength: 8 }), async (limit, calls) => {
      const host = createVirtualHost();
      const ledger = createSpendLedger(limit);
      const prices = { rates: () => ({ input: 1e6, output: 1e6 }) };
      let asked = 0;
      let booked = 0;
      const layer = budgetLayer({
        host,
        ledger,
        prices,
        onCharge: (charge) => {
          booked += charge.costUsd ?? 0;
        },
      });
      const running = calls.map(async ({ startMs, maxTokens, chunks, gapMs, end }) => {
        await host.perform("sleep", { ms: startMs });
        const client: ModelClient = {
          provider: "p",
          async *stream(_input, signal): AsyncGenerator<ModelChunk> {
            asked++;
            for (const tokens of chunks) {
              await host.perform("sleep", { ms: gapMs }, signal);
              yield { type: "text-delta", messageId: "m", delta: "x".repeat(tokens * 4) };
            }
            if (end === "cut") throw new Error("connection reset");
            yield { type: "done", stopReason: "end_turn" };
          },
        };
        const input: ModelInput = {
          provider: "p",
          model: "m",
          messages: [{ role: "user", content: "abcd" }],
          maxTokens,
        };
        let seen = 0;
        try {
          for await (const _ of layeredClient(client, [layer]).stream(input)) {
            if (end === "abandon" && ++seen === 2) break;
          }
        } catch {
          // Refused, cut or died: all of it is booked.
        }
      });
      await host.drive(Promise.all(running));
      expect(ledger.reservedUsd).toBe(0);
      expect(ledger.spentUsd).toBeLessThanOrEqual(limit + asked * CHUNK_TOKENS + 1e-6);
      expect(ledger.spentUsd).toBeCloseTo(booked, 6);
      expect(ledger.totals.attempts).toBe(asked);
      expect(host.clock.pending).toBe(0);
    }),
    { numRuns: 150 },
  );
});

test("with providers that keep to max_tokens, nothing is overspent at all", async () => {
  const call = fc.record({ startMs: fc.nat(20), maxTokens: fc.nat(12), used: fc.nat(12), gapMs: fc.nat(5) });
  await fc.assert(
    fc.asyncProperty(fc.nat(80), fc.array(call, { maxLength: 8 }), async (limit, calls) => {
      const host = createVirtualHost();
      const ledger = createSpendLedger(limit);
      const layer = budgetLayer({ host, ledger, prices: { rates: () => ({ input: 1e6, output: 1e6 }) } });
      const running = calls.map(async ({ startMs, maxTokens, used, gapMs }) => {
        await host.perform("sleep", { ms: startMs });
        const client: ModelClient = {
          provider: "p",
          async *stream(_input, signal): AsyncGenerator<ModelChunk> {
            for (let token = 0; token < Math.min(used, maxTokens); token++) {
              await host.perform("sleep", { ms: gapMs }, signal);
              yield { type: "text-delta", messageId: "m", delta: "abcd" };
            }
            yield { type: "done", stopReason: "end_turn" };
          },
        };
        const input: ModelInput = {
          provider: "p",
          model: "m",
          messages: [{ role: "user", content: "abcd" }],
          maxTokens,
        };
        try {
          for await (const _ of layeredClient(client, [layer]).stream(input));
        } catch {
          // Refused.
        }
      });
      await host.drive(Promise.all(running));
      expect(ledger.spentUsd).toBeLessThanOrEqual(limit + 1e-6);
    }),
    { numRuns: 100 },
  );
});
