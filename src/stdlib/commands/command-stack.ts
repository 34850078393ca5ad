/** The command policies of a task; tasks that it starts inherit them (AGENT-21). */

import type { Dict, TaskContext } from "../../vm/index.ts";

const POLICIES = "commands.policies";

/** Innermost first. */
export function commandPolicies(context: TaskContext): readonly Dict[] {
  return (context.get(POLICIES) as readonly Dict[] | undefined) ?? [];
}

export function withCommandPolicies(context: TaskContext, policies: readonly Dict[]): TaskContext {
  return new Map(context).set(POLICIES, policies);
}

/** One policy more, unless it is there already. */
export function withCommandPolicy(context: TaskContext, policy: Dict): TaskContext {
  const policies = commandPolicies(context);
  return policies.includes(policy) ? context : withCommandPolicies(context, [policy, ...policies]);
}
