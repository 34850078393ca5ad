/** The commands that `harn` calls its own child processes with; not for people. */

export const workerCommands = {
  conformance: "conformance-worker",
  fuzz: "fuzz-worker",
} as const;

/** Serves until the parent is gone. False: the word is no such command. */
export async function serveWorker(command: string | undefined): Promise<boolean> {
  switch (command) {
    case workerCommands.conformance:
      await (await import("../conformance/worker.ts")).serveConformance();
      return true;
    case workerCommands.fuzz:
      await (await import("../fuzz/fuzz-worker.ts")).serveFuzz();
      return true;
    default:
      return false;
  }
}
