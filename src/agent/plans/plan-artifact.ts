/** Plans as data: whatever a model or a program calls a plan becomes an artifact of one shape (`harn.plan.v1`). */

import { isJsonObject, type Json, type JsonObject, table } from "../../base/index.ts";
import { sha256Hex } from "../../llm/index.ts";
import { stableJson } from "../policies/stable-json.ts";

export const EMIT_PLAN = "emit_plan";
export const UPDATE_PLAN = "update_plan";

/** Fields that mean the same. */
const SUMMARY = ["explanation", "summary", "direction"];
const CONTENT = ["content", "step", "task", "goal", "description"];
const QUESTIONS = ["open_questions", "questions", "unknowns"];
const CHECKS = ["verification_commands", "verification", "verify_commands"];

const STATUSES: Readonly<Record<string, string>> = table({
  active: "in_progress",
  running: "in_progress",
  started: "in_progress",
  in_progress: "in_progress",
  complete: "completed",
  completed: "completed",
  done: "completed",
  blocked: "blocked",
  waiting: "blocked",
  canceled: "cancelled",
  cancelled: "cancelled",
  dropped: "cancelled",
  skipped: "cancelled",
});

const APPROVALS: Readonly<Record<string, string>> = table({
  approved: "approved",
  rejected: "rejected",
  denied: "rejected",
  requested: "requested",
  pending: "requested",
});

/** @param tool the tool that states the plan; part of what identifies it */
export function planArtifact(tool: string, input: Json): JsonObject {
  const outer = isJsonObject(input) ? input : {};
  const source: Json = outer["plan"] ?? input;
  const fields = isJsonObject(source) ? source : {};
  const plan: JsonObject = {
    _type: "plan_artifact",
    schema_version: "harn.plan.v1",
    tool,
    title: textField(fields, ["title", "name"]) ?? "Plan",
    summary: textField(outer, SUMMARY) ?? textField(fields, SUMMARY) ?? "",
    steps: steps(Array.isArray(source) ? source : (fields["steps"] ?? fields["plan"] ?? fields["tasks"])),
    assumptions: texts(fields, ["assumptions"]),
    open_questions: texts(fields, QUESTIONS),
    verification_commands: texts(fields, CHECKS),
    approval: approval(fields["approval"] ?? outer["approval"]),
  };
  return { ...plan, id: `plan_${sha256Hex(stableJson(plan)).slice(0, 12)}` };
}

function steps(value: Json | undefined): readonly JsonObject[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Json[]).flatMap((item, index): readonly JsonObject[] => {
    const read = step(item, `step-${index + 1}`);
    return read === undefined ? [] : [read];
  });
}

function step(item: Json, id: string): JsonObject | undefined {
  const fields: JsonObject = typeof item === "string" ? { content: item } : isJsonObject(item) ? item : {};
  const content = textField(fields, CONTENT)?.trim() ?? "";
  if (content === "") return undefined;
  const status = fields["status"];
  return {
    id: textField(fields, ["id"]) ?? id,
    content,
    status: (typeof status === "string" ? STATUSES[status] : undefined) ?? "pending",
    priority: fields["priority"] ?? null,
  };
}

function approval(value: Json | undefined): JsonObject {
  if (!isJsonObject(value)) return { state: "unrequested" };
  const stated = value["state"] ?? value["status"];
  const byFlag = value["approved"] === true ? "approved" : value["approved"] === false ? "rejected" : "unrequested";
  const state = typeof stated === "string" ? (APPROVALS[stated] ?? "unrequested") : byFlag;
  const kept = ["request_id", "reviewer", "reviewers", "approved_at", "reason"].filter(
    (key) => value[key] !== undefined,
  );
  return { state, ...Object.fromEntries(kept.map((key) => [key, value[key]])) };
}

function textField(fields: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = scalarText(fields[name]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function texts(fields: JsonObject, names: readonly string[]): readonly string[] {
  const value = fields[names.find((name) => fields[name] !== undefined) ?? ""];
  const items: readonly (Json | undefined)[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => scalarText(item)?.trim() || []);
}

function scalarText(value: Json | undefined): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** Steps as editors list them; never empty, so that there is something to show. */
export function planEntries(plan: JsonObject): readonly JsonObject[] {
  const listed = Array.isArray(plan["steps"]) ? (plan["steps"] as readonly Json[]) : [];
  const entries = listed.flatMap((item) => {
    const content = isJsonObject(item) && typeof item["content"] === "string" ? item["content"].trim() : "";
    if (!isJsonObject(item) || content === "") return [];
    const status = typeof item["status"] === "string" ? item["status"] : "pending";
    const { priority } = item;
    return [{ content, status, ...(priority === undefined || priority === null ? {} : { priority }) }];
  });
  if (entries.length > 0) return entries;
  const summary = typeof plan["summary"] === "string" ? plan["summary"].trim() : "";
  return [{ content: summary === "" ? "Plan emitted" : summary, status: "pending" }];
}

/** A plan for people, as Markdown. */
export function renderPlan(plan: JsonObject): string {
  const text = (key: string) => (typeof plan[key] === "string" ? (plan[key] as string).trim() : "");
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ["", `## ${title}`, ...lines.map((line) => `- ${line}`)];
  const listed = (key: string) => (Array.isArray(plan[key]) ? (plan[key] as readonly Json[]).map(String) : []);
  const stepLines = (Array.isArray(plan["steps"]) ? (plan["steps"] as readonly Json[]) : [])
    .filter(isJsonObject)
    .map((item) => `[${item["status"] ?? "pending"}] ${item["content"] ?? ""}`);
  const approved = isJsonObject(plan["approval"]) ? plan["approval"]["state"] : undefined;
  return [
    `# ${text("title") || "Plan"}`,
    ...(text("summary") === "" ? [] : ["", text("summary")]),
    ...section("Steps", stepLines),
    ...section("Assumptions", listed("assumptions")),
    ...section("Open questions", listed("open_questions")),
    ...section("Verification commands", listed("verification_commands")),
    "",
    `Approval: ${approved ?? "unrequested"}`,
  ].join("\n");
}
