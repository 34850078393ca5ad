import { describe, expect, it } from "vitest";
import { assistant, calls, request, result, user } from "../../../test/agent/compaction-lab.ts";
import {
  answer,
  brokenRules,
  callTool,
  collect,
  createTestHost,
  done,
  modelError,
  type Script,
  scriptedModel,
  started,
  usage,
} from "../../../test/agent/support.ts";
import type { Message } from "../../llm/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { createToolRuntime, defineTool } from "../tools/define-tool.ts";
import { NO_TOOLS } from "../tools/tool-runtime.ts";
import type { Harness } from "../turn/harness.ts";
import { runTurn } from "../turn/run-turn.ts";
import type { TerminalEvent, TurnEvent } from "../turn/turn-event.ts";
import type { CompactionStrategy } from "./compaction-policy.ts";
import { estimateOverhead, estimateTokens } from "./estimate.ts";
import { tailSummaryStrategy } from "./tail-summary.ts";

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
