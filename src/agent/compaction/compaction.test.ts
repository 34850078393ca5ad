import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answer,
  brokenRules,
  callTool,
  collect,
  createTestHost,
  done,
  modelError,
  type Script,
  type ScriptedModel,
  say,
  scriptedModel,
  started,
  usage,
} from "../../../test/agent/support.ts";
import { CancelToken } from "../../base/index.ts";
import type { Message, ModelInput } from "../../llm/index.ts";
import { isHealthy } from "../context/heal.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { createToolRuntime, defineTool } from "../tools/define-tool.ts";
import { NO_TOOLS } from "../tools/tool-runtime.ts";
import type { Harness } from "../turn/harness.ts";
import { runTurn } from "../turn/run-turn.ts";
import type { TerminalEvent, TurnEvent } from "../turn/turn-event.ts";
import type { CompactionContext, CompactionStrategy } from "./compaction-policy.ts";
import { contextWindowOf } from "./context-window.ts";
import {
  anchoredTokens,
  estimateMessageTokens,
  estimateOverhead,
  estimateTextTokens,
  estimateTokens,
} from "./estimate.ts";
import { cutToTokens, fitToWindow, SMALLEST_WINDOW_TOKENS } from "./fit-window.ts";
import { handOffStrategy, PRUNED_RESULT, pruneResults, retainUserMessages } from "./hand-off-summary.ts";
import { summaryMessage } from "./history-cuts.ts";
import { microcompact } from "./microcompact.ts";
import { contentTokens, middleSummaryStrategy } from "./middle-summary.ts";
import { SUMMARY_INSTRUCTION } from "./request-summary.ts";
import { tailSummaryStrategy } from "./tail-summary.ts";

const request = { provider: "scripted", model: "test" };
const user = (content: string): RecordedMessage => ({ role: "user", content });
const assistant = (text: string): RecordedMessage => ({ role: "assistant", text, toolCalls: [] });
const calls = (...ids: string[]): RecordedMessage => ({
  role: "assistant",
  toolCalls: ids.map((id) => ({ id, name: "t", input: {} })),
});
const result = (id: string, content: string): RecordedMessage => ({
  role: "tool",
  toolCallId: id,
  content,
  isError: false,
});

function contextFor(
  scripts: readonly Script[],
  overrides: Partial<CompactionContext> = {},
): CompactionContext & { client: ScriptedModel } {
  const host = createTestHost();
  return {
    host,
    client: scriptedModel(host, scripts),
    request,
    system: "Be brief.",
    tools: [{ name: "t", description: "", inputSchema: {} }],
    windowTokens: 1000,
    signal: new CancelToken(),
    forced: false,
    ...overrides,
  } as CompactionContext & { client: ScriptedModel };
}

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

describe("tail summary", () => {
  const strategy = tailSummaryStrategy();
  const long = "a".repeat(400);

  it("COMPACT-04 COMPACT-05 COMPACT-T01 the gate: more than four messages, and strictly above three quarters", () => {
    const four = Array.from({ length: 4 }, () => user("a".repeat(40_000)));
    expect(strategy.shouldCompact(four, 100, 0)).toBe(false);
    const five = Array.from({ length: 5 }, () => user("a".repeat(60)));
    expect(estimateTokens(five)).toBe(75);
    expect(strategy.shouldCompact(five, 100, 0)).toBe(false);
    expect(strategy.shouldCompact(five, 99, 0)).toBe(true);
  });

  it("COMPACT-08 COMPACT-09 COMPACT-11 asks over the whole history with the turn's prompt and tools, keeps the tail from a user message on", async () => {
    const messages = [user("1"), assistant("2"), user("3"), assistant("4"), user("5"), assistant("6")];
    const context = contextFor([answer("  The summary. ", usage(50, 20))]);
    const outcome = await strategy.compact(messages, context);
    expect(outcome).toMatchObject({ summary: "The summary.", usage: { inputTokens: 50 } });
    expect(outcome.messages).toEqual([
      user("<conversation-summary>\nThe summary.\n</conversation-summary>"),
      ...messages.slice(2),
    ]);
    const input = context.client.inputs[0]!;
    expect(input).toMatchObject({ system: "Be brief.", toolChoice: "auto", tools: [{ name: "t" }] });
    expect(input).not.toHaveProperty("parallelToolCalls");
    expect(input.messages).toEqual([...messages, user(SUMMARY_INSTRUCTION)]);
    const odd = [user("1"), user("2"), assistant("3"), user("4"), assistant("5"), user("6")];
    expect((await strategy.compact(odd, contextFor([answer("S")]))).messages).toEqual([
      summaryMessage("S"),
      ...odd.slice(3),
    ]);
  });

  it.each<[string, Script]>([
    ["blank text", [started, say(" \n"), done()]],
    ["a tool call", [started, say("x"), ...callTool("1", "t", {}), done()]],
  ])("COMPACT-10 COMPACT-T01 %s is refused", async (_name, script) => {
    const messages = [user("1"), assistant("2"), user("3"), assistant("4"), user("5")];
    await expect(strategy.compact(messages, contextFor([script]))).rejects.toThrow(
      "model produced empty summary; refusing to fold history",
    );
  });

  it("COMPACT-10 LOOP-19 a failing client is told; one attempt, no retry", async () => {
    const messages = [user("1"), assistant("2"), user("3"), assistant("4"), user("5")];
    const context = contextFor([[modelError("rate_limit", "slow down")], answer("never")]);
    await expect(strategy.compact(messages, context)).rejects.toThrow("compaction model call failed: slow down");
    expect(context.client.inputs).toHaveLength(1);
  });

  it("COMPACT-12 a tail without a user message starts at an exchange: no paid summary is thrown away (defect of the original)", async () => {
    const messages = [
      user(long),
      calls("1"),
      result("1", long),
      calls("2"),
      result("2", long),
      calls("3"),
      result("3", long),
    ];
    const { messages: kept } = await strategy.compact(messages, contextFor([answer("S")]));
    expect(kept).toEqual([summaryMessage("S"), ...messages.slice(3)]);
  });

  it("COMPACT-13 COMPACT-T01 a short history is returned as it is without a call", async () => {
    const messages = [user("1"), assistant("2"), user("3"), assistant("4")];
    const context = contextFor([]);
    expect(await strategy.compact(messages, context)).toEqual({ messages });
    expect((await strategy.compact(messages, context)).messages).toBe(messages);
    expect(context.client.inputs).toHaveLength(0);
  });

  it("a history larger than the window is cut for the summary call", async () => {
    const messages = Array.from({ length: 30 }, (_, n) => user(`${n} ${long}`));
    const context = contextFor([answer("S")], { windowTokens: 500 });
    await strategy.compact(messages, context);
    expect(estimateTokens(context.client.inputs[0]!.messages)).toBeLessThanOrEqual(500);
  });

  it("options out of range are refused", () => {
    expect(() => tailSummaryStrategy({ triggerFraction: 0 })).toThrow(/triggerFraction/);
    expect(() => handOffStrategy({ triggerFraction: 1.5 })).toThrow(/triggerFraction/);
  });
});

describe("hand-off summary", () => {
  const big = "line of output\n".repeat(700);

  it("COMPACT-15 COMPACT-16 the gate: nine tenths, by anchor; overhead counts only without one", () => {
    const strategy = handOffStrategy();
    const messages = [
      user("1"),
      assistant("2"),
      user("3"),
      { role: "assistant", text: "4", toolCalls: [], usage: usage(895, 1) } as RecordedMessage,
      user("abcdefgh"),
    ];
    expect(strategy.shouldCompact(messages, 1000, 500)).toBe(false);
    expect(strategy.shouldCompact([...messages, user("a".repeat(40))], 1000, 0)).toBe(true);
    expect(strategy.shouldCompact([user("1"), user("2"), user("3"), user("4"), user("5")], 1000, 900)).toBe(true);
    expect(strategy.shouldCompact([user("a".repeat(9000))], 1000, 0)).toBe(false);
  });

  it("COMPACT-17 COMPACT-T02 old results are pruned, the newest two user turns and what lies before a summary are not", () => {
    const messages = [
      user("0"),
      calls("a"),
      result("a", big),
      summaryMessage("earlier"),
      user("1"),
      calls("b"),
      result("b", big),
      calls("c"),
      result("c", "short"),
      user("2"),
      calls("d"),
      result("d", big),
      user("3"),
      calls("e"),
      result("e", big),
    ];
    const { pruned, saved } = pruneResults(messages);
    expect(
      pruned.map((message, at) => (message === messages[at] ? undefined : at)).filter((at) => at !== undefined),
    ).toEqual([6]);
    expect(pruned[6]).toEqual(result("b", PRUNED_RESULT));
    expect(saved).toBe(estimateTextTokens(big) - estimateTextTokens(PRUNED_RESULT));
    expect(isHealthy(pruned)).toBe(true);
  });

  it("COMPACT-17 COMPACT-T02 a saving below 2,000 tokens is not worth it", () => {
    const messages = [user("1"), calls("b"), result("b", "x".repeat(4000)), user("2"), user("3")];
    expect(pruneResults(messages)).toEqual({ pruned: messages, saved: 0 });
  });

  it("COMPACT-18 COMPACT-T02 when pruning is enough nobody is asked and nothing is paid", async () => {
    const messages = [user("1"), calls("b"), result("b", big), user("2"), assistant("ok"), user("3")];
    const context = contextFor([], { windowTokens: 1000 });
    const outcome = await handOffStrategy().compact(messages, context);
    expect(outcome.usage).toBeUndefined();
    expect(outcome.messages[2]).toEqual(result("b", PRUNED_RESULT));
    expect(context.client.inputs).toHaveLength(0);
  });

  it("COMPACT-18 what pruning frees is subtracted once (defect of the original)", async () => {
    // 2,627 tokens are freed; what is left is 2,300 over 1,800. Counted twice it would seem to fit.
    const messages = [
      user("1"),
      calls("b"),
      result("b", big),
      user(`2${"a".repeat(9200)}`),
      assistant("ok"),
      user("3"),
    ];
    const context = contextFor([answer("S")], { windowTokens: 2000 });
    await handOffStrategy().compact(messages, context);
    expect(context.client.inputs).toHaveLength(1);
  });

  it("COMPACT-19 COMPACT-20 COMPACT-T02 user messages stay in order, attachments too, the summary comes last", async () => {
    const image = { kind: "image", mediaType: "image/png", url: "http://x" } as const;
    const messages: RecordedMessage[] = [
      summaryMessage("old"),
      { role: "user", content: "first", attachments: [image] },
      assistant("a"),
      user("second"),
      calls("1"),
      result("1", "r"),
    ];
    const outcome = await handOffStrategy().compact(messages, contextFor([answer("S", usage(5, 5))]));
    expect(outcome.messages).toEqual([messages[1], messages[3], summaryMessage("S")]);
    expect(outcome.usage).toMatchObject({ inputTokens: 5 });
  });

  it("COMPACT-20 newest first within the budget; the first that does not fit is cut, nothing older is kept", () => {
    const kept = retainUserMessages([user("oldest"), user("a".repeat(400)), user("b".repeat(200))], 80);
    expect(kept).toHaveLength(2);
    expect(kept[1]!.content).toBe("b".repeat(200));
    expect(estimateTextTokens(kept[0]!.content)).toBeLessThanOrEqual(30);
    expect(kept[0]!.content).toContain("[...]");
  });

  it("COMPACT-21 COMPACT-22 without a real user message the history stays, and nothing is paid", async () => {
    const messages = [summaryMessage("old"), calls("1"), result("1", "x"), calls("2"), result("2", "y")];
    const context = contextFor([]);
    expect((await handOffStrategy().compact(messages, context)).messages).toBe(messages);
  });
});

describe("middle summary (agent_loop)", () => {
  const chat = Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? user(`question ${n}`) : assistant(`answer ${n}`)));

  it("llm COMPACT-03 the threshold compares bytes / 4 plus system prompt, at or above", () => {
    const strategy = middleSummaryStrategy({ thresholdTokens: 12 });
    const messages = [user("ä".repeat(20))];
    expect(contentTokens(messages)).toBe(10);
    expect(strategy.shouldCompact(messages, 0, 1)).toBe(false);
    expect(strategy.shouldCompact(messages, 0, 2)).toBe(true);
    expect(middleSummaryStrategy().shouldCompact([user("a".repeat(4 * 48_000))], 0, 0)).toBe(true);
    expect(middleSummaryStrategy().shouldCompact([user("a".repeat(4 * 48_000 - 4))], 0, 0)).toBe(false);
  });

  it("llm COMPACT-06 the middle becomes one user message, first and last stay", async () => {
    const strategy = middleSummaryStrategy({ kind: "truncate", keepFirst: 2, keepLast: 2 });
    const { messages, detail } = await strategy.compact(chat, contextFor([]));
    expect(messages).toHaveLength(5);
    expect(messages.slice(0, 2)).toEqual(chat.slice(0, 2));
    expect(messages.slice(3)).toEqual(chat.slice(8));
    expect(messages[2]).toMatchObject({
      role: "user",
      content: expect.stringMatching(/^\[auto-compacted 6 older messages/),
    });
    expect(detail).toEqual({ engine_strategy: "truncate", archived_messages: 6, keep_first: 2, keep_last: 2 });
  });

  it("llm COMPACT-06 the kept end snaps back to a user turn, and never starts with a result", async () => {
    const strategy = middleSummaryStrategy({ kind: "truncate", keepLast: 2 });
    const tooling = [...chat.slice(0, 4), user("do"), calls("1"), result("1", "a"), calls("2"), result("2", "b")];
    expect((await strategy.compact(tooling, contextFor([]))).messages.slice(1)).toEqual(tooling.slice(4));
    const noUser = [calls("0"), result("0", "x"), calls("1", "2"), result("1", "a"), result("2", "b")];
    const kept = (await strategy.compact(noUser, contextFor([]))).messages;
    expect(kept.slice(1)).toEqual(noUser.slice(2));
    expect(isHealthy(kept)).toBe(true);
  });

  it("llm COMPACT-06 nothing to fold: the same array", async () => {
    const strategy = middleSummaryStrategy({ keepFirst: 4, keepLast: 6 });
    expect((await strategy.compact(chat, contextFor([]))).messages).toBe(chat);
  });

  it("llm COMPACT-03 observation_mask keeps what the model said and short results, masks long ones", async () => {
    const long = `first line\n${"x".repeat(600)}\nlast`;
    const messages = [
      user("do"),
      assistant("w".repeat(600)),
      calls("1", "2"),
      result("1", long),
      result("2", "ok"),
      user("next"),
      user("now"),
    ];
    const { summary } = await middleSummaryStrategy({ keepLast: 1 }).compact(messages, contextFor([]));
    expect(summary!.split("\n")).toEqual([
      "[auto-compacted 6 older messages via observation masking]",
      "[user] do",
      `[assistant] ${"w".repeat(600)}`,
      "[assistant] t({})",
      "t({})",
      "[tool] first line... [3 lines, 616 chars masked]",
      "[tool] ok",
      "[user] next",
    ]);
    const own = await middleSummaryStrategy({
      keepLast: 1,
      mask: (all) => all.map((_, at) => (at === 3 ? "OUTLINE" : null)),
    }).compact(messages, contextFor([]));
    expect(own.summary).toContain("OUTLINE");
  });

  it("llm COMPACT-03 truncate shows the start of at most 15 messages", async () => {
    const many = Array.from({ length: 20 }, (_, n) => user(`${n} ${"y".repeat(600)}`));
    const { summary } = await middleSummaryStrategy({ kind: "truncate", keepLast: 0 }).compact(
      many,
      contextFor([], { windowTokens: 100_000 }),
    );
    const lines = summary!.split("\n");
    expect(lines).toHaveLength(17);
    expect(lines[1]).toMatch(/^\[user\] 0 y+\.\.\. \[truncated from 602 chars\]$/);
    expect(lines.at(-1)).toBe("... and 5 more");
  });

  it("llm COMPACT-03 llm asks about the text alone; an empty answer falls back to truncation", async () => {
    const context = contextFor([answer("Short.", usage(9, 3))], { request: { ...request, output: { kind: "json" } } });
    const { summary, usage: spent } = await middleSummaryStrategy({ kind: "llm", keepLast: 2 }).compact(chat, context);
    expect(summary).toBe("[auto-compacted 8 older messages]\nShort.");
    expect(spent).toMatchObject({ inputTokens: 9 });
    const input = context.client.inputs[0] as ModelInput;
    expect(input.messages).toHaveLength(1);
    expect(input).not.toHaveProperty("system");
    expect(input).not.toHaveProperty("tools");
    expect(input).not.toHaveProperty("output");
    expect((input.messages[0] as { content: string }).content).toContain("USER: question 0\nASSISTANT: answer 1");
    const empty = await middleSummaryStrategy({ kind: "llm", keepLast: 2 }).compact(
      chat,
      contextFor([[started, done("refusal")]]),
    );
    expect(empty.summary).toMatch(/^\[auto-compact fallback/);
    await expect(
      middleSummaryStrategy({ kind: "llm", keepLast: 2 }).compact(chat, contextFor([[modelError("auth", "x")]])),
    ).rejects.toThrow("compaction model call failed");
  });

  it("llm COMPACT-02 custom gets the folded messages; llm COMPACT-04 a prompt of one's own", async () => {
    let seen: readonly RecordedMessage[] = [];
    const custom = middleSummaryStrategy({
      kind: "custom",
      keepLast: 2,
      custom: (messages) => {
        seen = messages;
        return "mine";
      },
    });
    expect((await custom.compact(chat, contextFor([]))).summary).toBe("[auto-compacted 8 older messages]\nmine");
    expect(seen).toEqual(chat.slice(0, 8));
    const context = contextFor([answer("S")]);
    await middleSummaryStrategy({ kind: "llm", keepLast: 2, prompt: (_text, count) => `own ${count}` }).compact(
      chat,
      context,
    );
    expect(context.client.inputs[0]!.messages).toEqual([user("own 8")]);
  });

  it("llm COMPACT-06 a result still above the hard limit goes through the second strategy", async () => {
    const strategy = middleSummaryStrategy({
      kind: "custom",
      custom: () => "z".repeat(4000),
      keepLast: 2,
      hardLimitTokens: 500,
      hardLimitKind: "truncate",
    });
    const { summary, detail } = await strategy.compact(chat, contextFor([], { windowTokens: 100_000 }));
    expect(summary).toMatch(/^\[auto-compacted 8 older messages via truncate strategy\]/);
    expect(summary!.length).toBeLessThan(700);
    expect(detail).toMatchObject({ engine_strategy: "truncate" });
  });

  it.each([
    [{ keepLast: -1 }, /keepLast/],
    [{ thresholdTokens: 1.5 }, /thresholdTokens/],
    [{ kind: "custom" as const }, /custom/],
    [{ hardLimitTokens: 5, hardLimitKind: "custom" as const }, /custom/],
  ])("llm COMPACT-04 refuses %j", (options, message) => {
    expect(() => middleSummaryStrategy(options)).toThrow(message);
  });
});

describe("microcompaction", () => {
  it("llm COMPACT-08 leaves short outputs and tiny limits alone", () => {
    expect(microcompact("short", 1000)).toBe("short");
    expect(microcompact("x".repeat(500), 199)).toBe("x".repeat(500));
  });

  it("llm COMPACT-08 cuts at lines, and says how much", () => {
    const lines = Array.from({ length: 100 }, (_, n) => `plain line ${n}`);
    const compacted = microcompact(lines.join("\n"), 400);
    expect(compacted).toMatch(/^plain line 0\n/);
    expect(compacted).toMatch(/\n\n\[\.\.\. \d+ characters snipped \.\.\.\]\n\n/);
    expect(compacted).toMatch(/plain line 99$/);
    for (const line of compacted.split("\n"))
      expect(line === "" || line.startsWith("[...") || lines.includes(line)).toBe(true);
  });

  it("llm COMPACT-08 keeps the lines that say what went wrong", () => {
    const lines = Array.from({ length: 100 }, (_, n) => `verbose output ${n}`);
    lines.splice(50, 0, "src/main.ts:42: error: cannot find name `x`");
    const compacted = microcompact(lines.join("\n"), 600);
    expect(compacted).toContain("[diagnostic lines preserved]\nsrc/main.ts:42: error: cannot find name `x`");
    expect(compacted).toContain("[... output compacted ...]");
  });

  it("never grows beyond its limit by more than its own marks, whatever the text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "\n", "é", "error: ", "🎉"), maxLength: 5000 }),
        fc.integer({ min: 200, max: 2000 }),
        (text, max) => {
          expect([...microcompact(text, max)].length).toBeLessThanOrEqual(Math.max([...text].length, max) + 120);
        },
      ),
    );
  });
});

// ---- Properties over window sizes ------------------------------------------------------------------------------------

/** Healthy histories with user turns, long texts, and exchanges of several calls. */
const historyOf: fc.Arbitrary<readonly RecordedMessage[]> = fc
  .array(
    fc.oneof(
      fc.integer({ min: 1, max: 900 }).map((size) => [user("u".repeat(size))]),
      fc.integer({ min: 1, max: 900 }).map((size) => [assistant("a".repeat(size))]),
      fc
        .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 2000 }))
        .map(([count, size, input]) => {
          const ids = Array.from({ length: count }, (_, n) => `c${n}`);
          const exchange: RecordedMessage = {
            role: "assistant",
            text: "t",
            toolCalls: ids.map((id) => ({ id, name: "t", input: { text: "i".repeat(input) } })),
          };
          return [exchange, ...ids.map((id) => result(id, "r".repeat(size)))];
        }),
    ),
    { minLength: 1, maxLength: 14 },
  )
  .map((blocks) => [user("start"), ...blocks.flat()]);

describe("window properties", () => {
  it("fitting always fits, keeps calls with their results, and starts with a user message", () => {
    fc.assert(
      fc.property(historyOf, fc.integer({ min: SMALLEST_WINDOW_TOKENS, max: 4000 }), (messages, window) => {
        const fitted = fitToWindow(messages, window);
        expect(estimateTokens(fitted)).toBeLessThanOrEqual(window);
        expect(brokenRules(fitted)).toEqual([]);
        if (estimateTokens(messages) <= window) expect(fitted).toBe(messages);
        expect(fitted.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it("cutting a text to tokens keeps to them", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "漢", "🎉", " ") }),
        fc.integer({ min: 1, max: 40 }),
        (text, tokens) => {
          expect(estimateTextTokens(cutToTokens(text, tokens))).toBeLessThanOrEqual(tokens);
        },
      ),
    );
  });

  const strategies: [string, CompactionStrategy][] = [
    ["tail_summary", tailSummaryStrategy()],
    ["hand_off", handOffStrategy()],
    ["middle, mask", middleSummaryStrategy({ thresholdTokens: 100, keepLast: 4 })],
    [
      "middle, llm and truncate",
      middleSummaryStrategy({
        kind: "llm",
        thresholdTokens: 100,
        keepFirst: 1,
        keepLast: 3,
        hardLimitTokens: 200,
        hardLimitKind: "truncate",
      }),
    ],
  ];

  it.each(strategies)(
    "%s: never above the window, never a split exchange, never its argument changed",
    async (_name, strategy) => {
      await fc.assert(
        fc.asyncProperty(
          historyOf,
          fc.integer({ min: 200, max: 3000 }),
          fc.integer({ min: 1, max: 3000 }),
          async (messages, windowTokens, summarySize) => {
            const before = JSON.stringify(messages);
            const script = answer("s".repeat(summarySize));
            const context = contextFor([script, script], { windowTokens, system: undefined, tools: [] });
            const outcome = await strategy.compact(messages, context);
            expect(JSON.stringify(messages)).toBe(before);
            expect(brokenRules(outcome.messages)).toEqual([]);
            for (const input of context.client.inputs) {
              expect(estimateTokens(input.messages)).toBeLessThanOrEqual(windowTokens);
              expect(brokenRules(input.messages)).toEqual([]);
            }
            if (outcome.messages !== messages)
              expect(estimateTokens(outcome.messages)).toBeLessThanOrEqual(windowTokens);
          },
        ),
        { numRuns: 150 },
      );
    },
  );

  it.each(strategies)(
    "%s: a long tool turn ends, and compacts far less often than it steps",
    async (_name, strategy) => {
      const steps = 40;
      const tool = defineTool({ name: "t", description: "", input: {}, execute: () => "output ".repeat(60) });
      const host = createTestHost();
      const model = scriptedModel(host, [
        ...Array.from({ length: steps }, (_, n): Script => [started, ...callTool(`c${n}`, "t", {}), done()]),
        answer("end"),
      ]);
      const summaries = scriptedModel(
        host,
        Array.from({ length: 200 }, () => answer("summary ".repeat(20))),
      );
      const harness: Harness = {
        host,
        model,
        request,
        tools: createToolRuntime([tool]),
        maxSteps: 0,
        compaction: { strategy, client: summaries, request, windowTokens: 1200 },
      };
      const events = await collect(runTurn(harness, { prompt: "go" }));
      expect(events.at(-1)).toMatchObject({ type: "turn-end", stopReason: "end_turn" });
      const compactions = events.filter((event) => event.type === "compaction-applied").length;
      expect(compactions).toBeGreaterThan(0);
      expect(compactions).toBeLessThanOrEqual(steps / 2);
      for (const input of model.inputs) {
        expect(brokenRules(input.messages)).toEqual([]);
        expect(estimateTokens(input.messages as readonly RecordedMessage[])).toBeLessThanOrEqual(1200);
      }
    },
  );
});

// ---- In the turn -------------------------------------------------------------------------------------------------------

describe("compaction in a turn", () => {
  const spy = (
    outcome: readonly RecordedMessage[],
    spent = usage(50, 20),
  ): CompactionStrategy & { runs: number; gated: (readonly RecordedMessage[])[] } => ({
    name: "spy",
    runs: 0,
    gated: [],
    shouldCompact(messages) {
      this.gated.push(messages);
      return this.runs === 0;
    },
    async compact() {
      this.runs++;
      return { messages: outcome, usage: spent };
    },
  });

  async function run(strategy: CompactionStrategy, scripts: readonly Script[], options: Partial<Harness> = {}) {
    const host = createTestHost();
    const model = scriptedModel(host, scripts);
    const harness: Harness = {
      host,
      model,
      request,
      tools: NO_TOOLS,
      compaction: { strategy, client: model, request, windowTokens: 1000 },
      ...options,
    };
    const events = await collect(
      runTurn(harness, { prompt: "go", priorMessages: [user("before"), assistant("reply")] }),
    );
    return { events, model, host, end: events.at(-1) as TerminalEvent };
  }

  it("LOOP-T09 LOOP-85 usage goes to the total and to the sub-buckets", async () => {
    const strategy = spy([user("folded")]);
    const { end } = await run(strategy, [answer("x", usage(100, 30))]);
    expect(end).toMatchObject({
      usage: { inputTokens: 150, outputTokens: 50, compactionInputTokens: 50, compactionOutputTokens: 20 },
    });
    expect(strategy.runs).toBe(1);
  });

  it("LOOP-T10 LOOP-28 LOOP-48 COMPACT-01 COMPACT-03 it runs before step 0 with the prompt in, and the model sees the fold", async () => {
    const strategy = spy([user("FOLDED")]);
    const { events, model } = await run(strategy, [answer("x")]);
    expect(strategy.gated[0]).toEqual([user("before"), assistant("reply"), user("go")]);
    expect(events[0]).toEqual({
      type: "compaction-applied",
      originalMessageCount: 3,
      compactedMessageCount: 1,
      originalTokens: 2 + 2 + 1,
      compactedTokens: 2,
    });
    expect(model.inputs[0]!.messages).toEqual([user("FOLDED")]);
  });

  it("LOOP-04 LOOP-28 a strategy that changes nothing is told of too, and not asked again at every step", async () => {
    let compactions = 0;
    const idle: CompactionStrategy = {
      name: "idle",
      shouldCompact: () => true,
      async compact(messages) {
        compactions++;
        return { messages };
      },
    };
    const tool = defineTool({ name: "t", description: "", input: {}, execute: () => 1 });
    const scripts = Array.from({ length: 6 }, (_, n): Script => [started, ...callTool(`${n}`, "t", {}), done()]);
    const { events } = await run(idle, [...scripts, answer("x")], { tools: createToolRuntime([tool]) });
    expect(events[0]).toMatchObject({ type: "compaction-applied", originalMessageCount: 3, compactedMessageCount: 3 });
    expect(compactions).toBeLessThanOrEqual(4);
  });

  it("COMPACT-02 a failing compaction is logged; the turn goes on and asks again at the next step", async () => {
    let asked = 0;
    const broken: CompactionStrategy = {
      name: "broken",
      shouldCompact: () => true,
      compact: () => {
        asked++;
        return Promise.reject(new Error("no summary"));
      },
    };
    const tool = defineTool({ name: "t", description: "", input: {}, execute: () => 1 });
    const { end, host, events } = await run(broken, [[started, ...callTool("1", "t", {}), done()], answer("x")], {
      tools: createToolRuntime([tool]),
    });
    expect(end).toMatchObject({ stopReason: "end_turn" });
    expect(asked).toBe(2);
    expect(events.some((event: TurnEvent) => event.type === "compaction-applied")).toBe(false);
    expect(host.log.filter((entry) => entry.message.startsWith("Compaction failed"))).toHaveLength(2);
  });

  it("what a failed summary cost is not forgotten", async () => {
    const { end } = await run(tailSummaryStrategy({ triggerFraction: 0.001, keepMessages: 2 }), [
      [started, done("end_turn", usage(70, 0))],
      answer("x", usage(1, 1)),
    ]);
    expect(end).toMatchObject({ usage: { inputTokens: 1 }, lostUsage: { inputTokens: 70 } });
  });

  it("usage anchors of folded messages are gone, so the gate does not fire for ever", async () => {
    const anchored: RecordedMessage = { role: "assistant", text: "kept", toolCalls: [], usage: usage(999_999, 1) };
    const strategy = spy([user("folded"), anchored]);
    const { end } = await run(strategy, [answer("x")]);
    expect(end.finalMessages[1]).toEqual({ role: "assistant", text: "kept", toolCalls: [] });
  });

  it("a custom strategy that breaks the history is healed", async () => {
    const { model } = await run(spy([user("folded"), result("ghost", "x"), calls("open")]), [answer("x")]);
    expect(brokenRules(model.inputs[0]!.messages)).toEqual([]);
  });

  it("an overflow is compacted and tried again once, in the same step", async () => {
    const overflow = modelError("generic", "too long", { reason: "context_overflow" });
    const never: CompactionStrategy = { ...spy([user("FOLDED")]), shouldCompact: () => false };
    const { events, model, end } = await run(never, [[overflow], answer("fits now")]);
    expect(events.map((event) => event.type)).toEqual(["compaction-applied", "text-delta", "turn-end"]);
    expect(model.inputs.map((input) => input.messages.length)).toEqual([3, 1]);
    expect(end).toMatchObject({ stopReason: "end_turn" });
    const again = await run(never, [[overflow], [overflow], answer("never")]);
    expect(again.end).toMatchObject({ type: "turn-error", error: { kind: "context-overflow" } });
    expect(again.model.inputs).toHaveLength(2);
  });

  it("an overflow is made to fit even when no summary can be had", async () => {
    const overflow = modelError("generic", "too long", { reason: "context_overflow" });
    const broken: CompactionStrategy = {
      name: "broken",
      shouldCompact: () => false,
      compact: () => Promise.reject(new Error("down")),
    };
    const host = createTestHost();
    const model = scriptedModel(host, [[overflow], answer("ok")]);
    const harness: Harness = {
      host,
      model,
      request,
      tools: NO_TOOLS,
      compaction: { strategy: broken, client: model, request, windowTokens: 400 },
    };
    const priorMessages = Array.from({ length: 20 }, (_, n) => user(`${n}${"x".repeat(200)}`));
    const events = await collect(runTurn(harness, { prompt: "go", priorMessages }));
    expect(events.at(-1)).toMatchObject({ stopReason: "end_turn" });
    expect(
      estimateTokens(model.inputs[1]!.messages as readonly Message[] as readonly RecordedMessage[]),
    ).toBeLessThanOrEqual(300);
    expect(model.inputs[1]!.messages.at(-1)).toEqual(user("go"));
  });

  it("without a compaction policy an overflow is an error", async () => {
    const host = createTestHost();
    const model = scriptedModel(host, [
      [modelError("generic", "too long", { reason: "context_overflow" })],
      answer("x"),
    ]);
    const events = await collect(runTurn({ host, model, request, tools: NO_TOOLS }, { prompt: "go" }));
    expect(events).toMatchObject([{ type: "turn-error", error: { kind: "context-overflow" } }]);
  });

  it("estimates of what is sent besides the history", () => {
    expect(estimateOverhead(undefined, [])).toBe(0);
    expect(estimateOverhead("abcd", [{ name: "abcd", description: "abcd", inputSchema: {} }])).toBe(1 + 1 + 1 + 1);
  });
});
