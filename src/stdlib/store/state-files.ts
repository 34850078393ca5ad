/**
 * Files in which a program leaves what later runs of it find again.
 *
 * - *state folder*: `.harn` in the project of the run, unless `HARN_STATE_DIR` names another;
 * - *turn*: works on one file follow each other within a run, so that of two tasks none writes over the other;
 * - *part*: the new content of a file, written beside it and then moved over it. Whoever is killed in between leaves the
 *   file as it was, and a part (`.harn_tmp_…`) that nobody reads; a later run removes it.
 *
 * Between processes there are no turns: the last who moves a file into place wins.
 */

import { type Host, HostError } from "../../base/index.ts";
import { type AsyncContext, type NativeContext, refused, type StatePart } from "../../vm/index.ts";
import { runState } from "../builtin.ts";
import { joinPath, parentPath } from "../paths/path-text.ts";
import { programFile, projectFolder, runFolder, sourceFolder } from "../paths/places.ts";

const STATE_FILES = "state_files";

interface StateFiles {
  /** Absolute; known after the first look. */
  folder: string | undefined;
  /** By path: settles, never rejecting, when the last work that was begun or waits there is over. */
  readonly turns: Map<string, Promise<void>>;
  /** By path: size of an append-only file that is known to end with a whole line. */
  readonly wholeBytes: Map<string, number>;
  /** Folders in which the run has looked for parts that others left. */
  readonly swept: Set<string>;
}

function stateFiles({ vm }: Pick<NativeContext, "vm">): StateFiles {
  return runState(vm, STATE_FILES, () => ({
    folder: undefined,
    turns: new Map(),
    wholeBytes: new Map(),
    swept: new Set(),
  }));
}

/** What is known of them goes on: a run that is restored asks for nothing that it had asked for before. */
export const stateFilesPart: StatePart = {
  key: STATE_FILES,
  save({ turns, ...known }: StateFiles) {
    if (turns.size > 0) throw refused("a state file that is being written");
    return known;
  },
  restore: (saved): StateFiles => ({ ...(saved as Omit<StateFiles, "turns">), turns: new Map() }),
};

/** Where the state of the program lies; the same for all its modules. */
export async function stateFolder(context: AsyncContext): Promise<string> {
  const state = stateFiles(context);
  if (state.folder === undefined) {
    const file = programFile(context);
    const base = await projectFolder(context.host, file === undefined ? sourceFolder(context) : parentPath(file));
    state.folder = runFolder(context.host, base, "HARN_STATE_DIR", ".harn");
  }
  return state.folder;
}

export function wholeBytesOf(context: NativeContext): Map<string, number> {
  return stateFiles(context).wholeBytes;
}

/** Works on a file when those before are over. What waits here has not begun and is left out when its task is stopped. */
export async function inTurn<T>(context: AsyncContext, path: string, work: () => Promise<T>): Promise<T> {
  const { turns } = stateFiles(context);
  const before = turns.get(path);
  const turn =
    before === undefined
      ? work()
      : before.then(() => {
          if (context.signal.aborted) throw context.signal.reason;
          return work();
        });
  const over = turn.then(
    () => {},
    () => {},
  );
  turns.set(path, over);
  try {
    return await turn;
  } finally {
    if (turns.get(path) === over) turns.delete(path);
  }
}

// ---- reading and replacing ---------------------------------------------------------------------------------------------

const PART = "harn_tmp";

/** Whether a name is that of a part, which no listing shows. */
export function isPartName(name: string): boolean {
  return name.startsWith(`.${PART}`);
}

/** Undefined when there is no such file. @throws HostError for other reasons */
export async function readIfThere(host: Host, path: string): Promise<Uint8Array | undefined> {
  try {
    return await host.perform("fs.read", { path });
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** No file there, and none that could be: something above it is a file. */
export function isAbsent(error: unknown): boolean {
  return error instanceof HostError && (error.kind === "not_found" || error.kind === "not_a_directory");
}

/**
 * Puts a whole file in place of what is there, on stable storage; makes the folders that it lies in. When it fails, what
 * was there is there still.
 *
 * @throws HostError
 */
export async function replaceFile(context: AsyncContext, path: string, text: string): Promise<void> {
  const { host } = context;
  await sweep(context, parentPath(path));
  const data = new TextEncoder().encode(text);
  // The name says nothing of the file, whose own name may be as long as names can be.
  const part = joinPath([parentPath(path), `.${host.sync("id.next", { prefix: PART })}`]);
  try {
    await makingFolders(host, path, () => host.perform("fs.write", { path: part, data, sync: true }));
    await host.perform("fs.move", { from: part, to: path, sync: true, repeatable: true });
  } catch (error) {
    // A run that goes on after a crash may move again what it had moved.
    if (error instanceof HostError && error.effect === "fs.move" && isAbsent(error)) {
      const found = await readIfThere(host, path).catch(() => undefined);
      if (found !== undefined && sameBytes(found, data)) return;
    }
    await host.perform("fs.remove", { path: part }).catch(() => {});
    throw error;
  }
}

/** A part that is older than this belongs to nobody who is still at work. */
const LEFT_PART_MS = 3_600_000;

/** Removes what killed writers have left in a folder, once per run; it does not matter if that fails. */
async function sweep(context: AsyncContext, folder: string): Promise<void> {
  const { swept } = stateFiles(context);
  if (swept.has(folder)) return;
  swept.add(folder);
  const { host } = context;
  const nowMs = host.sync("clock.now", {});
  for (const { name } of await host.perform("fs.entries", { path: folder }).catch(() => [])) {
    if (!isPartName(name)) continue;
    const path = joinPath([folder, name]);
    const info = await host.perform("fs.stat", { path }).catch(() => undefined);
    if (info?.kind !== "file" || nowMs - info.modifiedMs < LEFT_PART_MS) continue;
    await host.perform("fs.remove", { path }).catch(() => {});
  }
}

/**
 * Appends to a file, on stable storage; makes the folders that it lies in. A run that goes on after a crash may append
 * again what it had appended.
 *
 * @throws HostError
 */
export function appendToFile(host: Host, path: string, data: Uint8Array): Promise<void> {
  return makingFolders(host, path, () =>
    host.perform("fs.write", { path, data, append: true, sync: true, repeatable: true }),
  );
}

/** Folders are there but for the first time: looking first would cost each write a step of the journal. */
async function makingFolders(host: Host, path: string, write: () => Promise<undefined>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof HostError) || error.kind !== "not_found") throw error;
    await host.perform("fs.mkdir", { path: parentPath(path) });
    await write();
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
