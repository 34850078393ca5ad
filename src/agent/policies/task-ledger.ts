/**
 * The task ledger: what the user wants delivered, and how far it is (LEDGER-01 … LEDGER-08). It lives beside the
 * conversation, is shown to the model at every turn, changed by the model through the `ledger` tool, and keeps a loop
 * from ending while something is open.
 */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { ToolSpec } from "../../llm/index.ts";

export type DeliverableStatus = "open" | "done" | "blocked" | "dropped";

export interface Deliverable {
  readonly id: string;
  readonly text: string;
  readonly status: DeliverableStatus;
  readonly note: string | null;
}

/** Field names are those that programs see. */
export interface TaskLedger {
  readonly root_task: string;
  readonly deliverables: readonly Deliverable[];
  readonly rationale: string;
  readonly observations: readonly string[];
}

export const EMPTY_LEDGER: TaskLedger = { root_task: "", deliverables: [], rationale: "", observations: [] };

const STATUSES: readonly DeliverableStatus[] = ["open", "done", "blocked", "dropped"];
const SHOWN_OBSERVATIONS = 5;

/** No plan and no notes: nothing to show and nothing to hold up. */
export function isLedgerEmpty({ deliverables, rationale, observations }: TaskLedger): boolean {
  return deliverables.length === 0 && rationale.trim() === "" && observations.length === 0;
}

/** LEDGER-04. */
export function unresolvedDeliverables(ledger: TaskLedger): readonly Deliverable[] {
  return ledger.deliverables.filter(({ status }) => status === "open" || status === "blocked");
}

/**
 * LEDGER-01, LEDGER-02: `task_ledger` when it has the shape of one, else `root_task` and `deliverables`.
 *
 * @param display how a value that is no string is written
 */
export function readTaskLedger(
  options: Readonly<Record<string, unknown>>,
  display: (value: unknown) => string = displayJson,
): TaskLedger {
  const whole = decodeLedger(options["task_ledger"]);
  if (whole !== undefined) return whole;
  const { root_task: rootTask, deliverables } = options;
  return {
    ...EMPTY_LEDGER,
    root_task: typeof rootTask === "string" ? rootTask.trim() : "",
    deliverables: (Array.isArray(deliverables) ? deliverables : []).flatMap((item, index): Deliverable[] => {
      const text = display(item).trim();
      return text === "" ? [] : [{ id: `deliverable-${index + 1}`, text, status: "open", note: null }];
    }),
  };
}

function displayJson(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : (JSON.stringify(value) ?? "");
}

/** Undefined when the value does not have the shape; missing fields take their defaults. */
export function decodeLedger(value: unknown): TaskLedger | undefined {
  if (!isJsonObject(value)) return undefined;
  const { root_task: rootTask = "", deliverables = [], rationale = "", observations = [] } = value;
  if (typeof rootTask !== "string" || typeof rationale !== "string") return undefined;
  if (!Array.isArray(observations) || !observations.every((item) => typeof item === "string")) return undefined;
  if (!Array.isArray(deliverables)) return undefined;
  const decoded = deliverables.map(decodeDeliverable);
  if (decoded.some((item) => item === undefined)) return undefined;
  return {
    root_task: rootTask,
    deliverables: decoded as Deliverable[],
    rationale,
    observations: observations as string[],
  };
}

function decodeDeliverable(value: Json): Deliverable | undefined {
  if (!isJsonObject(value)) return undefined;
  const { id = "", text = "", status = "open", note = null } = value;
  const known = STATUSES.find((candidate) => candidate === status);
  if (typeof id !== "string" || typeof text !== "string" || known === undefined) return undefined;
  return note === null || typeof note === "string" ? { id, text, status: known, note } : undefined;
}

/** LEDGER-07; empty for an empty ledger. */
export function renderLedger(ledger: TaskLedger): string {
  if (isLedgerEmpty(ledger)) return "";
  const lines = ["<task_ledger>"];
  if (ledger.root_task.trim() !== "") lines.push(`root_task: ${ledger.root_task.trim()}`);
  if (ledger.deliverables.length > 0)
    lines.push("deliverables:", ...ledger.deliverables.map((item) => `  ${itemLine(item)}`));
  if (ledger.rationale.trim() !== "") lines.push(`rationale: ${ledger.rationale.trim()}`);
  if (ledger.observations.length > 0) {
    lines.push("observations:", ...ledger.observations.slice(-SHOWN_OBSERVATIONS).map((text) => `  - ${text.trim()}`));
  }
  return [...lines, "</task_ledger>"].join("\n");
}

function itemLine({ id, status, text, note }: Deliverable): string {
  const suffix = note === null || note.trim() === "" ? "" : ` — ${note.trim()}`;
  return `[${id}] (${status}) ${text.trim()}${suffix}`;
}

/** LEDGER-08. */
export function openItemsFeedback(ledger: TaskLedger): string {
  const open = unresolvedDeliverables(ledger);
  return [
    `The task is not finished: ${open.length} item(s) of the task ledger are unresolved.`,
    ...open.map((item) => `  ${itemLine({ ...item, note: null })}`),
    "Finish them, or mark an item `dropped` with a note that says why it is no longer wanted. Signal completion again only when none is open or blocked.",
  ].join("\n");
}

export type LedgerChange =
  | { readonly ok: true; readonly ledger: TaskLedger; readonly summary: string }
  | { readonly ok: false; readonly error: string };

/** LEDGER-05: what the model's `ledger` call does. */
export function applyLedgerCall(ledger: TaskLedger, input: Json): LedgerChange {
  const args: JsonObject = isJsonObject(input) ? input : {};
  const { action } = args;
  switch (action) {
    case "add":
    case "add_deliverable":
      return addDeliverable(ledger, args);
    case "mark":
    case "mark_deliverable":
      return markDeliverable(ledger, args);
    case "rationale": {
      const text = textOf(args, "text");
      if (text === undefined) return failed("rationale: `text` must be a string");
      return { ok: true, ledger: { ...ledger, rationale: text }, summary: "rationale updated" };
    }
    case "note": {
      const text = textOf(args, "text");
      if (text === undefined || text === "") return failed("note: `text` must be a string that is not blank");
      return {
        ok: true,
        ledger: { ...ledger, observations: [...ledger.observations, text] },
        summary: "observation recorded",
      };
    }
    case "seed_plan":
      return seedPlan(ledger, args);
    case undefined:
      return failed("`action` is missing; use add, mark, rationale, note or seed_plan");
    default:
      return failed(`unknown action ${JSON.stringify(action)}; use add, mark, rationale, note or seed_plan`);
  }
}

function addDeliverable(ledger: TaskLedger, args: JsonObject): LedgerChange {
  const text = textOf(args, "text");
  if (text === undefined || text === "") return failed("add: `text` must be a string that is not blank");
  const id = textOf(args, "id") || nextId(ledger);
  if (ledger.deliverables.some((item) => item.id === id))
    return failed(`add: there is a deliverable \`${id}\` already; mark it, or use another id`);
  const added: Deliverable = { id, text, status: "open", note: null };
  return {
    ok: true,
    ledger: { ...ledger, deliverables: [...ledger.deliverables, added] },
    summary: `deliverable ${id} added`,
  };
}

function markDeliverable(ledger: TaskLedger, args: JsonObject): LedgerChange {
  const id = textOf(args, "id");
  if (id === undefined) return failed("mark: `id` is missing");
  const wanted = textOf(args, "status")?.toLowerCase();
  const status = STATUSES.find((candidate) => candidate === wanted);
  if (status === undefined)
    return failed(`mark: status ${JSON.stringify(args["status"] ?? null)} is not one of ${STATUSES.join(", ")}`);
  const known = ledger.deliverables.map((item) => item.id);
  if (!known.includes(id)) return failed(`mark: no deliverable \`${id}\`; there are: ${known.join(", ") || "none"}`);
  const note = textOf(args, "note") || null;
  if (note === null && (status === "blocked" || status === "dropped"))
    return failed(`mark: status ${status} needs a \`note\` that says why`);
  const deliverables = ledger.deliverables.map((item) => (item.id === id ? { ...item, status, note } : item));
  return { ok: true, ledger: { ...ledger, deliverables }, summary: `deliverable ${id} marked ${status}` };
}

function seedPlan(ledger: TaskLedger, args: JsonObject): LedgerChange {
  const items = args["deliverables"];
  if (!Array.isArray(items)) return failed("seed_plan: `deliverables` must be a list of strings");
  if (ledger.deliverables.length > 0) return failed("seed_plan: there is a plan already; extend it with add");
  const texts = items.map((item) => (typeof item === "string" ? item.trim() : ""));
  const blank = texts.indexOf("");
  if (blank >= 0) return failed(`seed_plan: deliverables[${blank}] must be a string that is not blank`);
  const deliverables = texts.map(
    (text, index): Deliverable => ({ id: `deliverable-${index + 1}`, text, status: "open", note: null }),
  );
  return {
    ok: true,
    ledger: { ...ledger, deliverables },
    summary: `ledger seeded with ${deliverables.length} deliverables`,
  };
}

function nextId(ledger: TaskLedger): string {
  for (let number = ledger.deliverables.length + 1; ; number++) {
    const id = `deliverable-${number}`;
    if (!ledger.deliverables.some((item) => item.id === id)) return id;
  }
}

function textOf(args: JsonObject, key: string): string | undefined {
  const value = args[key];
  return typeof value === "string" ? value.trim() : undefined;
}

function failed(error: string): LedgerChange {
  return { ok: false, error };
}

export const LEDGER_TOOL: ToolSpec = {
  name: "ledger",
  description: "Updates the task ledger: adds or marks deliverables, records a rationale or an observation.",
  inputSchema: {
    type: "object",
    properties: {
      action: { type: "string", enum: ["add", "mark", "rationale", "note", "seed_plan"] },
      id: { type: "string" },
      text: { type: "string" },
      status: { type: "string", enum: [...STATUSES] },
      note: { type: "string", description: "Why; needed for blocked and dropped" },
      deliverables: { type: "array", items: { type: "string" } },
    },
    required: ["action"],
  },
};
