import { describe, expect, it } from "vitest";
import { assistant, calls, contextFor, result, user } from "../../../test/agent/compaction-lab.ts";
import { answer, callTool, done, modelError, type Script, say, started, usage } from "../../../test/agent/support.ts";
import { isHealthy } from "../context/heal.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { estimateTextTokens, estimateTokens } from "./estimate.ts";
import { handOffStrategy, PRUNED_RESULT, pruneResults, retainUserMessages } from "./hand-off-summary.ts";
import { summaryMessage } from "./history-cuts.ts";
import { SUMMARY_INSTRUCTION } from "./request-summary.ts";
import { tailSummaryStrategy } from "./tail-summary.ts";

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
