/** Hooks before and after tools, by tool name. */

import type { Json } from "../../base/index.ts";
import { microcompact } from "../compaction/microcompact.ts";
import { plainResultText } from "../turn/history-format.ts";
import type { Awaitable, Policy } from "../turn/policy.ts";
import { denyCall } from "./denial.ts";
import { matchesWildcard } from "./wildcard.ts";

export type PreToolAction =
  | { readonly kind: "allow" }
  | { readonly kind: "deny"; readonly reason: string }
  | { readonly kind: "modify"; readonly input: Json };

export interface ToolHook {
  /** Wildcard over tool names. */
  readonly pattern: string;
  /** Undefined: allow. */
  readonly before?: (tool: string, input: Json) => Awaitable<PreToolAction | undefined>;
  /** Gives back the text the model gets; undefined: unchanged. */
  readonly after?: (tool: string, input: Json, result: string) => Awaitable<string | undefined>;
  /** Refuses the tool, whatever the input. */
  readonly deny?: string;
  /** Characters of result text above which it is shortened. */
  readonly maxOutput?: number;
}

/** Hooks run in the order they are listed; the first that denies ends it, and each sees the input the one before left. */
export function toolHooks(hooks: readonly ToolHook[]): Policy {
  const hooksFor = (tool: string) => hooks.filter((hook) => matchesWildcard(hook.pattern, tool));
  return {
    name: "tool-hooks",
    async gate(_turn, call) {
      let input = call.input;
      for (const hook of hooksFor(call.name)) {
        if (hook.deny !== undefined) return denyCall(call.name, hook.deny);
        const action = (await hook.before?.(call.name, input)) ?? { kind: "allow" };
        if (action.kind === "deny") return denyCall(call.name, action.reason);
        if (action.kind === "modify") input = action.input;
      }
      return input === call.input ? undefined : { kind: "modify", input };
    },
    async settle(_turn, settled) {
      const matching = hooksFor(settled.call.name);
      if (matching.length === 0 || settled.status === "rejected") return settled;
      const before = plainResultText(settled);
      let text = before;
      for (const hook of matching) {
        if (hook.maxOutput !== undefined) text = microcompact(text, hook.maxOutput);
        text = (await hook.after?.(settled.call.name, settled.call.input, text)) ?? text;
      }
      return text === before ? settled : { ...settled, text };
    },
  };
}
