/**
 * Reads a program that has moved since it was recorded, as if it still lay where it was: programs may look for files
 * beside themselves, and ask for the same paths then.
 */

import type { Host } from "../../base/index.ts";

/** Where two paths of the same file part: everything before what they have in common at their ends. */
export function movedRoots(recorded: string, actual: string): { readonly from: string; readonly to: string } {
  const from = recorded.split(/(?=[\\/])/);
  const to = actual.split(/(?=[\\/])/);
  while (from.length > 1 && to.length > 1 && from.at(-1) === to.at(-1)) {
    from.pop();
    to.pop();
  }
  return { from: from.join(""), to: to.join("") };
}

export function relocatedHost(host: Host, { from, to }: { readonly from: string; readonly to: string }): Host {
  return {
    ...host,
    perform(kind, args, signal) {
      const { path } = args as { path?: string };
      if (path === undefined || !path.startsWith(from)) return host.perform(kind, args, signal);
      return host.perform(kind, { ...args, path: to + path.slice(from.length) }, signal);
    },
  };
}
