/** Source of the modules that programs import as `std/<name>`, written in the language itself. */

import { acpModule } from "./acp.ts";
import { agentStateModule } from "./agent-state.ts";
import { asyncModule } from "./async.ts";
import { checkpointModule } from "./checkpoint.ts";
import { collectionsModule } from "./collections.ts";
import { contextModule } from "./context.ts";
import { experimentsModule } from "./experiments.ts";
import { hitlModule } from "./hitl.ts";
import { hostModule } from "./host.ts";
import { jsonModule } from "./json.ts";
import { mathModule } from "./math.ts";
import { memoryModule } from "./memory.ts";
import { pathModule } from "./path.ts";
import { planModule } from "./plan.ts";
import { runtimeModule } from "./runtime.ts";
import { schemaModule } from "./schema.ts";
import { testingModule } from "./testing.ts";
import { textModule } from "./text.ts";
import { worktreeModule } from "./worktree.ts";

/** By name, without `std/`. */
export const standardModules: ReadonlyMap<string, string> = new Map([
  ["acp", acpModule],
  ["agent_state", agentStateModule],
  ["async", asyncModule],
  ["checkpoint", checkpointModule],
  ["collections", collectionsModule],
  ["context", contextModule],
  ["experiments", experimentsModule],
  ["hitl", hitlModule],
  ["host", hostModule],
  ["json", jsonModule],
  ["math", mathModule],
  ["memory", memoryModule],
  ["path", pathModule],
  ["plan", planModule],
  ["runtime", runtimeModule],
  ["schema", schemaModule],
  ["testing", testingModule],
  ["text", textModule],
  ["worktree", worktreeModule],
]);
