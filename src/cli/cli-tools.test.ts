/** The tools of the language as a user meets them: files, folders, standard input, terminals, and mistakes. */

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
    [["run", "a.harn", "--receipt", "r.json"], "`--receipt` stands after the file"],
  ])("%j: %s", async (argv, words) => {
    tools.write({ "a.harn": "println(1)\n" });
    const { code, out, err } = await tools.harn(argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(words);
  });

  it("a program has its options behind --, and plain words without", async () => {
    tools.write({ "a.harn": "println(argv)\n" });
    expect((await tools.harn(["run", "a.harn", "--", "--receipt"])).out).toBe("[--receipt]\n");
    expect((await tools.harn(["run", "a.harn", "input.txt", "-v"])).out).toBe("[input.txt, -v]\n");
  });

  it.each(["run", "replay", "resume", "inspect", "check", "fmt", "lint", "test", "fuzz", "explain", "doc"])(
    "harn %s --help has an example that begins with the command",
    async (command) => {
      const { code, out } = await tools.harn([command, "--help"]);
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`^  harn ${command}\\b`, "m"));
    },
  );
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

  it("goes on past a file that cannot be read or parsed", async () => {
    writeFileSync(join(tools.path, "a.harn"), new Uint8Array([0xff]));
    tools.write({ "b.harn": "let = = \n", "c.harn": unformatted });
    const { code, err } = await tools.harn(["fmt"]);
    expect(code).toBe(1);
    expect(err).toContain("Cannot read a.harn: it is not valid UTF-8");
    expect(err).toContain("--> b.harn:1:");
    expect(err).toMatch(/^3 files: 1 changed, 2 could not be read$/m);
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
      "  in down (a.harn:2)\n  in down (a.harn:3)\n  … the line above 19 more times\n  in <main> (a.harn:5)\n",
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
