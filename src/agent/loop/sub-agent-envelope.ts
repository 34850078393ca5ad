/** What a sub-agent's caller gets: a summary and data, never a conversation to wade through. */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { extractJsonText, outputSchema, parseJson } from "../../llm/index.ts";
import type { SubAgentResult } from "./sub-agent.ts";

export interface SubAgentEnvelope extends JsonObject {
  readonly ok: boolean;
  readonly summary: string;
  readonly artifacts: readonly Json[];
  readonly evidence_added: number;
  readonly tokens_used: number;
  readonly budget_exceeded: boolean;
  readonly data: Json;
  /** `{category, message, tool?}` */
  readonly error: JsonObject | null;
  readonly session_id: string;
}

export interface EnvelopeOptions {
  /** Schema that the answer must fit. */
  readonly schema?: JsonObject;
  /** The answer is data also without a schema. */
  readonly wantsData?: boolean;
  readonly tokenBudget?: number;
  /** Of the sub-agent's session, for agents that failed before they had a result. */
  readonly transcript?: JsonObject;
}

export async function subAgentEnvelope(
  outcome: SubAgentResult,
  options: EnvelopeOptions = {},
): Promise<SubAgentEnvelope> {
  const transcript = outcome.result?.transcript ?? options.transcript;
  const artifacts = listOf(transcript, "assets");
  const tokens = tokensUsed(transcript);
  const wantsData = options.schema !== undefined || options.wantsData === true;
  const found = wantsData ? statedData(outcome.text, transcript) : undefined;
  const base: SubAgentEnvelope = {
    ok: true,
    summary: found?.text ?? (outcome.text.trim() || lastAnswer(transcript)),
    artifacts,
    evidence_added: artifacts.length,
    tokens_used: tokens,
    budget_exceeded: options.tokenBudget !== undefined && tokens >= options.tokenBudget,
    data: options.schema === undefined ? (found?.value ?? null) : null,
    error: null,
    session_id: outcome.sessionId,
    ...(transcript === undefined ? {} : { transcript }),
  };
  const failed = (error: JsonObject): SubAgentEnvelope => ({ ...base, ok: false, error });
  if (outcome.status === "error") {
    return failed({ category: outcome.errorCategory ?? "generic", message: outcome.error ?? "the agent failed" });
  }
  const denial = lastDenial(transcript);
  if (denial !== undefined) return failed({ category: "permission_denied", ...denial });
  if (options.schema === undefined) return base;
  const problem = found === undefined ? "the answer holds no JSON" : await schemaProblem(found.value, options.schema);
  if (problem === undefined) return { ...base, data: found?.value ?? null };
  return failed({ category: "schema_validation", message: `sub_agent_run: ${problem}` });
}

async function schemaProblem(value: Json, schema: JsonObject): Promise<string | undefined> {
  const checked = await outputSchema(schema).check(value);
  return checked.ok ? undefined : `the answer does not fit the schema: ${checked.errors.join("; ")}`;
}

/** The data of the last answer that has some. */
function statedData(text: string, transcript: JsonObject | undefined): { text: string; value: Json } | undefined {
  for (const candidate of [text, ...answersOf(transcript).reverse()]) {
    const value = parseJson(extractJsonText(candidate));
    if (value !== undefined) return { text: JSON.stringify(value), value };
  }
  return undefined;
}

function lastAnswer(transcript: JsonObject | undefined): string {
  return (
    answersOf(transcript)
      .findLast((text) => text.trim() !== "")
      ?.trim() ?? ""
  );
}

function answersOf(transcript: JsonObject | undefined): string[] {
  return listOf(transcript, "messages").flatMap((message) =>
    isJsonObject(message) && message["role"] === "assistant" && typeof message["content"] === "string"
      ? [message["content"]]
      : [],
  );
}

function tokensUsed(transcript: JsonObject | undefined): number {
  let tokens = 0;
  for (const event of listOf(transcript, "events")) {
    const metadata = isJsonObject(event) ? event["metadata"] : undefined;
    if (!isJsonObject(metadata)) continue;
    for (const key of ["input_tokens", "output_tokens"]) {
      const count = metadata[key];
      if (typeof count === "number") tokens += count;
    }
  }
  return tokens;
}

/** The last call that was refused: whoever asked should know that the agent was held back. */
function lastDenial(transcript: JsonObject | undefined): JsonObject | undefined {
  for (const event of listOf(transcript, "events").toReversed()) {
    const metadata = isJsonObject(event) ? event["metadata"] : undefined;
    if (!isJsonObject(event) || !isJsonObject(metadata) || metadata["rejected"] !== true) continue;
    const denial = parseJson(extractJsonText(String(event["text"] ?? "")));
    if (!isJsonObject(denial) || denial["error"] !== "permission_denied") continue;
    return { message: denial["reason"] ?? "permission denied", tool: denial["tool"] ?? null };
  }
  return undefined;
}

function listOf(transcript: JsonObject | undefined, key: string): readonly Json[] {
  const value = transcript?.[key];
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
