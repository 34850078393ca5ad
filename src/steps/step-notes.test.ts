import { describe, expect, it } from "vitest";
import type { StepScope } from "./scope.ts";
import type { StepNote } from "./step-notes.ts";
import { createSteps } from "./steps.ts";
import { NO_CARRIER, type ScopeCarrier } from "./with-step.ts";

/** Of code that awaits nothing between its steps. */
function nestingCarrier(): ScopeCarrier {
  let current: StepScope | undefined;
  return {
    get: () => current,
    run(scope, work) {
      const before = current;
      current = scope;
      try {
        return work();
      } finally {
        current = before;
      }
    },
  };
}

function noting(carrier: ScopeCarrier = NO_CARRIER) {
  const notes: StepNote[] = [];
  const steps = createSteps({ carrier, journal: { note: (note) => notes.push(note) } });
  return { steps, notes, said: () => notes.map(({ kind, id, data }) => [kind, id, data["name"] ?? data["status"]]) };
}

describe("issue 7: steps tell a journal where they begin and end", () => {
  it("with ids in the order in which they were entered, inner ones before outer ones end", async () => {
    const { steps, said } = noting(nestingCarrier());
    const inner = steps.step({ name: "inner" }, () => "done");
    const outer = steps.step({ name: "outer" }, () => inner());
    await outer();
    await inner();
    expect(said()).toEqual([
      ["step-start", "1", "outer"],
      ["step-start", "2", "inner"],
      ["step-end", "2", "completed"],
      ["step-end", "1", "completed"],
      ["step-start", "3", "inner"],
      ["step-end", "3", "completed"],
    ]);
  });

  it("with what they took, by which persona, and why they ended", async () => {
    const { steps, notes } = noting(nestingCarrier());
    const work = steps.step({ name: "work", model: "small" }, async () => {
      await steps.charge({ model: "large", inputTokens: 3, outputTokens: 2, costUsd: 0.5 });
      throw new Error("not today");
    });
    const captain = steps.persona({ name: "captain" }, () => work());
    await expect(captain()).rejects.toThrow("not today");
    expect(notes).toEqual([
      { kind: "step-start", id: "1", data: { name: "work", function: "work", persona: "captain" } },
      {
        kind: "step-end",
        id: "1",
        data: {
          status: "failed",
          error: "not today",
          model: "large",
          llmCalls: 1,
          inputTokens: 3,
          outputTokens: 2,
          costUsd: 0.5,
        },
      },
    ]);
  });

  it("not when a hook refused them, for then they never began", async () => {
    const { steps, said } = noting();
    steps.hook("PreStep", () => ({ deny: "no" }));
    await expect(steps.step({ name: "work" }, () => 1)()).rejects.toBeDefined();
    expect(said()).toEqual([]);
  });
});
