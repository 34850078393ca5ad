import { describe, expect, it } from "vitest";
import { caught, printed } from "../../../test/support/run-harn.ts";
import type { ProcessScript } from "../../testing/index.ts";

/** Tells what was started. */
function world(): { readonly started: string[]; readonly process: ProcessScript } {
  const started: string[] = [];
  return {
    started,
    process: ({ command, args = [], cwd }) => {
      started.push([command, ...args, ...(cwd === undefined ? [] : [`@${cwd}`])].join(" "));
      return { stdout: new TextEncoder().encode([command, ...args].join(" ")) };
    },
  };
}

async function run(source: string): Promise<{ lines: string[]; started: string[] }> {
  const { started, process } = world();
  return { lines: await printed(source, { process }), started };
}

const exec = (...argv: string[]): string => `host_call("process.exec", {mode: "argv", argv: ${JSON.stringify(argv)}})`;

describe("AGENT-21: command policies of programs", () => {
  it("a refused command is not started, and says so in its result", async () => {
    const { lines, started } = await run(`command_policy_push(command_policy({deny_patterns: ["no-way"]}))
let r = ${exec("echo", "no-way")}
println("\${r.status} \${r.success} \${r.reason}")
println(${exec("echo", "fine")}.stdout)
command_policy_pop()
println(${exec("echo", "no-way")}.stdout)`);
    expect(lines).toEqual(['blocked false command denied by policy pattern "no-way"', "echo fine", "echo no-way"]);
    expect(started).toEqual(["echo fine", "echo no-way"]);
  });

  it("hooks rewrite before and annotate after", async () => {
    const { lines, started } = await run(`command_policy_push({
  pre: { ctx -> {rewrite: {argv: ctx.request.argv + ["more"], cwd: "/tmp"}} },
  post: { ctx -> {annotations: {saw: ctx.result.stdout}} },
})
let r = ${exec("echo", "a")}
println(r.command_policy.annotation.annotations.saw)`);
    expect(lines).toEqual(["echo a more"]);
    expect(started).toEqual(["echo a more @/tmp"]);
  });

  it("holds for exec and shell as well: no way round it", async () => {
    const source = (command: string): string => `command_policy_push({deny_patterns: ["no-way"]})\n${command}\n`;
    for (const command of ['exec("echo", "no-way")', 'exec_at("/tmp", "echo", "no-way")', 'shell("echo no-way")']) {
      const { started, process } = world();
      expect(await caught(source(command), { process })).toContain("denied by policy pattern");
      expect(started).toEqual([]);
    }
    const { lines, started } = await run(`command_policy_push({pre: { _ctx -> {rewrite: {argv: ["echo", "b"]}} }})
println(exec("echo", "a").stdout)`);
    expect([lines, started]).toEqual([["echo b"], ["echo b"]]);
  });

  it("commands that hooks run are refused, unless the policy takes them", async () => {
    const { lines } = await run(`let inner = { _ctx -> {deny: ${exec("id")}.status} }
command_policy_push({pre: inner})
println(${exec("ls")}.reason)`);
    expect(lines).toEqual(["blocked"]);
  });

  it("tasks inherit the policies around them, and keep theirs to themselves", async () => {
    const { lines, started } = await run(`command_policy_push({deny_patterns: ["rm"]})
let inside = spawn {
  command_policy_push({deny_patterns: ["ls"]})
  [${exec("rm")}.status, ${exec("ls")}.status]
}
println(await(inside))
println(${exec("ls")}.status)`);
    expect(lines).toEqual(["[blocked, blocked]", "completed"]);
    expect(started).toEqual(["ls"]);
  });

  it("a loop's policy holds for its tools, beside those around it, and ends with it", async () => {
    const { lines, started } = await run(`var tools = tool_registry()
tools = tool_define(tools, "run", "Run", {
  parameters: {command: {type: "string"}},
  handler: { args -> host_call("process.exec", {mode: "argv", argv: ["sh", "-c", args.command]}).status },
})
llm_mock({tool_calls: [
  {id: "1", name: "run", arguments: {command: "inner"}},
  {id: "2", name: "run", arguments: {command: "outer"}},
  {id: "3", name: "run", arguments: {command: "free"}},
]})
llm_mock({text: "done"})
command_policy_push({deny_patterns: ["outer"]})
let loop = agent_loop("go", nil, {provider: "mock", tools: tools, command_policy: {deny_patterns: ["inner"]}})
println(loop.status)
println(${exec("sh", "inner")}.status)`);
    expect(lines).toEqual(["done", "completed"]);
    expect(started).toEqual(["sh -c free", "sh inner"]);
  });

  it.each([
    ["command_policy(1)", "command_policy: config must be a dict"],
    ["command_policy_push(nil)", "command_policy_push: command_policy must be a dict"],
    ['command_policy({pre: "x"})', "command_policy: command_policy.pre must be a closure"],
    ["command_policy({deny_patterns: 1})", "command_policy.deny_patterns"],
    ['agent_loop("x", nil, {provider: "mock", command_policy: 1})', "command_policy must be a dict"],
  ])("%s is an error", async (source, message) => {
    expect(await caught(source)).toContain(message);
  });

  it("scans of commands, results and by a model name the risks they see", async () => {
    const { lines } = await run(`println(command_risk_scan({request: {command: "sudo ls"}}).risk_labels)
println(command_risk_scan({request: {argv: ["ls", "/etc"]}, workspace_roots: ["/work"]}).action)
println(command_result_scan({result: {stderr: "error: no"}}).risk_labels)
println(command_llm_risk_scan({request: {argv: ["ls"]}}, {model: "m", api_key: "k"}).llm)`);
    expect(lines).toEqual(["[sudo]", "require_approval", "[error_output]", "{api_key: <redacted>, model: m}"]);
  });
});
