/** A run that is suspended anywhere goes on as if it had not been: nothing of its being taken apart is in its journal. */

import { describe, expect, it } from "vitest";
import { createMemoryStore, openJournal } from "../../src/journal/index.ts";
import { endingOf, labSource, openLab, tracesOf } from "./crash-lab/lab-program.ts";
import { begin, goOn, RUN, undisturbed } from "./crash-lab/processes.ts";
import { stoppable } from "./crash-lab/stop-points.ts";
import { compile, isolatedHost, play } from "./journaled-program.ts";

describe("a program of agents", () => {
  it("suspended at every third await, in time for it to clean up", { timeout: 120_000 }, async () => {
    const program = await compile(labSource);
    const whole = await undisturbed(program);
    for (let at = 0; ; at += 3) {
      const lab = openLab();
      const store = createMemoryStore();
      // The world goes on answering: only the program is told to leave.
      const { host } = lab;
      let seen = 0;
      let asked = false;
      const counting = stoppable({
        ...host,
        async perform(kind, args, signal) {
          if (seen++ === at) asked = true;
          return host.perform(kind, args, signal);
        },
      });
      const leaving = { ...counting, isGone: () => asked };
      await begin(program, store, lab, leaving);
      if (!asked) {
        expect(at).toBeGreaterThan(20);
        return;
      }
      if ((await openJournal(store, RUN)).info.status === "running") await goOn(program, store, lab);
      const journal = await openJournal(store, RUN);
      const replayed = await play(program, { mode: "replay", journal }, { host: isolatedHost() });
      expect(replayed.error, `${at}`).toBeUndefined();
      expect(endingOf(replayed.output), `${at}`).toBe(endingOf(whole.output));
      expect(tracesOf(lab), `${at}`).toEqual(tracesOf(whole.lab));
    }
  });
});
