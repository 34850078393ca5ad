/**
 * The folders a run knows.
 *
 * - *execution root*: where files and processes are looked for; the working folder of the run;
 * - *source folder*: that of the file which contains the call; templates and prompts are looked for there;
 * - *project root*: the nearest folder upwards that has a `harn.toml`.
 */

import type { Host } from "../../base/index.ts";
import type { NativeContext } from "../../vm/index.ts";
import { parentPath, resolvePath } from "./path-text.ts";

export const MANIFEST = "harn.toml";

export function executionRoot(host: Host): string {
  return host.sync("system.info", {}).cwd;
}

export function resolveFromRoot(host: Host, path: string): string {
  return resolvePath(executionRoot(host), path);
}

/** The file with the call that is being answered; library modules do not count. Undefined for text without a file. */
export function callerFile({ task, host }: NativeContext): string | undefined {
  for (let each: typeof task | undefined = task; each !== undefined; each = each.parent) {
    for (let at = each.depth - 1; at >= 0; at--) {
      const file = each.frames[at]?.fn?.module.code.file;
      if (file !== undefined && !isLibrary(file)) return resolveFromRoot(host, file);
    }
  }
  return undefined;
}

const isLibrary = (file: string): boolean => file.startsWith("<");

export function sourceFolder(context: NativeContext): string {
  const file = callerFile(context);
  if (file === undefined) return executionRoot(context.host);
  return parentPath(file);
}

/** The file that was started; the same for all its modules. Undefined for text without a file. */
export function programFile({ vm, host }: Pick<NativeContext, "vm" | "host">): string | undefined {
  const file = vm.entry === undefined ? undefined : vm.modules.get(vm.entry)?.code.file;
  return file === undefined || isLibrary(file) ? undefined : resolveFromRoot(host, file);
}

/** The project of the execution root, else that of a source folder, else the source folder. */
export async function projectFolder(host: Host, source: string): Promise<string> {
  return (await findProjectRoot(host, executionRoot(host))) ?? (await findProjectRoot(host, source)) ?? source;
}

/** A folder that the environment may set, counted from the project. */
export function runFolder(host: Host, project: string, variable: string, otherwise: string): string {
  const set = host.sync("env.get", { name: variable });
  return resolvePath(project, set === undefined || set.trim() === "" ? otherwise : set);
}

/** The nearest folder upwards with a manifest. */
export async function findProjectRoot(host: Host, folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = parentPath(at)) {
    const found = await host.perform("fs.stat", { path: resolvePath(at, MANIFEST) }).catch(() => undefined);
    if (found !== undefined) return at;
    if (at === "" || parentPath(at) === at) return undefined;
  }
}
