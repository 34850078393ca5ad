/** The `harn` command: this process's streams, signals and exit code around `runCli`. */

import { runCli } from "./cli.ts";
import { createCliContext } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { OWN_FILES_GONE } from "./own-files.ts";
import { listenForStopRequests } from "./stop-requests.ts";

const context = createCliContext(new URL(import.meta.url));
listenForStopRequests(context);

/** A fault that follows from the first says nothing new; without our own files, not even that one can be told well. */
function tellFirst(): (error: unknown) => void {
  let hasFault = false;
  return (error) => {
    if (hasFault) return;
    hasFault = true;
    void import("./failures.ts")
      .then(
        ({ describeInternalError }) => describeInternalError(error),
        () => `harn: ${OWN_FILES_GONE}`,
      )
      .then((text) => process.stderr.write(`${text}\n`))
      .finally(() => {
        context.host.killProcesses();
        process.exit(exitCodes.internal);
      });
  };
}
const onFault = tellFirst();
process.on("uncaughtException", onFault);
process.on("unhandledRejection", onFault);

async function main(): Promise<never> {
  const exitCode = await runCli(context, process.argv.slice(2));
  await context.host.flush();
  const failure = context.outputFailure();
  if (failure !== undefined) context.err(`harn: Cannot write standard output: ${failure.message}\n`);
  context.host.close();
  // Whatever still holds the event loop (a listener, a socket of a program that has ended) must not hold the user.
  process.exit(failure !== undefined && exitCode === exitCodes.ok ? exitCodes.failed : exitCode);
}

void main();
