/** A folder on disk for the JSONL journal, made with its first run. */

import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { JournalFolder } from "../../journal/index.ts";
import { codeOf, toHostError } from "../node-host/host-failure.ts";
import { makeFolders } from "../node-host/make-folders.ts";
import { nodeDigest } from "./node-digest.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants;
const synchronise = promisify(fsync);
/** Of a file that is to take the place of another. */
const UNFINISHED = ".new";

/** Writing is synchronous, a few microseconds; only waiting for the disk is not, and parallel tasks share that. */
export function openJournalFolder(path: string): JournalFolder {
  /** Undefined when the platform fails with `code`. */
  const unless = <T>(code: string, work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (codeOf(error) === code) return undefined;
      throw toHostError(error, "journal", `Cannot keep runs in ${path}`);
    }
  };
  return {
    list: () => unless("ENOENT", () => readdirSync(path)) ?? [],
    read: (name) => unless("ENOENT", () => readUnlessFolder(join(path, name))),
    readEnds: (name, bytes) =>
      unless("ENOENT", () => {
        const file = join(path, name);
        const stats = statSync(file);
        if (stats.isDirectory()) return undefined;
        return { first: readPart(file, 0, bytes), last: readPart(file, Math.max(0, stats.size - bytes)) };
      }),
    open(name, mode) {
      const file = join(path, name);
      const descriptor =
        mode === "create"
          ? unless("EEXIST", () => createFile(path, file))
          : unless("ENOENT", () => openSync(file, O_WRONLY | O_APPEND));
      if (descriptor === undefined) return undefined;
      return {
        append: (bytes) => writeSync(descriptor, bytes),
        sync: () => synchronise(descriptor),
        truncate: (sizeBytes) => ftruncateSync(descriptor, sizeBytes),
        close: () => closeSync(descriptor),
      };
    },
    digestOf: nodeDigest,
    snapshots: {
      readFrom: (name, offset) =>
        unless("ENOENT", () => {
          const file = join(path, name);
          return statSync(file).size < offset ? undefined : readPart(file, offset);
        }),
      replace(name, bytes) {
        const file = join(path, name);
        unless("", () => {
          try {
            writeFrom(file + UNFINISHED, 0, bytes);
            renameSync(file + UNFINISHED, file);
          } catch (error) {
            // On a full disk it would take what the log needs.
            rmSync(file + UNFINISHED, { force: true });
            throw error;
          }
        });
      },
      writeFrom: (name, offset, bytes) => unless("", () => writeFrom(join(path, name), offset, bytes)),
      remove: (name) =>
        unless("", () => {
          for (const end of ["", UNFINISHED]) rmSync(join(path, name + end), { force: true });
        }),
    },
  };
}

/** A folder of that name is no run. */
function readUnlessFolder(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (codeOf(error) === "EISDIR") return undefined;
    throw error;
  }
}

/** At most so many bytes from a place on. */
function readPart(file: string, offset: number, atMost: number = Number.POSITIVE_INFINITY): Uint8Array {
  const descriptor = openSync(file, constants.O_RDONLY);
  try {
    const length = Math.max(0, Math.min(fstatSync(descriptor).size - offset, atMost));
    const bytes = new Uint8Array(length);
    let read = 0;
    while (read < length) {
      const count = readSync(descriptor, bytes, read, length - read, offset + read);
      if (count === 0) break;
      read += count;
    }
    return bytes.subarray(0, read);
  } finally {
    closeSync(descriptor);
  }
}

/** The file ends with these bytes. Nobody waits for the disk: a power cut may cost a snapshot, which saves time and no more. */
function writeFrom(file: string, offset: number, bytes: Uint8Array): void {
  const descriptor = openSync(file, O_WRONLY | O_CREAT, 0o600);
  try {
    ftruncateSync(descriptor, offset);
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(descriptor, bytes, written, bytes.length - written, offset + written);
    }
  } catch (error) {
    ftruncateSync(descriptor, offset);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** A new name survives a power cut once its folder is on disk; Windows has no such call and needs none. */
function createFile(folder: string, file: string): number {
  makeFolders(folder);
  const descriptor = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0o600);
  if (process.platform === "win32") return descriptor;
  const folderDescriptor = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(folderDescriptor);
  } finally {
    closeSync(folderDescriptor);
  }
  return descriptor;
}
