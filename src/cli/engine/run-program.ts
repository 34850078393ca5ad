/** Runs a loaded program until it ends or is asked to stop. */

import type { CancelSignal, Host } from "../../base/index.ts";
import { type JournalUse, type Program, startProgram } from "../../runtime/index.ts";
import type { OutputSink, RunOutcome, Vm } from "../../vm/index.ts";
import { outOfMemory } from "./memory-watch.ts";

export interface RunProgramOptions {
  readonly host: Host;
  /** Firing it asks the program to stop; `finally` and `defer` blocks run. */
  readonly cancel?: CancelSignal;
  /** `suspend`: it leaves the program where it is instead, to be resumed from its journal. */
  readonly whenAsked?: "stop" | "suspend";
  /** Default: the host's standard output. */
  readonly output?: OutputSink;
  /** What the program sees as `argv`. */
  readonly args?: readonly string[];
  /** What builtins find of ours; see `run-state.ts`. */
  readonly state?: Map<string, unknown>;
  readonly onMachine?: (vm: Vm) => void;
  /** Record, replay or resume. */
  readonly journal?: JournalUse;
}

/** Never rejects for what the program does. */
export async function runProgram(program: Program, options: RunProgramOptions): Promise<RunOutcome> {
  const { host, cancel, output, args, state, journal } = options;
  let machine: Vm | undefined;
  const run = startProgram(program, {
    host,
    // A turn of the event loop: signals and sockets are seen while the program computes.
    breathe() {
      const problem = outOfMemory();
      if (problem !== undefined) machine?.halt(problem);
      return new Promise((resolve) => setImmediate(resolve));
    },
    onMachine(vm) {
      machine = vm;
      options.onMachine?.(vm);
    },
    ...(journal !== undefined && { journal }),
    ...(args !== undefined && { args }),
    ...(output !== undefined && { output }),
    ...(state !== undefined && { state }),
  });
  const onAbort = (): void => (options.whenAsked === "suspend" ? run.suspend() : run.stop());
  if (cancel?.aborted) onAbort();
  cancel?.addEventListener("abort", onAbort);
  try {
    return await run.outcome;
  } finally {
    cancel?.removeEventListener("abort", onAbort);
  }
}
