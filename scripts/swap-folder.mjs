// Puts a folder that was just made in the place of another.

import { chmodSync, renameSync, rmSync } from "node:fs";

/**
 * By renames, so that whoever reads meanwhile finds the old files or the new ones but for a moment. Of two builds at once
 * the later one stays.
 *
 * @param {string} fresh a folder of `mkdtemp`, on the same file system
 * @param {string} finished
 */
export function swapFolder(fresh, finished) {
  // Temporary folders are for their owner alone; what we build may be run by others.
  chmodSync(fresh, 0o755);
  const old = `${fresh}-old`;
  for (let attempt = 1; ; attempt++) {
    try {
      renameSync(finished, old);
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
    try {
      renameSync(fresh, finished);
      return;
    } catch (error) {
      // Another build was faster: now its folder is the old one.
      if (attempt === 10 || !["ENOTEMPTY", "EEXIST"].includes(error.code)) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}
