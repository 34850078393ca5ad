/**
 * Puts a new text in the place of a file's old one. Whoever reads the file meanwhile, or after a crash, finds the one or
 * the other, never half of either. Links stay links, and the file keeps its mode.
 */

import { access, chmod, constants, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { CliContext } from "./context.ts";
import { toHostError } from "./node-host/host-failure.ts";

/** @throws HostError when the file cannot be written; it is as it was then */
export async function rewriteFile(context: CliContext, path: string, text: string): Promise<void> {
  if (context.cancel.aborted) throw context.cancel.reason;
  let fresh: string | undefined;
  try {
    const target = await realpath(resolve(context.cwd, path));
    // A rename asks for the folder's permission only; a file that is read-only is meant to stay as it is.
    await access(target, constants.W_OK);
    const { mode } = await stat(target);
    fresh = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
    const file = await open(fresh, "w");
    try {
      await file.writeFile(text);
      await file.datasync();
    } finally {
      await file.close();
    }
    await chmod(fresh, mode & 0o7777);
    await rename(fresh, target);
  } catch (error) {
    if (fresh !== undefined) await rm(fresh, { force: true }).catch(() => {});
    throw toHostError(error, "fs.write", `Cannot write ${path}`);
  }
}
