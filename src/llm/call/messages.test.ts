import { describe, expect, test } from "vitest";
import type { Json } from "../../base/index.ts";
import type { ModelResult } from "../spec/model-result.ts";
import { NO_USAGE } from "../spec/model-result.ts";
import { assistantTurn, readMessages } from "./messages.ts";

const one = (message: Json) => readMessages([message]).messages[0];

describe("reading", () => {
  test.each<[string, Json, unknown]>([
    ["a plain user message", { role: "user", content: "hi" }, { role: "user", content: "hi" }],
    ["no role is user", { content: "hi" }, { role: "user", content: "hi" }],
    ["no content", { role: "user" }, { role: "user", content: "" }],
    ["text blocks", { role: "user", content: [{ type: "text", text: "a" }, "b"] }, { role: "user", content: "a\n\nb" }],
    [
      "OPT-21 an image with detail",
      {
        role: "user",
        content: [
          { type: "text", text: "see" },
          { type: "image", base64: "AA", media_type: "image/png", detail: "low" },
        ],
      },
      {
        role: "user",
        content: "see",
        attachments: [{ kind: "image", base64: "AA", mediaType: "image/png", detail: "low" }],
      },
    ],
    [
      "a tool result",
      { role: "tool_result", tool_use_id: "t1", content: "ok" },
      { role: "tool", toolCallId: "t1", content: "ok", isError: false },
    ],
    [
      "a tool message of the other habit",
      { role: "tool", tool_call_id: "t1", tool_name: "read", content: "bad", is_error: true },
      { role: "tool", toolCallId: "t1", toolName: "read", content: "bad", isError: true },
    ],
    [
      "an assistant with OpenAI-style calls",
      {
        role: "assistant",
        content: "",
        tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: '{"a":1}' } }],
      },
      { role: "assistant", toolCalls: [{ id: "c", name: "f", input: { a: 1 } }] },
    ],
    [
      "an assistant with blocks, signed reasoning kept, unsigned dropped",
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "hm", signature: "s" },
          { type: "reasoning", text: "unsigned" },
          { type: "text", text: "x" },
          { type: "tool_use", id: "c", name: "f", input: {} },
        ],
      },
      {
        role: "assistant",
        text: "x",
        thinking: [{ text: "hm", signature: "s" }],
        toolCalls: [{ id: "c", name: "f", input: {} }],
      },
    ],
    [
      "arguments that do not parse are kept as they were said",
      { role: "assistant", tool_calls: [{ id: "c", function: { name: "f", arguments: "{a" } }] },
      { role: "assistant", toolCalls: [{ id: "c", name: "f", input: "{a" }] },
    ],
  ])("%s", (_name, message, expected) => {
    expect(one(message)).toEqual(expected);
  });

  test("system messages join the system prompt; what is no dict is dropped", () => {
    const read = readMessages([
      { role: "system", content: "A" },
      7,
      { role: "user", content: "u" },
      { role: "system", content: "B" },
    ]);
    expect(read).toEqual({ messages: [{ role: "user", content: "u" }], system: "A\n\nB" });
  });

  test("a tool result inside a user message becomes a message of its own, in place", () => {
    const content = [
      { type: "text", text: "before" },
      { type: "tool_result", tool_use_id: "t", content: [{ type: "text", text: "r" }] },
      { type: "text", text: "after" },
    ];
    expect(readMessages([{ role: "user", content }]).messages).toEqual([
      { role: "user", content: "before" },
      { role: "tool", toolCallId: "t", content: "r", isError: false },
      { role: "user", content: "after" },
    ]);
  });

  test.each([
    [{ type: "image", media_type: "image/png" }, "image content requires exactly one of url or base64"],
    [{ type: "image", url: "u", base64: "b", media_type: "image/png" }, "requires exactly one of url or base64"],
    [{ type: "image", url: "u" }, "image content requires media_type"],
    [{ type: "image", url: "u", media_type: "image/png", detail: "ultra" }, 'must be "low", "high", or "auto"'],
    [{ type: "pdf", media_type: "application/pdf" }, "pdf content requires exactly one"],
  ])("OPT-21 %j is an error", (block, message) => {
    expect(() => readMessages([{ role: "user", content: [block] }])).toThrow(message);
  });

  test("an image that names a stored asset is told as text", () => {
    expect(one({ role: "user", content: [{ type: "image", asset_id: "a1" }] })).toMatchObject({
      content: expect.stringContaining("a1"),
    });
  });
});

describe("writing back", () => {
  const base: ModelResult = {
    text: "hi",
    toolCalls: [],
    usage: NO_USAGE,
    model: "m",
    provider: "p",
    thinkingParts: [],
    stopReason: "end_turn",
    blocks: [{ type: "output_text", text: "hi", visibility: "public" }],
    logprobs: [],
    warnings: [],
  };

  test("RES-08 an assistant turn reads back as what it was", () => {
    const results: ModelResult[] = [
      base,
      { ...base, toolCalls: [{ id: "c", name: "f", input: { a: [1] } }] },
      {
        ...base,
        thinking: "hm",
        thinkingParts: [{ text: "hm", signature: "s" }],
        blocks: [{ type: "reasoning", text: "hm", visibility: "private" }, ...base.blocks],
      },
    ];
    for (const result of results) {
      const back = one(assistantTurn(result));
      expect(back).toEqual({
        role: "assistant",
        text: "hi",
        toolCalls: result.toolCalls,
        ...(result.thinkingParts.length > 0 ? { thinking: result.thinkingParts } : {}),
      });
    }
  });
});
