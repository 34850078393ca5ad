/**
 * The process is gone at each moment at which its program waits for something or prints: when it asks, and when the
 * answer is there and nobody has heard it. All of them, one after the other; every third time the second process too.
 */

import { describe, expect, it } from "vitest";
import { createMemoryStore, openJournal } from "../../../src/journal/index.ts";
import { compile } from "../journaled-program.ts";
import { labOutput, labSource, openLab, tracesOf } from "./lab-program.ts";
import { begin, expectUndisturbed, goOn, RUN, undisturbed, unsentCalls } from "./processes.ts";
import { stoppable } from "./stop-points.ts";

describe("the crash lab", () => {
  it("has a program that does what is expected of it", async () => {
    const { output, lab } = await undisturbed(await compile(labSource));
    expect(output).toMatch(labOutput);
    expect(tracesOf(lab)).toEqual({
      notes: ["ann is done", "ann: near the end", "bob is done", "bob: near the end"],
      orders: [expect.stringContaining("order ann paper"), expect.stringContaining("order bob paper")],
      bookings: ["ann 12", "bob 12"],
      charges: [
        ["pay-ann", "250"],
        ["pay-bob", "250"],
      ],
      last: ["near the end", "near the end"],
    });
    expect(lab.bill().calls).toBe(6);
  });

  it("stopped at every await", { timeout: 300_000 }, async () => {
    const program = await compile(labSource);
    const whole = await undisturbed(program);
    for (let at = 0; ; at++) {
      const lab = openLab();
      const store = createMemoryStore();
      const first = stoppable(lab.host, at);
      let printed = await begin(program, store, lab, first);
      if (!first.isGone()) {
        expect(at).toBeGreaterThan(120);
        return;
      }
      let unsent = unsentCalls(await openJournal(store, RUN), lab);
      if (at % 3 === 0) {
        const second = stoppable(lab.host, 3 + (at % 11));
        printed += (await goOn(program, store, lab, second)).output;
        if (second.isGone()) unsent = unsentCalls(await openJournal(store, RUN), lab);
      }
      if ((await openJournal(store, RUN)).info.status === "running")
        printed += (await goOn(program, store, lab)).output;
      await expectUndisturbed(program, whole, { lab, store, printed, unsent }, `await ${at}`);
    }
  });
});
