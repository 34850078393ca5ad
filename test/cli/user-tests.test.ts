/** `harn test` as a process: exit codes, processes of their own, reports, and tests that do not end. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HarnExit, runHarnProcess, startHarn } from "../support/harn-process.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "harn-tests-"));
  write(
    "good.harn",
    'pipeline test_adds(task) { assert_eq(1 + 2, 3) }\n@test\npipeline marked(task) { println("said") }\n',
  );
  write("fails.harn", 'pipeline test_wrong(task) {\n  println("before")\n  assert_eq(1, 2)\n}\n');
  write("endless.harn", "pipeline test_spins(task) { while true { } }\npipeline test_waits(task) { sleep(1h) }\n");
  write("broken.harn", "pipeline test_never(task) {\n  let = 1\n}\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const harnTest = (...args: string[]): Promise<HarnExit> => runHarnProcess(["test", ...args], { cwd: folder });

describe("harn test", { timeout: 60_000 }, () => {
  it("with --parallel tells the same, in the same order, and writes JUnit", async () => {
    const args = ["--timeout", "400", "--json", "--junit", "results.xml"];
    const [alone, parallel] = [await harnTest(...args), await harnTest(...args, "--parallel", "2")];
    const told = ({ out }: HarnExit): unknown =>
      JSON.parse(out).map(({ file, name, passed, place }: Record<string, unknown>) => ({ file, name, passed, place }));
    expect([alone.code, parallel.code]).toEqual([1, 1]);
    expect(told(parallel)).toEqual(told(alone));
    expect(told(alone)).toEqual([
      { file: "broken.harn", name: "compiles", passed: false, place: { file: "broken.harn", line: 2 } },
      { file: "endless.harn", name: "test_spins", passed: false, place: undefined },
      { file: "endless.harn", name: "test_waits", passed: false, place: undefined },
      { file: "fails.harn", name: "test_wrong", passed: false, place: { file: "fails.harn", line: 3 } },
      { file: "good.harn", name: "test_adds", passed: true, place: undefined },
      { file: "good.harn", name: "marked", passed: true, place: undefined },
    ]);
    const junit = readFileSync(join(folder, "results.xml"), "utf8");
    expect(junit).toContain('<testsuites tests="6" failures="4">');
    expect(junit).toContain("No end within 400 ms");
  });

  it("a pipe gets plain text without a stack of ours", async () => {
    const { code, out, err } = await harnTest("--timeout", "400", "--verbose");
    expect([code, err]).toEqual([1, ""]);
    expect(out).not.toMatch(/\u001b|node:internal|\.ts:\d/);
    expect(out).toContain("It printed:\n      before");
    expect(out).toContain("It printed:\n      said");
    expect(out.trimEnd().split("\n").at(-1)).toBe("2 passed, 4 failed");
  });

  it.each([[[]], [["--parallel", "2"]]])("Ctrl-C ends it at once, processes included (%j)", async (more) => {
    const harn = startHarn(["test", "good.harn", "endless.harn", ...more], { cwd: folder });
    await harn.printed("ok   good.harn marked");
    harn.child.kill("SIGINT");
    expect(await harn.ended).toMatchObject({ code: 130, signal: null });
  });
});
