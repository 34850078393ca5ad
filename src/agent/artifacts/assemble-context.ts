/**
 * Packs artifacts into a token budget. Large ones are cut into *chunks*, chunks that say the same are dropped, the rest is
 * ordered by a strategy and taken as long as it fits. What came in, what did not and why is part of the answer. The same
 * input gives the same chunks with the same ids.
 */

import { HarnError, type JsonObject } from "../../base/index.ts";
import { sha256Hex } from "../../llm/index.ts";
import { readChoice, readCount, readString } from "../policies/read-options.ts";
import { type Artifact, artifactTokens } from "./artifact.ts";

export interface AssembleOptions {
  /** Default 8,000. */
  readonly budgetTokens: number;
  /** `chunked`: equal but for white space. `semantic`: three-letter overlap of at least `semanticOverlap`. */
  readonly dedup: "none" | "chunked" | "semantic";
  /** `round_robin`: one chunk of each artifact in turn. */
  readonly strategy: "recency" | "relevance" | "round_robin";
  readonly query: string;
  /** Artifacts above this many tokens are cut. Default 2,000. */
  readonly chunkTokens: number;
  /** Default 0.85. */
  readonly semanticOverlap: number;
}

export interface ContextChunk extends JsonObject {
  /** `<artifact>#<digest of the text>` */
  readonly id: string;
  readonly artifact_id: string;
  readonly artifact_kind: string;
  readonly title: string | null;
  readonly source: string | null;
  readonly text: string;
  readonly estimated_tokens: number;
  readonly chunk_index: number;
  readonly chunk_count: number;
  readonly score: number;
}

/** Scores for the chunks, in their order; what is missing counts 0. */
export type ChunkRanker = (query: string, chunks: readonly ContextChunk[]) => Promise<readonly number[]>;

/** @throws HarnError `agent.option` */
export function readAssembleOptions(options: Readonly<Record<string, unknown>>): AssembleOptions {
  const overlap = options["semantic_overlap"] ?? 0.85;
  if (typeof overlap !== "number" || overlap < 0 || overlap > 1) {
    throw new HarnError("agent.option", "assemble_context: semantic_overlap must be in [0.0, 1.0]");
  }
  return {
    budgetTokens: readCount("budget_tokens", options["budget_tokens"]) ?? 8000,
    dedup: readChoice("dedup", options["dedup"], ["none", "chunked", "semantic"]) ?? "chunked",
    strategy: readChoice("strategy", options["strategy"], ["recency", "relevance", "round_robin"]) ?? "relevance",
    query: readString("query", options["query"])?.trim() ?? "",
    chunkTokens: readCount("microcompact_threshold", options["microcompact_threshold"]) ?? 2000,
    semanticOverlap: overlap,
  };
}

interface Dropped extends JsonObject {
  readonly artifact_id: string;
  readonly chunk_id: string | null;
  readonly reason: "no_text" | "empty_text" | "duplicate" | "budget_exceeded";
  readonly detail: string | null;
}

/** `{chunks, included, dropped, reasons, total_tokens, budget_tokens, strategy, dedup}` */
export async function assembleContext(
  artifacts: readonly Artifact[],
  options: AssembleOptions,
  ranker?: ChunkRanker,
): Promise<JsonObject> {
  const dropped: Dropped[] = [];
  const candidates = artifacts.flatMap((artifact) => chunksOf(artifact, options, dropped));
  const scores = await scoresOf(candidates, artifacts, options, ranker);
  const scored = candidates.map((chunk, index) => ({ ...chunk, score: scores[index] ?? 0 }));
  const distinct = withoutDuplicates(scored, options, dropped);
  const { taken, left } = pack(ordered(distinct, options), options.budgetTokens);
  for (const chunk of left) dropped.push(drop(chunk, "budget_exceeded"));
  const reason = (chunk: ContextChunk, included: boolean): JsonObject => ({
    chunk_id: chunk.id,
    artifact_id: chunk.artifact_id,
    strategy: options.strategy,
    score: chunk.score,
    included,
    reason: included ? "selected" : "budget_exceeded",
  });
  return {
    chunks: taken,
    included: summaries(taken, candidates),
    dropped,
    reasons: [...taken.map((chunk) => reason(chunk, true)), ...left.map((chunk) => reason(chunk, false))],
    total_tokens: taken.reduce((sum, chunk) => sum + chunk.estimated_tokens, 0),
    budget_tokens: options.budgetTokens,
    strategy: options.strategy,
    dedup: options.dedup,
  };
}

function drop({ artifact_id, id }: ContextChunk, reason: Dropped["reason"], detail: string | null = null): Dropped {
  return { artifact_id, chunk_id: id, reason, detail };
}

function summaries(taken: readonly ContextChunk[], candidates: readonly ContextChunk[]): readonly JsonObject[] {
  const ids = [...new Set(taken.map((chunk) => chunk.artifact_id))];
  return ids.map((id) => {
    const mine = taken.filter((chunk) => chunk.artifact_id === id);
    return {
      artifact_id: id,
      artifact_kind: mine[0]?.artifact_kind ?? "",
      chunks_included: mine.length,
      chunks_total: candidates.filter((chunk) => chunk.artifact_id === id).length,
      tokens_included: mine.reduce((sum, chunk) => sum + chunk.estimated_tokens, 0),
    };
  });
}

// ---- Chunks ------------------------------------------------------------------------------------------------------------

function chunksOf(artifact: Artifact, { chunkTokens }: AssembleOptions, dropped: Dropped[]): readonly ContextChunk[] {
  const { id, kind, title, source, text, estimated_tokens: estimate } = artifact;
  if (text === null || text.trim() === "") {
    dropped.push({ artifact_id: id, chunk_id: null, reason: text === null ? "no_text" : "empty_text", detail: null });
    return [];
  }
  const pieces = (estimate ?? artifactTokens(text)) > chunkTokens ? cutText(text, Math.max(1, chunkTokens)) : [text];
  return pieces.map((piece, index) => ({
    id: `${id}#${sha256Hex(piece).slice(0, 16)}`,
    artifact_id: id,
    artifact_kind: kind,
    title,
    source,
    text: piece,
    estimated_tokens: artifactTokens(piece),
    chunk_index: index,
    chunk_count: pieces.length,
    score: 0,
  }));
}

/** Pieces of at most that many tokens, cut between paragraphs where possible, else between lines, else anywhere. */
function cutText(text: string, tokens: number): readonly string[] {
  const pieces: string[] = [];
  let current = "";
  const flush = (): void => {
    if (current !== "") pieces.push(current);
    current = "";
  };
  const add = (part: string, joint: string): void => {
    const joined = current === "" ? part : current + joint + part;
    if (artifactTokens(joined) <= tokens) {
      current = joined;
      return;
    }
    flush();
    current = part;
  };
  for (const paragraph of text.split(/\n{2,}/).filter((part) => part.trim() !== "")) {
    if (artifactTokens(paragraph) <= tokens) {
      add(paragraph, "\n\n");
      continue;
    }
    flush();
    for (const line of paragraph.split("\n")) for (const part of slices(line, tokens)) add(part, "\n");
    flush();
  }
  flush();
  return pieces;
}

function slices(line: string, tokens: number): readonly string[] {
  if (artifactTokens(line) <= tokens) return [line];
  const parts: string[] = [];
  let part = "";
  for (const char of line) {
    if (part !== "" && artifactTokens(part + char) > tokens) {
      parts.push(part);
      part = "";
    }
    part += char;
  }
  return part === "" ? parts : [...parts, part];
}

function withoutDuplicates(
  chunks: readonly ContextChunk[],
  { dedup, semanticOverlap }: AssembleOptions,
  dropped: Dropped[],
): readonly ContextChunk[] {
  if (dedup === "none") return chunks;
  const kept: { readonly chunk: ContextChunk; readonly key: string; readonly trigrams: ReadonlySet<string> }[] = [];
  for (const chunk of chunks) {
    const key = chunk.text.split(/\s+/).filter(Boolean).join(" ");
    const trigrams = dedup === "semantic" ? trigramsOf(key) : new Set<string>();
    const same = kept.find((other) =>
      dedup === "semantic" ? overlap(trigrams, other.trigrams) >= semanticOverlap : other.key === key,
    );
    if (same === undefined) kept.push({ chunk, key, trigrams });
    else dropped.push(drop(chunk, "duplicate", dedup === "semantic" ? `overlaps ${same.chunk.id}` : dedup));
  }
  return kept.map(({ chunk }) => chunk);
}

function trigramsOf(text: string): ReadonlySet<string> {
  const letters = text.toLowerCase().replace(/[^\p{L}\p{N}\s]/gu, "");
  const found = new Set<string>();
  for (let at = 0; at + 3 <= letters.length; at++) found.add(letters.slice(at, at + 3));
  return found;
}

/** Shared share of two sets; two empty sets are equal. */
function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const item of a) if (b.has(item)) shared++;
  const union = a.size + b.size - shared;
  return union === 0 ? 1 : shared / union;
}

// ---- Order -------------------------------------------------------------------------------------------------------------

async function scoresOf(
  chunks: readonly ContextChunk[],
  artifacts: readonly Artifact[],
  { strategy, query }: AssembleOptions,
  ranker: ChunkRanker | undefined,
): Promise<readonly number[]> {
  switch (strategy) {
    case "round_robin":
      return chunks.map(() => 1);
    case "recency": {
      const newest = [...artifacts].sort((a, b) =>
        a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : 0,
      );
      const rank = new Map(newest.map(({ id }, index) => [id, 1 - index / Math.max(1, newest.length)]));
      return chunks.map((chunk) => rank.get(chunk.artifact_id) ?? 0);
    }
    case "relevance":
      return ranker === undefined ? chunks.map(({ text }) => wordScore(text, query)) : ranker(query, chunks);
  }
}

/** How many words of the query the text has, and how densely; 0 to 1. */
function wordScore(text: string, query: string): number {
  const words = new Set(
    query
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word.length > 2),
  );
  if (words.size === 0) return 0;
  const lower = text.toLowerCase();
  const hits = [...words].filter((word) => lower.includes(word)).length;
  return 0.7 * (hits / words.size) + 0.3 * Math.min(1, hits / (text.length / 400 + 1));
}

function ordered(chunks: readonly ContextChunk[], { strategy }: AssembleOptions): readonly ContextChunk[] {
  if (strategy !== "round_robin") {
    return [...chunks].sort(
      (a, b) =>
        b.score - a.score ||
        (a.artifact_id < b.artifact_id ? -1 : a.artifact_id > b.artifact_id ? 1 : a.chunk_index - b.chunk_index),
    );
  }
  const groups = new Map<string, ContextChunk[]>();
  for (const chunk of chunks) {
    const group = groups.get(chunk.artifact_id);
    if (group === undefined) groups.set(chunk.artifact_id, [chunk]);
    else group.push(chunk);
  }
  const rounds = Math.max(0, ...[...groups.values()].map((group) => group.length));
  return Array.from({ length: rounds }, (_, round) =>
    [...groups.values()].flatMap((group) => group[round] ?? []),
  ).flat();
}

function pack(chunks: readonly ContextChunk[], budget: number): { taken: ContextChunk[]; left: ContextChunk[] } {
  const taken: ContextChunk[] = [];
  const left: ContextChunk[] = [];
  let used = 0;
  for (const chunk of chunks) {
    const fits = used + chunk.estimated_tokens <= budget;
    if (fits) used += chunk.estimated_tokens;
    (fits ? taken : left).push(chunk);
  }
  return { taken, left };
}
