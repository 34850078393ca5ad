/**
 * A browser of this machine, without a window. It lives as long as whoever opened it: `close` ends the whole process group,
 * and when we are killed, the pipe that it listens to breaks, upon which it ends by itself.
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Looked for in this order; `.ci/run` has the same names. */
const commands = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const places = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

/** What can be started as a browser: `HARN_TEST_BROWSER` (empty: none), or the first that is found and says what it is. */
export function findBrowser(): string | undefined {
  const named = process.env["HARN_TEST_BROWSER"];
  if (named !== undefined) return named === "" ? undefined : named;
  return [...commands, ...places].find((command) => {
    const { stdout, status } = spawnSync(command, ["--version"], { encoding: "utf8", timeout: 20_000 });
    // Some systems have a command of that name which only tells where to get one.
    return status === 0 && /chrom/i.test(stdout);
  });
}

export interface Browser {
  /** Of the browser's own, gone when it is closed. */
  readonly folder: string;
  /** Resolves with what the browser said when it is over, however that came. */
  readonly exited: Promise<string>;
  /** Lets go of it, as the system does for a process that dies. */
  abandon(): void;
  close(): Promise<void>;
}

export function openBrowser(command: string, url: string): Browser {
  const folder = mkdtempSync(join(tmpdir(), "harn-browser-"));
  const args = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-proxy-server",
    "--remote-debugging-pipe",
    `--user-data-dir=${folder}`,
    url,
  ];
  const child: ChildProcess = spawn(command, args, {
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
  });
  // The last words count; browsers say a lot.
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4_000);
  });
  const [, , , toBrowser, fromBrowser] = child.stdio;
  for (const pipe of [toBrowser, fromBrowser]) pipe?.on("error", () => {});
  if (fromBrowser !== null && fromBrowser !== undefined && "resume" in fromBrowser) fromBrowser.resume();

  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", () => resolve(said));
  });
  return {
    folder,
    exited,
    abandon() {
      for (const pipe of [toBrowser, fromBrowser]) pipe?.destroy();
    },
    async close() {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // All of them are gone already.
      }
      await exited;
      // Those that the browser had started die a moment after it, and may still write.
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}
