import { describe, expect, it } from "vitest";
import type { HarnError, JsonObject } from "../../base/index.ts";
import { createVirtualHost } from "../../testing/index.ts";
import {
  blockedResult,
  type CommandFeedback,
  type CommandHook,
  type CommandPolicy,
  type CommandVerdict,
  guardCommand,
  readCommandPolicy,
  reviewCommand,
} from "./command-policy.ts";

const host = createVirtualHost();
const origin = { host, cwd: "/work", caller: { surface: "test" }, fromHook: false };
const request: JsonObject = { mode: "argv", argv: ["echo", "hi"], env: { KEY: "value" }, stdin: "abc" };

const policy = (given: JsonObject = {}, before?: CommandHook, after?: CommandHook): CommandPolicy =>
  readCommandPolicy(given, { ...(before && { before }), ...(after && { after }) });

function blocked(verdict: CommandVerdict): Extract<CommandVerdict, { kind: "blocked" }> {
  if (verdict.kind !== "blocked") throw new Error("Expected the command to be blocked");
  return verdict;
}

const argv = (...words: string[]): JsonObject => ({ mode: "argv", argv: words });

describe("AGENT-21: reading a command policy", () => {
  it("fills in what is left out", () => {
    expect(policy()).toEqual({
      workspaceRoots: [],
      defaultShellMode: "argv_only",
      denyPatterns: [],
      requireApproval: [],
      allowRecursive: false,
    });
  });

  it.each([
    [null, "command_policy"],
    [[], "command_policy"],
    [{ deny_patterns: "rm" }, "command_policy.deny_patterns"],
    [{ require_approval: [1] }, "command_policy.require_approval"],
    [{ allow_recursive: "yes" }, "command_policy.allow_recursive"],
    [{ tools: {} }, "command_policy.tools"],
  ])("%j is an error, never a policy that allows", (given, name) => {
    const read = (): unknown => readCommandPolicy(given);
    expect(read).toThrow(expect.objectContaining({ code: "agent.option" }) as HarnError);
    expect(read).toThrow(name);
  });
});

describe("AGENT-21: before a command", () => {
  it("proceeds unchanged when nothing speaks against it", async () => {
    const verdict = await guardCommand([policy()], request, origin);
    expect(verdict).toMatchObject({ kind: "proceed", audit: { decisions: [] } });
    expect(verdict.request).toBe(request);
  });

  it("a pattern forbids, as a wildcard or as a part of the line", async () => {
    for (const pattern of ["echo", "*ho h*", "echo ?i"]) {
      const verdict = blocked(await guardCommand([policy({ deny_patterns: [pattern] })], request, origin));
      expect(verdict).toMatchObject({ status: "blocked", message: `command denied by policy pattern "${pattern}"` });
      expect(verdict.audit.decisions.at(-1)).toMatchObject({ action: "deny", source: "deny_patterns" });
    }
    expect((await guardCommand([policy({ deny_patterns: ["rm"] })], request, origin)).kind).toBe("proceed");
  });

  it("a risk may need an approval; others are noted and pass", async () => {
    const cautious = policy({ require_approval: ["sudo"] });
    expect(blocked(await guardCommand([cautious], argv("sudo", "ls"), origin)).message).toBe(
      "command requires approval for risk class sudo",
    );
    const kill = await guardCommand([cautious], argv("kill", "1"), origin);
    expect(kill).toMatchObject({
      kind: "proceed",
      audit: { decisions: [{ action: "classify", risk_labels: ["process_kill"] }] },
    });
  });

  it.each<[answer: unknown, expected: JsonObject]>([
    [undefined, { kind: "proceed" }],
    [null, { kind: "proceed" }],
    ["allow", { kind: "proceed" }],
    [{}, { kind: "proceed" }],
    [{ allow: true, deny: "no" }, { kind: "proceed" }],
    [{ action: "allow" }, { kind: "proceed" }],
    [{ deny: false }, { kind: "proceed" }],
    [{ deny: "no" }, { kind: "blocked", status: "blocked", message: "no" }],
    [
      { deny: true, reason: "since" },
      { kind: "blocked", message: "since" },
    ],
    [
      { action: "deny", message: "no" },
      { kind: "blocked", message: "no" },
    ],
    [{ action: "deny" }, { kind: "blocked", message: "command denied by policy" }],
    [{ require_approval: "ask" }, { kind: "blocked", message: "ask" }],
    [{ require_approval: true }, { kind: "blocked", message: "command requires approval" }],
    [{ dry_run: true }, { kind: "blocked", status: "dry_run", message: "command dry-run requested by policy" }],
    [
      { action: "explain_only", reason: "so" },
      { kind: "blocked", status: "explain_only", message: "so" },
    ],
    [{ rewrite: { argv: ["ls"] } }, { kind: "proceed", request: { ...request, argv: ["ls"] } }],
  ])("a hook says %j", async (answer, expected) => {
    expect(await guardCommand([policy({}, () => answer)], request, origin)).toMatchObject(expected);
  });

  it.each([[1], ["deny"], [[]], [{ rewrite: "ls" }], [{ rewrite: { pid: 1 } }]])(
    "a hook that says %j is a mistake and nothing is started",
    async (answer) => {
      await expect(guardCommand([policy({}, () => answer)], request, origin)).rejects.toMatchObject({
        code: "agent.option",
      });
    },
  );

  it("what a hook has rewritten is looked at again", async () => {
    const sly = policy({ deny_patterns: ["rm"] }, () => ({ rewrite: { argv: ["rm", "x"] } }));
    expect(blocked(await guardCommand([sly], request, origin)).message).toBe(
      'rewritten command denied by policy pattern "rm"',
    );
    const approving = policy({ require_approval: ["sudo"] }, () => ({ rewrite: { argv: ["sudo", "x"] } }));
    expect(blocked(await guardCommand([approving], request, origin)).message).toBe(
      "rewritten command requires approval for risk class sudo",
    );
  });

  it("an outer policy has the last word on what an inner one made of the command", async () => {
    const inner = policy({}, () => ({ rewrite: { argv: ["rm", "x"] } }));
    const outer = policy({ deny_patterns: ["rm"] });
    expect((await guardCommand([inner, outer], request, origin)).kind).toBe("blocked");
    expect((await guardCommand([inner], request, origin)).kind).toBe("proceed");
  });

  it("commands of hooks are refused unless the policy takes them", async () => {
    const fromHook = { ...origin, fromHook: true };
    expect(blocked(await guardCommand([policy()], request, fromHook)).message).toContain("recursively");
    expect((await guardCommand([policy({ allow_recursive: true })], request, fromHook)).kind).toBe("proceed");
  });

  it("hooks see the command, but no value of its environment and input", async () => {
    const seen: JsonObject[] = [];
    const watching = policy({ workspace_roots: ["/work", "/tmp"], require_approval: ["sudo"] }, (context) => {
      seen.push(context);
    });
    await guardCommand([watching], request, origin);
    expect(seen).toEqual([
      {
        request: {
          mode: "argv",
          argv: ["echo", "hi"],
          command: null,
          shell: null,
          cwd: "/work",
          env_diff: {
            KEY: {
              present: true,
              redacted: true,
              value_sha256: "sha256:cd42404d52ad55ccfa9aca4adc828aa5800ad9d385a0671fbcbf724118320619",
            },
          },
          env_mode: null,
          stdin: { size: 3, sha256: "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
          timeout_ms: null,
        },
        active_cwd: "/work",
        workspace_roots: ["/work", "/tmp"],
        policy: { default_shell_mode: "argv_only", deny_patterns: [], require_approval: ["sudo"] },
        caller: { surface: "test" },
      },
    ]);
  });
});

describe("AGENT-21: a command that was not started", () => {
  it("looks like one that failed, and says why; secrets stay out", async () => {
    const verdict = blocked(await guardCommand([policy({ deny_patterns: ["echo"] })], request, origin));
    expect(blockedResult(verdict, host)).toMatchObject({
      status: "blocked",
      success: false,
      exit_code: -1,
      pid: null,
      stdout: "",
      stderr: verdict.message,
      error: "permission_denied",
      request: { argv: ["echo", "hi"], env: "<redacted>", stdin: "<redacted>" },
      command_policy: { decisions: [{ action: "classify" }, { action: "deny" }] },
    });
  });
});

describe("AGENT-21: after a command", () => {
  const audit = { context: { request: { argv: ["echo"] } }, decisions: [] };
  const result: JsonObject = { stdout: "token", exit_code: 0 };

  async function review(...hooks: readonly CommandHook[]) {
    const told: CommandFeedback[] = [];
    const policies = hooks.map((after) => policy({}, undefined, after));
    const answer = await reviewCommand(policies, result, audit, (feedback) => told.push(feedback));
    return { answer, told };
  }

  it("hooks see the result and what it looks like; nil leaves it", async () => {
    const seen: JsonObject[] = [];
    const { answer } = await review((context) => void seen.push(context));
    expect(seen).toMatchObject([{ result, post_scan: { action: "mark_unsafe" } }]);
    expect(answer).toMatchObject({ ...result, command_policy: { decisions: [] } });
    expect(answer["command_policy"]).not.toHaveProperty("annotation");
  });

  it("replaces the result, annotates, and tells the model", async () => {
    const { answer, told } = await review(
      () => ({ result: { stdout: "hidden" }, feedback: { kind: "note", content: "careful" } }),
      ({ result: shown }) => ({ annotations: { shown } as JsonObject, feedback: { more: 1 } }),
    );
    expect(answer).toMatchObject({
      stdout: "hidden",
      command_policy: {
        annotation: { annotations: { shown: { stdout: "hidden" } } },
        decisions: [{ action: "annotate", source: "post_hook" }],
      },
    });
    expect(told).toEqual([
      { kind: "note", content: "careful" },
      { kind: "command_policy", content: '{"more":1}' },
    ]);
  });

  it("a hook that says something else is a mistake", async () => {
    await expect(review(() => "fine")).rejects.toMatchObject({ code: "agent.option" });
  });
});
