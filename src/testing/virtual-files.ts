/**
 * A file system in memory, with the ways a real one fails: no space, a write cut short, permission denied.
 *
 * Paths are POSIX paths; a relative one counts from the working folder. The root always exists.
 */

import { type FileInfo, type FolderEntry, HostError, type HostErrorKind } from "../base/index.ts";

type Entry =
  | { readonly kind: "directory"; modifiedMs: number }
  | { readonly kind: "file"; data: Uint8Array; modifiedMs: number; readonly: boolean };

/** The operation of a fault, named as the effect is. */
export type FileOperation =
  | "fs.read"
  | "fs.write"
  | "fs.list"
  | "fs.entries"
  | "fs.stat"
  | "fs.mkdir"
  | "fs.remove"
  | "fs.copy"
  | "fs.move";

/** Fails an operation. `path` absent: any path; `times` absent: always. */
export interface FileFault {
  readonly operation: FileOperation;
  readonly path?: string;
  readonly kind: HostErrorKind;
  readonly times?: number;
  /** For `fs.write`: so many bytes reach the file before it fails, as on a disk that fills up. */
  readonly writtenBytes?: number;
}

export interface VirtualFiles {
  /** All bytes the files may hold together; writing beyond writes what fits and fails with `no_space`. */
  capacityBytes: number;
  read(path: string): Uint8Array;
  readText(path: string): string;
  write(path: string, data: Uint8Array | string, append?: boolean): void;
  list(path: string): readonly string[];
  entries(path: string): readonly FolderEntry[];
  stat(path: string): FileInfo | undefined;
  mkdir(path: string): void;
  remove(path: string, recursive?: boolean): void;
  copy(from: string, to: string): void;
  move(from: string, to: string): void;
  setReadonly(path: string, readonly: boolean): void;
  fail(fault: FileFault): void;
  /** Absolute path and text of every file, in path order; for assertions. */
  snapshot(): Readonly<Record<string, string>>;
}

const messages: Partial<Record<HostErrorKind, string>> = {
  not_found: "No such file or directory",
  permission_denied: "Permission denied",
  already_exists: "File exists",
  not_a_directory: "Not a directory",
  is_a_directory: "Is a directory",
  not_empty: "Directory not empty",
  no_space: "No space left on device",
};

/** `/a/./b/../c` and `c` in `/a` are both `/a/c`. */
export function normalizePath(path: string, cwd: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${cwd}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";
const toBytes = (data: Uint8Array | string): Uint8Array =>
  typeof data === "string" ? new TextEncoder().encode(data) : data.slice();

/** Files in memory, with `/` as root; `cwd` is where relative names begin. */
export function createVirtualFiles(cwd: string, nowMs: () => number): VirtualFiles {
  const entries = new Map<string, Entry>([["/", { kind: "directory", modifiedMs: nowMs() }]]);
  const faults: { fault: FileFault; left: number }[] = [];

  const fail = (kind: HostErrorKind, operation: FileOperation, path: string): never => {
    throw new HostError(kind, operation, `${messages[kind] ?? "File operation failed"}: ${path}`, { data: { path } });
  };
  const takeFault = (operation: FileOperation, path: string): FileFault | undefined => {
    const at = faults.findIndex(
      ({ fault }) =>
        fault.operation === operation && (fault.path === undefined || normalizePath(fault.path, cwd) === path),
    );
    const found = faults[at];
    if (found === undefined) return undefined;
    if (--found.left <= 0) faults.splice(at, 1);
    return found.fault;
  };
  /** Resolves a path and applies the faults that wait for the operation. */
  const begin = (operation: FileOperation, path: string): string => {
    const absolute = normalizePath(path, cwd);
    const fault = takeFault(operation, absolute);
    if (fault !== undefined) fail(fault.kind, operation, absolute);
    return absolute;
  };
  const checkParent = (operation: FileOperation, path: string): void => {
    const parent = entries.get(parentOf(path));
    if (parent === undefined) fail("not_found", operation, path);
    else if (parent.kind === "file") fail("not_a_directory", operation, path);
  };
  const expectFile = (operation: FileOperation, path: string): Extract<Entry, { kind: "file" }> => {
    const entry = entries.get(path);
    if (entry === undefined) return fail("not_found", operation, path);
    if (entry.kind === "directory") return fail("is_a_directory", operation, path);
    return entry;
  };
  const usedBytes = (): number => {
    let sum = 0;
    for (const entry of entries.values()) if (entry.kind === "file") sum += entry.data.length;
    return sum;
  };
  const isInside = (path: string, folder: string): boolean => path.startsWith(folder === "/" ? "/" : `${folder}/`);
  const childrenOf = (path: string): string[] => [...entries.keys()].filter((p) => p !== path && isInside(p, path));

  const namesIn = (operation: FileOperation, absolute: string): string[] => {
    const entry = entries.get(absolute);
    if (entry === undefined) fail("not_found", operation, absolute);
    else if (entry.kind === "file") fail("not_a_directory", operation, absolute);
    const prefix = absolute === "/" ? 1 : absolute.length + 1;
    const names = childrenOf(absolute).map((child) => child.slice(prefix));
    return names.filter((name) => !name.includes("/")).sort();
  };

  const files: VirtualFiles = {
    capacityBytes: Number.POSITIVE_INFINITY,
    read(path) {
      return expectFile("fs.read", begin("fs.read", path)).data.slice();
    },
    readText(path) {
      return new TextDecoder().decode(files.read(path));
    },
    write(path, data, append = false) {
      const absolute = normalizePath(path, cwd);
      const fault = takeFault("fs.write", absolute);
      if (fault !== undefined && fault.writtenBytes === undefined) fail(fault.kind, "fs.write", absolute);
      checkParent("fs.write", absolute);
      const existing = entries.get(absolute);
      if (existing?.kind === "directory") fail("is_a_directory", "fs.write", absolute);
      if (existing?.kind === "file" && existing.readonly) fail("permission_denied", "fs.write", absolute);
      const before = append && existing?.kind === "file" ? existing.data : new Uint8Array(0);
      const bytes = toBytes(data);
      const freed = existing?.kind === "file" ? existing.data.length - before.length : 0;
      const room = Math.max(0, files.capacityBytes - usedBytes() + freed);
      const writable = Math.min(bytes.length, room, fault?.writtenBytes ?? bytes.length);
      const after = new Uint8Array(before.length + writable);
      after.set(before);
      after.set(bytes.subarray(0, writable), before.length);
      entries.set(absolute, { kind: "file", data: after, modifiedMs: nowMs(), readonly: false });
      if (fault !== undefined) fail(fault.kind, "fs.write", absolute);
      if (writable < bytes.length) fail("no_space", "fs.write", absolute);
    },
    list(path) {
      return namesIn("fs.list", begin("fs.list", path));
    },
    entries(path) {
      const absolute = begin("fs.entries", path);
      const folder = absolute === "/" ? "" : absolute;
      return namesIn("fs.entries", absolute).map((name) => ({ name, kind: entries.get(`${folder}/${name}`)!.kind }));
    },
    stat(path) {
      const entry = entries.get(begin("fs.stat", path));
      if (entry === undefined) return undefined;
      const { kind, modifiedMs } = entry;
      if (kind === "directory") return { kind, sizeBytes: 0, modifiedMs, readonly: false };
      return { kind, sizeBytes: entry.data.length, modifiedMs, readonly: entry.readonly };
    },
    mkdir(path) {
      const absolute = begin("fs.mkdir", path);
      let folder = "";
      for (const part of absolute.split("/").slice(1)) {
        folder += `/${part}`;
        const entry = entries.get(folder === "" ? "/" : folder);
        if (entry?.kind === "file")
          fail(folder === absolute ? "already_exists" : "not_a_directory", "fs.mkdir", absolute);
        if (entry === undefined && part !== "") entries.set(folder, { kind: "directory", modifiedMs: nowMs() });
      }
    },
    remove(path, recursive = false) {
      const absolute = begin("fs.remove", path);
      const entry = entries.get(absolute);
      if (entry === undefined) fail("not_found", "fs.remove", absolute);
      const children = childrenOf(absolute);
      if (children.length > 0 && !recursive) fail("not_empty", "fs.remove", absolute);
      if (absolute === "/") fail("permission_denied", "fs.remove", absolute);
      for (const child of children) entries.delete(child);
      entries.delete(absolute);
    },
    copy(from, to) {
      const source = begin("fs.copy", from);
      const target = normalizePath(to, cwd);
      const entry = entries.get(source);
      if (entry === undefined) fail("not_found", "fs.copy", source);
      else if (entry.kind === "file") files.write(target, entry.data);
      else {
        if (isInside(target, source)) fail("invalid_input", "fs.copy", target);
        files.mkdir(target);
        for (const child of childrenOf(source)) {
          const copied = entries.get(child);
          const at = target + child.slice(source.length);
          if (copied?.kind === "file") files.write(at, copied.data);
          else files.mkdir(at);
        }
      }
    },
    move(from, to) {
      const source = begin("fs.move", from);
      const target = normalizePath(to, cwd);
      const entry = entries.get(source);
      if (entry === undefined) return fail("not_found", "fs.move", source);
      if (source === target) return;
      if (isInside(target, source)) fail("invalid_input", "fs.move", target);
      checkParent("fs.move", target);
      if (entries.get(target)?.kind === "directory" && childrenOf(target).length > 0)
        fail("not_empty", "fs.move", target);
      for (const child of childrenOf(source)) {
        entries.set(target + child.slice(source.length), entries.get(child)!);
        entries.delete(child);
      }
      entries.delete(source);
      entries.set(target, entry);
    },
    setReadonly(path, readonly) {
      expectFile("fs.stat", normalizePath(path, cwd)).readonly = readonly;
    },
    fail(fault) {
      faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
    },
    snapshot() {
      const paths = [...entries].filter(([, entry]) => entry.kind === "file").map(([path]) => path);
      return Object.fromEntries(
        paths.sort().map((path) => [path, new TextDecoder().decode(expectFile("fs.read", path).data)]),
      );
    },
  };
  files.mkdir(cwd);
  return files;
}
