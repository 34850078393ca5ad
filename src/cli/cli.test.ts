import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CommandFolder, createCommandFolder } from "./__fixtures__/command.ts";
import { describeInternalError } from "./failures.ts";

let tools: CommandFolder;
let folder = "";

beforeEach(() => {
  tools = createCommandFolder();
  folder = tools.path;
});
afterEach(() => tools.remove());

const harn: CommandFolder["harn"] = (argv, options) => tools.harn(argv, options);
const write: CommandFolder["write"] = (files) => tools.write(files);

describe("harn run", () => {
  it("runs a file", async () => {
    write({ "a.harn": 'println("hello")\nlet x = 41\nprintln(x + 1)\n' });
    expect(await harn(["run", "a.harn"])).toEqual({ code: 0, out: "hello\n42\n", err: "" });
  });

  it("runs a line", async () => {
    expect(await harn(["run", "-e", "println(6 * 7)"])).toEqual({ code: 0, out: "42\n", err: "" });
  });

  it("hands on what stands after --", async () => {
    write({ "a.harn": "println(argv)\nprintln(len(argv))\n" });
    expect((await harn(["run", "a.harn", "--", "-x", "two words"])).out).toBe("[-x, two words]\n2\n");
    expect((await harn(["run", "a.harn"])).out).toBe("[]\n0\n");
    expect((await harn(["run", "-e", "println(argv)", "--", "one"])).out).toBe("[one]\n");
  });

  it("runs the pipeline that is asked for", async () => {
    write({ "a.harn": 'pipeline default(task) { println("d") }\npipeline other(task) { println("o") }\n' });
    expect((await harn(["run", "a.harn"])).out).toBe("d\n");
    expect((await harn(["run", "-p", "other", "a.harn"])).out).toBe("o\n");
  });

  it("shows a program error with place and Harn frames, after what was printed", async () => {
    write({
      "lib/math.harn": "pub fn ratio(a, b) { return a / b }\n",
      "a.harn":
        'import { ratio } from "lib/math"\nfn average(n) {\n  let r = ratio(10, n)\n  return r\n}\nprintln("before")\naverage(0)\n',
    });
    const { code, out, err } = await harn(["run", "a.harn"]);
    expect([code, out]).toEqual([1, "before\n"]);
    expect(err).toMatchInlineSnapshot(`
      "error: Division by zero
       --> lib/math.harn:1:31
        |
      1 | pub fn ratio(a, b) { return a / b }
        |                               ^
        in ratio (lib/math.harn:1:31)
        in average (a.harn:3:11)
        in <main> (a.harn:7:1)
      "
    `);
  });

  it("shows what does not compile, and runs nothing of it", async () => {
    write({ "a.harn": 'println("never")\nlet x = (1\n' });
    const { code, out, err } = await harn(["run", "a.harn"]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^error\[HARN-P\d+\]: /);
    expect(err).toMatch(/--> a\.harn:\d:/);
  });

  it.each([
    ["3", 3],
    ["0", 0],
    ["300", 44],
    ["nil", 0],
    ["Ok(5)", 0],
    ['Err("no")', 1],
  ])("a pipeline that ends with %s exits with %i", async (value, code) => {
    write({ "a.harn": `pipeline default(task) { return ${value} }\n` });
    expect((await harn(["run", "a.harn"])).code).toBe(code);
  });

  it("an interrupt runs finally blocks, and the exit code says so", async () => {
    write({
      "a.harn":
        'try {\n  println("working")\n  sleep(1h)\n} catch (e) { println("caught") } finally { println("cleaned") }\nprintln("never")\n',
    });
    const { code, out, err } = await harn(["run", "a.harn"], { stopAfter: "working" });
    expect([code, out, err]).toEqual([130, "working\ncleaned\n", ""]);
  });

  it("an interrupt stops a program that never waits", async () => {
    write({ "a.harn": 'println("spinning")\nwhile true { }\n' });
    expect((await harn(["run", "a.harn"], { stopAfter: "spinning" })).code).toBe(130);
  });
});

describe("usage", () => {
  it.each([
    [["run"], "harn: expected a file or -e <code>"],
    [["run", "nowhere.harn"], "harn: Cannot find nowhere.harn"],
    [["no-such-command"], "unknown command 'no-such-command'"],
    [["check", "--no-such-option"], "unknown option '--no-such-option'"],
    [["explain", "HARN-X999"], "There is no diagnostic `HARN-X999`"],
    [["doc", "printl"], "print, println"],
    [["test", "conformance", "--timeout", "soon", "x"], "Expected a positive whole number"],
    [[], "Usage: harn"],
  ])("%j exits with 2 and says why", async (argv, message) => {
    const { code, out, err } = await harn(argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
  });

  it.each([[["--help"]], [["run", "--help"]], [["test", "conformance", "--help"]]])(
    "%j is help, on stdout",
    async (argv) => {
      const { code, out, err } = await harn(argv);
      expect([code, err]).toEqual([0, ""]);
      expect(out).toContain("Usage: harn");
    },
  );

  it("help names every command and exit code", async () => {
    const { out } = await harn(["--help"]);
    for (const word of ["run", "check", "fmt", "lint", "test", "explain", "doc", "version", "130"])
      expect(out).toContain(word);
  });

  it("tells its version, also as JSON", async () => {
    const { out } = await harn(["--version"]);
    expect(out).toMatch(/^harn \d+\.\d+\.\d+\n$/);
    const { out: json } = await harn(["version", "--json"]);
    expect(JSON.parse(json)).toMatchObject({ harn: out.trim().split(" ")[1], node: process.versions.node });
  });
});

describe("harn check, lint and fmt", () => {
  it("check is silent about a good folder but for its count", async () => {
    write({ "a.harn": "println(1)\n", "sub/b.harn": "println(2)\n", "node_modules/x.harn": "((" });
    expect(await harn(["check"])).toEqual({ code: 0, out: "", err: "2 files: 0 errors, 0 warnings\n" });
  });

  it("check reports a shared module once, and JSON for programs", async () => {
    write({ "m.harn": "pub fn f( { }\n", "a.harn": 'import "m"\n', "b.harn": 'import "m"\n' });
    const { code, out } = await harn(["check", "a.harn", "b.harn", "--json"]);
    expect(code).toBe(1);
    const found = JSON.parse(out) as { code: string; message: string }[];
    expect(found.filter(({ code: each }) => each.startsWith("HARN-P"))).toHaveLength(1);
  });

  it("fmt rewrites, --check only tells, and a file that does not parse stays", async () => {
    write({ "a.harn": "let   x=1\n", "bad.harn": "let = = \n" });
    const checked = await harn(["fmt", "--check", "a.harn"]);
    expect([checked.code, checked.out]).toEqual([1, "a.harn is not formatted\n"]);
    expect((await harn(["fmt", "a.harn"])).code).toBe(0);
    expect(readFileSync(join(folder, "a.harn"), "utf8")).toBe("let x = 1\n");
    expect((await harn(["fmt", "--check", "a.harn"])).code).toBe(0);
    expect((await harn(["fmt", "bad.harn"])).code).toBe(1);
    expect(readFileSync(join(folder, "bad.harn"), "utf8")).toBe("let = = \n");
  });

  it("fmt - goes from stdin to stdout", async () => {
    expect(await harn(["fmt", "-"], { stdin: "let   x=1\n" })).toEqual({ code: 0, out: "let x = 1\n", err: "" });
  });

  it("lint finds, and --fix mends", async () => {
    write({ "a.harn": "pub fn f(n: int) -> bool {\n  return (n > 1) == true\n}\n" });
    const found = await harn(["lint", "a.harn", "--json"]);
    expect(found.code).toBe(1);
    expect(JSON.parse(found.out)).toContainEqual(
      expect.objectContaining({ message: "Comparison with `true` is redundant" }),
    );
    await harn(["lint", "--fix", "a.harn"]);
    expect(readFileSync(join(folder, "a.harn"), "utf8")).toMatch(/return \(?n > 1\)?\n/);
  });

  it("a file that is no text is refused, not mangled", async () => {
    writeFileSync(join(folder, "a.harn"), new Uint8Array([0x6c, 0xff, 0xfe]));
    const { code, err } = await harn(["fmt", "a.harn"]);
    expect(code).toBe(1);
    expect(err).toBe("harn: Cannot read a.harn: it is not valid UTF-8\n1 file: 0 changed, 1 could not be formatted\n");
    expect([...readFileSync(join(folder, "a.harn"))]).toEqual([0x6c, 0xff, 0xfe]);
  });
});

describe("harn test", () => {
  const tests = `fn add(a, b) { return a + b }
pipeline test_adds(task) { assert_eq(add(1, 2), 3) }
pipeline test_fails(task) {
  println("about to fail")
  assert_eq(add(1, 2), 4)
}
@test
pipeline marked(task) { assert(true) }
pipeline default(task) { println("not a test") }
`;

  it("runs what is named or marked as a test", async () => {
    write({ "a.harn": tests });
    const { code, out } = await harn(["test"]);
    expect(code).toBe(1);
    expect(out).toContain("ok   a.harn test_adds");
    expect(out).toContain("ok   a.harn marked");
    expect(out).toContain("FAIL a.harn test_fails");
    expect(out).toContain("expected 4, got 3");
    expect(out).toContain("about to fail");
    expect(out.trimEnd().split("\n").at(-1)).toBe("2 passed, 1 failed");
  });

  it("filters, and gives JSON", async () => {
    write({ "a.harn": tests });
    const { code, out } = await harn(["test", "--filter", "adds|marked", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject([
      { name: "test_adds", passed: true },
      { name: "marked", passed: true },
    ]);
  });

  it("ends a test that does not end", async () => {
    write({ "a.harn": "pipeline test_loop(task) { while true { } }\n" });
    const { code, out } = await harn(["test", "--timeout", "100"]);
    expect(code).toBe(1);
    expect(out).toContain("No end within 100 ms");
  });
});

describe("harn test conformance", () => {
  it("judges a folder, writes its reports, and fails when a program does", async () => {
    write({
      "suite/a/good.harn": "println(1)\n",
      "suite/a/good.expected": "1\n",
      "suite/b/bad.harn": "println(1)\n",
      "suite/b/bad.expected": "2\n",
      "suite/b/fails.harn": "let x = 0\n1 / x\n",
      "suite/b/fails.error": "Division by zero\n",
      "suite/b/loops.harn": "println(7)\nwhile true { }\n",
      "suite/b/loops.expected": "7\n",
    });
    const argv = [
      "test",
      "conformance",
      "suite",
      "--jobs",
      "2",
      "--timeout",
      "3000",
      "--json",
      "r.json",
      "--junit",
      "r.xml",
    ];
    const { code, out } = await harn(argv);
    expect(code).toBe(1);
    expect(out).toContain("FAIL b/bad.harn");
    expect(out).toContain("Stopped after 3000 ms without an end");
    expect(out).toMatch(/^all +2 of +4 /m);
    expect(JSON.parse(readFileSync(join(folder, "r.json"), "utf8"))).toMatchObject({ passed: 2, failed: 2 });
    expect(readFileSync(join(folder, "r.xml"), "utf8")).toContain('failures="2"');
    expect((await harn(["test", "conformance", "suite", "--filter", "good", "--jobs", "1"])).code).toBe(0);
    expect((await harn(["test", "conformance", "suite", "--filter", "re:("])).code).toBe(2);
    expect((await harn(["test", "conformance", "suite", "--select", "nowhere"])).code).toBe(2);
  });
});

describe("recorded runs", () => {
  const program = `println(random_int(1, 1000000000))
let out = parallel each [9, 1, 4] { n ->
  sleep(n)
  random_int(1, 1000000000)
}
println(out)
append_file("done.txt", "x")
`;
  const record = async () => {
    const { code, out, err } = await harn(["run", "--record", "runs", "a.harn"]);
    expect(code).toBe(0);
    const file = /^Recorded as (.*\.jsonl)$/m.exec(err)?.[1] ?? "";
    return { out, file };
  };

  it("replays what was printed, without doing anything again", async () => {
    write({ "a.harn": program });
    const { out, file } = await record();
    const replayed = await harn(["replay", file]);
    expect(replayed).toEqual({ code: 0, out, err: "" });
    expect(readFileSync(join(folder, "done.txt"), "utf8")).toBe("x");
  });

  it("shows runs and what they did", async () => {
    write({ "a.harn": program });
    const { file } = await record();
    expect((await harn(["runs", "runs"])).out).toMatch(/completed +a-\d{8}T\d{6}-\w+ +a\.harn\n$/);
    expect((await harn(["runs", file])).out).toMatch(/fs\.write \{.*"append":true.*\} {2}done/);
    expect(JSON.parse((await harn(["runs", "runs", "--json"])).out)).toHaveLength(1);
  });

  it("says where a program that has changed parts from its recording", async () => {
    write({ "a.harn": program });
    const { file } = await record();
    write({ "a.harn": program.replace('"done.txt", "x"', '"other.txt", "x"') });
    const { code, err } = await harn(["replay", file]);
    expect(code).toBe(1);
    expect(err).toContain("has changed since it was recorded");
    expect(err).toContain("other.txt");
    expect(err).not.toContain("internal error");
  });

  it("goes on with a run that was cut off, and does nothing twice", async () => {
    write({ "a.harn": `append_file("first.txt", "x")\n${program}` });
    const { out, file } = await record();
    const whole = readFileSync(file, "utf8");
    const lines = whole.trimEnd().split("\n");
    const cut = lines.findIndex((line) => line.includes("done.txt"));
    writeFileSync(file, `${lines.slice(0, cut).join("\n")}\n{"seq":99,"to`);
    rmSync(join(folder, "done.txt"));
    // What was printed and recorded is not printed again.
    const printed = lines.slice(0, cut).flatMap((line) => {
      const entry = JSON.parse(line);
      return entry.kind === "console.write" ? [entry.args.text] : [];
    });
    expect(printed.length).toBeGreaterThan(0);
    expect(await harn(["resume", file])).toEqual({ code: 0, out: out.slice(printed.join("").length), err: "" });
    expect((await harn(["replay", file])).out).toBe(out);
    expect(readFileSync(join(folder, "done.txt"), "utf8")).toBe("x");
    expect(readFileSync(join(folder, "first.txt"), "utf8")).toBe("x");
    const again = await harn(["resume", file]);
    expect([again.code, again.out]).toEqual([1, ""]);
    expect(again.err).toContain("completed");
  });

  it("a run that failed replays its failure", async () => {
    write({ "a.harn": 'println("once")\nread_file("nowhere.txt")\n' });
    const { code, out, err } = await harn(["run", "--record", "runs", "a.harn"]);
    expect([code, out]).toEqual([1, "once\n"]);
    const file = /^Recorded as (.*\.jsonl)$/m.exec(err)?.[1] ?? "";
    write({ "nowhere.txt": "it is there now" });
    const replayed = await harn(["replay", file]);
    expect([replayed.code, replayed.out]).toEqual([1, "once\n"]);
    expect(err).toContain(replayed.err.trim());
  });

  it.each([["replay"], ["resume"], ["runs"]])("%s of what is not there is a usage error", async (command) => {
    expect((await harn([command, "nowhere.jsonl"])).code).toBe(2);
  });

  it("a file that is no recording is refused", async () => {
    write({ "x.jsonl": "hello\n" });
    const { code, err } = await harn(["replay", "x.jsonl"]);
    expect(code).toBe(1);
    expect(err).not.toContain("internal error");
  });
});

describe("explain and doc", () => {
  it("explains a code in any spelling", async () => {
    const { code, out } = await harn(["explain", "p001"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^HARN-P001 \(error\): /);
    expect((await harn(["explain"])).out).toContain("HARN-P001  ");
    expect((await harn(["explain", "l001"])).out).toContain("// lint: allow ");
    expect((await harn(["explain", "Rate_Limit"])).out).toMatch(/^rate_limit: /);
    expect((await harn(["explain", "rate_limt"])).err).toContain("did you mean `rate_limit`?");
    expect((await harn(["explain", "t1"])).err).toContain("did you mean `HARN-T001`?");
    expect((await harn(["doc", "prinln"])).err).toContain("did you mean `println`?");
  });

  it("documents a builtin", async () => {
    const { code, out } = await harn(["doc", "println"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^println\(/);
    expect(JSON.parse((await harn(["doc", "println", "--json"])).out)).toMatchObject({ name: "println" });
  });

  it("lists the options of a builtin that has some, on lines that fit", async () => {
    const { out } = await harn(["doc", "agent_loop"]);
    const [, , options = ""] = out.split("\n\n");
    expect(options).toMatch(/^Options: \w+,/);
    expect(options.split(/[:,]\s+/)).toEqual(expect.arrayContaining(["max_iterations", "model", "skills"]));
    expect(options.split("\n").length).toBeGreaterThan(3);
    for (const line of options.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    const { out: json } = await harn(["doc", "with_rate_limit", "--json"]);
    expect(JSON.parse(json)).toMatchObject({ options: ["backoff_ms", "max_retries"] });
  });
});

describe("internal errors", () => {
  it("say whose fault it is and where, on three lines without a stack", () => {
    const error = new TypeError("x is undefined\nsecond line");
    const text = describeInternalError(error);
    expect(text.split("\n")).toHaveLength(3);
    expect(text).toMatch(/TypeError at cli\/cli\.test\.ts:\d+:\d+ \(x is undefined\)/);
    expect(text).not.toContain("    at ");
    expect(describeInternalError("text")).toContain("thrown string");
  });
});
