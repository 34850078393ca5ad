import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answer,
  callTool,
  cancelAfter,
  collect,
  createTestHost,
  done,
  heartbeat,
  modelError,
  type Script,
  say,
  scriptedModel,
  started,
  streamedCall,
  think,
  usage,
} from "../../../test/agent/support.ts";
import { CancelToken, HostError } from "../../base/index.ts";
import { type ModelChunk, type ModelClient, ModelError, type ModelInput } from "../../llm/index.ts";
import { createToolRuntime, defineTool } from "../tools/define-tool.ts";
import { NO_TOOLS } from "../tools/tool-runtime.ts";
import type { Harness } from "../turn/harness.ts";
import { driveTurn, runTurn } from "../turn/run-turn.ts";
import type { TerminalEvent } from "../turn/turn-event.ts";
import { hintedRetry } from "./backoff.ts";
import { continueByAsking, continueByPrefill, createOverlapTrimmer } from "./continuation.ts";
import type { StreamSettings } from "./stream-answer.ts";

async function run(
  scripts: readonly Script[],
  stream: StreamSettings = {},
  options: Partial<Harness> = {},
  cancelMs?: number,
) {
  const host = createTestHost();
  const model = scriptedModel(host, scripts);
  const harness: Harness = {
    host,
    model,
    request: { provider: "scripted", model: "test" },
    tools: NO_TOOLS,
    stream,
    ...options,
  };
  const signal = cancelMs === undefined ? undefined : cancelAfter(host, cancelMs);
  const events = await collect(runTurn(harness, { prompt: "go", ...(signal === undefined ? {} : { signal }) }));
  const text = events.map((event) => (event.type === "text-delta" ? event.delta : "")).join("");
  return { host, model, events, text, end: events.at(-1) as TerminalEvent, elapsedMs: host.clock.elapsedMs };
}

const flaky = (message = "reset") => modelError("transient_network", message);

describe("establishment retry", () => {
  it("LOOP-49 retries three times after 1, 2 and 4 s", async () => {
    const { end, elapsedMs, model, events } = await run([[flaky()], [flaky()], [flaky()], answer("ok")]);
    expect(end).toMatchObject({ type: "turn-end" });
    expect(elapsedMs).toBe(7000);
    expect(model.inputs).toHaveLength(4);
    expect(model.inputs.every((input) => input === model.inputs[0])).toBe(true);
    expect(events).toHaveLength(2);
  });

  it("LOOP-49 LOOP-50 the fourth failure ends the turn, mapped", async () => {
    const { end, elapsedMs } = await run([[flaky()], [flaky()], [flaky()], [flaky("last")]]);
    expect(end).toMatchObject({ type: "turn-error", error: { kind: "network", detail: "last" } });
    expect(elapsedMs).toBe(7000);
  });

  it.each([
    ["rate_limit", 2],
    ["transient_network", 2],
    ["server_error", 2],
    ["auth", 1],
    ["generic", 1],
  ] as const)("LOOP-17 LOOP-50 %s is tried %i time(s)", async (category, calls) => {
    const { model } = await run([[modelError(category, "no")], answer("ok")]);
    expect(model.inputs).toHaveLength(calls);
  });

  it("LOOP-51 cancel during the wait is an interrupt (port choice 1)", async () => {
    const { end, elapsedMs, model } = await run([[flaky()], answer("never")], {}, {}, 500);
    expect(end).toMatchObject({ type: "turn-end", stopReason: "interrupt", finalMessages: [{ role: "user" }] });
    expect(elapsedMs).toBe(500);
    expect(model.inputs).toHaveLength(1);
  });

  it("LOOP-52 cancel reaches a connection that has not answered (port choice 7)", async () => {
    const { end, elapsedMs } = await run([["hang"]], {}, {}, 300);
    expect(end).toMatchObject({ stopReason: "interrupt" });
    expect(elapsedMs).toBe(300);
  });

  it("LOOP-52 LOOP-61 a slow first answer is no stall; only the establishment limit ends it", async () => {
    const slow = await run([[200_000, ...answer("late")]]);
    expect(slow.text).toBe("late");
    const silent = await run([["hang"], answer("second")], { establishTimeoutMs: 5000 });
    expect(silent.text).toBe("second");
    expect(silent.elapsedMs).toBe(6000);
  });

  it("the agent loop's retry waits for the server's hint, else base × 2^min(n, 4)", async () => {
    const retry = hintedRetry(6, 10);
    const failures = [0, 1, 2, 3, 4, 5].map((count) => retry.delayMs(count, flaky()));
    expect(failures).toEqual([20, 40, 80, 160, 160, 160]);
    const hinted = await run([[modelError("rate_limit", "slow down", { retryAfterMs: 2500 })], answer("ok")], {
      retry,
    });
    expect(hinted.elapsedMs).toBe(2500);
  });

  it("a client that throws something else has a defect: no retry, a typed error", async () => {
    const { end, model } = await run([
      [
        () => {
          throw new TypeError("bug");
        },
      ],
      answer("x"),
    ]);
    expect(end).toMatchObject({ type: "turn-error", error: { kind: "other", detail: "bug" } });
    expect(model.inputs).toHaveLength(1);
  });
});

describe("a process that stopped in the middle of an answer", () => {
  const cut = new ModelError("cut", {
    category: "transient_network",
    kind: "transient",
    reason: "network_error",
    provider: "scripted",
    model: "test",
    cause: new HostError("connection_reset", "model.stream", "cut", { data: { interrupted: true } }),
  });
  const half: Script = [started, think("hm"), say("half "), ...streamedCall("c1", "t", "{}"), cut];

  it("asks anew when nobody looked at the answer, at once, and nothing of the dead one stays", async () => {
    const { end, elapsedMs, model } = await run([half, answer("whole")], { unseen: true });
    expect(model.inputs).toHaveLength(2);
    expect(elapsedMs).toBe(0);
    expect(end).toMatchObject({
      type: "turn-end",
      finalMessages: [{ role: "user" }, { text: "whole", toolCalls: [] }],
    });
  });

  it("does not repeat what somebody has seen", async () => {
    const { end, text, model } = await run([half, answer("whole")]);
    expect([text, model.inputs.length]).toEqual(["half ", 1]);
    expect(end).toMatchObject({ type: "turn-error", error: { kind: "network" } });
  });

  it("says nothing about a provider that cuts", async () => {
    const { model } = await run([[started, say("half "), flaky()], answer("whole")], { unseen: true });
    expect(model.inputs).toHaveLength(1);
  });
});

describe("reconnect and watchdog", () => {
  it("LOOP-T12 LOOP-53 LOOP-60 a stall before any output is reconnected: text once, two connections", async () => {
    const { text, model, elapsedMs, end } = await run([[started, "hang"], answer("hello")]);
    expect(text).toBe("hello");
    expect(model.inputs).toHaveLength(2);
    expect(elapsedMs).toBe(91_000);
    expect(end).toMatchObject({ stopReason: "end_turn" });
    expect(model.open).toBe(0);
  });

  it("LOOP-T13 LOOP-03 LOOP-53 the attempt budget is kept", async () => {
    const { end, model, text } = await run([[started, "hang"], [started, "hang"], answer("never")], {
      idleTimeoutMs: 1000,
      maxAttempts: 2,
    });
    expect(end).toMatchObject({
      type: "turn-error",
      error: { kind: "network", detail: "model stream stalled: no output for 1s (connection open but idle)" },
    });
    expect(model.inputs).toHaveLength(2);
    expect(text).toBe("");
  });

  it("LOOP-03 max attempts is at least 1, and 1 switches reconnecting off", async () => {
    const { model, end } = await run([[started, flaky()], answer("x")], { maxAttempts: 0 });
    expect(model.inputs).toHaveLength(1);
    expect(end).toMatchObject({ type: "turn-error" });
  });

  it("LOOP-T14 LOOP-54 LOOP-58 after output a stall is final, whatever the budget", async () => {
    const { text, end, model } = await run([[started, say("half"), "hang"], answer("never")], { maxAttempts: 5 });
    expect(text).toBe("half");
    expect(end).toMatchObject({
      type: "turn-error",
      error: { kind: "network", partialText: "half" },
      finalMessages: [{ role: "user" }],
    });
    expect(model.inputs).toHaveLength(1);
  });

  it.each<[string, ModelChunk[], number]>([
    ["thinking text is progress", [think("hm")], 1],
    ["a tool call start is progress", [{ type: "tool-call-start", id: "a", name: "t" }], 1],
    ["empty deltas are not", [say(""), think("")], 2],
    ["leading whitespace is not (LOOP-91)", [say("  \n")], 2],
    ["a signature alone is not", [think("", "sig")], 2],
    ["arguments of an unknown call are not", [{ type: "tool-call-delta", id: "x", delta: "{" }], 2],
    ["a heartbeat is not", [heartbeat], 2],
  ])("LOOP-54 %s", async (_name, chunks, calls) => {
    const { model } = await run([[started, ...chunks, flaky()], answer("ok")]);
    expect(model.inputs).toHaveLength(calls);
  });

  it("LOOP-55 LOOP-56 reconnects wait 1, 2, 4, 8, 16 s and start with fresh establishment budgets", async () => {
    const dead: Script = [started, flaky()];
    const plain = await run([dead, dead, dead, dead, dead, answer("sixth")]);
    expect(plain.text).toBe("sixth");
    expect(plain.elapsedMs).toBe(31_000);
    const mixed = await run([[flaky()], [flaky()], [flaky()], dead, [flaky()], [flaky()], [flaky()], answer("ok")]);
    expect(mixed.elapsedMs).toBe(7000 + 1000 + 7000);
  });

  it("LOOP-55 the counter is per step", async () => {
    const dead: Script = [started, flaky()];
    const tool = defineTool({ name: "t", description: "", input: {}, execute: () => 1 });
    const { end } = await run(
      [dead, [started, ...callTool("1", "t", {}), done()], dead, answer("ok")],
      { maxAttempts: 2 },
      { tools: createToolRuntime([tool]) },
    );
    expect(end).toMatchObject({ stopReason: "end_turn" });
  });

  it("LOOP-56 nothing of the dead attempt is kept", async () => {
    const { end } = await run([[started, say("  "), think("", "old"), flaky()], answer("new")]);
    expect(end.finalMessages.at(-1)).toEqual({ role: "assistant", text: "new", toolCalls: [] });
  });

  it("LOOP-57 cancel during the reconnect wait is an interrupt (port choice 1)", async () => {
    const { end, elapsedMs } = await run([[started, flaky()], answer("never")], {}, {}, 400);
    expect(end).toMatchObject({ type: "turn-end", stopReason: "interrupt" });
    expect(elapsedMs).toBe(400);
  });

  it("LOOP-59 every content chunk starts the clock anew", async () => {
    const script: Script = [started, ...Array.from({ length: 10 }, () => [900, say("x")]).flat(), done()];
    const { text, end } = await run([script], { idleTimeoutMs: 1000 });
    expect(text).toBe("x".repeat(10));
    expect(end).toMatchObject({ type: "turn-end" });
  });

  it("LOOP-59 the gap is measured exactly, not from timer to timer", async () => {
    const { elapsedMs, end } = await run([[started, 999, say("x"), "hang"]], { idleTimeoutMs: 1000 });
    expect(end).toMatchObject({ type: "turn-error" });
    expect(elapsedMs).toBe(1999);
  });

  it("LOOP-61 heartbeats do not keep a silent model alive", async () => {
    const script: Script = [
      started,
      say("x"),
      ...Array.from({ length: 50 }, () => [300, heartbeat]).flat(),
      say("y"),
      done(),
    ];
    const { text, end, elapsedMs } = await run([script], { idleTimeoutMs: 1000 });
    expect(text).toBe("x");
    expect(end).toMatchObject({ type: "turn-error", error: { kind: "network" } });
    expect(elapsedMs).toBe(1000);
  });

  it("LOOP-61 time in which the consumer reads and tools run does not count", async () => {
    const host = createTestHost();
    const slow = defineTool({
      name: "t",
      description: "",
      input: {},
      execute: async () => {
        await host.perform("sleep", { ms: 60_000 });
        return 1;
      },
    });
    const deltas = Array.from({ length: 40 }, () => say("x"));
    const model = scriptedModel(host, [[started, ...deltas, ...callTool("1", "t", {}), done()], answer("ok")]);
    const harness: Harness = {
      host,
      model,
      request: { provider: "scripted", model: "test" },
      tools: createToolRuntime([slow]),
      stream: { idleTimeoutMs: 1000 },
    };
    let last: string | undefined;
    for await (const event of runTurn(harness, { prompt: "go" })) {
      if (event.type === "text-delta") await host.perform("sleep", { ms: 700 });
      last = event.type;
    }
    expect(last).toBe("turn-end");
  });

  it("LOOP-60 a limit below a second is told as it is (the original said 0s)", async () => {
    const { end } = await run([[started, "hang"]], { idleTimeoutMs: 50, maxAttempts: 1 });
    expect(end).toMatchObject({
      error: { detail: "model stream stalled: no output for 0.05s (connection open but idle)" },
    });
  });

  it("silence or an error after done is a finished answer (port choice 5)", async () => {
    const idle = await run([[started, say("all"), done("end_turn", usage(1, 2)), "hang"]], { idleTimeoutMs: 1000 });
    expect(idle.end).toMatchObject({ type: "turn-end", stopReason: "end_turn", usage: { inputTokens: 1 } });
    expect(idle.model.open).toBe(0);
    const broken = await run([[started, say("all"), done(), flaky()]]);
    expect(broken.end).toMatchObject({ type: "turn-end" });
  });

  it("a stream that ends inside the arguments of a call was cut, whatever the client says (port choice 6)", async () => {
    const { end } = await run([
      [started, { type: "tool-call-start", id: "1", name: "t" }, { type: "tool-call-delta", id: "1", delta: '{"a":' }],
    ]);
    expect(end).toMatchObject({ type: "turn-error", error: { kind: "network" } });
  });

  it("LOOP-86 usage of dead attempts is kept apart", async () => {
    const dead = modelError("transient_network", "cut", { usage: usage(100, 3) });
    const { end } = await run([
      [started, dead],
      [{ type: "response-start", usage: { inputTokens: 50 } }, flaky()],
      answer("ok", usage(10, 1)),
    ]);
    expect(end).toMatchObject({
      usage: { inputTokens: 10, outputTokens: 1 },
      lostUsage: { inputTokens: 150, outputTokens: 3, exact: false },
    });
  });

  it("LOOP-64 LOOP-86 a cancelled step's cost is not in the usage, and not forgotten", async () => {
    const script: Script = [{ type: "response-start", usage: { inputTokens: 40 } }, say("12345678"), "hang"];
    const { end } = await run([script], {}, {}, 100);
    expect(end).toMatchObject({
      stopReason: "interrupt",
      lostUsage: { inputTokens: 40, outputTokens: 2, exact: false },
    });
    expect(end).not.toHaveProperty("usage");
  });
});

// ---- Continuation --------------------------------------------------------------------------------------------------

/** A provider that continues from the prefill, in deltas of the given size, and can be cut after `cutAt` characters. */
function continuing(
  whole: string,
  deltas: readonly string[],
  behaviour: "exact" | "echo",
): (input: ModelInput) => ModelChunk[] {
  return (input) => {
    const begun = input.prefill ?? "";
    const rest = behaviour === "echo" ? whole : whole.slice(begun.length);
    if (begun === "") return deltas.map(say);
    return [...rest.matchAll(/[\s\S]{1,7}/g)].map(([delta]) => say(delta));
  };
}

/** Cuts `deltas` after `at` characters, inside a delta where need be. */
function cutDeltas(deltas: readonly string[], at: number): string[] {
  const cut: string[] = [];
  let left = at;
  for (const delta of deltas) {
    if (left <= 0) break;
    cut.push(delta.slice(0, left));
    left -= delta.length;
  }
  return cut;
}

const DELTAS = [
  "The quick ",
  "brown fox\n\n",
  "jumps ",
  "",
  "over ",
  "the lazy dog. ",
  "The quick brown cat does not.",
];
const WHOLE = DELTAS.join("");

it("LOOP-64 cancelled while an event is delivered, a client that ignores its signal is not asked again", async () => {
  const host = createTestHost();
  const token = new CancelToken();
  let pulls = 0;
  const deaf: ModelClient = {
    provider: "deaf",
    stream: () => ({
      [Symbol.asyncIterator]: () => ({
        next(): Promise<IteratorResult<ModelChunk>> {
          pulls++;
          return pulls === 1 ? Promise.resolve({ done: false, value: say("x") }) : new Promise(() => {});
        },
      }),
    }),
  };
  const harness: Harness = { host, model: deaf, request: { provider: "p", model: "m" }, tools: NO_TOOLS };
  const end = await driveTurn(harness, { prompt: "go", signal: token }, () => {
    token.cancel("now");
    return true;
  });
  expect(end).toMatchObject({ type: "turn-end", stopReason: "interrupt" });
  expect(pulls).toBe(1);
  expect(host.clock.elapsedMs).toBe(0);
});

describe("continuation of a cut answer", () => {
  const positions = Array.from({ length: WHOLE.length + 1 }, (_, at) => at);

  it.each([
    ["exact", continueByPrefill()],
    ["echo", continueByPrefill({ echoes: true })],
  ] as const)(
    "cut at every character, an %s provider: the consumer sees one answer, whole",
    async (behaviour, continuation) => {
      for (const at of positions) {
        const { text, end, model } = await run(
          [
            [started, ...cutDeltas(DELTAS, at).map(say), flaky()],
            [started, continuing(WHOLE, DELTAS, behaviour), done()],
          ],
          { continuation },
        );
        expect(text, `cut at ${at}`).toBe(WHOLE);
        expect(end.type).toBe("turn-end");
        expect(end.finalMessages.at(-1)).toMatchObject({ text: WHOLE });
        expect(model.inputs).toHaveLength(2);
      }
    },
  );

  it("cut at every character and cut again at any other: a prefix of one answer and a typed error, or all of it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.stringMatching(/^[a-z]{1,6}[ \n]{0,2}$/), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        fc.nat(),
        fc.boolean(),
        async (words, firstCut, secondCut, echoes) => {
          const whole = words.join("");
          const first = 1 + (firstCut % whole.length);
          const rest = (input: ModelInput) => {
            const all = echoes && input.prefill ? whole : whole.slice((input.prefill ?? "").length);
            return cutDeltas([...all], secondCut % (all.length + 1)).map(say);
          };
          const { text, end, model } = await run(
            [[started, ...cutDeltas(words, first).map(say), flaky()], [started, rest, flaky("again")], answer("other")],
            { continuation: continueByPrefill({ echoes }), maxAttempts: 2 },
          );
          expect(whole.startsWith(text)).toBe(true);
          expect(end).toMatchObject({
            type: "turn-error",
            error: { kind: "network", detail: "again", partialText: text },
          });
          expect(model.inputs).toHaveLength(2);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("LOOP-58 without a way to continue the failure is typed and final at every cut", async () => {
    for (const at of positions) {
      const { text, end, model } = await run([[started, ...cutDeltas(DELTAS, at).map(say), flaky()], answer("other")], {
        maxAttempts: 1,
      });
      expect(WHOLE.startsWith(text)).toBe(true);
      expect(end).toMatchObject({ type: "turn-error", error: { kind: "network" } });
      expect(model.inputs).toHaveLength(1);
    }
  });

  it("the prefill has no trailing whitespace, no thinking, and goes behind an existing prefill", () => {
    const input: ModelInput = { provider: "p", model: "m", messages: [], prefill: "{", thinking: { mode: "adaptive" } };
    expect(continueByPrefill().request(input, '"a": \n')).toEqual({
      provider: "p",
      model: "m",
      messages: [],
      prefill: '{"a":',
    });
  });

  it("asking in words: the model starts a little early, the repeat is removed", async () => {
    const shown = "First sentence is here. Second sentence begins";
    const repeat: Script = [started, say("Second sentence "), say("begins and ends."), done()];
    const { text, model } = await run([[started, say(shown), flaky()], repeat], { continuation: continueByAsking() });
    expect(text).toBe("First sentence is here. Second sentence begins and ends.");
    expect(model.inputs[1]!.messages.slice(1)).toMatchObject([{ role: "assistant", text: shown }, { role: "user" }]);
  });

  it("tools of the dead attempt never run; those of the continuation do", async () => {
    const ran: string[] = [];
    const tool = defineTool({ name: "t", description: "", input: {}, execute: ({ n }) => void ran.push(n as string) });
    const dead: Script = [started, say("Calling"), ...streamedCall("1", "t", '{"n":"dead"}'), flaky()];
    const { end } = await run(
      [dead, [started, say(" now"), ...streamedCall("2", "t", '{"n":"alive"}'), done()], answer("x")],
      { continuation: continueByPrefill() },
      { tools: createToolRuntime([tool]) },
    );
    expect(ran).toEqual(["alive"]);
    expect(end.finalMessages[1]).toMatchObject({ text: "Calling now", toolCalls: [{ id: "2" }] });
  });

  it("a dead attempt that showed only a call that nobody saw is asked again once", async () => {
    const dead: Script = [started, { type: "tool-call-start", id: "1", name: "t" }, flaky()];
    const { end, model } = await run([dead, answer("text")], { continuation: continueByPrefill() });
    expect(end).toMatchObject({ type: "turn-end" });
    expect(model.inputs[1]).toEqual(model.inputs[0]);
  });

  it("thinking that was shown cannot be continued", async () => {
    const { end, model } = await run([[started, think("hm"), flaky()], answer("x")], {
      continuation: continueByPrefill(),
    });
    expect(end).toMatchObject({ type: "turn-error" });
    expect(model.inputs).toHaveLength(1);
  });

  it("thinking of the dead attempt and of its continuation stay apart, whatever the provider calls them", async () => {
    const { end } = await run(
      [
        [started, think("first", "sig 1"), say("Shown"), flaky()],
        [started, think("second", "sig 2"), say(" and told."), done()],
      ],
      { continuation: continueByAsking() },
    );
    expect(end.finalMessages.at(-1)).toMatchObject({
      text: "Shown and told.",
      thinking: [
        { text: "first", signature: "sig 1" },
        { text: "second", signature: "sig 2" },
      ],
    });
  });

  it.each([
    ["an empty answer", [started, done("end_turn", usage(7, 1))] as Script],
    [
      "an answer that a provider takes for a failure",
      [started, modelError("server_error", "x", { reason: "empty_completion", usage: usage(7, 1) })] as Script,
    ],
    [
      "thinking that stands in for an answer",
      [
        started,
        { type: "text-delta", messageId: "m", delta: "Was that all?", recovered: true },
        done("end_turn", usage(7, 1)),
      ] as Script,
    ],
  ])("LOOP-58 an answer that was whole when it was cut: %s adds nothing to it", async (_name, rest) => {
    const { text, end, model } = await run([[started, say("All there is."), flaky()], rest], {
      continuation: continueByPrefill(),
    });
    expect(text).toBe("All there is.");
    expect(end).toMatchObject({ type: "turn-end", usage: { inputTokens: 7, outputTokens: 1 } });
    expect(end.finalMessages.at(-1)).toMatchObject({ role: "assistant", text: "All there is." });
    expect(model.inputs).toHaveLength(2);
  });

  it("a terminal error is not continued", async () => {
    const { end } = await run([[started, say("x"), modelError("auth", "revoked")], answer("y")], {
      continuation: continueByPrefill(),
    });
    expect(end).toMatchObject({ error: { kind: "auth", partialText: "x" } });
  });

  it("an exact continuation that happens to repeat itself loses nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", " ", "\n") }), fc.nat(), (tail, at) => {
        const whole = `x${tail}`;
        const shown = whole.slice(0, 1 + (at % whole.length));
        const trimmer = createOverlapTrimmer("none", shown);
        const rest = whole.slice(shown.trimEnd().length);
        const text = [...rest].map((char) => trimmer.feed(char)).join("") + trimmer.flush();
        expect(shown + text).toBe(whole);
      }),
    );
  });

  it("the overlap search removes what is long enough to be no accident, in any chunking", () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{3,9}$/), { minLength: 12, maxLength: 30 });
    fc.assert(
      fc.property(words, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 9 }), (list, cut, back, size) => {
        const whole = list.map((word, n) => `${word}${n}`).join(" ");
        const at = 1 + (cut % whole.length);
        const early = Math.min(at, 12 + (back % 300));
        const trimmer = createOverlapTrimmer("search", whole.slice(0, at));
        const repeats = early < at ? whole.slice(at - early) : whole;
        let text = "";
        for (let from = 0; from < repeats.length; from += size) text += trimmer.feed(repeats.slice(from, from + size));
        text += trimmer.flush();
        expect(whole.slice(0, at) + text).toBe(whole);
      }),
    );
  });
});

it("a model error keeps its class through all of this", async () => {
  const { end } = await run([[modelError("auth", "no key")]]);
  expect(end.type === "turn-error" && end.error.modelError).toBeInstanceOf(ModelError);
});
