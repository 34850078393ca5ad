import { describe, expect, it } from "vitest";
import { matchesPayload } from "../../src/stdlib/tools/manifest-hooks.ts";
import { runHarn } from "../support/run-harn.ts";

const LIB = `
pub fn refuse(event) {
  println("asked: " + event.tool.name + " " + to_string(event.tool.args.path))
  return {deny: "the project forbids " + event.tool.name}
}
pub fn elsewhere(event) { return {args: {path: "/safe/" + event.tool.args.path}} }
pub fn shout(event) { return {result: uppercase(event.result.text)} }
pub fn quiet(_event) { return nil }
pub fn number(_event) { return 7 }
pub fn told(event) { println(event.event + " " + event.session.id) }
pub fn later(event) { return {args: [event.step.args[0] + 1]} }
`;

/** A loop that calls one tool, and prints what the model was told of it. */
const PROGRAM = `
let tools = tool_define(tool_registry(), "touch_file", "Touches a file", {
  parameters: {path: {type: "string"}}, handler: { args -> println("ran " + args.path)
    "touched " + args.path },
})
llm_mock({tool_calls: [{id: "c1", name: "touch_file", arguments: {path: "a.txt"}}]})
llm_mock({text: "ok"})
let result = agent_loop("Go", nil, {provider: "mock", tools: tools, tool_format: "native", session_id: "s"})
println(llm_mock_calls()[1].messages.filter({ m -> m.role == "tool" })[0].content)
`;

function hook(event: string, handler: string, pattern?: string): string {
  const lines = ["[[hooks]]", `event = "${event}"`, `handler = "${handler}"`];
  return [...lines, ...(pattern === undefined ? [] : [`pattern = '${pattern}'`]), ""].join("\n");
}

function run(manifest: string, program = PROGRAM) {
  const head = '[package]\nname = "guard"\n\n';
  return runHarn(program, {
    files: { "/home/harn/harn.toml": head + manifest, "/home/harn/lib.harn": LIB, "/home/harn/other/extra.harn": LIB },
  });
}

describe("[[hooks]] of harn.toml", () => {
  it.each([
    [
      "refuses a tool before it runs",
      hook("PreToolUse", "guard::refuse"),
      /^asked: touch_file a\.txt\n.*the project forbids touch_file/s,
    ],
    ["changes its arguments", hook("PreToolUse", "guard::elsewhere"), /^ran \/safe\/a\.txt\ntouched \/safe\/a\.txt\n$/],
    ["changes what the model is told", hook("PostToolUse", "guard::shout"), /^ran a\.txt\nTOUCHED A\.TXT\n$/],
    ["leaves alone what it says nothing about", hook("PreToolUse", "guard::quiet"), /^ran a\.txt\ntouched a\.txt\n$/],
    ["is not asked when its pattern says no", hook("PreToolUse", "guard::refuse", "tool.name == other"), /^ran a\.txt/],
    [
      "is asked in the order of the file",
      hook("PreToolUse", "guard::elsewhere") + hook("PreToolUse", "guard::refuse"),
      /^asked: touch_file \/safe\/a\.txt/,
    ],
    ["comes from a file of the project", hook("PostToolUse", "other/extra::shout"), /TOUCHED/],
    [
      "comes from an export",
      `[exports]\nnamed = "other/extra.harn"\n${hook("PostToolUse", "named::shout")}`,
      /TOUCHED/,
    ],
    ["is told of turns", hook("PreAgentTurn", "guard::told"), /^PreAgentTurn s\nran a\.txt\nPreAgentTurn s\n/],
    ["is told of turns that ran tools", hook("PostAgentTurn", "guard::told"), /^ran a\.txt\nPostAgentTurn s\n/],
  ])("%s", async (_name, manifest, expected) => {
    const { output, error } = await run(manifest);
    expect(error).toBeUndefined();
    expect(output).toMatch(expected);
  });

  it("stays when the program clears its own hooks", async () => {
    const { output } = await run(hook("PreToolUse", "guard::refuse"), `clear_tool_hooks()\n${PROGRAM}`);
    expect(output).not.toContain("ran a.txt");
  });

  it("HOOK-10: hooks of steps come before those that the program registers", async () => {
    const program = `
@step(name: "double")
fn double(n) { return n * 2 }
register_step_hook("*", "double", "PreStep", { event -> {args: [event.step.args[0] * 10]} })
clear_persona_hooks()
register_step_hook("*", "double", "PreStep", { event -> {args: [event.step.args[0] * 10]} })
println(double(4))
`;
    const { output, error } = await run(hook("PreStep", "guard::later"), program);
    expect(error).toBeUndefined();
    // (4 + 1) * 10, doubled; the other way round it would be 82.
    expect(output).toBe("100\n");
  });

  it("ends the loop when it answers what nobody can read", async () => {
    const { error } = await run(hook("PreToolUse", "guard::number"));
    expect(error).toContain("PreToolUse hook must return nil or {deny, args}, got int");
  });

  it.each([
    [
      "an unknown event",
      hook("PreLunch", "guard::quiet"),
      /HARN-N109 .*expected `event` to be one of PreToolUse,.*got "PreLunch"/,
    ],
    ["a handler without a module", hook("PreToolUse", "quiet"), /HARN-N109 .*<module>::<function>, got "quiet"/],
    ["a handler that would be code", hook("PreToolUse", "guard::f) println("), /HARN-N109/],
    ["a handler that is not there", hook("PreToolUse", "guard::nobody"), /HARN-N104 .*'nobody' is not defined/],
    ["a module that is not there", hook("PreToolUse", "nowhere::f"), /HARN-N101 .*cannot read 'nowhere'/],
    ["a file that is not TOML", "[[hooks]]\nevent = \n", /HARN-N109 .*Cannot read the hooks of the project/],
    ["hooks that are no tables", "hooks = 3\n", /HARN-N109/],
  ])("refuses %s before the program starts", async (_name, manifest, expected) => {
    const { createVirtualHost } = await import("../../src/testing/index.ts");
    const { loadProgram } = await import("../../src/runtime/index.ts");
    const text = manifest.startsWith("hooks") ? manifest : `[package]\nname = "guard"\n${manifest}`;
    const host = createVirtualHost({ files: { "/home/harn/harn.toml": text, "/home/harn/lib.harn": LIB } });
    const loaded = await host.drive(loadProgram({ host, path: "/home/harn/main.harn", text: "println(1)" }));
    expect(loaded.program).toBeUndefined();
    expect(loaded.diagnostics.map(({ diagnostic }) => `${diagnostic.code} ${diagnostic.message}`).join("\n")).toMatch(
      expected,
    );
  });

  it("cannot smuggle code in by its pattern", async () => {
    const { output, error } = await run(hook("PreToolUse", "guard::refuse", 'x", quiet) println("${1 + 1}\\'));
    expect(error).toBeUndefined();
    expect(output).toMatch(/^ran a\.txt/);
  });
});

describe("patterns of manifest hooks", () => {
  const payload = { tool: { name: "write_note", args: { path: "a", empty: [], zero: 0 } } };
  it.each([
    ["", true],
    ["*", true],
    ["write_*", true],
    ["read_*", false],
    ['tool.name =~ "write|edit"', true],
    ["tool.name =~ '^edit'", false],
    ['tool.name == "write_note"', true],
    ['tool.name != "write_note"', false],
    ["tool.args.zero == 0", true],
    ["tool.args.path", true],
    ["tool.args.empty", false],
    ["tool.args.nothing", false],
    ["tool.constructor.name", false],
    // A rule that cannot be read must not let anything through.
    ['tool.name =~ "("', true],
  ])("%s is %s", (pattern, expected) => {
    expect(matchesPayload(pattern, payload)).toBe(expected);
  });
});
