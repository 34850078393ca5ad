import { describe, expect, it } from "vitest";
import { createVirtualHost } from "../../testing/virtual-host.ts";
import { createFakeLlm } from "../fake/fake-model.ts";
import { createLlmMocks } from "../mock/llm-mock.ts";
import { createModelRouter } from "../providers/model-router.ts";
import { decodeModelChunk, decodeModelError, decodeModelInput, encodeModelError } from "./decode.ts";
import type { ModelChunk, ModelInput } from "./model.ts";
import { ModelError } from "./model-error.ts";
import { createResultFolder, foldModelStream } from "./model-result.ts";

const INPUT: ModelInput = { provider: "p", model: "m", messages: [{ role: "user", content: "hi" }] };

function fold(...chunks: ModelChunk[]) {
  const folder = createResultFolder(INPUT);
  for (const chunk of chunks) folder.push(chunk);
  return folder.result();
}

const text = (delta: string, messageId = "m1"): ModelChunk => ({ type: "text-delta", messageId, delta });

describe("PROV-01, PROV-03: clients and results", () => {
  it("PROV-01: every client has a name, takes one request and answers with a stream or an error", async () => {
    const host = createVirtualHost();
    const clients = [createFakeLlm(host).client, createLlmMocks().client, createModelRouter(host)];
    expect(clients.map((client) => client.provider)).toEqual(["fake", "mock", "router"]);
    for (const client of clients) {
      const outcome = await foldModelStream(INPUT, client.stream(INPUT)).catch((error: unknown) => error);
      expect(outcome instanceof ModelError || typeof (outcome as { text: unknown }).text === "string").toBe(true);
    }
  });

  it("LOOP-07: a request is not changed by answering it", async () => {
    const frozen: ModelInput = Object.freeze({
      ...INPUT,
      provider: "mock",
      messages: Object.freeze(INPUT.messages.map((message) => Object.freeze(message))) as ModelInput["messages"],
    });
    await foldModelStream(frozen, createLlmMocks().client.stream(frozen));
  });

  it("PROV-03: a result has every field", () => {
    const usage = { inputTokens: 5, outputTokens: 3, cacheReadTokens: 2, cacheWriteTokens: 1, exact: true };
    expect(
      fold(
        { type: "response-start", model: "m-2026", responseId: "r", usage: { inputTokens: 5 } },
        { type: "thinking-delta", thinkingId: "t", delta: "hm", signature: "sig" },
        { type: "thinking-delta", thinkingId: "s", delta: "short", summary: true },
        text("a"),
        { type: "tool-call-start", id: "c", name: "read" },
        { type: "tool-call-delta", id: "c", delta: '{"p":' },
        text("b"),
        { type: "tool-call-delta", id: "c", delta: "1}" },
        { type: "tool-call-end", id: "c", signature: "call-sig" },
        { type: "heartbeat" },
        { type: "warning", message: "odd", raw: 1 },
        { type: "done", stopReason: "tool_use", rawStopReason: "tool_calls", usage, logprobs: [1] },
      ),
    ).toEqual({
      text: "ab",
      toolCalls: [{ id: "c", name: "read", input: { p: 1 }, signature: "call-sig" }],
      usage,
      model: "m-2026",
      provider: "p",
      thinking: "hm",
      thinkingSummary: "short",
      thinkingParts: [{ text: "hm", signature: "sig" }],
      stopReason: "tool_use",
      rawStopReason: "tool_calls",
      blocks: [
        { type: "reasoning", text: "hm", visibility: "private" },
        { type: "reasoning_summary", text: "short", visibility: "private" },
        { type: "output_text", text: "ab", visibility: "public" },
        { type: "tool_call", id: "c", name: "read", arguments: { p: 1 }, visibility: "internal" },
      ],
      logprobs: [1],
      responseId: "r",
      warnings: ["odd"],
    });
  });

  it("PROV-03: what was not told is absent or zero", () => {
    expect(fold(text("x"))).toEqual({
      text: "x",
      toolCalls: [],
      usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, exact: false },
      model: "m",
      provider: "p",
      thinkingParts: [],
      stopReason: "end_turn",
      blocks: [{ type: "output_text", text: "x", visibility: "public" }],
      logprobs: [],
      warnings: [],
    });
  });

  it("PROV-03: usage of the start counts when the stream dies; who answers may not be who was asked", () => {
    const result = fold({ type: "response-start", provider: "mock", usage: { inputTokens: 9 } });
    expect(result).toMatchObject({ provider: "mock", usage: { inputTokens: 9, exact: false } });
  });

  it.each<[string, ModelChunk[], unknown]>([
    [
      "a given input wins over deltas",
      [
        { type: "tool-call-delta", id: "c", delta: "{" },
        { type: "tool-call-end", id: "c", input: 7 },
      ],
      7,
    ],
    ["no deltas are an empty object", [{ type: "tool-call-end", id: "c" }], {}],
    ["space is an empty object", [{ type: "tool-call-delta", id: "c", delta: " \n" }], {}],
  ])("LOOP-12: %s", (_, chunks, input) => {
    expect(fold({ type: "tool-call-start", id: "c", name: "t" }, ...chunks).toolCalls[0]?.input).toEqual(input);
  });

  it("LOOP-12: arguments that cannot be read say so", () => {
    const result = fold(
      { type: "tool-call-start", id: "c", name: "t" },
      { type: "tool-call-delta", id: "c", delta: '{"a":' },
    );
    expect(result.toolCalls[0]?.input).toEqual({
      __parse_error: expect.stringMatching(/^Could not parse tool arguments as JSON: .* Raw input: \{"a":$/),
    });
    expect(result.stopReason).toBe("tool_use");
  });

  it("LOOP-11: deltas of unknown calls are ignored, empty text is nothing, texts of several ids stay apart", () => {
    const result = fold(
      { type: "tool-call-delta", id: "x", delta: "1" },
      { type: "tool-call-end", id: "x" },
      text(""),
      text("a"),
      text("b", "m2"),
      text("c"),
    );
    expect(result.toolCalls).toEqual([]);
    expect(result.blocks.map((block) => block["text"])).toEqual(["ac", "b"]);
  });
});

describe("stored data", () => {
  it("reads what was written, and lets newer fields pass", () => {
    const input = {
      ...INPUT,
      messages: [
        { role: "user", content: "a" },
        { role: "assistant", text: "b", toolCalls: [{ id: "c", name: "d", input: 1 }], future: true },
        { role: "tool", toolCallId: "c", content: "e", isError: false },
      ],
      tools: [{ name: "t", description: "", inputSchema: {} }],
      maxTokens: 5,
      cache: true,
    };
    expect(decodeModelInput(input)).toBe(input);
  });

  it.each<[unknown, string]>([
    [null, "Expected `input` to be an object, found null"],
    [{ provider: "p" }, "Expected `input.model` to be a string, found nothing"],
    [{ ...INPUT, messages: {} }, "Expected `input.messages` to be a list, found {}"],
    [
      { ...INPUT, messages: [{ role: "judge" }] },
      'Expected `input.messages[0].role` to be `user`, `assistant` or `tool`, found "judge"',
    ],
    [
      { ...INPUT, messages: [{ role: "assistant" }] },
      "Expected `input.messages[0].toolCalls` to be a list, found nothing",
    ],
    [
      { ...INPUT, tools: [{ name: "t", description: "" }] },
      "Expected `input.tools[0].inputSchema` to be an object, found nothing",
    ],
    [{ ...INPUT, maxTokens: "5" }, 'Expected `input.maxTokens` to be a number, found "5"'],
    [{ ...INPUT, sampling: 3 }, "Expected `input.sampling` to be an object, found 3"],
  ])("refuses the input %j", (value, message) => {
    expect(() => decodeModelInput(value)).toThrow(message);
  });

  it("LOOP-08: knows every kind of chunk, and no other", () => {
    const chunks: ModelChunk[] = [
      { type: "response-start" },
      text("a"),
      { type: "thinking-delta", thinkingId: "t", delta: "" },
      { type: "tool-call-start", id: "c", name: "n" },
      { type: "tool-call-delta", id: "c", delta: "" },
      { type: "tool-call-end", id: "c" },
      { type: "heartbeat" },
      { type: "warning", message: "" },
      { type: "done", stopReason: "end_turn" },
    ];
    for (const chunk of chunks) expect(decodeModelChunk(chunk)).toBe(chunk);
    for (const bad of [
      null,
      3,
      {},
      { type: "x" },
      { type: "text-delta" },
      { type: "done" },
      { type: "tool-call-end" },
    ]) {
      expect(() => decodeModelChunk(bad)).toThrow("Expected `chunk.");
    }
  });

  it("an error that comes back is the same error; an odd category is generic", () => {
    const error = new ModelError("m", {
      category: "rate_limit",
      kind: "transient",
      reason: "rate_limit",
      provider: "p",
      model: "m",
      retryAfterMs: 1,
      status: 429,
      body: "b",
      partialText: "t",
      usage: { inputTokens: 1, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, exact: false },
      cause: new Error("stays here"),
    });
    const data = encodeModelError(error);
    expect(JSON.stringify(data)).not.toContain("stays here");
    expect(encodeModelError(decodeModelError(data))).toEqual(data);
    expect(decodeModelError({ ...data, category: "odd" }).category).toBe("generic");
    expect(() => decodeModelError({ message: 1 })).toThrow("Expected `error.message`");
  });
});
