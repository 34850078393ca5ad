/** Which artifacts go into a context, in which order, and how they read. */

import { HarnError, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { microcompact } from "../compaction/microcompact.ts";
import { type Artifact, texts } from "./artifact.ts";

export interface ContextPolicy {
  readonly maxArtifacts?: number;
  /** Estimated tokens, of which `reserveTokens` stay free. */
  readonly maxTokens?: number;
  readonly reserveTokens?: number;
  /** Empty: all kinds. */
  readonly includeKinds: readonly string[];
  readonly excludeKinds: readonly string[];
  readonly prioritizeKinds: readonly string[];
  readonly pinnedIds: readonly string[];
  /** Empty: all stages. */
  readonly includeStages: readonly string[];
  readonly preferRecent: boolean;
  readonly preferFresh: boolean;
  /** `json`: one JSON object each; else tagged text. */
  readonly render?: string;
}

/** @throws HarnError `agent.option` */
export function readContextPolicy(value: unknown): ContextPolicy {
  if (value !== undefined && value !== null && !isJsonObject(value)) {
    throw new HarnError("agent.option", "context policy parse error: expected a dict");
  }
  const dict: JsonObject = isJsonObject(value) ? value : {};
  const count = (key: string) => {
    const given = dict[key];
    if (given === undefined || given === null) return undefined;
    if (typeof given === "number" && Number.isInteger(given) && given >= 0) return given;
    throw new HarnError("agent.option", `context policy parse error: \`${key}\` must be an int of at least 0`);
  };
  const maxArtifacts = count("max_artifacts");
  const maxTokens = count("max_tokens");
  const reserveTokens = count("reserve_tokens");
  return {
    includeKinds: texts(dict["include_kinds"]),
    excludeKinds: texts(dict["exclude_kinds"]),
    prioritizeKinds: texts(dict["prioritize_kinds"]),
    pinnedIds: texts(dict["pinned_ids"]),
    includeStages: texts(dict["include_stages"]),
    preferRecent: dict["prefer_recent"] === true,
    preferFresh: dict["prefer_fresh"] === true,
    ...(maxArtifacts === undefined ? {} : { maxArtifacts }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(reserveTokens === undefined ? {} : { reserveTokens }),
    ...(typeof dict["render"] === "string" ? { render: dict["render"] } : {}),
  };
}

/** Best first, as many as fit: pinned, preferred kinds, priority, freshness, age, relevance, size. */
export function selectArtifacts(artifacts: readonly Artifact[], policy: ContextPolicy): readonly Artifact[] {
  const { includeKinds, excludeKinds, includeStages, maxArtifacts = Number.POSITIVE_INFINITY } = policy;
  const wanted = artifacts.filter(
    ({ kind, stage }) =>
      (includeKinds.length === 0 || includeKinds.includes(kind)) &&
      !excludeKinds.includes(kind) &&
      (includeStages.length === 0 || (stage !== null && includeStages.includes(stage))),
  );
  const room = policy.maxTokens === undefined ? undefined : Math.max(0, policy.maxTokens - (policy.reserveTokens ?? 0));
  const selected: Artifact[] = [];
  let used = 0;
  for (const artifact of wanted.sort(byWeight(policy))) {
    if (selected.length >= maxArtifacts) break;
    const tokens = artifact.estimated_tokens ?? 0;
    if (room !== undefined && used + tokens > room) continue;
    used += tokens;
    selected.push(artifact);
  }
  return selected;
}

function byWeight(policy: ContextPolicy): (a: Artifact, b: Artifact) => number {
  const first = (isBetter: (artifact: Artifact) => boolean) => (a: Artifact, b: Artifact) =>
    Number(isBetter(b)) - Number(isBetter(a));
  const orders: ((a: Artifact, b: Artifact) => number)[] = [
    first(({ id }) => policy.pinnedIds.includes(id)),
    first(({ kind }) => policy.prioritizeKinds.includes(kind)),
    (a, b) => b.priority - a.priority,
    ...(policy.preferFresh ? [(a: Artifact, b: Artifact) => freshnessRank(b) - freshnessRank(a)] : []),
    ...(policy.preferRecent ? [(a: Artifact, b: Artifact) => compareText(b.created_at, a.created_at)] : []),
    (a, b) => (b.relevance ?? -1) - (a.relevance ?? -1),
    (a, b) => (a.estimated_tokens ?? Number.MAX_SAFE_INTEGER) - (b.estimated_tokens ?? Number.MAX_SAFE_INTEGER),
  ];
  return (a, b) => {
    for (const order of orders) {
      const difference = order(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}

function freshnessRank({ freshness }: Artifact): number {
  if (freshness === "fresh" || freshness === "live") return 3;
  if (freshness === "recent") return 2;
  return freshness === "stale" ? 0 : 1;
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** An artifact may be shortened to this many tokens even when its share of the budget is smaller. */
const SMALLEST_SHARE_TOKENS = 500;

/** Drops duplicates and evidence that fresher changes have overtaken, shortens giants, then selects. */
export function selectArtifactsAdaptive(artifacts: readonly Artifact[], policy: ContextPolicy): readonly Artifact[] {
  const current = withoutOvertaken(artifacts);
  const seen = new Set<string>();
  const distinct = current.filter(({ text }) => !text || (!seen.has(text) && seen.add(text) !== undefined));
  const { maxTokens } = policy;
  if (maxTokens === undefined) return selectArtifacts(distinct, policy);
  const share = Math.min(
    Math.max(Math.floor(maxTokens / Math.max(1, distinct.length)), SMALLEST_SHARE_TOKENS),
    maxTokens,
  );
  return selectArtifacts(
    distinct.map((artifact) => ((artifact.estimated_tokens ?? 0) > share * 2 ? shortened(artifact, share) : artifact)),
    policy,
  );
}

function shortened(artifact: Artifact, tokens: number): Artifact {
  const text = artifact.text === null ? null : microcompact(artifact.text, tokens * 4);
  return text === artifact.text ? artifact : { ...artifact, text, estimated_tokens: tokens };
}

/** Evidence about paths that a fresher artifact has changed proves nothing any more. */
function withoutOvertaken(artifacts: readonly Artifact[]): readonly Artifact[] {
  const isFresh = (artifact: Artifact) => freshnessRank(artifact) >= 2;
  const changed = new Set(artifacts.filter(isFresh).flatMap(({ metadata }) => texts(metadata["changed_paths"])));
  if (changed.size === 0) return artifacts;
  return artifacts.filter(
    (artifact) => isFresh(artifact) || !texts(artifact.metadata["evidence_paths"]).some((path) => changed.has(path)),
  );
}

/** Artifacts as a model reads them. */
export function renderArtifacts(artifacts: readonly Artifact[], policy: ContextPolicy): string {
  return artifacts.map((artifact) => (policy.render === "json" ? asJson(artifact) : asTags(artifact))).join("\n\n");
}

function bodyOf({ text, data }: Artifact): string {
  return text ?? (data === null ? "" : JSON.stringify(data));
}

function asJson(artifact: Artifact): string {
  const { id, kind, source, freshness, priority } = artifact;
  const shown: Json = { id, kind, title: titleOf(artifact), source, freshness, priority, text: bodyOf(artifact) };
  return JSON.stringify(shown);
}

function asTags(artifact: Artifact): string {
  const { kind, source, freshness, priority } = artifact;
  const facts = { title: titleOf(artifact), kind, source: source ?? "unknown", freshness: freshness ?? "normal" };
  const lines = Object.entries(facts).map(([tag, text]) => `<${tag}>${escaped(text)}</${tag}>`);
  return [
    "<artifact>",
    ...lines,
    `<priority>${priority}</priority>`,
    "<body>",
    bodyOf(artifact),
    "</body>",
    "</artifact>",
  ].join("\n");
}

function titleOf({ title, kind, id }: Artifact): string {
  return title ?? `${kind} ${id}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
