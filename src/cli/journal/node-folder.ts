/** A folder of run files on disk, for the JSONL store. */

import {
  closeSync,
  constants,
  fsync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { JournalFolder } from "../../journal/index.ts";
import { codeOf, toHostError } from "../node-host/host-failure.ts";

const synchronise = promisify(fsync);

/** Made with its first run. Appending is synchronous, a few microseconds; only waiting for the disk is not. */
export function createNodeFolder(path: string): JournalFolder {
  const failed = (error: unknown): never => {
    throw toHostError(error, "journal", `Cannot keep runs in ${path}`);
  };
  /** Undefined when the platform fails with `code`. */
  const unless = <T>(code: string, work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      return codeOf(error) === code ? undefined : failed(error);
    }
  };
  return {
    list: () => unless("ENOENT", () => readdirSync(path)) ?? [],
    read: (name) => unless("ENOENT", () => new Uint8Array(readFileSync(join(path, name)))),
    open(name, mode) {
      const file = join(path, name);
      const handle =
        mode === "create"
          ? unless("EEXIST", () => createFile(path, file))
          : unless("ENOENT", () => openSync(file, constants.O_WRONLY | constants.O_APPEND));
      if (handle === undefined) return undefined;
      return {
        append: (bytes) => writeSync(handle, bytes),
        sync: () => synchronise(handle),
        truncate: (sizeBytes) => ftruncateSync(handle, sizeBytes),
        close: () => closeSync(handle),
      };
    },
  };
}

/** The name is on stable storage when this answers. */
function createFile(folder: string, file: string): number {
  mkdirSync(folder, { recursive: true });
  const handle = openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL, 0o600);
  if (process.platform !== "win32") {
    const folderHandle = openSync(folder, "r");
    fsyncSync(folderHandle);
    closeSync(folderHandle);
  }
  return handle;
}
