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
