/** `--watch` in a real process: changes, broken files on the way, endless tests, Ctrl-C. */

import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HarnProcess, startHarn } from "../support/harn-process.ts";

let folder = "";
let running: HarnProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "harn-watch-"));
});
afterEach(() => {
  running?.child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

const start = (...args: string[]): HarnProcess => {
  running = startHarn(args, { cwd: folder });
  return running;
};
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const waiting = "Watching for changes";

describe("--watch", { timeout: 60_000 }, () => {
  it("harn check looks again after each change, until Ctrl-C", async () => {
    mkdirSync(join(folder, "lib"));
    write("lib/m.harn", "pub fn f() { return 1 }\n");
    write("a.harn", 'import "lib/m"\nprintln(f())\n');
    const harn = start("check", "--watch", "a.harn");
    await harn.printed("1 file: 0 errors, 0 warnings");
    await harn.printed(waiting);
    // An imported file counts although it was not named.
    write("lib/m.harn", "pub fn f( { return 1 }\n");
    await harn.printed("Changed: lib/m.harn");
    await harn.printed("lib/m.harn:1:");
    await harn.printed(waiting);
    // As editors save: another file takes the name.
    write("lib/m.harn.new", "pub fn f() { return 2 }\n");
    renameSync(join(folder, "lib/m.harn.new"), join(folder, "lib/m.harn"));
    await harn.printed("1 file: 0 errors, 0 warnings");
    await harn.printed(waiting);
    harn.child.kill("SIGINT");
    expect(await harn.ended).toMatchObject({ code: 130, signal: null });
  });

  it("harn test runs again, and a change ends a test that does not end", async () => {
    write("a.harn", "pipeline test_ends(task) { while true { } }\n");
    const harn = start("test", "--watch", "--timeout", "600000");
    // The watch is set before the first test starts; saving until it is seen needs no guess at how long that takes.
    const again = setInterval(() => write("a.harn", "pipeline test_ends(task) { assert_eq(1, 2) }\n"), 200);
    await harn.printed("Changed: a.harn").finally(() => clearInterval(again));
    await harn.printed("0 passed, 1 failed");
    await harn.printed(waiting);
    write("a.harn", "pipeline test_ends(task) { assert_eq(2, 2) }\n");
    await harn.printed("1 passed, 0 failed");
    write("b.harn", "pipeline test_new(task) { }\n");
    await harn.printed("2 passed, 0 failed");
    await harn.printed(waiting);
    harn.child.kill("SIGINT");
    expect((await harn.ended).code).toBe(130);
  });

  it("waits for the first file of an empty folder", async () => {
    const harn = start("check", "--watch");
    await harn.printed("There is no .harn file in this folder");
    await harn.printed(waiting);
    write("a.harn", "let = 1\n");
    await harn.printed("error[HARN-P");
    await harn.printed(waiting);
    harn.child.kill("SIGTERM");
    expect((await harn.ended).code).toBe(143);
  });
});
