import { describe, expect, it } from "vitest";
import {
  callTool,
  createTestHost,
  done,
  modelError,
  type Script,
  say,
  scriptedModel,
  started,
} from "../../../test/agent/support.ts";
import { CancelToken } from "../../base/index.ts";
import { createSessionStore } from "../context/sessions.ts";
import { readApprovalPolicy } from "../policies/approval-policy.ts";
import { readCapabilityPolicy } from "../policies/capability-policy.ts";
import { readPermissions } from "../policies/permissions.ts";
import { createToolRuntime, defineTool } from "../tools/define-tool.ts";
import { agentLoop } from "./agent-loop.ts";
import type { AgentLoopOptions } from "./options.ts";
import { runSubAgent, subAgentTool } from "./sub-agent.ts";
import { checkToolBackends } from "./tool-backends.ts";

const text = (content: string): Script => [started, say(content), done()];
const call = (name: string): Script => [started, ...callTool(`id_${name}`, name, {}), done()];
const tool = (name: string) => defineTool({ name, description: "", input: {}, execute: () => `ran ${name}` });

function parent(scripts: readonly Script[], options: Partial<AgentLoopOptions> = {}) {
  const host = createTestHost();
  const store = createSessionStore(host);
  const model = scriptedModel(host, scripts);
  store.open("parent");
  const loop: AgentLoopOptions = {
    host,
    prompt: "parent task",
    model,
    request: { provider: "p", model: "m" },
    session: { store, id: "parent" },
    toolUse: { format: "native" },
    ...options,
  };
  return { host, store, model, loop };
}

describe("sub-agents", () => {
  it("have a conversation of their own, linked to their parent's, which notes start and end", async () => {
    const { loop, store, model } = parent([text("the answer")]);
    store.inject("parent", { role: "user", content: "private to the parent" });
    const outcome = await runSubAgent(loop, { prompt: "find out", name: "finder" });
    expect(outcome).toMatchObject({ ok: true, status: "done", text: "the answer" });
    expect(model.inputs[0]!.messages).toEqual([{ role: "user", content: "find out" }]);
    expect(store.ancestry(outcome.sessionId)).toMatchObject({ parentId: "parent", rootId: "parent" });
    expect(store.length("parent")).toBe(1);
    const kinds = (store.snapshot("parent")!["events"] as { kind: string }[]).map((event) => event.kind);
    expect(kinds).toEqual(["message", "sub_agent_start", "sub_agent_end"]);
  });

  it("POLICY-02 never have more rights than their parent", async () => {
    const rules = {
      policy: readCapabilityPolicy({ tools: ["read", "write"], side_effect_level: "workspace_write" })!,
      permissions: [readPermissions({ deny: ["write"] })!],
      approvals: [readApprovalPolicy({ auto_deny: ["read_secret"] })!],
    };
    const { loop } = parent(
      [
        [started, ...callTool("1", "read", {}), ...callTool("2", "write", {}), ...callTool("3", "shell", {}), done()],
        text("x"),
      ],
      { rules },
    );
    const tools = createToolRuntime([tool("read"), tool("write"), tool("shell")]);
    const outcome = await runSubAgent(loop, { prompt: "x", tools, toolUse: { format: "native" } });
    expect(outcome.result!.tools).toMatchObject({ successful: ["read"], rejected: ["write", "shell"] });
    const greedy = runSubAgent(loop, {
      prompt: "x",
      tools,
      rules: { policy: readCapabilityPolicy({ tools: ["shell"] })! },
    });
    await expect(greedy).rejects.toThrow("requested tools exceed host ceiling: shell");
  });

  it("POLICY-01 nest only as deep as the recursion limit says", async () => {
    const { loop } = parent([], { rules: { policy: readCapabilityPolicy({ recursion_limit: 0 })! } });
    await expect(runSubAgent(loop, { prompt: "x" })).rejects.toThrow(/nest too deep/);
    let depth = 0;
    const { loop: outer, host } = parent([]);
    const dig = async (options: AgentLoopOptions): Promise<void> => {
      depth++;
      let inner: AgentLoopOptions | undefined;
      const deeper = defineTool({
        name: "dig",
        description: "",
        input: {},
        execute: async () => dig(inner!).then(() => "ok"),
      });
      const model = scriptedModel(host, [call("dig"), text("bottom")]);
      const child = {
        prompt: "dig",
        model,
        tools: createToolRuntime([deeper]),
        toolUse: { format: "native" },
      } as const;
      inner = {
        ...options,
        ...child,
        rules: { ceiling: readCapabilityPolicy({ recursion_limit: Math.max(0, 3 - depth) })! },
      };
      await runSubAgent(options, child);
    };
    await dig({ ...outer, rules: { ceiling: readCapabilityPolicy({ recursion_limit: 3 })! } });
    expect(depth).toBe(4);
  });

  it("fail without failing their parent", async () => {
    const { loop, store } = parent([[modelError("auth", "no key")]]);
    const outcome = await runSubAgent(loop, { prompt: "x" });
    expect(outcome).toMatchObject({ ok: false, status: "error", text: "", error: expect.stringContaining("no key") });
    expect((store.snapshot("parent")!["events"] as { kind: string; metadata?: object }[]).at(-1)).toMatchObject({
      kind: "sub_agent_end",
      metadata: { status: "error" },
    });
  });

  it("are cancelled with their parent", async () => {
    const token = new CancelToken();
    const { loop } = parent([[started, "hang"]], { signal: token });
    const outcome = runSubAgent(loop, { prompt: "x" });
    setImmediate(() => token.cancel("stop"));
    expect(await outcome).toMatchObject({ ok: false, status: "interrupt" });
  });

  it("as a tool: the model hands over a task and gets the last words", async () => {
    const { loop, host } = parent([]);
    const model = scriptedModel(host, [
      [started, ...callTool("1", "research", { task: "look it up" }), done()],
      text("sub answer"),
      text("final"),
    ]);
    const options: AgentLoopOptions = { ...loop, model };
    const tools = createToolRuntime([
      subAgentTool(() => options, { name: "research", description: "Researches", agent: (task) => ({ prompt: task }) }),
    ]);
    const result = await agentLoop({ ...options, tools });
    expect(result).toMatchObject({ status: "done", text: "final", tools: { successful: ["research"] } });
    expect(model.inputs[1]!.messages).toEqual([{ role: "user", content: "look it up" }]);
    expect(model.inputs[2]!.messages.at(-1)).toMatchObject({ role: "tool", content: "sub answer" });
  });
});

describe("tool backends", () => {
  it("AGENT-39 a handler, a known executor or an MCP origin", () => {
    checkToolBackends([
      { name: "a", hasHandler: true },
      { name: "b", hasHandler: false, executor: "host_bridge" },
      { name: "c", hasHandler: false, executor: "mcp_server" },
      { name: "d", hasHandler: false, executor: "provider_native" },
      { name: "e", hasHandler: false, isMcp: true },
    ]);
  });

  it.each([
    [{ name: "x", hasHandler: false }, /tool 'x' has no executable backend/],
    [{ name: "x", hasHandler: false, executor: "harn" }, /no callable `handler`/],
    [{ name: "x", hasHandler: false, executor: "magic" }, /unknown executor "magic"/],
  ])("AGENT-39 refuses %j", (backend, message) => {
    expect(() => checkToolBackends([backend])).toThrow(message);
  });
});
