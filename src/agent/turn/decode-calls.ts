/** From the drafts of tool calls to calls that may be run (LOOP-12, LOOP-98, REPAIR-01 … REPAIR-03). */

import type { Json } from "../../base/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import type { CallDraft } from "../stream/answer-draft.ts";
import { repairToolInput } from "../tools/repair-input.ts";
import { FALLBACK_NOTE, repairTruncatedJson } from "../tools/repair-json.ts";
import { NO_CALLS, type ToolInvocation } from "../tools/tool-runtime.ts";
import { logTurn, observe, type TurnState } from "./turn-state.ts";

/** History, events and runtime all see what comes out of here (LOOP-41). */
export async function decodeCalls(turn: TurnState, drafts: readonly CallDraft[]): Promise<readonly ToolInvocation[]> {
  if (drafts.length === 0) return NO_CALLS;
  const calls: ToolInvocation[] = [];
  for (const draft of drafts) {
    const call = await repairCall(turn, decodeCall(turn, draft, claimCallId(turn, draft.id)));
    calls.push(draft.signature === undefined ? call : { ...call, signature: draft.signature });
  }
  // The conversation keeps the list: a copy has no room for more, of which one that grew has a good deal.
  return calls.slice();
}

/**
 * The id of a new call: its own, unless a call of the conversation has it already. Some servers count from zero in every
 * answer, and providers refuse a conversation with two calls of one id.
 */
export function claimCallId(turn: TurnState, id: string): string {
  const taken = (turn.callIds ??= callIdsIn(turn.history));
  let claimed = id;
  while (claimed === "" || taken.has(claimed)) claimed = turn.harness.host.sync("id.next", { prefix: "call" });
  taken.add(claimed);
  return claimed;
}

function callIdsIn(history: readonly RecordedMessage[]): Set<string> {
  const ids = new Set<string>();
  for (const message of history) {
    if (message.role === "assistant") for (const call of message.toolCalls) ids.add(call.id);
  }
  return ids;
}

function decodeCall(turn: TurnState, draft: CallDraft, id: string): ToolInvocation {
  const { name, argumentText } = draft;
  if (draft.input !== undefined) return { id, name, input: draft.input };
  const text = argumentText.trim();
  if (text === "") return { id, name, input: {} };
  try {
    return { id, name, input: JSON.parse(text) as Json, rawInput: argumentText };
  } catch (error) {
    const { repaired, notes } = repairTruncatedJson(text);
    logTurn(turn, "warn", "Tool arguments were not valid JSON and have been repaired", { tool: name, id, notes });
    const input = JSON.parse(repaired) as Json;
    if (!notes.includes(FALLBACK_NOTE)) return { id, name, input };
    // Nothing was readable. Running the tool on `{}` would use defaults nobody asked for (port choice 11).
    return { id, name, input, unusable: `the arguments are not valid JSON (${(error as Error).message})` };
  }
}

async function repairCall(turn: TurnState, call: ToolInvocation): Promise<ToolInvocation> {
  const spec = turn.toolsByName.get(call.name);
  const repair = spec === undefined ? undefined : repairToolInput(spec.inputSchema, call.input);
  if (repair === undefined) return call;
  const notes = repair.repairs.map(({ kind, path }) => `${kind} ${path}`);
  logTurn(turn, "warn", "Tool input has been repaired", { tool: call.name, id: call.id, notes });
  await observe(turn, { type: "input-repaired", callId: call.id, tool: call.name, notes });
  const { rawInput: _rawInput, ...rest } = call;
  return { ...rest, input: repair.input };
}
