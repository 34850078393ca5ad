/**
 * The books of steps, to go on from in another process. Not plain data: keys, handlers and records are the objects that
 * the program's tasks refer to, and whoever writes them down keeps it so.
 */

import type { RunUsage } from "./budget.ts";
import type { CompletedStep } from "./completed-log.ts";
import type { HookRegistry } from "./hook-registry.ts";
import type { SavedRegistry } from "./registry.ts";
import type { ActiveStep } from "./scope.ts";
import { type StepRuntime, tell } from "./step-runtime.ts";
import { NO_STEP_TRACER } from "./step-tracer.ts";

export interface SavedSteps<H> {
  readonly registry: SavedRegistry;
  readonly hooks: HookRegistry<H>["all"];
  readonly log: readonly CompletedStep[];
  readonly told: readonly CompletedStep[];
  readonly usage: RunUsage;
  readonly unfinished: ReadonlySet<ActiveStep>;
  readonly entered: number;
  /** The runtime's clock then. */
  readonly nowMs: number | undefined;
}

/** A text: what stands in the way now. */
export function saveSteps<H>(runtime: StepRuntime<H>): SavedSteps<H> | string {
  if (runtime.callsInFlight.size > 0) return "a model call of a step under way";
  if (runtime.tracer !== NO_STEP_TRACER && runtime.tracer.isSaved !== true) return "spans of steps";
  return {
    registry: runtime.registry.save(),
    hooks: runtime.hooks.all,
    log: runtime.log.peek(),
    told: runtime.told,
    usage: runtime.usage,
    unfinished: runtime.unfinished,
    entered: runtime.entered,
    nowMs: runtime.clock?.(),
  };
}

/** Into books that nothing was written in; whoever is told of the ends of steps is told of them again. */
export function loadSteps<H>(runtime: StepRuntime<H>, saved: SavedSteps<H>): void {
  runtime.registry.load(saved.registry);
  for (const hook of saved.hooks.manifest) runtime.hooks.register(hook, "manifest");
  for (const hook of saved.hooks.program) runtime.hooks.register(hook);
  for (const record of saved.log) runtime.log.add(record);
  for (const record of saved.told) tell(runtime, record);
  Object.assign(runtime.usage.total, saved.usage.total);
  Object.assign(runtime.usage.unattributed, saved.usage.unattributed);
  runtime.entered = saved.entered;
  // A process's clock starts anew; a step that has run for a second has still done so.
  const aheadMs = (runtime.clock?.() ?? 0) - (saved.nowMs ?? 0);
  for (const step of saved.unfinished) {
    if (step.startedMs !== undefined) step.startedMs += aheadMs;
    runtime.unfinished.add(step);
  }
}
