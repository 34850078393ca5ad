import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CancelToken } from "./cancel.ts";
import { createVirtualClock } from "./virtual-clock.ts";
import { createVirtualRandom } from "./virtual-random.ts";

describe("virtual clock", () => {
  it("wakes by due time, then by the order of setting, whatever the order of setting was", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20)), async (delays) => {
        const clock = createVirtualClock(0);
        const woken: number[] = [];
        const sleeps = delays.map((ms, index) => clock.sleep(ms).then(() => woken.push(index)));
        while (clock.wakeNext());
        await Promise.all(sleeps);
        const expected = delays.map((ms, index) => ({ ms, index })).sort((a, b) => a.ms - b.ms || a.index - b.index);
        expect(woken).toEqual(expected.map((entry) => entry.index));
        expect(clock.elapsedMs).toBe(Math.max(0, ...delays));
        expect(clock.pending).toBe(0);
      }),
    );
  });

  it("a cancelled sleep rejects with the reason, leaves no listener and is not waited for", async () => {
    const clock = createVirtualClock(1000);
    const token = new CancelToken();
    const slept = clock.sleep(50, token);
    const other = clock.sleep(80);
    token.cancel("stop");
    await expect(slept).rejects.toBe("stop");
    expect(clock.pending).toBe(1);
    expect(clock.nextDueMs).toBe(80);
    clock.wakeNext();
    await other;
    expect(clock.nowMs).toBe(1080);
    expect(token.listenerCount).toBe(0);
  });

  it("a woken sleep lets go of its signal", async () => {
    const clock = createVirtualClock(0);
    const token = new CancelToken();
    const slept = clock.sleep(1, token);
    expect(token.listenerCount).toBe(1);
    clock.wakeNext();
    await slept;
    expect(token.listenerCount).toBe(0);
  });

  it("sleeping on a fired signal rejects at once", async () => {
    const clock = createVirtualClock(0);
    const token = new CancelToken();
    token.cancel("early");
    await expect(clock.sleep(1, token)).rejects.toBe("early");
    expect(clock.pending).toBe(0);
  });

  it("moves neither past a sleeper nor backwards, and takes a negative sleep as none", async () => {
    const clock = createVirtualClock(0);
    const slept = clock.sleep(10);
    clock.moveTo(50);
    expect(clock.elapsedMs).toBe(10);
    clock.moveTo(5);
    expect(clock.elapsedMs).toBe(10);
    clock.wakeNext();
    await slept;
    const negative = clock.sleep(-5);
    expect(clock.nextDueMs).toBe(10);
    clock.wakeNext();
    await negative;
  });
});

describe("virtual random", () => {
  it("gives the same numbers for the same seed, others for another, all in [0, 1)", () => {
    const draw = (seed: number) => Array.from({ length: 1000 }, createVirtualRandom(seed).float);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    for (const value of draw(3)) expect(value >= 0 && value < 1).toBe(true);
    const mean = draw(4).reduce((sum, value) => sum + value, 0) / 1000;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
  });
});
