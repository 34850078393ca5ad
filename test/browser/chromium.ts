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

/** A command, or why there is none. */
export type FoundBrowser = { readonly command: string } | { readonly reason: string };

/** Longest that a browser may take to show a small page on a busy machine, milliseconds. */
const START_MS = 60_000;

/**
 * `HARN_TEST_BROWSER` (empty: none), or the first that says what it is. One that was found by chance must be able to start
 * here: containers may have a browser and not what it needs. One that was named is believed to.
 */
export function findBrowser(): FoundBrowser {
  const named = process.env["HARN_TEST_BROWSER"];
  if (named === "") return { reason: "HARN_TEST_BROWSER is empty" };
  if (named !== undefined) return { command: named };
  const command = [...commands, ...places].find((each) => {
    const { stdout, status } = spawnSync(each, ["--version"], { encoding: "utf8", timeout: 20_000 });
    // Some systems have a command of that name which only tells where to get one.
    return status === 0 && /chrom/i.test(stdout);
  });
  if (command === undefined) return { reason: "no Chromium was found; install one, or name one in HARN_TEST_BROWSER" };
  const problem = whyItDoesNotStart(command);
  return problem === undefined ? { command } : { reason: `${command} does not start here: ${problem}` };
}

function whyItDoesNotStart(command: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "harn-browser-"));
  try {
    const args = [...flags(folder), "--dump-dom", "data:text/html,<p>started</p>"];
    const { stdout, stderr, error } = spawnSync(command, args, {
      encoding: "utf8",
      timeout: START_MS,
      killSignal: "SIGKILL",
    });
    if (stdout?.includes("<p>started</p>")) return undefined;
    return error?.message ?? stderr.trim().split("\n").slice(-3).join(" / ");
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

const flags = (folder: string): readonly string[] => [
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
  `--user-data-dir=${folder}`,
];

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
  const args = [...flags(folder), "--remote-debugging-pipe", url];
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
