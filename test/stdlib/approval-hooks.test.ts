import { expect, it } from "vitest";
import { printed, runHarn } from "../support/run-harn.ts";

const ANSWERED = 'host_mock("hitl", "approval", {approved: true, reviewer: "Ada"})\n';

it("HOOK-06: OnApprovalRequested is told before anybody is asked, with what is asked for", async () => {
  const lines = await printed(`${ANSWERED}
register_persona_hook("*", "OnApprovalRequested", { event ->
  println(event.event + " " + event.data.kind + " " + event.data.action + " " + to_string(event.data.quorum))
})
println(request_approval("deploy").reviewers)`);
  expect(lines).toEqual(["OnApprovalRequested approval deploy 1", "[Ada]"]);
});

it("HOOK-06: the hook of one step hears of that step's approvals only, and is told where", async () => {
  const lines = await printed(`${ANSWERED}
@step(name: "release")
fn release(what) { return request_approval(what).approved }
@step(name: "other")
fn other(what) { return request_approval(what).approved }
register_step_hook("*", "release", "OnApprovalRequested", { event -> println(event.step.name + ": " + event.data.action) })
other("a")
release("b")`);
  expect(lines).toEqual(["release: b"]);
});

it("HOOK-06: dual control asks for approval too", async () => {
  const lines = await printed(`
host_mock("hitl", "dual_control", [{approved: true, reviewer: "Ada"}, {approved: true, reviewer: "Bob"}])
register_persona_hook("*", "OnApprovalRequested", { event -> println(event.data.kind + " " + to_string(event.data.quorum)) })
println(dual_control(2, 2, { -> "done" }))`);
  expect(lines).toEqual(["dual_control 2", "done"]);
});

it("HOOK-06: what the hook throws, the asker gets, and nobody is asked", async () => {
  const { error, output } = await runHarn(`
register_persona_hook("*", "OnApprovalRequested", { _event -> throw "not today" })
try { request_approval("deploy") } catch (e) { println(e) }
println(len(hitl_pending()))`);
  expect(error).toBeUndefined();
  expect(output).toBe("not today\n0\n");
});

const GUARDED = (grant: string) => `host_mock("session", "request_permission", ${grant})
var tools = tool_registry()
tools = tool_define(tools, "send", "Send", {parameters: {to: "string"}, handler: { a -> "sent to " + a.to }})
llm_mock({tool_calls: [{name: "send", arguments: {to: "all"}}]})
llm_mock({text: "done"})
fn work() {
  let policy = {require_approval: ["send"]}
  let result = agent_loop("x", nil, {provider: "mock", tools: tools, tool_format: "native", approval_policy: policy})
  return [result.tools.successful, result.tools.rejected]
}
`;

it("HOOK-06: a tool of an agent that needs an approval is told, and the persona that the agent works for waits", async () => {
  const lines = await printed(`${GUARDED("{granted: true}")}
fn hear(event) { println(event.event + " " + event.target + " " + json_stringify(event.data)) }
for name in ["OnApprovalRequested", "OnPersonaPaused", "OnPersonaResumed"] { register_persona_hook("captain", name, hear) }
@persona fn captain() { return work() }
println(captain())`);
  expect(lines).toEqual([
    'OnApprovalRequested captain {"action":"send","args":{"to":"all"},"kind":"tool","quorum":1,"reviewers":[]}',
    'OnPersonaPaused captain {"action":"send","waits_for":"approval"}',
    'OnPersonaResumed captain {"action":"send","ok":true,"waits_for":"approval"}',
    "[[send], []]",
  ]);
});

it("HOOK-06: a hook that throws refuses the tool, and nobody is asked", async () => {
  const lines = await printed(`${GUARDED("{granted: true}")}
register_persona_hook("*", "OnApprovalRequested", { _event -> throw "not today" })
println(work())
println(len(host_mock_calls()))`);
  expect(lines).toEqual(["[[], [send]]", "0"]);
});
