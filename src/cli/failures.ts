/** What a failed command says. Users never see a JavaScript stack trace. */

import { HarnError } from "../base/index.ts";
import { type CliContext, UsageError } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { isStopRequest, stopExitCode } from "./stop-requests.ts";

/** Tells the user about what a command threw, and gives the exit code. */
export function reportFailure(context: CliContext, error: unknown): number {
  if (context.cancel.aborted && error === context.cancel.reason && isStopRequest(error)) return stopExitCode(error);
  if (error instanceof UsageError) {
    context.err(`harn: ${error.message}\n`);
    return error.exitCode;
  }
  if (error instanceof HarnError) {
    const { hint } = error.data;
    const wayOut = typeof hint === "string" ? `; ${hint.slice(0, 1).toLowerCase()}${hint.slice(1)}` : "";
    context.err(`harn: ${error.message}${wayOut}\n`);
    return exitCodes.failed;
  }
  context.err(`${describeInternalError(error)}\n`);
  return exitCodes.internal;
}

/** Three lines: that it is our fault, the line to quote, and what to do with it. */
export function describeInternalError(error: unknown): string {
  return [
    "harn: internal error: this is a fault of harn, not of your program",
    `  ${errorCode(error)}`,
    "  Please report the line above, with the program if you can, to the maintainers of harn",
  ].join("\n");
}

/** `TypeError at vm/interpreter.js:12:34 (message)`: what it was and where, without the rest of the stack. */
function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return `thrown ${typeof error}`;
  const place = /\/(?:src|dist)\/([\w./-]+:\d+:\d+)/.exec(error.stack ?? "")?.[1] ?? "an unknown place";
  const message = error.message.split("\n", 1)[0]?.slice(0, 200) ?? "";
  return `${error.name} at ${place}${message === "" ? "" : ` (${message})`}`;
}
