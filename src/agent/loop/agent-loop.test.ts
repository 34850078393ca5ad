import { describe, expect, it } from "vitest";
import {
  brokenRules,
  callTool,
  cancelAfter,
  createTestHost,
  done,
  modelError,
  type Script,
  type ScriptedModel,
  say,
  scriptedModel,
  started,
  streamedCall,
  type TestHost,
  think,
  usage,
} from "../../../test/agent/support.ts";
import type { JsonObject } from "../../base/index.ts";
import { transcriptEventsByKind, transcriptMessages, transcriptRenderFull } from "../../llm/index.ts";
import { middleSummaryStrategy } from "../compaction/middle-summary.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { createSessionStore } from "../context/sessions.ts";
import { readApprovalPolicy } from "../policies/approval-policy.ts";
import { readCapabilityPolicy } from "../policies/capability-policy.ts";
import { readPermissions } from "../policies/permissions.ts";
import { readTaskLedger } from "../policies/task-ledger.ts";
import { createToolRuntime, defineTool, type Tool } from "../tools/define-tool.ts";
import { toolFailure, toolSuccess } from "../tools/outcome.ts";
import { TurnError } from "../turn/turn-error.ts";
import { agentLoop } from "./agent-loop.ts";
import type { AgentLoopOptions } from "./options.ts";
import type { AgentLoopResult } from "./result.ts";

const request = { provider: "scripted", model: "test" };

const read = defineTool({
  name: "read",
  description: "Reads a file",
  kind: "read",
  input: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
  execute: ({ path }) => `content of ${path as string}`,
});
const edit = defineTool({ name: "edit", description: "Edits", kind: "edit", input: {}, execute: () => "edited" });

const text = (content: string, spent?: ReturnType<typeof usage>): Script => [
  started,
  say(content),
  done("end_turn", spent),
];
const call = (name: string, input: JsonObject, id = `id_${name}`): Script => [
  started,
  ...callTool(id, name, input),
  done("tool_use"),
];

interface Ran {
  result: AgentLoopResult;
  model: ScriptedModel;
  host: TestHost;
  events: JsonObject[];
}

async function run(
  scripts: readonly Script[],
  options: Partial<AgentLoopOptions> = {},
  host = createTestHost(),
): Promise<Ran> {
  const model = scriptedModel(host, scripts);
  const events: JsonObject[] = [];
  const result = await agentLoop({
    host,
    prompt: "Do it",
    model,
    request,
    onEvent: (event) => void events.push(event),
    ...options,
  });
  return { result, model, host, events };
}

const withTools = (tools: readonly Tool[] = [read, edit], format: "native" | "text" = "native") => ({
  tools: createToolRuntime(tools),
  toolUse: { format },
});

/** Everything the model was told in its last request, as one text. */
function lastRequest(model: ScriptedModel): string {
  return JSON.stringify(model.inputs.at(-1)!.messages);
}

const contents = (messages: readonly RecordedMessage[] | ScriptedModel["inputs"][number]["messages"]) =>
  messages.map((message) => (message.role === "assistant" ? (message.text ?? "") : message.content));

describe("agent loop: ending", () => {
  it("AGENT-23 AGENT-30 AGENT-41 a text answer ends a plain loop; the result has its shape", async () => {
    const { result } = await run([text("Hello.", usage(10, 3))], { system: "Be brief." });
    expect(Object.keys(result).sort()).toEqual(
      [
        "status",
        "text",
        "visible_text",
        "llm",
        "tools",
        "deferred_user_messages",
        "daemon_state",
        "daemon_snapshot_path",
        "task_ledger",
        "ledger_done_rejections",
        "trace",
        "transcript",
      ].sort(),
    );
    expect(result).toMatchObject({
      status: "done",
      text: "Hello.",
      visible_text: "Hello.",
      llm: { iterations: 1, duration_ms: 0, input_tokens: 10, output_tokens: 3 },
      tools: { calls: [], successful: [], rejected: [], mode: "text" },
      deferred_user_messages: [],
      daemon_state: "done",
      daemon_snapshot_path: null,
      task_ledger: { deliverables: [] },
      ledger_done_rejections: 0,
      trace: { status: "done", iterations: 1, llm_calls: 1, total_input_tokens: 10 },
      transcript: { _type: "transcript", version: 2, state: "active" },
    });
    expect(transcriptMessages(result.transcript)).toEqual([
      { role: "user", content: "Do it" },
      { role: "assistant", content: "Hello." },
    ]);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it("AGENT-01 AGENT-40 running out of iterations is budget_exhausted, and told", async () => {
    const { result, events } = await run([call("read", { path: "a" }), call("read", { path: "b" })], {
      ...withTools(),
      flow: { maxIterations: 2 },
    });
    expect(result).toMatchObject({
      status: "budget_exhausted",
      llm: { iterations: 2 },
      transcript: { state: "paused" },
    });
    expect(events.at(-1)).toMatchObject({ type: "budget_exhausted", max_iterations: 2 });
  });

  it("AGENT-01 the default bound is 50", async () => {
    const { result, model } = await run(
      Array.from({ length: 60 }, (_, n) => call("read", { path: `${n}` })),
      withTools(),
    );
    expect(result.status).toBe("budget_exhausted");
    expect(model.inputs).toHaveLength(50);
  });

  it("llm 34.31 max_iterations 0 runs nothing and is done", async () => {
    const { result, model } = await run([], { flow: { maxIterations: 0 } });
    expect(result).toMatchObject({ status: "done", text: "", llm: { iterations: 0 } });
    expect(model.inputs).toHaveLength(0);
  });

  it("AGENT-02 AGENT-03 AGENT-30 AGENT-31 a persistent loop nudges, and is stuck after too many texts in a row", async () => {
    const { result, model, events } = await run(
      Array.from({ length: 5 }, (_, n) => text(`thinking ${n}`)),
      { flow: { persistent: true } },
    );
    expect(result.status).toBe("stuck");
    expect(model.inputs).toHaveLength(4);
    expect(contents(model.inputs[1]!.messages).at(-1)).toBe(
      '<runtime_feedback kind="nudge">\nContinue — make progress in your reply.\n</runtime_feedback>',
    );
    expect(events.at(-1)).toMatchObject({
      type: "loop_stuck",
      max_nudges: 3,
      last_iteration: 3,
      tail_excerpt: "thinking 3",
    });
  });

  it("AGENT-30 AGENT-04 with tools the nudge asks for a call; a nudge of one's own replaces it", async () => {
    const flow = { persistent: true, maxNudges: 1 };
    const standard = await run([text("hm"), text("hm")], { ...withTools(), flow });
    expect(lastRequest(standard.model)).toContain("Continue — use a tool call to make progress.");
    const own = await run([text("hm"), text("hm")], { ...withTools(), flow: { ...flow, nudge: "Get on with it" } });
    expect(lastRequest(own.model)).toContain("Get on with it");
    expect(lastRequest(own.model)).not.toContain("Continue —");
  });

  it("AGENT-31 tool calls and host messages reset the count", async () => {
    const flow = { persistent: true, maxNudges: 1 };
    const { result, model } = await run([text("a"), call("read", { path: "x" }), text("b"), text("c")], {
      ...withTools(),
      flow,
    });
    expect(result.status).toBe("stuck");
    expect(model.inputs).toHaveLength(4);
    let told = 0;
    const ports = { takeMessages: (point: string) => (point === "after_operation" && told++ === 0 ? ["go on"] : []) };
    const messaged = await run([text("a"), text("b"), text("c")], { flow, ports });
    expect(messaged.model.inputs).toHaveLength(3);
    expect(lastRequest(messaged.model)).toContain("go on");
  });

  it.each<[string, string, object, string]>([
    ["native mode: the sentinel in the text", "All done. ##DONE##", withTools(), "done"],
    [
      "text mode: the done block",
      "<assistant_prose>ok</assistant_prose>\n<done>##DONE##</done>",
      withTools([read, edit], "text"),
      "done",
    ],
    ["text mode: the bare sentinel does not count", "ok ##DONE##", withTools([read, edit], "text"), "budget_exhausted"],
    ["no tools: the sentinel in prose", "ok ##DONE##", {}, "done"],
    ["a user response", "<user_response>Here you are.</user_response>", withTools([read, edit], "text"), "done"],
  ])("AGENT-10 AGENT-26 completion in %s", async (_name, answer, options, status) => {
    const first = "tools" in options ? [call("read", { path: "a" })] : [text("working")];
    const { result } = await run([...first, text(answer)], {
      ...options,
      flow: { persistent: true, maxIterations: 2 },
    });
    expect(result.status).toBe(status);
  });

  it("AGENT-10 AGENT-26 another sentinel; and a loop that is not persistent ends anyway", async () => {
    const { result, model } = await run([text("##DONE##"), text("FIN")], {
      flow: { persistent: true, doneSentinel: "FIN" },
    });
    expect(result.status).toBe("done");
    expect(model.inputs).toHaveLength(2);
    expect(model.inputs[0]!.system).toContain("`FIN`");
  });

  it("AGENT-27 tool calls of the completing turn still run", async () => {
    const { result } = await run([[started, say("Last one ##DONE##"), ...callTool("1", "edit", {}), done()]], {
      ...withTools(),
      flow: { persistent: true },
    });
    expect(result).toMatchObject({ status: "done", tools: { successful: ["edit"] } });
  });

  it("AGENT-27 completion without any action is refused while there are tools", async () => {
    const { result, model } = await run([text("##DONE##"), call("edit", {}), text("##DONE##")], {
      ...withTools(),
      flow: { persistent: true },
    });
    expect(result.status).toBe("done");
    expect(JSON.stringify(model.inputs[1]!.messages)).toContain(
      '<runtime_feedback kind=\\"sentinel_without_action\\">',
    );
  });

  it("AGENT-12 AGENT-27 AGENT-38 exit_when_verified wants a run that succeeded", async () => {
    let code = 1;
    const runTool = defineTool({ name: "run", description: "", input: {}, execute: () => `exit_code=${code--}` });
    const { result, model } = await run(
      [call("run", { n: 1 }), text("##DONE##"), call("run", { n: 2 }), text("##DONE##")],
      {
        ...withTools([runTool]),
        flow: { persistent: true, exitWhenVerified: true },
      },
    );
    expect(result.status).toBe("done");
    expect(JSON.stringify(model.inputs[2]!.messages)).toContain("last run exit code: 1");
    expect(model.inputs[0]!.system).toContain("after the work has passed verification");
  });

  it.each([
    ["Command succeeded", 0],
    ["success=true", 0],
    ["exit_code=0", 0],
    ["Command failed", 1],
    ["success=false", 1],
    ["exit_code=127", 1],
    ["nothing to see", "none"],
  ])("AGENT-38 `%s` means %s", async (output, code) => {
    const runTool = defineTool({ name: "run", description: "", input: {}, execute: () => output });
    const { model } = await run([call("run", {}), text("##DONE##"), text("x")], {
      ...withTools([runTool]),
      flow: { persistent: true, exitWhenVerified: true, maxIterations: 3 },
    });
    if (code === 0) expect(model.inputs).toHaveLength(2);
    else expect(lastRequest(model)).toContain(`last run exit code: ${code}`);
  });

  it("AGENT-11 AGENT-28 another next phase ends a persistent loop, the current one does not", async () => {
    const flow = { persistent: true, breakUnlessPhase: "build" };
    const { result, model } = await run([text("next_phase: build"), text("next_phase: build\nnext_phase: test")], {
      flow,
    });
    expect(result).toMatchObject({ status: "done" });
    expect(model.inputs).toHaveLength(2);
  });

  it("AGENT-15 stops after a tool that succeeded, warns of names that do not exist", async () => {
    const { result, host } = await run([call("read", { path: "a" }), call("edit", {})], {
      ...withTools(),
      flow: { stopAfterSuccessfulTools: ["edit", "ghost"] },
    });
    expect(result).toMatchObject({ status: "done", llm: { iterations: 2 } });
    expect(host.log.filter((entry) => entry.message.startsWith("stop_after_successful_tools"))).toMatchObject([
      { fields: { names: ["ghost"] } },
    ]);
  });

  it("AGENT-15 AGENT-40 failed unless a required tool succeeded, and only in place of done", async () => {
    const flow = { requireSuccessfulTools: ["edit"] };
    expect((await run([text("no")], { ...withTools(), flow })).result.status).toBe("failed");
    expect((await run([call("edit", {}), text("yes")], { ...withTools(), flow })).result.status).toBe("done");
    expect(
      (await run([call("read", { path: "a" })], { ...withTools(), flow: { ...flow, maxIterations: 1 } })).result.status,
    ).toBe("budget_exhausted");
  });

  it("AGENT-20 a token budget and a money budget end the loop", async () => {
    const scripts = Array.from(
      { length: 5 },
      (_, n): Script => [started, ...callTool(`${n}`, "read", { path: `${n}` }), done("tool_use", usage(100, 10))],
    );
    const tokens = await run(scripts, { ...withTools(), budget: { tokenBudget: 200 } });
    expect(tokens.result).toMatchObject({ status: "budget_exhausted", llm: { iterations: 2 } });
    const money = await run(scripts, {
      ...withTools(),
      budget: { totalBudgetUsd: 0.3, costUsd: (input) => input / 1000 },
    });
    expect(money.result).toMatchObject({ status: "budget_exhausted", llm: { iterations: 3 } });
    const unknown = await run([text("x", usage(1e9, 1))], {
      budget: { totalBudgetUsd: 0.1, costUsd: () => undefined },
    });
    expect(unknown.result.status).toBe("done");
  });

  it("AGENT-20 a call that the budget layer refuses ends the loop, it is no failure", async () => {
    const { result } = await run([[modelError("budget_exceeded", "too dear")]]);
    expect(result).toMatchObject({ status: "budget_exhausted", text: "" });
  });

  it("a cancelled loop gives its result with status interrupt", async () => {
    const host = createTestHost();
    const slow = defineTool({ name: "slow", description: "", input: {}, execute: () => new Promise<never>(() => {}) });
    const { result } = await run([call("slow", {})], { ...withTools([slow]), signal: cancelAfter(host, 50) }, host);
    expect(result).toMatchObject({ status: "interrupt", transcript: { state: "paused" } });
    expect(host.clock.elapsedMs).toBe(50);
  });

  it("a model failure is thrown as it is known, and a named session keeps what came before", async () => {
    const host = createTestHost();
    const store = createSessionStore(host);
    const failing = run(
      [call("edit", {}), [modelError("auth", "revoked")]],
      { ...withTools(), session: { store, id: "s" } },
      host,
    );
    await expect(failing).rejects.toMatchObject({ kind: "auth", cause: { category: "auth", message: "revoked" } });
    await expect(failing).rejects.toBeInstanceOf(TurnError);
    expect(store.length("s")).toBe(3);
  });

  it("AGENT-13 transient failures are retried with base × 2^min(n, 4), three times by default", async () => {
    const flaky = () => [modelError("server_error", "503")];
    const { result, host } = await run([flaky(), flaky(), flaky(), text("ok")]);
    expect(result.status).toBe("done");
    expect(host.clock.elapsedMs).toBe(4000 + 8000 + 16_000);
    await expect(run([flaky(), text("never")], { retry: { llmRetries: 0 } })).rejects.toThrow("503");
  });

  it("the source of models is told which call it is asked for", async () => {
    const host = createTestHost();
    const model = scriptedModel(host, [[modelError("server_error", "503")], call("edit", {}), text("ok")]);
    const facts: object[] = [];
    const source = (of: object) => {
      facts.push(of);
      return model;
    };
    await agentLoop({ host, prompt: "x", model: source, request, ...withTools() });
    expect(facts).toEqual([
      { iteration: 0, attempt: 0, maxRetries: 3 },
      { iteration: 0, attempt: 1, maxRetries: 3 },
      { iteration: 1, attempt: 0, maxRetries: 3 },
    ]);
  });

  it("llm 34.23 each loop counts its own tokens", async () => {
    const host = createTestHost();
    await run([text("a", usage(100, 1))], {}, host);
    const { result } = await run([text("b", usage(5, 2))], {}, host);
    expect(result.llm).toMatchObject({ input_tokens: 5, output_tokens: 2 });
  });
});

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

describe("agent loop: rules", () => {
  it("AGENT-09 AGENT-35 denied calls come back structured, are rejected, and the loop goes on", async () => {
    const { result, model } = await run(
      [[started, ...callTool("1", "edit", {}), ...callTool("2", "read", { path: "a" }), done()], text("x")],
      {
        ...withTools(),
        rules: { policy: readCapabilityPolicy({ tools: ["read"] })! },
      },
    );
    expect(result.tools).toMatchObject({ calls: ["read"], successful: ["read"], rejected: ["edit"] });
    const denial = model.inputs[1]!.messages.find(
      (message) => message.role === "tool" && message.toolCallId === "1",
    ) as { content: string };
    expect(JSON.parse(denial.content)).toMatchObject({ error: "permission_denied", tool: "edit" });
    expect(transcriptEventsByKind(result.transcript, "PermissionDeny")).toHaveLength(1);
  });

  it("AGENT-35 the gates are asked in order: arguments, policy, permissions, approval, hooks, schema, loop detection", async () => {
    const asked: string[] = [];
    const noteAndPass = (name: string) => () => {
      asked.push(name);
      return true;
    };
    await run([call("read", { path: 5 }), text("x")], {
      tools: createToolRuntime([read]),
      toolUse: { format: "native", hooks: [{ pattern: "*", before: () => void asked.push("hook") }] },
      rules: {
        permissions: [readPermissions({ allow: { read: noteAndPass("permissions") } })!],
        approvals: [readApprovalPolicy({ require_approval: ["*"] })!],
      },
      ports: { requestPermission: noteAndPass("approval") },
    });
    expect(asked).toEqual(["permissions", "approval", "hook"]);
    const malformed = await run([[started, ...streamedCall("1", "read", "garbage"), done()], text("x")], {
      ...withTools(),
      rules: { policy: readCapabilityPolicy({ tools: ["edit"] })! },
    });
    expect(JSON.stringify(malformed.model.inputs[1]!.messages)).toContain("not valid JSON");
    const invalid = await run([call("read", { path: 5 }), call("read", { path: 5 }), text("x")], withTools());
    expect(invalid.result.tools).toMatchObject({ calls: [], rejected: ["read"] });
  });

  it("AGENT-09 POLICY-02 a policy beyond the ceiling stops the loop before it starts", async () => {
    const rules = {
      ceiling: readCapabilityPolicy({ tools: ["read"] })!,
      policy: readCapabilityPolicy({ tools: ["read", "edit"] })!,
    };
    const host = createTestHost();
    const model = scriptedModel(host, [text("x")]);
    await expect(agentLoop({ host, prompt: "x", model, request, ...withTools(), rules })).rejects.toThrow(
      "requested tools exceed host ceiling: edit",
    );
    expect(model.inputs).toHaveLength(0);
  });

  it("loop detection is on by default", async () => {
    const scripts = Array.from({ length: 4 }, (_, n) => call("read", { path: "a" }, `c${n}`));
    const { result, model } = await run([...scripts, text("x")], withTools());
    expect(lastRequest(model)).toContain("[LOOP DETECTED]");
    expect(lastRequest(model)).toContain("was NOT executed");
    expect(result.trace).toMatchObject({ interventions: 3, tool_executions: 3 });
    expect(result.tools.rejected).toEqual(["read"]);
  });
});

describe("agent loop: ledger", () => {
  const ledger = readTaskLedger({ root_task: "Ship", deliverables: ["code", "docs"] });

  it("LEDGER-06 LEDGER-07 LEDGER-08 the block is shown and not stored, calls are answered, completion waits", async () => {
    const mark = (id: string) => call("ledger", { action: "mark", id, status: "done" }, `m_${id}`);
    const { result, model } = await run(
      [mark("deliverable-1"), text("##DONE##"), mark("deliverable-2"), text("##DONE##")],
      {
        ...withTools(),
        ledger,
        flow: { persistent: true },
      },
    );
    expect(result).toMatchObject({
      status: "done",
      ledger_done_rejections: 1,
      task_ledger: { deliverables: [{ status: "done" }, { status: "done" }] },
      tools: { successful: ["ledger"] },
    });
    for (const input of model.inputs) {
      expect(contents(input.messages).filter((content) => content.includes("<task_ledger>"))).toHaveLength(1);
      expect(contents(input.messages).at(-1)).toContain('<runtime_injection kind="task_ledger">\n<task_ledger>');
    }
    expect(JSON.stringify(result.transcript)).not.toContain("runtime_injection");
    expect(JSON.stringify(model.inputs[1]!.messages)).toContain(
      "<tool_result>ledger: deliverable deliverable-1 marked done</tool_result>",
    );
    expect(lastRequest(model)).toContain("[deliverable-2] (open) docs");
    expect(model.inputs[0]!.tools!.map((tool) => tool.name)).toContain("ledger");
    expect(model.inputs[0]!.system).toContain("## Task ledger");
  });

  it("LEDGER-06 errors are answered; without a ledger none is active and the tool is rejected", async () => {
    const { model } = await run([call("ledger", { action: "mark", id: "x", status: "done" }), text("x")], {
      ...withTools(),
      ledger,
    });
    expect(lastRequest(model)).toContain("<tool_result>ledger error: mark: no deliverable `x`");
    const none = await run([call("ledger", { action: "note", text: "x" }), text("x")], withTools());
    expect(lastRequest(none.model)).toContain("no task ledger is active");
    expect(none.result.tools.rejected).toEqual(["ledger"]);
    expect(none.model.inputs[0]!.tools!.map((tool) => tool.name)).not.toContain("ledger");
  });

  it("LEDGER-06 in text mode as well", async () => {
    const { result } = await run(
      [
        text('<tool_call>\nledger({ action: "note", text: "seen" })\n</tool_call>'),
        text("<user_response>x</user_response>"),
      ],
      {
        ...withTools([read], "text"),
        ledger,
      },
    );
    expect(result.task_ledger.observations).toEqual(["seen"]);
  });
});

describe("agent loop: sessions, feedback and events", () => {
  it("AGENT-08 a named session is resumed and stored, an anonymous one is not", async () => {
    const host = createTestHost();
    const store = createSessionStore(host);
    const session = { store, id: "chat" };
    await run([text("Hello Ann.")], { prompt: "I am Ann", session }, host);
    const { model, result } = await run([text("Ann.")], { prompt: "Who am I?", session }, host);
    expect(contents(model.inputs[0]!.messages)).toEqual(["I am Ann", "Hello Ann.", "Who am I?"]);
    expect(result.transcript["id"]).toBe("chat");
    expect(store.length("chat")).toBe(4);
    expect(store.snapshot("chat")).toMatchObject({ state: "active" });
    const anonymous = await run([text("x")], { session: { store, id: "" } }, host);
    expect(store.exists(String(anonymous.result.transcript["id"]))).toBe(false);
  });

  it("AGENT-08 an id that is only a name takes nothing from the store and puts nothing into it", async () => {
    const host = createTestHost();
    const store = createSessionStore(host);
    await run([text("Hello Ann.")], { prompt: "I am Ann", session: { store, id: "chat" } }, host);
    const session = { store, id: "chat", anonymous: true };
    const { model, result } = await run([text("Nobody.")], { prompt: "Who am I?", session }, host);
    expect(contents(model.inputs[0]!.messages)).toEqual(["Who am I?"]);
    expect(result.transcript["id"]).toBe("chat");
    expect(store.length("chat")).toBe(2);
  });

  it("EVENT-01 EVENT-02 subscribers get every event of their session in order; one that fails stops nothing", async () => {
    const host = createTestHost();
    const store = createSessionStore(host);
    const seen: string[] = [];
    store.subscribe("s", () => Promise.reject(new Error("broken")));
    store.subscribe("s", (event) => void seen.push(`1 ${event["type"]}`));
    store.subscribe("s", (event) => void seen.push(`2 ${event["type"]}`));
    store.subscribe("other", () => void seen.push("other"));
    const { result } = await run([call("edit", {}), text("x")], { ...withTools(), session: { store, id: "s" } }, host);
    expect(result.status).toBe("done");
    expect(seen.slice(0, 4)).toEqual(["1 turn_start", "2 turn_start", "1 tool_call", "2 tool_call"]);
    expect(seen).not.toContain("other");
    expect(host.log.filter((entry) => entry.message.includes("subscriber"))).not.toHaveLength(0);
  });

  it("EVENT-05 the life of a call: pending, in progress, completed or failed, with durations and category", async () => {
    const slow = defineTool({
      name: "slow",
      description: "",
      kind: "execute",
      input: {},
      execute: async (_input, { host }) => {
        await host.perform("sleep", { ms: 30 });
        return "ok";
      },
    });
    const failing = defineTool({
      name: "bad",
      description: "",
      input: {},
      execute: () => toolFailure("NotFound", "no file"),
    });
    const { events } = await run(
      [[started, ...callTool("1", "slow", { a: 1 }), ...callTool("2", "bad", {}), done()], text("x")],
      withTools([slow, failing]),
    );
    expect(events.filter((event) => event["tool_name"] === "slow")).toMatchObject([
      { type: "tool_call", tool_call_id: "tool-1", kind: "execute", status: "pending", raw_input: { a: 1 } },
      { type: "tool_call_update", status: "in_progress" },
      {
        type: "tool_call_update",
        status: "completed",
        duration_ms: 30,
        execution_duration_ms: 30,
        raw_output: { text: "ok" },
      },
    ]);
    expect(events.findLast((event) => event["tool_name"] === "bad")).toMatchObject({
      status: "failed",
      error_category: "tool_error",
      error: "Error: NotFound: no file",
    });
    expect(events.map((event) => event["type"])).toEqual([
      "turn_start",
      "tool_call",
      "tool_call_update",
      "tool_call_update",
      "tool_call",
      "tool_call_update",
      "tool_call_update",
      "turn_end",
      "turn_start",
    ]);
    for (const event of events) expect(typeof event["session_id"]).toBe("string");
  });

  it("EVENT-03 AGENT-29 injected feedback arrives at the next turn, from a subscriber too; the kind is escaped", async () => {
    const host = createTestHost();
    const store = createSessionStore(host);
    store.injectFeedback("s", { kind: 'a"<&>', content: "waiting" });
    store.subscribe("s", (event) => {
      if (event["type"] === "turn_end") store.injectFeedback("s", { kind: "observed", content: "LIVE" });
    });
    const { model, events } = await run(
      [call("edit", {}), text("x")],
      { ...withTools(), session: { store, id: "s" } },
      host,
    );
    expect(contents(model.inputs[0]!.messages).at(-1)).toBe(
      '<runtime_feedback kind="a&quot;&lt;&amp;&gt;">\nwaiting\n</runtime_feedback>',
    );
    expect(contents(model.inputs[1]!.messages).at(-1)).toContain("LIVE");
    expect(events.filter((event) => event["type"] === "feedback_injected")).toMatchObject([
      { kind: 'a"<&>', content: "waiting" },
      { content: "LIVE" },
    ]);
  });

  it("EVENT-04 prefill_assistant begins the next answer once, whether the provider repeats it or not", async () => {
    const host = createTestHost();
    const store = createSessionStore(host);
    const session = { store, id: "s" };
    store.injectFeedback("s", { kind: "prefill_assistant", content: '{"a":' });
    const { model, result } = await run([text(" 1}")], { session }, host);
    expect(model.inputs[0]).toMatchObject({ prefill: '{"a":' });
    expect(contents(model.inputs[0]!.messages)).toEqual(["Do it"]);
    expect(result.text).toBe('{"a": 1}');
    store.injectFeedback("s", { kind: "prefill_assistant", content: "Yes" });
    const echoed = await run([text("Yes, sir")], { session }, host);
    expect(echoed.result.text).toBe("Yes, sir");
    expect(echoed.model.inputs[0]).toHaveProperty("prefill");
    const after = await run([text("x")], { session }, host);
    expect(after.model.inputs[0]).not.toHaveProperty("prefill");
  });

  it("AGENT-24 AGENT-41 messages of the host: at the turn's start, after an operation, and left over at the end", async () => {
    const waiting: Record<string, string[]> = { turn_start: ["at once"], after_operation: ["after"], end: ["later"] };
    const ports = { takeMessages: (point: string) => waiting[point]?.splice(0) ?? [] };
    const { model, result } = await run([call("edit", {}), text("x")], { ...withTools(), ports });
    expect(contents(model.inputs[0]!.messages)).toEqual(["Do it", "at once"]);
    expect(contents(model.inputs[1]!.messages).at(-1)).toBe("after");
    expect(result.deferred_user_messages).toEqual(["later"]);
    expect(transcriptEventsByKind(result.transcript, "host_input")).toHaveLength(2);
  });

  it("AGENT-22 skills: matched, scoped, in the prompt, resumed with the session", async () => {
    const host = createTestHost();
    const store = createSessionStore(host);
    const session = { store, id: "s" };
    const life: string[] = [];
    const skills = {
      skills: [
        {
          name: "editing",
          description: "Edit source files",
          allowedTools: ["edit"],
          prompt: "Edit with care.",
          onActivate: () => void life.push("on"),
          onDeactivate: () => void life.push("off"),
        },
        { name: "secret", description: "Edit files secretly", disableModelInvocation: true },
        { name: "reading", description: "Look things up", prompt: "Read." },
      ],
    };
    const { model, result, events } = await run(
      [text("ok")],
      { ...withTools(), prompt: "Edit the source files", skills, session },
      host,
    );
    expect(model.inputs[0]!.system).toContain("## Active skills\n\n### editing\n");
    expect(model.inputs[0]!.tools!.map((tool) => tool.name)).toEqual(["load_skill", "edit"]);
    expect(transcriptEventsByKind(result.transcript, "skill_activated")).toMatchObject([
      { metadata: { name: "editing" } },
    ]);
    expect(transcriptEventsByKind(result.transcript, "skill_scope_tools")).toHaveLength(1);
    expect(JSON.stringify(transcriptEventsByKind(result.transcript, "skill_matched"))).not.toContain("secret");
    expect(events.map((event) => event["type"])).toContain("skill_activated");
    const again = await run([text("ok")], { ...withTools(), prompt: "unrelated", skills, session }, host);
    expect(again.model.inputs[0]!.system).toContain("### editing");
    expect(life).toEqual(["on"]);
    const loose = await run([call("edit", {}), text("ok")], {
      ...withTools(),
      prompt: "Edit source files",
      skills: {
        ...skills,
        sticky: false,
        match: ({ prompt }) =>
          prompt.includes("Edit")
            ? [{ name: "editing", score: 1, reason: "host" }]
            : [{ name: "reading", score: 1, reason: "host" }],
      },
      ports: { takeMessages: (point: string) => (point === "after_operation" ? ["now look something up"] : []) },
    });
    expect(loose.model.inputs[1]!.system).toContain("### reading");
    expect(loose.model.inputs[1]!.system).not.toContain("### editing");
    expect(life).toEqual(["on", "on", "off"]);
  });

  it("AGENT-22 load_skill brings a skill in, refuses what users start themselves, and tells failures", async () => {
    const skills = {
      skills: [
        { name: "deep", description: "zzz", prompt: "Deep." },
        { name: "private", description: "zzz", disableModelInvocation: true },
      ],
      load: (name: string) => `BODY OF ${name}`,
    };
    const { model } = await run(
      [
        call("load_skill", { name: "deep" }, "1"),
        call("load_skill", { name: "private" }, "2"),
        call("load_skill", { name: "ghost" }, "3"),
        text("x"),
      ],
      { ...withTools(), skills },
    );
    expect(model.inputs[1]!.system).toContain("### deep\nzzz\n\nBODY OF deep");
    expect(lastRequest(model)).toContain("for users to start");
    expect(lastRequest(model)).toContain("there is no skill 'ghost'");
  });
});

describe("agent loop: compaction", () => {
  const noisy = defineTool({
    name: "observe",
    description: "",
    input: {},
    execute: () => `observation ${"x".repeat(240)}`,
  });

  it("llm COMPACT-07 events, trace and summary; strategy names as given", async () => {
    const scripts = Array.from({ length: 12 }, (_, n) => call("observe", { n }, `c${n}`));
    const { result, events } = await run([...scripts, text("x")], {
      ...withTools([noisy]),
      compaction: {
        strategy: middleSummaryStrategy({ kind: "truncate", label: "hybrid", thresholdTokens: 200, keepLast: 4 }),
        windowTokens: 10_000,
      },
    });
    expect(result.trace["compactions"]).toBeGreaterThan(0);
    const noted = transcriptEventsByKind(result.transcript, "compaction") as { metadata: JsonObject }[];
    expect(noted[0]!.metadata).toMatchObject({
      mode: expect.stringMatching(/auto|preflight/),
      strategy: "hybrid",
      engine_strategy: "truncate",
      keep_first: 0,
      keep_last: 4,
    });
    for (const key of ["archived_messages", "estimated_tokens_before", "estimated_tokens_after"])
      expect(typeof noted[0]!.metadata[key]).toBe("number");
    expect(events.find((event) => event["type"] === "transcript_compacted")).toMatchObject({ strategy: "hybrid" });
    expect(result.transcript["summary"]).toContain("[auto-compacted");
    expect(transcriptMessages(result.transcript).length).toBeLessThan(20);
  });

  it("llm COMPACT-08 long tool output is shortened, by the program's own means if it has some", async () => {
    const big = defineTool({ name: "big", description: "", input: {}, execute: () => "line\n".repeat(1000) });
    const strategy = middleSummaryStrategy();
    const ours = await run([call("big", {}), text("x")], {
      ...withTools([big]),
      compaction: { strategy, toolOutput: { maxChars: 300 } },
    });
    expect(lastRequest(ours.model)).toContain("characters snipped");
    const theirs = await run([call("big", {}), text("x")], {
      ...withTools([big]),
      compaction: {
        strategy,
        toolOutput: { maxChars: 300, compress: (input) => `${input.tool_name} ${input.max_chars} short` },
      },
    });
    expect(lastRequest(theirs.model)).toContain("big 300 short");
    const failing = await run([call("big", {}), text("x")], {
      ...withTools([big]),
      compaction: {
        strategy,
        toolOutput: {
          maxChars: 300,
          compress: () => {
            throw new Error("x");
          },
        },
      },
    });
    expect(lastRequest(failing.model)).toContain("characters snipped");
  });

  it("llm COMPACT-01 without compaction options nothing is ever folded", async () => {
    const scripts = Array.from({ length: 30 }, (_, n) => call("observe", { n }, `c${n}`));
    const { model, result } = await run([...scripts, text("x")], withTools([noisy]));
    expect(model.inputs.at(-1)!.messages).toHaveLength(61);
    expect(result.trace["compactions"]).toBe(0);
  });
});
