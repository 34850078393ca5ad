/** What builtins may hold between two turns of a program, as a snapshot writes it. */

import type { VmSnapshotParts } from "../vm/index.ts";
import { Atomic } from "./concurrency/atomics.ts";
import { permitCodes } from "./concurrency/permits.ts";
import { AddressMap } from "./concurrency/shared-scope.ts";
import { Rng } from "./math/random.ts";
import { RunClock } from "./time/run-clock.ts";

export const standardSnapshotParts: VmSnapshotParts = {
  classes: [
    { name: "run-clock", type: RunClock },
    { name: "atomic", type: Atomic },
    { name: "rng", type: Rng },
    { name: "address-map", type: AddressMap },
  ],
  constants: [...permitCodes],
  states: [],
};
