/** What one session leaves for whoever goes on: a person or another persona. */

import { type Dict, dictOf, List, record, share, type Value } from "../../vm/index.ts";
import { stringField } from "../arguments.ts";

export const HANDOFF_KEY = "__handoff.json";

/** Lists that a receiver may rely on, empty when nobody filled them. */
const LISTS = [
  "evidence_refs",
  "files_or_entities_touched",
  "open_questions",
  "blocked_on",
  "requested_capabilities",
  "allowed_side_effects",
  "receipt_links",
] as const;

/**
 * The typed form of a summary that says who hands what to whom, and why; nil for one that does not.
 *
 * @param fresh id and moment, for a summary without its own
 */
export function typedHandoff(summary: Dict, fresh: { readonly id: string; readonly createdAt: string }): Value {
  const said = (name: string): string => stringField(summary, name)?.trim() ?? "";
  const target = summary.map.get("target_persona_or_human");
  const isNamed = (stringField(target, "label") ?? stringField(target, "id") ?? "").trim() !== "";
  if (said("source_persona") === "" || said("task") === "" || said("reason") === "" || !isNamed) return undefined;
  const fields = new Map<string, Value>([
    ["_type", "handoff_artifact"],
    ["id", fresh.id],
    ["created_at", fresh.createdAt],
  ]);
  for (const name of LISTS) fields.set(name, new List([]));
  for (const [name, value] of summary.map) if (value !== undefined) fields.set(name, share(value));
  return dictOf(fields);
}

export function handoffEnvelope(content: {
  readonly sessionId: string;
  readonly root: string;
  readonly summary: Dict;
  readonly handoff: Value;
  readonly writer: Dict;
  /** Seconds since the epoch. */
  readonly writtenAt: number;
}): Dict {
  const { sessionId, root, summary, handoff, writer, writtenAt } = content;
  return record({
    _type: "agent_state_handoff",
    version: 1,
    session_id: sessionId,
    root,
    key: HANDOFF_KEY,
    summary: share(summary),
    handoff,
    writer,
    written_at: writtenAt,
  });
}
