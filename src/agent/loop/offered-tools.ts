/**
 * What a request offers of the tools, and what the system prompt says about them: prepared once for each set of tools, not
 * once for each request (AGENT-25, LOOP-36). The set changes when skills narrow it, when a search brings a tool to light,
 * and when the ledger gets its first item.
 */

import type { ToolSpec } from "../../llm/index.ts";
import { isSkillToolAllowed, type SkillScope } from "../policies/skills.ts";
import { isLedgerEmpty, LEDGER_TOOL } from "../policies/task-ledger.ts";
import { toolContractPrompt } from "../tools/contract-prompt.ts";
import { TOOL_SEARCH_NAME } from "../tools/tool-search.ts";
import type { TurnState } from "../turn/turn-state.ts";
import type { LoopState } from "./loop-state.ts";

export interface OfferedTools {
  readonly tools: readonly ToolSpec[];
  /** Absent when there is no tool to speak of. */
  readonly contract: string | undefined;
}

/** Contract: the same object as long as nothing has changed. `visible` is what the turn offers. */
export type ToolOffer = (turn: TurnState, visible: readonly ToolSpec[]) => OfferedTools;

interface Prepared {
  readonly visible: readonly ToolSpec[];
  readonly scope: string;
  readonly offered: OfferedTools;
}

export function createToolOffer(state: LoopState, skills: SkillScope): ToolOffer {
  let known: Prepared | undefined;
  return (turn, visible) => {
    const scope = scopeOf(state, skills, turn);
    if (known?.visible !== visible || known.scope !== scope) {
      known = { visible, scope, offered: prepare(state, skills, turn, visible) };
    }
    return known.offered;
  };
}

/** Everything beside the visible tools that decides what is offered, as one text. */
function scopeOf({ ledger }: LoopState, { active, loaded }: SkillScope, { promoted }: TurnState): string {
  const names = [...active, ...loaded.map(({ skill }) => skill)].map(({ name }) => name);
  return JSON.stringify([isLedgerEmpty(ledger), names, [...promoted]]);
}

function prepare(state: LoopState, skills: SkillScope, turn: TurnState, visible: readonly ToolSpec[]): OfferedTools {
  const hasLedger = !isLedgerEmpty(state.ledger);
  const tools = visible.filter(
    (tool) => isSkillToolAllowed(skills, tool.name) && (hasLedger || tool.name !== LEDGER_TOOL.name),
  );
  const shown = tools.filter((tool) => tool.name !== LEDGER_TOOL.name);
  if (shown.length === 0) return { tools, contract: undefined };
  const { shape, options, channel, sentinel } = state;
  const contract = toolContractPrompt({
    mode: channel,
    tools: shown,
    sentinel,
    allowDone: shape.allowDoneSentinel,
    requireAction: shape.requireActionOrYield,
    examples: options.toolUse?.examples,
    hasLedger,
    ...deferredStubs(state, turn),
  });
  return { tools, contract };
}

function deferredStubs(
  { options }: LoopState,
  turn: TurnState,
): { deferred?: { searchName: string; tools: readonly ToolSpec[] } } {
  const search = options.toolUse?.search;
  if (search?.listStubs !== true) return {};
  const tools = turn.tools.filter((tool) => tool.deferred === true && !turn.promoted.has(tool.name));
  return { deferred: { searchName: search.name ?? TOOL_SEARCH_NAME, tools } };
}
