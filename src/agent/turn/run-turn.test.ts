import { describe, expect, it } from "vitest";
import {
  answer,
  callTool,
  collect,
  createTestHost,
  done,
  type Script,
  say,
  scriptedModel,
  settle,
  started,
  think,
  usage,
} from "../../../test/agent/support.ts";
import { echoTool, request, run, setUp, types } from "../../../test/agent/turn-lab.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { createToolRuntime } from "../tools/define-tool.ts";
import { ToolRuntimeError, toolFailure, toolSuccess } from "../tools/outcome.ts";
import { NO_TOOLS, type ToolRuntime } from "../tools/tool-runtime.ts";
import type { Harness } from "./harness.ts";
import { toolChoiceFromText } from "./request.ts";
import { runTurn } from "./run-turn.ts";
import { TurnError } from "./turn-error.ts";

describe("a turn", () => {
  it("LOOP-T01 LOOP-84 adds the usage of all steps", async () => {
    const { end } = await run(
      [
        [started, ...callTool("tc_1", "read", { path: "a" }), done("tool_use", usage(10, 5))],
        [started, say("done"), done("end_turn", usage(20, 15, 4))],
      ],
      { tools: createToolRuntime([echoTool()]) },
    );
    expect(end).toMatchObject({
      type: "turn-end",
      stopReason: "end_turn",
      usage: {
        inputTokens: 30,
        outputTokens: 20,
        cacheReadTokens: 4,
        compactionInputTokens: 0,
        compactionOutputTokens: 0,
      },
    });
  });

  it("LOOP-T02 LOOP-84 has no usage, rather than zeroes, when nobody reported any", async () => {
    const { end } = await run([answer("hi")]);
    expect(end).not.toHaveProperty("usage");
  });

  it("LOOP-T16 LOOP-25 runs a tool, answers, and is over", async () => {
    const { harness } = setUp(
      [[started, say("Reading"), ...callTool("tc", "read", { path: "a" }), done()], answer("Done")],
      {
        tools: createToolRuntime([echoTool()]),
      },
    );
    const turn = runTurn(harness, { prompt: "go" });
    const events = await collect(turn);
    expect(types(events)).toEqual(["text-delta", "tool-call", "tool-result", "text-delta", "turn-end"]);
    expect(await turn.next()).toEqual({ done: true, value: undefined });
  });

  it("LOOP-T17 LOOP-27 LOOP-47 the end carries the whole history in order", async () => {
    const prior = [
      { role: "user", content: "earlier" },
      { role: "assistant", text: "reply", toolCalls: [] },
    ] as const;
    const { messages } = await run([answer("now")], {}, { priorMessages: prior, prompt: "next" });
    expect(messages).toEqual([
      ...prior,
      { role: "user", content: "next" },
      { role: "assistant", text: "now", toolCalls: [] },
    ]);
  });

  it("LOOP-01 LOOP-40 ends with max_turns after 8 steps and asks no ninth time", async () => {
    const scripts = Array.from({ length: 9 }, (_, n) => [
      started,
      ...callTool(`tc_${n}`, "read", { path: "a" }),
      done(),
    ]);
    const { end, model, messages } = await run(scripts, { tools: createToolRuntime([echoTool()]) });
    expect(end).toMatchObject({ type: "turn-end", stopReason: "max_turns" });
    expect(model.inputs).toHaveLength(8);
    expect(messages.at(-1)!.role).toBe("tool");
  });

  it("LOOP-02 maxSteps 0 removes the cap", async () => {
    const scripts = Array.from({ length: 30 }, (_, n) => [
      started,
      ...callTool(`tc_${n}`, "read", { path: "a" }),
      done(),
    ]);
    const { end } = await run([...scripts, answer("finally")], { maxSteps: 0, tools: createToolRuntime([echoTool()]) });
    expect(end).toMatchObject({ stopReason: "end_turn" });
  });

  it("LOOP-05 a running turn does not see later changes of its harness", async () => {
    const { harness, model } = setUp([[started, 10, ...callTool("t", "read", { path: "a" }), done()], answer("x")], {
      tools: createToolRuntime([echoTool()]),
    });
    const turn = runTurn(harness, { prompt: "go" });
    await settle();
    Object.assign(harness, { maxSteps: 1, toolChoice: "none" });
    const events = await collect(turn);
    expect(events.at(-1)).toMatchObject({ stopReason: "end_turn" });
    expect(model.inputs[1]!.toolChoice).toBe("auto");
  });

  it("LOOP-06 LOOP-07 LOOP-34 LOOP-36 LOOP-87 LOOP-89 the request holds what was asked for, and nothing empty", async () => {
    let asked = 0;
    const runtime = createToolRuntime([echoTool()]);
    const specs = () => {
      asked++;
      return runtime.specs();
    };
    const tools: ToolRuntime = { ...runtime, specs };
    const { model } = await run(
      [[started, ...callTool("t", "read", { path: "a" }), done()], answer("x")],
      { tools, toolChoice: { tool: "read" }, parallelToolCalls: false, request: { ...request, maxTokens: 99 } },
      { system: "Be brief." },
    );
    expect(asked).toBe(1);
    for (const input of model.inputs) {
      expect(input).toMatchObject({
        provider: "scripted",
        maxTokens: 99,
        system: "Be brief.",
        toolChoice: { tool: "read" },
        parallelToolCalls: false,
        tools: [{ name: "read" }],
      });
    }
    const bare = (await run([answer("x")], {}, { system: "" })).model.inputs[0]!;
    expect(Object.keys(bare).sort()).toEqual(["messages", "model", "provider"]);
  });

  it("LOOP-31 LOOP-33 prompt and attachments are one user message", async () => {
    const image = { kind: "image", mediaType: "image/png", base64: "AAAA" } as const;
    const { model } = await run([answer("x")], {}, { prompt: "look", attachments: [image] });
    expect(model.inputs[0]!.messages).toEqual([{ role: "user", content: "look", attachments: [image] }]);
  });

  it("a turn without a prompt goes on from the history as it is", async () => {
    const { model } = await run(
      [answer("x")],
      {},
      { prompt: undefined as never, priorMessages: [{ role: "user", content: "p" }] },
    );
    expect(model.inputs[0]!.messages).toEqual([{ role: "user", content: "p" }]);
  });

  it("LOOP-08 LOOP-21 every kind of chunk in, every kind of event out, with exactly these fields", async () => {
    const { events } = await run(
      [
        [
          { type: "response-start", model: "m", responseId: "r", usage: { inputTokens: 1 } },
          { type: "heartbeat" },
          { type: "warning", message: "unknown block", raw: { a: 1 } },
          think("hm"),
          say("text"),
          { type: "tool-call-start", id: "1", name: "read" },
          { type: "tool-call-delta", id: "1", delta: '{"path":"a"}' },
          { type: "tool-call-end", id: "1" },
          ...callTool("2", "ghost", {}),
          done("tool_use", usage(1, 1)),
        ],
        answer("end"),
      ],
      { tools: createToolRuntime([echoTool()]) },
    );
    expect(events.slice(0, 6)).toEqual([
      { type: "thinking-delta", messageId: "thinking_native_0", delta: "hm" },
      { type: "text-delta", messageId: "msg_native_0", delta: "text" },
      { type: "tool-call", id: "1", name: "read", input: { path: "a" } },
      { type: "tool-call", id: "2", name: "ghost", input: {} },
      { type: "tool-result", id: "1", output: { ok: true, value: "content of a" } },
      { type: "tool-result", id: "2", output: { ok: false, error: "NotFound: unknown tool ghost" } },
    ]);
    expect(Object.keys(events.at(-1)!).sort()).toEqual(["finalMessages", "stopReason", "type", "usage"]);
  });

  it("LOOP-37 LOOP-39 LOOP-84 the order within steps: cap, cancel, gate, model, usage, record, run, record", async () => {
    const log: string[] = [];
    const tool = echoTool({ execute: () => void log.push("tool runs") });
    const roles = (turn: { history: readonly { role: string }[] }) =>
      turn.history.map((message) => message.role[0]).join("");
    const compaction = {
      strategy: {
        name: "spy",
        shouldCompact: () => log.push("gate") < 0,
        compact: () => Promise.reject(new Error("never")),
      },
      client: scriptedModel(createTestHost(), []),
      request,
      windowTokens: 1,
    };
    await run(
      [[started, ...callTool("1", "read", { path: "a" }), done("tool_use", usage(1, 1))], answer("x", usage(2, 2))],
      {
        tools: createToolRuntime([tool]),
        compaction,
        policies: [
          {
            name: "log",
            prepare: (turn) => void log.push(`prepare ${roles(turn)}`),
            request: (turn, input) => {
              log.push(`request ${roles(turn)}`);
              return input;
            },
            answer: (turn, decoded) => {
              log.push(`answer ${roles(turn)} spent ${turn.accounts.spent?.inputTokens}`);
              return decoded;
            },
            gate: (turn) => void log.push(`call ${roles(turn)}`),
            decide: (turn) => void log.push(`decide ${roles(turn)}`),
          },
        ],
      },
    );
    expect(log).toEqual([
      ...["prepare u", "gate", "request u", "answer u spent 1", "call ua", "tool runs", "decide uat"],
      ...["prepare uat", "gate", "request uat", "answer uat spent 3", "decide uata"],
    ]);
  });

  it("LOOP-20 LOOP-73 messages of all roles are sent with their fields; success, failure and runtime error differ", async () => {
    const image = { kind: "image", mediaType: "image/png", base64: "AA==" } as const;
    const prior: RecordedMessage[] = [
      { role: "user", content: "look", attachments: [image] },
      {
        role: "assistant",
        text: "reading",
        thinking: [{ text: "hm", signature: "s" }],
        toolCalls: [{ id: "0", name: "read", input: {} }],
      },
      { role: "tool", toolCallId: "0", content: "x", isError: true, attachments: [image] },
    ];
    const { model } = await run([answer("x")], {}, { priorMessages: prior });
    expect(model.inputs[0]!.messages.slice(0, 3)).toEqual(prior);
    const outcomes: ToolRuntime = {
      specs: () => [],
      invoke(call) {
        if (call.name === "fine") return Promise.resolve(toolSuccess({ n: 1 }));
        if (call.name === "failed") return Promise.resolve(toolFailure("NotFound", "no"));
        return Promise.reject(new ToolRuntimeError("runtime", call.name, "gone"));
      },
    };
    const { events } = await run(
      [[started, ...callTool("1", "fine", {}), ...callTool("2", "failed", {}), ...callTool("3", "broken", {}), done()]],
      { tools: outcomes },
    );
    expect(events.slice(3)).toMatchObject([
      { output: { ok: true, value: { n: 1 } } },
      { output: { ok: false, error: "NotFound: no" } },
      { type: "turn-error", error: { kind: "tool-runtime" } },
    ]);
  });

  it.each([
    ["auto", "auto"],
    ["none", "none"],
    ["required", "required"],
    ["any", "required"],
    ["tool:read", { tool: "read" }],
    ["", "auto"],
    ["whatever", "auto"],
  ] as const)("LOOP-88 tool choice %j reads as %j", (text, choice) => {
    expect(toolChoiceFromText(text)).toEqual(choice);
  });

  it("LOOP-28 LOOP-35 starting a turn does nothing yet and never throws", async () => {
    const { harness, model } = setUp([answer("x")]);
    const broken: Harness = {
      ...harness,
      tools: {
        ...NO_TOOLS,
        specs: () => {
          throw new Error("no specs");
        },
      },
    };
    const turn = runTurn(harness, { prompt: "go" });
    expect(model.inputs).toHaveLength(0);
    await collect(turn);
    const events = await collect(runTurn(broken, { prompt: "go" }));
    expect(events).toMatchObject([
      { type: "turn-error", error: { kind: "internal", message: "agent error: no specs" } },
    ]);
    expect((events[0] as { error: unknown }).error).toBeInstanceOf(TurnError);
  });

  it("LOOP-29 the producer waits when 16 events wait for the consumer", async () => {
    let produced = 0;
    const produce = () => {
      produced++;
      return [say("x")];
    };
    const script: Script = [started, ...Array.from({ length: 100 }, () => produce), done()];
    const { harness } = setUp([script]);
    const turn = runTurn(harness, { prompt: "go" });
    await settle();
    expect(produced).toBe(17);
    await turn.next();
    await settle();
    expect(produced).toBe(18);
    expect((await collect(turn)).filter((event) => event.type === "text-delta")).toHaveLength(99);
  });

  it("LOOP-30 a consumer that goes away ends the turn; running tools are left alone", async () => {
    let finished = false;
    let aborted = false;
    const slow = echoTool({
      execute: async (_input, { host, signal }) => {
        await host.perform("sleep", { ms: 100 });
        aborted = signal.aborted;
        finished = true;
        return "ok";
      },
    });
    const { harness, model, host } = setUp(
      [[started, say("x"), ...callTool("t", "read", { path: "a" }), done()], answer("y")],
      {
        tools: createToolRuntime([slow]),
      },
    );
    for await (const event of runTurn(harness, { prompt: "go" })) if (event.type === "tool-call") break;
    do await settle();
    while (host.clock.pending > 0);
    expect(finished).toBe(true);
    expect(aborted).toBe(false);
    expect(model.inputs).toHaveLength(1);
  });

  it("LOOP-30 a consumer that goes away while the model is silent releases the connection", async () => {
    const { harness, model, host } = setUp([[started, say("x"), "hang"]]);
    for await (const _event of runTurn(harness, { prompt: "go" })) break;
    await settle();
    expect(model.open).toBe(0);
    expect(host.clock.pending).toBe(0);
  });
});
