/**
 * Console effects. Output to a pipe or file is gathered and written once per turn of the event loop, since a write per
 * printed line costs a system call each; a terminal sees every write at once. `stdout` is written before `stderr`, so
 * that the two keep their order.
 *
 * When the reader of a pipe goes away, later output is dropped and `onClosed` is told; it is no error. When the disk is
 * full, `onFailed` is told.
 */

import { StringDecoder } from "node:string_decoder";
import type { CancelSignal, SyncEffects } from "../../base/index.ts";
import { codeOf } from "./host-failure.ts";

/** What a terminal needs of `process.stdout`. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  write(text: string, done?: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

export interface Terminal {
  write(stream: "stdout" | "stderr", text: string): void;
  isTty(stream: SyncEffects["console.isTty"]["args"]["stream"]): boolean;
  /** The next line without its end; undefined at the end of input. Callers are served in order. */
  readLine(signal?: CancelSignal): Promise<string | undefined>;
  /** Everything up to the end of input. */
  readAll(signal?: CancelSignal): Promise<string>;
  /** Resolves when everything written has left the process. */
  flush(): Promise<void>;
  /** Lets go of the streams. */
  close(): void;
}

/** Each stream is looked at when it is first used: Node makes its own on demand, and many programs need only one. */
export interface TerminalOptions {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Called once per stream whose reader went away. */
  readonly onClosed?: (stream: "stdout" | "stderr") => void;
  /** Called once per stream that cannot be written for another reason, such as a full disk. */
  readonly onFailed?: (stream: "stdout" | "stderr", error: Error) => void;
}

/** Characters that are gathered at most before they are written. */
const flushLength = 16 * 1024;

export function createTerminal(options: TerminalOptions): Terminal {
  const tell = (stream: "stdout" | "stderr", error: Error): void => {
    if (DEVICE_FAILURES.has(codeOf(error))) options.onFailed?.(stream, error);
    else options.onClosed?.(stream);
  };
  const stdout = createWriter(
    () => options.stdout,
    (error) => tell("stdout", error),
  );
  const stderr = createWriter(
    () => options.stderr,
    (error) => tell("stderr", error),
  );
  const reader = createReader(() => options.stdin);
  return {
    write(stream, text) {
      if (stream === "stdout") stdout.write(text);
      else {
        stdout.send();
        stderr.write(text);
        stderr.send();
      }
    },
    isTty: (stream) => options[stream].isTTY === true,
    readLine(signal) {
      stdout.send();
      return reader.read("line", signal);
    },
    readAll: async (signal) => (await reader.read("all", signal)) ?? "",
    async flush() {
      await Promise.all([stdout.flush(), stderr.flush()]);
    },
    close() {
      stdout.close();
      stderr.close();
      reader.close();
    },
  };
}

/** What a stream says that leads to a file or device; everything else means that nobody reads any more. */
const DEVICE_FAILURES: ReadonlySet<string | undefined> = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EIO"]);

function createWriter(stream: () => OutputStream, onBroken: (error: Error) => void) {
  let gathered = "";
  let isScheduled = false;
  let isListening = false;
  let isBroken = false;
  const onError = (error: Error) => {
    if (isBroken) return;
    isBroken = true;
    gathered = "";
    onBroken(error);
  };
  const listen = () => {
    if (isListening) return;
    isListening = true;
    stream().on("error", onError);
  };
  const send = () => {
    if (gathered === "" || isBroken) return;
    const text = gathered;
    gathered = "";
    listen();
    stream().write(text);
  };
  return {
    send,
    write(text: string): void {
      if (isBroken) return;
      gathered += text;
      if (stream().isTTY === true || gathered.length >= flushLength) send();
      else if (!isScheduled) {
        isScheduled = true;
        setImmediate(() => {
          isScheduled = false;
          send();
        });
      }
    },
    flush(): Promise<void> {
      send();
      if (isBroken || !isListening) return Promise.resolve();
      return new Promise((resolve) => stream().write("", () => resolve()));
    },
    close(): void {
      send();
      if (isListening) stream().off("error", onError);
      isListening = false;
    },
  };
}

interface Waiter {
  readonly wants: "line" | "all";
  readonly resolve: (text: string | undefined) => void;
}

/** Reads standard input only while somebody waits, so that an unread input keeps no process alive. */
function createReader(stream: () => NodeJS.ReadableStream) {
  const decoder = new StringDecoder("utf8");
  const waiters: Waiter[] = [];
  let text = "";
  let isEnded = false;
  let isListening = false;

  const take = (wants: "line" | "all"): { found: string | undefined } | undefined => {
    const newline = wants === "line" ? text.indexOf("\n") : -1;
    if (newline >= 0) {
      const line = text.slice(0, newline);
      text = text.slice(newline + 1);
      return { found: line.endsWith("\r") ? line.slice(0, -1) : line };
    }
    if (!isEnded) return undefined;
    const rest = text;
    text = "";
    return { found: rest === "" && wants === "line" ? undefined : rest };
  };
  const serve = () => {
    for (let next = waiters[0]; next !== undefined; next = waiters[0]) {
      const taken = take(next.wants);
      if (taken === undefined) break;
      waiters.shift();
      next.resolve(taken.found);
    }
    if (waiters.length === 0) stream().pause();
  };
  const onData = (chunk: string | Buffer) => {
    text += typeof chunk === "string" ? chunk : decoder.write(chunk);
    serve();
  };
  const onEnd = () => {
    if (isEnded) return;
    isEnded = true;
    text += decoder.end();
    serve();
  };
  const events = [
    ["data", onData],
    ["end", onEnd],
    ["close", onEnd],
    ["error", onEnd],
  ] as const;

  return {
    read(wants: "line" | "all", signal: CancelSignal | undefined): Promise<string | undefined> {
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          signal?.removeEventListener("abort", onAbort);
          waiters.splice(waiters.indexOf(waiter), 1);
          if (waiters.length === 0) stream().pause();
          reject(signal?.reason);
        };
        const waiter: Waiter = {
          wants,
          resolve: (found) => {
            signal?.removeEventListener("abort", onAbort);
            resolve(found);
          },
        };
        waiters.push(waiter);
        signal?.addEventListener("abort", onAbort);
        if (!isListening) {
          isListening = true;
          for (const [event, listener] of events) stream().on(event, listener);
        }
        serve();
        if (waiters.length > 0 && !isEnded) stream().resume();
      });
    },
    close(): void {
      if (isListening) for (const [event, listener] of events) stream().off(event, listener);
      isListening = false;
    },
  };
}
