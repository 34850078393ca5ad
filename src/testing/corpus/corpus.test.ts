import { describe, expect, it } from "vitest";
import { createVirtualHost, type VirtualHost } from "../virtual-host.ts";
import type { CaseOutcome } from "./corpus.ts";
import { discoverCorpus } from "./discover.ts";
import { compileFilter } from "./filter.ts";
import { judge } from "./judge.ts";
import { renderJunit, renderReport, summarize } from "./report.ts";
import { runCorpus } from "./run-corpus.ts";

const hostWith = (files: Record<string, string>): VirtualHost => createVirtualHost({ cwd: "/suite", files });

describe("discovery", () => {
  it("judges programs with an expectation, in path order, hidden folders included", async () => {
    const host = hostWith({
      "b/two.harn": "2",
      "b/two.error": "no",
      "a/one.harn": "1",
      "a/one.expected": "1\n",
      "a/one.llm-mock.jsonl": "{}",
      ".hidden/three.harn": "3",
      ".hidden/three.expected": "",
      "top.harn": "4",
      "top.expected": "",
      "a/module.harn": "no expectation",
      "a/skipped.harn": "",
      "a/skipped.expected": "",
      "a/skipped.conformance-skip": "",
    });
    const { cases, complaints } = await discoverCorpus(host, "/suite");
    expect(cases.map((c) => [c.area, c.program.name, c.expectation.kind, c.program.llmMock ?? "-"])).toEqual([
      [".hidden", ".hidden/three.harn", "output", "-"],
      ["a", "a/one.harn", "output", "{}"],
      ["b", "b/two.harn", "error", "-"],
      [".", "top.harn", "output", "-"],
    ]);
    expect(complaints).toEqual([]);
  });

  it("complains of files that nothing uses", async () => {
    const host = hostWith({
      "gone.expected": "",
      "both.harn": "",
      "both.expected": "",
      "both.error": "",
      "module.harn": "",
      "module.llm-mock.jsonl": "",
    });
    expect((await discoverCorpus(host, "/suite")).complaints).toEqual([
      "both.harn: expected either .expected or .error, got both",
      "gone.expected: there is no gone.harn beside it",
      "module.llm-mock.jsonl: module.harn has no expectation, so nothing uses it",
    ]);
  });

  it.each([
    ["a", ["a/x.harn"]],
    ["a/", ["a/x.harn"]],
    ["./ab/x.harn", ["ab/x.harn"]],
    ["nothing", []],
  ])("narrows to %s", async (selection, names) => {
    const host = hostWith({ "a/x.harn": "", "a/x.expected": "", "ab/x.harn": "", "ab/x.expected": "" });
    const { cases } = await discoverCorpus(host, "/suite", selection);
    expect(cases.map((c) => c.program.name)).toEqual(names);
  });
});

describe("filter", () => {
  const names = ["types/int_add.harn", "types/float.harn", "strings/int.harn"];
  it.each([
    ["int", [0, 2]],
    ["int_add | float", [0, 1]],
    ["types/*", [0, 1]],
    ["*/int*", [0, 2]],
    ["*int", []],
    ["types/floa?.harn", [1]],
    ["re:^types/.*t\\.harn$", [1]],
    ["", [0, 1, 2]],
    ["t.p", []],
  ])("%s", (filter, expected) => {
    const test = compileFilter(filter);
    expect(names.flatMap((name, index) => (test(name) ? [index] : []))).toEqual(expected);
  });
});

describe("judge", () => {
  const failed = (errorMessage: string, rendered?: string): CaseOutcome => ({
    status: "error",
    output: "",
    errorMessage,
    ...(rendered !== undefined && { rendered }),
  });
  const ok = (output: string): CaseOutcome => ({ status: "ok", output });

  it.each<[string, "output" | "error", string, CaseOutcome, boolean]>([
    ["the same output", "output", "a\nb\n", ok("a\nb"), true],
    ["CRLF and white space at the end", "output", "a\r\nb\r\n\r\n", ok("a\nb  \n"), true],
    ["white space inside a line", "output", "a\nb\n", ok("a \nb\n"), false],
    ["a missing line", "output", "a\nb\n", ok("a\n"), false],
    ["timer lines", "output", "[timer] x: 3ms", ok("[timer] x: 120ms"), true],
    ["timers of other names", "output", "[timer] x: 3ms", ok("[timer] y: 3ms"), false],
    ["a failure instead of output", "output", "a", failed("a"), false],
    ["success instead of a failure", "error", "a", ok("a"), false],
    ["part of the message", "error", "division by", failed("Found division by zero"), true],
    ["another message", "error", "division by", failed("Overflow"), false],
    ["a pattern", "error", "re:^Found \\d+$", failed("Found 12"), true],
    ["a pattern with flags", "error", "re:(?i)^found", failed("FOUND"), true],
    ["one of several lines", "error", "first\n  second  \n", failed("the second message"), true],
    ["none of several lines", "error", "first\nsecond", failed("third"), false],
    ["a time-out", "output", "a", { status: "timeout", afterMs: 5 }, false],
    ["a crash is no expected error", "error", "boom", { status: "crash", detail: "boom" }, false],
  ])("%s", (_, kind, text, outcome, passes) => {
    const reason = judge({ expectation: { kind, path: "x", text } }, outcome, "contains");
    expect(reason === undefined).toBe(passes);
  });

  it("compares errors exactly when asked, as the user sees them", () => {
    const expectation = { kind: "error", path: "x", text: "error[P1]: no\n --> a:1:1\n" } as const;
    expect(judge({ expectation }, failed("no", "error[P1]: no\n --> a:1:1\n"), "exact")).toBeUndefined();
    expect(judge({ expectation }, failed("no", "error[P1]: no\n --> a:1:2"), "exact")).toMatchInlineSnapshot(`
      "First difference in line 2:
          error[P1]: no
        -  --> a:1:1
        +  --> a:1:2"
    `);
  });
});

describe("running", () => {
  const files = {
    "a/x.harn": "x",
    "a/x.expected": "X",
    "b/y.harn": "y",
    "b/y.error": "old",
    "b/z.harn": "z",
    "b/z.expected": "Z",
  };
  const run = async ({ source }: { source: string }): Promise<CaseOutcome> =>
    source === "y"
      ? { status: "error", output: "", errorMessage: "new" }
      : { status: "ok", output: source.toUpperCase() };

  it("keeps the order of cases whatever finishes first, and never runs more than `jobs` at once", async () => {
    const host = hostWith(files);
    const { cases } = await discoverCorpus(host, "/suite");
    let running = 0;
    let most = 0;
    const slow = async (program: { source: string }) => {
      most = Math.max(most, ++running);
      await host.perform("sleep", { ms: program.source === "x" ? 50 : 5 });
      running--;
      return run(program);
    };
    const results = await host.drive(runCorpus(cases, { host, run: slow, jobs: 2, errors: "contains" }));
    expect(results.map((r) => [r.name, r.passed, r.durationMs])).toEqual([
      ["a/x.harn", true, 50],
      ["b/y.harn", false, 5],
      ["b/z.harn", true, 5],
    ]);
    expect(most).toBe(2);
  });

  it("updates what differs, but not success into failure", async () => {
    const host = hostWith({ ...files, "b/z.harn": "y" });
    const { cases } = await discoverCorpus(host, "/suite");
    const results = await runCorpus(cases, { host, run, jobs: 1, errors: "exact", update: true });
    expect(results.map((r) => r.passed)).toEqual([true, true, false]);
    expect(host.files.readText("b/y.error")).toBe("new\n");
    expect(host.files.readText("b/z.expected")).toBe("Z");
    expect(host.files.readText("a/x.expected")).toBe("X");
  });
});

describe("reports", () => {
  const report = summarize(
    [
      { name: "b/y.harn", area: "b", passed: false, durationMs: 1500, reason: 'Expected "<a>"\nmore\u0007' },
      { name: "a/x.harn", area: "a", passed: true, durationMs: 2 },
    ],
    ["gone.expected: there is no gone.harn beside it"],
    1600,
  );

  it("shows failures, then areas", () => {
    expect(renderReport(report)).toMatchInlineSnapshot(`
      "FAIL b/y.harn
           Expected "<a>"
           more\\u0007
      FAIL gone.expected: there is no gone.harn beside it

      a        1 of    1
      b        0 of    1  *
      all      1 of    3  in 1.6 s
      "
    `);
  });

  it("writes well-formed JUnit", () => {
    expect(renderJunit(report)).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites tests="3" failures="2">
        <testsuite name="a" tests="1" failures="0" time="0.002">
          <testcase classname="a" name="a/x.harn" time="0.002"/>
        </testsuite>
        <testsuite name="b" tests="1" failures="1" time="1.500">
          <testcase classname="b" name="b/y.harn" time="1.500"><failure>Expected &quot;&lt;a&gt;&quot;
      more�</failure></testcase>
        </testsuite>
        <testsuite name="suite" tests="1" failures="1">
          <testcase classname="suite" name="gone.expected: there is no gone.harn beside it"><failure>gone.expected: there is no gone.harn beside it</failure></testcase>
        </testsuite>
      </testsuites>
      "
    `);
  });
});
