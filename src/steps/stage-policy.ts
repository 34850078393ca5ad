/** STEP-65: while the step of a stage's name is active, its limits apply inside those that surround it. */

import type { ActionLimits } from "../llm/index.ts";

/** What code may do; an absent field sets no limit, an empty tool list allows none. */
export type ActionPolicy = ActionLimits;

export interface StagePolicy extends ActionPolicy {
  /** Name of the step it applies to. */
  readonly name: string;
}

/** From harmless to far-reaching. */
export const SIDE_EFFECT_LEVELS: readonly string[] = [
  "none",
  "read_only",
  "workspace_write",
  "process_exec",
  "network",
];

/** One that is not known reaches furthest, so it never narrows; what programs declare has been checked. */
function reach(level: string): number {
  const rank = SIDE_EFFECT_LEVELS.indexOf(level);
  return rank < 0 ? SIDE_EFFECT_LEVELS.length : rank;
}

/** The policy that allows what both allow. Never wider than either. */
export function narrowPolicy(surrounding: ActionPolicy | undefined, stage: ActionPolicy): ActionPolicy {
  const outer = surrounding ?? {};
  const tools =
    outer.allowedTools && stage.allowedTools
      ? stage.allowedTools.filter((tool) => outer.allowedTools?.includes(tool))
      : (stage.allowedTools ?? outer.allowedTools);
  const level =
    outer.sideEffectLevel !== undefined && stage.sideEffectLevel !== undefined
      ? reach(stage.sideEffectLevel) < reach(outer.sideEffectLevel)
        ? stage.sideEffectLevel
        : outer.sideEffectLevel
      : (stage.sideEffectLevel ?? outer.sideEffectLevel);
  const iterations = [outer.maxIterations, stage.maxIterations].filter((limit) => limit !== undefined);
  return {
    ...(tools === undefined ? {} : { allowedTools: tools }),
    ...(level === undefined ? {} : { sideEffectLevel: level }),
    ...(iterations.length === 0 ? {} : { maxIterations: Math.min(...iterations) }),
  };
}
