import { describe, expect, it } from "vitest";
import {
  answer,
  callTool,
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
  streamedCall,
  type TestHost,
  think,
  usage,
} from "../../../test/agent/support.ts";
import type { RecordedAssistant, RecordedMessage } from "../context/recorded-message.ts";
import { createToolRuntime, defineTool, type Tool, type ToolDefinition } from "../tools/define-tool.ts";
import { ToolRuntimeError, toolFailure, toolSuccess } from "../tools/outcome.ts";
import { NO_TOOLS, type ToolRuntime } from "../tools/tool-runtime.ts";
import type { Harness, TurnInput } from "./harness.ts";
import { toolChoiceFromText } from "./request.ts";
import { runTurn } from "./run-turn.ts";
import { TurnError } from "./turn-error.ts";
import type { TerminalEvent, TurnEvent } from "./turn-event.ts";

const request = { provider: "scripted", model: "test" };

interface Setup {
  host: TestHost;
  model: ScriptedModel;
  harness: Harness;
}

function setUp(scripts: readonly Script[], options: Partial<Harness> = {}): Setup {
  const host = createTestHost();
  const model = scriptedModel(host, scripts);
  return { host, model, harness: { host, model, request, tools: NO_TOOLS, ...options } };
}

async function run(scripts: readonly Script[], options: Partial<Harness> = {}, input: Partial<TurnInput> = {}) {
  const setup = setUp(scripts, options);
  const events = await collect(runTurn(setup.harness, { prompt: "go", ...input }));
  const end = events.at(-1) as TerminalEvent;
  return { ...setup, events, end, messages: end.finalMessages };
}

function echoTool(overrides: Partial<ToolDefinition> = {}): Tool {
  return defineTool({
    name: "read",
    description: "Reads a file",
    input: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
    execute: ({ path }) => `content of ${path as string}`,
    ...overrides,
  });
}

const types = (events: readonly TurnEvent[]) => events.map((event) => event.type);

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

  it("LOOP-T03 LOOP-09 LOOP-10 LOOP-22 forwards each delta under the step's id", async () => {
    const { events } = await run([[started, say("one "), say("two "), say("three"), done()]]);
    expect(events.slice(0, 3)).toEqual([
      { type: "text-delta", messageId: "msg_native_0", delta: "one " },
      { type: "text-delta", messageId: "msg_native_0", delta: "two " },
      { type: "text-delta", messageId: "msg_native_0", delta: "three" },
    ]);
    expect(events[3]).toMatchObject({ type: "turn-end", stopReason: "end_turn" });
  });

  it("LOOP-T04 LOOP-12 LOOP-15 LOOP-23 joins streamed arguments and runs the tool whatever the stop reason says", async () => {
    const { events, model } = await run(
      [
        [started, say("Looking."), ...streamedCall("tc_1", "read", '{"pa', 'th":"a.txt"}'), done("end_turn")],
        [started, say("Summary."), done()],
      ],
      { tools: createToolRuntime([echoTool()]) },
    );
    expect(types(events)).toEqual(["text-delta", "tool-call", "tool-result", "text-delta", "turn-end"]);
    expect(events[1]).toEqual({ type: "tool-call", id: "tc_1", name: "read", input: { path: "a.txt" } });
    expect(events[2]).toEqual({ type: "tool-result", id: "tc_1", output: { ok: true, value: "content of a.txt" } });
    expect(events[3]).toMatchObject({ messageId: "msg_native_1", delta: "Summary." });
    expect(model.inputs[1]!.messages).toEqual([
      { role: "user", content: "go" },
      {
        role: "assistant",
        text: "Looking.",
        toolCalls: [{ id: "tc_1", name: "read", input: { path: "a.txt" }, rawInput: '{"path":"a.txt"}' }],
      },
      { role: "tool", toolCallId: "tc_1", toolName: "read", content: '"content of a.txt"', isError: false },
    ]);
  });

  it("LOOP-T05 REPAIR-01 REPAIR-02 a missing closing brace does not fail the turn", async () => {
    const { events } = await run(
      [[started, ...streamedCall("tc_1", "read", '{"path":"a.txt"'), done("tool_use")], answer("ok")],
      { tools: createToolRuntime([echoTool()]) },
    );
    expect(events[0]).toMatchObject({ type: "tool-call", input: { path: "a.txt" } });
    expect(events.at(-1)).toMatchObject({ type: "turn-end" });
  });

  it("LOOP-T06 LOOP-41 REPAIR-03 runtime, event and history see the same repaired input", async () => {
    const seen: unknown[] = [];
    const tool = defineTool({
      name: "run",
      description: "",
      input: { type: "object", properties: { quiet: { type: "boolean" }, seconds: { type: "integer" } } },
      execute: (input) => {
        seen.push(input);
        return null;
      },
    });
    const { events, messages } = await run(
      [[started, ...callTool("tc_1", "run", { quiet: "true", seconds: "30" }), done()], answer("ok")],
      { tools: createToolRuntime([tool]) },
    );
    const input = { quiet: true, seconds: 30 };
    expect(seen).toEqual([input]);
    expect(events[0]).toMatchObject({ type: "tool-call", input });
    expect(messages[1]).toMatchObject({ toolCalls: [{ input }] });
  });

  it("LOOP-T07 LOOP-44 LOOP-74 a tool timeout is a result the model sees, and the turn goes on", async () => {
    const tools: ToolRuntime = {
      specs: () => [{ name: "slow", description: "", inputSchema: {} }],
      invoke: () => Promise.reject(new ToolRuntimeError("timeout", "slow", "tool timed out after 1s")),
    };
    const { events, messages } = await run([[started, ...callTool("tc", "slow", {}), done()], answer("recovered")], {
      tools,
    });
    expect(events[1]).toEqual({
      type: "tool-result",
      id: "tc",
      output: { ok: false, error: "Timeout: tool timed out after 1s" },
    });
    expect(types(events)).toEqual(["tool-call", "tool-result", "text-delta", "turn-end"]);
    expect(messages[2]).toMatchObject({
      content: '{"error":"Timeout: tool timed out after 1s"}',
      isError: true,
    });
  });

  it("LOOP-T08 LOOP-75 LOOP-79 LOOP-80 invalid input is a bounded message to the model", async () => {
    const write = defineTool({
      name: "write",
      description: "",
      input: {
        type: "object",
        properties: { path: { type: "string" }, content: { type: "string" } },
        required: ["path", "content"],
      },
      execute: () => null,
    });
    const huge = "x".repeat(20_000);
    const { events } = await run(
      [[started, ...callTool("tc", "write", { content: huge }), done()], answer("recovered")],
      {
        tools: createToolRuntime([write]),
      },
    );
    const { output } = events[1] as Extract<TurnEvent, { type: "tool-result" }>;
    const error = (output as { error: string }).error;
    expect(error).toContain("The write tool was called with invalid arguments");
    expect(error).toContain("missing required field `path`");
    expect(error).toContain("Received fields: content");
    expect(error).toContain("string(20000 chars");
    expect(error).not.toContain("x".repeat(2000));
    expect(events.at(-2)).toMatchObject({ delta: "recovered" });
  });

  it("LOOP-75 a runtime's own invalid-input error gets the same message", async () => {
    const tools: ToolRuntime = {
      specs: () => [],
      invoke: (call) => Promise.reject(new ToolRuntimeError("invalid-input", call.name, "missing string field path")),
    };
    const { events } = await run([[started, ...callTool("tc", "write", { content: "x" }), done()], answer("ok")], {
      tools,
    });
    expect(events[1]).toMatchObject({
      output: { error: expect.stringContaining("invalid arguments: missing string field path. Please rewrite") },
    });
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

  it("LOOP-11 deltas of unknown calls are ignored, calls keep their order of arrival", async () => {
    const { events } = await run(
      [
        [
          started,
          { type: "tool-call-start", id: "b", name: "read" },
          { type: "tool-call-start", id: "a", name: "read" },
          { type: "tool-call-delta", id: "ghost", delta: "{" },
          { type: "tool-call-delta", id: "a", delta: '{"path":"A"}' },
          { type: "tool-call-delta", id: "b", delta: '{"path":"B"}' },
          { type: "tool-call-end", id: "a" },
          { type: "tool-call-end", id: "b" },
          { type: "tool-call-end", id: "ghost" },
          done(),
        ],
        answer("x"),
      ],
      { tools: createToolRuntime([echoTool()]) },
    );
    expect(events.slice(0, 2)).toMatchObject([
      { id: "b", input: { path: "B" } },
      { id: "a", input: { path: "A" } },
    ]);
  });

  it("LOOP-12 the provider's own input wins over the deltas, blank text is {}", async () => {
    const anything = defineTool({ name: "t", description: "", input: {}, execute: (input) => input });
    const { events } = await run(
      [
        [
          started,
          { type: "tool-call-start", id: "a", name: "t" },
          { type: "tool-call-delta", id: "a", delta: '{"no":1}' },
          { type: "tool-call-end", id: "a", input: { yes: 1 } },
          ...streamedCall("b", "t", "  "),
          done(),
        ],
        answer("x"),
      ],
      { tools: createToolRuntime([anything]) },
    );
    expect(events.slice(0, 2)).toMatchObject([{ input: { yes: 1 } }, { input: {} }]);
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

  it("LOOP-45 LOOP-46 a tool step without visible text stores no text", async () => {
    const { messages } = await run(
      [[started, say(" \n"), ...callTool("t", "read", { path: "a" }), done()], answer("x")],
      {
        tools: createToolRuntime([echoTool()]),
      },
    );
    expect(messages[1]).not.toHaveProperty("text");
  });

  it("LOOP-42 LOOP-43 one result per call in declared order, strings quoted, attachments kept", async () => {
    const image = { kind: "image", mediaType: "image/png", url: "http://x" } as const;
    const tool = (name: string, execute: () => ReturnType<typeof toolSuccess>) =>
      defineTool({ name, description: "", input: {}, execute });
    const { events, messages } = await run(
      [[started, ...callTool("1", "a", {}), ...callTool("2", "b", {}), ...callTool("3", "c", {}), done()], answer("x")],
      {
        tools: createToolRuntime([
          tool("a", () => toolSuccess("text", [image])),
          tool("b", () => toolFailure("NonZeroExit", "exit 2")),
          tool("c", () => toolSuccess({ n: 1 })),
        ]),
      },
    );
    expect(types(events)).toEqual([
      "tool-call",
      "tool-call",
      "tool-call",
      "tool-result",
      "tool-result",
      "tool-result",
      "text-delta",
      "turn-end",
    ]);
    expect(messages.slice(2, 5)).toEqual([
      { role: "tool", toolCallId: "1", toolName: "a", content: '"text"', isError: false, attachments: [image] },
      { role: "tool", toolCallId: "2", toolName: "b", content: '{"error":"NonZeroExit: exit 2"}', isError: true },
      { role: "tool", toolCallId: "3", toolName: "c", content: '{"n":1}', isError: false },
    ]);
  });

  it("LOOP-77 an unknown tool is told to the model (port choice 3)", async () => {
    const { events } = await run([[started, ...callTool("t", "nope", {}), done()], answer("sorry")]);
    expect(events[1]).toMatchObject({ output: { ok: false, error: "NotFound: unknown tool nope" } });
    const known = await run([[started, ...callTool("t", "nope", {}), done()], answer("sorry")], {
      tools: createToolRuntime([echoTool()]),
    });
    expect(known.events[1]).toMatchObject({ output: { ok: false, error: "NotFound: unknown tool nope" } });
    expect(known.end).toMatchObject({ type: "turn-end" });
  });

  it("LOOP-76 LOOP-78 a broken runtime ends the turn at the first such call; earlier results were emitted", async () => {
    const tools: ToolRuntime = {
      specs: () => [],
      invoke: (call) => {
        if (call.name === "ok") return Promise.resolve(toolSuccess(1));
        if (call.name === "down") return Promise.reject(new ToolRuntimeError("runtime", "down", "sandbox gone"));
        throw new TypeError("crash");
      },
    };
    const calls = [
      ...callTool("1", "ok", {}),
      ...callTool("2", "down", {}),
      ...callTool("3", "ok", {}),
      ...callTool("4", "crash", {}),
    ];
    const { events, end, host } = await run(
      [[started, ...calls, done("tool_use", usage(5, 5))]],
      { tools },
      { contextPath: "/c/x.jsonl" },
    );
    expect(types(events)).toEqual(["tool-call", "tool-call", "tool-call", "tool-call", "tool-result", "turn-error"]);
    expect(end).toMatchObject({
      error: { kind: "tool-runtime", message: "tool runtime error: tool runtime failed: sandbox gone" },
    });
    expect(end).toMatchObject({ usage: { inputTokens: 5 } });
    expect([...host.files.values()].map((bytes) => new TextDecoder().decode(bytes).trim().split("\n").length)).toEqual([
      1,
    ]);

    const crashed = await run([[started, ...callTool("4", "crash", {}), done()]], { tools });
    expect(crashed.end).toMatchObject({ error: { message: "tool runtime error: tool task failed: crash" } });
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

  it("LOOP-24 no result is emitted until every call has settled", async () => {
    const slow = echoTool({
      name: "slow",
      execute: async (_input, { host }) => {
        await host.perform("sleep", { ms: 500 });
        return "late";
      },
    });
    const { harness, host } = setUp(
      [
        [started, ...callTool("1", "read", { path: "a" }), ...callTool("2", "slow", { path: "a" }), done()],
        answer("x"),
      ],
      {
        tools: createToolRuntime([echoTool(), slow]),
      },
    );
    const seen: [string, number][] = [];
    for await (const event of runTurn(harness, { prompt: "go" })) seen.push([event.type, host.clock.elapsedMs]);
    expect(seen.filter(([type]) => type === "tool-result").map(([, at]) => at)).toEqual([500, 500]);
  });

  it("LOOP-T18 LOOP-70 runs three slow tools at once", async () => {
    let running = 0;
    let most = 0;
    const slow = echoTool({
      execute: async (_input, { host }) => {
        most = Math.max(most, ++running);
        await host.perform("sleep", { ms: 80 });
        running--;
        return "ok";
      },
    });
    const calls = ["1", "2", "3"].flatMap((id) => callTool(id, "read", { path: id }));
    const { events, host } = await run([[started, ...calls, done()], answer("x")], {
      tools: createToolRuntime([slow]),
    });
    expect(events.filter((event) => event.type === "tool-result")).toHaveLength(3);
    expect(most).toBe(3);
    expect(host.clock.elapsedMs).toBeLessThan(200);
  });

  it("a concurrency cap is kept", async () => {
    let running = 0;
    let most = 0;
    const slow = echoTool({
      execute: async (_input, { host }) => {
        most = Math.max(most, ++running);
        await host.perform("sleep", { ms: 10 });
        running--;
        return "ok";
      },
    });
    const calls = Array.from({ length: 7 }, (_, n) => callTool(`${n}`, "read", { path: "a" })).flat();
    const { events } = await run([[started, ...calls, done()], answer("x")], {
      tools: createToolRuntime([slow]),
      dispatch: { concurrency: 3 },
    });
    expect(most).toBe(3);
    expect(events.filter((event) => event.type === "tool-result").map((event) => event.id)).toEqual([
      "0",
      "1",
      "2",
      "3",
      "4",
      "5",
      "6",
    ]);
  });

  it("arguments of which nothing can be read do not run the tool (port choice 11)", async () => {
    let ran = false;
    const execute = () => {
      ran = true;
      return null;
    };
    const tool = defineTool({ name: "wipe", description: "", input: {}, execute });
    const { events, end } = await run([[started, ...streamedCall("t", "wipe", "no json here"), done()], answer("x")], {
      tools: createToolRuntime([tool]),
    });
    expect(ran).toBe(false);
    expect(events[1]).toMatchObject({ output: { ok: false, error: expect.stringContaining("InvalidInput: ") } });
    expect(end).toMatchObject({ type: "turn-end" });
  });

  it("LOOP-98 raw arguments are kept only when they are exactly what was used", async () => {
    const tool = defineTool({
      name: "t",
      description: "",
      input: { type: "object", properties: { on: { type: "boolean" } } },
      execute: () => null,
    });
    const { messages } = await run(
      [
        [
          started,
          ...streamedCall("a", "t", ' {"on": true}'),
          ...streamedCall("b", "t", '{"on":"true"}'),
          ...streamedCall("c", "t", '{"on":true'),
          done(),
        ],
        answer("x"),
      ],
      { tools: createToolRuntime([tool]) },
    );
    const { toolCalls: calls } = messages[1] as RecordedAssistant;
    expect(calls.map((call) => call.rawInput)).toEqual([' {"on": true}', undefined, undefined]);
    expect(calls.map((call) => call.input)).toEqual([{ on: true }, { on: true }, { on: true }]);
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
