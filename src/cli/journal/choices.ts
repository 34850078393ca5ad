/** What a command line may say about runs. Apart, so that reading a command line loads no journal. */

import { join } from "node:path";

/** Where durable runs are kept unless another folder is named. */
export const DEFAULT_RUNS_FOLDER: string = join(".harn", "runs");

/** With an unsafe effect in doubt: `ask` on a terminal; elsewhere that is the same as `stop`. */
export type InDoubtChoice = "ask" | "retry" | "fail" | "stop";

export const inDoubtChoices: readonly InDoubtChoice[] = ["ask", "retry", "fail", "stop"];
