import { describe, expect, it } from "vitest";
import {
  callTool,
  createTestHost,
  done,
  fileText,
  type Script,
  say,
  scriptedModel,
  settle,
  started,
  type TestHost,
} from "../../../test/agent/support.ts";
import { HostError, type JsonObject } from "../../base/index.ts";
import { transcriptEventsByKind } from "../../llm/index.ts";
import { middleSummaryStrategy } from "../compaction/middle-summary.ts";
import { createToolRuntime, defineTool } from "../tools/define-tool.ts";
import { agentLoop } from "./agent-loop.ts";
import { type DaemonConfig, resumeDaemon, spawnDaemon } from "./daemon-handle.ts";
import type { AgentLoopOptions, AgentPorts, DaemonOptions } from "./options.ts";

const request = { provider: "scripted", model: "test" };
const text = (content: string): Script => [started, say(content), done()];

async function run(
  host: TestHost,
  scripts: readonly Script[],
  daemon: DaemonOptions,
  options: Partial<AgentLoopOptions> = {},
) {
  const model = scriptedModel(host, scripts);
  const events: JsonObject[] = [];
  const result = await agentLoop({
    host,
    prompt: "Watch",
    model,
    request,
    daemon,
    onEvent: (event) => void events.push(event),
    ...options,
  });
  return { result, model, events };
}

const told = (model: ReturnType<typeof scriptedModel>, at: number) => JSON.stringify(model.inputs[at]!.messages);

function write(host: TestHost, path: string, modifiedMs: number): void {
  host.files.set(path, new Uint8Array([1]));
  host.fileTimes.set(path, modifiedMs);
}

describe("daemon mode", () => {
  it("DAEMON-03 DAEMON-04 AGENT-07 a daemon that nothing can wake ends idle after its first text", async () => {
    const host = createTestHost();
    const { result, model } = await run(host, [text("nothing to do")], { persistPath: "d/s.json" });
    expect(result).toMatchObject({
      status: "idle",
      daemon_state: "idle",
      daemon_snapshot_path: "d/s.json",
      transcript: { state: "paused" },
    });
    expect(model.inputs).toHaveLength(1);
    expect(host.clock.elapsedMs).toBe(0);
  });

  it("AGENT-40 done becomes idle for a daemon", async () => {
    const host = createTestHost();
    const { result } = await run(host, [text("##DONE##")], {}, { flow: { persistent: true } });
    expect(result).toMatchObject({ status: "idle", daemon_state: "idle" });
  });

  it("DAEMON-04 DAEMON-05 a timer wakes it after exactly its interval, with feedback of that kind", async () => {
    const host = createTestHost();
    const { result, model } = await run(
      host,
      [text("a"), text("b"), text("c")],
      { wakeIntervalMs: 250 },
      { flow: { maxIterations: 3 } },
    );
    expect(result).toMatchObject({
      status: "budget_exhausted",
      daemon_state: "budget_exhausted",
      llm: { iterations: 3 },
    });
    expect(told(model, 1)).toContain('<runtime_feedback kind=\\"timer\\">');
    expect(host.clock.elapsedMs).toBe(750);
    expect(transcriptEventsByKind(result.transcript, "daemon_wake")).toMatchObject([
      { metadata: { reason: "timer" } },
      {},
      {},
    ]);
  });

  it("DAEMON-04 DAEMON-06 without a timer it polls after 100, 500, 1,000, 2,000 ms, and the watchdog ends it", async () => {
    const host = createTestHost();
    const ports: AgentPorts = { takeResume: () => false };
    const { result, events } = await run(host, [text("a")], { idleWatchdogAttempts: 5 }, { ports });
    expect(result).toMatchObject({ status: "watchdog", daemon_state: "watchdog" });
    expect(host.clock.elapsedMs).toBe(100 + 500 + 1000 + 2000 + 2000);
    expect(events.at(-1)).toMatchObject({ type: "daemon_watchdog_tripped", attempts: 5, elapsed_ms: 5600 });
  });

  it("DAEMON-05 reasons by priority: message, resume, watched file, timer; a wake resets backoff and count", async () => {
    const host = createTestHost();
    write(host, "w.txt", 1);
    const wakes = [{ message: true, resume: true, touch: true }, { resume: true, touch: true }, { touch: true }, {}];
    let at = -1;
    const ports: AgentPorts = {
      takeResume() {
        at++;
        if (wakes[at]?.touch) write(host, "w.txt", 100 + at);
        return wakes[at]?.resume === true;
      },
      takeMessages: (point) =>
        point === "turn_start" && wakes[at]?.message && at === 0 && told0-- > 0 ? ["hello"] : [],
    };
    let told0 = 1;
    const { result } = await run(
      host,
      Array.from({ length: 5 }, () => text("x")),
      { wakeIntervalMs: 10, watchPaths: ["w.txt"] },
      { ports, flow: { maxIterations: 5 } },
    );
    const reasons = (transcriptEventsByKind(result.transcript, "daemon_wake") as { text: string }[]).map(
      (event) => event.text,
    );
    expect(reasons.slice(0, 4)).toEqual(["message", "resume", "watch", "timer"]);
  });

  it("DAEMON-07 a changed file wakes it; one that is gone or new does not; tenths of a millisecond count", async () => {
    const host = createTestHost();
    write(host, "a", 1000);
    let polls = 0;
    const ports: AgentPorts = {
      takeResume() {
        polls++;
        if (polls === 1) host.files.delete("a");
        if (polls === 2) write(host, "a", 1000.5);
        if (polls === 3) write(host, "a", 1000.6);
        return false;
      },
    };
    const { model } = await run(
      host,
      [text("x"), text("y")],
      { watchPaths: ["a", "missing"], idleWatchdogAttempts: 9 },
      { ports, flow: { maxIterations: 2 } },
    );
    expect(polls).toBeGreaterThanOrEqual(3);
    expect(told(model, 1)).toContain("watched files changed: a.");
  });

  it("DAEMON-03 the host is told when it idles", async () => {
    const host = createTestHost();
    const states: (JsonObject | undefined)[] = [];
    await run(
      host,
      [text("x"), text("y")],
      { wakeIntervalMs: 5, persistPath: "d/s.json" },
      { flow: { maxIterations: 2 }, ports: { idle: (state) => void states.push(state) } },
    );
    expect(states[0]).toEqual({ iteration: 1, backoff_ms: 100, persist_path: "d/s.json", watch_paths: [] });
    expect(states[1]).toBeUndefined();
  });

  it("DAEMON-08 the snapshot has its fields and takes the old one's place", async () => {
    const host = createTestHost();
    const tool = defineTool({ name: "t", description: "", input: {}, execute: () => "r" });
    await run(
      host,
      [[started, say("pre"), ...callTool("1", "t", {}), done()], text("end")],
      { persistPath: "d/s.json" },
      { tools: createToolRuntime([tool]), toolUse: { format: "native" } },
    );
    const snapshot = JSON.parse(fileText(host, "d/s.json")) as JsonObject;
    expect(Object.keys(snapshot).sort()).toEqual(
      [
        "_type",
        "saved_at",
        "daemon_state",
        "visible_messages",
        "recorded_messages",
        "transcript_summary",
        "transcript_events",
        "total_text",
        "last_iteration_text",
        "all_tools_used",
        "rejected_tools",
        "deferred_user_messages",
        "total_iterations",
        "idle_backoff_ms",
        "last_run_exit_code",
        "watch_state",
      ].sort(),
    );
    expect(snapshot).toMatchObject({
      _type: "daemon_snapshot",
      saved_at: "2023-11-14T22:13:20.000Z",
      daemon_state: "idle",
      total_text: "preend",
      last_iteration_text: "end",
      all_tools_used: ["t"],
      total_iterations: 2,
      idle_backoff_ms: 100,
    });
    expect(host.fileEffects).toContain("move+sync d/s.json.tmp d/s.json");
    expect(snapshot["recorded_messages"]).toHaveLength(4);
  });

  it("DAEMON-08 resume goes on: history, texts, tools and the iteration count; the prompt is not said twice", async () => {
    const host = createTestHost();
    const tool = defineTool({ name: "t", description: "", input: {}, execute: () => "r" });
    const options = { tools: createToolRuntime([tool]), toolUse: { format: "native" } } as const;
    await run(
      host,
      [[started, ...callTool("1", "t", {}), done()], text("first")],
      { persistPath: "d/s.json" },
      options,
    );
    const { result, model } = await run(host, [text(" second")], { resumePath: "d/s.json" }, options);
    expect(model.inputs[0]!.messages.map((message) => message.role)).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
    ]);
    expect(result).toMatchObject({
      status: "idle",
      text: "first second",
      llm: { iterations: 3 },
      tools: { calls: ["t"] },
      daemon_snapshot_path: "d/s.json",
    });
    const snapshot = JSON.parse(fileText(host, "d/s.json")) as {
      recorded_messages: unknown[];
      total_iterations: number;
    };
    expect(snapshot.total_iterations).toBe(3);
    expect(snapshot.recorded_messages).toHaveLength(5);
    const other = await run(host, [text("x")], { resumePath: "d/s.json" }, { ...options, prompt: "Another task" });
    expect(JSON.stringify(other.model.inputs[0]!.messages.at(-1))).toContain("Another task");
  });

  it.each([
    ["a missing file", undefined, /daemon snapshot read error/],
    ["garbage", "{", /daemon snapshot parse error/],
    ["something else", '{"_type":"note"}', /holds no daemon snapshot/],
  ])("DAEMON-08 resuming from %s says so", async (_name, content, message) => {
    const host = createTestHost();
    if (content !== undefined) host.files.set("s.json", new TextEncoder().encode(content));
    await expect(run(host, [text("x")], { resumePath: "s.json" })).rejects.toThrow(message);
  });

  it("DAEMON-08 a snapshot that cannot be written fails the loop and leaves the old one whole", async () => {
    const host = createTestHost();
    await run(host, [text("x")], { persistPath: "s.json" });
    const before = fileText(host, "s.json");
    host.fault = (effect) => {
      if (effect === "fs.move") throw new HostError("no_space", effect, "disk full");
      return undefined;
    };
    await expect(run(host, [text("y")], { persistPath: "s.json" })).rejects.toThrow(/disk full/);
    expect(fileText(host, "s.json")).toBe(before);
  });

  it("DAEMON-02 consolidate_on_idle folds the conversation before the snapshot", async () => {
    const host = createTestHost();
    const strategy = middleSummaryStrategy({
      kind: "custom",
      custom: (messages) => `folded ${messages.length}`,
      thresholdTokens: 1_000_000,
      keepLast: 1,
    });
    const always = { ...strategy, shouldCompact: (messages: readonly unknown[]) => messages.length > 2 };
    await run(
      host,
      [text("a"), text("b")],
      { wakeIntervalMs: 1, persistPath: "s.json", consolidateOnIdle: true },
      { flow: { maxIterations: 2 }, compaction: { strategy: always } },
    );
    expect((JSON.parse(fileText(host, "s.json")) as { transcript_summary: string }).transcript_summary).toContain(
      "folded",
    );
  });
});

describe("daemon handles", () => {
  function config(
    host: TestHost,
    scripts: readonly Script[],
    extra: Partial<DaemonConfig> = {},
  ): DaemonConfig & { model: ReturnType<typeof scriptedModel> } {
    return {
      host,
      prompt: "Serve",
      model: scriptedModel(host, scripts),
      request,
      persistPath: "d",
      ...extra,
    } as DaemonConfig & { model: ReturnType<typeof scriptedModel> };
  }

  const untilIdle = async (host: TestHost, ready: () => boolean) => {
    for (let turn = 0; turn < 200 && !ready(); turn++) await settle();
    expect(ready()).toBe(true);
    void host;
  };

  it("DAEMON-09 events are handed on in order, one by one, and leave the queue once dealt with", async () => {
    const host = createTestHost();
    const setup = config(host, [text("ready"), text("one"), text("two"), text("three")]);
    const daemon = await spawnDaemon(setup);
    await untilIdle(host, () => setup.model.inputs.length === 1);
    await daemon.trigger({ kind: "file_changed", path: "a" });
    await daemon.trigger("plain text");
    await daemon.trigger({ message: "with a message" });
    await untilIdle(host, () => setup.model.inputs.length === 4);
    expect(setup.model.inputs.slice(1).map((input) => (input.messages.at(-1) as { content: string }).content)).toEqual([
      'Event: {"kind":"file_changed","path":"a"}',
      "plain text",
      "with a message",
    ]);
    await untilIdle(host, () => daemon.snapshot()["pending_event_count"] === 0);
    await daemon.stop();
    expect(daemon.snapshot()).toMatchObject({ running: false, pending_event_count: 0, event_queue_capacity: 1024 });
    await expect(daemon.trigger("late")).rejects.toThrow(/has stopped/);
    expect(JSON.parse(fileText(host, "d/daemon.json"))).toMatchObject({ _type: "daemon_snapshot" });
  });

  it("DAEMON-09 a full queue refuses", async () => {
    const host = createTestHost();
    const setup = config(host, [[started, "hang"]], { eventQueueCapacity: 2 });
    const daemon = await spawnDaemon(setup);
    await daemon.trigger(1);
    await daemon.trigger(2);
    await expect(daemon.trigger(3)).rejects.toThrow("The event queue of the daemon is full: 2 of 2 events wait");
    await daemon.stop();
  });

  it("DAEMON-09 waiting events survive stop and resume; one that was being worked on comes again", async () => {
    const host = createTestHost();
    const setup = config(host, [text("ready"), [started, "hang"]]);
    const daemon = await spawnDaemon(setup);
    await untilIdle(host, () => setup.model.inputs.length === 1);
    await daemon.trigger("first");
    await daemon.trigger("second");
    await untilIdle(host, () => setup.model.inputs.length === 2);
    await daemon.stop();
    expect(JSON.parse(fileText(host, "d/events.json"))).toEqual(["first", "second"]);
    const again = config(host, [text("a"), text("b"), text("c")]);
    const resumed = await resumeDaemon(again);
    await untilIdle(host, () => again.model.inputs.length >= 2);
    const texts = again.model.inputs.map((input) =>
      input.messages.map((message) => (message.role === "user" ? message.content : "")).join("|"),
    );
    expect(texts[0]).toContain("first");
    expect(texts[1]).toContain("second");
    await untilIdle(host, () => resumed.snapshot()["pending_event_count"] === 0);
    await resumed.stop();
    expect(JSON.parse(fileText(host, "d/events.json"))).toEqual([]);
  });

  it("a daemon whose model fails settles its promise and rejects nothing behind one's back", async () => {
    const host = createTestHost();
    const daemon = await spawnDaemon(config(host, []));
    await expect(daemon.finished).rejects.toThrow("script exhausted");
    expect(daemon.snapshot()["running"]).toBe(false);
    await daemon.stop();
  });
});
