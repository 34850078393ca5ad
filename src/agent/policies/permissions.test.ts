import { describe, expect, it } from "vitest";
import { kinds, recorder, runCalls } from "../../../test/agent/policy-lab.ts";
import type { Json } from "../../base/index.ts";
import { approvalGate, evaluateApproval, intersectApprovals, readApprovalPolicy } from "./approval-policy.ts";
import { permissionGate, readPermissions } from "./permissions.ts";

describe("approval policy", () => {
  const policy = readApprovalPolicy({
    auto_deny: ["rm*"],
    write_path_allowlist: ["/work/*"],
    auto_approve: ["read*"],
    require_approval: ["*"],
  })!;
  const writes = { kind: "edit", sideEffectLevel: "workspace_write", pathParams: ["path"], capabilities: {} } as const;
  const reads = { ...writes, kind: "read" } as const;

  it.each<[string, string, Json, object]>([
    ["deny wins", "rm_read", {}, { kind: "denied", reason: "tool 'rm_read' matches deny pattern 'rm*'" }],
    [
      "then write paths",
      "write",
      { path: "/etc/x" },
      { kind: "denied", reason: expect.stringContaining("'/etc/x' which is not in the write-path allowlist") },
    ],
    [
      "write paths cannot be climbed out of",
      "write",
      { path: "/work/../etc/x" },
      { kind: "denied", reason: expect.any(String) },
    ],
    ["then approve", "read_file", { path: "/work/x" }, { kind: "approved" }],
    ["then ask", "write", { path: "/work/x" }, { kind: "ask" }],
  ])("POLICY-05 %s", (_name, tool, input, decision) => {
    expect(evaluateApproval(policy, tool, input, writes)).toEqual(decision);
  });

  it("POLICY-05 nothing matched is approved; read-only tools need no write path", () => {
    expect(evaluateApproval(readApprovalPolicy({ auto_approve: ["x"] })!, "y", {})).toEqual({ kind: "approved" });
    expect(evaluateApproval({ ...policy, requireApproval: [] }, "look", { path: "/etc" }, reads)).toEqual({
      kind: "approved",
    });
  });

  it("POLICY-05 nested policies combine to the stricter one", () => {
    const one = readApprovalPolicy({
      auto_approve: ["a", "b"],
      auto_deny: ["x"],
      require_approval: ["r"],
      write_path_allowlist: ["/w/*"],
    })!;
    const other = readApprovalPolicy({ auto_approve: ["b", "c"], auto_deny: ["y"], require_approval: ["s"] })!;
    expect(intersectApprovals(one, other)).toEqual({
      autoApprove: ["b"],
      autoDeny: ["x", "y"],
      requireApproval: ["r", "s"],
      writePathAllowlist: ["/w/*"],
    });
    const disjoint = intersectApprovals(one, readApprovalPolicy({ write_path_allowlist: ["/v/*"] })!);
    expect(evaluateApproval(disjoint, "write", { path: "/w/x" }, writes).kind).toBe("denied");
  });

  it.each([
    ["yes", /a dict/],
    [{ auto_deny: "rm" }, /auto_deny/],
    [{ deny: ["rm"] }, /Unknown key `deny`/],
  ])("llm 34.30 malformed %j is an error", (value, message) => {
    expect(() => readApprovalPolicy(value)).toThrow(message);
  });

  const asking = readApprovalPolicy({ require_approval: ["*"] })!;

  it.each<[string, unknown, boolean]>([
    ["granted", { granted: true }, true],
    ["selected", { outcome: { outcome: "selected" } }, true],
    ["allow", { outcome: "allow" }, true],
    ["refused", { outcome: { outcome: "cancelled" } }, false],
    ["an empty answer", {}, false],
    ["nothing", undefined, false],
    ["the word yes", "yes", false],
  ])("POLICY-06 %s", async (_name, response, granted) => {
    const { ran } = await runCalls([["t", {}]], [approvalGate(asking, { ask: () => response })]);
    expect(ran).toEqual(granted ? ["t"] : []);
  });

  it("POLICY-06 fails closed without a host and when asking fails; the host may change the arguments", async () => {
    const notes = recorder();
    expect((await runCalls([["t", {}]], [approvalGate(asking, { recorder: notes })])).ran).toEqual([]);
    expect(
      (await runCalls([["t", {}]], [approvalGate(asking, { ask: () => Promise.reject(new Error("down")) })]))
        .contents[0],
    ).toContain("down");
    expect(notes.notes[0]!.text).toContain("no host");
    const changed = await runCalls(
      [["t", { a: 1 }]],
      [approvalGate(asking, { ask: () => ({ granted: true, args: { a: 2 } }) })],
    );
    expect(changed.contents[0]).toBe('{"a":2}');
  });

  it("POLICY-06 the question says what is to be decided", async () => {
    let asked: unknown;
    const annotations = { t: { ...writes, capabilities: { workspace: ["write_text"] } } };
    const ask = (question: unknown) => {
      asked = question;
      return false;
    };
    await runCalls([["t", { path: "a" }]], [approvalGate(asking, { sessionId: "s", annotations, ask })]);
    expect(asked).toEqual({
      sessionId: "s",
      toolCall: { toolCallId: "c0", toolName: "t", rawInput: { path: "a" } },
      declaredPaths: ["a"],
      capabilitiesRequested: ["workspace.write_text"],
    });
  });
});

describe("permissions", () => {
  const gate = (value: object, options: Parameters<typeof permissionGate>[1] = {}) =>
    permissionGate([readPermissions(value)!], options);

  it.each<[string, object, readonly (readonly [string, Json])[], readonly string[]]>([
    ["no rules allow everything", {}, [["a", {}]], ["a"]],
    [
      "an allow list denies what is not on it",
      { allow: ["read*"] },
      [
        ["read_x", {}],
        ["write", {}],
      ],
      ["read_x"],
    ],
    [
      "deny wins over allow",
      { allow: ["*"], deny: ["write"] },
      [
        ["write", {}],
        ["read", {}],
      ],
      ["read"],
    ],
    [
      "argument patterns look at every string",
      { allow: { read: ["/work/*"] } },
      [
        ["read", { deep: [{ p: "/work/x" }] }],
        ["read", { p: "/etc" }],
      ],
      ["read"],
    ],
    [
      "arguments without strings are matched as JSON",
      { allow: { read: "*42*" } },
      [
        ["read", { n: 42 }],
        ["read", { n: 7 }],
      ],
      ["read"],
    ],
    [
      "keyed patterns look at one argument",
      { deny: { sh: { arg_key: "cmd", patterns: ["rm *"] } } },
      [
        ["sh", { cmd: "rm x", note: "ok" }],
        ["sh", { cmd: "ls", note: "rm x" }],
      ],
      ["sh"],
    ],
    [
      "predicates",
      { allow: { read: (input: Json) => JSON.stringify(input).includes("ok") } },
      [
        ["read", { a: "ok" }],
        ["read", { a: "no" }],
      ],
      ["read"],
    ],
    [
      "bools",
      { allow: { read: true, write: false } },
      [
        ["read", {}],
        ["write", {}],
      ],
      ["read"],
    ],
  ])("POLICY-07 %s", async (_name, rules, calls, ran) => {
    expect((await runCalls(calls, [gate(rules)])).ran).toEqual(ran);
  });

  it("AGENT-21 POLICY-07 every scope must let the call through", async () => {
    const scopes = [{ allow: ["a", "b"] }, { deny: ["b"] }].map((value) => readPermissions(value)!);
    expect(
      (
        await runCalls(
          [
            ["a", {}],
            ["b", {}],
            ["c", {}],
          ],
          [permissionGate(scopes)],
        )
      ).ran,
    ).toEqual(["a"]);
  });

  it("POLICY-07 escalation may grant once or for the session; decisions are recorded", async () => {
    const notes = recorder();
    let asked = 0;
    const count = (answer: unknown) => () => {
      asked++;
      return answer;
    };
    const escalate = (answer: unknown) => ({ deny: ["w"], on_escalation: count(answer) });
    const same: readonly (readonly [string, Json])[] = [
      ["w", { p: 1, q: 2 }],
      ["w", { q: 2, p: 1 }],
    ];
    expect(
      (await runCalls(same, [gate(escalate({ grant: "session", reason: "fine" }), { recorder: notes })])).ran,
    ).toHaveLength(2);
    expect(asked).toBe(1);
    expect(kinds(notes.notes)).toEqual(["PermissionEscalation", "PermissionGrant", "PermissionGrant"]);
    expect(notes.notes[0]).toMatchObject({ text: "fine", metadata: { tool_name: "w", escalated: true } });
    asked = 0;
    expect((await runCalls(same, [gate(escalate("once"))])).ran).toHaveLength(2);
    expect(asked).toBe(2);
    expect((await runCalls(same, [gate(escalate(false), { recorder: notes })])).ran).toEqual([]);
    expect(kinds(notes.notes).slice(-2)).toEqual(["PermissionEscalation", "PermissionDeny"]);
  });

  it("POLICY-07 the request says what is asked for", async () => {
    let request: unknown;
    const rules = { deny: ["w"], on_escalation: (asked: unknown) => void (request = asked) };
    await runCalls([["w", { p: 1 }]], [gate(rules, { sessionId: "s" })]);
    expect(request).toEqual({
      _type: "PermissionRequest",
      tool: "w",
      args: { p: 1 },
      session_id: "s",
      reason: "permission denied by deny rule: w",
      grant_options: ["once", "session", false],
    });
  });

  it("a predicate that throws, or an unclear grant, lets nothing through", async () => {
    const throwing = {
      allow: {
        w: () => {
          throw new Error("bug");
        },
      },
    };
    expect((await runCalls([["w", {}]], [gate(throwing)]).catch(() => ({ ran: [] as string[] }))).ran).toEqual([]);
    const unclear = await runCalls([["w", {}]], [gate({ deny: ["w"], on_escalation: () => "always" })]).catch(
      () => undefined,
    );
    expect(unclear?.ran ?? []).toEqual([]);
  });

  it.each([
    [[], /a dict/],
    [{ allow: "read" }, /a list or a dict/],
    [{ allow: [1] }, /tool names/],
    [{ deny: { a: { patterns: ["x"] } } }, /arg_key/],
    [{ deny: { a: 5 } }, /a pattern/],
    [{ on_escalation: "ask" }, /a closure/],
    [{ denny: [] }, /Unknown key/],
  ])("llm 34.30 malformed %j is an error", (value, message) => {
    expect(() => readPermissions(value)).toThrow(message);
  });
});
