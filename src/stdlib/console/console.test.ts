import { describe, expect, it } from "vitest";
import { caught, printed, runHarn, shown } from "../../../test/support/run-harn.ts";

describe("printing", () => {
  it.each([
    ["println()", "\n"],
    ["println(nil)", "nil\n"],
    ["println(...[1, 2])", "1\n"],
    ["print([1])", "[1]"],
    ["print()", ""],
    ['log("x")', "[harn] x\n"],
  ])("%s", async (program, expected) => {
    expect((await runHarn(program)).output).toBe(expected);
  });

  it("standard error is apart, and can be caught", async () => {
    const run = await runHarn(
      'eprintln(nil)\ncapture_stderr_start()\neprint("a")\neprint("b")\nprintln(capture_stderr_take())\neprint("c")',
    );
    expect([run.output, run.stderr]).toEqual(["ab\n", "nil\nc"]);
  });
});

describe("standard input", () => {
  it("is the host's unless replaced; a replaced one ends", async () => {
    const program = `println(read_line())
mock_stdin("one\\ntwo\\n\\nthree")
println([read_line(), read_line(), read_line(), read_line(), read_line()])
mock_stdin("a\\nb")
println([read_line(), read_stdin(), read_stdin()])
unmock_stdin()
println(read_stdin())`;
    expect(await printed(program, { stdin: "first\nsecond\n" })).toEqual([
      "first",
      "[one, two, , three, nil]",
      "[a, b, ]",
      "second",
      "",
    ]);
  });

  it("a question and its answer", async () => {
    expect(await printed('println(prompt_user("Name? "))', { stdin: "Ada  \n" })).toEqual(["Name? Ada"]);
  });
});

describe("the terminal", () => {
  it.each([
    ["is_stdout_tty()", "false"],
    ['color("x", "red")', "x"],
  ])("%s is %s where there is none", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each<[string, Record<string, string>, string, string]>([
    ["a terminal", {}, 'mock_tty("stdout", true)', "\u001b[31mx\u001b[0m"],
    ["NO_COLOR", { NO_COLOR: "" }, 'mock_tty("stdout", true)', "x"],
    ["FORCE_COLOR", { FORCE_COLOR: "1" }, "nil", "\u001b[31mx\u001b[0m"],
    ["mode never", { FORCE_COLOR: "1" }, 'set_color_mode("never")', "x"],
    ["mode always", { NO_COLOR: "1" }, 'set_color_mode("always")', "\u001b[31mx\u001b[0m"],
  ])("colours with %s", async (_name, env, setup, expected) => {
    expect(await printed(`${setup}\nprintln(color("x", "red"))`, { env })).toEqual([expected]);
  });

  it("names colours, and leaves text as it is for others", async () => {
    const program =
      'set_color_mode("always")\nprintln(color("x", "bright_white") + bold("b") + dim("d") + color("g", "grey") + color("?", "mauve"))';
    expect(await printed(program)).toEqual([
      "\u001b[97mx\u001b[0m\u001b[1mb\u001b[0m\u001b[2md\u001b[0m\u001b[90mg\u001b[0m?",
    ]);
  });

  it.each([
    ['set_color_mode("mauve")', "set_color_mode: invalid mode 'mauve'. Expected 'auto', 'always', or 'never'."],
    ['mock_tty("printer", true)', "mock_tty: invalid stream 'printer'. Expected 'stdin', 'stdout', or 'stderr'."],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });
});

describe("log lines", () => {
  const START = { startMs: Date.UTC(2026, 0, 1, 12, 0, 0, 5) };

  it("are JSON with time and level, fields in order", async () => {
    const program =
      'log_info("hi \\"you\\"", {b: 1.5, a: [1], c: nil, d: true})\nlog_json("k", "v")\nlog_warn(nil, "no dict")';
    expect(await printed(program, START)).toEqual([
      '{"ts":"2026-01-01T12:00:00.005Z","level":"info","msg":"hi \\"you\\"","a":"[1]","b":1.5,"c":null,"d":true}',
      '{"ts":"2026-01-01T12:00:00.005Z","key":"k","value":"v"}',
      '{"ts":"2026-01-01T12:00:00.005Z","level":"warn","msg":"nil"}',
    ]);
  });

  it("below the level are dropped", async () => {
    const lines = await printed(
      'log_set_level("warn")\nlog_debug("no")\nlog_info("no")\nlog_warn("yes")\nlog_error("yes")',
    );
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(["warn", "error"]);
  });

  it("an unknown level is an error", async () => {
    expect(await caught('log_set_level("loud")')).toBe(
      "log_set_level: invalid level 'loud'. Expected debug, info, warn, or error",
    );
  });
});

describe("spans", () => {
  it("log lines and children carry the ids; the end says how long it took", async () => {
    const program = `let outer = trace_start("outer")
let inner = trace_start("inner")
println(inner.trace_id == outer.trace_id && inner.span_id != outer.span_id)
println(await(spawn { [trace_id() == outer.trace_id, runtime_context().span_id == inner.span_id] }))
log_info("x")
sleep(5)
trace_end(inner)
println(runtime_context().span_id == outer.span_id)
trace_end(outer)
println(trace_id())`;
    const lines = await printed(program);
    const logged = lines
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter((line) => !line.startsWith("{"))).toEqual(["true", "[true, true]", "true", "nil"]);
    expect(logged.map(({ msg, name, duration_ms }) => [msg, name, duration_ms])).toEqual([
      ["x", undefined, undefined],
      ["span_end", "inner", 5],
      ["span_end", "outer", 5],
    ]);
  });

  it("are collected when asked", async () => {
    const program = `log_set_level("error")
println(trace_summary())
enable_tracing()
let a = trace_start("a")
let b = trace_start("b")
sleep(2)
trace_end(b)
trace_end(a)
println(trace_spans().map({ s -> s.name }))
println(trace_summary())`;
    expect(await printed(program)).toEqual([
      "No spans recorded.",
      "[b, a]",
      "Trace: 2 spans, 2ms total",
      "",
      "a 2ms",
      "  b 2ms",
    ]);
  });

  it("what is no span is an error", async () => {
    expect(await caught("trace_end(1)")).toBe("trace_end: argument must be a span dict from trace_start");
  });
});

describe("progress", () => {
  it.each([
    ['progress("a", "b")', "[a] b\n"],
    ['progress("a", "b", 40)', "[a] b (40%)\n"],
    ['progress("a", "b", 2, 5)', "[a] b (2/5)\n"],
    ['progress("a", "b", {mode: "bar", current: 3, total: 5})', "[a] [######----] b (3/5)\n"],
    ['progress("a", "b", {mode: "bar", current: 9, total: 5, width: 1})', "[a] [###] b (9/5)\n"],
    ['progress("a", "b", {mode: "bar"})', "[a] [----------] b (0/0)\n"],
    ['progress("a", "b", {mode: "spinner", step: -1})', "[a] \\ b\n"],
  ])("%s", async (program, expected) => {
    expect((await runHarn(program)).output).toBe(expected);
  });
});
