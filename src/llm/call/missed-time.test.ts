import { describe, expect, it } from "vitest";
import { createMissedTime } from "./missed-time.ts";

describe("time in which nobody could listen (STREAM-06, LOOP-59)", () => {
  it.each<[string, readonly (readonly [passedMs: number, sleptMs: number, missedMs: number])[]]>([
    ["none, where timers are punctual", [[100, 100, 0], [15_000, 15_000, 0]]], // biome-ignore format: short
    ["none, where they are late by what a busy machine is late", [[1100, 100, 0], [16_000, 15_000, 0]]], // biome-ignore format: short
    ["all of a sleep that went on for hours", [[100, 100, 0], [8 * 3_600_000, 15_000, 8 * 3_600_000], [15_000, 15_000, 0]]], // biome-ignore format: short
    ["each such sleep, where there are others between", [[5000, 100, 5000], [100, 100, 0], [5000, 100, 5000]]], // biome-ignore format: short
    ["the first only, where all are late", [[5000, 100, 5000], [5000, 100, 0], [5000, 100, 0]]], // biome-ignore format: short
  ])("is %s", (_name, sleeps) => {
    const missed = createMissedTime();
    expect(sleeps.map(([passedMs, sleptMs]) => missed(passedMs, sleptMs))).toEqual(sleeps.map(([, , ms]) => ms));
  });
});
