import { describe, expect, it } from "vitest";
import { result, user } from "../../../test/agent/compaction-lab.ts";
import { usage } from "../../../test/agent/support.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { contextWindowOf } from "./context-window.ts";
import { anchoredTokens, estimateMessageTokens, estimateTextTokens } from "./estimate.ts";

describe("estimates", () => {
  it.each([
    ["abcde", 2],
    ["漢字漢字", 4],
    ["hi漢字", 3],
    ["", 0],
    [" \n\t", 0],
    ["🎉🎉", 2],
    ["é", 1],
  ])("COMPACT-06 COMPACT-T01 %j is %i", (text, tokens) => {
    expect(estimateTextTokens(text)).toBe(tokens);
  });

  it("COMPACT-07 per message: text, thinking, calls, results; at least 1; attachments count nothing", () => {
    expect(estimateMessageTokens(user(""))).toBe(1);
    const image = { kind: "image", mediaType: "image/png", base64: "A".repeat(1000) } as const;
    expect(estimateMessageTokens({ role: "user", content: "abcd", attachments: [image] })).toBe(1);
    expect(estimateMessageTokens(result("1", "abcdefgh"))).toBe(2 + 16);
    expect(
      estimateMessageTokens({
        role: "assistant",
        text: "abcd",
        thinking: [{ text: "abcdefgh", signature: "abcd" }],
        toolCalls: [{ id: "x", name: "abcd", input: { a: 1 } }],
      }),
    ).toBe(1 + 2 + 1 + 2 + 1 + 8);
  });

  it("COMPACT-16 COMPACT-T02 the newest anchor counts by its input tokens, cached ones not again; without one all is estimated", () => {
    const anchored: RecordedMessage = { role: "assistant", text: "abcd", toolCalls: [], usage: usage(500, 20, 400) };
    const older: RecordedMessage = { role: "assistant", text: "x", toolCalls: [], usage: usage(9999, 1) };
    const messages = [user("a".repeat(4000)), older, user("b"), anchored, user("abcdefgh")];
    expect(anchoredTokens(messages, 77)).toBe(500 + 1 + 2);
    expect(anchoredTokens([user("abcdefgh")], 77)).toBe(79);
  });

  it("COMPACT-14 COMPACT-T01 context windows by name, first match wins", () => {
    const table: [string, number][] = [
      ["claude-opus-4-7", 1_000_000],
      ["Claude-Sonnet-4-6-20260101", 1_000_000],
      ["claude-3-haiku", 200_000],
      ["gpt-4o", 128_000],
      ["o1-preview", 200_000],
      ["o3", 200_000],
      ["o4-mini", 200_000],
      ["MiniMax-M2", 1_000_000],
      ["deepseek-v3", 1_000_000],
      ["llama-3", 128_000],
      ["foo1", 128_000],
    ];
    for (const [model, tokens] of table) expect(contextWindowOf(model), model).toBe(tokens);
  });
});
