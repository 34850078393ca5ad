/** What the model is sent in an iteration: system prompt, tools, the ledger block, a prefill (AGENT-25, LEDGER-07). */

import type { ModelInput, ToolSpec } from "../../llm/index.ts";
import { injectionMessage } from "../policies/feedback.ts";
import { isSkillToolAllowed, type SkillScope, skillPrompt } from "../policies/skills.ts";
import { isLedgerEmpty, LEDGER_TOOL, renderLedger } from "../policies/task-ledger.ts";
import { toolContractPrompt } from "../tools/contract-prompt.ts";
import { TOOL_SEARCH_NAME } from "../tools/tool-search.ts";
import type { Policy } from "../turn/policy.ts";
import type { TurnState } from "../turn/turn-state.ts";
import { persistencePrompt } from "./completion.ts";
import type { LoopState } from "./loop-state.ts";

export function turnRequest(state: LoopState, skills: SkillScope): Policy {
  return {
    name: "turn-request",
    request(turn, input) {
      const offered = (input.tools ?? []).filter((tool) => isSkillToolAllowed(skills, tool.name));
      const tools = isLedgerEmpty(state.ledger) ? offered.filter((tool) => tool.name !== LEDGER_TOOL.name) : offered;
      const system = systemPrompt(state, turn, tools, skills);
      const { tools: _tools, toolChoice: _choice, system: _system, ...rest } = input;
      return {
        ...rest,
        ...(system === "" ? {} : { system }),
        messages: withLedger(state, input.messages),
        ...nativeTools(state, tools),
        ...(state.prefill === undefined ? {} : { prefill: state.prefill }),
      };
    },
  };
}

/** Text mode never sends native tools. Where action is required, native mode forces a tool (POLICY-04). */
function nativeTools(state: LoopState, tools: readonly ToolSpec[]): Pick<ModelInput, "tools" | "toolChoice"> {
  if (state.channel === "text" || tools.length === 0) return {};
  const forced = state.shape.requireActionOrYield ? "required" : "auto";
  return { tools, toolChoice: state.options.toolChoice ?? forced };
}

function withLedger(state: LoopState, messages: ModelInput["messages"]): ModelInput["messages"] {
  const rendered = renderLedger(state.ledger);
  return rendered === "" ? messages : [...messages, injectionMessage("task_ledger", rendered)];
}

/** Base, active skills, tool contract, persistence, joined by blank lines. */
function systemPrompt(state: LoopState, turn: TurnState, tools: readonly ToolSpec[], skills: SkillScope): string {
  const { shape, options, channel, sentinel } = state;
  const shown = tools.filter((tool) => tool.name !== LEDGER_TOOL.name);
  const contract =
    shown.length === 0
      ? undefined
      : toolContractPrompt({
          mode: channel,
          tools: shown,
          sentinel,
          allowDone: shape.allowDoneSentinel,
          requireAction: shape.requireActionOrYield,
          examples: options.toolUse?.examples,
          hasLedger: !isLedgerEmpty(state.ledger),
          ...deferredStubs(state, turn),
        });
  return [turn.system, skillPrompt(skills), contract, persistencePrompt(state)]
    .map((part) => part?.trim() ?? "")
    .filter((part) => part !== "")
    .join("\n\n");
}

function deferredStubs(
  state: LoopState,
  turn: TurnState,
): { deferred?: { searchName: string; tools: readonly ToolSpec[] } } {
  const search = state.options.toolUse?.search;
  if (search?.listStubs !== true) return {};
  const tools = turn.tools.filter((tool) => tool.deferred === true && !turn.promoted.has(tool.name));
  return { deferred: { searchName: search.name ?? TOOL_SEARCH_NAME, tools } };
}
