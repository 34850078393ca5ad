/**
 * `process.run`: a child process in its own process group, so that a time-out or a cancellation ends it together with
 * everything it started.
 *
 * How a process ends: by itself; or asked (`SIGTERM` to the group) and after a grace period killed (`SIGKILL`). A
 * cancelled run rejects at once while the killing goes on behind it.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import {
  type AsyncEffects,
  type AsyncHandlers,
  type CancelSignal,
  HostError,
  type ProcessResult,
} from "../../base/index.ts";
import { codeOf, toHostError } from "./host-failure.ts";

/** Bytes kept of each output stream when the caller names no bound. */
const defaultMaxOutputBytes = 16 * 1024 * 1024;
/** Milliseconds between asking a process to end and killing it. */
const graceMs = 500;
/** Milliseconds to wait for output after the process itself has ended; a stray grandchild may hold the pipe for ever. */
const drainMs = 250;

export interface ProcessHandlers {
  readonly run: AsyncHandlers["process.run"];
  /** Kills everything that still runs, at once. */
  readonly killAll: () => void;
}

export function createProcessHandlers(
  cwd: string,
  environment: () => Readonly<Record<string, string | undefined>>,
): ProcessHandlers {
  const running = new Set<ChildProcess>();
  return {
    run: (args, signal) => runProcess(args, cwd, environment(), running, signal),
    killAll() {
      for (const child of running) killGroup(child, "SIGKILL");
    },
  };
}

function runProcess(
  args: AsyncEffects["process.run"]["args"],
  hostCwd: string,
  environment: Readonly<Record<string, string | undefined>>,
  running: Set<ChildProcess>,
  signal: CancelSignal | undefined,
): Promise<ProcessResult> {
  const effect = "process.run";
  return new Promise((resolvePromise, reject) => {
    const cwd = args.cwd === undefined ? hostCwd : resolve(hostCwd, args.cwd);
    let child: ChildProcess;
    try {
      child = spawn(args.command, args.shell === true ? [] : args.args, {
        cwd,
        env: { ...(args.replaceEnv === true ? {} : environment), ...args.env },
        shell: args.shell === true,
        detached: process.platform !== "win32",
        stdio: [args.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
        windowsHide: true,
      });
    } catch (error) {
      reject(toHostError(error, effect, `Cannot run ${args.command}`));
      return;
    }
    running.add(child);

    const limit = args.maxOutputBytes ?? defaultMaxOutputBytes;
    const stdout = createOutputKeeper(limit);
    const stderr = createOutputKeeper(limit);
    child.stdout?.on("data", stdout.add);
    child.stderr?.on("data", stderr.add);
    // A child that does not read its input closes the pipe; that is its right.
    child.stdin?.on("error", () => {});
    child.stdin?.end(args.stdin);

    let timedOut = false;
    let exit: { code: number | null; signal: string | null } | undefined;
    const timers = new Set<NodeJS.Timeout>();
    const later = (ms: number, act: () => void) => {
      const timer = setTimeout(act, ms);
      timers.add(timer);
      return timer;
    };
    const end = () => {
      killGroup(child, "SIGTERM");
      later(graceMs, () => killGroup(child, "SIGKILL")).unref();
    };
    const release = () => {
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const onAbort = () => {
      signal?.removeEventListener("abort", onAbort);
      end();
      reject(signal?.reason);
    };
    const finish = () => {
      release();
      running.delete(child);
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolvePromise({
        exitCode: exit?.code ?? null,
        signal: exit?.signal ?? null,
        stdout: stdout.bytes(),
        stderr: stderr.bytes(),
        timedOut,
        ...(child.pid !== undefined && { pid: child.pid }),
        ...((stdout.isCut() || stderr.isCut()) && { truncated: true }),
      });
    };

    signal?.addEventListener("abort", onAbort);
    // A limit that is longer than a timer can be is none: such a timer would fire at once.
    if (args.timeoutMs !== undefined && args.timeoutMs < 2 ** 31) {
      later(args.timeoutMs, () => {
        timedOut = true;
        end();
      });
    }
    child.on("error", (error) => {
      if (child.pid !== undefined) return;
      release();
      running.delete(child);
      reject(spawnError(error, args.command, cwd));
    });
    child.on("exit", (code, signalName) => {
      exit = { code, signal: signalName };
      // What a time-out or cancellation was meant to end ends now, also children that ignored the request.
      if (timedOut || signal?.aborted) killGroup(child, "SIGKILL");
      later(drainMs, finish);
    });
    child.on("close", finish);
  });
}

function spawnError(error: Error, command: string, cwd: string): HostError {
  if (codeOf(error) !== "ENOENT") return toHostError(error, "process.run", `Cannot run ${command}`);
  const message = `Cannot run ${command}: there is no such command, or the folder ${cwd} does not exist`;
  return new HostError("not_found", "process.run", message, { cause: error });
}

/** Signals the process and everything it started. */
function killGroup(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") {
      spawn("taskkill", ["/pid", String(child.pid), "/T", "/F"], { stdio: "ignore" }).on("error", () => child.kill());
    } else process.kill(-child.pid, signal);
  } catch {
    // The group has ended already.
  }
}

/** Keeps the first `limit` bytes; the rest is read, so that the child is not blocked, and dropped. */
function createOutputKeeper(limit: number) {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let cut = false;
  return {
    add(chunk: Uint8Array): void {
      const kept = size + chunk.length > limit ? chunk.subarray(0, limit - size) : chunk;
      if (kept.length < chunk.length) cut = true;
      if (kept.length === 0) return;
      chunks.push(kept);
      size += kept.length;
    },
    isCut: () => cut,
    bytes(): Uint8Array {
      const all = new Uint8Array(size);
      let at = 0;
      for (const chunk of chunks) {
        all.set(chunk, at);
        at += chunk.length;
      }
      return all;
    },
  };
}
