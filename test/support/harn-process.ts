/** The `harn` command as a process of its own, as a user starts it. */

import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { BundledHarn } from "./bundled-harn.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
/** Found from here: the process may run in a folder that knows nothing of our packages. */
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

export interface HarnProcessOptions {
  readonly cwd: string;
  /** All that the process is given to read; absent: its input stays open for `write`. */
  readonly stdin?: string;
  /** Added to the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Of `bundleHarn`, for tests that start it many times. Default: our sources as they are. */
  readonly bundle?: BundledHarn;
}

export interface HarnExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

export interface HarnProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<HarnExit>;
  /** Resolves when the text has been printed, on stdout or stderr, behind what was waited for before. */
  printed(text: string): Promise<void>;
  write(text: string): void;
}

export function startHarn(args: readonly string[], options: HarnProcessOptions): HarnProcess {
  const { bundle } = options;
  const command = bundle ? [bundle.main] : ["--import", tsx, "--conditions=source", main];
  const child = spawn(process.execPath, [...command, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...bundle?.environment, ...options.environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  let all = "";
  let seen = 0;
  const lookers = new Set<() => void>();
  const take = (text: string): void => {
    all += text;
    for (const look of lookers) look();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    take(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    take(text);
  });
  // The process may end before it has read everything.
  child.stdin.on("error", () => {});
  if (options.stdin !== undefined) child.stdin.end(options.stdin);
  const ended = new Promise<HarnExit>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, out, err })),
  );
  return {
    child,
    ended,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const at = all.indexOf(text, seen);
          if (at < 0) return;
          seen = at + text.length;
          lookers.delete(look);
          resolve();
        };
        lookers.add(look);
        look();
        void ended.then(() => reject(new Error(`The process ended without printing ${JSON.stringify(text)}:\n${all}`)));
      }),
    write: (text) => void child.stdin.write(text),
  };
}

export function runHarnProcess(args: readonly string[], options: HarnProcessOptions): Promise<HarnExit> {
  return startHarn(args, { stdin: "", ...options }).ended;
}
