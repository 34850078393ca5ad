import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assistant, contextFor, request, result, user } from "../../../test/agent/compaction-lab.ts";
import {
  answer,
  brokenRules,
  callTool,
  collect,
  createTestHost,
  done,
  type Script,
  scriptedModel,
  started,
} from "../../../test/agent/support.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { createToolRuntime, defineTool } from "../tools/define-tool.ts";
import type { Harness } from "../turn/harness.ts";
import { runTurn } from "../turn/run-turn.ts";
import type { CompactionStrategy } from "./compaction-policy.ts";
import { estimateTextTokens, estimateTokens } from "./estimate.ts";
import { cutToTokens, fitToWindow, SMALLEST_WINDOW_TOKENS } from "./fit-window.ts";
import { handOffStrategy } from "./hand-off-summary.ts";
import { middleSummaryStrategy } from "./middle-summary.ts";
import { tailSummaryStrategy } from "./tail-summary.ts";

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
