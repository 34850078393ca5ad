/** What builtins may hold between two turns of a program, as a snapshot writes it. */

import type { LlmMocks } from "../llm/index.ts";
import { refused, type StatePart, type VmSnapshotParts } from "../vm/index.ts";
import { Atomic } from "./concurrency/atomics.ts";
import { permitCodes } from "./concurrency/permits.ts";
import { AddressMap } from "./concurrency/shared-scope.ts";
import { Rng } from "./math/random.ts";
import { type ProgramSteps, STEPS_STATE } from "./steps/step-state.ts";
import { RunClock } from "./time/run-clock.ts";

/** Books that an embedder has opened and the program has not written in are opened again by the embedder. */
const stepBooks: StatePart = {
  key: STEPS_STATE,
  save({ registry, hooks, log, usage, unfinished }: ProgramSteps) {
    const used = registry.inUse || hooks.inUse || log.peek().length > 0 || unfinished.size > 0;
    if (used || usage.total.llmCalls > 0) throw refused("the books of steps");
    return undefined;
  },
  restore: (_saved, _vm, present) => present,
};

const scriptedAnswers: StatePart = {
  key: "llm.mock",
  save(mocks: LlmMocks) {
    if (mocks.active || mocks.calls().length > 0) throw refused("scripted answers of models");
    return undefined;
  },
  restore: (_saved, _vm, present) => present,
};

export const standardSnapshotParts: VmSnapshotParts = {
  classes: [
    { name: "run-clock", type: RunClock },
    { name: "atomic", type: Atomic },
    { name: "rng", type: Rng },
    { name: "address-map", type: AddressMap },
  ],
  constants: [...permitCodes],
  states: [stepBooks, scriptedAnswers],
};
