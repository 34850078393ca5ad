/** What the model is sent in an iteration: system prompt, tools, the ledger block, a prefill (AGENT-25, LEDGER-07). */

import { withTail } from "../../base/index.ts";
import type { ModelInput, ToolSpec } from "../../llm/index.ts";
import { injectionMessage } from "../policies/feedback.ts";
import { type SkillScope, skillPrompt } from "../policies/skills.ts";
import { renderLedger } from "../policies/task-ledger.ts";
import type { Policy } from "../turn/policy.ts";
import { persistencePrompt } from "./completion.ts";
import type { LoopState } from "./loop-state.ts";
import { createToolOffer } from "./offered-tools.ts";

export function turnRequest(state: LoopState, skills: SkillScope): Policy {
  const offer = createToolOffer(state, skills);
  return {
    name: "turn-request",
    request(turn, input) {
      const { tools, contract } = offer(turn, input.tools ?? NO_SPECS);
      const system = joined([turn.system, skillPrompt(skills), contract, persistencePrompt(state)]);
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

const NO_SPECS: readonly ToolSpec[] = [];

/** Text mode never sends native tools. Where action is required, native mode forces a tool (POLICY-04). */
function nativeTools(state: LoopState, tools: readonly ToolSpec[]): Pick<ModelInput, "tools" | "toolChoice"> {
  if (state.channel === "text" || tools.length === 0) return {};
  const forced = state.shape.requireActionOrYield ? "required" : "auto";
  return { tools, toolChoice: state.options.toolChoice ?? forced };
}

function withLedger(state: LoopState, messages: ModelInput["messages"]): ModelInput["messages"] {
  const rendered = renderLedger(state.ledger);
  return rendered === "" ? messages : withTail(messages, [injectionMessage("task_ledger", rendered)]);
}

/** Base, active skills, tool contract, persistence, joined by blank lines. */
function joined(parts: readonly (string | undefined)[]): string {
  return parts
    .map((part) => part?.trim() ?? "")
    .filter((part) => part !== "")
    .join("\n\n");
}
