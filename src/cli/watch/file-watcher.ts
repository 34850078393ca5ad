/**
 * Tells when program files change. Folders are watched, not files: editors replace a file rather than write into it, and
 * new ones appear. Events come in bursts; a burst counts once, when it has been quiet for a moment.
 */

import { type FSWatcher, statSync, watch } from "node:fs";
import { join } from "node:path";

export interface FileWatcher {
  /** Adds folders (absolute). Those already watched and those that cannot be are passed over. */
  add(folders: Iterable<string>): void;
  /**
   * The files that changed since the last call, at once if there are any, else at the next change.
   * @param signal rejects with its reason
   */
  next(signal: AbortSignal): Promise<readonly string[]>;
  close(): void;
}

export interface FileWatcherOptions {
  /** Whether a change of this file matters. Default: {@link isProgramFile}. */
  readonly isWanted?: (name: string) => boolean;
  /** Milliseconds of quiet that end a burst. Default 50. */
  readonly quietMs?: number;
}

/** Sources and what belongs to them. Not what programs write: a program must not start itself again. */
export function isProgramFile(name: string): boolean {
  return /\.(?:harn|prompt|toml|llm-mock\.jsonl|recording\.jsonl)$/.test(name) && !name.startsWith(".");
}

export function createFileWatcher({ isWanted = isProgramFile, quietMs = 50 }: FileWatcherOptions = {}): FileWatcher {
  const watchers = new Map<string, FSWatcher>();
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let isQuiet = true;
  let waiter: ((files: readonly string[]) => void) | undefined;

  const deliver = (): void => {
    if (waiter === undefined || changed.size === 0 || !isQuiet) return;
    const files = [...changed].sort();
    changed.clear();
    waiter(files);
    waiter = undefined;
  };
  const noteChange = (path: string): void => {
    changed.add(path);
    isQuiet = false;
    clearTimeout(timer);
    timer = setTimeout(() => {
      isQuiet = true;
      deliver();
    }, quietMs);
  };
  const drop = (folder: string): void => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  };

  return {
    add(folders) {
      for (const folder of folders) {
        if (watchers.has(folder)) continue;
        try {
          const watcher = watch(folder, (_event, name) => {
            if (name === null) return;
            const path = join(folder, name);
            // A new folder may bring files with it.
            if (isWanted(name) || isFolder(path)) noteChange(path);
          });
          // The folder is gone, or the system can watch no more of them.
          watcher.on("error", () => drop(folder));
          watchers.set(folder, watcher);
        } catch {
          // Gone before it could be watched.
        }
      }
    },
    next(signal) {
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          waiter = undefined;
          reject(signal.reason);
        };
        if (signal.aborted) {
          onAbort();
          return;
        }
        signal.addEventListener("abort", onAbort, { once: true });
        waiter = (files) => {
          signal.removeEventListener("abort", onAbort);
          resolve(files);
        };
        deliver();
      });
    },
    close() {
      clearTimeout(timer);
      for (const folder of [...watchers.keys()]) drop(folder);
    },
  };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
