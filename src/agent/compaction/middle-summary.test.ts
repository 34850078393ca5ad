import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assistant, calls, contextFor, request, result, user } from "../../../test/agent/compaction-lab.ts";
import { answer, done, modelError, started, usage } from "../../../test/agent/support.ts";
import type { ModelInput } from "../../llm/index.ts";
import { isHealthy } from "../context/heal.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { microcompact } from "./microcompact.ts";
import { contentTokens, middleSummaryStrategy } from "./middle-summary.ts";

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
