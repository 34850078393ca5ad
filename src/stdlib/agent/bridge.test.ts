/** Model calls and agent loops inside a program that embeds the run. */

import { describe, expect, it } from "vitest";
import { runHarn } from "../../../test/support/run-harn.ts";
import type { Json, JsonObject } from "../../base/index.ts";
import { fakeDone, fakeError, fakeScript, fakeStream } from "../../testing/index.ts";
import { HOST_BRIDGE_STATE, type HostBridge } from "../host/host-state.ts";
import { standardBuiltins } from "../standard.ts";

async function embedded(source: string, bridge: HostBridge = {}, model = fakeScript()): Promise<string[]> {
  const { output, error } = await runHarn(source, { model }, new Map([[HOST_BRIDGE_STATE, bridge]]));
  return error === undefined ? output.trimEnd().split("\n") : [error];
}

/** A loop whose only tool needs an approval. */
const guardedTool = (approval: string): string => `var tools = tool_registry()
tools = tool_define(tools, "send", "Send", {
  parameters: {to: {type: "string"}},
  handler: { args -> "sent to " + args.to },
})
llm_mock({tool_calls: [{id: "1", name: "send", arguments: {to: "all"}}]})
llm_mock({text: "done"})
${approval}
let loop = agent_loop("go", nil, {provider: "mock", tools: tools, approval_policy: {require_approval: ["send"]}})
println("\${loop.tools.successful} \${loop.tools.rejected}")
let said = json_stringify(llm_mock_calls()[1].messages)`;

describe("CONV-01: the builtins around model calls come with them", () => {
  it.each([
    ["model calls", ["llm_call", "llm_call_safe", "llm_call_structured", "llm_completion", "agent_loop"]],
    ["conversations", ["conversation", "add_message", "add_user", "add_tool_result", "transcript", "transcript_fork"]],
    ["statistics of transcripts", ["transcript_stats", "transcript_events_by_kind"]],
    ["configuration", ["llm_infer_provider", "llm_resolve_model", "llm_providers", "provider_capabilities"]],
    ["cost", ["llm_cost", "llm_session_cost", "llm_budget", "llm_budget_remaining"]],
    ["mocks", ["llm_mock", "llm_mock_calls", "llm_mock_clear"]],
    ["streams", ["llm_stream"]],
    ["sessions that are watched and told", ["agent_subscribe", "agent_inject_feedback"]],
  ])("%s", (_group, names) => {
    const known = new Set(standardBuiltins.map((builtin) => builtin.native.name));
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  it("no name is there twice", () => {
    const names = standardBuiltins.map((builtin) => builtin.native.name);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });
});

describe("RESET-03: who embeds a run answers its model calls and its questions", () => {
  it("model calls go to the host; what it says is checked like any answer", async () => {
    const lines = await embedded(
      `let r = llm_call("City?", nil, {provider: "fake", model: "m", output_schema: {type: "object", required: ["city"]}, schema_retries: 1})
println(r.data.city)
println(try { llm_call("Again", nil, {provider: "fake", model: "m"}) } catch (e) { e.category })`,
      {},
      fakeScript(
        fakeStream(['{"town": 1}']),
        fakeStream(['{"city": "Paris"}', fakeDone("end_turn")]),
        fakeError("overloaded", "busy"),
      ),
    );
    expect(lines).toEqual(["Paris", "overloaded"]);
  });

  it.each<[name: string, answer: Json | undefined, tools: string]>([
    ["a yes", { granted: true }, "[send] []"],
    ["a yes as editors say it", { outcome: { outcome: "selected" } }, "[send] []"],
    ["a no", { granted: false, reason: "too many" }, "[] [send]"],
    ["silence", undefined, "[] [send]"],
    ["nonsense", "sure", "[] [send]"],
  ])("POLICY-06: an approval is asked for: %s", async (_name, answer, tools) => {
    const asked: JsonObject[] = [];
    const bridge: HostBridge = {
      async call(capability, operation, params) {
        if (`${capability}.${operation}` !== "session.request_permission") return undefined;
        asked.push(params);
        return answer;
      },
    };
    expect((await embedded(guardedTool(""), bridge)).at(0)).toBe(tools);
    expect(asked).toMatchObject([
      {
        toolCall: { toolCallId: expect.any(String), toolName: "send", rawInput: { to: "all" } },
        capabilitiesRequested: ["tool.send"],
      },
    ]);
  });

  it("POLICY-06: the answer may change the arguments, and a test may prepare it", async () => {
    const prepared = 'host_mock("session", "request_permission", {granted: true, args: {to: "one"}})';
    const source = `${guardedTool(prepared)}\nprintln(said.contains("sent to one"))`;
    const { output } = await runHarn(source);
    expect(output).toBe("[send] []\ntrue\n");
  });

  it("POLICY-06: without anybody to ask, and when asking fails, the tool is refused", async () => {
    expect((await runHarn(guardedTool(""))).output).toBe("[] [send]\n");
    const broken: HostBridge = { call: () => Promise.reject(new Error("gone")) };
    expect((await embedded(guardedTool(""), broken)).at(0)).toBe("[] [send]");
  });
});

describe("RESET-04: loops of an embedded run belong to a session", () => {
  const loop = `llm_mock({text: "hi"})
agent_loop("go", nil, {provider: "mock"})
println(len(agent_session_snapshot(agent_session_open("agent_session_1")).messages))`;

  it("one without a name is kept under a new one", async () => {
    expect(await embedded(loop)).toEqual(["2"]);
    expect((await runHarn(loop)).output).toBe("0\n");
  });

  it("one inside a tool goes on in the session around it", async () => {
    const source = `var tools = tool_registry()
tools = tool_define(tools, "ask", "Ask", {
  parameters: {},
  handler: { _args -> agent_loop("inner", nil, {provider: "mock"}).transcript.id },
})
llm_mock({tool_calls: [{id: "1", name: "ask", arguments: {}}]})
llm_mock({text: "inner answer"})
llm_mock({text: "outer answer"})
agent_loop("outer", nil, {provider: "mock", tools: tools, session_id: "desk"})
println(json_stringify(llm_mock_calls()[2].messages).contains("desk"))`;
    expect(await embedded(source)).toEqual(["true"]);
    expect((await runHarn(source)).output).toBe("false\n");
  });

  it("structured calls check what the embedder answers, in the run", async () => {
    const lines = await embedded(
      'println(llm_call_structured_safe("n?", {type: "object", required: ["n"]}, {provider: "fake", model: "m", retries: 0}).error.category)',
      {},
      fakeScript(fakeStream(["no data"])),
    );
    expect(lines).toEqual(["schema_validation"]);
  });
});
