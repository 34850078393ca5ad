/** One run of the command: arguments in, exit code out. Nothing here touches `process`, so tests call it directly. */

import { type CliContext, UsageError } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { serveWorker } from "./workers/worker-commands.ts";

/** Never rejects; what went wrong has been told on stderr. */
export async function runCli(context: CliContext, argv: readonly string[]): Promise<number> {
  try {
    return await dispatch(context, argv);
  } catch (error) {
    return (await import("./failures.ts")).reportFailure(context, error);
  }
}

async function dispatch(context: CliContext, argv: readonly string[]): Promise<number> {
  // The common case needs no option parser, which takes as long to load as a small program takes to run.
  const [command, file, separator, ...rest] = argv;
  if (
    command === "run" &&
    file !== undefined &&
    !file.startsWith("-") &&
    (separator === undefined || separator === "--")
  ) {
    return (await import("./commands/run.ts")).runCommand(context, file, { args: rest });
  }
  if (command?.endsWith(".harn") && !command.startsWith("-")) {
    throw new UsageError(`There is no command \`${command}\`; to run the program: harn run ${command}`);
  }
  if (await serveWorker(context, command)) return exitCodes.ok;
  const [{ createCommandLine }, { CommanderError }] = await Promise.all([
    import("./command-line.ts"),
    import("commander"),
  ]);
  let exitCode: number = exitCodes.ok;
  const program = createCommandLine(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    // Commander has written its message; help that was asked for is no mistake.
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  return exitCode;
}
