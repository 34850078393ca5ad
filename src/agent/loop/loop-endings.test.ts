import { describe, expect, it } from "vitest";
import {
  call,
  contents,
  edit,
  lastRequest,
  read,
  request,
  run,
  text,
  withTools,
} from "../../../test/agent/loop-lab.ts";
import {
  callTool,
  cancelAfter,
  createTestHost,
  done,
  modelError,
  type Script,
  say,
  scriptedModel,
  started,
  usage,
} from "../../../test/agent/support.ts";
import { transcriptMessages } from "../../llm/index.ts";
import { createSessionStore } from "../context/sessions.ts";
import { defineTool } from "../tools/define-tool.ts";
import { TurnError } from "../turn/turn-error.ts";
import { agentLoop } from "./agent-loop.ts";

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
