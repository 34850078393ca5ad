/** One process at a time works on a durable run, however many begin at once and however the last holder ended. */

import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/cli/context.ts";
import { lockRun } from "../../src/cli/journal/run-lock.ts";
import { useBundledHarn } from "../support/bundled-harn.ts";
import { runHarnProcess, startHarn } from "../support/harn-process.ts";

const contender = fileURLToPath(new URL("lock-contender.ts", import.meta.url));

const at = useBundledHarn();

const lockPath = (): string => join(at.folder, "a.lock");
const leave = (holder: unknown): void =>
  writeFileSync(lockPath(), typeof holder === "string" ? holder : JSON.stringify(holder));
const refusal = (): string => {
  try {
    lockRun(lockPath(), "a", 0)();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "taken";
};
/** Higher than any process id. */
const NOBODY = 2 ** 30;
const dead = { token: "t", pid: NOBODY, host: hostname(), sinceMs: 0 };

describe("the lock of a run", () => {
  it("names its holder, since when, and a way out; and is free when it was given back", () => {
    const unlock = lockRun(lockPath(), "a", Date.UTC(2026, 0, 2));
    expect(() => lockRun(lockPath(), "a", 0)).toThrow(UsageError);
    expect(refusal()).toBe(
      `Run a is being worked on by process ${process.pid} since 2026-01-02T00:00:00.000Z; wait for it or stop it, ` +
        `and if it is gone, remove ${lockPath()}`,
    );
    unlock();
    expect(refusal()).toBe("taken");
    expect(readdirSync(at.folder)).toEqual([]);
  });

  it.each<[string, unknown, string | RegExp]>([
    ["of a process that is gone", dead, "taken"],
    ["of a process that is gone, and of one that was taking over from it and is gone too", dead, "taken"],
    ["of another process that has the number now", { ...dead, pid: process.ppid, process: "boot/1" }, "taken"],
    ["that holds nothing we know", { token: "../x", pid: "y" }, /is being started by another process; try again/],
    ["that is empty", "", /is being started by another process; try again/],
    ["of another machine", { ...dead, host: "elsewhere" }, /by process 1073741824 on elsewhere since 1970-01-01T/],
    ["of a process that is there", { ...dead, pid: process.ppid }, /by process \d+ since/],
  ])("%s", (name, holder, expected) => {
    leave(holder);
    if (name.includes("taking over")) writeFileSync(`${lockPath()}-t`, JSON.stringify({ ...dead, token: "u" }));
    expect(refusal()).toMatch(expected);
    if (expected === "taken") expect(readdirSync(at.folder)).toEqual([]);
  });

  it("where a file stands in the place of the folder says so", () => {
    writeFileSync(join(at.folder, "file"), "");
    expect(() => lockRun(join(at.folder, "file", "a.lock"), "a", 0)).toThrow(/^Cannot lock run a with .*a\.lock: /);
  });

  it("holds between processes that take it at the same time, and from those that were killed with it", {
    timeout: 60_000,
  }, async () => {
    const rounds = "120";
    const run = () =>
      promisify(execFile)(process.execPath, [
        "--import",
        import.meta.resolve("tsx"),
        "--conditions=source",
        contender,
        at.folder,
        rounds,
      ]);
    const results = await Promise.all([run(), run(), run()]);
    for (const { stdout } of results) expect(JSON.parse(stdout)).toMatchObject({ together: 0 });
    expect(results.some(({ stdout }) => (JSON.parse(stdout) as { refused: number }).refused > 0)).toBe(true);
  });
});

describe("two commands that begin the same durable run at once", () => {
  it("one does the work, the other says who does", { timeout: 60_000 }, async () => {
    writeFileSync(join(at.folder, "agent.harn"), 'append_file("did.txt", "x")\nsleep(2500ms)\nprintln("over")\n');
    const both = [0, 1].map(() =>
      startHarn(["run", "--durable", "one", "agent.harn"], { cwd: at.folder, stdin: "", bundle: at.bundle }),
    );
    const ends = await Promise.all(both.map(({ ended }) => ended));
    const [winner, loser] = ends[0]?.code === 0 ? ends : ends.reverse();
    expect(winner).toEqual({ code: 0, signal: null, out: "over\n", err: "" });
    expect(readFileSync(join(at.folder, "did.txt"), "utf8")).toBe("x");
    if (loser?.code === 0) expect(loser.err).toContain("Run one is over (completed)");
    else {
      expect(loser).toMatchObject({ code: 1, out: "" });
      expect(loser?.err).toMatch(/^harn: Run one is being worked on by process \d+ since .*one\.lock\n$/);
    }
  });

  it("a lock left by a killed process is taken over by the next", { timeout: 60_000 }, async () => {
    writeFileSync(join(at.folder, "agent.harn"), 'println("up")\nsleep(2s)\nprintln("over")\n');
    const first = startHarn(["run", "--durable", "one", "agent.harn"], {
      cwd: at.folder,
      stdin: "",
      bundle: at.bundle,
    });
    await first.printed("up");
    first.child.kill("SIGKILL");
    await first.ended;
    expect(readdirSync(join(at.folder, ".harn", "runs")).sort()).toEqual(["one.jsonl", "one.lock"]);
    const next = await runHarnProcess(["run", "--durable", "one", "agent.harn"], { cwd: at.folder, bundle: at.bundle });
    expect([next.code, next.err]).toEqual([0, ""]);
    // What was printed is stored right afterwards: a kill in between shows it again.
    expect(next.out).toMatch(/^(up\n)?over\n$/);
    expect(readdirSync(join(at.folder, ".harn", "runs"))).toEqual(["one.jsonl"]);
  });

  it("a folder that cannot be made is one line, with a way out", { timeout: 60_000 }, async () => {
    writeFileSync(join(at.folder, "agent.harn"), 'println("up")\n');
    writeFileSync(join(at.folder, "taken"), "");
    const args = ["run", "--durable", "one", "--runs-dir", "taken/runs", "agent.harn"];
    const { code, out, err } = await runHarnProcess(args, { cwd: at.folder, bundle: at.bundle });
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^harn: Cannot (lock|keep) .*: a part of the path is not a folder.*\n$/);
  });

  it("an id that leads elsewhere is refused before anything is made", { timeout: 60_000 }, async () => {
    writeFileSync(join(at.folder, "agent.harn"), 'println("up")\n');
    const { code, err } = await runHarnProcess(["run", "--durable", "../x", "agent.harn"], {
      cwd: at.folder,
      bundle: at.bundle,
    });
    expect(code).not.toBe(0);
    expect(err).toContain("Expected a run id of 1 to 128 letters");
    expect(readdirSync(at.folder)).toEqual(["agent.harn"]);
  });
});
