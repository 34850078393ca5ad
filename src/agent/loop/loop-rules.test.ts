import { describe, expect, it } from "vitest";
import { call, contents, lastRequest, read, request, run, text, withTools } from "../../../test/agent/loop-lab.ts";
import { callTool, createTestHost, done, scriptedModel, started, streamedCall } from "../../../test/agent/support.ts";
import { transcriptEventsByKind } from "../../llm/index.ts";
import { readApprovalPolicy } from "../policies/approval-policy.ts";
import { readCapabilityPolicy } from "../policies/capability-policy.ts";
import { readPermissions } from "../policies/permissions.ts";
import { readTaskLedger } from "../policies/task-ledger.ts";
import { createToolRuntime } from "../tools/define-tool.ts";
import { agentLoop } from "./agent-loop.ts";

describe("agent loop: rules", () => {
  it("AGENT-09 AGENT-35 denied calls come back structured, are rejected, and the loop goes on", async () => {
    const { result, model } = await run(
      [[started, ...callTool("1", "edit", {}), ...callTool("2", "read", { path: "a" }), done()], text("x")],
      {
        ...withTools(),
        rules: { policy: readCapabilityPolicy({ tools: ["read"] })! },
      },
    );
    expect(result.tools).toMatchObject({ calls: ["read"], successful: ["read"], rejected: ["edit"] });
    const denial = model.inputs[1]!.messages.find(
      (message) => message.role === "tool" && message.toolCallId === "1",
    ) as { content: string };
    expect(JSON.parse(denial.content)).toMatchObject({ error: "permission_denied", tool: "edit" });
    expect(transcriptEventsByKind(result.transcript, "PermissionDeny")).toHaveLength(1);
  });

  it("AGENT-35 the gates are asked in order: arguments, policy, permissions, approval, hooks, schema, loop detection", async () => {
    const asked: string[] = [];
    const noteAndPass = (name: string) => () => {
      asked.push(name);
      return true;
    };
    await run([call("read", { path: 5 }), text("x")], {
      tools: createToolRuntime([read]),
      toolUse: { format: "native", hooks: [{ pattern: "*", before: () => void asked.push("hook") }] },
      rules: {
        permissions: [readPermissions({ allow: { read: noteAndPass("permissions") } })!],
        approvals: [readApprovalPolicy({ require_approval: ["*"] })!],
      },
      ports: { requestPermission: noteAndPass("approval") },
    });
    expect(asked).toEqual(["permissions", "approval", "hook"]);
    const malformed = await run([[started, ...streamedCall("1", "read", "garbage"), done()], text("x")], {
      ...withTools(),
      rules: { policy: readCapabilityPolicy({ tools: ["edit"] })! },
    });
    expect(JSON.stringify(malformed.model.inputs[1]!.messages)).toContain("not valid JSON");
    const invalid = await run([call("read", { path: 5 }), call("read", { path: 5 }), text("x")], withTools());
    expect(invalid.result.tools).toMatchObject({ calls: [], rejected: ["read"] });
  });

  it("AGENT-09 POLICY-02 a policy beyond the ceiling stops the loop before it starts", async () => {
    const rules = {
      ceiling: readCapabilityPolicy({ tools: ["read"] })!,
      policy: readCapabilityPolicy({ tools: ["read", "edit"] })!,
    };
    const host = createTestHost();
    const model = scriptedModel(host, [text("x")]);
    await expect(agentLoop({ host, prompt: "x", model, request, ...withTools(), rules })).rejects.toThrow(
      "requested tools exceed host ceiling: edit",
    );
    expect(model.inputs).toHaveLength(0);
  });

  it("loop detection is on by default", async () => {
    const scripts = Array.from({ length: 4 }, (_, n) => call("read", { path: "a" }, `c${n}`));
    const { result, model } = await run([...scripts, text("x")], withTools());
    expect(lastRequest(model)).toContain("[LOOP DETECTED]");
    expect(lastRequest(model)).toContain("was NOT executed");
    expect(result.trace).toMatchObject({ interventions: 3, tool_executions: 3 });
    expect(result.tools.rejected).toEqual(["read"]);
  });
});

describe("agent loop: ledger", () => {
  const ledger = readTaskLedger({ root_task: "Ship", deliverables: ["code", "docs"] });

  it("LEDGER-06 LEDGER-07 LEDGER-08 the block is shown and not stored, calls are answered, completion waits", async () => {
    const mark = (id: string) => call("ledger", { action: "mark", id, status: "done" }, `m_${id}`);
    const { result, model } = await run(
      [mark("deliverable-1"), text("##DONE##"), mark("deliverable-2"), text("##DONE##")],
      {
        ...withTools(),
        ledger,
        flow: { persistent: true },
      },
    );
    expect(result).toMatchObject({
      status: "done",
      ledger_done_rejections: 1,
      task_ledger: { deliverables: [{ status: "done" }, { status: "done" }] },
      tools: { successful: ["ledger"] },
    });
    for (const input of model.inputs) {
      expect(contents(input.messages).filter((content) => content.includes("<task_ledger>"))).toHaveLength(1);
      expect(contents(input.messages).at(-1)).toContain('<runtime_injection kind="task_ledger">\n<task_ledger>');
    }
    expect(JSON.stringify(result.transcript)).not.toContain("runtime_injection");
    expect(JSON.stringify(model.inputs[1]!.messages)).toContain(
      "<tool_result>ledger: deliverable deliverable-1 marked done</tool_result>",
    );
    expect(lastRequest(model)).toContain("[deliverable-2] (open) docs");
    expect(model.inputs[0]!.tools!.map((tool) => tool.name)).toContain("ledger");
    expect(model.inputs[0]!.system).toContain("## Task ledger");
  });

  it("LEDGER-06 errors are answered; without a ledger none is active and the tool is rejected", async () => {
    const { model } = await run([call("ledger", { action: "mark", id: "x", status: "done" }), text("x")], {
      ...withTools(),
      ledger,
    });
    expect(lastRequest(model)).toContain("<tool_result>ledger error: mark: no deliverable `x`");
    const none = await run([call("ledger", { action: "note", text: "x" }), text("x")], withTools());
    expect(lastRequest(none.model)).toContain("no task ledger is active");
    expect(none.result.tools.rejected).toEqual(["ledger"]);
    expect(none.model.inputs[0]!.tools!.map((tool) => tool.name)).not.toContain("ledger");
  });

  it("LEDGER-06 in text mode as well", async () => {
    const { result } = await run(
      [
        text('<tool_call>\nledger({ action: "note", text: "seen" })\n</tool_call>'),
        text("<user_response>x</user_response>"),
      ],
      {
        ...withTools([read], "text"),
        ledger,
      },
    );
    expect(result.task_ledger.observations).toEqual(["seen"]);
  });
});
