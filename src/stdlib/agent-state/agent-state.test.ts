import { describe, expect, it } from "vitest";
import { killedAt, runOn } from "../../../test/support/run-on.ts";
import { createVirtualHost, type VirtualHost, withFaults } from "../../testing/index.ts";

const IMPORT = 'import "std/agent_state"\n';
const FOLDER = "/home/harn/state/s";
const META = `${FOLDER}/.agent_state_meta/f-plan.md.json`;

/** Writes as somebody, under a policy, and prints what is thrown, or `written`. */
const writes = (writer: string, text: string, policy = "ignore", key = "plan.md"): string => `${IMPORT}
let state = agent_state_init("state", {session_id: "s", writer_id: "${writer}", conflict_policy: "${policy}"})
println(try { agent_state_write(state, "${key}", "${text}")
  "written" } catch (problem) { problem })`;
const reads = `${IMPORT}println(agent_state_read(agent_state_resume("state", "s"), "plan.md"))`;
const conflict = (before: string, now: string): string =>
  `agent_state.write: key 'plan.md' was previously written by '${before}' and is now being written by '${now}'`;

async function written(...writers: readonly string[]): Promise<VirtualHost> {
  const host = createVirtualHost();
  for (const writer of writers) await runOn(host, writes(writer, `by ${writer}`));
  return host;
}

describe("texts of a session", () => {
  it("are files; who wrote them lies aside, and is not listed", async () => {
    const host = await written("a");
    await runOn(host, writes("a", "x", "ignore", "notes/deep/one.md"));
    host.files.write(`${FOLDER}/.harn_tmp_left`, "half");
    expect(host.files.readText(`${FOLDER}/plan.md`)).toBe("by a");
    expect(host.files.readText(META)).toBe(
      '{\n  "writer": {"session_id":"s","stage_id":null,"worker_id":null,"writer_id":"a"}\n}\n',
    );
    const list = `${IMPORT}println(agent_state_list(agent_state_resume("state", "s")))`;
    expect(await runOn(host, list)).toEqual(["[notes/deep/one.md, plan.md]"]);
  });

  it("no two keys need the same file for their writers", async () => {
    const host = createVirtualHost();
    for (const key of ["a", "a.json/b", "f-a/x", "d-a"]) {
      expect(await runOn(host, writes("w", key, "error", key))).toEqual(["written"]);
    }
  });

  it("that are none are told of", async () => {
    const host = createVirtualHost({ files: { [`${FOLDER}/plan.md`]: new Uint8Array([0xff]) } });
    expect((await runOn(host, reads))[0]).toContain(
      `agent_state.read: Failed to read ${FOLDER}/plan.md: it is not UTF-8`,
    );
    const large = `${IMPORT}agent_state_write(agent_state_init("state", {session_id: "s"}), "big", "x" * 16777217)`;
    expect((await runOn(host, large))[0]).toContain(
      "agent_state.write: 'big' would have 16777217 bytes, at most 16777216",
    );
  });

  it("a session that cannot be made, or is a file, is told of", async () => {
    const host = createVirtualHost({ files: { "/home/harn/state": "a file" } });
    expect((await runOn(host, writes("a", "x")))[0]).toContain("agent_state.init: Failed to make /home/harn/state/s: ");
    expect((await runOn(host, reads))[0]).toContain("agent_state.resume: session 's' not found under /home/harn/state");
  });
});

describe("whose session it is", () => {
  it("is that of the agent whose tool asks", async () => {
    const host = createVirtualHost();
    const program = `${IMPORT}
let tools = tool_define(tool_registry(), "note", "Take a note", {
  parameters: {},
  handler: { _args -> agent_state_init("state").session_id }
})
llm_mock({text: "", tool_calls: [{id: "c1", name: "note", arguments: {}}]})
llm_mock({text: "done ##DONE##"})
agent_loop("go", nil, {provider: "mock", tools: tools, tool_format: "native", session_id: "chat-7"})
println(list_dir("state"))`;
    expect(await runOn(host, program)).toEqual(["[chat-7]"]);
  });

  it.each([
    ['{writer_id: "w", stage_id: "st", worker_id: "wo"}', "[w, st, wo, s]"],
    ['{stage_id: "st", worker_id: "wo"}', "[wo, st, wo, s]"],
    ['{stage_id: "st"}', "[st, st, nil, s]"],
    ["{}", "[s, nil, nil, s]"],
  ])("a writer of %s is %s", async (options, expected) => {
    const program = `${IMPORT}let w = agent_state_init("state", ${options} + {session_id: "s"}).writer
println([w.writer_id, w.stage_id, w.worker_id, w.session_id])`;
    expect(await runOn(createVirtualHost(), program)).toEqual([expected]);
  });
});

describe("two writers", () => {
  it("of whom the second is strict: the first's text stays, also in a later run", async () => {
    const host = await written("a");
    expect(await runOn(host, writes("b", "by b", "error"))).toEqual([conflict("a", "b")]);
    expect(await runOn(host, reads)).toEqual(["by a"]);
  });

  it("a warning goes to the log, with both", async () => {
    const host = await written("a");
    expect(await runOn(host, writes("b", "by b", "warn"))).toEqual(["written"]);
    expect(host.logs.map(({ level, message }) => [level, message])).toEqual([["warn", conflict("a", "b")]]);
  });

  it("at once: one of them has it, the other is told", async () => {
    const host = createVirtualHost();
    const program = `${IMPORT}
let outcomes = parallel settle ["a", "b"] { writer ->
  let state = agent_state_init("state", {session_id: "s", writer_id: writer, conflict_policy: "error"})
  agent_state_write(state, "plan.md", writer)
}
println([outcomes.succeeded, outcomes.failed])`;
    expect(await runOn(host, program)).toEqual(["[1, 1]"]);
    expect(await runOn(host, reads)).toEqual(["a"]);
  });

  it("a key that somebody removed by hand is nobody's", async () => {
    const host = await written("a");
    host.files.remove(`${FOLDER}/plan.md`);
    expect(await runOn(host, writes("b", "by b", "error"))).toEqual(["written"]);
  });

  it.each([
    ["cut short", '{"writer": {', "EOF while parsing an object at line 1 column 12"],
    ["of something else", '{"author": "a"}', "it names no writer"],
  ])("who wrote last cannot be told from a file that is %s: nothing is written", async (_name, text, reason) => {
    const host = await written("a");
    host.files.write(META, text);
    expect(await runOn(host, writes("a", "new"))).toEqual([
      `agent_state.write: ${META} is damaged: ${reason}; remove it to write as the first writer`,
    ]);
    expect(await runOn(host, reads)).toEqual(["by a"]);
  });
});

describe("a write that does not come to its end", () => {
  it("on a full disk: text and writer are those of before, and nothing is left behind", async () => {
    const host = await written("a");
    const before = host.files.snapshot();
    const tooMuch = (args: unknown) => (args as { data: Uint8Array }).data.length > 1000;
    const seen = withFaults(host, [{ effect: "fs.write", error: "no_space", when: tooMuch }]);
    expect(await runOn(host, writes("b", "x".repeat(2000)), { seen })).toEqual([
      `agent_state.write: Failed to write ${FOLDER}/plan.md: No space left on device (os error 28)`,
    ]);
    expect(host.files.snapshot()).toEqual(before);
  });

  it.each([1, 2])(
    "killed before move %d: the text is the old one, and a strict first writer is stopped at most",
    async (nth) => {
      const host = await written("a");
      await killedAt(host, writes("b", "by b"), "fs.move", { nth });
      expect(await runOn(host, reads)).toEqual(["by a"]);
      expect(await runOn(host, writes("a", "again", "error"))).toEqual([nth === 1 ? "written" : conflict("b", "a")]);
      expect(await runOn(host, writes("b", "by b", "ignore"))).toEqual(["written"]);
      expect(await runOn(host, reads)).toEqual(["by b"]);
    },
  );
});

describe("a handoff", () => {
  const handsOver = (summary: string): string => `${IMPORT}
let state = agent_state_init("state", {session_id: "s"})
println(try { agent_state_handoff(state, ${summary}) } catch (problem) { problem })
println(json_parse(agent_state_read(state, "__handoff.json")).handoff?._type)`;

  it.each([
    ["without a reason", '{source_persona: "a", target_persona_or_human: {label: "b"}, task: "t"}', "nil"],
    ["to nobody", '{source_persona: "a", target_persona_or_human: {kind: "human"}, task: "t", reason: "r"}', "nil"],
    [
      "to a persona by id",
      '{source_persona: "a", target_persona_or_human: {id: "b"}, task: "t", reason: "r"}',
      "handoff_artifact",
    ],
  ])("%s", async (_name, summary, type) => {
    expect(await runOn(createVirtualHost(), handsOver(summary))).toEqual(["nil", type]);
  });

  it("keeps the moment and both sides", async () => {
    const host = createVirtualHost({ startMs: 1_700_000_000_123 });
    await runOn(host, handsOver('{status: "ready"}'));
    expect(JSON.parse(host.files.readText(`${FOLDER}/__handoff.json`))).toMatchObject({
      _type: "agent_state_handoff",
      version: 1,
      session_id: "s",
      root: "/home/harn/state",
      key: "__handoff.json",
      summary: { status: "ready" },
      handoff: null,
      writer: { writer_id: "s" },
      written_at: 1_700_000_000,
    });
  });

  it("that is no data is refused, and the last one stays", async () => {
    const lines = await runOn(
      createVirtualHost(),
      `${handsOver('{status: "ready"}')}
println(try { agent_state_handoff(state, {run: { -> 1 }}) } catch (problem) { problem })
println(json_parse(agent_state_read(state, "__handoff.json")).summary)`,
    );
    expect(lines.slice(2)).toEqual([
      "agent_state_handoff: a value of type closure (at `run`) cannot be kept; give nil, bool, int, float, string, or lists and dicts of them",
      "{status: ready}",
    ]);
  });
});
