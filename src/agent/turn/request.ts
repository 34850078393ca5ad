/** The request of one step: built once, used unchanged for every retry and reconnect (LOOP-07). */

import { copyOf } from "../../base/index.ts";
import type { ModelInput, ToolChoice, ToolSpec } from "../../llm/index.ts";
import type { TurnState } from "./turn-state.ts";

export function buildRequest(turn: TurnState): ModelInput {
  const { harness, system } = turn;
  const tools = requestTools(turn);
  return {
    ...harness.request,
    ...(system === undefined || system === "" ? {} : { system }),
    messages: harness.shortenResults === false ? copyOf(turn.history) : turn.shorten(turn.history),
    ...(tools.length === 0 ? {} : { tools, toolChoice: harness.toolChoice ?? "auto" }),
    ...(harness.parallelToolCalls === undefined ? {} : { parallelToolCalls: harness.parallelToolCalls }),
  };
}

/**
 * The tools the model gets to see, the same list until a search brings another one to light. Where the provider searches by
 * itself it gets the deferred ones too.
 */
export function requestTools(turn: TurnState): readonly ToolSpec[] {
  if (turn.harness.request.toolSearch !== undefined) return turn.tools;
  if (!turn.tools.some((tool) => tool.deferred === true)) return turn.tools;
  const promoted = [...turn.promoted].join("\n");
  if (turn.visible?.promoted !== promoted) turn.visible = { promoted, tools: visibleTools(turn) };
  return turn.visible.tools;
}

function visibleTools({ tools, promoted }: TurnState): readonly ToolSpec[] {
  const visible: ToolSpec[] = [];
  for (const { deferred, ...tool } of tools) {
    if (deferred !== true || promoted.has(tool.name)) visible.push(tool);
  }
  return visible;
}

/** `auto` or empty, `none`, `required` or `any`, `tool:<name>`; unknown text means `auto` (LOOP-88). */
export function toolChoiceFromText(text: string): ToolChoice {
  const tool = /^tool:(.+)$/.exec(text)?.[1];
  if (tool !== undefined) return { tool };
  return text === "none" ? "none" : text === "required" || text === "any" ? "required" : "auto";
}
