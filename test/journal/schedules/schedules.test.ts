/**
 * The order in which results come is the world's. Of each of a thousand schedules the run is recorded, now and then
 * recorded again in the same world, and replayed from the first journal; what was printed, what tasks asked and were told in which order,
 * the books and the journal itself must be the same.
 */

import { describe, expect, it } from "vitest";
import type { JournalStore } from "../../../src/journal/index.ts";
import type { LlmContext } from "../../../src/llm/index.ts";
import type { EffectMoment, JournalUse, Program } from "../../../src/runtime/index.ts";
import { createProgramSteps, STEPS_STATE } from "../../../src/stdlib/index.ts";
import { makeReceipt } from "../../../src/steps/index.ts";
import {
  compile,
  createMemoryStore,
  isolatedHost,
  type Played,
  play,
  playVirtually,
  recordInto,
  replayFrom,
} from "../journaled-program.ts";
import { schedulePrograms } from "./programs.ts";
import { seededWorld } from "./seeded-world.ts";

/** A thousand in all; agents do the most in one. */
const SCHEDULES: Readonly<Record<string, number>> = {
  parallel: 190,
  sharing: 190,
  endings: 190,
  streams: 190,
  supervision: 190,
  agents: 50,
};
/** Every so many schedules are recorded twice. */
const RECORDED_TWICE = 3;

interface Course {
  readonly output: string;
  readonly error: string | undefined;
  /** Of everything that tasks asked and were told, in order. */
  readonly moments: string;
  /** Calls, tokens and money of the run, and what each step took. */
  readonly books: unknown;
}

async function courseOf(use: JournalUse, run: (use: JournalUse, state: Map<string, unknown>) => Promise<Played>) {
  const moments: string[] = [];
  const steps = createProgramSteps();
  const state = new Map<string, unknown>([[STEPS_STATE, steps]]);
  const observe = ({ task, kind, moment }: EffectMoment) => moments.push(`${task} ${kind} ${moment}`);
  const { output, error } = await run({ ...use, observe }, state);
  const llm = state.get("llm") as { readonly context: LlmContext } | undefined;
  const books = JSON.parse(JSON.stringify({ totals: llm?.context.ledger.totals ?? null, receipt: makeReceipt(steps) }));
  // When the program is over, what it left under way is cancelled, and nobody hears of it.
  while (moments.at(-1)?.endsWith(" failed")) moments.pop();
  return { output, error, moments: moments.join("\n"), books } satisfies Course;
}

const record = async (program: Program, store: JournalStore, seed: number): Promise<Course> =>
  courseOf(await recordInto(store), (use, state) => playVirtually(program, use, seededWorld(seed), state));

const replay = async (program: Program, store: JournalStore): Promise<Course> =>
  courseOf(await replayFrom(store), (use, state) => play(program, use, { host: isolatedHost(), state }));

/** Everything in the log, its times included. */
async function logOf(store: JournalStore): Promise<string> {
  const stored = await store.load("run");
  return JSON.stringify([stored?.info, stored?.rows]);
}

const programs = [...schedulePrograms];

it("there are a thousand schedules", () => {
  expect(programs.reduce((sum, [name]) => sum + (SCHEDULES[name] ?? 0), 0)).toBe(1000);
});

describe("a thousand schedules", () => {
  it.each(programs)("of %s", { timeout: 240_000 }, async (name, source) => {
    const program = await compile(source);
    const count = SCHEDULES[name] ?? 0;
    const outputs = new Set<string>();
    for (let seed = 1; seed <= count; seed++) {
      const what = `${name}, seed ${seed}`;
      const store = createMemoryStore();
      const recorded = await record(program, store, seed);
      expect(recorded.error, what).toBeUndefined();
      if (seed % RECORDED_TWICE === 0) {
        const again = createMemoryStore();
        expect(await record(program, again, seed), what).toEqual(recorded);
        expect(await logOf(again), what).toBe(await logOf(store));
      }
      expect(await replay(program, store), what).toEqual(recorded);
      outputs.add(recorded.output);
    }
    // The schedules do differ.
    expect(outputs.size).toBeGreaterThan(count * 0.9);
  });
});
