import { describe, expect, it } from "vitest";
import { answer, callTool, done, modelError, say, started, think, usage } from "../../../test/agent/support.ts";
import { echoTool, run, types } from "../../../test/agent/turn-lab.ts";
import { createToolRuntime, defineTool } from "../tools/define-tool.ts";
import type { TurnError } from "./turn-error.ts";

describe("the answers of a turn", () => {
  it("LOOP-T03 LOOP-09 LOOP-10 LOOP-22 forwards each delta under the step's id", async () => {
    const { events } = await run([[started, say("one "), say("two "), say("three"), done()]]);
    expect(events.slice(0, 3)).toEqual([
      { type: "text-delta", messageId: "msg_native_0", delta: "one " },
      { type: "text-delta", messageId: "msg_native_0", delta: "two " },
      { type: "text-delta", messageId: "msg_native_0", delta: "three" },
    ]);
    expect(events[3]).toMatchObject({ type: "turn-end", stopReason: "end_turn" });
  });

  it("LOOP-T15 LOOP-81 LOOP-82 LOOP-83 thinking is shown, its signature only kept", async () => {
    const { events, model, messages } = await run(
      [
        [
          started,
          think("Let me "),
          think("see."),
          think("", "sig-1"),
          ...callTool("tc", "read", { path: "a" }),
          done(),
        ],
        [started, think("", "sig-only"), say("Answer."), done()],
      ],
      { tools: createToolRuntime([echoTool()]) },
    );
    expect(types(events)).toEqual([
      "thinking-delta",
      "thinking-delta",
      "tool-call",
      "tool-result",
      "text-delta",
      "turn-end",
    ]);
    expect(events[0]).toEqual({ type: "thinking-delta", messageId: "thinking_native_0", delta: "Let me " });
    expect(events[4]).toMatchObject({ messageId: "msg_native_1" });
    expect(model.inputs[1]!.messages[1]).toMatchObject({ thinking: [{ text: "Let me see.", signature: "sig-1" }] });
    expect(messages.at(-1)).toMatchObject({
      thinking: [{ text: "", signature: "sig-only" }],
      text: "Answer.",
    });
  });

  it("LOOP-82 separate thinking blocks stay separate, encrypted ones go back verbatim", async () => {
    const block = (thinkingId: string, delta: string, rest: object) =>
      ({ type: "thinking-delta", thinkingId, delta, ...rest }) as const;
    const { messages } = await run([
      [
        started,
        block("a", "one", { signature: "s1" }),
        block("b", "", { redacted: "xyz" }),
        block("a", "!", { signature: "s2" }),
        say("x"),
        done(),
      ],
    ]);
    expect(messages.at(-1)).toMatchObject({
      thinking: [
        { text: "one!", signature: "s2" },
        { text: "", redacted: "xyz" },
      ],
    });
  });

  it("what the provider wants back with a call goes back; its summary of thinking is shown only", async () => {
    const { events, model } = await run(
      [
        [
          started,
          { type: "thinking-delta", thinkingId: "s", delta: "In short", summary: true },
          { type: "tool-call-start", id: "1", name: "read" },
          { type: "tool-call-end", id: "1", input: { path: "a" }, signature: "call-sig" },
          done(),
        ],
        answer("x"),
      ],
      { tools: createToolRuntime([echoTool()]) },
    );
    expect(events[0]).toMatchObject({ type: "thinking-delta", delta: "In short" });
    expect(model.inputs[1]!.messages[1]).toEqual({
      role: "assistant",
      toolCalls: [{ id: "1", name: "read", input: { path: "a" }, signature: "call-sig" }],
    });
  });

  it("LOOP-13 LOOP-14 a second done overwrites the first; a stream that closes without one ended with end_turn", async () => {
    const twice = await run([[started, say("x"), done("length", usage(1, 1)), done("stop_sequence", usage(2, 2))]]);
    expect(twice.end).toMatchObject({ stopReason: "stop_sequence", usage: { inputTokens: 2 } });
    const never = await run([[started, say("x")]]);
    expect(never.end).toMatchObject({ type: "turn-end", stopReason: "end_turn" });
    expect(never.end).not.toHaveProperty("usage");
  });

  it("LOOP-26 LOOP-38 the provider's stop reason is passed through, an empty text with another reason ends normally", async () => {
    const { end, messages } = await run([[started, done("refusal")]]);
    expect(end).toMatchObject({ type: "turn-end", stopReason: "refusal" });
    expect(messages).toEqual([{ role: "user", content: "go" }]);
  });

  it.each([
    ["LOOP-90 LOOP-T21 blank text with end_turn", "  \n", "end_turn"],
    ["LOOP-90 LOOP-T21 empty text with max_tokens", "", "max_tokens"],
  ])("%s is a silent stop", async (_name, text, reason) => {
    const { end, events } = await run([[started, say(text), done(reason, usage(7, 1))]]);
    expect(events).toHaveLength(1);
    expect(end).toMatchObject({
      type: "turn-error",
      error: {
        kind: "other",
        detail: `silent_stop: model returned stop_reason=${reason} with empty text and no tool calls`,
        message: expect.stringMatching(/^model other error: silent_stop/),
      },
      finalMessages: [{ role: "user", content: "go" }],
      usage: { inputTokens: 7 },
    });
  });

  it("LOOP-91 leading whitespace waits for the first visible character", async () => {
    const { events } = await run([[started, say("\n"), say(""), say("  "), say("Hi"), say(" "), done()]]);
    expect(events.slice(0, -1)).toMatchObject([{ delta: "\n  Hi" }, { delta: " " }]);
  });

  it("LOOP-16 LOOP-18 LOOP-50 each category of model error becomes its kind of turn error", async () => {
    const table = [
      ["rate_limit", "rate-limit", "model rate limit: m"],
      ["auth", "auth", "model auth error: m"],
      ["server_error", "server-error", "model server error: m"],
      ["overloaded", "server-error", "model server error: m"],
      ["transient_network", "network", "model network error: m"],
      ["timeout", "network", "model network error: m"],
      ["not_found", "bad-request", "model bad request: m"],
      ["generic", "other", "model other error: m"],
    ] as const;
    for (const [category, kind, message] of table) {
      const { end } = await run(Array.from({ length: 4 }, () => [modelError(category, "m")]));
      expect(end).toMatchObject({ type: "turn-error", error: { kind, message, detail: "m" } });
      expect((end as { error: TurnError }).error.modelError?.category).toBe(category);
    }
    const overflow = await run([[modelError("generic", "m", { reason: "context_overflow" })]]);
    expect(overflow.end).toMatchObject({ error: { kind: "context-overflow", message: "model context overflow: m" } });
    const invalid = await run([[modelError("generic", "m", { reason: "invalid_request" })]]);
    expect(invalid.end).toMatchObject({ error: { kind: "bad-request" } });
  });

  it("LOOP-99 assistant messages keep the usage of their step", async () => {
    const { messages } = await run([answer("x", usage(3, 4))]);
    expect(messages.at(-1)).toMatchObject({ usage: { inputTokens: 3 } });
  });

  it("LOOP-100 long results are sent shortened, always the same way, and kept whole", async () => {
    const long = `${"a".repeat(6000)}${"🎉".repeat(6000)}`;
    const tool = defineTool({ name: "t", description: "", input: {}, execute: () => long });
    const { model, messages } = await run(
      [[started, ...callTool("1", "t", {}), done()], [started, ...callTool("2", "t", {}), done()], answer("x")],
      { tools: createToolRuntime([tool]) },
    );
    const sent = model.inputs.slice(1).map((input) => input.messages[2]!);
    const content = (sent[0] as { content: string }).content;
    expect([...content].length).toBeLessThan(3100);
    expect(content.startsWith(`"${"a".repeat(1499)}`)).toBe(true);
    expect(content.endsWith(`${"🎉".repeat(1499)}"`)).toBe(true);
    expect(sent[1]).toEqual(sent[0]);
    expect(messages[2]).toMatchObject({ content: JSON.stringify(long) });
    const whole = await run([[started, ...callTool("1", "t", {}), done()], answer("x")], {
      tools: createToolRuntime([tool]),
      shortenResults: false,
    });
    expect((whole.model.inputs[1]!.messages[2] as { content: string }).content).toBe(JSON.stringify(long));
  });
});
