import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kinds, recorder, runCalls } from "../../../test/agent/policy-lab.ts";
import type { Json } from "../../base/index.ts";
import {
  capabilityGate,
  intersectPolicies,
  NO_CEILING,
  policyViolation,
  readCapabilityPolicy,
} from "./capability-policy.ts";
import { matchesWildcard, normalizePath } from "./wildcard.ts";

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
