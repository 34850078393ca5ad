/** `harn new NAME`: a small project that runs and whose tests pass, offline, as it is. */

import { basename, dirname, join, relative, resolve } from "node:path";
import { type CliContext, UsageError } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { projectFiles } from "../new-project/project-files.ts";

export async function newCommand(context: CliContext, folder: string): Promise<number> {
  const { host, cancel } = context;
  const root = resolve(context.cwd, folder);
  const info = await host.perform("fs.stat", { path: root }, cancel);
  if (info !== undefined && info.kind !== "directory")
    throw new UsageError(`${folder} is a file; choose another name for the project`, exitCodes.failed);
  if (info !== undefined && (await host.perform("fs.list", { path: root }, cancel)).length > 0)
    throw new UsageError(`The folder ${folder} is not empty; choose another name, or empty it`, exitCodes.failed);

  const files = projectFiles(basename(root));
  for (const { path, text } of files) {
    await host.perform("fs.mkdir", { path: dirname(join(root, path)) }, cancel);
    await host.perform("fs.write", { path: join(root, path), data: text }, cancel);
  }
  context.out(files.map(({ path }) => `${join(folder, path)}\n`).join(""));
  const there = relative(context.cwd, root);
  const go = there === "" ? "" : `  cd ${/^[\w./-]+$/.test(there) ? there : `'${there.replaceAll("'", "'\\''")}'`}\n`;
  context.err(`\nNext:\n${go}  harn run main.harn\n  harn test\n`);
  return exitCodes.ok;
}
