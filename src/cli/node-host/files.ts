/** File effects over `node:fs`. Reading and writing whole files; nothing here keeps a file open. */

import type { Dirent, Stats } from "node:fs";
import {
  appendFile,
  copyFile,
  cp,
  lstat,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
  writeFile,
} from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { AsyncHandlers, CancelSignal, FileInfo, FolderEntry } from "../../base/index.ts";
import { abortable } from "../../web/index.ts";
import { codeOf, toHostError } from "./host-failure.ts";
import { makeFolders } from "./make-folders.ts";

type FileEffect = Extract<keyof AsyncHandlers, `fs.${string}`>;

/** @param cwd folder that relative paths count from */
export function createFileHandlers(cwd: string): Pick<AsyncHandlers, FileEffect> {
  const at = (path: string): string => resolve(cwd, path);
  const attempt = <T>(
    effect: FileEffect,
    what: string,
    signal: CancelSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> =>
    abortable(
      work().catch((error: unknown) => {
        throw toHostError(error, effect, what);
      }),
      signal,
    );

  return {
    "fs.read": ({ path }, signal) =>
      attempt("fs.read", `Cannot read ${path}`, signal, async () => {
        const buffer = await readFile(at(path));
        // A plain view: `Buffer` would shadow `slice` with one that shares memory.
        return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
      }),
    "fs.write": ({ path, data, append, sync }, signal) =>
      attempt("fs.write", `Cannot write ${path}`, signal, async () => {
        if (sync === true) await writeDurably(at(path), data, append === true);
        else await (append === true ? appendFile(at(path), data) : writeFile(at(path), data));
        return undefined;
      }),
    "fs.list": ({ path }, signal) =>
      attempt("fs.list", `Cannot list ${path}`, signal, async () => (await readdir(at(path))).sort(compareBytes)),
    "fs.entries": ({ path }, signal) =>
      attempt("fs.entries", `Cannot list ${path}`, signal, async () => {
        const entries = await readdir(at(path), { withFileTypes: true });
        return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) })).sort(byName);
      }),
    "fs.stat": ({ path }, signal) => attempt("fs.stat", `Cannot look at ${path}`, signal, () => describeFile(at(path))),
    "fs.mkdir": ({ path }, signal) =>
      attempt("fs.mkdir", `Cannot make the folder ${path}`, signal, async () => {
        makeFolders(at(path));
        return undefined;
      }),
    "fs.remove": ({ path, recursive }, signal) =>
      attempt("fs.remove", `Cannot remove ${path}`, signal, async () => {
        if (recursive === true) await rm(at(path), { recursive: true });
        else if ((await lstat(at(path))).isDirectory()) await rmdir(at(path));
        else await unlink(at(path));
        return undefined;
      }),
    "fs.copy": ({ from, to }, signal) =>
      attempt("fs.copy", `Cannot copy ${from} to ${to}`, signal, () => copy(at(from), at(to))),
    "fs.move": ({ from, to, sync }, signal) =>
      attempt("fs.move", `Cannot move ${from} to ${to}`, signal, async () => {
        try {
          await rename(at(from), at(to));
        } catch (error) {
          if (codeOf(error) !== "EXDEV") throw error;
          // Another file system: copy whole, then remove, so that a failure leaves the source.
          await copy(at(from), at(to));
          await rm(at(from), { recursive: true });
        }
        if (sync === true) await syncFolder(dirname(at(to)));
        return undefined;
      }),
  };
}

/** Resolves when the bytes, and the name of a file that was empty or new, are on stable storage. */
async function writeDurably(path: string, data: Uint8Array | string, append: boolean): Promise<void> {
  const file = await open(path, append ? "a" : "w");
  let isNew = false;
  try {
    await file.writeFile(data);
    await file.datasync();
    isNew = (await file.stat()).size === Buffer.byteLength(data);
  } finally {
    await file.close();
  }
  if (isNew) await syncFolder(dirname(path));
}

/** Puts the names in a folder on stable storage; Windows cannot, and keeps them by itself. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function copy(from: string, to: string): Promise<undefined> {
  if ((await stat(from)).isDirectory()) await cp(from, to, { recursive: true });
  else await copyFile(from, to);
  return undefined;
}

/** Follows links; a link that leads nowhere is reported as `symlink`. */
async function describeFile(path: string): Promise<FileInfo | undefined> {
  try {
    const info = await stat(path).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return lstat(path);
      throw error;
    });
    // The write bit of anybody: whether *this* user may write is known only by trying.
    return {
      kind: kindOf(info),
      sizeBytes: info.size,
      modifiedMs: Math.trunc(info.mtimeMs),
      readonly: (info.mode & 0o222) === 0,
    };
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

function kindOf(info: Dirent | Stats): FileInfo["kind"] {
  if (info.isFile()) return "file";
  if (info.isDirectory()) return "directory";
  return info.isSymbolicLink() ? "symlink" : "other";
}

const byName = (a: FolderEntry, b: FolderEntry): number => compareBytes(a.name, b.name);

/** Order of UTF-8 bytes, which is the order of code points and the same on every platform. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
