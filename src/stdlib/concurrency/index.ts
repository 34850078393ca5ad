/** Tasks, channels, and what tasks share. */

import type { Builtin } from "../builtin.ts";
import { atomicBuiltins } from "./atomics.ts";
import { circuitBuiltins } from "./circuits.ts";
import { mailboxBuiltins } from "./mailboxes.ts";
import { permitBuiltins } from "./permits.ts";
import { runtimeContextBuiltins } from "./runtime-context.ts";
import { sharedStateBuiltins } from "./shared-state.ts";
import { supervisionBuiltins } from "./supervision/index.ts";
import { taskBuiltins } from "./tasks.ts";

export const concurrencyBuiltins: readonly Builtin[] = [
  ...taskBuiltins,
  ...atomicBuiltins,
  ...permitBuiltins,
  ...sharedStateBuiltins,
  ...mailboxBuiltins,
  ...circuitBuiltins,
  ...runtimeContextBuiltins,
  ...supervisionBuiltins,
];
