/** Hooks of what happens to a persona from outside: hand-offs that it makes, and waiting for people and events. */

import { describe, expect, it } from "vitest";
import { printed, runHarn } from "../support/run-harn.ts";

const HEAR = `
fn hear(event) {
  println(event.event + " " + event.target + " " + json_stringify(event.data))
}
register_persona_hook("cap*", "OnHandoffEmitted", hear)
register_persona_hook("cap*", "OnPersonaPaused", hear)
register_persona_hook("cap*", "OnPersonaResumed", hear)
`;
const answered = (kind: string, answer: string) => `host_mock("hitl", "${kind}", ${answer})\n`;

describe("HOOK-06 OnHandoffEmitted", () => {
  it("is told of an artifact that hands work over, by who makes it, with its data", async () => {
    const lines = await printed(`${HEAR}
@step fn pass_on() {
  return artifact({kind: "handoff", id: "h1", title: "Review", text: "Look at it", data: {task: "review"}})
}
@persona fn captain() { return pass_on().kind }
println(captain())`);
    expect(lines).toEqual([
      'OnHandoffEmitted captain.pass_on {"artifact_id":"h1","handoff":{"task":"review"},"kind":"artifact","text":"Look at it","title":"Review"}',
      "handoff",
    ]);
  });

  it("also of one that is derived, and as a value in a call of a list; not of other artifacts", async () => {
    const lines = await printed(`${HEAR}
@persona fn captain() {
  let note = artifact({kind: "summary", text: "a"})
  let made = [{kind: "handoff", id: "h1"}, {kind: "plan"}].map(artifact)
  return [note.kind, artifact_derive(note, "handoff", {id: "h2"}).kind, made.map({ m -> m.kind })]
}
println(captain())`);
    expect(lines.map((line) => line.replace(/ \{.*"artifact_id":"(\w+)".*/, " $1"))).toEqual([
      "OnHandoffEmitted captain h1",
      "OnHandoffEmitted captain h2",
      "[summary, handoff, [handoff, plan]]",
    ]);
  });

  it("is told of an escalation to a role, before anybody is asked", async () => {
    const lines = await printed(`${answered("escalation", '{accepted: true, reviewer: "Ada"}')}
register_persona_hook("*", "OnHandoffEmitted", { event -> println(event.data) })
println(escalate_to("admin", "needs rights").status)`);
    expect(lines).toEqual(["{kind: escalation, reason: needs rights, role: admin}", "accepted"]);
  });

  it("STEP-23: handlers run outside of steps; several in order; what one throws, the maker gets", async () => {
    const { output, error } = await runHarn(`
register_persona_hook("*", "OnHandoffEmitted", { _e -> println([current_persona(), current_step()]) })
register_persona_hook("*", "OnHandoffEmitted", { _e -> throw "not to them" })
register_persona_hook("*", "OnHandoffEmitted", { _e -> println("never") })
@step fn pass_on() { return try { artifact({kind: "handoff"}) } catch (e) { [e, current_step(), current_persona()] } }
@persona fn captain() { return pass_on() }
println(captain())`);
    expect(error).toBeUndefined();
    expect(output).toBe("[nil, nil]\n[not to them, pass_on, captain]\n");
  });
});

describe("HOOK-06 OnPersonaPaused and OnPersonaResumed", () => {
  const dual = '[{approved: true, reviewer: "a"}, {approved: true, reviewer: "b"}]';
  it.each([
    ["question", '{answer: "yes"}', 'ask_user("Go on?")', { prompt: "Go on?" }],
    ["approval", "{approved: true}", 'request_approval("deploy").approved', { action: "deploy" }],
    ["dual_control", dual, "dual_control(2, 2, act)", { action: "act" }],
    ["escalation", "{accepted: true}", 'escalate_to("admin", "rights").status', { role: "admin", reason: "rights" }],
  ])("%s: told before and after", async (kind, answer, call, data) => {
    const lines = await printed(`${answered(kind, answer)}${HEAR}
fn act() { return 1 }
@step fn decide() { return ${call} }
@persona fn captain() { return decide() }
captain()`);
    const told = lines
      .filter((line) => line.startsWith("OnPersona"))
      .map((line) => [...line.split(" ", 2), JSON.parse(line.slice(line.indexOf("{"))) as unknown]);
    expect(told).toEqual([
      ["OnPersonaPaused", "captain.decide", { waits_for: kind, ...data }],
      ["OnPersonaResumed", "captain.decide", { waits_for: kind, ...data, ok: true }],
    ]);
  });

  it("a refusal and a silence resume with `ok: false`, and are thrown as before", async () => {
    const lines = await printed(`${answered("approval", "{approved: false}")}
register_persona_hook("*", "OnPersonaResumed", { event -> println([event.data.waits_for, event.data.ok]) })
@persona fn captain() {
  let refused = try { request_approval("deploy") }
  let silence = try { ask_user("Anybody?", {timeout: 5ms}) }
  return [unwrap_err(refused).name, unwrap_err(silence).name]
}
println(captain())`);
    expect(lines).toEqual(["[approval, false]", "[question, false]", "[ApprovalDeniedError, HumanTimeoutError]"]);
  });

  it("nobody pauses outside of personas, and other personas do not hear", async () => {
    const lines = await printed(`${answered("question", '{answer: "yes"}')}${HEAR}
register_persona_hook("*", "OnPersonaPaused", { event -> println("any: " + event.persona) })
@persona fn cook() { return ask_user("Salt?") }
println(ask_user("Go on?"))
println(cook())`);
    expect(lines).toEqual(["yes", "any: cook", "yes"]);
  });

  it("what the hook throws, the asker gets, and nobody is asked", async () => {
    const { output, error } = await runHarn(`
register_persona_hook("*", "OnPersonaPaused", { _e -> throw "not now" })
@persona fn captain() { return try { ask_user("Go on?") } catch (e) { e } }
println(captain())
println(len(hitl_pending()))`);
    expect(error).toBeUndefined();
    expect(output).toBe("not now\n0\n");
  });

  it("a persona that is stopped while it waits does not go on, and nothing is told", async () => {
    const { output, stderr } = await runHarn(`${HEAR}
@persona fn captain() { return ask_user("Go on?") }
let task = spawn { captain() }
sleep(1ms)
cancel(task)
sleep(1ms)
let _late = try { deadline 5ms { captain() } }
println("end")`);
    // What a cancelled task prints is not the program's output.
    expect(output).toMatch(/^OnPersonaPaused captain .*\nend\n$/);
    expect(output + stderr).not.toContain("OnPersonaResumed");
  });

  it("DAEMON-09 a persona whose daemon idles has paused, and goes on with the next event", async () => {
    const lines = await printed(`
llm_mock({text: "ready"})
llm_mock({text: "seen"})
register_persona_hook("*", "OnPersonaPaused", { event -> println("paused " + event.persona + " " + event.data.waits_for) })
register_persona_hook("*", "OnPersonaResumed", { event -> println("resumed " + event.persona + " " + to_string(event.data.ok)) })
@persona fn watcher() { return daemon_spawn({task: "Watch", provider: "mock", persist_path: "state"}) }
let d = watcher()
println("spawned")
daemon_trigger(d, "x")
sleep(10m)
println(daemon_stop(d).status)`);
    expect(lines).toEqual(["paused watcher idle", "spawned", "resumed watcher true", "paused watcher idle", "stopped"]);
  });
});
