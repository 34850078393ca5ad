import { describe, expect, it } from "vitest";
import { call, contents, lastRequest, run, text, withTools } from "../../../test/agent/loop-lab.ts";
import { callTool, createTestHost, done, started } from "../../../test/agent/support.ts";
import type { JsonObject } from "../../base/index.ts";
import { transcriptEventsByKind, transcriptMessages } from "../../llm/index.ts";
import { middleSummaryStrategy } from "../compaction/middle-summary.ts";
import { createSessionStore } from "../context/sessions.ts";
import { defineTool } from "../tools/define-tool.ts";
import { toolFailure } from "../tools/outcome.ts";

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
