import { describe, expect, it } from "vitest";
import { caught, printed, runHarn, shown } from "../../../test/support/run-harn.ts";
import type { ProcessScript } from "../../testing/index.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const process: ProcessScript = ({ command, args, cwd }) => {
  switch (command) {
    case "echo":
      return { stdout: encode(`${args.join(" ")}\n`), stderr: encode(cwd ?? "") };
    case "fail":
      return { exitCode: 3 };
    case "killed":
      return { exitCode: null, signal: "SIGKILL" };
    case "garbage":
      return { stdout: new Uint8Array([0x61, 0xff]) };
    case "flood":
      return { stdout: encode("x"), truncated: true };
    case "slow":
      return { runsMs: 60_000 };
    case "forbidden":
      return { fail: "permission_denied" };
  }
  return { fail: "not_found" };
};

describe("processes (M3)", () => {
  it.each([
    ['exec("echo", "a", 1)', "{status: 0, stderr: , stdout: a 1\n, success: true}"],
    ['exec_at("sub", "echo")', "{status: 0, stderr: /home/harn/sub, stdout: \n, success: true}"],
    ['shell("fail")', "{status: 3, stderr: , stdout: , success: false}"],
    ['exec("killed").status', "-1"],
    ['exec("garbage").stdout', "a\ufffd"],
    ['exec("flood").truncated', "true"],
    ['shell_at("/tmp", "fail").success', "false"],
  ])("%s", async (expression, expected) => {
    expect(await shown(expression, { process })).toBe(expected);
  });

  it.each([
    ["exec()", "exec: command is required"],
    ['exec("nope")', "exec failed: process spawn failed: No such file or directory (os error 2)"],
    ['shell("forbidden")', "shell failed: process spawn failed: Permission denied (os error 13)"],
    ['shell("")', "shell: command string is required"],
    ['exec_at("x")', "exec_at: directory and command are required"],
    ['shell_at("x")', "shell_at: directory and command string are required"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression, { process })).toBe(expected);
  });

  it("a deadline ends a process that runs on", async () => {
    const run = await runHarn('try {\n  deadline 1s { exec("slow") }\n} catch (e) {\n  println(e)\n}', { process });
    expect(run.output).toBe("Deadline exceeded\n");
    expect(run.host.clock.elapsedMs).toBeLessThan(2000);
    expect(run.liveTasks).toBe(0);
  });

  it("a command line goes to the shell", async () => {
    const { host } = await runHarn('shell("echo hi | cat")', { process: () => ({}) });
    expect(host.requests.process[0]).toMatchObject({ command: "echo hi | cat", shell: true });
  });
});

describe("facts of the run", () => {
  it.each([
    ['env("A")', "1"],
    ['env("B")', "nil"],
    ['env("toString")', "nil"],
    ['env_or("B", 2)', "2"],
    ["platform()", "linux"],
    ["arch()", "x86_64"],
    ["pid()", "1"],
    ["username()", "harn"],
    ["hostname()", "virtual"],
    ["home_dir()", "/home/harn"],
    ["date_iso()", "2026-01-01T00:00:00.000Z"],
    ["cwd()", "/home/harn"],
    ["execution_root()", "/home/harn"],
    ["source_dir()", "/home/harn"],
    ["project_root()", "nil"],
    ["[source_dir].map({ f -> f() })", "[/home/harn]"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression, { env: { A: "1" } })).toBe(expected);
  });

  it("the folders of a project", async () => {
    const options = { files: { "/home/harn.toml": "" }, env: { HARN_RUN_DIR: "runs", HARN_STATE_DIR: "/state" } };
    expect(await printed("println(project_root())\nprintln(runtime_paths())", options)).toEqual([
      "/home",
      "{asset_root: /home/harn, execution_root: /home/harn, run_root: /home/runs, state_root: /state, worktree_root: /state/worktrees}",
    ]);
  });

  it("the source folder is that of the file with the call, also through a function of another file", async () => {
    const files = { "/home/harn/lib/place.harn": "pub fn where() {\n  return source_dir()\n}\n" };
    expect(
      await printed('import { where } from "lib/place"\nprintln(where())\nprintln(source_dir())', { files }),
    ).toEqual(["/home/harn/lib", "/home/harn"]);
  });
});
