/**
 * Issue 5: whatever the window, the strategy, the prompts and the outputs of tools, no request that a turn sends is larger
 * than its window, no exchange is split, and compaction does not go on for ever.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answer,
  brokenRules,
  callTool,
  collect,
  createTestHost,
  done,
  type Script,
  say,
  scriptedModel,
  started,
  usage,
} from "../../../test/agent/support.ts";
import type { ModelInput } from "../../llm/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { createToolRuntime, defineTool } from "../tools/define-tool.ts";
import type { Harness } from "../turn/harness.ts";
import { runTurn } from "../turn/run-turn.ts";
import type { TurnEvent } from "../turn/turn-event.ts";
import type { CompactionStrategy } from "./compaction-policy.ts";
import { estimateOverhead, estimateTokens } from "./estimate.ts";
import { fitToWindow } from "./fit-window.ts";
import { handOffStrategy } from "./hand-off-summary.ts";
import { middleSummaryStrategy } from "./middle-summary.ts";
import { tailSummaryStrategy } from "./tail-summary.ts";

const request = { provider: "scripted", model: "test" };
const user = (content: string): RecordedMessage => ({ role: "user", content });

/** Strategies of others: one that does nothing, one that makes it worse, one that asks at every step, one that fails. */
const custom = (name: string, compact: CompactionStrategy["compact"]): CompactionStrategy => ({
  name,
  shouldCompact: () => true,
  compact,
});
const STRATEGIES: readonly (readonly [string, CompactionStrategy])[] = [
  ["tail summary", tailSummaryStrategy()],
  ["hand-off summary", handOffStrategy()],
  ["middle summary that wakes late", middleSummaryStrategy({ thresholdTokens: 100_000, keepLast: 3 })],
  ["middle summary that wakes early", middleSummaryStrategy({ kind: "llm", thresholdTokens: 50, keepLast: 3 })],
  ["a strategy that does nothing", custom("idle", async (messages) => ({ messages }))],
  [
    "a strategy that makes it longer",
    custom("worse", async (messages) => ({ messages: [user("note ".repeat(300)), ...messages] })),
  ],
];

interface Step {
  readonly words: number;
  readonly outputs: readonly number[];
}

const story = fc.record({
  windowTokens: fc.integer({ min: 300, max: 4000 }),
  /** Part of the window that system prompt and tools take. */
  overhead: fc.integer({ min: 0, max: 80 }),
  prompt: fc.integer({ min: 1, max: 3000 }),
  summary: fc.integer({ min: 1, max: 2000 }),
  tellsUsage: fc.boolean(),
  steps: fc.array(
    fc.record({
      words: fc.integer({ min: 0, max: 400 }),
      outputs: fc.array(fc.integer({ min: 0, max: 2500 }), { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 14 },
  ),
});

const sizeOf = (input: ModelInput): number =>
  estimateTokens(input.messages as readonly RecordedMessage[]) + estimateOverhead(input.system, input.tools ?? []);

/** What the model does in a step; where it tells its usage, the provider has counted as we estimate. */
function scriptOf({ words, outputs }: Step, at: number, tellsUsage: boolean): Script {
  const calls = outputs.flatMap((size, n) => callTool(`c${at}_${n}`, "output", { size }));
  return [
    started,
    say(`step ${at} ${"word ".repeat(words)}`),
    ...calls,
    (input) => [done("tool_use", tellsUsage ? usage(sizeOf(input), words) : undefined)],
  ];
}

const output = defineTool({
  name: "output",
  description: "",
  input: { type: "object", properties: { size: { type: "integer" } } },
  execute: ({ size }) => "out ".repeat(size as number),
});

describe.each(STRATEGIES)("%s", (name, strategy) => {
  it("COMPACT-01 COMPACT-22 LOOP-04 no request is larger than the window, no exchange split, no endless compaction", async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ windowTokens, overhead, prompt, summary, tellsUsage, steps }) => {
        const host = createTestHost();
        const model = scriptedModel(host, [
          ...steps.map((step, at) => scriptOf(step, at, tellsUsage)),
          answer("the end"),
        ]);
        const summaries = scriptedModel(
          host,
          Array.from({ length: 2 * steps.length + 4 }, () => answer("summary ".repeat(summary))),
        );
        const harness: Harness = {
          host,
          model,
          request,
          tools: createToolRuntime([output]),
          maxSteps: 0,
          shortenResults: false,
          compaction: { strategy, client: summaries, request, windowTokens },
        };
        const system = "s".repeat(Math.floor((windowTokens * overhead) / 100) * 4);
        const events: TurnEvent[] = await collect(runTurn(harness, { prompt: "p ".repeat(prompt), system }));
        expect(events.at(-1)).toMatchObject({ type: "turn-end", stopReason: "end_turn" });
        for (const input of model.inputs) {
          expect(brokenRules(input.messages)).toEqual([]);
          expect(sizeOf(input)).toBeLessThanOrEqual(windowTokens);
        }
        expect(model.inputs).toHaveLength(steps.length + 1);
        // Once for a step at most, and a summary is paid for at every other step at most, where one is.
        const compactions = events.filter((event) => event.type === "compaction-applied").length;
        expect(compactions).toBeLessThanOrEqual(steps.length + 1);
        expect(summaries.inputs.length).toBeLessThanOrEqual(2 + steps.length);
        for (const input of summaries.inputs) expect(brokenRules(input.messages)).toEqual([]);
      }),
      { numRuns: name.startsWith("a strategy") ? 40 : 80 },
    );
  }, 60_000);
});

describe("room", () => {
  it("a request that fits is not touched, although the gate of the strategy is shut and a note would fit better", async () => {
    const host = createTestHost();
    const model = scriptedModel(host, [answer("ok")]);
    const strategy = middleSummaryStrategy({ thresholdTokens: 100_000 });
    const priorMessages = [user("a".repeat(400)), user("b".repeat(400))];
    await collect(
      runTurn(
        {
          host,
          model,
          request,
          tools: createToolRuntime([]),
          compaction: { strategy, client: model, request, windowTokens: 210 },
        },
        { prompt: "go", priorMessages },
      ),
    );
    expect(model.inputs[0]!.messages.slice(0, 2)).toEqual(priorMessages);
  });

  it("COMPACT-16 where the provider counts more than we estimate, less is kept", async () => {
    const host = createTestHost();
    const model = scriptedModel(host, [
      [started, say("x"), ...callTool("1", "output", { size: 300 }), done("tool_use", usage(900, 1))],
      answer("ok"),
    ]);
    const strategy = custom("idle", async (messages) => ({ messages }));
    const harness: Harness = {
      host,
      model,
      request,
      tools: createToolRuntime([output]),
      compaction: { strategy, client: model, request, windowTokens: 1000 },
    };
    await collect(runTurn(harness, { prompt: "p ".repeat(900) }));
    // The first request was told to be twice what we took it for, so half the window is all there is.
    expect(sizeOf(model.inputs[0]!)).toBeLessThan(500);
    expect(sizeOf(model.inputs[1]!)).toBeLessThanOrEqual(700);
    expect(brokenRules(model.inputs[1]!.messages)).toEqual([]);
  });

  it("an exchange whose thinking is signed stays whole or goes whole: its calls are refused without it", () => {
    const exchange = (thinking: RecordedMessage): readonly RecordedMessage[] => [
      user("go"),
      thinking,
      { role: "tool", toolCallId: "1", content: "r".repeat(4000), isError: false },
    ];
    const said = { role: "assistant", toolCalls: [{ id: "1", name: "t", input: {} }] } as const;
    const signed = fitToWindow(exchange({ ...said, thinking: [{ text: "hm", signature: "sig" }] }), 100);
    expect(signed.map((message) => message.role)).toEqual(["user"]);
    const unsigned = fitToWindow(exchange({ ...said, thinking: [{ text: "hm" }] }), 100);
    expect(unsigned.map((message) => message.role)).toEqual(["user", "assistant", "tool"]);
    const roomy = fitToWindow(exchange({ ...said, thinking: [{ text: "hm", signature: "sig" }] }), 2000);
    expect(roomy).toHaveLength(3);
  });
});
