/** The tools of the language as a user meets them: files, folders, standard input, terminals, and mistakes. */

import { execFileSync } from "node:child_process";
import { chmodSync, lstatSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CommandFolder, createCommandFolder } from "./__fixtures__/command.ts";

let tools: CommandFolder;
beforeEach(() => {
  tools = createCommandFolder();
});
afterEach(() => tools.remove());

const unformatted = "let   x=1\nprintln(x)\n";
const formatted = "let x = 1\nprintln(x)\n";

describe("files that are none", () => {
  it.skipIf(process.platform === "win32")(
    "a pipe is named, not waited for; in a folder it is passed over",
    async () => {
      execFileSync("mkfifo", [join(tools.path, "pipe.harn")]);
      const { code, err } = await tools.harn(["check", "pipe.harn"]);
      expect([code, err]).toEqual([
        2,
        "harn: pipe.harn is neither a file nor a folder; a pipe or device can be read as `-` (standard input)\n",
      ]);
      tools.write({ "a.harn": "let x = 1\n" });
      expect((await tools.harn(["check"])).err).toBe("1 file: 0 errors, 0 warnings\n");
    },
  );

  it("a program that is not there is no import", async () => {
    symlinkSync("missing.harn", join(tools.path, "link.harn"));
    const { code, err } = await tools.harn(["check", "link.harn"]);
    expect(code).toBe(1);
    expect(err).toMatch(/^error\[HARN-N101\]: Cannot read '.*link\.harn': no such file$/m);
  });

  it("a file named to `harn test` that does not parse is told", async () => {
    tools.write({ "a.harn": "let x = \n" });
    const { code, out } = await tools.harn(["test", "a.harn"]);
    expect(code).toBe(1);
    expect(out).toContain("HARN-P002");
  });
});

describe("standard input as `-`", () => {
  it.each<[string[], string, { code: number; out?: string; err?: string }]>([
    [["run", "-"], "println(6 * 7)\n", { code: 0, out: "42\n" }],
    [["run", "-", "--", "one"], "println(argv)\n", { code: 0, out: "[one]\n" }],
    [["check", "-"], "let x = 1\n", { code: 0, err: "1 file: 0 errors, 0 warnings\n" }],
    [["check", "-"], "let x = (\n", { code: 1, err: "--> <stdin>:" }],
    [["lint", "-"], "fn _f(flag: bool) -> bool {\n  return flag == true\n}\n", { code: 1, err: "--> <stdin>:2" }],
    [["fmt", "-"], unformatted, { code: 0, out: formatted }],
    [["fmt", "--check", "-"], unformatted, { code: 1, out: "<stdin> is not formatted\n" }],
    [["fmt", "--check", "-"], formatted, { code: 0, out: "" }],
    [["fmt", "-", "a.harn"], "", { code: 2, err: "`-` is standard input, and stands alone" }],
    [["lint", "--fix", "-"], "", { code: 2, err: "`--fix` changes files" }],
    [["fmt", "--json", "-"], "", { code: 2, err: "`--json` tells of files" }],
  ])("%j of %j", async (argv, stdin, expected) => {
    const { code, out, err } = await tools.harn(argv, { stdin });
    expect(code).toBe(expected.code);
    if (expected.out !== undefined) expect(out).toBe(expected.out);
    if (expected.err !== undefined) expect(err).toContain(expected.err);
  });
});

describe("mistakes on the command line", () => {
  it.each<[string[], string]>([
    [["chek"], "Did you mean check?"],
    [["check", "--jsn"], "Did you mean --json?"],
    [["agent.harn"], "to run the program: harn run agent.harn"],
    [["run", "-p", "buld", "p.harn"], "There is no pipeline `buld`; did you mean `build`?"],
    [["run", "-p", "nope", "p.harn"], "There is no pipeline `nope`; there is build"],
    [["run", "-p", "nope", "a.harn"], "There is no pipeline `nope`; the file has none"],
    [["run", "a.harn", "--receipt", "r.json"], "`--receipt` stands after the file"],
    [["run", "folder"], "folder is a folder; name a .harn file in it"],
    [["inspect", "folder"], "folder is a folder"],
    [["bench", "folder"], "folder is a folder"],
    [["run", ""], "Expected a file, found an empty name"],
    [["run", "--runs-dir", "r", "a.harn"], "--runs-dir needs --durable"],
    [["run", "--in-doubt", "retry", "a.harn"], "--in-doubt needs --durable"],
    [["run", "--record", "r", "--durable", "d", "a.harn"], "exclude each other"],
    [["run", "--llm-mock", "none.jsonl", "a.harn"], "none.jsonl: no such file"],
    [["test", "conformance", "folder"], "There is no program in folder with an .expected or .error file"],
  ])("%j: %s", async (argv, words) => {
    tools.write({
      "a.harn": "println(1)\n",
      "p.harn": "pipeline build(task) {\n  println(2)\n}\n",
      "folder/b.harn": "println(3)\n",
    });
    const { code, out, err } = await tools.harn(argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(words);
  });

  it("a program has its options behind --, and plain words without", async () => {
    tools.write({ "a.harn": "println(argv)\n" });
    expect((await tools.harn(["run", "a.harn", "--", "--receipt"])).out).toBe("[--receipt]\n");
    expect((await tools.harn(["run", "a.harn", "input.txt", "-v"])).out).toBe("[input.txt, -v]\n");
  });

  it.each([
    "run",
    "replay",
    "resume",
    "inspect",
    "check",
    "fmt",
    "lint",
    "test",
    "new",
    "repl",
    "fuzz",
    "explain",
    "doc",
  ])("harn %s --help has an example that begins with the command", async (command) => {
    const { code, out } = await tools.harn([command, "--help"]);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^  harn ${command}\\b`, "m"));
  });
});

describe("rewriting files", () => {
  it("keeps mode and links, and leaves nothing behind", async () => {
    tools.write({ "real/a.harn": unformatted });
    chmodSync(join(tools.path, "real/a.harn"), 0o755);
    symlinkSync(join("real", "a.harn"), join(tools.path, "link.harn"));
    expect((await tools.harn(["fmt", "link.harn"])).code).toBe(0);
    expect(tools.read("real/a.harn")).toBe(formatted);
    expect(statSync(join(tools.path, "real/a.harn")).mode & 0o777).toBe(0o755);
    expect(lstatSync(join(tools.path, "link.harn")).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(tools.path, "real"))).toEqual(["a.harn"]);
  });

  it("--json names what was changed and what could not be", async () => {
    tools.write({ "a.harn": formatted, "b.harn": unformatted, "c.harn": "let = = \n" });
    for (const check of [["--check"], []]) {
      const { code, out } = await tools.harn(["fmt", "--json", ...check]);
      expect([code, JSON.parse(out)]).toEqual([1, { files: 3, changed: ["b.harn"], failed: ["c.harn"] }]);
    }
    expect(tools.read("b.harn")).toBe(formatted);
  });

  it("goes on past a file that cannot be read or parsed", async () => {
    writeFileSync(join(tools.path, "a.harn"), new Uint8Array([0xff]));
    tools.write({ "b.harn": "let = = \n", "c.harn": unformatted });
    const { code, err } = await tools.harn(["fmt"]);
    expect(code).toBe(1);
    expect(err).toContain("Cannot read a.harn: it is not valid UTF-8");
    expect(err).toContain("--> b.harn:1:");
    expect(err).toMatch(/^3 files: 1 changed, 2 could not be formatted$/m);
    expect(tools.read("c.harn")).toBe(formatted);
  });

  it.each(["fmt", "lint"])("%s is quiet in a pipe whatever it takes, and colourless", async (command) => {
    tools.write(Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}.harn`, formatted])));
    const { out, err } = await tools.harn([command]);
    expect(out).toBe("");
    expect(err).not.toMatch(/[\r\u001b]/);
    expect(err).toMatch(/^50 files: [^\n]*\n$/m);
  });
});

describe("traces", () => {
  it("shows a recursion once", async () => {
    tools.write({ "a.harn": "fn down(n) {\n  if n == 0 { return 1 / 0 }\n  return 1 + down(n - 1)\n}\ndown(20)\n" });
    const { err } = await tools.harn(["run", "a.harn"]);
    expect(err).toContain(
      "  in down (a.harn:2:24)\n  in down (a.harn:3:14)\n  … the line above 19 more times\n  in <main> (a.harn:5:1)\n",
    );
  });
});

describe("harn test", () => {
  it.each<[string, string[], number, string]>([
    ["what passes", ["good.harn"], 0, "2 passed, 0 failed"],
    ["one of a file", ["--filter", "good.harn:marked"], 0, "1 passed, 0 failed"],
    ["a file that does not compile", ["broken.harn"], 1, "FAIL broken.harn compiles"],
    ["no test of that name", ["--filter", "nothing"], 2, "No test matches `nothing`"],
    ["no such file", ["nowhere"], 2, "Cannot find nowhere"],
    ["a filter that is no expression", ["--filter", "re:("], 2, "The filter is no regular expression"],
    ["a report that cannot be written", ["good.harn", "--junit", "no/such/folder/r.xml"], 1, "Cannot write"],
    ["a number that is none", ["--parallel", "many"], 2, "Expected a positive whole number"],
  ])("exits with the right code: %s", async (_, args, code, words) => {
    tools.write({
      "good.harn": "pipeline test_adds(task) { assert_eq(1 + 2, 3) }\n@test\npipeline marked(task) { }\n",
      "broken.harn": "pipeline test_never(task) {\n  let = 1\n}\n",
    });
    const exit = await tools.harn(["test", ...args]);
    expect(exit.code).toBe(code);
    expect(exit.out + exit.err).toContain(words);
  });
});

describe("harn new", () => {
  it("makes a project that runs, whose tests pass, and that every tool is content with", async () => {
    const { code, out, err } = await tools.harn(["new", "letters"]);
    expect([code, out.split("\n")[0]]).toEqual([0, "letters/main.harn"]);
    expect(err).toBe("\nNext:\n  cd letters\n  harn run main.harn\n  harn test\n");
    expect(await tools.harn(["run", "letters/main.harn", "--", "so", "it", "is"])).toEqual({
      code: 0,
      out: "3 words: so it is\n",
      err: "",
    });
    expect((await tools.harn(["run", "letters/main.harn"])).code).toBe(0);
    expect((await tools.harn(["test", "letters"])).out).toMatch(/\n2 passed, 0 failed\n$/);
    expect((await tools.harn(["check", "--strict", "letters"])).err).toBe("3 files: 0 errors, 0 warnings\n");
    expect((await tools.harn(["lint", "letters"])).err).toBe("3 files: 0 findings\n");
    expect((await tools.harn(["fmt", "--check", "letters"])).out).toBe("");
    expect(
      tools
        .read("letters/README.md")
        .trimEnd()
        .split("\n")
        .filter((line) => line !== ""),
    ).toHaveLength(5);
  });

  it("leaves a folder alone that holds something", async () => {
    tools.write({ "mine/notes.txt": "mine", file: "" });
    expect(await tools.harn(["new", "mine"])).toEqual({
      code: 1,
      out: "",
      err: "harn: The folder mine is not empty; choose another name, or empty it\n",
    });
    expect(readdirSync(join(tools.path, "mine"))).toEqual(["notes.txt"]);
    expect((await tools.harn(["new", "file"])).err).toBe("harn: file is a file; choose another name for the project\n");
    expect((await tools.harn(["new", "file/below"])).err).toMatch(/^harn: Cannot make the folder .*not a folder/);
    expect((await tools.harn(["new"])).code).toBe(2);
  });

  it("takes an empty folder, also the one it is in", async () => {
    expect((await tools.harn(["new", "."])).code).toBe(0);
    expect((await tools.harn(["new", "with space's"])).err).toContain("cd 'with space'\\''s'");
    expect(readdirSync(tools.path)).toContain("main.harn");
  });
});

describe("harn bench", () => {
  const program = `fn work() { return [1, 2, 3].map({ n -> n * 2 }) }
pipeline bench_map(task) { work() }
@bench
pipeline marked(task) { println("dropped") }
pipeline default(task) { work() }
`;

  it("measures what is named or marked, and drops what it prints", async () => {
    tools.write({ "a.harn": program });
    const { code, out } = await tools.harn(["bench", "--runs", "3", "a.harn"]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^ +median +p95 +spread +memory +runs\nbench_map .* 3 \*\nmarked .* 3 \*\n\n\* the median is not steady/,
    );
    expect(out).not.toContain("dropped");
    expect(out).not.toContain("default");
  });

  it("takes the whole file when it has no benchmark", async () => {
    tools.write({ "whole.harn": "var n = 0\nwhile n < 100 { n = n + 1 }\n" });
    const { out } = await tools.harn(["bench", "--runs", "3", "--json", "whole.harn"]);
    expect(JSON.parse(out)).toMatchObject({
      version: 1,
      file: "whole.harn",
      benchmarks: [{ name: "whole.harn", runs: 3, medianMs: expect.any(Number), p95Ms: expect.any(Number) }],
    });
  });

  it("stands beside an earlier result, and fails on request when it is clearly slower", async () => {
    tools.write({ "a.harn": program });
    const reported = (medianMs: number): string =>
      JSON.stringify({ version: 1, benchmarks: [{ name: "bench_map", medianMs, spread: 0.01 }] });
    tools.write({ "fast.json": reported(1e-9), "slow.json": reported(1e9) });
    const args = ["bench", "--runs", "3", "--fail-slower", "10"];
    const worse = await tools.harn([...args, "--compare", "fast.json", "a.harn"]);
    expect([worse.code, worse.err]).toEqual([1, expect.stringContaining("Slower by more than 10 %: bench_map\n")]);
    expect(worse.out).toMatch(/^marked .* - +new$/m);
    const better = await tools.harn([...args, "--compare", "slow.json", "a.harn"]);
    expect([better.code, better.out]).toEqual([0, expect.stringContaining("−100.0 %")]);
  });

  it.each<[string, string[], number, string]>([
    ["a run that fails", ["fails.harn"], 1, "error: Division by zero\n --> fails.harn:1:3\n"],
    ["a file that does not compile", ["broken.harn"], 1, "--> broken.harn:1:"],
    ["no such file", ["nowhere.harn"], 2, "Cannot find nowhere.harn"],
    [
      "no such benchmark",
      ["--filter", "x", "a.harn"],
      2,
      "No benchmark of a.harn matches `x`; it has bench_map, marked",
    ],
    ["a limit without a report", ["--fail-slower", "5", "a.harn"], 2, "`--fail-slower` needs `--compare FILE`"],
    [
      "a report that is none",
      ["--compare", "a.harn", "a.harn"],
      1,
      "a.harn is no report of harn bench: it is not JSON; write one",
    ],
    ["a report of another shape", ["--compare", "other.json", "a.harn"], 1, "expected `version` 1"],
  ])("says what is wrong: %s", async (_, args, code, words) => {
    tools.write({ "a.harn": program, "fails.harn": "1 / 0\n", "broken.harn": "let = 1\n", "other.json": "{}" });
    const outcome = await tools.harn(["bench", ...args]);
    expect([outcome.code, outcome.out]).toEqual([code, ""]);
    expect(outcome.err).toContain(words);
  });

  it("Ctrl-C ends it", async () => {
    tools.write({ "endless.harn": 'println("x")\nwhile true { }\n' });
    const stopping = tools.harn(["bench", "endless.harn"], { stopOnStart: true });
    expect((await stopping).code).toBe(130);
  });
});
