/**
 * Issue 5: a run that is cancelled at any moment leaves a history that every provider takes. Every scenario is played
 * against every wire format and cancelled at every point of it; then the conversation goes on, and the next request is
 * really sent to a provider that refuses what its rules forbid.
 */

import { describe, expect, it } from "vitest";
import {
  ABORT_SCENARIOS,
  type AbortScenario,
  type Conversation,
  FIRST_PROMPT,
  NEXT_PROMPT,
} from "./abort-scenarios.ts";
import { createWireWorld, type Family, WIRES } from "./wire-world.ts";

interface Played {
  readonly points: number;
  readonly ended: string;
  readonly next: string;
  readonly refusals: readonly string[];
  readonly requestsOfNext: number;
  /** Calls whose tool began to work more often than the call was made. */
  readonly runsTooMany: readonly string[];
  readonly listeners: number;
}

async function play(scenario: AbortScenario, family: Family, cancelAt?: number): Promise<Played> {
  let own = 0;
  const world = createWireWorld(
    family,
    (_call, body) => scenario.aside?.(body) ?? scenario.answers[own++] ?? { text: "Nothing more." },
  );
  const conversation = scenario.open(world);
  const signal = world.arm(cancelAt);
  conversation.signal = signal;
  const ended = await world.virtual.drive(conversation.run(world, FIRST_PROMPT));
  const { points } = world;
  await world.virtual.runUntilIdle();
  conversation.signal = world.arm();
  const before = world.requests;
  const next = await world.virtual.drive(conversation.run(world, NEXT_PROMPT));
  return {
    points,
    ended,
    next,
    refusals: [...new Set(world.refusals)],
    requestsOfNext: world.requests - before,
    runsTooMany: runsTooMany(conversation),
    listeners: signal.listenerCount,
  };
}

function runsTooMany({ began, events }: Conversation): readonly string[] {
  const timesOf = (list: readonly string[], id: string): number => list.filter((other) => other === id).length;
  const made = events.flatMap((event) => (event.type === "tool-call" ? [event.id] : []));
  return made.filter((id) => timesOf(began, id) > timesOf(made, id));
}

/** Hundreds of runs in one test: a busy machine takes its time. */
const PATIENCE_MS = 60_000;

describe.each(ABORT_SCENARIOS.map((scenario) => [scenario.name, scenario] as const))("%s", (_name, scenario) => {
  // The histories hardly depend on the wire: one wire is cancelled everywhere, the others at every nineteenth point.
  it.each(WIRES.map((family) => [family.style, family] as const))(
    "LOOP-62 LOOP-66 LOOP-68 %s: cancelled at every point, and gone on from there",
    async (_style, family) => {
      const whole = await play(scenario, family);
      expect(whole.refusals).toEqual([]);
      expect(whole.ended).not.toBe("interrupt");
      let interrupted = 0;
      const first = WIRES.indexOf(family);
      for (let at = first; at < whole.points; at += first === 0 ? 1 : 19) {
        const cut = await play(scenario, family, at);
        const where = `cancelled at point ${at} of ${whole.points}`;
        expect(cut.refusals, where).toEqual([]);
        expect(cut.requestsOfNext, where).toBeGreaterThan(0);
        if (!scenario.breaks) expect(cut.next, where).not.toMatch(/^error/);
        if (!scenario.retries) expect(cut.runsTooMany, where).toEqual([]);
        expect(cut.listeners, where).toBe(0);
        if (cut.ended === "interrupt") interrupted++;
        else expect(cut.ended, where).toBe(whole.ended);
      }
      expect(interrupted).toBeGreaterThan(0);
    },
    PATIENCE_MS,
  );
});
