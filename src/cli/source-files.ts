/** Which files a command line means, and their text. */

import { resolve } from "node:path";
import { HostError } from "../base/index.ts";
import { type CliContext, UsageError } from "./context.ts";

/** Folders that hold what others wrote. */
const skippedFolders: ReadonlySet<string> = new Set(["node_modules", ".git", ".harn", "dist"]);

const isSource = (name: string): boolean => name.endsWith(".harn");

/**
 * Files as given; of folders, every wanted file below (default: `.harn`), in path order. No path means the working
 * folder.
 */
export async function findSourceFiles(
  context: CliContext,
  paths: readonly string[],
  isWanted: (name: string) => boolean = isSource,
): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths.length === 0 ? ["."] : paths) {
    const info = await context.host.perform("fs.stat", { path }, context.cancel);
    if (info === undefined) throw new UsageError(`Cannot find ${path}`);
    if (info.kind === "directory") await walk(context, path.replace(/\/+$/, ""), isWanted, found);
    else if (info.kind === "other")
      throw new UsageError(
        `${path} is neither a file nor a folder; a pipe or device can be read as \`-\` (standard input)`,
      );
    else found.push(path);
  }
  if (found.length === 0) throw new UsageError(`There is no .harn file in ${paths.join(", ") || "this folder"}`);
  return [...new Set(found)];
}

async function walk(
  context: CliContext,
  folder: string,
  isWanted: (name: string) => boolean,
  found: string[],
): Promise<void> {
  for (const name of await context.host.perform("fs.list", { path: folder }, context.cancel)) {
    const path = folder === "." ? name : `${folder}/${name}`;
    const info = await context.host.perform("fs.stat", { path });
    if (info?.kind === "directory") {
      if (!skippedFolders.has(name)) await walk(context, path, isWanted, found);
    } else if (isWanted(name) && info !== undefined && info.kind !== "other") found.push(path);
  }
}

/**
 * The absolute path of the one program that a command is about.
 *
 * @throws UsageError when there is none, or a folder
 */
export async function findProgram(context: CliContext, file: string): Promise<string> {
  const path = resolve(context.cwd, file);
  const info = file === "" ? undefined : await context.host.perform("fs.stat", { path });
  if (info === undefined)
    throw new UsageError(file === "" ? "Expected a file, found an empty name" : `Cannot find ${file}`);
  if (info.kind === "directory") throw new UsageError(`${file} is a folder; name a .harn file in it`);
  return path;
}

export async function readSource(context: CliContext, path: string): Promise<string> {
  const bytes = await context.host.perform("fs.read", { path }, context.cancel);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new HostError("invalid_input", "fs.read", `Cannot read ${path}: it is not valid UTF-8`, { cause: error });
  }
}

/** What a command line calls standard input, and what diagnostics call it. */
export const STDIN = "-";
export const STDIN_NAME = "<stdin>";

/** Whether the paths mean standard input; it cannot be mixed with files. */
export function meansStdin(paths: readonly string[]): boolean {
  if (!paths.includes(STDIN)) return false;
  if (paths.length > 1)
    throw new UsageError("`-` is standard input, and stands alone; name files in a call of their own");
  return true;
}

export async function readStdin(context: CliContext): Promise<string> {
  return context.host.perform("console.readAll", {}, context.cancel);
}

/** `1 file`, `2 files`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
