/** Queued answers: what one is, and how it is read from a program (`llm_mock`) or from a line of a fixture file. */

import { HarnError, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { ScriptedFailure } from "../errors/model-failures.ts";
import { isErrorCategory } from "../spec/decode.ts";
import type { ModelResult } from "../spec/model-result.ts";

export interface MockToolCall {
  readonly name: string;
  readonly arguments: Json;
}

export interface LlmMock {
  readonly text: string;
  readonly toolCalls: readonly MockToolCall[];
  /** Absent: used for the next call, whatever it asks. */
  readonly match?: string;
  /** A matching mock is used up. */
  readonly consumeMatch: boolean;
  readonly model: string;
  readonly provider?: string;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cacheReadTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly thinking?: string;
  readonly thinkingSummary?: string;
  readonly stopReason?: string;
  readonly error?: ScriptedFailure;
}

/** What is read of the argument of `llm_mock`. */
export const MOCK_OPTION_NAMES: readonly string[] = [
  "cache_creation_input_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "consume_match",
  "error",
  "input_tokens",
  "match",
  "model",
  "output_tokens",
  "stop_reason",
  "text",
  "thinking",
  "thinking_summary",
  "tool_calls",
];

/** MOCK-01, MOCK-02, MOCK-03, MOCK-07: the argument of `llm_mock`. Throws code `llm.mock`. */
export function readMock(config: Json | undefined): LlmMock {
  if (!isJsonObject(config)) throw failure("llm_mock: expected a dict argument");
  const error = readError(config["error"]);
  const calls = config["tool_calls"];
  return {
    text: displayed(config["text"]) ?? "",
    toolCalls: Array.isArray(calls) ? calls.map(readCall) : [],
    consumeMatch: config["consume_match"] === true,
    model: displayed(config["model"]) ?? "mock",
    ...optional("match", displayed(config["match"])),
    ...optional("inputTokens", integer(config["input_tokens"])),
    ...optional("outputTokens", integer(config["output_tokens"])),
    ...optional("cacheReadTokens", integer(config["cache_read_tokens"])),
    ...optional(
      "cacheWriteTokens",
      integer(config["cache_write_tokens"]) ?? integer(config["cache_creation_input_tokens"]),
    ),
    ...optional("thinking", displayed(config["thinking"])),
    ...optional("thinkingSummary", displayed(config["thinking_summary"])),
    ...optional("stopReason", displayed(config["stop_reason"])),
    ...optional("error", error),
  };
}

function readError(value: Json | undefined): ScriptedFailure | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw failure("llm_mock: error must be a dict {category, message}");
  const category = displayed(value["category"]);
  if (category === undefined || category === "") throw failure("llm_mock: error.category is required");
  if (!isErrorCategory(category)) throw failure(`llm_mock: unknown error category \`${category}\``);
  const hint = value["retry_after_ms"];
  if (hint !== undefined && hint !== null && (integer(hint) === undefined || (hint as number) < 0)) {
    throw failure("llm_mock: error.retry_after_ms must be a non-negative int");
  }
  return { category, message: displayed(value["message"]) ?? "", retryAfterMs: integer(hint) };
}

function readCall(call: Json): MockToolCall {
  const fields = isJsonObject(call) ? call : {};
  const args = fields["arguments"] ?? fields["args"];
  return { name: typeof fields["name"] === "string" ? fields["name"] : "unknown", arguments: args ?? {} };
}

/**
 * REPLAY-07: a fixture file, one mock per line; blank lines are skipped. Stricter than `llm_mock`, since nobody reads the
 * file while it is used. Throws code `llm.mock` with file and line.
 */
export function readMockFixtures(text: string, path: string): LlmMock[] {
  const mocks: LlmMock[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    let value: Json;
    try {
      value = JSON.parse(line) as Json;
    } catch {
      throw failure(`invalid JSON in ${path} line ${at + 1}: the line is no JSON value`);
    }
    try {
      mocks.push(readFixture(value));
    } catch (error) {
      if (!(error instanceof HarnError)) throw error;
      throw failure(
        `invalid --llm-mock fixture in ${path} line ${at + 1}: ${error.message.replace(/^llm_mock: /, "")}`,
      );
    }
  }
  return mocks;
}

function readFixture(value: Json): LlmMock {
  if (!isJsonObject(value)) throw failure("fixture line must be a JSON object");
  for (const field of ["match", "text", "thinking", "thinking_summary", "stop_reason", "model", "provider"]) {
    if (value[field] != null && typeof value[field] !== "string") throw failure(`\`${field}\` must be a string`);
  }
  for (const field of ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"]) {
    if (value[field] != null && integer(value[field]) === undefined) throw failure(`\`${field}\` must be an integer`);
  }
  const calls = value["tool_calls"];
  if (calls !== undefined && !Array.isArray(calls)) throw failure("tool_calls must be an array");
  for (const [at, call] of ((calls ?? []) as readonly Json[]).entries()) {
    if (!isJsonObject(call)) throw failure(`tool_calls[${at}] must be a JSON object`);
    if (typeof call["name"] !== "string") throw failure(`tool_calls[${at}] is missing string field \`name\``);
  }
  const provider = value["provider"];
  return { ...readMock(value), ...optional("provider", typeof provider === "string" ? provider : undefined) };
}

/** REPLAY-07: an answer as the line that plays it back, first in, first out. */
export function mockOfResult(result: ModelResult): LlmMock {
  return {
    text: result.text,
    toolCalls: result.toolCalls.map((call) => ({ name: call.name, arguments: call.input })),
    consumeMatch: false,
    model: result.model,
    provider: result.provider,
    inputTokens: result.usage.inputTokens,
    outputTokens: result.usage.outputTokens,
    cacheReadTokens: result.usage.cacheReadTokens,
    cacheWriteTokens: result.usage.cacheWriteTokens,
    stopReason: result.stopReason,
    ...optional("thinking", result.thinking),
    ...optional("thinkingSummary", result.thinkingSummary),
  };
}

/** A fixture file of these mocks, empty for none. */
export function writeMockFixtures(mocks: readonly LlmMock[]): string {
  return mocks.map((mock) => `${JSON.stringify(toFixture(mock))}\n`).join("");
}

function toFixture(mock: LlmMock): JsonObject {
  return {
    ...optional("match", mock.match),
    ...(mock.consumeMatch ? { consume_match: true } : {}),
    ...(mock.text === "" ? {} : { text: mock.text }),
    ...(mock.toolCalls.length === 0
      ? {}
      : { tool_calls: mock.toolCalls.map((call) => ({ name: call.name, args: call.arguments })) }),
    ...optional("input_tokens", mock.inputTokens),
    ...optional("output_tokens", mock.outputTokens),
    ...optional("cache_read_tokens", mock.cacheReadTokens),
    ...optional("cache_write_tokens", mock.cacheWriteTokens),
    ...optional("cache_creation_input_tokens", mock.cacheWriteTokens),
    ...optional("thinking", mock.thinking),
    ...optional("thinking_summary", mock.thinkingSummary),
    ...optional("stop_reason", mock.stopReason),
    model: mock.model,
    ...optional("provider", mock.provider),
    ...(mock.error === undefined
      ? {}
      : {
          error: {
            category: mock.error.category,
            message: mock.error.message,
            ...optional("retry_after_ms", mock.error.retryAfterMs),
          },
        }),
  };
}

function failure(message: string): HarnError {
  return new HarnError("llm.mock", message);
}

/** As a program would print it; nil is absent. */
function displayed(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function integer(value: Json | undefined): number | undefined {
  return typeof value === "number" && Number.isInteger(value) ? value : undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
