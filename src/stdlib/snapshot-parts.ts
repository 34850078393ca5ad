/** What builtins may hold between two turns of a program, as a snapshot writes it. */

import type { VmSnapshotParts } from "../vm/index.ts";
import { permitCodes } from "./concurrency/permits.ts";
import { RunClock } from "./time/run-clock.ts";

export const standardSnapshotParts: VmSnapshotParts = {
  classes: [{ name: "run-clock", type: RunClock }],
  constants: [...permitCodes],
  states: [],
};
