import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ActionPolicy, narrowPolicy } from "./stage-policy.ts";

describe("stage policies", () => {
  it.each<[string, ActionPolicy | undefined, ActionPolicy, ActionPolicy]>([
    ["nothing around, nothing asked", undefined, {}, {}],
    ["no tools named inherit", { allowedTools: ["a"] }, {}, { allowedTools: ["a"] }],
    ["an empty list denies all", { allowedTools: ["a"] }, { allowedTools: [] }, { allowedTools: [] }],
    ["an empty list denies all without a policy around", undefined, { allowedTools: [] }, { allowedTools: [] }],
    ["tools are intersected", { allowedTools: ["a", "b"] }, { allowedTools: ["b", "c"] }, { allowedTools: ["b"] }],
    ["a lower level narrows", { sideEffectLevel: "network" }, { sideEffectLevel: "none" }, { sideEffectLevel: "none" }],
    [
      "a higher level does not widen",
      { sideEffectLevel: "read_only" },
      { sideEffectLevel: "process_exec" },
      { sideEffectLevel: "read_only" },
    ],
    [
      "an unknown level never narrows",
      { sideEffectLevel: "network" },
      { sideEffectLevel: "whatever" },
      { sideEffectLevel: "network" },
    ],
    ["the lower count holds", { maxIterations: 3 }, { maxIterations: 9 }, { maxIterations: 3 }],
  ])("STEP-65, STEP-T03: %s", (_name, surrounding, stage, expected) => {
    expect(narrowPolicy(surrounding, stage)).toEqual(expected);
  });

  it("STEP-65: never allow what one of the two forbids", () => {
    const tool = fc.constantFrom("a", "b", "c", "d");
    const policy = fc.record(
      {
        allowedTools: fc.uniqueArray(tool),
        sideEffectLevel: fc.constantFrom("none", "read_only", "workspace_write", "process_exec", "network"),
        maxIterations: fc.integer({ min: 1, max: 9 }),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<ActionPolicy>;
    const levels = ["none", "read_only", "workspace_write", "process_exec", "network"];
    const permits = (
      { allowedTools, sideEffectLevel, maxIterations }: ActionPolicy,
      name: string,
      level: number,
      round: number,
    ) =>
      (allowedTools?.includes(name) ?? true) &&
      (sideEffectLevel === undefined || levels.indexOf(sideEffectLevel) >= level) &&
      round <= (maxIterations ?? 99);
    fc.assert(
      fc.property(
        policy,
        policy,
        tool,
        fc.nat(4),
        fc.integer({ min: 1, max: 10 }),
        (outer, stage, name, level, round) => {
          const both = permits(outer, name, level, round) && permits(stage, name, level, round);
          expect(permits(narrowPolicy(outer, stage), name, level, round)).toBe(both);
        },
      ),
    );
  });
});
