import { readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutBytes, type Decoded, decodePieces, fixtureBytes } from "../../../test/support/decode-fixture.ts";
import type { ModelChunk, ModelInput } from "../spec/model.ts";
import { createResultFolder, type ModelResult } from "../spec/model-result.ts";
import type { ApiStyle } from "./wire-format.ts";

interface Expectation {
  readonly style: ApiStyle;
  readonly provider?: string;
  readonly input?: Partial<ModelInput>;
  /** What the answer folds to; only these fields are compared. */
  readonly result?: Partial<Record<keyof ModelResult, unknown>>;
  readonly error?: Readonly<Record<string, unknown>>;
  /** Messages of the warnings, in order. */
  readonly warnings?: readonly string[];
}

const GREETING = "Grüße aus 東京 😀";
const TWO_READS = [
  { name: "read", input: { path: "a.txt" } },
  { name: "read", input: { path: "b.txt" } },
];
const ids = (...list: string[]) => TWO_READS.map((call, at) => ({ id: list[at], ...call }));

const EXPECTED: Readonly<Record<string, Expectation>> = {
  "anthropic-text.1": {
    style: "anthropic",
    result: {
      text: GREETING,
      stopReason: "end_turn",
      model: "claude-sonnet-4-20250514",
      responseId: "msg_01",
      usage: { inputTokens: 12, outputTokens: 9, cacheReadTokens: 0, cacheWriteTokens: 0, exact: true },
    },
  },
  "anthropic-thinking-tools.1": {
    style: "anthropic",
    result: {
      text: "Reading both.",
      thinking: "Two files at once.",
      thinkingParts: [{ text: "Two files at once.", signature: "EqQBCgIY" }],
      toolCalls: ids("toolu_a", "toolu_b"),
      stopReason: "tool_use",
      usage: { inputTokens: 147, outputTokens: 61, cacheReadTokens: 100, cacheWriteTokens: 7, exact: true },
    },
  },
  "anthropic-kept-blocks.1": {
    style: "anthropic",
    result: {
      text: "Found it.",
      thinkingParts: [{ text: "", redacted: "c2VjcmV0" }],
      toolCalls: [],
      stopReason: "pause_turn",
    },
    warnings: [
      "A content block `server_tool_use` was kept",
      "A content block `tool_search_tool_result` was kept",
      "A citation was kept",
      "anthropic sent an unknown delta `sparkle_delta`; it is kept as it came",
      "anthropic sent an unknown event `weather_report`; it is kept as it came",
    ],
  },
  "anthropic-overloaded.1": {
    style: "anthropic",
    error: {
      category: "overloaded",
      kind: "transient",
      partialText: "I was about to",
      usage: { inputTokens: 12, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, exact: false },
    },
  },
  "anthropic-cut.1": {
    style: "anthropic",
    error: { category: "transient_network", reason: "truncated", partialText: "Half an ans" },
  },
  "anthropic-json-tool.1": {
    style: "anthropic",
    input: { output: { kind: "json-schema", schema: {}, strict: true } },
    result: { text: '{"name":"Ada"}', toolCalls: [], stopReason: "end_turn", rawStopReason: "tool_use" },
  },
  "openai-chat-text.1": {
    style: "openai-chat",
    result: {
      text: GREETING,
      stopReason: "end_turn",
      rawStopReason: "stop",
      model: "gpt-4o-2024-11-20",
      usage: {
        inputTokens: 30,
        outputTokens: 12,
        cacheReadTokens: 20,
        cacheWriteTokens: 0,
        reasoningTokens: 4,
        exact: true,
      },
    },
  },
  "openai-chat-parallel-tools.1": {
    style: "openai-chat",
    result: { text: "", toolCalls: ids("call_a", "call_b"), stopReason: "tool_use", rawStopReason: "tool_calls" },
  },
  "openai-chat-no-usage.1": {
    style: "openai-chat",
    result: { text: "short", stopReason: "max_tokens", rawStopReason: "length", usage: { exact: false } },
  },
  "openai-chat-no-done.1": {
    style: "openai-chat",
    result: { text: "ends with the connection", stopReason: "end_turn" },
  },
  "openai-chat-cut.1": { style: "openai-chat", error: { reason: "truncated", partialText: "Half an ans" } },
  "openai-chat-done-without-finish.1": {
    style: "openai-chat",
    error: { reason: "truncated", partialText: "the proxy lost its upstream" },
  },
  "openai-chat-logprobs-refusal.1": {
    style: "openai-chat",
    result: {
      text: "I can't help with that.",
      stopReason: "content_filter",
      logprobs: [{ token: "I", logprob: -0.1 }],
    },
  },
  "openrouter-reasoning-details.1": {
    style: "openai-chat",
    provider: "openrouter",
    result: {
      text: "Done.",
      thinking: "Look closer.",
      thinkingParts: [
        { text: "Look closer.", signature: "openrouter:sigA" },
        { text: "", redacted: "openrouter:b3BhcXVl" },
      ],
      stopReason: "end_turn",
      usage: { inputTokens: 30 },
    },
  },
  "openrouter-error-midstream.1": {
    style: "openai-chat",
    provider: "openrouter",
    error: { category: "server_error", status: 502, partialText: "Once upon" },
  },
  "deepseek-reasoning.1": {
    style: "openai-chat",
    provider: "deepseek",
    result: { text: "Yes.", thinking: "Hm, yes.", usage: { inputTokens: 11, outputTokens: 6, cacheReadTokens: 8 } },
  },
  "local-inline-think.1": {
    style: "openai-chat",
    provider: "local",
    result: { text: "It is 7 < 8.", thinking: "Maybe <b>7</b>." },
  },
  "local-thinking-only.1": {
    style: "openai-chat",
    provider: "local",
    result: { text: "The answer is 42.", thinking: "The answer is 42.", stopReason: "end_turn" },
  },
  "local-empty-completion.1": {
    style: "openai-chat",
    provider: "local",
    error: {
      kind: "transient",
      message: "local model m reported completion_tokens=12 but delivered no content, reasoning, or tool calls",
      usage: { outputTokens: 12 },
    },
  },
  "vllm-odd-tools.1": {
    style: "openai-chat",
    provider: "vllm",
    result: {
      toolCalls: [
        { id: "call_1", name: "first", input: { n: 1 } },
        { id: "x", name: "second", input: { n: 2 } },
        { id: "y", name: "third", input: { n: 3 } },
        { id: "call_2", name: "fourth", input: { n: 4 } },
      ],
      stopReason: "tool_use",
      rawStopReason: "stop",
    },
    warnings: ["A tool call of type `tool_search_call` was kept"],
  },
  "groq-usage.1": {
    style: "openai-chat",
    provider: "groq",
    result: { text: "fast", usage: { inputTokens: 5, outputTokens: 1, exact: true } },
  },
  "azure-filter-results.1": { style: "openai-chat", provider: "azure_openai", result: { text: "ok" } },
  "openai-chat-strange.1": {
    style: "openai-chat",
    result: { text: "from parts", thinking: "hm", stopReason: "brand_new_reason", rawStopReason: "brand_new_reason" },
    warnings: [
      "openai sent an unknown event that is no JSON; it is kept as it came",
      "openai sent an unknown event that is no object; it is kept as it came",
      "openai sent an unknown event without choices; it is kept as it came",
      "openai sent an unknown content part `hologram`; it is kept as it came",
    ],
  },
  "openai-chat-garbled.1": {
    style: "openai-chat",
    error: { category: "transient_network", reason: "malformed", partialText: "so far so good" },
  },
  "openai-responses-text.1": {
    style: "openai-responses",
    result: {
      text: GREETING,
      stopReason: "end_turn",
      rawStopReason: "completed",
      responseId: "resp_1",
      usage: {
        inputTokens: 50,
        outputTokens: 20,
        cacheReadTokens: 32,
        cacheWriteTokens: 0,
        reasoningTokens: 9,
        exact: true,
      },
    },
  },
  "openai-responses-reasoning-tools.1": {
    style: "openai-responses",
    result: {
      toolCalls: ids("call_a", "call_b"),
      thinkingSummary: "Two files.",
      thinkingParts: [{ text: "Two files.", signature: "openai:rs_1", redacted: "openai:gAAAA" }],
      stopReason: "tool_use",
    },
  },
  "openai-responses-incomplete.1": {
    style: "openai-responses",
    result: { text: "cut sh", stopReason: "max_tokens", rawStopReason: "max_output_tokens" },
  },
  "openai-responses-failed.1": {
    style: "openai-responses",
    error: {
      message: "openai error in the answer [http_error]: The server had an error",
      partialText: "so ",
      usage: { inputTokens: 50 },
    },
  },
  "openai-responses-cut.1": { style: "openai-responses", error: { reason: "truncated", partialText: "Half" } },
  "openai-responses-kept.1": {
    style: "openai-responses",
    result: { text: "news" },
    warnings: [
      "openai sent an unknown event `response.web_search_call.searching`; it is kept as it came",
      "An output item `web_search_call` was kept",
    ],
  },
  "ollama-text.1": {
    style: "ollama",
    result: {
      text: GREETING,
      model: "qwen3:8b",
      stopReason: "end_turn",
      rawStopReason: "stop",
      usage: { inputTokens: 26, outputTokens: 7, exact: true },
    },
  },
  "ollama-thinking-tools.1": {
    style: "ollama",
    result: { thinking: "Two files.", toolCalls: ids("call_1", "call_2"), stopReason: "tool_use" },
  },
  "ollama-error.1": {
    style: "ollama",
    error: { category: "transient_network", kind: "transient", partialText: "one moment" },
  },
  "ollama-cut.1": { style: "ollama", error: { reason: "truncated", partialText: "Half an" } },
  "ollama-raw.1": {
    style: "ollama",
    result: { text: "<tool_call>read({})</tool_call>", thinking: "hm", stopReason: "max_tokens" },
  },
  "ollama-empty.1": { style: "ollama", error: { kind: "transient", usage: { outputTokens: 14 } } },
  "gemini-text.1": {
    style: "gemini",
    result: {
      text: GREETING,
      model: "gemini-2.5-flash",
      stopReason: "end_turn",
      rawStopReason: "STOP",
      usage: {
        inputTokens: 20,
        outputTokens: 17,
        cacheReadTokens: 16,
        cacheWriteTokens: 0,
        reasoningTokens: 11,
        exact: true,
      },
    },
  },
  "gemini-thoughts-tools.1": {
    style: "gemini",
    result: {
      text: "Reading.",
      thinkingSummary: "**Two** files",
      thinkingParts: [{ text: "**Two** files", signature: "gemini:c2lnVGV4dA==" }],
      toolCalls: [
        { id: "call_1", name: "read", input: { path: "a.txt" }, signature: "gemini:c2lnQ2FsbA==" },
        { id: "own", name: "read", input: { path: "b.txt" } },
      ],
      stopReason: "tool_use",
    },
  },
  "gemini-blocked.1": {
    style: "gemini",
    error: {
      kind: "terminal",
      reason: "content_policy",
      message: "gemini blocked the prompt: SAFETY",
      usage: { inputTokens: 9 },
    },
  },
  "gemini-safety.1": { style: "gemini", result: { text: "I will", stopReason: "SAFETY", rawStopReason: "SAFETY" } },
  "gemini-error.1": { style: "gemini", error: { category: "overloaded", status: 503, partialText: "I " } },
  "gemini-cut.1": {
    style: "gemini",
    error: { reason: "truncated", partialText: "Half", usage: { inputTokens: 20, outputTokens: 1 } },
  },
  "gemini-kept-part.1": {
    style: "gemini",
    result: { text: "2" },
    warnings: ["A part `executableCode` was kept"],
  },
  "bedrock-text.1": {
    style: "bedrock",
    result: {
      text: GREETING,
      stopReason: "end_turn",
      rawStopReason: "end_turn",
      usage: { inputTokens: 46, outputTokens: 9, cacheReadTokens: 30, cacheWriteTokens: 4, exact: true },
    },
  },
  "bedrock-thinking-tools.1": {
    style: "bedrock",
    result: {
      text: "Reading both.",
      thinking: "Two files at once.",
      thinkingParts: [{ text: "Two files at once.", signature: "EqQBCgIY" }],
      toolCalls: ids("tooluse_a", "tooluse_b"),
      stopReason: "tool_use",
      usage: { inputTokens: 40, outputTokens: 61, exact: true },
    },
  },
  "bedrock-redacted-kept.1": {
    style: "bedrock",
    result: {
      text: "Found it.",
      thinkingParts: [{ text: "", redacted: "c2VjcmV0" }],
      toolCalls: [],
      stopReason: "guardrail_intervened",
    },
    warnings: [
      "bedrock sent an unknown content block `hologram`; it is kept as it came",
      "A citation was kept",
      "bedrock sent an unknown delta `sparkle`; it is kept as it came",
      "bedrock sent an unknown event `weatherReport`; it is kept as it came",
    ],
  },
  "bedrock-throttled.1": {
    style: "bedrock",
    error: {
      category: "rate_limit",
      kind: "transient",
      status: 429,
      message:
        "bedrock error in the answer [rate_limited]: throttlingException: Too many tokens, please wait before trying again.",
      partialText: "I was about to",
    },
  },
  "bedrock-model-error.1": {
    style: "bedrock",
    error: { category: "server_error", kind: "transient", status: 500, partialText: "so " },
  },
  "bedrock-cut.1": {
    style: "bedrock",
    error: { category: "transient_network", reason: "truncated", partialText: "Half an ans" },
  },
  "bedrock-no-metadata.1": {
    style: "bedrock",
    result: { text: "short", stopReason: "max_tokens", usage: { exact: false } },
  },
};

const PROVIDERS: Partial<Record<ApiStyle, string>> = { "openai-chat": "openai", "openai-responses": "openai" };

function inputOf(expectation: Expectation): ModelInput {
  const provider = expectation.provider ?? PROVIDERS[expectation.style] ?? expectation.style;
  return { provider, model: "m", messages: [{ role: "user", content: "go" }], ...expectation.input };
}

function fold(input: ModelInput, chunks: readonly ModelChunk[]): ModelResult {
  const folder = createResultFolder(input);
  for (const chunk of chunks) folder.push(chunk);
  return folder.result();
}

describe("HTTP-07: answers of providers", () => {
  it("every fixture has an expectation, and the other way round", () => {
    const names = readdirSync(new URL("./__fixtures__/", import.meta.url))
      .filter((name) => name.endsWith(".chunks.jsonl"))
      .map((name) => name.replace(".chunks.jsonl", ""));
    expect(names.sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it.each(Object.keys(EXPECTED))("%s", (name) => {
    const expectation = EXPECTED[name]!;
    const input = inputOf(expectation);
    const bytes = fixtureBytes(name, expectation.style);
    const decoded = decodePieces(expectation.style, input, [bytes]);
    if (expectation.error) {
      expect(decoded.error).toMatchObject({ provider: input.provider, model: "m", ...expectation.error });
    } else {
      expect(decoded.error).toBeUndefined();
      const result = fold(input, decoded.chunks);
      expect(result).toMatchObject(expectation.result ?? {});
      expect(result.thinkingParts).toEqual(expectation.result?.thinkingParts ?? result.thinkingParts);
      expect(decoded.chunks.at(-1)?.type).toBe("done");
    }
    const warnings = decoded.chunks.flatMap((chunk) => (chunk.type === "warning" ? [chunk] : []));
    expect(warnings.map((warning) => warning.message)).toEqual(expectation.warnings ?? []);
    expect(warnings.every((warning) => warning.raw !== undefined)).toBe(true);
    expectWellFormed(decoded);
  });

  it.each(Object.keys(EXPECTED))("%s comes out the same whatever the chunk borders", (name) => {
    const expectation = EXPECTED[name]!;
    const input = inputOf(expectation);
    const bytes = fixtureBytes(name, expectation.style);
    const whole = decodePieces(expectation.style, input, [bytes]);
    const same = (pieces: Uint8Array[]) => {
      const decoded = decodePieces(expectation.style, input, pieces);
      expect(decoded.chunks).toEqual(whole.chunks);
      expect(decoded.error?.message).toBe(whole.error?.message);
      expect(decoded.error?.partialText).toBe(whole.error?.partialText);
    };
    same(cutBytes(bytes, [...bytes.keys()]));
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 30 }), (places) =>
        same(cutBytes(bytes, places)),
      ),
      { numRuns: 20 },
    );
  });
});

describe("a stream that is cut anywhere", () => {
  const complete = Object.keys(EXPECTED).filter((name) => EXPECTED[name]!.error === undefined);

  it.each(complete)("%s never passes for complete before its terminal event", (name) => {
    const expectation = EXPECTED[name]!;
    const input = inputOf(expectation);
    const bytes = fixtureBytes(name, expectation.style);
    const full = fold(input, decodePieces(expectation.style, input, [bytes]).chunks);
    for (let length = 0; length < bytes.length; length += 3) {
      const decoded = decodePieces(expectation.style, input, [bytes.subarray(0, length)]);
      const result = fold(input, decoded.chunks);
      expect(full.text.startsWith(decoded.error?.partialText ?? "")).toBe(true);
      if (decoded.error) {
        expect(decoded.error).toMatchObject({ category: "transient_network", reason: "truncated" });
        expect(decoded.chunks.some((chunk) => chunk.type === "done")).toBe(false);
      } else {
        // The terminal event had come; only an afterthought may be missing.
        expect(result.text).toBe(full.text);
        expect(result.toolCalls).toEqual(full.toolCalls);
        expect(result.stopReason).toBe(full.stopReason);
      }
      expectWellFormed(decoded);
    }
  });
});

/** The grammar of the contract: start first, ends after starts, one done, nothing after it. */
function expectWellFormed({ chunks, error }: Decoded): void {
  const started = new Set<string>();
  const ended = new Set<string>();
  for (const [at, chunk] of chunks.entries()) {
    if (chunk.type === "response-start")
      expect(chunks.slice(0, at).every((before) => before.type === "warning")).toBe(true);
    if (chunk.type === "tool-call-start") {
      expect(started.has(chunk.id)).toBe(false);
      started.add(chunk.id);
    }
    if (chunk.type === "tool-call-delta") expect(started.has(chunk.id) && !ended.has(chunk.id)).toBe(true);
    if (chunk.type === "tool-call-end") {
      expect(started.has(chunk.id) && !ended.has(chunk.id)).toBe(true);
      ended.add(chunk.id);
    }
    if (chunk.type === "done") expect(at).toBe(chunks.length - 1);
  }
  if (!error) expect(ended).toEqual(started);
}
