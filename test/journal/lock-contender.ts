/**
 * A process that takes and gives back one lock again and again, and now and then is "killed" while it has it: it leaves
 * a lock behind whose holder is gone. Prints how often it found itself not alone.
 *
 *     node lock-contender.ts FOLDER ROUNDS
 */

import { randomUUID } from "node:crypto";
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../src/cli/context.ts";
import { lockRun } from "../../src/cli/journal/run-lock.ts";

const [folder = "", rounds = "0"] = process.argv.slice(2);
const lock = join(folder, "run.lock");
const alone = join(folder, "alone");
const cell = new Int32Array(new SharedArrayBuffer(4));
/** Higher than any process id. */
const NOBODY = 2 ** 30;

let together = 0;
let refused = 0;
for (let round = 0; round < Number(rounds); ) {
  let unlock: () => void;
  try {
    unlock = lockRun(lock, "run", Date.now());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    refused++;
    Atomics.wait(cell, 0, 0, 0.2);
    continue;
  }
  round++;
  try {
    closeSync(openSync(alone, "wx"));
    Atomics.wait(cell, 0, 0, round % 3 === 0 ? 0.5 : 0.01);
    rmSync(alone);
  } catch {
    together++;
  }
  if (round % 4 === 0) {
    const { host } = JSON.parse(readFileSync(lock, "utf8")) as { host: string };
    writeFileSync(`${lock}.left`, JSON.stringify({ token: randomUUID(), pid: NOBODY, host, sinceMs: 0 }));
    renameSync(`${lock}.left`, lock);
  }
  unlock();
}
process.stdout.write(JSON.stringify({ together, refused }));
