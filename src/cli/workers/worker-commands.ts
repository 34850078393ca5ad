/** The commands that `harn` calls its own child processes with; not for people. */

import type { CliContext } from "../context.ts";

export const workerCommands = {
  conformance: "conformance-worker",
  fuzz: "fuzz-worker",
  test: "test-worker",
} as const;

/** Serves until the parent is gone. False: the word is no such command. */
export async function serveWorker(context: CliContext, command: string | undefined): Promise<boolean> {
  switch (command) {
    case workerCommands.conformance:
      await (await import("../conformance/worker.ts")).serveConformance();
      return true;
    case workerCommands.fuzz:
      await (await import("../fuzz/fuzz-worker.ts")).serveFuzz();
      return true;
    case workerCommands.test:
      await (await import("../user-tests/test-worker.ts")).serveTests(context);
      return true;
    default:
      return false;
  }
}
