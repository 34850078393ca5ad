/**
 * Compaction on request, outside of any loop: of a list of messages, or of a transcript, which keeps what it was as an
 * asset. Options have the names that programs use.
 */

import { HarnError, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { assetsOf, messagesOf, normalizeAsset, rebuildTranscript, transcriptEvent, uuidV7 } from "../../llm/index.ts";
import { healHistory } from "../context/heal.ts";
import { messageDicts, readMessageDicts } from "../context/message-dict.ts";
import { readCount, readFunction, readString } from "../policies/read-options.ts";
import type { CompactionContext } from "./compaction-policy.ts";
import { contentTokens, MIDDLE_KINDS, type MiddleKind, middleSummaryStrategy } from "./middle-summary.ts";

type Options = Readonly<Record<string, unknown>>;

/** The options of `transcript_auto_compact`; `transcript_compact` reads `target_tokens` as well. */
export const COMPACTION_OPTION_NAMES: readonly string[] = [
  "compact_callback",
  "compact_strategy",
  "compact_threshold",
  "custom_compactor",
  "hard_limit_strategy",
  "hard_limit_tokens",
  "keep_last",
  "mask_callback",
  "strategy",
  "summarize_prompt",
  "token_threshold",
];

/** Renders the prompt template of `summarize_prompt`, given the text to summarise and how many messages it holds. */
export type PromptRenderer = (template: string, formatted: string, count: number) => Promise<string>;

export interface CompactionRequest {
  readonly context: CompactionContext;
  readonly renderPrompt?: PromptRenderer;
}

/** Whether a model will be asked; everything else works without one. */
export function compactsByModel(options: Options): boolean {
  return (strategyOf(options) ?? "observation_mask") === "llm" || hardLimitKind(options) === "llm";
}

/** `transcript_auto_compact(messages, options)`, `agent_session_compact`: the messages that are left. */
export async function compactMessages(
  messages: readonly Json[],
  options: Options,
  { context, renderPrompt }: CompactionRequest,
): Promise<readonly Json[]> {
  const strategy = strategyFor(options, renderPrompt);
  const history = healHistory(readMessageDicts(messages));
  const outcome = await strategy.compact(history, context);
  return outcome.messages === history ? messages : messageDicts(outcome.messages);
}

/** The strategy that a dict of options describes. @throws HarnError `agent.option` */
export function strategyFor(options: Options, renderPrompt?: PromptRenderer): ReturnType<typeof middleSummaryStrategy> {
  const kind = strategyOf(options);
  const hardLimitTokens = readCount("hard_limit_tokens", options["hard_limit_tokens"]);
  const hard = hardLimitKind(options);
  const keepLast = readCount("keep_last", options["keep_last"]);
  const thresholdTokens = readCount("compact_threshold", options["compact_threshold"] ?? options["token_threshold"]);
  const custom = customOf(options);
  const mask = readFunction<(messages: readonly JsonObject[]) => unknown>("mask_callback", options["mask_callback"]);
  const prompt = readString("summarize_prompt", options["summarize_prompt"]);
  return middleSummaryStrategy({
    ...(kind === undefined ? {} : { kind }),
    ...(hardLimitTokens === undefined ? {} : { hardLimitTokens }),
    ...(hard === undefined ? {} : { hardLimitKind: hard }),
    ...(keepLast === undefined ? {} : { keepLast }),
    ...(thresholdTokens === undefined ? {} : { thresholdTokens }),
    ...(custom === undefined ? {} : { custom: async (messages) => summaryText(await custom(messageDicts(messages))) }),
    ...(mask === undefined ? {} : { mask: async (messages) => maskTexts(await mask(messageDicts(messages))) }),
    ...(prompt === undefined || renderPrompt === undefined
      ? {}
      : { prompt: (formatted, count) => renderPrompt(prompt, formatted, count) }),
  });
}

function customOf(options: Options): ((messages: readonly JsonObject[]) => unknown) | undefined {
  const name = options["custom_compactor"] !== undefined ? "custom_compactor" : "compact_callback";
  return readFunction(name, options[name]);
}

function strategyOf(options: Options): MiddleKind | undefined {
  const given = readKind("compact_strategy", options["strategy"] ?? options["compact_strategy"]);
  return given ?? (customOf(options) === undefined ? undefined : "custom");
}

function hardLimitKind(options: Options): MiddleKind | undefined {
  return readKind("hard_limit_strategy", options["hard_limit_strategy"]);
}

function readKind(name: string, value: unknown): MiddleKind | undefined {
  const text = readString(name, value);
  if (text === undefined) return undefined;
  const kind = MIDDLE_KINDS.find((known) => known === text);
  if (kind !== undefined) return kind;
  throw new HarnError(
    "agent.option",
    `unknown ${name} '${text}' (expected 'llm', 'truncate', 'custom', or 'observation_mask')`,
  );
}

/** A text, or `{summary}` or `{text}`. */
export function summaryText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  const inner = isJsonObject(value) ? (value["summary"] ?? value["text"]) : undefined;
  return typeof inner === "string" ? inner : JSON.stringify(value, null, 2);
}

export function maskTexts(value: unknown): readonly (string | undefined)[] {
  return Array.isArray(value) ? value.map((item) => (typeof item === "string" ? item : undefined)) : [];
}

// ---- transcripts -----------------------------------------------------------------------------------------------------

export interface TranscriptCompaction {
  readonly transcript: JsonObject;
  /** Facts of the `transcript_compacted` event; absent when there was nothing to do. */
  readonly event?: JsonObject;
}

/**
 * `transcript_compact(transcript, options)`: the middle becomes a summary; what was there before is kept as an asset of
 * kind `compaction_source_transcript`.
 *
 * @throws HarnError `agent.option`
 */
export async function compactTranscript(
  transcript: JsonObject,
  options: Options,
  request: CompactionRequest,
): Promise<TranscriptCompaction> {
  const { host } = request.context;
  const kind = strategyOf(options) ?? "observation_mask";
  if (kind === "custom") {
    throw optionError("strategy 'custom' is not supported; use 'llm', 'truncate', or 'observation_mask'");
  }
  for (const key of ["keep_last", "target_tokens"]) {
    const count = options[key];
    if (typeof count === "number" && count < 0) throw optionError(`${key} must be >= 0`);
  }
  const prompt = readString("summarize_prompt", options["summarize_prompt"]);
  if (prompt !== undefined && kind !== "llm") {
    throw optionError("summarize_prompt is only supported with strategy 'llm'");
  }
  const target = readCount("target_tokens", options["target_tokens"]);
  const keepLast = readCount("keep_last", options["keep_last"]) ?? 12;
  const history = healHistory(readMessageDicts(messagesOf(transcript)));
  const before = contentTokens(history);
  if (target !== undefined && before <= target) return { transcript };

  const strategy = strategyFor(
    {
      ...options,
      compact_strategy: kind,
      hard_limit_strategy: kind,
      keep_last: keepLast,
      ...(target === undefined ? {} : { hard_limit_tokens: target }),
    },
    request.renderPrompt,
  );
  const outcome = await strategy.compact(history, request.context);
  if (outcome.messages === history) return { transcript };
  const after = contentTokens(outcome.messages);
  const archived = history.length - outcome.messages.length + 1;
  const estimates = { archived_messages: archived, estimated_tokens_before: before, estimated_tokens_after: after };
  const source = normalizeAsset(host, {
    id: `compaction-source-${uuidV7(host)}`,
    kind: "compaction_source_transcript",
    title: "Pre-compaction transcript",
    visibility: "internal",
    data: transcript,
    metadata: { strategy: kind, ...estimates },
  });
  const event: JsonObject = {
    mode: "manual",
    strategy: kind,
    keep_last: keepLast,
    target_tokens: target ?? null,
    ...estimates,
    snapshot_asset_id: source["id"] as string,
  };
  const given = readString("summary", options["summary"]);
  const summary = mergedSummary(transcript["summary"], given?.trim() ? given : (outcome.summary ?? ""));
  const compacted = rebuildTranscript(host, transcript, {
    messages: messageDicts(outcome.messages),
    assets: [...assetsOf(transcript), source],
    addedEvents: [
      transcriptEvent(host, {
        kind: "compaction",
        role: "system",
        visibility: "internal",
        text: `Transcript compacted via ${kind}`,
        metadata: event,
      }),
    ],
    ...(summary === undefined ? {} : { summary }),
  });
  return { transcript: compacted, event };
}

function mergedSummary(existing: Json | undefined, next: string): string | undefined {
  const old = typeof existing === "string" && existing.trim() !== "" ? existing : undefined;
  if (next.trim() === "") return old;
  return old === undefined || old.trim() === next.trim() ? next : `${old}\n\n${next}`;
}

function optionError(message: string): HarnError {
  return new HarnError("agent.option", `transcript_compact: ${message}`);
}
