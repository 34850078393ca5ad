/**
 * The agent loop's compaction (llm COMPACT-01 … COMPACT-07): the middle of the history becomes one user message, the
 * first few and the last few messages stay. Two tiers: a first strategy at a threshold, and a second one for its result
 * when that is still above a hard limit.
 */

import { createListSum, HarnError, type JsonObject } from "../../base/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { utf8Length } from "../tools/clip.ts";
import { firstCodePoints } from "../tools/code-points.ts";
import type { Awaitable } from "../turn/policy.ts";
import type { CompactionContext, CompactionStrategy } from "./compaction-policy.ts";
import { cutToTokens, fitToWindow } from "./fit-window.ts";
import { cutAtOrBefore, userAtOrBefore } from "./history-cuts.ts";
import { CompactionError, requestSummary, type Summary } from "./request-summary.ts";

/** `llm`: a model writes it. `truncate`: the start of each message. `observation_mask`: long results reduced to a line. */
export type MiddleKind = "llm" | "truncate" | "observation_mask" | "custom";

export const MIDDLE_KINDS: readonly MiddleKind[] = ["llm", "truncate", "custom", "observation_mask"];

export interface MiddleSummaryOptions {
  /** First tier. Default `observation_mask`. */
  readonly kind?: MiddleKind;
  /** What events call the strategy; default: the kind. */
  readonly label?: string;
  /** Estimated tokens, system prompt included, at which the first tier fires. Default 48,000. */
  readonly thresholdTokens?: number;
  /** Default 0 and 12. */
  readonly keepFirst?: number;
  readonly keepLast?: number;
  /** Absent: there is no second tier. */
  readonly hardLimitTokens?: number;
  /** Default `llm`. */
  readonly hardLimitKind?: MiddleKind;
  /** Required where a kind is `custom`; gets the messages to fold, gives back the summary. */
  readonly custom?: (messages: readonly RecordedMessage[]) => Awaitable<string>;
  /** Per message what `observation_mask` shows of it; undefined or null: the usual. */
  readonly mask?: (messages: readonly RecordedMessage[]) => Awaitable<readonly (string | null | undefined)[]>;
  /** The instruction of `llm`, made from the text of the messages and their number. */
  readonly prompt?: (formatted: string, count: number) => Awaitable<string>;
}

/** @throws HarnError `agent.compaction_option` for a negative count or a custom kind without its function */
export function middleSummaryStrategy(options: MiddleSummaryOptions = {}): CompactionStrategy {
  const {
    kind = "observation_mask",
    hardLimitKind = "llm",
    thresholdTokens = 48_000,
    keepFirst = 0,
    keepLast = 12,
  } = options;
  for (const [name, count] of Object.entries({
    thresholdTokens,
    keepFirst,
    keepLast,
    hardLimitTokens: options.hardLimitTokens ?? 0,
  })) {
    if (count < 0 || !Number.isInteger(count))
      throw optionError(`Expected \`${name}\` to be an integer of at least 0, got \`${count}\``);
  }
  const usesCustom = kind === "custom" || (options.hardLimitTokens !== undefined && hardLimitKind === "custom");
  if (usesCustom && options.custom === undefined)
    throw optionError("Expected a function for compaction of kind `custom`, got none");
  const label = options.label ?? kind;
  const bytesOf = createListSum(contentBytes);

  return {
    name: label,
    shouldCompact: (messages, _window, overheadTokens) =>
      tokensOfBytes(bytesOf(messages)) + overheadTokens >= thresholdTokens,
    async compact(messages, context) {
      const range = middleRange(messages, keepFirst, keepLast);
      if (range === undefined) return { messages };
      const archived = messages.slice(range.start, range.end);
      let summary = await summarize(kind, archived, archived.length, options, context);
      let usage = summary.usage;
      const rebuild = (): readonly RecordedMessage[] => [
        ...messages.slice(0, range.start),
        { role: "user", content: cutToTokens(summary.text, Math.floor(context.windowTokens / 2)) },
        ...messages.slice(range.end),
      ];
      let hardLimitHit = false;
      if (options.hardLimitTokens !== undefined && contentTokens(rebuild()) > options.hardLimitTokens) {
        hardLimitHit = true;
        const folded: RecordedMessage = { role: "user", content: summary.text };
        summary = await summarize(hardLimitKind, [folded], archived.length, options, context);
        usage = summary.usage ?? usage;
      }
      const detail: JsonObject = {
        engine_strategy: hardLimitHit ? hardLimitKind : kind,
        archived_messages: archived.length,
        keep_first: keepFirst,
        keep_last: keepLast,
      };
      return {
        messages: fitToWindow(rebuild(), context.windowTokens),
        summary: summary.text,
        detail,
        ...(usage === undefined ? {} : { usage }),
      };
    },
  };
}

/** llm COMPACT-03: UTF-8 bytes of message texts, a quarter token each. */
export function contentTokens(messages: readonly RecordedMessage[]): number {
  let bytes = 0;
  for (const message of messages) bytes += contentBytes(message);
  return tokensOfBytes(bytes);
}

function contentBytes(message: RecordedMessage): number {
  return utf8Length(textOf(message));
}

function tokensOfBytes(bytes: number): number {
  return Math.floor(bytes / 4);
}

/** llm COMPACT-06: the kept end starts with a user message where there is one, else at least with a whole exchange. */
function middleRange(
  messages: readonly RecordedMessage[],
  keepFirst: number,
  keepLast: number,
): { start: number; end: number } | undefined {
  if (messages.length <= keepFirst + keepLast) return undefined;
  const start = cutAtOrBefore(messages, keepFirst);
  const wanted = messages.length - keepLast;
  const end =
    keepLast === 0 ? messages.length : (userAtOrBefore(messages, wanted, start) ?? cutAtOrBefore(messages, wanted));
  // Folding one message into one message gains nothing and would be done again at every step.
  return end - start < 2 ? undefined : { start, end };
}

async function summarize(
  kind: MiddleKind,
  messages: readonly RecordedMessage[],
  count: number,
  options: MiddleSummaryOptions,
  context: CompactionContext,
): Promise<Summary> {
  switch (kind) {
    case "truncate":
      return { text: truncated(messages, count, `[auto-compacted ${count} older messages via truncate strategy]`) };
    case "observation_mask":
      return { text: masked(messages, count, (await options.mask?.(messages)) ?? []) };
    case "custom": {
      const text = (await options.custom!(messages)).trim();
      return { text: text === "" ? truncated(messages, count, header(count)) : `${header(count)}\n${text}` };
    }
    case "llm":
      return llmSummary(messages, count, options, context);
  }
}

async function llmSummary(
  messages: readonly RecordedMessage[],
  count: number,
  options: MiddleSummaryOptions,
  context: CompactionContext,
): Promise<Summary> {
  const formatted = messages.map((message) => `${message.role.toUpperCase()}: ${textOf(message)}`).join("\n");
  const fitting = cutToTokens(formatted, Math.floor(context.windowTokens * 0.7));
  const instruction = await (options.prompt ?? defaultPrompt)(fitting, count);
  try {
    // The text of the messages is in the instruction, so neither history nor tools nor system prompt go along.
    const { output: _output, prefill: _prefill, ...request } = context.request;
    const alone = { ...context, request, system: undefined, tools: [] };
    const { text, usage } = await requestSummary([], alone, instruction);
    return { text: `${header(count)}\n${text}`, ...(usage === undefined ? {} : { usage }) };
  } catch (thrown) {
    if (!(thrown instanceof CompactionError) || thrown.cause !== undefined) throw thrown;
    const text = truncated(
      messages,
      count,
      `[auto-compact fallback: the summary came back empty; ${count} older messages are abbreviated]`,
    );
    return { text, ...(thrown.usage === undefined ? {} : { usage: thrown.usage }) };
  }
}

function defaultPrompt(formatted: string, count: number): string {
  return `These are the ${count} oldest messages of a conversation that another agent continues. Summarise them for it: goals and constraints, decisions, what tools did and found, open problems, next steps. Answer with the summary only.\n\n${formatted}`;
}

const header = (count: number): string => `[auto-compacted ${count} older messages]`;

const TRUNCATED_MESSAGES = 15;
const TRUNCATED_CHARS = 500;

function truncated(messages: readonly RecordedMessage[], count: number, title: string): string {
  const texts = messages.map((message) => [message.role, textOf(message)] as const).filter(([, text]) => text !== "");
  const lines = texts.slice(0, TRUNCATED_MESSAGES).map(([role, text]) => {
    const start = firstCodePoints(text, TRUNCATED_CHARS);
    return `[${role}] ${start}${start.length < text.length ? `... [truncated from ${text.length} chars]` : ""}`;
  });
  const more = count > TRUNCATED_MESSAGES ? [`... and ${count - TRUNCATED_MESSAGES} more`] : [];
  return [title, ...lines, ...more].join("\n");
}

const SHORT_RESULT_CHARS = 500;

function masked(
  messages: readonly RecordedMessage[],
  count: number,
  masks: readonly (string | null | undefined)[],
): string {
  const lines = [`[auto-compacted ${count} older messages via observation masking]`];
  for (const [index, message] of messages.entries()) {
    const text = textOf(message);
    if (text === "") continue;
    if (message.role === "assistant" || text.length < SHORT_RESULT_CHARS) lines.push(`[${message.role}] ${text}`);
    else lines.push(masks[index] ?? maskedResult(message.role, text));
  }
  return lines.join("\n");
}

function maskedResult(role: string, text: string): string {
  const lines = text.split("\n");
  const preview = firstCodePoints(lines[0]!, 120);
  return `[${role}] ${preview}... [${lines.length} lines, ${text.length} chars masked]`;
}

/** The text that a reader of the folded history gets to see; calls are named with their input. */
function textOf(message: RecordedMessage): string {
  if (message.role !== "assistant") return message.content;
  const calls = message.toolCalls.map((call) => `${call.name}(${JSON.stringify(call.input)})`);
  return [message.text ?? "", ...calls].filter((part) => part !== "").join("\n");
}

function optionError(message: string): HarnError {
  return new HarnError("agent.compaction_option", message);
}
