import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answer,
  brokenRules,
  callTool,
  cancelAfter,
  collect,
  createTestHost,
  done,
  modelError,
  type Script,
  type ScriptedModel,
  say,
  scriptedModel,
  settle,
  started,
  type TestHost,
  think,
  usage,
} from "../../../test/agent/support.ts";
import { type CancelSignal, CancelToken } from "../../base/index.ts";
import { healHistory } from "../context/heal.ts";
import { createToolRuntime, defineTool, type Tool } from "../tools/define-tool.ts";
import { toolSuccess } from "../tools/outcome.ts";
import type { ToolRuntime } from "../tools/tool-runtime.ts";
import type { Harness } from "../turn/harness.ts";
import { runTurn } from "../turn/run-turn.ts";
import type { TerminalEvent, TurnEvent } from "../turn/turn-event.ts";
import { CANCELLED, orCancelled, toAbortSignal } from "./cancellation.ts";

interface Setup {
  host: TestHost;
  model: ScriptedModel;
  harness: Harness;
}

function setUp(scripts: readonly Script[], options: Partial<Harness> = {}): Setup {
  const host = createTestHost();
  const model = scriptedModel(host, scripts);
  const harness = {
    host,
    model,
    request: { provider: "scripted", model: "test" },
    tools: createToolRuntime([]),
    ...options,
  };
  return { host, model, harness };
}

async function collectTurn(
  harness: Harness,
  signal: CancelSignal,
  extra: object = {},
): Promise<{ events: TurnEvent[]; end: TerminalEvent }> {
  const events = await collect(runTurn(harness, { prompt: "go", signal, ...extra }));
  return { events, end: events.at(-1) as TerminalEvent };
}

/** A tool that takes `ms` and looks at its signal only when told to. */
function slowTool(name: string, ms: number, heeds: boolean): Tool {
  return defineTool({
    name,
    description: "",
    input: {},
    execute: async (_input, { host, signal }) => {
      await host.perform("sleep", { ms }, heeds ? signal : undefined);
      return "slow";
    },
  });
}

describe("cancellation", () => {
  it("LOOP-62 without a signal a turn runs to its end; an unused signal keeps no listener", async () => {
    const { harness } = setUp([answer("x")]);
    const token = new CancelToken();
    const { end } = await collectTurn(harness, token);
    expect(end).toMatchObject({ stopReason: "end_turn" });
    expect(token.listenerCount).toBe(0);
  });

  it("LOOP-62 LOOP-63 cancelled before it starts: interrupt, with the new message in history and no model call", async () => {
    const { harness, model } = setUp([answer("x")]);
    const token = new CancelToken();
    token.cancel("early");
    const { events, end } = await collectTurn(harness, token);
    expect(events).toHaveLength(1);
    expect(end).toEqual({
      type: "turn-end",
      stopReason: "interrupt",
      finalMessages: [{ role: "user", content: "go" }],
    });
    expect(model.inputs).toHaveLength(0);
  });

  it("LOOP-63 between steps: history up to the last finished step", async () => {
    const token = new CancelToken();
    const tool = defineTool({ name: "t", description: "", input: {}, execute: () => 1 });
    const { harness, model } = setUp(
      [[started, ...callTool("1", "t", {}), done("tool_use", usage(5, 5))], answer("x")],
      {
        tools: createToolRuntime([tool]),
        policies: [{ name: "stopper", decide: () => void token.cancel("now") }],
      },
    );
    const { end } = await collectTurn(harness, token);
    expect(end).toMatchObject({ stopReason: "interrupt", usage: { inputTokens: 5 } });
    expect(end.finalMessages.map((message) => message.role)).toEqual(["user", "assistant", "tool"]);
    expect(model.inputs).toHaveLength(1);
  });

  it("LOOP-T11 LOOP-64 LOOP-69 a hung stream is left at once; its text is not in history", async () => {
    const { harness, host, model } = setUp([[started, say("partial"), think("hm"), "hang"]]);
    const { events, end } = await collectTurn(harness, cancelAfter(host, 150));
    expect(events[0]).toMatchObject({ delta: "partial" });
    expect(end).toMatchObject({
      type: "turn-end",
      stopReason: "interrupt",
      finalMessages: [{ role: "user", content: "go" }],
    });
    expect(host.clock.elapsedMs).toBe(150);
    await settle();
    expect(model.open).toBe(0);
  });

  it("LOOP-64 a client that ignores its signal is left all the same", async () => {
    const { harness, host } = setUp([]);
    const deaf = {
      provider: "deaf",
      stream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }),
    };
    const { end } = await collectTurn({ ...harness, model: deaf }, cancelAfter(host, 10));
    expect(end).toMatchObject({ stopReason: "interrupt" });
    expect(host.clock.elapsedMs).toBe(10);
  });

  it("LOOP-65 after the stream, before anything is recorded: calls are dropped, usage counts", async () => {
    const token = new CancelToken();
    const { harness } = setUp([[started, ...callTool("1", "t", {}), done("tool_use", usage(9, 1))]], {
      policies: [
        {
          name: "stopper",
          answer: (_turn, decoded) => {
            token.cancel("now");
            return decoded;
          },
        },
      ],
    });
    const { events, end } = await collectTurn(harness, token);
    expect(events).toHaveLength(1);
    expect(end).toMatchObject({
      stopReason: "interrupt",
      finalMessages: [{ role: "user" }],
      usage: { inputTokens: 9 },
    });
  });

  it("LOOP-T19 LOOP-67 LOOP-69 running tools: interrupt at once, the runtime sees the signal exactly once", async () => {
    let fired = 0;
    const tools: ToolRuntime = {
      specs: () => [],
      invoke: async (_call, { host, signal }) => {
        signal.addEventListener("abort", () => fired++);
        await host.perform("sleep", { ms: 5000 });
        return toolSuccess("late");
      },
    };
    const { harness, host } = setUp([[started, ...callTool("1", "t", {}), done()]], { tools });
    const { end } = await collectTurn(harness, cancelAfter(host, 100));
    expect(end).toMatchObject({ stopReason: "interrupt" });
    expect(host.clock.elapsedMs).toBe(100);
    while (host.clock.pending > 0) await settle();
    expect(fired).toBe(1);
  });

  it("LOOP-T20 LOOP-66 history then ends in the calls, and a next turn heals it", async () => {
    const calls = [...callTool("tc_a", "slow", {}), ...callTool("tc_b", "slow", {})];
    const { harness, host, model } = setUp([[started, ...calls, done()], answer("second")], {
      tools: createToolRuntime([slowTool("slow", 5000, false)]),
    });
    const { end } = await collectTurn(harness, cancelAfter(host, 50));
    expect(end.finalMessages).toMatchObject([
      { role: "user", content: "go" },
      { role: "assistant", toolCalls: [{ id: "tc_a" }, { id: "tc_b" }] },
    ]);
    await collect(runTurn(harness, { prompt: "and now?", priorMessages: end.finalMessages }));
    expect(brokenRules(model.inputs[1]!.messages)).toEqual([]);
    expect(model.inputs[1]!.messages.map((message) => message.role)).toEqual([
      "user",
      "assistant",
      "tool",
      "tool",
      "user",
    ]);
  });

  it("LOOP-66 cancel wins over results that are ready at the same moment", async () => {
    const token = new CancelToken();
    const tool = defineTool({
      name: "t",
      description: "",
      input: {},
      execute: () => {
        token.cancel("now");
        return "ready";
      },
    });
    const { harness } = setUp([[started, ...callTool("1", "t", {}), done()]], { tools: createToolRuntime([tool]) });
    const { events, end } = await collectTurn(harness, token);
    expect(events.map((event) => event.type)).toEqual(["tool-call", "turn-end"]);
    expect(end).toMatchObject({ stopReason: "interrupt" });
  });

  it("LOOP-68 a message whose stream has ended wins over a cancel", async () => {
    const token = new CancelToken();
    const { harness } = setUp([[started, say("whole"), done()]], {
      policies: [
        {
          name: "late",
          observe(_turn, { type }) {
            if (type === "answer-end") token.cancel("late");
          },
        },
      ],
    });
    const { end } = await collectTurn(harness, token);
    expect(end).toMatchObject({ stopReason: "end_turn", finalMessages: [{}, { text: "whole" }] });
  });

  it("LOOP-68 compaction is interrupted too (port choice 7)", async () => {
    const { harness, host, model } = setUp([answer("x")]);
    const compaction = {
      client: model,
      request: harness.request,
      windowTokens: 10,
      strategy: { name: "hung", shouldCompact: () => true, compact: () => new Promise<never>(() => {}) },
    };
    const { end } = await collectTurn({ ...harness, compaction }, cancelAfter(host, 70));
    expect(end).toMatchObject({ stopReason: "interrupt" });
    expect(host.clock.elapsedMs).toBe(70);
  });

  it("a hung policy is interrupted as well", async () => {
    const { harness, host } = setUp([answer("x")], {
      policies: [{ name: "human", prepare: () => new Promise<never>(() => {}) }],
    });
    const { end } = await collectTurn(harness, cancelAfter(host, 30));
    expect(end).toMatchObject({ stopReason: "interrupt" });
  });

  it("CTX-02 nothing is written on cancel: the file ends at the last finished step", async () => {
    const { harness, host } = setUp([[started, ...callTool("1", "slow", {}), done()]], {
      tools: createToolRuntime([slowTool("slow", 5000, true)]),
    });
    const { end } = await collectTurn(harness, cancelAfter(host, 50), { contextPath: "c.jsonl" });
    expect(end).toMatchObject({ stopReason: "interrupt", finalMessages: [] });
    expect(new TextDecoder().decode(host.files.get("c.jsonl"))).toBe('{"v":1,"role":"user","content":"go"}\n');
  });

  it("cancel during a tool's retry wait is an interrupt", async () => {
    const tool = defineTool({
      name: "t",
      description: "",
      input: {},
      execute: () => Promise.reject(new Error("flaky")),
    });
    const { harness, host } = setUp([[started, ...callTool("1", "t", {}), done()]], {
      tools: createToolRuntime([tool]),
      dispatch: { retries: 3, backoffMs: 1000 },
    });
    const { end } = await collectTurn(harness, cancelAfter(host, 500));
    expect(end).toMatchObject({ stopReason: "interrupt" });
    expect(host.clock.elapsedMs).toBe(500);
  });

  it("an aborted DOM signal works like a token", async () => {
    const { harness, host } = setUp([[started, "hang"]]);
    const controller = new AbortController();
    void host.perform("sleep", { ms: 20 }).then(() => controller.abort());
    const { end } = await collectTurn(harness, controller.signal);
    expect(end).toMatchObject({ stopReason: "interrupt" });
  });

  it("cancelled at any event of a run: one terminal event, and a history that every provider accepts", async () => {
    const piece: fc.Arbitrary<Script> = fc.oneof(
      fc.constant<Script>([say("text ")]),
      fc.constant<Script>([think("thought", "sig")]),
      fc.constant<Script>([5]),
      fc.constant<Script>([say("   ")]),
    );
    const pieces = fc.array(piece, { maxLength: 5 }).map((list) => list.flat());
    const tools = createToolRuntime([
      slowTool("deaf", 30, false),
      slowTool("polite", 20, true),
      defineTool({ name: "fast", description: "", input: {}, execute: () => 1 }),
    ]);
    const names = fc.array(fc.constantFrom("deaf", "polite", "fast", "unknown"), { minLength: 1, maxLength: 3 });
    const step = fc.record({ opening: pieces, names, retry: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 3 }), fc.nat(25), async (steps, cancelAt) => {
        const scripts: Script[] = steps.flatMap(({ opening, names: called, retry }, n) => {
          const calls = called.flatMap((name, at) => callTool(`${n}_${at}`, name, {}));
          const script: Script = [started, ...opening, ...calls, done("tool_use", usage(10, 1))];
          return retry ? [[modelError("server_error", "503")], script] : [script];
        });
        const { harness, model } = setUp([...scripts, answer("end"), answer("after")], { tools });
        const token = new CancelToken();
        const events: TurnEvent[] = [];
        let seen = 0;
        if (cancelAt === 0) token.cancel("at once");
        for await (const event of runTurn(harness, { prompt: "go", signal: token })) {
          events.push(event);
          if (++seen === cancelAt) token.cancel("now");
        }
        const terminal = events.filter((event) => event.type === "turn-end" || event.type === "turn-error");
        expect(terminal).toHaveLength(1);
        expect(events.at(-1)).toBe(terminal[0]);
        const end = terminal[0] as TerminalEvent;
        if (token.aborted && cancelAt < events.length)
          expect(["interrupt", "end_turn"]).toContain((end as { stopReason: string }).stopReason);
        expect(brokenRules(healHistory(end.finalMessages))).toEqual([]);
        const before = model.inputs.length;
        await collect(
          runTurn(
            {
              ...harness,
              model: scriptedModel(harness.host as TestHost, [answer("after")]),
              policies: [capture(model)],
            },
            { prompt: "next", priorMessages: end.finalMessages },
          ),
        );
        expect(model.inputs.length).toBe(before + 1);
        for (const input of model.inputs) expect(brokenRules(input.messages)).toEqual([]);
        expect(token.listenerCount).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});

/** Copies requests into another model's list, to check them together. */
function capture(model: ScriptedModel) {
  return {
    name: "capture",
    request: (_turn: unknown, input: ScriptedModel["inputs"][number]) => {
      model.inputs.push(input);
      return input;
    },
  };
}

describe("waiting", () => {
  it("a fired signal wins over work that is already done, and listeners are released", async () => {
    const token = new CancelToken();
    expect(await orCancelled(Promise.resolve(1), token)).toBe(1);
    expect(token.listenerCount).toBe(0);
    const late = orCancelled(Promise.resolve(2), token);
    token.cancel("now");
    expect(await late).toBe(CANCELLED);
    expect(await orCancelled(Promise.reject(new Error("late")), token)).toBe(CANCELLED);
  });

  it("rejections pass through while nothing fired", async () => {
    await expect(orCancelled(Promise.reject(new Error("x")), new CancelToken())).rejects.toThrow("x");
  });

  it("a DOM signal follows a token", () => {
    const token = new CancelToken();
    const signal = toAbortSignal(token);
    expect(signal.aborted).toBe(false);
    token.cancel("why");
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBe("why");
  });
});
