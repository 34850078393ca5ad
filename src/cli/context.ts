/** What every command gets: the world, the way to cancel, and the console with its habits. */

import { CancelToken, type Json } from "../base/index.ts";
import { createModelTraffic } from "./model-traffic.ts";
import { createNodeHost, type NodeHost, type NodeHostOptions } from "./node-host/node-host.ts";

export interface CliContext {
  readonly host: NodeHost;
  /** Fires when the user or the system asks to stop; its reason is a {@link StopRequest}. */
  readonly cancel: CancelToken;
  /** What the host was made with, for commands that need one of their own. */
  readonly hostOptions: NodeHostOptions;
  readonly cwd: string;
  /** The module that this process started with; commands that need child processes run it again. */
  readonly main: URL;
  /** Whether text for stderr may have colours: a terminal, and `NO_COLOR` not set. */
  readonly colorErrors: boolean;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Why standard output took no more, other than that nobody reads it; undefined while it does. */
  readonly outputFailure: () => Error | undefined;
  /** One JSON document on stdout. */
  readonly outJson: (value: Json) => void;
}

/** Why a command was asked to stop. */
export interface StopRequest {
  readonly kind: "interrupt" | "terminate" | "output-closed" | "output-failed";
}

export function createCliContext(main: URL, options: NodeHostOptions = {}): CliContext {
  const cancel = new CancelToken();
  let outputFailure: Error | undefined;
  const hostOptions: NodeHostOptions = {
    modelStream: createModelTraffic(),
    ...options,
    terminal: {
      // Whoever reads our output has had enough (`harn run x | head`): stop, and say nothing.
      onClosed: (stream) => {
        if (stream === "stdout") cancel.cancel({ kind: "output-closed" } satisfies StopRequest);
      },
      onFailed: (stream, error) => {
        if (stream !== "stdout") return;
        outputFailure = error;
        cancel.cancel({ kind: "output-failed" } satisfies StopRequest);
      },
      ...options.terminal,
    },
  };
  const host = createNodeHost(hostOptions);
  const out = (text: string): void => host.sync("console.write", { stream: "stdout", text });
  return {
    host,
    cancel,
    hostOptions,
    main,
    cwd: host.sync("system.info", {}).cwd,
    colorErrors: host.sync("console.isTty", { stream: "stderr" }) && !host.sync("env.get", { name: "NO_COLOR" }),
    out,
    outputFailure: () => outputFailure,
    err: (text) => host.sync("console.write", { stream: "stderr", text }),
    outJson: (value) => out(`${JSON.stringify(value, null, 2)}\n`),
  };
}

/** A mistake on the command line or in what it names; shown as one line, exit code 2 unless it says otherwise. */
export class UsageError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 2) {
    super(message);
    this.name = "UsageError";
    this.exitCode = exitCode;
  }
}
