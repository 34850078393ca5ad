/** The result dict of `llm_call` (section 7): what a model answered, in every form that programs ask for. */

import type { Host, Json, JsonObject } from "../../base/index.ts";
import { newTranscript, transcriptEvent } from "../conversation/transcript.ts";
import { uuidsV7 } from "../conversation/uuid-v7.ts";
import { cacheHitRatio, cacheSavingsUsd, type PriceBook } from "../cost/pricing.ts";
import type { ToolSpec, Usage } from "../spec/model.ts";
import type { ModelResult } from "../spec/model-result.ts";
import { firstJson, repairJson } from "../structured/extract-json.ts";
import type { AppliedExperiment } from "./experiments.ts";
import { assistantTurn } from "./messages.ts";
import { type ParsedAnswer, parseTextAnswer } from "./text-tool-calls.ts";
import { visibleText } from "./visible-text.ts";

export interface ResultContext {
  readonly host: Host;
  readonly prices: PriceBook;
  /** The messages that were sent, as the program wrote them. */
  readonly messageList: readonly Json[];
  readonly tools?: readonly ToolSpec[] | undefined;
  /** The call wants data: parse it (RES-03). */
  readonly structured: boolean;
  readonly experiment?: AppliedExperiment | undefined;
}

export function buildCallResult(result: ModelResult, context: ResultContext): JsonObject {
  const answer = readProtocol(result, context.tools);
  const data = context.structured ? findData(result, context.tools) : undefined;
  return {
    ...coreFields(result, context.prices),
    ...(data === undefined ? {} : { data }),
    ...toolFields(result, answer),
    prose: answer === undefined || answer.prose === "" ? result.text : answer.prose,
    visible_text: shownText(result, context.tools, answer),
    ...reasoningFields(result),
    stop_reason: result.stopReason,
    ...(Array.isArray(result.logprobs) && result.logprobs.length === 0 ? {} : { logprobs: result.logprobs }),
    transcript: transcriptOf(result, context),
    blocks: result.blocks,
  };
}

/** The result dict of `llm_completion`: no data, no transcript, no tool parsing (COMPL-03). */
export function buildCompletionResult(result: ModelResult, prices: PriceBook): JsonObject {
  return {
    ...coreFields(result, prices),
    prose: result.text,
    visible_text: visibleText(result.text),
    ...reasoningFields(result),
    stop_reason: result.stopReason,
    blocks: result.blocks,
  };
}

/** RES-01. */
function coreFields(result: ModelResult, prices: PriceBook): JsonObject {
  const usage = usageFields(result.usage, prices, result.provider, result.model);
  return { text: result.text, model: result.model, provider: result.provider, ...usage, usage };
}

/** RES-02, and the `usage` of envelopes. */
export function usageFields(usage: Usage, prices: PriceBook, provider: string, model: string): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cache_read_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_hit_ratio: cacheHitRatio(usage),
    cache_savings_usd: cacheSavingsUsd(prices.rates(provider, model), usage),
  };
}

/** RES-05. */
function reasoningFields(result: ModelResult): JsonObject {
  return {
    ...(result.thinking === undefined ? {} : { thinking: result.thinking, private_reasoning: result.thinking }),
    ...(result.thinkingSummary === undefined ? {} : { thinking_summary: result.thinkingSummary }),
  };
}

// ---- Tools in text ---------------------------------------------------------------------------------------------------

const PROTOCOL_TAGS = /<(?:assistant_prose|user_response|done|tool_call)>/;

/** RES-06: plain answers are never judged by the protocol. */
function readProtocol(result: ModelResult, tools: readonly ToolSpec[] | undefined): ParsedAnswer | undefined {
  const inPlay = tools !== undefined || result.toolCalls.length > 0 || PROTOCOL_TAGS.test(result.text);
  return inPlay ? parseTextAnswer(result.text, toolNames(tools)) : undefined;
}

function toolNames(tools: readonly ToolSpec[] | undefined): readonly string[] {
  return tools?.map((tool) => tool.name) ?? [];
}

/** RES-04: native calls win over calls in the text. */
function toolFields(result: ModelResult, answer: ParsedAnswer | undefined): JsonObject {
  const native = result.toolCalls.map((call) => ({
    id: call.id,
    type: "tool_call",
    name: call.name,
    arguments: call.input,
  }));
  const calls = native.length > 0 ? native : (answer?.calls.map((call) => ({ type: "tool_call", ...call })) ?? []);
  return {
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(answer === undefined || answer.violations.length === 0 ? {} : { protocol_violations: answer.violations }),
    ...(answer === undefined || answer.errors.length === 0 ? {} : { tool_parse_errors: answer.errors }),
    ...(answer?.doneMarker === undefined ? {} : { done_marker: answer.doneMarker }),
    ...(answer === undefined || answer.canonical === "" ? {} : { canonical_text: answer.canonical }),
  };
}

/** RES-07. With tools in text form, what is left of the answer without its calls. */
function shownText(
  result: ModelResult,
  tools: readonly ToolSpec[] | undefined,
  answer: ParsedAnswer | undefined,
): string {
  if (tools !== undefined && result.toolCalls.length === 0 && answer !== undefined && answer.prose !== "") {
    return answer.prose;
  }
  return visibleText(result.text);
}

// ---- Data ------------------------------------------------------------------------------------------------------------

/**
 * SCHEMA-20: the text, its public blocks, arguments of tool calls, then the prose unwrapped from each; the first that
 * is JSON. Only when none is, small syntax errors are repaired, and never in an answer that was cut off: the repaired
 * value would be a shorter one, and valid.
 */
function findData(result: ModelResult, tools: readonly ToolSpec[] | undefined): Json | undefined {
  const candidates = dataCandidates(result, tools);
  const found = firstJson(candidates);
  if (found !== undefined || isCutOff(result.stopReason) || isCutOff(result.rawStopReason)) return found;
  for (const candidate of candidates) {
    const repaired = repairJson(candidate);
    if (repaired !== undefined) return repaired;
  }
  return undefined;
}

export function isCutOff(stopReason: string | undefined): boolean {
  return stopReason === "max_tokens" || stopReason === "length";
}

function dataCandidates(result: ModelResult, tools: readonly ToolSpec[] | undefined): readonly string[] {
  const candidates = new Set<string>();
  const add = (text: string): void => {
    const trimmed = text.trim();
    if (trimmed !== "") candidates.add(trimmed);
  };
  add(result.text);
  add(
    result.blocks
      .filter((block) => block["type"] === "output_text" && block["visibility"] !== "private")
      .map((block) => (typeof block["text"] === "string" ? block["text"] : ""))
      .join(""),
  );
  for (const call of result.toolCalls) add(JSON.stringify(call.input));
  for (const candidate of [...candidates]) {
    // Unwrapping only helps where there are tags.
    if (PROTOCOL_TAGS.test(candidate)) add(parseTextAnswer(candidate, toolNames(tools)).prose);
  }
  return [...candidates];
}

// ---- Transcript ------------------------------------------------------------------------------------------------------

/** RES-08. */
function transcriptOf(result: ModelResult, context: ResultContext): JsonObject {
  const { host, experiment } = context;
  const messages = [...context.messageList, assistantTurn(result)];
  // The transcript, its messages, and what is told beside them.
  const nextId = uuidsV7(host, 1 + messages.length + 1 + (result.thinking ? 1 : 0) + (result.thinkingSummary ? 1 : 0));
  const event = (kind: string, visibility: string, text: string, metadata?: JsonObject): JsonObject =>
    transcriptEvent(
      host,
      { kind, role: "assistant", visibility, text, ...(metadata === undefined ? {} : { metadata }) },
      nextId,
    );
  const payload: JsonObject = {
    model: result.model,
    input_tokens: result.usage.inputTokens,
    output_tokens: result.usage.outputTokens,
    tool_calls: result.toolCalls.map((call) => ({ id: call.id, name: call.name, arguments: call.input })),
    thinking_summary: result.thinkingSummary ?? null,
    structural_experiment: experiment === undefined ? null : { ...experiment },
  };
  const events = [event("provider_payload", "internal", "", payload)];
  if (result.thinking) events.push(event("private_reasoning", "private", result.thinking));
  if (result.thinkingSummary) events.push(event("thinking_summary", "private", result.thinkingSummary));
  return newTranscript(host, { messages, extraEvents: events, state: "active" }, nextId);
}
