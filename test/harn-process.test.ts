/** What only a real process shows: signals, a reader that goes away, exit codes, and that no stack trace gets out. */

import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "harn-process-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function start(source: string, ...args: string[]) {
  const file = join(folder, "program.harn");
  writeFileSync(file, source);
  const child = spawn(process.execPath, ["--import", "tsx", "--conditions=source", main, "run", file, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  const ended = new Promise<{ code: number | null; signal: string | null; out: string; err: string }>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, out, err })),
  );
  const printed = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (out.includes(text)) resolve();
      };
      child.stdout.on("data", look);
      look();
    });
  return { child, ended, printed };
}

describe("the harn process", () => {
  it.each(["18.20.4", "20.9.0"])("Node %s is told to be too old", async (version) => {
    const older = join(folder, "older.cjs");
    writeFileSync(older, `Object.defineProperty(process, "versions", { value: { node: "${version}" } });`);
    const loader = fileURLToPath(new URL("../scripts/bundle-loader.cjs", import.meta.url));
    const child = spawn(process.execPath, ["--require", older, loader], { stdio: ["ignore", "ignore", "pipe"] });
    let err = "";
    child.stderr.on("data", (chunk) => (err += chunk));
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect([code, err]).toEqual([1, `harn: Expected Node 20.19 or later, found ${version}; install a newer Node\n`]);
  });

  it.runIf(existsSync("/dev/full"))("output that a full disk does not take is a failure", async () => {
    const file = join(folder, "full.harn");
    writeFileSync(file, 'println("lost")\n');
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, ["--import", "tsx", "--conditions=source", main, "run", file], {
      stdio: ["ignore", full, "pipe"],
    });
    closeSync(full);
    let err = "";
    child.stderr?.on("data", (chunk) => (err += chunk));
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect([code, err]).toEqual([1, expect.stringMatching(/^harn: Cannot write standard output: ENOSPC.*\n$/)]);
  });

  it("Ctrl-C stops the program cleanly and exits with 130", async () => {
    const { child, ended, printed } = start(
      'try {\n  println("up")\n  sleep(1h)\n} finally { println("cleaned") }\nprintln("never")\n',
    );
    await printed("up");
    child.kill("SIGINT");
    expect(await ended).toEqual({ code: 130, signal: null, out: "up\ncleaned\n", err: "" });
  });

  it("a second Ctrl-C does not wait for a program that cleans up for ever", async () => {
    const { child, ended, printed } = start(
      'try {\n  println("up")\n  sleep(1h)\n} finally {\n  println("cleaning")\n  while true { }\n}\n',
    );
    await printed("up");
    child.kill("SIGINT");
    await printed("cleaning");
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
  });

  it("SIGTERM stops it too, with its own exit code", async () => {
    const { child, ended, printed } = start('println("up")\nwhile true { }\n');
    await printed("up");
    child.kill("SIGTERM");
    expect((await ended).code).toBe(143);
  });

  it("a reader that goes away ends an endless program without a word", async () => {
    const { child, ended, printed } = start('while true { println("more") }\n');
    await printed("more");
    child.stdout.destroy();
    const { code, err } = await ended;
    expect([code, err]).toEqual([0, ""]);
  });

  it("a large output arrives whole", async () => {
    const { ended } = start('for i in 0 to 50000 exclusive { println("line ${i}") }\n');
    const { code, out } = await ended;
    expect(code).toBe(0);
    expect(out.split("\n")).toHaveLength(50_001);
    expect(out.endsWith("line 49999\n")).toBe(true);
  });

  it("an error shows Harn frames and no JavaScript", async () => {
    const { ended } = start("fn f(n) { return 1 + f(n + 1) }\nf(0)\n");
    const { code, out, err } = await ended;
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("Stack overflow");
    expect(err).not.toMatch(/\.[jt]s:\d|node:internal| at /);
  });
});
