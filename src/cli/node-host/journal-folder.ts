/** A folder on disk for the JSONL journal. Synchronous, so that an entry can be on disk before the program goes on. */

import {
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { JournalFile, JournalFolder } from "../../journal/index.ts";
import { codeOf } from "./host-failure.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants;

/** Makes the folder when it is missing. Failures are thrown as Node gives them; the store turns them into its own. */
export function openJournalFolder(path: string): JournalFolder {
  mkdirSync(path, { recursive: true });
  return {
    list: () => readdirSync(path),
    read: (name) => unlessCode("ENOENT", () => readFileSync(join(path, name))),
    open(name, mode) {
      const file = join(path, name);
      if (mode === "append") return unlessCode("ENOENT", () => openFile(openSync(file, O_WRONLY | O_APPEND)));
      return unlessCode("EEXIST", () => {
        const created = openFile(openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0o600));
        syncFolder(path);
        return created;
      });
    },
  };
}

function openFile(descriptor: number): JournalFile {
  return {
    append: (bytes) => writeSync(descriptor, bytes),
    sync: () => fsyncSync(descriptor),
    truncate: (sizeBytes) => ftruncateSync(descriptor, sizeBytes),
    close: () => closeSync(descriptor),
  };
}

/** A new name survives a power cut once its folder is on disk; Windows has no such call and needs none. */
function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function unlessCode<T>(code: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (codeOf(error) === code) return undefined;
    throw error;
  }
}
