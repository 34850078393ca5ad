import { describe, expect, it } from "vitest";
import { call, edit, read, run, text } from "../../../test/agent/loop-lab.ts";
import type { ToolSpec } from "../../llm/index.ts";
import { createToolRuntime, defineTool } from "../tools/define-tool.ts";
import type { ToolRuntime } from "../tools/tool-runtime.ts";

const deploy = defineTool({
  name: "deploy_service",
  description: "Deploys the service",
  deferred: true,
  input: { type: "object", properties: {} },
  execute: () => "deployed",
});
const talking = { persistent: true, maxNudges: 10, maxIterations: 5 };
const namesOf = (tools: readonly ToolSpec[] = []): readonly string[] => tools.map(({ name }) => name);

/** A runtime that counts how often somebody reads the schemas of its tools. */
function countingTools(runtime: ToolRuntime): { readonly tools: ToolRuntime; readonly readings: () => number } {
  let readings = 0;
  const specs = runtime.specs().map(({ inputSchema, ...spec }) => ({
    ...spec,
    get inputSchema() {
      readings++;
      return inputSchema;
    },
  }));
  return { tools: { ...runtime, specs: () => specs }, readings: () => readings };
}

describe("tools of a request", () => {
  it("AGENT-25 the contract of text mode reads the schemas once for a loop, not once for a turn", async () => {
    const talk = Array.from({ length: 5 }, () => text("hm"));
    const counted = countingTools(createToolRuntime([read, edit]));
    const { model } = await run(talk, { tools: counted.tools, toolUse: { format: "text" }, flow: talking });
    expect(model.inputs).toHaveLength(5);
    expect(counted.readings()).toBe(2);
    expect(new Set(model.inputs.map(({ system }) => system)).size).toBe(1);
  });

  it("LOOP-36 native mode sends the same list of tools with every request", async () => {
    const talk = Array.from({ length: 5 }, () => text("hm"));
    const { model } = await run(talk, {
      tools: createToolRuntime([read, edit]),
      toolUse: { format: "native" },
      flow: talking,
    });
    expect(namesOf(model.inputs[0]!.tools)).toEqual(["read", "edit"]);
    for (const { tools } of model.inputs) expect(tools).toBe(model.inputs[0]!.tools);
  });

  it("a tool that a search brings to light is offered from then on, with a list that stays again", async () => {
    const { model } = await run(
      [text("hm"), text("hm"), call("__harn_tool_search", { query: "deploy" }), text("hm"), text("hm")],
      {
        tools: createToolRuntime([read, deploy]),
        toolUse: { format: "native", search: { listStubs: true } },
        flow: talking,
      },
    );
    const lists = model.inputs.map(({ tools }) => tools);
    expect(namesOf(lists[2])).not.toContain("deploy_service");
    expect(namesOf(lists[3])).toContain("deploy_service");
    expect(lists[2]).toBe(lists[0]);
    expect(lists[4]).toBe(lists[3]);
    expect(model.inputs[2]!.system).toContain("- `deploy_service`");
    expect(model.inputs[3]!.system).not.toContain("- `deploy_service`");
  });

  it("AGENT-22 skills that the model loads narrow the tools of the next request", async () => {
    const { model } = await run([text("hm"), call("load_skill", { name: "reading" }), text("hm"), text("hm")], {
      tools: createToolRuntime([read, edit]),
      toolUse: { format: "native" },
      flow: { ...talking, maxIterations: 4 },
      skills: { skills: [{ name: "reading", description: "zzz", allowedTools: ["read"] }] },
    });
    expect(model.inputs.map(({ tools }) => namesOf(tools))).toEqual([
      ["load_skill", "read", "edit"],
      ["load_skill", "read", "edit"],
      ["load_skill", "read"],
      ["load_skill", "read"],
    ]);
    expect(model.inputs[3]!.tools).toBe(model.inputs[2]!.tools);
  });
});
