/** Limits from around a loop, such as those of a stage of a persona (STEP-65), as one more rule: they never widen one. */

import type { ActionLimits } from "../../llm/index.ts";
import { intersectPolicies, NO_CEILING } from "../policies/capability-policy.ts";
import type { PermissionRule, Permissions } from "../policies/permissions.ts";
import { SIDE_EFFECT_LEVELS } from "../policies/tool-annotations.ts";
import { DEFAULT_MAX_ITERATIONS } from "./loop-state.ts";
import type { AgentLoopOptions, FlowOptions, RuleOptions } from "./options.ts";

/** The same options, within `limits`. Rules of their own keep holding. */
export function withinLimits<T extends Pick<AgentLoopOptions, "rules" | "flow">>(
  options: T,
  limits: ActionLimits | undefined,
): T {
  if (limits === undefined) return options;
  const { maxIterations } = limits;
  return {
    ...options,
    rules: limitedRules(options.rules ?? {}, limits),
    ...(maxIterations === undefined ? {} : { flow: limitedFlow(options.flow ?? {}, maxIterations) }),
  };
}

function limitedFlow(flow: FlowOptions, limit: number): FlowOptions {
  return { ...flow, maxIterations: Math.min(flow.maxIterations ?? DEFAULT_MAX_ITERATIONS, limit) };
}

function limitedRules(rules: RuleOptions, { allowedTools, sideEffectLevel }: ActionLimits): RuleOptions {
  const level = SIDE_EFFECT_LEVELS.find((known) => known === sideEffectLevel);
  const ceiling =
    level === undefined
      ? rules.ceiling
      : intersectPolicies(rules.ceiling ?? NO_CEILING, { ...NO_CEILING, sideEffectLevel: level });
  return {
    ...rules,
    ...(allowedTools === undefined ? {} : { permissions: [...(rules.permissions ?? []), only(allowedTools)] }),
    ...(ceiling === undefined ? {} : { ceiling }),
  };
}

/** An empty list allows none. */
function only(tools: readonly string[]): Permissions {
  const rule = (tool: string): PermissionRule => ({ tool, matcher: { kind: "always", matches: true } });
  return { allow: tools.map(rule), deny: tools.length === 0 ? [rule("*")] : [] };
}
