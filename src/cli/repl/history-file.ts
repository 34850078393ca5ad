/**
 * Lines typed in earlier sessions, one per line, oldest first. A history that cannot be read or written is no reason to
 * refuse a session: then there is none.
 */

import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CliContext } from "../context.ts";
import { makeFolders } from "../node-host/make-folders.ts";

export interface History {
  /** Newest first, as the line editor wants them. */
  readonly lines: readonly string[];
  add(line: string): void;
}

/** Lines kept; the file is cut back to so many when it has grown to twice as many. */
const MAX_LINES = 1000;

/** `HARN_REPL_HISTORY` names the file (empty: none); default `.harn/repl-history` in the home folder. */
export function historyPath({ host }: CliContext): string | undefined {
  const named = host.sync("env.get", { name: "HARN_REPL_HISTORY" });
  if (named !== undefined) return named === "" ? undefined : named;
  const { home } = host.sync("system.info", {});
  return home === "" ? undefined : join(home, ".harn", "repl-history");
}

export function openHistory(path: string | undefined): History {
  if (path === undefined) return { lines: [], add: () => {} };
  let lines: string[] = [];
  let isUsable = true;
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch {
      isUsable = false;
    }
  };
  try {
    lines = readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "");
  } catch {
    // There is none yet.
  }
  attempt(() => {
    // Only its owner may read it: lines hold what was typed, keys included.
    makeFolders(dirname(path), 0o700);
    if (lines.length > 2 * MAX_LINES) writeFileSync(path, `${lines.slice(-MAX_LINES).join("\n")}\n`, { mode: 0o600 });
  });
  let last = lines.at(-1);
  return {
    lines: lines.slice(-MAX_LINES).reverse(),
    add(line) {
      // As shells have it: what begins with a space is not written down.
      if (!isUsable || line.trim() === "" || line.startsWith(" ") || line === last) return;
      last = line;
      attempt(() => appendFileSync(path, `${line}\n`, { mode: 0o600 }));
    },
  };
}
