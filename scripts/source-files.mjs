// What the checks of our own read.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run-command.mjs";

/** TypeScript below a folder of the project, without tests: paths from the project's root, with their text. */
export function sourceFiles(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === "__fixtures__" ? [] : sourceFiles(path);
    return /\.ts$/.test(path) && !/\.test\.ts$/.test(path)
      ? [{ path, source: readFileSync(join(root, path), "utf8") }]
      : [];
  });
}
