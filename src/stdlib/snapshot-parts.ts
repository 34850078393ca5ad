/** What builtins may hold between two turns of a program, as a snapshot writes it. */

import { refused, type StatePart, type VmSnapshotParts } from "../vm/index.ts";
import { agentParts } from "./agent/agent-parts.ts";
import { Atomic } from "./concurrency/atomics.ts";
import { permitCodes } from "./concurrency/permits.ts";
import { AddressMap } from "./concurrency/shared-scope.ts";
import { tracePart } from "./console/trace-book.ts";
import { ZONES_STATE } from "./dates/zones.ts";
import { llmStates } from "./llm/llm-parts.ts";
import { Rng } from "./math/random.ts";
import { REGEX_STATE } from "./regex/index.ts";
import { stepParts } from "./steps/step-parts.ts";
import { stateFilesPart } from "./store/state-files.ts";
import { RunClock } from "./time/run-clock.ts";

/** What is made anew when it is next asked for. */
const cached = (key: string): StatePart => ({
  key,
  save: () => undefined,
  restore: (_saved, _vm, present) => present,
});

const supervisors: StatePart = {
  key: "supervisors",
  save({ byId }: { readonly byId: ReadonlyMap<string, unknown> }): undefined {
    if (byId.size > 0) throw refused("supervised children");
  },
  restore: (_saved, _vm, present) => present,
};

export const standardSnapshotParts: VmSnapshotParts = {
  classes: [
    { name: "run-clock", type: RunClock },
    { name: "atomic", type: Atomic },
    { name: "rng", type: Rng },
    { name: "address-map", type: AddressMap },
    ...stepParts.classes,
    ...agentParts.classes,
  ],
  constants: [...permitCodes, ...stepParts.constants],
  states: [
    supervisors,
    cached(REGEX_STATE),
    cached(ZONES_STATE),
    ...stepParts.states,
    tracePart,
    stateFilesPart,
    ...llmStates,
    ...agentParts.states,
  ],
};
