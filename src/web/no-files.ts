/** The files of a host that has none: nothing is there, and nothing can be put there. */

import { type AsyncHandlers, HostError } from "../base/index.ts";

export type FileHandlers = Pick<AsyncHandlers, Extract<keyof AsyncHandlers, `fs.${string}`>>;

export const noFiles: FileHandlers = {
  "fs.read": async ({ path }) => missing("fs.read", path),
  "fs.list": async ({ path }) => missing("fs.list", path),
  "fs.entries": async ({ path }) => missing("fs.entries", path),
  "fs.stat": async () => undefined,
  "fs.write": async () => refuse("fs.write"),
  "fs.mkdir": async () => refuse("fs.mkdir"),
  "fs.remove": async ({ path }) => missing("fs.remove", path),
  "fs.copy": async ({ from }) => missing("fs.copy", from),
  "fs.move": async ({ from }) => missing("fs.move", from),
};

function missing(effect: string, path: string): never {
  throw new HostError("not_found", effect, `Cannot find ${path}: this host has no files`);
}

function refuse(effect: string): never {
  throw new HostError("unsupported", effect, "This host has no files; give it some with the option `files`");
}
