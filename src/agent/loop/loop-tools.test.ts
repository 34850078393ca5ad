import { describe, expect, it } from "vitest";
import { call, contents, edit, lastRequest, read, run, text, withTools } from "../../../test/agent/loop-lab.ts";
import { brokenRules, callTool, done, modelError, started, think } from "../../../test/agent/support.ts";
import type { JsonObject } from "../../base/index.ts";
import { transcriptEventsByKind, transcriptRenderFull } from "../../llm/index.ts";
import { createToolRuntime, defineTool } from "../tools/define-tool.ts";
import { toolFailure, toolSuccess } from "../tools/outcome.ts";

describe("agent loop: tools and the text protocol", () => {
  it("AGENT-06 AGENT-36 TOOL-01 TOOL-02 text mode: calls in blocks, results in one feedback message, no native tools", async () => {
    const answer =
      '<assistant_prose>Looking.</assistant_prose>\n<tool_call>\nread({ path: "a" })\n</tool_call>\n<tool_call>\nread({ path: "b" })\n</tool_call>';
    const { result, model } = await run(
      [text(answer), text("<user_response>fine</user_response>")],
      withTools([read, edit], "text"),
    );
    expect(model.inputs[0]).not.toHaveProperty("tools");
    expect(model.inputs[0]).not.toHaveProperty("toolChoice");
    const [, assistant, results] = model.inputs[1]!.messages;
    expect(assistant).toMatchObject({ role: "assistant", toolCalls: [] });
    expect((assistant as { text: string }).text).toContain("<tool_call>");
    expect(results).toEqual({
      role: "user",
      content:
        '<runtime_feedback kind="tool_results">\n[result of read]\ncontent of a\n[end of read result]\n\n[result of read]\ncontent of b\n[end of read result]\n</runtime_feedback>',
    });
    expect(result).toMatchObject({
      status: "done",
      visible_text: "fine",
      tools: { calls: ["read", "read"], successful: ["read"], mode: "text" },
    });
  });

  it("AGENT-36 native mode: one tool message per call, plain text as it is", async () => {
    const { model } = await run([call("read", { path: "a" }, "c1"), text("ok")], withTools());
    expect(model.inputs[1]!.messages.at(-1)).toEqual({
      role: "tool",
      toolCallId: "c1",
      toolName: "read",
      content: "content of a",
      isError: false,
    });
    expect(brokenRules(model.inputs[1]!.messages)).toEqual([]);
  });

  it("AGENT-25 TOOL-03 AGENT-14 the system prompt: base, contract, persistence; examples in text mode only", async () => {
    const options = { system: "Base.", flow: { persistent: true, maxIterations: 1 } };
    const inText = await run([text("x")], {
      ...options,
      tools: createToolRuntime([read]),
      toolUse: { format: "text", examples: "EXAMPLE CALL" },
    });
    const prompt = inText.model.inputs[0]!.system!;
    expect(prompt).toMatch(/^Base\.\n\n## Tool Calling Contract\n\nActive mode: `text`/);
    expect(prompt).toContain("declare function read(args: { path: string }): string;");
    expect(prompt).toContain("EXAMPLE CALL");
    expect(prompt).toMatch(/IMPORTANT: Keep working .* emit `<done>##DONE##<\/done>` as a block of its own\.$/s);
    expect(prompt).not.toContain("Task ledger");
    const native = await run([text("x")], {
      ...options,
      tools: createToolRuntime([read]),
      toolUse: { format: "native", examples: "EXAMPLE CALL" },
    });
    expect(native.model.inputs[0]!.system).toContain("Active mode: `native`");
    expect(native.model.inputs[0]!.system).not.toContain("EXAMPLE CALL");
    expect(native.model.inputs[0]!.system).not.toContain("declare function");
    const quiet = await run([text("x")], {
      ...options,
      flow: { ...options.flow, turnShape: { requireActionOrYield: false, allowDoneSentinel: false } },
    });
    expect(quiet.model.inputs[0]!.system).not.toContain("##DONE##");
    const bare = await run([text("x")], {});
    expect(bare.model.inputs[0]).not.toHaveProperty("system");
  });

  it("AGENT-33 a call that cannot be read gets guidance, and does not count as idle talk", async () => {
    const bad = "<tool_call>\nread({ path: \n</tool_call>";
    const { result, model } = await run([text(bad), text(bad), text("<user_response>x</user_response>")], {
      ...withTools([read], "text"),
      flow: { maxNudges: 0 },
    });
    expect(result.status).toBe("done");
    expect(JSON.stringify(model.inputs[1]!.messages)).toContain('kind=\\"parse_guidance\\"');
    expect(contents(model.inputs[1]!.messages)[1]).toMatch(/^<assistant turn shortened: 0 tool call/);
  });

  it("AGENT-33 some calls ran, others could not be read: the errors alone", async () => {
    const mixed = '<tool_call>\nread({ path: "a" })\n</tool_call>\n<tool_call>\nread({ path: \n</tool_call>';
    const { model, result } = await run(
      [text(mixed), text("<user_response>x</user_response>")],
      withTools([read], "text"),
    );
    expect(lastRequest(model)).toContain('kind=\\"parse_error\\"');
    expect(result.tools.successful).toEqual(["read"]);
  });

  it("AGENT-33 TOOL-01 stray text in text mode is a protocol violation, but the loop goes on", async () => {
    const { model } = await run(
      [text('Sure thing!\n<tool_call>\nread({ path: "a" })\n</tool_call>'), text("<user_response>x</user_response>")],
      withTools([read], "text"),
    );
    expect(lastRequest(model)).toContain('kind=\\"protocol_violation\\"');
  });

  it("TOOL-02 a very long assistant turn is cut in history", async () => {
    const { model } = await run([text("y".repeat(140_000)), text("x")], {
      flow: { persistent: true, maxIterations: 2 },
    });
    const kept = contents(model.inputs[1]!.messages)[1]!;
    expect(kept.length).toBeLessThan(131_300);
    expect(kept).toContain("140000 characters");
  });

  it("native calls count in text mode too, and history writes them as blocks", async () => {
    const { model, result } = await run(
      [call("read", { path: "a" }), text("<user_response>x</user_response>")],
      withTools([read], "text"),
    );
    expect(result.tools.successful).toEqual(["read"]);
    expect(contents(model.inputs[1]!.messages)[1]).toBe('<tool_call>\nread({"path":"a"})\n</tool_call>');
  });

  it.each([
    ["allow", [true, true], 2],
    ["allow_once", [true, false], 1],
    ["reject", [false, false], 0],
  ] as const)("AGENT-19 native_tool_fallback %s", async (nativeFallback, accepted, ran) => {
    const answer = '<tool_call>\nread({ path: "a" })\n</tool_call>';
    const { result, model } = await run([text(answer), text(answer)], {
      tools: createToolRuntime([read]),
      toolUse: { format: "native", nativeFallback },
      flow: { persistent: true, maxIterations: 2 },
      loopDetection: { warn: 0 },
    });
    expect(result.tools.calls).toHaveLength(ran);
    const noted = transcriptEventsByKind(result.transcript, "native_tool_fallback") as { metadata: JsonObject }[];
    expect(noted.map((event) => event.metadata["accepted"])).toEqual(accepted);
    expect(result.trace).toMatchObject({
      native_text_tool_fallbacks: 2,
      native_text_tool_fallback_rejections: accepted.filter((ok) => !ok).length,
    });
    if (!accepted[0]) expect(lastRequest(model)).toContain("native_tool_contract");
  });

  it("AGENT-05 tool_retries and tool_backoff_ms", async () => {
    let failures = 2;
    const flaky = defineTool({
      name: "flaky",
      description: "",
      input: {},
      execute: () => (failures-- > 0 ? toolFailure("Runtime", "x") : toolSuccess("ok")),
    });
    const { result, host } = await run([call("flaky", {}), text("x")], {
      tools: createToolRuntime([flaky]),
      toolUse: { format: "native", retries: 2, backoffMs: 10 },
    });
    expect(result.tools.successful).toEqual(["flaky"]);
    expect(host.clock.elapsedMs).toBe(20 + 40);
  });

  it("AGENT-16 AGENT-37 post_turn_callback sees the turn, adds a message, stops", async () => {
    const seen: JsonObject[] = [];
    const answers: unknown[] = [null, "look again", { message: "handoff now", stop: true }];
    const { result } = await run(
      [
        [started, ...callTool("1", "read", { path: "a" }), ...callTool("2", "ghost", {}), done()],
        call("edit", {}),
        call("read", { path: "b" }),
        text("never"),
      ],
      {
        ...withTools(),
        flow: {
          postTurn: (turn) => {
            seen.push(turn);
            return answers.shift();
          },
        },
      },
    );
    expect(result).toMatchObject({ status: "done", llm: { iterations: 3 } });
    expect(seen[0]).toEqual({
      tool_names: ["read", "ghost"],
      tool_results: [
        { tool_name: "read", status: "ok", rejected: false },
        { tool_name: "ghost", status: "error", rejected: false },
      ],
      successful_tool_names: ["read"],
      tool_count: 2,
      iteration: 0,
      failed: true,
      consecutive_single_tool_turns: 0,
      session_tools_used: ["read", "ghost"],
      session_successful_tools: ["read"],
    });
    expect(seen[1]).toMatchObject({ consecutive_single_tool_turns: 1, failed: false });
    const rendered = transcriptRenderFull(result.transcript);
    expect(rendered).toContain('<runtime_feedback kind="post_turn_callback">\nlook again');
    expect(rendered).toContain("handoff now");
  });

  it.each([
    [true, 1],
    [false, 2],
    ["", 2],
    [undefined, 2],
    [5, 2],
  ] as const)("AGENT-37 an answer of %j", async (answer, iterations) => {
    const { result } = await run([call("edit", {}), text("x")], { ...withTools(), flow: { postTurn: () => answer } });
    expect(result.llm.iterations).toBe(iterations);
  });

  it("AGENT-32 POLICY-04 require_action_or_yield: text before the first tool does not count, a tool is forced", async () => {
    const turnShape = { requireActionOrYield: true, allowDoneSentinel: true };
    const { result, model } = await run([text('{"answer": 1}'), call("edit", {}), text("fine")], {
      ...withTools(),
      flow: { turnShape },
    });
    expect(result).toMatchObject({ status: "done", llm: { iterations: 3 } });
    expect(model.inputs[0]!.toolChoice).toBe("required");
    expect(JSON.stringify(model.inputs[1]!.messages)).toContain('kind=\\"action_required\\"');
    const chosen = await run([call("edit", {}), text("x")], {
      ...withTools(),
      toolChoice: { tool: "edit" },
      flow: { turnShape },
    });
    expect(chosen.model.inputs[0]!.toolChoice).toEqual({ tool: "edit" });
    const never = await run([text("a"), text("b")], { ...withTools(), flow: { turnShape, maxNudges: 1 } });
    expect(never.result.status).toBe("stuck");
  });

  it("POLICY-04 prose beyond max_prose_chars is cut in history and in the visible text", async () => {
    const turnShape = { requireActionOrYield: false, allowDoneSentinel: true, maxProseChars: 5 };
    const { model, result } = await run([text("0123456789"), text("ok")], {
      flow: { turnShape, persistent: true, maxIterations: 2 },
    });
    expect(contents(model.inputs[1]!.messages)[1]).toMatch(/^01234\n\n<assistant prose cut/);
    expect(result.text).toBe("0123456789ok");
  });

  it("AGENT-18 schema retries happen inside the turn; the nudge stays in history, the bad answer does not", async () => {
    const schema = {
      retries: 2,
      nudge: { kind: "verbatim", text: "Give JSON" } as const,
      check: (answer: string) => (answer.startsWith("{") ? [] : ["no object"]),
    };
    const { result, model } = await run([text("not json"), text('{"a":1}')], { retry: { schema } });
    expect(result).toMatchObject({ status: "done", visible_text: '{"a":1}', llm: { iterations: 1 } });
    expect(contents(model.inputs[1]!.messages)).toEqual([
      "Do it",
      '<runtime_feedback kind="schema_retry">\nGive JSON\n\nValidation errors: no object\n</runtime_feedback>',
    ]);
    const spent = await run([text("a"), text("b"), text("c"), text("d")], { retry: { schema } });
    expect(spent.model.inputs).toHaveLength(3);
    expect(spent.result.text).toBe("c");
  });

  it("AGENT-22 tools of MCP servers, closed on every path (AGENT-42)", async () => {
    let closed = 0;
    const server = (name: string) => async () => ({
      name,
      tools: [{ name: "echo", description: "", inputSchema: {} }],
      call: async (tool: string, input: unknown) => toolSuccess(`${name} ${tool} ${JSON.stringify(input)}`),
      close: () => void closed++,
    });
    const { result, events } = await run(
      [[started, ...callTool("1", "remote__echo", { m: 1 }), ...callTool("2", "mirror__echo", {}), done()], text("x")],
      {
        toolUse: { format: "native" },
        mcpServers: [server("remote"), server("mirror")],
      },
    );
    expect(result.tools.successful).toEqual(["remote__echo", "mirror__echo"]);
    expect(closed).toBe(2);
    expect(events.find((event) => event["status"] === "completed")).toMatchObject({
      executor: { kind: "mcp_server", server_name: "remote" },
    });
    await expect(run([[modelError("auth", "x")]], { mcpServers: [server("a")] })).rejects.toThrow();
    expect(closed).toBe(3);
    const down = () => Promise.reject(new Error("refused"));
    await expect(run([text("x")], { mcpServers: [server("a"), down] })).rejects.toThrow("refused");
    expect(closed).toBe(4);
  });

  it("deferred tools: client search, with events and stubs in the prompt", async () => {
    const hidden = defineTool({
      name: "deploy_service",
      description: "Deploys the service stack. Carefully.",
      deferred: true,
      input: {},
      execute: () => "deployed",
    });
    const { result, model, events } = await run(
      [call("__harn_tool_search", { query: "deploy" }), call("deploy_service", {}), text("##DONE##")],
      {
        tools: createToolRuntime([read, hidden]),
        toolUse: { format: "native", search: { listStubs: true } },
        flow: { persistent: true },
      },
    );
    expect(result).toMatchObject({ status: "done", tools: { successful: ["__harn_tool_search", "deploy_service"] } });
    expect(model.inputs[0]!.system).toContain(
      "## Tools available via `__harn_tool_search` (deferred)\n\n- `deploy_service` — Deploys the service stack",
    );
    expect(model.inputs[1]!.system).not.toContain("- `deploy_service` —");
    expect(events.filter((event) => String(event["type"]).startsWith("tool_search"))).toMatchObject([
      { type: "tool_search_query", strategy: "bm25", mode: "client", query: { query: "deploy" } },
      { type: "tool_search_result", promoted: ["deploy_service"] },
    ]);
    expect(transcriptEventsByKind(result.transcript, "tool_search_result")).toMatchObject([
      { metadata: { promoted: ["deploy_service"], tool_references: [{ tool_name: "deploy_service" }] } },
    ]);
  });

  it("thinking goes back to the provider and is private in the transcript", async () => {
    const { model, result } = await run(
      [[started, think("hm", "sig"), ...callTool("1", "edit", {}), done()], text("x")],
      withTools(),
    );
    expect(model.inputs[1]!.messages[1]).toMatchObject({ thinking: [{ text: "hm", signature: "sig" }] });
    expect(transcriptEventsByKind(result.transcript, "private_reasoning")).toMatchObject([
      { text: "hm", visibility: "private" },
    ]);
  });

  it("an answer without anything is no message, and a persistent loop goes on", async () => {
    const { model, result } = await run([[started, done()], text("##DONE##")], { flow: { persistent: true } });
    expect(result.status).toBe("done");
    expect(brokenRules(model.inputs[1]!.messages)).toEqual([]);
  });
});
