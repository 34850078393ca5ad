import { describe, expect, it } from "vitest";
import { caught, printed, shown } from "../../../test/support/run-harn.ts";
import { loadSource, startProgram } from "../../runtime/index.ts";
import { createVirtualHost, type ProcessScript } from "../../testing/index.ts";
import { HOST_BRIDGE_STATE, type HostBridge } from "./host-state.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const process: ProcessScript = ({ command, args }) =>
  command === "late"
    ? { runsMs: 60_000 }
    : { stdout: encode(`${command} ${args.join("|")}`), stderr: encode("!"), pid: 7 };

/** A run inside a program with a bridge. */
async function bridged(source: string, bridge: HostBridge): Promise<string[]> {
  const host = createVirtualHost();
  const loaded = loadSource("/home/harn/main.harn", source);
  if (loaded.program === undefined) throw new Error(JSON.stringify(loaded.diagnostics));
  const run = startProgram(loaded.program, { host, state: new Map([[HOST_BRIDGE_STATE, bridge]]) });
  const outcome = await host.drive(run.outcome);
  if (outcome.status === "failed") return [outcome.failure.display()];
  return host.stdout().trimEnd().split("\n");
}

describe("prepared answers (M3)", () => {
  it.each([
    ["a result", 'host_mock("a", "b", [1])\nprintln(host_call("a.b"))', ["[1]"]],
    ["nothing", 'host_mock("a", "b")\nprintln(host_call("a.b"))', ["nil"]],
    [
      "the newest that fits",
      'host_mock("a", "b", 1)\nhost_mock("a", "b", 2, {x: 1})\nprintln(host_call("a.b", {x: 1, y: 2}))\nprintln(host_call("a.b", {x: 2}))',
      ["2", "1"],
    ],
    ["a dict that only looks like one", 'host_mock("a", "b", {value: 1})\nprintln(host_call("a.b"))', ["{value: 1}"]],
    ["an error", 'host_mock("a", "b", {error: "no"})\nprintln(try { host_call("a.b") })', ["Result.Err(no)"]],
    [
      "calls are noted",
      'host_mock("a", "b", 1)\nhost_call("a.b", {x: 1})\nprintln(host_mock_calls())',
      ["[{capability: a, operation: b, params: {x: 1}}]"],
    ],
    [
      "scopes set answers aside",
      `host_mock("a", "b", 1)
host_mock_push_scope()
println(host_has("a", "b"))
host_mock("a", "b", 2)
println(host_call("a.b"))
host_mock_pop_scope()
println(host_call("a.b"))
println(len(host_mock_calls()))`,
      ["false", "2", "1", "1"],
    ],
    ["clearing", 'host_mock("a", "b", 1)\nhost_mock_clear()\nprintln(host_has("a"))', ["false"]],
    [
      "what is answered is not what was kept",
      'host_mock("a", "b", {result: [1]})\nvar x = host_call("a.b")\nx[0] = 9\nprintln(host_call("a.b"))',
      ["[1]"],
    ],
    [
      "before what every host can do",
      'host_mock("workspace", "cwd", "/x")\nprintln(host_call("workspace.cwd"))',
      ["/x"],
    ],
  ])("%s", async (_name, source, expected) => {
    expect(await printed(source)).toEqual(expected);
  });

  it.each([
    ['host_mock("a", "")', "host_mock: capability and operation are required"],
    ["host_mock_pop_scope()", "host_mock_pop_scope: no scope to pop"],
    ['host_call("a")', "host_call: unsupported operation name 'a'"],
    ['host_call("a.b")', "host_call: unsupported operation a.b"],
    ['host_call("toString.x")', "host_call: unsupported operation toString.x"],
    ['host_call("template.render")', "host_call: missing required parameter 'path'"],
    ['host_tool_call("")', "host_tool_call: tool name is required"],
    ['host_tool_call("x")', "host_tool_call: no host bridge is attached"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });
});

describe("what every host can do", () => {
  it.each([
    ['host_has("process", "exec")', "true"],
    ['host_has("process", "nope")', "false"],
    [
      "host_capabilities().template",
      "{description: Filling in templates, operations: {render: {description: Fill in a template file}}, ops: [render]}",
    ],
    ['host_call("runtime.task")', "demo"],
    ['host_call("workspace.project_root")', "/home/harn"],
    ['host_call("template.render", {path: "t", bindings: {x: 1}})', "1"],
    ["host_tool_list()", "[]"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression, { env: { HARN_TASK: "demo" }, files: { t: "{{ x }}" } })).toBe(expected);
  });

  it("asking the user reads a line", async () => {
    expect(await printed('println(host_call("interaction.ask", {question: "Who? "}))', { stdin: "Ann\n" })).toEqual([
      "Who? Ann",
    ]);
  });

  it("processes by arguments, with what is known of them", async () => {
    const lines = await printed(
      `let r = host_call("process.exec", {mode: "argv", argv: ["echo", "a", "b"], cwd: "/tmp", env: {A: "1"}})
println("\${r.status} \${r.exit_code} \${r.success} \${r.pid} \${r.stdout} \${r.combined} \${r.signal} \${r.timed_out}")
println("\${r.started_at} \${r.duration_ms} \${r.command_id != nil}")`,
      { process },
    );
    expect(lines).toEqual(["completed 0 true 7 echo a|b echo a|b! nil false", "2026-01-01T00:00:00.000Z 0 true"]);
  });

  it("processes that take too long", async () => {
    const source =
      'let r = host_call("process.exec", {mode: "argv", argv: ["late"], timeout_ms: 50})\nprintln("${r.status} ${r.exit_code} ${r.success} ${r.duration_ms}")';
    expect(await printed(source, { process })).toEqual(["timed_out -1 false 50"]);
  });

  it("the environment of a process: only what is given, unless told otherwise", async () => {
    const seen: unknown[] = [];
    const script: ProcessScript = ({ env, replaceEnv }) => {
      seen.push([env, replaceEnv]);
      return {};
    };
    await printed(
      `host_call("process.exec", {mode: "argv", argv: ["x"], env: {A: "1"}})
host_call("process.exec", {mode: "argv", argv: ["x"], env: {A: "1"}, env_mode: "merge"})
host_call("process.exec", {mode: "argv", argv: ["x"]})`,
      { process: script },
    );
    expect(seen).toEqual([
      [{ A: "1" }, true],
      [{ A: "1" }, false],
      [undefined, undefined],
    ]);
  });

  it.each([
    ['{mode: "argv"}', "Runtime error: host_call process.exec missing argv"],
    ['{mode: "argv", argv: []}', "Runtime error: host_call process.exec argv must not be empty"],
    ['{mode: "argv", argv: [""]}', "Runtime error: host_call process.exec argv[0] must not be empty"],
    ['{mode: "argv", argv: [1]}', "Runtime error: host_call process.exec missing argv"],
    ['{mode: "x"}', 'Runtime error: host_call process.exec unsupported mode "x"'],
    ["{}", "host_call: missing required parameter 'command'"],
    ['{command: "x"}', "Runtime error: host_call process.exec: shell mode requires `shell` or `shell_id`"],
    ['{command: "x", shell_id: "nope"}', 'Runtime error: host_call process.exec: unknown shell id "nope"'],
    ['{command: "x", shell: {}}', "Runtime error: host_call process.exec: shell object requires `path` or `id`"],
    [
      '{mode: "argv", argv: ["x"], env: {A: 1}}',
      'Runtime error: host_call process.exec env value for "A" must be a string',
    ],
  ])("process.exec %s fails", async (params, expected) => {
    expect(await caught(`host_call("process.exec", ${params})`, { process })).toBe(expected);
  });
});

describe("shells", () => {
  const files = { "/bin/bash": "", "/usr/bin/fish": "", "/etc/shells": "# shells\n/usr/bin/fish\n/opt/missing\n" };
  const env = { SHELL: "/usr/bin/fish" };

  it("the user's shell is the default until another is chosen", async () => {
    const lines = await printed(
      `let all = host_call("process.list_shells")
println(all.shells.map({ s -> "\${s.id}:\${s.source}:\${s.available}" }))
println(all.default_shell_id)
host_call("process.set_default_shell", {shell_id: "bash"})
println(host_call("process.get_default_shell").path)`,
      { files, env },
    );
    expect(lines).toEqual([
      "[fish:env:true, missing:etc_shells:false, zsh:fallback:false, bash:fallback:true, sh:fallback:false]",
      "fish",
      "/bin/bash",
    ]);
  });

  it.each([
    ['{shell_id: "bash", command: "x"}', "/bin/bash [-c, x]"],
    ['{shell: {id: "bash"}, command: "x", login: true}', "/bin/bash [-l, -c, x]"],
    ['{shell: {id: "bash"}, interactive: true}', "/bin/bash [-i, -c, {command}]"],
    ['{shell: {path: "C:/pwsh.exe"}, command: "x", login: true}', "C:/pwsh.exe [-NoProfile, -Command, x]"],
    ['{shell: {path: "/x/sh", default_args: ["-e", "-c"]}, command: "x"}', "/x/sh [-e, -c, x]"],
  ])("%s", async (params, expected) => {
    const lines = await printed(
      `let i = host_call("process.shell_invocation", ${params})\nprintln("\${i.program} \${i.args}")`,
      { files, env },
    );
    expect(lines).toEqual([expected]);
  });

  it("one that is not there cannot be chosen", async () => {
    expect(await caught('host_call("process.set_default_shell", {id: "zsh"})', { files, env })).toBe(
      'Runtime error: process.set_default_shell: unknown or unavailable shell id "zsh"',
    );
  });
});

describe("a program that embeds the run", () => {
  const bridge: HostBridge = {
    capabilities: { project: { name: "Name the project" } },
    call: async (capability, operation, params) =>
      capability === "project" && operation === "name" ? { given: params } : undefined,
    listTools: async () => [{ name: "search", description: "Search", schema: {} }],
    callTool: async (name, args) => [name, args],
  };

  it.each([
    ['println(host_call("project.name", {x: 1}))', "{given: {x: 1}}"],
    ['println(host_call("workspace.cwd"))', "/home/harn"],
    ['println(host_has("project", "name"))', "true"],
    ["println(host_tool_list()[0].name)", "search"],
    ['println(host_tool_call("search", {q: "a"}))', "[search, {q: a}]"],
  ])("%s", async (source, expected) => {
    expect(await bridged(source, bridge)).toEqual([expected]);
  });
});
