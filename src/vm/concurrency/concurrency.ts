/** All of this folder, as builtins and as what a snapshot may hold. */

import type { ClassPart, Named } from "../core/callback.ts";
import { releaseNative } from "../core/locks.ts";
import type { Native } from "../native.ts";
import { Channel, channelCodes, channelNatives } from "./channels.ts";
import { parallelClasses, parallelCodes, parallelNatives, parallelRoutines } from "./parallel.ts";
import { groupClasses, groupCodes } from "./parallel-group.ts";
import { raceClasses, raceCodes, raceNatives, raceRoutines } from "./parallel-race.ts";
import { selectCodes, selectNatives } from "./select.ts";
import { sleepNative } from "./sleep.ts";
import { taskClasses, taskCodes, taskNatives, taskRoutines } from "./tasks.ts";

/** Names that begin with `__` are what the compiler makes of statements; the others are called by programs. */
export const concurrencyNatives: readonly Native[] = [
  releaseNative,
  ...taskNatives,
  ...parallelNatives,
  ...raceNatives,
  ...channelNatives,
  ...selectNatives,
  sleepNative,
];

/** By the names that a snapshot uses; code and routines. */
export const concurrencyConstants: readonly Named[] = [
  ...channelCodes,
  ...selectCodes,
  ...taskCodes,
  ...taskRoutines,
  ...groupCodes,
  ...parallelCodes,
  ...parallelRoutines,
  ...raceCodes,
  ...raceRoutines,
];

export const concurrencyClasses: readonly ClassPart[] = [
  { name: "channel", type: Channel },
  ...taskClasses,
  ...groupClasses,
  ...parallelClasses,
  ...raceClasses,
];
