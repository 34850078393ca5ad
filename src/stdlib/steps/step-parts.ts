/** The books of steps, in a snapshot. */

import { loadSteps, type SavedSteps, saveSteps } from "../../steps/index.ts";
import { refused, type StatePart, type Value, type VmSnapshotParts } from "../../vm/index.ts";
import { ScopedFunction, stepRoutines } from "./scoped-function.ts";
import { createProgramSteps, type ProgramSteps, STEPS_STATE } from "./step-state.ts";

const books: StatePart = {
  key: STEPS_STATE,
  save(steps: ProgramSteps) {
    const saved = saveSteps(steps);
    if (typeof saved === "string") throw refused(saved);
    return saved;
  },
  restore(saved, _vm, present) {
    const steps = (present as ProgramSteps | undefined) ?? createProgramSteps();
    loadSteps(steps, saved as SavedSteps<Value>);
    return steps;
  },
};

export const stepParts: VmSnapshotParts = {
  classes: [{ name: "scoped-function", type: ScopedFunction, make: () => new ScopedFunction("step", "", undefined) }],
  constants: stepRoutines,
  states: [books],
};
