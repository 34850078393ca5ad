/** Agents: loops around a model with tools. The agent layer does everything; here values are converted. */

import type { Builtin } from "../builtin.ts";
import { agentLoopBuiltins } from "./agent-loop.ts";
import { agentValueBuiltins } from "./agent-values.ts";
import { artifactBuiltins } from "./artifact-builtins.ts";
import { compactionBuiltins } from "./compaction-builtins.ts";
import { daemonBuiltins } from "./daemon-builtins.ts";
import { planBuiltins } from "./plan-builtins.ts";
import { sessionBuiltins } from "./session-builtins.ts";
import { subAgentBuiltins } from "./sub-agent-builtins.ts";

export const agentBuiltins: readonly Builtin[] = [
  ...agentLoopBuiltins,
  ...agentValueBuiltins,
  ...sessionBuiltins,
  ...compactionBuiltins,
  ...planBuiltins,
  ...artifactBuiltins,
  ...subAgentBuiltins,
  ...daemonBuiltins,
];
