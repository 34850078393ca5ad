/** Does something now and again after every change of a program file, until the user has had enough. */

import { dirname, relative, resolve } from "node:path";
import { CancelToken } from "../../base/index.ts";
import type { CliContext } from "../context.ts";
import { reportFailure } from "../failures.ts";
import { findSourceFiles } from "../source-files.ts";
import { createFileWatcher, type FileWatcher } from "./file-watcher.ts";

/** One time through. A change asks it to stop through `context.cancel`. */
export type WatchedRun = (context: CliContext, seen: SeenFiles) => Promise<unknown>;

/** What a run read, so that changes of it are noticed. */
export interface SeenFiles {
  /** Absolute paths. */
  add(files: Iterable<string>): void;
}

/** Why a run was asked to stop: what it runs has changed. */
const CHANGED = { kind: "changed" } as const;

/**
 * @param paths what the command was given; empty: the working folder
 * @returns never, but by the reason of `context.cancel`
 */
export async function watchLoop(context: CliContext, paths: readonly string[], run: WatchedRun): Promise<never> {
  const watcher = createFileWatcher();
  const seen: SeenFiles = { add: (files) => watcher.add(new Set([...files].map((file) => dirname(file)))) };
  try {
    for (;;) {
      await watchSources(context, paths, watcher);
      const { token, release } = CancelToken.childOf(context.cancel);
      const changes = watcher.next(signalOf(context.cancel));
      const changed = changes.then(
        (files) => {
          token.cancel(CHANGED);
          return files;
        },
        () => [],
      );
      try {
        await run({ ...context, cancel: token }, seen);
      } catch (error) {
        if (error !== CHANGED && !context.cancel.aborted) reportFailure(context, error);
      }
      release();
      if (context.cancel.aborted) throw context.cancel.reason;
      if (!token.aborted) context.err("Watching for changes; press Ctrl-C to end\n");
      const files = await changed;
      if (context.cancel.aborted) throw context.cancel.reason;
      context.err(`\nChanged: ${files.map((file) => relative(context.cwd, file)).join(", ")}\n`);
    }
  } finally {
    watcher.close();
  }
}

/** The folders named, and those of every source below them. */
async function watchSources(context: CliContext, paths: readonly string[], watcher: FileWatcher): Promise<void> {
  const roots = (paths.length === 0 ? ["."] : paths).map((path) => resolve(context.cwd, path));
  const folders: string[] = [];
  for (const root of roots) {
    const info = await context.host.perform("fs.stat", { path: root });
    if (info?.kind !== "directory") folders.push(dirname(root));
    else {
      // No source in it yet is no reason not to wait for one.
      const files = await findSourceFiles(context, [root]).catch(() => []);
      folders.push(root, ...files.map((file) => dirname(resolve(context.cwd, file))));
    }
  }
  watcher.add(new Set(folders));
}

function signalOf(token: CancelToken): AbortSignal {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(token.reason);
  if (token.aborted) onAbort();
  else token.addEventListener("abort", onAbort);
  return controller.signal;
}
