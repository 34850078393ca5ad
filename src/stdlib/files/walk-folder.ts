/** Going through a folder and what lies below it, parents first, names in code-point order. */

import type { FileInfo, Host } from "../../base/index.ts";
import { thrown } from "../arguments.ts";
import { joinPath } from "../paths/path-text.ts";

export interface WalkedEntry {
  readonly path: string;
  /** `/`-separated, from the folder the walk started in; empty for that folder. */
  readonly relative: string;
  readonly kind: FileInfo["kind"];
  readonly depth: number;
}

export interface WalkOptions {
  /** Levels below the start. Default: all. */
  readonly maxDepth?: number;
  /** Enter linked folders. Default false. */
  readonly followLinks?: boolean;
}

/** Entries a walk gives before it refuses to go on: links in a circle would never end. */
export const MAX_ENTRIES = 1_000_000;

/** What cannot be read is left out; a start that does not exist gives nothing. */
export async function walkFolder(host: Host, start: string, options: WalkOptions = {}): Promise<WalkedEntry[]> {
  const { maxDepth = Number.POSITIVE_INFINITY, followLinks = false } = options;
  const found: WalkedEntry[] = [];
  const info = await host.perform("fs.stat", { path: start }).catch(() => undefined);
  if (info === undefined) return found;

  // Depth first by hand: a deep tree must not grow the stack. The next entry is the last of the list.
  const pending: WalkedEntry[] = [{ path: start, relative: "", kind: info.kind, depth: 0 }];
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    found.push(entry);
    if (found.length > MAX_ENTRIES) {
      throw thrown(`More than ${MAX_ENTRIES} entries below ${start}; start further down or limit max_depth`);
    }
    if (entry.kind !== "directory" || entry.depth >= maxDepth) continue;
    const children = await host.perform("fs.entries", { path: entry.path }).catch(() => []);
    for (let at = children.length - 1; at >= 0; at--) {
      const child = children[at];
      if (child === undefined) continue;
      const path = joinPath([entry.path, child.name]);
      const kind = child.kind === "symlink" && followLinks ? await kindBehind(host, path) : child.kind;
      const relative = entry.relative === "" ? child.name : `${entry.relative}/${child.name}`;
      pending.push({ path, relative, kind, depth: entry.depth + 1 });
    }
  }
  return found;
}

async function kindBehind(host: Host, path: string): Promise<FileInfo["kind"]> {
  const info = await host.perform("fs.stat", { path }).catch(() => undefined);
  return info?.kind ?? "symlink";
}
