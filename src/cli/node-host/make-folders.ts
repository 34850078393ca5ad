import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "./host-failure.ts";

/**
 * Makes a folder and those above it that are missing. The platform's own way never ends where a folder exists and takes
 * no others, as in `/proc`.
 *
 * @param mode of the folders that are made
 */
export function makeFolders(path: string, mode = 0o777): void {
  if (makeFolder(path, mode)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolders(parent, mode);
  // What is missing now is not a folder above.
  if (!makeFolder(path, mode)) mkdirSync(path, mode);
}

/** False when the folder above is missing. */
function makeFolder(path: string, mode: number): boolean {
  try {
    mkdirSync(path, mode);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return false;
    // A folder that exists need not be writable above: read-only disks say so first.
    if (code !== "ENOTDIR" && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return true;
    throw error;
  }
}
