import { describe, expect, it } from "vitest";
import { createLlm, createToolRecordings, type ModelInput, type ToolRecordings } from "../../llm/index.ts";
import { createVirtualHost, type FakeTurn, fakeScript, fakeStream, fakeToolCall } from "../../testing/index.ts";
import { type AgentOptions, runAgent } from "../loop/run-agent.ts";
import { defineTool } from "../tools/define-tool.ts";
import { readPermissions } from "./permissions.ts";

/** One agent that makes these calls; gives what the model saw of their results. */
async function run(
  recordings: ToolRecordings,
  ran: string[],
  calls: readonly FakeTurn[],
  options: Partial<AgentOptions> = {},
): Promise<readonly string[]> {
  const host = createVirtualHost({ model: fakeScript(...calls, fakeStream(["done"])) });
  const look = defineTool({
    name: "look",
    description: "Looks",
    input: { type: "object", properties: { at: { type: "string" } } },
    execute({ at = "" }) {
      ran.push(at);
      if (at === "bad") throw new Error("no such place");
      return `saw ${at}`;
    },
  });
  await runAgent({
    llm: createLlm({ host, provider: "fake", model: "m" }),
    tools: [look],
    prompt: "Go",
    toolUse: { recordings },
    ...options,
  });
  const last = host.requests.model.at(-1) as unknown as ModelInput;
  return last.messages.flatMap((message) => (message.role === "tool" ? [message.content] : []));
}

const looksAt = (...places: string[]): FakeTurn => fakeStream(places.map((at) => fakeToolCall("look", { at })));

async function recorded(): Promise<{ readonly replay: ToolRecordings; readonly shown: readonly string[] }> {
  const recording = createToolRecordings();
  recording.setToolRecordingMode("record");
  const shown = await run(recording, [], [looksAt("a", "bad")]);
  const replay = createToolRecordings();
  replay.load(recording.drain());
  replay.setToolRecordingMode("replay");
  return { replay, shown };
}

describe("REPLAY-06, AGENT-35: recorded results stand for running a tool", () => {
  it("REPLAY-05: records what came of each call", async () => {
    const recordings = createToolRecordings();
    recordings.setToolRecordingMode("record");
    const rules = readPermissions({ allow: ["*"], deny: { look: ["secret"] } });
    await run(recordings, [], [looksAt("a", "bad", "secret")], { rules: { permissions: rules ? [rules] : [] } });
    expect(recordings.drain()).toMatchObject([
      { toolName: "look", toolUseId: "fake_call_1", result: "saw a", isRejected: false, iteration: 0 },
      { result: expect.stringContaining("no such place"), isRejected: false, isError: true },
      { isRejected: true },
    ]);
    expect(recordings.drain()).toEqual([]);
  });

  it("replays results and failures without running anything, the model sees the same", async () => {
    const { replay, shown } = await recorded();
    const ran: string[] = [];
    expect(await run(replay, ran, [looksAt("a", "bad")])).toEqual(shown);
    expect(ran).toEqual([]);
  });

  it("a call without a record runs", async () => {
    const { replay } = await recorded();
    const ran: string[] = [];
    expect(await run(replay, ran, [looksAt("b")])).toEqual(["saw b"]);
    expect(ran).toEqual(["b"]);
  });

  it("is the last gate: a rule refuses a recorded call like any other", async () => {
    const { replay } = await recorded();
    const rules = readPermissions({ deny: ["look"] });
    const [shown] = await run(replay, [], [looksAt("a")], { rules: { permissions: rules ? [rules] : [] } });
    expect(shown).toContain("permission_denied");
  });

  it("loop detection counts replayed results, and what it adds is not recorded", async () => {
    const { replay } = await recorded();
    const twice = await run(replay, [], [looksAt("a"), looksAt("a")]);
    expect(twice[1]).toContain("[LOOP DETECTED]");
    const recording = createToolRecordings();
    recording.setToolRecordingMode("record");
    await run(recording, [], [looksAt("a"), looksAt("a")]);
    expect(recording.drain().map((record) => record.result)).toEqual(["saw a", "saw a"]);
  });
});
