/** One life after the other of the lab's program, and what must hold when the last of them has ended. */

import { expect } from "vitest";
import {
  beginJournal,
  createMemoryStore,
  type FaultPoints,
  foldEffects,
  type Journal,
  type JournalStore,
  openJournal,
  showRun,
} from "../../../src/journal/index.ts";
import type { JournalUse, Program } from "../../../src/runtime/index.ts";
import { isolatedHost, type Played, play, tick } from "../journaled-program.ts";
import { type Bill, decideIn, endingOf, type Lab, openLab, PRICES, spentOf, tracesOf } from "./lab-program.ts";
import { type StoppableHost, stoppable } from "./stop-points.ts";

export const RUN = "r";

/** One process: runs until the program ends, the journal fails, or the process is gone. */
export function live(program: Program, use: JournalUse, lab: Lab, process: StoppableHost): Promise<Played> {
  return play(program, use, {
    host: process.host,
    whileResting: () => void lab.host.clock.wakeNext(),
    isGone: () => process.isGone() || use.journal.crashed,
  });
}

/** Goes on where the stored run stopped. */
export async function goOn(
  program: Program,
  store: JournalStore,
  lab: Lab,
  process: StoppableHost = stoppable(lab.host),
  faults: FaultPoints = process.faults,
): Promise<Played> {
  const journal = await openJournal(store, RUN, { faults });
  const use: JournalUse = {
    mode: "resume",
    journal,
    keepOutput: true,
    decide: decideIn(lab),
    partialStreams: "match",
  };
  return live(program, use, lab, process);
}

/**
 * Calls that the ledger has and the provider has not: the process was stopped between storing that it would make them
 * and making them, which nobody can tell from having made them.
 */
export function unsentCalls(journal: Journal, { bill }: Lab): number {
  const models = foldEffects(journal.entries).filter(({ kind }) => kind === "model.stream");
  return models.reduce((sum, { attempts }) => sum + attempts, 0) - bill().calls;
}

function ledgerOf(journal: Journal): Omit<Bill, "calls"> {
  const { tasks } = showRun(journal);
  const sum = (name: string) => tasks.reduce((total, { usage }) => total + (usage[name] ?? 0), 0);
  return { inputTokens: sum("inputTokens"), outputTokens: sum("outputTokens") };
}

export interface Life {
  readonly lab: Lab;
  readonly store: JournalStore;
  /** What all processes printed together. */
  readonly printed: string;
  /** See {@link unsentCalls}, of the moment when the last process was stopped. */
  readonly unsent: number;
}

/** @param point names where it was stopped, for whoever reads a failure */
export async function expectUndisturbed(
  program: Program,
  whole: { readonly output: string; readonly lab: Lab },
  { lab, store, printed, unsent }: Life,
  point: string,
): Promise<void> {
  expect(tracesOf(lab), point).toEqual(tracesOf(whole.lab));
  const journal = await openJournal(store, RUN);
  expect(journal.info.status, point).toBe("completed");

  const replayed = await play(program, { mode: "replay", journal }, { host: isolatedHost() });
  expect(replayed.error, point).toBeUndefined();
  expect(endingOf(replayed.output), point).toBe(endingOf(whole.output));
  // A text whose record was lost comes again; none is missing.
  expect(printed.length, point).toBeGreaterThanOrEqual(replayed.output.length);
  for (const line of endingOf(replayed.output).split("\n")) expect(printed, point).toContain(line);

  // Nothing is on the bill that the ledger does not know, and nothing in the ledger but what might be on the bill.
  expect(unsent, point).toBeGreaterThanOrEqual(0);
  expect(unsentCalls(journal, lab), point).toBe(unsent);
  const ledger = ledgerOf(journal);
  // The program's own books are the ledger.
  expect(spentOf(replayed.output), point).toBe(ledger.inputTokens * PRICES.input + ledger.outputTokens * PRICES.output);
  const { inputTokens, outputTokens } = lab.bill();
  if (unsent === 0) expect(ledger, point).toEqual({ inputTokens, outputTokens });
  else {
    expect(ledger.inputTokens, point).toBeGreaterThan(inputTokens);
    expect(ledger.outputTokens, point).toBeGreaterThan(outputTokens);
  }
}

/** Undefined when the process is gone before there is an answer. */
async function unlessGone<T>(work: Promise<T>, process: StoppableHost): Promise<T | undefined> {
  let over = false;
  const watched = work.finally(() => {
    over = true;
  });
  watched.catch(() => {});
  while (!over) {
    for (let i = 0; i < 4; i++) await tick();
    if (!over && process.isGone()) return undefined;
  }
  return watched;
}

/**
 * The first life.
 *
 * @returns what it printed
 */
export async function begin(
  program: Program,
  store: JournalStore,
  lab: Lab,
  process: StoppableHost = stoppable(lab.host),
  faults: FaultPoints = process.faults,
): Promise<string> {
  const beginning = Promise.resolve().then(() => beginJournal(store, { id: RUN, createdMs: 0 }, { faults }));
  const journal = await unlessGone(beginning, process);
  if (journal === undefined) return "";
  return (await live(program, { mode: "record", journal, keepOutput: true }, lab, process)).output;
}

/** What the program does when nothing happens to it. */
export async function undisturbed(program: Program): Promise<{ readonly output: string; readonly lab: Lab }> {
  const lab = openLab();
  const store = createMemoryStore();
  const output = await begin(program, store, lab);
  expect((await openJournal(store, RUN)).info.status).toBe("completed");
  return { output, lab };
}
