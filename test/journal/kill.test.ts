/** A durable run is a process that may be killed at any moment, and the same command that goes on. */

import type { ChildProcess } from "node:child_process";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { useBundledHarn } from "../support/bundled-harn.ts";
import { startHarn } from "../support/harn-process.ts";

const at = useBundledHarn();

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function harn(...args: string[]) {
  const started = startHarn(args, { cwd: at.folder, stdin: "", bundle: at.bundle });
  children.push(started.child);
  return started;
}

const read = (name: string): string => {
  const path = join(at.folder, name);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
};

async function until(holds: () => boolean): Promise<void> {
  // Another process makes it true; looking is all that can be done.
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

const program = `
println("begin \${random_int(1, 1000000000)}")
let results = parallel each [1, 2, 3] { n ->
  for step in 1 to 3 {
    append_file("done.txt", "\${n}.\${step}\\n")
    sleep(40ms)
  }
  n * 10
}
println(results)
`;

const steps = [1, 2, 3].flatMap((n) => [1, 2, 3].map((step) => `${n}.${step}`));

describe("a durable run", () => {
  it("killed again and again ends as if nothing had happened, and does nothing twice", {
    timeout: 180_000,
  }, async () => {
    writeFileSync(join(at.folder, "agent.harn"), program);
    const command = ["run", "--durable", "nightly", "--in-doubt", "retry", "agent.harn"];
    let printed = "";
    for (const seen of [1, 4, 7]) {
      const { child, ended } = harn(...command);
      await until(() => read("done.txt").split("\n").length > seen);
      child.kill("SIGKILL");
      const { signal, out } = await ended;
      expect(signal).toBe("SIGKILL");
      printed += out;
    }
    const last = await harn(...command).ended;
    expect({ code: last.code, err: last.err }).toEqual({ code: 0, err: "" });
    printed += last.out;
    expect(printed).toMatch(/^begin \d+\n\[10, 20, 30\]\n$/);

    // An append that was under way when the process was killed was retried because we said so; all others are there once.
    const done = read("done.txt").trimEnd().split("\n");
    expect([...new Set(done)].sort()).toEqual(steps);
    const resumes = read(".harn/runs/nightly.jsonl").match(/"type":"resume"/g)?.length ?? 0;
    expect(resumes).toBe(3);
    expect(done.length - steps.length).toBeLessThanOrEqual(3);

    const again = await harn(...command).ended;
    expect({ code: again.code, out: again.out }).toEqual({ code: 0, out: "" });
    expect(again.err).toContain("Run nightly is over (completed)");
    expect(read("done.txt").trimEnd().split("\n")).toEqual(done);
    expect((await harn("replay", ".harn/runs").ended).out).toBe(printed);
  });

  it("stops and says what is in doubt, unless told what to do with it", { timeout: 60_000 }, async () => {
    writeFileSync(join(at.folder, "agent.harn"), 'shell("echo x >> ran.txt; sleep 30")\nprintln("after")\n');
    const { child, ended } = harn("run", "--durable", "doubt", "agent.harn");
    await until(() => read("ran.txt") !== "");
    child.kill("SIGKILL");
    await ended;
    const stopped = await harn("run", "--durable", "doubt", "agent.harn").ended;
    expect(stopped.code).toBe(1);
    expect(stopped.err).toContain("was under way when the run stopped, and may or may not have happened");
    expect(stopped.err).toMatch(/`--in-doubt \d+=done` \(it happened\), `--in-doubt \d+=retry` \(do it again\)/);
    expect(read("ran.txt")).toBe("x\n");
    const entry = /\(entry (\d+)\)/.exec(stopped.err)?.[1];
    // What is said of other entries changes nothing.
    const other = await harn("run", "--durable", "doubt", "--in-doubt", "9999=retry", "agent.harn").ended;
    expect([other.code, other.err]).toEqual([1, stopped.err]);
    cpSync(join(at.folder, ".harn", "runs", "doubt.jsonl"), join(at.folder, ".harn", "runs", "done.jsonl"));
    const header = read(".harn/runs/done.jsonl").replaceAll('"id":"doubt"', '"id":"done"');
    writeFileSync(join(at.folder, ".harn", "runs", "done.jsonl"), header);
    const done = await harn(
      "run",
      "--durable",
      "done",
      "--in-doubt",
      "fail",
      "--in-doubt",
      `${entry}=done`,
      "agent.harn",
    ).ended;
    expect(done).toMatchObject({ code: 0, out: "after\n", err: "" });
    expect(read("ran.txt")).toBe("x\n");
    const failed = await harn("run", "--durable", "doubt", "--in-doubt", "fail", "agent.harn").ended;
    expect(failed.code).toBe(1);
    expect(failed.err).toContain("may or may not have happened; check, then decide");
    expect(read("ran.txt")).toBe("x\n");
  });

  it("Ctrl-C leaves it where it is", { timeout: 60_000 }, async () => {
    writeFileSync(
      join(at.folder, "agent.harn"),
      'println("up")\ntry { sleep(1s) } finally { println("end") }\nprintln("over")\n',
    );
    const { child, ended } = harn("run", "--durable", "pause", "agent.harn");
    let out = "";
    child.stdout?.on("data", (chunk) => {
      out += chunk;
    });
    await until(() => out.includes("up"));
    child.kill("SIGINT");
    const first = await ended;
    expect({ code: first.code, out: first.out }).toEqual({ code: 130, out: "up\n" });
    expect(first.err).toContain("Run pause is suspended");
    const second = await harn("run", "--durable", "pause", "agent.harn").ended;
    expect(second).toEqual({ code: 0, signal: null, out: "end\nover\n", err: "" });
  });

  it("is worked on by one process at a time", { timeout: 60_000 }, async () => {
    writeFileSync(join(at.folder, "agent.harn"), 'append_file("up.txt", "x")\nsleep(30s)\n');
    harn("run", "--durable", "one", "agent.harn");
    await until(() => read("up.txt") !== "");
    const second = await harn("run", "--durable", "one", "agent.harn").ended;
    expect(second.code).toBe(1);
    expect(second.err).toMatch(/^harn: Run one is being worked on by process \d+ since .*remove .*one\.lock\n$/);
  });
});
