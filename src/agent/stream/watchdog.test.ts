/**
 * The watchdog against a model of itself: random timelines of what a provider sends and how slowly it is read, and a few
 * lines that say when a stream is dead. Time is virtual, to the millisecond.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answer,
  createTestHost,
  done,
  heartbeat,
  type Script,
  say,
  scriptedModel,
  started,
  think,
} from "../../../test/agent/support.ts";
import type { Host } from "../../base/index.ts";
import type { ModelChunk } from "../../llm/index.ts";
import { NO_TOOLS } from "../tools/tool-runtime.ts";
import type { Harness } from "../turn/harness.ts";
import { driveTurn } from "../turn/run-turn.ts";
import type { StreamSettings } from "./stream-answer.ts";

const IDLE_MS = 1000;
const ESTABLISH_MS = 3000;

type Kind = "text" | "thinking" | "signature" | "empty" | "arguments" | "heartbeat";

interface Beat {
  /** Silence before it. */
  readonly gapMs: number;
  readonly kind: Kind;
  /** How long the consumer takes for the event, where it is one. */
  readonly readMs: number;
}

const CHUNKS: Readonly<Record<Kind, ModelChunk>> = {
  text: say("x"),
  thinking: think("t"),
  signature: think("", "sig"),
  empty: say(""),
  arguments: { type: "tool-call-delta", id: "unknown", delta: "{" },
  heartbeat,
};
const IS_EVENT: ReadonlySet<Kind> = new Set<Kind>(["text", "thinking"]);

const beat: fc.Arbitrary<Beat> = fc.record({
  gapMs: fc.oneof({ weight: 4, arbitrary: fc.nat(600) }, { weight: 1, arbitrary: fc.integer({ min: 900, max: 1200 }) }),
  kind: fc.constantFrom<Kind>("text", "thinking", "signature", "empty", "arguments", "heartbeat"),
  readMs: fc.oneof(fc.constant(0), fc.nat(5000)),
});

/** When the stream is given up, milliseconds from its start; undefined: it lives to its end; `tie`: both are right. */
function deadAt(firstMs: number, beats: readonly Beat[]): number | undefined | "tie" {
  if (firstMs === ESTABLISH_MS) return "tie";
  if (firstMs > ESTABLISH_MS) return ESTABLISH_MS;
  let now = firstMs;
  let fed = now;
  for (const { gapMs, kind, readMs } of beats) {
    if (now + gapMs - fed === IDLE_MS) return "tie";
    if (now + gapMs - fed > IDLE_MS) return fed + IDLE_MS;
    now += gapMs;
    if (kind === "heartbeat") continue;
    if (IS_EVENT.has(kind)) now += readMs;
    fed = now;
  }
  return undefined;
}

async function play(scripts: readonly Script[], settings: StreamSettings, readMs: (event: number) => number) {
  const host = createTestHost();
  const model = scriptedModel(host, scripts);
  let looks = 0;
  const counting: Host = {
    ...host,
    sync(kind, args) {
      if (kind === "clock.monotonic") looks += 1;
      return host.sync(kind, args);
    },
  };
  const harness: Harness = {
    host: counting,
    model,
    request: { provider: "p", model: "m" },
    tools: NO_TOOLS,
    stream: settings,
    emptyAnswer: "accept",
  };
  let events = 0;
  let text = "";
  const end = await driveTurn(harness, { prompt: "go" }, (event) => {
    if (event.type === "text-delta") text += event.delta;
    const ms = readMs(events++);
    return ms === 0 ? true : host.perform("sleep", { ms }).then(() => true);
  });
  return { end: end!, elapsedMs: host.clock.elapsedMs, model, text, looks };
}

/** Silences between contents: when each began, and how long it would be. */
function silences(
  firstMs: number,
  beats: readonly Beat[],
): readonly { readonly fromMs: number; readonly ms: number }[] {
  const found: { fromMs: number; ms: number }[] = [];
  let now = firstMs;
  let fed = now;
  for (const { gapMs, kind, readMs } of beats) {
    now += gapMs;
    if (kind === "heartbeat") continue;
    found.push({ fromMs: fed, ms: now - fed });
    if (IS_EVENT.has(kind)) now += readMs;
    fed = now;
  }
  found.push({ fromMs: fed, ms: now - fed });
  return found;
}

describe("watchdog", () => {
  it("LOOP-52 LOOP-59 LOOP-60 LOOP-61 dies exactly when it must: content feeds it, heartbeats do not, reading does not count", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 5, arbitrary: fc.nat(2500) }, fc.integer({ min: 2900, max: 4000 })),
        fc.array(beat, { maxLength: 15 }),
        async (firstMs, beats) => {
          const dead = deadAt(firstMs, beats);
          fc.pre(dead !== "tie");
          const script: Script = [
            firstMs,
            started,
            ...beats.flatMap(({ gapMs, kind }) => [gapMs, CHUNKS[kind]]),
            done("stop"),
          ];
          const reads = beats.filter(({ kind }) => IS_EVENT.has(kind)).map(({ readMs }) => readMs);
          const { end, elapsedMs, model } = await play(
            [script],
            {
              idleTimeoutMs: IDLE_MS,
              establishTimeoutMs: ESTABLISH_MS,
              maxAttempts: 1,
              retry: { retries: 0, delayMs: () => 0 },
            },
            (event) => reads[event] ?? 0,
          );
          expect(end.type).toBe(dead === undefined ? "turn-end" : "turn-error");
          const whole =
            firstMs + beats.reduce((sum, { gapMs }) => sum + gapMs, 0) + reads.reduce((sum, ms) => sum + ms, 0);
          expect(elapsedMs).toBe(dead ?? whole);
          expect(model.open).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("LOOP-59 LOOP-61 a limit of eight seconds and more never cuts early, and late by an eighth at most", async () => {
    const scale = 16;
    const idleMs = IDLE_MS * scale;
    await fc.assert(
      fc.asyncProperty(fc.nat(40_000), fc.array(beat, { maxLength: 15 }), async (firstMs, some) => {
        const beats = some.map(({ gapMs, kind, readMs }) => ({ gapMs: gapMs * scale, kind, readMs: readMs * scale }));
        const script: Script = [
          firstMs,
          started,
          ...beats.flatMap(({ gapMs, kind }) => [gapMs, CHUNKS[kind]]),
          done("stop"),
        ];
        const reads = beats.filter(({ kind }) => IS_EVENT.has(kind)).map(({ readMs }) => readMs);
        const { end, elapsedMs } = await play(
          [script],
          { idleTimeoutMs: idleMs, maxAttempts: 1, retry: { retries: 0, delayMs: () => 0 } },
          (event) => reads[event] ?? 0,
        );
        const latestMs = idleMs + idleMs / 8;
        const all = silences(firstMs, beats);
        if (end.type === "turn-end") {
          expect(all.filter(({ ms }) => ms > latestMs)).toEqual([]);
        } else {
          const fits = ({ fromMs, ms }: (typeof all)[number]) =>
            ms >= idleMs && elapsedMs >= fromMs + idleMs && elapsedMs <= fromMs + latestMs;
          expect(all.some(fits), `${elapsedMs} of ${JSON.stringify(all)}`).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([2000, 16_000])(
    "LOOP-59 a limit of %i ms ends even where each timer is late, and once more after a suspend",
    async (idleMs) => {
      for (const lateMs of [0, 5000]) {
        const host = createTestHost();
        const silent = scriptedModel(host, [[started, say("x"), 1e9, done()]]);
        const late: Host = {
          ...host,
          perform: (kind, args, signal) =>
            kind === "sleep" && (args as { ms: number }).ms <= idleMs
              ? (host.perform("sleep", { ms: (args as { ms: number }).ms + lateMs } as never, signal) as never)
              : host.perform(kind, args, signal),
        };
        const harness: Harness = {
          host: late,
          model: silent,
          request: { provider: "p", model: "m" },
          tools: NO_TOOLS,
          stream: { idleTimeoutMs: idleMs, maxAttempts: 1, retry: { retries: 0, delayMs: () => 0 } },
          emptyAnswer: "accept",
        };
        const end = await driveTurn(harness, { prompt: "go" }, () => true);
        expect(end?.type).not.toBe("turn-end");
        expect(host.clock.elapsedMs).toBeGreaterThanOrEqual(idleMs);
        expect(host.clock.elapsedMs).toBeLessThanOrEqual(2 * (idleMs + 2 * lateMs));
      }
    },
  );

  it("looks at the clock as often for a thousand chunks as for ten", async () => {
    const looksAt = async (chunks: number): Promise<number> => {
      const script: Script = [started, ...Array.from({ length: chunks }, () => say("x")), done()];
      const { end, text, looks } = await play([script], {}, () => 0);
      expect(end).toMatchObject({ type: "turn-end" });
      expect(text).toHaveLength(chunks);
      return looks;
    };
    expect(await looksAt(1000)).toBe(await looksAt(10));
  });

  it("LOOP-59 a trickle of one character just below the limit lives as long as it likes", async () => {
    const script: Script = [started, ...Array.from({ length: 500 }, () => [IDLE_MS - 1, say("x")]).flat(), done()];
    const { end, elapsedMs, text } = await play([script], { idleTimeoutMs: IDLE_MS }, () => 0);
    expect(end).toMatchObject({ type: "turn-end" });
    expect(text).toHaveLength(500);
    expect(elapsedMs).toBe(500 * (IDLE_MS - 1));
  });

  it("LOOP-52 the wait for the first chunk has a limit of its own; the silence between two has not to do with it", async () => {
    const slow = await play([[2999, ...answer("late")]], { idleTimeoutMs: 10, establishTimeoutMs: 3000 }, () => 0);
    expect(slow.end).toMatchObject({ type: "turn-end" });
    const never = await play(
      [["hang"], ["hang"], [500, ...answer("third")]],
      { idleTimeoutMs: 10, establishTimeoutMs: 3000 },
      () => 0,
    );
    // Two silences, the pauses of one and two seconds after them, and half a second.
    expect(never).toMatchObject({ text: "third", elapsedMs: 3000 + 1000 + 3000 + 2000 + 500 });
    const unlimited = await play([[10_000_000, ...answer("very late")]], { establishTimeoutMs: 0 }, () => 0);
    expect(unlimited).toMatchObject({ text: "very late", elapsedMs: 10_000_000 });
  });

  it("LOOP-53 LOOP-55 LOOP-56 reconnects: only while nothing was shown, as often as allowed, after 1, 2, 4 s", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.constantFrom<Kind>("heartbeat", "empty", "signature", "text"), { minLength: 1, maxLength: 6 }),
        async (maxAttempts, deaths) => {
          const scripts = deaths.map((kind): Script => [started, CHUNKS[kind], "hang"]);
          const { end, elapsedMs, model, text } = await play(
            [...scripts, answer("alive")],
            { idleTimeoutMs: IDLE_MS, maxAttempts },
            () => 0,
          );
          const shown = deaths.indexOf("text");
          const attempts = Math.min(maxAttempts, shown === -1 ? deaths.length + 1 : shown + 1);
          const isAlive = attempts === deaths.length + 1;
          const died = isAlive ? attempts - 1 : attempts;
          expect(model.inputs).toHaveLength(attempts);
          expect(end.type).toBe(isAlive ? "turn-end" : "turn-error");
          expect(text).toBe(isAlive ? "alive" : shown !== -1 && shown < attempts ? "x" : "");
          const pauses = Array.from({ length: attempts - 1 }, (_, at) => 1000 * 2 ** at);
          expect(elapsedMs).toBe(died * IDLE_MS + pauses.reduce((sum, ms) => sum + ms, 0));
        },
      ),
      { numRuns: 100 },
    );
  });
});
