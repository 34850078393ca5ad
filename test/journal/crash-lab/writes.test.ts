/** The process is gone at each write of its journal, before and after it; every third time the second process too. */

import { describe, expect, it } from "vitest";
import { createMemoryStore, type FaultPoints, foldEffects, openJournal } from "../../../src/journal/index.ts";
import { compile, isolatedHost, play } from "../journaled-program.ts";
import { type Bill, labSource, openLab, PRICES, spentOf, tracesOf } from "./lab-program.ts";
import { begin, expectUndisturbed, goOn, RUN, undisturbed, unsentCalls } from "./processes.ts";
import { stoppable } from "./stop-points.ts";

type Moment = "before-append" | "after-append";

/** Stops the process at its n-th write. */
function crashAt(moment: Moment, at: number): { readonly faults: FaultPoints; readonly happened: () => boolean } {
  let seen = 0;
  return {
    faults: (now) => (now === moment && seen++ === at ? { kind: "crash" } : undefined),
    happened: () => seen > at,
  };
}

describe("the crash lab", () => {
  it.each<Moment>(["before-append", "after-append"])(
    "stopped at every write, %s",
    { timeout: 300_000 },
    async (moment) => {
      const program = await compile(labSource);
      const whole = await undisturbed(program);
      for (let at = 0; ; at++) {
        const lab = openLab();
        const store = createMemoryStore();
        const crash = crashAt(moment, at);
        let printed = await begin(program, store, lab, stoppable(lab.host), crash.faults);
        if (!crash.happened()) {
          expect(at).toBeGreaterThan(40);
          return;
        }
        let unsent = unsentCalls(await openJournal(store, RUN), lab);
        if (at % 3 === 0) {
          const second = crashAt(moment, 5 + (at % 7));
          printed += (await goOn(program, store, lab, stoppable(lab.host), second.faults)).output;
          if (second.happened()) unsent = unsentCalls(await openJournal(store, RUN), lab);
        }
        if ((await openJournal(store, RUN)).info.status === "running") {
          printed += (await goOn(program, store, lab)).output;
        }
        await expectUndisturbed(program, whole, { lab, store, printed, unsent }, `${moment} ${at}`);
      }
    },
  );

  it("keeps to the budget: a call that was lost in a crash leaves less for the others", {
    timeout: 60_000,
  }, async () => {
    const limit = 11_000;
    const program = await compile(labSource.replace("llm_budget(0.06)", "llm_budget(0.011)"));
    const whole = await undisturbed(program);
    // Which of the two comes first may change when time passes between two processes.
    const ends = (output: string) => output.match(/budget_exhausted|done:|\d+ calls/g)?.sort();
    expect(ends(whole.output)).toEqual(["5 calls", "budget_exhausted", "done:"]);
    const costOf = ({ inputTokens, outputTokens }: Bill) => inputTokens * PRICES.input + outputTokens * PRICES.output;
    let lostSomething = 0;
    for (let at = 0; at < 60; at += 3) {
      const lab = openLab();
      const store = createMemoryStore();
      const crash = crashAt("before-append", at);
      await begin(program, store, lab, stoppable(lab.host), crash.faults);
      if (!crash.happened()) break;
      const last = await goOn(program, store, lab);
      expect(last.error).toBeUndefined();
      const journal = await openJournal(store, RUN);
      const replayed = await play(program, { mode: "replay", journal }, { host: isolatedHost() });
      expect(replayed.output, `${at}`).toContain("budget_exhausted");
      const lost = foldEffects(journal.entries).filter(({ kind, attempts }) => kind === "model.stream" && attempts > 1);
      if (lost.length === 0) expect(ends(replayed.output), `${at}`).toEqual(ends(whole.output));
      else lostSomething++;
      // Two calls may be lost at once, and are known to be lost when their repetition has ended.
      expect(spentOf(replayed.output), `${at}`).toBeLessThan(limit + lost.length * 1500);
      expect(costOf(lab.bill()), `${at}`).toBeLessThanOrEqual(spentOf(replayed.output));
      for (const [name, done] of Object.entries(tracesOf(lab))) {
        const all: unknown[] = tracesOf(whole.lab)[name as keyof ReturnType<typeof tracesOf>];
        expect(all, `${at}`).toEqual(expect.arrayContaining<unknown>(done));
        expect(done.length, `${at}`).toBeLessThanOrEqual(all.length);
      }
    }
    expect(lostSomething).toBeGreaterThan(3);
  });
});
