/** Artifacts: pieces of knowledge with a kind, a text and a weight, from which the context of a model call is put together. */

import { HarnError, type Host, isJsonObject, type Json, type JsonObject, table } from "../../base/index.ts";
import { uuidV7 } from "../../llm/index.ts";
import { utf8Length } from "../tools/clip.ts";

export interface Artifact extends JsonObject {
  readonly _type: string;
  readonly id: string;
  readonly kind: string;
  readonly title: string | null;
  readonly text: string | null;
  readonly data: Json;
  readonly source: string | null;
  /** RFC 3339. */
  readonly created_at: string;
  /** `fresh`, `live`, `recent`, `stale`, or any other word for in between. */
  readonly freshness: string | null;
  /** Higher comes first. */
  readonly priority: number;
  /** Ids of the artifacts it was made from. */
  readonly lineage: readonly string[];
  readonly relevance: number | null;
  readonly estimated_tokens: number | null;
  readonly stage: string | null;
  readonly metadata: JsonObject;
}

const KIND_NAMES: Readonly<Record<string, string>> = table({
  "": "artifact",
  file: "workspace_file",
  test: "test_result",
  transcript: "transcript_summary",
  verification: "verification_result",
});

const PRIORITIES: Readonly<Record<string, number>> = table({
  verification_result: 100,
  test_result: 100,
  verification_bundle: 95,
  handoff: 92,
  diff: 90,
  git_diff: 90,
  patch: 90,
  patch_set: 90,
  patch_proposal: 90,
  diff_review: 90,
  review_decision: 90,
  apply_intent: 90,
  plan: 80,
  workspace_file: 70,
  workspace_snapshot: 70,
  editor_selection: 70,
  resource: 70,
  summary: 60,
  transcript_summary: 60,
  command_result: 50,
});
const OTHER_PRIORITY = 40;

/** A quarter token per UTF-8 byte, rounded up. */
export function artifactTokens(text: string): number {
  return Math.ceil(utf8Length(text) / 4);
}

/** @throws HarnError `agent.artifact` for what is no dict */
export function normalizeArtifact(host: Host, value: unknown): Artifact {
  if (!isJsonObject(value)) throw new HarnError("agent.artifact", "artifact: expected a dict");
  const text = (key: string): string | null => (typeof value[key] === "string" ? value[key] : null);
  const number = (key: string): number | null => (typeof value[key] === "number" ? value[key] : null);
  const body = text("body") ?? text("text");
  const given = text("kind")?.trim() ?? "";
  const kind = KIND_NAMES[given] ?? given;
  return {
    _type: text("_type") || "artifact",
    id: text("id") || `artifact_${uuidV7(host)}`,
    kind,
    title: text("title"),
    text: body,
    data: value["data"] ?? null,
    source: text("source"),
    created_at: text("created_at") || new Date(host.sync("clock.now", {})).toISOString(),
    freshness: text("freshness"),
    priority: number("priority") ?? PRIORITIES[kind] ?? OTHER_PRIORITY,
    lineage: texts(value["lineage"]),
    relevance: number("relevance"),
    estimated_tokens: number("estimated_tokens") ?? (body === null ? null : artifactTokens(body)),
    stage: text("stage"),
    metadata: isJsonObject(value["metadata"]) ? value["metadata"] : {},
  };
}

/** Null is an empty list. @throws HarnError `agent.artifact` */
export function normalizeArtifacts(host: Host, value: unknown): readonly Artifact[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new HarnError("agent.artifact", "expected artifact list or nil");
  return value.map((item) => normalizeArtifact(host, item));
}

/** An artifact made from another one: it inherits what is not given, and names its origin. */
export function deriveArtifact(host: Host, parent: Artifact, kind: string, changes: JsonObject): Artifact {
  const { id: _id, created_at: _at, estimated_tokens: _tokens, priority: _priority, ...inherited } = parent;
  return normalizeArtifact(host, {
    ...inherited,
    ...changes,
    kind: kind === "" ? parent.kind : kind,
    lineage: [...new Set([...texts(changes["lineage"]), parent.id, ...parent.lineage])],
  });
}

export function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter((item) => typeof item === "string") : [];
}
