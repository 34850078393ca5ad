/**
 * One process at a time works on a durable run. The lock is a file with the holder's process id; a holder that was
 * killed leaves it behind, so a lock of a process that is gone counts for nothing.
 */

import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { UsageError } from "../context.ts";
import { codeOf } from "../node-host/host-failure.ts";

/**
 * @returns gives the lock back
 * @throws UsageError while another process holds it
 */
export function lockRun(path: string, id: string): () => void {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const descriptor = openSync(path, "wx", 0o600);
      writeSync(descriptor, String(process.pid));
      closeSync(descriptor);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
    const holder = holderOf(path);
    if (holder !== undefined && isAlive(holder)) {
      throw new UsageError(`Run ${id} is being worked on by process ${holder}; if it is not, remove ${path}`, 1);
    }
    rmSync(path, { force: true });
  }
  throw new UsageError(`Run ${id} is being started by others at the same time`, 1);
}

/** Undefined for a lock that was never written in full. */
function holderOf(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  // A container gives every process the same id: a lock of our own that we do not hold is an old one.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}
