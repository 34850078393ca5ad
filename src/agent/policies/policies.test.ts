import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answer,
  callTool,
  collect,
  createTestHost,
  done,
  type Script,
  scriptedModel,
  started,
} from "../../../test/agent/support.ts";
import type { Json } from "../../base/index.ts";
import { createToolRuntime, defineTool, type Tool } from "../tools/define-tool.ts";
import type { Harness } from "../turn/harness.ts";
import type { Policy } from "../turn/policy.ts";
import { runTurn } from "../turn/run-turn.ts";
import type { TurnEvent } from "../turn/turn-event.ts";
import { approvalGate, evaluateApproval, intersectApprovals, readApprovalPolicy } from "./approval-policy.ts";
import {
  capabilityGate,
  intersectPolicies,
  NO_CEILING,
  policyViolation,
  readCapabilityPolicy,
} from "./capability-policy.ts";
import { loopDetection } from "./loop-detection.ts";
import { permissionGate, readPermissions } from "./permissions.ts";
import { DEFAULT_PROFILE, readProfile } from "./profiles.ts";
import type { Recorder, TranscriptNote } from "./recorder.ts";
import { createSkillScope, isSkillToolAllowed, type Skill, scoreSkills, skillPrompt } from "./skills.ts";
import { stableJson, textHash } from "./stable-json.ts";
import {
  applyLedgerCall,
  EMPTY_LEDGER,
  isLedgerEmpty,
  openItemsFeedback,
  readTaskLedger,
  renderLedger,
  type TaskLedger,
  unresolvedDeliverables,
} from "./task-ledger.ts";
import { toolHooks } from "./tool-hooks.ts";
import { actionNudge, cutProse, FREE_TURN, readTurnShape } from "./turn-shape.ts";
import { matchesWildcard, normalizePath } from "./wildcard.ts";

interface TestRecorder extends Recorder {
  readonly notes: TranscriptNote[];
  readonly traces: object[];
}

function recorder(): TestRecorder {
  const notes: TranscriptNote[] = [];
  const traces: object[] = [];
  return {
    notes,
    traces,
    transcript: (note) => void notes.push(note),
    trace: (event) => void traces.push(event),
    live: async () => {},
  };
}

const kinds = (notes: readonly TranscriptNote[]) => notes.map((note) => note.kind);

/** Runs one call per step, each `[tool, input]`, under the given policies. */
async function runCalls(
  calls: readonly (readonly [string, Json])[],
  policies: readonly Policy[],
  tools?: readonly Tool[],
) {
  const host = createTestHost();
  const ran: string[] = [];
  const echo = (name: string) =>
    defineTool({
      name,
      description: "",
      input: {},
      execute: (input) => {
        ran.push(name);
        return input;
      },
    });
  const names = [...new Set(calls.map(([name]) => name))];
  const scripts: Script[] = calls.map(([name, input], n) => [started, ...callTool(`c${n}`, name, input), done()]);
  const harness: Harness = {
    host,
    model: scriptedModel(host, [...scripts, answer("end")]),
    request: { provider: "p", model: "m" },
    tools: createToolRuntime(tools ?? names.map(echo)),
    maxSteps: 0,
    policies,
  };
  const events = await collect(runTurn(harness, { prompt: "go" }));
  const end = events.at(-1) as Extract<TurnEvent, { type: "turn-end" }>;
  const contents = end.finalMessages.filter((message) => message.role === "tool").map((message) => message.content);
  return { ran, contents, events, host };
}

describe("wildcards", () => {
  it.each<[string, string, boolean]>([
    ["*", "anything", true],
    ["exec*", "exec_at", true],
    ["*_file", "read_file", true],
    ["exec*", "read_file", false],
    ["read_file", "read_file", true],
    ["read_file", "read_files", false],
    ["/work/*/src/*", "/work/a/src/b/c.ts", true],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["", "", true],
    ["", "x", false],
    ["**", "x", true],
    ["a.c", "abc", false],
  ])("%s on %s is %s", (pattern, text, matches) => {
    expect(matchesWildcard(pattern, text)).toBe(matches);
  });

  it("agrees with a regular expression, and does not hang on many stars", () => {
    const part = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
    fc.assert(
      fc.property(part, fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 }), (pattern, text) => {
        const regex = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
        expect(matchesWildcard(pattern, text)).toBe(regex.test(text));
      }),
    );
    expect(matchesWildcard(`${"*a".repeat(50)}b`, "a".repeat(5000))).toBe(false);
  });

  it.each([
    ["/work/../etc/passwd", "/etc/passwd"],
    ["a/./b//c", "a/b/c"],
    ["../x", "../x"],
    ["/..", "/"],
    ["a\\b\\..\\c", "a/c"],
  ])("normalizes %s", (path, normal) => {
    expect(normalizePath(path)).toBe(normal);
  });
});

describe("capability policy", () => {
  const base = readCapabilityPolicy({
    tools: ["read", "write", "shell"],
    capabilities: { workspace: ["read_text", "write_text"], process: [] },
    workspace_roots: ["/work"],
    side_effect_level: "workspace_write",
    recursion_limit: 3,
    tool_arg_constraints: [{ tool: "wri*", arg_patterns: ["/work/*"], arg_key: "path" }],
    tool_annotations: {
      write: {
        kind: "edit",
        side_effect_level: "workspace_write",
        arg_schema: { path_params: ["path"] },
        capabilities: { workspace: ["write_text"] },
      },
      shell: { side_effect_level: "process_exec" },
      read: {
        kind: "read",
        arg_schema: { path_params: ["path", "paths"] },
        capabilities: { workspace: ["read_text"] },
      },
    },
  })!;

  it("POLICY-01 reads every field", () => {
    expect(base).toMatchObject({
      tools: ["read", "write", "shell"],
      workspaceRoots: ["/work"],
      sideEffectLevel: "workspace_write",
      recursionLimit: 3,
      toolArgConstraints: [{ tool: "wri*", argPatterns: ["/work/*"], argKey: "path" }],
    });
    expect(readCapabilityPolicy(undefined)).toBeUndefined();
  });

  it.each<[object | string, RegExp]>([
    ["all", /`policy` to be a dict/],
    [{ tools: "read" }, /`policy.tools` to be a list of strings/],
    [{ tool: ["read"] }, /Unknown key `tool`/],
    [{ side_effect_level: "everything" }, /one of none, read_only/],
    [{ recursion_limit: -1 }, /recursion_limit/],
    [{ tool_arg_constraints: [{ tool: 1 }] }, /arg_constraints\[0\].tool/],
    [{ tool_annotations: { a: { kind: "magic" } } }, /tool_annotations.a.kind/],
  ])("llm 34.30 a malformed policy %j is an error, not a permissive one", (value, message) => {
    expect(() => readCapabilityPolicy(value)).toThrow(message);
  });

  it.each<[string, string, Json, RegExp | undefined]>([
    ["a tool that is not listed", "delete", {}, /tool 'delete' exceeds tool ceiling/],
    ["a tool beyond the side-effect level", "shell", {}, /side-effect ceiling: process_exec/],
    ["a listed tool within its limits", "write", { path: "/work/a" }, undefined],
    ["a path outside the roots", "read", { path: "/etc/passwd" }, /outside the workspace roots/],
    ["a path that climbs out of the roots", "read", { path: "/work/../etc/passwd" }, /outside the workspace roots/],
    ["a sibling of the root", "read", { path: "/workshop/x" }, /outside/],
    ["one bad path of many", "read", { paths: ["/work/a", "/tmp/b"] }, /'\/tmp\/b'/],
    ["no path at all", "read", {}, undefined],
  ])("POLICY-01 %s", (_name, tool, input, violation) => {
    const found = policyViolation(base, tool, input);
    if (violation === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(violation);
  });

  it("POLICY-01 a capability that is not granted", () => {
    const policy = readCapabilityPolicy({
      capabilities: { workspace: ["read_text"] },
      tool_annotations: {
        fetch: { capabilities: { network: ["get"] } },
        write: { capabilities: { workspace: ["write_text"] } },
      },
    })!;
    expect(policyViolation(policy, "fetch", {})).toMatch(/capability ceiling: network.get/);
    expect(policyViolation(policy, "write", {})).toMatch(/capability ceiling: workspace.write_text/);
    expect(policyViolation(NO_CEILING, "anything", { path: "/" })).toBeUndefined();
  });

  it("POLICY-03 constraints match by wildcard, an absent argument does not reject, a constraint without a key warns", () => {
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    const policy = readCapabilityPolicy({
      tool_arg_constraints: [{ tool: "exec*", arg_patterns: ["git *", "ls"], arg_key: "command" }],
    })!;
    expect(policyViolation(policy, "exec_at", { command: "git status" }, { warn })).toBeUndefined();
    expect(policyViolation(policy, "exec_at", { command: "rm -rf /" }, { warn })).toMatch(
      /command 'rm -rf \/' does not match allowed patterns: git \*, ls/,
    );
    expect(policyViolation(policy, "exec_at", { other: "rm" }, { warn })).toBeUndefined();
    expect(policyViolation(policy, "read", { command: "rm" }, { warn })).toBeUndefined();
    const keyless = readCapabilityPolicy({ tool_arg_constraints: [{ tool: "exec", arg_patterns: ["git *"] }] })!;
    expect(policyViolation(keyless, "exec", { command: "rm" }, { warn })).toBeUndefined();
    expect(warnings).toHaveLength(1);
    const annotated = readCapabilityPolicy({
      tool_arg_constraints: [{ tool: "read", arg_patterns: ["docs/*"] }],
      tool_annotations: { read: { arg_schema: { path_params: ["path"] } } },
    })!;
    expect(policyViolation(annotated, "read", { path: "src/x" }, { warn })).toMatch(/path 'src\/x'/);
  });

  it.each<[object, object, string]>([
    [{ tools: ["a"] }, { tools: ["a", "b", "c"] }, "requested tools exceed host ceiling: b, c"],
    [
      { capabilities: { w: ["r"] } },
      { capabilities: { w: ["r", "x", "y"] } },
      "requested capability operations exceed host ceiling: w.x,y",
    ],
    [
      { capabilities: { w: ["r"] } },
      { capabilities: { net: ["get"] } },
      "requested capability exceeds host ceiling: net",
    ],
    [
      { workspace_roots: ["/work"] },
      { workspace_roots: ["/etc"] },
      "requested workspace roots exceed host ceiling: /etc",
    ],
  ])("POLICY-02 %j does not allow %j", (ceiling, requested, message) => {
    expect(() => intersectPolicies(readCapabilityPolicy(ceiling)!, readCapabilityPolicy(requested)!)).toThrow(message);
  });

  it("POLICY-02 the stricter value of each limit; nothing asked for keeps the ceiling's", () => {
    const ceiling = readCapabilityPolicy({
      tools: ["a", "b"],
      side_effect_level: "read_only",
      recursion_limit: 5,
      workspace_roots: ["/work"],
      tool_arg_constraints: [{ tool: "a" }],
    })!;
    const inner = intersectPolicies(
      ceiling,
      readCapabilityPolicy({
        tools: ["b"],
        side_effect_level: "network",
        recursion_limit: 2,
        workspace_roots: ["/work/sub"],
        tool_arg_constraints: [{ tool: "b" }],
      })!,
    );
    expect(inner).toMatchObject({
      tools: ["b"],
      sideEffectLevel: "read_only",
      recursionLimit: 2,
      workspaceRoots: ["/work/sub"],
    });
    expect(inner.toolArgConstraints).toHaveLength(2);
    expect(intersectPolicies(ceiling, NO_CEILING)).toMatchObject({
      tools: ["a", "b"],
      sideEffectLevel: "read_only",
      recursionLimit: 5,
    });
  });

  it("POLICY-02 an intersection never allows what one of the two denies", () => {
    const toolList = fc.subarray(["a", "b", "c"]);
    const level = fc.constantFrom("none", "read_only", "workspace_write", "network");
    const policy = fc.record({ tools: toolList, side_effect_level: level }, { requiredKeys: [] });
    const annotations = { a: { side_effect_level: "read_only" }, b: { side_effect_level: "network" } };
    fc.assert(
      fc.property(policy, policy, fc.constantFrom("a", "b", "c"), (one, other, tool) => {
        const [outer, inner] = [one, other].map(
          (value) => readCapabilityPolicy({ ...value, tool_annotations: annotations })!,
        );
        let both: ReturnType<typeof intersectPolicies>;
        try {
          both = intersectPolicies(outer!, inner!);
        } catch {
          return;
        }
        if (policyViolation(both, tool, {}) === undefined) {
          expect(policyViolation(outer!, tool, {})).toBeUndefined();
          expect(policyViolation(inner!, tool, {})).toBeUndefined();
        }
      }),
    );
  });

  it("POLICY-01 the gate denies with a structured result and notes it", async () => {
    const notes = recorder();
    const { ran, contents } = await runCalls(
      [
        ["delete", { path: "x" }],
        ["read", {}],
      ],
      [capabilityGate(base, { recorder: notes })],
    );
    expect(ran).toEqual(["read"]);
    expect(JSON.parse(contents[0]!)).toMatchObject({
      error: "permission_denied",
      tool: "delete",
      reason: expect.stringContaining("exceeds tool ceiling"),
    });
    expect(kinds(notes.notes)).toEqual(["PermissionDeny"]);
  });
});

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

describe("loop detection", () => {
  const same = (count: number): readonly (readonly [string, Json])[] =>
    Array.from({ length: count }, () => ["t", { a: 1, b: 2 }] as const);

  it("DETECT-01 DETECT-02 DETECT-03 DETECT-04 warns at 2, blocks at 3, skips at 4", async () => {
    const notes = recorder();
    const { ran, contents } = await runCalls(same(5), [loopDetection({}, notes)]);
    expect(ran).toHaveLength(3);
    expect(contents[0]).toBe('{"a":1,"b":2}');
    expect(contents[1]).toContain("\n[LOOP DETECTED] This exact t() call has produced the same result 2 times. ");
    expect(contents[2]).toMatch(/^BLOCKED: t\(\) has failed 3 times identically\. /);
    expect(contents[3]).toMatch(/^BLOCKED: t\(\) was NOT executed \(repeated 4 times identically\)\. /);
    expect(notes.traces).toMatchObject([
      { type: "loop_intervention", tool_name: "t", kind: "warn", count: 2 },
      { kind: "block", count: 3 },
      { kind: "skip", count: 4 },
      { kind: "skip", count: 4 },
    ]);
  });

  it("DETECT-02 other arguments or another result start again; key order does not matter", async () => {
    let n = 0;
    const changing = [defineTool({ name: "t", description: "", input: {}, execute: () => n++ })];
    expect((await runCalls(same(6), [loopDetection()], changing)).contents).toEqual(["0", "1", "2", "3", "4", "5"]);
    const reordered = await runCalls(
      [
        ["t", { a: 1, b: 2 }],
        ["t", { b: 2, a: 1 }],
      ],
      [loopDetection()],
      [defineTool({ name: "t", description: "", input: {}, execute: () => "same" })],
    );
    expect(reordered.contents[1]).toContain("[LOOP DETECTED]");
    const others = await runCalls(
      [
        ["t", { a: 1 }],
        ["t", { a: 2 }],
        ["u", { a: 1 }],
      ],
      [loopDetection()],
    );
    expect(others.contents.join()).not.toContain("LOOP");
  });

  it("DETECT-01 thresholds can be set; DETECT-02 warn 0 switches it off", async () => {
    expect(
      (await runCalls(same(4), [loopDetection({ warn: 3, block: 9, skip: 9 })])).contents.map((text) =>
        text.includes("LOOP"),
      ),
    ).toEqual([false, false, true, true]);
    expect((await runCalls(same(6), [loopDetection({ warn: 0 })])).ran).toHaveLength(6);
  });

  it("stable JSON ignores key order only; hashes tell texts apart", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        expect(stableJson(object as Json)).toBe(stableJson(reversed as Json));
        expect(JSON.parse(stableJson(object as Json))).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
    const texts = Array.from({ length: 5000 }, (_, n) => `text ${n}`);
    expect(new Set(texts.map(textHash)).size).toBe(5000);
  });
});

describe("tool hooks", () => {
  it("deny, modify, rewrite and shorten by tool name", async () => {
    const hooks = toolHooks([
      { pattern: "no*", deny: "not here" },
      { pattern: "t", before: (_tool, input) => ({ kind: "modify", input: { was: input } }) },
      { pattern: "*", after: (tool, _input, result) => (tool === "t" ? result.toUpperCase() : undefined) },
      { pattern: "long", maxOutput: 200 },
      { pattern: "stop", before: () => ({ kind: "deny", reason: "never" }) },
    ]);
    const { ran, contents } = await runCalls(
      [
        ["nope", {}],
        ["t", { a: 1 }],
        ["long", { text: "x".repeat(900) }],
        ["stop", {}],
      ],
      [hooks],
    );
    expect(ran).toEqual(["t", "long"]);
    expect(JSON.parse(contents[0]!)).toEqual({ error: "permission_denied", tool: "nope", reason: "not here" });
    expect(contents[1]).toBe('{\n  "WAS": {\n    "A": 1\n  }\n}');
    expect(contents[2]).toContain("snipped");
    expect(contents[3]).toContain("never");
  });
});

describe("task ledger", () => {
  const plan: TaskLedger = readTaskLedger({ root_task: " Build it ", deliverables: ["one", "", "three", 4] });

  it("LEDGER-02 LEDGER-03 shorthands: trimmed, blanks skipped, ids by original position", () => {
    expect(plan).toEqual({
      root_task: "Build it",
      deliverables: [
        { id: "deliverable-1", text: "one", status: "open", note: null },
        { id: "deliverable-3", text: "three", status: "open", note: null },
        { id: "deliverable-4", text: "4", status: "open", note: null },
      ],
      rationale: "",
      observations: [],
    });
    expect(readTaskLedger({ root_task: 5, deliverables: "x" })).toEqual(EMPTY_LEDGER);
  });

  it("LEDGER-01 a ledger that fits is used whole, one that does not falls through", () => {
    const whole = { root_task: "r", deliverables: [{ id: "a", text: "t", status: "done" }] };
    expect(readTaskLedger({ task_ledger: whole, root_task: "ignored" })).toMatchObject({
      root_task: "r",
      deliverables: [{ id: "a", status: "done", note: null }],
    });
    for (const bad of [
      "x",
      { deliverables: {} },
      { deliverables: [{ status: "maybe" }] },
      { root_task: 1 },
      { observations: [1] },
    ]) {
      expect(readTaskLedger({ task_ledger: bad, root_task: "used" }).root_task).toBe("used");
    }
  });

  it("LEDGER-04 open and blocked items hold up completion, no items never do", () => {
    const statuses = ["open", "done", "blocked", "dropped"] as const;
    const ledger = { ...plan, deliverables: statuses.map((status) => ({ id: status, text: "t", status, note: null })) };
    expect(unresolvedDeliverables(ledger).map((item) => item.id)).toEqual(["open", "blocked"]);
    expect(unresolvedDeliverables({ ...EMPTY_LEDGER, rationale: "x" })).toEqual([]);
  });

  it.each<[Json, string | undefined]>([
    [{ action: "add", text: " new " }, "deliverable deliverable-5 added"],
    [{ action: "add", text: "new", id: "own" }, "deliverable own added"],
    [{ action: "mark", id: "deliverable-1", status: "Done" }, "deliverable deliverable-1 marked done"],
    [
      { action: "mark", id: "deliverable-1", status: "dropped", note: "why" },
      "deliverable deliverable-1 marked dropped",
    ],
    [{ action: "rationale", text: "because" }, "rationale updated"],
    [{ action: "note", text: "seen" }, "observation recorded"],
  ])("LEDGER-05 %j", (call, summary) => {
    expect(applyLedgerCall(plan, call)).toMatchObject({ ok: true, summary });
  });

  it.each<[Json, RegExp]>([
    [{}, /`action` is missing/],
    [{ action: "dance" }, /unknown action "dance"/],
    [{ action: "add", text: " " }, /not blank/],
    [{ action: "add", text: "x", id: "deliverable-1" }, /there is a deliverable `deliverable-1` already/],
    [
      { action: "mark", id: "ghost", status: "done" },
      /no deliverable `ghost`; there are: deliverable-1, deliverable-3/,
    ],
    [{ action: "mark", id: "deliverable-1", status: "maybe" }, /status "maybe" is not one of/],
    [{ action: "mark", id: "deliverable-1", status: "blocked" }, /needs a `note`/],
    [{ action: "mark", status: "done" }, /`id` is missing/],
    [{ action: "note", text: "" }, /not blank/],
    [{ action: "rationale" }, /must be a string/],
    [{ action: "seed_plan", deliverables: ["x"] }, /there is a plan already/],
    [{ action: "seed_plan" }, /list of strings/],
    ["text", /`action` is missing/],
  ])("LEDGER-05 %j is refused", (call, error) => {
    const change = applyLedgerCall(plan, call);
    expect(change.ok).toBe(false);
    expect((change as { error: string }).error).toMatch(error);
  });

  it("LEDGER-05 seeding wants an empty plan and texts that are not blank", () => {
    expect(applyLedgerCall(EMPTY_LEDGER, { action: "seed_plan", deliverables: ["a", "b"] })).toMatchObject({
      ok: true,
      summary: "ledger seeded with 2 deliverables",
    });
    expect(applyLedgerCall(EMPTY_LEDGER, { action: "seed_plan", deliverables: ["a", " "] })).toMatchObject({
      ok: false,
      error: expect.stringContaining("deliverables[1]"),
    });
  });

  it("LEDGER-07 the block shows root, items with notes, rationale and the last five observations", () => {
    const ledger: TaskLedger = {
      root_task: "Build",
      deliverables: [{ id: "a", text: "thing", status: "blocked", note: "waiting" }],
      rationale: "why",
      observations: ["1", "2", "3", "4", "5", "6"],
    };
    expect(renderLedger(ledger)).toBe(
      "<task_ledger>\nroot_task: Build\ndeliverables:\n  [a] (blocked) thing — waiting\nrationale: why\nobservations:\n  - 2\n  - 3\n  - 4\n  - 5\n  - 6\n</task_ledger>",
    );
    expect(renderLedger({ ...EMPTY_LEDGER, root_task: "only a root" })).toBe("");
    expect(isLedgerEmpty({ ...EMPTY_LEDGER, root_task: "x" })).toBe(true);
  });

  it("LEDGER-08 the refusal lists every unresolved item with id and status", () => {
    const text = openItemsFeedback(plan);
    for (const item of plan.deliverables) expect(text).toContain(`[${item.id}] (open) ${item.text}`);
    expect(text).toContain("3 item(s)");
  });
});

describe("turn policy", () => {
  it("POLICY-04 reads its fields with their defaults, and refuses others", () => {
    expect(readTurnShape({})).toEqual(FREE_TURN);
    expect(readTurnShape({ require_action_or_yield: true, allow_done_sentinel: false, max_prose_chars: 10 })).toEqual({
      requireActionOrYield: true,
      allowDoneSentinel: false,
      maxProseChars: 10,
    });
    expect(readTurnShape(undefined)).toBeUndefined();
    expect(() => readTurnShape({ max_prose: 1 })).toThrow(/Unknown key/);
    expect(() => readTurnShape({ max_prose_chars: -1 })).toThrow(/max_prose_chars/);
    expect(() => readTurnShape("strict")).toThrow(/a dict/);
  });

  it("POLICY-04 long prose is cut by characters, with a mark", () => {
    const shape = { ...FREE_TURN, maxProseChars: 3 };
    expect(cutProse("  🎉🎉🎉 ", shape)).toBe("🎉🎉🎉");
    expect(cutProse("🎉🎉🎉🎉", shape)).toMatch(/^🎉🎉🎉\n\n<assistant prose cut/);
    expect(cutProse(" as it is ", FREE_TURN)).toBe("as it is");
  });

  it("the action nudge names the channel, the limit and, where allowed, the way out", () => {
    const shape = { requireActionOrYield: true, allowDoneSentinel: true, maxProseChars: 50 };
    expect(actionNudge(FREE_TURN, "native", true, "##DONE##", false)).toBeUndefined();
    expect(actionNudge(shape, "native", true, "##DONE##", true)).toMatch(
      /at most 50 characters.*tool channel.*##DONE##.*mostly prose/,
    );
    expect(actionNudge({ ...shape, allowDoneSentinel: false }, "text", true, "##DONE##", false)).not.toContain("DONE");
    expect(actionNudge(shape, "text", false, "##DONE##", false)).toContain("make progress in your reply");
  });
});

describe("profiles", () => {
  it("AGENT-17 presets by name, seed values without one, an error for others", () => {
    expect(readProfile(undefined)).toEqual(DEFAULT_PROFILE);
    expect(DEFAULT_PROFILE).toEqual({
      maxIterations: 50,
      maxNudges: 3,
      toolRetries: 0,
      llmRetries: 3,
      schemaRetries: 0,
    });
    expect(readProfile("tool_using")).toEqual({
      maxIterations: 50,
      maxNudges: 8,
      toolRetries: 0,
      llmRetries: 2,
      schemaRetries: 0,
    });
    expect(readProfile("researcher")).toEqual({
      maxIterations: 30,
      maxNudges: 4,
      toolRetries: 0,
      llmRetries: 2,
      schemaRetries: 0,
    });
    expect(readProfile("verifier")).toEqual({
      maxIterations: 5,
      maxNudges: 0,
      toolRetries: 0,
      llmRetries: 2,
      schemaRetries: 3,
    });
    expect(readProfile("completer")).toEqual({
      maxIterations: 1,
      maxNudges: 0,
      toolRetries: 0,
      llmRetries: 2,
      schemaRetries: 0,
    });
    expect(() => readProfile("planner")).toThrow(
      "profile must be one of tool_using, researcher, verifier, completer; got `planner`",
    );
    expect(() => readProfile(5)).toThrow(/profile must be one of/);
  });
});

describe("skills", () => {
  const ship: Skill = {
    name: "ship",
    description: "Ship a production release",
    whenToUse: "release, deploy",
    allowedTools: ["deploy"],
    prompt: "Follow the runbook.",
  };
  const inspect: Skill = { name: "inspect", description: "Inspect metrics and dashboards", paths: ["infra/*"] };

  it("AGENT-22 ranks by shared words, by name and by working files", () => {
    const rank = (prompt: string, workingFiles: readonly string[] = []) =>
      scoreSkills({ prompt, workingFiles, candidates: [ship, inspect] }).map((candidate) => candidate.name);
    expect(rank("Please deploy the release")).toEqual(["ship"]);
    expect(rank("look at the dashboards, then ship")).toEqual(["ship", "inspect"]);
    expect(rank("hello", ["infra/a.tf"])).toEqual(["inspect"]);
    expect(rank("hello")).toEqual([]);
  });

  it("AGENT-22 active skills are in the prompt and narrow the tools, but not the runtime's own", () => {
    const scope = createSkillScope(
      { skills: [ship, inspect], namespaceOf: (tool) => (tool === "ls" ? "read" : undefined) },
      ["ship"],
    );
    expect(skillPrompt(scope)).toBe(
      "## Active skills\n\n### ship\nShip a production release\nWhen to use: release, deploy\nScoped tools: deploy\n\nFollow the runbook.",
    );
    expect(
      ["deploy", "other", "__harn_tool_search", "load_skill", "ledger"].map((tool) => isSkillToolAllowed(scope, tool)),
    ).toEqual([true, false, true, true, true]);
    scope.active = [{ ...ship, allowedTools: ["namespace:read"] }];
    expect([isSkillToolAllowed(scope, "ls"), isSkillToolAllowed(scope, "rm")]).toEqual([true, false]);
    scope.active = [ship, { ...inspect, allowedTools: ["*"] }];
    expect(isSkillToolAllowed(scope, "anything")).toBe(true);
    scope.active = [];
    expect(skillPrompt(scope)).toBeUndefined();
  });
});
