import { describe, expect, it } from "vitest";
import { answer, callTool, done, say, started, streamedCall, usage } from "../../../test/agent/support.ts";
import { echoTool, run, setUp, types } from "../../../test/agent/turn-lab.ts";
import type { RecordedAssistant } from "../context/recorded-message.ts";
import { createToolRuntime, defineTool } from "../tools/define-tool.ts";
import { ToolRuntimeError, toolFailure, toolSuccess } from "../tools/outcome.ts";
import type { ToolRuntime } from "../tools/tool-runtime.ts";
import { runTurn } from "./run-turn.ts";
import type { TurnEvent } from "./turn-event.ts";

describe("the calls of a turn", () => {
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
});
