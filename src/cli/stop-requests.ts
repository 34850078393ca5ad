/**
 * Ctrl-C and SIGTERM. The first asks the command to stop: programs run their `finally` and `defer` blocks. The second
 * ends everything at once, child processes included.
 */

import type { CliContext, StopRequest } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";

const kinds = { SIGINT: "interrupt", SIGTERM: "terminate" } as const satisfies Record<string, StopRequest["kind"]>;

/** @returns a function that lets go of the signals */
export function listenForStopRequests(context: CliContext): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    const kind = signal === "SIGTERM" ? kinds.SIGTERM : kinds.SIGINT;
    if (context.cancel.aborted) {
      context.host.killProcesses();
      process.exit(stopExitCode({ kind }));
    }
    if (context.colorErrors) context.err("\nStopping; press Ctrl-C again to stop at once\n");
    context.cancel.cancel({ kind } satisfies StopRequest);
  };
  for (const signal of Object.keys(kinds)) process.on(signal, onSignal);
  return () => {
    for (const signal of Object.keys(kinds)) process.off(signal, onSignal);
  };
}

export function stopExitCode(request: StopRequest): number {
  switch (request.kind) {
    case "interrupt":
      return exitCodes.interrupted;
    case "terminate":
      return exitCodes.terminated;
    case "output-closed":
      return exitCodes.ok;
    case "output-failed":
      return exitCodes.failed;
  }
}

export function isStopRequest(reason: unknown): reason is StopRequest {
  return typeof reason === "object" && reason !== null && "kind" in reason;
}
